# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which device answers: its name, its host key and its serial numbers, compared with those of its last answers.

``<output_dir>/last_good/<name>/identity.json`` has them. Several devices can answer for one name, such as the units of
a cluster. See docs/identity.md for the rule.
"""

from __future__ import annotations

import contextlib
import json
import pathlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ._device import Device
from ._drivers.device_name import CUT, first_label, is_expected, same_name
from ._model.secrets import MASK
from ._parsing.serials import serials_in, shows_serial
from ._result import Error
from ._trusted import check_folder, read_file
from ._wrong_device import other_device

IDENTITY = "identity.json"
OTHERS = "identity.*.json"  # written by the user: devices that may answer too
MOST_DEVICES = 8  # of one name
LEAST = min(CUT.values())  # the login has compared the name as its platform shows it
UNREADABLE = (OSError, ValueError, KeyError, AttributeError, TypeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Identity:
    """What is known of a device. ``serials`` are by command, because commands show those of different parts."""

    hostname: str | None = None
    host_key: str | None = None
    serials: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.hostname or self.host_key or self.serials)

    def __str__(self) -> str:
        serials = " ".join(dict.fromkeys(serial for each in self.serials.values() for serial in each))
        known = (("the name", self.hostname and repr(self.hostname)), ("the host key", self.host_key))
        shown = [f"{what} {value}" for what, value in (*known, ("the serial number", serials)) if value]
        return " and ".join(shown)

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

    def has_serial(self, command: str, serial: str, device: str, known: Identity) -> bool:
        """Return whether another device has this serial number. Another name in the inventory for the same does not."""
        owners = [name for name in self._of_serial.get((command, serial), ()) if name != device]
        same = {name for name, each in self._of_label.get(first_label(known.hostname or ""), ())}
        return any(name not in same for name in owners)

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
            with contextlib.suppress(*UNREADABLE):
                check_folder(folder)
                data = json.loads(read_file(folder / IDENTITY).decode("ascii"))
                for each in data["devices"]:
                    yield str(data["name"]), Identity.from_dict(each)


def identities_in(file: pathlib.Path) -> tuple[Identity, ...]:
    """Read the devices of a name. The one that answered last is the first.

    :raises OSError, ValueError, TypeError, KeyError, AttributeError: if it is not such a file.
    """
    data = json.loads(read_file(file).decode("ascii"))
    return tuple(Identity.from_dict(each) for each in data["devices"])


@dataclass(frozen=True, slots=True)
class Finding:
    """What the comparison found: the error of another device, or else what changed and the devices from now on."""

    error: Error | None
    changes: tuple[str, ...]
    known: tuple[Identity, ...]


# The same in all that can be compared, a change that leaves no doubt, nothing to decide by, another device.
_Verdict = Literal["same", "changed", "unknown", "other"]
_VERDICTS: tuple[_Verdict, ...] = ("same", "changed", "unknown", "other")


@dataclass(frozen=True, slots=True)
class _Judged:
    verdict: _Verdict
    changes: tuple[str, ...]
    before: Identity
    is_renamed: bool
    is_other_part: bool  # the same name and host key, but another serial number


def compared(
    device: str,
    known: Sequence[Identity],
    now: Identity,
    fleet: Callable[[], Fleet],
    *,
    expected: Sequence[str] = (),
    advice: str = "",
) -> Finding:
    """Compare a device with those that answered for its name before.

    :param device: its name in the inventory.
    :param known: the one that answered last is the first.
    :param fleet: returns what is known of all devices. It is called only if something differs.
    :param expected: the names that the user expects in the prompt.
    :param advice: how to accept the device.
    """
    known = tuple(known)
    if not known:
        return Finding(None, (), (now,))
    judged = [_judged(device, each, now, fleet) for each in known]
    best = min(judged, key=lambda each: _VERDICTS.index(each.verdict))
    others = tuple(each for each in known if each != best.before)
    if best.verdict == "other":
        changes = ", ".join(best.changes)
        if all(each.is_renamed for each in judged) and expected and is_expected(str(now.hostname), expected, LEAST):
            return Finding(None, best.changes, (now, *known)[:MOST_DEVICES])
        owner = fleet().who(now, device)
        of = f"; that is {owner!r} of this fleet" if owner is not None else ""
        message = f"another device answered at this address: {changes}{of}{advice}"
        return Finding(other_device(message), (), known)
    if best.verdict == "unknown":
        message = f"nothing shows that it is the same device: now it has {now}, and before it had {best.before}{advice}"
        return Finding(None, (message,), known)
    if best.is_other_part:
        return Finding(None, best.changes, (now, *known)[:MOST_DEVICES])
    return Finding(None, best.changes, (_merged(best.before, now), *others))


def _judged(device: str, before: Identity, now: Identity, fleet: Callable[[], Fleet]) -> _Judged:
    """Compare a device with one that answered before.

    What other devices have too, such as a host key of all clones of an image, does not show that it is the same device.
    """
    name = _same(before.hostname, now.hostname, same_name)
    key = _same(before.host_key, now.host_key, str.__eq__)
    is_new_type = key is False and _type(before) != _type(now)
    serial = _same_serials(before, now)
    changes = []
    if name is False:
        changes.append(f"its name is {now.hostname!r}, and was {before.hostname!r}")
    if serial in ("some", "none"):
        changes.append(f"its serial number is {_listed(now, before)}, and was {_listed(before, now)}")
    if key is False:
        changes.append(f"its host key is {now.host_key}, and was {before.host_key}")

    def judged(verdict: _Verdict) -> _Judged:
        return _Judged(verdict, tuple(changes), before, name is False, serial == "none")

    if not changes:
        return judged("same" if name or key or serial else "unknown")
    its_key = bool(key) and not fleet().has_key(now.host_key, device)
    its_name = bool(name) and fleet().with_name(now.hostname, device) is None
    if serial in ("all", "some") and not _has_own_serial(device, before, now, fleet()):
        serial = None
    if serial == "all":
        is_same = True
    elif serial == "some":
        is_same = name is not False or its_key
    elif serial == "none":
        is_same = bool(name) and its_key
    else:
        is_same = its_name or its_key
    if is_same:
        return judged("changed")
    # Host keys of different types contradict nothing: a device can have both.
    return judged("unknown" if name is not False and (key is not False or is_new_type) and serial is None else "other")


def _type(identity: Identity) -> str:
    return str(identity.host_key).split(maxsplit=1)[0]


def _shown_in_both(one: Identity, other: Identity) -> list[str]:
    return [command for command in one.serials if command in other.serials]


def _same_serials(before: Identity, now: Identity) -> Literal["all", "some", "none"] | None:
    """Return how many serial numbers are the same: of a stack, it can be some. None if there are none to compare."""
    shown = _shown_in_both(now, before)
    if not shown:
        return None
    if all(set(now.serials[each]) == set(before.serials[each]) for each in shown):
        return "all"
    return "some" if any(set(now.serials[each]) & set(before.serials[each]) for each in shown) else "none"


def _has_own_serial(device: str, before: Identity, now: Identity, fleet: Fleet) -> bool:
    """Return whether a serial number is the same that no other device has, so that it is not a default of the model."""
    return any(
        not fleet.has_serial(command, serial, device, before)
        for command in _shown_in_both(now, before)
        for serial in set(now.serials[command]) & set(before.serials[command])
    )


def _merged(before: Identity, now: Identity) -> Identity:
    return Identity(now.hostname or before.hostname, now.host_key or before.host_key, {**before.serials, **now.serials})


def _same(before: str | None, now: str | None, is_same: Callable[[str, str], bool]) -> bool | None:
    return None if before is None or now is None else is_same(before, now)


def _listed(identity: Identity, other: Identity) -> str:
    shown = _shown_in_both(identity, other)
    return " ".join(dict.fromkeys(serial for command in shown for serial in identity.serials[command]))


def expected_names(devices: Mapping[str, Device | Error]) -> dict[str, tuple[str, ...]]:
    """Return the names that the user expects in the prompts of devices."""
    found = {name: device.expect_hostname for name, device in devices.items() if isinstance(device, Device)}
    return {name: names for name, names in found.items() if names}
