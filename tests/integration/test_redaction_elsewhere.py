# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets that devices show, in what the lookup returns and in what the webhook receives, with real playbooks."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import run_playbook
from tests.integration.odd_server import Line, OddServer
from tests.integration.test_signals import webhook
from tests.unit.shown_secrets import COMMANDS, PLATFORMS, planted, shows

USERS = "show users | json"
REJECTED = "show secrets"
JSON_SECRET, ERROR_SECRET = "Json-512341x", "$9$Tq0xYk1vWn7Zpa$Rr4mJx2cVb8sLd0fGh6KuQwEiOp3ZtYnXbMvCaSd1Fg"


class Shown:
    """What each device shows, and the secrets in it."""

    def __init__(self) -> None:
        chance = random.Random(41)
        self.texts = {(platform, USERS): json.dumps({"users": [{"password": JSON_SECRET}]}) for platform in PLATFORMS}
        self.secrets = [JSON_SECRET]
        for platform in PLATFORMS:
            for command, text, new in planted(platform, chance):
                self.texts[platform, command] = text
                self.secrets += new

    async def talk(self, line: Line) -> None:
        while True:
            line.say("edge-1# ")
            asked = await line.hear()
            if asked in ("exit", "quit", "logout"):
                return
            if asked == REJECTED:
                line.say(f"% Invalid input detected: username bob secret 9 {ERROR_SECRET}\n")
                continue
            line.say(self.texts.get((line.user, asked), "").strip("\n") + "\n")


@pytest.fixture(scope="module")
def shown() -> Iterator[tuple[Shown, OddServer]]:
    shown = Shown()
    with OddServer(shown.talk) as server:
        yield shown, server


def strings(value: Any) -> str:
    """All texts in plain data, one below the other: in JSON, an escaped line end would be a part of the next word."""
    if isinstance(value, dict):
        return "\n".join(f"{key}\n{strings(each)}" for key, each in value.items())
    return "\n".join(map(strings, value)) if isinstance(value, list) else str(value)


def inventory(server: OddServer, folder: Path, *commands: str) -> Path:
    host = {
        "ansible_host": server.address,
        "ansible_port": server.port,
        "ansible_password": "Login-word-1",
        "ansible_host_key_checking": False,
        "ansible_network_os": "generic",
        "rollcall_allow_commands": ["show tech-support"],
        "rollcall_commands": [*COMMANDS, {"command": USERS, "parser": "json"}, *commands],
    }
    file = folder / "hosts.json"
    file.write_text(json.dumps({"all": {"hosts": {name: {**host, "ansible_user": name} for name in PLATFORMS}}}))
    return file


@pytest.mark.parametrize("folder", [False, True], ids=["without a run folder", "with a run folder"])
@pytest.mark.parametrize("redact", ["reports", "all"])
def test_the_lookup_returns_masks_with_all(
    redact: str, folder: bool, shown: tuple[Shown, OddServer], tmp_path: Path
) -> None:
    """Without a run folder there is no key, and all masks are the same word."""
    what, server = shown
    file = tmp_path / "answers.json"
    out = f", output_dir='{tmp_path}/out'" if folder else ""
    answers = f"lookup('rollcall.network.collect', groups.all, redact='{redact}', max_fail_percentage=100{out})"
    copy = {"content": f"{{{{ {answers} | to_json }}}}", "dest": str(file), "mode": "0600"}
    play = {"hosts": "all", "gather_facts": False, "tasks": [{"ansible.builtin.copy": copy, "run_once": True}]}
    play["tasks"][0] |= {"delegate_to": "localhost", "vars": {"ansible_connection": "local"}}  # type: ignore[index]
    done = run_playbook(json.dumps([play]), inventory(server, tmp_path, REJECTED))
    assert done.returncode == 0, done.stdout + done.stderr
    devices: dict[str, Any] = json.loads(file.read_text())
    assert list(devices) == list(PLATFORMS)
    text = strings(devices)
    found = [secret for secret in [*what.secrets, ERROR_SECRET] if shows(text, secret)]
    if redact == "reports":
        assert set(found) == {*what.secrets, ERROR_SECRET}, "the lookup returns what the devices sent"
        return
    assert found == []
    for name, answer in devices.items():
        assert answer["status"] == "partial", name
        assert "% Invalid input detected: username bob secret 9 redacted" in strings(answer), name
        [user] = answer["output"][USERS]["rows"]["users"]
        assert user["password"].startswith("redacted_" if folder else "redacted")
    if folder:
        files = [each.read_text(errors="replace") for each in (tmp_path / "out").rglob("*") if each.is_file()]
        assert not any(shows(each, secret) for each in files for secret in [*what.secrets, ERROR_SECRET])


@pytest.mark.parametrize("redact", ["reports", "all", "none"])
def test_the_webhook_gets_masks_always(redact: str, shown: tuple[Shown, OddServer], tmp_path: Path) -> None:
    """Reasons and notes can quote a device."""
    what, server = shown
    quoted = {secret: f"poller fra: the device said: username bob password 0 {secret}" for secret in what.secrets[:20]}
    quoted[ERROR_SECRET] = f"poller osl: the device said: username bob secret 9 {ERROR_SECRET}"
    reasons = list(quoted.values())
    collect = {"hosts": "{{ groups.all }}", "redact": redact, "output_dir": f"{tmp_path}/out"}
    with webhook(204) as (url, told):
        outcome = {"result": "{{ roll }}", "reports": {}, "webhook_url": url, "reasons": reasons, "notes": reasons}
        tasks: list[dict[str, Any]] = [
            {"rollcall.network.collect": collect, "register": "roll", "ignore_errors": True},
            {"rollcall.network.outcome": outcome},
        ]
        here = {"run_once": True, "delegate_to": "localhost", "vars": {"ansible_connection": "local"}}
        play = {"hosts": "all", "gather_facts": False, "tasks": [task | here for task in tasks]}
        done = run_playbook(json.dumps([play]), inventory(server, tmp_path, REJECTED))
    assert done.returncode == 0, done.stdout + done.stderr
    [body] = told
    assert [secret for secret in [*what.secrets, *quoted] if shows(strings(body), secret)] == []
    for said in (body["verdict"]["reasons"][-len(reasons) :], body["notes"]):
        assert said[0] == "poller fra: the device said: username bob password 0 redacted"
        assert said[-1] == "poller osl: the device said: username bob secret 9 redacted"
    assert body["verdict"]["sentence"] == f"0 of {len(PLATFORMS)} devices answered in full"
    assert body["failed_hosts"] == list(PLATFORMS), "what is no secret stays"


TEMPLATE = (
    "{% for name in devices %}{% for each in devices[name].output.values() %}{{ each.text }}\n{% endfor %}{% endfor %}"
)


def collected(hosts: Path, tasks: list[dict[str, Any]]) -> str:
    here = {"run_once": True, "delegate_to": "localhost", "vars": {"ansible_connection": "local"}}
    play = {"hosts": "all", "gather_facts": False, "tasks": [task | here for task in tasks]}
    done = run_playbook(json.dumps([play]), hosts)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("redact", ["reports", "none"])
def test_a_template_of_the_user_sees_masks(redact: str, shown: tuple[Shown, OddServer], tmp_path: Path) -> None:
    what, server = shown
    template, file = tmp_path / "fleet.j2", tmp_path / "fleet.txt"
    template.write_text(TEMPLATE)
    report = {"run_dir": "{{ roll.run_dir }}", "fleet_template": str(template), "dest": str(file), "redact": redact}
    tasks: list[dict[str, Any]] = [
        {
            "rollcall.network.collect": {"hosts": "{{ groups.all }}", "output_dir": f"{tmp_path}/out"},
            "register": "roll",
        },
        {"rollcall.network.report": report},
    ]
    collected(inventory(server, tmp_path), tasks)
    found = [secret for secret in what.secrets if shows(file.read_text(), secret)]
    assert bool(found) is (redact == "none")


def test_answers_without_masks_are_not_used_again(shown: tuple[Shown, OddServer], tmp_path: Path) -> None:
    """``only: failed`` asks no device of a run without failures, but those whose answers have no masks."""
    _what, server = shown
    hosts = inventory(server, tmp_path)
    logins = []
    for more in ({}, {"only": "failed"}, {"only": "failed", "redact": "all"}, {"only": "failed", "redact": "all"}):
        before = len(server.logins)
        arguments = {"hosts": "{{ groups.all }}", "output_dir": f"{tmp_path}/out", **more}
        collected(hosts, [{"rollcall.network.collect": arguments}])
        logins.append(len(server.logins) - before)
    assert logins == [len(PLATFORMS), 0, len(PLATFORMS), 0]
