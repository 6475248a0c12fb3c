# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures in words, each with its goal and whether it is met."""

from __future__ import annotations


def at_most(value: float, limit: float, unit: str) -> str:
    """A figure with an upper goal: `1.2 x (goal: at most 2 x: met)`."""
    return f"{_figure(value)} {unit} (goal: at most {limit:g} {unit}: {'met' if value <= limit else 'NOT MET'})"


def at_least(value: float, limit: float, unit: str) -> str:
    """A figure with a lower goal."""
    return f"{_figure(value)} {unit} (goal: at least {limit:g} {unit}: {'met' if value >= limit else 'NOT MET'})"


def lines(*texts: str) -> str:
    """A row of several lines, those after the first set in."""
    return "\n    ".join(texts)


def _figure(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
