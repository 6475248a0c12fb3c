# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times on disk. A clock that was wrong for a while may have left times in the future."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ._result import iso

AHEAD = timedelta(minutes=5)  # clocks of two machines, and one that is corrected, differ by less


def is_future(moment: datetime | str | None, now: str | None = None) -> bool:
    """Whether a time is more than five minutes in the future. Text that is not a time is not.

    :param now: seen from this time, by default from the current one.
    """
    try:
        at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        return at is not None and at > (datetime.fromisoformat(now) if now else datetime.now(UTC)) + AHEAD
    except (ValueError, TypeError):
        return False


def past(moment: str | None) -> str | None:
    """Return a time, or None if it is in the future: when it really was is unknown."""
    return None if is_future(moment) else moment


def now_text() -> str:
    return iso(datetime.now(UTC))
