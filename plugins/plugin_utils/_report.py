# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write reports to files, atomically and only if changed. If one cannot be written, the others are written."""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import stat
import tempfile
from collections.abc import Callable, Collection, Sequence
from typing import Any

from ansible import constants as C

from ansible_collections.rollcall.network.plugins.module_utils._run import DEVICES, RUNS, is_folder
from ansible_collections.rollcall.network.plugins.module_utils._some import some
from ansible_collections.rollcall.network.plugins.module_utils._trusted import (
    Untrusted,
    is_shared,
    new_folder,
    read_file,
    real_folder,
)
from ansible_collections.rollcall.network.plugins.plugin_utils._shown import shown

PRIVATE = 0o600  # of files with text that devices sent, which can hold secrets
PUBLIC = 0o644  # of files that other users must be able to read
REASONS_SAID = 3
# Scripts and styles of a page: hundreds of kilobytes, the same in all pages.
ASSETS = re.compile(r"(<(script|style)\b[^>]*>)[^<]*(?:<(?!/\2>)[^<]*)*(</\2>)")


class ReportError(Exception):
    """A report cannot be written. The message has the reason."""


def read(path: pathlib.Path) -> bytes | None:
    """Return what the file holds now; None when there is no file, or a link, which will be replaced."""
    try:
        return read_file(path)
    except FileNotFoundError:
        return None
    except Untrusted:
        if path.is_dir() and not path.is_symlink():
            raise
        return None


def write(path: pathlib.Path, content: bytes, *, mode: int | None = None) -> None:
    """Replace the file atomically and keep its mode.

    :param mode: of a file that is new; None leaves it to the umask.
    :raises OSError: the old file is then as it was.
    """
    descriptor, partial = tempfile.mkstemp(dir=path.parent, prefix=".rollcall.")
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(partial, _mode(path, mode))
        os.replace(partial, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(partial)
        raise


def _mode(path: pathlib.Path, mode: int | None) -> int:
    try:
        status = path.lstat()
        if stat.S_ISREG(status.st_mode):
            return stat.S_IMODE(status.st_mode)
        raise FileNotFoundError
    except FileNotFoundError:
        umask = os.umask(0)
        os.umask(umask)
        if mode is None:
            return 0o666 & ~umask
        # The group reads and replaces what is in a folder that is shared on purpose, as it does with answers.
        return 0o660 if mode == PRIVATE and is_shared(path.parent) else mode


def make_folder(folder: pathlib.Path) -> None:
    """Make the folder and those above it. The group shares those in a folder that is shared on purpose.

    :raises ReportError: if it cannot be created.
    """
    try:
        # A user's own link is followed to the folder of the reports, but not below it, nor where runs are kept.
        kept = any(is_folder(folder.parent / name) for name in (DEVICES, RUNS))
        if folder.is_symlink() and (kept or folder.name == DEVICES):
            raise Untrusted(f"{folder} is a link: remove it")
        real_folder(folder)
        for each in reversed([each for each in (folder, *folder.parents) if not each.is_dir()]):
            try:
                new_folder(each) if is_shared(each.parent) else each.mkdir()
            except FileExistsError:  # another job made it
                if not each.is_dir():
                    raise
    except OSError as error:
        msg = f"the folder {folder} cannot be created: {error.strerror}"
        raise ReportError(msg) from error


class Files:
    """Writes the changed files of one task and records the results."""

    def __init__(self, *, check_mode: bool, diff: bool) -> None:
        self._check_mode = check_mode
        self._diff: list[dict[str, Any]] | None = [] if diff else None
        self._written = 0
        self._errors: dict[str, dict[str, None]] = {}  # the names of each reason, in order

    def put(
        self, name: str, path: pathlib.Path, render: Callable[[], str | bytes], *, mode: int | None = PRIVATE
    ) -> bool:
        """Write one report if it differs from the file; return whether the file now holds it.

        An error affects this report only.

        :param mode: of a file that is new; None leaves it to the umask.
        """
        try:
            content = render()
            data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape")
            before = self._replace(path, data, mode)
        except Exception as error:  # a template can raise any exception
            self.fail(name, error)
            return False
        if before == data:
            return True
        self._written += 1
        if self._diff is not None:
            self._diff.append(_difference(path, before or b"", data))
        return True

    def prune(self, kept: Collection[pathlib.Path]) -> None:
        """Remove the files with the same ending that are in the folder of these files, but not among them."""
        first = next(iter(kept), None)
        for path in sorted(first.parent.glob(f"[!.]*{first.suffix}")) if first else ():
            if path not in kept:
                try:
                    if not self._check_mode:
                        path.unlink()
                    self._written += 1
                except OSError as error:
                    self.fail(path.name, error)

    def _replace(self, path: pathlib.Path, data: bytes, mode: int | None) -> bytes | None:
        if not self._check_mode:
            make_folder(path.parent)
        before = read(path)
        if before != data and not self._check_mode:
            write(path, data, mode=mode)
        return before

    def fail(self, name: str, error: Exception) -> None:
        """Note why a report is not there. Equal reasons are counted, so they must not name the report's own file."""
        reason = error.strerror if isinstance(error, OSError) else None
        reason = shown(reason or str(error).strip() or type(error).__name__)
        self._errors.setdefault(reason, {})[name] = None

    @property
    def problem(self) -> str:
        """What could not be written, in a sentence; empty if everything was."""
        return _sentence(self._errors) if self._errors else ""

    def as_result(self) -> dict[str, Any]:
        """Return the part of the task's result that says what was written."""
        errors = [
            {"reason": reason, "count": len(names), "reports": list(names)} for reason, names in self._errors.items()
        ]
        result: dict[str, Any] = {"changed": self._written > 0, "written": self._written, "errors": errors}
        if self._diff is not None:
            result["diff"] = self._diff
        if errors:
            result |= {"failed": True, "msg": _sentence(self._errors)}
        return result


def count_of(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    return some(list(map(shown, names)))


def not_all(reason: str) -> str:
    """Why a run did not pass whose reports could not be written."""
    return f"not all reports could be written: {reason}"


def _sentence(errors: dict[str, dict[str, None]]) -> str:
    sentences = []
    for reason, names in list(errors.items())[:REASONS_SAID]:
        said = count_of(list(names))
        subject = f"the report of {said}" if len(names) == 1 else f"{len(names):,} reports ({said})"
        sentences.append(f"{subject} could not be written: {reason}")
    if len(errors) > REASONS_SAID:
        sentences.append(f"{len(errors) - REASONS_SAID} more reasons in errors")
    return "; ".join(sentences)


def _difference(path: pathlib.Path, before: bytes, after: bytes) -> dict[str, Any]:
    """What Ansible prints with ``--diff``: no control characters and no scripts, up to its own limit of size."""
    texts = {"before": _printed(path, before), "after": _printed(path, after)}
    difference: dict[str, Any] = {f"{side}_header": str(path) for side in texts}
    most = C.MAX_FILE_SIZE_FOR_DIFF
    for side, size in (("before", "dst_larger"), ("after", "src_larger")):
        if len(texts[side]) > most:
            return {**difference, size: most}
    return difference | texts


def _printed(path: pathlib.Path, data: bytes) -> str:
    text: str = shown(data.decode("utf-8", "surrogateescape"))
    return ASSETS.sub(r"\1…\3", text) if path.suffix == ".html" else text
