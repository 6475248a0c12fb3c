# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which device answers: names in prompts, serial numbers in texts, the rule, and what becomes of the answer."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._changes import Changes
from ansible_collections.rollcall.network.plugins.module_utils._drivers.device_name import (
    device_name,
    is_expected,
    same_name,
)
from ansible_collections.rollcall.network.plugins.module_utils._identity import (
    Fleet as KnownFleet,
)
from ansible_collections.rollcall.network.plugins.module_utils._identity import Identity, compared, identity_of
from ansible_collections.rollcall.network.plugins.module_utils._last_good import LastGood
from ansible_collections.rollcall.network.plugins.module_utils._parsing.serials import serials_in, shows_serial
from ansible_collections.rollcall.network.plugins.module_utils._roll import news_of, write_answer
from ansible_collections.rollcall.network.plugins.module_utils._run import RunFolder, read_answer

PROMPTS: list[tuple[str, str | None]] = [
    ("R1>", "R1"),
    ("R1#", "R1"),
    ("core-1.example.net#", "core-1.example.net"),
    ("R1(config)#", "R1"),
    ("R1(boot)>", "R1"),
    ("R1-stby>", "R1-stby"),
    ("RP/0/RP0/CPU0:fra-core1#", "fra-core1"),
    ("RP/0/RSP1/CPU0:ios#", "ios"),
    ("sysadmin-vm:0_RP0#", "sysadmin-vm"),
    ("asa/pri/act#", "asa"),
    ("asa/ctx1/sec/stby>", "asa"),
    ("pri/act/asa#", "asa"),
    ("asa/ctx1#", "asa"),
    ("n7k-vdc1#", "n7k-vdc1"),
    ("n9k(maint-mode)#", "n9k"),
    ("lab@fra-edge1>", "fra-edge1"),
    ("lab@mx-re0>", "mx-re0"),
    ("{master}lab@mx>", "mx"),
    ("lab@mx:~ #", "mx"),
    ("root@mx%", "mx"),
    ("<HUAWEI>", "HUAWEI"),
    ("[HUAWEI]", "HUAWEI"),
    ("[~HUAWEI]", "HUAWEI"),
    ("HRP_M<FW-1>", "FW-1"),
    ("HRP_S[FW-1]", "FW-1"),
    ("<H3C>", "H3C"),
    ("fgt #", "fgt"),
    ("fgt (root) #", "fgt"),
    ("fgt (global) $", "fgt"),
    ("admin@PA-1>", "PA-1"),
    ("admin@PA-1(active)>", "PA-1"),
    ("admin@PA-1(passive)#", "PA-1"),
    ("corp.local\\jo@PA-1(active-primary)>", "PA-1"),
    ("jo@corp.local@PA-1>", "PA-1"),
    ("gw1>", "gw1"),
    ("[Expert@gw1:0]#", "gw1"),
    ("gw1:TACP-0>", "gw1"),
    ("root@(bigip1)(cfg-sync In Sync)(Active)(/Common)(tmos)#", "bigip1"),
    ("[root@bigip1:Active:Standalone] config #", "bigip1"),
    ("[admin@MikroTik] >", "MikroTik"),
    ("[admin@Core Router 2] /ip address>", "Core Router 2"),
    ("[admin@edge] <SAFE>", "edge"),
    ("*A:sros#", "sros"),
    ("A:admin@sros#", "sros"),
    ("B:sros>config#", "sros"),
    ("(Cisco Controller) >", "Cisco Controller"),
    ("(wlc-1) (Config)#", "wlc-1"),
    ("(aruba) [mynode] #", "aruba"),
    ("(aruba) *[mynode] #", "aruba"),
    ("sw0:FID128:admin>", "sw0"),
    ("DGS-3120:admin#", "DGS-3120"),
    ("SSH@icx>", "icx"),
    ("icx(config)#", "icx"),
    ("ssg->", "ssg"),
    ("ssg(M)->", "ssg"),
    ("SG-6000(B)#", "SG-6000"),
    ("->", None),
    (">", None),
    ("#", None),
    ("$", None),
    ("bash-4.4$", None),
    ("sh-4.4#", None),
    ("X440.1 #", "X440"),
    ("* Slot-1 STACK.12 #", "STACK"),
    ("saos*>", "saos"),
    ("ProCurve Switch 2524#", "ProCurve Switch 2524"),
    ("VSP-8284XSQ:1#", "VSP-8284XSQ"),
    ("mlx [standalone: master] >", "mlx"),
    ("mlx [mlag: standby] (config) #", "mlx"),
    ("[local]ipos#", "ipos"),
    ("vyos@r1:~$", "r1"),
    ("ubnt@er-x:~$", "er-x"),
    ("[jo@srv ~]$", "srv"),
    ("cumulus@leaf1:mgmt:~$", "leaf1"),
    ("ACOS-Active#", "ACOS-Active"),
    ("vThunder(NOLICENSE)>", "vThunder"),
    ("FPR4110-A# ", "FPR4110-A"),
    ("UCS /org #", "UCS"),
    ("node0:", None),
    ("192.0.2.1>", "192.0.2.1"),
    ("********#", None),
    ("[Global] gw-ch01-01 >", "gw-ch01-01"),
    ("[Global] gw-ch01-01:TACP-0>", "gw-ch01-01"),
    ("NS-1(nsroot)>", "NS-1"),
    ("nsroot@NS-1>", "NS-1"),
    ("(active) fw1#", "fw1"),
    ("(active)fw1#", "fw1"),
    ("[active] fw1#", "fw1"),
    ("(master) sw1>", "sw1"),
    ("fw1 (active)#", "fw1"),
    ("lab@fw1(passive)(suspended)>", "fw1"),
    ("[HA:active] fw1 >", "fw1"),
    ("[Global]#", "Global"),
    ("RP/0/RSP0/CPU0:xr1#", "xr1"),
    ("12:34:56 R1#", "R1"),
    ("[12:34:56] R1#", "R1"),
    ("[12:34:56]R1#", "R1"),
    ("R1[12:34:56]#", "R1"),
    ("R1 12:34:56#", "R1"),
    ("SW 1 12:34:56#", "SW 1"),
    ("12:00 PM lab@r1>", "r1"),
    ("2026-11-27 12:34:56 R1>", "R1"),
    ("27.11.2026 12:34 R1>", "R1"),
    ("R1 27/11/2026 12:34 >", "R1"),
    ("Fri Nov 27 12:34:56 UTC 2026 R1#", "R1"),
    ("12:34:56.123 UTC Fri Nov 27 2026 R1#", "R1"),
    ("[2026-11-27 12:00:00] <H3C>", "H3C"),
    ("R1-2026-11-27#", "R1-2026-11-27"),
    ("Sun Valley 1#", "Sun Valley 1"),
]


@pytest.mark.parametrize(("prompt", "name"), PROMPTS)
def test_the_name_of_a_device_in_its_prompt(prompt: str, name: str | None) -> None:
    assert device_name(prompt) == name


def test_a_counter_and_the_node_of_a_cluster_are_no_part_of_the_name() -> None:
    assert device_name("sw.17>", counts=True) == "sw"
    assert device_name("jo@fw-node1>", ("{secondary:node1}",)) == "fw"
    assert device_name("jo@k8s-node1>") == "k8s-node1"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("R1", "r1", True),
        ("r1", "r1.example.net", True),
        ("r1.", "r1", True),
        ("r1.berlin.example.net", "r1.paris.example.net", False),
        ("r1", "r10", False),
        ("mx-re0", "MX-re1", True),
        ("R1", "R1-stby", True),
        ("mx-re0.example.net", "mx-re1.example.net", True),
        ("ACOS-Active", "ACOS-Standby-vMaster", True),
        ("fw-pri", "fw-sec", False),
        ("fw-1", "fw-2", False),
        ("192", "192.0.2.1", False),
        ("192.0.2.1", "192.0.2.10", False),
    ],
)
def test_names_that_are_of_one_device(one: str, other: str, expected: bool) -> None:
    assert same_name(one, other) is same_name(other, one) is expected


@pytest.mark.parametrize(
    ("length", "cut", "expected"),
    [(30, None, True), (29, None, False), (20, 20, True), (19, 20, False), (20, None, False)],
)
def test_the_beginning_of_the_expected_name_is_enough_only_if_the_platform_cuts_it(
    length: int, cut: int | None, expected: bool
) -> None:
    long = "very-long-name-of-the-router-1"
    assert is_expected(long[:length], ("fw-a", long), cut) is expected
    assert is_expected(f"{long[:length]}.example.net", (long,)) is (length == len(long))


IOS_STACK = """Cisco IOS Software, C2960X Software
Processor board ID FOC1840W0AB
Motherboard Serial Number       : FOC99999999
System Serial Number            : FOC1840W0AB
Switch 02
System Serial Number            : FOC1841X1CD
"""
INVENTORY = """NAME: "c93xx Stack", DESCR: "c93xx Stack"
PID: C9300-48P , VID: V02 , SN: FCW2145L0FK
NAME: "Switch 2", DESCR: "C9300-48P"
PID: C9300-48P , VID: V02 , SN: FCW2146G05A
NAME: "TwentyFiveGigE1/1/1", DESCR: "SFP"
PID: SFP-10G-SR , VID: V03 , SN: AVD12345678
"""
TEXTS: list[tuple[str, str, tuple[str, ...]]] = [
    ("show version", IOS_STACK, ("FOC1840W0AB", "FOC1841X1CD")),
    ("show inventory", INVENTORY, ("FCW2145L0FK", "FCW2146G05A")),
    ("show version", "  Processor Board ID LAB00003NXO\n", ("LAB00003NXO",)),
    ("show version | no-more", "Serial number:       JPE14080459\nSystem MAC address: 0\n", ("JPE14080459",)),
    ("show version", "Serial number: \nHardware MAC address: 5000.0072.8b31\n", ()),
    ("show version", "Serial number: N/A\n", ()),
    ("show version", "Serial Number: JMX1131L1ZZ\nRunning Permanent Activation Key: 0x6d3\n", ("JMX1131L1ZZ",)),
    ("get system status", "Version: FortiGate-100F v7\nSerial-Number: FG100FTK19001234\n", ("FG100FTK19001234",)),
    ("show system info", "hostname: PA-1\nserial: 007051000012345\n", ("007051000012345",)),
    (
        "show chassis hardware",
        "Hardware inventory:\nItem             Version  Part number  Serial number     Description\n"
        "Chassis                                JN1234567AFB      MX240\n"
        "Routing Engine 0 REV 07   740-013063   9009084566        RE-S-2000\n",
        ("JN1234567AFB",),
    ),
    ("display device manuinfo", "Slot 1:\n DEVICE_SERIAL_NUMBER : 210235A1ABC000000001\n", ("210235A1ABC000000001",)),
    ("display esn", "ESN of slot 0: 2102351BTJ10E1000123\n", ("2102351BTJ10E1000123",)),
    ("/system routerboard print", "       routerboard: yes\n     serial-number: 8A7F0A1B2C3D\n", ("8A7F0A1B2C3D",)),
    ("show system", " Serial Number      : SG12345678\n", ("SG12345678",)),
    ("show system", "Chassis Serial Nbr : SG90KN7000\n", ("SG90KN7000",)),
    ("show version", "HW S/N:           F09FC2112233\n", ("F09FC2112233",)),
    (
        "show inventory",
        'NAME: "Power Supply 1", DESCR: "AC"\nPID: PWR-1 , VID: V01 , SN: ART1111AAAA\n'
        'NAME: "Rack 0", DESCR: "ASR-9006 Chassis"\nPID: ASR-9006 , VID: V01 , SN: FOX1234G5H6\n'
        'NAME: "Rack 0 Fan Tray", DESCR: "Fan"\nPID: FAN-1 , VID: V01 , SN: FOX2222BBBB\n',
        ("FOX1234G5H6",),
    ),
    (
        "show inventory",
        'NAME: "Switch 1", DESCR: "C9300-48P"\nPID: C9300-48P , VID: V02 , SN: FCW2145L0FK\n'
        'NAME: "StackPort1/1", DESCR: "StackPort1/1"\nPID: STACK-T1-50CM , VID: V01 , SN: LCC1111AAAA\n'
        'NAME: "Switch 1 - Power Supply A", DESCR: "Power Supply A"\nPID: PWR , VID: V01 , SN: LIT2222BBBB\n',
        ("FCW2145L0FK",),
    ),
    (
        "show inventory",
        'NAME: "0/0", DESCR: "NCS 5500 36X100G MacSec Base Scale Line Card"\nPID: NC55 , VID: V01, SN: JAE21020\n'
        'NAME: "0/RP0", DESCR: "NCS 5500 Route Processor"\nPID: NC55-RP , VID: V01, SN: SAL210YT\n',
        (),
    ),
    (
        "show inventory",
        'NAME: "3640 chassis", DESCR: "3640 chassis"\nPID: , VID: 0xFF, SN: FF1045C5\n'
        'NAME: "One port Fastethernet TX", DESCR: "One port Fastethernet TX"\nPID: NM , VID: 1.0, SN: 7720321\n',
        ("FF1045C5",),
    ),
    ("show inventory", 'NAME: "SFP 1", DESCR: "Transceiver"\nPID: SFP-10G-SR , VID: V03 , SN: AVD12345678\n', ()),
    (
        "show inventory",
        'NAME: "WS-C6504-E", DESCR: "Catalyst 6500 4-slot Chassis System"\nPID: X , VID: V01 , SN: FXS1234Q5RT\n',
        ("FXS1234Q5RT",),
    ),
    (
        "display device manuinfo",
        "Slot 1:\nDEVICE_SERIAL_NUMBER : 210235A1ABC000000001\nFan 1:\nDEVICE_SERIAL_NUMBER : 210235B1ABC000000002\n"
        " The operation is done\nPower 1:\n DEVICE_SERIAL_NUMBER : 210235C1ABC000000003\n"
        "Subslot 1:\nDEVICE_SERIAL_NUMBER:210235D1ABC000000005\n"
        " Slot 2 CPU 0:\nDEVICE_SERIAL_NUMBER : 210235A1ABC000000004\n",
        ("210235A1ABC000000001", "210235A1ABC000000004"),
    ),
    ("show version", "Serial number: 0123456789\nSystem serial number: SN123456789\n", ()),
    ("show version", "2 Serial interfaces\nSerial interfaces\nPower supply serial number: DCA1234\n", ()),
    ("show version", "System serial number: To be filled by O.E.M.\nSerial number: 0000000\n", ()),
]


@pytest.mark.parametrize(("command", "text", "serials"), TEXTS)
def test_the_serial_numbers_that_a_command_shows(command: str, text: str, serials: tuple[str, ...]) -> None:
    assert shows_serial(command)
    assert serials_in(text) == serials


@pytest.mark.parametrize(
    "command",
    [
        "show lldp neighbors detail",
        "show interfaces transceiver",
        "show fex",
        "show ap database long",
        "show running-config",
        "show ip route",
        "show module",
        "display lldp neighbor",
        "show environment power all",
    ],
)
def test_serial_numbers_of_other_things_are_not_read(command: str) -> None:
    assert not shows_serial(command)


KEY_A, KEY_B = "ssh-ed25519 SHA256:aaaa", "ssh-ed25519 SHA256:bbbb"
RSA_B = "ssh-rsa SHA256:cccc"


def of(name: str | None = None, key: str | None = None, *serials: str, command: str = "show version") -> Identity:
    return Identity(name, key, {command: serials} if serials else {})


A = of("a", KEY_A, "SN1")
OTHERS = {"b": of("b", KEY_B, "SN2")}

# The device was, is, other devices, is another device, what changed.
RULE: dict[str, tuple[Identity, Identity, dict[str, Identity], bool, tuple[str, ...]]] = {
    "same": (A, A, OTHERS, False, ()),
    "case and domain": (A, of("A.example.net", KEY_A, "SN1"), OTHERS, False, ()),
    "another device": (A, of("b", KEY_B, "SN2"), OTHERS, True, ()),
    "another device, nothing known of it": (A, of("c", RSA_B, "SN3"), OTHERS, True, ()),
    "another serial number": (A, of("a", None, "SN2"), OTHERS, True, ()),
    "another serial number and key": (A, of("a", KEY_B, "SN3"), OTHERS, True, ()),
    "replaced, with name and key": (A, of("a", KEY_A, "SN3"), OTHERS, False, ("serial",)),
    "another serial, the key is that of all": (A, of("a", KEY_A, "SN3"), {"b": of("b", KEY_A)}, True, ()),
    "renamed, same serial": (A, of("new", KEY_B, "SN1"), OTHERS, False, ("name", "host key")),
    "renamed, same key": (of("a", KEY_A), of("new", KEY_A), OTHERS, False, ("name",)),
    "another name, the key is that of all": (of("a", KEY_A), of("b", KEY_A), {"b": of("b", KEY_A)}, True, ()),
    "another name, no key": (of("a"), of("b"), {}, True, ()),
    "another name and key": (of("a", KEY_A), of("b", KEY_B), {}, True, ()),
    "another key": (of("a", KEY_A), of("a", KEY_B), OTHERS, False, ("host key",)),
    "another key, and a name that others have": (of("sw", KEY_A), of("sw", KEY_B), {"b": of("Sw")}, True, ()),
    "another type of key": (of("a", KEY_A), of("a", RSA_B), OTHERS, False, ("host key",)),
    "another type of key, same serial": (A, of("a", RSA_B, "SN1"), OTHERS, False, ("host key",)),
    "another type of key, and nothing else": (of(None, KEY_A), of(None, RSA_B), OTHERS, False, ("nothing shows",)),
    "another type of key, and a name that others have": (
        of("sw", KEY_A),
        of("sw", RSA_B),
        {"b": of("Sw")},
        False,
        ("nothing shows",),
    ),
    "nothing to compare": (of("a"), of(None, KEY_A), OTHERS, False, ("nothing shows",)),
    "nothing to compare, serials of different commands": (
        of(None, None, "S1"),
        of(None, None, "S2", command="show inventory"),
        {},
        False,
        ("nothing shows",),
    ),
    "a member of the stack was replaced": (
        of("a", None, "S1", "S2"),
        of("a", None, "S2", "S3"),
        {},
        False,
        ("serial number is S2 S3, and was S1 S2",),
    ),
    "a member of the stack left": (of("a", KEY_A, "S1", "S2"), of("a", KEY_A, "S1"), {}, False, ("serial",)),
    "the first member of the stack was replaced": (
        of("a", KEY_A, "S1", "S2"),
        of("a", KEY_B, "S3", "S2"),
        {},
        False,
        ("serial", "host key"),
    ),
    "a member of the stack is in another device": (
        of("a", KEY_A, "S1", "S2"),
        of("b", KEY_B, "S2", "S9"),
        {},
        True,
        (),
    ),
    "all serials the same, as the default of a model": (
        of("a", KEY_A, "SN-00001"),
        of("b", KEY_B, "SN-00001"),
        {"b": of("b", KEY_B, "SN-00001")},
        True,
        (),
    ),
    "another name of the same device in the inventory": (
        of("a", KEY_A, "SN1"),
        of("new", KEY_B, "SN1"),
        {"a6": of("a", KEY_A, "SN1")},
        False,
        ("name", "host key"),
    ),
    "no name in the prompt": (of("a", KEY_A), of(None, KEY_A), OTHERS, False, ()),
    "no name and another key": (of(None, KEY_A), of(None, KEY_B), {}, True, ()),
    "serials of different commands": (
        of("a", None, "S1"),
        of("a", None, "S2", command="show inventory"),
        {},
        False,
        (),
    ),
    "all the same as others": (of("sw", KEY_A), of("sw", KEY_A), {"b": of("sw", KEY_A)}, False, ()),
}


@pytest.mark.parametrize("case", RULE)
def test_the_rule_for_another_device(case: str) -> None:
    before, now, others, is_other, changes = RULE[case]

    asked: list[bool] = []

    def fleet() -> KnownFleet:
        asked.append(True)
        return KnownFleet({"a": before, **others}.items())

    finding = compared("a", [before], now, fleet)
    if not is_other and not changes:
        assert not asked, "if nothing differs, the other devices are not read"
    assert (finding.error is not None) is is_other
    if finding.error is not None:
        assert finding.error.kind == "wrong_device"
        assert finding.known == (before,)
        assert now.hostname is None or before.hostname == now.hostname or repr(now.hostname) in finding.error.message
    assert len(finding.changes) == len(changes)
    assert all(word in change for word, change in zip(changes, finding.changes, strict=True))
    if changes == ("nothing shows",):
        assert finding.known == (before,), "what is not confirmed is not kept"


def test_the_first_answer_is_accepted() -> None:
    finding = compared("b", [], of("b", KEY_B, "SN2"), lambda: KnownFleet(OTHERS.items()))
    assert (finding.error, finding.changes, finding.known) == (None, (), (of("b", KEY_B, "SN2"),))


def test_the_other_device_is_named_if_the_fleet_has_it() -> None:
    error = compared("a", [A], of("b", KEY_B, "SN2"), lambda: KnownFleet(OTHERS.items())).error
    assert error is not None
    assert "its name is 'b', and was 'a'" in error.message
    assert "its serial number is SN2, and was SN1" in error.message
    assert "that is 'b' of this fleet" in error.message


def test_a_cluster_whose_names_are_expected_may_change_its_active_device() -> None:
    one, two = of("fw-a", KEY_A, "SN1"), of("fw-b", KEY_B, "SN2")
    assert compared("fw", [one], two, KnownFleet).error is not None
    found = compared("fw", [one], two, KnownFleet, expected=("fw-a", "fw-b"))
    assert (found.error, len(found.changes)) == (None, 3)
    assert found.known == (two, one)
    for now, known in ((one, (one, two)), (two, (two, one))):
        again = compared("fw", found.known, now, KnownFleet)
        assert (again.error, again.changes, again.known) == (None, (), known), "both were seen"
    other = compared("fw", found.known, of("fw-b", None, "SN9"), KnownFleet, expected=("fw-a", "fw-b"))
    assert other.error is not None, "the serial number of the same name is still compared"


def test_a_cluster_with_one_name_and_host_key_may_change_its_active_device() -> None:
    one, two = of("fw", KEY_A, "SN1"), of("fw", KEY_A, "SN2")
    found = compared("fw", [one], two, KnownFleet)
    assert (found.error, len(found.changes), found.known) == (None, 1, (two, one))
    again = compared("fw", found.known, one, KnownFleet)
    assert (again.error, again.changes, again.known) == (None, (), (one, two))


DAYS = [f"2026-03-0{day}T02:00:00.000Z" for day in range(1, 8)]


def answer(day: int, hostname: str, serial: str, key: str = KEY_A) -> dict[str, Any]:
    output = {
        "text": f"Version 1\nSerial number: {serial}\n",
        "status": "ok",
        "error": None,
        "rows": [{"serial": serial}],
        "rows_status": "ok",
        "rows_message": None,
        "parser": "textfsm",
        "since": None,
        "diff": "",
    }
    return {
        "status": "ok",
        "error": None,
        "platform": "arista_eos",
        "finished_at": DAYS[day],
        "connection": {"hostname": hostname, "host_key": key},
        "output": {"show version": output},
    }


class Fleet:
    """A folder of runs: each call is a run of its own."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path

    def run(self, name: str, given: dict[str, Any], **expected: tuple[str, ...]) -> dict[str, Any]:
        last_good = LastGood(self.path, Changes())
        last_good.expected = expected
        folder = RunFolder(str(self.path))
        try:
            written, unwritten = write_answer(folder, name, given, last_good)
            assert unwritten is None
            assert read_answer(folder.path, name) == written
        finally:
            folder.close()
        return written

    def kept(self, name: str, file: str) -> Any:
        return json.loads((self.path / "last_good" / name / file).read_text())


def test_the_answer_of_another_device_fails_and_never_becomes_the_last_good_one(tmp_path: pathlib.Path) -> None:
    fleet = Fleet(tmp_path)
    for name, serial, key in (("a", "SN0001", KEY_A), ("b", "SN0002", KEY_B)):
        assert fleet.run(name, answer(0, name, serial, key))["status"] == "ok"
    before = {file: fleet.kept("a", file) for file in ("state.json", "identity.json")}
    text = (tmp_path / "last_good" / "a" / "show version.txt").read_text()

    wrong = fleet.run("a", answer(1, "b", "SN0002", KEY_B))
    assert (wrong["status"], wrong["error"]["phase"], wrong["error"]["kind"]) == ("failed", "auth", "wrong_device")
    assert "'b'" in wrong["error"]["message"]
    assert "'a'" in wrong["error"]["message"]
    assert f"{tmp_path}/last_good/a/identity.json" in wrong["error"]["message"]
    output = wrong["output"]["show version"]
    assert (output["status"], output["rows"], output["since"]) == ("failed", [], None)
    assert output["text"].startswith("Version 1")
    assert (wrong["changed"], wrong["last_good_at"]) == ([], DAYS[0])
    assert {file: fleet.kept("a", file) for file in before} == before
    assert (tmp_path / "last_good" / "a" / "show version.txt").read_text() == text
    for slim in (False, True):
        news = news_of(wrong, slim=slim)
        assert (news["status"], news["error"]["kind"]) == ("failed", "wrong_device")
        assert news["output"]["show version"]["status"] == "failed"

    (tmp_path / "last_good" / "a" / "identity.json").unlink()  # the documented step
    assert fleet.run("a", answer(2, "b", "SN0002", KEY_B))["status"] == "ok"
    assert fleet.run("a", answer(3, "b", "SN0002", KEY_B))["identity_changes"] == []


def test_a_new_name_is_a_change_and_is_told_once(tmp_path: pathlib.Path) -> None:
    fleet = Fleet(tmp_path)
    assert fleet.run("a", answer(0, "old", "SN0001"))["identity_changes"] == []
    renamed = fleet.run("a", answer(1, "new", "SN0001"))
    assert (renamed["status"], renamed["identity_changes"]) == ("ok", ["its name is 'new', and was 'old'"])
    assert fleet.run("a", answer(2, "new.example.net", "SN0001"))["identity_changes"] == []
    known = {"hostname": "new.example.net", "host_key": KEY_A, "serials": {"show version": ["SN0001"]}}
    assert fleet.kept("a", "identity.json") == {"name": "a", "devices": [known]}


def test_a_second_unit_of_a_cluster_is_accepted_if_the_file_of_the_first_is_renamed(tmp_path: pathlib.Path) -> None:
    fleet, one, two = Fleet(tmp_path), ("fw-a", "SN0001", KEY_A), ("fw-b", "SN0002", KEY_B)
    fleet.run("fw", answer(0, *one))
    refused = fleet.run("fw", answer(1, *two))
    assert refused["error"]["kind"] == "wrong_device"
    assert "rename the file to identity.2.json" in refused["error"]["message"]
    (tmp_path / "last_good" / "fw" / "identity.json").rename(tmp_path / "last_good" / "fw" / "identity.2.json")
    for day, unit in enumerate((one, two, one, two), 2):
        found = fleet.run("fw", answer(day, *unit))
        assert (found["status"], found["identity_changes"]) == ("ok", [])
    assert fleet.run("fw", answer(6, "x", "SN0003", RSA_B))["error"]["kind"] == "wrong_device"


def test_a_device_that_cannot_be_compared_is_told_each_time_and_not_kept(tmp_path: pathlib.Path) -> None:
    fleet = Fleet(tmp_path)
    fleet.run("a", answer(0, "", "none", KEY_A))
    before = fleet.kept("a", "identity.json")
    for day in (1, 2):
        found = fleet.run("a", answer(day, "", "none", RSA_B))
        assert found["status"] == "ok"
        assert "nothing shows that it is the same device" in found["identity_changes"][0]
        assert RSA_B in found["identity_changes"][0]
    assert fleet.kept("a", "identity.json") == before


def test_a_damaged_identity_is_told_and_ignored(tmp_path: pathlib.Path) -> None:
    fleet = Fleet(tmp_path)
    fleet.run("a", answer(0, "a", "SN0001"))
    wrong = ['{"hostname": 1, "host_key": null, "serials": {}}', '{"hostname": null}', "1"]
    for content in ("{", "[]", "{}", *(f'{{"name": "a", "devices": [{each}]}}' for each in wrong)):
        (tmp_path / "last_good" / "a" / "identity.json").write_text(content)
        last_good = LastGood(tmp_path, Changes())
        assert last_good.compared("a", answer(1, "a", "SN0001"))["status"] == "ok"
        assert "identity.json cannot be read and is ignored" in last_good.problems["a"][0]


def test_a_masked_name_tells_nothing() -> None:
    assert not identity_of({"connection": {"hostname": "********", "host_key": ""}, "output": {}})
