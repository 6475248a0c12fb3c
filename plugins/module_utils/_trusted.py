# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Open files and folders that others may have prepared. Links are not followed. Owner and mode are checked.

The current user and root are trusted, and so is the group of a folder that is writable for one of the user's groups. A
folder that all users can write to is refused. Files of the owner of a trusted folder are trusted too. The path that a
user sets can contain links: it is resolved once, and the folder at its end is checked.
"""

from __future__ import annotations

import contextlib
import errno
import os
import pathlib
import pwd
import stat

MOST_LINKS = 40  # in one path, as in Linux


class Untrusted(OSError):
    """A file or folder may belong to another user. ``strerror`` has the reason and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(errno.EPERM, sentence)


def real_folder(path: str | pathlib.Path) -> pathlib.Path:
    """The path without its links; what does not exist yet stays as it is.

    :raises Untrusted: when a link on the way is neither ours, nor root's, nor of the owner of the folder that it is in.
    """
    given = pathlib.Path(path).expanduser().absolute()
    real, links = pathlib.Path(given.anchor), 0
    todo = list(reversed(given.parts[1:]))
    while todo:
        part = todo.pop()
        if part == "..":
            real = real.parent
            continue
        here = real / part
        try:
            status = here.lstat()
        except FileNotFoundError:
            real = here
            continue
        if not stat.S_ISLNK(status.st_mode):
            real = here
            continue
        if status.st_uid not in {0, os.geteuid(), real.lstat().st_uid}:
            raise Untrusted(f"{here} is a link created by {_user(status.st_uid)}: remove it, or use another folder")
        links += 1
        if links > MOST_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(given))
        target = pathlib.PurePath(os.readlink(here))
        if target.is_absolute():
            real = pathlib.Path(target.anchor)
        todo += reversed(target.parts[1:] if target.is_absolute() else target.parts)
    return real


def make_top(path: str | pathlib.Path) -> pathlib.Path:
    """Create the folder that a user named, with its parents. Return it without links.

    :raises Untrusted: if it belongs to another user, or all users can write to it.
    """
    real = real_folder(path)
    for folder in reversed((real, *real.parents)):
        if not os.path.lexists(folder):
            with contextlib.suppress(FileExistsError):  # another run on this machine was faster
                new_folder(folder, 0o755)
        if folder != real:
            _check_parent(folder)
    status = real.lstat()
    _check_kind(real, status, stat.S_ISDIR, "folder")
    if status.st_uid not in {0, os.geteuid()} and not _for_our_group(status):
        raise Untrusted(
            f"it belongs to {_user(status.st_uid)} and not to {_user(os.geteuid())}: use another folder, "
            "or make it writable for one of your groups"
        )
    _check_mode(real, status)
    return real


def _for_our_group(status: os.stat_result) -> bool:
    """Whether one of our groups can write."""
    return bool(status.st_mode & stat.S_IWGRP) and status.st_gid in {os.getegid(), *os.getgroups()}


def _check_parent(folder: pathlib.Path) -> None:
    """Check that no other user can replace what is in a parent folder.

    :raises Untrusted: if it belongs to another user, or others can write to it, and it is not sticky as ``/tmp`` is.
    """
    status = folder.stat()
    if status.st_uid not in {0, os.geteuid()} and not _for_our_group(status):
        raise Untrusted(f"{folder} belongs to {_user(status.st_uid)}: use a folder that is not below it")
    foreign = status.st_mode & stat.S_IWOTH or (status.st_mode & stat.S_IWGRP and not _for_our_group(status))
    if foreign and not status.st_mode & stat.S_ISVTX:
        raise Untrusted(f"other users can write to {folder}: chmod go-w {folder}, or use another folder")


def make_folder(path: pathlib.Path, mode: int = 0o755) -> None:
    """Create a folder in a trusted one, or check it if it exists.

    :raises Untrusted: if it is a link, belongs to another user, or all users can write to it.
    """
    try:
        new_folder(path, mode)
    except FileExistsError:
        check_folder(path)


def check_folder(path: pathlib.Path) -> None:
    """Check a folder in a trusted one, if it exists.

    :raises Untrusted: if it is a link, belongs to another user, or all users can write to it.
    """
    try:
        status = path.lstat()
    except FileNotFoundError:
        return
    _check_kind(path, status, stat.S_ISDIR, "folder")
    _check_owner(path, status)
    _check_mode(path, status)


def check_file(path: pathlib.Path) -> None:
    """Check a file in a trusted folder.

    :raises Untrusted: if it is a link, is not a regular file, or belongs to another user.
    """
    status = path.lstat()
    _check_kind(path, status, stat.S_ISREG, "file")
    _check_owner(path, status)


def is_shared(folder: pathlib.Path) -> bool:
    """Whether a folder is shared on purpose: writable for its group, with the setgid bit."""
    mode = folder.lstat().st_mode
    return bool(mode & stat.S_ISGID and mode & stat.S_IWGRP)


def check_link(path: pathlib.Path, folder: str) -> None:
    """Check that a link, if it exists, points into this folder beside it.

    :raises Untrusted: if it points elsewhere, is not a link, or belongs to another user.
    """
    try:
        status = path.lstat()
    except FileNotFoundError:
        return
    _check_kind(path, status, stat.S_ISLNK, "link")
    _check_owner(path, status)
    parts = pathlib.PurePath(os.readlink(path)).parts
    if len(parts) != 2 or parts[0] != folder or parts[1] == "..":
        raise Untrusted(f"{path} points to {os.readlink(path)} and not into {folder}: remove it")


def open_file(path: pathlib.Path, flags: int, mode: int = 0o600) -> int:
    """Open a file for writing and reading. With O_CREAT, a missing file is created.

    :raises Untrusted: if it is not a regular file, has another hard link, or belongs to another user.
    """
    flags |= os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # O_NONBLOCK: it may be a planted pipe
    if flags & os.O_CREAT:
        try:
            descriptor = os.open(path, flags | os.O_EXCL, mode)
        except FileExistsError:
            flags &= ~os.O_CREAT
        else:
            if is_shared(path.parent):
                os.fchmod(descriptor, 0o660)
            return descriptor
    try:
        descriptor = os.open(path, flags & ~os.O_TRUNC)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Untrusted(f"{path} is a link: remove it") from error
        raise
    try:
        status = os.fstat(descriptor)
        _check_kind(path, status, stat.S_ISREG, "file")
        _check_owner(path, status)
        if status.st_nlink != 1:
            raise Untrusted(f"{path} has another hard link: remove it")
        if flags & os.O_TRUNC:
            os.ftruncate(descriptor, 0)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def read_file(path: pathlib.Path) -> bytes:
    """Return the content of a file.

    :raises OSError: if it cannot be read, is a link, or is not a regular file.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Untrusted(f"{path} is a link: remove it") from error
        raise
    with open(descriptor, "rb") as file:
        _check_kind(path, os.fstat(descriptor), stat.S_ISREG, "file")
        return file.read()


def create_file(path: pathlib.Path) -> int:
    """Open a new file for writing, and replace an existing one. Only its owner can read it, or the group too.

    The group can read it if the folder is writable for the group and has the setgid bit.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o600)
    except FileExistsError:  # of a run that was killed
        os.unlink(path)
        descriptor = os.open(path, flags, 0o600)
    if is_shared(path.parent):
        os.fchmod(descriptor, 0o660)
    return descriptor


def new_folder(path: pathlib.Path, mode: int = 0o755) -> None:
    """Create a folder in a trusted one. It is writable for the group if the parent folder is.

    :raises FileExistsError: if something of this name exists.
    """
    os.mkdir(path, mode)
    if path.parent.lstat().st_mode & stat.S_IWGRP:  # the group of the parent folder shares it
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            os.fchmod(descriptor, stat.S_IMODE(os.fstat(descriptor).st_mode) | stat.S_IRWXG)
        finally:
            os.close(descriptor)


def _check_kind(path: pathlib.Path, status: os.stat_result, is_kind: object, kind: str) -> None:
    if not is_kind(status.st_mode):  # type: ignore[operator]
        what = "a link" if stat.S_ISLNK(status.st_mode) else f"not a {kind}"
        raise Untrusted(f"{path} is {what}: remove it")


def _check_owner(path: pathlib.Path, status: os.stat_result) -> None:
    above = path.parent.lstat()
    if status.st_uid not in {0, os.geteuid(), above.st_uid} and not above.st_mode & stat.S_IWGRP:
        raise Untrusted(f"{path} belongs to {_user(status.st_uid)}: remove it, or use another folder")


def _check_mode(path: pathlib.Path, status: os.stat_result) -> None:
    if status.st_mode & stat.S_IWOTH:
        raise Untrusted(f"all users can write to {path}: chmod o-w {path}, or use another folder")


def _user(number: int) -> str:
    try:
        return f"{pwd.getpwuid(number).pw_name} (uid {number})"
    except KeyError:
        return f"uid {number}"
