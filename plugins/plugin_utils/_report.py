# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reports as files: which file belongs to whom, and writing only what changed, whole or not at all."""

from __future__ import annotations

import contextlib
import os
import pathlib
import stat
import tempfile
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, TypeVar

from ansible_collections.rollcall.network.plugins.module_utils._run import DEVICES, RUNS, is_folder
from ansible_collections.rollcall.network.plugins.module_utils._trusted import Untrusted, read_file, real_folder

Key = TypeVar("Key", bound=Hashable)


class ReportError(Exception):
    """Nothing was written; the message says what to change."""


def place(dest: pathlib.Path, paths: Mapping[Key, str]) -> dict[Key, pathlib.Path]:
    """The file of each report, given its path below ``dest``.

    :raises ReportError: when a path leads out of ``dest``, or two reports share one file.
    """
    top = pathlib.Path(os.path.normpath(dest))
    files = {key: pathlib.Path(os.path.normpath(top / path)) for key, path in paths.items()}
    for key, path in files.items():
        if path == top or not path.is_relative_to(top):
            msg = f"the report of {_name(key)!r} would be written to {paths[key]!r}, outside of {top}"
            raise ReportError(msg)
    return _apart(files)


def place_each(template: str, paths: Mapping[str, str]) -> dict[str, pathlib.Path]:
    """The file of each name, given what the template of its path became for it.

    :raises ReportError: when a name leads out of the folder that the template begins with, or two share one file.
    """
    fixed = template.split("{", 1)[0]  # what is the same for all, and the user's own words
    for name, path in paths.items():
        if ".." in pathlib.PurePath(path.removeprefix(fixed)).parts or not path.strip() or path.endswith("/"):
            msg = f"the report of {name!r} would be written to {path!r}: not a file below {fixed or 'one folder'}"
            raise ReportError(msg)
    return _apart({name: pathlib.Path(os.path.abspath(os.path.expanduser(path))) for name, path in paths.items()})


def _apart(files: dict[Key, pathlib.Path]) -> dict[Key, pathlib.Path]:
    owners: dict[str, Key] = {}
    for key, path in files.items():
        owner = owners.setdefault(str(path).casefold(), key)  # some file systems fold case
        if owner != key:
            msg = f"the reports of {_name(owner)!r} and {_name(key)!r} would both be written to {path}"
            raise ReportError(msg)
    return files


def _name(key: object) -> object:
    return key[0] if isinstance(key, tuple) else key


def check_writable(folders: Iterable[pathlib.Path]) -> None:
    """Make the folders.

    :raises ReportError: when one cannot be made or written to.
    """
    for folder in folders:
        try:
            # A user's own link is followed to the folder of the reports, but not below it, nor where runs are kept.
            kept = any(is_folder(folder.parent / name) for name in (DEVICES, RUNS))
            if folder.is_symlink() and (kept or folder.name == DEVICES):
                raise Untrusted(f"{folder} is a link: remove it")
            real_folder(folder)
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            msg = f"the folder {folder} cannot be made: {error.strerror}"
            raise ReportError(msg) from error
        if not os.access(folder, os.W_OK | os.X_OK):
            msg = f"the folder {folder} cannot be written to"
            raise ReportError(msg)


def read(path: pathlib.Path) -> bytes | None:
    """What the file holds now; None when there is none, or a link, which will be replaced."""
    try:
        return read_file(path)
    except FileNotFoundError:
        return None
    except Untrusted:
        if path.is_dir() and not path.is_symlink():
            raise
        return None


def write(path: pathlib.Path, content: bytes, *, private: bool = False) -> None:
    """Replace the file by a whole new one, with the mode of the old one.

    :param private: a file that is new is for its owner only; else the umask decides.
    :raises OSError: the old file is then as it was.
    """
    descriptor, partial = tempfile.mkstemp(dir=path.parent, prefix=".rollcall.")
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(partial, _mode(path, private))
        os.replace(partial, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(partial)
        raise


def _mode(path: pathlib.Path, private: bool) -> int:
    try:
        status = path.lstat()
        if stat.S_ISREG(status.st_mode):
            return stat.S_IMODE(status.st_mode)
        raise FileNotFoundError
    except FileNotFoundError:
        umask = os.umask(0)
        os.umask(umask)
        return 0o600 if private else 0o666 & ~umask


class Files:
    """The files of one task: written where they differ, and what became of them."""

    def __init__(self, *, check_mode: bool, diff: bool) -> None:
        self._check_mode = check_mode
        self._diff: list[dict[str, str]] | None = [] if diff else None
        self._written = 0
        self._errors: dict[str, str] = {}

    def make_folders(self, files: Iterable[pathlib.Path]) -> None:
        """Make the folders of these files, unless in check mode.

        :raises ReportError: when one cannot be made or written to.
        """
        if not self._check_mode:
            check_writable({path.parent for path in files})

    def put(self, name: str, path: pathlib.Path, render: Callable[[], str | bytes], *, private: bool = False) -> None:
        """Write one report if it differs from the file. What goes wrong costs this report only.

        :param private: it may hold what the devices keep secret.
        """
        try:
            content = render()
            data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape")
            before = read(path)
            if before == data:
                return
            if not self._check_mode:
                write(path, data, private=private)
        except Exception as error:  # whatever a template does
            self._errors[name] = str(error).strip() or type(error).__name__
            return
        self._written += 1
        if self._diff is not None:
            texts = {"before": before or b"", "after": data}
            headers = {f"{side}_header": str(path) for side in texts}
            self._diff.append(headers | {side: text.decode("utf-8", "replace") for side, text in texts.items()})

    def as_result(self) -> dict[str, Any]:
        """The part of the task's result that says what was written."""
        result: dict[str, Any] = {"changed": self._written > 0, "written": self._written, "errors": self._errors}
        if self._diff is not None:
            result["diff"] = self._diff
        if self._errors:
            first, reason = next(iter(self._errors.items()))
            more = f"; {len(self._errors) - 1} more in errors" if len(self._errors) > 1 else ""
            result |= {"failed": True, "msg": f"the report of {first} could not be written: {reason}{more}"}
        return result
