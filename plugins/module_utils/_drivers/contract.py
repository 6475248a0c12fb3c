# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The interfaces of drivers and of their sessions."""

from __future__ import annotations

from typing import Any, Protocol

from .._device import Device
from .._result import Phase, Secret
from .._transport.stream import Stream

SETTINGS = frozenset({"host", "platform", "commands", "function"})


class Session(Protocol):
    """The state of one device while its driver asks it."""

    deadline: float | None
    """When the driver must end, as a value of ``time.monotonic()``."""

    limit: tuple[str, str]
    """The kind of error at the deadline, and the option in words."""

    def enter(self, phase: Phase) -> None:
        """Begin a phase: connect, auth, command or parse. Its time is a part of the answer."""

    async def may_send_secret(self, secret: Secret = "login") -> None:
        """Wait until a secret may be sent inside the session. Other devices can have to accept it first.

        :param secret: of the login, the password of the login after the device refused a key, or that of the
            privileged mode.
        :raises DeviceError: ``skipped``, if too many devices have refused it.
        """

    def keep(self, value: Any) -> None:
        """Keep what was received so far, for the answer of a device whose time ends."""

    def sending(self) -> None:
        """Report that from now on something is sent that is not read-only.

        After a crash, a device is asked again only if its driver did not call this.
        """

    async def connect(self) -> Stream:
        """Connect to the device's command line and log in, over its transport and bastions.

        :raises DeviceError: for everything that can fail on the way.
        """


class Driver(Protocol):
    """Asks one device.

    If ``ask`` is a coroutine function, many devices are asked in one event loop, and it must not block. Otherwise each
    call has a process of its own.
    """

    name: str
    """A short name for answers. No two drivers of a run have the same one."""

    settings: frozenset[str]
    """The settings of a host without which it cannot ask. They are some of

    * ``host``: the address, port, user, secrets, transport and bastions.
    * ``platform``: a platform that the collection knows.
    * ``commands``: at least one command. Its answer is then a dictionary of command and text.
    * ``function``: the path of a function and its arguments.
    """

    def read_only(self, device: Device) -> bool:
        """Return whether everything that it would send is read-only, so that it may be sent again after a crash."""

    def ask(self, device: Device, session: Session) -> Any:
        """Return the device's answer: plain data, or a text or an ``Output`` for each command.

        :raises DeviceError: if the device has no complete answer; its value is what was received.
        """
