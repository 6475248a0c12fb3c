# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random devices for `tests.unit.played`: their prompts, echoes, pagers and answers, and how what they say arrives."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

from hypothesis import strategies as st

from ansible_collections.rollcall.network.plugins.module_utils._drivers._reader.changed import may_be_prompt, names_of
from ansible_collections.rollcall.network.plugins.module_utils._drivers._reader.pagers import pager_at_end
from ansible_collections.rollcall.network.plugins.module_utils._drivers._reader.questions import (
    may_be_input,
    question_at_end,
)
from ansible_collections.rollcall.network.plugins.module_utils._terminal import clean, decode
from tests.unit.played import Played, Talk, play
from tests.unit.test_pagers import NOT_WIPED, PROMPTS, WIPES

COMMANDS = ("show version", "show running-config", "show log | include " + "-".join(f"word{n}" for n in range(12)))
KEPT_PROMPTS = (
    "R1#",
    "R1>",
    "Router:",
    "OS10# ",
    "firewall01.example.net # ",
    "HRP_M<Core SW+1>",
    "[admin@Büro (HQ)] > ",
    "\r\n{master:0}\r\nroot@ex> ",
    '\r\n!*[/show router "Base"]\r\nA:admin@node.2# ',
    "\r\n--{ + running }--[  ]--\r\nA:srl# ",
    "fw/ctx_one/pri/act# ",
    "FGT (global) # ",
    f"{'r' * 200}#",
    "\x1b[1m\x1b[32mcolour\x1b[0m$ ",
    "\r\x1b[K\x1b[9999B[admin@core] <SAFE> \x1b[c",
    "RP/0/RSP0/CPU0:xr.1#",
    "ops@host:~$ ",
    "\x1b]0;title\x07root@box:/var # ",
    "%",
    "a?",
    "-> ",
    "(sw) >",
    "x::%",
    "*A:sr-1>config# ",
)
WORDS = st.sampled_from(
    [
        "interface",
        "up",
        "10.0.0.1/24",
        "Gi0/1",
        "-",
        "Ä",
        "漢字",
        "name:",
        "100 %",
        "#",
        ">",
        "[x]",
        "a\tb",
        "\x1b[31mred\x1b[0m",
        "xy\bz",
        "'",
    ]
)
BEHIND_A_PAGER = 0.09  # nobody can tell text that is the prompt of a pager, and a longer pause behind it, from a pager
PAUSES = (0.0, 0.0, 0.0, 0.02, 0.09, 0.15, 0.3, 0.6, 1.1, 2.4, 8.0)
QUESTIONS = ("Proceed with reload? [confirm]", "Password:", "Overwrite? [y/n]", "Continue? ")
LOGS = ("Nov 26 15:26:01.124: %SYS-5-CONFIG_I: Configured from console by ops", "*** System shutdown soon ***")


@dataclass
class Scene:
    """A device, and how what it says arrives."""

    prompt: str
    echo: str
    answers: tuple[bytes, ...]
    pager: str = ""
    wipe: str = "erase"
    page: int = 5
    delay: float = 0.0
    cuts: tuple[tuple[int, float], ...] = ((10_000, 0.0),)  # sizes of the packets, and the pauses after them
    hesitates: float = 0.09  # longest pause within a prompt
    greeting: str = ""
    accepts: bool = True  # lines that set up the terminal
    message: str = ""  # that it prints on its own, once
    after: tuple[int, int] = (0, 0)  # so many lines, and keys of the next one
    again: bool = False  # it draws its line again after a message
    crlf: bytes = b"\r\n"
    _cuts: Iterator[tuple[int, float]] = field(init=False)

    def __post_init__(self) -> None:
        shorter = [(4 * size, min(pause, size / 2, 1.1)) for size, pause in self.cuts]
        self.lines = 0  # typed so far
        self.end = b""  # of what was said since a line end or a key was typed
        self._cuts = itertools.chain(self.cuts, itertools.cycle(shorter))

    @property
    def shown_prompt(self) -> str:
        return clean(self.prompt).rsplit("\n", 1)[-1].strip()

    def said(self, data: bytes, longest: float = 10.0) -> Talk:
        """Send data in packets.

        :param longest: of the pauses between them.
        """
        place = 0
        while place < len(data):
            size, pause = next(self._cuts)
            yield data[place : place + size]
            self.end = (self.end + data[place : place + size])[-512:]
            place += size
            if pause > BEHIND_A_PAGER and pager_at_end(decode(self.end)) is not None:
                pause = BEHIND_A_PAGER
            if pause:
                yield min(pause, longest)

    def line(self) -> Talk:
        """Return the next line that is typed, by way of ``self.typed``."""
        got = b""
        width = max(len(self.shown_prompt) + 20, 60)
        prompt = self.prompt.rsplit("\n", 1)[-1].encode()
        while True:
            if self.message and (self.lines, len(got)) == self.after:
                yield self.crlf + self.message.encode() + self.crlf
                yield self.prompt.encode() + got if self.again else b""
            key = yield None
            if key in (b"\r", b"\n"):
                break
            got += key
            column = len(self.shown_prompt) + 1 + len(got)
            if self.echo == "plain":
                yield key
            elif self.echo == "redraw":
                yield b"\r" + prompt + b"\x1b[m\x1b[36m" + got + b"\x1b[m\x1b[K"
            elif self.echo == "wrap":
                yield key + (b" \r" if column % width == 0 else b"")
            elif self.echo == "scroll":
                yield key if column < width else b"\r" + prompt + b"$" + got[-15:] + b"\x1b[K"
        if self.echo != "none":
            yield self.crlf
        self.lines += 1
        self.end = b""
        self.typed = got.decode()

    def talk(self) -> Talk:
        texts = dict(zip(COMMANDS, self.answers, strict=False))
        yield from self.said(self.greeting.encode())
        while True:
            yield from self.said(self.prompt.encode(), self.hesitates)
            yield from self.line()
            typed = self.typed.strip()
            if typed in ("exit", "quit", "logout"):
                return
            if typed in texts:
                yield from self.paged(texts[typed])
            elif typed and not self.accepts:
                # Behind a prompt that is "%" alone, "% Invalid" begins like the next one.
                mark = b"" if self.shown_prompt == "%" else b"% "
                yield from self.said(mark + b"Invalid input detected at '^' marker." + self.crlf)

    def paged(self, data: bytes) -> Talk:
        prompt, key = PROMPTS.get(self.pager, ("", ""))
        wipe = WIPES[self.wipe](len(clean(prompt).lstrip("\n"))).encode()
        lines = data.splitlines(keepends=True)
        for start in range(0, len(lines), self.page) if prompt and key != "q" else (0,):
            if start:
                yield prompt.encode()
                yield None
                yield wipe
                self.end = b""
            yield from self.said(b"".join(lines[start : start + self.page] if prompt and key != "q" else lines))
        if prompt and key == "q" and data.endswith(b"\n"):
            yield prompt.encode()
            while (yield None) != b"q":
                pass
            yield wipe

    def expected(self, number: int) -> str:
        """Return an answer as a terminal shows it, without blank lines around it."""
        lines = clean(decode(self.answers[number])).split("\n")
        while lines and not lines[0].strip():
            del lines[0]
        while lines and not lines[-1].strip():
            del lines[-1]
        return "\n".join(lines)

    def same(self, text: str, number: int) -> bool:
        """Return whether a text is the answer.

        What wipes a pager can also wipe blanks at the end of a line. The blank that ends a prompt can come after it,
        where no echo divides it from the next answer. A message after the echo can be the first line of the answer.
        """
        expected = self.expected(number)
        messages = text.count(self.message) - expected.count(self.message) if self.message else 0
        if messages > 0 and text.startswith(f"{self.message}\n"):
            text = text.removeprefix(self.message).lstrip("\n")
            expected = expected.lstrip("\n")
        if self.echo == "none":
            text, expected = text.lstrip(), expected.lstrip()
        if text != expected:
            text, expected = self.without_end(text), self.without_end(expected)
        if self.pager:
            return [line.rstrip() for line in text.split("\n")] == [line.rstrip() for line in expected.split("\n")]
        return text == expected

    def without_end(self, text: str) -> str:
        """Return a text without prompts and messages at its end. They can be those of the device.

        Where the device echoes nothing, a quoted prompt at the end of the last line can be too.
        """
        lines = text.rstrip().removesuffix(self.shown_prompt if self.echo == "none" else "").split("\n")
        front = ("", *(line.strip() for line in clean(self.prompt).split("\n")), *LOGS)
        while lines and lines[-1].strip() in front:
            del lines[-1]
        return "\n".join(lines).rstrip()

    def played(self) -> Played:
        settings = {"command_timeout": 900.0, "delay": self.delay}
        return play(self.talk(), COMMANDS[: len(self.answers)], **settings)  # type: ignore[arg-type]


# -- what there is -----------------------------------------------------------------------------------------------------

names = st.text(
    st.characters(codec="utf-8", categories=("L", "N"), include_characters="-_.@:/+() ~*"), min_size=1, max_size=40
)
made = st.builds(
    lambda front, name, end, blank: f"{front}{name.strip()}{end}{blank}",
    st.sampled_from(["", "", "<", "[", "(", "*", "!"]),
    names.filter(lambda name: len(name.strip()) > 0),
    st.sampled_from(["#", ">", "$", "%", ":", "]", ")", "?"]),
    st.sampled_from(["", " "]),
)


def usable(prompt: str) -> bool:
    """A line that every reader must take for a question or for a pager is no prompt."""
    shown = clean(prompt).rsplit("\n", 1)[-1]
    is_question = question_at_end(shown) is not None or may_be_input(shown)
    return not is_question and pager_at_end(prompt) is None


any_prompts = st.one_of(st.sampled_from(KEPT_PROMPTS), made)
prompts = any_prompts.filter(usable)
plain_lines = st.lists(WORDS, max_size=4).map(" ".join)


def is_reply(lines: list[str], place: int, shown: str) -> bool:
    """Return whether a line ends with the prompt, and the next one or the end of the text does too.

    If the device pauses between them, nobody can tell the second one from what an empty line brings.
    """
    after = next((line for line in lines[place + 1 :] if line.strip()), shown)
    return lines[place].rstrip().endswith(shown) and after.rstrip().endswith(shown)


@st.composite
def answers(draw: st.DrawFn, prompt: str, odd: st.SearchStrategy[str], *, quotes: bool) -> bytes:
    """Lines of text, with odd ones among them.

    :param quotes: some quote the prompt.
    """
    shown = clean(prompt).rsplit("\n", 1)[-1]
    quoted = st.sampled_from([f"{shown} and more", f"{shown}show clock", shown, f"  {shown}", f"at {shown}"])
    plain = plain_lines if quotes else odd
    lines = draw(st.lists(st.one_of(plain, plain, odd, *([quoted] if quotes else [])), max_size=12))
    lines = [line for place, line in enumerate(lines) if not is_reply(lines, place, shown.strip())]
    end = draw(st.sampled_from(["\r\n", "\r\n", "\r\n", "\r\n\r\n", ""]))
    if prompt.startswith("\r"):
        end = end or "\r\n"  # the prompt wipes its line
    return ("\r\n".join(lines) + end).encode() if lines else b""


pauses = st.sampled_from(PAUSES)
cuts = st.lists(st.tuples(st.sampled_from((1, 1, 2, 5, 9, 23, 60, 200)), pauses), min_size=1, max_size=8).map(tuple)
delays = st.sampled_from([0.0, 0.0, 0.01, 0.1, 0.25, 0.7, 1.5, 3.0])
echoes = st.sampled_from(["plain", "plain", "redraw", "wrap", "scroll", "none"])
pagers = st.sampled_from(["", "", "", *PROMPTS])
quoted_pagers = st.sampled_from([clean(prompt).strip() for prompt, _key in PROMPTS.values()])
odd = st.one_of(
    st.sampled_from([*QUESTIONS, *LOGS]),
    st.sampled_from(["sw1#", "admin@x>", "login:", "", "   ", "^", "-----", *COMMANDS]),
    quoted_pagers,
    quoted_pagers.map(lambda each: f"see {each} there"),
)


def pages(pager: str) -> st.SearchStrategy[int]:
    """Return how many lines a page has. Below fewer lines, a percentage is taken for a counter, and a key that
    continues for a question."""
    found = pager_at_end(PROMPTS[pager][0]) if pager else None
    is_long = found is not None and (found.continues or pager == "less, percent")
    return st.integers(10, 11) if is_long else st.integers(2, 8)


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """Return any device."""
    prompt = draw(any_prompts)
    echo = draw(echoes)
    pager = draw(pagers)
    message = draw(st.sampled_from(["", "", "", *LOGS])) if echo != "none" else ""
    return Scene(
        prompt=prompt,
        echo=echo,
        answers=tuple(draw(st.lists(answers(prompt, odd, quotes=True), min_size=1, max_size=3))),
        pager=pager,
        wipe=draw(st.sampled_from([name for name in WIPES if name not in NOT_WIPED])),
        page=draw(pages(pager)),
        delay=draw(delays),
        cuts=draw(cuts),
        hesitates=draw(st.sampled_from([0.09, 0.09, 0.6, 2.4, 8.0])),
        greeting=draw(st.sampled_from(["", "Welcome\r\n", f"{clean(prompt)}\r\nLast login: yesterday\r\n"])),
        accepts=draw(st.booleans()),
        message=message,
        after=draw(st.tuples(st.integers(2, 6), st.integers(0, 12))) if message else (0, 0),
        again=draw(st.booleans()),
    )


@st.composite
def plain_scenes(draw: st.DrawFn) -> Scene:
    """Return a device that echoes, whose answers hold no line that something else could be taken for."""
    prompt = draw(prompts)
    shown = clean(prompt).rsplit("\n", 1)[-1]
    names = names_of(shown)
    # "[x]" is a line of text, and may be the prompt of a device called x in another mode.
    lines = plain_lines.filter(
        lambda line: not any(may_be_prompt(word, shown, names) for word in (line, *line.split()))
    )
    echo = draw(echoes.filter(lambda each: each != "none"))
    pager = draw(pagers)
    if echo == "redraw" and len(prompt) > 100:
        echo = "plain"  # the echo would be longer than what is searched
    if pager == "less, percent" and shown.strip() == "%":
        pager = ""  # the prompt behind a number is that of the pager
    return Scene(
        prompt=prompt,
        echo=echo,
        answers=tuple(draw(st.lists(answers(prompt, lines, quotes=False), min_size=1, max_size=3))),
        pager=pager,
        wipe=draw(st.sampled_from([name for name in WIPES if name not in NOT_WIPED])),
        page=draw(pages(pager)),
        delay=draw(delays),
        cuts=draw(cuts),
        hesitates=min(0.09, 9 / len(prompt)),  # between two characters
        greeting=draw(st.sampled_from(["", "Welcome\r\n"])),
        accepts=draw(st.booleans()),
    )
