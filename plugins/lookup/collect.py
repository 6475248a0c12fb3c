# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: collect
short_description: Ask devices in an expression
version_added: 0.1.0
author:
  - The rollcall.network authors (@rollcall-network)
description:
  - Does the same as the module P(rollcall.network.collect#module) and returns its C(devices), a dictionary of name and answer.
  - Ansible evaluates a variable with a lookup at every use. Therefore, the same lookup reuses an answer that is newer than
    O(max_age). Answers are stored in Ansible's private temporary directory until the end of C(ansible-playbook).
  - For many uses of one answer, register the result of the module instead.
  - The lookup uses variables of the inventory, facts and extra variables. It does not use variables of the play, C(-k) and C(-K).
options:
  _terms:
    description:
      - The names to ask. Lists are flattened. Duplicates are asked once.
      - A name that is not in the inventory has a failed answer. With driver V(python), any name is allowed.
    required: true
  max_age:
    description:
      - Seconds after the answer was complete in which it is reused, in any task of this C(ansible-playbook). V(0) asks at every
        use.
      - By default, an answer is reused only in the same task, for 4 seconds. A check in a task after a change always asks again, and
        so does each attempt of C(until), which waits 5 seconds by default.
      - If a device has no full answer, the answer is reused for at most 4 seconds.
    type: float
extends_documentation_fragment:
  - rollcall.network.collect
"""

EXAMPLES = r"""
- name: Show the versions of three routers
  ansible.builtin.debug:
    msg: "{{ item.key }}: {{ item.value.output['show version'].text }}"
  loop: "{{ roll | dict2items }}"
  vars:
    roll: "{{ lookup('rollcall.network.collect', 'r1', 'r2', 'r3', commands=['show version']) }}"
"""

RETURN = r"""
_raw:
  description: One dictionary of name and answer, as RV(rollcall.network.collect#module:devices).
  type: list
  elements: dict
"""

from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.rollcall.network.plugins.plugin_utils._core import require_core

require_core()

from ansible_collections.rollcall.network.plugins.module_utils._model.visible import visible
from ansible_collections.rollcall.network.plugins.plugin_utils._live import Live
from ansible_collections.rollcall.network.plugins.plugin_utils._recall import recalled
from ansible_collections.rollcall.network.plugins.plugin_utils._untagged import untagged


class LookupModule(LookupBase):
    """Resolve names to devices and ask them, unless an answer is there that may be used again."""

    def run(self, terms: list[Any], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[dict[str, Any]]:
        try:
            if "hosts" in kwargs:
                msg = "give the names as terms, not as hosts="
                raise ValueError(msg)
            arguments = {**untagged(kwargs), "hosts": untagged(self._flatten(terms))}
            max_age = _max_age(arguments.pop("max_age", None))

            def make() -> Any:
                from ansible_collections.rollcall.network.plugins.plugin_utils._lookup import Roll

                return Roll(self._templar, variables or {}, arguments)

            if arguments.get("plan"):
                return [make().plan()]
            result = recalled(arguments, max_age, make)
        except ValueError as error:
            raise AnsibleLookupError(visible(str(error))) from None  # core says of which lookup
        for warning in result["warnings"]:
            Live().warning(visible(warning))
        for text in result.get("tracebacks", ()):
            Live().vvv(text)
        if result.get("failed"):
            raise AnsibleLookupError(result["msg"])
        return [result["devices"]]


def _max_age(given: Any) -> float | None:
    if given is None:
        return None
    try:
        seconds = float(given)
    except (TypeError, ValueError):
        seconds = -1.0
    if not seconds >= 0:  # NaN neither
        msg = f"max_age must be a number of seconds, 0 or more, not {str(given)!r}"
        raise ValueError(msg)
    return seconds
