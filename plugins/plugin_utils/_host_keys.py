# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Collect the host keys of a fleet, compare them with known_hosts, and write the new ones."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils._device import Device, Hop
from ansible_collections.rollcall.network.plugins.module_utils._drivers.registry import HOST_KEYS_DRIVER
from ansible_collections.rollcall.network.plugins.module_utils._known_hosts import Marker, Verdict
from ansible_collections.rollcall.network.plugins.module_utils._model.visible import in_line
from ansible_collections.rollcall.network.plugins.module_utils._result import DeviceError, Error
from ansible_collections.rollcall.network.plugins.module_utils._roll import Limits, call_roll
from ansible_collections.rollcall.network.plugins.module_utils._some import some
from ansible_collections.rollcall.network.plugins.module_utils._transport import host_keys
from ansible_collections.rollcall.network.plugins.module_utils._transport.options import options_of, whole_way
from ansible_collections.rollcall.network.plugins.module_utils._transport.ssh import settled

AT_ONCE = 200  # connections
CONNECTIONS = 4  # of one device, one after the other
SPARE = 5.0  # seconds
MOST_NAMES = 10  # in a line about several devices

# The states of a device, in the order in which they are shown, and what each means.
STATES = {
    "new": "new: no key is known",
    "changed": "CHANGED: another key than the known one",
    "revoked": "REVOKED: marked as revoked",
    "unreached": "not reached",
    "authority": "verified by certificates: a certificate authority is known",
    "known": "known",
}
# The states of a bastion through which no device can be reached.
FIRST = {
    "new": "is not known yet; write it, and run this playbook again",
    "changed": "has changed; find out why, replace it, and run this playbook again",
    "revoked": "is revoked; find out which machine answers",
}
# Why the key of a device in a state other than changed is not replaced.
NOT_REPLACED = {
    "absent": "it is not one of the hosts that were asked",
    "new": "no key is known; to write new keys, set rollcall_accept_host_keys to true",
    "known": "it has not changed",
    "revoked": "it is revoked; correct the file by hand",
    "authority": "it is verified by a certificate",
    "unreached": "the device was not reached",
}
NOWHERE = {"host": "", "port": 0, "name": None, "file": ""}
Ask = Callable[[Mapping[str, Device | Error], Limits], Mapping[str, Mapping[str, Any]]]
Found = dict[str, Any]


def collect_keys(devices: Mapping[str, Device | Error], ask: Ask = call_roll) -> dict[str, Found]:
    """Fetch the keys of all devices and their bastions, and return a dictionary for each name, the bastions first.

    Nothing is sent to a device. A device behind bastions is reached through a login at them, which needs their keys to
    be known. Devices are asked in the processes of the engine, so that none affects the others.
    """
    bastions = _bastions(devices)
    without = {name: _without_secrets(device) for name, device in {**bastions, **devices}.items()}
    seconds = max((CONNECTIONS * device.connect_timeout for device in _ready(without)), default=0.0)
    answers = ask(without, Limits(workers=AT_ONCE, device_timeout=seconds + SPARE))
    found = {name: _found(device, answers[name]) for name, device in without.items()}
    names = {_address(device): name for name, device in without.items() if isinstance(device, Device)}
    for name, device in without.items():
        if isinstance(device, Device) and found[name]["state"] == "unreached":
            found[name]["message"] = _through_unknown(device, found, names) or found[name]["message"]
    return found


def _bastions(devices: Mapping[str, Device | Error]) -> dict[str, Device]:
    """The bastions of the devices that are not among them, by name. Those that are addresses have these as names."""
    asked = {_address(device) for device in _ready(devices)}
    found: dict[str, Device] = {}
    for bastion in dict.fromkeys(each for hops in dict.fromkeys(map(_hops, _ready(devices))) for each in _chain(hops)):
        if _address(bastion) not in asked:
            asked.add(_address(bastion))
            place = f"{bastion.name}:{bastion.port}"
            way = f"{place} through {' and '.join(hop.name for hop in bastion.hops) or 'no other'}"
            taken = {*devices, *found}
            found[next(name for name in (bastion.name, place, way) if name not in taken or name is way)] = bastion
    return found


def _hops(device: Device) -> tuple[Hop, ...]:
    """The bastions of a device, also those of SSH's files."""
    with contextlib.suppress(ValueError):  # it is the error of the device
        return whole_way(device.hops or (options_of(device).hops if device.ssh_config else ()))
    return device.hops


def _chain(hops: tuple[Hop, ...]) -> Iterator[Device]:
    """The bastions on a way as devices, whose keys can be fetched, the first one first."""
    shared = {field.name for field in fields(Device)} & {field.name for field in fields(Hop)}
    for index, hop in enumerate(hops):
        yield Device(**{name: getattr(hop, name) for name in shared}, hops=hops[:index])


def _address(device: Device) -> Any:
    return device.host, device.port, device.hops


def _through_unknown(device: Device, found: Mapping[str, Found], names: Mapping[Any, str]) -> str:
    """Why a device is not reached through a bastion whose key has to be written first; empty if this is not so."""
    for bastion in _chain(_hops(device)):
        name = names.get(_address(bastion), "")
        if name and bastion.host_key_checking and found[name]["state"] in FIRST:
            return f"the host key of bastion {name} {FIRST[found[name]['state']]}"
    return ""


def _without_secrets(device: Device | Error) -> Device | Error:
    """The device for the driver that fetches keys, without its secrets, which it does not need."""
    if isinstance(device, Error):
        return device
    nothing = dict.fromkeys(("password", "become_password", "private_key", "passphrase", "otp_command"))
    device = replace(device, driver=HOST_KEYS_DRIVER, commands=(), variables={}, credentials=(), run_secrets=())
    return replace(device, **nothing)  # type: ignore[arg-type]


def _ready(devices: Mapping[str, Device | Error]) -> list[Device]:
    return [device for device in devices.values() if isinstance(device, Device)]


def _found(device: Device | Error, answer: Mapping[str, Any]) -> Found:
    if isinstance(device, Error):
        return _unreached(device.message)
    if answer["status"] != "ok":
        with contextlib.suppress(DeviceError):  # it is the error of the device
            device, _options = settled(device)
        return {**_unreached(answer["error"]["message"]), **_place(device)}
    return compare(settled(device)[0], answer["value"])


def compare(device: Device, blobs: list[bytes]) -> Found:
    """Compare the fetched keys of a device with the known ones."""
    known = host_keys.known(device)
    verdicts = {host_keys.type_of(blob): known.check(blob) for blob in blobs}
    # A search for all keys of a host is slow in a hashed file, and most devices have the known ones.
    entries = known.entries() if Verdict.CHANGED in verdicts.values() else []
    types = {entry.key_type for entry in entries}
    state, message = "new", ""
    if Verdict.REVOKED in verdicts.values():
        state = "revoked"
    elif any(verdict is Verdict.CHANGED and each in types for each, verdict in verdicts.items()):
        state = "changed"
    elif Verdict.MATCH in verdicts.values():
        state = "known"  # keys of further types are not added
    elif Verdict.CHANGED in verdicts.values():
        state = "changed"
    elif known.entries(Marker.CA):
        state = "authority"
    elif known.name is None:
        state, message = "unreached", "a line of known_hosts cannot hold this name"
    shown = entries if state == "changed" else ()
    return {
        **_place(device),
        "state": state,
        "keys": [
            {
                "type": host_keys.type_of(blob),
                "key": base64.b64encode(blob).decode("ascii"),
                "fingerprint": host_keys.fingerprint(blob),
            }
            for blob in blobs
        ],
        "known": [{"type": each.key_type, "fingerprint": host_keys.fingerprint(each.key)} for each in shown],
        "replaceable": bool(shown) and all(each.path == known.file and not each.pattern for each in shown),
        "message": message,
    }


def write(found: Mapping[str, Found], *, new: bool, replace: Iterable[str], really: bool = True) -> dict[str, Any]:
    """Write the keys of new devices if ``new``, and replace those of the named devices whose key has changed.

    :param really: if false, only return what would be written.
    :raises ValueError: if the key of a named device cannot be replaced. Nothing is written then.
    :raises OSError: if a file cannot be written.
    """
    replaced = list(dict.fromkeys(replace))
    _check_replaced(found, replaced)
    written = [name for name, each in found.items() if (new and each["state"] == "new") or name in replaced]
    gone: dict[str, list[str]] = {}
    lines: dict[str, list[str]] = {}
    for name in written:
        each = found[name]
        if name in replaced:
            gone.setdefault(each["file"], []).append(each["name"])
        wanted = (f"{each['name']} {key['type']} {key['key']}" for key in each["keys"])
        lines.setdefault(each["file"], []).extend(wanted)
    if really:
        for file, names in gone.items():
            host_keys.remove(file, names)
        added = {file: len(host_keys.append(file, wanted)) for file, wanted in lines.items()}
    else:
        added = {file: len(wanted) for file, wanted in lines.items()}
    return {"written": written, "replaced": replaced, "files": added}


def _check_replaced(found: Mapping[str, Found], replaced: Iterable[str]) -> None:
    """
    :raises ValueError: if the key of one of these devices cannot be replaced.
    """
    for name in replaced:
        state = found[name]["state"] if name in found else "absent"
        if state != "changed":
            msg = f"the host key of {in_line(name)} cannot be replaced: {NOT_REPLACED[state]}"
            raise ValueError(msg)
        if not found[name]["replaceable"]:
            msg = (
                f"the known host key of {in_line(name)} is in a line for several hosts, or not in "
                f"{found[name]['file']}: correct it by hand"
            )
            raise ValueError(msg)


def summary(found: Mapping[str, Found]) -> dict[str, int]:
    """Return the number of devices, in total and by state."""
    states = [each["state"] for each in found.values()]
    return {"total": len(states), **{state: states.count(state) for state in STATES}}


def shared_keys(found: Mapping[str, Found]) -> dict[str, list[str]]:
    """Return the fingerprints that several addresses presented, with the names of the devices."""
    places: dict[str, dict[tuple[str, int], list[str]]] = {}
    for name, each in found.items():
        for key in each["keys"]:
            at = places.setdefault(key["fingerprint"], {})
            at.setdefault((each["host"], each["port"]), []).append(name)
    return {print_: [name for names in at.values() for name in names] for print_, at in places.items() if len(at) > 1}


def lines_of(found: Mapping[str, Found]) -> Iterator[str]:
    """Yield the lines to display: the fingerprints that a person must compare, and the number of the other devices."""
    for state, title in STATES.items():
        group = {name: each for name, each in found.items() if each["state"] == state}
        if not group:
            continue
        yield f"{title} ({len(group)})"
        if state in ("new", "changed", "revoked"):
            for name, each in group.items():
                yield from _fingerprints(name, each)
        elif state == "unreached":
            yield from _by_message(group)
    groups: dict[tuple[str, ...], list[str]] = {}
    for print_, names in shared_keys(found).items():
        groups.setdefault(tuple(names), []).append(print_)
    for names_, prints in groups.items():
        yield f"{len(names_)} devices have the same key, and each should have its own: {_names(list(names_))}"
        yield from (f"    {each}" for each in prints)


def _fingerprints(name: str, each: Found) -> Iterator[str]:
    yield f"  {in_line(name)} ({in_line(each['host'])} port {each['port']})"
    for key in each["keys"]:
        yield f"    {key['type']} {key['fingerprint']}"
    for key in each["known"]:
        yield f"    known: {key['type']} {key['fingerprint']}"


def _by_message(group: Mapping[str, Found]) -> Iterator[str]:
    names: dict[str, list[str]] = {}
    for name, each in group.items():
        names.setdefault(_without_place(each), []).append(name)
    for message, those in names.items():
        shown = group[those[0]]["message"] if len(those) == 1 else message
        yield f"  {in_line(shown)}: {_names(those)}"


def _without_place(each: Found) -> str:
    """The message of a device without its own address, the same for several devices."""
    place = f"{each['host']} port {each['port']}" if each["host"] else ""
    message: str = each["message"]
    return message.replace(place, "the device") if place else message


def _names(names: list[str]) -> str:
    return some([in_line(name) for name in names], MOST_NAMES)


def _place(device: Device) -> Found:
    known = host_keys.known(device)
    return {"host": device.host, "port": device.port, "name": known.name, "file": known.file}


def _unreached(message: str) -> Found:
    return {**NOWHERE, "state": "unreached", "keys": [], "known": [], "replaceable": False, "message": message}
