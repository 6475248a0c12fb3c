# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The work on a device's text grows as the text does: four times the text takes about four times the CPU time.

Quadratic work would take sixteen times. CPU time of the thread is compared, the best of several attempts, and only
where it is long enough to be measured.
"""

from __future__ import annotations

import gc
import importlib
import inspect
import itertools
import json
import random
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType, ModuleType

import pytest

from ansible_collections.rollcall.network.plugins.module_utils import (
    _changes,
    _chatter,
    _parsing,
    _pieces,
    _shrunken,
    _terminal,
    _volatile,
)
from ansible_collections.rollcall.network.plugins.module_utils._changes import Changes
from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device, Reply
from ansible_collections.rollcall.network.plugins.module_utils._drivers import device_name
from ansible_collections.rollcall.network.plugins.module_utils._drivers import text as driver_text
from ansible_collections.rollcall.network.plugins.module_utils._drivers._reader import answer as reader_answer
from ansible_collections.rollcall.network.plugins.module_utils._drivers._reader import changed as reader_changed
from ansible_collections.rollcall.network.plugins.module_utils._drivers._reader import echo as reader_echo
from ansible_collections.rollcall.network.plugins.module_utils._drivers._reader import pagers
from ansible_collections.rollcall.network.plugins.module_utils._drivers._reader import prompt as reader_prompt
from ansible_collections.rollcall.network.plugins.module_utils._drivers._reader import questions as asked
from ansible_collections.rollcall.network.plugins.module_utils._drivers._reader import rejections as reader_rejections
from ansible_collections.rollcall.network.plugins.module_utils._model import (
    masking,
    redaction,
    redaction_commands,
    redaction_difference,
    redaction_names,
    redaction_rules,
    redaction_search,
    redaction_transcript,
    secret_bytes,
    secret_screen,
    secrets,
    visible,
)
from ansible_collections.rollcall.network.plugins.module_utils._parsing import (
    command,
    damaged,
    json_text,
    left_over,
    logs,
    misread,
    nothing,
    parsed,
    rows,
    serials,
    shapes,
    textfsm_rows,
)
from ansible_collections.rollcall.network.plugins.module_utils._parsing import (
    templates as parsing_templates,
)
from ansible_collections.rollcall.network.plugins.module_utils._pieces import PIECE, finish, spans
from ansible_collections.rollcall.network.plugins.module_utils._platforms import (
    LINEAR,
    LONGEST_PROMPT,
    candidates,
    description,
    hint,
    hint_with_answers,
    load_platform,
    loading,
    model,
    platform_hint,
    scrapli,
)
from ansible_collections.rollcall.network.plugins.module_utils._platforms import names as platform_names
from ansible_collections.rollcall.network.plugins.module_utils._result import DeviceError, Output
from ansible_collections.rollcall.network.plugins.module_utils._transport import transcript
from tests.integration.pumps import Pump, pumps
from tests.unit.more_shown_secrets import MORE, cases
from tests.unit.shown_secrets import HARMLESS, SHOWN, plain
from tests.unit.test_platforms import ALL as PLATFORMS
from tests.unit.test_platforms import shipped

MODULES: list[ModuleType] = [_changes, _chatter, _pieces, _terminal, _volatile]
MODULES += [description, hint, loading, model, platform_names, scrapli]
MODULES += [driver_text, pagers, asked, reader_answer, reader_changed, reader_echo, reader_prompt]
MODULES += [reader_rejections, masking, secret_bytes, secret_screen, secrets, transcript, visible]
MODULES += [redaction, redaction_commands, redaction_difference, redaction_names, redaction_rules, redaction_search]
MODULES += [redaction_transcript]
MODULES += [
    command,
    damaged,
    shapes,
    json_text,
    left_over,
    logs,
    misread,
    nothing,
    parsed,
    rows,
    parsing_templates,
    serials,
    textfsm_rows,
]
MODULES += [_shrunken, device_name]

SIZE = 8_000  # characters, and four times as many: less than LONGEST_LINE, so that patterns see all of them
SHORT = 0.006  # seconds; quadratic work on four times SIZE takes longer
MOST = 8.0  # times as long for four times the text
ATTEMPTS = 6
PATIENCE = 10.0  # seconds of CPU time in which further attempts are made; on a busy machine, single ones are longer

KEY = "\n".join(["-----BEGIN KEY-----", *(letter * 20 + "Zz+/" * 10 for letter in "ABCD"), "-----END KEY-----"])
SECRETS = secrets.Secrets(["Tr0ub4dor&3", "aaaaaaaaaaab", "x y z secret", "cisco", KEY])
COMMAND = "show version"


# -- texts -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Text:
    """An adversarial text of any length: the units repeated between a start and an end."""

    unit: str
    start: str = ""
    end: str = ""
    halves: bool = False  # the start takes half of the text

    def of(self, size: int) -> str:
        start = self.start * (size // 2 // len(self.start)) if self.halves else self.start
        room = max(size - len(start) - len(self.end), 1)
        return start + (self.unit * (room // len(self.unit) + 1))[:room] + self.end


UNITS = [
    *("1", " ", "a", "#", "%", "[", "{", "(", '"', "-", ":", "\n", "\r", "\x08", "\x1b", "\t", "\0", "\x85", "\x9b"),
    *("\N{ARABIC-INDIC DIGIT THREE}", "\udcff", "\N{GRINNING FACE}", "\xa0", "\u2028"),
    *(
        "a@b:",
        "\r\n",
        "a\x08",
        "\x1b[2Ky",
        "\x1b[",
        "\x1b]",
        "\x1b]0;a",
        "\x1b[1K\x1b[200C\r",
        "\x1b[9;9Hx",
        "ab\r\n\x1b[2Ax\x1b[J\x1b[P",
        "\x1b7\r\nx\x1b8\x1b[3@",
        "\r\x1b[Kx",
    ),
    *(
        "x\n",
        " \r\n",
        "R1#\r\n",
        "R1# ",
        "--More--\n",
        "<--- More --->\r\n",
        "% \n",
        "% Invalid input\n",
        "show version",
    ),
    *("[edit]\n", "{master}\n", "[edit]\n{", "Jan 1 ", "Jan 1 10:00:00 ", "a:", "%a-1-", "1: ", "<1>"),
    *("login: ", "login ", "password:", "1d ", "1 day, ", "1:11 ", "1.", "up for ", "Uptime for ", "uptime", '"uptime'),
    *('"uptime": "', "via 1, ", "1 4 ", '"a":1,', '{"a":', '{"a":1,"a":', "1,", "[1,", "\\", '"\\u'),
    *(
        "Tr0ub4dor&",
        "Tr0ub4dor&3",
        "Tr0ub4\ndor&3\n",
        "T\nr\n0\nu\nb\n4\n",
        "aaaaaaaaaaa",
        "a\n",
        "A",
        "cisco ",
        "cisco \n",
    ),
]
TEXTS = [
    *(Text(unit) for unit in UNITS),
    *(Text(unit, end="\n\0!") for unit in UNITS),
    Text("\x1b[2Ky", start="x", halves=True),
    Text("\x1b[2K\x1b[Cy", start="x", halves=True),
    Text("\x08\x1b[K", start="x", halves=True),
    Text("\r\x1b[K", start="x", halves=True),
    Text("1", start="1year"),
    Text(" ", start=" Bit errors 1", end="!"),
    Text(" ", start="Uptime for ", end="!"),
    Text("]", start="[", halves=True),
    Text("1", start="[", end="]"),
    Text("1", start="[0.", end="]"),
    Text('"name":1,', start='{"other":0,', end='"x":1}'),
    Text('"username a password 7 b\\\\n c",', start="[", end='"x"]'),
    Text("a@b:", end="#"),
    Text("show version\x08", start="R1#"),
]


def counted(size: int) -> str:
    """Lines that are all different."""
    return "".join(f"row {number}\n" for number in itertools.islice(itertools.count(), max(size // 10, 1)))[:size]


def names(size: int) -> str:
    """A document with many names that are each there twice."""
    pairs = ",".join(f'"n{number}":1,"n{number}":2' for number in range(max(size // 22, 1)))
    return f"{{{pairs}}}"


MAKERS: list[tuple[str, Callable[[int], str]]] = [(repr(text), text.of) for text in TEXTS]
MAKERS += [("counted lines", counted), ("repeated names", names)]


# -- time --------------------------------------------------------------------------------------------------------------


def seconds(work: Callable[[str], object], text: str) -> float:
    """CPU time of this thread, whatever else the machine does."""
    gc.disable()
    try:
        began = time.thread_time()
        work(text)
        return time.thread_time() - began
    finally:
        gc.enable()


def growth(
    work: Callable[[str], object],
    text_of: Callable[[int], str],
    size: int = SIZE,
    short: float = SHORT,
    most: float = MOST,
) -> float | None:
    """Return how many times as long four times the text takes, if that is more than ``most``.

    Shorter texts are tried first, so that work that is not linear is found before it takes minutes.
    """
    before = 0.0
    for length in (size // 16, size // 4, size, 4 * size):
        took = seconds(work, text_of(length))
        if took >= short and took >= most * before > 0.0:
            times = ratio(work, text_of(length // 4), text_of(length), most)
            if times is not None:
                return times
        before = took
    return None


def ratio(work: Callable[[str], object], small_text: str, big_text: str, most: float) -> float | None:
    """Compare the best of several attempts."""
    small = big = float("inf")
    until = time.thread_time() + PATIENCE
    for attempt in itertools.count(1):
        small = min(small, seconds(work, small_text))
        big = min(big, seconds(work, big_text))
        if big < most * small:
            return None
        if attempt >= ATTEMPTS and time.thread_time() >= until:
            break
    return big / small


@pytest.mark.parametrize(
    ("work", "size", "linear"),
    [
        pytest.param(lambda text: [each for each in text for _ in range(20)], 2_000, True, id="linear"),
        pytest.param(lambda text: [len(text[place:]) for place in range(len(text))], 50_000, False, id="copies"),
        pytest.param(lambda text: re.search(r"\d+x", text), 2_000, False, id="a pattern"),
    ],
)
def test_the_measure_itself(work: Callable[[str], object], size: int, linear: bool) -> None:
    assert (growth(work, Text("1").of, size, 0.0) is None) is linear


# -- functions ---------------------------------------------------------------------------------------------------------


def raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass" if "\ud800" in text else "surrogateescape")


PROMPTS = [reader_prompt.Prompt("R1#", ("[/]",)), reader_prompt.Prompt("1[1]#", counts=True)]


def received(text: str) -> None:
    """An answer that arrives in chunks, each of which is looked at."""
    data = raw(text)
    for prompt in PROMPTS:
        answer = reader_answer.Answer(COMMAND, prompt, echoes=True)
        for start in range(0, len(data), 2048):
            answer.data += data[start : start + 2048]
            pagers.pager_at_end(answer.tail())
            answer.at_prompt()
            answer.echoed()
            driver_text.last_line(answer.shown())
        answer.late(redraws=False)
        answer.is_only_prompts()
        answer.goes_on()
        answer.asks()
        answer.repeats([COMMAND, "exit"])
        answer.is_cut_too_late(text)
        answer.shows_text_at_prompt()
        answer.shows_prompt()
        answer.pagers.append((0, len(answer.data)))
        answer.has_paged(len(answer.data))


def with_tests(text: str) -> None:
    """An answer with empty lines sent in the middle of it."""
    for prompt in PROMPTS:
        for at in (0, len(text) // 2):
            answer = reader_answer.Answer(COMMAND, prompt, echoes=True)
            answer.data += raw(text)[:at]
            answer.test(complete=False)
            answer.data += raw(text)[at:]
            answer.before()
            answer.brought()
            answer.prompts()
            answer.had_prompt()
            answer.echoed_again()
            answer.after_tests()
            answer.paged_after_test()
            answer.resumed = at > 0
            finish(reader_answer.text_of(answer, complete=True))


def answer_with(text: str) -> reader_answer.Answer:
    answer = reader_answer.Answer(COMMAND, PROMPTS[0], echoes=True)
    answer.data += raw(text) + b"\r\nR1#"
    answer.echoed()
    answer.second_echo()
    return answer


def quoted_echoes(text: str) -> None:
    """An answer whose lines begin with the prompt, and with the prompt and the command, one after the other."""
    for prompt, start in zip(PROMPTS, ("R1#", "1[2]#"), strict=True):
        answer = reader_answer.Answer(COMMAND, prompt, echoes=True)
        answer.data += raw(f"{COMMAND}\r\n{start}" + text.replace("\n", f"\n{start}{COMMAND[:3]}\n{start}"))
        answer.echoed()
        answer.second_echo()
        answer.ends_within_line()
        answer.is_shown_again()
        answer.hides_prompt()


def whole_answer(text: str, *, paged: bool = False) -> str:
    answer = answer_with(text)
    if paged:
        answer.paged(3, " ")
        answer.has_doubtful_page()
        answer.has_key_at_prompt()
        answer.has_paged_at_prompt()
        answer.test(complete=True)
        answer.data += b"\r\nR1#"
        answer.settle_pages()
    return finish(reader_answer.text_of(answer, complete=True))


def forget_and_ask(text: str) -> None:
    answer = answer_with(text)
    answer.asked()
    answer.forget()


def paged(text: str) -> None:
    """An answer with a pager's prompt after every hundred bytes or so, and with one at its start."""
    data = raw(text)
    pagers.without_pagers(data, [(0, len(data) // 2)])
    pagers.without_pagers(b"--More--" + data, [(0, 8)])
    spans = [(place, place + 8) for place in range(0, len(data), 100)]
    pagers.without_pagers(data, spans)
    pagers.unwiped(data, spans)
    pagers.quoting(data, spans)


def asked_dialogs(text: str) -> None:
    for phase in ("login", "command"):
        asked.dialog_at_end(text, (), phase)


def asked_questions(text: str) -> None:
    asked.question_at_end(text)
    asked.question_at_end(f"{text}\nSave?")
    asked.question_at_end(f"{text[-100:]} save?")
    asked.answer_for(Command(COMMAND, answers=(Reply("sure?", "y"), Reply("a", ""))), text)
    asked.unexpected(text, COMMAND)
    asked.refused(asked.SHARED[-1], text)


def changed_prompts(text: str) -> None:
    for prompt in PROMPTS:
        names = reader_changed.kept_names(reader_changed.names_of(prompt.line), text)
        for line in (
            text,
            f"R1{text}#",
            f"{text}R1#",
            f"R1{text[:400]}#",
            f"{text[-400:]}R1#",
            f"R1(config{text[:400]})#",
        ):
            reader_changed.may_be_prompt(line, prompt.line, (*names, *reader_changed.given_names(text)))
            reader_changed.may_be_prompt("R1>", line, reader_changed.names_of(line))
        prompt.is_whole(f"{text}R1#")
        prompt.may_have_grown(f"{text}R1#")
        prompt.changes_to(text)
    asked.asks_for(text)
    asked.may_ask(text)
    asked.may_be_input(text)


def modes(text: str) -> None:
    for name in PLATFORMS:
        load_platform(name).mode_of(text)


def questions(text: str) -> None:
    for name in PLATFORMS:
        platform = load_platform(name)
        steps = (step for mode in platform.modes.values() for way in mode.ways.values() for step in way)
        for step in (*steps, *platform.on_open):
            if step.question:
                driver_text.asks(step.question, text)
    driver_text.asks(driver_text.ASKS_USER, text)
    driver_text.asks(driver_text.ASKS_PASSWORD, text)
    asked.asks_password(text, "admin", named=True)
    asked.asks_password(text, "admin", named=False)
    asked.asks_password(f"{text[:200]} password:", "admin", named=False)


def rejections(text: str) -> None:
    for name in PLATFORMS:
        reader_rejections.rejection_in(text, COMMAND, load_platform(name).failures)
    reader_rejections.rejection_in(f"{text[:100]}: invalid command", COMMAND, ())


def named_device(text: str) -> None:
    device_name.device_name(text, (text, "node1"), counts=True)
    for start in ("R1", "jo@", "[jo@", "(", "a/"):
        device_name.device_name(f"{start}{text}#")
    device_name.is_expected(text[:300], (text, f"{text}.net"))
    device_name.first_label(text)


def serial_numbers(text: str) -> None:
    serials.shows_serial(text)
    serials.serials_in(text)
    serials.serials_in(f'serial number: AB12{text[:9]}\nNAME: "1"\nSN: AB12{text}')
    _shrunken.shrunken("show version", _shrunken.Measure.of(text * 4), _shrunken.Measure.of(text))


def compared(platform: str | None, command: str) -> Callable[[str], object]:
    """Compare two texts of which each line differs, and only the last one."""

    def compare(text: str) -> None:
        changes = Changes({"all": [r"row (\d+)"]})
        changes.between(platform, command, text, "\n".join(f"{line}~" for line in text.split("\n")))
        changes.between(platform, command, text, f"{text}~")

    return compare


def recorded(text: str) -> None:
    """A session that is recorded in chunks, and becomes the text of its file."""
    session = transcript.Transcript(Device("box"), time.monotonic())
    data = raw(text)
    for start in range(0, len(data), 64):
        session.note("received", data[start : start + 64])
        session.part(SECRETS)
    session.note("sent", data)
    session.text(SECRETS)


def drawn(text: str) -> None:
    """A session that shows a secret with cursor movements between its characters, and the text in the same line."""
    line = "".join(f"{each}\x1b[K\x1b[2X\x1b[@\b\x1b[C" for each in "Tr0ub4dor&3") + "\b" + text.replace("\n", "\x1b[P")
    secret_bytes.secret_spans(raw(f"{line}\r\n{line}"), SECRETS)


def masked(text: str) -> None:
    masking.masked_outputs({COMMAND: Output(text=text, status="failed")}, SECRETS)


def masked_error(text: str) -> None:
    error = DeviceError("failed", "command", "kind", text, value=[text])
    masking.masked_error(error, SECRETS, foreign=True)


SHOWN_LINES = "".join(plain(text) for text in (*SHOWN.values(), HARMLESS))
MORE_SYSTEMS = ("cisco_ios", "mikrotik_routeros", "nokia", "receivers", "words")
MORE_LINES = "".join(plain("\n\n".join(cases(MORE[system]))) for system in MORE_SYSTEMS)
REDACTION = redaction.Redaction(bytes(range(32)))


def redacted(text: str) -> None:
    """Text behind what begins as a secret does, once and in each line."""
    REDACTION.answer({"output": {COMMAND: {"text": text, "diff": text, "rows": [{"password": text}], "error": None}}})
    for before in ("sshpass -p ", "curl -u ann:", '{"NTP_KEY": {"1": {"value": "', "openssl rsa -passin pass:"):
        REDACTION.text(before + text)
    for before in ("password 7 ", "snmp-server community ", "snmp-server user u g v3 auth sha ", '{"password":"'):
        REDACTION.text(before + text)
        REDACTION.text("".join(f"{before}{part}" for part in text.split("\n")))
    for before in (
        "-----BEGIN RSA PRIVATE KEY-----",
        "config system snmp community",
        "Community   Group\n---------   -----",
        "Host   SecName",
        "snmp-server vrf x",
    ):
        REDACTION.text(f"{before}\n{text}")


def redacted_by_all_rules(text: str) -> None:
    output = {
        "text": f"{SHOWN_LINES}\n{MORE_LINES}\n{text}",
        "rows": [{"secret": "manager", "line": text}],
        "error": {"message": text},
    }
    REDACTION.answer({"output": {COMMAND: output}, "value": {"secret": [text]}})
    REDACTION.answer({"output": text})
    REDACTION.texts({COMMAND: text})


def redacted_transcript(text: str) -> None:
    events = [{"direction": "received", "text": text[place : place + 64]} for place in range(0, len(text), 64)]
    last = {"expected": {"output": {COMMAND: {"text": text}}}}
    lines = "".join(json.dumps(event) + "\n" for event in (*events, last))
    REDACTION.transcript(lines, {"output": {COMMAND: {"text": f"{SHOWN_LINES[:2000]}\n{text}"}}})


FUNCTIONS: dict[str, Callable[[str], object]] = {
    "device_name": named_device,
    "serials": serial_numbers,
    "clean": _terminal.clean,
    "cleaned_pieces": lambda text: list(_terminal.cleaned_pieces(raw(text))),
    "Echo": lambda text: reader_echo.Echo(COMMAND, PROMPTS[1], echoes=True).search(raw(text)),
    "Echo of a long command": lambda text: reader_echo.Echo("a" * 300, PROMPTS[0]).search(raw(text)),
    "the prompt of an echo": lambda text: reader_echo.Echo(COMMAND, PROMPTS[1])._begins_with_prompt(text),
    "is_echo": lambda text: reader_echo.is_echo(text, COMMAND),
    "is_chatter": _chatter.is_chatter,
    "is_time": _chatter.is_time,
    "without_chatter": _chatter.without_chatter,
    "without_chatter, with broadcasts": lambda text: _chatter.without_chatter(f"***\n{text}\n*** --- x\n{text}"),
    "joined_at_messages": _chatter.joined_at_messages,
    "joined_at_messages, with messages": lambda text: _chatter.joined_at_messages(
        "".join(f"a\n%A-1-B: {line}\n" for line in text.split("\n"))
    ),
    "without_chatter, with messages": lambda text: _chatter.without_chatter(
        "".join(f"%A-1-B: {line}\n" for line in text.split("\n"))
    ),
    "without_chatter, with broadcasts of several lines": lambda text: _chatter.without_chatter(
        f"*** System shutdown message from a@b ***\n\nSystem going down\n{text}\nBroadcast message from a\n\n{text}"
    ),
    "parse textfsm of nothing": lambda text: _parsing.parse(
        f"No {text[:50]}", parser="textfsm", platform="here", command="show it"
    ),
    "says_nothing": lambda text: nothing.says_nothing(text.split("\n")),
    "says_nothing, in few lines": lambda text: nothing.says_nothing(f"No {text[:400]}\n{text}".split("\n")[:50]),
    "pagers.pager_at_end": lambda text: [
        pagers.pager_at_end(text + end) for end in ("", "--More--", "press any key to continue")
    ],
    "without_pagers": paged,
    "dialog_at_end": asked_dialogs,
    "question_at_end": asked_questions,
    "may_be_prompt": changed_prompts,
    "received": received,
    "quoted echoes": quoted_echoes,
    "text_of": whole_answer,
    "text_of with pagers": lambda text: whole_answer(text, paged=True),
    "with tests": with_tests,
    "asked": forget_and_ask,
    "learned": lambda text: reader_prompt.learned(text, raw(text)),
    "_is_page": lambda text: reader_answer._is_page(raw(text), len(raw(text)), 0),
    "is_counter": lambda text: reader_answer.is_counter(raw(text), len(raw(text)) // 2, 0),
    "is_idle": lambda text: reader_answer.is_idle(text, PROMPTS[0]),
    "count": lambda text: [prompt.count(text) for prompt in PROMPTS],
    "quotes": lambda text: [
        prompt.quotes(each) for prompt in PROMPTS for each in (text, text.replace("\n", "\nR1#\n"))
    ],
    "is_message": reader_prompt.is_message,
    "rejection_in": rejections,
    "excerpt": driver_text.excerpt,
    "last_lines": driver_text.last_lines,
    "asks": questions,
    "mode_of": modes,
    "candidates": lambda text: candidates(text, text),
    "hint_with_answers": lambda text: hint_with_answers(
        platform_hint("not known", "R1#", ""), {"show version": Output(text=text)}
    ),
    "platform_hint": lambda text: platform_hint("not known", text, text),
    "parse json": lambda text: _parsing.parse(text, parser="json", platform=None, command=COMMAND),
    "parse json behind a log line": lambda text: _parsing.parse(
        f"[edit]\n{text}", parser="json", platform=None, command=COMMAND
    ),
    "parse textfsm": lambda text: _parsing.parse(text, parser="textfsm", platform="here", command="show it"),
    "parse textfsm with skipped rows": lambda text: _parsing.parse(
        "".join(f"row {number} 1\nrow x{number} {line}\n" for number, line in enumerate(text.split("\n"))),
        parser="textfsm",
        platform="here",
        command="show pairs",
    ),
    "parse textfsm with damaged rows": lambda text: _parsing.parse(
        "g1/1 1 1 g1/2 2 2\n" + "".join(f"g1/3 3 3\ng1/4\ng 1/4\ng{line}\n" for line in text.split("\n")),
        parser="textfsm",
        platform="here",
        command="show three",
    ),
    "parse textfsm with misread rows": lambda text: _parsing.parse(
        "mac: x\n" + "".join(f"{number} a odd {line}\n" for number, line in enumerate(text.split("\n"))),
        parser="textfsm",
        platform="here",
        command="show vlans",
    ),
    "between": compared(None, COMMAND),
    "between, of a platform": compared("cisco_nxos", COMMAND),
    "between, of a configuration": compared("juniper_junos", "show running-config"),
    "Secrets.output": lambda text: SECRETS.output(text, cut=True),
    "Secrets.quoted": SECRETS.quoted,
    "Secrets.sentence": SECRETS.sentence,
    "Secrets.sentence_on_values": SECRETS.sentence_on_values,
    "Secrets.plain": SECRETS.plain,
    "secret_spans": lambda text: secret_bytes.secret_spans(raw(text), SECRETS),
    "secret_spans of a secret that is drawn": drawn,
    "divided_masked": lambda text: secret_bytes.divided_masked(raw(text), SECRETS),
    "Secrets.value": lambda text: SECRETS.value({"a": [text]}),
    "masked_outputs": masked,
    "masked_error": masked_error,
    "Transcript.text": recorded,
    "Redaction.answer": redacted,
    "Redaction.transcript": redacted_transcript,
    "Redaction by all rules": redacted_by_all_rules,
    "Redaction of lines with secrets": lambda text: REDACTION.text(
        (SHOWN_LINES * (len(text) // 9000 + 1))[: len(text)]
    ),
    "visible": visible.visible,
    "in_line": visible.in_line,
}
# Two templates whose rows belong together by a key.
TEMPLATES = {
    "index": (
        "Template, Hostname, Platform, Command\n\n"
        "one.textfsm:two.textfsm, .*, here, show it\npairs.textfsm, .*, here, show pairs\n"
        "three.textfsm, .*, here, show three\nvlans.textfsm, .*, here, show vlans\n"
    ),
    "three.textfsm": (
        "Value NAME (\\S+)\nValue NUMBER (\\d+)\nValue MORE (\\d+)\n\n"
        "Start\n  ^${NAME}\\s+${NUMBER}\\s+${MORE} -> Record\n"
    ),
    "vlans.textfsm": (
        "Value VLAN_ID (\\d+)\nValue NAME (\\S+)\nValue STATUS (\\S+)\nValue MAC (.*)\n\n"
        "Start\n  ^mac: ${MAC} -> Record\n  ^${VLAN_ID} ${NAME} ${STATUS} ${MAC} -> Record\n"
    ),
    "pairs.textfsm": "Value NUMBER (\\d+)\nValue MORE (\\d+)\n\nStart\n  ^row ${NUMBER} ${MORE}$$ -> Record\n",
    "one.textfsm": "Value Required,Key NUMBER (\\d+)\n\nStart\n  ^row ${NUMBER} -> Record\n",
    "two.textfsm": "Value Required,Key NUMBER (\\d+)\nValue MORE (row)\n\nStart\n  ^${MORE} ${NUMBER} -> Record\n",
}


@pytest.fixture(autouse=True)
def templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not shipped():
        pytest.skip("scrapli's definitions are not installed")
    for name, text in TEMPLATES.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setenv("NTC_TEMPLATES_DIR", str(tmp_path))


@pytest.mark.cases(4)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_on_text_of_a_device_are_linear(name: str) -> None:
    work = FUNCTIONS[name]
    work("warm up")
    size = SIZE // 4 if name.startswith("between") else SIZE  # it compares four texts with many patterns
    # Each piece of a transcript is searched with the end of what came before it, which is longer until it has its most.
    most = 12.0 if name.startswith("Transcript") else MOST
    slow = (
        (title, times) for title, text_of in MAKERS if (times := growth(work, text_of, size, most=most)) is not None
    )
    assert list(itertools.islice(slow, 3)) == []


@pytest.mark.parametrize("name", ["cleaned_pieces", "text_of", "text_of with pagers", "received", "masked_outputs"])
@pytest.mark.parametrize("unit", ["\r\n", "x", "R1#\r\n", "Tr0ub4\ndor&3\n", "\udcff", "a line of a usual answer\r\n"])
def test_long_texts_are_linear(name: str, unit: str) -> None:
    """Here the pieces are put together, which must not take longer for each one that there is already."""
    assert growth(FUNCTIONS[name], Text(unit).of, 1_000_000) is None


def test_changed_lines_are_linear() -> None:
    """Lines of a few kinds in another order, for which difflib alone compares all pairs of lines, often."""
    work = compared(None, COMMAND)

    def compare(text: str) -> None:
        lines = text.split("\n")
        Changes().between(None, COMMAND, text, "\n".join(sorted(lines)))
        Changes().between(None, COMMAND, text, "\n".join(reversed(lines)))

    def kinds(size: int) -> str:
        return "".join(f"line {number * number * 7 % 997 % 151}\n" for number in range(size))

    for each in (compare, work):
        assert ratio(each, kinds(2_500), kinds(10_000), MOST) is None


# -- patterns ----------------------------------------------------------------------------------------------------------

SEARCH, MATCH, FULLMATCH = "search", "match", "fullmatch"
# Every pattern of the modules, and how it is used. ``search`` stands for finditer, sub and split too.
PATTERNS: dict[str, str] = {
    **{f"device_name.{name}": SEARCH for name in ("_END", "_COUNTER", "_NODE", "_OF_NODE", "_ADDED", "_STAMP")},
    **{f"device_name.{name}": MATCH for name in ("_BEFORE", "_ROUTEROS", "_ROLE", "_NO_NAME", "_ADDRESS")},
    **{f"serials.{name}": SEARCH for name in ("_LINE", "_ITEM", "_PART", "_MODULE")},
    **{f"serials.{name}": MATCH for name in ("_WHOLE", "_UNKNOWN", "_MEMBER")},
    "_terminal._SPECIAL": SEARCH,
    "_terminal._LINE_FEED": SEARCH,
    "_terminal._INERT": SEARCH,
    "_terminal._NEEDS_CURSOR": SEARCH,
    "_terminal._NEEDS_ROWS": SEARCH,
    "_terminal._TOKEN": SEARCH,
    "_chatter._WITHIN": SEARCH,
    **{f"_chatter.{name}": MATCH for name in ("CHATTER", "MESSAGE", "TIME", "BROADCAST")},
    **{f"nothing.{name}": MATCH for name in ("_RULE", "_ERROR", "_NOTHING", "_COLUMNS", "_LEGEND", "_MEANING")},
    "nothing._DIGIT": SEARCH,
    "left_over._RULE": MATCH,
    "shapes._WORD": SEARCH,
    "damaged._PAGER": MATCH,
    "damaged._LETTERS": MATCH,
    "left_over._DIGIT": SEARCH,
    "misread._MAC": SEARCH,
    **{f"misread.{name}": MATCH for name in ("_OF_MAC", "_STATE", "_LABEL")},
    "echo._PROMPT_END": SEARCH,
    "echo._NOISE": MATCH,
    "echo._LINE_END": SEARCH,
    "echo._LINE_REST": MATCH,
    "answer._MOVES": SEARCH,
    "answer._PERCENTAGE": FULLMATCH,
    "prompt._ABOVE": FULLMATCH,
    "prompt._NOT_BLANK": SEARCH,
    "prompt._NUMBER": SEARCH,
    "prompt._UNFINISHED": SEARCH,
    "prompt._PLACE": FULLMATCH,
    "scrapli.ASKS_SECRET": SEARCH,
    "description.ASKS_SECRET": SEARCH,
    **{
        f"{module}.{name}": SEARCH
        for module in ("text", "questions")
        for name in ("ASKS_USER", "ASKS_LOGIN", "ASKS_PASSWORD")
    },
    "text.SAYS_NO": SEARCH,
    "text.SSH_VERSION": MATCH,
    "pagers._BEHIND_TEXT": SEARCH,
    "pagers._ON_LINE": MATCH,
    "pagers._MAY_BE": SEARCH,
    "pagers._RISK": SEARCH,
    "pagers._WILL": SEARCH,
    "pagers._PAGES": SEARCH,
    "pagers._UP_AGAIN": MATCH,
    "pagers._HOME": SEARCH,
    "pagers._ASKS_BEFORE": SEARCH,
    "pagers._ANNOUNCES": SEARCH,
    "pagers._KEYS_OF_LINE": MATCH,
    "pagers._TOKEN": SEARCH,
    "pagers._NUMBER": SEARCH,
    "questions._STARTS": SEARCH,
    "questions._WAITS": SEARCH,
    "questions._MAY_ASK": SEARCH,
    "questions._ASKS": SEARCH,
    "questions._MAY_WAIT": SEARCH,
    "questions._LABEL": MATCH,
    "questions._DATED": MATCH,
    "questions._ASKS_FOR": SEARCH,
    "questions._OFFERS": SEARCH,
    "questions._NAMES_KEY": SEARCH,
    "questions._ORDERS": MATCH,
    "questions._OF_USER": SEARCH,
    "questions._BEHIND_USER": SEARCH,
    "questions._NAMES_INPUT": SEARCH,
    "questions._PASSPHRASE": MATCH,
    "questions._LAST_PASSWORD": SEARCH,
    "questions._WORD_OF_LINE": SEARCH,
    "questions._ITS_WORD": FULLMATCH,
    "templates._LABELLED": MATCH,
    **{
        f"changed.{name}": SEARCH for name in ("_PARTS", "_IN_BRACKETS", "_GROUP", "_ROLE", "_RENAMES", "_AT", "_COUNT")
    },
    **{f"changed.{name}": FULLMATCH for name in ("_COMMON", "_BEFORE", "_AFTER", "_CONFIGURES")},
    **{f"changed.{name}": FULLMATCH for name in ("_BEFORE_STATE", "_AFTER_STATE")},
    "rejections._MARKS": MATCH,
    "rejections._LABEL": MATCH,
    "rejections._MESSAGES": MATCH,
    "rejections._MARKED": MATCH,
    "rejections._PERCENT": MATCH,
    "rejections._ERROR": MATCH,
    "rejections._CODE": MATCH,
    "rejections._NO_CONFIGURATION": MATCH,
    "rejections._SENTENCE": FULLMATCH,
    "rejections._MAY_FAIL": SEARCH,
    **{f"rejections.{name}": FULLMATCH for name in ("_CANNOT", "_EXCEPTION", "_WORKING")},
    "rejections._PROGRAM": MATCH,
    "rejections._COMMAND": MATCH,
    "rejections._ADVICE": MATCH,
    "rejections._COUNTS_ON": MATCH,
    "rejections._NOTHING": SEARCH,
    "rejections._DATA": SEARCH,
    "rejections._COUNTER": FULLMATCH,
    "rejections._GAP": SEARCH,
    "rejections._CARET": FULLMATCH,
    "rejections._CARET_WORDS": SEARCH,
    "rejections._TIME": FULLMATCH,
    "rejections._HELP": MATCH,
    "rejections._NOT_FOUND": FULLMATCH,
    "rejections._OF_COMMANDS": MATCH,
    "rejections._OTHER_LANGUAGES": MATCH,
    "rejections._LONE_WORD": MATCH,
    "rejections._QUOTED_COMMAND": MATCH,
    "rejections._DAY": MATCH,
    "rejections._BANNER": MATCH,
    "rejections._USAGE": MATCH,
    **{
        f"redaction_rules.{name}": SEARCH
        for name in (
            "ALGORITHM",
            "BASE64_LINE",
            "BLOCK",
            "BLOCK_END",
            "JSON_COMMAND",
            "JSON_ESCAPE",
            "JSON_STRING",
            "KEY_OF_SERVER",
            "LINE_OF_BLOCK",
            "MODULE",
            "PAIR_BEFORE",
            "PARAMETER",
            "PASS_OF_OPENSSL",
            "QUOTE",
            "SENTENCE",
            "SPECIAL",
            "STRING",
            "TABLE_GAP",
            "TRAP_USER",
            "V3",
            "V3_LINE",
        )
    },
    **{
        f"redaction_rules.{name}": MATCH
        for name in (
            "AFTER_COMMUNITY",
            "AFTER_NAME",
            "AFTER_NUMBER",
            "AFTER_TYPE",
            "ASSIGNED",
            "AUTHORIZATION",
            "BEFORE_COMMUNITY",
            "BLOCK_BEGIN",
            "BLOCK_LINE",
            "CHILD",
            "CIPHERED",
            "COMMAND",
            "COMMUNITY_BLOCK",
            "COMMUNITY_CELL",
            "COMMUNITY_NAME",
            "COMMUNITY_TABLE",
            "COMMUNITY_TERSE",
            "CONFIG_KEY",
            "CREATE_USER",
            "DEFINED",
            "ELEMENT",
            "END",
            "ENTRIES",
            "ENTRY",
            "ENTRY_OF_KEY",
            "GROUP",
            "GROUP_TEXT",
            "HASHED",
            "HEAD",
            "HELP",
            "HMAC",
            "IMPORT",
            "IN_BLOCK",
            "ITEM",
            "KEY_COMMAND",
            "KEY_OF_HEX",
            "LIKE_COMMAND",
            "LIST",
            "MODE",
            "NAME",
            "NAMED",
            "NAMED_ENTRY",
            "NAMES",
            "NAME_OF_TRAP",
            "NEXT",
            "NO_BLOCK",
            "NTP_KEY",
            "NTP_KEYS",
            "OF_PROGRAM",
            "OPENING",
            "OPTION",
            "PAIR_OF_ELEMENTS",
            "PAIR",
            "PRIVACY",
            "PROSE",
            "RECEIVER",
            "ROUTEROS",
            "SENTENCE_NEXT",
            "SERVER",
            "SINK",
            "SNMP",
            "SNMP_BLOCK",
            "SSHPASS",
            "TABLE_CELL",
            "TABLE_HEADER",
            "TABLE_OF_WORDS",
            "TABLE_RULE",
            "TRAP_BLOCK",
            "TRAP_HOST",
            "TRAP_LINE",
            "TRAP_OF_AGENT",
            "TYPED",
            "UCI_KEY",
            "URL_KEY",
            "USER_AT",
            "YAML_ITEM",
            "YAML_KEY",
        )
    },
    **{
        f"redaction_rules.{name}": FULLMATCH
        for name in ("ADDRESS", "HIDDEN", "LIKE_NAME", "MOMENT", "NO_COMMUNITY", "PATH", "TYPE")
    },
    "redaction._LIKE_WORD": FULLMATCH,
    **{f"redaction_search.{name}": FULLMATCH for name in ("_DIGITS", "MASKED")},
    **{f"redaction_search.{name}": MATCH for name in ("_INDENT", "_NUMBERED_MD5", "_WORD_END")},
    "redaction_search._IN_TEXT": SEARCH,
    "redaction_difference._HUNK": MATCH,
    **{f"redaction_names.{name}": SEARCH for name in ("_CAMEL", "_FORMS", "_NUMBER")},
    "redaction_names._OF_SNMP": MATCH,
    "secrets._BASE64": SEARCH,
    "secret_bytes._CONTROL": SEARCH,
    "secret_bytes._BLANKS": SEARCH,
    "secret_bytes._STARS": SEARCH,
    "secret_bytes._CONTROLS": SEARCH,
    "secret_bytes._UNFINISHED": SEARCH,
    "secret_bytes.DIVIDES": SEARCH,
    "answer.DIVIDES": SEARCH,
    "secret_screen._MOVES": SEARCH,
    "secret_screen._CONTROLS": SEARCH,
    "secret_screen._TOKEN": SEARCH,
    "secrets._QUOTATION": SEARCH,
    "masking._C1": SEARCH,
    "visible._UNSEEN": SEARCH,
}
NOT_OF_A_DEVICE = {
    # patterns on bytes, see `without_pagers`, and what only makes a pattern
    "pagers._AFTER",
    "pagers._VISIBLE",
    "pagers._KEY_ECHO",
    "answer._NUMBER",
    "prompt._UNSEEN",
    "questions._dialog",
    # what only makes a table, and the rows of a function
    "redaction_names.words",
    "redaction_search._shape",
    "redaction_search._placed",
    "redaction_search._places",
    "redaction_search._shapes",
    "redaction_search._all",
    "redaction_commands._compiled",
    # the user's command lines and variables
    "serials._COMMAND",
    "_shrunken._VOLATILE",
    "_shrunken._PARTS",
    "_shrunken._WHOLE",
    "_shrunken._CAN_BE_EMPTY",
    "secrets._NAMED",
    "secrets._LIKE_WORDS",
    "secrets._recoded",
    "secrets._whole",
    "description._CONTROL",
    "description._CONTROL_IN_PATTERN",
    "secrets._IN_URL",
    "secrets._TAKES_SECRET",
    "secrets.secrets_in_command",
    "secrets._lines",
    # the rules of the user; in the text process, they call Changes.between
    "_changes._changes",
    "_changes.between",
    "secrets._spellings",
    "secrets._wrapped",
    "secrets._made",
    "secrets._in_words",
    "rejections._ASKS_HELP",
    "rejections._SHOWS_BANNER",
    # what is sent
    "transcript.Recorded.write",
    "secrets._of_sshpass",
    "_changes._compiled",
    "command.parser_of",
    "command.reads_json",
    "command.asks_for_json",
    "logs.answers_log",
    "logs._LOG",
    # names of platforms and their definitions, and names of templates
    "names.platform_name",
    "hint.ABOUT_ITSELF",
    "names.known_name",
    "names.unknown",
    "loading.load_platform",
    "loading._load",
    "loading._described",
    "scrapli.scrapli_platform",
    "scrapli._read",
    "scrapli._compile",
    "scrapli.excludes_of",
    "scrapli.pattern_of",
    "scrapli._step",
    "model.Platform.way",
    "description.platform_of",
    "description._modes",
    "description._dialog",
    "description.check_descriptions",
    "description._like_problems",
    "description._meant",
    "description._near",
    "description._pattern_problems",
    "description._configuration_problems",
    "templates._load",
    "transcript._definition",
    "transcript._plain_masked",
    "transcript._masked",
    "templates.Library.find",
    "templates._step",
    "_changes._is_configuration",
    "_changes._built_in",
    "_changes.Changes._normal",
}
PATTERN_SIZE = 6_000
PATTERN_SHORT = 0.004


def short_name(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


def applied(pattern: re.Pattern[str], how: str) -> Callable[[str], object]:
    if how == SEARCH:
        return lambda text: [None for _match in pattern.finditer(text)]
    method: Callable[[str], object] = getattr(pattern, how)
    return method


def slow_texts(pattern: re.Pattern[str], how: str) -> dict[tuple[Pump, str], float]:
    """Return the texts for which a pattern takes more than linear time, made for this pattern."""
    found = {}
    generic = [Pump("", unit) for unit in UNITS]
    for pump, end in itertools.product(dict.fromkeys([*pumps(pattern.pattern, pattern.flags), *generic]), ("", "\0")):

        def text_of(size: int, pump: Pump = pump, end: str = end) -> str:
            return pump.text(size) + end

        times = growth(applied(pattern, how), text_of, PATTERN_SIZE, PATTERN_SHORT)
        if times is not None:
            found[pump, end] = times
            if len(found) == 3:
                break
    return found


@pytest.mark.cases(24)
@pytest.mark.parametrize("name", PATTERNS)
def test_patterns_are_linear(name: str) -> None:
    module, _, attribute = name.partition(".")
    pattern = next(vars(each)[attribute] for each in MODULES if short_name(each) == module)
    if isinstance(pattern.pattern, bytes):  # the texts below are no bytes
        pattern = re.compile(pattern.pattern.decode("latin-1"))
    assert slow_texts(pattern, PATTERNS[name]) == {}


@pytest.mark.parametrize("number", range(len(asked.SHARED)))
def test_dialogs_are_linear(number: int) -> None:
    assert slow_texts(asked.SHARED[number].question, SEARCH) == {}


HINTS = [
    pattern
    for table in (hint.EXACT, hint.NAMES, hint.TEXTS, hint.SHAPES)
    for pattern, _platforms in hint.compiled(table)
]
DIALOGS = [each.question for name in PLATFORMS if shipped() for each in load_platform(name).dialogs]


@pytest.mark.parametrize("pattern", [*HINTS, *dict.fromkeys(DIALOGS)], ids=lambda pattern: pattern.pattern)
def test_patterns_of_hints_and_dialogs_are_linear(pattern: re.Pattern[str]) -> None:
    """They see a bounded end of a text, in which quadratic work is short."""
    found = {}
    for pump, end in itertools.product([*pumps(pattern.pattern), *(Pump("", unit) for unit in UNITS)], ("", "\0")):

        def text_of(size: int, pump: Pump = pump, end: str = end) -> str:
            return pump.text(size) + end

        times = growth(applied(pattern, SEARCH), text_of, hint.LONGEST_SAID // 4, SHORT, 20)
        if times is not None:
            found[pump, end] = times
    assert found == {}


RULES = {
    *_volatile.CLOCKS,
    *_volatile.COMMON,
    *itertools.chain(*_volatile.PLATFORMS.values(), *_volatile.CONFIGURATIONS.values()),
}


@pytest.mark.parametrize("rule", sorted(RULES))
def test_rules_for_values_that_change_are_linear(rule: str) -> None:
    assert slow_texts(re.compile(rule), MATCH if rule.startswith("^") else SEARCH) == {}


@pytest.mark.parametrize("name", PLATFORMS)
def test_prompts_are_quick_within_their_bound(name: str) -> None:
    """A prompt pattern sees a few hundred characters. There, quadratic work is short, but a higher power is not."""
    found = {}
    for mode in load_platform(name).modes.values():
        pattern = mode.prompt
        for pump, end in itertools.product([*pumps(pattern.pattern), *(Pump("", unit) for unit in UNITS)], ("", "#!")):

            def view(size: int, pump: Pump = pump, end: str = end) -> str:
                return "\n".join([(pump.text(size - len(end)) + end).replace("\n", " ")] * 3)

            times = growth(mode.prompt_start, view, LONGEST_PROMPT // 4, SHORT, 32)
            if times is not None:
                found[mode.name, pump, end] = times
                break
    assert found == {}


@pytest.mark.parametrize("slow", LINEAR)
def test_a_pattern_that_was_replaced_matches_what_the_original_does(slow: str) -> None:
    assert any(slow in Path(scrapli.definitions_folder() or "", f"{name}.yaml").read_text() for name in shipped())
    chance = random.Random(11)
    parts = [*"aA1@:#$%? \n[]()>-_~|\t", "root@", "config", "(diagnose)%%", "(a)", "a@b", "", "\n"]
    old, new = (re.compile(each, re.MULTILINE | re.IGNORECASE) for each in (slow, LINEAR[slow]))
    found = 0
    for start in itertools.islice(
        itertools.cycle(["", "root@", "a@b:c:d", "(config", "[/]\n", "ab ", "x(diagnose)"]), 7000
    ):
        text = (
            start + "".join(chance.choices(parts, k=chance.randrange(8))) + chance.choice(["#", "$ ", "%", "?", "%%"])
        )
        expected = [match.span() for match in old.finditer(text) if match.end() >= len(text.rstrip())]
        assert [match.span() for match in new.finditer(text) if match.end() >= len(text.rstrip())] == expected, text
        found += len(expected)
    assert found > 10


def test_a_line_longer_than_the_bound_is_no_prompt() -> None:
    mode = load_platform("learned").modes["privileged_exec"]
    assert mode.prompt_start("x" * (LONGEST_PROMPT - 1) + "#") == 0
    assert mode.prompt_start("x" * LONGEST_PROMPT + "#") is None
    assert mode.prompt_start("x" * 1000 + "\nR1#") == 1001
    assert mode.prompt_start("a\nb\nc\nd\nR1#") == 8


# -- nothing is left out -----------------------------------------------------------------------------------------------


def patterns_of(module: ModuleType) -> set[str]:
    return {f"{short_name(module)}.{name}" for name, value in vars(module).items() if isinstance(value, re.Pattern)}


def test_every_pattern_is_in_the_table() -> None:
    there = set().union(*map(patterns_of, MODULES))
    assert there == {*PATTERNS, *(name for name in NOT_OF_A_DEVICE if name in there)}


def functions_of(module: ModuleType) -> Iterator[tuple[str, CodeType]]:
    """The functions and methods of a module that take text."""
    named = [
        (name, value) for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__
    ]
    for name, value in list(named):
        if inspect.isclass(value):
            named += [(f"{name}.{key}", each) for key, each in vars(value).items() if key != "__init__"]
    for name, value in named:
        function = inspect.unwrap(value) if callable(value) else None
        if inspect.isfunction(function) and function.__code__.co_filename == module.__file__:
            annotations = (each.annotation for each in inspect.signature(function).parameters.values())
            if any(re.search(r"\b(str|bytes|bytearray|Match|_Line)\b", str(each)) for each in annotations):
                yield f"{short_name(module)}.{name}", function.__code__


def test_every_function_on_text_is_measured() -> None:
    """Each one runs at least once when the functions of the table run on the texts of the table."""
    ran: set[CodeType] = set()

    def note(frame: FrameType, event: str, _value: object) -> None:
        if event == "call":
            ran.add(frame.f_code)

    kinds = (redaction_names.kind, redaction._may_hold_secret)
    for cached in (_terminal._parameters, secrets._wrapped, *kinds):
        cached.cache_clear()
    sys.setprofile(note)
    try:
        for work, (_title, text_of) in itertools.product(FUNCTIONS.values(), MAKERS):
            work(text_of(120))
        for name in ("clean", "Secrets.output", "between"):
            FUNCTIONS[name]("Tr0ub4\ndor&3\x08\n" * (2 * PIECE // 13))
            FUNCTIONS[name]("1 " * PIECE)
    finally:
        sys.setprofile(None)
    missing = {name for module in MODULES for name, code in functions_of(module) if code not in ran}
    assert missing - NOT_OF_A_DEVICE == set()


def test_the_modules_are_all_that_work_on_text_of_devices() -> None:
    """Names in the table exist, so that nothing is excluded that is gone."""
    there = {name for module in MODULES for name, _code in functions_of(module)}
    there |= set().union(*map(patterns_of, MODULES))
    assert there >= NOT_OF_A_DEVICE
    for module in MODULES:
        assert importlib.import_module(module.__name__) is module


# -- pieces ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", ["x", "\N{GRINNING FACE}", "é\r\n", "\x1b[2Ky", "a line\n", "\udcff", "\x1b"])
def test_pieces_are_bounded_and_divide_no_character_and_no_escape_sequence(unit: str) -> None:
    data = raw(Text(unit).of(3 * PIECE))
    data = data[: len(data) - len(data) % len(raw(unit))]
    pieces = [data[start:end] for start, end in spans(data)]
    assert b"".join(pieces) == data
    assert all(0 < len(piece) <= PIECE for piece in pieces)
    assert len(pieces) <= len(data) // PIECE + 2
    if "\x1b" in unit:
        assert all(piece.startswith(b"\x1b") for piece in pieces)
        return
    if unit != "\udcff":
        assert "".join(piece.decode() for piece in pieces) == data.decode()
    assert "".join(_terminal.cleaned_pieces(data)) == _terminal.clean(_terminal.decode(data))


def test_work_on_a_long_answer_can_be_interrupted_after_each_piece() -> None:
    text = "show version\r\n" + "GigabitEthernet0/1 is up\r\n" * 50_000
    steps = sum(1 for _step in reader_answer.text_of(answer_with(text), complete=True))
    assert steps >= len(text) // PIECE
    assert whole_answer(text) == "\n".join(["GigabitEthernet0/1 is up"] * 50_000)


@pytest.mark.parametrize("wrap", ["Tr0ub4dor&3", "Tr0ub4\ndor&3", "\n".join("Tr0ub4dor&3")])
@pytest.mark.parametrize("offset", range(0, 24, 3))
def test_a_secret_between_two_pieces_is_masked(wrap: str, offset: int) -> None:
    for filler in ("x", "x\n"):
        before = (filler * PIECE)[: PIECE - offset]
        shown = SECRETS.output(f"{before}{wrap}\n{filler * PIECE}")
        assert shown.replace("\n", "").count(secrets.MASK) == 1, (filler, offset)
        assert len(shown) == len(before) + len(secrets.MASK) + 1 + PIECE * len(filler)
