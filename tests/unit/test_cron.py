# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start times: what the real cron accepts, and a default that exists once in every night of every time zone."""

from __future__ import annotations

import shutil
import subprocess
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from ansible_collections.rollcall.network.plugins.plugin_utils._cron import NAMES, cron_problem

ROOT = Path(__file__).resolve().parents[2]
GOOD = ["0 2 * * *", "30 4 * * *", "*/5 * * * *", "0 0 1 1 *", "0-30/5,45 1,2 * jan-mar Mon-Fri", "0 4 29 2 *",
        "0 4 * * 7", "0 4 31 2 1", "5 4 * * sun", "00 04 * * *", "0\t4 * *   *", *NAMES]  # fmt: skip
BAD = [
    ("99 25 * * *", "the minute must be between 0 and 59, not '99'"),
    ("0 25 * * *", "the hour must be between 0 and 23, not '25'"),
    ("every night", "must have five fields"),
    ("0 2 * *", "must have five fields"),
    ("0 2 * * * *", "must have five fields"),
    ("", "must have five fields"),
    ("a b c d e", "the minute must be between 0 and 59, not 'a'"),
    ("60 2 * * *", "the minute must be"),
    ("-1 2 * * *", "the minute must be"),
    ("0 24 * * *", "the hour must be"),
    ("0 2 0 * *", "the day of the month must be between 1 and 31, not '0'"),
    ("0 2 32 * *", "the day of the month must be"),
    ("0 2 * 13 *", "the month must be"),
    ("0 2 * * 8", "the day of the week must be"),
    ("0 2 * * Sonntag", "the day of the week must be"),
    ("*/0 * * * *", "the step '0' of the minute must be"),
    ("5/10 * * * *", "needs a range or *"),
    ("1,,2 * * * *", "the minute must be"),
    ("@nightly", "'@nightly' is not one of @reboot"),
    ("\u0661 2 * * *", "the minute must be"),
]
BY_OURS_ONLY = [
    ("0 22-2 * * *", "the range 22-2 of the hour is in the wrong order"),
    ("0 4 31 2 *", "never comes"),
    ("0 4 30,31 feb *", "never comes"),
    ("0 4 31 4,6 *", "never comes"),
]


def cron_accepts(text: str, folder: Path) -> bool:
    """Whether the real crontab takes a line with this time. Nothing is installed."""
    file = folder / "crontab"
    file.write_text(f"{text} true\n")
    return subprocess.run(["crontab", "-n", file], capture_output=True, timeout=30, check=False).returncode == 0


@pytest.mark.parametrize("text", GOOD)
def test_a_start_time_that_cron_accepts(text: str, tmp_path: Path) -> None:
    assert cron_problem(text) is None
    if shutil.which("crontab"):
        assert cron_accepts(text, tmp_path)


@pytest.mark.parametrize(("text", "says"), BAD)
def test_a_start_time_that_cron_refuses(text: str, says: str, tmp_path: Path) -> None:
    assert says in (cron_problem(text) or "")
    if shutil.which("crontab") and text != "0 2 * * * *":  # cron takes the sixth field for the command
        assert not cron_accepts(text, tmp_path)


@pytest.mark.parametrize(("text", "says"), BY_OURS_ONLY)
def test_a_start_time_that_never_comes(text: str, says: str) -> None:
    assert says in (cron_problem(text) or "")


def test_the_default_start_exists_once_in_every_night_of_every_time_zone() -> None:
    """A clock that is set forward skips local times, and one that is set back repeats them."""
    defaults = yaml.safe_load((ROOT / "roles" / "schedule" / "defaults" / "main.yml").read_text())
    minute, hour, *rest = defaults["rollcall_schedule_cron"].split()
    assert rest == ["*", "*", "*"]
    assert defaults["rollcall_schedule_calendar"] == f"*-*-* {int(hour):02}:{int(minute):02}:00"
    for name in sorted(zoneinfo.available_timezones()):
        zone = zoneinfo.ZoneInfo(name)
        for day in days_of_change(zone):
            start, repeated = (datetime(*day, int(hour), int(minute), tzinfo=zone, fold=fold) for fold in (0, 1))
            assert start.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == start.replace(tzinfo=None), (
                name,
                day,
            )
            assert start.utcoffset() == repeated.utcoffset(), (name, day)


def days_of_change(zone: zoneinfo.ZoneInfo) -> Iterator[tuple[int, int, int]]:
    """The days from 2026 to 2036 around a change of the clock."""
    moment, week = datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=7)
    while moment.year < 2037:
        if moment.astimezone(zone).utcoffset() != (moment + week).astimezone(zone).utcoffset():
            for number in range(-1, 9):
                day = moment + timedelta(days=number)
                yield day.year, day.month, day.day
        moment += week
