# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The arguments of ``rollcall.network.host_keys``."""

from __future__ import annotations

from typing import Any

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "hosts": {"type": "list", "elements": "str"},
    "found": {"type": "dict"},
    "new": {"type": "bool", "default": False},
    "replace": {"type": "list", "elements": "str", "default": []},
}
EXCLUSIVE = [["hosts", "found"]]
REQUIRED = [["hosts", "found"]]
