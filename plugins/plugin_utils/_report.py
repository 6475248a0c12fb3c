# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reports as files: which file belongs to whom, and writing only what changed, whole or not at all."""

from __future__ import annotations

import contextlib
import os
import pathlib
import tempfile
from collections.abc import Iterable, Mapping


class ReportError(Exception):
    """Nothing was written; the message says what to change."""


def place(dest: pathlib.Path, names: Mapping[str, str]) -> dict[str, pathlib.Path]:
    """The file of each name, given its path below ``dest``.

    :raises ReportError: when a path leads out of ``dest``, or two names share one file.
    """
    files: dict[str, pathlib.Path] = {}
    owners: dict[str, str] = {}
    for name, relative in names.items():
        path = pathlib.Path(os.path.normpath(dest / relative))
        if not path.is_relative_to(os.path.normpath(dest)) or path == pathlib.Path(os.path.normpath(dest)):
            msg = f"the report of {name!r} would be written to {relative!r}, outside of {dest}"
            raise ReportError(msg)
        owner = owners.setdefault(str(path).casefold(), name)  # some file systems fold case
        if owner != name:
            msg = f"the reports of {owner!r} and {name!r} would both be written to {path}"
            raise ReportError(msg)
        files[name] = path
    return files


def check_writable(folders: Iterable[pathlib.Path]) -> None:
    """Make the folders.

    :raises ReportError: when one cannot be made or written to.
    """
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            msg = f"the folder {folder} cannot be made: {error.strerror}"
            raise ReportError(msg) from error
        if not os.access(folder, os.W_OK | os.X_OK):
            msg = f"the folder {folder} cannot be written to"
            raise ReportError(msg)


def read(path: pathlib.Path) -> bytes | None:
    """What the file holds now; None when there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def write(path: pathlib.Path, content: bytes) -> None:
    """Replace the file by a whole new one.

    :raises OSError: the old file is then as it was.
    """
    descriptor, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(partial, 0o666 & ~umask)
        os.replace(partial, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(partial)
        raise
