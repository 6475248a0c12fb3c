# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mask the secrets that devices show, such as the communities and password hashes of a configuration.

``secrets`` masks the credentials of a run, which are known. Here the secrets are found by the words before them and by
their shape, see ``redaction_search``. A text without any of the keywords costs a few searches.

A mask is ``redacted_`` and a part of a keyed hash of the secret: the same secret has the same mask, and another secret
has another. Longer secrets have longer masks. Without the key, only this class of length can be read from a mask.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from . import redaction_rules as rules
from .redaction_difference import masked_difference, old_text
from .redaction_names import LONGEST, kind, names_secret
from .redaction_search import MASK, Span, is_secret, merged, spans
from .redaction_transcript import redacted_lines
from .secrets import ORDINARY_WORDS, SHORTEST_WRAPPED

_CLASSES = ((16, 8), (32, 16), (64, 32))  # up to this length, the digits of the hash; more have 64
_SHORTEST_VIEW = 140  # characters of a line that are seen together
_MOST_PASSES = 8
_LAST_WORDS = 6  # characters of a line behind a mask that can have no other secret
_IN_CELLS = (" ", "$", "=", ":", "%")
_LIKE_WORD = re.compile(r"[A-Za-z_.-]+|\d{1,6}|[\d.:/]+")


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

    def texts(self, texts: Mapping[str, str], *names: str | None) -> dict[str, str]:
        """Mask the texts of a device. A secret that is found in one of them is masked in all.

        :param names: of the device, which are no secrets.
        """
        found = {command: spans(text) for command, text in texts.items()}
        again = [secret for secret in self._secrets(texts, found) if _is_distinctive(secret, names)]
        return {command: self._known(text, again, found[command]) for command, text in texts.items()}

    def _difference(self, difference: str, new: str, again: list[str]) -> str:
        """Mask the secrets in a unified diff as in the two texts. If a text is missing, the lines are all there is."""
        text = masked_difference(difference, new, lambda text: self._places(text, again))
        found = [*spans(text), *(match.span(1) for match in rules.BASE64_LINE.finditer(text))]
        return self._masked(text, merged(found))

    def _known(self, text: str, again: list[str], found: list[Span] | None = None) -> str:
        """Mask the secrets in a text, and those that are known from other texts."""
        found = spans(text) if found is None else found
        more = list(_occurrences(text, again))
        return self._masked(text, merged([*found, *more]) if more else found)

    def value(self, value: Any, name: str = "") -> Any:
        """Mask plain data: what is a secret by its name, and what is one in a text."""
        if isinstance(value, str):
            if name and names_secret(name) and is_secret(value.strip()):
                return self.mask(value)
            return self.text(value)
        if isinstance(value, list):
            return [self.value(each, name) for each in value]
        if isinstance(value, Mapping):
            named = _named_by(value)
            return {key: self.value(each, named if key == "value" else str(key)) for key, each in value.items()}
        return value

    def answer(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        """Mask an answer as ``collect`` returns it: texts, rows, differences, values and messages."""
        outputs = answer.get("output")
        if not isinstance(outputs, Mapping) or not all(isinstance(each, Mapping) for each in outputs.values()):
            return dict(self.value(answer))  # not as collect returns it
        texts = {command: str(output.get("text") or "") for command, output in outputs.items()}
        found = {command: spans(text) for command, text in texts.items()}
        secrets = self._secrets(texts, found)
        for command, output in outputs.items():
            if output.get("diff"):
                old = old_text(output["diff"], texts[command])
                secrets |= self._secrets({command: old}, {command: spans(old)})
        again = [secret for secret in secrets if _is_distinctive(secret, _names_of(answer))]
        made = {}
        for command, output in outputs.items():
            made[command] = self._output(output, texts[command], found[command], secrets, again)
        masked = {**answer, "output": made}
        if answer.get("error"):
            masked["error"] = self._error(answer["error"], again)
        if answer.get("connection"):
            masked["connection"] = self.value(answer["connection"])
        if answer.get("value") is not None:
            masked["value"] = self.value(answer["value"])
        return masked

    def transcript(self, transcript: str, answer: Mapping[str, Any]) -> str:
        """Mask the lines of a transcript. Secrets in the texts of the answer, unmasked, are masked there too."""
        texts = {command: output.get("text") or "" for command, output in (answer.get("output") or {}).items()}
        secrets = self._secrets(texts, {command: spans(text) for command, text in texts.items()})
        again = [secret for secret in secrets if _is_distinctive(secret, _names_of(answer))]
        return redacted_lines(lambda text: self._places(text, again), transcript)

    def _places(self, text: str, again: Iterable[str]) -> list[tuple[int, int, str]]:
        found = merged([*spans(text), *_occurrences(text, again)])
        return [(start, end, self.mask(text[start:end])) for start, end in found]

    def _output(
        self, output: Mapping[str, Any], text: str, found: list[Span], secrets: Mapping[str, str], again: list[str]
    ) -> dict[str, Any]:
        made = dict(output)
        if text:
            made["text"] = self._known(text, again, found)
        if output.get("rows"):
            made["rows"] = self._rows(output["rows"], secrets, set(again))
        if output.get("diff"):
            made["diff"] = self._difference(output["diff"], text, again)
        if output.get("error"):
            made["error"] = self._error(output["error"], again)
        if output.get("rows_message"):
            made["rows_message"] = self._known(output["rows_message"], again)
        return made

    def _rows(self, value: Any, secrets: Mapping[str, str], again: set[str], name: str = "") -> Any:
        """Mask rows. Their structure stays, and so does each cell that is not a secret."""
        if isinstance(value, str):
            cell = value.strip()
            if cell in secrets and (cell in again or _may_hold_secret(name)):
                return secrets[cell]
            if name and names_secret(name) and is_secret(cell):
                return self.mask(cell)
            # A cell that is one word has no name of a secret in it, but it can have the shape of one.
            return self.text(value) if any(mark in value for mark in _IN_CELLS) else value
        if isinstance(value, list):
            return [self._rows(each, secrets, again, name) for each in value]
        if isinstance(value, Mapping):
            names = secrets if name == "communities" else {}
            named = _named_by(value)
            return {
                names.get(key, key): self._rows(each, secrets, again, named if key == "value" else str(key))
                for key, each in value.items()
            }
        return value

    def _error(self, error: Any, again: list[str]) -> Any:
        return {key: self._known(each, again) if isinstance(each, str) else each for key, each in error.items()}

    def _secrets(self, texts: Mapping[str, str], found: Mapping[str, list[Span]]) -> dict[str, str]:
        secrets: dict[str, str] = {}
        for command, places in found.items():
            for start, end in places:
                secret = texts[command][start:end]
                secrets[secret] = self.mask(secret)
        return secrets

    def _masked(self, text: str, found: Sequence[Span]) -> str:
        """Replace the secrets, until no more are found: a mask can be shorter than what it replaces, and no word.

        Only a line that goes on behind a mask is looked at again.
        """
        for _again in range(_MOST_PASSES):
            if not found:
                break
            parts: list[str] = []
            masks: list[int] = []
            at, size, looks_again = 0, 0, False
            for start, end in found:
                mask = self.mask(text[start:end])
                if len(text[end : end + _LAST_WORDS].partition("\n")[0]) == _LAST_WORDS:
                    masks.append(size + start - at)
                size += start - at + len(mask)
                parts += [text[at:start], mask]
                at = end
                looks_again = looks_again or _is_long(text, start, end)
            text = "".join([*parts, text[at:]])
            found = spans(text) if looks_again else list(_spans_around(text, masks))
        return text


def _spans_around(text: str, places: Sequence[int]) -> Iterator[Span]:
    """Yield the secrets in the lines of these places. The lines are not long."""
    lines: list[Span] = []
    for place in places:
        if not lines or place >= lines[-1][1]:
            newline = text.find("\n", place)
            lines.append((text.rfind("\n", 0, place) + 1, newline if newline >= 0 else len(text)))
    first = offset = 0
    for start, end in spans("\n".join(text[begin:last] for begin, last in lines)):
        while start - offset >= lines[first][1] - lines[first][0] + 1:
            offset += lines[first][1] - lines[first][0] + 1
            first += 1
        begin = lines[first][0] - offset
        if begin + end <= lines[first][1]:
            yield begin + start, begin + end


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


@functools.lru_cache(maxsize=4096)
def _may_hold_secret(column: str) -> bool:
    """Whether a secret of the answer is masked in this column even if it is an ordinary word."""
    return bool(kind(column[:LONGEST])) or any(
        part in column.lower() for part in ("communit", "secret", "passw", "key", "hash", "psk", "string", "secname")
    )


def _named_by(value: Mapping[Any, Any]) -> str:
    """The name that a mapping gives to its value, as in ``{"name": "password", "value": "…"}``."""
    if "value" not in value:
        return ""
    name = value.get("name", value.get("key"))
    return name if isinstance(name, str) and names_secret(name) else ""


def _names_of(answer: Mapping[str, Any]) -> tuple[Any, ...]:
    return answer.get("host"), answer.get("name")


def _is_distinctive(secret: str, names: Iterable[Any]) -> bool:
    """Whether a secret is not a word or number that is in texts for other reasons, so that it is masked everywhere."""
    return (
        len(secret) >= SHORTEST_WRAPPED
        and not _LIKE_WORD.fullmatch(secret)
        and secret.lower() not in ORDINARY_WORDS
        and secret not in names
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
