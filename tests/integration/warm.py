# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-playbook as a fork of a process that has imported Ansible and the plugins, which is half of a short run.

``Warm.run`` is for tests. A program: it reads a line of JSON for each run from its standard input, with the arguments,
the folder, the environment, the umask and the files for the output. When the run has ended, it answers with a line, the
exit status.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.integration.openssh import descendants, kill

# Read when Ansible is imported, so a process is used again with the same ones only; and when Python starts.
OF_ANSIBLE, OF_PYTHON = "ANSIBLE_", "PYTHON"
PLUGINS = ("action.collect", "action.outcome", "action.report", "lookup.collect")
MOST_IDLE = 2


def settings(environment: Mapping[str, str], start: str) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(start)}


class Warm:
    """Processes that wait for a run. Each does one run at a time."""

    def __init__(self, program: Path) -> None:
        """program: ansible-playbook."""
        self._program = program
        self._idle: list[tuple[dict[str, str], subprocess.Popen[str]]] = []
        self._lock = threading.Lock()

    def run(
        self, arguments: list[str], folder: Path, environment: Mapping[str, str], seconds: float
    ) -> subprocess.CompletedProcess[str] | None:
        """Return what came of it, or None if Python must be started with other settings than here.

        Raises subprocess.TimeoutExpired.
        """
        if settings(environment, OF_PYTHON) != settings(os.environ, OF_PYTHON):
            return None
        command = [str(self._program), *arguments]
        ansible = settings(environment, OF_ANSIBLE)
        server = self._taken(ansible)
        assert server.stdin
        assert server.stdout
        with tempfile.TemporaryDirectory(prefix=f"rollcall-{os.getpid()}-") as name:
            files = Path(name, "stdout"), Path(name, "stderr")
            mask = os.umask(0o077)
            os.umask(mask)
            order = [command, str(folder), dict(environment), mask, *map(str, files)]
            try:
                print(json.dumps(order), file=server.stdin, flush=True)
                if not select.select([server.stdout], [], [], seconds)[0]:
                    raise subprocess.TimeoutExpired(command, seconds)
                status = int(server.stdout.readline())
            except BaseException:
                kill([*descendants(server.pid), server.pid])
                raise
            with self._lock:
                self._idle.append((ansible, server))
            return subprocess.CompletedProcess(command, status, *(file.read_text() for file in files))

    def _taken(self, ansible: dict[str, str]) -> subprocess.Popen[str]:
        with self._lock:
            for place, (used, server) in enumerate(self._idle):
                if used == ansible:
                    del self._idle[place]
                    return server
            surplus = self._idle[: 1 - MOST_IDLE]
            del self._idle[: len(surplus)]
        for _used, server in surplus:
            end(server)
        others = {name: value for name, value in os.environ.items() if not name.startswith(OF_ANSIBLE)}
        return subprocess.Popen(
            [sys.executable, "-m", "tests.integration.warm", str(self._program)],
            cwd=Path(__file__).parents[2],
            env={**others, **ansible},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )


def end(server: subprocess.Popen[str]) -> None:
    """It ends when its standard input does."""
    server.communicate(timeout=20)


def run(order: list[Any]) -> None:
    """Become ansible-playbook. Raises SystemExit at its end."""
    command, folder, environment, mask, *outputs = order
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    os.umask(mask)
    for number, name in enumerate((os.devnull, *outputs)):
        descriptor = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.argv = list(command)
    from ansible import constants
    from ansible.cli.playbook import PlaybookCLI
    from ansible.utils.collection_loader import AnsibleCollectionConfig

    importlib.reload(constants)  # the folder for its temporary files, among others, is this run's own
    AnsibleCollectionConfig._collection_finder = None  # it is set once, by the command
    PlaybookCLI.cli_executor(sys.argv)


def main() -> None:
    program = sys.argv[1]
    sys.path[0] = str(Path(program).parent)  # as for a program that is started by its path
    importlib.import_module("ansible.cli.playbook")
    from ansible.plugins.loader import init_plugin_loader

    init_plugin_loader()
    for name in PLUGINS:
        importlib.import_module(f"ansible_collections.rollcall.network.plugins.{name}")
    for line in sys.stdin:
        order = json.loads(line)
        process = os.fork()
        if not process:
            run(order)
        print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
