# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors of the engine that its users handle."""

from __future__ import annotations


class NotDone(Exception):
    """A text could not be worked on. The message says why."""
