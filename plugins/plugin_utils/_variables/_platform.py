# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The platform of a host: a known one, one of the user's files, or one that is learned from the device."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import yaml

from ansible_collections.rollcall.network.plugins.module_utils._device import Device
from ansible_collections.rollcall.network.plugins.module_utils._parsing.ntc_platforms import without_templates
from ansible_collections.rollcall.network.plugins.module_utils._platforms import (
    LEARNED,
    PlatformError,
    check_descriptions,
    known_name,
    spellings,
    unknown,
)
from ansible_collections.rollcall.network.plugins.module_utils._some import some

from ._unique_keys import UniqueKeys

LARGEST_FILE = 1024 * 1024
_VAULT = "$ANSIBLE_VAULT;"
MOST_NOTES, MOST_NAMES = 5, 5


class Found(NamedTuple):
    """A platform.

    :param description: what the user's file says of it; None for a known platform.
    :param note: why the platform is learned, if the user did not choose that.
    """

    name: str | None
    description: dict[str, Any] | None = None
    note: str = ""


def found_platform(network_os: str, paths: Iterable[str], folders: Sequence[str] = (), *, needed: bool) -> Found:
    """Return the platform for the value of ``ansible_network_os``.

    :param paths: the user's files. The first one that has the platform counts.
    :param folders: where relative paths begin. The first one that has the file counts.
    :param needed: the driver reads a command line. Otherwise a platform that is not known is kept as it is written.
    :raises ValueError: if a file cannot be read or used.
    """
    own: dict[str, tuple[str, dict[str, Any]]] = {}
    for path in paths:
        for spelling, found in _of_file(_place(path, folders)).items():
            own.setdefault(spelling, found)
    key = network_os.strip().lower()
    if key in own:
        name, description = own[key]
        return Found(name, description)
    name_of_known = known_name(key, spellings()) if key else None
    if name_of_known is not None:
        return Found(name_of_known)
    if not needed:
        return Found(network_os or None)
    if not key:
        return Found(LEARNED, note="no platform is set in ansible_network_os")
    return Found(LEARNED, note=unknown(network_os, spellings(), own))


def platform_warnings(devices: Iterable[Device]) -> list[str]:
    """Return warnings about platforms that are learned, though the user did not choose that, and about wrong names."""
    names: dict[str, list[str]] = {}
    ntc: dict[str, str] = {}
    for device in devices:
        if device.definition and device.definition.get("ntc"):
            ntc[str(device.platform)] = device.definition["ntc"]
        if device.platform_note:
            names.setdefault(device.platform_note, []).append(device.name)
    warnings = []
    for note, found in list(names.items())[:MOST_NOTES]:
        warnings.append(
            f"{note}; the platform is learned from the device: {some(found, MOST_NAMES)}. "
            "To hide this warning, set ansible_network_os: generic."
        )
    if len(names) > MOST_NOTES:
        warnings.append(f"the same is true of {len(names) - MOST_NOTES} more values of ansible_network_os")
    for platform, name in list(ntc.items())[:MOST_NOTES]:
        problem = without_templates(name)
        if problem:
            warnings.append(f"platform {platform} of rollcall_platforms: {problem}")
    return warnings


def _place(path: str, folders: Sequence[str]) -> str:
    """Return where a file is.

    :raises PlatformError: if it is in none of the folders.
    """
    path = os.path.expanduser(path)
    places = [os.path.abspath(os.path.join(folder, path)) for folder in folders or [""]]
    found = next(filter(os.path.exists, places), None)
    if found is None and len(set(places)) > 1:
        msg = f"{path} is in none of the folders {', '.join(dict.fromkeys(map(os.path.abspath, folders)))}"
        raise PlatformError(msg)
    return found or places[0]


def _of_file(path: str) -> dict[str, tuple[str, dict[str, Any]]]:
    try:
        status = os.stat(path)
        return _read(path, status.st_mtime_ns, status.st_size)
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror or error}"
        raise PlatformError(msg) from error


@functools.lru_cache(maxsize=32)
def _read(path: str, _changed: int, size: int) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return name and description of each platform of a file, by each of its spellings."""
    if size > LARGEST_FILE:
        msg = f"{path} is larger than {LARGEST_FILE // 1024} KiB"
        raise PlatformError(msg)
    try:
        with open(path, encoding="utf-8") as file:
            if file.read(len(_VAULT)) == _VAULT:
                msg = f"{path} is encrypted with ansible-vault, which is not supported for this file"
                raise PlatformError(msg)
            file.seek(0)
            data = UniqueKeys(file).get_single_data()
    except UnicodeDecodeError as error:
        msg = f"{path} is not a text in UTF-8"
        raise PlatformError(msg) from error
    except yaml.YAMLError as error:
        msg = f"{path} is not valid YAML: {' '.join(str(error).split())}"
        raise PlatformError(msg) from error
    table: dict[str, tuple[str, dict[str, Any]]] = {}
    for name, description in check_descriptions(data, path, spellings()).items():
        for spelling in (name, *(each.strip().lower() for each in description.get("names", ()))):
            if spelling in table and table[spelling][0] != name:
                msg = f"{path}: {spelling!r} is a name of {table[spelling][0]!r} and of {name!r}"
                raise PlatformError(msg)
            table[spelling] = (name, description)
    return table
