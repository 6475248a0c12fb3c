# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why devices have no full answer, in a few words, and what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from ansible_collections.rollcall.network.plugins.plugin_utils._fleet_row import FleetRow

STATUS_WORDS = {
    "ok": "answered in full",
    "partial": "answered in part",
    "failed": "failed",
    "unreachable": "unreachable",
    "auth_failed": "refused the login",
    "timeout": "timed out",
    "skipped": "never asked",
}

# What to do about each kind of failure, by phase and kind. What is not here is explained by its own message.
ADVICE: dict[str, dict[str, tuple[str, str]]] = {
    "resolve": {
        "commands": ("No commands to ask", "Set commands on the task, or rollcall_commands for these devices."),
        "dns": ("The name has no address", "Set ansible_host for these devices, or correct DNS."),
        "driver": ("Unknown driver", "Correct rollcall_driver in the variables of these devices."),
        "function_args": (
            "Wrong function arguments",
            "Correct function_args, or rollcall_function_args, for this function.",
        ),
        "function": ("No function to call", "Set function on the task, or rollcall_function for these devices."),
        "no_poller": (
            "No poller called them",
            "Name them in rollcall_devices of a poller; a --limit has to name the poller as well.",
        ),
        "platform": ("Platform not known", "Set ansible_network_os of these devices to a platform that is supported."),
        "unknown_host": ("Not in the inventory", "Correct the names on the task, or add the devices."),
        "variables": ("Bad variables", "Correct the inventory variables that the message names."),
    },
    "connect": {
        "ConnectionRefusedError": ("Connection refused", "Check that the service is on, its port, and access lists."),
        "TimeoutError": ("No answer to the connection", "Check the power, the address, and the way to the device."),
        "deadline": ("The run was over first", "Raise deadline or workers, or look for what held the run up."),
        "device_timeout": ("No connection in time", "Check the way to the device; raise device_timeout if it is slow."),
        "host_key_changed": (
            "Host key changed",
            "Find out why first. Correct known_hosts only if the device was replaced, or its key renewed.",
        ),
        "host_key_revoked": ("Host key revoked", "Do not log in. Find out which device answers at this address."),
        "host_key_unknown": (
            "Host key not known",
            "Compare the key on the device's console, then add it to known_hosts.",
        ),
        "key_exchange": (
            "No common SSH algorithms",
            "Update the device's software, or allow it stronger algorithms; renew its host key if it is too short.",
        ),
        "no_library": ("Python package missing", "Install the requirements on the machine that collects."),
        "no_thread": ("Too many threads", "Lower workers, or raise ulimit -u on the machine that collects."),
        "poller": (
            "Their poller failed",
            "Prepare it with the role rollcall.network.poller, which says what is amiss.",
        ),
        "proxy": ("Jump host failed", "Try the proxy command by hand, as the user that runs Ansible."),
        "refused": ("Connection refused", "Check that SSH is on, its port, and the access lists of the device."),
        "reset": (
            "Closed before the login",
            "All lines may be in use, or an access list hangs up: check sessions and access lists on the device.",
        ),
        "timeout": ("No answer to the connection", "Check the power, the address, and the way to the device."),
        "unreachable": ("No way to the address", "Check routes and firewalls from the machine that collects."),
    },
    "auth": {
        "become_refused": ("Enable password refused", "Correct ansible_become_password, or the user's rights."),
        "closed": ("Hung up on the password", "Check user and password by hand once; more tries can lock the account."),
        "deadline": ("The run was over first", "Raise deadline, or look for a slow AAA server."),
        "device_timeout": ("Login not done in time", "Look for a slow AAA server; raise device_timeout if it is slow."),
        "key_exchange": ("Key exchange failed", "Renew the device's host key; look at its SSH log."),
        "no_become_password": ("No enable password", "Set ansible_become_password for these devices."),
        "no_credentials": ("Nothing to log in with", "Set ansible_password or a private key, or start an ssh-agent."),
        "no_prompt": (
            "Prompt not recognized",
            "Check ansible_network_os; log in by hand to see what the device shows.",
        ),
        "no_user": ("No user name", "Set ansible_user for these devices."),
        "password_expired": ("Password expired", "Change it on the device or in the AAA server."),
        "refused": (
            "Login refused",
            "Check user, password and the AAA server. It is not tried again, so that no account gets locked.",
        ),
        "reset": ("Closed during the login", "Look at the device's log and its AAA server; lower logins_per_second."),
        "session_closed": ("Closed after the login", "All lines may be in use, or the user may not open a shell."),
        "timeout": (
            "Login not answered",
            "Look for a slow AAA server; raise ansible_connect_timeout, lower logins_per_second.",
        ),
    },
    "command": {
        "ImportError": ("Function cannot be imported", "Install what the function needs on the machine that collects."),
        "deadline": ("The run was over first", "Raise deadline or workers, or look for what held the run up."),
        "device_timeout": ("Answer not done in time", "Ask less, or raise device_timeout for slow devices."),
        "lost": ("Lost", "The thread ended without an answer: look for a crash in the function or the driver."),
        "not_plain_data": ("Not plain data", "Let the function convert what the message names, such as to text."),
        "rejected": ("Command rejected", "Check the command's spelling on this platform, and the user's rights."),
        "reset": ("Closed in the middle", "Look at the device's log; call again."),
        "session_closed": (
            "Closed in the middle",
            "The device ended the session before its answer was whole: look at its log; call again.",
        ),
        "timeout": (
            "No answer to a command",
            "Try the command by hand. Raise rollcall_command_timeout if it only takes long.",
        ),
    },
}


class Reason(NamedTuple):
    """Why devices have no full answer, in a few words, and what to do about it (empty: the message says it)."""

    label: str
    advice: str


def reason_of(phase: str | None, kind: str | None, status: str) -> Reason:
    known = ADVICE.get(phase or "", {}).get(kind or "")
    if known:
        return Reason(*known)
    label = (kind or STATUS_WORDS.get(status, status)).replace("_", " ")
    return Reason(label[:1].upper() + label[1:], "")


class Group(NamedTuple):
    """The devices without a full answer for one reason; ``label`` is this group's alone."""

    status: str
    phase: str | None
    reason: Reason
    rows: list[FleetRow]
    label: str


def groups_of(rows: Sequence[FleetRow]) -> list[Group]:
    """The reasons, the most frequent first."""
    found: dict[tuple[str, str | None, Reason], list[FleetRow]] = {}
    for row in rows:
        if row.status != "ok":
            found.setdefault((row.status, row.phase, reason_of(row.phase, row.kind, row.status)), []).append(row)
    same = Counter(reason.label for _status, _phase, reason in found)
    groups = []
    for (status, phase, reason), members in sorted(found.items(), key=lambda each: -len(each[1])):
        where = f" ({status}, {phase})" if same[reason.label] > 1 else ""
        groups.append(Group(status, phase, reason, members, reason.label + where))
    return groups
