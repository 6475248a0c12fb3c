# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read configuration files of OpenSSH: ``Host``, ``Match``, ``Include``. A file is read once per process.

asyncssh's own reader reads the files again for every device, and ignores unknown options without a message.
"""

from __future__ import annotations

import fnmatch
import functools
import glob
import os
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .option_names import ACCUMULATED, canonical

Options = Sequence[tuple[str, str]]

USER_CONFIG = "~/.ssh/config"
DEEPEST = 16  # of included files, as in OpenSSH
_WITH_VALUE = ("host", "originalhost", "user", "localuser", "tagged")


@dataclass(frozen=True, slots=True)
class Statement:
    """One line: the option in lower case, its value as it is written, and for an include what is in the files."""

    name: str
    value: str
    where: str
    included: tuple[tuple[Statement, ...], ...] = ()


@dataclass(slots=True)
class Target:
    """What ``Match`` compares, and ``Host`` with ``original`` at first, and with ``host`` at the end."""

    original: str
    host: str
    user: str
    local_user: str
    tag: str = ""
    final: bool = False


def line_of(text: str) -> tuple[str, str]:
    """The name of an option in lower case, and its value: ``Name value``, ``Name=value``.

    :raises ValueError: if one of them is missing.
    """
    name, value = _halves(text)
    if not name or not value:
        msg = f"{text!r} has no value" if name else f"{text!r} has no name of an option"
        raise ValueError(msg)
    return canonical(name), value


def _halves(text: str) -> tuple[str, str]:
    matched = re.fullmatch(r"([^\s=]*)(?:\s*=\s*|\s+|$)(.*)", text.strip(), re.DOTALL)
    return (matched[1].strip('"'), matched[2].strip()) if matched else (text, "")


@functools.lru_cache(maxsize=256)
def statements_of(path: str) -> tuple[Statement, ...]:
    """What is in a file. The user's own one need not exist.

    :raises ValueError: if it cannot be read.
    """
    file = os.path.expanduser(path)
    if file == os.path.expanduser(USER_CONFIG) and not os.path.exists(file):
        return ()
    return tuple(_read(file, 0))


def _read(path: str, depth: int) -> Iterator[Statement]:
    if depth > DEEPEST:
        msg = f"{path}: more than {DEEPEST} files include each other"
        raise ValueError(msg)
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read().splitlines()
    except OSError as error:
        msg = f"the SSH configuration {path} cannot be read: {error.strerror}"
        raise ValueError(msg) from error
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        where = f"{path} line {number}"
        try:
            name, value = line_of(text)
            if name not in {"proxycommand", "remotecommand", "localcommand"}:
                value = _without_comment(value)
        except ValueError as error:
            msg = f"{where}: {error}"
            raise ValueError(msg) from error
        included: tuple[tuple[Statement, ...], ...] = ()
        if name == "include":
            included = tuple(tuple(_read(each, depth + 1)) for word in shlex.split(value) for each in _files(word))
        yield Statement(name, value, where, included)


def _without_comment(value: str) -> str:
    if "#" not in value:
        shlex.split(value)  # for a quote without an end
        return value
    words = shlex.split(value)
    for index, word in enumerate(words):
        if word.startswith("#"):
            return shlex.join(words[:index])
    return value


def _files(pattern: str) -> list[str]:
    path = os.path.expanduser(pattern)
    return sorted(glob.glob(path if os.path.isabs(path) else os.path.join(os.path.expanduser("~/.ssh"), path)))


def read_options(paths: Sequence[str], given: Options, target: Target) -> tuple[tuple[str, str], ...]:
    """The options of the files for one host, after those that are given. Of a name, the first value counts.

    :param target: what the blocks are compared with; its user is empty if only an option can set it.
    :raises ValueError: for a file that cannot be read or understood.
    """
    reader = _Reader(given, target)
    for path in paths:
        reader.read(statements_of(path))
    if reader.wants_final:
        target.final = True
        target.host = (reader.value("hostname") or target.host).lower()
        for path in paths:
            reader.read(statements_of(path))
    return tuple(reader.options)


class _Reader:
    def __init__(self, given: Options, target: Target) -> None:
        self.options = list(given)
        self.wants_final = False
        self._seen = {name for name, _value in given}
        self._target = target

    def value(self, name: str) -> str | None:
        return next((value for each, value in self.options if each == name), None)

    def read(self, statements: tuple[Statement, ...], active: bool = True) -> None:
        for each in statements:
            if each.name == "host":
                active = _is_named(
                    self._target.host if self._target.final else self._target.original, each.value.split()
                )
            elif each.name == "match":
                active = self._matches(each)
            elif each.name == "include":
                for inner in each.included:
                    if active:
                        self.read(inner)
                    else:
                        self.wants_final |= _has_final(inner)
            elif active and each.name in ACCUMULATED:
                if (each.name, each.value) not in self.options:
                    self.options.append((each.name, each.value))
            elif active and each.name not in self._seen:
                self._seen.add(each.name)
                self.options.append((each.name, each.value))

    def _matches(self, statement: Statement) -> bool:
        words = shlex.split(statement.value)
        result = True
        while words:
            word = words.pop(0)
            criterion, negated = word.removeprefix("!").lower(), word.startswith("!")
            criterion, mark, text = criterion.partition("=")
            if criterion == "all":
                matched = True
            elif criterion in {"final", "canonical"}:  # host names are not made canonical
                self.wants_final |= criterion == "final"
                matched = criterion == "final" and self._target.final
            elif criterion in _WITH_VALUE and (mark or words):
                patterns = (text if mark else words.pop(0)).split(",")
                matched = _is_named(self._compared(criterion).lower(), [each.lower() for each in patterns])
            else:
                supported = ", ".join(_WITH_VALUE)
                msg = f"{statement.where}: Match {criterion} is not supported; use Host, or Match with {supported}"
                raise ValueError(msg)
            result = result and matched is not negated
        return result

    def _compared(self, criterion: str) -> str:
        target = self._target
        return {
            "host": self.value("hostname") or target.host,
            "originalhost": target.original,
            "user": target.user or self.value("user") or target.local_user,
            "localuser": target.local_user,
            "tagged": self.value("tag") or target.tag,
        }[criterion]


def _has_final(statements: tuple[Statement, ...]) -> bool:
    return any(
        "final" in each.value.lower().split() if each.name == "match" else any(map(_has_final, each.included))
        for each in statements
    )


def _is_named(text: str, patterns: Sequence[str]) -> bool:
    """Whether one of the patterns matches, and none with ``!``. Only ``*`` and ``?`` have a meaning."""
    found = False
    for pattern in patterns:
        if pattern and _pattern(pattern.removeprefix("!")).match(text):
            if pattern.startswith("!"):
                return False
            found = True
    return found


@functools.lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(text.replace("[", "[[]")))
