# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run git in the repository of the history."""

from __future__ import annotations

import contextlib
import errno
import os
import pathlib
import subprocess
import tempfile
from collections.abc import Iterable
from typing import IO, cast

PATIENCE = 600  # seconds for one call of git

# Do not use the user's configuration: hooks, signing, templates, another default branch. Allow names that some file
# systems do not support, because nothing is checked out.
SETTINGS = (
    "init.defaultBranch=main",
    "core.protectNTFS=false",
    "core.protectHFS=false",
    "gc.autoDetach=false",
    "maintenance.autoDetach=false",
    "core.fsync=committed,loose-object",
    f"core.hooksPath={os.devnull}",
    f"core.attributesFile={os.devnull}",
    "core.fsmonitor=false",
    "protocol.allow=never",
)


class HistoryError(Exception):
    """The history could not be written. The message says why. The answers are not affected."""


class Git:
    """Runs git commands in one repository.

    :param lock: the descriptor of the lock of the history. Git has it open too, so that the lock is held until git
        ends, even if this process is killed before.
    """

    def __init__(self, path: pathlib.Path, lock: int) -> None:
        self._path = path
        self._lock = lock

    def __call__(self, *arguments: str, stdin: Iterable[bytes] = ()) -> str:
        """Run a git command and return its output, without its warnings.

        :raises HistoryError: if git is missing or fails.
        """
        status, output, errors = self._run(arguments, stdin)
        if status != 0:
            lines = (errors or output).strip().splitlines() or [f"exit status {status}"]
            worst = next((line for line in lines if line.startswith("fatal:")), lines[0])
            msg = f"the history in {self._path} could not be written: git {arguments[0]}: {worst}"
            raise HistoryError(msg)
        return output

    def status(self, *arguments: str, stdin: Iterable[bytes] = ()) -> tuple[int, str]:
        """Run a git command and return its exit status, and its errors and output.

        :raises HistoryError: if git is missing, was killed, or has no space on the disk.
        """
        status, output, errors = self._run(arguments, stdin)
        if status < 0 or os.strerror(errno.ENOSPC) in errors:
            reason = f"killed by signal {-status}" if status < 0 else os.strerror(errno.ENOSPC)
            msg = f"the history in {self._path} could not be written: git {arguments[0]}: {reason}"
            raise HistoryError(msg)
        return status, errors + output

    def works(self) -> bool:
        """Whether git can create a repository elsewhere, and check it."""
        with tempfile.TemporaryDirectory() as folder:
            elsewhere = Git(pathlib.Path(folder), self._lock)
            with contextlib.suppress(HistoryError):
                return all(elsewhere.status(*each)[0] == 0 for each in (("init", "--quiet", "--bare"), ("fsck",)))
        return False

    def _run(self, arguments: tuple[str, ...], stdin: Iterable[bytes]) -> tuple[int, str, str]:
        settings = (word for setting in SETTINGS for word in ("-c", setting))
        command = ["git", f"--git-dir={self._path}", *settings, *arguments]
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            try:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=errors,
                    env=_environment(),
                    umask=0o077,  # core.sharedRepository is set if a group shares the folder
                    pass_fds=[self._lock],
                )
            except FileNotFoundError as error:
                msg = f"git is not installed on the controller, so the history in {self._path} cannot be written"
                raise HistoryError(msg) from error
            status = _feed(process, stdin)
            return status, _text(output), _text(errors)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")


def _feed(process: subprocess.Popen[bytes], stdin: Iterable[bytes]) -> int:
    try:
        # A broken pipe: git says itself why it stopped to read.
        with contextlib.suppress(BrokenPipeError), cast(IO[bytes], process.stdin) as pipe:
            for data in stdin:
                pipe.write(data)
        return process.wait(PATIENCE)
    except subprocess.TimeoutExpired as error:
        msg = f"git took longer than {PATIENCE} s"
        raise HistoryError(msg) from error
    finally:
        if process.poll() is None:  # a text could not be read; an incomplete commit is discarded
            process.kill()
            process.wait()


def _environment() -> dict[str, str]:
    """Return the environment without GIT_DIR of a hook or a CI job, and without the user's configuration."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    ours = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_ATTR_NOSYSTEM": "1", "LC_ALL": "C"}
    return {**environment, **ours}
