# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/awx.yml and awx_check.yml with the real modules of awx.awx, and what AWX then gives to a job."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.conftest import call_roll, run_playbook
from tests.integration.controller import TOKEN, Controller, Refused, inject
from tests.integration.openssh import OpenSshServer

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOK = ROOT / "playbooks" / "awx.yml"
ROLE = ROOT / "roles" / "awx"
DOCS = ROOT / "docs" / "awx.md"
# `make peers` installs the package `ansible`, which has awx.awx in it.
PEERS = ROOT / ".cache" / "peers"
SITE = next(PEERS.glob("lib/python3*/site-packages"), PEERS)
NEEDS_AWX = pytest.mark.skipif(
    not (SITE / "ansible_collections" / "awx" / "awx").is_dir(), reason="awx.awx is not there; make peers installs it"
)
ASKED_FOR = {
    "rollcall_awx_project_url": "https://git.example.com/network.git",
    "rollcall_awx_image": "example.com/ee:1",
}
SECRET = "hunter2-do-not-show"
INPUTS = {
    "username": "robot",
    "password": SECRET,
    "enable": True,
    "enable_password": f"{SECRET}-enable",
}


def awx(
    tmp_path: Path,
    env: Mapping[str, str],
    variables: Mapping[str, Any] = ASKED_FOR,
    *extra: str,
    playbook: Path = PLAYBOOK,
) -> tuple[int, str]:
    """Runs the playbook as a user does who has awx.awx; what it printed, with the most that it ever prints."""
    inventory = tmp_path / "inventory.yml"
    # As a network team's: it must not matter what is said of all hosts.
    inventory.write_text("all: {vars: {ansible_connection: ansible.netcommon.network_cli, ansible_user: nobody}}\n")
    given = tmp_path / "given.json"
    given.write_text(json.dumps(variables))
    cleared = dict.fromkeys(
        ("CONTROLLER_HOST", "CONTROLLER_USERNAME", "CONTROLLER_PASSWORD", "CONTROLLER_OAUTH_TOKEN"), ""
    )
    path = f"{ROOT / 'collections'}:{SITE}"
    done = run_playbook(
        playbook,
        inventory,
        "-vvv",
        "-e",
        f"@{given}",
        *extra,
        env={**cleared, "ANSIBLE_COLLECTIONS_PATH": path, "no_proxy": "*", **env},
    )
    return done.returncode, done.stdout + done.stderr


def changed(output: str) -> int:
    [count] = re.findall(r"localhost +: ok=\d+ +changed=(\d+) ", output)
    return int(count)


@pytest.fixture
def controller() -> Iterator[Controller]:
    with Controller() as server:
        yield server


@pytest.fixture
def login(controller: Controller) -> dict[str, str]:
    return {"CONTROLLER_HOST": controller.url, "CONTROLLER_OAUTH_TOKEN": TOKEN}


# -- the playbook against a controller ---------------------------------------------------------------------------------


@NEEDS_AWX
@pytest.mark.timeout(600)  # three plays of a dozen modules each
def test_everything_is_made_and_a_second_run_changes_nothing(
    controller: Controller, login: dict[str, str], tmp_path: Path
) -> None:
    variables = {**ASKED_FOR, "rollcall_awx_slices": 3, "rollcall_awx_instance_groups": ["default"]}
    variables["rollcall_awx_credential_inputs"] = INPUTS
    status, output = awx(tmp_path, login, variables)
    assert status == 0, output
    assert SECRET not in output

    galaxy = controller.one("credentials", "Ansible Galaxy")
    assert controller.linked(controller.one("organizations", "Network"), "galaxy_credentials") == [galaxy["id"]]
    assert controller.one("credentials", "Roll call")["inputs"] == INPUTS
    collect = controller.one("job_templates", "Roll call: collect")
    assert collect["playbook"] == "collect.yml"
    assert collect["job_slice_count"] == 3
    assert collect["timeout"] > json.loads(collect["extra_vars"])["rollcall_deadline"]
    assert json.loads(collect["extra_vars"])["rollcall_output_dir"] == "/var/lib/rollcall/Network/Roll_call"
    assert controller.linked(collect, "credentials") == [controller.one("credentials", "Roll call")["id"]]
    assert controller.linked(collect, "instance_groups") == [controller.one("instance_groups", "default")["id"]]
    workflow = controller.one("workflow_job_templates", "Roll call")
    first, last = (controller.one("workflow_job_template_nodes", name) for name in ("collect", "report"))
    assert controller.night("Roll call").ran == ["begin", "project", "inventory", "collect", "report"]
    assert controller.linked(first, "always_nodes") == [last["id"]]
    assert first["unified_job_template"] == collect["id"]
    assert last["unified_job_template"] == controller.one("job_templates", "Roll call: report")["id"]
    assert controller.one("schedules", "Roll call")["unified_job_template"] == workflow["id"]

    made = {endpoint: len(items) for endpoint, items in controller.items.items()}
    status, output = awx(tmp_path, login, variables)
    assert status == 0, output
    assert changed(output) == 0, output
    assert {endpoint: len(items) for endpoint, items in controller.items.items()} == made

    status, output = awx(tmp_path, login, {**variables, "rollcall_awx_deadline": 600}, "--check")
    assert status == 0, output
    assert changed(output) == 3, "the two job templates: their timeout follows the deadline; the survey of the workflow"
    assert controller.one("job_templates", "Roll call: collect")["timeout"] == collect["timeout"]


@NEEDS_AWX
def test_what_was_entered_in_awx_stays(controller: Controller, login: dict[str, str], tmp_path: Path) -> None:
    status, output = awx(tmp_path, login, {**ASKED_FOR, "rollcall_awx_inventory_path": ""})
    assert status == 0, output
    assert not controller.items["inventory_sources"]
    controller.one("credentials", "Roll call")["inputs"] = INPUTS
    status, output = awx(tmp_path, login)
    assert status == 0, output
    assert changed(output) == 3, "the source of the inventory, its node, and the link to it"
    assert controller.one("credentials", "Roll call")["inputs"] == INPUTS


@NEEDS_AWX
def test_inputs_of_the_credential_that_are_in_no_variable_stay(
    controller: Controller, login: dict[str, str], tmp_path: Path
) -> None:
    """The user is in a variable, and somebody entered the password in AWX."""
    for again in (False, True):
        given = {"rollcall_awx_credential_inputs": {"username": "robot"}, "rollcall_awx_update_secrets": again}
        status, output = awx(tmp_path, login, {**ASKED_FOR, **given})
        assert status == 0, output
        controller.one("credentials", "Roll call")["inputs"] |= {"password": SECRET}
    status, output = awx(tmp_path, login, {**ASKED_FOR, **given, "rollcall_awx_update_secrets": False})
    assert (status, changed(output)) == (0, 0), output
    assert controller.one("credentials", "Roll call")["inputs"] == {"username": "robot", "password": SECRET}
    assert SECRET not in output
    renamed = {"username": "automat", "password": ""}
    given = {"rollcall_awx_credential_inputs": renamed, "rollcall_awx_update_secrets": True}
    status, output = awx(tmp_path, login, {**ASKED_FOR, **given})
    assert status == 0, output
    assert controller.one("credentials", "Roll call")["inputs"] == renamed


@NEEDS_AWX
@pytest.mark.parametrize(
    ("env", "variables", "sentence"),
    [
        ({"CONTROLLER_HOST": ""}, {}, "CONTROLLER_HOST is not set in the environment"),
        ({"CONTROLLER_OAUTH_TOKEN": ""}, {}, "No login for AWX. Set CONTROLLER_OAUTH_TOKEN, or CONTROLLER_USERNAME"),
        ({"CONTROLLER_OAUTH_TOKEN": "", "CONTROLLER_USERNAME": "admin"}, {}, "No login for AWX"),
        ({}, {"rollcall_awx_project_url": ""}, "rollcall_awx_project_url is not set"),
        ({}, {"rollcall_awx_image": ""}, "rollcall_awx_image is not set"),
        (
            {},
            {"rollcall_awx_collect_playbook": "rollcall.network.pollers"},
            "The workflow cannot report on the runs of pollers",
        ),
        ({}, {"rollcall_awx_timeout": 3600}, "(3600 s) must be above rollcall_awx_deadline (3600 s)"),
        ({}, {"rollcall_awx_output_dir": "/runner/rollcall"}, "outside of /runner"),
        ({}, {"rollcall_awx_output_dir": "rollcall"}, "must be an absolute path"),
        (
            {},
            {"rollcall_awx_rrule": "DTSTART:20260101T020000Z RRULE:FREQ=DAILY;INTERVAL=1"},
            "It must have the form",
        ),
        (
            {},
            {"rollcall_awx_rrule": "DTSTART;TZID=Etc/UTC:20260101T020000 RRULE:FREQ=DAILY"},
            "It must have the form",
        ),
        ({}, {"rollcall_awx_slice": 3}, "rollcall_awx_slice is not known; near matches: rollcall_awx_slices"),
        ({}, {"rollcall_awx_most_red_host": 3}, "near matches: rollcall_awx_most_red_hosts"),
        ({}, {"rollcall_awx_slices": "many"}, "rollcall_awx_slices"),
        ({}, {"rollcall_awx_state": "gone"}, "present, absent, got: gone"),
        ({}, {"rollcall_awx_modules": "awx"}, "awx.awx, ansible.controller, got: awx"),
        ({}, {"rollcall_awx_formats": ["pdf"]}, "pdf"),
        ({}, {"rollcall_awx_webhook_service": "gitea"}, 'is "gitea". It must be github or gitlab'),
        ({}, {"rollcall_awx_max_fail_percentage": 101}, "rollcall_awx_max_fail_percentage must be"),
        ({}, {"rollcall_awx_deadline": 0}, "rollcall_awx_deadline must be above 0"),
        ({}, {"rollcall_awx_notifications": {"eror": ["On-call"]}}, "eror"),
        ({}, {"rollcall_awx_credential_inputs": {"pasword": SECRET}}, "pasword"),
        (
            {},
            {"rollcall_awx_extra_vars": {"rollcall_dedline": 3}},
            "rollcall_awx_extra_vars: variable rollcall_dedline is not known; near matches: rollcall_deadline",
        ),
        (
            {},
            {"rollcall_awx_extra_vars": {"rollcall_workers": "many"}},
            "rollcall_awx_extra_vars: rollcall_workers must be a whole number, not 'many'",
        ),
        (
            {},
            {"rollcall_awx_extra_vars": {"rollcall_deadline": 9999}},
            "rollcall_awx_extra_vars has rollcall_deadline. Set rollcall_awx_deadline instead",
        ),
        (
            {},
            {"rollcall_awx_extra_vars": {"rollcall_output_dir": "/runner/x"}},
            "rollcall_awx_extra_vars has rollcall_output_dir. Set rollcall_awx_output_dir instead",
        ),
        (
            {},
            {"rollcall_awx_extra_vars": {"rollcall_webhook_token": SECRET}},
            "rollcall_awx_extra_vars has rollcall_webhook_token, and AWX shows the variables of a job",
        ),
        ({}, {"rollcall_awx_extra_vars": {"ansible_become_pass": SECRET}}, "has ansible_become_pass, and AWX shows"),
        ({}, {"rollcall_awx_operators": "NOC"}, "rollcall_awx_operators must be a list. Set it in a file or in JSON"),
        ({}, {"rollcall_awx_extra_vars": '{"rollcall_keep": 3}'}, "rollcall_awx_extra_vars must be a dictionary"),
        ({}, {"rollcall_awx_name": "24"}, "a name must not be a number, which is the id of an object in AWX: 24"),
        ({}, {"rollcall_awx_operators": ["NOC", " 2_4"]}, "a name must not be a number"),
        ({}, {"rollcall_awx_name": "Roll++"}, "a name must not contain ++"),
        (
            {},
            {"rollcall_awx_modules": "ansible.controller"},
            "The collection ansible.controller and ansible.platform",
        ),
    ],
)
def test_what_is_missing_is_said_before_anything_is_made(
    env: dict[str, str],
    variables: dict[str, Any],
    sentence: str,
    controller: Controller,
    login: dict[str, str],
    tmp_path: Path,
) -> None:
    status, output = awx(tmp_path, {**login, **env}, {**ASKED_FOR, **variables})
    assert status == 2, output
    assert sentence in output.replace('\\"', '"')
    assert controller.requests == []
    assert changed(output) == 0
    assert SECRET not in output


@NEEDS_AWX
@pytest.mark.parametrize("wrong", [{"rollcall_awx_slice": 3}, {"rollcall_awx_slices": "many"}])
def test_the_check_refuses_what_the_playbook_refuses(
    wrong: dict[str, Any], controller: Controller, login: dict[str, str], tmp_path: Path
) -> None:
    status, output = awx(tmp_path, login, {**ASKED_FOR, **wrong}, playbook=ROOT / "playbooks" / "awx_check.yml")
    assert status == 2, output
    assert "rollcall_awx_slices" in output
    assert controller.requests == []


@pytest.mark.parametrize("playbook", ["awx.yml", "awx_check.yml"])
def test_a_missing_collection_is_named_with_the_command_that_installs_it(playbook: str, tmp_path: Path) -> None:
    env = {"CONTROLLER_HOST": "https://awx.example.com", "CONTROLLER_OAUTH_TOKEN": TOKEN}
    env["ANSIBLE_COLLECTIONS_PATH"] = str(ROOT / "collections")
    status, output = awx(tmp_path, env, playbook=ROOT / "playbooks" / playbook)
    assert status == 2, output
    assert "The collection awx.awx is not installed. Install it in the version of your AWX" in output
    assert "ansible-galaxy collection install awx.awx:" in output


# -- nights ------------------------------------------------------------------------------------------------------------


@NEEDS_AWX
@pytest.mark.timeout(600)
def test_devices_added_in_git_are_asked_the_same_night(
    controller: Controller, login: dict[str, str], tmp_path: Path
) -> None:
    """The first night is sliced too, and a night without git asks the known devices and is not successful."""
    status, output = awx(tmp_path, login, {**ASKED_FOR, "rollcall_awx_slices": 3, "rollcall_awx_again": True})
    assert status == 0, output
    first = controller.night("Roll call")
    assert (first.status, first.asked, len(first.slices)) == ("successful", ["r1", "r2", "r3"], 3)
    assert "again" not in first.ran

    controller.head, controller.hosts["2"] = "2", ["r1", "r2", "r3", "r4"]
    assert controller.night("Roll call").asked == ["r1", "r2", "r3", "r4"]

    controller.git_up = False
    late = controller.night("Roll call")
    assert (late.status, late.asked) == ("failed", ["r1", "r2", "r3", "r4"])
    assert late.ran[-2:] == ["collect", "report"]
    controller.git_up = True

    controller.head, controller.hosts["3"], controller.readable["3"] = "3", ["r1", "r2", "r3", "r4"], ["r1"]
    lost = controller.night("Roll call")
    assert (lost.status, lost.asked) == ("failed", ["r1", "r2", "r3", "r4"]), "a file of the inventory is broken"
    del controller.readable["3"]

    broken = controller.night("Roll call", fails=("inventory",))
    assert (broken.status, broken.ran[-2:]) == ("failed", ["collect", "report"])

    partial = controller.night("Roll call", fails=("collect",))
    assert partial.ran[-3:] == ["collect", "again", "report"]
    assert partial.status == "successful", "the report node gives the verdict"
    assert partial.variables["again"]["rollcall_awx_second"] is True
    assert controller.night("Roll call", fails=("report",)).status == "failed"


@NEEDS_AWX
@pytest.mark.timeout(600)
def test_an_inventory_with_a_file_that_cannot_be_read_is_not_updated(
    controller: Controller, login: dict[str, str], tmp_path: Path
) -> None:
    """The environment that AWX gives to ansible-inventory, with what was set there by hand."""
    status, output = awx(tmp_path, login)
    assert status == 0, output
    source = controller.one("inventory_sources", "Roll call: inventory")
    source["source_vars"] = json.dumps({"BY_HAND": "1"})
    status, output = awx(tmp_path, login)
    assert (status, changed(output)) == (0, 1), output
    of_source = json.loads(source["source_vars"])
    assert of_source["BY_HAND"] == "1"
    folder = tmp_path / "inventory"
    folder.mkdir()
    (folder / "good.yml").write_text("all: {hosts: {r1: }}\n")
    (folder / "broken.yml").write_text("all: {hosts: {r2: }\n")
    program = str(Path(sys.executable).with_name("ansible-inventory"))
    of_awx = {**os.environ, "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True", "ANSIBLE_INVENTORY_EXPORT": "True"}
    for more, fails in (({}, False), (of_source, True)):
        done = subprocess.run([program, "-i", str(folder), "--list"], env={**of_awx, **more}, capture_output=True)
        assert (done.returncode != 0) is fails


@NEEDS_AWX
def test_variables_of_the_launch_reach_the_run(controller: Controller, login: dict[str, str], tmp_path: Path) -> None:
    status, output = awx(tmp_path, login)
    assert status == 0, output
    launch = {"rollcall_resume": "true", "rollcall_only": "failed", "rollcall_hosts": "core"}
    night = controller.night("Roll call", launch)
    for node in ("collect", "report"):
        assert launch.items() <= night.variables[node].items(), node
    for refused in (
        {"rollcall_resume": True},
        {"rollcall_commands_for_all": ["show version"]},
        {"rollcall_deadline": 0},
    ):
        with pytest.raises(Refused):
            controller.night("Roll call", refused)
    [rules] = yaml.safe_load((ROOT / "examples" / "rulebooks" / "roll_call.yml").read_text())
    arguments = rules["rules"][0]["action"]["run_workflow_template"]["job_args"]
    assert controller.night("Roll call", arguments["extra_vars"]).status == "successful"
    workflow = controller.one("workflow_job_templates", "Roll call")
    assert workflow["survey_enabled"]
    assert workflow["ask_limit_on_launch"]
    questions = controller.surveys[workflow["id"]]["spec"]
    assert {"rollcall_resume", "rollcall_only"} <= {question["variable"] for question in questions}


# -- what is kept, and what is removed ---------------------------------------------------------------------------------


@NEEDS_AWX
@pytest.mark.timeout(600)
def test_what_was_attached_by_hand_stays_and_what_was_emptied_is_cleared(
    controller: Controller, login: dict[str, str], tmp_path: Path
) -> None:
    by_hand, by_variable = (
        controller.create(
            "credentials",
            {"name": name, "credential_type": controller.create("credential_types", {"name": name})["id"]},
        )["id"]
        for name in ("Vault by hand", "Vault by variable")
    )
    controller.create("notification_templates", {"name": "On-call"})
    variables = {
        **ASKED_FOR,
        "rollcall_awx_again": True,
        "rollcall_awx_credentials": ["Vault by variable"],
        "rollcall_awx_extra_vars": {"rollcall_keep": {"runs": 30}, "rollcall_resume": True},
        "rollcall_awx_labels": ["network"],
        "rollcall_awx_notifications": {"error": ["On-call"]},
        "rollcall_awx_webhook_service": "github",
    }
    status, output = awx(tmp_path, login, variables)
    assert status == 0, output
    collect = controller.one("job_templates", "Roll call: collect")
    workflow = controller.one("workflow_job_templates", "Roll call")
    assert by_variable in controller.linked(collect, "credentials")
    assert json.loads(collect["extra_vars"])["rollcall_keep"] == {"runs": 30}
    # AWX passes the default of a question, on top of the variables.
    assert controller.night("Roll call").variables["collect"]["rollcall_resume"] == "true"
    assert [len(controller.linked(item, "labels")) for item in (collect, workflow)] == [1, 1]
    assert len(controller.linked(workflow, "notification_templates_error")) == 1
    assert workflow["webhook_service"] == "github"

    controller.links[collect["id"], "credentials"].append(by_hand)
    group = controller.one("instance_groups", "default")["id"]
    controller.links[collect["id"], "instance_groups"] = [group]
    collect["extra_vars"] = json.dumps({**json.loads(collect["extra_vars"]), "of_somebody": 1})
    question = {"question_name": "Ticket", "variable": "ticket", "type": "text", "required": False, "default": ""}
    controller.surveys[collect["id"]]["spec"].append(question)
    report = controller.one("workflow_job_template_nodes", "report")
    node = {"identifier": "ticket", "workflow_job_template": workflow["id"], "unified_job_template": collect["id"]}
    ticket = controller.create("workflow_job_template_nodes", node)
    controller.links.setdefault((report["id"], "success_nodes"), []).append(ticket["id"])

    status, output = awx(tmp_path, login, variables)
    assert status == 0, output
    assert changed(output) == 1, output  # the job of the check gets what that of `collect` has
    assert controller.linked(collect, "instance_groups") == [group]
    check = controller.one("job_templates", "Roll call: check")
    assert controller.linked(check, "instance_groups") == [group]
    assert set(controller.linked(check, "credentials")) == set(controller.linked(collect, "credentials"))

    cleared = {"rollcall_awx_instance_groups": [], "rollcall_awx_inventory_path": "", "rollcall_awx_again": False}
    status, output = awx(tmp_path, login, {**variables, **cleared})
    assert status == 0, output
    assert {by_hand, by_variable} <= set(controller.linked(collect, "credentials"))
    assert json.loads(collect["extra_vars"])["of_somebody"] == 1
    assert question in controller.surveys[collect["id"]]["spec"]
    assert controller.linked(report, "success_nodes") == [ticket["id"]]
    assert controller.linked(collect, "instance_groups") == []
    assert not controller.items["inventory_sources"]
    assert controller.night("Roll call").ran == ["begin", "project", "collect", "report", "ticket"]


@NEEDS_AWX
@pytest.mark.timeout(600)
def test_a_first_update_of_the_project_that_failed_blocks_no_later_run(
    controller: Controller, login: dict[str, str], tmp_path: Path
) -> None:
    controller.git_up = False
    status, output = awx(tmp_path, login)
    assert status == 2, output
    assert "Project Update" in output
    controller.git_up = True
    status, output = awx(tmp_path, login)
    assert status == 0, output
    assert controller.night("Roll call").status == "successful"


@NEEDS_AWX
def test_a_playbook_of_a_collection_needs_no_file_in_the_project(
    controller: Controller, login: dict[str, str], tmp_path: Path
) -> None:
    controller.playbooks = ["site.yml"]
    names = {
        "rollcall_awx_collect_playbook": "rollcall.network.collect",
        "rollcall_awx_report_playbook": "rollcall.network.report",
        "rollcall_awx_probe_playbook": "rollcall.network.awx_probe",
    }
    status, output = awx(tmp_path, login, {**ASKED_FOR, **names})
    assert status == 0, output
    assert controller.one("job_templates", "Roll call: collect")["playbook"] == "rollcall.network.collect"


@NEEDS_AWX
@pytest.mark.timeout(600)
def test_absent_removes_what_was_made_and_nothing_else(
    controller: Controller, login: dict[str, str], tmp_path: Path
) -> None:
    before = {endpoint: [item["id"] for item in items] for endpoint, items in controller.items.items()}
    variables = {**ASKED_FOR, "rollcall_awx_operators": ["Operators"]}
    status, output = awx(tmp_path, login, variables)
    assert status == 0, output
    [team] = controller.items["teams"]
    workflow = controller.one("workflow_job_templates", "Roll call")
    assert controller.linked({"id": workflow["roles"]["execute_role"]["id"]}, "teams") == [team["id"]]
    project = controller.create("projects", {"name": "other", "organization": workflow["organization"]})

    for removes in (True, False):
        status, output = awx(tmp_path, login, {"rollcall_awx_state": "absent", "rollcall_awx_operators": ["Operators"]})
        assert status == 0, output
        assert (changed(output) > 0) is removes, output
    left = {endpoint: [item["id"] for item in items] for endpoint, items in controller.items.items()}
    for endpoint in ("project_updates",):
        before.pop(endpoint), left.pop(endpoint)
    assert left == {**before, "projects": [project["id"]], "organizations": [workflow["organization"]]}

    controller.items["projects"].remove(project)
    status, output = awx(tmp_path, login, {"rollcall_awx_state": "absent"})
    assert status == 0, output
    assert not controller.items["organizations"]


@NEEDS_AWX
@pytest.mark.timeout(600)
def test_absent_leaves_a_team_that_may_launch_another_workflow(
    controller: Controller, login: dict[str, str], tmp_path: Path
) -> None:
    status, output = awx(tmp_path, login, {**ASKED_FOR, "rollcall_awx_operators": ["NOC"]})
    assert status == 0, output
    workflow = controller.one("workflow_job_templates", "Roll call")
    other = {"name": "Lab", "organization": workflow["organization"], "description": workflow["description"]}
    controller.create("workflow_job_templates", other)
    status, output = awx(tmp_path, login, {"rollcall_awx_state": "absent", "rollcall_awx_operators": ["NOC"]})
    assert status == 0, output
    assert [team["name"] for team in controller.items["teams"]] == ["NOC"]


@NEEDS_AWX
@pytest.mark.timeout(600)
@pytest.mark.parametrize("state", ["present", "absent"])
def test_an_inventory_that_awx_still_removes_is_waited_for(
    state: str, controller: Controller, login: dict[str, str], tmp_path: Path
) -> None:
    """AWX removes it in a job of its own. A job template that used it until then would lose it."""
    organization = controller.create("organizations", {"name": "Network"})["id"]
    removed = {"name": "Roll call", "organization": organization, "kind": "", "pending_deletion": True}
    old = controller.create("inventories", removed)["id"]
    controller.slow = 2
    status, output = awx(tmp_path, login, {**ASKED_FOR, "rollcall_awx_state": state})
    assert status == 0, output
    left = [item["id"] for item in controller.items["inventories"]]
    assert old not in left
    assert [item["inventory"] for item in controller.items["job_templates"]] == left * 3


@NEEDS_AWX
@pytest.mark.timeout(600)
@pytest.mark.parametrize("disable", [True, "false"])  # a text, as of -e
def test_a_rename_disables_the_schedule_of_the_old_name(
    disable: bool | str, controller: Controller, login: dict[str, str], tmp_path: Path
) -> None:
    for name in ("Roll call", "Night run"):
        given = {"rollcall_awx_name": name, "rollcall_awx_disable_renamed": disable}
        status, output = awx(tmp_path, login, {**ASKED_FOR, **given})
        assert status == 0, output
    enabled = [item["name"] for item in controller.items["schedules"] if item["enabled"]]
    assert enabled == (["Night run"] if disable is True else ["Roll call", "Night run"])


@NEEDS_AWX
@pytest.mark.timeout(600)
def test_what_is_emptied_in_the_variables_is_removed_in_awx(
    controller: Controller, login: dict[str, str], tmp_path: Path
) -> None:
    """``null`` leaves what is set in AWX, by a variable or by hand, and an empty text removes it."""
    kind = controller.create("credential_types", {"name": "Source Control"})["id"]
    git = controller.create("credentials", {"name": "git", "credential_type": kind})["id"]
    given = {
        "rollcall_awx_project_credential": "git",
        "rollcall_awx_webhook_service": "github",
        "rollcall_awx_webhook_credential": "git",
    }
    status, output = awx(tmp_path, login, {**ASKED_FOR, **given})
    assert status == 0, output
    project = controller.one("projects", "Roll call: project")
    workflow = controller.one("workflow_job_templates", "Roll call")
    set_there = (git, "github", git)

    def now() -> tuple[Any, ...]:
        return project["credential"], workflow["webhook_service"], workflow["webhook_credential"]

    assert now() == set_there
    status, output = awx(tmp_path, login)
    assert (status, changed(output), now()) == (0, 0, set_there), output
    for changes in (1, 0):
        status, output = awx(tmp_path, login, {**ASKED_FOR, **dict.fromkeys(given, "")})
        assert status == 0, output
        assert (changed(output), now()) == (changes, (None, "", None)), output
        assert TOKEN not in output


@NEEDS_AWX
@pytest.mark.timeout(600)
def test_a_team_that_is_removed_from_the_variables_loses_its_rights(
    controller: Controller, login: dict[str, str], tmp_path: Path
) -> None:
    """A team that got its rights by hand keeps them."""
    status, output = awx(tmp_path, login, {**ASKED_FOR, "rollcall_awx_operators": ["NOC", "On-call"]})
    assert status == 0, output
    noc, on_call = (controller.one("teams", name)["id"] for name in ("NOC", "On-call"))
    organization = controller.one("organizations", "Network")["id"]
    by_hand = controller.create("teams", {"name": "By hand", "organization": organization})["id"]
    templates = [controller.one("workflow_job_templates", "Roll call")]
    templates += [controller.one("job_templates", f"Roll call: {name}") for name in ("collect", "report", "check")]
    roles = [{"id": each["roles"]["execute_role"]["id"]} for each in templates]
    for role in roles:
        controller.links[role["id"], "teams"].append(by_hand)
    for wanted, left in (["On-call"], [on_call, by_hand]), ([], [by_hand]):
        status, output = awx(tmp_path, login, {**ASKED_FOR, "rollcall_awx_operators": wanted})
        assert status == 0, output
        assert [sorted(controller.linked(role, "teams")) for role in roles] == [sorted(left)] * 4
    status, output = awx(tmp_path, login)
    assert (status, changed(output)) == (0, 0), output
    assert noc in [team["id"] for team in controller.items["teams"]]


@NEEDS_AWX
@pytest.mark.timeout(600)
def test_another_organization_disables_the_schedule_of_the_old_one(
    controller: Controller, login: dict[str, str], tmp_path: Path
) -> None:
    for name in ("Network", "Operations"):
        status, output = awx(tmp_path, login, {**ASKED_FOR, "rollcall_awx_organization": name})
        assert status == 0, output
    new = controller.one("organizations", "Operations")["id"]
    of_new = [item["id"] for item in controller.items["workflow_job_templates"] if item["organization"] == new]
    enabled = [item["unified_job_template"] for item in controller.items["schedules"] if item["enabled"]]
    assert (enabled, len(controller.items["schedules"])) == (of_new, 2)


@NEEDS_AWX
@pytest.mark.timeout(600)
def test_two_organizations_with_the_same_names_share_nothing(
    controller: Controller, login: dict[str, str], tmp_path: Path
) -> None:
    """Also not what AWX does not let have the same name; removing one leaves the other as it is."""
    network, operations = (
        {
            "rollcall_awx_organization": name,
            "rollcall_awx_disable_renamed": False,
            "rollcall_awx_credentials": ["Vault"],
            "rollcall_awx_galaxy_credentials": ["Hub"],
            "rollcall_awx_project_credential": "git",
            "rollcall_awx_webhook_service": "github",
            "rollcall_awx_webhook_credential": "status",
            "rollcall_awx_notifications": {"error": ["On-call"]},
        }
        for name in ("Network", "Operations")
    )
    kinds = [controller.create("credential_types", {"name": name})["id"] for name in ("Vault", "Hub", "git", "status")]
    own: dict[int, list[int]] = {}  # the credentials and the notification template of each organisation
    for name in ("Network", "Operations"):
        organization = controller.create("organizations", {"name": name})["id"]
        own[organization] = [
            controller.create("credentials", {"name": name, "credential_type": kind, "organization": organization})[
                "id"
            ]
            for name, kind in zip(("Vault", "Hub", "git", "status"), kinds, strict=True)
        ]
        told = controller.create("notification_templates", {"name": "On-call", "organization": organization})
        own[organization].append(told["id"])
    for given in (network, operations):
        status, output = awx(tmp_path, login, {**ASKED_FOR, **given})
        assert status == 0, output
    for template in controller.items["job_templates"]:
        environment = controller._by_id("execution_environments", template["execution_environment"])
        assert environment["organization"] == template["organization"], template["name"]
        assert own[template["organization"]][0] in controller.linked(template, "credentials")
    for workflow in controller.items["workflow_job_templates"]:
        _vault, hub, git, status_of, told_to = own[workflow["organization"]]
        [project] = [each for each in controller.items["projects"] if each["organization"] == workflow["organization"]]
        assert controller.linked({"id": workflow["organization"]}, "galaxy_credentials") == [hub]
        assert (project["credential"], workflow["webhook_credential"]) == (git, status_of)
        assert controller.linked(workflow, "notification_templates_error") == [told_to]
    status, output = awx(tmp_path, login, {**ASKED_FOR, **network})
    assert (status, changed(output)) == (0, 0), output
    status, output = awx(tmp_path, login, {**ASKED_FOR, **operations, "rollcall_awx_state": "absent"})
    assert status == 0, output
    status, output = awx(tmp_path, login, {**ASKED_FOR, **network})
    assert (status, changed(output)) == (0, 0), output


@NEEDS_AWX
@pytest.mark.parametrize("there", [0, 2])
def test_a_name_of_a_credential_that_is_not_one_is_refused(
    there: int, controller: Controller, login: dict[str, str], tmp_path: Path
) -> None:
    for number in range(there):
        kind = controller.create("credential_types", {"name": f"type {number}"})["id"]
        controller.create("credentials", {"name": "Vault", "credential_type": kind})
    status, output = awx(tmp_path, login, {**ASKED_FOR, "rollcall_awx_credentials": ["Vault"]})
    assert status == 2, output
    assert f"AWX has {there or 'no'} credentials with that name" in output


# -- the check ---------------------------------------------------------------------------------------------------------

FOLDER = {"path": "/var/lib/rollcall", "exists": True, "mounted": True, "writable": True, "free": 5_000_000_000}
PROBE: dict[str, Any] = {
    "core": "2.19.14",
    "python": "3.12.1",
    "uid": 1000,
    "packages": {"asyncssh": "2.24.1", "ansible-runner": "2.4.3"},
    "env": ["ROLLCALL_NET_PASSWORD", "ROLLCALL_NET_USERNAME"],
    "hosts": 3,
    "without_login": 3,
    "folder": FOLDER,
}


@NEEDS_AWX
@pytest.mark.timeout(600)
def test_the_check_prints_one_list_with_what_to_do(
    controller: Controller, login: dict[str, str], tmp_path: Path
) -> None:
    check = ROOT / "playbooks" / "awx_check.yml"
    status, output = awx(tmp_path, login, ASKED_FOR, playbook=check)
    assert status == 2, output
    assert 'AWX has no job template "Roll call: check"' in output
    status, output = awx(tmp_path, login, {**ASKED_FOR, "rollcall_awx_slices": 3})
    assert status == 0, output

    folder = {**FOLDER, "mounted": False, "writable": False, "free": 5}
    wrong = {**PROBE, "core": "2.17.1", "packages": {}, "env": [], "hosts": 2, "folder": folder}
    old_runner = {**PROBE, "packages": {**PROBE["packages"], "ansible-runner": "2.4.1"}}
    cases: list[tuple[dict[str, Any], str, list[str]]] = [
        ({"rollcall_awx_probe": PROBE}, "successful", []),
        ({"rollcall_awx_probe": old_runner}, "successful", []),
        (
            {"rollcall_awx_probe": wrong},
            "successful",
            ["credential", "execution environment", "mount", "slices", "space", "writable"],
        ),
        ({}, "failed", ["job"]),
    ]
    for artifacts, ended, to_do in cases:
        controller.job = (ended, artifacts)
        status, output = awx(tmp_path, login, {**ASKED_FOR, "rollcall_awx_slices": 3}, playbook=check)
        assert sorted(re.findall(r'"TO DO  ([\w ]+): ', output)) == to_do, output
        assert status == (2 if to_do else 0), output
        warned = "ansible-runner 2.4.1, which shows warnings about the callback awx_display" in output
        assert warned is (artifacts == {"rollcall_awx_probe": old_runner})
    assert len(controller.items["jobs"]) == 4


@NEEDS_AWX
@pytest.mark.timeout(600)
def test_the_check_proves_what_the_job_that_collects_gets(
    controller: Controller, login: dict[str, str], tmp_path: Path
) -> None:
    """What was changed by hand on the other job templates is named until the playbook makes the check like them."""
    check = ROOT / "playbooks" / "awx_check.yml"
    status, output = awx(tmp_path, login)
    assert status == 0, output
    machine = controller.create("credential_types", {"name": "Machine"})["id"]
    by_hand = controller.create("credentials", {"name": "ssh", "credential_type": machine, "kind": "ssh"})["id"]
    group = controller.create("instance_groups", {"name": "site"})["id"]
    environment = controller.create("execution_environments", {"name": "default"})["id"]
    collect, report = (controller.one("job_templates", f"Roll call: {name}") for name in ("collect", "report"))
    controller.links[collect["id"], "credentials"].append(by_hand)
    controller.links[collect["id"], "instance_groups"] = [group]
    report["execution_environment"] = environment
    controller.job = ("successful", {"rollcall_awx_probe": {**PROBE, "env": ["ROLLCALL_NET_USERNAME"]}})
    status, output = awx(tmp_path, login, playbook=check)
    assert status == 2, output
    assert re.findall(r'"TO DO  ([\w ]+): ', output) == ["credential", "job templates"]
    unlike = (
        "instance groups of collect, credentials of collect, execution environment of report not as in Roll call: check"
    )
    assert unlike in output

    status, output = awx(tmp_path, login)
    assert status == 0, output
    controller.links[report["id"], "instance_groups"] = [group]
    status, output = awx(tmp_path, login, playbook=check)
    assert status == 0, output
    assert "a Machine credential is attached" in output
    for name in ("collect", "check"):
        controller.links[controller.one("job_templates", f"Roll call: {name}")["id"], "credentials"].remove(by_hand)
    controller.job = ("successful", {"rollcall_awx_probe": {**PROBE, "env": [], "without_login": 0}})
    status, output = awx(tmp_path, login, playbook=check)
    assert status == 0, output
    assert "each device has a login in the inventory" in output


@NEEDS_AWX
@pytest.mark.timeout(600)
def test_the_check_tells_a_lack_of_rights_from_what_is_missing(
    controller: Controller, login: dict[str, str], tmp_path: Path
) -> None:
    check = ROOT / "playbooks" / "awx_check.yml"
    status, output = awx(tmp_path, login)
    assert status == 0, output
    controller.job = ("successful", {"rollcall_awx_probe": PROBE})
    controller.hidden = {"projects"}
    status, output = awx(tmp_path, login, playbook=check)
    assert status == 2, output
    assert re.findall(r'"TO DO  ([\w ]+): ', output) == ["project"]
    assert "Roll call: project: This user cannot see it. Let an administrator run this check" in output
    assert "update the project" not in output
    controller.user = {"username": "somebody", "is_superuser": False}
    controller.hidden = {"projects", "workflow_job_templates"}
    status, output = awx(tmp_path, login, playbook=check)
    assert status == 2, output
    assert re.findall(r'"TO DO  ([\w ]+): ', output) == ["permissions", "job", "project", "workflow", "schedule"]
    assert "give this user the role Execute of the job template Roll call: check: You don't have permission" in output
    assert "run rollcall.network.awx again" not in output
    assert "enable a schedule" not in output


@NEEDS_AWX
@pytest.mark.skipif("CONTROLLER_HOST" not in os.environ, reason="CONTROLLER_HOST names no controller to run against")
def test_a_real_controller(tmp_path: Path) -> None:
    login = {name: value for name, value in os.environ.items() if name.startswith("CONTROLLER_")}
    given = {name: os.environ[name.upper()] for name in ASKED_FOR if name.upper() in os.environ}
    variables = {**ASKED_FOR, **given, "rollcall_awx_name": "Roll call, test"}
    status, output = awx(tmp_path, login, variables)
    assert status == 0, output
    status, output = awx(tmp_path, login, variables)
    assert status == 0, output
    assert changed(output) == 0, output


# -- the playbook as it is written -------------------------------------------------------------------------------------


class _Loader(yaml.SafeLoader):
    """Reads what Ansible would not evaluate as the text that it is."""


_Loader.add_constructor("!unsafe", lambda _loader, node: node.value)
DEFAULTS = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())


def tasks_of(name: str) -> Iterator[dict[str, Any]]:
    for task in yaml.load((ROLE / "tasks" / f"{name}.yml").read_text(), _Loader):
        yield from task.get("block", [task])


# The name of each module, the collection's variable, the arguments and the task.
TASKS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    (found[2], found[1], task["args"], task)
    for name in ("present", "absent", "check")
    for task in tasks_of(name)
    if (found := re.fullmatch(r"\{\{ (rollcall_awx_\w+) \}\}\.(\w+)", task.get("action", "")))
]
TYPE = next(arguments for module, _collection, arguments, _task in TASKS if module == "credential_type")


@NEEDS_AWX
def test_no_two_names_have_one_folder(tmp_path: Path) -> None:
    names = ["Roll call", "Roll_call", "Roll  call", "東京", "大阪", "a/b", "a b", "..", "../x", ".x", "Größe", "Grüße"]
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars_files": [str(ROLE / "defaults" / "main.yml")],
        "tasks": [
            {
                "ansible.builtin.debug": {"msg": "folder={{ rollcall_awx_output_dir }}"},
                "vars": {"rollcall_awx_name": "{{ item }}"},
                "loop": names,
            }
        ],
    }
    playbook = tmp_path / "folders.yml"
    playbook.write_text(yaml.safe_dump([play]))
    inventory = tmp_path / "inventory.yml"
    inventory.write_text("all: {hosts: {localhost: {ansible_connection: local}}}\n")
    done = run_playbook(playbook, inventory)
    folders = re.findall(r'"folder=(.*?)"', done.stdout)
    assert folders[0] == "/var/lib/rollcall/Network/Roll_call"
    assert len(set(folders)) == len(names), folders
    assert all(re.fullmatch(r"/var/lib/rollcall/Network/[A-Za-z0-9_-][A-Za-z0-9._-]*", each) for each in folders)


def test_syntax(tmp_path: Path) -> None:
    status, output = awx(tmp_path, {}, ASKED_FOR, "--syntax-check")
    assert status == 0, output


@NEEDS_AWX
def test_every_argument_is_documented() -> None:
    modules = sorted({f"awx.awx.{module}" for module, _collection, _arguments, _task in TASKS})
    done = subprocess.run(
        [str(Path(sys.executable).with_name("ansible-doc")), "--json", "--type", "module", *modules],
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(SITE)},
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    documented = json.loads(done.stdout)
    assert sorted(documented) == modules
    for module, _collection, arguments, _task in TASKS:
        options = documented[f"awx.awx.{module}"]["doc"]["options"]
        assert set(arguments) <= set(options), module
        assert {name for name, option in options.items() if option.get("required")} <= set(arguments), module
        for name, value in arguments.items():
            choices = options[name].get("choices")
            assert not choices or value in choices or "{{" in value, (module, name, value)


def test_the_platform_gets_only_arguments_that_its_collection_has() -> None:
    """ansible.platform is not on Galaxy. Its organisations and teams are documented to have these arguments."""
    of_platform = [(module, set(arguments)) for module, where, arguments, _task in TASKS if "platform" in where]
    assert {module for module, _arguments in of_platform} == {"organization", "team"}
    for _module, arguments in of_platform:
        assert arguments <= {"name", "description", "organization", "state"}


def test_no_task_takes_the_login_of_the_controller_from_elsewhere_or_shows_a_secret() -> None:
    for module, _collection, arguments, task in TASKS:
        assert not [name for name in arguments if name.startswith(("controller_", "tower_"))], module
        assert task.get("no_log", False) is ("inputs" in arguments and module == "credential"), module


def test_the_collection_depends_on_none_that_awx_would_have_to_resolve() -> None:
    assert yaml.safe_load((ROOT / "galaxy.yml").read_text())["dependencies"] == {}


def test_the_page_names_every_variable_and_its_default() -> None:
    rows = dict(re.findall(r"^\| `(rollcall_awx_\w+)` \| (.*?) \|", DOCS.read_text(), re.MULTILINE))
    assert list(rows) == list(DEFAULTS)
    required = "required, unless `rollcall_awx_state` is `absent`"
    for name, value in DEFAULTS.items():
        if isinstance(value, str) and "{{" in value:
            continue
        expected = (
            (required if name in ASKED_FOR else value or "empty") if isinstance(value, str) else json.dumps(value)
        )
        assert rows[name] in (expected, f"`{expected}`"), name


# -- what a job gets ---------------------------------------------------------------------------------------------------


def box_of(openssh: OpenSshServer, tmp_path: Path, **login: str) -> Path:
    """An inventory of one device, with no login but what is given."""
    box = {
        "ansible_host": openssh.address,
        "ansible_port": openssh.port,
        "ansible_network_os": "frr.frr.frr",
        "rollcall_known_hosts": str(openssh.known_hosts),
        "rollcall_commands": ["show version"],
        **login,
    }
    inventory = tmp_path / "inventory.json"
    inventory.write_text(json.dumps({"all": {"hosts": {"box": box}}}))
    return inventory


@pytest.mark.parametrize(
    "inputs",
    [
        pytest.param({"password": "{password}"}, id="password"),
        pytest.param({"private_key": "{ed25519}"}, id="key"),
        pytest.param({"private_key": "{encrypted}", "passphrase": "{passphrase}"}, id="key with a pass phrase"),
    ],
)
def test_the_credential_logs_in(inputs: dict[str, str], openssh: OpenSshServer, tmp_path: Path) -> None:
    """What the type injects is all that a job needs: the inventory names no login, and AWX says -u root."""
    secrets = {
        "password": openssh.password,
        "passphrase": openssh.keys["encrypted"].passphrase,
        **{name: key.file.read_text() for name, key in openssh.keys.items()},
    }
    given = {field: value.format(**secrets) for field, value in inputs.items()}
    env = inject(TYPE, {"username": openssh.user, **given}, str(tmp_path))
    roll = call_roll(box_of(openssh, tmp_path), {}, "-u", "root", "-vvv", env=env)
    assert roll.devices["box"]["status"] == "ok", roll.devices["box"]["error"]
    assert not [value for value in given.values() if value in roll.output]


def test_a_machine_credential_with_a_key(openssh: OpenSshServer, tmp_path: Path) -> None:
    """AWX puts its key into an agent; the user of -u is AWX's word, and the host's own variable counts before it."""
    with openssh.agent() as agent:
        roll = call_roll(
            box_of(openssh, tmp_path, ansible_user=openssh.user), {}, "-u", "root", env={"SSH_AUTH_SOCK": agent}
        )
    assert roll.devices["box"]["status"] == "ok", roll.devices["box"]["error"]


@pytest.mark.parametrize(
    ("inputs", "become"),
    [
        ({}, None),
        ({"enable": False}, None),
        ({"enable": True, "enable_password": SECRET}, "environment ROLLCALL_NET_AUTHORIZE"),
    ],
)
def test_what_nobody_entered_does_not_count(inputs: dict[str, Any], become: str | None, tmp_path: Path) -> None:
    """An input without a value leaves everything to the inventory and to AWX's other credentials."""
    inventory = tmp_path / "inventory.json"
    box = {"ansible_network_os": "frr.frr.frr", "rollcall_commands": ["show version"]}
    inventory.write_text(json.dumps({"all": {"hosts": {"box": box}}}))
    env = inject(TYPE, inputs, str(tmp_path))
    assert {name for name, value in env.items() if value} == set(map(ENABLED.get, filter(inputs.get, inputs)))
    roll = call_roll(inventory, {"plan": True}, "-u", "root", env={**env, "ANSIBLE_NET_USERNAME": "robot"})
    plan = roll.result["plan"]["box"]
    assert plan["user"] == "robot"
    assert plan["sources"].get("become") == become
    assert "private_key_file" not in plan["credentials"]


ENABLED = {"enable": "ROLLCALL_NET_AUTHORIZE", "enable_password": "ROLLCALL_NET_AUTH_PASS"}
