# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The drivers and functions of the hosts of one run. Each is imported once, also if that fails."""

from __future__ import annotations

from ansible_collections.rollcall.network.plugins.module_utils._drivers.contract import Driver
from ansible_collections.rollcall.network.plugins.module_utils._drivers.registry import driver_of, needs_login


class Drivers:
    """What was found so far."""

    def __init__(self) -> None:
        self._drivers: dict[str, Driver | ValueError] = {}
        self._takes_login: dict[tuple[str, str | None], bool | None] = {}

    def get(self, name: str) -> Driver:
        """Return the driver of this name.

        :raises ValueError: if there is none.
        """
        if name not in self._drivers:
            try:
                self._drivers[name] = driver_of(name)
            except ValueError as error:
                self._drivers[name] = error
        found = self._drivers[name]
        if isinstance(found, ValueError):
            raise found
        return found

    def takes_login(self, driver: str, function: str | None) -> bool | None:
        """Return whether the driver or the function gets the address and the login of a host.

        Return None for a function that cannot be imported here. It may be on a poller only, and then it gets the name.
        """
        key = (driver, function)
        if key not in self._takes_login:
            try:
                self._takes_login[key] = needs_login(driver, function)
            except ValueError:
                self._takes_login[key] = None
        return self._takes_login[key]
