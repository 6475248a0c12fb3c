# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values as they are without what Ansible attaches to them: their origin, and whether they are trusted as templates.

Ansible hands over subclasses of the plain types. Their names must be in no message, and libraries refuse them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils._internal._datatag import AnsibleTaggedObject


def untagged(value: Any) -> Any:
    """A plain copy; what no tag is attached to stays the same object."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return {untagged(key): untagged(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [untagged(each) for each in value]
    return value._native_copy() if isinstance(value, AnsibleTaggedObject) else value
