# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The package as ansible-galaxy makes it: its documentation leads nowhere that is not in it."""

from __future__ import annotations

import posixpath
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\(<?(?P<target>[^)>\s]+)>?\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files in it by name."""
    folder = tmp_path_factory.mktemp("package")
    galaxy = Path(sys.executable).parent / "ansible-galaxy"
    command = [str(galaxy), "collection", "build", "--output-path", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    [path] = folder.glob("*.tar.gz")
    with tarfile.open(path) as tar:
        members = [member for member in tar if member.isfile()]
        return {member.name: file.read() for member in members if (file := tar.extractfile(member))}


def slug(heading: str) -> str:
    """The anchor that GitHub and Galaxy give a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_every_link_of_the_documentation_leads_somewhere(package: dict[str, bytes]) -> None:
    pages = {name: text.decode() for name, text in package.items() if name.endswith(".md")}
    assert {"README.md", "docs/scale.md", "roles/collect/README.md"} <= set(pages)
    dead = []
    for name, text in pages.items():
        for match in LINK.finditer(re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)):
            target, _hash, anchor = match["target"].partition("#")
            if re.match(r"[a-z]+:", target):
                continue
            path = posixpath.normpath(posixpath.join(posixpath.dirname(name), target)) if target else name
            folder = any(other.startswith(f"{path}/") for other in package)
            there = path in package or folder
            if not there or (anchor and anchor not in map(slug, HEADING.findall(pages.get(path, "")))):
                dead.append(f"{name}: {match['target']}")
    assert dead == []


def test_nothing_of_the_checkout_alone_is_in_it(package: dict[str, bytes]) -> None:
    tops = {name.split("/")[0] for name in package}
    assert not tops & {"tests", "collections", "rollcall", "Makefile", "collect.yml", "report.yml", "ansible.cfg"}
    assert {name for name in package if name.startswith("inventory/")} == {"inventory/example.yml"}
