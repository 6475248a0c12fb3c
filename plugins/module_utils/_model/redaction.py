# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mask the secrets that devices show, such as the communities and password hashes of a configuration.

``secrets`` masks the credentials of a run, which are known. Here the secrets are found by the words before them and by
their shape. The rules are in ``redaction_rules``. A text without any of the keywords costs a few searches.

A mask is ``redacted_`` and a part of a keyed hash of the secret: the same secret has the same mask, and another secret
has another. Longer secrets have longer masks. Without the key, only this class of length can be read from a mask.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from . import redaction_rules as rules
from .redaction_transcript import redacted_lines
from .secrets import ORDINARY_WORDS, SHORTEST_WRAPPED

MASK = "redacted"
_CLASSES = ((16, 8), (32, 16), (64, 32))  # up to this length, the digits of the hash; more have 64
_LONGEST_PREFIX = 300  # characters of a line before a keyword
_SHORTEST_VIEW = 140  # characters of a line that are seen together
_MOST_PASSES = 8
_IN_CELLS = (" ", "$", "=", ":", "%")
_LONGEST_WORD = 64
_LINES_BEFORE = 10  # that are looked at for the block of a line
_ASCII_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_WORD_END = re.compile(r"[\w.-]{0,64}")
_MASKED = re.compile(r"redacted(?:_(?:[0-9a-f]{64}|[0-9a-f]{32}|[0-9a-f]{16}|[0-9a-f]{8}))?")
_IN_TEXT = re.compile(r"redacted_[0-9a-f]{8,64}")
_BLANKS = re.compile(r"[-+ \t]{0,80}")
_DIGITS = re.compile(r"\d{1,10}")
_LIKE_WORD = re.compile(r"[A-Za-z_.-]+|\d{1,6}|[\d.:/]+")

Span = tuple[int, int]


class Redaction:
    """Masks secrets in texts, rows and answers.

    :param key: of the hash. Without it, all masks are the same word, and a changed secret cannot be seen.
    """

    def __init__(self, key: bytes | None) -> None:
        self._key = key

    def mask(self, secret: str) -> str:
        """Return the mask of a secret."""
        if self._key is None:
            return MASK
        digits = next((digits for longest, digits in _CLASSES if len(secret) <= longest), 64)
        data = secret.encode("utf-8", "surrogatepass")
        return f"{MASK}_{hashlib.blake2b(data, key=self._key, digest_size=32).hexdigest()[:digits]}"

    def text(self, text: str) -> str:
        """Mask the secrets in a text of a device."""
        return self._masked(text, spans(text))

    def difference(self, text: str) -> str:
        """Mask the secrets in a unified diff. A part of a private key has no line before it that names it."""
        found = [*spans(text), *(match.span(1) for match in rules.BASE64_LINE.finditer(text))]
        return self._masked(text, merged(found))

    def value(self, value: Any, name: str = "") -> Any:
        """Mask plain data: what is a secret by its name, and what is one in a text."""
        if isinstance(value, str):
            if name and _names_secret(name) and _is_secret(value.strip()):
                return self.mask(value)
            return self.text(value)
        if isinstance(value, list):
            return [self.value(each, name) for each in value]
        if isinstance(value, Mapping):
            return {key: self.value(each, str(key)) for key, each in value.items()}
        return value

    def answer(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        """Mask an answer as ``collect`` returns it: texts, rows, differences, values and messages."""
        outputs = answer.get("output")
        if not isinstance(outputs, Mapping) or not all(isinstance(each, Mapping) for each in outputs.values()):
            return dict(self.value(answer))  # not as collect returns it
        texts = {command: str(output.get("text") or "") for command, output in outputs.items()}
        found = {command: spans(text) for command, text in texts.items()}
        secrets = self._secrets(texts, found)
        again = [secret for secret in secrets if _is_distinctive(secret, answer)]
        made = {}
        for command, output in outputs.items():
            made[command] = self._output(output, texts[command], found[command], secrets, again)
        return {
            **answer,
            **({"error": self._error(answer["error"])} if answer.get("error") else {}),
            **({"connection": self.value(answer["connection"])} if answer.get("connection") else {}),
            **({"value": self.value(answer["value"])} if answer.get("value") is not None else {}),
            "output": made,
        }

    def transcript(self, transcript: str, answer: Mapping[str, Any]) -> str:
        """Mask the lines of a transcript. Secrets in the texts of the answer, unmasked, are masked there too."""
        texts = {command: output.get("text") or "" for command, output in (answer.get("output") or {}).items()}
        secrets = self._secrets(texts, {command: spans(text) for command, text in texts.items()})
        again = [secret for secret in secrets if _is_distinctive(secret, answer)]
        return redacted_lines(lambda text: self._places(text, again), transcript)

    def _places(self, text: str, again: Iterable[str]) -> list[tuple[int, int, str]]:
        found = merged([*spans(text), *_occurrences(text, again)])
        return [(start, end, self.mask(text[start:end])) for start, end in found]

    def _output(
        self, output: Mapping[str, Any], text: str, found: list[Span], secrets: Mapping[str, str], again: list[str]
    ) -> dict[str, Any]:
        made = dict(output)
        if text:
            more = list(_occurrences(text, again))
            made["text"] = self._masked(text, merged([*found, *more]) if more else found)
        if output.get("rows"):
            made["rows"] = self._rows(output["rows"], secrets, set(again))
        if output.get("diff"):
            made["diff"] = self.difference(output["diff"])
        if output.get("error"):
            made["error"] = self._error(output["error"])
        if output.get("rows_message"):
            made["rows_message"] = self.text(output["rows_message"])
        return made

    def _rows(self, value: Any, secrets: Mapping[str, str], again: set[str], name: str = "") -> Any:
        """Mask rows. Their structure stays, and so does each cell that is not a secret."""
        if isinstance(value, str):
            cell = value.strip()
            if cell in secrets and (cell in again or _may_hold_secret(name)):
                return secrets[cell]
            if name and _names_secret(name) and _is_secret(cell):
                return self.mask(cell)
            # A cell that is one word has no name of a secret in it, but it can have the shape of one.
            return self.text(value) if any(mark in value for mark in _IN_CELLS) else value
        if isinstance(value, list):
            return [self._rows(each, secrets, again, name) for each in value]
        if isinstance(value, Mapping):
            names = secrets if name == "communities" else {}
            return {names.get(key, key): self._rows(each, secrets, again, str(key)) for key, each in value.items()}
        return value

    def _error(self, error: Any) -> Any:
        return {key: self.text(each) if isinstance(each, str) else each for key, each in error.items()}

    def _secrets(self, texts: Mapping[str, str], found: Mapping[str, list[Span]]) -> dict[str, str]:
        secrets: dict[str, str] = {}
        for command, places in found.items():
            for start, end in places:
                secret = texts[command][start:end]
                secrets[secret] = self.mask(secret)
        return secrets

    def _masked(self, text: str, found: Sequence[Span]) -> str:
        """Replace the secrets, until no more are found: a mask can be shorter than what it replaces."""
        for _again in range(_MOST_PASSES):
            if not found:
                break
            parts, at, looks_again = [], 0, False
            for start, end in found:
                parts += [text[at:start], self.mask(text[start:end])]
                at = end
                looks_again = looks_again or _is_long(text, start, end)
            text = "".join([*parts, text[at:]])
            found = spans(text) if looks_again else ()
        return text


def _is_long(text: str, start: int, end: int) -> bool:
    """Whether the line of a secret is longer than what is searched around a keyword at least."""
    if end - start > _SHORTEST_VIEW:
        return True
    newline = text.find("\n", end, end + _SHORTEST_VIEW)
    begin = text.rfind("\n", max(0, start - _SHORTEST_VIEW), start)
    if newline < 0:
        newline = len(text) if len(text) - end < _SHORTEST_VIEW else end + _SHORTEST_VIEW
    if begin < 0:
        begin = max(-1, start - _SHORTEST_VIEW)
    return newline - begin > _SHORTEST_VIEW


def spans(text: str) -> list[Span]:
    """Return where the secrets of a text are, in order and apart from each other."""
    lower = text.lower()
    if len(lower) != len(text):  # a few letters have a lower case of two characters
        lower = text.translate(_ASCII_LOWER)
    found: list[Span] = []
    for gate, looks in KEYWORDS:
        first = lower.find(gate)
        if first < 0:
            continue
        for keyword, look in looks:
            place = first if keyword == gate else lower.find(keyword, max(0, first - len(keyword)))
            while place >= 0:
                place = lower.find(keyword, max(look(text, place, found), place + len(keyword)))
    found = merged(found)
    return _without_masks(text, found) if found and MASK in text else found


def _without_masks(text: str, found: list[Span]) -> list[Span]:
    """Leave out what overlaps with a mask, so that a mask never becomes a part of another one."""
    masks = iter([*(match.span() for match in _IN_TEXT.finditer(text)), (len(text) + 1, len(text) + 1)])
    kept, mask = [], next(masks)
    for start, end in found:
        while mask[1] <= start:
            mask = next(masks)
        if end <= mask[0]:
            kept.append((start, end))
    return kept


def merged(found: Iterable[Span]) -> list[Span]:
    """Return the spans in order, with those that overlap as one."""
    made: list[Span] = []
    for start, end in sorted(found):
        if made and start < made[-1][1]:
            made[-1] = made[-1][0], max(end, made[-1][1])
        elif end > start:
            made.append((start, end))
    return made


# -- words that name a secret ------------------------------------------------------------------------------------------
# Each function is given the place of a keyword, adds what it finds, and returns from where on to search.


def _word(text: str, place: int, found: list[Span]) -> int:
    """Look at a word that may name a secret, and at what follows it."""
    match = _WORD_END.match(text, place)
    end = match.end() if match else place
    start = _word_start(text, place)
    word = text[start:end]
    kind = _kind(word)
    if not kind:
        return end
    line = _line_start(text, start)
    if line <= start and rules.PROSE.match(text, line, start):
        return end
    if kind == _COMMUNITY and word == "communities" and (match := rules.NAMES.match(text, end)):
        return _names(text, match.end(), found)
    match = rules.ASSIGNED.match(text, end)
    if match and (kind != _KEY or (text[end : end + 1] == "=" and rules.ROUTEROS.match(text, line))):
        return _take(text, match, found, assigned=True) if kind != _COMMUNITY or _is_community(match) else match.end()
    if start and text[start - 1] in "<:":
        match = (rules.ENTRY if kind == _COMMUNITY and "-" not in word else rules.ELEMENT).match(text, end)
        if match and kind != _KEY and not (kind == _COMMUNITY and not _is_community(match)):
            return _take(text, match, found, assigned=True)
    if kind == _COMMUNITY and (match := rules.TABLE.match(text, line)):
        return _table(text, match.end(), found)
    if word != word.lower():
        return end
    if kind == _COMMUNITY:
        return _community(text, line, start, end, found)
    return _command(text, line, start, end, kind, found)


def _command(text: str, line: int, start: int, end: int, kind: str, found: list[Span]) -> int:
    """Look at a command with the name of a secret and, behind a blank, its value."""
    after = rules.AFTER_NUMBER if kind in (_NUMBERED, _KEY) else rules.AFTER_NAME
    match = after.match(text, end)
    if not match:
        return end
    value = _group(match)[0]
    before = text[line:start].strip(" \t-+")
    certain = False
    if kind == _KEY:
        named = rules.KEY_COMMAND.match(text, line, start) is not None or (before == "set" and match[0][-1:] in "\"'")
        own = not before and text[line : line + 1] in " \t-+" and _ends(text, match)
        if not (named or own or rules.CIPHERED.match(text, end)):
            return end
        if _DIGITS.fullmatch(value) and not (named or _in_server(text, line)):
            return end  # the number of a key in a key chain
    elif not before:
        typed = rules.TYPED.match(text, end) is not None or match[0].endswith(('"', "'"))
        if not typed and not _ends(text, match):
            return end
    elif not rules.CIPHERED.match(text, end) and not rules.COMMAND.match(text, line, start):
        return end
    else:  # even if it is an ordinary word
        certain = rules.TYPED.match(text, end) is not None and rules.COMMAND.match(text, line, start) is not None
    if _names_next(text, value, match):
        return match.start(match.lastindex or 0)
    if value.isdigit() and (len(value) == 1 or (kind == _NUMBERED and len(value) < 6)):
        return end
    return _take(text, match, found, certain=certain)


def _in_server(text: str, line: int) -> bool:
    """Whether a line belongs to a server of RADIUS or TACACS: the line before it that is less indented says so."""
    indent = _indent(text, line)
    outer = (before for before in _lines_before(text, line, _LINES_BEFORE) if _indent(text, before) < indent)
    return any(rules.SERVER.match(text, before) for before in itertools.islice(outer, 1))


def _indent(text: str, line: int) -> int:
    match = _BLANKS.match(text, line)
    return len(match[0]) if match else 0


def _names_next(text: str, value: str, match: re.Match[str]) -> bool:
    """Whether what follows the name of a secret is not its value, but the name of the next value or of an entry."""
    if rules.NAMED.match(text, match.end()):
        return True
    is_name = value.endswith("-mode") or bool(_kind(value))
    return is_name and text[match.end() : match.end() + 1] == " "


def _ends(text: str, match: re.Match[str]) -> bool:
    """Whether a line ends behind a value, or goes on as such lines do."""
    _value, group = _group(match)
    last = match.end(group)
    end = last - 1 if text[last - 1 : last] in ";,}" else match.end()
    return rules.END.match(text, end) is not None


def _community(text: str, line: int, start: int, end: int, found: list[Span]) -> int:
    if line == start or not text[line:start].strip(" \t-+"):
        match = rules.OPENING.match(text, end)
        if match:
            return _take(text, match, found)
        match = rules.AFTER_COMMUNITY.match(text, end)
        if not match or not _ends(text, match):
            return end
        if not text[start:end].endswith("name") and (line == start or not _in_snmp(text, line)):
            return end
    elif text[line:start].strip(" \t-+") == "set" and text[end : end + 2] == ' "':  # FortiOS; others have no quotes
        pass
    elif not rules.SNMP.match(text, line, start):
        return end
    match = rules.AFTER_COMMUNITY.match(text, end)
    if match and _is_community(match):
        return _take(text, match, found, certain=True)
    return end


def _in_snmp(text: str, line: int) -> bool:
    """Whether the lines before this one open a block of SNMP."""
    return any(rules.SNMP_BLOCK.match(text, before) for before in _lines_before(text, line, 2 * _LINES_BEFORE))


def _lines_before(text: str, line: int, most: int) -> Iterator[int]:
    """Yield where the lines before this one start, the nearest first."""
    for _line in range(most):
        if line <= 0:
            break
        line = text.rfind("\n", max(0, line - 1 - _LONGEST_PREFIX), line - 1) + 1
        yield line


def _is_community(match: re.Match[str]) -> bool:
    words = _group(match)[0][: rules.LONGEST_COMMUNITY].replace(",", " ").rstrip(";").split()
    return not all(map(rules.NO_COMMUNITY.fullmatch, words))


def _names(text: str, place: int, found: list[Span]) -> int:
    """Take the names of an object in JSON."""
    while match := rules.NAME.match(text, place):
        if _is_secret(match[1], certain=True) and not rules.NO_COMMUNITY.fullmatch(match[1]):
            found.append(match.span(1))
        place = match.end()
    return place


def _table(text: str, place: int, found: list[Span]) -> int:
    """Take the first column of a table of communities, up to an empty line."""
    while match := rules.TABLE_ROW.match(text, place):
        if _is_secret(match[1]):
            found.append(match.span(1))
        newline = text.find("\n", match.end())
        if newline < 0:
            return len(text)
        place = newline + 1
    return place


def _snmp(text: str, place: int, found: list[Span]) -> int:
    """Look at a line about SNMP: users of version 3, and receivers of traps."""
    line = _line_start(text, place)
    newline = text.find("\n", place, place + 2 * _LONGEST_PREFIX)
    end = min(newline if newline >= 0 else len(text), place + 2 * _LONGEST_PREFIX)
    if line > place or rules.PROSE.match(text, line, end):
        return end
    if rules.V3_LINE.search(text, line, end):
        _version_3(text, line, end, found)
    match = rules.TRAP_HOST.match(text, line, end)
    if match and _group(match)[0] not in rules.NO_HOST and not _group(match)[0].isdigit():
        _take(text, match, found)
    match = rules.COMMUNITY_BLOCK.match(text, line)
    if match:
        return _block_of_communities(text, match.end(), found)
    match = rules.SINK.match(text, line, end)
    if match:
        _take(text, match, found)
    return end


def _version_3(text: str, at: int, end: int, found: list[Span]) -> None:
    """Look at the authentication and the privacy of a user."""
    while match := rules.V3.search(text, at, end):
        value, number = _group(match)
        at = match.end(number)
        if value in rules.NO_V3 or _kind(value) or value.startswith(("auth-", "priv-", "privacy-")):
            at = match.start(number) - 1  # it is the name of the next value
        else:
            _take(text, match, found)


def _block_of_communities(text: str, place: int, found: list[Span]) -> int:
    for _line in range(rules.COMMUNITY_LINES):
        newline = text.find("\n", place)
        end = newline if newline >= 0 else len(text)
        line = text[place : min(end, place + 1000)].strip()
        if line in ("end", "next end") or line.startswith("/") or place >= len(text):
            break
        match = rules.COMMUNITY_NAME.match(text, place, min(end, place + 1000))
        if match:
            _take(text, match, found)
        place = end + 1
    return place


def _sink(text: str, place: int, found: list[Span]) -> int:
    """Look at a line of the configuration of Net-SNMP."""
    line = _line_start(text, place)
    for pattern in (rules.SINK, rules.CREATE_USER):
        match = pattern.match(text, line) if line <= place else None
        if match:
            _take_all(match, found)
            return match.end()
    return place


def _trap_user(text: str, place: int, found: list[Span]) -> int:
    start = max(text.rfind("\n", max(0, place - 200), place) + 1, place - 200)
    for match in rules.TRAP_USER.finditer(text, start, place + 40):
        _take(text, match, found)
    return place


def _security_name(text: str, place: int, found: list[Span]) -> int:
    end = place + len("securityname")
    match = rules.TRAP_OF_AGENT.match(text, end)
    return _take(text, match, found) if match else end


def _authentication(text: str, place: int, found: list[Span]) -> int:
    """Look at ``authentication`` and its compounds, of groups of routers and of Comware and VRP."""
    match = _WORD_END.match(text, place)
    end = match.end() if match else place
    word = text[place:end]
    line = _line_start(text, place)
    if line > place or rules.PROSE.match(text, line, end):
        return end
    if word == "authorization":
        match = rules.AUTHORIZATION.match(text, end)
    elif word.endswith("-mode"):
        match = rules.MODE.match(text, end)
    elif word == "authentication" and text.startswith(" mode", end):
        match = rules.HMAC.match(text, end)
    elif word == "authentication" and text.find(" privacy ", end, end + _LONGEST_PREFIX) >= 0:
        newline = text.find("\n", end, end + _LONGEST_PREFIX)
        _version_3(text, place - 1, newline if newline >= 0 else end + _LONGEST_PREFIX, found)
        return end
    elif word == "authentication" and rules.GROUP.match(text, line):
        match = rules.GROUP_TEXT.match(text, line)
    else:
        match = None
    if word.lower() == "authorization" and match is None:
        match = rules.AUTHORIZATION.match(text, end)
    if match and _group(match)[0] not in ("md5", "text", "key-string", "key-chain", "simple", "message-digest"):
        return _take(text, match, found)
    return end


def _marked(text: str, place: int, found: list[Span]) -> int:
    """Look at what Junos marks as a secret: what is before the semicolon."""
    line = _line_start(text, place)
    end = text.rfind(";", min(line, place), place)
    strings = [match.span(1) for match in rules.STRING.finditer(text, min(line, place), max(end, 0))]
    if strings and strings[-1][1] == end - 1:
        start, end = strings[-1]
    else:
        start = text.rfind(" ", line, end) + 1
    if start > line and _is_secret(text[start:end]):
        found.append((start, end))
    return place


def _imported(text: str, place: int, found: list[Span]) -> int:
    match = rules.IMPORT.match(text, place) if place == _line_start(text, place) else None
    return _take(text, match, found) if match else place


def _config_key(text: str, place: int, found: list[Span]) -> int:
    match = rules.CONFIG_KEY.match(text, place + len("config-key"))
    return _take(text, match, found) if match else place


# -- values that are secrets by their shape ----------------------------------------------------------------------------


def _shape(pattern: re.Pattern[str]) -> Callable[[str, int, list[Span]], int]:
    def look(text: str, place: int, found: list[Span]) -> int:
        match = pattern.match(text, place)
        if match is None:
            return place
        if not _MASKED.fullmatch(match[1]):
            found.append(match.span(1))
        return match.end(1)

    return look


def _block(text: str, place: int, found: list[Span]) -> int:
    """Look at what is between the lines that begin and end a private key. Those two lines stay."""
    newline = text.rfind("\n", max(0, place - 80), place) + 1
    match = rules.BLOCK.search(text, max(newline, place - 80), place + 80)
    if match is None or match.end() <= place:
        return place
    start = match.end()
    ended = rules.BLOCK_END.search(text, start, start + rules.LONGEST_BLOCK)
    end = ended.start() if ended else _block_end(text, start)
    body = text[start:end]
    begin = rules.BLOCK_BEGIN.match(body)
    left = begin.end() if begin else 0
    right = len(body)
    while right > left and (body[right - 1] in " \t\r\n+-" or body[right - 2 : right] in ("\\n", "\\r")):
        right -= 1 if body[right - 1] in " \t\r\n+-" else 2
    if right > left and not _MASKED.fullmatch(body[left:right]):
        found.append((start + left, start + right))
    return end


def _block_end(text: str, start: int) -> int:
    match = rules.BLOCK_LINE.match(text, start, start + rules.LONGEST_BLOCK)
    return match.end() if match else start


# -- what is found -----------------------------------------------------------------------------------------------------

_NAME, _NUMBERED, _KEY, _COMMUNITY = "name", "numbered", "key", "community"


@functools.lru_cache(maxsize=4096)
def _kind(word: str) -> str:
    """What a word names: a secret, the key of a protocol, a community, or nothing."""
    name = word.lower().replace("_", "-").rstrip(".")
    if name == "key" or name.endswith(".key"):
        return _KEY
    if name == "cak":
        return _NAME
    if name in (
        "community",
        "communities",
        "communityname",
        "community-name",
        "communitystring",
        "community-string",
        "community-map",
    ):
        return _COMMUNITY
    if not name.endswith(rules.SECRET_ENDINGS) or name in rules.NO_SECRETS:
        return ""
    return _NUMBERED if name.endswith(rules.NEEDS_NUMBER) else _NAME


@functools.lru_cache(maxsize=4096)
def _names_secret(column: str) -> bool:
    """Whether the name of a column or key names a secret. ``key`` and ``token`` name other things too."""
    return _kind(column[:_LONGEST_WORD]) in (_NAME, _NUMBERED) and not column.lower().endswith("token")


@functools.lru_cache(maxsize=4096)
def _may_hold_secret(column: str) -> bool:
    """Whether a secret of the answer is masked in this column even if it is an ordinary word."""
    return bool(_kind(column[:_LONGEST_WORD])) or any(
        part in column.lower() for part in ("communit", "secret", "passw", "key", "hash", "psk", "string", "secname")
    )


def _is_secret(value: str, *, certain: bool = False) -> bool:
    """Whether a value that follows the name of a secret is one, and not a word of a sentence or a mask."""
    return bool(value) and not (
        (not certain and value.lower() in rules.ORDINARY)
        or rules.HIDDEN.fullmatch(value)
        or value.startswith(("<", "?", "AAAA", "ssh-"))
        or _MASKED.fullmatch(value)
    )


def _is_distinctive(secret: str, answer: Mapping[str, Any]) -> bool:
    """Whether a secret is not a word or number that is in texts for other reasons, so that it is masked everywhere."""
    return (
        len(secret) >= SHORTEST_WRAPPED
        and not _LIKE_WORD.fullmatch(secret)
        and secret.lower() not in ORDINARY_WORDS
        and secret not in (answer.get("host"), answer.get("name"))
        and "\n" not in secret
    )


def _occurrences(text: str, again: Iterable[str]) -> Iterator[Span]:
    """Find secrets as whole words."""
    for secret in again:
        place = text.find(secret)
        while place >= 0:
            end = place + len(secret)
            if not (text[place - 1 : place].isalnum() or text[end : end + 1].isalnum()):
                yield place, end
            place = text.find(secret, end)


def _group(match: re.Match[str]) -> tuple[str, int]:
    """Return the value that was found, and the number of its group."""
    number = match.lastindex or 0
    return match[number], number


def _take(text: str, match: re.Match[str], found: list[Span], *, assigned: bool = False, certain: bool = False) -> int:
    """Add the value of a match if it is a secret, and return its end.

    :param assigned: behind ``=`` or ``:``.
    :param certain: even if it is an ordinary word.
    """
    value, number = _group(match)
    start, end = match.span(number)
    if text[start - 1 : start] not in ('"', "'"):
        kept = value.rstrip(";,") if not assigned else value.rstrip(";")
        end -= len(value) - len(kept)
        if kept.endswith(("}", ")", "]")) and not any(each in kept for each in "{(["):
            kept = kept[:-1]
            end -= 1
        value = kept
        if assigned and value.isdigit() and text[match.start()] in "\"'":
            return end  # a number in JSON
    if _is_secret(value, certain=certain):
        found.append((start, end))
        return end
    return max(start, match.start() + 1)


def _take_all(match: re.Match[str], found: list[Span]) -> None:
    for number in range(1, (match.lastindex or 0) + 1):
        value = match[number]
        if value is not None and _is_secret(value):
            found.append(match.span(number))


def _word_start(text: str, place: int) -> int:
    first = max(0, place - _LONGEST_WORD)
    while place > first and (text[place - 1].isalnum() or text[place - 1] in "_-."):
        place -= 1
    return place


def _line_start(text: str, place: int) -> int:
    """Return the start of a line; of one that is too long for commands, a place behind ``place``."""
    newline = text.rfind("\n", max(0, place - _LONGEST_PREFIX), place)
    if newline >= 0:
        return newline + 1
    return 0 if place <= _LONGEST_PREFIX else place + 1


_Look = Callable[[str, int, list[Span]], int]
_SHAPES = {keyword: _shape(pattern) for keyword, pattern in rules.SHAPES}
_MARKS = tuple((mark, _SHAPES[mark]) for mark in rules.MARKS)
# What a text must contain, in lower case, to be looked at for each kind of secret; then what stands at the place.
KEYWORDS: tuple[tuple[str, tuple[tuple[str, _Look], ...]], ...] = (
    *(
        (keyword, ((keyword, _word),))
        for keyword in ("passw", "phrase", "psk", "token", "pwd", "common-pw", "pmk", "cak")
    ),
    ("secret", (("secret", _word), ("secret-data", _marked))),
    ("key", (("key", _word), ("config-key", _config_key), ("private key", _block), ("static key", _block))),
    ("communit", (("communit", _word), ("community", _sink))),
    ("pkcs12", (("pkcs12-", _block), ("pkcs12 -", _block))),
    ("snmp", (("snmp", _snmp),)),
    ("sink", (("sink", _sink),)),
    ("com2sec", (("com2sec", _sink),)),
    ("createuser", (("createuser", _sink),)),
    ("security", (("security model:", _trap_user), ("securityname", _security_name))),
    ("authentication", (("authentication", _authentication),)),
    ("authorization", (("authorization", _authentication),)),
    ("crypto ", (("crypto pki", _imported), ("crypto ca", _imported))),
    ("%", _MARKS),
    *((keyword, ((keyword, look),)) for keyword, look in _SHAPES.items() if keyword not in rules.MARKS),
)
