# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The public Python API against the lab: the examples of docs/python.md, and what its functions promise."""

from __future__ import annotations

import _thread
import contextlib
import gc
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_type_hints

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._device import Device
from ansible_collections.rollcall.network.plugins.module_utils._run import read_answer, read_manifest
from ansible_collections.rollcall.network.plugins.plugin_utils.roll import (
    Answer,
    Command,
    CommandOutput,
    Error,
    Event,
    call_roll,
    devices_from_inventory,
    iter_roll,
    make_device,
)
from tests.integration.conftest import call_roll as call_roll_by_playbook
from tests.lab import Lab
from tests.lab.topology import ENABLE_SECRET, PASSWORD, USER

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"<!-- example: (\w+) -->\n```python\n(.*?)```", PAGE, re.DOTALL))
ROUTERS = ("fra-wan1", "ams-wan1", "par-wan1")
SILENT = "waw-edge1"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(devices=24, faults={SILENT: "hang_command"}, healthy=True) as lab:
        yield lab


# -- the page ----------------------------------------------------------------------------------------------------------


def run_example(name: str, lab: Lab, folder: Path) -> str:
    """Runs an example as its reader would, with the addresses, port and user of the lab."""
    text = EXAMPLES[name]
    for number, router in enumerate(ROUTERS, 17):
        text = text.replace(f"192.0.2.{number}", lab.devices[router].address)
    text = (
        text.replace("port=22,", f"port={lab.port},").replace(", 22)", f", {lab.port})").replace('"ops"', f'"{USER}"')
    )
    folder.joinpath("example.py").write_text(text, encoding="utf-8")
    folder.joinpath("inventory.yml").write_text(lab.inventory.read_text(encoding="utf-8"), encoding="utf-8")
    folder.joinpath(".ssh").mkdir()
    folder.joinpath(".ssh", "known_hosts").write_text(lab.known_hosts.read_text(encoding="utf-8"), encoding="utf-8")
    environment = {
        **os.environ,
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT / "collections"),
        "ROLLCALL_PASSWORD": PASSWORD,
        "ROLLCALL_ENABLE": ENABLE_SECRET,
        "SSH_AUTH_SOCK": "",
    }
    done = subprocess.run(
        [sys.executable, "-W", "error", "example.py"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


PRINTED = {
    "collect": r"127.44.0.3 ok SSH-2.0-Cisco-1.25\n127.44.0.9 ok SSH-2.0-Cisco-1.25\n",
    "iter_collect": r"the first with an SSH server: SSH-2.0-Cisco-1.25\n",
    "call_roll": r"1 of 2\n2 of 2\nwan-1 ok Cisco IOS XE Software.*\nwan-2 ok Cisco IOS XE Software.*\n",
    "devices_from_inventory": r"(fra-\w+ ok (show|display) version, .*\n){5}",
    "output_dir": r"(\w+-wan1 17\.[\w.]+ changed: \[\]\n){4}",
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_of_the_page_runs(name: str, lab: Lab, tmp_path: Path) -> None:
    printed = run_example(name, lab, tmp_path)
    assert re.fullmatch(PRINTED[name], printed), printed


def test_all_five_examples_are_run() -> None:
    assert EXAMPLES.keys() == PRINTED.keys()
    assert PAGE.count("```python") == len(EXAMPLES) == 5


# -- devices -----------------------------------------------------------------------------------------------------------


def router(lab: Lab, name: str, **settings: object) -> Device:
    """A device of the lab by hand."""
    one = lab.devices[name]
    given: dict[str, object] = {
        "host": one.address,
        "port": lab.port,
        "platform": one.platform,
        "user": USER,
        "password": PASSWORD,
        "become": one.enable is not None,
        "become_password": one.enable,
        "known_hosts": [lab.known_hosts],
        "commands": ["show version"],
    }
    return make_device(name, **{**given, **settings})  # type: ignore[arg-type]


def test_a_device_by_hand_is_that_of_the_inventory(lab: Lab) -> None:
    found = devices_from_inventory(lab.inventory, "fra-wan1", commands=["show version", Command("show clock", "auto")])
    by_hand = router(lab, "fra-wan1", commands=["show version", Command("show clock", "auto")], parser="auto")
    by_hand = replace(
        by_hand, login_source="variable ansible_password", become_source="variable ansible_become_password"
    )
    assert found == {"fra-wan1": by_hand}


def test_inventory_sources_patterns_and_variables(lab: Lab, tmp_path: Path) -> None:
    more = tmp_path / "more.yml"
    more.write_text("all: {hosts: {odd: {rollcall_platforms: none.yml}, other: {}}}")
    found = devices_from_inventory(
        [str(lab.inventory), more], "fra-wan1:odd", extra_vars={"rollcall_commands": ["{{ not_a_template }}"]}
    )
    assert list(found) == ["fra-wan1", "odd"]
    first, odd = found.values()
    assert isinstance(odd, Error)
    assert (odd.phase, odd.kind) == ("resolve", "platform")
    assert isinstance(first, Device)
    assert [command.text for command in first.commands] == ["{{ not_a_template }}"]


def test_a_bastion_outside_the_pattern_is_a_host_of_the_inventory(tmp_path: Path) -> None:
    usual = {"ansible_network_os": "ios", "rollcall_commands": ["show version"]}
    bastion = {"ansible_host": "127.0.0.9", "ansible_port": 2222, "ansible_user": "jump"}
    hosts = {"edge": {**usual, "rollcall_jump_hosts": ["gate"]}, "gate": bastion}
    inventory = tmp_path / "hosts.json"
    inventory.write_text(json.dumps({"all": {"hosts": hosts}}))
    (device,) = devices_from_inventory([inventory], "edge").values()
    assert isinstance(device, Device)
    assert [(hop.host, hop.port, hop.user) for hop in device.hops] == [("127.0.0.9", 2222, "jump")]


def test_a_vault_is_opened(lab: Lab, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret-of-vault")
    vault = [
        str(Path(sys.executable).with_name("ansible-vault")),
        "encrypt_string",
        "--vault-password-file",
        str(secret),
    ]
    text = subprocess.run([*vault, "pa55"], capture_output=True, text=True, check=True, timeout=60).stdout
    inventory = tmp_path / "hosts.yml"
    indented = "\n".join(f"      {line}" for line in text.splitlines())
    inventory.write_text(
        "all:\n  vars: {ansible_network_os: ios, rollcall_commands: [show clock], ansible_user: ops}\n"
        f"  hosts:\n    r1:\n      ansible_password:{indented}\n".replace(":      !vault", ": !vault")
    )
    [device] = devices_from_inventory(inventory, vault_passwords="s3cret-of-vault").values()
    assert isinstance(device, Device)
    assert device.password == "pa55"
    [error] = devices_from_inventory(inventory, vault_passwords={"other": "wrong"}).values()
    assert isinstance(error, Error)
    assert error.kind == "variables"


@pytest.mark.parametrize(
    ("sources", "pattern", "options", "message"),
    [
        ("/nowhere/hosts.yml", "all", {}, "the inventory /nowhere/hosts.yml does not exist"),
        ("r1,r2,", "edge", {}, "no host of the inventory matches 'edge'"),
        ("r1,", "all", {"parser": "rows"}, "parser"),
        ("r1,", "all", {"commands": [""]}, "a command must be one line of text"),
        ("r1,", "all", {"extra_vars": {"rollcall_comands": []}}, "rollcall_commands"),
    ],
)
def test_what_is_wrong_with_an_inventory_is_said(
    sources: str, pattern: str, options: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        devices_from_inventory(sources, pattern, **options)  # type: ignore[arg-type]


# -- answers -----------------------------------------------------------------------------------------------------------


def test_answers_are_those_of_the_task_and_have_the_documented_keys(lab: Lab) -> None:
    """Names with an error, too: every answer has the keys of the types, and those that the task returns."""
    pattern = "lab_iosxe:lab_eos"
    found = devices_from_inventory([lab.inventory, "stranger,"], f"{pattern}:stranger")
    answers = call_roll(found)
    assert list(answers) == list(found)
    assert answers["stranger"]["status"] == "failed"
    for answer in answers.values():
        assert answer.keys() == get_type_hints(Answer).keys()
        for output in answer["output"].values():
            assert output.keys() == get_type_hints(CommandOutput).keys()
    played = call_roll_by_playbook(lab.inventory, {}, "--limit", pattern).devices
    times = {"started_at", "finished_at", "seconds"}

    def lasting(answer: object) -> object:
        """An answer without times, also those of the device's clock."""
        assert isinstance(answer, dict)
        outputs = {
            command: {**each, "seconds": 0, "text": "", "rows": len(each["rows"])}
            for command, each in answer["output"].items()
        }
        return {**{key: value for key, value in answer.items() if key not in times}, "output": outputs}

    assert {name: lasting(answers[name]) for name in played} == {name: lasting(each) for name, each in played.items()}


@pytest.mark.parametrize("ordered", [True, False])
def test_the_lazy_form_yields_the_same_answers(lab: Lab, ordered: bool) -> None:
    found = devices_from_inventory([lab.inventory, "stranger,"], "lab_iosxe:stranger")
    events: list[Event] = []
    yielded = list(iter_roll(found, ordered=ordered, on_event=events.append))
    assert sorted(name for name, _answer in yielded) == sorted(found)
    if ordered:
        assert [name for name, _answer in yielded] == list(found)
    assert {name: answer["status"] for name, answer in yielded} == {
        name: "failed" if name == "stranger" else "ok" for name in found
    }
    assert [event.done for event in events if event.kind == "finished"] == list(range(1, len(found) + 1))


# -- ended early -------------------------------------------------------------------------------------------------------


def sockets() -> int:
    """The sockets that this process has open."""
    found = 0
    for descriptor in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            found += os.readlink(f"/proc/self/fd/{descriptor}").startswith("socket:")
    return found


def wait_until(condition: Callable[[], bool], what: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, what()
        time.sleep(0.01)


def fail_in_the_loop(held: list[Generator[tuple[str, Answer], None, None]]) -> None:
    for _name, _answer in held.pop():
        msg = "of the caller"
        raise OSError(msg)


@pytest.mark.parametrize("how", ["close", "break", "exception", "garbage"])
def test_ended_early_no_session_and_no_thread_is_left(lab: Lab, how: str) -> None:
    """One device hangs in the middle of its answer. When the loop ends, its session is closed."""
    before = (_thread._count(), sockets())
    asked = [router(lab, "fra-wan1"), router(lab, SILENT, command_timeout=200)]
    held = [iter_roll(asked, device_timeout=200)]
    if how == "break":
        for name, _answer in held.pop():
            assert name == "fra-wan1"
            break
    elif how == "exception":
        with pytest.raises(OSError, match="of the caller"):
            fail_in_the_loop(held)
    else:
        assert next(held[0])[0] == "fra-wan1"
        assert sockets() > before[1], "the other session is open"
        if how == "close":
            held[0].close()
        else:
            cycle: list[object] = [held.pop()]
            cycle.append(cycle)
            del cycle
            gc.collect()
    # Threads and sockets of an earlier test can end meanwhile.
    wait_until(
        lambda: _thread._count() <= before[0] and sockets() <= before[1],
        lambda: (_thread._count(), sockets(), before),
    )


# -- the run folder ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lazily", [False, True])
def test_the_run_folder_is_that_of_a_task(lab: Lab, tmp_path: Path, lazily: bool) -> None:
    asked = {**devices_from_inventory([lab.inventory, "stranger,"], "lab_iosxe:stranger", commands=["show version"])}
    for _run in range(2):
        answers = dict(iter_roll(asked, output_dir=tmp_path)) if lazily else call_roll(asked, output_dir=tmp_path)
        assert list(answers) == list(asked)
    manifest = read_manifest(tmp_path / "latest")
    assert manifest["status"] == "finished"
    assert manifest["hosts"] == list(asked)
    assert manifest["failed_hosts"] == ["stranger"]
    assert manifest["verdict"]["passed"] is False
    for name, answer in answers.items():
        written = read_answer(tmp_path / "latest", name)
        assert {key: written[key] for key in ("status", "changed", "last_good_at")} == {
            "status": answer["status"],
            "changed": answer["changed"],
            "last_good_at": answer["last_good_at"],
        }
        for command, output in answer["output"].items():
            assert output["since"] == written["output"][command]["since"]
            assert (output["since"] is None) == (name == "stranger")


def test_a_run_that_is_ended_early_has_its_answers_and_is_unfinished(lab: Lab, tmp_path: Path) -> None:
    answers = iter_roll(
        [router(lab, "fra-wan1"), router(lab, SILENT, command_timeout=200)], output_dir=tmp_path, device_timeout=200
    )
    next(answers)
    answers.close()
    [run] = (tmp_path / "runs").iterdir()
    assert read_manifest(run)["status"] == "running"
    assert read_answer(run, "fra-wan1")["status"] == "ok"
    assert json.loads((run / "events.jsonl").read_text().splitlines()[-1])["event"] == "finished"
    call_roll([router(lab, "fra-wan1")], output_dir=tmp_path)  # the folder is not locked any more


def test_a_folder_that_cannot_be_used_is_refused_before_the_first_login(lab: Lab, tmp_path: Path) -> None:
    tmp_path.joinpath("file").touch()
    for ask in (call_roll, iter_roll):
        with pytest.raises(ValueError, match="cannot be written to"):
            ask([router(lab, "fra-wan1")], output_dir=tmp_path / "file")
