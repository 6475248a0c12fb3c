# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The arguments of ``rollcall.network.outcome``."""

from __future__ import annotations

from typing import Any

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "result": {"type": "dict"},
    "reports": {"type": "dict"},
    "reasons": {"type": "list", "elements": "str", "default": []},
    "notes": {"type": "list", "elements": "str", "default": []},
    "reports_url": {"type": "str"},
    "output_dir": {"type": "path"},
    "webhook_url": {"type": "str", "no_log": True},
    "webhook_headers": {"type": "dict", "no_log": True},
    "webhook_token": {"type": "str", "no_log": True},
    "outcome": {"type": "dict"},
    "failed_hosts": {"type": "dict"},
    "fail": {"type": "str"},
}
EXCLUSIVE = (("reports", "outcome", "failed_hosts", "fail"),)
