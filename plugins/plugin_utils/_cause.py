# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What most failures of a run have in common: one bastion, one credential, the deadline, or nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple

from ansible_collections.rollcall.network.plugins.module_utils._model.visible import in_line
from ansible_collections.rollcall.network.plugins.plugin_utils._counted import devices

DEVICES = "devices"
RUN = "run"
NAMES_SAID = 3  # bastions or credentials in a sentence


class Cause(NamedTuple):
    """``name`` is one of ``CAUSES``, or None if no device failed. ``sentence`` has no full stop at its end."""

    name: str | None = None
    sentence: str = ""


NO_CAUSE = Cause()


class _Failure(NamedTuple):
    status: str
    phase: str
    kind: str
    message: str


def _never(_failure: _Failure) -> bool:
    return False


class _Shared(NamedTuple):
    """A cause that several devices can have in common.

    In a sentence, ``{names}`` are those that ``named`` finds in the messages, ``{none}`` says how many devices have
    no full answer because of it, and ``{skipped}`` how many of them were not asked. ``{unasked}`` is a clause that
    says this, if there are any. If ``is_narrow`` is true of all of them, ``narrow`` is the sentence.
    """

    is_of: Callable[[_Failure], bool]
    sentence: str
    named: str = ""
    is_narrow: Callable[[_Failure], bool] = _never
    narrow: str = ""


def _kinds(*kinds: str) -> Callable[[_Failure], bool]:
    return lambda failure: failure.kind in kinds


def _is_refused(failure: _Failure) -> bool:
    return failure.phase == "auth" and failure.status == "auth_failed" and failure.kind != "bastion"


def _is_login(failure: _Failure) -> bool:
    """Whether the device refused the login, did not complete it, or was not asked because others did not."""
    is_lost = failure.phase == "auth" and failure.status in ("timeout", "unreachable")
    return _is_refused(failure) or _is_silent(failure) or (is_lost and failure.kind not in ("bastion", "deadline"))


def _is_stopped(failure: _Failure) -> bool:
    """Whether the guard stopped logins because devices refused them."""
    return failure.kind == "credential_guard" and not _is_silent(failure)


def _is_silent(failure: _Failure) -> bool:
    """Whether the guard stopped logins that no device has answered, as when the AAA server does not answer."""
    return failure.kind == "credential_guard" and " was not completed by " in failure.message


# In this order: a refused login belongs to the guard if the guard stopped logins.
_SHARED: dict[str, _Shared] = {
    "credential_guard": _Shared(
        lambda failure: _is_stopped(failure) or _is_refused(failure),
        "The credential guard stopped logins{names}: {none}, and {skipped} of them were not asked; correct the "
        "credential, then ask again with only: failed, or with -e rollcall_only=failed",
        r"\bthe login (as .+?) was refused by\b",
    ),
    "bastion": _Shared(
        _kinds("bastion"),
        "The bastion failed{names}: {none} behind it; log in there by hand, as the user that runs Ansible",
        r"\bbastion (\S+) \(",
    ),
    "logins": _Shared(
        _is_login,
        "Logins failed: {none}, which refused the login or did not complete it{unasked}; check user, password or key, "
        "and the AAA server",
        is_narrow=_kinds("become_refused"),
        narrow="Privileged mode was refused: {none}, which accepted the login; check the become password, the user's "
        "right to it, and the line in enable of a platform of your own",
    ),
    "deadline": _Shared(
        _kinds("deadline"),
        "The deadline ended the run: {none} in time; raise deadline or workers, or find out what delayed the run",
    ),
    "interrupted": _Shared(
        _kinds("interrupted"),
        "The run was interrupted: {none}; resume it, or ask these devices again with only: failed, or with "
        "-e rollcall_only=failed",
    ),
    "poller": _Shared(
        _kinds("poller", "poller_refused"),
        "A poller failed: {none} that belong to it; the message of the poller has the reason",
    ),
    "not_read_only": _Shared(
        _kinds("not_read_only"),
        "Commands are not in the list of read-only commands: {none}, because nothing was sent; check the "
        "commands, and add those that only read to allow_commands",
        is_narrow=lambda failure: "allow_commands" not in failure.message,
        narrow="Commands are always refused: {none}, because nothing was sent; correct or remove the commands that the "
        "messages name",
    ),
}
CAUSES: tuple[str, ...] = (DEVICES, *_SHARED, RUN)


def cause_of(answers: Iterable[Mapping[str, Any]], total: int) -> Cause:
    """Return the cause of the failures, and the sentence that says so first.

    A cause is shared if more than half of the failures have it. Logins that fail are a shared cause only if it is those
    of more than half of all devices; otherwise the devices themselves are.

    :param answers: those that are ``ok`` can be left out.
    :param total: the number of devices.
    """
    failures = [_failure_of(answer) for answer in answers if answer["status"] != "ok"]
    counted = f"{total - len(failures)} of {total} {devices(total)} answered in full"
    if not failures:
        return Cause(None, counted if total else "No device was asked")
    stopped = any(map(_is_stopped, failures))
    for name, shared in _SHARED.items():
        if name == "credential_guard" and not stopped:
            continue
        found = [failure for failure in failures if shared.is_of(failure)]
        if len(found) * 2 > (total if name == "logins" else len(failures)):
            return Cause(name, _said(shared, found, total))
    return Cause(DEVICES, counted)


def shared_sentence(verdict: Mapping[str, Any]) -> str | None:
    """Return the sentence of a verdict if it says more than how many devices answered; None if not."""
    return in_line(str(verdict["sentence"])) if verdict.get("cause") in _SHARED else None


def cause_in(verdict: Mapping[str, Any], reasons: Collection[str]) -> str | None:
    """Return the cause in a verdict. If no device failed, further reasons are those of the run itself."""
    return verdict.get("cause") or (RUN if reasons else None)


def _failure_of(answer: Mapping[str, Any]) -> _Failure:
    error = answer.get("error") or {}
    return _Failure(str(answer["status"]), *(str(error.get(key) or "") for key in ("phase", "kind", "message")))


def _said(shared: _Shared, found: list[_Failure], total: int) -> str:
    matches = (re.search(shared.named, failure.message) for failure in found if shared.named)
    names = list(dict.fromkeys(match[1] for match in matches if match))
    said = ", ".join(names[:NAMES_SAID]) + (", …" if len(names) > NAMES_SAID else "")
    skipped = sum(failure.status == "skipped" for failure in found)
    sentence = shared.narrow if all(map(shared.is_narrow, found)) else shared.sentence
    return in_line(
        sentence.format(
            names=f" ({said})" if said else "",
            none=f"no full answer from {len(found)} of {total} {devices(total)}",
            skipped=skipped,
            unasked=f", and {skipped} of them were not asked" if skipped else "",
        )
    )
