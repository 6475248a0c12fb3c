# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The messages about devices between the parent and a session worker."""

from __future__ import annotations

import copyreg
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

from .._device import Command, Device, DeviceCredential, Hop
from .._result import DeviceError, Error, Output, Phase, Secret

# Jobs that can have begun before the parent is told. Their work can keep the worker from telling it.
UNTOLD = 8


@dataclass(frozen=True, slots=True)
class Job:
    """One attempt to ask one device.

    :param deadline: of the run, as a value of ``time.monotonic()``.
    :param seconds: for this device. They begin when the work begins.
    :param limits: the kinds of error at the deadline of the run and of the device, each with the option in words.
    :param is_held: it must ask before it sends the secret.
    :param later: the secrets for which it must ask when the device needs them: see ``_result.Secret``.
    """

    number: int
    device: Device
    deadline: float | None
    seconds: float | None
    limits: tuple[tuple[str, str], tuple[str, str]]
    is_held: bool = False
    later: tuple[Secret, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """The outcome of a job: its value or its error, and the time that each phase took.

    :param is_accepted: the device accepted the last secret of the login that it was sent.
    :param is_unanswered: a secret of the login was sent, and the device did not accept it.
    :param is_lost: it ended because the connection of its bastion was lost, and the device can be asked again.
    :param waited: seconds that do not count for the device, because it waited for what others wait for, too.
    """

    number: int
    value: Any
    error: DeviceError | None
    phase: Phase
    seconds: dict[str, float]
    is_accepted: bool = False
    is_unanswered: bool = False
    is_lost: bool = False
    waited: float = 0.0


@dataclass(frozen=True, slots=True)
class Began:
    """The jobs that began, each with the time."""

    jobs: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Asks:
    """The device of this job is ready for a secret."""

    number: int
    secret: Secret = "login"


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """The jobs whose devices accepted the login."""

    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sending:
    """From now on, this job sends something that is not read-only."""

    number: int


@dataclass(frozen=True, slots=True)
class Heard:
    """A part of the transcript of this job, in case its worker ends before the job is done."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Told:
    """Something for the parent that is not an answer, such as a new host key or a warning."""

    message: Any


def _pickle_as_tuple(cls: type) -> None:
    """Pickle the objects of a dataclass as a call with the values of all fields.

    The method that ``dataclass`` adds for this takes a third of the parent's time for a device.
    """
    values = attrgetter(*(each.name for each in fields(cls)))
    copyreg.pickle(cls, lambda each: (cls, values(each)))


for _class in (Command, Hop, DeviceCredential, Device, Error, Output, Job, Done):
    _pickle_as_tuple(_class)
