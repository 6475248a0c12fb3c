# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Platforms that users describe in a file, and the platform that is learned."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.rollcall.network.plugins.module_utils._device import Device
from ansible_collections.rollcall.network.plugins.module_utils._platforms import (
    OWN,
    PlatformError,
    candidates,
    check_descriptions,
    hint,
    hint_with_answers,
    load_platform,
    platform_hint,
    scrapli,
    spellings,
)
from ansible_collections.rollcall.network.plugins.module_utils._platforms.corrections import CORRECTIONS
from ansible_collections.rollcall.network.plugins.module_utils._result import Error, Output
from ansible_collections.rollcall.network.plugins.plugin_utils._hints import hint_lines
from ansible_collections.rollcall.network.plugins.plugin_utils._variables._folders import folders_of_user
from ansible_collections.rollcall.network.plugins.plugin_utils._variables._platform import (
    found_platform,
    platform_warnings,
)

REJECTED = Error("command", "rejected", "the device rejected the command")
PAGE = Path(__file__).resolve().parents[2] / "docs/platforms.md"


@pytest.fixture(autouse=True)
def with_definitions() -> None:
    if not scrapli.scrapli_names():
        pytest.skip("scrapli's definitions are not installed")


def test_own_data_have_the_format_of_users_files() -> None:
    described = {**{name: data for name, data in OWN.items() if name != "learned"}, **CORRECTIONS}
    for name, data in described.items():
        closes = {"close": "exit"} if name == "aethra_atosnt" else {}  # a key, which is no line
        assert check_descriptions({name: {**data, **closes}}, "here", spellings())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must be a dictionary of platforms"),
        ("- a", "must be a dictionary of platforms"),
        ("acme: 5", "platform 'acme' must be a dictionary with some of like, names"),
        ("'a b': {like: ios}", "platform 'a b': a name has letters"),
        ("5: {like: ios}", "platform 5: a name has letters"),
        ("acme: {promts: {}}", "platform 'acme': key 'promts' is not known; did you mean prompts?"),
        ("acme: {zzz: {}}", "platform 'acme': key 'zzz' is not known; use like, names"),
        ("acme: {like: cisco_iosx}", "like: platform 'cisco_iosx' is not known; near matches: cisco_ios"),
        ("acme: {like: 5}", "like must be the name of a platform, not 5"),
        ("acme: {names: acme}", "names must be a list of texts, not 'acme'"),
        ("acme: {open: [5]}", "open must be a list of lines, not [5]"),
        ('acme: {paging: ["a\\nb"]}', "paging must be a list of lines"),
        ("acme: {enable: [a]}", "enable must be a line, not ['a']"),
        ("acme: {enable: a, prompts: {user: x}}", "add privileged to prompts, which are not taken from like"),
        ("acme: {enable: a, like: ios, prompts: {privileged: x}}", "prompts must have both; add user to prompts"),
        ("acme: {close: ''}", "close must be a line, not ''"),
        ("acme: {asks_login: maybe}", "asks_login must be true or false, not 'maybe'"),
        ("acme: {prompts: '#'}", "prompts must be a dictionary of configuration, shell, privileged, user"),
        ("acme: {prompts: {priviledged: '#'}}", "prompts: mode 'priviledged' is not known; did you mean privileged?"),
        ("acme: {prompts: {user: '('}}", "prompts.user is not a regular expression (missing ), unterminated"),
        ("acme: {prompts: {user: 5}}", "prompts.user must be a regular expression, not 5"),
        ("acme: {prompts: {user: '.*'}}", "prompts.user must not match an empty text"),
        ("acme: {dialogs: {}}", "dialogs must be a list of dictionaries"),
        ("acme: {dialogs: [{answer: a}]}", "dialogs, entry 1 has no question"),
        ("acme: {dialogs: [{question: a}]}", "dialogs, entry 1 must have exactly one of answer, key and message"),
        ("acme: {dialogs: [{question: a, answer: a, key: b}]}", "dialogs, entry 1 must have exactly one of"),
        ("acme: {dialogs: [{question: a, answer: true}]}", "dialogs, entry 1: answer must be a text, not True"),
        (
            "acme: {dialogs: [{question: a, answer: a, when: now}]}",
            "dialogs, entry 1: when must be one of login, command",
        ),
        ("acme: {dialogs: [{question: '[', answer: a}]}", "dialogs, entry 1, question is not a regular expression"),
        (
            "acme: {dialogs: [{question: a, anwser: a}]}",
            "dialogs, entry 1: key 'anwser' is not known; did you mean answer?",
        ),
        ("acme: {dialogs: [{question: a, message: 5}]}", "dialogs, entry 1: message must be a text"),
        ("acme: {like: ios}\nother: {names: [acme]}", "'acme' is a name of 'acme' and of 'other'"),
        ("acme: [", "is not valid YAML"),
        ("acme: {enable: a}\nacme: {enable: b}", "key 'acme' already appears in line 1"),
        ("acme: {enable: a, open: [], enable: a}", "key 'enable' already appears in line 1"),
        ("acme:\n  prompts:\n    user: a\n    'user': b", "key 'user' already appears in line 3"),
        ("acme: {dialogs: [{question: a, answer: a, question: b}]}", "key 'question' already appears in line 1"),
        ("acme: {enable: a}\nAcme: {enable: b}", "platform 'Acme' is described twice"),
        ('acme: {enable: "sup\\aer"}', "enable must be a line without control characters, not 'sup\\x07er'"),
        ('acme: {close: "\\x9b"}', "close must be a line without control characters"),
        ('acme: {paging: ["a\\tb"]}', "paging must be a list of lines without control characters"),
        ('acme: {failures: ["a\\eb"]}', "failures must be a list of texts without control characters"),
        ('acme: {names: ["a\\x7f"]}', "names must be a list of texts without control characters"),
        (
            'acme: {prompts: {user: "a\\b>"}}',
            "prompts.user has a control character; write the pattern in single quotes",
        ),
        ('acme: {dialogs: [{question: "\\ba", answer: a}]}', "entry 1, question has a control character"),
        ('acme: {dialogs: [{question: a, answer: "\\a"}]}', "answer must be a text without control characters"),
        ("acme: {enable: conf t}", "platforms.yml: platform 'acme': enable: 'conf t' enters configuration mode"),
        ("acme: {enter: configure}", "platform 'acme': enter: 'configure' enters configuration mode"),
        ("acme: {close: configure}", "platform 'acme': close: 'configure' enters configuration mode"),
        ("acme: {open: [a, conf t]}", "platform 'acme': open: 'conf t' enters configuration mode"),
        ("acme: {paging: [conf t]}", "platform 'acme': paging: 'conf t' enters configuration mode"),
        (
            "acme: {dialogs: [{question: a, answer: conf t}]}",
            "platform 'acme': dialogs, entry 1: answer: 'conf t' enters configuration mode",
        ),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "platforms.yml"
    path.write_text(text)
    with pytest.raises(PlatformError, match=re.escape(message)) as caught:
        found_platform("acme", [str(path)], needed=True)
    assert str(caught.value).startswith(str(path))


def test_a_file_with_merged_keys_and_a_control_key(tmp_path: Path) -> None:
    path = tmp_path / "platforms.yml"
    path.write_text(
        'acme: &a {enable: e, dialogs: [{question: q, key: "\\x03"}]}\n'
        "other: {<<: *a, enable: f, prompts: {user: '^(\\S+)>$', privileged: '^(\\S+)#$'}}\n"
    )
    found = found_platform("other", [str(path)], "", needed=True)
    assert found.description is not None
    assert (found.description["enable"], found.description["dialogs"][0]["key"]) == ("f", "\x03")


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"a: 1\n" * 300_000])
def test_a_file_that_is_no_text(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "platforms.yml").write_bytes(data)
    with pytest.raises(PlatformError, match=r"platforms\.yml is (not a text|larger)"):
        found_platform("acme", ["platforms.yml"], [str(tmp_path)], needed=True)


def test_the_example_of_the_page(tmp_path: Path) -> None:
    examples = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "platforms.yml").write_text(examples[0])
    variables = yaml.safe_load(examples[1])
    found = found_platform(
        variables["ansible_network_os"], [variables["rollcall_platforms"]], [str(tmp_path)], needed=True
    )
    platform = load_platform(found.name or "", found.description)
    assert platform.name == "acme_os"
    assert [platform.mode_of(prompt).kind for prompt in ("a >", "a #", "a (cfg-1) #")] == [  # type: ignore[union-attr]
        "user",
        "privileged",
        "configuration",
    ]
    (enable,) = platform.way("exec", "privileged_exec") or ()
    assert (enable.text, enable.wants_password) == ("super", True)
    assert platform.paging_lines == ("terminal lines 0",)
    (dialog,) = platform.dialogs
    assert dialog.question.search("text\nAccept the terms? (y/n) ")
    assert (dialog.answer, dialog.is_key, dialog.phase) == ("y", False, "login")
    assert platform.ntc == "cisco_ios"


def test_a_description_without_like_is_learned() -> None:
    platform = load_platform("acme", {"failures": ["ERR"]})
    learned = load_platform("learned")
    assert (platform.modes, platform.paging_lines) == (learned.modes, learned.paging_lines)
    assert platform.failures == ("ERR",)


def test_the_learned_platform() -> None:
    platform = load_platform("learned")
    assert platform.paging_lines[0] == "terminal length 0"
    (enable,) = platform.way("exec", "privileged_exec") or ()
    assert (enable.text, enable.wants_password) == ("enable", True)


TABLES = (hint.EXACT, hint.NAMES, hint.TEXTS, hint.SHAPES)


@pytest.mark.parametrize(
    "platform", sorted({each for table in TABLES for _pattern, platforms in table for each in platforms.split()})
)
def test_a_platform_that_can_fit_is_known(platform: str) -> None:
    assert load_platform(platform).name == platform
    assert platform in spellings()


@pytest.mark.parametrize(
    ("prompt", "said", "platform"),
    [
        ("--{ running }--[  ]--\nA:srl1#", "Welcome to Nokia SR Linux!", "nokia_srlinux"),
        ("--{ + running }--[  ]--\nA:srl1#", "", "nokia_srlinux"),
        ("[/]\nA:ops@sr2#", "", "nokia_sros"),
        ("*A:sr1#", "", "nokia_sros_classic"),
    ],
)
def test_the_hint_for_a_prompt_of_two_lines(prompt: str, said: str, platform: str) -> None:
    assert f"looks like {platform}: set" in platform_hint("no platform is set", prompt, said)


def test_the_hint() -> None:
    note = "platform 'iosx' is not known; near matches: ios"
    learn = "to hide this hint, set ansible_network_os to generic"
    assert platform_hint(note, "R1>", "Arista Networks EOS") == (
        f"{note}; the device looks like arista_eos: set ansible_network_os to it; {learn}"
    )
    assert platform_hint(note, "R1#", "Huawei") == (
        f"{note}; the device can be huawei_vrp, huawei_smartax or another platform: "
        f"set ansible_network_os to the right one; {learn}"
    )
    assert platform_hint(note, "edge", "") == f"{note}; {learn}"
    assert platform_hint("", "R1#", "") == "", "generic was chosen"


@pytest.mark.parametrize("prompt", ["R1#", "R1>", "<R1>", "user@host:~$", "ops@r1>", "fw-1 #", "(edge) >", "ns5gt->"])
def test_a_prompt_that_many_platforms_have_is_no_proof(prompt: str) -> None:
    found, certain = candidates(prompt, "")
    said = platform_hint("no platform is set", prompt, "")
    assert not certain
    assert f"the device can be {found[0]}" in said
    assert "or another platform: set ansible_network_os to the right one" in said


LAB = sorted((Path(__file__).resolve().parents[1] / "transcripts").glob("*.*.*.jsonl"))


@pytest.mark.parametrize("path", LAB, ids=lambda path: path.stem)
def test_the_answer_to_show_version_names_the_platform(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    device, expected = json.loads(lines[0])["device"], json.loads(lines[-1])["expected"]
    outputs = {command: Output(text=each["text"]) for command, each in expected["output"].items()}
    said = "".join(each["text"] for each in map(json.loads, lines[1:8]) if each["direction"] == "received")
    prompt = {"juniper_junos": "ops@r1>", "cisco_iosxr": "RP/0/RP0/CPU0:r1#", "huawei_vrp": "<r1>"}
    first = platform_hint("no platform is set", prompt.get(device["platform"], "r1#"), said)
    assert device["platform"] in first
    for named in spellings().values():
        assert f"looks like {named}" not in first or named == device["platform"]
    assert f"looks like {device['platform']}: set ansible_network_os to it" in hint_with_answers(first, outputs)


@pytest.mark.parametrize(
    ("command", "output", "words"),
    [
        ("show version", Output(text="Cisco Nexus Operating System (NX-OS) Software"), "looks like cisco_nxos"),
        ("get system status", Output(text="Version: FortiGate-60F v7.2.5"), "looks like fortinet_fortios"),
        ("show foo", Output(text="% Invalid input", status="failed", error=REJECTED), "looks like arista_eos"),
        (
            "show version",
            Output(text="Linux leaf1 5.10"),
            "can be linux, cumulus_linux, dell_enterprisesonic or another",
        ),
        ("show lldp neighbors", Output(text="Arista Networks EOS"), "can be cisco_iosxe, arista_eos, "),
        ("show cdp neighbors | include version", Output(text="Arista"), "can be cisco_iosxe, arista_eos, "),
        ("show version", Output(text="1.2.3"), "can be cisco_iosxe, arista_eos, "),
    ],
)
def test_the_hint_with_answers(command: str, output: Output, words: str) -> None:
    first = platform_hint("no platform is set", "leaf1#", "")
    said = hint_with_answers(first, {command: output})
    assert words in said
    assert said.startswith("no platform is set; the device ")
    assert said.endswith("; to hide this hint, set ansible_network_os to generic")


def test_a_hint_about_prompts_of_the_users_platform_stays() -> None:
    first = "the prompt 'a#' is none of platform acme_os; correct its prompts"
    assert hint_with_answers(first, {"show version": Output(text="Arista")}) == first


def test_the_hint_with_answers_keeps_its_reason() -> None:
    note = "platform 'the device can be a: set ansible_network_os' is not known"
    first = platform_hint(note, "edge", "")
    assert hint_with_answers(first, {"show version": Output(text="Arista")}).startswith(
        f"{note}; the device looks like"
    )


@pytest.mark.parametrize(
    ("prompt", "said", "platform"),
    [
        ("edge-1#", "", "cisco_iosxe"),
        ("edge-1>", "Arista Networks EOS", "arista_eos"),
        ("leaf-1#", "Cisco Nexus Operating System (NX-OS) Software", "cisco_nxos"),
        ("asa/pri/act#", "ERROR: % Invalid input detected at '^' marker.", "cisco_asa"),
        ("RP/0/RSP0/CPU0:core-1#", "", "cisco_iosxr"),
        ("[admin@MikroTik] >", "", "mikrotik_routeros"),
        ("<core-1>", "", "huawei_vrp"),
        ("<core-1>", "Copyright (c) 2010-2020 Hewlett Packard Enterprise Development LP", "hp_comware"),
        ("HRP_M<fw>", "", "huawei_vrp"),
        ("admin@ex-1>", "--- JUNOS 20.4R3", "juniper_junos"),
        ("admin@fw-1(active)>", "", "paloalto_panos"),
        ("{master:0}\nadmin@ex-1>", "", "juniper_junos"),
        ("[/]\nA:admin@pe-1#", "", "nokia_sros"),
        ("*A:pe-1#", "", "nokia_sros_classic"),
        ("--{ running }--[  ]--\nA:leaf-1#", "", "nokia_srlinux"),
        ("fw-1 #", "", "fortinet_fortios"),
        ("X460.1 #", "", "extreme_exos"),
        ("ns5gt->", "", "juniper_screenos"),
        ("sw1:FID128:admin>", "", "brocade_fos"),
        ("root@(lb1)(cfg-sync Standalone)(Active)(/Common)(tmos)#", "", "f5_tmsh"),
        ("user@host:~$", "", "linux"),
        ("vyos@gw:~$", "Welcome to VyOS!", "vyos_vyos"),
        ("(edge) >", "", "ubiquiti_edgeswitch"),
        ("RP/0/RSP0/CPU0:core-1#", "property of Cisco Ltd", "cisco_iosxr"),
        ("OS6900->", "Welcome to the Alcatel-Lucent OmniSwitch 6900", "alcatel_aos"),
        ("edge", "", None),
    ],
)
def test_the_platform_that_fits_best(prompt: str, said: str, platform: str | None) -> None:
    found, _certain = candidates(prompt, said)
    assert next(iter(found), None) == platform


def test_warnings_of_platforms_that_are_learned() -> None:
    devices = [Device(f"r{number}", platform="learned", platform_note="no platform is set") for number in range(7)]
    devices += [Device("typo", platform="learned", platform_note="platform 'iosx' is not known; near matches: ios")]
    devices += [Device("wanted", platform="learned"), Device("known", platform="cisco_iosxe")]
    assert platform_warnings(devices) == [
        "no platform is set; the platform is learned from the device: r0, r1, r2, r3, r4 and 2 more. "
        "To hide this warning, set ansible_network_os: generic.",
        "platform 'iosx' is not known; near matches: ios; the platform is learned from the device: typo. "
        "To hide this warning, set ansible_network_os: generic.",
    ]
    many = [Device(f"r{number}", platform_note=f"platform '{number}' is not known") for number in range(50)]
    assert len(platform_warnings(many)) == 6
    assert platform_warnings([Device("wanted", platform="learned")]) == []


def test_an_unknown_platform_of_ntc_templates_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "index").write_text(
        "# own\n\nTemplate, Hostname, Platform, Command\n\n"
        "a.textfsm, .*, acme_os, show it\nb.textfsm, .*, box_\\d, it\n"
    )
    monkeypatch.setenv("NTC_TEMPLATES_DIR", str(tmp_path))
    names = {"one": "acme_os", "two": "acme_so", "three": "box_7", "four": "box_"}
    devices = [Device(name, platform=f"p_{name}", definition={"ntc": ntc}) for name, ntc in names.items()]
    assert platform_warnings([*devices, *devices]) == [
        "platform p_two of rollcall_platforms: ntc-templates has no platform 'acme_so'; near matches: acme_os",
        "platform p_four of rollcall_platforms: ntc-templates has no platform 'box_'; near matches: box_\\d",
    ]


@pytest.mark.parametrize("folder", ["nowhere", "empty"])
def test_without_ntc_templates_nothing_is_said_of_its_platforms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty/index").write_text("\n")
    monkeypatch.setenv("NTC_TEMPLATES_DIR", str(tmp_path / folder))
    assert platform_warnings([Device("r1", platform="p", definition={"ntc": "acme"})]) == []


def test_near_matches_begin_with_the_users_own_platforms(tmp_path: Path) -> None:
    (tmp_path / "platforms.yml").write_text("acme_oss: {like: ios}\n")
    found = found_platform("acme", ["platforms.yml"], [str(tmp_path)], needed=True)
    assert "near matches: acme_oss, " in found.note


@pytest.mark.parametrize("first", [0, 1, 2])
def test_the_first_folder_that_has_the_file_counts(tmp_path: Path, first: int) -> None:
    folders = [tmp_path / name for name in "abc"]
    for number, folder in enumerate(folders):
        folder.mkdir()
        if number >= first:
            (folder / "platforms.yml").write_text(f"acme: {{like: ios, close: bye {number}}}\n")
    found = found_platform("acme", ["platforms.yml"], list(map(str, folders)), needed=True)
    assert found.description == {"like": "ios", "close": f"bye {first}"}
    with pytest.raises(
        PlatformError, match=re.escape(f"none.yml is in none of the folders {tmp_path}/a, {tmp_path}/b")
    ):
        found_platform("acme", ["none.yml"], list(map(str, folders)), needed=True)


def test_a_missing_file_in_one_folder_is_named_with_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PlatformError, match=f"^{re.escape(str(tmp_path))}/none.yml cannot be read: No such file"):
        found_platform("acme", ["none.yml"], [str(tmp_path), "."], needed=True)


def test_the_folder_of_the_collections_playbooks_is_not_the_users() -> None:
    ours = Path(__file__).resolve().parents[2] / "playbooks"
    assert folders_of_user({"inventory_dir": "/etc/inv", "playbook_dir": str(ours)}) == ["/etc/inv", "."]
    assert folders_of_user({"inventory_dir": None, "playbook_dir": "/srv/site"}) == ["/srv/site", "."]


@pytest.mark.parametrize("connection", [{}, None, {"platform_hint": "no platform is set; set it"}])
def test_the_line_about_platforms_at_the_end_of_a_run(connection: dict[str, str] | None) -> None:
    answers: list[tuple[str, dict[str, Any]]] = [
        (f"r{n}", {"status": "ok", "connection": connection}) for n in range(6)
    ]
    lines = hint_lines([*answers, ("known", {"status": "ok"})])
    assert len(lines) == bool(connection)
    assert [line for line in lines if "6 devices have a hint" in line and "r3, and 2 more" in line] == lines


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("base_os: {like: frr}\nacme: {like: base_os}", "'base_os' is a platform of this file"),
        ('acme: {enable: "{{ word }}"}', "templates are not rendered in this file"),
        ("$ANSIBLE_VAULT;1.1;AES256\n6134\n", "is encrypted with ansible-vault, which is not supported for this file"),
    ],
)
def test_what_a_file_of_platforms_cannot_have(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "platforms.yml"
    path.write_text(text)
    with pytest.raises(PlatformError, match=re.escape(message)):
        found_platform("acme", [str(path)], needed=True)
