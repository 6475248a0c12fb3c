# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: not_installed
short_description: Return the collections that are not installed
version_added: 0.1.0
author:
  - The rollcall.network authors (@rollcall-network)
description:
  - Internal to the role C(rollcall.network.awx). Returns those of the collections that Ansible does not find.
options:
  _input:
    description: Names of collections.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show what is not installed
  ansible.builtin.debug:
    msg: "{{ ['awx.awx'] | rollcall.network.not_installed }}"
"""

RETURN = r"""
_value:
  description: The names of those that are not installed.
  type: list
  elements: str
"""

from collections.abc import Callable, Iterable
from importlib.util import find_spec
from typing import Any


def not_installed(collections: Iterable[str]) -> list[str]:
    """Return the collections that Ansible's loader does not find."""
    return [str(each) for each in collections if not _is_found(str(each))]


def _is_found(collection: str) -> bool:
    try:
        return find_spec(f"ansible_collections.{collection}") is not None
    except ImportError:  # there is no collection of this namespace
        return False


class FilterModule:
    """The filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"not_installed": not_installed}
