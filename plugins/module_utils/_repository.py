# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check a git repository on disk before git is run in it.

Git runs programs that the configuration and hooks of a repository name. Only settings that run no program are
accepted. Hooks are switched off by the caller of git.
"""

from __future__ import annotations

import os
import pathlib
import re

from ._trusted import Untrusted, check_file, check_folder, read_file

# By section: the keys that git writes, and keys for pushing the repository elsewhere.
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
    """Check an existing bare repository before git is run in it.

    :raises Untrusted: if it contains links, files of other users, a reference to another repository, or settings other
        than those in KEYS.
    """
    for folder, folders, files in os.walk(path, followlinks=False):
        here = pathlib.Path(folder)
        for name in folders:
            check_folder(here / name)
        for name in files:
            check_file(here / name)
    for name in ("commondir", "config.worktree"):
        if os.path.lexists(path / name):
            raise Untrusted(f"{path / name} does not belong in a history: remove it")
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
            raise Untrusted(f"{config} sets {setting}, which does not belong in a history: remove it")
