# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a job of AWX sees of its container, without a container engine: a user that nobody knows, and nowhere to write.

A mount namespace in which everything is read-only but ``/tmp``, ``RUNNER`` (a volume that goes with the job) and
``KEPT`` (one that stays), and in it a process with user id UID, group 0, no capability and an environment of its own.
"""

from __future__ import annotations

import contextlib
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.integration.openssh import FixtureError, kill, missing_programs, processes, program, wait_until

UID = 12345
VOLUMES = Path("/srv")  # every Debian has it, and most often nothing is in it
RUNNER, KEPT = VOLUMES / "runner", VOLUMES / "kept"
# Of this Python's environment, by the path that they have in the container too.
PROGRAMS = Path(sys.prefix).resolve() / "bin"
SAMPLE_SECONDS = 0.2


def missing() -> str | None:
    """Why there can be no container here, in a sentence; None when there can."""
    if reason := missing_programs(["unshare", "mount", "setpriv"]):
        return reason
    done = subprocess.run(["unshare", "--mount", "true"], capture_output=True, text=True, timeout=10, check=False)
    return f"No mount namespaces here: {done.stderr.strip()}." if done.returncode else None


@dataclass(frozen=True)
class Container:
    """One container: the process that it was made for, and what tells its processes from all others."""

    process: subprocess.Popen[bytes]
    namespace: str

    def processes(self) -> list[int]:
        """Ids of the processes in it, orphans included; zombies are not."""
        return processes(lambda folder: (folder / "ns/mnt").readlink().name == self.namespace)


@contextlib.contextmanager
def started(
    kept: Path, *command: str | Path, stdin: IO[bytes] | None = None, stdout: IO[bytes] | None = None
) -> Iterator[Container]:
    """Runs a command of this Python's environment in a new container, in RUNNER. What is left at the end is killed.

    kept: the folder that is KEPT inside; it is made writable for group 0, as such volumes are.
    """
    kept.mkdir(exist_ok=True)
    kept.chmod(0o770)
    environment = {"HOME": str(RUNNER), "PATH": f"{PROGRAMS}:/usr/bin:/bin", "LANG": "C.UTF-8"}
    user = ["--reuid", str(UID), "--regid", "0", "--clear-groups", "--bounding-set=-all", "--no-new-privs"]
    lines = [shlex.join(map(str, each)) for each in [*_mounts(kept), ["cd", RUNNER]]]
    script = "\n".join(["set -eu", *lines, shlex.join(["exec", program("setpriv"), *user, *map(str, command)])])
    words = [program("unshare"), "--mount", "--propagation", "private", "/bin/sh", "-c", script]
    process = subprocess.Popen(words, stdin=stdin or subprocess.DEVNULL, stdout=stdout, env=environment)
    container = Container(process, _new_namespace(process))
    try:
        yield container
    finally:
        kill(container.processes())
        process.wait()


def _new_namespace(process: subprocess.Popen[bytes]) -> str:
    """The name of the process's mount namespace, once it is not this one any more. Raises FixtureError."""
    ours, theirs = Path("/proc/self/ns/mnt").readlink(), Path(f"/proc/{process.pid}/ns/mnt")
    try:
        wait_until(lambda: theirs.readlink() != ours, "the container has a file system of its own", timeout=10)
        return theirs.readlink().name
    except OSError as error:
        process.kill()
        msg = f"the container ended with {process.wait()} as soon as it was made"
        raise FixtureError(msg) from error


def _mounts(kept: Path) -> Iterator[Sequence[str | Path]]:
    """The commands that make the container's file system out of the machine's.

    The Python of the tests may lie below /tmp, or below a folder that is closed to others, as /root is. Such a folder
    is covered by an empty one, in which Python's folder appears again.
    """
    trees = sorted({Path(sys.base_prefix).resolve(), Path(sys.prefix).resolve()})
    covers = sorted({cover for tree in trees if (cover := _closed_above(tree))} - {Path("/tmp")})
    yield "mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", VOLUMES
    yield "mkdir", "-m", "770", RUNNER
    yield "mkdir", KEPT
    yield "mount", "--bind", kept, KEPT
    held = {tree: VOLUMES / f"python{number}" for number, tree in enumerate(trees)}
    for tree, place in held.items():
        yield "mkdir", place
        yield "mount", "--bind", tree, place
        yield "mount", "-o", "remount,bind,ro", place
    yield "mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", "/tmp"
    for cover in covers:
        yield "mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", cover
    for tree, place in held.items():
        yield "mkdir", "-p", tree
        yield "mount", "--bind", place, tree
    for cover in covers:
        yield "mount", "-o", "remount,ro", cover
    yield "mount", "-o", "remount,bind,ro", "/"


def _closed_above(tree: Path) -> Path | None:
    """The topmost folder above ``tree`` that others cannot pass, or that the container covers anyway."""
    for folder in reversed(tree.parents):
        if folder == Path("/tmp") or not folder.stat().st_mode & 0o001:
            return folder
    return None


class Memory:
    """The most memory that all processes of a container had at a time, in bytes; what several share counts once.

    It is sampled from outside. The control groups of a machine that others run on are not for tests to change.
    """

    def __init__(self, container: Container) -> None:
        self._container = container
        self.peak = 0
        self.samples = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._thread.join(10)

    def _watch(self) -> None:
        while not self._ended.wait(SAMPLE_SECONDS):
            if sizes := [_proportional(pid) for pid in self._container.processes()]:
                self.peak = max(self.peak, sum(sizes))
                self.samples += 1


def _proportional(pid: int) -> int:
    """What the kernel calls Pss: private pages, and of each shared page this process's part. 0 once it has ended."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
