# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any answer, cut into any packets with any pauses, gives the same text: for any prompt, echo, delay and pager.

These tests run only if ROLLCALL_EXAMPLES is set, to the number of examples of each. A few in a thousand still fail, on
devices that hesitate within a prompt or do not echo. The examples differ from run to run, and an example that fails
is written into `.cache/hypothesis` and tried first the next time.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st
from hypothesis.database import DirectoryBasedExampleDatabase

from ansible_collections.rollcall.network.plugins.module_utils._drivers._reader.pagers import pager_at_end
from ansible_collections.rollcall.network.plugins.module_utils._drivers._reader.questions import question_at_end
from ansible_collections.rollcall.network.plugins.module_utils._terminal import clean, decode
from tests.unit.played import Played, Talk, play
from tests.unit.test_pagers import NOT_WIPED, PROMPTS, WIPES

EXAMPLES = int(os.environ.get("ROLLCALL_EXAMPLES", "0"))
pytestmark = pytest.mark.skipif(not EXAMPLES, reason="random devices are played only if ROLLCALL_EXAMPLES is set")
SETTINGS = settings(
    max_examples=EXAMPLES or 200,
    derandomize=not EXAMPLES,
    database=DirectoryBasedExampleDatabase(".cache/hypothesis") if EXAMPLES else None,
    deadline=None,
    phases=[Phase.reuse, Phase.generate, Phase.shrink] if EXAMPLES else [Phase.generate],
    suppress_health_check=list(HealthCheck),
)
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
    greeting: str = ""
    accepts: bool = True  # lines that set up the terminal
    crlf: bytes = b"\r\n"
    _cuts: Iterator[tuple[int, float]] = field(init=False)

    def __post_init__(self) -> None:
        self._cuts = itertools.cycle(self.cuts)

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
            if pause:
                yield min(pause, longest)
            place += size

    def line(self) -> Talk:
        """Return the next line that is typed, by way of ``self.typed``."""
        got = b""
        width = max(len(self.shown_prompt) + 20, 60)
        prompt = self.prompt.rsplit("\n", 1)[-1].encode()
        while True:
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
        self.typed = got.decode()

    def talk(self) -> Talk:
        texts = dict(zip(COMMANDS, self.answers, strict=False))
        yield from self.said(self.greeting.encode(), 0.09 if self.shown_prompt in self.greeting else 2.4)
        while True:
            yield from self.said(self.prompt.encode(), 0.09)
            yield from self.line()
            typed = self.typed.strip()
            if typed in ("exit", "quit", "logout"):
                return
            if typed in texts:
                yield from self.paged(texts[typed])
            elif typed and not self.accepts:
                yield from self.said(b"% Invalid input detected at '^' marker." + self.crlf)

    def paged(self, data: bytes) -> Talk:
        prompt, key = PROMPTS.get(self.pager, ("", ""))
        wipe = WIPES[self.wipe](len(clean(prompt).lstrip("\n"))).encode()
        lines = data.splitlines(keepends=True)
        for start in range(0, len(lines), self.page) if prompt and key != "q" else (0,):
            if start:
                yield prompt.encode()
                yield None
                yield wipe
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
        where no echo divides it from the next answer.
        """
        expected = self.expected(number)
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

names = st.text(st.characters(codec="utf-8", categories=("L", "N"), include_characters="-_.@:/+() ~*"), min_size=1)
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
    return question_at_end(shown) is None and pager_at_end(prompt) is None


prompts = st.one_of(st.sampled_from(KEPT_PROMPTS), made).filter(usable)
plain_lines = st.lists(WORDS, max_size=6).map(" ".join)


def is_reply(lines: list[str], place: int, prompt: str) -> bool:
    """Return whether a line and the one before end with the prompt. Nobody can tell that from an empty line typed."""
    before = next((line for line in reversed(lines[:place]) if line.strip()), "")
    return lines[place].rstrip().endswith(prompt) and before.rstrip().endswith(prompt)


@st.composite
def answers(draw: st.DrawFn, prompt: str, odd: st.SearchStrategy[str], kinds: int, *, redraws: bool) -> bytes:
    """Lines of text, with odd ones among them.

    :param kinds: of lines that quote the prompt.
    :param redraws: the device draws its line again for each key.
    """
    shown = clean(prompt).rsplit("\n", 1)[-1]
    quoted = st.sampled_from(
        [f"{shown} and more", f"{shown}show clock", shown, f"  {shown}", f"at {shown}"][: kinds or 1]
    )
    lines = draw(st.lists(st.one_of(plain_lines, plain_lines, odd, *([quoted] if kinds else [])), max_size=25))
    lines = [line for place, line in enumerate(lines) if not is_reply(lines, place, shown.strip())]
    end = draw(st.sampled_from(["\r\n", "\r\n", "\r\n", "\r\n\r\n", ""]))
    if lines and lines[-1].rstrip().endswith(shown.strip()):
        end = end or "\r\n"  # the same
    if prompt.startswith("\r") or redraws:
        end = end or "\r\n"  # the prompt wipes its line
    return ("\r\n".join(lines) + end).encode() if lines else b""


pauses = st.sampled_from(PAUSES)
cuts = st.lists(st.tuples(st.integers(1, 60), pauses), min_size=1, max_size=12).map(tuple)
delays = st.sampled_from([0.0, 0.0, 0.01, 0.1, 0.25, 0.7, 1.5, 3.0])
echoes = st.sampled_from(["plain", "plain", "redraw", "wrap", "scroll", "none"])
quoted_pagers = st.sampled_from([clean(prompt).strip() for prompt, _key in PROMPTS.values()])
odd = st.one_of(
    st.sampled_from([*QUESTIONS, *LOGS]),
    st.sampled_from(["sw1#", "admin@x>", "login:", "", "   ", "^", "-----", *COMMANDS]),
)


@st.composite
def scenes(draw: st.DrawFn, *, plain: bool = False) -> Scene:
    """Return a device.

    :param plain: its answers hold no line that something else could be taken for, and it echoes what is typed.
    """
    prompt = draw(prompts)
    echo = draw(echoes.filter(lambda each: each != "none") if plain else echoes)
    if echo == "redraw" and len(prompt) > 100:
        echo = "plain"  # the echo would be longer than what is searched
    pager = draw(st.sampled_from(["", "", *PROMPTS]))
    # Nobody can tell text that is the prompt of a pager, and a pause behind it, from a pager.
    pagers = draw(st.booleans()) and not (pager or plain)
    odd_lines = plain_lines if plain else odd
    if pagers:
        odd_lines = st.one_of(odd, quoted_pagers, quoted_pagers.map(lambda each: f"see {each} there"))
    # Nobody can tell a line that ends with the prompt, and a pause, from the end of an answer without an echo. And an
    # empty line that is sent to prove the end can be taken for the key of a pager.
    kinds = 0 if pager or plain else 1 if echo == "none" else 5
    longest = 0.09 if pagers else 10.0
    count = draw(st.integers(1, 3))
    return Scene(
        prompt=prompt,
        echo=echo,
        answers=tuple(draw(answers(prompt, odd_lines, kinds, redraws=echo == "redraw")) for _ in range(count)),
        pager=pager,
        wipe=draw(st.sampled_from([name for name in WIPES if name not in NOT_WIPED])),
        page=draw(st.integers(2, 8)),
        delay=draw(delays),
        cuts=tuple((size, min(pause, longest, size / 8)) for size, pause in draw(cuts)),
        greeting=draw(st.sampled_from(["", "Welcome\r\n", f"{clean(prompt)}\r\nLast login: yesterday\r\n"])),
        accepts=draw(st.booleans()),
    )


@SETTINGS
@given(scenes())
def test_an_answer_is_whole_or_it_is_not_ok(scene: Scene) -> None:
    """Whatever a device says: texts with its own prompt, commands, questions and prompts of pagers in them."""
    played = scene.played()
    assert played.outputs or played.error is not None
    for number, (command, output) in enumerate(played.outputs.items()):
        event(output.error.kind if output.error else output.status)
        if output.status == "ok":
            assert scene.same(output.text, number), (command, scene)


@SETTINGS
@given(scenes(plain=True))
def test_a_plain_answer_is_ok(scene: Scene) -> None:
    played = scene.played()
    assert played.error is None, scene
    for number, command in enumerate(played.outputs):
        assert scene.same(played.texts[command], number), (command, scene)
