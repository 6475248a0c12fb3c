# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two pollers in network namespaces, each reaching only its own real routers; one play brings both halves back."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import run_playbook
from tests.integration.openssh import descendants, wait_until
from tests.integration.sites import Site, Sites

ROOT = Path(__file__).resolve().parents[2]
NAMES = ["fra-r1", "fra-r2", "osl-r1", "osl-r2"]
COMMANDS = ["show version", "show running-config", "show interface description"]


@pytest.fixture(scope="module")
def sites() -> Iterator[Sites]:
    reason = Sites.missing()
    if reason:
        pytest.skip(reason)
    with Sites() as up:
        yield up


@dataclass(frozen=True)
class Fleet:
    """What came of the playbook: what was printed, how it ended, the merged result, and where the reports are."""

    output: str
    ended: int
    result: dict[str, Any]
    folder: Path

    @property
    def devices(self) -> dict[str, dict[str, Any]]:
        devices: dict[str, dict[str, Any]] = self.result["devices"]
        return devices

    @property
    def statuses(self) -> dict[str, str]:
        return {name: device["status"] for name, device in self.devices.items()}

    def text(self, name: str, command: str) -> str:
        text: str = self.devices[name]["output"][command]["text"]
        return text


# As a user goes on with what the playbook leaves behind: every device of the play has it.
KEEP = """
- name: Keep the merged result
  hosts: all:!pollers
  gather_facts: false
  tasks:
    - name: Keep the merged result
      ansible.builtin.copy:
        content: "{{ hostvars[ansible_play_hosts_all[-1]].rollcall_result | to_json }}"
        dest: "{{ file }}"
        mode: "0600"
      run_once: true
      delegate_to: localhost
"""


def call(sites: Sites, folder: Path, *extra: str, inventory: Path | None = None, **variables: Any) -> Fleet:
    """Runs playbooks/pollers.yml on the controller, as users import it, with 100 % allowed to fail."""
    file, output = folder / "result.json", folder / "rollcall"
    given = {
        "rollcall_commands": COMMANDS,
        "rollcall_output_dir": str(output),
        "rollcall_return_output": True,
        "rollcall_max_fail_percentage": 100,
        "rollcall_retries": 0,
        "file": str(file),
        **variables,
    }
    playbook = f"- ansible.builtin.import_playbook: {ROOT / 'playbooks' / 'pollers.yml'}\n{KEEP}"
    done = run_playbook(
        playbook, inventory or sites.inventory, "-e", json.dumps(given), *extra, programs=sites.programs
    )
    result = json.loads(file.read_text()) if file.exists() else {}
    return Fleet(done.stdout + done.stderr, done.returncode, result, output)


def shown(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip("\n").split("\n")]


def assert_whole(fleet: Fleet, site: Site) -> None:
    """Every answer of this site is what its routers say when they are asked without SSH."""
    for name, router in site.routers.items():
        assert fleet.devices[name]["status"] == "ok", fleet.devices[name]["error"]
        for command in COMMANDS:
            assert shown(fleet.text(name, command)) == shown(router.vtysh(command)), (name, command)


@pytest.fixture(scope="module")
def fleet(sites: Sites, tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    return call(sites, tmp_path_factory.mktemp("both"))


def test_one_play_brings_both_halves_back(sites: Sites, fleet: Fleet) -> None:
    assert fleet.ended == 0, fleet.output
    assert list(fleet.devices) == NAMES
    for site in sites.sites.values():
        assert_whole(fleet, site)
    assert "4 of 4 devices answered in full" in fleet.output
    assert fleet.result["summary"]["ok"] == 4


def test_the_addresses_are_the_same_and_the_routers_are_not(fleet: Fleet) -> None:
    for number in (1, 2):
        fra, osl = (fleet.devices[f"{site}-r{number}"] for site in ("fra", "osl"))
        assert (fra["host"], fra["port"]) == (osl["host"], osl["port"])
        for site in ("fra", "osl"):
            assert f"hostname {site}-r{number}" in fleet.text(f"{site}-r{number}", "show running-config")


def test_the_controller_itself_reaches_no_router(sites: Sites, tmp_path: Path) -> None:
    task = """
- hosts: fra
  gather_facts: false
  tasks:
    - rollcall.network.collect:
        hosts: "{{ ansible_play_hosts_all }}"
        commands: [show version]
        connect_timeout: 2
        retries: 0
        max_fail_percentage: 0
      run_once: true
      delegate_to: localhost
"""
    done = run_playbook(task, sites.inventory, programs=sites.programs)
    assert done.returncode == 2
    assert "2 of 2 devices failed" in done.stdout + done.stderr


def test_each_poller_has_a_folder_of_runs_and_the_reports_are_one(fleet: Fleet) -> None:
    for site in ("fra", "osl"):
        devices = fleet.folder / "pollers" / f"poller-{site}" / "latest" / "devices"
        assert sorted(path.name for path in devices.iterdir()) == [f"{site}-r1", f"{site}-r2"]
    pages = {path.name for path in (fleet.folder / "reports" / "devices").glob("*.md")}
    assert pages == {f"{name}.md" for name in NAMES}
    assert f"hostname {NAMES[2]}" in (fleet.folder / "reports" / "devices" / f"{NAMES[2]}.md").read_text()


@pytest.mark.parametrize(
    ("limit", "statuses", "says"),
    [
        ("fra-r1,pollers", {"fra-r1": "ok"}, "1 of 1 device answered in full"),
        ("osl,poller-osl", {"osl-r1": "ok", "osl-r2": "ok"}, "2 of 2 devices answered in full"),
        (
            "fra-r1,osl,poller-fra",
            {"fra-r1": "ok", "osl-r1": "skipped", "osl-r2": "skipped"},
            "2 asked by no poller: osl-r1, osl-r2",
        ),
        ("osl", {"osl-r1": "skipped", "osl-r2": "skipped"}, "2 asked by no poller: osl-r1, osl-r2"),
    ],
)
def test_a_limit_names_devices_and_pollers(
    sites: Sites, tmp_path: Path, limit: str, statuses: dict[str, str], says: str
) -> None:
    fleet = call(sites, tmp_path, "--limit", limit)
    assert fleet.statuses == statuses, fleet.output
    assert says in fleet.output


def test_a_limit_that_names_no_device_is_no_success(sites: Sites, tmp_path: Path) -> None:
    fleet = call(sites, tmp_path, "--limit", "pollers")
    assert fleet.ended == 2
    assert "no device was asked; --limit must include devices and their pollers" in fleet.output


def test_a_part_of_the_fleet_needs_no_limit(sites: Sites, tmp_path: Path) -> None:
    fleet = call(sites, tmp_path, rollcall_hosts="osl")
    assert fleet.statuses == {"osl-r1": "ok", "osl-r2": "ok"}, fleet.output
    assert not (fleet.folder / "pollers" / "poller-fra").exists(), "who has nobody to ask does nothing"


# As docs/scale.md shows it.
OWN = """
- name: Call the roll on all pollers at once
  hosts: pollers
  gather_facts: false
  tasks:
    - name: Call the roll of its own devices
      rollcall.network.collect:
        hosts: "{{ rollcall_devices }}"
        commands: [show version]
      register: roll

    - name: Use all answers as one
      ansible.builtin.debug:
        msg:
          - "{{ devices.keys() | list | string }}"
          - "{{ devices['osl-r1'].output['show version'].text }}"
          - "{{ devices['fra-r1'].error.message }}"
      vars:
        devices: "{{ ansible_play_hosts_all | map('extract', hostvars, ['roll', 'devices']) | combine }}"
      run_once: true
      delegate_to: localhost
"""


def test_a_play_of_ones_own_merges_with_ansibles_filters(sites: Sites, tmp_path: Path) -> None:
    with sites.sites["fra"].cut_off():
        done = run_playbook(OWN, sites.inventory, "-vvv", programs=sites.programs)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert str(NAMES) in said
    assert "(osl-r1)" in said
    assert "poller poller-fra returned no answers" in said
    assert "run_once: true is missing" not in said
    started = [line for line in said.splitlines() if "> SSH: EXEC" in line]
    assert not [line for line in started if " sftp " in line], "no file goes there"
    assert not [line for line in started if "ServerAliveInterval=10" not in line or "ControlPath=none" not in line]


def test_devices_of_two_pollers_and_of_none_are_seen(sites: Sites, tmp_path: Path) -> None:
    """Two share fra-r1, which one of them cannot reach: the full answer counts, whichever came last."""
    file = tmp_path / "inventory.yml"
    inventory = json.loads(sites.inventory.read_text())
    pollers = inventory["pollers"]["hosts"]
    pollers["poller-osl"]["rollcall_devices"] = ["osl-r1", "fra-r1"]
    file.write_text(json.dumps(inventory))
    fleet = call(sites, tmp_path, inventory=file)
    assert fleet.statuses == {"fra-r1": "ok", "fra-r2": "ok", "osl-r1": "ok", "osl-r2": "skipped"}
    page = (fleet.folder / "reports" / "devices" / "fra-r1.md").read_text()
    assert "hostname fra-r1" in page
    assert "1 asked by no poller: osl-r2" in fleet.output
    assert "1 asked by two pollers: fra-r1" in fleet.output


def test_devices_without_a_poller_have_an_entry_and_a_page(sites: Sites, tmp_path: Path) -> None:
    inventory = json.loads(sites.inventory.read_text())
    del inventory["pollers"]["hosts"]["poller-osl"]["rollcall_devices"]
    inventory["pollers"]["hosts"]["poller-fra"]["rollcall_devices"] = ["fra-r2", "osl-r1", "fra-r1"]
    file = tmp_path / "inventory.yml"
    file.write_text(json.dumps(inventory))
    fleet = call(sites, tmp_path, inventory=file)
    assert list(fleet.devices) == NAMES, "in the order of the play, not of the poller"
    # The address is that of a router of the poller's own site, and its key is not the one that osl-r1 has.
    assert fleet.devices["osl-r1"]["error"]["kind"] == "host_key_changed"
    error = fleet.devices["osl-r2"]["error"]
    assert (fleet.devices["osl-r2"]["status"], error["phase"], error["kind"]) == ("skipped", "resolve", "no_poller")
    called, not_called = (fleet.devices[name] for name in ("osl-r1", "osl-r2"))
    assert set(called) == set(not_called)
    assert list(called["output"]) == list(not_called["output"]), "every asked command is there"
    assert {output["status"] for output in not_called["output"].values()} == {"skipped"}
    assert "no poller asked it" in (fleet.folder / "reports" / "devices" / "osl-r2.md").read_text()


def test_the_play_fails_on_the_devices_without_a_full_answer_alone(sites: Sites, tmp_path: Path) -> None:
    inventory = json.loads(sites.inventory.read_text())
    del inventory["pollers"]["hosts"]["poller-osl"]["rollcall_devices"]
    file = tmp_path / "inventory.yml"
    file.write_text(json.dumps(inventory))
    fleet = call(sites, tmp_path, inventory=file, rollcall_max_fail_percentage=0)
    assert fleet.ended == 2, fleet.output
    failed = set(re.findall(r"^(\S+) +: .*\bfailed=[1-9]", fleet.output, re.MULTILINE))
    assert failed == {"osl-r1", "osl-r2"}


def test_a_dead_poller_costs_only_its_own_devices(sites: Sites, tmp_path: Path) -> None:
    with sites.sites["osl"].cut_off():
        fleet = call(sites, tmp_path)
    assert list(fleet.devices) == NAMES
    assert_whole(fleet, sites.sites["fra"])
    for name in ("osl-r1", "osl-r2"):
        error = fleet.devices[name]["error"]
        assert (fleet.devices[name]["status"], error["phase"], error["kind"]) == ("unreachable", "connect", "poller")
        assert "poller poller-osl" in error["message"]
        assert sites.sites["osl"].address in error["message"]
    assert "devices answered in full; poller poller-osl returned no answers: " in fleet.output
    assert "Poller poller-osl returned no answers: " in (fleet.folder / "reports" / "index.html").read_text()
    assert "2 of 4 devices answered in full" in fleet.output
    assert "unreachable=1" not in fleet.output, "the poller stays in the play"


def working(site: Site) -> list[int]:
    """The processes on a poller, without sshd's own."""
    found = []
    for pid in descendants(site.sshd.process.pid):
        with contextlib.suppress(OSError):
            if "sshd" not in Path(f"/proc/{pid}/comm").read_text():
                found.append(pid)
    return found


def test_a_poller_that_vanishes_in_the_middle_is_not_waited_for(sites: Sites, tmp_path: Path) -> None:
    """Its network is gone without a word while it waits for a router that hangs: both sides wait 30 s."""
    site = sites.sites["osl"]
    router = site.router_sshds["osl-r1"].process
    other = site.router_sshds["osl-r2"]
    before = other.log().count("Accepted password")
    router.send_signal(signal.SIGSTOP)
    fleets: list[Fleet] = []
    thread = threading.Thread(target=lambda: fleets.append(call(sites, tmp_path, rollcall_device_timeout=300)))
    try:
        thread.start()
        wait_until(lambda: other.log().count("Accepted password") > before, "the poller calls its routers", 30)
        arrived = tmp_path / "rollcall" / "pollers" / "poller-osl" / "runs"
        wait_until(lambda: any(arrived.glob("*/devices/osl-r2/result.json")), "one answer has arrived", 30)
        with site.cut_off():
            thread.join(80)
            wait_until(lambda: not working(site), "the poller has ended too", 40)
    finally:
        router.send_signal(signal.SIGCONT)
        thread.join(80)
    (fleet,) = fleets
    assert list(fleet.devices) == NAMES
    assert_whole(fleet, sites.sites["fra"])
    assert fleet.devices["osl-r2"]["status"] == "ok", "its answer had arrived"
    assert fleet.devices["osl-r1"]["error"]["kind"] == "poller"
    assert "not responding" in fleet.devices["osl-r1"]["error"]["message"]
