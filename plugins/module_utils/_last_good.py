# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The last good answer to each command of each device, over all runs. New answers are compared with it.

Before that, the device is compared with what it was, see ``_identity``. An answer of another device, or one that is
only a small part of the last good answer, does not replace it.

``<output_dir>/last_good/<name>/`` holds a text file for each command and ``state.json``: when the device was first
asked and when it last answered in full, and for each command its file and the digest of its text, since when its answer
is the same (apart from ignored values), and when it was last received. A text with another digest is not compared.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import pathlib
import stat
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from ._changes import Changes, between
from ._clock import is_future, past
from ._engine.errors import NotDone
from ._identity import IDENTITY, OTHERS, UNREADABLE, Finding, Identity, Known, identities_in, identity_of
from ._identity import compared as compared_identity
from ._model.redaction_search import MASK
from ._redacted import redacted_texts
from ._result import iso
from ._run import RUNS, entry, folds_case, plain_name, text_name, write_file, write_json
from ._shrunken import Measure, is_about_as_large, rows_of, shrunken
from ._trusted import check_folder, make_folder, read_file
from ._wrong_device import is_of_other, refused

FOLDER, STATE = "last_good", "state.json"


@dataclass(slots=True)
class Kept:
    """One command's last good answer: its file, since when it is the same, and when it was last received.

    ``sha256`` has the digest of its text. While the text is replaced, it also has that of the text before, which is in
    the file if the run was killed. ``rows`` is the number of its rows. ``small`` is the size of a later answer that was
    much smaller and did not replace it.
    """

    file: str
    since: str
    at: str
    sha256: tuple[str, ...]
    rows: int | None = None
    small: Measure | None = None

    def as_dict(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "file": self.file,
            "since": self.since,
            "at": self.at,
            "sha256": list(self.sha256),
        }
        found |= {} if self.rows is None else {"rows": self.rows}
        return found | ({} if self.small is None else {"small": list(self.small)})


@dataclass(slots=True)
class State:
    """The state of one device from earlier runs. Times are ISO 8601 text."""

    first_asked_at: str | None = None
    last_good_at: str | None = None
    commands: dict[str, Kept] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return {
            "first_asked_at": self.first_asked_at,
            "last_good_at": self.last_good_at,
            "commands": {command: kept.as_dict() for command, kept in self.commands.items()},
        }


class Work(Protocol):
    """Calls a function on texts of a device. See ``Engine.work``."""

    def __call__(self, function: Callable[..., Any], *arguments: Any, size: int) -> Any:
        """:raises NotDone: if it needs too much time or memory."""


def _here(function: Callable[..., Any], *arguments: Any, size: int) -> Any:  # noqa: ARG001
    return function(*arguments)


class LastGood:
    """The folder, for one run. Errors do not affect answers; ``problems`` has the sentences by name.

    ``redaction_key`` makes masks in a stored answer if new ones have masks, and the other way round. Else each secret
    would be a change. ``work`` is how texts are compared: in this process unless it is set.

    Several threads may use it at once, for different names.
    """

    def __init__(self, output_dir: str | pathlib.Path, changes: Changes) -> None:
        self.path = pathlib.Path(output_dir).expanduser().absolute() / FOLDER
        self._folds = folds_case(self.path.with_name(RUNS))
        self.problems: dict[str, list[str]] = {}
        self.redaction_key: bytes | None = None
        self.redacts = False  # new answers have masks
        self._changes = changes
        self.answered_before: Container[str] = ()  # devices whose full answer an earlier run stored here
        self.work: Work = _here
        self._states: dict[str, State] = {}  # of names between compared() and keep()
        self._identities: dict[str, tuple[Identity, ...]] = {}  # new ones, of names between compared() and keep()
        self._known = Known(self.path)
        self.expected: Mapping[str, Sequence[str]] = {}  # the names that the user expects, by device

    def compared(self, name: str, answer: Mapping[str, Any]) -> dict[str, Any]:
        """Return an answer with its changes, including texts.

        ``changed`` are the commands whose answer differs from the last good one. ``last_good_at`` is the time of the
        last full answer, which can be this one. Each good output has ``since``, when this same answer was first
        received, and a changed one has ``diff``, a unified diff.
        """
        state = self._states[name] = self._read(name)
        answer, identity_changes = self._identified(name, answer)
        now = _moment_of(answer)
        outputs: dict[str, Any] = {}
        suspicious: dict[str, str] = {}
        masked = _Masked(self, name, state, answer)
        for command, output in answer["output"].items():
            outputs[command] = output
            if output["status"] == "ok" and not _is_doubtful(answer, output):
                kept = state.commands.get(command)
                news, reason = self._news(name, kept, answer["platform"], command, output, now, masked)
                outputs[command] = {**output, **news}
                if reason is not None and kept is not None:
                    suspicious[command] = reason
                    state.commands[command] = replace(kept, small=_measured(output))
        return {
            **answer,
            "output": outputs,
            "changed": [command for command, output in outputs.items() if output.get("diff")],
            "suspicious": suspicious,
            "identity_changes": identity_changes,
            "last_good_at": now if answer["status"] == "ok" else state.last_good_at,
        }

    def _identified(self, name: str, answer: Mapping[str, Any]) -> tuple[Mapping[str, Any], list[str]]:
        """Compare the device with what it was. Return the answer, failed if it is another device, and the changes."""
        self._identities.pop(name, None)
        now = identity_of(answer)
        if not now or is_of_other(answer):
            return answer, []
        path = self._folder(name) / IDENTITY
        before, others = self._read_identities(name)
        finding = compared_identity(
            name,
            (*before, *others),
            now,
            self._known.fleet,
            expected=self.expected.get(name, ()),
            advice=(
                f". If it is the right device, which was replaced or renamed, remove {path} and ask it again; if it is "
                f"another unit of a cluster, rename the file to {OTHERS.replace('*', '2')}"
            ),
        )
        if not before and (finding.error is not None or finding.known == others):
            finding = Finding(None, (), (now, *others))  # the first one without the files of the user
        if finding.error is not None:
            return refused(answer, finding.error), []
        if answer["status"] in ("ok", "partial"):
            found = tuple(each for each in finding.known if each not in others)
            if found != before:
                self._identities[name] = found
        return answer, list(finding.changes)

    def _read_identities(self, name: str) -> tuple[tuple[Identity, ...], tuple[Identity, ...]]:
        """Return the devices that answered for a name, and those that the user added."""
        folder = self._folder(name)
        found = []
        for path in (folder / IDENTITY, *sorted(folder.glob(OTHERS))):
            devices: tuple[Identity, ...] = ()
            try:
                check_folder(folder)
                devices = identities_in(path)
            except FileNotFoundError:
                pass
            except UNREADABLE as error:
                self.note(name, f"{path} cannot be read and is ignored: {error}")
            found.append(devices)
        return found[0], tuple(each for devices in found[1:] for each in devices if each not in found[0])

    def keep(self, name: str, compared: Mapping[str, Any], written: pathlib.Path) -> None:
        """Store the good outputs of an answer as the last good ones.

        The state is written first, so that after a kill a change can be reported twice but is not lost.

        :param compared: the return value of ``compared``.
        :param written: the folder of the answer. Its files do not change, so both folders can share them.
        """
        folder = self._folder(name)
        now = _moment_of(compared)
        state = self._states.pop(name, None) or self._read(name)
        last = compared["last_good_at"] or state.last_good_at
        try:
            good = {}
            for command, output in compared["output"].items():
                if output.get("since"):
                    file = text_name(command, folds=self._folds)
                    digests = _digests(_bytes_of(output, written / file), folder / file, state.commands.get(command))
                    good[command] = Kept(file, output["since"], now, digests, rows_of(output.get("rows")))
            new = State(state.first_asked_at or now, last, {**state.commands, **good})
            for each in (self.path, folder):
                self._make_way(name, each, stat.S_ISREG)
                make_folder(each)
            partial = folder / f".{STATE}.part"
            for each in (partial, folder / STATE):
                self._make_way(name, each, stat.S_ISDIR)
            write_json(partial, {"name": name, **new.as_dict()})
            partial.replace(folder / STATE)
            if (identities := self._identities.pop(name, None)) is not None:
                self._write_identities(name, folder, identities)
            for kept in good.values():
                for file in (kept.file, f".{kept.file}.part"):
                    self._make_way(name, folder / file, stat.S_ISDIR)
                _share(written / kept.file, folder / kept.file)
        except OSError as error:
            self.note(name, f"{folder} cannot be written to: {error.strerror or error}")

    def _write_identities(self, name: str, folder: pathlib.Path, devices: Sequence[Identity]) -> None:
        partial = folder / f".{IDENTITY}.part"
        for each in (partial, folder / IDENTITY):
            self._make_way(name, each, stat.S_ISDIR)
        write_json(partial, {"name": name, "devices": [each.as_dict() for each in devices]})
        partial.replace(folder / IDENTITY)

    def note(self, name: str, problem: str) -> None:
        """Record what is wrong with the last good answers of a device, in one sentence."""
        said = self.problems.setdefault(name, [])
        if problem not in said:
            said.append(problem)

    def catch_up(self, name: str, compared: Mapping[str, Any], written: pathlib.Path) -> None:
        """Like ``keep``, for an answer of a run that was killed earlier. An older answer changes nothing."""
        state = self._read(name)
        now = _moment_of(compared)
        good = (command for command, output in compared["output"].items() if output.get("since"))
        kept = {command: at.at for command, at in state.commands.items() if not is_future(at.at)}
        if any(command not in kept or kept[command] < now for command in good):
            self.keep(name, compared, written)

    def names(self) -> list[str]:
        """Return all devices that have a state, asked in this run or not."""
        names = []
        for folder in sorted(self.path.iterdir()) if self.path.is_dir() else ():
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
                check_folder(folder)
                names.append(str(json.loads(read_file(folder / STATE).decode("ascii"))["name"]))
        return names

    def texts(
        self, name: str, is_wanted: Callable[[str, str], bool] = lambda _command, _since: True
    ) -> Iterator[tuple[str, str, pathlib.Path]]:
        """Yield each answered command, since when its answer is the same, and the file of its text if it is undamaged.

        :param is_wanted: takes a command and the time. Other texts are not read and not yielded.
        """
        for command, kept in self._read(name).commands.items():
            if is_wanted(command, kept.since):
                text = self._text(name, kept)
                if text is not None and _digest(text) == kept.sha256[0]:
                    yield command, kept.since, self._folder(name) / kept.file

    def _make_way(self, name: str, path: pathlib.Path, is_wrong: Callable[[int], bool]) -> None:
        """Rename a folder in place of a file, or a file in place of a folder. What else is there is not ours."""
        with contextlib.suppress(FileNotFoundError):
            if is_wrong(path.lstat().st_mode):
                aside = path.with_name(f"{path.name}.damaged")
                number = 1
                while os.path.lexists(aside):
                    number += 1
                    aside = path.with_name(f"{path.name}.damaged.{number}")
                path.rename(aside)
                kind = "folder" if is_wrong is stat.S_ISDIR else "file"
                self.note(name, f"{path} was a {kind}; it is now {aside.name}, and {path.name} was written again")

    def _folder(self, name: str) -> pathlib.Path:
        return entry(self.path, name, folds=self._folds)

    def _read(self, name: str) -> State:
        """Return the state on disk; an empty one if it is missing or damaged."""
        path = self._folder(name) / STATE
        try:
            check_folder(path.parent)
            data = json.loads(read_file(path).decode("ascii"))
            commands = {
                str(command): Kept(
                    plain_name(kept["file"]),
                    _moment(kept["since"]),
                    _moment(kept["at"]),
                    _known(kept["sha256"]),
                    _number(kept.get("rows")),
                    _measure(kept.get("small")),
                )
                for command, kept in data["commands"].items()
            }
            first, last = data["first_asked_at"], data["last_good_at"]
            # The clock that set a time in the future was wrong, so when it was is unknown.
            return State(past(first and _moment(first)), past(last and _moment(last)), commands)
        except FileNotFoundError:
            if any(path.parent.glob("*.txt")):
                self.note(name, f"{path} is missing, so the texts beside it are not compared")
            elif name in self.answered_before:
                self.note(name, f"{path.parent} was removed, so this answer is not compared with an earlier one")
            return State()
        except (OSError, ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
            self.note(name, f"{path} cannot be read and is ignored: {error}")
            return State()

    def _news(
        self,
        name: str,
        kept: Kept | None,
        platform: str | None,
        command: str,
        output: Mapping[str, Any],
        now: str,
        masked: _Masked,
    ) -> tuple[dict[str, Any], str | None]:
        """Return the changes of an output, and why it is suspicious and does not replace the last good one."""
        if kept is None:
            return {"since": now}, None
        text = output["text"]
        new = text.encode("utf-8", "surrogateescape")
        old = self._text(name, kept)
        if old == new or (old is None and _digest(new) == kept.sha256[0]):
            return {"since": kept.since}, None
        if old is None:
            return {"since": now}, None
        before = _decoded(old)
        reason = _suspicion(command, kept, before, output)
        try:
            size = len(before) + len(text)
            if self.redaction_key and (self.redacts or MASK in before):
                before, text = masked.before[command], masked.now[command]
                if before == text:
                    return {"since": kept.since}, None
            lines = self.work(between, self._changes.ignore, platform, command, before, text, size=size)
        except NotDone as error:
            self.note(name, f"{command!r} could not be compared: {error}; see ignore_changes")
            return {}, reason
        if not lines:
            return {"since": kept.since}, None
        diff = "\n".join([f"--- {kept.at}", f"+++ {now}", *lines, ""])
        return {"since": None if reason else now, "diff": diff}, reason

    def _text(self, name: str, kept: Kept) -> bytes | None:
        """Return the text of a last good answer; None if it cannot be read or is not what was written."""
        path = self._folder(name) / kept.file
        try:
            text = read_file(path)
        except OSError as error:
            self.note(name, f"{path} cannot be read and is ignored: {error.strerror}")
            return None
        if _digest(text) not in kept.sha256:
            self.note(name, f"{path} was damaged or changed by hand and is not compared")
            return None
        return text


class _Masked:
    """The last good texts of a device, and those of its answer, with masks. Made when one of them is needed.

    A secret that is known from one text is masked in the others too, so the texts are masked together.
    """

    def __init__(self, last_good: LastGood, name: str, state: State, answer: Mapping[str, Any]) -> None:
        self._last_good, self._state, self._answer = last_good, state, answer
        self._name = name
        self._names = (name, answer.get("host"))

    @functools.cached_property
    def before(self) -> dict[str, str]:
        """:raises NotDone: if masking needs too much time or memory."""
        texts = {command: self._last_good._text(self._name, kept) for command, kept in self._state.commands.items()}
        return self._made({command: _decoded(text) for command, text in texts.items() if text is not None})

    @functools.cached_property
    def now(self) -> dict[str, str]:
        """:raises NotDone: if masking needs too much time or memory."""
        outputs = self._answer["output"].items()
        return self._made({command: str(output["text"]) for command, output in outputs if "text" in output})

    def _made(self, texts: dict[str, str]) -> dict[str, str]:
        key, size = self._last_good.redaction_key, sum(map(len, texts.values()))
        made: dict[str, str] = self._last_good.work(redacted_texts, key, texts, self._names, size=size)
        return made


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape")


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def _number(given: Any) -> int | None:
    return None if given is None else int(given)


def _measure(given: Any) -> Measure | None:
    if given is None:
        return None
    size, lines, rows = given
    return Measure(int(size), int(lines), _number(rows))


def _known(digests: Any) -> tuple[str, ...]:
    found = tuple(map(str, digests))
    if isinstance(digests, str) or not found:
        msg = "it has no digest of a text"
        raise ValueError(msg)
    return found


def _bytes_of(output: Mapping[str, Any], written: pathlib.Path) -> bytes:
    """Return the text of an output. An answer that was read without texts has them on disk."""
    return str(output["text"]).encode("utf-8", "surrogateescape") if "text" in output else read_file(written)


def _digests(text: bytes, there: pathlib.Path, kept: Kept | None) -> tuple[str, ...]:
    """Return the digest of a new text, and that of the text that it replaces if they differ and that one is good.

    :param there: the file that will be replaced.
    """
    new = _digest(text)
    if kept is None or kept.sha256 == (new,):
        return (new,)
    with contextlib.suppress(OSError):
        old = _digest(read_file(there))
        return (new,) if old == new or old not in kept.sha256 else (new, old)
    return (new,)


def _measured(output: Mapping[str, Any]) -> Measure:
    return Measure.of(output["text"], output.get("rows"), requested=output.get("rows_status") in ("ok", "empty"))


def _suspicion(command: str, kept: Kept, before: str, output: Mapping[str, Any]) -> str | None:
    """Return why an answer is suspicious. It is not if the previous one was, and had about the same size."""
    now = _measured(output)
    reason = shrunken(command, Measure.of(before)._replace(rows=kept.rows), now)
    if kept.small is not None and is_about_as_large(kept.small, now):
        return None
    return reason


def _is_doubtful(answer: Mapping[str, Any], output: Mapping[str, Any]) -> bool:
    """Whether a text may be something else than the answer, because no rows could be made of it."""
    return answer["status"] != "ok" and output.get("rows_status") in ("mismatch", "error")


def _moment_of(answer: Mapping[str, Any]) -> str:
    """Return when the answer was complete, or now for a name that was not asked."""
    return str(answer.get("finished_at") or iso(datetime.now(UTC)))


def _moment(text: Any) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        msg = f"{text!r} has no time zone"
        raise ValueError(msg)
    return str(text)


def _share(source: pathlib.Path, target: pathlib.Path) -> None:
    """Link the target to the source, or copy it if the file system has no links."""
    with contextlib.suppress(OSError):  # the target exists, or there are no links
        os.link(source, target, follow_symlinks=False)
        return
    partial = target.with_name(f".{target.name}.part")
    partial.unlink(missing_ok=True)  # left by a run that was killed
    try:
        os.link(source, partial, follow_symlinks=False)
    except OSError:
        write_file(partial, read_file(source))
    partial.replace(target)
    partial.unlink(missing_ok=True)  # POSIX: renaming one link of a file to another does nothing
