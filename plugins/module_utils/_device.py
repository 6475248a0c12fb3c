# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The data of a device for the drivers: address, login, commands. Created before any thread starts."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from ._result import Error

KNOWN_HOSTS = ("~/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts")  # the default, as in OpenSSH


class Reply(NamedTuple):
    """The answer to a question of a command, which is a part of the question's last line.

    It is sent with a line end, unless it is a key on which the device acts.
    """

    question: str
    text: str
    is_key: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """One line to send, and the parser for its output: json, textfsm, auto (by command), or None.

    ``answers`` are for the questions that the device may ask then.
    """

    text: str
    parser: str | None = None
    answers: tuple[Reply, ...] = ()

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Command:
        answers = tuple(Reply(*each) for each in data.get("answers", ()))
        return cls(**{**data, "answers": answers})

    def as_given(self) -> dict[str, Any]:
        """Return it as it is written in a task."""
        given: dict[str, Any] = {"command": self.text, "parser": self.parser or "none"}
        if self.answers:
            given["answers"] = [
                {"question": each.question, "key" if each.is_key else "answer": each.text} for each in self.answers
            ]
        return given


@dataclass(frozen=True, slots=True)
class Unresolved(Error):
    """The error of a name that cannot be asked, and the commands that it would have been asked, as far as known."""

    commands: tuple[Command, ...] = ()

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Unresolved:
        commands = tuple(Command.from_dict(each) for each in data.get("commands", ()))
        return cls(**{**data, "commands": commands})


@dataclass(frozen=True, slots=True)
class Hop:
    """A bastion: an address, a login, and how its host key is verified. See ``Device`` for the fields.

    ``in_inventory`` tells that it is a host of the inventory, with variables of its own.
    """

    name: str
    host: str = ""
    port: int = 22
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    private_key_file: str | None = None
    private_key: str | None = field(default=None, repr=False)
    passphrase: str | None = field(default=None, repr=False)
    otp_command: str | None = field(default=None, repr=False)
    connect_timeout: float = 10.0
    host_key_checking: bool = True
    accept_new_host_keys: bool = False
    known_hosts: tuple[str, ...] = ()
    legacy_ssh: bool = True
    ssh_options: tuple[tuple[str, str], ...] = ()
    ssh_config: tuple[str, ...] = ()
    proxy_command: str | None = field(default=None, repr=False)
    in_inventory: bool = False
    inventory_sources: tuple[str, ...] = field(default=(), compare=False)  # of the run, for the commands in messages


@dataclass(frozen=True, slots=True)
class DeviceCredential:
    """One of several credentials of a device: a password, a key, or none for the keys of an agent.

    :param name: for answers and messages, which have no secret.
    :param user: by default that of the device. So is ``become_password``.
    :param source: where it was set.
    """

    name: str = ""
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    private_key_file: str | None = None
    private_key: str | None = field(default=None, repr=False)
    passphrase: str | None = field(default=None, repr=False)
    become_password: str | None = field(default=None, repr=False)
    source: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    """All data of one device. Secrets are not in ``repr``. Timeouts are in seconds.

    ``hops`` are the bastions on the way, the first one first. ``ssh_options`` are OpenSSH options as names in lower
    case and values, the first value of a name counts. ``ssh_config`` are configuration files in the format of OpenSSH.
    ``max_output`` is the number of bytes that are read for one command. ``platform_note`` says why the platform is
    ``learned`` if the user did not choose that. ``definition`` describes a platform that the user added.
    ``allow_commands`` are patterns of commands that may be sent although they are not in the list of read-only ones.
    ``expect_hostname`` are the names that its prompt may have; any if it is empty.
    ``credentials`` are tried in this order instead of the user, the password and the key of the device.
    ``inventory_sources`` are those of the run, for the commands in messages.
    ``become`` is None if nobody set it: then the become password decides, see ``is_privileged``.
    ``rows_required`` makes the answer ``partial`` if rows that were requested are missing, see ``_required_rows``.
    """

    name: str
    driver: str = "cli"
    host: str = ""
    port: int = 22
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    private_key_file: str | None = None
    private_key: str | None = field(default=None, repr=False)
    passphrase: str | None = field(default=None, repr=False)
    credentials: tuple[DeviceCredential, ...] = field(default=(), repr=False)
    become: bool | None = None
    become_password: str | None = field(default=None, repr=False)
    platform: str | None = None
    platform_note: str = ""
    definition: dict[str, Any] | None = field(default=None, repr=False, hash=False)
    commands: tuple[Command, ...] = ()
    allow_commands: tuple[str, ...] = ()
    rows_required: bool = True
    expect_hostname: tuple[str, ...] = ()
    function: str | None = None
    function_args: dict[str, Any] = field(default_factory=dict, repr=False, hash=False)
    connect_timeout: float = 10.0
    command_timeout: float = 30.0
    host_key_checking: bool = True
    known_hosts: tuple[str, ...] = ()
    transport: str = "ssh"
    accept_new_host_keys: bool = False
    legacy_ssh: bool = True
    otp_command: str | None = field(default=None, repr=False)
    ssh_options: tuple[tuple[str, str], ...] = ()
    ssh_config: tuple[str, ...] = ()
    hops: tuple[Hop, ...] = ()
    max_output: int = 64 * 2**20
    variables: dict[str, Any] = field(default_factory=dict, repr=False, hash=False)  # asked for by a driver
    proxy_command: str | None = field(default=None, repr=False)
    proxy_login: str | None = None  # the same for all devices whose proxy command logs in with the same credential
    run_secrets: tuple[str, ...] = field(default=(), repr=False)  # of the whole run; never sent, only masked
    transcript: bool = False  # record what is received and sent
    login_source: str = ""  # where the password or the key was set
    become_source: str = ""  # where become_password was set
    limit_groups: tuple[tuple[str, str], ...] = ()  # the variables that limits are for, and their values
    inventory_sources: tuple[str, ...] = ()

    @property
    def is_privileged(self) -> bool:
        """Whether the privileged mode is entered, if the platform has one."""
        return self.become_password is not None if self.become is None else self.become

    def as_dict(self) -> dict[str, Any]:
        """Return plain data including secrets, to send to a poller. It must not be used in a result."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Device:
        commands = tuple(Command.from_dict(each) for each in data["commands"])
        hops = tuple(Hop(**{**each, **_tuples(each)}) for each in data["hops"])
        others = {
            "allow_commands": tuple(data["allow_commands"]),
            "expect_hostname": tuple(data["expect_hostname"]),
            "credentials": tuple(DeviceCredential(**each) for each in data["credentials"]),
            "run_secrets": tuple(data["run_secrets"]),
            "limit_groups": tuple((name, value) for name, value in data["limit_groups"]),
        }
        return cls(**{**data, **_tuples(data), **others, "commands": commands, "hops": hops})


def _tuples(data: dict[str, Any]) -> dict[str, Any]:
    """The fields that JSON turned from tuples into lists."""
    return {
        "known_hosts": tuple(data["known_hosts"]),
        "ssh_options": tuple((name, value) for name, value in data["ssh_options"]),
        "ssh_config": tuple(data["ssh_config"]),
        "inventory_sources": tuple(data["inventory_sources"]),
    }
