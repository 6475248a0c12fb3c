# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A text quotes the prompt of a pager, and the device pauses there, so that the reader answers it.

The device does not wipe it. Its key is in the line of the device then, and shows that it was text.
"""

from __future__ import annotations

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._drivers._reader import pagers
from ansible_collections.rollcall.network.plugins.module_utils._terminal import clean
from tests.unit.played import Answer, Talk, device, play
from tests.unit.test_pagers import PROMPTS

COMMANDS = ["show version", "show clock"]
QUOTES = {name: clean(prompt).strip() for name, (prompt, _key) in PROMPTS.items()}


def paged(parts: list[bytes], behind: bytes, prompt: bytes = b" --More-- ") -> Talk:
    """Send pages. The device reads a key after each, and then sends the same bytes."""
    for number, part in enumerate(parts):
        if number:
            yield prompt
            yield None
            yield behind
        yield part


def quotes(name: str, pause: float, rest: bytes, prompt: bytes) -> None:
    def text() -> Talk:
        yield b"a\r\nb\r\n" + QUOTES[name].encode()
        yield pause
        yield rest

    played = play(device(prompt, {"show version": text, "show clock": b"12:00\r\n"}), COMMANDS)
    assert played.kinds() == {"show version": "ok", "show clock": "ok"}
    assert played.texts["show version"] == f"a\nb\n{QUOTES[name]}{clean(rest.decode()).rstrip()}"
    assert played.texts["show clock"] == "12:00"


@pytest.mark.parametrize("rest", [b"\r\nc\r\nd\r\n", b"\r\n"], ids=["in the middle", "at the end"])
@pytest.mark.parametrize("name", QUOTES)
def test_a_quoted_pager_before_a_pause_stays_in_the_text(name: str, rest: bytes) -> None:
    quotes(name, 1.5, rest, b"R1> ")


@pytest.mark.parametrize("prompt", [b"R1#", b"\r\x1b[K[admin@r1] > "])
@pytest.mark.parametrize("pause", [0.3, 5.0])
@pytest.mark.parametrize("name", ["ios", "less, percent", "less, lines", "less, end"])
def test_a_quoted_pager_before_other_pauses_and_prompts(name: str, pause: float, prompt: bytes) -> None:
    quotes(name, pause, b" of it\r\nc\r\n", prompt)


@pytest.mark.parametrize("behind", [b"", b"\r\n", b"\r\r\n"], ids=["the text", "a line end", "two returns"])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_pager_that_is_never_wiped_is_removed(count: int, behind: bytes) -> None:
    pages = [b"".join(b"line %d of %d\r\n" % (line, page) for line in range(3)) for page in range(count + 1)]
    talk = device(b"R1> ", {"show version": lambda: paged(pages, behind), "show clock": b"12:00\r\n"})
    played = play(talk, COMMANDS)
    assert played.kinds() == {"show version": "ok", "show clock": "ok"}
    assert played.texts["show version"] == clean(b"".join(pages).decode()).rstrip()


def test_a_quoted_pager_between_those_of_a_device_that_wipes_them() -> None:
    def text() -> Talk:
        yield from paged([b"a\r\n", b"b\r\n --More-- "], b"\r\x1b[K")
        yield 3.0
        yield b"\r\nc\r\n"
        yield from paged([b"d\r\n", b"e\r\n"], b"\r\x1b[K")

    played = play(device(b"R1> ", {"show version": text, "show clock": b"12:00\r\n"}), COMMANDS)
    assert played.kinds()["show version"] in ("ok", "desynchronised")
    assert played.kinds()["show version"] != "ok" or played.texts["show version"] == "a\nb\n --More-- \nc\nd\ne"


QUESTIONS_OF_A_KEY = (
    "Press Enter to continue",
    "Press <Enter> to continue...",
    "press any key to continue",
    "Press any key to continue (Q to quit)",
    "-- More --",
    "--More--",
)


@pytest.mark.parametrize("echo", [True, False], ids=["echo", "no echo"])
@pytest.mark.parametrize("rest", [b"\r\nc\r\n", b" of it\r\nc\r\n", b"\r\n", b""])
@pytest.mark.parametrize("pause", [0.0, 1.5, 3.0])
@pytest.mark.parametrize("quote", QUESTIONS_OF_A_KEY)
def test_a_quoted_question_for_a_key_is_text(quote: str, pause: float, rest: bytes, echo: bool) -> None:
    def text() -> Talk:
        yield b"a\r\n" + quote.encode()
        yield pause
        yield rest

    played = play(device(b"R1#", {"show version": text, "show clock": b"12:00\r\n"}, echo=echo), COMMANDS)
    assert played.kinds() == {"show version": "ok", "show clock": "ok"}
    assert played.texts["show version"].rstrip() == f"a\n{quote}{clean(rest.decode())}".rstrip()
    assert played.texts["show clock"].strip() == "12:00"


@pytest.mark.parametrize("behind", [b"", b"\r\n", b"\r\x1b[K"], ids=["the text", "a line end", "wiped"])
@pytest.mark.parametrize("prompt", [b" --More-- ", b"Press any key to continue", b"Press Enter to continue"])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_pager_of_a_device_that_echoes_nothing_is_removed(count: int, prompt: bytes, behind: bytes) -> None:
    """A line end as the first key brings another prompt at the end only if there was no pager."""
    lines = 3 if b"More" in prompt else 10
    pages = [b"".join(b"line %d of %d\r\n" % (line, page) for line in range(lines)) for page in range(count + 1)]
    answers: dict[str, Answer] = {"show version": lambda: paged(pages, behind, prompt), "show clock": b"12:00\r\n"}
    played = play(device(b"R1> ", answers, echo=False), COMMANDS)
    assert played.kinds() == {"show version": "ok", "show clock": "ok"}
    assert played.texts["show version"].rstrip() == clean(b"".join(pages).decode()).rstrip()
    assert played.texts["show clock"].strip() == "12:00"


def test_a_quoted_pager_that_the_device_draws_over_is_not_lost() -> None:
    """The prompt stands behind the text, and the device draws it again for each key."""

    def talk() -> Talk:
        while True:
            yield b"<U%"
            got = b""
            while (key := (yield None)) not in (b"\r", b"\n"):
                got += key
                yield b"\r<U%\x1b[m" + got + b"\x1b[m\x1b[K"
            yield b"\r\n"
            if got.strip() == b"show version":
                yield b"a\r\n--More-- (q = quit)"
                yield 0.05
            elif got.strip() == b"exit":
                return

    played = play(talk(), ["show version"], "cisco_iosxe")
    assert played.kinds()["show version"] in ("ok", "desynchronised")
    assert played.kinds()["show version"] != "ok" or played.texts["show version"] == "a\n--More-- (q = quit)"


def test_a_pager_that_ignores_a_line_end_gets_its_key() -> None:
    def text() -> Talk:
        yield b"a\r\n" * 10 + b" -- Press <SPACE> to continue -- "
        while (yield None) != b" ":
            pass
        yield b"\r\x1b[Kb\r\n"

    played = play(device(b"R1> ", {"show version": text, "show clock": b"12:00\r\n"}, echo=False), COMMANDS)
    assert played.kinds() == {"show version": "ok", "show clock": "ok"}
    assert played.texts["show version"].strip() == "a\n" * 10 + "b"


@pytest.mark.parametrize(
    "question",
    [
        "Press any key to continue",
        "Press ENTER to proceed, CTRL-C to abort",
        "Press <Enter> to proceed or Ctrl+C to cancel",
        "*** Press any key ***",
        "Enter to continue, q to quit: ",
        "Synchronize the other unit: <ENTER> to continue, <Q> to quit",
        "Press any key to continue (Q to quit)",
    ],
)
@pytest.mark.parametrize(
    "announced", ["Ready for disk flash:", "The image is written.", "Caution: this affects traffic", ""]
)
def test_a_key_is_only_sent_below_a_page(announced: str, question: str) -> None:
    """Above that, it can be about what the command begins. Whatever it says, nothing is sent."""
    typed = []

    def asks() -> Talk:
        yield f"{announced}\r\n{question}".encode()
        typed.append((yield None))

    played = play(device(b"R1> ", {"show version": asks, "show clock": b"12:00\r\n"}), COMMANDS)
    assert played.kinds() == {"show version": "question", "show clock": "not_asked"}
    assert not typed


def test_whether_a_prompt_is_wiped_is_found_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    is_touched = pagers._is_touched

    def counted(data: bytes | bytearray, place: int, stop: int, width: int) -> bool:
        looked.append(place)
        return is_touched(data, place, stop, width)

    monkeypatch.setattr(pagers, "_is_touched", counted)
    pages = [b"line\r\n" * 3 for _page in range(20)]
    talk = device(b"R1> ", {"show version": lambda: paged(pages, b""), "show clock": b"12:00\r\n"})
    played = play(talk, COMMANDS)
    assert played.texts["show version"] == clean(b"".join(pages).decode()).rstrip()
    last = max(looked)  # what wipes the last one can come until the answer ends
    assert sorted(set(looked)) == [*sorted(place for place in looked if place != last), last]
