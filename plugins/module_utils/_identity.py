# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which device answers: its name, its host key and its serial numbers, compared with those of its last answer.

``<output_dir>/last_good/<name>/identity.json`` has them. See docs/identity.md for the rule.
"""

from __future__ import annotations

import contextlib
import json
import pathlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ._drivers.device_name import is_expected, same_name
from ._model.secrets import MASK
from ._parsing.serials import serials_in, shows_serial
from ._result import Error
from ._trusted import check_folder, read_file

IDENTITY = "identity.json"


@dataclass(frozen=True, slots=True)
class Identity:
    """What is known of a device. ``serials`` are by command, because commands show those of different parts."""

    hostname: str | None = None
    host_key: str | None = None
    serials: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.hostname or self.host_key or self.serials)

    def as_dict(self) -> dict[str, Any]:
        serials = {command: list(each) for command, each in self.serials.items()}
        return {"hostname": self.hostname, "host_key": self.host_key, "serials": serials}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Identity:
        """
        :raises ValueError, TypeError, KeyError, AttributeError: if it is not an identity.
        """
        texts = [data["hostname"], data["host_key"]]
        if not all(each is None or isinstance(each, str) for each in texts):
            msg = "it is not an identity"
            raise ValueError(msg)
        serials = {str(command): tuple(map(str, each)) for command, each in data["serials"].items()}
        return cls(data["hostname"], data["host_key"], serials)


def identity_of(answer: Mapping[str, Any]) -> Identity:
    """Return what an answer shows of its device."""
    connection = answer.get("connection") or {}
    serials = {
        command: found
        for command, output in answer["output"].items()
        if output["status"] == "ok" and shows_serial(command) and (found := serials_in(output.get("text") or ""))
    }
    return Identity(_text(connection.get("hostname")), _text(connection.get("host_key")), serials)


def _text(given: Any) -> str | None:
    """Return a text without masks; None for one with masks, which tells nothing."""
    return given if isinstance(given, str) and given and MASK not in given else None


class Known:
    """The identities of all devices, from the folder of the last good answers. They are read when first needed."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._found: dict[str, Identity] | None = None

    def others(self, name: str) -> Iterator[tuple[str, Identity]]:
        """Yield the other devices."""
        with self._lock:
            if self._found is None:
                self._found = dict(self._read())
        return ((other, each) for other, each in self._found.items() if other != name)

    def _read(self) -> Iterator[tuple[str, Identity]]:
        for folder in sorted(self._folder.iterdir()) if self._folder.is_dir() else ():
            with contextlib.suppress(OSError, ValueError, KeyError, AttributeError, TypeError, RecursionError):
                check_folder(folder)
                data = json.loads(read_file(folder / IDENTITY).decode("ascii"))
                yield str(data["name"]), Identity.from_dict(data)


@dataclass(frozen=True, slots=True)
class Finding:
    """What the comparison found: the error of another device, or else what changed and the identity from now on."""

    error: Error | None
    changes: tuple[str, ...]
    identity: Identity


def compared(
    before: Identity,
    now: Identity,
    others: Callable[[], Iterator[tuple[str, Identity]]],
    *,
    expected: Sequence[str] = (),
    advice: str = "",
) -> Finding:
    """Compare a device with what it was.

    :param others: yields the other devices of the fleet and what they were.
    :param expected: the names that the user expects.
    :param advice: how to accept the device.
    """
    name = _same(before.hostname, now.hostname, same_name)
    key = None
    if before.host_key and now.host_key and before.host_key.split()[0] == now.host_key.split()[0]:
        key = before.host_key == now.host_key
    shown = [command for command in now.serials if command in before.serials]
    serial = any(not set(now.serials[each]).isdisjoint(before.serials[each]) for each in shown) if shown else None

    is_known_key = key is True and not any(each.host_key == now.host_key for _other, each in others())
    if serial:
        is_other = False
    elif name is False and expected and is_expected(str(now.hostname), expected):
        is_other = False  # the other one of two devices of a cluster, or a new name that was set
    elif serial is False:
        is_other = not (name is True and is_known_key)
    elif name is False or key is False:
        is_known_name = name is True and not any(_has_name(each, now.hostname) for _other, each in others())
        is_other = not (is_known_name or is_known_key)
    else:
        is_other = False

    changes = []
    if name is False:
        changes.append(f"its name is {now.hostname!r}, and was {before.hostname!r}")
    if serial is False:
        changes.append(f"its serial number is {_listed(now, shown)}, and was {_listed(before, shown)}")
    if key is False:
        changes.append(f"its host key is {now.host_key}, and was {before.host_key}")
    if is_other:
        whose = next((other for other, each in others() if _is(each, now)), None)
        known = f"; that is {whose!r} of this fleet" if whose is not None else ""
        message = f"another device answered at this address: {', '.join(changes)}{known}{advice}"
        return Finding(Error("auth", "wrong_device", message), (), before)
    is_unit = serial is not True and not is_known_key and name is False
    return Finding(None, tuple(changes), now if is_unit or serial is False else _merged(before, now))


def _merged(before: Identity, now: Identity) -> Identity:
    return Identity(now.hostname or before.hostname, now.host_key or before.host_key, {**before.serials, **now.serials})


def _same(before: str | None, now: str | None, is_same: Callable[[str, str], bool]) -> bool | None:
    return None if before is None or now is None else is_same(before, now)


def _has_name(other: Identity, name: str | None) -> bool:
    return other.hostname is not None and name is not None and same_name(other.hostname, name)


def _is(other: Identity, now: Identity) -> bool:
    """Return whether another device of the fleet seems to be the one that answered."""
    shared = [command for command in now.serials if command in other.serials]
    if shared:
        return any(not set(now.serials[each]).isdisjoint(other.serials[each]) for each in shared)
    return _has_name(other, now.hostname)


def _listed(identity: Identity, commands: Sequence[str]) -> str:
    found = dict.fromkeys(serial for command in commands for serial in identity.serials[command])
    return " ".join(found)
