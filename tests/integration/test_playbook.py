# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection as its users run it: real ansible-playbook, real SSH, from arguments to reports and exit status."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.integration.conftest import call_roll, run_playbook, try_roll
from tests.lab import Lab, topology
from tests.lab.faults import BROKEN, FAULTS

ROOT = Path(__file__).resolve().parents[2]
BY_FQCN = "rollcall.network.collect"
BY_IMPORT = "- import_playbook: rollcall.network.collect\n"
BY_ROLE = "- {hosts: all, gather_facts: false, roles: [rollcall.network.collect]}\n"
SHORT = ("-e", "rollcall_device_timeout=6")


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """The lab as it is by default: 24 devices, three of them broken."""
    with Lab(devices=24) as lab:
        yield lab


@pytest.fixture(scope="module")
def healthy() -> Iterator[Lab]:
    with Lab(devices=24, healthy=True) as lab:
        yield lab


def collect(playbook: str | Path, lab: Lab, dest: Path, *extra: str) -> tuple[int, str]:
    done = run_playbook(playbook, lab.inventory, "-e", f"rollcall_output_dir={dest}", *extra)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(ROOT / "collect.yml", id="path"),
        pytest.param(Path(BY_FQCN), id="FQCN"),
        pytest.param(BY_IMPORT, id="import_playbook"),
        pytest.param(BY_ROLE, id="role"),
    ],
)
def test_every_way_to_run_it(way: str | Path, healthy: Lab, tmp_path: Path) -> None:
    status, output = collect(way, healthy, tmp_path)
    assert status == 0, output
    reports = tmp_path / "latest" / "reports"
    assert {path.stem for path in (reports / "devices").iterdir()} == set(healthy.devices)
    index = (reports / "index.md").read_text()
    assert "24 of 24 devices answered in full" in index
    version = (reports / "devices" / "fra-wan1.md").read_text()
    assert "Cisco IOS XE Software" in version


def test_broken_devices_are_reported_before_the_verdict(lab: Lab, tmp_path: Path) -> None:
    status, output = collect(ROOT / "collect.yml", lab, tmp_path, *SHORT)
    assert status == 2, output
    assert "21 of 24 devices answered in full" in output
    reports = tmp_path / "latest" / "reports"
    index = (reports / "index.md").read_text()
    for name in BROKEN:
        assert f"[{name}](<devices/{name}.md>)" in index.split("## All devices")[0]
    reasons = {
        "ams-wan1": ("auth_failed", "login as lab refused"),
        "par-edge1": ("unreachable", "refused the connection"),
        "waw-leaf1": ("timeout", "no prompt within"),
    }
    for name, (status_, reason) in reasons.items():
        report = (reports / "devices" / f"{name}.md").read_text()
        assert report.startswith(f"# {name}: {status_}\n")
        assert reason in report


def test_verdict_allows_what_it_is_told_to(lab: Lab, tmp_path: Path) -> None:
    status, output = collect(ROOT / "collect.yml", lab, tmp_path, *SHORT, "-e", "rollcall_max_fail_percentage=12.5")
    assert status == 0, output


def test_check_mode_collects_and_writes_nothing(healthy: Lab, tmp_path: Path) -> None:
    status, output = collect(ROOT / "collect.yml", healthy, tmp_path / "reports", "--check")
    assert status == 0, output
    assert "24 of 24 devices answered in full" in output
    assert not (tmp_path / "reports").exists()


def test_limit_is_respected(healthy: Lab, tmp_path: Path) -> None:
    status, output = collect(ROOT / "collect.yml", healthy, tmp_path, "--limit", "lab_fra")
    assert status == 0, output
    names = {name for name, device in healthy.devices.items() if device.site == "fra"}
    assert {path.stem for path in (tmp_path / "latest" / "reports" / "devices").iterdir()} == names


def test_output_folder_that_cannot_be_written(healthy: Lab, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    status, output = collect(ROOT / "collect.yml", healthy, tmp_path / "file" / "reports")
    assert status == 2
    assert f"output_dir {tmp_path}/file/reports cannot be written to" in output
    assert "roll call:" not in output, "somebody was asked"


def test_all_faults_of_the_lab_in_one_run_of_24() -> None:
    names = [device.name for device in topology.devices(24)]
    faults = dict(zip(names[2:], FAULTS, strict=False))
    assert set(faults.values()) == set(FAULTS), "a fault of the lab is not in this run"
    with Lab(devices=24, healthy=True, faults=faults) as lab:
        arguments = {"deadline": 25, "connect_timeout": 5, "command_timeout": 20, "retries": 0}
        roll = call_roll(lab.inventory, arguments)
    assert set(roll.devices) == set(names)
    expected = {
        "refuse": ("unreachable", "connect"),
        "hang_banner": ("timeout", "connect"),
        "hang_kex": ("timeout", "connect"),
        "flaky": ("unreachable", "connect"),
        "wrong_password": ("auth_failed", "auth"),
        "hang_auth": ("timeout", "auth"),
        "hang_shell": ("timeout", "auth"),
        "no_prompt": ("timeout", "auth"),
        "reject": ("partial", "command"),
        "hang_command": ("timeout", "command"),
        "drop_mid_output": ("failed", "command"),
        "drop_clean": ("failed", "command"),
        "big_output": ("partial", "parse"),  # it is no table of the command
    }
    for name, device in roll.devices.items():
        fault = faults.get(name)
        if fault == "bad_enable" and not lab.devices[name].enable:
            fault = None
        if fault == "bad_enable":
            expected["bad_enable"] = ("auth_failed", "auth")
        status, phase = expected.get(fault or "", ("ok", None))
        assert device["status"] == status, (name, fault, device["error"])
        assert (device["error"] or {}).get("phase") == phase, (name, fault, device["error"])
    times = [device["finished_at"] for device in roll.devices.values()]
    begun = [device["started_at"] for device in roll.devices.values()]
    assert _seconds(max(times)) - _seconds(min(begun)) < 25 + 1, "the run outlived its deadline"


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def test_plan_logs_in_nowhere_and_names_sources(tmp_path: Path) -> None:
    with Lab(devices=24, healthy=True) as lab:
        inventory = tmp_path / "inventory.yml"
        inventory.write_text(lab.inventory.read_text())
    # The lab is gone: whatever would connect now would fail.
    roll = call_roll(inventory, {"plan": True, "hosts": ["fra-wan1", "nobody"]})
    plan = roll.result["plan"]
    assert plan["fra-wan1"]["host"].startswith("127.44.")
    assert plan["fra-wan1"]["platform"] == "cisco_iosxe"
    assert "show version" in plan["fra-wan1"]["commands"]
    assert plan["fra-wan1"]["credentials"]["password"] == "variable ansible_password"
    assert plan["nobody"]["error"]["phase"] == "resolve"
    assert "lab-password" not in json.dumps(roll.result) + roll.output


@pytest.mark.parametrize("way", [ROOT / "collect.yml", BY_ROLE], ids=["playbook", "role"])
def test_a_plan_is_shown_and_nothing_else_is_done(way: str | Path, lab: Lab, tmp_path: Path) -> None:
    more = (
        "-e",
        '{"rollcall_plan": true, "rollcall_webhook_url": "http://127.0.0.1:9/"}',
        "--limit",
        "fra-wan1,ams-wan1",
    )
    status, output = collect(way, lab, tmp_path / "out", *more)
    assert status == 0, output
    assert re.search(r"^fra-wan1: \S+@127\.44\.\S+, port \d+, platform cisco_iosxe$", output, re.MULTILINE), output
    assert "password from variable ansible_password" in output
    assert "commands: show version" in output
    assert "plan: 2 devices, none is asked" in output
    assert "devices answered in full" not in output
    assert "WARNING" not in output
    assert "lab-password" not in output
    assert not (tmp_path / "out").exists()


def test_names_that_do_not_resolve_cost_only_themselves(healthy: Lab) -> None:
    hosts = ["nobody", "fra-wan1", "lab_fra", "ams-wan1", "par-wan1"]
    variables = {
        "ansible_password": "{{ nowhere if inventory_hostname == 'ams-wan1' else 'lab-password' }}",
        "ansible_network_os": "{{ 'cisco.ios.iosx' if inventory_hostname == 'par-wan1' else 'cisco.ios.ios' }}",
    }
    roll = call_roll(healthy.inventory, {"hosts": hosts}, play={"vars": variables})
    assert list(roll.devices) == hosts
    assert roll.devices["fra-wan1"]["status"] == "ok"
    errors = {name: device["error"] for name, device in roll.devices.items() if device["error"]}
    assert list(errors) == roll.result["failed_hosts"] == ["nobody", "lab_fra", "ams-wan1"]
    assert {error["phase"] for error in errors.values()} == {"resolve"}
    assert "not in the inventory" in errors["nobody"]["message"]
    assert "it is a group" in errors["lab_fra"]["message"]
    assert "nowhere" in errors["ams-wan1"]["message"]
    learned = roll.devices["par-wan1"]
    assert (learned["status"], learned["platform"]) == ("ok", "learned")
    assert "near matches: cisco.ios.ios" in learned["connection"]["platform_hint"]
    assert roll.result["summary"]["total"] == 5


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"hosts": None}, "hosts"),
        ({"device_timeout": 0}, "device_timeout must be above 0"),
        ({"comands": ["show version"]}, "unknown argument comands"),
        ({"commands": ["show\nversion"]}, "one line of text"),
        ({"commands": [{"command": "show version", "parser": "genie"}]}, "must be one of none, auto, json, textfsm"),
        ({"driver": "telnet"}, "driver must be one of cli, python, or the import path of a driver, not 'telnet'"),
        ({"driver": "pyhton"}, "did you mean python?"),
        ({"driver": "no.such.Driver"}, "driver 'no.such.Driver' cannot be imported"),
        ({"driver": "python", "function": "no.such.function"}, "cannot be imported"),
        ({"max_fail_percentage": 101}, "between 0 and 100"),
    ],
)
def test_wrong_arguments_fail_before_the_first_login(arguments: dict[str, object], sentence: str, healthy: Lab) -> None:
    done, result = try_roll(healthy.inventory, arguments)
    assert done.returncode != 0
    assert result["failed"]
    assert "devices" not in result
    assert sentence in result["msg"]


def test_max_fail_percentage_of_the_task_keeps_every_answer(lab: Lab) -> None:
    _done, result = try_roll(lab.inventory, {"device_timeout": 6, "max_fail_percentage": 10})
    assert result["failed"]
    assert "3 of 24 devices failed, more than max_fail_percentage (10) allows" in result["msg"]
    assert result["summary"]["ok"] == 21
    assert len(result["devices"]) == 24


def test_rows_carry_their_own_status(healthy: Lab) -> None:
    commands = [
        {"command": "show version", "parser": "textfsm"},
        {"command": "show lldp neighbors", "parser": "json"},
        {"command": "show ip interface brief", "parser": "none"},
    ]
    asked = {"hosts": ["fra-wan1"], "commands": commands}
    roll = call_roll(healthy.inventory, asked)
    output = roll.devices["fra-wan1"]["output"]
    assert output["show version"]["rows_status"] == "ok"
    assert output["show version"]["rows"][0]["hostname"] == "fra-wan1"
    assert output["show lldp neighbors"]["rows_status"] == "error"
    assert output["show lldp neighbors"]["text"]
    assert output["show ip interface brief"]["rows_status"] is None
    error = roll.devices["fra-wan1"]["error"]
    assert (roll.devices["fra-wan1"]["status"], error["phase"], error["kind"]) == ("partial", "parse", "error")
    roll = call_roll(healthy.inventory, {**asked, "rows_required": False})
    assert roll.devices["fra-wan1"]["output"]["show lldp neighbors"]["rows_status"] == "error"
    assert (roll.devices["fra-wan1"]["status"], roll.devices["fra-wan1"]["error"]) == ("ok", None)


def test_invalid_bytes_reach_the_playbook_and_the_report(tmp_path: Path) -> None:
    with Lab(devices=24, healthy=True, faults={"fra-wan1": "garbage_bytes"}) as lab:
        roll = call_roll(lab.inventory, {"hosts": ["fra-wan1"]})
        text = roll.text("fra-wan1", "show version")
        assert b"\xff\xfe\xc3(" in text.encode("utf-8", "surrogateescape")
        status, output = collect(ROOT / "collect.yml", lab, tmp_path, "--limit", "fra-wan1")
    assert status == 0, output
    run = tmp_path / "latest"
    assert rb"\xff\xfe\xc3(" in (run / "reports" / "devices" / "fra-wan1.md").read_bytes(), "spelled out"
    assert b"\xff\xfe\xc3(" in (run / "devices" / "fra-wan1" / "show version.txt").read_bytes()


def test_verbose_shows_a_line_per_device_and_no_answers(healthy: Lab, tmp_path: Path) -> None:
    status, output = collect(ROOT / "collect.yml", healthy, tmp_path, "-v")
    assert status == 0, output
    assert "<fra-wan1> ok after" in output
    assert "24/24 done, 24 ok, 0 failed" in output
    assert "Cisco IOS XE Software" not in output
    status, output = collect(ROOT / "collect.yml", healthy, tmp_path, "-vvvv")
    assert "lab-password" not in output
    assert "lab-enable" not in output


def test_progress_names_the_slowest(lab: Lab, tmp_path: Path) -> None:
    _status, output = collect(ROOT / "collect.yml", lab, tmp_path, *SHORT)
    assert "roll call: 23/24 done, 21 ok, 2 failed" in output
    assert "longest open: waw-leaf1" in output


def test_no_log_hides_everything(healthy: Lab) -> None:
    play = """
- hosts: all
  gather_facts: false
  tasks:
    - rollcall.network.collect: {hosts: [fra-wan1]}
      run_once: true
      delegate_to: localhost
      no_log: true
      register: roll
    - ansible.builtin.assert:
        that: roll.devices['fra-wan1'].status == 'ok'
      run_once: true
      delegate_to: localhost
"""
    done = run_playbook(play, healthy.inventory, "-vv")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Cisco IOS XE" not in done.stdout + done.stderr


def test_forgotten_run_once_is_warned_about(healthy: Lab) -> None:
    play = """
- hosts: fra-wan1:par-wan1
  gather_facts: false
  tasks:
    - rollcall.network.collect: {hosts: "{{ ansible_play_hosts_all }}"}
      delegate_to: localhost
"""
    done = run_playbook(play, healthy.inventory)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "run_once: true is missing: each of 2 hosts asks all 2 devices" in done.stdout + done.stderr


def test_python_driver_calls_any_function(healthy: Lab, tmp_path: Path) -> None:
    (tmp_path / "my_checks.py").write_text(
        "def probe(name):\n"
        "    if name == 'bad':\n"
        "        raise SystemExit(3)\n"
        "    return {'name': name, 'length': len(name)}\n"
    )
    arguments = {"hosts": ["one", "bad", "three", "one"], "driver": "python", "function": "my_checks.probe"}
    roll = call_roll(healthy.inventory, arguments, env={"PYTHONPATH": str(tmp_path)})
    assert roll.devices["one"]["value"] == {"name": "one", "length": 3}
    assert roll.devices["bad"]["status"] == "failed"
    assert roll.devices["bad"]["error"]["kind"] == "SystemExit"
    assert "duplicate names, asked once: one" in roll.output
    assert list(roll.devices) == ["one", "bad", "three"]


def test_commands_of_the_python_driver_are_warned_about(healthy: Lab) -> None:
    roll = call_roll(healthy.inventory, {"driver": "python", "function": "builtins.str", "commands": ["show version"]})
    assert "commands are not used with driver: python" in roll.output


def test_lookup_asks_once_in_a_run(healthy: Lab, tmp_path: Path) -> None:
    (tmp_path / "counted.py").write_text(
        "import os\n"
        "def probe(name):\n"
        "    with open(os.environ['COUNT'], 'a') as file:\n"
        "        file.write(name + '\\n')\n"
        "    return name.upper()\n"
    )
    count = tmp_path / "count"
    play = """
- hosts: all
  gather_facts: false
  vars:
    how: {driver: python, function: counted.probe, max_age: 600}
    roll: "{{ lookup('rollcall.network.collect', 'a', ['b', 'c'], **how) }}"
  tasks:
    - ansible.builtin.assert:
        that:
          - roll.a.value == 'A'
          - roll.b.value == 'B'
          - roll | list == ['a', 'b', 'c']
          - query('rollcall.network.collect', 'a', 'b', 'c', **how) == [roll]
      delegate_to: localhost
"""
    env = {"PYTHONPATH": str(tmp_path), "COUNT": str(count)}
    done = run_playbook(play, healthy.inventory, "-f", "10", env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(count.read_text().split()) == ["a", "b", "c"], "24 hosts, forked workers, many uses: asked once"


def test_lookup_of_a_change_gets_the_new_answer(tmp_path: Path) -> None:
    """Asked before and after a change, in the tasks of one play; and by until, of a device that comes back."""
    (tmp_path / "changing.py").write_text(
        "import pathlib\n"
        "HERE = pathlib.Path(__file__).parent\n"
        "def state(name):\n"
        "    return (HERE / 'state').read_text()\n"
        "def tries(name):\n"
        "    with (HERE / 'tries').open('a') as file:\n"
        "        file.write('x')\n"
        "    assert len((HERE / 'tries').read_text()) > 1, 'not back yet'\n"
        "    return 'back'\n"
    )
    (tmp_path / "state").write_text("old")
    (tmp_path / "hosts.ini").write_text("localhost ansible_connection=local\n")
    play = f"""
- hosts: localhost
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{{{ ansible_playbook_python }}}}"
    state: "{{{{ lookup('rollcall.network.collect', 'r1', driver='python', function='changing.state').r1.value }}}}"
  tasks:
    - ansible.builtin.assert: {{that: state == 'old'}}
    - ansible.builtin.copy: {{content: new, dest: {tmp_path}/state, mode: preserve}}
    - ansible.builtin.assert: {{that: state == 'new'}}
    - ansible.builtin.debug: {{msg: waits}}
      until: lookup('rollcall.network.collect', 'r1', driver='python', function='changing.tries').r1.value == 'back'
"""
    done = run_playbook(play, tmp_path / "hosts.ini", env={"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "tries").read_text() == "xx"


def test_lookup_logs_in_and_refuses_unknown_arguments(healthy: Lab) -> None:
    play = """
- hosts: fra-wan1
  gather_facts: false
  tasks:
    - ansible.builtin.assert:
        that: "'Cisco IOS XE' in lookup('rollcall.network.collect', 'fra-wan1')['fra-wan1'].output['show version'].text"
      delegate_to: localhost
    - ansible.builtin.assert:
        that: lookup('rollcall.network.collect', 'fra-wan1', comands=['show version'])
      delegate_to: localhost
"""
    done = run_playbook(play, healthy.inventory)
    assert done.returncode == 2
    assert "ok=1" in done.stdout, done.stdout + done.stderr
    assert "unknown argument comands" in done.stdout + done.stderr


def test_a_thousand_devices_in_one_task() -> None:
    with Lab(devices=1000, healthy=True, light=True) as lab:
        roll = call_roll(lab.inventory, {"workers": 1000})
    assert set(roll.devices) == set(lab.devices)
    assert roll.result["summary"]["ok"] == 1000, roll.result["summary"]
    for name, device in roll.devices.items():
        assert len(device["output"]) == len(lab.devices[name].commands), name
        assert all(output["text"] for output in device["output"].values()), name


def test_cancelled_run_ends_at_once(lab: Lab, tmp_path: Path) -> None:
    """The one that hangs would be waited for until device_timeout, which is far beyond the limit of a test here."""
    variables = {"rollcall_device_timeout": 3600, "rollcall_command_timeout": 3600}
    status, output = collect(
        ROOT / "collect.yml", lab, tmp_path, "-e", json.dumps(variables), "-e", "rollcall_deadline=10"
    )
    assert status == 2
    assert "21 of 24" in output
    answer = json.loads((tmp_path / "latest" / "devices" / "waw-leaf1" / "result.json").read_text())
    assert answer["status"] == "timeout"
