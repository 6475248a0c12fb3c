# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each platform prints for its show commands, written from the topology: one module per platform.

A module has `COMMANDS`, a dict from the whole command to a function of a device and its wiring that gives the text,
lines ended by `\\n`; the shell turns them into the CRLF of a terminal.
"""
