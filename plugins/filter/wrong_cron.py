# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: wrong_cron
short_description: Return what is wrong with a start time for cron
version_added: 0.1.0
author:
  - The rollcall.network authors (@rollcall-network)
description:
  - Internal to the role C(rollcall.network.schedule). Returns a sentence if the value is not a start time that cron accepts, or a date
    that never comes, and an empty string otherwise.
options:
  _input:
    description: Five fields, or a name such as V(@daily).
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show what is wrong
  ansible.builtin.debug:
    msg: "{{ '99 25 * * *' | rollcall.network.wrong_cron }}"
"""

RETURN = r"""
_value:
  description: The sentence, or an empty string.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.rollcall.network.plugins.plugin_utils._cron import cron_problem


def wrong_cron(value: Any) -> str:
    """What is wrong with a start time."""
    return cron_problem(str(value)) or ""


class FilterModule:
    """The filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"wrong_cron": wrong_cron}
