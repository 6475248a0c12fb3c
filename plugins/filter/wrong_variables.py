# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: wrong_variables
short_description: Return what is wrong with variables of this collection
version_added: 0.1.0
author:
  - The rollcall.network authors (@rollcall-network)
description:
  - Internal to the roles C(rollcall.network.schedule), C(rollcall.network.poller) and C(rollcall.network.awx). Returns a sentence for each
    variable that is not known, and for each value of a variable of P(rollcall.network.collect#role) that is wrong.
positional: offered
options:
  _input:
    description: The variables, a dictionary of name and value, or a list of names. Only names that begin with C(rollcall_) are checked.
    type: raw
    required: true
  offered:
    description: The names that users can set. By default those of P(rollcall.network.collect#role).
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Show what is wrong
  ansible.builtin.debug:
    msg: "{{ {'rollcall_keeep': {'runs': 3}} | rollcall.network.wrong_variables }}"
"""

RETURN = r"""
_value:
  description: The sentences.
  type: list
  elements: str
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.rollcall.network.plugins.plugin_utils._variables._check import wrong_variables


def _wrong_variables(variables: Mapping[str, Any] | Iterable[str], offered: Iterable[str] | None = None) -> list[str]:
    return wrong_variables(variables, offered)


class FilterModule:
    """The filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"wrong_variables": _wrong_variables}
