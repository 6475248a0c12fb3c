# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bastions on the way to a device: hosts of the inventory with their own variables, or addresses."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import replace

from ansible_collections.rollcall.network.plugins.module_utils._device import Hop
from ansible_collections.rollcall.network.plugins.module_utils._transport.arguments import Jump
from ansible_collections.rollcall.network.plugins.module_utils._transport.options import hops_of_jumps
from ansible_collections.rollcall.network.plugins.plugin_utils._proxy import bare_address, check_address, check_user


class BastionLoop(ValueError):
    """Bastions are the way to each other. The message is the same for all devices behind them."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        way = " → ".join(names)
        super().__init__(
            f"bastions are in a loop: {way}; set rollcall_jump_hosts: [] for the one that is reached directly"
        )


class JumpHosts:
    """Finds the bastions. Each host of the inventory is resolved once."""

    def __init__(
        self, known: Callable[[str], bool], groups: Container[str], login: Callable[[str], tuple[Hop, ...]]
    ) -> None:
        """
        :param known: whether a name is a host of the inventory.
        :param login: returns the bastions on the way to this host and, as the last one, the host itself.
        """
        self.is_known = known
        self._groups = groups
        self._login = login
        self._found: dict[str, tuple[Hop, ...] | ValueError] = {}
        self._open: list[str] = []

    def on_the_way(
        self,
        device: str,
        jumps: Sequence[Jump],
        files: tuple[str, ...],
        *,
        legacy: bool,
        known_hosts: tuple[str, ...],
    ) -> tuple[Hop, ...]:
        """The bastions for these addresses or names, the first one first.

        A host that is named as its own bastion, for example by a variable of all hosts, is reached through those before
        it in the list, or directly if it is the first one.

        :raises ValueError: for an address that could mean something else, a bastion that is not resolved, and a loop.
        """
        hops: list[Hop] = []
        for index, jump in enumerate(jumps):
            if jump.host == device:
                break
            _check(jump)
            if self.is_known(jump.host):
                through = self._of(jump.host)
                own = replace(through[-1], user=jump.user or through[-1].user, port=jump.port or through[-1].port)
                hops += [*(through[:-1] if index == 0 else ()), own]
            elif jump.host in self._groups:
                msg = f"bastion {jump.host!r} is a group"
                raise ValueError(msg)
            else:
                hops += hops_of_jumps([jump], files, legacy=legacy, known_hosts=known_hosts)
        return tuple(hops)

    @staticmethod
    def check(hops: Sequence[Hop]) -> None:
        """
        :raises ValueError: for an address or a user that could mean something else.
        """
        for hop in hops:
            _check(Jump(hop.host, hop.user))

    def _of(self, name: str) -> tuple[Hop, ...]:
        if name in self._open:
            raise BastionLoop([*self._open[self._open.index(name) :], name])
        if name not in self._found:
            self._open.append(name)
            try:
                self._found[name] = self._login(name)
            except BastionLoop as error:
                self._found[name] = error
            except ValueError as error:
                named = str(error).startswith("bastion")
                self._found[name] = ValueError(str(error) if named else f"bastion {name}: {error}")
            finally:
                self._open.remove(name)
        found = self._found[name]
        if isinstance(found, ValueError):
            raise found
        return found


def _check(jump: Jump) -> None:
    """
    :raises ValueError: for an address or a user that could mean something else.
    """
    try:
        check_address(bare_address(jump.host), on_command_line=True)
        if jump.user is not None:
            check_user(jump.user, on_command_line=True)
    except ValueError as error:
        msg = f"bastion {jump.host!r}: {error}"
        raise ValueError(msg) from error
