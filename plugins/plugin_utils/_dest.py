# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The path of each device's report if ``dest`` is a template."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils._run import folds_case
from ansible_collections.rollcall.network.plugins.plugin_utils._report import ReportError

Variables = Mapping[str, Any]

# Replaces the text of a device. Digits, because filters for case do not change them.
OWN = "702913658804"
# They differ between hosts, but are folders of the user.
FOLDERS_OF_THE_USER = ("inventory_dir", "inventory_file")


class Places:
    """The file of each device.

    ``..`` may be in the template and in values that are the same for all devices. It may not come from a device's own
    values, such as its name: they could lead to any file.

    :param template: as the user wrote it.
    :param render: the template for one device, given its variables.
    :param common: the variables of a host without host variables.
    """

    def __init__(self, template: str, render: Callable[[str, Variables], str], common: Callable[[], Variables]) -> None:
        self._template = template
        self._render = render
        self._common = common
        self._bases = [_folder(template.split("{", 1)[0])]
        self._begins_with_name: bool | None = None if template.lstrip().startswith("{") else False
        self._owners: dict[str, dict[str, str]] = {}  # by file, among those that differ in case only

    def of(self, name: str, variables: Variables) -> pathlib.Path:
        """Return the file of this device.

        :raises ReportError: if it would be outside of the folder, or is the file of another device.
        """
        path = self._render(self._template, variables)
        if not path.strip() or path.endswith("/") or not self._is_below(path, variables):
            msg = f"it would be written to {path!r}: not a file below the folder that dest names for all devices"
            raise ReportError(msg)
        file = pathlib.Path(os.path.abspath(os.path.expanduser(path)))
        alike = self._owners.setdefault(str(file).casefold(), {})
        owner = next(iter(alike.values()), name) if folds_case(file.parent) else alike.get(str(file), name)
        if owner != name:
            use = "use a variable of the device in dest, such as {{ inventory_hostname }}"
            msg = f"it would be written to {file}, the file of {owner!r}; {use}"
            raise ReportError(msg)
        alike[str(file)] = name
        return file

    def _is_below(self, path: str, variables: Variables) -> bool:
        if path.startswith(("/", "~")) and self._named_first(variables):
            return False
        if any(_below(path, base) for base in self._bases):
            return True
        base = self._base(variables)
        if _below(path, base):
            self._bases.append(base)
            return True
        return False

    def _named_first(self, variables: Variables) -> bool:
        """Whether the path begins with the device's name, which must not choose the folder."""
        if self._begins_with_name is None:
            named = {**variables, "inventory_hostname": OWN, "inventory_hostname_short": OWN}
            self._begins_with_name = self._render(self._template, named).lstrip().startswith(OWN)
        return self._begins_with_name

    def _base(self, variables: Variables) -> str:
        """Return the folder before the first text of the device."""
        common = self._common()
        common_only = {
            key: value
            if key in FOLDERS_OF_THE_USER or (key in common and _same(common[key], value))
            else _replaced(value)
            for key, value in variables.items()
        }
        return _folder(self._render(self._template, common_only).split(OWN, 1)[0])


def _folder(start: str) -> str:
    return start[: start.rfind("/") + 1]


def _below(path: str, base: str) -> bool:
    return path.startswith(base) and ".." not in pathlib.PurePath(path[len(base) :]).parts


def _same(one: Any, other: Any) -> bool:
    try:
        return bool(one == other)
    except Exception:  # an unreadable value, such as a vault, belongs to the device
        return False


def _replaced(value: Any) -> Any:
    if isinstance(value, str):
        return OWN
    if isinstance(value, dict):
        return {key: _replaced(each) for key, each in value.items()}
    return [_replaced(each) for each in value] if isinstance(value, list) else value
