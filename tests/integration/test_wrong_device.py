# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Another device at an address, and answers that are much smaller than before, over two nights and real SSH."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import ShellServer, call_roll, run_playbook, shell_server, try_roll
from tests.lab import Lab

ROOT = Path(__file__).resolve().parents[2]
NAME, OTHER = "fra-leaf1", "ams-leaf1"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(devices=12, healthy=True) as running:
        yield running


def moved(folder: Path, lab: Lab) -> Path:
    """An inventory that has the address of another device for one device."""
    file = folder / "moved.yml"
    host = {"ansible_host": lab.devices[OTHER].address}
    file.write_text(json.dumps({"all": {"hosts": {NAME: host}}}))
    return file


def run(lab: Lab, output: Path, *extra: str) -> tuple[int, str, dict[str, Any], Path]:
    """Run the playbook for both devices. Return its exit status, what it displayed, the record and the run."""
    options = ["-e", f"rollcall_output_dir={output}", "-e", '{"rollcall_formats": ["html", "md", "json"]}']
    done = run_playbook(ROOT / "collect.yml", lab.inventory, *options, "--limit", f"{NAME},{OTHER}", *extra)
    newest = max((output / "runs").iterdir())
    fleet: dict[str, Any] = json.loads((newest / "reports" / "fleet.json").read_text())["devices"]
    return done.returncode, " ".join((done.stdout + done.stderr).split()), fleet, newest


def kept(output: Path) -> dict[str, bytes]:
    """What is kept of a device, but not when it was asked."""
    return {path.name: path.read_bytes() for path in (output / "last_good" / NAME).iterdir()}


def test_another_device_at_the_address_is_failed_and_nothing_of_it_is_kept(lab: Lab, tmp_path: Path) -> None:
    output = tmp_path / "rollcall"
    ended, said, _fleet, _run = run(lab, output)
    assert ended == 0, said
    before = kept(output)
    (identity,) = json.loads(before["identity.json"])["devices"]
    assert identity["hostname"] == NAME
    assert identity["serials"]["show version"] == ["LAB00005EOS"]

    ended, said, fleet, night = run(lab, output, "-i", str(moved(tmp_path, lab)))
    assert ended == 2, said
    assert "roll call: 2/2 done, 1 ok, 1 failed" in said
    wrong = fleet[NAME]
    assert (wrong["status"], wrong["phase"], wrong["kind"]) == ("failed", "auth", "wrong_device")
    for part in (f"{OTHER!r}", f"{NAME!r}", "LAB00011EOS", "LAB00005EOS", f"that is {OTHER!r} of this fleet"):
        assert part in wrong["message"]
    assert fleet[OTHER]["status"] == "ok"
    assert kept(output) == before
    page = (night / "reports" / "devices" / f"{NAME}.html").read_text()
    assert "Another device answered" in page
    assert "do what the message says" in (night / "reports" / "index.html").read_text()

    ended, said, fleet, _run = run(lab, output)
    assert ended == 0, said
    assert (fleet[NAME]["changed"], fleet[NAME]["identity_changes"]) == ([], [])

    (output / "last_good" / NAME / "identity.json").unlink()  # the documented step, as if it was replaced
    ended, said, fleet, _run = run(lab, output, "-i", str(moved(tmp_path, lab)))
    assert ended == 0, said
    assert "show version" in fleet[NAME]["changed"]


def test_a_renamed_device_is_a_change_on_the_pages(lab: Lab, tmp_path: Path) -> None:
    output = tmp_path / "rollcall"
    assert run(lab, output)[0] == 0
    file = output / "last_good" / NAME / "identity.json"
    (known,) = json.loads(file.read_text())["devices"]
    file.write_text(json.dumps({"name": NAME, "devices": [{**known, "hostname": "old-name"}]}))
    ended, said, fleet, night = run(lab, output)
    assert ended == 0, said
    assert fleet[NAME]["status"] == "ok"
    assert fleet[NAME]["identity_changes"] == [f"its name is {NAME!r}, and was 'old-name'"]
    reports = night / "reports"
    for page in (f"devices/{NAME}.html", f"devices/{NAME}.md", "index.html", "index.md"):
        assert "old-name" in (reports / page).read_text(), page
    assert run(lab, output)[2][NAME]["identity_changes"] == []


def test_without_a_report_the_collect_task_fails_the_device_too(lab: Lab, tmp_path: Path) -> None:
    arguments = {"hosts": [NAME], "output_dir": str(tmp_path / "out"), "commands": ["show version"]}
    call_roll(lab.inventory, arguments)
    roll = call_roll(lab.inventory, {**arguments, "return_output": False}, "-i", str(moved(tmp_path, lab)))
    answer = roll.devices[NAME]
    assert (answer["status"], answer["error"]["kind"]) == ("failed", "wrong_device")
    assert answer["output"]["show version"]["status"] == "failed"
    assert roll.result["summary"]["failed"] == 1
    written = json.loads((Path(roll.result["run_dir"]) / "devices" / NAME / "result.json").read_text())
    assert (written["status"], written["error"]) == (answer["status"], answer["error"])


@pytest.mark.parametrize(
    ("expected", "status"),
    [("true", "ok"), ("FRA-LEAF1.example.net", "ok"), (["fw-a", NAME], "ok"), ("false", "ok"), (OTHER, "failed")],
)
def test_the_expected_name_is_compared_before_a_command_is_sent(
    expected: Any, status: str, lab: Lab, tmp_path: Path
) -> None:
    variables = json.dumps({"rollcall_expect_hostname": expected})
    arguments = {
        "hosts": [NAME],
        "output_dir": str(tmp_path / "out"),
        "commands": ["show lldp neighbors", "show version"],
    }
    roll = call_roll(lab.inventory, arguments, "-e", variables)
    answer = roll.devices[NAME]
    assert answer["status"] == status
    assert answer["connection"]["hostname"] == NAME
    sent = json.loads((Path(roll.result["run_dir"]) / "manifest.json").read_text())["sent"][NAME]
    assert any("show lldp neighbors" in line for line in sent[0]) is (status == "ok")
    if status == "failed":
        assert answer["error"]["kind"] == "wrong_device"
        assert {each["status"] for each in answer["output"].values()} == {"skipped"}
        assert f"its name is {NAME!r}, and rollcall_expect_hostname is {OTHER!r}" in answer["error"]["message"]


def test_every_platform_of_the_lab_has_its_name(lab: Lab, tmp_path: Path) -> None:
    """The prompts of six platforms, and no alarm if the whole fleet is asked again."""
    arguments = {"output_dir": str(tmp_path)}
    expect = ("-e", '{"rollcall_expect_hostname": true}')
    for _night in range(2):
        roll = call_roll(lab.inventory, arguments, *expect)
        assert {name: answer["status"] for name, answer in roll.devices.items()} == dict.fromkeys(lab.devices, "ok")
        assert not any(answer["identity_changes"] for answer in roll.devices.values())


def test_a_much_smaller_answer_is_suspicious_and_is_not_the_new_last_good_one(tmp_path: Path) -> None:
    output = tmp_path / "rollcall"
    given = ["-e", json.dumps({"rollcall_commands_for_all": ["show interfaces status"], "rollcall_parser": "none"})]
    with Lab(devices=12, healthy=True, repeat=8) as long:
        ended, said, _fleet, _run = run(long, output, *given)
        assert ended == 0, said
    text = (output / "last_good" / NAME / "show interfaces status.txt").read_bytes()
    with Lab(devices=12, healthy=True) as short:
        ended, said, fleet, night = run(short, output, *given)
        assert ended == 0, said
        assert f"suspicious answers of {NAME}, {OTHER}" in said
        assert fleet[NAME]["suspicious"] == ["show interfaces status"]
        assert fleet[NAME]["status"] == "ok"
        assert (output / "last_good" / NAME / "show interfaces status.txt").read_bytes() == text
        for page in (f"devices/{NAME}.html", f"devices/{NAME}.md", "index.html", "index.md"):
            assert "uspicious" in (night / "reports" / page).read_text(), page
        assert json.loads((night / "manifest.json").read_text())["suspicious_hosts"] == [NAME, OTHER]

        ended, said, fleet, _run = run(short, output, *given)
        assert ended == 0, said
        assert fleet[NAME]["suspicious"] == [], "about as small twice: it is accepted"
        assert fleet[NAME]["changed"] == ["show interfaces status"]
        assert (output / "last_good" / NAME / "show interfaces status.txt").read_bytes() != text


def test_a_much_smaller_answer_fails_the_run_on_request(tmp_path: Path) -> None:
    arguments = {"hosts": [NAME], "output_dir": str(tmp_path), "commands": ["show interfaces status"], "parser": "none"}
    with Lab(devices=12, healthy=True, repeat=8) as long:
        call_roll(long.inventory, arguments)
    with Lab(devices=12, healthy=True) as short:
        done, result = try_roll(short.inventory, {**arguments, "suspicious": "fail"})
    assert done.returncode == 2
    assert result["suspicious_hosts"] == [NAME]
    assert result["devices"][NAME]["status"] == "ok"
    assert "suspicious answers of fra-leaf1: the answer to 'show interfaces status'" in result["verdict"]["reasons"][0]


def test_the_pages_say_that_a_much_smaller_answer_failed_the_run(tmp_path: Path) -> None:
    output = tmp_path / "rollcall"
    given = {"rollcall_commands_for_all": ["show interfaces status"], "rollcall_parser": "none"}
    given["rollcall_suspicious"] = "fail"
    with Lab(devices=12, healthy=True, repeat=8) as long:
        ended, said, _fleet, _run = run(long, output, "-e", json.dumps(given))
        assert ended == 0, said
    with Lab(devices=12, healthy=True) as short:
        ended, said, _fleet, night = run(short, output, "-e", json.dumps(given))
    assert ended == 2, said
    for folder in (night / "reports", output / "reports"):
        fleet = json.loads((folder / "fleet.json").read_text())
        assert fleet["verdict"]["passed"] is False, folder
        assert [each.partition(":")[0] for each in fleet["verdict"]["reasons"]] == [
            f"suspicious answers of {NAME}, {OTHER}"
        ]
        assert f"Suspicious answers of {NAME}, {OTHER}" in (folder / "index.html").read_text()


@pytest.fixture(scope="module")
def poller(openssh_here: None) -> Iterator[ShellServer]:
    if shutil.which("ssh") is None:
        pytest.skip("Not installed: ssh.")
    with shell_server(root=True) as server:
        yield server


def test_another_device_that_a_poller_asked(lab: Lab, poller: ShellServer, tmp_path: Path) -> None:
    options = f"-o UserKnownHostsFile={poller.known_hosts} -o GlobalKnownHostsFile=/dev/null -o ControlMaster=no"
    variables = {
        "ansible_connection": "ssh",
        "ansible_host": poller.address,
        "ansible_port": poller.port,
        "ansible_user": poller.user,
        "ansible_ssh_private_key_file": str(poller.key.file),
        "ansible_ssh_args": f"-F /dev/null {options}",
        "ansible_python_interpreter": sys.executable,
        "ansible_remote_tmp": str(poller.home / "ansible"),
    }
    (tmp_path / "poller.yml").write_text(json.dumps({"pollers": {"hosts": {"poller": variables}}}))
    arguments = {"hosts": [NAME], "output_dir": str(tmp_path / "out"), "commands": ["show version"], "redact": "all"}
    extra = ("-i", str(tmp_path / "poller.yml"))
    for wrong in (False, True):
        more = ("-i", str(moved(tmp_path, lab))) if wrong else ()
        roll = call_roll(lab.inventory, arguments, *extra, *more, delegate_to="poller", play={"hosts": "lab"})
        answer = roll.devices[NAME]
        assert answer["status"] == ("failed" if wrong else "ok"), answer
        assert (answer["error"] or {}).get("kind") == ("wrong_device" if wrong else None)
