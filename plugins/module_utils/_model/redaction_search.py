# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find where the secrets of a text are: behind a word that names one, at a place of a command, or by their shape.

The data is in ``redaction_names`` (words), ``redaction_commands`` (places) and ``redaction_rules`` (all else). A text
is searched for keywords. What looks at a keyword sees a bounded part of the text around it.
"""

from __future__ import annotations

import bisect
import itertools
import re
from collections.abc import Callable, Iterable, Iterator

from . import redaction_rules as rules
from .redaction_commands import COMMANDS, secrets_of
from .redaction_names import (
    COMMUNITY,
    KEY,
    LONGEST,
    LOOSE,
    NAME,
    NUMBERED,
    SNMP_COMMUNITY,
    TOKEN,
    holds_name,
    is_syntax,
    kind,
)

MASK = "redacted"
LONGEST_PREFIX = 300  # characters of a line before a keyword
_SHIFT = 3  # characters between the beginning of a header and of its values
_LINES_BEFORE = 40  # that are looked at for the blocks around a line
_ASCII_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_WORD_END = re.compile(r"[\w.-]{0,64}")
MASKED = re.compile(r"redacted(?:_(?:[0-9a-f]{64}|[0-9a-f]{32}|[0-9a-f]{16}|[0-9a-f]{8}))?")
_IN_TEXT = re.compile(r"redacted_[0-9a-f]{8,64}")
_PARTS_OF_V3 = ("auth-", "authentication-", "priv-", "privacy-")
_IN_COMMANDS = ("pass", "secret", "key", "communit", "psk", "snmp", "auth")  # one is in each command with a secret
_INDENT = re.compile(r"[-+ \t]{0,80}")
_NUMBERED_MD5 = re.compile(r"[ \t]{1,40}md5[ \t]{1,40}\d{1,3}[ \t]{1,40}[^ \t]{1,64}(?:[ \t]*\n|\Z)")
_DIGITS = re.compile(r"\d{1,10}")
_MARKS = " \t-+<>!|#*"  # before a command

Span = tuple[int, int]


def spans(text: str) -> list[Span]:
    """Return where the secrets of a text are, in order and apart from each other."""
    found = _found(text)
    lines = _with_lines_of_strings(text)
    if lines != text:
        # A value of a command ends with its line. A value of JSON is a whole string.
        whole = [
            (start, end)
            for start, end in found
            if lines[start:end] == text[start:end] or text[start - 1 : start] == text[end : end + 1] == '"'
        ]
        found = whole + _found(lines)
    found = merged(found)
    return _without_masks(text, found) if found and MASK in text else found


def _with_lines_of_strings(text: str) -> str:
    """Return a text, if it is JSON, with the commands and configurations in its strings as lines.

    All characters keep their places. Values of one line stay: they can be descriptions.
    """
    if text.lstrip()[:1] not in ("{", "[") or not any(word in text for word in _IN_COMMANDS):
        return text
    pattern = rules.JSON_STRING if "\\n" in text else rules.JSON_COMMAND
    return pattern.sub(_as_lines, text)


def _as_lines(match: re.Match[str]) -> str:
    colon, body = match[1] or "", match[2]
    if " " not in body or (colon and "\\n" not in body):
        return match[0]
    quotes = itertools.cycle((' "', '" '))
    lines = rules.JSON_ESCAPE.sub(lambda escape: next(quotes) if escape[0] == '\\"' else rules.ESCAPED[escape[0]], body)
    return f"{colon}\n{lines}".ljust(len(match[0]), "\n")


def _found(text: str) -> list[Span]:
    lower = text.lower()
    if len(lower) != len(text):  # a few letters have a lower case of two characters
        lower = text.translate(_ASCII_LOWER)
    found: list[Span] = []
    names: list[int] = []  # for each secret, the keyword that it was found by
    distinct = _distinct_lines(lower)
    for gate, looks in _SEARCHED:
        if gate not in distinct:
            continue
        for part, keyword, look in looks:
            place = lower.find(keyword) if part in distinct else -1
            while place >= 0:
                end = look(text, place, found)
                names += [place] * (len(found) - len(names))
                place = lower.find(keyword, max(end, place + len(keyword)))
    return _not_behind_secrets(text, found, names)


def _distinct_lines(text: str) -> bytes:
    """Return each line once, without digits. What is not in them without its digits is not in the text.

    The lines of configurations and tables often differ by numbers only. A search for each keyword in the whole text
    cost most of the time.
    """
    return b"\n".join(set(_without_digits(text).split(b"\n")))


def _without_digits(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass").translate(None, b"0123456789")


def _not_behind_secrets(text: str, found: list[Span], names: list[int]) -> list[Span]:
    """Leave out what was found by a keyword in a secret before it: ``password Password1 level 15``."""
    kept: list[Span] = []
    for (start, end), name in sorted(zip(found, names, strict=True)):
        before = bisect.bisect_right(kept, (name, len(text))) - 1
        last = kept[before][1] if before >= 0 else 0
        if name < last <= start and text[last - 1] not in ":=" and text[last : last + 1] not in (":", "="):
            continue
        if kept and start < kept[-1][1]:
            kept[-1] = kept[-1][0], max(end, kept[-1][1])
        elif end > start:
            kept.append((start, end))
    return kept


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
    while text[end - 1] == "." and end > place:  # dots up to the value
        end -= 1
    start = _word_start(text, place)
    named = kind(text[start:end])
    if not named or (start and text[start - 1] in "=%"):
        return end  # a value, or the name of a message of syslog
    line = _line_start(text, start)
    if named == KEY:
        named = _with_word_before(text, line, start, end)
        if not named:
            return end
    if line <= start and rules.PROSE.match(text, line, start):
        return end
    taken = _structured(text, line, start, end, named, found)
    if taken is not None:
        return taken
    if line > start or text[start - 1 : start] == "/":  # the end of a path
        return end
    if named in (COMMUNITY, SNMP_COMMUNITY):
        return _community(text, line, start, end, named, found)
    return _command(text, line, start, end, named, found)


def _with_word_before(text: str, line: int, start: int, end: int) -> str:
    """What ``key`` names together with the word before it: ``Pre-Shared Key``, ``public key``."""
    if start - 1 <= line or text[start - 1] != " " or not text[start - 2].isalnum():
        return KEY
    word = f"{text[_word_start(text, start - 1) : start - 1]}-{text[start:end]}"
    named = kind(word)
    return named if named in ("", NAME, NUMBERED) else KEY


def _structured(text: str, line: int, start: int, end: int, named: str, found: list[Span]) -> int | None:
    """Look for the secret in an assignment, in JSON, XML and YAML, or in a table. None if there is none of these."""
    after = text[end : end + 1]
    quoted = start > 0 and text[start - 1] in "\"'" and after == text[start - 1]
    if not quoted and after == '"' and text[start - 1 : start] == ":":
        quoted = rules.MODULE.search(text, max(0, start - LONGEST - 2), start) is not None
    is_list = named in (NAME, SNMP_COMMUNITY, COMMUNITY)
    if quoted:
        if named in (COMMUNITY, SNMP_COMMUNITY) and (match := rules.NAMES.match(text, end)):
            return _names(text, match.end(), found)
        if text.startswith("NTP_KEY", start) and (match := rules.NTP_KEYS.match(text, end)):
            return _ntp_keys(text, match.end(), found)
        if is_list and (match := rules.ENTRIES.match(text, end)):
            return _items(text, rules.NAMED_ENTRY, match.end(), named, found)
        if is_list and (match := rules.CHILD.match(text, end)):
            return _take(text, match, found) if named == NAME or _is_community(match) else match.end()
        if is_list or named == NUMBERED:
            before = rules.PAIR_BEFORE.search(text, max(0, start - LONGEST_PREFIX), start)
            pair = rules.PAIR.match(text, end) or (
                rules.DEFINED.match(text, end) if text.find("define", max(0, start - LONGEST), start) >= 0 else None
            )
            if named == COMMUNITY and pair and not _is_community(pair):
                return end
            if before or pair:
                if before:
                    _take(text, before, found)
                return max(_take(text, pair, found) if pair else end, end)
    if is_list and after in "\"':= " and (match := rules.LIST.match(text, end)):
        return _items(text, rules.ITEM, match.end(), named, found)
    if is_list and after == ":" and text[end + 1 : end + 2] in "\n \t" and (match := rules.YAML_ITEM.match(text, end)):
        while match:
            _take(text, match, found)
            end = match.end()
            match = rules.YAML_ITEM.match(text, end)
        return end
    if named == SNMP_COMMUNITY and after == ":" and (match := rules.YAML_KEY.match(text, end)):
        return _take(text, match, found, certain=True)
    if after == "=" and named == KEY and (match := rules.ENTRY_OF_KEY.match(text, end)) and kind(match[1]) == NAME:
        return _take(text, match, found, assigned=True)
    if match := rules.ASSIGNED.match(text, end):
        if _is_assigned(text, line, end, named, match):
            return _take(text, match, found, assigned=True)
        return match.start(match.lastindex or 0) if named != KEY else end
    if after == "<" and named != KEY and (match := rules.PAIR_OF_ELEMENTS.match(text, end)):
        return _take(text, match, found)
    if start and text[start - 1] in "<:":
        match = None
        if named != COMMUNITY or _in_element_of_snmp(text, start):
            match = rules.ELEMENT.match(text, end)
        if match is None and named == COMMUNITY:
            match = rules.ENTRY.match(text, end)
        if match and named != KEY and not (named == COMMUNITY and not _is_community(match)):
            return _take(text, match, found, assigned=True)
    if after == " " and text[end + 1 : end + 2] == "{" and named == NAME and (match := rules.IN_BLOCK.match(text, end)):
        return _take(text, match, found)
    if line <= start and named not in (KEY, LOOSE, TOKEN) and (rule := rules.TABLE_RULE.match(text, end)):
        return _table(text, line, start, end, rule, found)
    return None


def _is_assigned(text: str, line: int, end: int, named: str, match: re.Match[str]) -> bool:
    """Whether what follows ``=`` or ``:`` is a secret."""
    value, number = _group(match)
    quoted = text[match.start(number) - 1] in "\"'"
    if named not in (COMMUNITY, SNMP_COMMUNITY) and text[end : match.start(number)].strip(" \t.:=").lower() == "name":
        return False  # CAK name: 1
    if named == KEY:
        if text[end : end + 1] == "=" and rules.ROUTEROS.match(text, line):
            return True
        if text[end : end + 1] == "=" and rules.UCI_KEY.match(text, line, end):
            return len(value) > 1  # one digit is the number of a key
        if text[end : end + 1] == "=" and rules.URL_KEY.match(text, end - len("?key")):
            return looks_random(value)
        if "string" in text[end : match.start(number)].lower():
            return True
        before = text[line : match.start()].strip()
        return (
            text[end : end + 2] == " ="
            and before == text[line:end].strip()
            and before == "key"
            and (quoted or looks_random(value))
        )
    if named == COMMUNITY:
        return _is_community(match)
    if named == TOKEN:
        return looks_random(value) or (quoted and len(value) > 5 and text[end : end + 1] in "\"'")
    return looks_random(value) if named == LOOSE else True


def _ntp_keys(text: str, place: int, found: list[Span]) -> int:
    """Take the values of the keys of NTP in the configuration of SONiC."""
    while match := rules.NTP_KEY.match(text, place):
        _take(text, match, found)
        place = match.end()
    return place


def _items(text: str, pattern: re.Pattern[str], place: int, named: str, found: list[Span]) -> int:
    """Take the strings of a list, or the names of the entries of a list."""
    while match := pattern.match(text, place):
        if _is_secret(match[1], certain=named != NAME) and (named == NAME or _is_community(match)):
            found.append(match.span(1))
        place = match.end()
    return place


def _in_element_of_snmp(text: str, start: int) -> bool:
    """Whether the nearest element of SNMP before this place is open."""
    opened = text.rfind("<snmp", max(0, start - 10 * LONGEST_PREFIX), start)
    return opened >= 0 and text.find("</snmp", opened, start) < 0


def _command(text: str, line: int, start: int, end: int, named: str, found: list[Span]) -> int:
    """Look at a command with the name of a secret and, behind blanks, its value."""
    before = text[line:start].strip(_MARKS)
    if named == KEY and not before and (match := rules.KEY_OF_HEX.match(text, end)):
        return _take(text, match, found)
    after = rules.AFTER_NUMBER if named in (NUMBERED, KEY) or rules.AFTER_TYPE.match(text, end) else rules.AFTER_NAME
    match = after.match(text, end)
    if not match:
        return end
    value, number = _group(match)
    quoted = text[match.start(number) - 1] in "\"'"
    typed = quoted or rules.TYPED.match(text, end) is not None
    if named == KEY:
        keyed = rules.KEY_COMMAND.match(text, line, start) is not None or (before == "set" and quoted)
        own = not before and text[line : line + 1] in _MARKS and (_ends(text, match) or rules.CIPHERED.match(text, end))
        own = own or (not before and quoted and _ends(text, match))
        numbered = rules.CIPHERED.match(text, match.start(number) - 3) is not None and looks_random(value)
        if not (keyed or own or rules.CIPHERED.match(text, end) or numbered):
            return end
        if _DIGITS.fullmatch(text[end : match.start(number)].strip(" \t\"'") or "-") and not (
            quoted or looks_random(value) or rules.CIPHERED.match(text, end)
        ):
            return end  # a number, and an option
        if _DIGITS.fullmatch(value) and not (
            (keyed and rules.KEY_OF_SERVER.search(text, line, start)) or _in_server(text, line)
        ):
            return end  # the number of a key in a key chain
    elif not _is_named(text, line, start, end, match, before, named, typed=typed):
        return end
    if _names_next(text, text[start:end], named, end, match):
        return match.start(number)
    if value.isdigit() and (len(value) == 1 or (named == NUMBERED and len(value) < 6)):
        return end
    is_option = text[start] == "-" and value[:1] != "-"
    certain = is_option or (
        bool(before) and rules.TYPED.match(text, end) is not None and rules.COMMAND.match(text, line, start) is not None
    )
    last = _take(text, match, found, certain=certain)
    if quoted or looks_random(value) or last != match.end(number):
        return last
    return _behind(text, last, found)


def _behind(text: str, end: int, found: list[Span]) -> int:
    """Take what follows a word that was taken for a secret, if it looks like one: the word can be a type."""
    match = rules.NEXT.match(text, end)
    if match is None:
        return end
    value, number = _group(match)
    quoted = text[match.start(number) - 1] in "\"'"
    return _take(text, match, found) if quoted or (looks_random(value) and value[0] not in "-#!|&") else end


def _is_named(
    text: str, line: int, start: int, end: int, match: re.Match[str], before: str, named: str, *, typed: bool
) -> bool:
    """Whether a line with the name of a secret is a command, and not a sentence or a help text."""
    value, number = _group(match)
    if (value.lower() in rules.ORDINARY and not typed) or (value.endswith((":", "...")) and not typed):
        return False
    if named in (LOOSE, TOKEN):
        if end - start <= len("pass"):
            return False
        if named == LOOSE and before == "set" and not value.isdigit() and _ends(text, match):
            return True  # FortiOS: set NAME-key VALUE
        return looks_random(value) and value[0] != "-" and (named == LOOSE or len(value) > 7)
    if rules.CIPHERED.match(text, end) or (before and text[start] == "-"):
        return True
    if looks_random(value):
        return True
    if not before:
        if typed or _ends(text, match):
            return rules.HELP.match(text, end) is None or text[end : match.start(number)].strip() != ""
    elif rules.COMMAND.match(text, line, start):
        return rules.SENTENCE_NEXT.match(text, match.end()) is None
    if before.endswith(":"):
        return text[match.start(number) - 1] in "\"'" or value.startswith("0x")  # ipsec.secrets
    if text[start].isupper() or rules.HELP.match(text, end) or not rules.LIKE_COMMAND.match(text, line, end):
        return False
    newline = text.find("\n", match.end(), match.end() + LONGEST_PREFIX)
    rest = text[match.end() : newline if newline >= 0 else match.end() + LONGEST_PREFIX]
    return not (rules.SENTENCE.search(before) or rules.SENTENCE.search(rest)) and value[-1:] not in ".:,"


def looks_random(value: str) -> bool:
    """Whether a value is not a word, a name with a number, or an amount."""
    if len(value) < 4 or rules.LIKE_NAME.fullmatch(value):
        return False
    return rules.SPECIAL.search(value, 0, rules.LONGEST) is not None or (
        any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    )


def _in_server(text: str, line: int) -> bool:
    """Whether a line belongs to a server of RADIUS or TACACS: the line before it that is less indented says so."""
    return any(rules.SERVER.match(text, outer) for outer in itertools.islice(_enclosing(text, line), 1))


def _enclosing(text: str, line: int) -> Iterator[int]:
    """Yield the lines that open the blocks around a line, the innermost first: each is less indented."""
    indent = _indent(text, line)
    for before in _lines_before(text, line, _LINES_BEFORE):
        if _indent(text, before) < indent and not rules.NO_BLOCK.match(text, before):
            indent = _indent(text, before)
            yield before


def _indent(text: str, line: int) -> int:
    match = _INDENT.match(text, line)
    return len(match[0]) if match else 0


def _names_next(text: str, word: str, named: str, end: int, match: re.Match[str]) -> bool:
    """Whether what follows the name of a secret is not its value, but the name of the next value or of an entry.

    :param end: of the word.
    """
    if rules.NAMED.match(text, match.end()) and word.lower().endswith(("psk", "secret", "cak", "token")):
        return True
    value, number = _group(match)
    head = rules.HEAD.match(value)
    rest = value[head.end() :] if head else ""
    goes_on = text[match.end() : match.end() + 40].partition("\n")[0]
    goes_on = goes_on.strip() if goes_on[:1] == " " else ""
    if not head or not (goes_on or rest == ":" or (rest[:1] == "=" and rest.strip("=") != "")):
        return False
    if value.endswith(("-mode", "-type")):
        return True
    typed = text[end : match.start(number)].split()[-1:]
    is_type = typed and rules.TYPE.fullmatch(typed[0]) and not (typed[0].isdigit() and named in (NUMBERED, KEY))
    if not kind(head[0][:LONGEST]) or is_type or text[match.start(number) - 1] in "\"'":
        return False
    if is_syntax(head[0]):
        return rules.OPTION.match(text, match.end()) is None
    return word[:1].isupper() and head[0].replace("-", "").isalpha()  # Pre-Shared Key


def _ends(text: str, match: re.Match[str]) -> bool:
    """Whether a line ends behind a value, or goes on as such lines do."""
    _value, group = _group(match)
    last = match.end(group)
    end = last - 1 if text[last - 1 : last] in ";,}" else match.end()
    return rules.END.match(text, end) is not None


def _community(text: str, line: int, start: int, end: int, named: str, found: list[Span]) -> int:
    match = rules.AFTER_COMMUNITY.match(text, end)
    if named == COMMUNITY and not text[line:start].strip(_MARKS):
        opening = rules.OPENING.match(text, end)
        if opening:
            return _take(text, opening, found)
        if not match or not _ends(text, match):
            return end
        between = text[end : match.start(match.lastindex or 0)].strip(" \t\"'").lower()
        named_twice = between in ("name", "string") or rules.HASHED.match(text, match.end()) is not None
        if not named_twice and (line == start or not _in_snmp(text, line)):
            return end
    elif named == COMMUNITY and text[line:start].strip(_MARKS) == "set" and text[end : end + 2] == ' "':
        pass  # FortiOS; others have no quotes
    elif named == COMMUNITY and not rules.SNMP.match(text, line, start):
        if not (match and rules.HASHED.match(text, match.end())):
            return end
    elif match and text.startswith(" community-name ", match.end()):
        return end
    if match and _is_community(match):
        return _take(text, match, found, certain=True)
    return end


def _in_snmp(text: str, line: int) -> bool:
    """Whether a line is in a block of SNMP."""
    first = max(0, line - _LINES_BEFORE * LONGEST_PREFIX)
    if all(text.find(each, first, line) < 0 for each in ("snmp", "access-group")):
        return False  # without a look at each line: policies of BGP have many such lines
    return any(rules.SNMP_BLOCK.match(text, outer) for outer in _enclosing(text, line))


def _lines_before(text: str, line: int, most: int) -> Iterator[int]:
    """Yield where the lines before this one start, the nearest first."""
    for _line in range(most):
        if line <= 0:
            break
        line = text.rfind("\n", max(0, line - 1 - LONGEST_PREFIX), line - 1) + 1
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


def _table(text: str, line: int, start: int, end: int, rule: re.Match[str], found: list[Span]) -> int | None:
    """Take the column of a table whose header names a secret, up to an empty line. None if it is no table."""
    gap = max((match.end() for match in rules.TABLE_GAP.finditer(text, line, start)), default=line)
    of_words = rules.TABLE_OF_WORDS.match(text, line) is not None
    column = start - line if of_words else gap - line if text[line:gap].strip() else 0
    header = text[end : text.find("\n", end)]
    ruled = "--" in rule[0] or "==" in rule[0]
    if not (ruled and ("  " in header or column)) and not (column and (of_words or not header.strip())):
        return None
    if rule[0].count("\n") == 1 and not (of_words or (text[gap].isupper() and rules.TABLE_HEADER.match(text, line))):
        return None  # a line, and another
    place, rows = rule.end(), 0
    for _line in range(rules.TABLE_LINES):
        newline = text.find("\n", place)
        last = newline if newline >= 0 else len(text)
        row = text[place : min(last, place + 4 * LONGEST_PREFIX)]
        # A value of the last column can begin some characters before or behind its header.
        shifted = row.rstrip().rfind("  ") + 2 if column and not (header.strip() or of_words) else 0
        shifted = shifted if abs(shifted - column) <= _SHIFT else 0
        if not row.strip():
            if rows or newline < 0:
                break
        elif len(row) > column and (shifted or not column or not row[column - (1 if of_words else 2) : column].strip()):
            first = place + (shifted or column or len(row) - len(row.lstrip()))
            match = rules.TABLE_CELL.match(text, first, last)
            if match and (column or match.end() < last) and _is_community(match) and _is_secret(match[1]):
                found.append(match.span(1))
            rows += 1
        elif column:
            break
        place = last + 1
    return place if rows else None


def _communities_of_routeros(text: str, place: int, found: list[Span]) -> int:
    """Look at the communities of RouterOS, in a table or with their values in a line."""
    line = _line_start(text, place)
    if line > place:
        return place
    if rules.COMMUNITY_TABLE.match(text, line):
        begin = text.find("\n", place)
        while begin >= 0 and (match := rules.COMMUNITY_CELL.match(text, begin + 1)):
            if _is_secret(match[1], certain=True):
                found.append(match.span(1))
            begin = text.find("\n", match.end())
    elif match := rules.COMMUNITY_TERSE.match(text, line, place):
        _take(text, match, found, certain=True)
    return place


def _snmp(text: str, place: int, found: list[Span]) -> int:
    """Look at a line about SNMP: users of version 3, and receivers of traps."""
    line = _line_start(text, place)
    end = _line_end(text, place)
    if line > place:
        return end
    if rules.V3_LINE.search(text, line, end):
        if not rules.PROSE.match(text, line, end):
            _version_3(text, line, end, found)
    elif text.find("ost", place, end) >= 0 and (match := rules.TRAP_HOST.match(text, line, end)):
        _receiver(text, match, found)
    elif match := rules.TRAP_BLOCK.match(text, line):
        return _receivers_of_vrf(text, match.end(), found)
    elif match := rules.COMMUNITY_BLOCK.match(text, line):
        return _block_of_communities(text, match.end(), found)
    return end


def _receiver(text: str, match: re.Match[str], found: list[Span]) -> None:
    """Take the community of a receiver of traps."""
    value, number = _group(match)
    end = match.end(number)
    end += text[end : end + 1] in ("'", '"')
    if not (value in rules.NO_HOST or value.isdigit() or rules.BEFORE_COMMUNITY.match(text, end)):
        _take(text, match, found)


def _receivers_of_vrf(text: str, place: int, found: list[Span]) -> int:
    """Look at the lines of a block of receivers."""
    while text[place : place + 2].lstrip("-+")[:1] in (" ", "\t"):
        end = _line_end(text, place)
        if match := rules.TRAP_LINE.match(text, place, end):
            _receiver(text, match, found)
        newline = text.find("\n", end)
        place = newline + 1 if newline >= 0 else len(text)
    return place


def _version_3(text: str, at: int, end: int, found: list[Span]) -> None:
    """Look at the authentication and the privacy of a user."""
    while match := rules.V3.search(text, at, end):
        value, number = _group(match)
        at = match.end(number)
        is_name = (value.startswith(_PARTS_OF_V3) or kind(value[:LONGEST])) and not holds_name(value)
        if is_name and len(text[match.start() : match.start(number)].split()) > 1:
            is_name = rules.PRIVACY.match(text, match.end(), end) is None
        if value.lower() in rules.NO_V3 or is_name:
            at = match.start(number) - 1  # it is the name of the next value
        else:
            _take(text, match, found)


def _algorithms(text: str, place: int, found: list[Span]) -> int:
    """Look at the keys behind the names of algorithms, in a line about authentication or encryption."""
    line, end = _line_start(text, place), _line_end(text, place)
    if line > place or rules.PROSE.match(text, line, end):
        return end
    at = place
    while match := rules.ALGORITHM.search(text, at, end):
        value, number = _group(match)
        at = match.start(number) - 1
        holds = holds_name(value) and not is_syntax(value.lower())  # AES PSK
        is_name = not holds and kind(value[:LONGEST])
        is_word = value.lower() in rules.NO_ALGORITHM or is_name or rules.ALGORITHM.match(f" {value} x")
        quoted = text[match.start(number) - 1] in "\"'" or _NUMBERED_MD5.match(text, match.start()) is not None
        if not is_word and (quoted or holds or looks_random(value) or (value.isdigit() and len(value) > 7)):
            _take(text, match, found)
            at = match.end(number)
    return place


def _block_of_communities(text: str, place: int, found: list[Span]) -> int:
    """Take the names up to the end of the block. What is in the blocks within it has other names."""
    depth, indent = 0, _indent(text, _line_start(text, place - 1))
    for match in rules.LINE_OF_BLOCK.finditer(text, place - 1):
        if match[1] == "config" and _indent(text, match.start() + 1) <= indent:
            return match.start()  # another block, and the end of this one is missing
        place = match.end()
        depth += {"config": 1, "end": -1}.get(match[1], 0)
        if depth < 0 or match[1] == "/":
            break
        if not depth and (name := rules.COMMUNITY_NAME.match(text, match.start() + 1, _line_end(text, place))):
            _take(text, name, found)
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


def _receivers(text: str, place: int, found: list[Span]) -> int:
    """Look at the receivers of NX-OS, as a table or as JSON. With the versions 1 and 2c, the name is the community."""
    if match := rules.NAME_OF_TRAP.match(text, place + len("secname")):
        entry = text[max(0, place - LONGEST_PREFIX) : place].rpartition("{")[2]
        entry += text[match.end() : match.end() + LONGEST_PREFIX].partition("}")[0]
        is_community = '"v1"' in entry or '"v2c"' in entry
        return _take(text, match, found, certain=True) if is_community else match.end()
    begin = text.find("\n", place)
    while begin >= 0 and (match := rules.RECEIVER.match(text, begin + 1)):
        if match[1] is not None and _is_secret(match[1], certain=True):
            found.append(match.span(1))
        begin = text.find("\n", match.end())
    return place


def _security_name(text: str, place: int, found: list[Span]) -> int:
    end = place + len("securityname")
    match = rules.TRAP_OF_AGENT.match(text, end)
    return _take(text, match, found) if match else end


def _authentication(text: str, place: int, found: list[Span]) -> int:
    """Look at ``authentication`` and its compounds, of groups of routers and of Comware and VRP."""
    match = _WORD_END.match(text, place)
    end = match.end() if match else place
    if kind(text[_word_start(text, place) : end]):
        return _word(text, place, found)
    word = text[place:end].lower()
    line = _line_start(text, place)
    if line > place or rules.PROSE.match(text, line, end):
        return end
    if word == "authorization":
        match = rules.AUTHORIZATION.match(text, end)
    elif word.endswith("-mode"):
        match = rules.MODE.match(text, end)
    elif word == "authentication" and text.startswith(" mode", end):
        match = rules.HMAC.match(text, end)
    elif word == "authentication" and text.find(" privacy ", end, end + LONGEST_PREFIX) >= 0:
        _version_3(text, place - 1, _line_end(text, end), found)
        return end
    elif word == "authentication" and (rules.GROUP.match(text, line) or _in_group(text, line)):
        match = rules.GROUP_TEXT.match(text, line)
    else:
        match = None
    if match:
        value, _number = _group(match)
        is_name = kind(value[:LONGEST]) and not (holds_name(value) or _ends(text, match))
        if value.lower() not in rules.NO_ALGORITHM and not is_name:
            return _take(text, match, found)
    return _algorithms(text, end, found) if word.startswith("authentication") else end


def _in_group(text: str, line: int) -> bool:
    """Whether a line is in the block of a group of routers."""
    return any(rules.GROUP.match(text, outer) for outer in itertools.islice(_enclosing(text, line), 1))


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


def _user_at(text: str, place: int, found: list[Span]) -> int:
    """Look at ``user:password@server`` behind the name of a service."""
    match = rules.USER_AT.match(text, place, _line_end(text, place))
    return _take(text, match, found) if match else place


def _placed(gate: str, keyword: str) -> Callable[[str, int, list[Span]], int]:
    """Return what looks at the commands in which the place tells the secret."""

    def look(text: str, place: int, found: list[Span]) -> int:
        line, end = _line_start(text, place), _line_end(text, place)
        if line > place:
            return place
        for match, group, is_strict in secrets_of(gate, keyword, text, line, end):
            value = match[group]
            if value.lower() in rules.NO_ALGORITHM:
                continue
            if _is_secret(value, certain=not is_strict) and (not is_strict or looks_random(value) or holds_name(value)):
                found.append(match.span(group))
        return end

    return look


def _of_program(text: str, place: int, found: list[Span]) -> int:
    """Look at the arguments of a program that logs in somewhere: ``curl -u ann:password``."""
    line, end = _line_start(text, place), _line_end(text, place)
    match = rules.OF_PROGRAM.match(text, line, end) if line <= place else None
    if match:
        _take_all(match, found)
    return end


def _sshpass(text: str, place: int, found: list[Span]) -> int:
    match = rules.SSHPASS.match(text, place)
    return _take(text, match, found) if match else place


def _pass_of_openssl(text: str, place: int, found: list[Span]) -> int:
    match = rules.PASS_OF_OPENSSL.search(text, max(0, place - len("password ")), place + LONGEST_PREFIX)
    return _take(text, match, found) if match and match.start(1) == place + len("pass:") else place


# -- values that are secrets by their shape ----------------------------------------------------------------------------


def _shape(pattern: re.Pattern[str], offset: int = 0) -> Callable[[str, int, list[Span]], int]:
    """Return what looks for a shape.

    :param offset: of its beginning from the keyword.
    """

    def look(text: str, place: int, found: list[Span]) -> int:
        match = pattern.match(text, max(0, place + offset))
        if match is None:
            return place
        if not MASKED.fullmatch(match[1]):
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
    if right > left and not MASKED.fullmatch(body[left:right]):
        found.append((start + left, start + right))
    return end


def _block_end(text: str, start: int) -> int:
    match = rules.BLOCK_LINE.match(text, start, start + rules.LONGEST_BLOCK)
    return match.end() if match else start


# -- what is found -----------------------------------------------------------------------------------------------------


def _is_secret(value: str, *, certain: bool = False) -> bool:
    """Whether a value that follows the name of a secret is one, and not a word of a sentence or a mask."""
    return (
        bool(value)
        and value != "\\"
        and not (
            (not certain and value.lower() in rules.ORDINARY)
            or rules.HIDDEN.fullmatch(value)
            or value.startswith(("<", "?", "AAAA", "ssh-"))
            or MASKED.fullmatch(value)
            or (len(value) < 4 * LONGEST and _is_place(value))
        )
    )


is_secret = _is_secret


def _is_place(value: str) -> bool:
    """Whether a value is an address, a path or a time."""
    return any(pattern.fullmatch(value) for pattern in (rules.ADDRESS, rules.PATH, rules.MOMENT))


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
        if assigned and (more := rules.PARAMETER.search(kept)):
            end -= len(kept) - more.start()
            kept = kept[: more.start()]
        if (quote := rules.QUOTE.search(kept)) and _is_in_quotation(text, quote[0], start):
            end -= len(kept) - quote.start()  # the end of a quotation that has begun before
            kept = kept[: quote.start()]
        value = kept
        if assigned and value.isdigit() and text[match.start()] in "\"'":
            return end  # a number in JSON
    if _is_secret(value, certain=certain):
        found.append((start, end))
        return end
    return max(start, match.start() + 1)


def _is_in_quotation(text: str, mark: str, place: int) -> bool:
    """Whether a quotation has begun in the line before this place, and has not ended."""
    first = max(0, place - LONGEST_PREFIX)
    return text.count(mark, max(first, text.rfind("\n", first, place)), place) % 2 == 1


def _take_all(match: re.Match[str], found: list[Span]) -> None:
    for number in range(1, (match.lastindex or 0) + 1):
        value = match[number]
        if value is not None and _is_secret(value):
            found.append(match.span(number))


def _word_start(text: str, place: int) -> int:
    first = max(0, place - LONGEST)
    while place > first and (text[place - 1].isalnum() or text[place - 1] in "_-."):
        place -= 1
    return place


def _line_start(text: str, place: int) -> int:
    """Return the start of a line; of one that is too long for commands, a place behind ``place``."""
    newline = text.rfind("\n", max(0, place - LONGEST_PREFIX), place)
    if newline >= 0:
        return newline + 1
    return 0 if place <= LONGEST_PREFIX else place + 1


def _line_end(text: str, place: int) -> int:
    """Return the end of a line, or of the part of it that is looked at."""
    newline = text.find("\n", place, place + 2 * LONGEST_PREFIX)
    return min(newline if newline >= 0 else len(text), place + 2 * LONGEST_PREFIX)


_Look = Callable[[str, int, list[Span]], int]
_OFFSETS = {"=\t": -43, "%#": -2}
_SHAPES = {keyword: _shape(pattern, _OFFSETS.get(keyword, 0)) for keyword, pattern in rules.SHAPES}


def _all(look: _Look, *keywords: str) -> tuple[tuple[str, _Look], ...]:
    return tuple((keyword, look) for keyword in keywords)


def _places(gate: str) -> tuple[tuple[str, _Look], ...]:
    return tuple((keyword, _placed(gate, keyword)) for keyword in COMMANDS[gate])


def _shapes(*keywords: str) -> tuple[tuple[str, _Look], ...]:
    return tuple((keyword, _SHAPES[keyword]) for keyword in keywords)


_WITH_OTHERS = frozenset({"snmp", "auth", "config", "pass", "key", "encrypt", "user "})
# What a text must contain, in lower case, to be looked at for each kind of secret; then what stands at the place. A
# search costs more than what it finds, so what is rare is behind what is common to several.
_KEYWORDS: tuple[tuple[str, tuple[tuple[str, _Look], ...]], ...] = (
    (
        "pass",
        (
            *(("pass", _word), ("sshpass ", _sshpass), ("pass:", _pass_of_openssl)),
            *(*_shapes("grub.pbkdf2"), *_places("pass")),
        ),
    ),
    *((keyword, _all(_word, keyword)) for keyword in ("psk", "token", "pw", "credentials")),
    ("hash", (("phash", _word), ("nthash", _word))),
    ("secret", (("secret", _word), ("secret-data", _marked))),
    (
        "key",
        (
            ("key", _word),
            ("cak", _word),
            ("config-key", _config_key),
            *_all(_algorithms, "session-key "),
            *_places("key"),
        ),
    ),
    ("sap pmk", (("pmk", _word),)),
    ("cak ", _all(_word, "cak ")),
    ("communit", (("communit", _word), ("community", _sink))),
    ("begin ", _all(_block, "begin ")),
    ("snmp", (("snmp", _snmp), *_places("snmp"))),
    *((keyword, _all(_sink, keyword)) for keyword in ("sink", "com2sec", "createuser")),
    ("security model:", _all(_trap_user, "security model:")),
    ("secname", _all(_receivers, "secname")),
    ("securityname", _all(_security_name, "securityname")),
    (
        "auth",
        (
            *_all(_authentication, "authentication", "authorization"),
            *(*_places("auth"), *_all(_word, "auth-", "authtok", "masterauth")),
        ),
    ),
    ("encrypt", (*_all(_word, "encrypt-", "encryption-hex"), ("encryption ", _algorithms), *_places("encrypt"))),
    ("config", (("ntp key ", _algorithms), *_places("config"))),
    ("@", (*_shapes("://"), *_all(_user_at, "mail", "-proxy "))),
    ("read-access", _all(_communities_of_routeros, "read-access")),
    ("crypto ", _all(_imported, "crypto ")),
    ("user ", (*_places("user "), *_all(_of_program, "--user "))),
    *((gate, _places(gate)) for gate in COMMANDS if gate not in _WITH_OTHERS),
    ("%", (("%#", _SHAPES["%#"]), *_shapes("%@%@", "%$%$"))),
    ("{", _shapes("{ssha")),
    ("\t", _shapes("=\t")),
    (" -u", _all(_of_program, " -u")),
    *((keyword, _shapes(keyword)) for keyword in ("$", "hook", "eyj", "bearer ", " enc ", "-aq==")),
    *((keyword, _shapes(keyword)) for keyword in ("ghp_", "github_pat_", "glpat-", "hvs.", "cookie: ")),
)
_SEARCHED = tuple(
    (_without_digits(gate), tuple((_without_digits(keyword), keyword, look) for keyword, look in looks))
    for gate, looks in _KEYWORDS
)
