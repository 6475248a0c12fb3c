# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role's variables: one specification, from which all else is written, and what is said of wrong ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.validation import check_type_bytes

from ansible_collections.rollcall.network.plugins.module_utils._device import Device
from ansible_collections.rollcall.network.plugins.module_utils._spec import ARGUMENT_SPEC
from ansible_collections.rollcall.network.plugins.plugin_utils._inventory import VARIABLES
from ansible_collections.rollcall.network.plugins.plugin_utils._variables._check import (
    KNOWN,
    HostNames,
    check_for_all,
    check_role,
    formats_of,
)
from ansible_collections.rollcall.network.plugins.plugin_utils._variables._table import HOST, ROLE, SPECS, UNSET
from tests.generate import NAME, generated

ROOT = Path(__file__).resolve().parents[2]
TASKS = ROOT / "roles" / "collect" / "tasks"
# Arguments of collect that are no variables of the role: it has its own hosts, or each host has a variable.
NOT_OF_THE_ROLE = {"hosts", *(variable.takes for variable in HOST)} - {"commands"}
GROUPS = {"all": ["a"], "core": ["a"]}


def tasks_of(file: str) -> dict[str, dict[str, Any]]:
    """The arguments of the collection's tasks in a file, by the name of the action."""
    found: dict[str, dict[str, Any]] = {}
    for task in yaml.safe_load((TASKS / file).read_text()):
        for action in SPECS:
            if f"rollcall.network.{action}" in task:
                found.setdefault(action, task[f"rollcall.network.{action}"])
    return found


# -- one specification -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", generated())
def test_generated_files_are_what_the_specification_says(path: str) -> None:
    """After a change of the specification: `make generate`."""
    assert (ROOT / path).read_text() == generated()[path]


def test_every_argument_of_collect_is_a_variable_of_the_role_or_of_a_host() -> None:
    assert {each.takes for each in ROLE if "collect" in each.tasks} == set(ARGUMENT_SPEC) - NOT_OF_THE_ROLE


def test_every_variable_that_a_device_reads_is_specified() -> None:
    read = {name for names in VARIABLES.values() for name in names if name.startswith("rollcall_")}
    assert read == {variable.name for variable in HOST}


def test_pollers_get_every_argument_of_collect_that_is_not_of_the_fleet() -> None:
    """The playbook of pollers ignored rollcall_commands_for_all."""
    of_the_fleet = {"max_fail_percentage", "group_max_fail_percentage"}
    main, poller = tasks_of("main.yml")["collect"], tasks_of("poller.yml")["collect"]
    assert set(main) - set(poller) == of_the_fleet
    own = {"hosts", "output_dir"}
    assert {name: poller[name] for name in set(poller) - own} == {name: main[name] for name in set(poller) - own}


@pytest.mark.parametrize("action", ["report", "outcome"])
def test_pollers_report_as_everybody_does(action: str) -> None:
    own = {
        "report": {"devices", "run_dir", "output_dir", "dest", "reasons", "notes", "prune"},
        "outcome": {"result", "reasons", "notes"},
    }[action]
    main, pollers = tasks_of("main.yml")[action], tasks_of("pollers.yml")[action]
    assert {name: value for name, value in main.items() if name not in own} == {
        name: value for name, value in pollers.items() if name not in own
    }


def test_every_name_that_roles_and_playbooks_use_is_known() -> None:
    files = [file for folder in ("roles", "playbooks") for file in (ROOT / folder).rglob("*.yml")]
    assert {name for file in files for name in NAME.findall(file.read_text())} <= KNOWN


def test_no_entry_point_is_one_that_ansible_validates_for_each_host() -> None:
    entries = yaml.safe_load((ROOT / "roles/collect/meta/argument_specs.yml").read_text())["argument_specs"]
    assert entries.keys().isdisjoint(file.stem for file in TASKS.iterdir())


def test_the_specification_and_the_readme_of_the_role_have_the_defaults() -> None:
    entries = yaml.safe_load((ROOT / "roles/collect/meta/argument_specs.yml").read_text())["argument_specs"]
    said = {name: option.get("default") for name, option in entries["variables"]["options"].items()}
    wanted: dict[str, Any] = {each.name: each.default for each in ROLE if each.default is not UNSET}
    wanted |= {
        "rollcall_device_timeout": 60,
        "rollcall_retries": 1,
        "rollcall_history": False,
        "rollcall_resume": False,
    }
    device = Device("r1", driver="cli")
    for name in (
        "driver",
        "rows_required",
        "connect_timeout",
        "command_timeout",
        "transport",
        "legacy_ssh",
        "transcript",
    ):
        wanted[f"rollcall_{name}"] = getattr(device, name)
    wanted["rollcall_max_output"] = "64M"
    assert check_type_bytes(said.get("rollcall_max_output") or "0") == device.max_output
    assert {name: said[name] for name in wanted} == wanted
    readme = (ROOT / "roles/collect/README.md").read_text()
    for name, default in wanted.items():
        if isinstance(default, (bool, int, float)):
            shown = str(default).lower() if isinstance(default, bool) else f"{default:g}"
            assert f"| `{name}` | `{shown}` |" in readme


@pytest.mark.parametrize("role", ["awx", "collect", "poller", "schedule"])
def test_a_default_of_a_role_is_in_its_specification(role: str) -> None:
    """A default that is a template is described in words. An empty one is nothing."""
    specs = yaml.safe_load((ROOT / "roles" / role / "meta/argument_specs.yml").read_text())["argument_specs"]
    options, *others = [entry["options"] for entry in specs.values() if entry.get("options")]
    assert all(other == options for other in others)
    for name, default in yaml.safe_load((ROOT / "roles" / role / "defaults/main.yml").read_text()).items():
        if isinstance(default, str) and "{{" in default:
            assert " Default: " in options[name]["description"], name
        elif default:
            assert options[name]["default"] == default, name


# -- values ------------------------------------------------------------------------------------------------------------


def check(**variables: Any) -> dict[str, Any]:
    return check_role(variables, lambda value: value, GROUPS, plays=("",))


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        (
            {"rollcall_formats": ["htlm"]},
            "rollcall_formats: 'htlm' is not one of md, html, json, csv, junit, prom, limit",
        ),
        ({"rollcall_formats": ["htlm"]}, "near matches: html"),
        ({"rollcall_formats": "htlm"}, "near matches: html"),
        ({"rollcall_formats": {"html": True}}, "rollcall_formats must be a list, not {'html': True}"),
        ({"rollcall_columns": {"site": 1}}, "rollcall_columns must be a list"),
        ({"rollcall_title": ["a"]}, "rollcall_title must be a string"),
        ({"rollcall_output_dir": {"a": 1}}, "rollcall_output_dir must be a path"),
        ({"rollcall_workers": "many"}, "rollcall_workers must be a whole number, not 'many'"),
        ({"rollcall_deadline": "tomorrow"}, "rollcall_deadline must be a number, not 'tomorrow'"),
        ({"rollcall_resume": "perhaps"}, "rollcall_resume must be true or false, not 'perhaps'"),
        ({"rollcall_only": "faild"}, "rollcall_only must be failed, not 'faild'"),
        ({"rollcall_deadline": -1}, "rollcall_deadline must be above 0, not -1"),
        ({"rollcall_workers": "1e400"}, "rollcall_workers must be a"),
        ({"rollcall_deadline": "inf"}, "rollcall_deadline must be a number up to 1,000,000,000, not inf"),
        ({"rollcall_retries": 10**400}, "rollcall_retries must be a number up to 1,000,000,000"),
        ({"rollcall_output_dir": "a\0b"}, "rollcall_output_dir must be a path without null characters"),
        ({"rollcall_output_dir": "a/" * 3000}, "rollcall_output_dir is too long for a path"),
        ({"rollcall_metrics_file": "/tmp/" + "a" * 300}, "rollcall_metrics_file is too long for a path"),
        ({"rollcall_metrics_file": "/tmp/\0"}, "rollcall_metrics_file must be a path without null characters"),
        ({"rollcall_webhook_url": 5}, "rollcall_webhook_url must be an address that begins with http"),
        ({"rollcall_webhook_url": "hooks.example"}, "rollcall_webhook_url must be an address that begins with http"),
        ({"rollcall_webhook_headers": {"X-A b": "1"}}, "a name in rollcall_webhook_headers has characters that"),
        (
            {"rollcall_webhook_headers": {"X-A": "a\nX-B: b"}},
            "the value of X-A must be one line",
        ),
        ({"rollcall_webhook_headers": ["X-A: b"]}, "rollcall_webhook_headers must be a dictionary"),
        ({"rollcall_webhook_token": "a\nb"}, "rollcall_webhook_token must be one line of ASCII characters"),
        (
            {"rollcall_webhook_token": "a", "rollcall_webhook_headers": {"authorization": "b"}},
            "rollcall_webhook_headers, or rollcall_webhook_token, and not both",
        ),
        ({"rollcall_commands_for_all": {"a": "b"}}, "rollcall_commands_for_all must be a list, not {'a': 'b'}"),
        ({"rollcall_commands_for_all": [1]}, "rollcall_commands_for_all must be a line, or a dictionary of command"),
        ({"rollcall_keep": {"runs": 0}}, "rollcall_keep.runs must be 1 or more, not 0"),
        ({"rollcall_keep": 30}, "rollcall_keep must be a dictionary, not 30"),
        ({"rollcall_keep": {"run": 30}}, "unsupported option rollcall_keep.run; near matches: runs"),
        ({"rollcall_max_fail_percentage": 101}, "rollcall_max_fail_percentage must be between 0 and 100, not 101"),
        (
            {"rollcall_group_max_fail_percentage": {"cor": 0}},
            "'cor' is not a group of the inventory; near matches: core",
        ),
        ({"rollcall_metrics_file": "/nowhere/x.prom"}, "rollcall_metrics_file: there is no folder /nowhere"),
        ({"rollcall_metrics_file": "/usr/.."}, "rollcall_metrics_file: /usr/.. contains '..'; write /"),
        ({"rollcall_metrics_file": "/usr/../x.prom"}, "rollcall_metrics_file: /usr/../x.prom contains '..'; write /x"),
        ({"rollcall_metrics_file": "/etc/passwd/x.prom"}, "rollcall_metrics_file: /etc/passwd is not a folder"),
        ({"rollcall_metrics_file": "/usr/"}, "rollcall_metrics_file: /usr is a folder; name a file in it"),
        ({"rollcall_metrics_file": "/tmp"}, "rollcall_metrics_file: /tmp is a folder"),
        ({"rollcall_workers": "x", "rollcall_retries": "y"}, "rollcall_retries must be a whole number"),
    ],
)
def test_a_wrong_variable_is_an_error_that_says_what_is_right(variables: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=r"rollcall_") as error:
        check(**variables)
    assert words in str(error.value)
    assert "_Ansible" not in str(error.value)


def test_an_address_with_a_token_is_in_no_error() -> None:
    with pytest.raises(ValueError, match=r"rollcall_webhook_url must be a string$"):
        check(rollcall_webhook_url={"url": "https://T0ken"})


@pytest.mark.parametrize(
    ("variables", "formats"),
    [
        ({"rollcall_formats": "html"}, ["html"]),
        ({"rollcall_formats": "html,json"}, ["html", "json"]),
        ({"rollcall_formats": '["html", "json"]'}, ["html", "json"]),
        ({"rollcall_formats": ["md"], "rollcall_metrics_file": "x.prom"}, ["md", "prom"]),
    ],
)
def test_formats_may_be_a_text_as_every_list_of_ansible_may(variables: dict[str, Any], formats: list[str]) -> None:
    assert formats_of(check(**variables)) == formats


@pytest.mark.parametrize("variable", [each for each in ROLE if not each.play], ids=lambda each: each.name)
def test_defaults_are_right(variable: Any) -> None:
    defaults = yaml.safe_load((ROOT / "roles/collect/defaults/main.yml").read_text())
    check(**{variable.name: defaults.get(variable.name)})


# -- names -------------------------------------------------------------------------------------------------------------


def look(*hosts: dict[str, Any], columns: tuple[str, ...] = (), own: tuple[str, ...] = ()) -> None:
    names = HostNames(lambda host: own, columns)
    for number, variables in enumerate(hosts, 1):
        names.look_at(f"r{number}", variables)
    names.check()


@pytest.mark.parametrize(
    ("hosts", "columns", "words"),
    [
        ([{}, {"rollcall_paser": 1}], (), "variable rollcall_paser of r2 is not known; near matches: rollcall_parser"),
        (
            [{}, *[{"rollcall_comands": 1}] * 9],
            (),
            "of r2, r3, r4 and 6 more is not known; near matches: rollcall_commands",
        ),
        ([{}, *[{"rollcall_comands": 1}] * 1500], (), "of r2, r3, r4 and 1,497 more is not known"),
        ([{"rollcall_format": 1}] * 2, (), "variable rollcall_format is not known; near matches: rollcall_formats"),
        ([{"rollcall_my_helper": 1}], (), "names that begin with rollcall_ are reserved"),
        ([{"site": 1}, {}], ("sitee",), "rollcall_columns: no host has a variable 'sitee'; near matches: site"),
    ],
)
def test_a_wrong_name_is_an_error_with_near_matches(
    hosts: list[dict[str, Any]], columns: tuple[str, ...], words: str
) -> None:
    with pytest.raises(ValueError, match=r"near matches|are reserved") as error:
        look(*hosts, columns=columns)
    assert words in str(error.value)


def test_names_that_are_right_or_ones_own() -> None:
    look({"rollcall_parser": "auto", "rollcall_result": {}, "rollcall_awx_name": "", "other": 1})
    look({"rollcall_mine": 1}, own=("rollcall_mine",))
    look({"site": 1}, {"role": 1}, columns=("site", "role"))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("rollcall_parser", "genie", "rollcall_parser: 'genie' is not one of none, auto, json, textfsm"),
        (
            "rollcall_driver",
            "netconf",
            "rollcall_driver must be one of cli, python, or the import path of a driver, not 'netconf'",
        ),
        ("rollcall_connect_timeout", 0, "rollcall_connect_timeout must be above 0, not 0"),
        ("rollcall_command_timeout", "soon", "rollcall_command_timeout must be a number, not 'soon'"),
        ("rollcall_known_hosts", {"a": 1}, "rollcall_known_hosts must be a path or a list of paths, not {'a': 1}"),
        ("rollcall_platforms", {"a": 1}, "rollcall_platforms must be a path or a list of paths, not {'a': 1}"),
    ],
)
def test_a_value_for_all_devices_is_checked_once(name: str, value: Any, words: str) -> None:
    with pytest.raises(ValueError, match="rollcall_") as error:
        check_for_all({name: value})
    assert words in str(error.value)
    check_for_all({name: "{{ of_each }}"})


def test_a_value_for_all_devices_is_checked_with_the_arguments_that_it_depends_on() -> None:
    transcript = {"rollcall_transcript": True, "rollcall_parser": "auto"}
    check_for_all(transcript, {"output_dir": "runs"})
    with pytest.raises(ValueError, match="rollcall_transcript requires output_dir"):
        check_for_all(transcript)


@pytest.mark.parametrize("name", ["rollcall_webhook_url", "rollcall_webhook_headers", "rollcall_webhook_token"])
@pytest.mark.parametrize("value", ["Bearer hunter2hunter2", ["hunter2hunter2"], {"Bearer": ["hunter2hunter2"]}])
def test_no_wrong_value_of_the_webhook_is_shown(name: str, value: Any) -> None:
    said = ""
    try:
        check(**{name: value})
    except ValueError as error:
        said = str(error)
    assert "hunter2" not in said
