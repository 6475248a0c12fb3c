# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._platforms import (
    CORRECTIONS,
    NAMES,
    OWN,
    Platform,
    PlatformError,
    load_platform,
    loading,
    names,
    platform_name,
    scrapli,
)


def shipped() -> list[str]:
    """The names of all definitions that scrapli brings."""
    return scrapli.scrapli_names()


ALL = sorted({*shipped(), *NAMES, *CORRECTIONS, *OWN} - {"default"})
SPELLINGS = [(spelling, name) for name, others in NAMES.items() for spelling in (name, *others)]


@pytest.fixture(autouse=True)
def with_definitions() -> None:
    if not shipped():
        pytest.skip("scrapli's definitions are not installed")


@pytest.fixture
def fresh() -> Iterator[None]:
    """No platform is remembered, neither before nor after."""
    caches = (loading._load, loading._described, names.spellings)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


# -- names -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("spelling", "name"), SPELLINGS)
def test_every_spelling_resolves_and_loads(spelling: str, name: str) -> None:
    assert platform_name(spelling) == name
    assert platform_name(f" {spelling.upper()}\n") == name
    assert load_platform(name).name == name


def test_no_spelling_means_two_platforms() -> None:
    spellings = [spelling for spelling, _name in SPELLINGS]
    assert sorted(spellings) == sorted(set(spellings))


@pytest.mark.parametrize(
    ("network_os", "name"),
    [
        ("cisco.ios.ios", "cisco_iosxe"),
        ("ios", "cisco_iosxe"),
        ("cisco_ios", "cisco_iosxe"),
        ("cisco_xe", "cisco_iosxe"),
        ("cisco.iosxr.iosxr", "cisco_iosxr"),
        ("iosxr", "cisco_iosxr"),
        ("cisco_xr", "cisco_iosxr"),
        ("cisco.nxos.nxos", "cisco_nxos"),
        ("nxos", "cisco_nxos"),
        ("cisco_nxos", "cisco_nxos"),
        ("cisco.asa.asa", "cisco_asa"),
        ("cisco_asa", "cisco_asa"),
        ("arista.eos.eos", "arista_eos"),
        ("eos", "arista_eos"),
        ("arista_eos", "arista_eos"),
        ("junipernetworks.junos.junos", "juniper_junos"),
        ("junos", "juniper_junos"),
        ("juniper_junos", "juniper_junos"),
        ("frr.frr.frr", "frr"),
        ("frr", "frr"),
        ("vyos.vyos.vyos", "vyos_vyos"),
        ("vyos", "vyos_vyos"),
        ("community.network.ce", "huawei_vrp"),
        ("huawei", "huawei_vrp"),
        ("huawei_vrp", "huawei_vrp"),
        ("huawei_vrpv8", "huawei_vrp"),
        ("nokia.srlinux.srlinux", "nokia_srlinux"),
        ("community.network.sros", "nokia_sros_classic"),
        ("community.routeros.routeros", "mikrotik_routeros"),
        ("mikrotik_routeros", "mikrotik_routeros"),
        ("dellemc.os10.os10", "dell_emc"),
        ("dell_os10", "dell_emc"),
        ("arubanetworks.aoscx.aoscx", "aruba_aoscx"),
        ("aruba_aoscx", "aruba_aoscx"),
        ("fortinet", "fortinet_fortios"),
        ("paloalto_panos", "paloalto_panos"),
        ("hp_comware", "hp_comware"),
        ("cisco.ios", "cisco_iosxe"),
        ("junipernetworks.junos", "juniper_junos"),
        ("dellos6", "dell_os6"),
        ("dellos9", "dell_os9"),
        ("dellos10", "dell_emc"),
        ("mikrotik", "mikrotik_routeros"),
        ("comware7", "hp_comware"),
        ("nxos_ssh", "cisco_nxos"),
        ("community.network.aireos", "cisco_aireos"),
        ("community.network.edgeos", "ubiquiti_edgerouter"),
        ("community.network.exos", "extreme_exos"),
        ("community.network.ironware", "brocade_netiron"),
        ("community.network.nos", "extreme_nos"),
        ("community.network.slxos", "extreme_slx"),
        ("community.network.voss", "avaya_vsp"),
        ("community.network.netvisor", "pluribus_netvisor"),
        ("procurve", "hp_procurve"),
        ("fastiron", "ruckus_fastiron"),
        ("vrp", "huawei_vrp"),
        ("aos7", "alcatel_aos"),
        ("isam", "nokia_sros_classic_aram"),
        ("cisco_ios_ssh", "cisco_iosxe"),
        ("cisco_xr_telnet", "cisco_iosxr"),
        ("cisco_ios_serial", "cisco_iosxe"),
        ("f5_tmsh", "f5_tmsh"),
        ("netscaler", "netscaler"),
        ("generic", "learned"),
        ("default", "learned"),
    ],
)
def test_common_network_os(network_os: str, name: str) -> None:
    assert platform_name(network_os) == name


@pytest.mark.parametrize(
    ("spelling", "near"),
    [
        ("cisco_iosx", "cisco_ios"),
        ("cisco.io", "cisco.ios"),
        ("arista.os", "arista.eos"),
        ("junos_", "junos"),
    ],
)
def test_unknown_with_near_matches(spelling: str, near: str) -> None:
    with pytest.raises(PlatformError) as caught:
        platform_name(spelling)
    message = str(caught.value)
    assert repr(spelling) in message
    assert near in message
    assert "docs/platforms.md" in message
    assert "ansible_network_os" not in message, "it may stand elsewhere: who asks says where to correct it"


@pytest.mark.parametrize("spelling", ["", "  ", "qqqqqqqqqqqq", "../cisco_iosxe", "cisco_iosxe.yaml"])
def test_unknown(spelling: str) -> None:
    with pytest.raises(PlatformError, match="not known"):
        platform_name(spelling)


# -- definitions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
def test_every_definition_compiles(name: str) -> None:
    platform = load_platform(platform_name(name))
    assert platform.modes
    assert sorted(mode.name for mode in platform.by_exactness) == sorted(platform.modes)
    assert platform.dialogs is not None
    assert {mode.kind for mode in platform.by_exactness} <= {"user", "privileged", "configuration", "shell"}
    ways = [way for mode in platform.modes.values() for way in mode.ways.values()]
    for step in (*platform.on_open, *(step for way in ways for step in way)):
        assert step.kind in ("enter", "send", "write", "ask")
        assert step.kind != "enter" or step.text in platform.modes
        assert (step.question is not None) is (step.kind == "ask")
    assert platform.ntc is None or isinstance(platform.ntc, str)


# What the lines that open sessions may begin with. Each one is of the session only, and is not saved.
OF_THE_SESSION = re.compile(
    r"term(inal)? (width|length|len|pager|datadump|more|page-break|exec prompt)\b|screen-length (0 temporary|disable)$"
    r"|set cli (screen-(width|length)|complete-on-space|scripting-mode|pager|mode -page)\b|no pag(e|ing)$"
    r"|environment (no more|mode batch|inhibit-alarms|print no-more|cli-engine type basic|complete-on-space false)$"
    r"|skip-page-display$|disable clipaging session$|paginate false$|set clienv rows 0$|stty cols \d+$|exit all$"
    r"|(system shell session )?set (session more off|more off)$|no cli session paging enable$|scroll$|undo smart$"
    r"|page-off$|terminal-length 0$|pager off$|no pager$|screen-length 0$"
    r"|set (complete-on-space false|paginate false|screen width \d+)$"
)


@pytest.mark.parametrize("name", ALL)
def test_opening_a_session_configures_nothing(name: str) -> None:
    platform = load_platform(name)
    for step in platform.on_open:
        assert step.kind != "ask", "a session is opened without secrets; enable is a way between modes"
        assert step.kind == "enter" or OF_THE_SESSION.match(step.text), step.text
        assert step.kind != "enter" or not step.text.startswith("conf")
    for line in platform.paging_lines:
        assert OF_THE_SESSION.match(line), line


@pytest.mark.parametrize("name", ALL)
def test_a_session_ends_with_a_goodbye(name: str) -> None:
    """The one line that is sent without waiting has to end the session by itself."""
    goodbye = load_platform(name).on_close
    assert goodbye in (None, "exit", "logout", "quit", "q")


@pytest.mark.parametrize("name", ALL)
def test_ntc_templates_knows_the_platform(name: str) -> None:
    pytest.importorskip("ntc_templates")
    ntc = load_platform(name).ntc
    folder = importlib.util.find_spec("ntc_templates").submodule_search_locations[0]  # type: ignore[union-attr,index]
    index = Path(folder, "templates", "index").read_text(encoding="utf-8")
    patterns = {row.split(",")[2].strip() for row in index.splitlines() if row.count(",") >= 3}
    assert ntc is None or any(re.match(pattern, ntc) for pattern in patterns), "no command of it has a template"


@pytest.mark.parametrize(
    ("name", "ntc"),
    [
        ("alcatel_aos", "alcatel_aos"),
        ("cumulus_linux", "linux"),
        ("eltex_esr", "eltex"),
        ("dlink_os", "dlink_ds"),
        ("cisco_iosxr", "cisco_xr"),
        ("hp_procurve", "hp_procurve"),
        ("dell_os9", "dell_force10"),
    ],
)
def test_names_in_ntc_templates(name: str, ntc: str) -> None:
    assert load_platform(name).ntc == ntc


# -- modes -------------------------------------------------------------------------------------------------------------

EXEC, ENABLED, CONFIGURATION, SHELL = "exec", "privileged_exec", "configuration", "shell"


@pytest.mark.parametrize(
    ("name", "prompt", "mode"),
    [
        ("cisco_iosxe", "edge-1>", EXEC),
        ("cisco_iosxe", "edge-1#", ENABLED),
        ("cisco_iosxe", "edge-1.example.net#", ENABLED),
        ("cisco_iosxe", "edge-1# ", ENABLED),
        ("cisco_iosxe", "edge-1(config)#", CONFIGURATION),
        ("cisco_iosxe", "edge-1(config-if)#", CONFIGURATION),
        ("cisco_iosxe", "edge-1(tcl)#", SHELL),
        ("cisco_iosxe", "Password:", None),
        ("cisco_iosxe", "Interface  IP-Address", None),
        ("cisco_iosxe", "two words#", ENABLED),
        ("cisco_iosxr", "RP/0/RSP0/CPU0:core-1#", ENABLED),
        ("cisco_iosxr", "RP/0/RSP0/CPU0:core-1(config)#", CONFIGURATION),
        ("cisco_iosxr", "RP/0/RSP0/CPU0:core-1(config-bgp)#", CONFIGURATION),
        ("cisco_nxos", "leaf-1#", ENABLED),
        ("cisco_nxos", "leaf-1# ", ENABLED),
        ("cisco_nxos", "leaf-1>", EXEC),
        ("cisco_nxos", "leaf-1(maint-mode)#", ENABLED),
        ("cisco_nxos", "leaf-1(config)#", CONFIGURATION),
        ("cisco_nxos", "leaf-1(config-if-range)#", CONFIGURATION),
        ("cisco_asa", "asa/pri/act>", EXEC),
        ("cisco_asa", "asa/pri/act# ", ENABLED),
        ("cisco_asa", "asa(config)# ", CONFIGURATION),
        ("cisco_ftd", "> ", EXEC),
        ("cisco_aireos", "(Cisco Controller) >", EXEC),
        ("cisco_aireos", "(Cisco Controller) config>", CONFIGURATION),
        ("cisco_cbs", "switch-1#", ENABLED),
        ("cisco_cbs", "switch-1(config)#", CONFIGURATION),
        ("arista_eos", "spine-1>", EXEC),
        ("arista_eos", "spine-1#", ENABLED),
        ("arista_eos", "spine-1(config)#", CONFIGURATION),
        ("arista_eos", "spine-1(config-if-Et1)#", CONFIGURATION),
        ("arista_eos", "spine-1(config-s-mine)#", CONFIGURATION),
        ("arista_eos", "[admin@spine-1 ~]$", SHELL),
        ("juniper_junos", "admin@mx-1> ", EXEC),
        ("juniper_junos", "{master}\nadmin@mx-1> ", EXEC),
        ("juniper_junos", "{master:0}\nadmin@ex-1> ", EXEC),
        ("juniper_junos", "admin@mx-1# ", CONFIGURATION),
        ("juniper_junos", "[edit]\nadmin@mx-1# ", CONFIGURATION),
        ("juniper_junos", "{master:0}[edit]\nadmin@ex-1# ", CONFIGURATION),
        ("juniper_junos", "root@mx-1% ", SHELL),
        ("juniper_junos", "root@mx-1:~ # ", SHELL),
        ("juniper_junos", "% ", SHELL),
        ("huawei_vrp", "<core-1>", ENABLED),
        ("huawei_vrp", "HRP_M<fw-1>", ENABLED),
        ("huawei_vrp", "[core-1]", CONFIGURATION),
        ("huawei_vrp", "[~core-1]", CONFIGURATION),
        ("huawei_vrp", "[*core-1-GE1/0/1]", CONFIGURATION),
        ("huawei_smartax", "MA5800>", EXEC),
        ("huawei_smartax", "MA5800#", ENABLED),
        ("huawei_smartax", "MA5800(config)#", CONFIGURATION),
        ("hp_comware", "<switch-1>", ENABLED),
        ("hp_comware", "[switch-1]", CONFIGURATION),
        ("nokia_sros", "[/]\nA:admin@pe-1# ", EXEC),
        ("nokia_sros", "[]\nA:admin@pe-1# ", EXEC),
        ("nokia_sros", "some output\n\n[/]\nA:admin@pe-1# ", EXEC),
        ("nokia_sros", "(ex)[/]\nA:admin@pe-1# ", CONFIGURATION),
        ("nokia_sros", "*(ex)[/configure]\nA:admin@pe-1# ", CONFIGURATION),
        ("nokia_sros", '(gl)[/configure router "Base"]\nA:admin@pe-1# ', CONFIGURATION),
        ("nokia_sros", "A:admin@pe-1# ", EXEC),
        ("nokia_sros_classic", "A:pe-1# ", EXEC),
        ("nokia_sros_classic", "*A:pe-1# ", EXEC),
        ("nokia_sros_classic", "A:pe-1>config# ", CONFIGURATION),
        ("nokia_sros_classic", "*A:pe-1>config>router# ", CONFIGURATION),
        ("nokia_srlinux", "--{ running }--[  ]--\nA:leaf-1# ", EXEC),
        ("nokia_srlinux", "--{ + running }--[  ]--\nA:leaf-1# ", EXEC),
        ("nokia_srlinux", "--{ candidate shared default }--[  ]--\nA:leaf-1# ", CONFIGURATION),
        ("nokia_srlinux", "--{ +* candidate private private-admin }--[  ]--\nA:leaf-1# ", CONFIGURATION),
        ("paloalto_panos", "admin@fw-1> ", EXEC),
        ("paloalto_panos", "admin@fw-1(active)> ", EXEC),
        ("paloalto_panos", "admin@fw-1# ", CONFIGURATION),
        ("fortinet_fortios", "fw-1 # ", EXEC),
        ("fortinet_fortios", "fw-1 $ ", EXEC),
        ("mikrotik_routeros", "[admin@MikroTik] > ", EXEC),
        ("mikrotik_routeros", "[admin@MikroTik] /ip address> ", EXEC),
        ("vyos_vyos", "vyos@gw-1:~$ ", ENABLED),
        ("vyos_vyos", "vyos@gw-1# ", CONFIGURATION),
        ("vyos_vyos", "[edit]\nvyos@gw-1# ", CONFIGURATION),
        ("aruba_aoscx", "6300# ", ENABLED),
        ("aruba_aoscx", "6300(config)# ", CONFIGURATION),
        ("aruba_wlc", "(wlc-1) #", ENABLED),
        ("aruba_wlc", "(wlc-1) (config) #", CONFIGURATION),
        ("dell_emc", "os10>", EXEC),
        ("dell_emc", "os10#", ENABLED),
        ("dell_emc", "os10(config)#", CONFIGURATION),
        ("dell_enterprisesonic", "admin@sonic:~$ ", SHELL),
        ("dell_enterprisesonic", "sonic# ", ENABLED),
        ("dell_enterprisesonic", "sonic(config)# ", CONFIGURATION),
        ("cumulus_linux", "cumulus@leaf-1:mgmt:~$ ", SHELL),
        ("ruckus_fastiron", "SSH@icx-1>", EXEC),
        ("ruckus_fastiron", "SSH@icx-1#", ENABLED),
        ("ruckus_fastiron", "SSH@icx-1(config)#", CONFIGURATION),
        ("ubiquiti_edgeswitch", "(edge) >", EXEC),
        ("ubiquiti_edgeswitch", "(edge) #", ENABLED),
        ("ubiquiti_edgeswitch", "(edge) (Config)#", CONFIGURATION),
        ("frr", "r1>", EXEC),
        ("frr", "r1#", ENABLED),
        ("frr", "r1# ", ENABLED),
        ("frr", "r1(config)#", CONFIGURATION),
        ("frr", "r1(config-router)#", CONFIGURATION),
        ("learned", "anything goes>", EXEC),
        ("learned", "no prompt", None),
    ],
)
def test_mode_of(name: str, prompt: str, mode: str | None) -> None:
    platform = load_platform(name)
    found = platform.mode_of(prompt)
    assert (found.name if found else None) == mode
    found = platform.mode_of(f"\nlast line of an answer\n{prompt}")
    assert (found.name if found else None) == mode


@pytest.mark.parametrize(
    ("name", "tail"),
    [
        ("cisco_iosxe", ""),
        ("cisco_iosxe", "edge-1#show version"),
        ("cisco_iosxe", "edge-1#\nmore to come"),
        ("cisco_iosxe", "edge-1#\n\nmore to come"),
        ("huawei_vrp", "<core-1>\nmore to come"),
        ("nokia_sros", "[/]\nA:admin@pe-1# \nmore to come"),
        ("mikrotik_routeros", "[admin@MikroTik] > /system/resource/print"),
    ],
)
def test_a_prompt_counts_only_at_the_end(name: str, tail: str) -> None:
    assert load_platform(name).mode_of(tail) is None


@pytest.mark.parametrize(
    ("name", "tail", "prompt"),
    [
        ("cisco_iosxe", "an answer\nedge-1#", "edge-1#"),
        ("nokia_sros", "an answer\n[/]\nA:admin@pe-1# ", "[/]\nA:admin@pe-1# "),
        ("nokia_sros", "an answer\n!*(ex)[/configure]\nA:admin@pe-1# ", "!*(ex)[/configure]\nA:admin@pe-1# "),
        ("juniper_junos", "an answer\n{master:0}\nadmin@ex-1> ", "{master:0}\nadmin@ex-1> "),
    ],
)
def test_where_the_prompt_starts(name: str, tail: str, prompt: str) -> None:
    mode = load_platform(name).mode_of(tail)
    assert mode is not None
    start = mode.prompt_start(tail)
    assert start is not None
    assert tail[start:] == prompt
    assert mode.prompt_start("an answer\n") is None


# -- ways --------------------------------------------------------------------------------------------------------------


WITHOUT_ENABLE = (
    "cisco_ftd",
    "cisco_iosxr",
    "cisco_viptela",
    "datacom_dmos",
    "datacom_dmswitch",
    "dell_enterprisesonic",
    "extreme_exos",
    "siemens_roxii",
)
WITHOUT_PASSWORD = ("huawei_smartax", "ruckus_unleashed")


def enabling() -> list[str]:
    if not shipped():
        return []
    both = [name for name in ALL if {EXEC, ENABLED} <= load_platform(name).modes.keys()]
    return [name for name in both if name not in WITHOUT_ENABLE]


@pytest.mark.parametrize("name", enabling())
def test_enable(name: str) -> None:
    way = load_platform(name).way(EXEC, ENABLED)
    assert way is not None
    assert [step.text.split()[0] for step in way] == ["administrator" if name == "yamaha" else "enable"]


@pytest.mark.parametrize("question", ["Password:", "password: ", "PassWord:", "Enable password:", "Enter passcode:"])
@pytest.mark.parametrize("name", [name for name in enabling() if name not in WITHOUT_PASSWORD])
def test_enable_asks_for_the_password(name: str, question: str) -> None:
    way = load_platform(name).way(EXEC, ENABLED)
    assert way is not None
    (step,) = way
    assert (step.kind, step.answer, step.wants_password) == ("ask", None, True)
    assert step.question is not None
    assert step.question.search(question)
    assert not step.question.search("edge-1#")
    assert not step.question.search("Last password change: yesterday")


@pytest.mark.parametrize("name", ALL)
def test_no_way_leads_through_configuration(name: str) -> None:
    platform = load_platform(name)
    for start in platform.modes:
        assert platform.way(start, start) == ()
        for goal in platform.modes:
            way = platform.way(start, goal)
            if (goal.startswith("config") or start.startswith("config")) and start != goal:
                assert way is None
            if not start.startswith("config"):
                assert not any(step.text.startswith(("conf", "system-view", "edit-config")) for step in way or ())


def test_ways() -> None:
    platform = load_platform("cisco_iosxe")
    assert [step.text for step in platform.way(ENABLED, EXEC) or ()] == ["disable"]
    assert platform.way(CONFIGURATION, ENABLED) is None, "the way could discard what was not saved"
    assert [step.text for step in load_platform("juniper_junos").way(SHELL, EXEC) or ()] == ["cli"]
    assert [step.text for step in load_platform("f5_tmsh").way(SHELL, EXEC) or ()] == ["tmsh"]
    assert platform.way(EXEC, "no such mode") is None


# -- what is missing ---------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("fresh")
def test_without_scrapli(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    name = platform_name("cisco.ios.ios")
    with pytest.raises(PlatformError, match=r"scrapli .* is not installed .* pip install"):
        load_platform(name)
    assert load_platform("frr").name == "frr", "it is described here as a whole"


@pytest.mark.usefixtures("fresh")
def test_with_a_scrapli_that_has_no_definitions(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("scrapli", submodule_search_locations=[str(tmp_path)])
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    with pytest.raises(PlatformError, match=r"scrapli .* pip install"):
        load_platform("cisco_iosxe")


@pytest.mark.usefixtures("fresh")
def test_without_pyyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scrapli, "yaml", None)
    with pytest.raises(PlatformError, match=r"PyYAML is not installed .* pip install"):
        load_platform("cisco_iosxe")


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "just text",
        "- a list",
        "{unclosed",
        "modes: 5\nprompt_pattern: x\n",
        "modes: []\n",
        "modes: [{name: exec}]\nprompt_pattern: x\n",
        "modes: [{name: exec, prompt_pattern: '('}]\nprompt_pattern: x\n",
        "modes: [5]\nprompt_pattern: x\n",
        "modes: []\nprompt_pattern: x\non_open_instructions: [text]\n",
        "modes: []\nprompt_pattern: x\non_open_instructions: [{send_input: text}]\n",
    ],
)
def test_a_broken_definition(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str) -> None:
    (tmp_path / "odd.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(scrapli, "definitions_folder", lambda: str(tmp_path))
    with pytest.raises(PlatformError, match="the definition of platform 'odd' can"):
        load_platform("odd")


def test_a_platform_is_compiled_once() -> None:
    platform = load_platform("cisco_iosxe")
    assert isinstance(platform, Platform)
    assert load_platform("cisco_iosxe") is platform


def test_a_collection_of_several_platforms_is_no_platform() -> None:
    assert platform_name("cisco.ios") == "cisco_iosxe"
    with pytest.raises(PlatformError):
        platform_name("community.network")
