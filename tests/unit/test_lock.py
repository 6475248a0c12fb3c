# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""requirements.lock: complete, with hashes, and the versions that these tests run with."""

from __future__ import annotations

import importlib.metadata
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
PYTHONS = ("3.11", "3.12", "3.13")
HERE = ".".join(map(str, sys.version_info[:2]))


@dataclass(frozen=True)
class Locked:
    """One entry of the lock."""

    requirement: Requirement
    hashes: tuple[str, ...]

    @property
    def name(self) -> str:
        return canonicalize_name(self.requirement.name)

    @property
    def version(self) -> Version:
        (specifier,) = self.requirement.specifier
        assert specifier.operator == "==", f"{self.requirement} is not one version"
        return Version(specifier.version)


def lock() -> list[Locked]:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    lines = re.sub(r"^ *#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", "").splitlines()
    found = []
    for line in lines:
        requirement, *hashes = line.split(" --hash=")
        found.append(Locked(Requirement(requirement), tuple(each.strip() for each in hashes)))
    return found


def environment(python: str) -> dict[str, str]:
    """What a marker sees on Linux, with CPython of this version."""
    return {
        "python_version": python,
        "python_full_version": f"{python}.7",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "sys_platform": "linux",
    }


def locked_for(python: str) -> dict[str, Version]:
    """The packages that pip installs there, with their versions."""
    found = [
        each
        for each in lock()
        if each.requirement.marker is None or each.requirement.marker.evaluate(environment(python))
    ]
    names = [each.name for each in found]
    assert len(names) == len(set(names)), f"a package is there twice for Python {python}: {names}"
    return {each.name: each.version for each in found}


def required() -> list[Requirement]:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def needed_by(names: list[str]) -> Iterator[tuple[str, Requirement]]:
    """Each dependency of the installed packages, and of theirs, with the name of the package that has it."""
    seen: set[str] = set()
    while names:
        name = names.pop()
        if name in seen:
            continue
        seen.add(name)
        for text in importlib.metadata.requires(name) or []:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                yield name, requirement
                names.append(canonicalize_name(requirement.name))


@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_holds_every_requirement(python: str) -> None:
    locked = locked_for(python)
    for requirement in required():
        version = locked.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement} is not in requirements.lock: run `make lock`"
        assert requirement.specifier.contains(version), f"{requirement} excludes {version}: run `make lock`"


def test_the_lock_holds_the_dependencies_of_every_package() -> None:
    locked = locked_for(HERE)
    for name, requirement in needed_by(list(locked)):
        version = locked.get(canonicalize_name(requirement.name))
        assert version is not None, f"{name} needs {requirement}, which is not in requirements.lock: run `make lock`"
        assert requirement.specifier.contains(version), f"{name} needs {requirement}, and {version} is locked"


def test_every_locked_version_is_one_that_the_tests_run_with() -> None:
    locked = locked_for(HERE)
    installed = {name: Version(importlib.metadata.version(name)) for name in locked}
    assert installed == locked, "make the environment anew: make clean test"


def test_python_3_11_takes_the_last_ansible_core_that_runs_there() -> None:
    cores = {python: locked_for(python)["ansible-core"] for python in PYTHONS}
    assert cores["3.11"].release[:2] == (2, 19)
    assert cores["3.12"] == cores["3.13"] > Version("2.20")


def test_every_entry_has_hashes_and_none_names_a_registry() -> None:
    assert [str(each.requirement) for each in lock() if not each.hashes] == []
    assert [text for each in lock() for text in each.hashes if not re.fullmatch("sha256:[0-9a-f]{64}", text)] == []
    assert [str(each.requirement) for each in lock() if each.requirement.url] == []
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert re.findall(r"://|index|pypi|pythonhosted|^-", text, re.MULTILINE) == []
