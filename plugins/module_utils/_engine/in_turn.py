# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Try the credentials of a device in turn, each once."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .._call import Call
from .._device import Device, DeviceCredential
from .._drivers.registry import gives_outputs
from .._model.secrets import secrets_of
from .._model.visible import visible
from .._result import DeviceError, Outputs
from .guard import Credential

# In ``connection`` of the answer: the credential that was accepted, those that were refused, and those that the guard
# did not try.
FACT, REFUSED, UNTRIED = "credential", "refused_credentials", "untried_credentials"
# Kinds of refused logins that do not depend on the credential.
_SAME_FOR_ALL = frozenset({"bastion", "no_user", "otp_command"})
_AFTER_LOGIN = frozenset({"command", "parse"})  # phases


def ask_in_turn(device: Device, call: Call, ask: Callable[[Device], Any]) -> Any:
    """Ask a device with its first credential that it accepts. Later attempts do not repeat those that it refused.

    :param ask: asks the device with one credential. It raises ``credential_guard`` if that is not used any more.
    :raises DeviceError: for another error, or if no credential can be used.
    """
    if not device.credentials:
        return ask(device)
    attempts, was_asked = call.attempts, False
    users = [device.user if each.user is None else each.user for each in device.credentials]
    for number, credential in enumerate(device.credentials):
        if number in call.refused:
            continue
        if (same := _refused_before(device, number, call.refused)) is not None:
            call.refused[number] = same
            continue
        call.attempts, call.has_next = attempts, users[number] in users[number + 1 :]
        variant = with_credential(device, credential)
        try:
            return _with_facts(ask(variant), variant, call.refused)
        except DeviceError as error:
            was_asked = was_asked or call.attempts == attempts  # one that was not made is not counted
            if not _depends_on_credential(error):
                call.attempts = attempts if was_asked else call.attempts
                if error.error.phase in _AFTER_LOGIN:
                    _with_facts(error.value, variant, call.refused)
                raise
            call.refused[number] = error
    call.attempts = attempts if was_asked else attempts - 1
    raise _refusal(device, call.refused)


def _refused_before(device: Device, number: int, refused: dict[int, DeviceError]) -> DeviceError | None:
    """Return the error of the same secrets of the same user, which can be in the list twice."""

    def secrets(place: int) -> DeviceCredential:
        variant = with_credential(device, device.credentials[place])
        return replace(
            device.credentials[place], name="", source="", user=variant.user, become_password=variant.become_password
        )

    return next((error for place, error in refused.items() if secrets(place) == secrets(number)), None)


def with_credential(device: Device, credential: DeviceCredential) -> Device:
    """Return the device with the login of one credential. It keeps all of them, so that they are masked."""
    user = device.user if credential.user is None else credential.user
    source = credential.source + (f" ({credential.name})" if credential.name else "")
    options = device.ssh_options
    if device.ssh_config and credential.user is not None:  # the first value counts, before that of a file
        options = (("user", shlex.quote(credential.user)), *options)
    return replace(
        device,
        user=user,
        password=credential.password,
        private_key_file=credential.private_key_file,
        private_key=credential.private_key,
        passphrase=credential.passphrase,
        become_password=credential.become_password or device.become_password,
        login_source=source,
        become_source=f"become_password of {source}" if credential.become_password else device.become_source,
        ssh_options=options,
    )


def _depends_on_credential(error: DeviceError) -> bool:
    kind = error.error.kind
    return kind == "credential_guard" or (error.status == "auth_failed" and kind not in _SAME_FOR_ALL)


def credential_names(device: Device) -> list[str]:
    """Return the names of all credentials of a device, in the order in which they are tried."""
    return [_name(with_credential(device, each)) for each in device.credentials]


def _with_facts(value: Any, device: Device, refused: dict[int, DeviceError], *, accepted: bool = True) -> Any:
    """Add to an answer which credential was accepted, and which were not."""
    if isinstance(value, Outputs):
        names = credential_names(device)
        is_untried = {number: each.error.kind == "credential_guard" for number, each in sorted(refused.items())}
        facts = {FACT: _name(device)} if accepted else {}
        for key, wanted in ((REFUSED, False), (UNTRIED, True)):
            found = [names[number] for number, each in is_untried.items() if each is wanted]
            facts |= {key: "\n".join(found)} if found else {}
        value.connection = {**value.connection, **facts}
    return value


def _name(variant: Device) -> str:
    name = str(Credential(variant.user or "", variant.login_source))
    return visible(secrets_of(variant).sentence(name))


def _refusal(device: Device, refused: dict[int, DeviceError]) -> DeviceError:
    """Return the last error of the device, or of the guard if the device was not asked, with all reasons."""
    judged = [each for each in refused.values() if each.status == "auth_failed"]
    error = (judged or list(refused.values()))[-1]
    if judged and error.value is None and gives_outputs(device):
        error.value = Outputs({}, {})
    _with_facts(error.value, device, refused, accepted=False)
    if len(refused) == 1:
        return error
    reasons = (
        f"{_name(with_credential(device, device.credentials[number]))}: {each.error.message}"
        for number, each in sorted(refused.items())
    )
    message = f"none of its {len(refused)} credentials was accepted. {'. '.join(reasons)}"
    return DeviceError(error.status, error.error.phase, error.error.kind, message, value=error.value)
