# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checkout as a Python package: what `pip install .` installs, beside Ansible and other collections."""

from __future__ import annotations

import email
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from tests.integration.conftest import run_playbook

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "ansible_collections/rollcall/network"
COLLECTOR = f"{PACKAGE}/plugins/module_utils/collector.py"
SHIPPED = ("galaxy.yml", "meta", "playbooks", "plugins", "requirements.lock", "requirements.txt", "roles")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    before = subprocess.run(["git", "status", "--short", "--ignored"], cwd=ROOT, capture_output=True, check=True).stdout
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run(
        [*command, "--wheel-dir", str(folder), str(ROOT)], capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    after = subprocess.run(["git", "status", "--short", "--ignored"], cwd=ROOT, capture_output=True, check=True).stdout
    assert after == before, "building leaves nothing in the checkout"
    [path] = folder.glob("*.whl")
    return path


@pytest.fixture
def installed(wheel: Path, tmp_path: Path) -> Path:
    """A folder for sys.path with the files of the wheel: pip does nothing else with a wheel without scripts."""
    folder = tmp_path / "site-packages"
    with zipfile.ZipFile(wheel) as file:
        file.extractall(folder)
    return folder


def test_the_wheel_has_the_files_of_the_collection_and_no_init_above_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        names = {name for name in file.namelist() if ".dist-info/" not in name}
    listed = subprocess.run(["git", "ls-files", "-z", *SHIPPED], cwd=ROOT, capture_output=True, text=True, check=True)
    assert names >= {f"{PACKAGE}/{name}" for name in listed.stdout.split("\0") if name}
    assert {name.removeprefix(f"{PACKAGE}/").partition("/")[0] for name in names} == set(SHIPPED)
    assert not [name for name in names if name.endswith((".pyc", f"{PACKAGE}/__init__.py"))]


def test_version_and_dependencies_have_one_source(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        [name] = [each for each in file.namelist() if each.endswith(".dist-info/METADATA")]
        metadata = email.message_from_bytes(file.read(name))
    assert metadata["Version"] == yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    required = {str(Requirement(line)).lower() for line in lines if line and not line.startswith("#")}
    assert {str(Requirement(each)).lower() for each in metadata.get_all("Requires-Dist", [])} == required


def run(folder: Path, code: str, *options: str) -> str:
    program = f"import sys; sys.path.insert(0, {str(folder)!r}); {code}"
    done = subprocess.run(
        [sys.executable, "-I", *options, "-c", program],
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(folder / "none")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


SHOW = "import ansible_collections.rollcall.network.plugins.module_utils.collector as c; print(c.__file__)"
LOADER = "from ansible.plugins.loader import init_plugin_loader; init_plugin_loader(); "


def test_the_collector_is_imported_without_any_other_package(installed: Path) -> None:
    assert run(installed, SHOW, "-S") == str(installed / COLLECTOR)


def test_the_public_module_is_imported_and_reads_an_inventory(installed: Path, tmp_path: Path) -> None:
    inventory = tmp_path / "hosts.yml"
    inventory.write_text(
        "all: {vars: {ansible_network_os: ios, rollcall_commands: [show clock], ansible_user: ops}, hosts: {r1: }}"
    )
    code = (
        "from ansible_collections.rollcall.network.plugins.plugin_utils import roll; "
        f"print(roll.__file__, *roll.devices_from_inventory({str(inventory)!r}))"
    )
    assert run(installed, code) == f"{installed / PACKAGE}/plugins/plugin_utils/roll.py r1"


@pytest.mark.parametrize("loader", ["", LOADER], ids=["plain", "with Ansible's loader"])
def test_it_works_beside_the_package_ansible(installed: Path, loader: str) -> None:
    """That package installs `ansible_collections` with an __init__.py and many collections in it."""
    other = installed / "ansible_collections" / "some" / "other" / "plugins" / "module_utils"
    other.mkdir(parents=True)
    other.joinpath("thing.py").write_text("")
    installed.joinpath("ansible_collections", "__init__.py").write_text("")
    code = f"{loader}{SHOW}; from ansible_collections.some.other.plugins.module_utils import thing"
    assert run(installed, code) == str(installed / COLLECTOR)


PLAY = """
- name: Show the copy that runs
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Call the roll
      rollcall.network.collect:
        hosts: [one]
        driver: python
        function: where.is_it
      register: roll
    - name: Show it
      ansible.builtin.debug:
        msg: "copy {{ roll.devices.one.value }} end"
"""
FUNCTION = """
import sys

def is_it(name):
    return sys.modules["ansible_collections.rollcall.network.plugins.module_utils.collector"].__file__
"""


@pytest.mark.parametrize("other", [True, False], ids=["beside a copy of Ansible's", "alone"])
def test_a_task_finds_its_own_copy(installed: Path, tmp_path: Path, other: bool) -> None:
    """Ansible searches its folders of collections first, and then the Python packages."""
    inventory = tmp_path / "hosts.yml"
    inventory.write_text("all: {hosts: {localhost: {ansible_connection: local}}}")
    installed.joinpath("where.py").write_text(FUNCTION)
    empty = tmp_path / "empty"
    empty.mkdir()
    collections = ROOT / "collections" if other else empty
    environment = {"PYTHONPATH": str(installed), "ANSIBLE_COLLECTIONS_PATH": str(collections)}
    done = run_playbook(PLAY, inventory, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"copy (\S+) end", done.stdout)
    assert found is not None, done.stdout
    place = ROOT / "plugins/module_utils/collector.py" if other else installed / COLLECTOR
    assert os.path.realpath(found[1]) == os.path.realpath(place)
