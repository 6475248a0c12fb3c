# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The echo of a command, recognised on the lines as a terminal shows them.

What comes before the echo is of two kinds. If the echo is behind a new prompt, the device had not finished its previous
answer: those bytes are its rest. Otherwise the device printed a message on its own while it waited.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..._chatter import is_chatter
from ..._terminal import ESCAPE, clean, decode
from .prompt import Prompt

LONGEST_LINE = 16 * 1024  # bytes of a line that may be an echo, plus what a device draws for each character
LONGEST_ECHO = 256 * 1024  # bytes with that
MOST_WRAPS = 12  # lines of an echo that was divided
_SHORTEST_PART = 8  # characters of a scrolled command
_MARKS = "$<>"
_PROMPT_END = re.compile(r"[#>$%\]:]")
_LONGEST_PROMPT = 250
# What ends a line: ProCurve moves all lines of its screen up instead, with ESC E, or by the insertion of a line.
_LINE_END = re.compile(rb"[\n\x0b\x0c]|\x1b(?:[DE]|\[1?[BELS])")
_LONGEST_LINE_END = 4
_NOISE = re.compile(rf" ?\r+|[\n\x08\x07\x00]|{ESCAPE}")
_LINE_REST = re.compile(rf"(?:[ \t\x07\x08\x00]|{ESCAPE})*+\r*+")


@dataclass(slots=True)
class Echo:
    """Searches the echo of a command in the data that comes after it was sent. Each line is looked at once.

    :param echoes: whether the device is known to echo. If it is not known, only messages may come before the echo.
    :param doubles: whether the device is known to show the command again when the line is ended, mostly behind its
        prompt.
    """

    command: str
    prompt: Prompt
    echoes: bool | None = None
    doubles: bool = False
    doubled: bool = False  # it came twice
    found: bool = False
    start: int = 0  # where its line begins, after the prompt if there is one
    end: int = 0  # where the answer begins
    behind_prompt: bool = False  # a prompt of its own is in front of it
    interrupted: bool = False  # a message came in the middle of it, and the device showed all of it again
    is_unclear: bool = False  # it is drawn over another line that begins with the prompt, or a line was too long
    _line: int = 0  # where the first line begins that was not looked at
    _searched: int = 0  # up to here there is no line end
    _begun: int | None = None  # where a line begins that has the first part of the command
    _typed: str = ""  # this part
    _was_behind: bool = False  # it is behind a prompt
    _wraps: int = 0
    _doubled: tuple[int, int, bool] | None = None  # the first of two echoes: start, end, and whether behind a prompt

    @property
    def _longest(self) -> int:
        """Return the bytes of the longest line that is looked at. The device can draw all of its line for each key."""
        drawn = 50 + 4 * len(self.prompt.line) + len(self.command)
        return min(LONGEST_LINE + drawn * len(self.command), LONGEST_ECHO)

    def search(self, data: bytes | bytearray) -> bool:
        """Return whether the echo has come."""
        while not self.found and self.echoes is not False:
            newline = _LINE_END.search(data, self._searched)
            if newline is None:
                self._searched = max(len(data) - _LONGEST_LINE_END + 1, self._line)
                return False
            if newline.start() - self._line <= self._longest:
                self._look(data, self._line, newline.end())
            else:
                self.is_unclear = True  # it can have been the echo
            self._line = self._searched = newline.end()
        return self.found

    def search_from(self, data: bytes | bytearray, start: int) -> bool:
        """Return whether the echo is in the line that begins at ``start``, and in those on which it goes on. The line
        is looked at as if a line end came before it: ``self.start`` is one more than its distance from ``start``."""
        part = bytearray(b"\n")
        for _line in range(MOST_WRAPS):
            end = data.find(b"\n", start) + 1
            if not 0 < end - start <= self._longest:
                return False
            part += data[start:end]
            if self.search(part) or self._begun is None:
                break
            start = end
        return self.found

    def _look(self, data: bytes | bytearray, start: int, end: int) -> None:
        raw = decode(bytes(data[start:end]))
        line = clean(raw).strip()
        typed, behind = self._without_prompt(line)
        text = self._text_before(raw)
        if self._doubled is not None:
            first, last, was_behind = self._doubled
            self._doubled = None
            self.doubled = is_echo(typed, self.command)
            self._found_at(first, end if self.doubled else last, behind=was_behind)
        elif text:
            self._is_at(start + text, end, behind=True)
        elif is_echo(typed, self.command) or (start == 0 and (self._is_drawn(raw) or self._is_changed(typed, behind))):
            self._is_at(self._begun if self._is_redrawn(typed, behind) else start, end, behind=behind)
        elif self._typed and typed and self._is_rest(typed, raw):
            self._is_at(self._begun, end, behind=self._was_behind)  # a message came in the middle of it
        elif self._is_all_echo(raw):
            self._is_at(start, end, behind=behind or self._begins_with_prompt(raw))
        elif self._begun is not None and self._wraps < MOST_WRAPS and self._is_wrapped(data, end):
            self._is_at(self._begun, end, behind=behind or self._begins_with_prompt(raw))
        elif typed and self.command.startswith(typed):
            begun = self._begun if self._is_redrawn(typed, behind) else start
            self._begun, self._typed, self._was_behind, self._wraps = begun, typed, behind, 0
        elif typed and self.echoes is None and not is_chatter(line):
            self.echoes = False

    def _text_before(self, raw: str) -> int:
        """Return the bytes of text on the line before the prompt that the command stands behind. It is the rest of an
        answer that has no line end."""
        for first, last in self.prompt.places(raw):
            front, rest = raw[:first], raw[last:]
            text, behind = self._without_prompt(clean(front).strip())
            if not text:
                continue
            if is_chatter(text) or _is_typed(text, self.command):
                return 0
            typed = self._without_prompt(clean(f"{self.prompt.line}{rest}").strip())[0]
            if is_echo(typed, self.command) or _echo_end(rest, self.command) == len(rest):
                self.is_unclear = behind  # a text that quotes the prompt, or a line that was typed: not this one
                return len(front.encode("utf-8", "surrogateescape"))
        return 0

    def _begins_with_prompt(self, raw: str) -> bool:
        """Return whether a line begins with the prompt, before what comes after a carriage return hides it."""
        return clean(raw.strip("\r\n").partition("\r")[0]).strip().startswith(self.prompt.line)

    def _is_wrapped(self, data: bytes | bytearray, end: int) -> bool:
        self._wraps += 1
        text = decode(bytes(data[self._begun : end]))
        return len(text) <= self._longest and _echo_end(text, self.command) == len(text)

    def _is_all_echo(self, raw: str) -> bool:
        """Return whether a line is the command with what terminals put between its characters, with or without a
        prompt."""
        end = _echo_end(raw, self.command)
        if end is None and raw.startswith(self.prompt.line):
            end = _match_echo(raw, len(self.prompt.line), self.command)
        return end == len(raw)

    def _is_rest(self, typed: str, raw: str) -> bool:
        """Return whether a line is the rest of the command, also if it is wrapped."""
        rest = self.command[len(self._typed) :].strip()
        return typed == rest or (bool(rest) and _match_echo(raw, 0, rest) == len(raw))

    def _is_redrawn(self, typed: str, behind: bool) -> bool:
        """Return whether the device shows its prompt and the line again for each character that is typed."""
        return behind and bool(self._typed) and self._begun is not None and typed.startswith(self._typed)

    def _is_changed(self, typed: str, behind: bool) -> bool:
        """Return whether the first line is the command in other letters, or with its words completed by the device."""
        if typed.casefold() == self.command.casefold():
            return True
        # SR OS puts names into quotes.
        words, wanted = typed.casefold().replace('"', "").split(), self.command.casefold().replace('"', "").split()
        return (
            (self.echoes is True or behind or len(wanted) > 1)
            and len(words) == len(wanted)
            and all(word.startswith(want) for word, want in zip(words, wanted, strict=True))
            and all(word == want for word, want in zip(words, wanted, strict=True) if want[-1].isdigit())
        )

    def _is_at(self, start: int | None, end: int, *, behind: bool) -> None:
        start = start or 0
        if self.doubles:
            self._doubled = start, end, behind
        else:
            self._found_at(start, end, behind=behind)

    def _found_at(self, start: int, end: int, *, behind: bool) -> None:
        # Where the device had begun to echo at its prompt, a message came, and the prompt was shown again.
        self.interrupted = self._begun == 0 and start > 0
        self.found, self.start, self.end = True, start, end
        self.behind_prompt = behind and start > 0

    def _is_drawn(self, raw: str) -> bool:
        """Return whether the first line, which begins behind the prompt, is an echo that is drawn over itself."""
        if "\r" not in raw[:-2] and "\x08" not in raw and "\x1b" not in raw:
            return False
        lines = (clean(f"{self.prompt.line}{blank}{raw}").strip() for blank in ("", " "))
        return any(is_echo(self._without_prompt(line)[0], self.command) for line in lines)

    def _without_prompt(self, line: str) -> tuple[str, bool]:
        if line.startswith(self.prompt.line):
            return line[len(self.prompt.line) :].strip(), True
        place = line.rfind(self.command) if line.endswith(self.command) else -1
        if place > 0 and self.prompt.start(line[:place]) == 0:  # its numbers have changed
            return self.command, True
        return line, False


def is_echo(typed: str, command: str) -> bool:
    """Return whether a line without its prompt is the echo of a command, whole or scrolled."""
    if typed == command or typed.split() == command.split():
        return True
    if len(typed) > _SHORTEST_PART:
        if typed[0] in _MARKS and command.endswith(typed[1:].strip()):
            return True
        if typed[-1] in _MARKS and command.startswith(typed[:-1].strip()):
            return True
        place = typed.find("$", 0, _LONGEST_PROMPT)
        if place > 0 and len(typed) - place - 1 >= _SHORTEST_PART and command.endswith(typed[place + 1 :]):
            return _PROMPT_END.fullmatch(typed[:place].rstrip()[-1:]) is not None
    return False


def _is_typed(text: str, command: str) -> bool:
    """Return whether a text can be the first part of the echo of a command, with its words completed or not."""
    words, wanted = text.casefold().split(), command.casefold().split()
    pairs = zip(words, wanted, strict=False)
    return len(words) <= len(wanted) and all(word.startswith(want) or want.startswith(word) for word, want in pairs)


def _echo_end(text: str, command: str) -> int | None:
    """Return where the line after the echo begins, if the text begins with an echo, with or without a prompt."""
    end = _match_echo(text, 0, command)
    if end is not None:
        return end
    newline = text.find("\n", 0, _LONGEST_PROMPT)
    limit = _LONGEST_PROMPT if newline < 0 else newline
    for mark in _PROMPT_END.finditer(text, 0, limit):
        # A colon ends few prompts and stands in much text: it counts only after a single word.
        if mark.group() == ":" and " " in text[: mark.start()].strip():
            continue
        end = _match_echo(text, mark.end(), command)
        if end is not None:
            return end
    return None


def _match_echo(text: str, start: int, command: str) -> int | None:
    """Follow the command through the text over what terminals put between its characters.

    ``done`` holds the numbers of the command's characters that may have been seen so far: after a carriage return the
    last one may be drawn a second time.
    """
    place = start
    while text.startswith(" ", place):
        place += 1
    if text.startswith(command, place):  # most echoes are nothing but the command
        end, is_whole = _line_rest(text, place + len(command))
        if is_whole:
            return end
    done = {0}
    tried = 0  # the rest of the line was read up to here in vain
    # Colours and wraps add a few characters to each one. Far more than that is no echo, and is not worth the time.
    limit = start + 1000 + 20 * len(command)
    while done and place < limit:
        if len(command) in done and place >= tried:
            tried, is_whole = _line_rest(text, place)
            if is_whole:
                return tried
        if place >= len(text):
            return None
        noise = _NOISE.match(text, place)
        if noise is None:
            done = _step(done, command, text[place])
            place += 1
        elif text[place] == " ":
            # A blank before the carriage return: the terminal's, or the command's own.
            done |= _step(done, command, " ")
            place += 1
        else:
            if "\r" in noise.group():
                done |= {count - 1 for count in done if count}
            place = noise.end()
    return None


def _line_rest(text: str, place: int) -> tuple[int, bool]:
    """Read what terminals put after an echo. Return where it ends, with the line end if there is one, and whether the
    line ends there."""
    rest = _LINE_REST.match(text, place)
    end = rest.end() if rest else place
    if text.startswith("\n", end):
        return end + 1, True
    return end, end == len(text)


def _step(done: set[int], command: str, character: str) -> set[int]:
    return {count + 1 for count in done if count < len(command) and command[count] == character}
