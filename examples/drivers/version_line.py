"""A function that takes the Device: ``rollcall_driver: python`` and ``rollcall_function: version_line.of``."""

from __future__ import annotations

import socket

from ansible_collections.rollcall.network.plugins.module_utils.driver import Device


def of(device: Device) -> dict[str, str]:
    """Return the first line that the SSH server of the device sends, and the site of the device."""
    with socket.create_connection((device.host, device.port), timeout=device.connect_timeout) as connection:
        line = connection.makefile(errors="replace").readline(255)
    return {"site": device.variables["site"], "version": line.strip()}
