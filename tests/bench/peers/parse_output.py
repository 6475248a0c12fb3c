# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's texts through ntc-templates, one parse_output for each."""

from __future__ import annotations

import json
import sys
from typing import Any

from ntc_templates.parse import parse_output

from tests.bench.cost import measured, report
from tests.bench.texts import texts

spec: dict[str, Any] = json.load(sys.stdin)
work = texts(spec["devices"]) * spec["rounds"]
parse_output(platform=work[0].ntc_platform, command=work[0].command, data=work[0].text)
with measured() as cost:
    parsed = [parse_output(platform=each.ntc_platform, command=each.command, data=each.text) for each in work]
report(sum(bool(rows) for rows in parsed), cost, rows=sum(map(len, parsed)))
