# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The launcher of the worker processes: what it inherits, and what is left when it is stopped or killed."""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._engine import program, system
from ansible_collections.rollcall.network.plugins.module_utils._engine.launcher import MODULES, Launcher, NoProcess
from tests.integration.openssh import wait_until

ROOT = Path(__file__).parents[2]
SOON = 60.0
Answers = dict[str, dict[str, Any]]
SECRET = "secret-of-the-launcher"

SCRIPT = f"""
import sys
sys.path[:0] = {[str(ROOT), str(ROOT / "collections")]!r}
import json, os, signal, threading
from ansible_collections.rollcall.network.plugins.module_utils._device import Device
from ansible_collections.rollcall.network.plugins.module_utils._roll import Limits, call_roll
from tests.integration.engine_driver import Blocking, NAME

PREPARE
variables = {{"do": "describe"}}
drivers = {{"session": NAME, "function": Blocking.name}}
devices = {{
    name: Device(name=name, driver=driver, password={SECRET!r}, variables=variables) for name, driver in drivers.items()
}}
more = {{
    f"more-{{number}}": Device(name="", driver=NAME, variables={{"do": "answer"}}) for number in range(MORE)
}}
print(json.dumps(call_roll({{**devices, **more}}, Limits(device_timeout=300))))
"""


def run(
    prepare: str, *options: str, more: int = 0, shell: str = "", environment: Mapping[str, str | None] | None = None
) -> Answers:
    """Run the script and return its answers."""
    wanted: dict[str, str | None] = {**os.environ, **(environment or {})}
    command = [sys.executable, *options, "-c", SCRIPT.replace("PREPARE", prepare).replace("MORE", str(more))]
    done = subprocess.run(
        ["/bin/sh", "-c", f'{shell} exec "$@"', "sh", *command],
        env={name: value for name, value in wanted.items() if value is not None},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers: Answers = json.loads(done.stdout)
    assert {name: answer["error"] for name, answer in answers.items() if answer["status"] != "ok"} == {}
    return answers


@pytest.mark.parametrize(
    ("prepare", "options", "environment"),
    [
        pytest.param("", (), {}, id="nothing"),
        pytest.param("signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())", (), {}, id="blocked signals"),
        pytest.param("signal.signal(signal.SIGCHLD, signal.SIG_IGN)", (), {}, id="SIGCHLD ignored"),
        pytest.param("os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone')", (), {}, id="working directory deleted"),
        pytest.param("", ("-I",), {}, id="isolated"),
        pytest.param("", (), {"HOME": None, "USER": None, "LOGNAME": None, "PATH": "/nowhere"}, id="no HOME"),
        pytest.param("", (), {"PYTHONWARNINGS": "error", "PYTHONASYNCIODEBUG": "1"}, id="warnings are errors"),
        pytest.param("", (), {"PYTHONSAFEPATH": "1", "PYTHONOPTIMIZE": "2"}, id="PYTHONSAFEPATH"),
        pytest.param("os.close(0)", (), {}, id="standard input closed"),
        pytest.param("os.umask(0o777)", (), {}, id="umask"),
        pytest.param("[threading.Thread(target=signal.pause, daemon=True).start() for _ in range(20)]", (), {}, id="t"),
    ],
)  # fmt: skip
def test_what_the_parent_is_like(
    prepare: str, options: tuple[str, ...], environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answers = run(prepare, *options, environment=environment)
    for name in ("session", "function"):
        assert answers[name]["value"]["blocked"] == []


def test_what_a_process_gets(tmp_path: Path) -> None:
    """No file that the parent has open, no secret, and no leave to write a core file."""
    prepare = f"lock = os.open({str(tmp_path / 'lock')!r}, os.O_CREAT | os.O_RDWR); os.set_inheritable(lock, True)"
    answers = run(prepare)
    for name in ("session", "function"):
        value = answers[name]["value"]
        files = [file for file in value["files"] if not file.startswith(("socket:", "anon_inode:", "/dev/null"))]
        assert [file for file in files if not file.startswith("/proc/")] == []
        assert value["core"] == [0, 0]
        assert SECRET not in json.dumps(value["environment"])


def test_few_open_files() -> None:
    run("", more=500, shell="ulimit -n 256;")


@pytest.fixture
def launcher() -> Iterator[Launcher]:
    launcher = Launcher(MODULES["function"])
    yield launcher
    launcher.close()


def pid_of(launcher: Launcher) -> int:
    assert launcher._program is not None
    return launcher._program._process.pid


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_another_launcher_is_started(how: signal.Signals, launcher: Launcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "_STOPPED", 0.0)
    first = launcher.fork("text")
    old = pid_of(launcher)
    os.kill(old, how)
    second = launcher.fork("text")
    assert pid_of(launcher) != old
    for pid in (old, first.pid):
        wait_until(functools.partial(is_gone, pid), "it has ended", timeout=SOON)
    assert not is_gone(second.pid)
    for process in (first, second):
        process.line.close()


def test_close_does_not_wait_for_a_stopped_launcher(launcher: Launcher) -> None:
    process = launcher.fork("text")
    os.kill(pid_of(launcher), signal.SIGSTOP)
    closing = threading.Thread(target=launcher.close, daemon=True)
    closing.start()
    closing.join(program._ANSWER / 2)
    assert not closing.is_alive()
    wait_until(lambda: is_gone(process.pid), "it has ended", timeout=SOON)
    process.line.close()
    with pytest.raises(NoProcess, match="the run has ended"):
        launcher.fork("text")


def test_a_process_is_killed_although_the_launcher_is_stopped(launcher: Launcher) -> None:
    process = launcher.fork("text")
    os.kill(pid_of(launcher), signal.SIGSTOP)
    wait_until(lambda: system.state(pid_of(launcher)) in system.STOPPED, "it is stopped", timeout=SOON)
    process.kill()
    wait_until(lambda: is_gone(process.pid), "it has ended", timeout=SOON)
    process.line.close()


def test_close_while_a_process_is_being_started(launcher: Launcher) -> None:
    """The launcher still imports, and does not answer."""
    launcher.start()
    os.kill(pid_of(launcher), signal.SIGSTOP)
    raised: list[BaseException] = []

    def fork() -> None:
        try:
            launcher.fork("text")
        except NoProcess as error:
            raised.append(error)

    forking = threading.Thread(target=fork, daemon=True)
    forking.start()
    launcher.close()
    forking.join(SOON)
    assert raised


def test_interpreter_that_cannot_be_started(launcher: Launcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(NoProcess, match=r"cannot be started: .*No such file"):
        launcher.fork("text")


@pytest.mark.parametrize("name", ["the launcher", "the process"])
def test_programs_of_a_function_end_with_it(name: str, launcher: Launcher) -> None:
    process = launcher.fork("text")
    program_of_process = _started_by(process.pid, process.line)
    os.kill(pid_of(launcher) if name == "the launcher" else process.pid, signal.SIGKILL)
    if name == "the launcher":
        assert process.how_ended() == "ended"  # notices it
    wait_until(lambda: is_gone(program_of_process), "it has ended", timeout=SOON)
    process.line.close()


def _started_by(pid: int, line: object) -> int:
    """Let the process start a program, and return the id of that."""
    from ansible_collections.rollcall.network.plugins.module_utils._engine import wire

    wire.send(line, (os.spawnvp, (os.P_NOWAIT, "sleep", ["sleep", "3600"])))  # type: ignore[arg-type]
    _succeeded, started = wire.receive(line)  # type: ignore[arg-type]
    return int(started)
