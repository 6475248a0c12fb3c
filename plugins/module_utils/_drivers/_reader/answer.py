# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The data that came after one line was sent, and the text of the answer in it.

While an answer arrives, only its end and the lines before its echo are looked at. The whole answer is worked on once
and in pieces, see ``_pieces``.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from typing import Literal

from ..._chatter import without_chatter
from ..._model.secret_bytes import DIVIDES, divided_masked
from ..._model.secrets import Secrets
from ..._pieces import PIECE, Work, spans
from ..._terminal import clean, cleaned_pieces, decode
from .echo import Echo
from .pagers import TAIL as PAGER_TAIL
from .pagers import Pager, pager_at_end, quoting, unwiped, without_pagers
from .prompt import Prompt, block, is_unfinished
from .questions import asks_for

TAIL = 2048  # bytes at the end of the data that are searched for a prompt
_NUMBER = re.compile(rb"[0-9]+")
_PERCENTAGE = re.compile(r"\s*\d{1,3}%\s*")
_SHORTEST_PAGE, _NARROWEST = 10, 80  # rows and columns of a terminal
# What a device sends to wipe the prompt of a pager begins with one. Colours do not wipe it.
_MOVES = re.compile(r"[\r\n\x08]+|\x1b\[(?![0-?]{0,20}m)")
MOST_QUOTED = 4096  # lines of an answer that begin with the prompt
MOST_LINES = 20  # lines that a device printed on its own, at the end of an answer

End = Literal["prompt", "closed", "timeout", "cut", "question", "lost", "unproven"]


class Answer:
    """The data received so far after one line was sent."""

    def __init__(self, line: str, prompt: Prompt, echoes: bool | None = None, *, doubles: bool = False) -> None:
        self.line = line
        self.prompt = prompt  # that the device showed before the line was sent, or has shown since
        self.data = bytearray()
        self.echo = Echo(line.strip(), prompt, echoes, doubles)
        self.echo.found = not line.strip()
        self.tests: list[int] = []  # its length whenever an empty line was sent to test the end
        self.earliest = 0.0  # when the last of these lines can have brought something
        self.pagers: list[tuple[int, int]] = []  # where the prompts of pagers are that were answered
        self.line_ended = False  # a pager was answered with a line end
        self.erased = 0  # keys of pagers that were erased from the device's line
        self.paged_surely = False  # what looks like the prompt of a pager and was answered is one
        self.entered: set[int] = set()  # where the prompts of pagers begin that were answered with a line end
        self.other_key = ""  # of the last pager, if it got a line end instead and does not go on
        self.more_prompts = 0  # these brought so many at the end: they were typed at the prompt
        self._doubtful: list[int] = []  # the numbers of the prompts that nothing wipes
        self._decided = 0  # prompts of which this is known
        self.replies = 0  # sent to questions
        self.resumed = False  # more of the answer came after the first test
        self.unclear = False  # text and one prompt came after one test: a message, or the prompt before it was text
        self.eaten = False  # a test did not bring a prompt
        self.patience = 0.0  # seconds of silence after which a test has brought all, besides those of a round trip
        self.was_complete = False  # it ended with the prompt when it was tested first
        self.changed = ""  # the line that ended it then, if it can be a changed prompt
        self.last_prompt: Prompt | None = None  # that ended it, if it is another one than the prompt that came then
        self._shown: tuple[int, str] = (0, "")  # the end as it is shown, and how much had come by then
        # The bytes of the prompt, if it comes without escape sequences. Then no text without them is looked at.
        self._raw = prompt.line.encode("utf-8", "surrogateescape") if not prompt.counts and not prompt.drawn else b""

    def forget(self) -> None:
        """Discard the data, which was a question."""
        self.data.clear()
        self._shown = (0, "")

    def tail(self) -> str:
        """Return the raw end without the echo of the line, for ``pager_at_end``."""
        return decode(bytes(self.data[max(self.echo.end, len(self.data) - PAGER_TAIL) :]))

    def shown(self) -> str:
        """Return the end as a terminal shows it."""
        if self._shown[0] != len(self.data):
            self._shown = (len(self.data), shown_end(self.data))
        return self._shown[1]

    def asks(self) -> str:
        """Return the end as a terminal shows it, without the echo of the line."""
        return shown_end(self.data[max(self.echo.end, len(self.data) - TAIL) :])

    def echoed(self) -> bool:
        """Return whether the echo of the line has come."""
        return self.echo.search(self.data)

    def at_prompt(self) -> bool:
        """Return whether the data ends with the prompt."""
        if self._raw and self._raw not in self.data[-TAIL:]:
            return False
        shown = self.shown()
        start = self.prompt.start(shown)
        if start is None or is_unfinished(self.data):
            return False
        if self.prompt.copies > 1 and not self.prompt.is_whole(shown):
            return False
        if self.prompt.drawn and b"\x1b" in self.prompt.raw and b"\x1b" not in self.data[self.data.rfind(b"\n") + 1 :]:
            return False  # a text quotes it without its colours
        before = shown[shown.rfind("\n", 0, start) + 1 : start]
        if before.strip() and not self.prompt.has_name and pager_at_end(self.tail()) is not None:
            return False  # a percentage can end like a prompt
        return not _ends_a_question(before, self.prompt)

    def paged(self, length: int, key: str) -> bool:
        """Note that the last bytes are the prompt of a pager. Return False if it was answered already."""
        start = len(self.data) - length
        if key == "\n":
            self.entered.add(start)
            self.line_ended = True
        is_new = not self.pagers or self.pagers[-1][0] != start
        self.pagers[len(self.pagers) - (not is_new) :] = [(start, len(self.data))]
        return is_new

    def may_be_paged(self, pager: Pager) -> bool:
        """Return whether the last bytes, which look like the prompt of a pager, can be one.

        A line that only says that a key continues can also be about something that the command begins: as a pager, it
        follows a page.
        """
        start = len(self.data) - pager.size
        first, end = self.pagers[-1] if self.pagers else (-1, 0)
        page = max(self.echo.end, end)
        if pager.continues and not self.has_paged(pager.size) and not _is_page(self.data, start, page):
            return False
        return first == start or not is_counter(self.data, start, page)

    def waits_for_page(self) -> bool:
        """Return whether the data ends with the prompt of a pager that was answered."""
        return bool(self.pagers) and self.pagers[-1][1] == len(self.data)

    def has_paged(self, length: int) -> bool:
        """Return whether a pager was answered whose prompt is that of the last bytes, but for its numbers."""
        prompt = _without_numbers(self.data[len(self.data) - length :])
        return any(_without_numbers(self.data[start:end]) == prompt for start, end in self.pagers[-1:])

    def has_doubtful_page(self) -> bool:
        """Return whether a pager's prompt was answered that nothing wipes, so that it can be text."""
        return bool(self.pagers) and not self.paged_surely and bool(self._doubtful_pages())

    def _doubtful_pages(self) -> list[int]:
        """Return the numbers of the prompts that nothing wipes. Each is looked at once, when what wipes it has come."""
        known = [number for number in self._doubtful if number < self._decided]
        self._doubtful = known + unwiped(self.data, self.pagers, self._decided)
        self._decided = max(len(self.pagers) - 1, 0)
        return self._doubtful

    def settle_pages(self) -> bool:
        """Find out whether the prompts that nothing wipes are text: then their keys were typed at the prompt that ends
        the answer, and the device echoed them there. Return False if it is not certain."""
        doubtful = self._doubtful_pages()
        entered = sum(self.pagers[number][0] in self.entered for number in doubtful)
        blanks = len(doubtful) - entered if self.echo.found else 0
        left = self._keys_left() if blanks or not entered else 0
        left = None if left is None else left + self.erased
        more = max(self._prompts_at_end() - len(self.tests) - 1, 0) if entered else 0
        is_text = left == blanks and more == entered
        if is_text or (not left and not more and set(doubtful) == quoting(self.data, self.pagers, doubtful)):
            self.more_prompts = more
            self.pagers = [span for number, span in enumerate(self.pagers) if number not in set(doubtful)]
            self._doubtful, self._decided = [], len(self.pagers)
            return True
        self.paged_surely = left == 0 and more == 0 and (self.echo.found or not self._has_empty_page())
        return self.paged_surely

    def _has_empty_page(self) -> bool:
        """Return whether a pager's prompt follows another one on the same line. It can be a text that quotes
        the prompt, and a device that does not echo does not show the key that was typed there."""
        pairs = itertools.pairwise(self.pagers)
        return any(b"\n" not in self.data[end:start] for (_first, end), (start, _last) in pairs)

    def has_key_at_prompt(self) -> bool:
        """Return whether the key that ends a pager stands behind the prompt that ends the data."""
        shown = self.shown().rstrip()
        return bool(self.pagers) and shown[-1:] in ("q", "y") and self.prompt.start(shown[:-1]) is not None

    def has_paged_at_prompt(self) -> bool:
        """Return whether the last line, which was taken for a pager, ended with the prompt, and the device drew the
        prompt over it: the key was typed there."""
        if not self.pagers:
            return False
        end = self.pagers[-1][1]
        rest = self.data[end : self.tests[0] if self.tests else len(self.data)]
        moved = rest.find(b"\r")
        if b"\n" in rest or moved < 0 or not self.prompt.is_alone(rendered(rest[moved:])):
            return False
        return self.prompt.start(shown_end(self.data[: end + moved][-TAIL:])) is not None

    def has_key_left(self) -> bool:
        """Return whether the key of a pager stands behind the prompt that ended the answer, although all pagers seemed
        to be wiped: the device has drawn its line again."""
        if not self.pagers or not self.tests:
            return False
        line = self.data[self.data.rfind(b"\n", 0, self.tests[-1]) + 1 : self.tests[-1]]
        prompt = self.prompt.line.encode("utf-8", "surrogateescape")
        return line.count(prompt) > 1 and bool(self._keys_left())

    def _prompts_at_end(self) -> int:
        """Return how many prompts end the data, with nothing between them."""
        count = 0
        for line in reversed(rendered(self.data[-4 * TAIL :]).split("\n")):
            found = self.prompt.count(line)
            if not found and line.strip() and not self.prompt.is_context(line):
                break
            count += found
            if found and not self.prompt.is_alone(line) and line.strip() != self.prompt.line * found:
                break
        return count

    def _keys_left(self) -> int | None:
        """Return how many blanks the device echoed between its prompt and the line end that was typed as a test; None
        if that cannot be told."""
        start = self.data.rfind(b"\n", 0, self.tests[-1]) + 1
        end = self.data.find(b"\n", self.tests[-1])
        if len(self.tests) > 1 or end < 0:
            return None
        line = self.data[start:end][-TAIL:].rstrip(b"\r")
        typed, empty = rendered(line), shown_end(self.data[end + 1 :]).rpartition("\n")[2]
        redrawn = rendered(line.rpartition(b"\r")[2])
        typed = redrawn if self.prompt.start(redrawn) is not None else typed  # blanks over a text are erased
        if self.prompt.start(typed) is None or self.prompt.start(empty) is None:
            return None
        return max(_blanks(typed) - _blanks(empty), 0)

    def asked(self) -> None:
        """Remove the last line that is not blank, which is a question."""
        end = len(self.data.rstrip())
        del self.data[max(self.data.rfind(b"\n", 0, end) + 1, self.echo.end) :]
        self._shown = (0, "")

    def echoed_again(self) -> bool:
        """Return whether the echo of the line came after the test too: the first one was not typed at a prompt."""
        if self.echo.end > self.tests[0]:
            return False  # it came late
        again = Echo(self.line.strip(), self.prompt, echoes=True)
        return again.search(self.data[self.tests[0] :]) and not block(
            rendered(self.data[self.tests[0] :][: again.start])
        )

    def brought(self) -> str:
        """Return what came after the last test, or the end of it."""
        return shown_end(self.data[self.tests[-1] :])

    def before(self) -> str:
        """Return the end of what had come before the last test."""
        return shown_end(self.data[: self.tests[-1]][-TAIL:])

    def test(self, *, complete: bool, changed: str = "") -> None:
        """Note that an empty line is sent now.

        :param complete: the data ends with the prompt.
        :param changed: the last line, if it can be a changed prompt.
        """
        if not self.tests:
            self.was_complete, self.changed = complete, changed
        self.tests.append(len(self.data))

    def had_prompt(self) -> bool:
        """Return whether a line ended with the prompt when it was tested first."""
        shown = rendered(self.data[: self.tests[0]][-4 * TAIL :])
        return self.was_complete or any(self.prompt.start(line) is not None for line in shown.split("\n"))

    def prompts(self) -> int:
        """Return how many prompts came after the first test. A device that brings two for a line counts as one."""
        copies = self.prompt.copies
        return (sum(map(self.prompt.count, self.after_tests().split("\n"))) + copies - 1) // copies

    def after_tests(self) -> str:
        """Return all that came after the first test."""
        return rendered(self.data[self.tests[0] :])

    def second_echo(self) -> int | None:
        """Return where a line begins, within the answer, that is the prompt and the command."""
        if not self.echo.found or not self.line.strip():
            return None
        for start in itertools.islice(self.prompt.line_starts(self.data, self.echo.end), MOST_QUOTED):
            echo = Echo(self.line.strip(), self.prompt, echoes=True)
            if echo.search_from(self.data, start) and echo.behind_prompt:
                return start + echo.start - 1
        return None

    def begins_with_echo(self) -> bool:
        """Return whether the line after the echo is the line that was sent, too."""
        end = self.data.find(b"\n", self.echo.end) + 1
        again = Echo(self.line.strip(), self.prompt, echoes=True)
        is_line = self.echo.found and self.echo.end < end <= self.echo.end + TAIL
        return is_line and again.search(self.data[self.echo.end : end])

    def repeats(self, lines: Iterable[str]) -> bool:
        """Return whether a line after the echo is the prompt and one of the lines that were sent."""
        wanted = [line.strip() for line in lines]
        for shown in rendered(self.data[self.echo.end :]).split("\n") if self.echo.found else ():
            shown = shown.strip()
            if any(shown.endswith(line) and self.prompt.is_alone(shown[: -len(line)]) for line in wanted):
                return True
        return False

    def paged_after_test(self) -> bool:
        """Return whether a pager's prompt came after the first test. The empty line can have been its key."""
        return any(pager_at_end(part) is not None for part in _between_moves(self.data[self.tests[0] :]))

    def is_cut_too_late(self, text: str) -> bool:
        """Return whether the text of the answer ends with a prompt, and the line end that was the key of a pager can
        have brought the one behind it."""
        return self.line_ended and self.prompt.start(text) is not None

    def shows_text_at_prompt(self) -> bool:
        """Return whether text came on the line of a prompt before the echo, so that this prompt was text too. A message
        begins on a line of its own."""
        if not self.echo.found or self.echo.interrupted:
            return False
        lines = rendered(self.data[: self.echo.start]).split("\n")
        for place, line in enumerate(lines):
            text = line.strip().removeprefix(self.prompt.line).strip()
            is_at_prompt = place == 0 or line.startswith(self.prompt.line)
            is_text = bool(text) and not is_idle(line, self.prompt) and not is_idle(text, self.prompt)
            if is_at_prompt and is_text and not self.line.strip().startswith(text):
                return True
        return False

    def is_begun_before(self) -> bool:
        """Return whether the last text before the echo is a prompt and the first part of the line. A message came then,
        and the device showed both again."""
        before = rendered(self.data[: self.echo.start]).split("\n")
        last = next((line.strip() for line in reversed(before) if not is_idle(line, self.prompt)), "")
        typed = last.removeprefix(self.prompt.line).strip()
        return last.startswith(self.prompt.line) and bool(typed) and self.line.strip().startswith(typed)

    def hides_prompt(self) -> bool:
        """Return whether other text was drawn over the prompt, as a device may draw a message."""
        for start in itertools.islice(self.prompt.line_starts(self.data, self.echo.end), MOST_QUOTED):
            line = self.data[start : self.data.find(b"\n", start)].rstrip(b"\r")
            if b"\r" in line and len(line) <= TAIL and not any(self.prompt.places(rendered(line))):
                return True
        return False

    def shows_prompt(self) -> bool:
        """Return whether the prompt is anywhere in it."""
        return any(True for _place in self.prompt.places(rendered(self.data)))

    def late(self, *, redraws: bool = True) -> bytes:
        """Return what came before the echo, if it is the rest of the previous answer; else nothing.

        :param redraws: the device may have shown its prompt again on its own. If it does not, even a line end is a part
            of the answer, and so is the prompt before it.
        """
        before = bytes(self.data[: self.echo.start])
        if not self.echo.found or not self.echo.behind_prompt or self.echo.interrupted:
            return b""
        if is_idle(clean(decode(before)), self.prompt) and (redraws or not self.is_redrawn()):
            return b""
        return before

    def is_redrawn(self) -> bool:
        """Return whether a new line with a prompt came before the echo, and nothing else."""
        shown = rendered(self.data[: self.echo.start])
        is_new = self.echo.found and self.echo.behind_prompt and "\n" in shown
        lines = [line for line in block(shown) if line not in self.prompt.context]
        return is_new and all(map(self.prompt.is_alone, lines))

    def ends_within_line(self) -> bool:
        """Return whether the prompt that ends the data has text before it on its line."""
        shown = self.shown()
        start = self.prompt.start(shown)
        return start is not None and bool(shown[shown.rfind("\n", 0, start) + 1 : start].strip())

    def is_shown_again(self) -> bool:
        """Return whether the prompt came on a new line before the echo."""
        is_new = self.echo.found and self.echo.behind_prompt and not self.echo.interrupted
        return is_new and "\n" in rendered(self.data[: self.echo.start])

    def follows_unknown_text(self) -> bool:
        """Return whether text came before the echo that is no known message, and no prompt after it.

        The end of the prompt's line is such a text. So is the prompt of a pager, although it is wiped: the pager took
        the first character of the command.
        """
        if not self.echo.found or self.echo.behind_prompt or self.echo.interrupted or not self.echo.start:
            return False
        text = rendered(self.data[: self.echo.start])
        if not is_idle(text, self.prompt) or (not text.strip() and "\n" in text):
            return True
        return self.has_pager_before_echo()

    def has_pager_before_echo(self) -> bool:
        """Return whether a pager's prompt came before the echo, so that it took characters of the line. A scrolled echo
        does not show that they are missing."""
        *before, _typed = _between_moves(self.data[: self.echo.end].rstrip())
        return any(pager_at_end(part) is not None for part in before)

    def is_only_prompts(self) -> bool:
        """Return whether nothing but prompts came, so that the device has not read the line."""
        return all(map(self.prompt.is_alone, block(rendered(self.data))))

    def goes_on(self) -> bool:
        """Return whether text and a prompt came after the echo of the line that ends the session."""
        lines = block(rendered(self.data[self.echo.end :])) if self.echo.found else ()
        return len(lines) > 1 and self.prompt.is_alone(lines[-1]) and not is_idle("\n".join(lines), self.prompt)


def _between_moves(data: bytes | bytearray) -> list[str]:
    """Return the parts of raw data between what moves the cursor: a pager's prompt is one, wiped or not."""
    return _MOVES.split(decode(bytes(data)))


def _blanks(line: str) -> int:
    return len(line) - len(line.rstrip(" "))


def _without_numbers(prompt: bytes | bytearray) -> bytes:
    return _NUMBER.sub(b"0", rendered(prompt).strip().encode("utf-8", "surrogateescape"))


def _ends_a_question(before: str, prompt: Prompt) -> bool:
    """Return whether the prompt only ends a question, as ``>`` ends ``Delete all >``. The end of a text without a line
    end can precede a prompt too, but it does not ask.

    :param before: what stands before the prompt on its line.
    """
    if not before.strip():
        return False
    if not prompt.has_name and before[-1].isspace():
        return True
    offers = prompt.line[-1] in ":?" and before[-1] in "])>"
    return (not prompt.has_name or offers or before[-1].isspace()) and asks_for(before)


def rendered(data: bytes | bytearray) -> str:
    """Return data as a terminal shows them."""
    return clean(decode(bytes(data)))


def shown_end(data: bytes | bytearray) -> str:
    """Return the end of the data as a terminal shows it."""
    return rendered(data[-TAIL:])


def is_counter(data: bytes | bytearray, start: int, page: int) -> bool:
    """Return whether data ends with a percentage alone on its line that counts how much of something is done. The
    prompt of a pager that looks the same follows a page.

    :param start: where the percentage begins.
    :param page: where the page can begin.
    """
    if _PERCENTAGE.fullmatch(rendered(data[start:])) is None:
        return False
    below = data[max(data.rfind(b"\n", 0, start) + 1, start - TAIL) : start]  # what it was drawn over
    return not _is_page(data, start, page) or bool(rendered(below).strip())


def _is_page(data: bytes | bytearray, start: int, page: int) -> bool:
    """Return whether the data from ``page`` to ``start`` can fill a terminal."""
    return data.count(b"\n", page, start) + max(start - page, 0) // _NARROWEST >= _SHORTEST_PAGE


def is_idle(shown: str, prompt: Prompt) -> bool:
    """Return whether there is nothing but prompts and messages that a device prints on its own."""
    lines = [line for line in shown.split("\n") if not prompt.is_alone(line) and not prompt.is_context(line)]
    return not block(without_chatter("\n".join(lines))[0])


# -- the whole answer --------------------------------------------------------------------------------------------------


def text_of(answer: Answer, *, complete: bool, secrets: Secrets | None = None) -> Work[str]:
    """Return the text of an answer without echo, prompt, pagers, and messages after the prompt.

    :param complete: the data ends with a prompt.
    :param secrets: these are masked where control characters divide them. The others are masked in the text.
    """
    data, start, stop = answer.data, answer.echo.end if answer.echo.found else 0, len(answer.data)
    if complete and answer.tests and not answer.resumed:
        stop = answer.tests[0]
    if complete and answer.prompt.raw and data.endswith(answer.prompt.raw, start, stop):
        data = data[: stop - len(answer.prompt.raw)] + answer.prompt.line.encode("utf-8", "surrogateescape")
        stop = len(data)
    if answer.pagers:
        answered = [(first - start, last - start) for first, last in answer.pagers if start <= first and last <= stop]
        untouched: list[int] | None = [] if complete else None  # otherwise, the answer would not be complete
        data = bytearray(without_pagers(data[start:stop], answered, sure=answer.paged_surely, untouched=untouched))
        start, stop = 0, len(data)
        yield
    if secrets is not None and DIVIDES.search(data, start, stop):
        masked = []
        for first, last in spans(data, start, stop):
            masked.append(divided_masked(bytes(data[first:last]), secrets))
            yield
        data = bytearray().join(masked)
        start, stop = 0, len(data)
    pieces = []
    for piece in cleaned_pieces(data, start, stop):
        pieces.append(piece)
        yield
    text = "".join(pieces)
    yield
    end = _end(text, answer) if complete else len(text)
    yield
    last = _last_character(text, end)
    newline = text.find("\n", last, end) if last else 0
    return text[_first_line(text, last) : end if newline < 0 else newline]


def _end(text: str, answer: Answer) -> int:
    """Return the end of the text without the prompt that ends it, and without what a device printed after it."""
    prompt = answer.last_prompt or answer.prompt
    end = _before_prompt(text, len(text), prompt)
    if end is None:  # a message came after the prompt
        found = _last_prompt(text, len(text), prompt) if answer.tests else None
        if found is None or not is_idle(text[found:].partition("\n")[2], prompt):
            return len(text)  # what comes after a prompt in it can be text
        return prompt.without_context(text, found)
    left = answer.more_prompts + (len(answer.tests) if answer.resumed else 0)  # each of them brought a prompt
    while left:
        start = _before_prompt(text, _last_character(text, end), prompt)
        if start is None:
            break
        end = start
        left -= 1
    return _before_messages(text, end, prompt, left)


def _before_prompt(text: str, end: int, prompt: Prompt) -> int | None:
    start = max(end - TAIL, 0)
    found = prompt.start(text[start:end])
    return None if found is None else prompt.without_context(text, start + found)


def _before_messages(text: str, end: int, prompt: Prompt, tests: int) -> int:
    """Remove messages at the end if the prompt is also above them: a device prints it again after a message.

    :param tests: how many prompts are there without a message.
    """
    place = end
    for _line in range(MOST_LINES):
        place = _last_character(text, place)
        start = text.rfind("\n", max(place - TAIL, 0), place) + 1
        if not start:
            break
        if prompt.is_alone(text[start:place]):
            if place == _last_character(text, end):
                tests -= 1
            if tests < 0 or not is_idle(text[place:end], prompt):
                break
            place = end = prompt.without_context(text, start)
        else:
            place = start - 1
    return end


def _last_prompt(text: str, end: int, prompt: Prompt) -> int | None:
    """Return where the last prompt at the end of a line begins, which is near the end."""
    place = end
    while place > max(end - 4 * TAIL, 0):
        start = text.rfind("\n", 0, place) + 1
        found = prompt.start(text[max(start, place - TAIL) : place])
        if found is not None:
            return max(start, place - TAIL) + found
        place = start - 1
    return None


def _first_line(text: str, end: int) -> int:
    """Return the start of the first line that is not blank."""
    start = 0
    while start < end:
        piece = text[start : start + PIECE]
        rest = piece.lstrip()
        if rest:
            return text.rfind("\n", 0, start + len(piece) - len(rest)) + 1
        start += PIECE
    return end


def _last_character(text: str, end: int) -> int:
    """Return the place after the last character that is not blank; 0 if there is none."""
    while end > 0:
        start = max(end - PIECE, 0)
        length = len(text[start:end].rstrip())
        if length:
            return start + length
        end = start
    return 0
