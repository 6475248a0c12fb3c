"""A driver for a REST API: ``rollcall_driver: rest_driver.Rest`` and ``rollcall_function_vars: [api_url]``."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request

from ansible_collections.rollcall.network.plugins.module_utils.driver import Device, DeviceError, Session


class Rest:
    """Asks for one resource with HTTP. Each call has a process of its own, so it may block."""

    name = "rest"
    settings = frozenset({"host"})

    def read_only(self, device: Device) -> bool:
        return True

    def ask(self, device: Device, session: Session) -> object:
        session.enter("command")
        url = f"{device.variables['api_url']}/system"
        login = base64.b64encode(f"{device.user}:{device.password}".encode()).decode()
        request = urllib.request.Request(url, headers={"Authorization": f"Basic {login}"})
        try:
            with urllib.request.urlopen(request, timeout=device.command_timeout) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            status = "auth_failed" if error.code in (401, 403) else "failed"
            raise DeviceError(status, "command", f"http_{error.code}", f"{url} answered {error}") from error
