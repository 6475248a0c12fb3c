# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fetch the host keys of a device without a login. No credentials are sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from .._result import DeviceError
from .host_keys import ALGORITHMS, type_of

# A server presents one key in each connection. The key types of one kind are alternatives.
KINDS: tuple[tuple[str, ...], ...] = (
    ("ssh-ed25519",),
    ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
    ("ssh-rsa",),
)


async def fetch(key_of: Callable[[Sequence[str]], Awaitable[bytes]]) -> list[bytes]:
    """Return one key of each kind that a device has, in the wire format.

    :param key_of: connects and returns a key of one of these types.
    :raises DeviceError: if the device presents no key.
    """
    # All types are offered first, so that this connection fails only if the device cannot be reached. The next ones
    # offer the kinds that are left, until none of them is accepted.
    found = [await key_of(tuple(ALGORITHMS))]
    for _further in KINDS:
        left = [each for kind in KINDS if not any(type_of(key) in kind for key in found) for each in kind]
        if not left:
            break
        try:
            found.append(await key_of(left))
        except DeviceError:
            break
    return found
