# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is interrupted says in one line where the answers are, how to report on them and how to go on."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.integration.openssh import descendants, kill, wait_until

ROOT = Path(__file__).parents[2]
PLAYBOOK = Path(sys.executable).parent / "ansible-playbook"
NAMES = ["a", "b", "c"]
LINE = re.compile(
    r"roll call(?: interrupted: (\d+) of (\d+) answers are in|: if this run is interrupted, its answers are in) "
    r"(\S+)\. "
    r"To report on them: (ansible-playbook .*)\. "
    r"To ask the rest: run it again with resume: true \(-e rollcall_resume=true\)\."
)

# The last name answers when "go" is there.
FUNCTION = """
import pathlib, time
def ask(name):
    while name == "c" and not pathlib.Path({go!r}).exists():
        time.sleep(0.02)
    return name
"""


class Run:
    """A playbook in a session of its own, and what it printed so far, in the end all of it."""

    def __init__(self, folder: Path, printing: str, output_dir: Path | None, *extra: str) -> None:
        (folder / "slow_function.py").write_text(FUNCTION.format(go=str(folder / "go")))
        (folder / "hosts.ini").write_text("localhost ansible_connection=local\n")
        given: dict[str, Any] = {"hosts": NAMES, "driver": "python", "function": "slow_function.ask"}
        if output_dir:
            given |= {"output_dir": str(output_dir), "resume": True}
        tasks = [{"rollcall.network.collect": given, "delegate_to": "localhost", "run_once": True}]
        (folder / "play.yml").write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
        self._said = b""
        self._file = folder / "printed"
        if printing == "terminal":
            reading, writing = pty.openpty()
        elif printing == "pipe":
            reading, writing = os.pipe()
        else:
            reading, writing = -1, os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self.process = subprocess.Popen(
            [str(PLAYBOOK), str(folder / "play.yml"), "-i", str(folder / "hosts.ini"), *extra],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(folder), "HOME": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=writing,
            start_new_session=True,
        )
        os.close(writing)
        self._reader = threading.Thread(target=self._read, args=(reading,), daemon=True)
        if reading >= 0:
            self._reader.start()

    def _read(self, reading: int) -> None:
        with suppress(OSError):  # of a terminal that is gone
            while data := os.read(reading, 65536):
                self._said += data
        os.close(reading)

    @property
    def said(self) -> str:
        data = self._file.read_bytes() if self._file.exists() else self._said
        return data.decode(errors="replace")

    def end(self) -> None:
        kill([self.process.pid, *descendants(self.process.pid)])
        self.process.wait()


def answered(out: Path) -> int:
    return len(list(out.glob("runs/*/devices/*/result.json")))


@pytest.mark.parametrize("printing", ["terminal", "pipe", "file"])
@pytest.mark.parametrize("whom", ["process", "group"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_signal_leaves_a_line_that_says_how_to_go_on(
    number: signal.Signals, whom: str, printing: str, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    run = Run(tmp_path, printing, out)
    try:
        wait_until(lambda: answered(out) == len(NAMES) - 1, "two have answered", timeout=60, details=lambda: run.said)
        if printing == "file":
            wait_until(lambda: bool(LINE.search(run.said)), "the line is first", timeout=60, details=lambda: run.said)
        workers = descendants(run.process.pid)
        (os.killpg if whom == "group" else os.kill)(run.process.pid, number)
        assert run.process.wait(30) in {99, -number}
        wait_until(lambda: bool(LINE.search(run.said)), "the line is there", timeout=10, details=lambda: run.said)
        wait_until(
            lambda: not any(Path(f"/proc/{pid}/cmdline").exists() for pid in workers), "its workers end", timeout=10
        )
    finally:
        run.end()
    (found,) = LINE.finditer(run.said)
    (folder,) = (out / "runs").iterdir()
    # Of a file, ansible-playbook overwrites what others write: there the line comes first.
    assert found.group(1, 2, 3) == ((None, None) if printing == "file" else ("2", "3")) + (str(folder),)
    assert json.loads((folder / "manifest.json").read_text())["status"] == "running"


def test_the_lines_advice_works(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run = Run(tmp_path, "pipe", out)
    try:
        wait_until(lambda: answered(out) == len(NAMES) - 1, "two have answered", timeout=60, details=lambda: run.said)
        os.kill(run.process.pid, signal.SIGINT)
        run.process.wait(30)
        wait_until(lambda: bool(LINE.search(run.said)), "the line is there", timeout=10, details=lambda: run.said)
    finally:
        run.end()
    (found,) = LINE.finditer(run.said)
    program, *report = shlex.split(found.group(4))
    assert program == "ansible-playbook"
    subprocess.run(
        [str(PLAYBOOK), *report], cwd=ROOT, env={**os.environ, "HOME": str(tmp_path)}, timeout=60, check=False
    )
    (folder,) = (out / "runs").iterdir()
    assert {file.stem for file in (folder / "reports" / "devices").glob("*.md")} == set(NAMES)
    (tmp_path / "go").write_text("")
    again = Run(tmp_path, "pipe", out)
    try:
        assert again.process.wait(60) == 0, again.said
    finally:
        again.end()
    assert (out / "latest").resolve() == folder
    assert answered(out) == len(NAMES)


def test_without_a_folder_it_says_that_the_answers_are_lost(tmp_path: Path) -> None:
    # Python writes its lines to a terminal at once, to a pipe when it has many.
    run = Run(tmp_path, "terminal", None, "-v")
    try:
        wait_until(lambda: run.said.count("ok after") == 2, "two have answered", timeout=60, details=lambda: run.said)
        os.kill(run.process.pid, signal.SIGTERM)
        run.process.wait(30)
        wait_until(
            lambda: "set output_dir to keep them" in run.said, "it says so", timeout=10, details=lambda: run.said
        )
    finally:
        run.end()
