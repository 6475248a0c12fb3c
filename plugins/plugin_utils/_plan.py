# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lines of the terminal for ``plan: true``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ansible_collections.rollcall.network.plugins.module_utils._drivers.registry import gives_outputs, refusal_of
from ansible_collections.rollcall.network.plugins.module_utils._engine.in_turn import credential_names
from ansible_collections.rollcall.network.plugins.module_utils._model.secrets import secrets_of
from ansible_collections.rollcall.network.plugins.module_utils._model.visible import visible
from ansible_collections.rollcall.network.plugins.module_utils._result import Error
from ansible_collections.rollcall.network.plugins.plugin_utils._collect import credentials_of
from ansible_collections.rollcall.network.plugins.plugin_utils._counted import devices
from ansible_collections.rollcall.network.plugins.plugin_utils._inventory import Resolved


def lines_of(resolved: Mapping[str, Resolved | Error]) -> Iterator[str]:
    """What would be asked, with the sources of credentials, but not their values."""
    yield f"plan: {len(resolved):,} {devices(len(resolved))}, none is asked"
    for name, each in resolved.items():
        if isinstance(each, Error):
            yield visible(f"{name}: would not be asked: {each.message}")
            continue
        for line in _of_device(name, each):
            yield visible(line)


def _without_first(resolved: Resolved) -> dict[str, str]:
    """The sources of credentials, except those of the first of several, which are listed."""
    sources = credentials_of(resolved)
    first = {each.source for each in resolved.device.credentials[:1]}
    return {field: source for field, source in sources.items() if source not in first}


def _of_device(name: str, resolved: Resolved) -> Iterator[str]:
    device = resolved.device
    secrets = secrets_of(device)
    mask = secrets.plain
    asked = f"function {mask(device.function)}" if device.function else ""
    if not device.host:
        yield f"{name}: {asked or f'driver {device.driver}'}"
        return
    through = " through a proxy command" if device.proxy_command else ""
    if device.hops:
        through = f" through {mask(', '.join(hop.name for hop in device.hops))}"
    user = f"{mask(device.user)}@" if device.user else ""
    checked = "" if device.host_key_checking else ", host key not checked"
    platform = f", platform {mask(device.platform)}" if device.platform else ""
    yield f"{name}: {user}{mask(device.host)}, port {device.port}{through}{platform}{checked}"
    if device.platform_note:
        yield f"    platform: {secrets.sentence_on_values(device.platform_note)}"
    credentials = [f"{field} from {source}" for field, source in _without_first(resolved).items()]
    if credentials or not device.credentials:
        yield f"    credentials: {'; '.join(credentials) or 'none'}"
    for number, credential in enumerate(credential_names(device), 1):
        yield f"    credential {number} of {len(device.credentials)}: {mask(credential)}"
    if asked or not gives_outputs(device):
        yield f"    {asked or f'driver {device.driver}'}"
    if device.variables:
        yield f"    variables: {mask(', '.join(device.variables))}"
    if device.commands:
        yield f"    commands: {mask('; '.join(command.text for command in device.commands))}"
    refusal = refusal_of(device)
    if refusal is not None:
        yield f"    would be skipped: {mask(refusal.message)}"
