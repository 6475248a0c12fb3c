# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a git repository that lies on disk may hold before git is run in it.

Git runs programs that a repository's configuration and hooks name. Only settings that run nothing are accepted, and
hooks are switched off where git is called.
"""

from __future__ import annotations

import os
import pathlib
import re

from ._trusted import Untrusted, check_file, check_folder, read_file

# By section: the keys that git itself writes, and those of somebody who pushes the repository elsewhere.
KEYS = {
    "core": {
        *("repositoryformatversion", "filemode", "bare", "symlinks", "ignorecase", "precomposeunicode"),
        *("logallrefupdates", "sharedrepository"),
    },
    "receive": {"denynonfastforwards"},
    "remote": {"url", "pushurl", "fetch", "push", "mirror"},
    "branch": {"remote", "merge"},
    "user": {"name", "email"},
}
SECTION = re.compile(r'\[([a-z]+)(?: "[\w./-]+")?\]')
SETTING = re.compile(r"\s*(\w+)\s*=\s*([^\\\x00-\x08\x0e-\x1f]*)")


def check_repository(path: pathlib.Path) -> None:
    """Check a bare repository that is there, before git is run in it.

    :raises Untrusted: when it holds links, files of somebody else, another repository's place, or settings that are
        neither git's own nor a remote's.
    """
    for folder, folders, files in os.walk(path, followlinks=False):
        here = pathlib.Path(folder)
        for name in folders:
            check_folder(here / name)
        for name in files:
            check_file(here / name)
    for name in ("commondir", "config.worktree"):
        if os.path.lexists(path / name):
            raise Untrusted(f"{path / name} is none of a history: remove it")
    if (path / "config").exists():
        _check_settings(path / "config")


def _check_settings(config: pathlib.Path) -> None:
    section = ""
    for line in read_file(config).decode("utf-8", "replace").splitlines():
        if not line.strip() or line.lstrip().startswith(("#", ";")):
            continue
        if found := SECTION.fullmatch(line.strip()):
            section = found[1]
        elif not (found := SETTING.fullmatch(line)) or found[1].lower() not in KEYS.get(section, set()):
            key = line.split("=")[0].strip()
            setting = f"{section}.{key}" if section else key
            raise Untrusted(f"{config} sets {setting}, which is none of a history: remove it")
