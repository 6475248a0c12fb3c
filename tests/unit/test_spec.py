# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arguments, and that the documentation says the same."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import pytest
import yaml
from ansible._internal._datatag._tags import Origin

from ansible_collections.rollcall.network.plugins.doc_fragments.collect import ModuleDocFragment
from ansible_collections.rollcall.network.plugins.lookup import collect as collect_lookup
from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Reply
from ansible_collections.rollcall.network.plugins.module_utils._roll import Limits
from ansible_collections.rollcall.network.plugins.module_utils._spec import (
    ARGUMENT_SPEC,
    check_arguments,
    check_commands,
)
from ansible_collections.rollcall.network.plugins.modules import collect as collect_module
from ansible_collections.rollcall.network.plugins.modules import host_keys as host_keys_module
from ansible_collections.rollcall.network.plugins.modules import outcome as outcome_module
from ansible_collections.rollcall.network.plugins.modules import report as report_module
from ansible_collections.rollcall.network.plugins.plugin_utils._host_keys_spec import ARGUMENT_SPEC as HOST_KEYS_SPEC
from ansible_collections.rollcall.network.plugins.plugin_utils._outcome_spec import ARGUMENT_SPEC as OUTCOME_SPEC
from ansible_collections.rollcall.network.plugins.plugin_utils._report_spec import ARGUMENT_SPEC as REPORT_SPEC

# What an option is where it says nothing.
UNSAID = {"type": "str", "elements": None, "choices": None, "default": None, "required": False}


def facts(options: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Of each option what can be compared, in a specification and in its documentation."""
    return {name: {key: option.get(key, unsaid) for key, unsaid in UNSAID.items()} for name, option in options.items()}


# The module alone has hosts; the lookup has terms instead. The option devices is added by the action.
OF_THE_MODULE = {"hosts": yaml.safe_load(collect_module.DOCUMENTATION)["options"]["hosts"]}
DOCUMENTED = facts({**OF_THE_MODULE, **yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]})
REPORT_DOCUMENTED = facts(yaml.safe_load(report_module.DOCUMENTATION)["options"])
OUTCOME_DOCUMENTED = facts(yaml.safe_load(outcome_module.DOCUMENTATION)["options"])


# -- documentation -----------------------------------------------------------------------------------------------------


def test_the_same_options_are_documented() -> None:
    assert list(ARGUMENT_SPEC) == list(DOCUMENTED), "the same, in the same order"
    assert sorted(REPORT_SPEC) == sorted(REPORT_DOCUMENTED)


@pytest.mark.parametrize("name", ARGUMENT_SPEC)
def test_option_of_collect(name: str) -> None:
    assert facts(ARGUMENT_SPEC)[name] == DOCUMENTED[name]


@pytest.mark.parametrize("name", REPORT_SPEC)
def test_option_of_report(name: str) -> None:
    assert facts(REPORT_SPEC)[name] == REPORT_DOCUMENTED[name]


def test_options_of_outcome() -> None:
    assert facts(OUTCOME_SPEC) == OUTCOME_DOCUMENTED


def test_options_of_host_keys() -> None:
    assert facts(HOST_KEYS_SPEC) == facts(yaml.safe_load(host_keys_module.DOCUMENTATION)["options"])


def test_the_module_and_the_lookup_share_the_documentation() -> None:
    module, lookup = (yaml.safe_load(each.DOCUMENTATION) for each in (collect_module, collect_lookup))
    for documentation in (module, lookup):
        assert documentation["extends_documentation_fragment"] == ["rollcall.network.collect"]
    added = {"devices", "memory", "silence"}
    assert set(module["options"]) == {"hosts", *added}, "hosts, what the action adds, and nothing besides"
    assert set(lookup["options"]) == {"_terms", "max_age"}


@pytest.mark.parametrize("plugin", [collect_module, report_module, outcome_module, collect_lookup])
def test_documentation_is_yaml(plugin: Any) -> None:
    for text in (plugin.DOCUMENTATION, plugin.EXAMPLES, plugin.RETURN):
        assert yaml.safe_load(text)


@pytest.mark.parametrize("task", yaml.safe_load(collect_module.EXAMPLES), ids=lambda task: task["name"])
def test_examples_are_good_arguments(task: dict[str, Any]) -> None:
    arguments = task.get("rollcall.network.collect")
    if arguments:
        check_arguments({**arguments, "hosts": ["a"]})


def test_every_limit_is_an_argument() -> None:
    assert {limit.name for limit in fields(Limits)} <= set(ARGUMENT_SPEC)


# -- arguments ---------------------------------------------------------------------------------------------------------


def test_defaults() -> None:
    assert check_arguments({"hosts": ["a"]}) == {
        **dict.fromkeys(ARGUMENT_SPEC),
        "hosts": ["a"],
        "device_timeout": 60,
        "login_canary": 1,
        "login_failure_limit": 3,
        "retries": 1,
        "return_output": True,
        "resume": False,
        "history": False,
        "suspicious": "warn",
        "redact": "reports",
        "plan": False,
    }


@pytest.mark.parametrize(
    ("given", "checked"),
    [
        ({"hosts": "a"}, {"hosts": ["a"]}),
        ({"hosts": []}, {"hosts": []}),
        ({"hosts": [1, 2.5]}, {"hosts": ["1", "2.5"]}),
        ({"workers": "50"}, {"workers": 50}),
        ({"device_timeout": "2.5"}, {"device_timeout": 2.5}),
        ({"deadline": 900}, {"deadline": 900.0}),
        ({"retries": "0"}, {"retries": 0}),
        ({"retries": 0}, {"retries": 0}),
        ({"logins_per_second": "0.5"}, {"logins_per_second": 0.5}),
        (
            {"limits": {"site": {"logins_per_second": "5"}, "aaa": {"max_open_logins": "20"}}},
            {"limits": {"site": {"logins_per_second": 5.0}, "aaa": {"max_open_logins": 20}}},
        ),
        ({"max_fail_percentage": 0}, {"max_fail_percentage": 0.0}),
        ({"max_fail_percentage": 100}, {"max_fail_percentage": 100.0}),
        (
            {"group_max_fail_percentage": {"core": 0, "edge": "9.5"}},
            {"group_max_fail_percentage": {"core": 0.0, "edge": 9.5}},
        ),
        ({"group_max_fail_percentage": {}}, {"group_max_fail_percentage": {}}),
        ({"plan": "yes"}, {"plan": True}),
        ({"driver": "python", "function": "a.b"}, {"driver": "python", "function": "a.b"}),
        ({"parser": "textfsm"}, {"parser": "textfsm"}),
        ({"keep": {"runs": "3"}, "output_dir": "/x"}, {"keep": {"runs": 3, "days": None}}),
        ({"keep": {"days": 0.5}, "output_dir": "/x"}, {"keep": {"runs": None, "days": 0.5}}),
        ({"resume": "yes", "only": "failed", "output_dir": "/x"}, {"resume": True, "only": "failed"}),
        ({"history": "yes", "stale_after": "60", "output_dir": "/x"}, {"history": True, "stale_after": 60.0}),
        (
            {"ignore_changes": {"ios": ["a"], "cisco.ios.ios": "b", "all": [r"(\d+)"]}, "output_dir": "/x"},
            {"ignore_changes": {"cisco_iosxe": ["a", "b"], "all": [r"(\d+)"]}},
        ),
        ({"commands": ["show version"]}, {"commands": ["show version"]}),
        ({"workers": None, "deadline": None}, {"workers": None, "deadline": None}),
        ({"retries": None, "resume": None, "only": None}, {"retries": 1, "resume": False, "only": None}),
        ({"hosts": "r1, r2"}, {"hosts": ["r1", "r2"]}),
        ({"hosts": ' ["r1, r2", 3]'}, {"hosts": ["r1, r2", "3"]}),
        ({"commands": '["show version", {"command": "a"}]'}, {"commands": ["show version", {"command": "a"}]}),
    ],
)
def test_good_arguments(given: dict[str, Any], checked: dict[str, Any]) -> None:
    values = check_arguments({"hosts": ["a"], **given})
    assert {name: values[name] for name in checked} == checked
    assert all(type(values[name]) is type(value) for name, value in checked.items())


def test_one_command_with_a_comma_is_one_command() -> None:
    """Where hosts may be a comma-separated text, a line for a device must not be cut at its commas."""
    line = "show logging | include error,warning"
    values = check_arguments({"hosts": ["a"], "commands": line})
    assert check_commands(values["commands"], None) == (Command(line),)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"hosts": None}, ["hosts"]),
        ({"hosts": {"a": 1}}, ["hosts"]),
        ({"hots": ["a"]}, ["hots", "hosts"]),
        ({"timeout": 5, "forks": 3}, ["forks", "timeout", "device_timeout"]),
        ({"workers": 0}, ["workers", "above 0"]),
        ({"workers": -2}, ["workers", "above 0"]),
        ({"workers": "many"}, ["workers", "many"]),
        ({"workers": 2.5}, ["workers", "2.5"]),
        ({"stale_after": 0, "output_dir": "/x"}, ["stale_after", "above 0"]),
        ({"stale_after": 60}, ["stale_after", "output_dir"]),
        ({"history": True}, ["history", "output_dir"]),
        ({"ignore_changes": {"frr": ["a"]}}, ["ignore_changes", "output_dir"]),
        ({"ignore_changes": {"frr": ["("]}, "output_dir": "/x"}, ["ignore_changes", "'('", "regular expression"]),
        ({"ignore_changes": {"frr": [7]}, "output_dir": "/x"}, ["ignore_changes.frr", "list of regular expressions"]),
        ({"ignore_changes": {"fr": ["a"]}, "output_dir": "/x"}, ["'fr'", "near matches", "frr"]),
        ({"device_timeout": 0}, ["device_timeout", "above 0"]),
        ({"device_timeout": math.nan}, ["device_timeout", "above 0"]),
        ({"device_timeout": "soon"}, ["device_timeout must be a number, not 'soon'"]),
        ({"connect_timeout": -1}, ["connect_timeout", "above 0"]),
        ({"command_timeout": 0}, ["command_timeout", "above 0"]),
        ({"deadline": 0}, ["deadline", "above 0"]),
        ({"logins_per_second": 0}, ["logins_per_second", "above 0"]),
        ({"max_open_logins": 0}, ["max_open_logins", "above 0"]),
        ({"login_canary": -1}, ["login_canary", "0 or more", "-1"]),
        ({"login_failure_limit": -1}, ["login_failure_limit", "0 or more", "-1"]),
        ({"limits": {"a site": {"max_open_logins": 1}}}, ["limits", "host variables", "'a site'"]),
        ({"limits": {"site": {"logins": 1}}}, ["limits.site", "logins_per_second or max_open_logins"]),
        ({"limits": {"site": 5}}, ["limits.site", "dictionary", "5"]),
        ({"limits": {"site": {}}}, ["limits.site", "dictionary"]),
        ({"limits": {"site": {"max_open_logins": 0}}}, ["limits.site.max_open_logins", "above 0", "0"]),
        ({"limits": {"site": {"logins_per_second": "x"}}}, ["limits.site.logins_per_second", "'x'"]),
        ({"limits": {"site": {"logins_per_second": True}}}, ["limits.site.logins_per_second", "True"]),
        ({"limits": {"site": {"max_open_logins": 10**12}}}, ["limits.site.max_open_logins", "up to"]),
        ({"retries": -1}, ["retries", "0 or more"]),
        ({"max_fail_percentage": -1}, ["max_fail_percentage", "100"]),
        ({"max_fail_percentage": 101}, ["max_fail_percentage", "100"]),
        ({"max_fail_percentage": math.nan}, ["max_fail_percentage", "100"]),
        ({"group_max_fail_percentage": {"core": 101}}, ["group_max_fail_percentage of core", "100", "101"]),
        ({"group_max_fail_percentage": {"core": math.nan}}, ["group_max_fail_percentage of core", "100"]),
        ({"group_max_fail_percentage": {"core": None}}, ["group_max_fail_percentage of core", "None"]),
        ({"group_max_fail_percentage": {"core": "few"}}, ["group_max_fail_percentage of core", "few"]),
        ({"group_max_fail_percentage": ["core"]}, ["group_max_fail_percentage"]),
        ({"driver": "telnet"}, ["driver", "cli", "python", "telnet"]),
        ({"parser": "xml"}, ["parser", "textfsm", "xml"]),
        ({"plan": "perhaps"}, ["plan", "perhaps"]),
        ({"commands": {"command": "show version"}}, ["commands"]),
        ({"commands": [["show version"]]}, ["command", "show version"]),
        ({"known_hosts": {"a": 1}}, ["known_hosts"]),
        ({"return_output": False}, ["return_output", "output_dir"]),
        ({"resume": True}, ["resume", "output_dir"]),
        ({"only": "failed"}, ["only", "output_dir"]),
        ({"only": "ok", "output_dir": "/x"}, ["only", "failed", "ok"]),
        ({"keep": {"runs": 3}}, ["keep", "output_dir"]),
        ({"keep": {}, "output_dir": "/x"}, ["keep", "runs", "days"]),
        ({"keep": {"runs": 0}, "output_dir": "/x"}, ["keep.runs", "1 or more"]),
        ({"keep": {"days": 0}, "output_dir": "/x"}, ["keep.days", "above 0"]),
        ({"keep": {"days": math.nan}, "output_dir": "/x"}, ["keep.days", "above 0"]),
        ({"keep": {"weeks": 2}, "output_dir": "/x"}, ["unsupported option keep.weeks", "known are days, runs"]),
        ({"keep": {"run": 2}, "output_dir": "/x"}, ["unsupported option keep.run; near matches: runs"]),
        ({"keep": {"runs": "all"}, "output_dir": "/x"}, ["keep.runs must be a whole number, not 'all'"]),
        ({"keep": 3, "output_dir": "/x"}, ["keep must be a dictionary, not 3"]),
        ({"keep": "3", "output_dir": "/x"}, ["keep must be a dictionary, not '3'"]),
        ({"keep": "run=3", "output_dir": "/x"}, ["unsupported option keep.run; near matches: runs"]),
        ({"comands": ["a"]}, ["unknown argument comands; near matches: commands"]),
        ({"hosts": {"a": 1}}, ["hosts must be a list, not {'a': 1}"]),
        ({"platforms": {"a": 1}}, ["platforms must be a path or a list of paths, not {'a': 1}"]),
        ({"output_dir": ""}, ["output_dir must not be empty"]),
        ({"output_dir": " "}, ["output_dir must not be empty"]),
        ({"output_dir": "a\0"}, ["output_dir must be a path without null characters"]),
        ({"known_hosts": ["x" * 300]}, ["known_hosts is too long for a path"]),
        ({"workers": "1e400"}, ["workers must be a"]),
        ({"deadline": 10**400}, ["deadline must be a"]),
        ({"keep": {"days": 10**400}, "output_dir": "/x"}, ["keep.days must be a number up to"]),
        ({"group_max_fail_percentage": {"a": 10**400}}, ["group_max_fail_percentage of a"]),
        ({"deadline": -1}, ["deadline must be above 0, not -1"]),
        ({"deadline": "-1"}, ["deadline must be above 0, not -1"]),
        ({"function_args": ["a"]}, ["function_args must be a dictionary of keyword arguments, not ['a']"]),
        (
            {"ignore_changes": {"isos": ["a"]}, "output_dir": "/x"},
            ["ignore_changes: platform 'isos'", "ios", "use all"],
        ),
    ],
)
def test_bad_arguments(given: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the words are compared below
        check_arguments({"hosts": ["a"], **given})
    message = str(caught.value)
    assert all(word in message for word in words), message
    assert "\n" not in message


@pytest.mark.parametrize("name", ["keep", "ignore_changes"])
def test_a_text_that_is_no_dictionary_has_one_sentence(name: str) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must be a dictionary, not '3'$"):
        check_arguments({"hosts": ["a"], "output_dir": "/x", name: "3"})


def test_hosts_are_required() -> None:
    with pytest.raises(ValueError, match="hosts"):
        check_arguments({"commands": ["show version"]})


# -- commands ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("commands", "parser", "made"),
    [
        ([], None, ()),
        ((), "auto", ()),
        ("show version", None, (Command("show version"),)),
        ("show version\r\n\n  show a, b\n", "auto", (Command("show version", "auto"), Command("show a, b", "auto"))),
        (["show version"], None, (Command("show version"),)),
        (["  show version \n"], None, (Command("show version"),)),
        (["show version"], "none", (Command("show version"),)),
        (["show version"], "auto", (Command("show version", "auto"),)),
        ([{"command": "show version"}], "auto", (Command("show version", "auto"),)),
        ([{"command": "show version", "parser": "json"}], "auto", (Command("show version", "json"),)),
        ([{"command": "show version", "parser": "none"}], "auto", (Command("show version"),)),
        ([{"command": "show version", "parser": None}], "auto", (Command("show version", "auto"),)),
        ([{"command": "a", "answers": []}], None, (Command("a"),)),
        ([{"command": "a", "answers": None, "parser": "json"}], None, (Command("a", "json"),)),
        (
            [
                {
                    "command": "a",
                    "answers": [{"question": " sure? ", "answer": "y"}, {"question": "[confirm]", "answer": ""}],
                }
            ],
            "auto",
            (Command("a", "auto", (Reply("sure?", "y"), Reply("[confirm]", ""))),),
        ),
        (
            [{"command": "a", "answers": [{"question": "which?", "answer": 1}]}],
            None,
            (Command("a", None, (Reply("which?", "1"),)),),
        ),
        (
            [{"command": "a", "answers": [{"question": "sure?", "key": "y"}, {"question": "again?", "key": 1}]}],
            None,
            (Command("a", None, (Reply("sure?", "y", is_key=True), Reply("again?", "1", is_key=True))),),
        ),
        (["b", "a", "b"], None, (Command("b"), Command("a"))),
        ([{"command": "a", "parser": "json"}, "a"], None, (Command("a", "json"),)),
        (["a", "b", {"command": "a", "parser": "json"}], "auto", (Command("a", "json"), Command("b", "auto"))),
        ([{"command": "a", "parser": "json"}, {"command": "a", "parser": "json"}], None, (Command("a", "json"),)),
        ('["show a, b", {"command": "c", "parser": "json"}]', None, (Command("show a, b"), Command("c", "json"))),
        ("[not JSON", None, (Command("[not JSON"),)),
        (["show description | include Zürich"], None, (Command("show description | include Zürich"),)),
    ],
)
def test_good_commands(commands: Any, parser: str | None, made: tuple[Command, ...]) -> None:
    assert check_commands(commands, parser) == made


@pytest.mark.parametrize(
    ("commands", "words"),
    [
        (5, "list of lines"),
        (True, "list of lines"),
        ({"command": "show version"}, "list of lines"),
        ("show version\rreload", "one line of text"),
        ([""], "one line of text"),
        (["   "], "one line of text"),
        (["show version\nreload"], "one line of text"),
        (["show version\rreload"], "one line of text"),
        (["show version\x03"], "one line of text"),
        (["show\tversion"], "one line of text"),
        (["show \x1b[2J"], "one line of text"),
        (["show \x00version"], "one line of text"),
        (["show\u2028version"], "one line of text"),
        (["show\x85version"], "one line of text"),
        (["show \ud800"], "one line of text"),
        ([5], "a line, or a dict"),
        ([None], "a line, or a dict"),
        ([["show version"]], "a line, or a dict"),
        ([{}], "a line, or a dict"),
        ([{"comand": "show version"}], "a line, or a dict"),
        ([{"command": "show version", "prompt": "x"}], "a line, or a dict"),
        ([{"command": ""}], "one line of text"),
        ([{"command": "show version\nreload"}], "one line of text"),
        ([{"command": None}], "None"),
        ([{"command": ["show version"]}], "show version"),
        ([{"command": {"a": 1}}], "'a'"),
        ([{"command": "show version", "parser": "xml"}], "parser of 'show version'"),
        ([{"command": "show version", "parser": ["json"]}], "parser of 'show version'"),
        ([{"command": "a", "parser": "json"}, {"command": "a"}], "'a' is listed twice, with other options"),
        (
            [{"command": "a", "answers": [{"question": "b?", "answer": each}]} for each in "yn"],
            "'a' is listed twice, with other options",
        ),
        ([{"command": "a", "answers": "y"}], "answers of 'a' must be a list"),
        ([{"command": "a", "answers": {"question": "b?", "answer": "y"}}], "answers of 'a' must be a list"),
        ([{"command": "a", "answers": ["y"]}], "answers of 'a' must be a dictionary of question and answer"),
        ([{"command": "a", "answers": [{"question": "b?"}]}], "a dictionary of question and answer"),
        ([{"command": "a", "answers": [{"question": "b?", "answer": "y", "key": True}]}], "a dictionary of question"),
        ([{"command": "a", "answers": [{"question": "b?", "key": "yes"}]}], "must be one character, not 'yes'"),
        ([{"command": "a", "answers": [{"question": "b?", "key": ""}]}], "must be one character, not ''"),
        ([{"command": "a", "answers": [{"question": "b?", "key": True}]}], "the key to 'b?' of 'a'"),
        ([{"command": "a", "answers": [{"question": "", "answer": "y"}]}], "a question of 'a'"),
        ([{"command": "a", "answers": [{"question": " ", "answer": "y"}]}], "a question of 'a'"),
        ([{"command": "a", "answers": [{"question": "b\nc", "answer": "y"}]}], "a question of 'a'"),
        ([{"command": "a", "answers": [{"question": None, "answer": "y"}]}], "a question of 'a'"),
        ([{"command": "a", "answers": [{"question": "b?", "answer": True}]}], "put it in quotes"),
        ([{"command": "a", "answers": [{"question": "b?", "answer": None}]}], "the answer to 'b?' of 'a'"),
        ([{"command": "a", "answers": [{"question": "b?", "answer": "y\nreload"}]}], "the answer to 'b?' of 'a'"),
        ([{"command": "a", "answers": [{"question": "b?", "answer": "\x03"}]}], "the answer to 'b?' of 'a'"),
    ],
)
def test_bad_commands(commands: Any, words: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the words are compared below
        check_commands(commands, None)
    message = str(caught.value)
    assert words in message
    assert "\n" not in message


def test_an_unknown_parser_for_all() -> None:
    with pytest.raises(ValueError, match="parser of 'a' must be one of none, auto, json, textfsm, not 'xml'"):
        check_commands(["a"], "xml")


ORIGIN = Origin(description="a file")


def tagged(value: Any) -> Any:
    """The value as Ansible hands it over."""
    if isinstance(value, dict):
        return ORIGIN.tag({ORIGIN.tag(key): tagged(each) for key, each in value.items()})
    return ORIGIN.tag([tagged(each) for each in value] if isinstance(value, list) else value)


@pytest.mark.parametrize(
    ("commands", "words"),
    [
        ({"a": 1}, "not {'a': 1}"),
        ([{"a": 1}], "not {'a': 1}"),
        ([["a"]], "not ['a']"),
        ([{"command": {"a": 1}}], "not {'a': 1}"),
        ([{"command": "a", "parser": ["a"]}], "['a']"),
        ([{"command": "a", "answers": {"a": "b"}}], "must be a list of question and answer, not {'a': 'b'}"),
        ([{"command": "a", "answers": [["b"]]}], "must be a dictionary"),
        ([{"command": "a", "answers": [{"question": ["b"], "answer": "c"}]}], "not ['b']"),
        ([{"command": "a", "answers": [{"question": "b", "answer": ["c"]}]}], "must be one line"),
    ],
)
def test_no_type_of_ansible_is_in_a_message(commands: Any, words: str) -> None:
    with pytest.raises(ValueError, match="must be") as error:
        check_commands(tagged(commands), None)
    assert words in str(error.value)
    assert "Ansible" not in str(error.value)
