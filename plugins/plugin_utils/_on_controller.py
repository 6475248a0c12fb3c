# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a task that is delegated to localhost on the controller, even if the inventory sets another connection.

The usual place for ``ansible_connection: ansible.netcommon.network_cli`` and ``ansible_become_method: enable`` is the
group ``all``, or the keywords of the play, or the command line. They are meant for devices, but Ansible applies them
to localhost too, and then fails because a connection or become plugin is missing.

Ansible decides on both after it has finalized the arguments of the task, from the variables of the delegated host. The
hook with which an action finalizes its arguments is called in between. Ansible marks this hook as experimental:
tests/integration/test_play_keywords.py fails when it no longer has this effect.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from ansible import constants as C
from ansible.errors import AnsibleError, AnsibleValueOmittedError
from ansible.plugins.action import ActionBase

from ansible_collections.rollcall.network.plugins.plugin_utils._variables._unresolved import reason_of

HIDDEN = ("webhook_url", "webhook_headers", "webhook_token", "function_args")  # arguments whose values may hold a token
LOCAL = {"ansible_connection": "local", "ansible_become": False}


class OnController(ActionBase):  # type: ignore[misc]  # Ansible's base classes ship no types
    """An action that runs on the controller when it is delegated to localhost. It opens no connection."""

    AS_WRITTEN: frozenset[str] = frozenset()  # arguments that are not resolved before the action starts
    _requires_connection = False  # no persistent connection is started for it

    @classmethod
    def finalize_task_arg(cls, name: str, value: Any, templar: Any, context: Any) -> Any:
        """Set the connection of localhost, then finalize one argument."""
        use_local_connection(templar.available_variables)
        if name in cls.AS_WRITTEN:
            return value
        try:
            return super().finalize_task_arg(name, value, templar, context)
        except AnsibleValueOmittedError:
            raise
        except Exception as error:
            # Ansible would print the lines of the inventory around the value, with passwords of any host.
            raise AnsibleError(reason_of(error, secret=name in HIDDEN, mask=str)) from None


def use_local_connection(variables: MutableMapping[str, Any]) -> None:
    """Set the connection of the host that the task is delegated to, if that is localhost. No device reads this."""
    for host, delegated in (variables.get("ansible_delegated_vars") or {}).items():
        if host in C.LOCALHOST:
            delegated.update(LOCAL)
