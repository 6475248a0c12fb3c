# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calling the roll, as the action and the lookup do it alike: arguments in, the task's result out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils._device import Device
from ansible_collections.rollcall.network.plugins.module_utils._result import Error
from ansible_collections.rollcall.network.plugins.module_utils._roll import Limits, failed_names, summarize
from ansible_collections.rollcall.network.plugins.plugin_utils._inventory import SECRETS, Resolved

CREDENTIALS = ("user", "password", "private_key_file", "private_key", "passphrase", "become", "become_password")


def limits_of(arguments: Mapping[str, Any]) -> Limits:
    """The limits among the arguments."""
    return Limits(
        workers=arguments["workers"],
        device_timeout=arguments["device_timeout"],
        deadline=arguments["deadline"],
        retries=arguments["retries"],
        logins_per_second=arguments["logins_per_second"],
    )


def warnings_of(hosts: Sequence[str]) -> list[str]:
    """What is odd about the names, though it is no error."""
    if not hosts:
        return ["hosts is empty: nobody was asked"]
    repeated = [name for name, times in Counter(hosts).items() if times > 1]
    more = ", …" if len(repeated) > 5 else ""
    return [f"given more than once, asked once: {', '.join(repeated[:5])}{more}"] if repeated else []


def devices_of(resolved: Mapping[str, Resolved | Error]) -> dict[str, Device | Error]:
    return {name: each.device if isinstance(each, Resolved) else each for name, each in resolved.items()}


def plan_of(resolved: Mapping[str, Resolved | Error]) -> dict[str, Any]:
    """Who would be asked, where, how and what, and where each credential comes from, never its value."""
    return {name: _planned(each) for name, each in resolved.items()}


def result_of(answers: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The task's result."""
    return {
        "changed": False,
        "devices": answers,
        "summary": summarize(answers.values()),
        "failed_hosts": failed_names(answers),
    }


def verdict(result: Mapping[str, Any], max_fail_percentage: float | None) -> str | None:
    """Why the task fails, or None: too many devices without a full answer."""
    total, failed = result["summary"]["total"], len(result["failed_hosts"])
    if max_fail_percentage is None or not total or failed * 100 <= max_fail_percentage * total:
        return None
    names = ", ".join(result["failed_hosts"][:10]) + (", …" if failed > 10 else "")
    return (
        f"{failed} of {total} devices failed, more than max_fail_percentage ({max_fail_percentage:g}) allows: {names}"
    )


def _planned(resolved: Resolved | Error) -> dict[str, Any]:
    if isinstance(resolved, Error):
        return {"error": resolved.as_dict()}
    device, sources = resolved
    plan: dict[str, Any] = {"driver": device.driver}
    if device.driver == "python":
        return {**plan, "function": device.function, "sources": sources}
    return {
        **plan,
        "host": device.host,
        "port": device.port,
        "user": device.user,
        "platform": device.platform,
        "commands": [command.text for command in device.commands],
        "host_key_checking": device.host_key_checking,
        "credentials": {field: sources[field] for field in CREDENTIALS if field in sources},
        "sources": {field: source for field, source in sources.items() if field not in SECRETS},
    }
