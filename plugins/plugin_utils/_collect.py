# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calling the roll, as the action and the lookup do it alike: arguments in, the task's result out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils._device import Device
from ansible_collections.rollcall.network.plugins.module_utils._result import Error, iso
from ansible_collections.rollcall.network.plugins.module_utils._roll import (
    Answers,
    Keep,
    Limits,
    call_roll,
    failed_names,
    summarize,
)
from ansible_collections.rollcall.network.plugins.module_utils._run import RunError, RunFolder, without
from ansible_collections.rollcall.network.plugins.module_utils.collector import Event
from ansible_collections.rollcall.network.plugins.plugin_utils._inventory import SECRETS, Resolved
from ansible_collections.rollcall.network.plugins.plugin_utils._verdict import Allowed, Verdict, verdict_of

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


def call_here(
    devices: Mapping[str, Device | Error],
    arguments: Mapping[str, Any],
    on_event: Callable[[Event], None],
    folder: RunFolder | None,
    allowed: Allowed,
) -> dict[str, Any]:
    """Call the roll in this process; the task's result.

    :raises ValueError: for what is wrong before the first login.
    """
    began = iso(datetime.now(UTC))
    keep = Keep(folder, let_go=not arguments["return_output"]) if folder else None
    answers = call_roll(devices, limits_of(arguments), on_event, keep)
    return result_of(answers, arguments, began, folder, keep.errors if keep else {}, allowed)


def keep_answers(
    answers: Answers, arguments: Mapping[str, Any], began: str, folder: RunFolder | None, allowed: Allowed
) -> dict[str, Any]:
    """The task's result from answers that came from another machine all at once."""
    errors: dict[str, str] = {}
    if folder is not None:
        for name, answer in answers.items():
            try:
                folder.write(name, answer)
            except OSError as error:
                errors[name] = error.strerror or str(error)
                continue
            if not arguments["return_output"]:
                answers[name] = slim(answer)
    return result_of(answers, arguments, began, folder, errors, allowed)


def open_folder(arguments: Mapping[str, Any], job: Any, *, check_mode: bool) -> RunFolder | None:
    """The folder for the answers, where one is wanted; check mode writes nothing.

    :raises ValueError: when it cannot be written to.
    """
    if arguments["output_dir"] is None or check_mode:
        return None
    try:
        return RunFolder(arguments["output_dir"], None if job is None else str(job))
    except RunError as error:
        raise ValueError(str(error)) from error


def result_of(
    answers: Answers,
    arguments: Mapping[str, Any],
    began: str,
    folder: RunFolder | None,
    errors: Mapping[str, str],
    allowed: Allowed,
) -> dict[str, Any]:
    """The task's result, once all answers are there; the manifest is written from it. It fails as the verdict says."""
    result: dict[str, Any] = {
        "changed": False,
        "devices": answers,
        "summary": summarize(answers.values()),
        "failed_hosts": failed_names(answers),
    }
    verdict = verdict_of({name: answer["status"] for name, answer in answers.items()}, allowed)
    if folder is not None:
        result["run_dir"] = str(folder.path)
        if errors:
            verdict = verdict.troubled(_unwritten(folder, errors))
        try:
            _write_manifest(folder, result, arguments, began, errors, verdict)
        except OSError as error:
            verdict = verdict.troubled(_unwritten(folder, {"manifest.json": error.strerror or str(error)}))
    result["verdict"] = verdict.as_dict()
    return result if verdict.passed else {**result, "failed": True, "msg": "; ".join(verdict.reasons)}


def _write_manifest(
    folder: RunFolder,
    result: Mapping[str, Any],
    arguments: Mapping[str, Any],
    began: str,
    errors: Mapping[str, str],
    verdict: Verdict,
) -> None:
    """Write the manifest, which names the devices whose answer is on disk.

    :raises OSError: when it cannot be written.
    """
    manifest = {
        "started_at": began,
        "finished_at": iso(datetime.now(UTC)),
        "arguments": {name: value for name, value in arguments.items() if name != "hosts" and value is not None},
        "summary": result["summary"],
        "failed_hosts": result["failed_hosts"],
        "devices": {name: answer["status"] for name, answer in result["devices"].items() if name not in errors},
        "verdict": verdict.as_dict(),
    }
    folder.finish(manifest)


def _unwritten(folder: RunFolder, errors: Mapping[str, str]) -> str:
    first, reason = next(iter(errors.items()))
    more = f" and {len(errors) - 1} more" if len(errors) > 1 else ""
    return f"{first}{more} could not be written to {folder.path}: {reason}; those answers are in this result"


def slim(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer without what is on disk."""
    output = {command: without(each, "text", "rows") for command, each in answer["output"].items()}
    return {**answer, "output": output, "value": None}


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
