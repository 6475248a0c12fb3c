# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The credentials that all devices refused are remembered for a bounded time, in a small file."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._engine.guard import Credential
from ansible_collections.rollcall.network.plugins.module_utils._refused_logins import KEPT, MOST, RefusedLogins
from ansible_collections.rollcall.network.plugins.module_utils._result import iso

OPS, ADMIN = Credential("ops", "variable a"), Credential("admin", "variable b")


def written(top: Path, ages: dict[Credential, timedelta]) -> Path:
    """A file with these credentials, each of this age."""
    file = top / "state" / "refused_logins.json"
    file.parent.mkdir(exist_ok=True)
    (file.parent / ".lock").touch()
    now = datetime.now(UTC)
    entries = [
        {"user": each.user, "source": each.source, "poller": "", "at": iso(now - age)} for each, age in ages.items()
    ]
    file.write_text(json.dumps({"format": 1, "refused": entries}))
    return file


@pytest.mark.parametrize(
    ("age", "is_known"),
    [
        pytest.param(timedelta(), True, id="now"),
        pytest.param(KEPT - timedelta(hours=1), True, id="just not too old"),
        pytest.param(KEPT + timedelta(hours=1), False, id="too old"),
        pytest.param(-timedelta(minutes=5), True, id="of a clock that is a little fast"),
        pytest.param(-KEPT - timedelta(hours=1), False, id="of a wrong clock"),
    ],
)
def test_an_old_refused_credential_is_forgotten(tmp_path: Path, age: timedelta, is_known: bool) -> None:
    written(tmp_path, {OPS: age})
    assert RefusedLogins(tmp_path).read() == ({OPS} if is_known else set())


def test_an_old_entry_is_removed_from_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, {OPS: KEPT + timedelta(days=1)})
    RefusedLogins(tmp_path).note(ADMIN, True)
    assert [each["user"] for each in json.loads(file.read_text())["refused"]] == ["admin"]


def test_a_credential_that_is_refused_again_is_kept_for_longer(tmp_path: Path) -> None:
    file = written(tmp_path, {OPS: KEPT - timedelta(days=1)})
    old = json.loads(file.read_text())["refused"][0]["at"]
    RefusedLogins(tmp_path).note(OPS, True)
    (entry,) = json.loads(file.read_text())["refused"]
    assert entry["at"] > old


def test_the_file_of_refused_credentials_keeps_the_newest_entries(tmp_path: Path) -> None:
    many = {Credential(f"user{number}", "x"): timedelta(minutes=number + 1) for number in range(MOST + 50)}
    file = written(tmp_path, many)
    RefusedLogins(tmp_path).note(OPS, True)
    users = {each["user"] for each in json.loads(file.read_text())["refused"]}
    assert len(users) == MOST
    assert {"ops", "user0"} <= users
    assert f"user{MOST + 49}" not in users
