# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Change a known_hosts file of the user. Only one process of a run does this, and locks the file.

The new content is written to a temporary file in the same folder, which then replaces the file: a reader sees the old
or the new content. A symbolic link stays: the file that it leads to is replaced. Mode and owner stay.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator

from .._known_hosts import KnownHosts, decode_key

Change = Callable[[bytes], bytes]


def append(path: str, lines: Iterable[str]) -> list[str]:
    """Add lines of the form ``name type key``. Return those that were added.

    A line is left out if the file has the key for that name already, in whatever form, or has it as revoked. Existing
    lines are not changed. A missing file is created with mode 0600, and its folder with 0700. Nothing is written to
    what is no regular file, such as ``/dev/null``.

    :raises OSError: if the file cannot be written.
    """
    wanted = list(dict.fromkeys(lines))
    added: list[str] = []

    def change(content: bytes) -> bytes:
        known = KnownHosts.parse(os.path.expanduser(path), content)
        added[:] = [line for line in wanted if _is_new(known, line)]
        if not added:
            return content
        end = b"" if not content or content.endswith(b"\n") else b"\n"
        return content + end + "".join(f"{line}\n" for line in added).encode("utf-8", "surrogateescape")

    if wanted and not _change(path, change):
        return []
    return added


def remove(path: str, names: Iterable[str]) -> None:
    """Remove the keys of these hosts. A line of several names keeps the other ones; patterns and marked lines stay.

    :param names: the names as they are in the file, such as ``[192.0.2.1]:830``.
    :raises OSError: if the file cannot be written.
    """
    gone = {name.lower() for name in names}

    def change(content: bytes) -> bytes:
        known = KnownHosts.parse(path, content)
        numbers = {number for name in gone for number in known.lines_of(name)}
        lines = content.split(b"\n")
        left = [_without(line, gone) if number in numbers else line for number, line in enumerate(lines, start=1)]
        return b"\n".join(line for line in left if line is not None)

    if gone:
        _change(path, change)


def _without(line: bytes, gone: set[str]) -> bytes | None:
    """The line without these names, or None if no name is left. A hashed line has one name."""
    names, rest = line.decode("utf-8", "surrogateescape").strip().split(None, 1)
    left = [] if names.startswith("|") else [name for name in names.split(",") if name.lower() not in gone]
    return f"{','.join(left)} {rest}".encode("utf-8", "surrogateescape") if left else None


def _is_new(known: KnownHosts, line: str) -> bool:
    name, key_type, encoded = line.split(" ")[:3]
    return not known.has(name, decode_key(key_type, encoded))


def _change(path: str, change: Change) -> bool:
    """Replace the content. Return False if the path is not that of a regular file.

    :raises OSError: if the file cannot be written.
    """
    real = os.path.realpath(os.path.expanduser(path))
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISREG(os.stat(real).st_mode):
            return False
    os.makedirs(os.path.dirname(real), mode=0o700, exist_ok=True)
    with _locked(real) as descriptor:
        while True:
            before = os.fstat(descriptor)
            if not stat.S_ISREG(before.st_mode):
                return False
            old = _content(descriptor)
            new = change(old)
            if new == old or _replaced(real, descriptor, before, new):
                return True


@contextlib.contextmanager
def _locked(real: str) -> Iterator[int]:
    """Open the file and lock it. Another process may replace it while this one waits: then lock the new one."""
    while True:
        descriptor = os.open(real, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if _is_at(real, descriptor):
                yield descriptor
                return
        finally:
            os.close(descriptor)


def _is_at(real: str, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(real), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _content(descriptor: int) -> bytes:
    with open(os.dup(descriptor), "rb") as file:
        file.seek(0)
        return file.read()


def _replaced(real: str, descriptor: int, before: os.stat_result, content: bytes) -> bool:
    """Write the content. Return False if the file was changed since ``before`` by a program that does not lock it."""
    try:
        number, temporary = tempfile.mkstemp(prefix=".known_hosts.", dir=os.path.dirname(real))
    except PermissionError:  # a file that the user may write to in a folder that he may not
        return _overwritten(descriptor, before, content)
    try:
        with open(number, "wb") as file:
            file.write(content)
            file.flush()
            shutil.copystat(real, temporary)
            os.utime(temporary)
            if (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
                os.fchown(number, before.st_uid, before.st_gid)
            os.fsync(number)
        if _changed_since(descriptor, before):
            return False
        os.replace(temporary, real)
    except OSError as error:
        if (
            isinstance(error, PermissionError) or error.errno == errno.EBUSY
        ):  # an owner that cannot be kept, or a mount point
            return _overwritten(descriptor, before, content)
        raise
    else:
        return True
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def _overwritten(descriptor: int, before: os.stat_result, content: bytes) -> bool:
    """Write the content in place. This is not atomic."""
    if _changed_since(descriptor, before):
        return False
    with open(os.dup(descriptor), "r+b") as file:
        file.seek(0)
        file.write(content)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())
    return True


def _changed_since(descriptor: int, before: os.stat_result) -> bool:
    now = os.fstat(descriptor)
    return (now.st_mtime_ns, now.st_size) != (before.st_mtime_ns, before.st_size)
