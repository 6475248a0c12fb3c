# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of our own after the devices were asked: the task fails with them, and no answer is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import run_playbook, try_roll

PLUGINS = "ansible_collections.rollcall.network.plugins"
NAMES = ["r3", "r1", "r2"]

# The module of the asked function. Its import, in the process that asks, breaks one step which comes later.
FUNCTION = """
import importlib

def broken(*arguments, **keywords):
    raise {error}("broken on purpose")

def ask(name):
    return {{"name": name}}

owner = importlib.import_module("{plugins}.{module}")
*parts, last = "{attribute}".split(".")
for part in parts:
    owner = getattr(owner, part)
setattr(owner, last, broken)
"""

# The step, and whether the answers on disk are known to be complete and the folder is finished in spite of it.
STEPS = {
    "plugin_utils._outcome:summarize": "counting the answers",
    "plugin_utils._outcome:failed_names": "looking for devices that failed",
    "plugin_utils._outcome:verdict_of": "finding the verdict",
    "plugin_utils._outcome:_unwritten": "looking for answers that are not written",
    "plugin_utils._outcome:_stale": "looking for devices that are silent for long",
    "plugin_utils._outcome:_damaged": "looking for damaged files",
    "plugin_utils._outcome:_history.commit": "writing the history",
    "plugin_utils._outcome:closing": "writing the end of the manifest",
    "module_utils._run:RunFolder.finish": "writing the end of the manifest",
    "plugin_utils._outcome:prune": "removing old runs",
    "module_utils._roll:Keep.with_news": "comparing the answers",
    "module_utils._roll:Keep.close": "writing the answers",
    "module_utils.collector:_Run._oldest": "asking the devices",
}


def play(folder: Path, step: str, error: str = "ValueError") -> dict[str, Any]:
    module, attribute = step.split(":")
    text = FUNCTION.format(plugins=PLUGINS, module=module, attribute=attribute, error=error)
    (folder / "broken_function.py").write_text(text)
    (folder / "hosts.ini").write_text("localhost ansible_connection=local\n")
    return {"hosts": NAMES, "driver": "python", "function": "broken_function.ask"}


@pytest.mark.parametrize("step", STEPS)
def test_an_error_after_the_devices_were_asked_keeps_all_answers(step: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = {**play(tmp_path, step), "output_dir": str(out), "history": True, "keep": {"runs": 3}}
    env = {"PYTHONPATH": str(tmp_path)}
    done, result = try_roll(tmp_path / "hosts.ini", arguments, "-vvv", env=env)
    said = done.stdout + done.stderr
    assert done.returncode == 2, said
    assert result["failed"]
    assert f"an internal error while {STEPS[step]}: ValueError: broken on purpose" in result["msg"]
    assert not result["verdict"]["passed"]
    assert "Traceback (most recent call last)" in said, "-vvv shows where"
    assert list(result["devices"]) == NAMES
    asked = [name for name, answer in result["devices"].items() if answer["status"] == "ok"]
    # Where asking itself is broken, there are the answers so far.
    assert asked == NAMES or STEPS[step] == "asking the devices"
    for name in asked:
        assert result["devices"][name]["value"] == {"name": name}
    (run,) = (out / "runs").iterdir()
    assert result["run_dir"] == str(run)
    if STEPS[step] != "writing the answers":
        written = {json.loads(file.read_text())["name"] for file in run.glob("devices/*/result.json")}
        assert written == set(asked)


def test_without_verbosity_there_is_no_traceback(tmp_path: Path) -> None:
    arguments = play(tmp_path, "plugin_utils._outcome:summarize")
    done, result = try_roll(tmp_path / "hosts.ini", arguments, env={"PYTHONPATH": str(tmp_path)})
    assert "-vvv shows the traceback" in result["msg"]
    assert "Traceback (most recent call last)" not in done.stdout + done.stderr
    assert [result["devices"][name]["value"] for name in NAMES] == [{"name": name} for name in NAMES]


@pytest.mark.parametrize("error", ["ValueError", "TypeError", "OSError", "RecursionError"])
def test_the_lookup_says_so_too(error: str, tmp_path: Path) -> None:
    arguments = play(tmp_path, "plugin_utils._outcome:summarize", error)
    given = ", ".join(f"{name}={value!r}" for name, value in arguments.items() if name != "hosts")
    lookup = f"{{{{ lookup('rollcall.network.collect', {NAMES}, {given}, output_dir='{tmp_path}/out') }}}}"
    text = json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [{"debug": {"msg": lookup}}]}])
    done = run_playbook(text, tmp_path / "hosts.ini", "-vvv", env={"PYTHONPATH": str(tmp_path)})
    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 2
    assert f"an internal error while counting the answers: {error}: broken on purpose" in said
    assert f"in {tmp_path}/out/runs/" in said
    assert len(list(tmp_path.glob("out/runs/*/devices/*/result.json"))) == len(NAMES)
