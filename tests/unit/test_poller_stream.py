# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines with answers in the output of a poller's module, and the pollers that failed."""

from __future__ import annotations

import inspect
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleAuthenticationFailure
from ansible.plugins.action import ActionBase
from ansible.plugins.connection import ssh

from ansible_collections.rollcall.network.plugins.filter.failed_pollers import failed_pollers
from ansible_collections.rollcall.network.plugins.filter.not_called import not_called
from ansible_collections.rollcall.network.plugins.module_utils._poller_line import line_of
from ansible_collections.rollcall.network.plugins.plugin_utils._poller_stream import LOADER, Stream
from ansible_collections.rollcall.network.plugins.plugin_utils._report import Files

ONE, TWO = line_of("r1", {"status": "ok"}).decode(), line_of("r2\n{", {"status": "ok", "text": "\udcff{"}).decode()
CUT = TWO[: len(TWO) // 2]


@pytest.mark.parametrize(
    ("output", "names", "rest"),
    [
        ("{}", [], "{}"),
        (f"{ONE}{TWO}\n{{}}\n", ["r1", "r2\n{"], "{}"),
        (f"a banner{ONE}printed{TWO}{{}}", ["r1", "r2\n{"], "a banner\nprinted\n{}"),
        (f"{ONE}{CUT}", ["r1"], ""),
        ("rollcall-answer [1]\n{}", [], "{}"),
        (f"say {ONE.strip()}\n{{}}", [], f"say {ONE.strip()}\n{{}}"),
    ],
    ids=["no answers", "answers", "other lines", "cut off", "not an answer", "not at the start"],
)
def test_answers_are_taken_from_the_output_of_a_module(output: str, names: list[str], rest: str) -> None:
    taken: list[str] = []
    stream = Stream(lambda name, _answer: taken.append(name))
    left = stream.without_answers(output)
    assert taken == names
    assert [line for line in left.splitlines() if line] == rest.splitlines()


class Connection:
    """A connection plugin that runs commands here, as the one for SSH does it."""

    transport = "ssh"

    def _send_initial_data(self, given: Any, data: bytes, process: Any) -> None:
        given.write(data)
        given.close()


def process(*command: str) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    running = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe)
    assert running.stdout is not None
    os.set_blocking(running.stdout.fileno(), False)
    return running


def test_the_input_of_the_module_stays_open_while_it_works() -> None:
    """Its program ends only after it has read a byte that the controller sent after the program itself."""
    taken: list[str] = []
    stream, connection = Stream(lambda name, _answer: taken.append(name)), Connection()
    stream.attach(connection)
    stream.module = b"import os, sys; assert os.read(0, 1); sys.stderr.write('x' * 300_000); print('rest')\n"
    stream.module += b"print(" + repr(ONE).encode() + b")\n"
    running = process(sys.executable, "-c", LOADER)
    connection._send_initial_data(running.stdin, stream.module, running)
    running.stdin = None  # closed
    running.communicate()
    assert (running.returncode, taken) == (0, ["r1"])
    assert stream.without_answers("").split() == ["rest"]
    again = process(sys.executable, "-c", LOADER)
    with pytest.raises(AnsibleAuthenticationFailure, match="not asked again"):
        connection._send_initial_data(again.stdin, stream.module, again)
    again.communicate()


def test_other_programs_are_sent_as_ansible_sends_them() -> None:
    stream, connection = Stream(lambda *_answer: None), Connection()
    stream.attach(connection)
    stream.module = b"print(1)"
    running = process("cat")
    connection._send_initial_data(running.stdin, b"print(2)", running)
    assert running.stdout is not None
    os.set_blocking(running.stdout.fileno(), True)
    assert running.stdout.read() == b"print(2)"
    running.stdin = None
    running.communicate()


def test_other_connection_plugins_are_left_as_they_are() -> None:
    stream, connection = Stream(lambda *_answer: None), Connection()
    connection.transport = "docker"
    stream.attach(connection)
    assert stream.silence is None
    assert stream.command("python3") == "python3"
    given = io.BytesIO()
    connection._send_initial_data(given, b"", None)
    assert given.closed


def test_ansible_has_the_private_names_that_are_used() -> None:
    """A version of ansible-core without them would return answers at the end, and not end pollers."""
    send = inspect.signature(ssh.Connection._send_initial_data)
    assert list(send.parameters) == ["self", "fh", "in_data", "ssh_process"]
    assert "self._send_initial_data(stdin, in_data, p)" in inspect.getsource(ssh)
    assert "in_data" in inspect.signature(ActionBase._low_level_execute_command).parameters
    module = inspect.getsource(ActionBase._execute_module)
    assert "self._low_level_execute_command(cmd, sudoable=sudoable, in_data=in_data)" in module
    assert "in_data = module_data" in module


ASKED: dict[str, Any] = {"devices": {}, "verdict": {}}


@pytest.mark.parametrize(
    ("result", "says", "refused"),
    [
        (None, None, []),
        (ASKED, None, []),
        ({**ASKED, "failed": True, "msg": "1 of 2 devices failed"}, None, []),
        ({"skipped": True, "skip_reason": "Conditional result was False", "msg": ""}, None, []),
        ({**ASKED, "poller_failed": "poller p returned no answers: x"}, "poller p returned no answers: x", []),
        (
            {"failed": True, "msg": "rollcall.network.collect: output_dir /x is in use by\n process 1"},
            "poller p was refused, and asked nobody: output_dir /x is in use by process 1",
            ["r1", "r2"],
        ),
    ],
    ids=["not in the play", "asked", "over the limit", "nobody to ask", "failed", "refused"],
)
def test_pollers_that_failed(result: dict[str, Any] | None, says: str | None, refused: list[str]) -> None:
    hostvars = {
        "p": {"rollcall_devices": ["r1", "r2"], **({} if result is None else {"rollcall_poller_result": result})}
    }
    found = failed_pollers(["p", "unknown"], hostvars)
    assert [each["reason"] for each in found] == ([] if says is None else [says])
    answers = not_called(["r1", "r3"], {}, message="no poller", failed=found)
    kinds = {name: answer["error"]["kind"] for name, answer in answers.items()}
    assert kinds == {"r1": "poller_refused" if refused else "no_poller", "r3": "no_poller"}


@pytest.mark.parametrize("check_mode", [False, True])
def test_old_pages_are_removed(tmp_path: Path, check_mode: bool) -> None:
    for name in ("kept.md", "gone.md", "gone.html", ".hidden.md"):
        (tmp_path / name).write_text("x")
    files = Files(check_mode=check_mode, diff=False)
    files.prune({tmp_path / "kept.md", tmp_path / "missing.md"})
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"kept.md", "gone.html", ".hidden.md"} | ({"gone.md"} if check_mode else set())
    assert files.as_result()["written"] == 1
