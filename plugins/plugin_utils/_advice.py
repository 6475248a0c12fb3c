# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reasons why devices have no full answer, and advice for each."""

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
    "skipped": "not asked",
}

INTERNAL = ("Internal error", "Report the traceback that -vvv shows.")

# Label and advice for each kind of failure, by phase and kind. Other kinds are explained by their own message.
ADVICE: dict[str, dict[str, tuple[str, str]]] = {
    "resolve": {
        "commands": ("Wrong commands", "Correct the commands or the parser that the message names."),
        "dns": ("The name has no address", "Set ansible_host for these devices, or correct DNS."),
        "driver": ("Unknown driver", "Correct rollcall_driver in the variables of these devices."),
        "function_args": (
            "Wrong function arguments",
            "Correct function_args, or rollcall_function_args, for this function.",
        ),
        "function": ("No function", "Set function on the task, or rollcall_function for these devices."),
        "no_commands": ("No commands", "Set commands on the task, or rollcall_commands for these devices."),
        "no_poller": (
            "No poller for these devices",
            "Add them to rollcall_devices of a poller. A --limit must include the poller too.",
        ),
        "no_slice": (
            "No job asked these devices",
            "Find out why the job of their slice did not start: see its output in AWX. Then launch the workflow again.",
        ),
        "not_read_only": (
            "Command may change the device",
            "Check the command that the message names. If it only reads, add it to rollcall_allow_commands. If it "
            "enters configuration mode, remove it: no option allows it.",
        ),
        "platform": (
            "Unusable platform",
            "Correct the file in rollcall_platforms, or install what the message names. See docs/platforms.md.",
        ),
        "poller_refused": (
            "Poller refused the run",
            "The message has the reason. If another run uses the poller's folder, wait for its end.",
        ),
        "interrupted": ("Run interrupted", "Resume the run, or ask these devices again."),
        "unknown_host": ("Not in the inventory", "Correct the names on the task, or add the devices."),
        "variables": ("Bad variables", "Correct the inventory variables that the message names."),
    },
    "connect": {
        "ConnectionRefusedError": ("Connection refused", "Check that the service is on, its port, and access lists."),
        "TimeoutError": (
            "No answer to the connection",
            "Check the power, the address, and the network path to the device.",
        ),
        "deadline": ("Run deadline reached", "Raise deadline or workers, or find out what delayed the run."),
        "device_timeout": (
            "No connection in time",
            "Check the network path; raise device_timeout if the device is slow.",
        ),
        "dns": ("The name has no address at the bastion", "Set ansible_host to an address that the bastion knows."),
        "driver": (
            "Driver cannot connect",
            "Make ask of the driver a coroutine function, or connect in the driver itself.",
        ),
        "bastion": (
            "Bastion failed",
            "The message quotes what the bastion said. Log in there by hand, as the user that runs Ansible.",
        ),
        "host_key_changed": (
            "Host key changed",
            "Find out why. Correct known_hosts only if the device was replaced or its key was renewed.",
        ),
        "host_key_revoked": ("Host key revoked", "Do not log in. Find out which device answers at this address."),
        "host_key_unknown": (
            "Host key not known",
            "Run rollcall.network.host_keys, and compare the fingerprints with those on the devices' consoles.",
        ),
        "internal": INTERNAL,
        "interrupted": ("Run interrupted", "Resume the run, or ask these devices again."),
        "key_exchange": (
            "No common SSH algorithms",
            "Update the device's software, or enable stronger algorithms; renew its host key if it is too short.",
        ),
        "disconnected": (
            "Ended by the device",
            "Check sessions and access lists on the device: the message quotes what it said.",
        ),
        "no_library": ("Python package missing", "Install the requirements on the machine that collects."),
        "no_thread": ("Too many threads", "Lower workers, or raise ulimit -u on the machine that collects."),
        "poller": (
            "Poller failed",
            "Run the role rollcall.network.poller, which prepares and checks the poller.",
        ),
        "protocol": ("No SSH at this port", "Check the port, and the SSH log of the device."),
        "refused": (
            "Connection refused",
            "Check that SSH or Telnet is enabled on the device, that the port is right, and access lists.",
        ),
        "refused_by_text": (
            "Refused in words",
            "The message quotes what the device said in place of SSH. Often all its lines are in use.",
        ),
        "reset": (
            "Closed before the login",
            "All lines may be in use, or an access list may block. Check sessions and access lists on the device.",
        ),
        "timeout": ("No answer to the connection", "Check the power, the address, and the network path to the device."),
        "unreachable": ("No route to the address", "Check routes and firewalls from the machine that collects."),
        "variables": ("Bad SSH options", "Correct the SSH options or the configuration file that the message names."),
    },
    "auth": {
        "wrong_device": (
            "Another device answered",
            "Find out which device is at this address. If it is the right one, do what the message says.",
        ),
        "bastion": (
            "Bastion refused the login",
            "Correct user, password, key or rollcall_otp_command of the bastion. There is no second attempt, as it "
            "could lock the account.",
        ),
        "become_refused": (
            "Enable password refused",
            "Correct ansible_become_password, or give the user the right to enable. With a platform of your own, check "
            "its prompts and its line in enable.",
        ),
        "closed": (
            "Closed after the password",
            "Check user and password by hand once; more attempts can lock the account.",
        ),
        "deadline": ("Run deadline reached", "Raise deadline, or check whether the AAA server is slow."),
        "credential_guard": (
            "Not asked after refused logins",
            "Correct the credential that the message names. Then ask these devices again with only: failed, or with "
            "-e rollcall_only=failed.",
        ),
        "device_timeout": (
            "Login not complete in time",
            "Check whether the AAA server is slow; raise device_timeout if it is.",
        ),
        "dialog": (
            "Ended by a dialog after the login",
            "The message is that of a dialog in rollcall_platforms. Log in by hand, and do what it says.",
        ),
        "disconnected": (
            "Ended by the device",
            "Check sessions and access lists on the device: the message quotes what it said.",
        ),
        "key_exchange": ("Key exchange failed", "Renew the device's host key; check its SSH log."),
        "otp_command": ("No one-time code", "Run rollcall_otp_command by hand, as the user that runs Ansible."),
        "no_become_password": ("No enable password", "Set ansible_become_password for these devices."),
        "no_credentials": ("No credentials", "Set ansible_password or a private key, or start an ssh-agent."),
        "no_prompt": (
            "Prompt not recognized",
            "Check ansible_network_os; log in by hand to see what the device shows.",
        ),
        "no_shell": ("No shell", "Check the user's rights, and whether all lines of the device are in use."),
        "no_user": ("No user name", "Set ansible_user for these devices."),
        "password_expired": ("Password expired", "Change it on the device or in the AAA server."),
        "private_key": ("Private key not readable", "Correct ansible_ssh_private_key_file, or its permissions."),
        "protocol": ("Bad SSH answer", "Check the SSH log of the device."),
        "question": (
            "Question after the login",
            "The message quotes the question. Remove it on the device, or name the answer in dialogs of a platform of "
            "your own: see docs/platforms.md.",
        ),
        "refused": (
            "Login refused",
            "Check user, password and the AAA server. There is no second attempt, because it could lock the account.",
        ),
        "reset": (
            "Closed during the login",
            "Check the logs of the device and the AAA server; lower logins_per_second.",
        ),
        "session_closed": ("Closed after the login", "All lines may be in use, or the user may not open a shell."),
        "timeout": (
            "Login not answered",
            "Check whether the AAA server is slow; raise ansible_connect_timeout, lower logins_per_second.",
        ),
    },
    "command": {
        "ImportError": ("Function cannot be imported", "Install what the function needs on the machine that collects."),
        "deadline": ("Run deadline reached", "Raise deadline or workers, or find out what delayed the run."),
        "max_output": ("Answer too long", "Raise max_output, or send a command with a shorter answer."),
        "device_timeout": ("Answer not complete in time", "Ask fewer commands, or raise device_timeout."),
        "incomplete": ("Driver's answer incomplete", "Correct the driver: it must return a text for each command."),
        "internal": INTERNAL,
        "dialog": (
            "Ended by a dialog after a command",
            "The message is that of a dialog in rollcall_platforms. Send the command by hand, and do what it says.",
        ),
        "lost": ("Answer lost", "The thread ended without a result. Look for a crash in the function."),
        "desynchronised": (
            "End of an answer not known",
            "The device sent text that belongs to no certain command. Ask it again.",
        ),
        "not_outputs": ("Driver's answer not usable", "Correct the driver: it must return a text for each command."),
        "not_plain_data": (
            "Value cannot be stored",
            "Let the function convert what the message names, for example to text.",
        ),
        "question": (
            "Command asks a question",
            "Send a command that does not ask, or name the question and its answer with the command's answers.",
        ),
        "rejected": ("Command rejected", "Check the command's spelling on this platform, and the user's rights."),
        "reset": ("Closed during a command", "Check the device's log, then ask it again."),
        "session_closed": (
            "Closed during a command",
            "The device closed the session before its answer was complete. Check its log, then ask it again.",
        ),
        "timeout": (
            "No answer to a command",
            "Try the command by hand. Raise rollcall_command_timeout if the command is slow.",
        ),
    },
    "parse": {
        "error": ("Rows could not be made", "The message names what is missing or broken."),
        "mismatch": (
            "Output does not match its template",
            "Check ansible_network_os first. If it is right, compare text and rows of the command, and report it to "
            "ntc-templates. rollcall_rows_required: false accepts such answers.",
        ),
        "no_template": (
            "No template for a command",
            "Check ansible_network_os first. If it is right, use parser auto or none for this command, or add a "
            "template of your own (docs/rows.md).",
        ),
        "deadline": ("Run deadline reached", "Raise deadline, or request rows of fewer commands."),
        "device_timeout": ("Rows not made in time", "Raise device_timeout, or request rows of fewer commands."),
        "unreadable": ("Answer cannot be read", "The file of the answer is damaged. Ask these devices again."),
    },
}


class Reason(NamedTuple):
    """A short reason, and advice. The advice is empty if the error message is sufficient."""

    label: str
    advice: str


# In any phase.
ENGINE = (
    "Too much time or memory, or a crash",
    "The message names what used too much time or memory, or ended a process. Report it if it is not your own code.",
)


def reason_of(phase: str | None, kind: str | None, status: str) -> Reason:
    known = ENGINE if kind == "engine" else ADVICE.get(phase or "", {}).get(kind or "")
    if known:
        return Reason(*known)
    label = (kind or STATUS_WORDS.get(status, status)).replace("_", " ")
    return Reason(label[:1].upper() + label[1:], "")


class Group(NamedTuple):
    """The devices without a full answer for one reason. ``label`` is unique among the groups."""

    status: str
    phase: str | None
    reason: Reason
    rows: list[FleetRow]
    label: str


def groups_of(rows: Sequence[FleetRow]) -> list[Group]:
    """Group the failed devices by reason, the most frequent first."""
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
