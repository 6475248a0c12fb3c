# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The image's definition, as far as it goes without a container engine: ansible-builder's context and introspection."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


def run(*command: str | Path, cwd: Path = ROOT, **env: str) -> str:
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an engine would build from: ansible-builder checks the definition by its schema first."""
    folder = tmp_path_factory.mktemp("image") / "context"
    run(BIN / "ansible-builder", "create", "--file", "execution-environment.yml", "--context", folder)
    return folder


@pytest.fixture(scope="module")
def collections(context: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The collections of the image, installed as its galaxy stage does, in the folder that it does it in."""
    folder = tmp_path_factory.mktemp("collections")
    install = ["collection", "install", "-r", "requirements.yml", "--collections-path", str(folder)]
    nowhere = {"ANSIBLE_GALAXY_SERVER": "http://127.0.0.1:9/", "ANSIBLE_COLLECTIONS_PATH": str(folder)}
    run(BIN / "ansible-galaxy", *install, cwd=context / "_build", **nowhere)
    return folder


def test_the_collection_in_the_image_is_the_package(collections: Path, tmp_path: Path) -> None:
    package = tmp_path / "package"
    run(BIN / "ansible-galaxy", "collection", "install", ROOT, "-p", package, ANSIBLE_COLLECTIONS_PATH=str(package))
    image, whole = (
        {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and "GALAXY" not in str(path)}
        for folder in (collections, package)
    )
    pages = ("/docs/", "/examples/", "/inventory/")
    assert {path for path in whole - image if not any(page in path for page in pages)} == set()
    assert image - whole == set()


def test_introspection_finds_what_a_collect_needs(collections: Path) -> None:
    found = yaml.safe_load(run(BIN / "ansible-builder", "introspect", collections))
    python = {Requirement(line.split("#")[0]) for line in found["python"]}
    wanted = {
        Requirement(line) for line in (ROOT / "requirements.txt").read_text().splitlines() if line and line[0] != "#"
    }
    left_out = {each.name for each in wanted - python}
    assert left_out == {"ansible-core", "PyYAML"}, "ansible-builder installs these itself"
    assert python <= wanted
    system = {line.split("#")[0].strip() for line in found["system"]}
    assert system == {
        "openssh-clients [platform:rpm]",
        "openssh-client [platform:dpkg]",
        "git-core [platform:rpm]",
        "git [platform:dpkg]",
    }


def test_the_image_has_the_ansible_core_that_the_collection_asks_for(context: Path) -> None:
    made = (context / "Dockerfile" if (context / "Dockerfile").exists() else context / "Containerfile").read_text()
    core = next(
        line for line in (ROOT / "requirements.txt").read_text().splitlines() if line.startswith("ansible-core")
    )
    assert f"{core} " in made
    assert "ENV PYTHONUNBUFFERED=1" in made
    assert "chgrp 0 /runner" in made, "any user of group 0 can write there"


def test_the_image_has_the_locked_packages(context: Path) -> None:
    """They are there before anything else is installed with pip, and satisfy what the later steps ask for."""
    made = (context / "Dockerfile" if (context / "Dockerfile").exists() else context / "Containerfile").read_text()
    installs = [line for line in made.splitlines() if "pip install" in line]
    assert "--require-hashes --requirement /output/requirements.lock" in installs[0]
    assert "$ANSIBLE_INSTALL_REFS" in installs[1]
    assert made.index("ARG PYCMD\n") < made.index("--require-hashes"), "the variables are set"
    assert (context / "_build" / "rollcall" / "requirements.lock").read_text() == (
        ROOT / "requirements.lock"
    ).read_text()
