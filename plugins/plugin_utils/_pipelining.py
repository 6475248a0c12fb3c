# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Switch on pipelining for the module that runs on a poller, regardless of the user's settings.

The module's arguments hold the devices' secrets. With pipelining, Ansible sends the module and its arguments through
the connection to the standard input of Python. Without it, Ansible writes them to a file on the controller and to one
on the poller, and both files stay there if the controller is killed.
"""

from __future__ import annotations

from typing import Any

from ansible import constants as C
from ansible.errors import AnsibleError


def switch_on(connection: Any) -> str | None:
    """Switch pipelining on for this connection. Return None, or the reason why that is impossible."""
    why = _obstacle(connection)
    if why is None:
        try:
            connection.set_option("pipelining", True)
        except (KeyError, AttributeError, AnsibleError):  # the connection plugin has no such option
            why = f"connection plugin {connection.transport} has no option for it: set ansible_connection to ssh"
    if why is None and not connection.is_pipelining_enabled():
        why = f"connection plugin {connection.transport} refuses it: set ansible_connection to ssh"
    if why is None:
        return None
    return f"devices' secrets are sent to a poller with pipelining only, which is impossible here: {why}"


def _obstacle(connection: Any) -> str | None:
    if C.DEFAULT_KEEP_REMOTE_FILES:
        return "unset ANSIBLE_KEEP_REMOTE_FILES, or keep_remote_files in ansible.cfg"
    if not connection.has_pipelining:
        return f"connection plugin {connection.transport} does not support it: set ansible_connection to ssh"
    become = connection.become
    if become is not None and not become.pipelining:
        return (
            f"become method {become.name} needs a terminal: set ansible_become_method to sudo, "
            "or ansible_become to false, for the poller"
        )
    return None
