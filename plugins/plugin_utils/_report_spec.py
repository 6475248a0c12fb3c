# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The arguments of ``rollcall.network.report``."""

from __future__ import annotations

from typing import Any

FORMATS = ("md", "html", "json", "csv", "junit", "prom", "limit")
ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "devices": {"type": "dict"},
    "run_dir": {"type": "list", "elements": "path"},
    "slices": {"type": "bool", "default": False},
    "hosts": {"type": "list", "elements": "str"},
    "output_dir": {"type": "path"},
    "dest": {"type": "str", "required": True},
    "template": {"type": "path"},
    "fleet_template": {"type": "path"},
    "formats": {"type": "list", "elements": "str", "choices": list(FORMATS)},
    "columns": {"type": "list", "elements": "str", "default": []},
    "title": {"type": "str", "default": "Roll call"},
    "metrics_file": {"type": "path"},
    "max_fail_percentage": {"type": "float", "default": 0},
    "group_max_fail_percentage": {"type": "dict"},
    "reasons": {"type": "list", "elements": "str", "default": []},
    "notes": {"type": "list", "elements": "str", "default": []},
    "redact": {"type": "str", "choices": ["reports", "all", "none"], "default": "reports"},
    "prune": {"type": "bool", "default": False},
}
EXCLUSIVE = (("template", "fleet_template", "formats"),)
