# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets that devices show are masked, nothing else is, and a changed secret has a changed mask."""

from __future__ import annotations

import json
import random
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.rollcall.network.plugins.module_utils import _history, _redaction_key
from ansible_collections.rollcall.network.plugins.module_utils._changes import Changes
from ansible_collections.rollcall.network.plugins.module_utils._last_good import LastGood
from ansible_collections.rollcall.network.plugins.module_utils._model.redaction import Redaction
from ansible_collections.rollcall.network.plugins.module_utils._model.redaction_search import MASK
from ansible_collections.rollcall.network.plugins.module_utils._redacted import redacted_value
from ansible_collections.rollcall.network.plugins.module_utils._redaction_key import FILE, folder_key, output_folder
from ansible_collections.rollcall.network.plugins.module_utils._result import Output, Outputs
from ansible_collections.rollcall.network.plugins.module_utils._run import RunFolder
from tests.bench.texts import texts
from tests.unit.shown_secrets import HARMLESS, PLATFORMS, SHOWN, masked, plain, planted, secrets_in, shows

KEY = bytes(range(32))
REDACTION = Redaction(KEY)
TRANSCRIPTS = Path(__file__).resolve().parents[1] / "transcripts"


# -- what is masked ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", SHOWN)
def test_secrets_of_a_platform_are_masked_and_nothing_else(platform: str) -> None:
    text = SHOWN[platform]
    shown = REDACTION.text(plain(text))
    assert shown.split("\n") == masked(text, REDACTION.mask).split("\n")
    assert REDACTION.text(shown) == shown


@pytest.mark.parametrize("line", [line for line in HARMLESS.split("\n") if line])
def test_a_line_without_a_secret_stays(line: str) -> None:
    assert REDACTION.text(line) == line


def test_lines_without_secrets_stay_together_too() -> None:
    assert REDACTION.text(HARMLESS).split("\n") == HARMLESS.split("\n")


def test_texts_of_the_lab_and_of_the_transcripts_stay() -> None:
    """They are outputs of all platforms of the lab, and of recorded sessions, without secrets."""
    shown = [each.text for each in texts(48)]
    for file in TRANSCRIPTS.glob("*.jsonl"):
        last = json.loads(file.read_text().splitlines()[-1])
        shown += [output["text"] for output in last["expected"]["output"].values()]
    assert len(shown) > 180
    for text in shown:
        assert REDACTION.text(text) == text


@pytest.mark.parametrize(
    "line",
    [
        "-password 7 {}",
        "+ neighbor 192.0.2.1 password 7 {}",
        "+snmp-server community {} RO",
        "edge-1(config)#username ann password 0 {}",
        "set security ike policy P pre-shared-key ascii-text {}",
        '  "sharedSecret" : "{}",',
        '{{\\"password\\": \\"{}\\"}}',
        "<ns:password type='x'>{}</ns:password>",
        "snmp-server community {} view ALL RW 10",
        "Password = {}",
    ],
)
def test_forms_in_which_a_secret_is_shown(line: str) -> None:
    assert REDACTION.text(line.format("Gr33n-Hill")) == line.format(REDACTION.mask("Gr33n-Hill"))


# -- 500 secrets -------------------------------------------------------------------------------------------------------


def test_500_planted_secrets_are_in_no_answer_and_no_row() -> None:
    chance = random.Random(14)
    count = 0
    for platform in PLATFORMS:
        output: dict[str, dict[str, Any]] = {}
        secrets: list[str] = []
        for command, text, new in planted(platform, chance):
            rows = [{"line": line, "number": str(number), "word": "password"} for number, line in enumerate(new)]
            output[command] = {"text": text, "status": "ok", "error": None, "rows": rows, "diff": ""}
            secrets += new
        answer = REDACTION.answer({"status": "ok", "error": None, "host": "192.0.2.1", "output": output})
        shown = {command: each["text"] for command, each in answer["output"].items()}
        count += len(secrets)
        for secret in secrets:
            assert not any(shows(text, secret) for text in shown.values()), (platform, secret)
        for command, each in answer["output"].items():
            assert [row["number"] for row in each["rows"]] == [row["number"] for row in output[command]["rows"]]
            assert {row["word"] for row in each["rows"]} == {"password"}
        assert REDACTION.answer(answer)["output"] == answer["output"]
    assert count >= 500


# -- masks -------------------------------------------------------------------------------------------------------------


def test_the_same_secret_has_the_same_mask_and_a_changed_one_another() -> None:
    first, again, changed = (REDACTION.text(f"enable password {value}") for value in ("Oak-1", "Oak-1", "Oak-2"))
    assert first == again != changed
    assert Redaction(bytes(32)).text("enable password Oak-1") != first  # another output folder


@pytest.mark.parametrize(("length", "digits"), [(1, 8), (16, 8), (17, 16), (32, 16), (33, 32), (64, 32), (65, 64)])
def test_masks_of_a_class_of_length_have_one_length(length: int, digits: int) -> None:
    assert len(REDACTION.mask("x" * length)) == len(f"{MASK}_") + digits


def test_without_a_key_all_masks_are_the_same_word() -> None:
    assert Redaction(None).text("enable password Oak-1\nenable password Oak-2") == "\n".join(
        ["enable password redacted"] * 2
    )


LINES = [line for text in (*SHOWN.values(), HARMLESS) for line in plain(text).split("\n") if line]


@given(st.lists(st.one_of(st.sampled_from(LINES), st.text(max_size=40)), max_size=12), st.sampled_from(["\n", " ", ""]))
def test_masking_twice_changes_no_more(lines: list[str], joint: str) -> None:
    once = REDACTION.text(joint.join(lines))
    assert REDACTION.text(once) == once


@given(st.text(alphabet=st.sampled_from("aİ\ud800 \n\r\t\"'\\=:<>/{};$%-passwordkeysecretcommunity1"), max_size=200))
def test_any_text_can_be_masked(text: str) -> None:
    once = REDACTION.text(text)
    assert REDACTION.text(once) == once


# -- answers -----------------------------------------------------------------------------------------------------------


def answer_with(text: str, rows: Any = (), **more: Any) -> dict[str, Any]:
    output = {"text": text, "status": "ok", "error": None, "rows": list(rows), "diff": "", **more}
    return {"status": "ok", "error": None, "host": "192.0.2.1", "value": None, "output": {"show it": output}}


def test_rows_have_the_masks_of_the_texts_and_keep_their_other_cells() -> None:
    text = "snmp-server community up RO\nsnmp-server community L4ke-side RW\n"
    rows = [
        {"community": "up", "status": "up", "access": "RO"},
        {"community": "L4ke-side", "status": "L4ke-side", "access": "RW"},
        {"password": "encrypted", "key": "1", "nested": [{"secret": "P0nd-1"}]},
    ]
    shown = REDACTION.answer(answer_with(text, rows))["output"]["show it"]["rows"]
    lake = REDACTION.mask("L4ke-side")
    assert shown == [
        {"community": REDACTION.mask("up"), "status": "up", "access": "RO"},
        {"community": lake, "status": lake, "access": "RW"},
        {"password": "encrypted", "key": "1", "nested": [{"secret": REDACTION.mask("P0nd-1")}]},
    ]


def test_communities_that_are_names_in_json_have_masks_in_rows_too() -> None:
    rows = {"communities": {"l4ke": {"access": "ro"}}, "other": {"l4ke": 1}}
    answer = answer_with(json.dumps(rows))
    answer["output"]["show it"]["rows"] = rows
    shown = REDACTION.answer(answer)["output"]["show it"]
    assert shown["rows"] == {"communities": {REDACTION.mask("l4ke"): {"access": "ro"}}, "other": {"l4ke": 1}}
    assert json.loads(shown["text"])["communities"] == {REDACTION.mask("l4ke"): {"access": "ro"}}


def test_a_secret_of_one_command_is_masked_in_the_others() -> None:
    answer = answer_with("snmp-server community L4ke-side RO")
    answer["output"]["show snmp"] = {**answer["output"]["show it"], "text": "group: L4ke-side  L4ke-sides x"}
    shown = REDACTION.answer(answer)["output"]["show snmp"]["text"]
    assert shown == f"group: {REDACTION.mask('L4ke-side')}  L4ke-sides x"


def test_differences_messages_and_values_are_masked() -> None:
    line = "A" + "bC3+" * 15
    diff = f"--- a\n+++ b\n@@ -1,3 +1,3 @@\n-enable password Oak-1\n+enable password Oak-2\n-{line}\n context\n"
    error = {"phase": "command", "kind": "rejected", "message": "rejected 'username ann password 0 Oak-3'"}
    answer = {**answer_with("", diff=diff, error=error), "error": error, "value": {"psk": "Oak-4", "ports": [1, "x"]}}
    answer["connection"] = {"banner": "enable password Oak-5", "host_key": "ssh-ed25519 SHA256:abc"}
    shown = REDACTION.answer(answer)
    for secret in ("Oak-1", "Oak-2", "Oak-3", "Oak-4", "Oak-5", line):
        assert secret not in json.dumps(shown)
    assert REDACTION.mask("Oak-1") in shown["output"]["show it"]["diff"]
    assert shown["value"]["ports"] == [1, "x"]
    assert shown["connection"]["host_key"] == answer["connection"]["host_key"]


OLD_AND_NEW = [
    # the block is outside of what the diff shows
    (
        "snmp {\n    a;\n    b;\n    c;\n    d;\n    e;\n    community ⟦w1ndm1ll⟧;\n}\n",
        "snmp {\n    a;\n    b;\n    c;\n    d;\n    e;\n    community ⟦w4term1ll⟧;\n}\n",
    ),
    (
        "config system snmp community\n    edit 1\n        set id 1\n        set x 1\n        set y 2\n"
        "        set z 2\n        set name ⟦w1ndm1ll⟧\n    next\nend\n",
        "config system snmp community\n    edit 1\n        set id 1\n        set x 1\n        set y 2\n"
        "        set z 2\n        set name ⟦w4term1ll⟧\n    next\nend\n",
    ),
    # a part of a private key, too short to be one by its shape
    (
        "-----BEGIN RSA PRIVATE KEY-----\n⟦MIIEow1\nsame1\nsame2\nsame3\nsame4\nold5⟧\n-----END RSA PRIVATE KEY-----\n",
        "-----BEGIN RSA PRIVATE KEY-----\n⟦MIIEow1\nsame1\nsame2\nsame3\nsame4\nnew5⟧\n-----END RSA PRIVATE KEY-----\n",
    ),
    # removed, with an older block
    ("one\nsnmp {\n    x;\n    y;\n    z;\n    w;\n    community ⟦w1ndm1ll⟧;\n}\ntwo\n", "one\ntwo\n"),
]


@pytest.mark.parametrize(("old", "new"), OLD_AND_NEW)
def test_a_diff_has_the_masks_of_the_two_texts(old: str, new: str) -> None:
    """A line of a diff alone does not show its block."""
    lines = Changes(None).between(None, "show run", plain(old), plain(new))
    diff = "\n".join(["--- then", "+++ now", *lines, ""])
    shown = REDACTION.answer(answer_with(plain(new), diff=diff))["output"]["show it"]["diff"]
    for line in "\n".join([*secrets_in(old), *secrets_in(new)]).split("\n"):
        assert line not in shown
    assert len(shown.split("\n")) == len(diff.split("\n"))
    for secret, sign in [(secret, sign) for each, sign in ((old, "-"), (new, "+")) for secret in secrets_in(each)]:
        assert any(line[:1] == sign and REDACTION.mask(secret) in line for line in shown.split("\n"))


def test_a_secret_of_another_output_is_masked_in_a_diff_an_error_and_messages() -> None:
    answer = answer_with("snmp-server community L4ke-side RO")
    told = "group L4ke-side is up"
    error = {"phase": "command", "kind": "rejected", "message": f"rejected: {told}"}
    other = {"text": told, "rows_message": told, "diff": f"--- a\n+++ b\n@@ -1,0 +1,1 @@\n+{told}\n", "error": error}
    answer["output"]["show snmp"] = {**answer["output"]["show it"], **other}
    answer["error"] = error
    assert "L4ke-side" not in json.dumps(REDACTION.answer(answer))


def test_a_removed_secret_is_masked_in_the_other_diffs_too() -> None:
    """Only the old text of one output tells that it is a secret."""
    answer = answer_with("hostname a\n", diff="--- a\n+++ b\n@@ -2,1 +1,0 @@\n-enable password L4ke-side\n")
    diff = "--- a\n+++ b\n@@ -1,1 +0,0 @@\n-group L4ke-side is up\n"
    answer["output"]["show snmp"] = {**answer["output"]["show it"], "text": "", "diff": diff}
    assert "L4ke-side" not in json.dumps(REDACTION.answer(answer))


def test_a_transcript_is_masked_between_events_too() -> None:
    texts_of = ["username ann pass", "word 0 Wil", "low-9\r\nedge-1#", "Willow-9 again"]
    events = [{"time": number, "direction": "received", "text": text} for number, text in enumerate(texts_of)]
    lines = "".join(json.dumps(each) + "\n" for each in ({"transcript": 1, "device": {}}, *events))
    shown = REDACTION.transcript(lines, answer_with("username ann password 0 Willow-9\n"))
    assert "low-9" not in shown
    assert shown.count(REDACTION.mask("Willow-9")) == 2
    assert "edge-1#" in shown


def test_outputs_are_masked_as_answers_are() -> None:
    outputs = Outputs({"show run": Output("enable password Oak-1", rows=[{"password": "Oak-1"}])}, {}, None)
    shown = redacted_value(KEY, outputs, ("edge-1", "192.0.2.1"))
    assert shown["show run"].text == f"enable password {REDACTION.mask('Oak-1')}"
    assert shown["show run"].rows == [{"password": REDACTION.mask("Oak-1")}]
    assert outputs["show run"].text == "enable password Oak-1"


def test_what_is_not_an_answer_is_masked_as_plain_data() -> None:
    assert REDACTION.answer({"status": "ok", "output": "enable password Oak-1"}) == {
        "status": "ok",
        "output": f"enable password {REDACTION.mask('Oak-1')}",
    }


# -- output folders ----------------------------------------------------------------------------------------------------


def test_the_key_of_a_folder_is_made_once_and_private(tmp_path: Path) -> None:
    assert folder_key(tmp_path, create=False) is None
    key = folder_key(tmp_path)
    assert key is not None
    assert folder_key(tmp_path) == folder_key(tmp_path, create=False) == key
    assert [each.name for each in tmp_path.iterdir()] == [FILE]
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_runs_that_begin_together_have_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(lambda _number: folder_key(tmp_path), range(32)))
    assert len(keys) == 1
    assert keys != {None}
    assert [each.name for each in tmp_path.iterdir()] == [FILE]


def test_a_damaged_key_is_made_again(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("no key\n")
    key = folder_key(tmp_path)
    assert key is not None
    assert folder_key(tmp_path) == key


def test_a_key_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("00" * 32)
    (tmp_path / FILE).symlink_to(tmp_path / "other")
    with pytest.raises(OSError, match="is a link"):
        folder_key(tmp_path)


def test_runs_of_pollers_use_the_key_of_the_fleet(tmp_path: Path) -> None:
    assert output_folder(str(tmp_path / "runs" / "x")) == tmp_path
    assert output_folder(str(tmp_path / "pollers" / "p" / "runs" / "x")) == tmp_path
    assert output_folder(str(tmp_path / "x")) is None
    assert _redaction_key.fleet_folder(tmp_path) == tmp_path


@pytest.mark.parametrize(("before", "after"), [(False, True), (True, False)])
def test_masks_alone_are_no_change(tmp_path: Path, before: bool, after: bool) -> None:
    """The option was changed between two runs, in either direction."""
    texts_of = {"one": "enable password Oak-1\nend\n", "other": "enable password Oak-2\nend\n"}

    def asked(text: str, redacts: bool, second: int) -> list[str]:
        folder = RunFolder(str(tmp_path))
        last_good = LastGood(tmp_path, Changes(None))
        last_good.redacts, last_good.redaction_key = redacts, KEY
        at = f"2026-01-01T00:00:0{second}.000Z"
        answer = {**answer_with(REDACTION.text(text) if redacts else text), "platform": None, "finished_at": at}
        compared = last_good.compared("edge-1", answer)
        folder.write("edge-1", compared)
        last_good.keep("edge-1", compared, folder.folder_of("edge-1"))
        folder.close()
        assert "Oak-" not in compared["output"]["show it"].get("diff", "")
        changed: list[str] = compared["changed"]
        return changed

    assert asked(texts_of["one"], before, 1) == []
    assert asked(texts_of["one"], after, 2) == []
    assert asked(texts_of["other"], True, 3) == ["show it"]


OUTPUTS = {"show run": "snmp-server community L4ke-side RO\n", "show groups": "group L4ke-side is up\n"}


def good_answer(texts_of: dict[str, str], second: int) -> dict[str, Any]:
    output = {command: {**answer_with(text)["output"]["show it"]} for command, text in texts_of.items()}
    at = f"2026-01-01T00:00:0{second}.000Z"
    return {"status": "ok", "error": None, "host": None, "platform": None, "finished_at": at, "output": output}


def kept(top: Path, last_good: LastGood, answer: dict[str, Any]) -> dict[str, Any]:
    folder = RunFolder(str(top))
    compared = last_good.compared("edge-1", answer)
    folder.write("edge-1", compared)
    last_good.keep("edge-1", compared, folder.folder_of("edge-1"))
    folder.close()
    return compared


@pytest.mark.parametrize("changed", [{}, {"show groups": "group L4ke-side is down\n"}])
def test_the_history_has_masks_of_all_outputs(tmp_path: Path, changed: dict[str, str]) -> None:
    """A secret that one output names is masked in the others, also if only another one is committed."""
    last_good = LastGood(tmp_path, Changes(None))
    kept(tmp_path, last_good, good_answer(OUTPUTS, 1))
    notes: dict[str, str] = {}
    if changed:
        notes = _history._changes(last_good, ["edge-1"], {}, with_others=True).since
        kept(tmp_path, last_good, good_answer({**OUTPUTS, **changed}, 2))
    made = _history._changes(last_good, ["edge-1"], notes, with_others=True)
    assert len(made.files) == (len(changed) or len(OUTPUTS))
    stream = b"".join(_history._stream(made, "title", None, REDACTION))
    assert b"L4ke-side" not in stream
    assert f"group {REDACTION.mask('L4ke-side')} is".encode() in stream


def test_an_older_answer_without_masks_is_compared_with_the_masks_of_all_its_outputs(tmp_path: Path) -> None:
    last_good = LastGood(tmp_path, Changes(None))
    kept(tmp_path, last_good, good_answer(OUTPUTS, 1))
    later = LastGood(tmp_path, Changes(None))
    later.redacts, later.redaction_key = True, KEY
    compared = later.compared("edge-1", REDACTION.answer(good_answer({**OUTPUTS, "show groups": "none\n"}, 2)))
    assert compared["changed"] == ["show groups"]
    assert "L4ke-side" not in json.dumps(compared)


def test_the_history_has_masks() -> None:
    made = _history._Commit()
    stream = b"".join(_history._stream(made, "title", None, REDACTION))
    assert stream.endswith(b"done\n")
