# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes `ansible_collections.rollcall.network` importable from this checkout, in the tests and in what they start."""

from __future__ import annotations

import os
import sys
from pathlib import Path

COLLECTIONS = Path(__file__).resolve().parent.parent / "collections"

# Plain imports find the collection here, and so does Ansible's own loader, which searches sys.path too.
sys.path.insert(0, str(COLLECTIONS))

# Before anything imports ansible, which reads its settings once: what is tested is this checkout, from any folder,
# and neither a setting of the user's nor another copy that is installed.
for name in [name for name in os.environ if name.startswith("ANSIBLE_")]:
    del os.environ[name]
os.environ["ANSIBLE_COLLECTIONS_PATH"] = str(COLLECTIONS)
