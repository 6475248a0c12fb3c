# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The key behind the masks of an output folder. It is made once, so that the same secret has the same mask in each run.

With it and a report, short passwords could be guessed, so only the owner can read it, or the group of a shared folder.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import secrets

from ._fleet import POLLERS
from ._model.redaction import Redaction
from ._run import RUNS, write_file
from ._trusted import check_file, read_file

FILE = "redaction.key"
LENGTH = 32  # bytes


def folder_key(top: pathlib.Path, *, create: bool = True) -> bytes | None:
    """Return the key of an output folder. None if it has none and ``create`` is false.

    :raises OSError: if it cannot be read or created, or may belong to another user.
    """
    path = top / FILE
    was_there = os.path.lexists(path)
    key = _read(path)
    if key is None and create:
        partial = top / f".{FILE}-{os.getpid()}-{secrets.token_hex(4)}"
        write_file(partial, secrets.token_hex(LENGTH).encode("ascii") + b"\n")
        try:
            if was_there:  # it is damaged
                partial.replace(path)
            else:
                with contextlib.suppress(FileExistsError):  # another run was faster
                    os.link(partial, path)
        except OSError:  # the file system has no links
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        key = _read(path)
    return key


def redactor(top: pathlib.Path | None, *, create: bool) -> Redaction:
    """Return what masks the secrets of an output folder.

    :param top: without an output folder, all masks are the same word.
    :param create: create the key if it is missing. The masks in check mode are then not those of a run.
    :raises OSError: if the key cannot be read or created.
    """
    return Redaction(None if top is None else folder_key(top, create=create))


def output_folder(run_dir: str) -> pathlib.Path | None:
    """Return the output folder of a run; that of the whole fleet for a run of a poller. None if it has none."""
    runs = pathlib.Path(run_dir).expanduser().resolve().parent
    if runs.name != RUNS:
        return None
    return fleet_folder(runs.parent)


def fleet_folder(top: pathlib.Path) -> pathlib.Path:
    """Return the output folder of the whole fleet: another one for the output folder of a poller."""
    return top.parent.parent if top.parent.name == POLLERS else top


def _read(path: pathlib.Path) -> bytes | None:
    """Return the key in a file; None if it is missing or damaged."""
    try:
        check_file(path)
        key = bytes.fromhex(read_file(path).decode("ascii").strip())
    except (FileNotFoundError, ValueError):
        return None
    return key if len(key) == LENGTH else None
