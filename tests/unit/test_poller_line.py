# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module's side of its line to the controller: when it ends, and what it writes."""

from __future__ import annotations

import itertools
import json
import signal
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PREFIX = b"rollcall-answer "
BEGIN = """
import contextlib, os, sys, time
sys.path.insert(0, {path!r})
from ansible_collections.rollcall.network.plugins.module_utils._poller_line import Sender, end_with_controller
"""
# A run that is interrupted closes its connections, unless that takes too long.
WAIT = """
end_with_controller({silence})
{how}
"""
CLEAN = """
try:
    print("began", flush=True)
    time.sleep(300)
finally:
    print("closed", flush=True)
"""
STUCK = """
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
print("began", flush=True)
time.sleep(300)
"""
SEND = """
sender = Sender(lambda name: {"instead": name})
print("printed before", flush=True)
os.system("echo by a process")
sender.put("r1", lambda: {"text": "\\udcff"})
sender.put("r1", lambda: {"text": "again"})
sender.put("r2", lambda: {"value": {1, 2}})
sender.close()
print("the result", list(sender.unsent))
"""


def start(code: str) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    text = BEGIN.format(path=str(ROOT / "collections")) + code
    return subprocess.Popen([sys.executable, "-c", text], stdin=pipe, stdout=pipe, stderr=pipe)


@pytest.mark.parametrize(("how", "said"), [(CLEAN, b"closed\n"), (STUCK, b"")], ids=["normal", "stuck"])
@pytest.mark.parametrize("silence", [0.2, 300], ids=["silence", "end"])
def test_the_module_ends_with_its_input(how: str, said: bytes, silence: float) -> None:
    module = start(WAIT.format(silence=silence, how=how))
    assert module.stdout is not None
    assert module.stdout.readline() == b"began\n"
    if silence < 1:  # its input stays open
        assert module.stdout.read() == said
    output, _errors = module.communicate(timeout=30)  # closes its input
    assert (module.returncode != 0, output) == (True, b"" if silence < 1 else said)


def test_a_byte_of_the_controller_does_not_end_the_module() -> None:
    module = start(WAIT.format(silence=300, how="print('began', flush=True)\ntime.sleep(300)"))
    assert module.stdin is not None
    assert module.stdout is not None
    module.stdout.readline()
    for _beat in range(3):
        module.stdin.write(b"\n")
        module.stdin.flush()
    assert module.poll() is None
    module.communicate(timeout=30)
    assert module.returncode != 0


def test_answers_are_lines_of_their_own() -> None:
    module = start(SEND)
    output, errors = module.communicate(timeout=30)
    lines = [line for line in output.splitlines() if line]
    answers = [json.loads(line.removeprefix(PREFIX)) for line in lines[:-1]]
    assert answers == [{"name": "r1", "answer": {"text": "\udcff"}}, {"name": "r2", "answer": {"instead": "r2"}}]
    assert lines[-1] == b"the result ['r2']"
    assert errors.split(b"\n")[:2] == [b"printed before", b"by a process"]


def test_the_module_ends_when_nobody_reads_its_answers() -> None:
    module = start(
        "import time\nsender = Sender(dict)\nsys.stdin.read(1)\n" + SEND.splitlines()[4] + "\ntime.sleep(300)"
    )
    assert module.stdin is not None
    assert module.stdout is not None
    module.stdout.close()
    module.stdin.write(b"\n")
    module.stdin.flush()
    assert module.wait(30) != 0
    module.stdin.close()
    assert module.stderr is not None
    module.stderr.close()


@pytest.mark.parametrize(
    ("how", "number"),
    [
        *itertools.product((CLEAN, STUCK), (None, signal.SIGTERM, signal.SIGHUP)),
        (CLEAN, signal.SIGINT),
    ],
)
def test_the_module_leaves_no_program_behind(how: str, number: signal.Signals | None, tmp_path: Path) -> None:
    """As Ansible starts it: from a zip file in a folder of its own, which is removed at a normal end."""
    folder = tmp_path / "ansible_x_payload_1"
    folder.mkdir()
    file = folder / "ansible_x_payload.zip"
    with zipfile.ZipFile(file, "w") as archive:
        name = Path("ansible_collections/rollcall/network/plugins/module_utils/_poller_line.py")
        archive.write(ROOT / "collections" / name, name)
        for package in name.parents[:-1]:
            archive.writestr(f"{package}/__init__.py", "")
    ansible = "\ntry:\n{}\nfinally:\n    import shutil\n    shutil.rmtree({!r})"
    inner = textwrap.indent(WAIT.format(silence=300, how=how), "    ")
    text = BEGIN.format(path=str(file)) + ansible.format(inner, str(folder))
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", text], stdin=pipe, stdout=pipe, stderr=pipe) as module:
        assert module.stdout is not None
        assert module.stdout.readline() == b"began\n"
        assert folder.exists()
        if number is not None:
            module.send_signal(number)
            assert module.wait(30) != 0
        output, errors = module.communicate(timeout=30)
    assert (module.returncode != 0, output) == (True, b"closed\n" if how is CLEAN else b""), errors
    assert not folder.exists()
