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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ._device import Device
from ._drivers.device_name import first_label, is_expected, same_name
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


class Fleet:
    """What is known of all devices: by host key, by the first label of the name, and by serial number."""

    def __init__(self, identities: Iterable[tuple[str, Identity]] = ()) -> None:
        self._of_key: dict[str, list[str]] = {}
        self._of_label: dict[str, list[tuple[str, str]]] = {}
        self._of_serial: dict[tuple[str, str], list[str]] = {}
        for name, each in identities:
            if each.host_key:
                self._of_key.setdefault(each.host_key, []).append(name)
            if each.hostname:
                self._of_label.setdefault(first_label(each.hostname), []).append((name, each.hostname))
            for command, serials in each.serials.items():
                for serial in serials:
                    self._of_serial.setdefault((command, serial), []).append(name)

    def has_key(self, host_key: str | None, but: str) -> bool:
        """Return whether another device than one has this host key."""
        return any(name != but for name in self._of_key.get(host_key or "", ()))

    def with_name(self, hostname: str | None, but: str) -> str | None:
        """Return another device that has this name in its prompt, or None."""
        known = self._of_label.get(first_label(hostname), ()) if hostname else ()
        return next((name for name, each in known if name != but and same_name(each, str(hostname))), None)

    def who(self, identity: Identity, but: str) -> str | None:
        """Return another device that has one of these serial numbers or else this name, or None."""
        pairs = ((command, serial) for command, serials in identity.serials.items() for serial in serials)
        owners = (name for pair in pairs for name in self._of_serial.get(pair, ()) if name != but)
        return next(owners, None) or self.with_name(identity.hostname, but)


class Known:
    """The identities of all devices, from the folder of the last good answers. They are read when first needed."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._found: Fleet | None = None

    def fleet(self) -> Fleet:
        """Return what was known of all devices when this was first called."""
        with self._lock:
            if self._found is None:
                self._found = Fleet(self._read())
            return self._found

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
    device: str,
    before: Identity,
    now: Identity,
    fleet: Callable[[], Fleet],
    *,
    expected: Sequence[str] = (),
    advice: str = "",
) -> Finding:
    """Compare a device with what it was.

    :param device: its name in the inventory.
    :param fleet: returns what is known of all devices. It is called only if something differs.
    :param expected: the names that the user expects in the prompt.
    :param advice: how to accept the device.
    """
    name = _same(before.hostname, now.hostname, same_name)
    key = None
    if before.host_key and now.host_key and before.host_key.split()[0] == now.host_key.split()[0]:
        key = before.host_key == now.host_key
    shown = [command for command in now.serials if command in before.serials]
    serial = any(not set(now.serials[each]).isdisjoint(before.serials[each]) for each in shown) if shown else None
    if False not in (name, key, serial):
        return Finding(None, (), _merged(before, now))

    # What other devices have too does not show that it is the same device.
    is_its_key = key is True and not fleet().has_key(now.host_key, device)
    is_its_name = name is True and fleet().with_name(now.hostname, device) is None
    is_expected_name = name is False and bool(expected) and is_expected(str(now.hostname), expected)
    is_same = is_its_name or is_its_key
    if serial is not None:
        is_same = serial or (name is True and is_its_key)
    changes = []
    if name is False:
        changes.append(f"its name is {now.hostname!r}, and was {before.hostname!r}")
    if serial is False:
        changes.append(f"its serial number is {_listed(now, shown)}, and was {_listed(before, shown)}")
    if key is False:
        changes.append(f"its host key is {now.host_key}, and was {before.host_key}")
    if not is_same and not is_expected_name:
        owner = fleet().who(now, device)
        known = f"; that is {owner!r} of this fleet" if owner is not None else ""
        message = f"another device answered at this address: {', '.join(changes)}{known}{advice}"
        return Finding(Error("auth", "wrong_device", message), (), before)
    # If it is another part of a cluster, or was replaced, nothing that was known before is of this one.
    is_other_part = not is_same or serial is False
    return Finding(None, tuple(changes), now if is_other_part else _merged(before, now))


def _merged(before: Identity, now: Identity) -> Identity:
    return Identity(now.hostname or before.hostname, now.host_key or before.host_key, {**before.serials, **now.serials})


def _same(before: str | None, now: str | None, is_same: Callable[[str, str], bool]) -> bool | None:
    return None if before is None or now is None else is_same(before, now)


def _listed(identity: Identity, commands: Sequence[str]) -> str:
    found = dict.fromkeys(serial for command in commands for serial in identity.serials[command])
    return " ".join(found)


def expected_names(devices: Mapping[str, Device | Error]) -> dict[str, tuple[str, ...]]:
    """Return the names that the user expects in the prompts of devices."""
    found = {name: device.expect_hostname for name, device in devices.items() if isinstance(device, Device)}
    return {name: names for name, names in found.items() if names}
