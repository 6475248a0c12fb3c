# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A playbook in a process of its own, so that the sshd of the poller is not taken for a part of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.bench.cost import Cost, report
from tests.bench.playbook import ansible

spec = json.load(sys.stdin)
done = ansible(spec["arguments"], Path(spec["folder"]))
reports = json.loads(Path(spec["folder"], "out", "reports", "fleet.json").read_text(encoding="utf-8"))
report(reports["summary"]["ok"], Cost(done.seconds, done.cpu_seconds, done.peak_mib))
