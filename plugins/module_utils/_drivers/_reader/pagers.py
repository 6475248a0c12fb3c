# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The prompts of pagers, how to answer them, and how to remove them from a text.

A pager's prompt is recognised only at the end of what was received, and only a bounded end is looked at. While an
answer arrives, the reader calls ``pager_at_end`` and notes the place of each prompt that it answers. At the end, it
calls ``without_pagers`` once with these places. Lines of an answer that only quote such a prompt are not touched.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

TAIL = 512  # bytes at the end of the data that are searched; D-Link's prompt with its colours is the longest
_LONGEST_HALF = 1024  # bytes of a line before a prompt
_LONGEST_LABEL = 40  # bytes before a prompt that can belong to it
_WIDEST_INDENT = 4  # blanks before a prompt
_SHORTEST = 8  # columns; what is shorter can be text: blanks over a prompt, or text that is there twice

# -- the prompts, in lower case, without escape sequences --------------------------------------------------------------

_UP_TO = r"[^\n]{0,100}"
# "More" in other languages. The last ones are in Shift-JIS and in EUC-JP, as ``decode`` shows them.
_FOREIGN = (
    r"mehr|weiter|suite|plus|m[aá\udce1]s|mais|altro|segue|continua|meer|mere?|wi[eę]cej|dalej|dal[šs][íi]|daha|devam"
    r"|далее|ещ[её]|更多|继续|繼續|続(?:く|き|ける)|つづく|계속"
    r"|\udc82\x82Â\udcad|\udca4ĤŤ\udcaf"
)
_WORD = (
    rf"(?:(?:more|{_FOREIGN})(?:\s?\d{{1,3}}%)?"
    r"(?:\s?[(\[][^()\[\]\n]{1,80}[)\]])?"  # ---- More ( Press 'Q' to break ) ----
    rf"|more\sor\s\(q\)uit|\((?:more|less|{_FOREIGN})(?:\s\d{{1,3}}%)?\))"  # ---(more 42%)---
)
_BRACKETS = r"(?:[(\[][^()\[\]\n]{1,120}[)\]]){1,2}"
_HELP = (
    rf"(?:\s{{0,3}}(?:{_BRACKETS}|or\s\(q\)uit|\(q\)\squit[^\n]{{0,80}}|,\s?next\spage:[^\n]{{0,80}}"
    r"|press\sq\s(?:or\s[\w+-]{1,20}\s)?to\s(?:break|quit|stop|exit|abort)[^\n]{0,40}))?"
)
_MORE = rf"\s?{_WORD}\s?-{{1,20}}>?{_HELP}"
_PRESSED = r"(?:please\s)?(?:press|hit|type|strike)\s(?:the\s)?['\"<\[]?"
_PRESS = rf"(?:-{{1,8}}\s?)?[(\[<{{]?{_PRESSED}"
# Before it on its line: ....press ENTER, *** Press any key ***, [Press SPACE, Page 1/3. Press any key
_FRONT = (
    r"[^\w\n]{0,20}(?:(?:page\s\d{1,6}(?:(?:/|\sof\s)\d{1,6})?|paused?|more)[^\w\n]{1,6}|(?:[^\w\s]|_){1,100}\s?)"
    rf"(?={_PRESSED})"
)
_SPACE = r"(?:any\s(?:other\s)?key|a\skey|space(?:\s?bar)?)"
_ENTER = r"(?:enter|return|cr)"
_KEY = r"['\">\]]?(?:\skey)?(?:\sor\s[^\n]{1,30}?)?"
_SHOWS = r"(?:more|show|see|display|view|scroll|page|next|the\snext)"
_GOES_ON = r"(?:continue|proceed)"
_PURPOSE = rf"\s(?:to|for)\s(?:{_SHOWS}|(?P<%s>{_GOES_ON}))\b{_UP_TO}"
_OTHER_KEY = r"\bother\skeys?\s(?:to|for)\s(?:\w{1,10}\s)?next\spage\b"
_LINES = r"lines\s\d{1,9}-\d{1,9}(?:/\d{1,9})?"
_BYTE = r"byte\s\d{1,12}(?:-\d{1,12})?(?:/\d{1,12})?"
_PERCENT = r"\s\(?\d{1,3}%\)?"
_DECORATED = (
    r"(?:[^\w\s]{1,20}\s?more\s?[^\w\s?]{0,20}|more\s?[.>=*~-]{2,20})"  # (more), < more >, *** More ***, more..
)
# A line that names the keys for more and for the end: <SPACE> for next page, <CR> for next line, Q to quit; or
# Enter to continue, q to quit
_NAMES_KEYS = (
    r"(?=[^\n]{0,150}(?<![\w-])(?:q|quit|esc|exit)(?![\w-]))"
    r"(?=[^\n]{0,150}\b(?:(?:next|one|1)\s(?:page|line|screen)|more|to\scontinue)\b)"
    r"(?=[^\n]{0,150}(?:[<\[('\"=:]|\bkey\b)|(?:q|enter|return|space)\sto\s)"
)
_BY_LINE = r"(?![^\n]{0,150}(?:space|\bkey\b|<sp>))(?=[^\n]{0,150}\b(?:enter|return|cr)\b)"

# Groups: what is sent. ``go`` and ``go_on`` are set if the prompt only says "continue", as a question may.
_AFTER_TEXT = (
    r"(?P<quit>"
    rf"(?:{_LINES}\s)?(?:{_BYTE}\s)?\(end\)"
    r"|--\s?\[q\squit(?!\|[^\]\n]{0,60}\bdown\b)[^\]\n]{0,60}\]"  # MikroTik at the end of the text
    r"|ctrl\+c,?\s(?:esc,?\s)?q\squit\b(?![^\n]{0,100}next\spage)[^\n]{0,100}"  # D-Link at the end of the text
    r"|(?:manual\spage\s\S{1,60}\sline\s[\d/]{1,20}\s)?\(end\)\s\(press\sh\s[^()\n]{1,60}\bq\sto\squit\)"
    r")|(?P<yes>display\sall\s\d{1,9}\sitems\?\s?\(y/n\))"  # F5
    rf"|(?P<line>{_PRESS}(?!{_UP_TO}{_OTHER_KEY}){_ENTER}{_KEY}{_PURPOSE % 'go'}|(?:-\s{{1,3}})?\(press\sreturn\))"
    r"|(?P<page>"
    rf"(?:<-|<?-{{2,20}}){_MORE}"
    r"|--\s?\[q\squit\|[^\]\n]{0,80}\]"
    r"|more:\s<space>,\s{1,3}quit:[^\n]{1,40}one\sline:\s<return>"
    rf"|more\?\s[^\n]{{0,100}}\bquit\b{_UP_TO}"
    rf"|(?:ctrl\+c,?\s)?(?:esc,?\s)?q\squit,?\s[^\n]{{0,60}}\bnext\spage\b{_UP_TO}"
    rf"|(?:-{{1,8}}|\[)\s?more\s?-{{1,8}}\s{_PRESSED}{_SPACE}[^\w\n]{{0,10}}"
    rf"|(?:manual\spage\s\S{{1,60}}\s)?line\s\d{{1,9}}(?:/\d{{1,9}})?(?:{_PERCENT})?\s\(press\sh\s[^()\n]{{1,60}}\bq\sto\squit\)"
    rf"|press\sq\sto\squit,?\s{_UP_TO}"
    rf"|{_PRESS}(?={_UP_TO}{_OTHER_KEY}){_UP_TO}"
    rf"|{_PRESS}{_SPACE}{_KEY}{_PURPOSE % 'go_on'}"
    rf"|{_LINES}(?:\s{_BYTE})?(?:{_PERCENT})?"
    r")"
)
_BEHIND_TEXT = re.compile(rf"(?:{_AFTER_TEXT})\s*\Z", re.IGNORECASE)
# Before it, too: the page, and the name of the file that less shows.
_FILE = (
    r"\[?page\s\d{1,6}(?:(?:/|\sof\s)\d{1,6})?\]?\s{1,3}(?=[-<(])"
    r"|(?P<file>[^\s]{1,200})\s(?=lines\s\d{1,9}-\d{1,9}(?:/\d|\s\d{1,3}%))"
)
_ON_LINE = re.compile(
    rf"\s*(?:{_FRONT}|{_FILE})?(?:(?:{_AFTER_TEXT})|(?P<single>-\s?{_WORD}\s?-{_HELP})"
    rf"|(?P<any>{_PRESS}any\skey(?:['\">\])]|[^\w\n]{{2,100}}){{1,2}})"
    rf"|(?P<weak>(?<!\s):|more\s?[:?]|\(?{_BYTE}(?:{_PERCENT})?\)?:?|(?<!\s)\d{{1,3}}%|{_DECORATED}))\s*\Z",
    re.IGNORECASE,
)
_KEYS_OF_LINE = re.compile(rf"\s*(?P<keys>{_NAMES_KEYS}(?P<by_line>{_BY_LINE})?[^\n]{{1,200}}?)\s*\Z", re.IGNORECASE)
# What would happen is not a further page.
_RISK = re.compile(
    r"\b(?:re-?boot|re-?load|re-?start|re-?set|eras|delet|remov|format|shut|halt|overwrit|replac|upgrad|instal|commit|sav(?:e|ing)|lose|lost"
    r"|wip(?:e|ing)|power|clear(?:ed|s)|discard|destroy|purg|factory|default|disabl|disconnect|fail-?over|switch-?over|downgrad|terminat)",
    re.IGNORECASE,
)
_ANNOUNCES = re.compile(
    r"\b(?:will|going\sto|about\sto|this|all|now|warning|caution|gets?|happens"
    r"|(?:is|are)\s(?:discarded|destroyed|erased|deleted|wiped|lost))\b|!",
    re.IGNORECASE,
)
# The same, if it is only announced, or if it stands on the line before the name of the key.
_WILL = re.compile(
    r"\b(?:will|going\sto|about\sto)\b[^\n]{0,80}\b(?:stop|log(?:ged)?\s?(?:out|off)|interrupt|disrupt|offline|appl(?:y|ied)|migrat"
    r"|flash|kick|kill|clos(?:e|ing)|go\sdown|start)|licen[sc]e\sagreement|\beula\b",
    re.IGNORECASE,
)
_ASKS_BEFORE = re.compile(
    r"\b(?:sure|want)\b"
    r"|\b[a-z]{2,20}\s(?:[^\s]{1,40}\s){0,12}[a-z]{2,20}[.?!]\s{1,3}(?:please\s)?(?:press|hit|type|strike)\b",
    re.IGNORECASE,
)
_PAGES = re.compile(r"(?<![a-z])(?:more|pages?|lines?|screen)(?![a-z])", re.IGNORECASE)  # words of pagers
_KEYS = {"quit": "q", "yes": "y", "line": "\n", "by_line": "\n", "page": " "}
_KEYS |= dict.fromkeys(("single", "any", "weak", "keys"), " ")

_ESCAPE = r"\x1b(?:\[[0-?]*[ -/]*[@-~]?|[\]PX^_](?:[^\x07\x1b\n]*(?:\x07|\x1b\\))?|[ -/]+[0-~]?|[0-~]?)"
_CONTROLS = r"[\x00-\x07\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]+"
_MAY_BE = re.compile(
    rf"more|less\b|press|hit|type|strike|quit|next\s|lines|byte|\(end\)|items|-\s?\(?(?:{_FOREIGN})"
    rf"|[:%](?:{_ESCAPE}|{_CONTROLS}|\s)*+\Z",
    re.IGNORECASE,
)
_TOKEN = re.compile(
    rf"(?P<text>[^\x00-\x08\x0a-\x1f\x7f]+)|(?P<home>\r+)|(?P<back>\x08+)|(?P<csi>\x1b\[(?P<numbers>[0-?]*)"
    rf"(?P<final>[DGHJKf]))|(?P<inert>{_ESCAPE}|{_CONTROLS})"
)
_AFTER = re.compile(
    (
        rf"(?P<newline>\r?\n)|(?P<home>\r)|(?P<back>\x08+)|(?P<blank>\x20+)"
        rf"|(?P<csi>\x1b\[(?P<numbers>[0-?]*)(?P<final>[ADGHJKf]))|(?P<inert>{_ESCAPE}|{_CONTROLS})"
    ).encode("ascii")
)
_VISIBLE = re.compile(rf"(?:{_ESCAPE}|[\x00-\x20\x7f])*+[^\x00-\x20\x7f\x1b]".encode("ascii"))
_UP_AGAIN = re.compile(rb"\r{0,2}\n\x1b\[1?A")
_HOME = re.compile(rb"\r|\x1b\[2K")  # wipes or leaves the line from its first column
_LINE_UP = (b"\x1b[A", b"\x1b[1A")
_NUMBER = re.compile(r"[0-9]+")
_KEY_ECHO = re.compile(rb"[qQyY](?=[\r\n\x08\x1b])")


@dataclass(frozen=True, slots=True)
class Pager:
    """The prompt of a pager at the end of a raw text.

    It was answered already if the same prompt, at the same place in all of the data, was answered before: a device may
    send a NUL, a BEL or the end of a colour behind it.
    """

    start: int  # where it begins, in characters of the text given
    answer: str  # the key that brings the next page, or ends the pager at the end of the text
    size: int = 0  # bytes from its start to the end of the data
    sure: bool = True  # False: an ordinary text can end so; answer it only after a silence
    continues: bool = False  # it only says that a key continues, as a question may: it follows a page


class _Shown(NamedTuple):
    """The last line of a raw text, from where the cursor came to its start."""

    start: int
    text: str
    places: list[tuple[int, int]]  # where a part begins in the text, and in the raw text


def pager_at_end(raw: str) -> Pager | None:
    """Return the prompt of a pager that ends a raw text, not cleaned.

    The text that precedes it on its line does not belong to it; then it is not ``sure``.
    """
    begin = max(len(raw) - TAIL, 0)
    begin = max(raw.rfind("\n", begin) + 1, begin)
    if begin == len(raw) or _MAY_BE.search(raw, begin) is None:
        return None
    shown = _last_line(raw, begin)
    if shown is None:
        return None
    start, sure = shown.start, False
    if found := _ON_LINE.match(shown.text):
        sure = not any(map(found.groupdict().get, ("weak", "any", "file")))
    elif found := _BEHIND_TEXT.search(shown.text):
        if found["quit"] or found["yes"]:
            return None  # these stand on a line of their own; if it were text, the key would stay in the next command
        start = _raw_place(shown, found.start())
    elif not (found := _KEYS_OF_LINE.match(shown.text)):
        return None
    groups = found.groupdict()
    if groups.get("go") and "other key to abort" in shown.text.lower():
        return None  # the line end confirms something
    if any(map(groups.get, ("go", "go_on", "any", "keys", "line"))) and _is_risky(raw, begin, shown.text):
        return None
    answer = next(key for name, key in _KEYS.items() if groups.get(name) is not None)
    continues = any(map(groups.get, ("go", "go_on", "any", "keys"))) and _PAGES.search(shown.text) is None
    return Pager(start, answer, len(raw[start:].encode("utf-8", "surrogateescape")), sure, continues)


def _is_risky(raw: str, begin: int, line: str) -> bool:
    """Tell whether "press a key to continue" is a question about what the line, or the two before, announce."""
    before = [each for each in raw[max(begin - 300, 0) : begin].split("\n") if each.strip()][-2:]
    if _RISK.search(line) is not None or _ASKS_BEFORE.search(line) is not None:
        return True
    if any(map(_WILL.search, (line, *before))):
        return True
    return any(_RISK.search(each) is not None and _ANNOUNCES.search(each) is not None for each in before)


def _raw_place(shown: _Shown, place: int) -> int:
    for in_text, in_raw in reversed(shown.places):
        if in_text <= place:
            return in_raw + place - in_text
    return shown.start


def _last_line(raw: str, begin: int) -> _Shown | None:
    """Return the last line from the last place to which the cursor was moved back. None if it was wiped."""
    start, length = begin, 0
    parts: list[str] = []
    places: list[tuple[int, int]] = []
    moved: int | None = None  # where the cursor was moved after the last text
    back = erased = False
    for token in _TOKEN.finditer(raw, begin):
        kind = token.lastgroup
        if token["text"] is not None:
            if moved is not None:
                start, length = moved, 0
                parts.clear()
                places.clear()
            places.append((length, token.start()))
            parts.append(token.group())
            length += len(token.group())
            moved, back, erased = None, False, False
        elif token["final"] is not None and token["final"] in "JK":
            erased = erased or back or token["numbers"] in ("1", "2")
        elif kind != "inert":
            moved = token.start() if moved is None else moved
            column = token["numbers"].rpartition(";")[2] if token["final"] in ("G", "H", "f") else "1"
            back = column in ("", "0", "1")
    return None if not parts or back or (erased and moved is not None) else _Shown(start, "".join(parts), places)


# -- removing them -----------------------------------------------------------------------------------------------------


def without_pagers(
    data: bytes | bytearray,
    spans: Sequence[tuple[int, int]],
    *,
    sure: bool = False,
    untouched: Sequence[int] | None = None,
) -> bytes | bytearray:
    """Return raw data without the prompts of pagers, and without what the device sent to wipe them.

    A terminal would show of the result what the device had sent without a pager, also where the prompt stood behind
    other text on its line. A prompt that nothing wipes is text if the device wipes others, or if its line goes on
    behind it and it is the only one.

    :param spans: start and end of each prompt that was answered, in order.
    :param sure: all of them are prompts of a pager.
    :param untouched: the numbers of those that nothing wipes, if they are known, see ``unwiped``.
    """
    if not spans:
        return data
    kept = bytearray()
    place = 0
    alone = True  # the last line of what is kept shows nothing
    indents: dict[
        str, int
    ] = {}  # blanks that a prompt begins with; behind other text, they are not known to be its own
    stops = [*(start for start, _end in spans[1:]), len(data)]
    never_wiped, texts = (set[str](), set[int]()) if sure else _ways(data, spans, untouched)
    labels = _labels(data, spans)
    for number, ((first, last), stop) in enumerate(zip(spans, stops, strict=True)):
        start = max(first, place)  # a part of it was taken for what wipes the one before
        end = max(last, start)
        text = _visible(data[start:end])
        newline = data.rfind(b"\n", place, start) + 1
        alone = (alone or newline > 0) and _VISIBLE.match(data, newline or place, start) is None
        kept += data[place:start]
        is_label = number in labels
        place, left = _wiped(
            data, end, stop, len(text), alone=alone or (is_label and _UP_AGAIN.match(data, end) is not None)
        )
        name = _name(text)
        goes_on = not sure and place == end and name not in never_wiped and _VISIBLE.match(data, end, stop)
        if number in texts or goes_on:
            place = start  # it quotes the prompt of a pager, and a packet ended there
        elif alone:
            indents[name] = len(text) - len(text.lstrip())
        else:
            indent = indents.get(name, left)
            if indent <= _WIDEST_INDENT and kept.endswith(b" " * indent):
                del kept[len(kept) - indent :]
            half = kept[max(kept.rfind(b"\n") + 1, len(kept) - _LONGEST_HALF) :]
            wipes_line = _HOME.search(data, end, place) is not None or left >= len(_visible(half)) > 0
            if is_label and wipes_line and data[place : place + len(half)] != half:
                del kept[len(kept) - len(half) :]
            elif len(half) >= _SHORTEST and b"\r" in data[end:place] and data.startswith(half, place):
                place += len(half)  # the device wiped its whole line, and wrote the text again
    kept += data[place:]
    return kept


def unwiped(data: bytes | bytearray, spans: Sequence[tuple[int, int]], first: int = 0) -> list[int]:
    """Return the numbers of the prompts that nothing wipes. Text that quotes a prompt looks the same.

    :param first: the number of the first prompt that is looked at.
    """
    found = []
    for number in range(first, len(spans)):
        start, end = spans[number]
        stop = spans[number + 1][0] if number + 1 < len(spans) else len(data)
        if not _is_touched(data, end, stop, len(_visible(data[start:end]))):
            found.append(number)
    return found


def quoting(
    data: bytes | bytearray, spans: Sequence[tuple[int, int]], untouched: Sequence[int] | None = None
) -> set[int]:
    """Return the numbers of the prompts that are text, because the device wipes others that are the same.

    :param untouched: see ``without_pagers``.
    """
    return _ways(data, spans, untouched)[1]


def _ways(
    data: bytes | bytearray, spans: Sequence[tuple[int, int]], numbers: Sequence[int] | None
) -> tuple[set[str], set[int]]:
    """Return the names of the prompts that came more than once and that nothing ever wipes, and the numbers of those
    that nothing wipes while the device wipes others that are the same."""
    untouched = set(unwiped(data, spans) if numbers is None else numbers)
    if not untouched:
        return set(), set()
    names = [_name(_visible(data[start:end])) for start, end in spans]
    wiped = {name for number, name in enumerate(names) if number not in untouched}
    never = {name for name, count in Counter(names).items() if count > 1 and name not in wiped}
    return never, {number for number in untouched if names[number] in wiped}


def _is_touched(data: bytes | bytearray, place: int, stop: int, width: int) -> bool:
    """Return whether the device moves the cursor back to a prompt or erases it, before a line end or other text."""
    column = width
    echo = _KEY_ECHO.match(data, place, stop)
    place = echo.end() if echo else place
    while (token := _AFTER.match(data, place, stop)) is not None:
        place = token.end()
        if token["newline"] is not None or data[place - 1 : place + 2] == b"\r\r\n":
            return data.startswith(_LINE_UP, place)
        if token["blank"] is not None:
            column += len(token.group())
        elif token["final"] is not None and token["final"] in b"JK":
            if column < width or token["numbers"] in (b"1", b"2"):
                return True
        elif token["inert"] is None:
            column = _moved(column, token)
            if column < width:
                return True
    return False


def _labels(data: bytes | bytearray, spans: Sequence[tuple[int, int]]) -> set[int]:
    """Return the numbers of the prompts that follow the same words on their line each time, as in ``config --More--``.

    Half a line that an answer has there is another one each time.
    """
    fronts = []
    for (_before, place), (start, _end) in zip([(0, 0), *spans], spans, strict=False):
        line = max(data.rfind(b"\n", place, start) + 1, place)
        fronts.append(_name(_visible(data[line:start])) if start - line <= _LONGEST_LABEL else "")
    counts = Counter(fronts)
    return {number for number, front in enumerate(fronts) if front and counts[front] == len(fronts) > 1}


def _name(prompt: str) -> str:
    """Return a prompt without what changes from page to page."""
    return _NUMBER.sub("0", prompt.strip())


def _visible(prompt: bytes | bytearray) -> str:
    tokens = _TOKEN.finditer(prompt.decode("utf-8", "replace"))
    return "".join(token["text"] for token in tokens if token["text"] is not None)


def _wiped(data: bytes | bytearray, place: int, stop: int, width: int, *, alone: bool) -> tuple[int, int]:
    """Return the end of what wipes a prompt that ends at ``place``, and how many columns before it are wiped too.

    The cursor is followed: it goes back to the start of the prompt, and blanks or a sequence erase it. Blanks from
    which the cursor does not go back are text.

    :param alone: nothing else stands on the prompt's line, so a line end that follows it belongs to it.
    """
    column = width
    erased = width + 1  # the first column that was erased
    returned = False  # the cursor was moved back after that
    lowest = 0
    echo = _KEY_ECHO.match(data, place, stop)
    place = echo.end() if echo else place
    while place < stop:
        token = _AFTER.match(data, place, stop)
        if token is None:
            break
        final = token["final"]
        is_wiped = erased < width and (returned or column <= 0)
        if token["newline"] is not None:
            if is_wiped or not alone:
                break
            place = token.end()
            if not data.startswith(_LINE_UP, place):
                break
            column = 0
            continue
        if token["blank"] is not None:
            size = len(token.group())
            to_line_end = alone and not is_wiped and (column == width or column + size >= max(width, _SHORTEST))
            if not _covers(_AFTER.match(data, token.end(), stop), to_line_end):
                break
            erased, returned = min(erased, column), False
            column += size
        elif final is not None and final in b"JK":
            erased = 0 if token["numbers"] in (b"1", b"2") else min(erased, column)
        elif final is not None or token["inert"] is None:
            column, returned = _moved(column, token), erased < width
            lowest = min(lowest, column)
        place = token.end()
    return place, -lowest


def _covers(following: re.Match[bytes] | None, to_line_end: bool) -> bool:
    """Tell by what follows blanks whether they only cover a prompt."""
    if following is None or following["blank"] is not None or following["inert"] is not None:
        return False
    if following["newline"] is not None:
        return to_line_end
    return following["final"] is None or following["final"] in b"DGHf"


def _moved(column: int, token: re.Match[bytes]) -> int:
    """Return the column after a move of the cursor."""
    if token["home"] is not None:
        return 0
    if token["back"] is not None:
        return column - len(token.group())
    number = token["numbers"][-20:].rpartition(b";")[2][-6:]
    count = int(number) if number.isdigit() else 1
    if token["final"] == b"D":
        return column - max(count, 1)
    return column if token["final"] == b"A" else max(count - 1, 0)
