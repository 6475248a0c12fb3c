# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import importlib
import json
import random
import shutil
import sys
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._parsing import Parsed, asks_for_json, parse

BRIEF = """Interface              IP-Address      OK? Method Status                Protocol
GigabitEthernet0/0     192.0.2.1       YES NVRAM  up                    up
GigabitEthernet0/1     unassigned      YES NVRAM  administratively down down
Loopback0              198.51.100.7    YES manual up                    up
"""
MODULES = """Mod  Ports Card Type                              Model              Serial No.
---- ----- -------------------------------------- ------------------ -----------
  1    48  Switching card of the first kind       WS-X0001-48        ABC00000001
  2     2  Supervisor of the second kind          WS-X0002-SUP       ABC00000002

Mod MAC addresses                       Hw    Fw           Sw           Status
--- ---------------------------------- ------ ------------ ------------ -------
  2  0200.0000.0101 to 0200.0000.0104   2.0   2.0(0)S2     2.0(0)S2     Ok
  1  0200.0000.0001 to 0200.0000.0030   1.4   1.0(0)S1     1.0(0)S1     PwrDown
"""
LINK = """1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN mode DEFAULT group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
2: eth0@if9: <BROADCAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT group default qlen 1000
    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff link-netnsid 0
3: eth1@if11: <BROADCAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT group default qlen 1000
    link/ether 02:00:00:00:00:02 brd ff:ff:ff:ff:ff:ff link-netnsid 1
"""


def textfsm(text: str, command: str = "show ip interface brief", platform: str | None = "cisco_ios") -> Parsed:
    pytest.importorskip("ntc_templates")
    return parse(text, parser="textfsm", platform=platform, command=command)


def as_json(text: str) -> Parsed:
    return parse(text, parser="json", platform=None, command="show it | json")


@pytest.mark.parametrize(
    ("command", "asks"),
    [
        ("show version | json", True),
        ("show version |json", True),
        ("show version | json-pretty", True),
        ("show interfaces | display json | no-more", True),
        ("show bgp | as-json", True),
        ("info | as json", True),
        ("show ip bgp summary json", True),
        ("SHOW IP BGP JSON", True),
        ("show thing --json", True),
        ("json", True),
        ("", False),
        ("show version", False),
        ("show json version", False),
        ("show run | include json", False),
        ("show run | grep as-json | count", False),
        ("show run | display xml", False),
    ],
)
def test_asks_for_json(command: str, asks: bool) -> None:
    assert asks_for_json(command) is asks
    parsed = parse("  ", parser="auto", platform="cisco_ios", command=command)
    assert (parsed.parser, parsed.status) == ("json" if asks else "textfsm", "empty")


def test_unknown_parser() -> None:
    with pytest.raises(ValueError, match="parser is 'xml'"):
        parse("", parser="xml", platform=None, command="")


@pytest.mark.parametrize("text", ["", " \r\n\t\n", "\0\n", "\ufeff"])
@pytest.mark.parametrize("parser", ["json", "textfsm"])
def test_empty(text: str, parser: str) -> None:
    parsed = parse(text, parser=parser, platform="cisco_ios", command="show version")
    assert (parsed.status, parsed.rows) == ("empty", None)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('{"a": [1, 2.5, null, true]}', {"a": [1, 2.5, None, True]}),
        ('\n  [{"a": 1}]\r\n\n', [{"a": 1}]),
        ("{}", {}),
        ('Mon Nov 23 07:24:59.123 UTC\n{"a": 1}', {"a": 1}),
        ('{"a": 1}\n\n{master:0}\n', {"a": 1}),
        ('[edit]\n{"a": 1}', {"a": 1}),
        ('{"a": "two\nlines\tand a tab"}', {"a": "two\nlines\tand a tab"}),
        ('{"a": "\udcff"}', {"a": "\udcff"}),
        ('{"a": 123456789012345678901234567890}', {"a": 123456789012345678901234567890}),
    ],
)
def test_json(text: str, rows: Any) -> None:
    assert as_json(text) == Parsed("json", "ok", rows, None)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("% Invalid input", "'% Invalid input'"),
        ('"a"', "no JSON"),
        ('show it\n{"a": 1}', "before the JSON document: 'show it'"),
        ('{"a": 1}\n{"b": 2}', "after the JSON document: '{\"b\": 2}'"),
        ('{"a": 1}\nR1#', "after the JSON document: 'R1#'"),
        ('{"a": 1,\n "b": }', "line 2, column 7"),
        ('{"a": 1', "line 1, column 8"),
        ('{"a": NaN}', "NaN is not a JSON value"),
        ('{"a": -Infinity}', "-Infinity"),
        ('{"a": 1e999}', "1e999 is too large"),
        (f'{{"a": {"9" * 5000}}}', "4300"),
        ("[" * 200 + "]" * 200, "nested"),
        ("[" * 200_000, "nested"),
        ('{"a": \udcff}', "\\udcff"),
        ("{", "line 1, column 2"),
        ("\n" * 100_000 + "x", "'x'"),
    ],
)
def test_json_that_is_none(text: str, part: str) -> None:
    parsed = as_json(text)
    assert (parsed.status, parsed.rows) == ("error", None)
    assert part in str(parsed.message)
    assert len(str(parsed.message)) < 250


def test_json_with_a_name_twice_says_so() -> None:
    parsed = as_json('{"a": 1, "b": {"c": 1, "c": 2}}')
    assert (parsed.status, parsed.rows) == ("ok", {"a": 1, "b": {"c": 2}})
    assert "'c'" in str(parsed.message)


def test_rows() -> None:
    parsed = textfsm(BRIEF)
    assert (parsed.parser, parsed.status, parsed.message) == ("textfsm", "ok", None)
    assert [row["interface"] for row in parsed.rows] == ["GigabitEthernet0/0", "GigabitEthernet0/1", "Loopback0"]
    assert parsed.rows[1]["status"] == "administratively down"


@pytest.mark.parametrize(
    ("platform", "command", "text"),
    [
        pytest.param("cisco_ios", "show ip interface brief", BRIEF, id="one template"),
        pytest.param("cisco_ios", "sh ip int br", BRIEF, id="abbreviated"),
        pytest.param("cisco_ios", "show module", MODULES, id="four templates with a key"),
    ],
)
def test_rows_are_those_of_ntc_templates(platform: str, command: str, text: str) -> None:
    library = pytest.importorskip("ntc_templates.parse")
    parsed = textfsm(text, command, platform)
    assert parsed.status == "ok"
    assert parsed.rows
    assert parsed.rows == library.parse_output(platform=platform, command=command, data=text)


def test_rows_of_several_templates() -> None:
    rows = textfsm(MODULES, "show module").rows
    assert [row["module"] for row in rows] == ["1", "2"]
    assert [row["status"] for row in rows] == ["PwrDown", "Ok"]


@pytest.mark.parametrize(("platform", "part"), [(None, "platform"), ("", "platform"), ("no_such", "no_such")])
def test_no_template(platform: str | None, part: str) -> None:
    parsed = textfsm("text", "show version", platform)
    assert (parsed.status, parsed.rows) == ("no_template", None)
    assert part in str(parsed.message)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        pytest.param("% Invalid input detected at '^' marker.", "show ip interface brief", id="no row"),
        pytest.param("something else\n" + MODULES, "show module", id="a line refused"),
        pytest.param("\udcff\n", "show ip interface brief", id="invalid bytes"),
    ],
)
def test_mismatch(text: str, command: str) -> None:
    parsed = textfsm(text, command)
    assert (parsed.status, parsed.rows) == ("mismatch", None)
    assert command in str(parsed.message)
    assert ("TextFSMError" in str(parsed.message)) == ("something else" in text)


def test_rows_dropped_in_silence_are_a_mismatch() -> None:
    parsed = textfsm(LINK, "ip link show", "linux")
    assert parsed.status == "mismatch"
    assert [row["interface"] for row in parsed.rows] == ["lo"]
    assert "dropped 2" in str(parsed.message)
    assert "type" in str(parsed.message)
    assert textfsm(LINK.split("2:")[0], "ip link show", "linux").status == "ok"


def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, template: str) -> None:
    (tmp_path / "index").write_text("Template, Hostname, Platform, Command\n\nt.textfsm, .*, here, show it\n")
    (tmp_path / "t.textfsm").write_text(template)
    monkeypatch.setenv("NTC_TEMPLATES_DIR", str(tmp_path))


ROOT = """Value Required BRIDGE (\\S+)
Value Required COST (\\d+)
Value Required PORT (\\S*)

Start
  ^${BRIDGE} ${COST} ?${PORT}$$ -> Record
  ^from ${BRIDGE} cost ${COST}
  ^port ${PORT} -> Record
  ^end -> Record
"""


@pytest.mark.parametrize(
    ("text", "status", "count"),
    [
        pytest.param("b1 4 p1\nb2 5 p2", "ok", 2, id="all there"),
        pytest.param("b1 4 p1\nb2 0", "ok", 1, id="an empty value is refused on purpose"),
        pytest.param("b1 4 p1\nport p2", "ok", 1, id="one value of three is a heading"),
        pytest.param("from b1 cost 4\nport p1\nfrom b2 cost 5\nend", "mismatch", 1, id="two of three are a lost row"),
        pytest.param("b1 4 p1\nfrom b2 cost 5", "mismatch", 1, id="the last row is lost"),
    ],
)
def test_what_counts_as_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, status: str, count: int
) -> None:
    folder(tmp_path, monkeypatch, ROOT)
    parsed = textfsm(text, "show it", "here")
    assert (parsed.status, len(parsed.rows)) == (status, count)


NEIGHBOUR = """Value Required NAME (\\S+)
Value PORT (\\S+)
Value KIND (.*)
Value AGE (\\d+)

Start
  ^Port ${PORT}, ${KIND}, age ${AGE}
  ^Name ${NAME}
  ^-- -> Record
"""


@pytest.mark.parametrize(
    ("first", "second", "status", "count"),
    [
        ("Name a\n", "Name b\n", "ok", 2),
        ("Name a\n", "", "mismatch", 1),
        ("", "Name b\n", "mismatch", 1),
    ],
)
def test_a_row_with_all_but_its_one_required_value_is_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str, second: str, status: str, count: int
) -> None:
    """A neighbor without a name, such as a phone."""
    folder(tmp_path, monkeypatch, NEIGHBOUR)
    text = f"Port 1, phone, age 7\n{first}--\nPort 2, switch, age 9\n{second}--\n"
    parsed = textfsm(text, "show it", "here")
    assert (parsed.status, len(parsed.rows)) == (status, count)


PEER = """Value Required NAME (\\S+)
Value PORT (\\S+)
Value KIND (.+)
Value ADDRESS (\\S+)

Start
  ^Peer: ${NAME} -> Peer

Peer
  ^Port: ${PORT}
  ^Kind: ${KIND}
  ^Address: -> Address
  ^-- -> Record Start
  ^Peer: ${NAME}

Address
  ^ IP: ${ADDRESS} -> Peer
  ^.
"""


@pytest.mark.parametrize(
    ("peers", "status", "count"),
    [
        ("Peer: {}\nPort: 1\nKind: x\nAddress:\n IP: 192.0.2.1\n--\n" * 3, "ok", 3),
        # Without an address, the template does not see the peer's end. It takes the address of the next one.
        (
            "Peer: a\nAddress:\nPort: 1\nKind: x\n--\nPeer: b\nAddress:\n IP: 192.0.2.1\nPort: 2\nKind: x\n--\n"
            "Peer: c\nAddress:\n IP: 192.0.2.3\nPort: 3\nKind: x\n--\n",
            "mismatch",
            2,
        ),
        # Without an end, the next peer overwrites the values.
        ("Peer: a\nPort: 1\nKind: x\nAddress:\n IP: 192.0.2.1\n" * 2 + "--\n", "mismatch", 1),
        ("Peer: a\nPeer: b\nPort: 1\nKind: x\n--\n", "ok", 1),
    ],
)
def test_rows_of_several_lines_that_run_into_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, peers: str, status: str, count: int
) -> None:
    folder(tmp_path, monkeypatch, PEER)
    parsed = textfsm(peers, "show it", "here")
    assert (parsed.status, len(parsed.rows)) == (status, count)


TRUNKS = """Value Required TRUNK (\\d+)
Value MODE (\\S+)
Value KIND (\\S+)
Value SPEED (\\d+)
Value List PORT (\\S+)

Start
  ^Operational: -> Trunks

Trunks
  ^Mode: ${MODE}
  ^Trunk: ${TRUNK}
  ^Kind: ${KIND}
  ^Speed: ${SPEED}
  ^ port ${PORT}
  ^end -> Record
"""


@pytest.mark.parametrize(
    "text",
    [
        # The same line stands in a section that the template skips.
        "Configured:\nTrunk: 1\nOperational:\nTrunk: 1\nMode: a\nKind: b\nSpeed: 1\nend\n",
        # A legend, and then the value.
        "Operational:\nMode: legend\nKind: b\nSpeed: 1\nMode: a\nTrunk: 1\nend\n",
        # A list, which has a line for each value.
        "Operational:\n port a\nTrunk: 1\nKind: b\nSpeed: 1\nMode: a\n port b\n port c\nend\n",
    ],
)
def test_a_value_that_is_set_again_does_not_begin_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    folder(tmp_path, monkeypatch, TRUNKS)
    parsed = textfsm(text, "show it", "here")
    assert (parsed.status, len(parsed.rows)) == ("ok", 1)


def test_broken_template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder(tmp_path, monkeypatch, "Value A (\n\nStart\n")
    parsed = textfsm("text", "show it", "here")
    assert (parsed.status, parsed.rows) == ("error", None)
    assert "TextFSMTemplateError" in str(parsed.message)


def test_missing_template_and_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder(tmp_path, monkeypatch, "")
    (tmp_path / "t.textfsm").unlink()
    assert textfsm("text", "show it", "here").status == "error"
    monkeypatch.setenv("NTC_TEMPLATES_DIR", str(tmp_path / "nowhere"))
    parsed = textfsm("text", "show it", "here")
    assert parsed.status == "error"
    assert "the index of ntc-templates in the folder that NTC_TEMPLATES_DIR names" in str(parsed.message)


def test_a_template_of_your_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The steps of docs/rows.md."""
    package = importlib.import_module("ntc_templates")
    own = tmp_path / "ntc"
    shutil.copytree(Path(str(package.__file__)).parent / "templates", own)
    (own / "my_os_show_it.textfsm").write_text(ROOT)
    with (own / "index").open("a") as index:
        index.write("\nmy_os_show_it.textfsm, .*, my_os, sh[[ow]] it\n")
    monkeypatch.setenv("NTC_TEMPLATES_DIR", str(own))
    assert textfsm("b1 4 p1\nb2 5 p2", "show it", "my_os").status == "ok"
    assert textfsm(LINK.split("2:")[0], "ip link show", "linux").status == "ok"


@pytest.mark.parametrize("missing", ["textfsm", "ntc_templates"])
def test_missing_package(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    pytest.importorskip("ntc_templates")
    real = importlib.import_module

    def import_module(name: str, package: str | None = None) -> Any:
        if name.partition(".")[0] == missing:
            msg = f"No module named {name!r}"
            raise ModuleNotFoundError(msg, name=name)
        return real(name, package)

    monkeypatch.setattr(importlib, "import_module", import_module)
    parsed = parse("text", parser="textfsm", platform="cisco_ios", command="show version")
    assert parsed.status == "error"
    assert missing in str(parsed.message)
    assert "ntc-templates" in str(parsed.message)


def test_many_threads_at_once(request: pytest.FixtureRequest) -> None:
    """A TextFSM keeps state: rows of one thread must not end up in another's."""
    pytest.importorskip("ntc_templates")
    # Threads that take turns all the time, so that a missing lock shows.
    request.addfinalizer(partial(sys.setswitchinterval, sys.getswitchinterval()))
    sys.setswitchinterval(0.00001)
    wrong: list[object] = []
    start = threading.Barrier(8)

    def work(number: int) -> None:
        start.wait(10)
        text = BRIEF.replace("192.0.2.1 ", f"192.0.2.{number}")
        for _ in range(30):
            rows = textfsm(text).rows
            if len(rows) != 3 or rows[0]["ip_address"] != f"192.0.2.{number}":
                wrong.append(rows)

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert wrong == []


def test_never_raises_and_stays_json() -> None:
    source = random.Random(20260101)
    pieces = [*'{}[]",:\n 1eE.-+\\u\udcffNaN', "null", "\r\n", "up", "192.0.2.1", "YES", '{"a":', "GigabitEthernet0/0 "]
    for _ in range(1500):
        text = "".join(source.choices(pieces, k=source.randrange(30)))
        for parsed in (as_json(text), textfsm(text), textfsm(text, "show version")):
            assert (parsed.rows is not None) == (parsed.status == "ok")
            json.dumps(parsed.rows, allow_nan=False)
