# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fetch the host keys of a device without a login. No credentials are sent."""

from __future__ import annotations

import asyncio
import base64
import functools
import os
import socket
from collections.abc import Sequence
from typing import Any

try:
    from asyncssh.encryption import get_default_encryption_algs, get_encryption_algs
    from asyncssh.kex import get_default_kex_algs, get_kex_algs
    from asyncssh.mac import get_default_mac_algs, get_mac_algs
except ImportError:  # sanity tests import this file without it
    pass

from .._device import Device
from .._result import DeviceError
from ._asyncssh import asyncssh
from .host_keys import ALGORITHMS, algorithms, fingerprint

# A server presents one key in each connection. The key types of one kind are alternatives.
KINDS: tuple[tuple[str, ...], ...] = (
    ("ssh-ed25519",),
    ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
    ("ssh-rsa",),
)


async def fetch(device: Device, deadline: float, tunnel: Any = None) -> list[dict[str, str]]:
    """Return one key of each kind that the device has: its ``type``, ``key`` (base64) and ``fingerprint``.

    :param deadline: a value of ``time.monotonic()``.
    :param tunnel: the asyncssh connection to the last bastion of the device.
    :raises DeviceError: if the device presents no key.
    """
    if device.hops and tunnel is None:
        message = f"the device is reached through the bastion {device.hops[-1].name}, which is not connected"
        raise DeviceError("unreachable", "connect", "bastion", message)
    # All types are offered first, so that this connection fails only if the device cannot be reached. The next ones
    # offer the kinds that are left, until none of them is accepted.
    found = [await _key(device, tuple(ALGORITHMS), deadline, tunnel)]
    for _further in KINDS:
        left = [each for kind in KINDS if not any(key["type"] in kind for key in found) for each in kind]
        if not left:
            break
        try:
            found.append(await _key(device, left, deadline, tunnel))
        except DeviceError:
            break
    return found


async def _key(device: Device, key_types: Sequence[str], deadline: float, tunnel: Any) -> dict[str, str]:
    proxy = ["/bin/sh", "-c", f"exec {device.proxy_command}"] if device.proxy_command else ()
    now = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout_at(min(deadline, now + device.connect_timeout)):
            key = await asyncssh.get_server_host_key(
                device.host,
                device.port,
                tunnel=tunnel if tunnel is not None else (),
                proxy_command=proxy,
                kex_algs=_algorithms(device.legacy_ssh)["kex_algs"],  # without it, those of the options do not count
                server_host_key_algs=algorithms(key_types, legacy=device.legacy_ssh),
                config=None,
                options=_options(device.legacy_ssh),
            )
    except TimeoutError as error:
        message = f"{device.host} port {device.port} presented no host key in time"
        raise DeviceError("timeout", "connect", "TimeoutError", message) from error
    except socket.gaierror as error:
        message = f"the name {device.host!r} has no address ({error.strerror})"
        raise DeviceError("unreachable", "resolve", "dns", message) from error
    except OSError as error:
        message = f"{device.host} port {device.port}: {os.strerror(error.errno) if error.errno else error}"
        raise DeviceError("unreachable", "connect", type(error).__name__, message) from error
    except asyncssh.KeyExchangeFailed as error:
        raise DeviceError("unreachable", "connect", "key_exchange", f"{device.host}: {error.reason}") from error
    except asyncssh.ConnectionLost as error:
        # Where no algorithm fits, both sides end the connection, and asyncssh does not always see why.
        message = f"{device.host} port {device.port} closed the connection before it presented a host key"
        raise DeviceError("unreachable", "connect", "protocol", message) from error
    except (asyncssh.Error, ValueError) as error:
        raise DeviceError("unreachable", "connect", "protocol", f"{device.host}: {error}") from error
    if key is None:
        raise DeviceError("unreachable", "connect", "key_exchange", f"{device.host} presented no host key")
    blob = bytes(key.public_data)
    encoded = base64.b64encode(blob).decode("ascii")
    return {"type": key.algorithm.decode("ascii"), "key": encoded, "fingerprint": fingerprint(blob)}


@functools.cache
def _algorithms(legacy: bool) -> dict[str, list[str]]:
    """The algorithms by option of asyncssh. Those of old devices come last."""
    groups = (
        ("kex_algs", get_default_kex_algs(), get_kex_algs()),
        ("encryption_algs", get_default_encryption_algs(), get_encryption_algs()),
        ("mac_algs", get_default_mac_algs(), get_mac_algs()),
    )
    return {
        option: [each.decode("ascii") for each in dict.fromkeys([*usual, *every] if legacy else usual)]
        for option, usual, every in groups
    }


@functools.cache
def _options(legacy: bool) -> Any:
    """The options that are the same for all devices."""
    return asyncssh.SSHClientConnectionOptions(
        config=None,
        known_hosts=None,
        client_keys=None,
        agent_path=None,
        gss_kex=False,
        gss_auth=False,
        **_algorithms(legacy),
    )
