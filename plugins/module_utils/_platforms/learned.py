# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A device whose platform is not known: how its pager is turned off."""

from __future__ import annotations

# Lines that turn paging off for the session and change no configuration, the usual ones first. A device rejects the
# others. Lines of which a part could be understood elsewhere are not here: the pager is answered.
PAGING = [
    "terminal length 0",
    "screen-length 0 temporary",
    "screen-length disable",
    "terminal pager 0",
    "terminal datadump",
    "terminal more disable",
    "no paging",
    "no page",
    "environment no more",
    "skip-page-display",
    "disable clipaging session",
    "paginate false",
    "set cli screen-length 0",
    "set cli pager off",
    "set clienv rows 0",
]
