# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calling the roll, as the action and the lookup do it alike: arguments in, the task's result out."""

from __future__ import annotations

import contextlib
import pathlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from ansible_collections.rollcall.network.plugins.module_utils._changes import Changes
from ansible_collections.rollcall.network.plugins.module_utils._device import Device
from ansible_collections.rollcall.network.plugins.module_utils._last_good import LastGood
from ansible_collections.rollcall.network.plugins.module_utils._lock import locked
from ansible_collections.rollcall.network.plugins.module_utils._result import Error
from ansible_collections.rollcall.network.plugins.module_utils._roll import (
    Answers,
    Keep,
    Limits,
    call_roll,
    write_answer,
)
from ansible_collections.rollcall.network.plugins.module_utils._run import (
    RunError,
    RunFolder,
    read_answer,
    without,
)
from ansible_collections.rollcall.network.plugins.module_utils._runs import last_run, prune, run_to_resume
from ansible_collections.rollcall.network.plugins.module_utils.collector import Event
from ansible_collections.rollcall.network.plugins.plugin_utils._inventory import SECRETS, Resolved
from ansible_collections.rollcall.network.plugins.plugin_utils._manifest import job_of, opening
from ansible_collections.rollcall.network.plugins.plugin_utils._outcome import result_of
from ansible_collections.rollcall.network.plugins.plugin_utils._parent import end_with_parent
from ansible_collections.rollcall.network.plugins.plugin_utils._verdict import Allowed

CREDENTIALS = ("user", "password", "private_key_file", "private_key", "passphrase", "become", "become_password")


class Display(Protocol):
    """The two methods of Ansible's display that are used here."""

    def display(self, msg: str) -> None: ...
    def warning(self, msg: str) -> None: ...


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


def function_folders(variables: Mapping[str, Any]) -> list[str]:
    """Where functions may be besides the installed packages, in Ansible's order of such folders."""
    tops = [variables.get("role_path"), variables.get("playbook_dir")]
    folders = [str(pathlib.Path(top, "module_utils")) for top in tops if top]
    return [*folders, str(variables["playbook_dir"])] if variables.get("playbook_dir") else folders


def devices_of(resolved: Mapping[str, Resolved | Error]) -> dict[str, Device | Error]:
    return {name: each.device if isinstance(each, Resolved) else each for name, each in resolved.items()}


def plan_of(resolved: Mapping[str, Resolved | Error]) -> dict[str, Any]:
    """Who would be asked, where, how and what, and where each credential comes from, never its value."""
    return {name: _planned(each) for name, each in resolved.items()}


@contextlib.contextmanager
def open_folder(
    arguments: Mapping[str, Any], variables: Mapping[str, Any], display: Display, *, check_mode: bool
) -> Iterator[RunFolder | None]:
    """The folder for the answers, where one is wanted, held until they are there; check mode writes nothing.

    :param variables: Ansible's, among which AWX puts its job's number.
    :raises ValueError: when it cannot be written to, or another run holds it.
    """
    if arguments["output_dir"] is None or check_mode:
        yield None
        return
    top, names = arguments["output_dir"], list(dict.fromkeys(arguments["hosts"]))
    job = job_of(variables)
    try:
        with locked(top, job), contextlib.ExitStack() as stack:
            resumed = run_to_resume(top, names) if arguments["resume"] else None
            before = last_run(top, names) if arguments["only"] and not resumed else None
            folder = RunFolder(top, job, resume=resumed)
            stack.callback(folder.close)
            folder.begin(opening(arguments, names, variables))
            if resumed:
                display.display(f"roll call: goes on with {resumed}, which had not come to its end")
            if before:
                taken = take_over(folder, before, names)
                display.display(f"roll call: {taken} full answers of {before} are taken over")
            yield folder
            if arguments["keep"]:
                for problem in prune(top, folder.path, **arguments["keep"]):
                    display.warning(problem)
    except RunError as error:
        raise ValueError(str(error)) from error


def take_over(folder: RunFolder, before: pathlib.Path, names: Iterable[str]) -> int:
    """Take over the full answers of another run; how many there were. The other names will be asked."""
    taken = 0
    for name in names:
        # An answer that is damaged or cannot be linked is asked for again.
        with contextlib.suppress(RunError, OSError):
            if read_answer(before, name, slim=True)["status"] == "ok":
                folder.take_over(before, name)
                taken += 1
    return taken


def answers_there(folder: RunFolder | None, names: Iterable[str], arguments: Mapping[str, Any]) -> Answers:
    """The answers that the folder has before anyone is asked: of a run that is resumed, or taken over.

    A damaged one is none, nor is that of a name which was skipped: nobody has asked it yet.
    """
    there: Answers = {}
    if folder is None:
        return there
    for name in names:
        with contextlib.suppress(RunError):
            answer = read_answer(folder.path, name, slim=not arguments["return_output"])
            if answer["status"] != "skipped":
                there[name] = answer
    return there


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
    there = answers_there(folder, devices, arguments)
    rest = {name: device for name, device in devices.items() if name not in there}
    keep, last_good = None, None
    if folder is not None:
        folder.note("began", hosts=len(devices), answered=len(there))
        last_good = last_good_of(arguments, folder, there)
        keep = Keep(folder, let_go=not arguments["return_output"], last_good=last_good)
    end_with_parent(keep.close if keep else None)
    answers = call_roll(rest, limits_of(arguments), on_event, keep)
    answers = _in_order(devices, there, answers)
    return result_of(answers, arguments, folder, keep.errors if keep else {}, allowed, last_good)


def call_there(
    devices: Mapping[str, Device | Error],
    arguments: Mapping[str, Any],
    ask: Callable[[dict[str, Device | Error]], Answers],
    folder: RunFolder | None,
    allowed: Allowed,
) -> dict[str, Any]:
    """Have another machine call the roll, from which all answers come at once; the task's result."""
    there = answers_there(folder, devices, arguments)
    if folder is not None:
        folder.note("began", hosts=len(devices), answered=len(there))
    rest = {name: device for name, device in devices.items() if name not in there}
    answers = ask(rest) if rest else {}
    errors: dict[str, str] = {}
    last_good = None
    if folder is not None:
        last_good = last_good_of(arguments, folder, there)
        for name, answer in answers.items():
            compared, unwritten = write_answer(folder, name, answer, last_good)
            if unwritten is not None:
                errors[name] = unwritten
            answers[name] = compared if arguments["return_output"] or unwritten is not None else slim(compared)
    end_with_parent(None)
    return result_of(_in_order(devices, there, answers), arguments, folder, errors, allowed, last_good)


def last_good_of(arguments: Mapping[str, Any], folder: RunFolder, there: Answers) -> LastGood:
    """The last good answers, beside the runs; what the folder of a resumed run has already is among them."""
    last_good = LastGood(arguments["output_dir"], Changes(arguments["ignore_changes"]))
    for name, answer in there.items():
        if answer.get("changed") is not None:
            last_good.catch_up(name, answer, folder.folder_of(name))
    return last_good


def _in_order(names: Iterable[str], there: Answers, answers: Answers) -> Answers:
    return {name: there[name] if name in there else answers[name] for name in names}


def slim(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer without what is on disk."""
    output = {command: without(each, "text", "rows", "diff") for command, each in answer["output"].items()}
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
