# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said where Python packages are missing or ansible-core is too old: once, before the first login."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._device import Device
from tests.integration.conftest import run_playbook

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = ROOT / "collections" / "ansible_collections" / "rollcall" / "network"
CORE = f"ansible-core=={__import__('ansible').__version__}"
INVENTORY = {
    "all": {
        "vars": {"ansible_network_os": "cisco.ios.ios", "rollcall_commands": ["show version"], "ansible_port": 1},
        "hosts": {f"r{number}": {"ansible_host": "127.0.0.1"} for number in range(3)},
    }
}


def make(folder: Path, *packages: str) -> Path:
    """A virtual environment with these packages: the folder of its programs."""
    venv.create(folder, with_pip=True)
    command = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*command, *packages], capture_output=True, text=True, timeout=110)
    if done.returncode:
        pytest.skip(f"pip cannot install {packages}: {done.stderr.strip().splitlines()[-1:]}")
    return folder / "bin"


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ansible-core and what it needs, such as cryptography, and nothing besides."""
    return make(tmp_path_factory.mktemp("bare"), CORE)


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    file = tmp_path / "inventory.yml"
    file.write_text(json.dumps(INVENTORY))
    return file


def said(done: subprocess.CompletedProcess[str]) -> str:
    return " ".join((done.stdout + done.stderr).split())


def task(**arguments: Any) -> str:
    """A playbook of one task that asks all hosts."""
    arguments = {"hosts": "{{ ansible_play_hosts_all }}", **arguments}
    one = {"rollcall.network.collect": arguments, "run_once": True, "delegate_to": "localhost"}
    return json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [one]}])


@pytest.mark.parametrize(
    ("variables", "packages"),
    [
        ({}, "scrapli, asyncssh, itables"),
        ({"rollcall_formats": ["md"]}, "scrapli, asyncssh"),
        ({"rollcall_formats": ["prom"], "rollcall_parser": "json"}, "scrapli, asyncssh, prometheus-client"),
        ({"rollcall_parser": "auto"}, "scrapli, asyncssh, ntc-templates, textfsm, itables"),
        ({"rollcall_transport": "telnet", "rollcall_formats": ["md"]}, "scrapli, telnetlib3"),
        ({"rollcall_driver": "python", "rollcall_function": "os.path.basename"}, "itables"),
    ],
)
def test_the_playbook_lists_all_packages_that_this_run_needs(
    variables: dict[str, Any], packages: str, bare: Path, inventory: Path, tmp_path: Path
) -> None:
    given = {"rollcall_output_dir": str(tmp_path / "out"), **variables}
    done = run_playbook(ROOT / "collect.yml", inventory, "-e", json.dumps(given), programs=bare)
    python = bare / "python"
    sentence = (
        f"this run needs Python packages that {python} does not have: {packages}; install them with: "
        f"{python} -m pip install -r {COLLECTION / 'requirements.txt'}"
    )
    assert sentence in said(done).replace(f"{python}3", str(python))
    assert "roll call:" not in done.stdout, "somebody was asked"
    assert not (tmp_path / "out").exists()
    assert done.returncode == 2


def test_a_task_of_ones_own_and_the_lookup_say_it_too(bare: Path, inventory: Path) -> None:
    done = run_playbook(task(), inventory, programs=bare)
    assert "does not have: scrapli, asyncssh; install them with:" in said(done)
    debug = {"ansible.builtin.debug": {"msg": "{{ lookup('rollcall.network.collect', 'r1') }}"}, "run_once": True}
    play = [{"hosts": "all", "gather_facts": False, "tasks": [{**debug, "delegate_to": "localhost"}]}]
    done = run_playbook(json.dumps(play), inventory, programs=bare)
    assert "does not have: scrapli, asyncssh; install them with:" in said(done)


def test_reports_say_what_they_need(bare: Path, inventory: Path, tmp_path: Path) -> None:
    arguments = {"devices": {}, "dest": str(tmp_path), "formats": ["html", "prom"]}
    one = {"rollcall.network.report": arguments, "run_once": True, "delegate_to": "localhost"}
    done = run_playbook(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [one]}]), inventory, programs=bare)
    assert "does not have: itables, prometheus-client; install them with:" in said(done)


def test_what_needs_no_package_runs_with_ansible_core_alone(bare: Path, inventory: Path) -> None:
    for arguments in ({"plan": True}, {"driver": "python", "function": "os.path.basename"}):
        done = run_playbook(task(**arguments), inventory, programs=bare)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_poller_names_its_own_interpreter(bare: Path) -> None:
    """The module, as it runs on a poller that has Python and no packages."""
    device = asdict(Device("r1", platform="cisco_iosxe"))
    arguments = {"hosts": ["r1"], "devices": json.dumps({"r1": {"device": device}})}
    program = (
        "from ansible.module_utils.testing import patch_module_args\n"
        "from ansible_collections.rollcall.network.plugins.modules.collect import main\n"
        f"with patch_module_args({arguments!r}):\n"
        "    main()\n"
    )
    python = str(bare / "python")
    done = subprocess.run(
        [python, "-c", program],
        env={"PYTHONPATH": str(ROOT / "collections")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout, done.stderr
    result = json.loads(done.stdout)
    assert result["failed"]
    assert result["msg"].startswith(f"this run needs Python packages that {python} does not have: scrapli, asyncssh;")
    assert result["msg"].endswith(f"install them with: {python} -m pip install scrapli asyncssh")


@pytest.mark.parametrize("core", ["2.16", "2.17", "2.18"])
def test_an_older_ansible_core_is_told_in_one_sentence(core: str, inventory: Path, tmp_path: Path) -> None:
    if sys.version_info >= (3, 14):
        pytest.skip(f"ansible-core {core} does not run with this Python")
    programs = make(tmp_path / "venv", f"ansible-core~={core}.0")
    for playbook in (ROOT / "collect.yml", ROOT / "report.yml", task()):
        done = run_playbook(playbook, inventory, "-e", "rollcall_run_dir=/tmp", programs=programs)
        assert f"rollcall.network needs ansible-core 2.19 or later; this is {core}." in said(done)
        assert "Unexpected Exception" not in said(done)
        assert "attach the execution environment" not in said(done)
        assert done.returncode != 0
    in_awx = {"AWX_ISOLATED_DATA_DIR": "/runner/artifacts/7"}
    for playbook in (ROOT / "collect.yml", ROOT / "report.yml"):
        done = run_playbook(playbook, inventory, "-e", "rollcall_run_dir=/tmp", programs=programs, env=in_awx)
        assert "In AWX, attach the execution environment that you built" in said(done)
        assert done.returncode != 0
