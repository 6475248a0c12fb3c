# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a collection for the action and the lookup: arguments in, the task's result out."""

from __future__ import annotations

import contextlib
import pathlib
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from ansible_collections.rollcall.network.plugins.module_utils._changes import Changes
from ansible_collections.rollcall.network.plugins.module_utils._clock import is_future
from ansible_collections.rollcall.network.plugins.module_utils._device import Device
from ansible_collections.rollcall.network.plugins.module_utils._drivers.registry import name_of
from ansible_collections.rollcall.network.plugins.module_utils._engine.engine import Engine
from ansible_collections.rollcall.network.plugins.module_utils._engine.errors import NotDone
from ansible_collections.rollcall.network.plugins.module_utils._engine.in_turn import credential_names
from ansible_collections.rollcall.network.plugins.module_utils._identity import expected_names
from ansible_collections.rollcall.network.plugins.module_utils._last_good import LastGood
from ansible_collections.rollcall.network.plugins.module_utils._lock import locked
from ansible_collections.rollcall.network.plugins.module_utils._model.secrets import mask_of
from ansible_collections.rollcall.network.plugins.module_utils._model.visible import in_line
from ansible_collections.rollcall.network.plugins.module_utils._problems import Problems
from ansible_collections.rollcall.network.plugins.module_utils._question import question_of
from ansible_collections.rollcall.network.plugins.module_utils._redacted import redacted_answer
from ansible_collections.rollcall.network.plugins.module_utils._redaction_key import LENGTH, fleet_folder, folder_key
from ansible_collections.rollcall.network.plugins.module_utils._result import Error, Result
from ansible_collections.rollcall.network.plugins.module_utils._roll import (
    Answers,
    Keep,
    Limits,
    answer_of,
    call_roll,
    check_functions,
    write_answer,
)
from ansible_collections.rollcall.network.plugins.module_utils._run import (
    OtherQuestion,
    RunError,
    RunFolder,
    read_answer,
    without,
)
from ansible_collections.rollcall.network.plugins.module_utils._runs import is_under_way, run_to_resume
from ansible_collections.rollcall.network.plugins.module_utils._space import advice, make_room
from ansible_collections.rollcall.network.plugins.module_utils._state import STATE, Entry
from ansible_collections.rollcall.network.plugins.module_utils.collector import Event
from ansible_collections.rollcall.network.plugins.plugin_utils._fleet_of_run import Opened, open_fleet
from ansible_collections.rollcall.network.plugins.plugin_utils._interrupted import Interruption
from ansible_collections.rollcall.network.plugins.plugin_utils._inventory import SECRETS, Resolved
from ansible_collections.rollcall.network.plugins.plugin_utils._kept import check_kept
from ansible_collections.rollcall.network.plugins.plugin_utils._manifest import job_of, opening
from ansible_collections.rollcall.network.plugins.plugin_utils._outcome import needed, result_of
from ansible_collections.rollcall.network.plugins.plugin_utils._parent import end_with_parent
from ansible_collections.rollcall.network.plugins.plugin_utils._refused_before import RefusedBefore
from ansible_collections.rollcall.network.plugins.plugin_utils._second import reusable
from ansible_collections.rollcall.network.plugins.plugin_utils._variables._platform import platform_warnings
from ansible_collections.rollcall.network.plugins.plugin_utils._verdict import Allowed

CREDENTIALS = ("user", "password", "private_key_file", "private_key", "passphrase", "become", "become_password")


class Display(Protocol):
    """The methods of Ansible's display that are used here."""

    def display(self, msg: str) -> None: ...
    def warning(self, msg: str) -> None: ...


def limits_of(arguments: Mapping[str, Any]) -> Limits:
    """Return the limits of the arguments."""
    return Limits(
        workers=arguments["workers"],
        device_timeout=arguments["device_timeout"],
        deadline=arguments["deadline"],
        retries=arguments["retries"],
        logins_per_second=arguments["logins_per_second"],
        max_open_logins=arguments["max_open_logins"],
        limits=arguments["limits"],
        login_canary=arguments["login_canary"],
        login_failure_limit=arguments["login_failure_limit"],
    )


def warnings_of(arguments: Mapping[str, Any], devices: Mapping[str, Device | Error]) -> list[str]:
    """Return warnings about the names, and about arguments that are not used."""
    warnings = _of_names(arguments["hosts"])
    found = [device for device in devices.values() if isinstance(device, Device)]
    if arguments["commands"] and found and not any(device.commands for device in found):
        drivers = ", ".join(dict.fromkeys(map(name_of, found)))
        warnings.append(f"commands are not used with driver: {drivers}")
    grouped = {variable for device in found for variable, _value in device.limit_groups}
    unused = [variable for variable in arguments.get("limits") or () if variable not in grouped]
    if unused and found:
        warnings.append(f"limits: no device has the variable {', '.join(unused)}, so its limits have no effect")
    return [*warnings, *map(in_line, platform_warnings(found))]


def _of_names(hosts: Sequence[str]) -> list[str]:
    if not hosts:
        return ["hosts is empty, so no device was asked"]
    repeated = [name for name, times in Counter(hosts).items() if times > 1]
    more = ", …" if len(repeated) > 5 else ""
    names = in_line(", ".join(repeated[:5]))
    return [f"duplicate names, asked once: {names}{more}"] if repeated else []


def function_folders(variables: Mapping[str, Any]) -> list[str]:
    """The folders of functions that are not installed, in Ansible's order."""
    tops = [variables.get("role_path"), variables.get("playbook_dir")]
    folders = [str(pathlib.Path(top, "module_utils")) for top in tops if top]
    return [*folders, str(variables["playbook_dir"])] if variables.get("playbook_dir") else folders


def devices_of(resolved: Mapping[str, Resolved | Error]) -> dict[str, Device | Error]:
    return {name: each.device if isinstance(each, Resolved) else each for name, each in resolved.items()}


def plan_of(resolved: Mapping[str, Resolved | Error]) -> dict[str, Any]:
    """Return the devices, addresses and commands, and the source of each credential, but not its value."""
    return {name: _planned(each) for name, each in resolved.items()}


@contextlib.contextmanager
def open_folder(
    arguments: Mapping[str, Any],
    variables: Mapping[str, Any],
    devices: Mapping[str, Device | Error],
    display: Display,
    *,
    check_mode: bool,
) -> Iterator[RunFolder | None]:
    """Open and lock the folder for the answers, if one is set. In check mode nothing is written.

    :param variables: Ansible's variables, which have the number of AWX's job.
    :raises ValueError: if it cannot be written to, or another run uses it.
    """
    if arguments["output_dir"] is None or check_mode:
        yield None
        return
    check_kept(arguments["output_dir"], variables)
    with contextlib.ExitStack() as stack:
        try:
            folder = _opened(stack, arguments, variables, devices, display)
        except RunError as error:
            what_helps = advice(str(error), pathlib.Path(arguments["output_dir"]).expanduser(), arguments["keep"])
            raise ValueError(f"{error}{what_helps}") from error
        yield folder


def _opened(
    stack: contextlib.ExitStack,
    arguments: Mapping[str, Any],
    variables: Mapping[str, Any],
    devices: Mapping[str, Device | Error],
    display: Display,
) -> RunFolder:
    names = list(dict.fromkeys(arguments["hosts"]))
    job = job_of(variables)
    top = str(stack.enter_context(locked(arguments["output_dir"], job)))
    opened = open_fleet(pathlib.Path(top), names, variables)
    resumed = run_to_resume(top, names) if arguments["resume"] else None
    used = {pathlib.PurePath(each.run).name for each in opened.entries.values() if arguments["only"] and each.run}
    for line in make_room(pathlib.Path(top), arguments["keep"], resumed, used, **needed(opened.fleet)):
        display.display(f"roll call: {line}")
    folder = RunFolder(top, job, resume=resumed)
    stack.callback(folder.close)
    folder.begin(opening(arguments, names, variables, opened.fleet.scope.part))
    folder.fleet = opened.fleet
    folder.moves_latest = not opened.fleet.is_part or not opened.fleet.closes
    # Answers without masks are not reused if answers must have masks.
    asked = question_of if arguments["redact"] != "all" else lambda device: f"{question_of(device)}-redacted"
    folder.questions = {name: asked(each) for name, each in devices.items() if isinstance(each, Device)}
    if opened.fleet.is_part and opened.fleet.closes and opened.entries:
        _say_part(opened, folder, display)
    for line in opened.fleet.state.said:
        display.warning(in_line(line))
        folder.note("warning", message=line)
    if opened.fleet.state.restored:
        folder.note("restored", names=opened.fleet.state.restored)
    for line in _reuse(folder, arguments, resumed, reusable(opened.entries, pathlib.Path(top), variables)):
        display.display(f"roll call: {line}")
    return folder


def _say_part(opened: Opened, folder: RunFolder, display: Display) -> None:
    """Say that the run is not of the whole fleet, and why."""
    scope, top = opened.fleet.scope, folder.top
    if scope.warn:
        advice = f"use another output_dir for another fleet, or remove {top / STATE} if the fleet has changed"
        display.warning(in_line(f"this run does not count as a run of the fleet, because {scope.part}; {advice}"))
    else:
        display.display(in_line(f"roll call: this run covers only a part of the fleet, because {scope.part}"))


def _reuse(
    folder: RunFolder, arguments: Mapping[str, Any], resumed: pathlib.Path | None, entries: Mapping[str, Entry]
) -> Iterator[str]:
    """Reuse the answers of an earlier run, and yield lines that say which."""
    changed = 0
    if resumed:
        yield f"resuming the unfinished run {resumed}"
        changed = len(changed_questions(resumed, folder.questions))
    elif arguments["resume"]:
        yield "resume: there is no unfinished run of these devices, so this is a new run"
    if arguments["only"] and not resumed:
        if entries.keys() & folder.questions.keys():
            taken, changed = take_over(folder, entries)
            of = f"{folder.top / min(taken)}" if len(taken) == 1 else f"{len(taken)} runs"
            yield f"reusing {sum(taken.values())} full answers of {of}" if taken else "there are no answers to reuse"
        else:
            yield f"only: {arguments['only']}: there is no earlier run of these devices, so all are asked"
    if changed:
        yield f"asking {changed} again, because their earlier answers are to another question (commands, address, …)"


def changed_questions(run: pathlib.Path, questions: Mapping[str, str]) -> list[str]:
    """The names with an answer in the run that is to another question than today."""
    changed = []
    for name, question in questions.items():
        try:
            read_answer(run, name, slim=True, question=question)
        except OtherQuestion as error:
            if error.status != "skipped":
                changed.append(name)
        except RunError:  # it has no answer that can be read
            continue
    return changed


def take_over(folder: RunFolder, entries: Mapping[str, Entry]) -> tuple[Counter[str], int]:
    """Reuse the last answer of each device if it is full and to the question of this run. The others will be asked.

    Return the number of reused answers by run, and the number of full answers that are to other questions.
    """
    taken, changed = Counter[str](), 0
    for name, question in folder.questions.items():
        entry = entries.get(name)
        if entry is None or entry.run is None or entry.answer["status"] != "ok" or is_future(entry.at):
            continue
        run = folder.fleet.state.top / entry.run if folder.fleet else folder.top / entry.run
        # A device whose answer is gone, damaged or cannot be linked is asked again.
        with contextlib.suppress(RunError, OSError):
            try:
                answer = read_answer(run, name, slim=True, question=question)
            except OtherQuestion as error:
                changed += error.status == "ok"
                continue
            if answer["status"] == "ok" and not is_under_way(run):
                folder.take_over(run, name)
                taken[entry.run] += 1
                if folder.fleet:
                    folder.fleet.note(folder, name, answer)
    return taken, changed


def answers_there(folder: RunFolder | None, arguments: Mapping[str, Any]) -> Answers:
    """Return the answers that the folder already has, from a resumed run or reused ones.

    Damaged answers, those to other questions and those of skipped names are left out.
    """
    there: Answers = {}
    if folder is None:
        return there
    for name, question in folder.questions.items():
        with contextlib.suppress(RunError):
            answer = read_answer(folder.path, name, slim=not arguments["return_output"], question=question)
            if answer["status"] != "skipped":
                there[name] = answer
    return there


def call_here(
    devices: Mapping[str, Device | Error],
    arguments: Mapping[str, Any],
    on_event: Callable[[Event], None],
    folder: RunFolder | None,
    allowed: Allowed,
    say: Callable[[str], object],
    on_told: Callable[[Any], Any] | None = None,
) -> dict[str, Any]:
    """Ask the devices in this process, and return the task's result.

    :param say: displays a line.
    :param on_told: see ``Engine``.
    :raises ValueError: if something is wrong before the first login. Later errors are in the result, with all answers.
    """
    there = answers_there(folder, arguments)
    rest = {name: device for name, device in devices.items() if name not in there}
    check_functions(rest)
    keep, last_good = None, None
    if folder is not None:
        folder.note("began", hosts=len(devices), answered=len(there))
        last_good = last_good_of(arguments, folder, there, devices)
        keep = Keep(folder, let_go=not arguments["return_output"], last_good=last_good)
    problems = Problems(mask_of(rest.values()))
    with interruptible(folder, len(devices), keep.close if keep else None, say) as interruption:
        end_with_parent(interruption)
        key = redaction_key(arguments, folder)
        before = _refused_before()
        answers = call_roll(
            rest, limits_of(arguments), on_event, keep, problems, on_told, redaction_key=key, before=before
        )
        answers = _in_order(devices, there, answers)
        return result_of(answers, arguments, folder, keep.errors if keep else {}, allowed, last_good, problems)


def _refused_before() -> RefusedBefore | None:
    """Return the memory of this ansible-playbook. A full disk does not keep devices from being asked."""
    try:
        return RefusedBefore()
    except (OSError, ValueError):
        return None


def call_there(
    devices: Mapping[str, Device | Error],
    arguments: Mapping[str, Any],
    ask: Callable[[dict[str, Device | Error], Callable[[str, dict[str, Any]], None], Problems], object],
    folder: RunFolder | None,
    allowed: Allowed,
    say: Callable[[str], object],
) -> dict[str, Any]:
    """Ask the devices from another machine, and return the task's result.

    :param ask: asks these devices, and calls its second argument with each name and answer. It is written at once.
    """
    there = answers_there(folder, arguments)
    if folder is not None:
        folder.note("began", hosts=len(devices), answered=len(there))
    rest = {name: device for name, device in devices.items() if name not in there}
    last_good = None if folder is None else last_good_of(arguments, folder, there, devices)
    problems = Problems(mask_of(rest.values()))
    answers: Answers = {}
    errors: dict[str, str] = {}
    key = redaction_key(arguments, folder)

    def take(name: str, answer: dict[str, Any]) -> None:
        if key is not None:
            answer = _redacted(engine, key, name, answer)
        transcript, sent = answer.pop("transcript", None), answer.pop("sent", ())
        answers[name] = answer
        if folder is None:
            return
        try:
            compared, unwritten = write_answer(folder, name, answer, last_good, transcript, sent)
            answers[name] = compared if arguments["return_output"] or unwritten is not None else slim(compared)
        except Exception as error:
            problems.add("writing the answers", error)
            unwritten = f"{type(error).__name__}: {error}"
        if unwritten is not None:
            errors[name] = unwritten

    with contextlib.closing(Engine()) as engine, interruptible(folder, len(devices), None, say) as interruption:
        end_with_parent(interruption)
        if last_good is not None and (
            arguments["ignore_changes"] or last_good.redaction_key
        ):  # a pattern of the user can take for ever
            last_good.work = engine.work
        if rest:
            ask(rest, take, problems)
        answers = _in_order(devices, there, answers)
        return result_of(answers, arguments, folder, errors, allowed, last_good, problems)


@contextlib.contextmanager
def interruptible(
    folder: RunFolder | None, total: int, finish: Callable[[], object] | None, say: Callable[[str], object]
) -> Iterator[Interruption]:
    """If the run is interrupted in the body, write the answers and print where they are and how to resume.

    :param say: displays a line before the first login.
    """
    interruption = Interruption(folder, total, finish)
    if interruption.advice:
        say(interruption.advice)
    try:
        with interruption.on_signals():
            yield interruption
    finally:
        interruption.close()


def last_good_of(
    arguments: Mapping[str, Any], folder: RunFolder, there: Answers, devices: Mapping[str, Device | Error]
) -> LastGood:
    """Return the last good answers, including those of a resumed run."""
    last_good = LastGood(folder.top, Changes(arguments["ignore_changes"]))
    last_good.answered_before = folder.fleet.answered_before if folder.fleet else ()
    last_good.expected = expected_names(devices)
    last_good.redacts = arguments["redact"] == "all"
    last_good.redaction_key = _folder_key(folder, create=last_good.redacts)
    for name, answer in there.items():
        if answer.get("changed") is not None:
            last_good.catch_up(name, answer, folder.folder_of(name))
    return last_good


def redaction_key(arguments: Mapping[str, Any], folder: RunFolder | None) -> bytes | None:
    """Return the key of the masks in answers, or None if answers have none.

    :raises ValueError: if the key of the output folder cannot be read or created.
    """
    if arguments["redact"] != "all":
        return None
    return _folder_key(folder, create=True) if folder else secrets.token_bytes(LENGTH)


def _folder_key(folder: RunFolder, *, create: bool) -> bytes | None:
    try:
        return folder_key(fleet_folder(folder.top), create=create)
    except OSError as error:
        msg = f"the key of the masks in {folder.top} cannot be used: {error.strerror or error}"
        raise ValueError(msg) from error


def _redacted(engine: Engine, key: bytes, name: str, answer: dict[str, Any]) -> dict[str, Any]:
    """Mask the secrets that a device of a poller showed."""
    texts = [str(output.get("text") or "") for output in answer["output"].values()]
    try:
        masked: dict[str, Any] = engine.work(redacted_answer, key, {**answer, "name": name}, size=sum(map(len, texts)))
    except NotDone as error:
        lost = Error("command", "internal", f"the secrets in its answer could not be masked: {error}")
        return answer_of(None, Result("failed", error=lost))
    return without(masked, "name")


def _in_order(names: Iterable[str], there: Answers, answers: Answers) -> Answers:
    return {name: there[name] if name in there else answers[name] for name in names}


def slim(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer without texts, rows and differences, which are on disk."""
    output = {command: without(each, "text", "rows", "diff") for command, each in answer["output"].items()}
    return {**answer, "output": output, "value": None}


def credentials_of(resolved: Resolved) -> dict[str, str]:
    """Return the source of each credential that would be used, and of ``become`` if the privileged mode is entered."""
    device, sources = resolved
    unused = () if device.is_privileged else ("become", "become_password")
    return {field: sources[field] for field in CREDENTIALS if field in sources and field not in unused}


def _planned(resolved: Resolved | Error) -> dict[str, Any]:
    if isinstance(resolved, Error):
        return {"error": resolved.as_dict()}
    device, sources = resolved
    plan: dict[str, Any] = {"driver": device.driver}
    if device.function:
        plan["function"] = device.function
    if device.variables:
        plan["variables"] = list(device.variables)
    if not device.host:
        return {**plan, "sources": sources}
    if device.credentials:
        plan["credentials_in_order"] = credential_names(device)
    return {
        **plan,
        "host": device.host,
        "port": device.port,
        "user": device.user,
        "platform": device.platform,
        "commands": [command.text for command in device.commands],
        "host_key_checking": device.host_key_checking,
        "credentials": credentials_of(resolved),
        "sources": {field: source for field, source in sources.items() if field not in SECRETS},
    }
