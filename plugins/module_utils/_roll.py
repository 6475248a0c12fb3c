# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask devices and return plain answers. Connects the collector, the drivers and the parsers.

It runs in the action, and in the module on another machine.
"""

from __future__ import annotations

import contextlib
import itertools
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ._call import Call
from ._device import Device, Unresolved
from ._drivers._function import load_function
from ._drivers.python import takes_device
from ._drivers.registry import blocks, driver_of, functions_of, gives_outputs, modules_of, name_of, refusal_of
from ._engine.admission import Admission, Before
from ._engine.engine import Engine
from ._engine.errors import NotDone
from ._engine.gates import Gates, Limit
from ._engine.guard import Rules
from ._engine.in_turn import ask_in_turn
from ._engine.spread import spread
from ._last_good import LastGood
from ._model.secrets import secrets_of, secrets_of_all
from ._model.visible import visible
from ._parsing import Parsed, parse, parser_of
from ._platforms import load_platform
from ._problems import Problems
from ._redacted import redacted_message, redacted_value
from ._refused_logins import Memory, RefusedLogins
from ._required_rows import missing_rows, why_no_template, with_missing_rows
from ._result import STATUSES, DeviceError, Error, Output, Outputs, Result, Sent
from ._run import RunFolder
from ._transport._known_hosts_file import append
from ._transport.new_keys import NewKey, new_key_lines
from ._wrong_device import is_of_other, other_device
from .collector import Event, collect, iter_collect, this_call

# Threads that write answers. The file system commits several writes together: four threads took a quarter to an eighth
# of the time of one.
WRITERS = 4
BETWEEN_WRITES = 2.0  # seconds between writes of new host keys


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a run, in seconds; None means no limit. See ``collect``.

    ``limits`` are logins_per_second and max_open_logins by the name of a host variable, for the devices with the same
    value of it.
    """

    workers: int | None = None
    device_timeout: float | None = None
    deadline: float | None = None
    retries: int = 0
    logins_per_second: float | None = None
    max_open_logins: int | None = None
    limits: Mapping[str, Mapping[str, Any]] | None = None
    login_canary: int = 1
    login_failure_limit: int = 3


Answers = dict[str, dict[str, Any]]


def call_roll(
    devices: Mapping[str, Device | Error],
    limits: Limits,
    on_event: Callable[[Event], None] | None = None,
    keep: Keep | None = None,
    problems: Problems | None = None,
    on_told: Callable[[Any], Any] | None = None,
    *,
    transcripts: bool = False,
    redaction_key: bytes | None = None,
    memory: Memory | None = None,
    before: Before | None = None,
) -> Answers:
    """Ask every device and return its answer as plain data by name, in the order given.

    A name with an Error instead of a Device is not asked. Its answer is that error.

    :param keep: a run folder for the answers, written as they come.
    :param problems: records internal errors after the first login. Without it, they are raised and answers are lost.
    :param on_told: see ``Engine``.
    :param redaction_key: mask the secrets that devices show, with masks of this key.
    :param transcripts: add the transcripts to the answers, for another machine that writes them.
    :param memory: of refused credentials; by default that of the folder of ``keep``.
    :param before: remembers refused logins of the same ``ansible-playbook``.
    :raises ValueError: when a function to be called cannot be imported, before the first login.
    """
    check_functions(devices)
    wrong = _not_asked(devices)
    ready = _ready(devices, wrong)
    finished: dict[str, Result] = {}

    def happened(event: Event) -> None:
        if problems is not None and event.name is not None and event.result is not None:
            finished[event.name] = event.result
        passed_on(event)

    passed_on = _Events(ready, len(devices), on_event, keep)
    _tell_errors(devices, wrong, on_event, keep)
    gone: frozenset[str] = frozenset()
    try:
        with _asking(ready, limits, keep, problems, on_told, redaction_key, memory, before, jitter=transcripts) as ask:
            told = happened if keep or on_event or problems else None
            results = collect(ask, _in_turn(ready, limits), **_options(limits), on_event=told)
        finished.clear()
    except Exception as error:
        if problems is None:
            raise
        problems.add("asking the devices", error)
        results = finished
    finally:  # if interrupted too, so that received answers are written
        with _noted(problems, "writing the answers"):
            if keep is not None:
                gone = keep.close()
        passed_on.tell()
    answers: Answers = {}
    for name, device in devices.items():
        result = wrong[name] if name in wrong else results.pop(name, _NOT_ASKED)
        answers[name] = answer_of(None, NOT_TOLD)
        with _noted(problems, "taking the answers"):
            answers[name] = answer_of(device, result, slim=name in gone)
            if transcripts and (recorded := transcript_of(result)) is not None:
                answers[name]["transcript"] = recorded
            if transcripts:
                answers[name]["sent"] = sent_of(result)
        with _noted(problems, "comparing the answers"):
            if keep is not None:
                answers[name] = keep.with_news(name, answers[name])
    return answers


def iter_roll(
    devices: Mapping[str, Device | Error],
    limits: Limits,
    on_event: Callable[[Event], None] | None = None,
    keep: Keep | None = None,
    *,
    ordered: bool = True,
) -> Generator[tuple[str, dict[str, Any]], None, None]:
    """Ask every device and yield its name and answer. The lazy form of ``call_roll``; see ``iter_collect``.

    Names with an Error are yielded in their place, or first if ``ordered`` is false. With ``keep``, an answer is
    yielded when it has been written, and all received answers are written when the generator is closed.
    """
    check_functions(devices)
    answers = _yielding(devices, limits, on_event, keep, ordered)
    next(answers)  # start; from here on, the end of the generator ends the run
    return answers


def _yielding(
    devices: Mapping[str, Device | Error],
    limits: Limits,
    on_event: Callable[[Event], None] | None,
    keep: Keep | None,
    ordered: bool,
) -> Generator[Any, None, None]:
    """Start the run and yield None, then yield each name and answer."""
    wrong = _not_asked(devices)
    ready = _ready(devices, wrong)
    happened = _Events(ready, len(devices), on_event, keep) if keep or on_event else None
    _tell_errors(devices, wrong, on_event, keep)
    with contextlib.ExitStack() as stack:  # closed in the reverse order: the run, the drivers, the files
        if happened is not None:
            stack.callback(happened.tell)
        if keep is not None:
            stack.callback(keep.close)
        ask = stack.enter_context(_asking(ready, limits, keep))
        # In the order given, the answers of the first devices are those that are waited for.
        names = ready if ordered else _in_turn(ready, limits)
        results = iter_collect(ask, names, ordered=ordered, **_options(limits), on_event=happened)
        stack.callback(results.close)
        yield None
        for name, result in _in_place(devices, wrong, results) if ordered else (*wrong.items(), *results):
            answer = answer_of(devices[name], result)
            if keep is not None:
                keep.wait_for(name)
                answer = keep.with_news(name, answer)
            yield name, answer


def _in_place(
    names: Iterable[str], wrong: Mapping[str, Result], results: Iterator[tuple[str, Result]]
) -> Iterator[tuple[str, Result]]:
    for name in names:
        if name in wrong:
            yield name, wrong[name]
        else:
            yield from itertools.islice(results, 1)


def _ready(devices: Mapping[str, Device | Error], wrong: Mapping[str, Result]) -> dict[str, Device]:
    return {name: device for name, device in devices.items() if isinstance(device, Device) and name not in wrong}


def _not_asked(devices: Mapping[str, Device | Error]) -> dict[str, Result]:
    """The results of the names without a device, and of devices whose commands may not be sent."""
    wrong: dict[str, Result] = {}
    for name, device in devices.items():
        if isinstance(device, Error):
            wrong[name] = Result("failed", error=device)
        elif (refusal := refusal_of(device)) is not None:
            message = visible(secrets_of(device).sentence(refusal.message))
            wrong[name] = Result("skipped", error=replace(refusal, message=message))
    return wrong


def _in_turn(names: Iterable[str], limits: Limits) -> Iterable[str]:
    """Return the names in the order in which they are asked: for the guard, neighbours are apart from each other."""
    return spread(names) if limits.login_failure_limit else names


def _options(limits: Limits) -> dict[str, Any]:
    """The limits as arguments of ``collect``."""
    return {
        "workers": limits.workers,
        "deadline": limits.deadline,
        "retries": limits.retries,
    }


def _admission(limits: Limits, memory: Memory | None, before: Before | None, *, jitter: bool) -> Admission:
    groups = {name: Limit(**each) for name, each in (limits.limits or {}).items()}
    gates = Gates(Limit(limits.logins_per_second, limits.max_open_logins), groups, jitter=jitter)
    rules = Rules(limits.login_canary, limits.login_failure_limit)
    if memory is None:
        return Admission(rules, gates, before=before)
    return Admission(rules, gates, memory.read(), memory.note, before)


@contextlib.contextmanager
def _asking(
    ready: Mapping[str, Device],
    limits: Limits,
    keep: Keep | None,
    problems: Problems | None = None,
    on_told: Callable[[Any], Any] | None = None,
    redaction_key: bytes | None = None,
    memory: Memory | None = None,
    before: Before | None = None,
    *,
    jitter: bool = False,
) -> Iterator[Callable[[str], Any]]:
    """Yield the function that asks a device by name. At the end, write the answers and end all processes.

    :param jitter: other machines ask other devices of the fleet at the same time.
    """
    new_keys = NewKeys()

    def told(message: Any) -> Any:
        if isinstance(message, NewKey):
            return new_keys.take(message)
        return None if on_told is None else on_told(message)

    engine = Engine(modules_of(ready.values()), told)
    if not all(blocks(driver_of(device.driver)) for device in ready.values()):
        engine.start()
    seconds = _Seconds(limits)
    if memory is None and keep is not None:
        memory = RefusedLogins(keep.top)
    admission = _admission(limits, memory, before, jitter=jitter)
    if keep is not None:
        keep.compare_in(engine)
    ask = _ask if redaction_key is None else partial(_ask_redacted, redaction_key)
    try:
        yield lambda name: ask(ready[name], this_call(), engine, seconds, admission)
    finally:
        admission.close()
        with _noted(problems, "ending the sessions"):
            engine.stop_asking()
        with _noted(problems, "writing the answers"):
            if keep is not None:
                keep.close()
        with _noted(problems, "writing the new host keys"):
            new_keys.write()
        with _noted(problems, "ending the worker processes"):
            engine.close()


class _Events:
    """The callback for ``collect``: it counts the names that are not asked, and queues answers for writing.

    If answers are compared with the last good ones, an answer is told after that, because another device may have given
    it. It is told with the next event, so that one thread tells all.
    """

    def __init__(
        self, ready: Mapping[str, Device], total: int, on_event: Callable[[Event], None] | None, keep: Keep | None
    ) -> None:
        self._ready = ready
        self._total = total
        self._on_event = on_event
        self._keep = keep
        self._written: queue.SimpleQueue[Event] = queue.SimpleQueue()

    def __call__(self, event: Event) -> None:
        keep = self._keep
        if event.message is not None:
            event = replace(event, message=visible(secrets_of_all(self._ready.values()).sentence(event.message)))
        event = replace(event, done=event.done + self._total - len(self._ready), total=self._total)
        is_told_later = False
        if keep is not None and event.name is not None and event.result is not None:
            is_told_later = self._on_event is not None and keep.compares
            written = partial(self._written.put, event) if is_told_later else None
            keep.put(event.name, self._ready[event.name], event.result, written)
        if keep is not None and event.kind == "warning":
            keep.warn(str(event.message))
        self._tell_written()
        if self._on_event is not None and not is_told_later:
            self._on_event(event)

    def tell(self) -> None:
        """Tell the answers that were written after the last event."""
        with contextlib.suppress(Exception):  # an error of the callback must not lose an answer
            self._tell_written()

    def _tell_written(self) -> None:
        with contextlib.suppress(queue.Empty):
            while self._on_event is not None and self._keep is not None:
                event = self._written.get_nowait()
                self._on_event(replace(event, result=self._keep.judged(str(event.name), event.result)))


def _tell_errors(
    devices: Mapping[str, Device | Error],
    wrong: Mapping[str, Result],
    on_event: Callable[[Event], None] | None,
    keep: Keep | None,
) -> None:
    """Report and write the answers of the names that are not asked."""
    for told, (name, result) in enumerate(wrong.items(), 1):
        if keep is not None:
            keep.put(name, devices[name], result)
        with contextlib.suppress(Exception):  # an error of the callback must not lose an answer
            if on_event is not None:
                on_event(Event("finished", told, len(devices), name=name, result=result))


def check_functions(devices: Mapping[str, Device | Error]) -> None:
    """Import every driver and function that is to be called.

    :raises ValueError: for one that cannot be imported, in one sentence.
    """
    ready = [device for device in devices.values() if isinstance(device, Device)]
    for name in {device.driver for device in ready}:
        driver_of(name)
    for function in functions_of(ready):
        load_function(function)
    for function in functions_of(device for device in ready if not device.host):
        if takes_device(load_function(function)):
            msg = f"function {function!r} takes the Device, so the controller must be able to import it too"
            raise ValueError(msg)


_NOT_ASKED = Result("skipped", error=Error("connect", "internal", "an internal error ended the run before its answer"))
NOT_TOLD = Result("failed", error=Error("command", "internal", "an internal error: its answer cannot be shown"))


def _noted(problems: Problems | None, step: str) -> contextlib.AbstractContextManager[None]:
    return contextlib.nullcontext() if problems is None else problems.during(step)


def summarize(answers: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Count the answers in total and by status, including statuses with 0."""
    counts = dict.fromkeys(("total", *STATUSES), 0)
    for answer in answers:
        counts["total"] += 1
        counts[answer["status"]] += 1
    return counts


def failed_names(answers: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The names without a full answer, in order."""
    return [name for name, answer in answers.items() if answer["status"] != "ok"]


class _Seconds:
    """The time limits of a run, with the kind of error and the option in words."""

    def __init__(self, limits: Limits) -> None:
        self.device = limits.device_timeout
        self.limits = (
            ("deadline", f"the deadline of the run ({limits.deadline or 0:g} s)"),
            ("device_timeout", f"device_timeout ({limits.device_timeout or 0:g} s)"),
        )


def _ask_redacted(
    key: bytes, device: Device, call: Call, engine: Engine, seconds: _Seconds, admission: Admission
) -> Any:
    """Ask a device, and mask the secrets that it shows. Rows are made before that."""

    def redacted(value: Any) -> Any:
        texts = [output.text for output in value.values()] if isinstance(value, Outputs) else []
        try:
            return engine.work(
                redacted_value,
                key,
                value,
                (device.name, device.host),
                size=sum(map(len, texts)),
                deadline=call.deadline,
            )
        except NotDone as error:
            msg = f"its answer is left out, because the secrets in it could not be masked: {error}"
            raise DeviceError("failed", "command", "internal", msg) from None

    try:
        return redacted(_ask(device, call, engine, seconds, admission, redacted))
    except DeviceError as error:
        reason = redacted_message(key, error.error)
        value = None if error.value is None else redacted(error.value)
        raise DeviceError(
            error.status, reason.phase, reason.kind, reason.message, value=value, retry=error.retry
        ) from None


def _ask(
    device: Device,
    call: Call,
    engine: Engine,
    seconds: _Seconds,
    admission: Admission,
    received: Callable[[Outputs], Outputs] = lambda outputs: outputs,
) -> Any:
    """Ask a device when it may log in. Rows are made from the texts without secrets of the run.

    :param received: makes what is kept if the deadline comes before the rows.
    """

    def login(device: Device) -> Any:
        with admission.login(device, call) as entry:
            return engine.ask(device, call, seconds.device, seconds.limits, entry)

    try:
        value = ask_in_turn(device, call, login)
    except DeviceError as error:
        if error.value is None and call.sent:
            error.value = Outputs({}, {})
        if isinstance(error.value, Outputs):
            error.value.sent = call.sent
        if isinstance(error.value, Outputs):
            _parse(device, error.value, engine, call)
            found = with_missing_rows(device, error)
            if found is not error:
                raise found from error
        raise
    if isinstance(value, Outputs):
        value.sent = call.sent or value.sent
        call.received = received(value)  # keep the texts if the deadline comes before the rows are parsed
        _parse(device, value, engine, call)
        missing = missing_rows(device, value)
        if missing is not None:
            raise DeviceError("partial", missing.phase, missing.kind, missing.message, value=value)
    return value


def _parse(device: Device, outputs: Outputs, engine: Engine, call: Call) -> None:
    for command in device.commands:
        output = outputs.get(command.text)
        if command.parser is None or output is None or output.status != "ok":
            continue
        call.enter("parse")
        ntc = load_platform(device.platform, device.definition).ntc if device.platform else None
        try:
            parsed = engine.work(
                parse, output.text, command.parser, ntc, command.text, size=len(output.text), deadline=call.deadline
            )
        except NotDone as error:
            parsed = Parsed(
                parser_of(command.parser, command.text),
                "error",
                message=f"the output of {command.text!r} cannot be parsed: {error}",
            )
        if parsed.status == "no_template" and not ntc:
            parsed = replace(parsed, message=why_no_template(device))
        output.parser, output.rows = parsed.parser, [] if parsed.rows is None else parsed.rows
        output.rows_status, output.rows_message = parsed.status, parsed.message


def answer_of(asked: Device | Error | None, result: Result, *, slim: bool = False) -> dict[str, Any]:
    """Return the answer of one name: the result, the device, and the output.

    Every requested command has an output, and every answer has the same keys, regardless of the status.

    :param asked: the device, or the error of the name.
    :param slim: without texts, rows and value, which are on disk.
    """
    device = asked if isinstance(asked, Device) else None
    outputs = _outputs(asked, result)
    return {
        **result.as_dict(),
        "driver": name_of(device) if device else None,
        "host": device.host if device and device.host else None,
        "port": device.port if device and device.host else None,
        "platform": device.platform if device else None,
        "connection": result.value.connection if isinstance(result.value, Outputs) else {},
        "output": {command: output.as_slim_dict() if slim else output.as_dict() for command, output in outputs.items()},
        "value": None if slim or has_outputs(asked) else result.value,
        "changed": None,
        "suspicious": None,
        "identity_changes": None,
        "last_good_at": None,
    }


def transcript_of(result: Result) -> str | None:
    """Return the transcript of a device, if one was recorded."""
    return result.value.transcript if isinstance(result.value, Outputs) else None


def sent_of(result: Result) -> Sent:
    """Return what was sent to a device in each session."""
    return result.value.sent if isinstance(result.value, Outputs) else ()


def has_outputs(asked: Device | Error | None) -> bool:
    """Whether the value of its result is outputs by command."""
    return isinstance(asked, Device) and gives_outputs(asked)


def _outputs(asked: Device | Error | None, result: Result) -> dict[str, Output]:
    if isinstance(asked, Unresolved):
        return {command.text: not_asked() for command in asked.commands}
    if not isinstance(asked, Device) or not has_outputs(asked):
        return {}
    given: Mapping[str, Output] = result.value or {}
    return {command.text: given.get(command.text) or not_asked() for command in asked.commands}


def not_asked() -> Output:
    """The output of a command that was not sent."""
    return Output(status="skipped", error=Error("command", "not_asked", "not sent; see the error of the device"))


class NewKeys:
    """Host keys that were accepted because their hosts were unknown. They are written to their files in batches."""

    def __init__(self) -> None:
        self._keys: list[NewKey] = []
        self._written_at = time.monotonic()
        self._lock = threading.Lock()

    def take(self, key: NewKey) -> None:
        """Keep the key. Write the keys if the last time was long ago."""
        with self._lock:
            self._keys.append(key)
            is_time = time.monotonic() - self._written_at > BETWEEN_WRITES
        if is_time:
            with contextlib.suppress(OSError):  # tried again at the end
                self.write()

    def write(self) -> None:
        """Write the keys.

        :raises OSError: if a file cannot be written.
        """
        with self._lock:
            for path, lines in new_key_lines(self._keys).items():
                append(path, lines)
            self._keys.clear()
            self._written_at = time.monotonic()


_Item = tuple[str, Device | Error, Result, "Callable[[], object] | None"]


class Keep:
    """Writes answers to a run folder in separate threads and optionally frees their memory."""

    def __init__(self, folder: RunFolder, *, let_go: bool, last_good: LastGood | None = None) -> None:
        """Start the thread.

        :param last_good: the last good answers, to compare with and to update.
        """
        self.errors: dict[str, str] = {}
        self.top = folder.top
        self._folder = folder
        self._last_good = last_good
        self._news: dict[str, dict[str, Any]] = {}
        self._let_go = let_go
        self._gone: set[str] = set()
        self._alike: dict[Any, Any] = {}
        self._waiting: queue.SimpleQueue[_Item | str | None] = queue.SimpleQueue()
        self._written = threading.Condition()
        self._queued: set[str] = set()
        self._handled: set[str] = set()
        self._threads = [
            threading.Thread(target=self._work, name="rollcall-writer", daemon=True) for _writer in range(WRITERS)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def compares(self) -> bool:
        """Whether answers are compared with the last good ones."""
        return self._last_good is not None

    def put(
        self, name: str, asked: Device | Error, result: Result, written: Callable[[], object] | None = None
    ) -> None:
        """Queue this answer for writing.

        :param written: called in another thread when it was written.
        """
        self._waiting.put((name, asked, result, written))
        self._queued.add(name)

    def warn(self, message: str) -> None:
        """Queue this warning for the events."""
        self._waiting.put(message)

    def compare_in(self, engine: Engine) -> None:
        """Compare answers with the last good ones in this engine's processes."""
        if self._last_good is not None:
            self._last_good.work = engine.work

    def wait_for(self, name: str) -> None:
        """Wait until the answer of this name is written or could not be written, as one that could not be queued."""
        if name not in self._queued:
            self.errors.setdefault(name, "it could not be queued for writing; this process has no memory left")
            return
        with self._written:
            self._written.wait_for(lambda: name in self._handled)

    def close(self) -> frozenset[str]:
        """Wait until everything is written. Return the names whose texts were freed. ``errors`` has unwritten ones."""
        for _thread in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()
        return frozenset(self._gone)

    def judged(self, name: str, result: Result | None) -> Result | None:
        """Return the result of a name; failed if another device gave it."""
        news = self._news.get(name, {})
        if result is None or not is_of_other(news):
            return result
        return replace(result, status=news["status"], error=other_device(news["error"]["message"]))

    def with_news(self, name: str, answer: dict[str, Any]) -> dict[str, Any]:
        """Return an answer with its changes, as it was written."""
        news = self._news.get(name)
        if news is None:  # not written
            return answer
        output = {command: {**each, **news["output"].get(command, {})} for command, each in answer["output"].items()}
        return {**answer, **news, "output": output}

    def _work(self) -> None:
        while (item := self._waiting.get()) is not None:
            if isinstance(item, str):
                with contextlib.suppress(Exception):  # it affects no answer
                    self._folder.note("warning", message=item)
                continue
            name, asked, result, written = item
            try:
                self._write(name, asked, result)
            except Exception as error:  # an internal error: it affects only the files of this name
                self.errors[name] = f"{type(error).__name__}: {error}"
            finally:
                with self._written:
                    self._handled.add(name)
                    self._written.notify_all()
                if written is not None:
                    written()

    def _write(self, name: str, asked: Device | Error | None, result: Result) -> None:
        recorded = transcript_of(result)
        answer, unwritten = write_answer(
            self._folder, name, answer_of(asked, result), self._last_good, recorded, sent_of(result)
        )
        if self._last_good is not None:
            self._news[name] = news_of(answer, slim=self._let_go and unwritten is None)
        if unwritten is not None:  # keep it in memory and return it
            self.errors[name] = unwritten
        elif self._let_go:
            self._gone.add(name)
            self._shrink(result, has_outputs(asked))

    def _shrink(self, result: Result, is_output: bool) -> None:
        """Keep only the returned part of an answer. Equal parts share one object, which saves memory."""
        for phase, seconds in result.seconds.items():
            result.seconds[phase] = self._alike.setdefault(round(seconds, 3), round(seconds, 3))
        if isinstance(result.value, Outputs):
            result.value.transcript, result.value.sent = None, ()
            result.value.connection = self._alike.setdefault(repr(result.value.connection), result.value.connection)
        for command, output in (result.value or {}).items() if is_output else ():
            output.let_go()
            result.value[command] = self._alike.setdefault(repr(output.as_slim_dict()), output)


def write_answer(
    folder: RunFolder,
    name: str,
    answer: dict[str, Any],
    last_good: LastGood | None = None,
    transcript: str | None = None,
    sent: Sent = (),
) -> tuple[dict[str, Any], str | None]:
    """Write one answer. Return it with its changes, and the reason if it could not be written.

    All answers are written here. An error in the last good answers does not affect the new one.
    """
    if last_good is not None:
        answer = _compared(last_good, name, answer)
    try:
        folder.write(name, answer, transcript, sent)
    except Exception as error:  # a full disk, or a value that cannot be serialised
        reason = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
        folder.note("warning", name=name, message=f"its answer could not be written: {reason}")
        if folder.fleet is not None:
            folder.fleet.note(folder, name, answer, written=False)
        return answer, str(reason)
    if folder.fleet is not None:
        folder.fleet.note(folder, name, answer)
    if last_good is not None:
        try:
            last_good.keep(name, answer, folder.folder_of(name))
        except Exception as error:
            last_good.note(name, f"they could not be stored: {type(error).__name__}: {error}")
    return answer, None


def _compared(last_good: LastGood, name: str, answer: dict[str, Any]) -> dict[str, Any]:
    try:
        return last_good.compared(name, answer)
    except Exception as error:  # a rule of the user can raise any exception
        last_good.note(name, f"they could not be compared: {type(error).__name__}: {error}")
        return {**answer, "changed": [], "suspicious": {}, "identity_changes": [], "last_good_at": None}


def news_of(compared: Mapping[str, Any], *, slim: bool) -> dict[str, Any]:
    """Return the changes of an answer.

    :param slim: without the differences, which are on disk.
    """
    keys: tuple[str, ...] = ("since",) if slim else ("since", "diff")
    news = {key: compared[key] for key in ("changed", "suspicious", "identity_changes", "last_good_at")}
    if is_of_other(compared):
        news |= {key: compared[key] for key in ("status", "error")}
        keys += ("status", "error", "parser", "rows_status", "rows_message", *(() if slim else ("rows",)))
    output = {command: {key: each[key] for key in keys if key in each} for command, each in compared["output"].items()}
    return {**news, "output": output}
