# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every kind of error in the code has a label and advice for the reports."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.rollcall.network.plugins.plugin_utils._advice import ADVICE, ENGINE, reason_of

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
# The position of phase and kind among the arguments. A helper without a phase has the phase of its name.
CALLS: dict[str, tuple[int | str, int]] = {
    "DeviceError": (1, 2),
    "Error": (0, 1),
    "Unresolved": (0, 1),
    "NoDevice": ("resolve", 0),
    "_refused": ("connect", 0),  # of host_keys
    "self._skip_rest": ("connect", 0),  # of collector
}
# Passed on from another error, or the type of an exception that a function raised.
PASSED_ON = {"error.kind", "missing.kind", "reason.kind", "type(error).__name__", "limit[0]", "kind"}
PASSED_ON |= {"str(first.rows_status)", "visible(mask(error.error.kind))", "output.error.kind"}
PASSED_ON |= {"error.error.kind", "visible(mask(output.error.kind))"}
OF_ONE_COMMAND = {"not_asked"}  # never the error of a device
UNKNOWN = {"failed"}  # where a type requires an error, although there always is one
PHASES = ("connect", "auth", "command", "parse")
# Kinds in tables, and those of time limits.
OTHERS = {
    ("connect", "dns"): "bastions._REASONS",
    ("connect", "refused"): "bastions._REASONS",
    ("connect", "timeout"): "bastions._REASONS, connect_timeout",
    ("auth", "timeout"): "connect_timeout",
    ("command", "timeout"): "command_timeout",
    **{("parse", kind): "statuses of rows" for kind in ("error", "mismatch", "no_template")},
    **{(phase, "deadline"): "limits of a run" for phase in PHASES},
    **{(phase, "device_timeout"): "limits of a run" for phase in PHASES},
}


def constants(tree: ast.Module) -> dict[str, str]:
    """The texts that are assigned to names of a module."""
    return {
        target.id: each.value.value
        for each in tree.body
        if isinstance(each, ast.Assign) and isinstance(each.value, ast.Constant) and isinstance(each.value.value, str)
        for target in each.targets
        if isinstance(target, ast.Name)
    }


def kinds() -> Iterator[tuple[str | None, str, str]]:
    """The phase, if it is written there, the kind, and the place of each error in the code."""
    for path in sorted(PLUGINS.rglob("*.py")):
        tree = ast.parse(path.read_text())
        known = constants(tree)
        for call in ast.walk(tree):
            if not isinstance(call, ast.Call) or ast.unparse(call.func) not in CALLS:
                continue
            where, position = CALLS[ast.unparse(call.func)]
            phase = ast.Constant(where) if isinstance(where, str) else call.args[where]
            kind = call.args[position]
            place = f"{path.relative_to(PLUGINS)}:{call.lineno}"
            text = kind.value if isinstance(kind, ast.Constant) else known.get(ast.unparse(kind))
            if text is None:
                assert ast.unparse(kind) in PASSED_ON, f"{place}: add the kinds of {ast.unparse(kind)} to this test"
                continue
            yield (str(phase.value) if isinstance(phase, ast.Constant) else None), str(text), place


def test_every_kind_of_error_has_advice() -> None:
    found = list(kinds())
    assert len({kind for _phase, kind, _place in found}) > 40
    assert not [
        (phase, kind, place)
        for phase, kind, place in [*found, *((phase, kind, place) for (phase, kind), place in OTHERS.items())]
        if kind not in OF_ONE_COMMAND | UNKNOWN
        and not any(reason_of(each, kind, "failed").advice for each in ([phase] if phase else ADVICE))
    ]


def test_advice_is_for_kinds_that_exist() -> None:
    found = {(phase, kind) for phase, kind, _place in kinds()} | OTHERS.keys()
    anywhere = {kind for phase, kind in found if phase is None}
    python = {("connect", "ConnectionRefusedError"), ("connect", "TimeoutError"), ("command", "ImportError")}
    advised = {(phase, kind) for phase, by_kind in ADVICE.items() for kind in by_kind}
    assert sorted(each for each in advised - found - python if each[1] not in anywhere) == []


@pytest.mark.parametrize("phase", ["resolve", "connect", "auth", "command", "parse", None])
def test_the_kind_engine_has_advice_in_every_phase(phase: str | None) -> None:
    assert reason_of(phase, "engine", "failed") == ENGINE


def test_labels_and_advice_are_sentences() -> None:
    texts = [each for by_kind in ADVICE.values() for each in by_kind.values()]
    assert [label for label, _advice in texts if not label[:1].isupper() or label.endswith(".")] == []
    assert [advice for _label, advice in texts if not advice[:1].isupper() or not advice.endswith(".")] == []


@pytest.mark.parametrize(
    ("phase", "kind", "label", "advice"),
    [
        ("resolve", "no_commands", "No commands", "Set commands"),
        ("resolve", "commands", "Wrong commands", "Correct the commands or the parser"),
        ("parse", "mismatch", "does not match", "Check ansible_network_os first."),
        ("parse", "no_template", "No template", "Check ansible_network_os first."),
        ("auth", "question", "Question after the login", "dialogs of a platform"),
    ],
)
def test_the_advice_begins_with_the_likely_cause(phase: str, kind: str, label: str, advice: str) -> None:
    reason = reason_of(phase, kind, "failed")
    assert label in reason.label
    assert advice in reason.advice


def test_the_documented_statuses_of_a_phase_are_those_of_the_code() -> None:
    text = (PLUGINS.parent / "docs/errors.md").read_text(encoding="utf-8")
    table = text[text.index("The status depends on the phase") :]
    documented = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", table, re.MULTILINE))
    assert list(documented) == ["resolve", "connect", "auth", "command", "parse"]
    found = {
        (str(call.args[0].value), str(call.args[1].value))
        for path in PLUGINS.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "DeviceError"
        if isinstance(call.args[0], ast.Constant) and isinstance(call.args[1], ast.Constant)
    }
    assert len(found) > 8
    in_any = {"timeout", "skipped"}
    assert sorted(each for each in found if each[0] not in in_any and f"`{each[0]}`" not in documented[each[1]]) == []
