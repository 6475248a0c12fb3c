# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The reason why a variable cannot be resolved, without the secrets that its template or Ansible's error may hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ansible.errors import AnsibleUndefinedVariable
from ansible.parsing.vault import AnsibleVaultError, EncryptedString

_LOOKUP = re.compile(r"lookup plugin '([\w.]+)'")
_UNDEFINED = re.compile(r"'[a-zA-Z_]\w*' is undefined")
_NAME = re.compile(r"[a-zA-Z_]\w*")


def kind_of_failure(error: BaseException) -> str:
    """What failed, in a few words of this module."""
    chain = list(_chain(error))
    for each in chain:
        # Templates raise an error that is none of these, and has a context in its place.
        if isinstance(each, AnsibleVaultError) or getattr(each, "context", None) == "vault":
            return "it cannot be decrypted; give its vault password, such as with --ask-vault-pass, and check it"
    for each in chain:
        lookup = _LOOKUP.search(str(each))
        if lookup:
            return f"lookup {lookup[1]} failed ({type(chain[-1]).__name__})"
    for each in chain:
        if isinstance(each, AnsibleUndefinedVariable):
            undefined = _UNDEFINED.match(str(each))
            return undefined[0] if undefined else "it refers to an undefined variable"
    return type(chain[-1]).__name__


def reason_of(error: BaseException, *, secret: bool, mask: Callable[[str], str]) -> str:
    """The first line of the error with known secrets masked.

    :param secret: the template or its error may hold a secret that is not known. Then only the kind of failure is said.
    """
    if secret:
        return kind_of_failure(error)
    text = str(error).strip()
    return mask(text.splitlines()[0]) if text else type(error).__name__


def names_behind(values: Iterable[Any], variables: Mapping[str, Any]) -> frozenset[str]:
    """The variables that hold a template or a vaulted value, and that these values refer to, also through others."""
    found: set[str] = set()
    waiting = list(values)
    while waiting:
        for name in names_in(waiting.pop()):
            value = variables.get(name)
            if name not in found and (isinstance(value, EncryptedString) or "{" in "".join(_texts(value))):
                found.add(name)
                waiting.append(value)
    return frozenset(found)


def names_in(value: Any) -> Iterator[str]:
    """The names in the templates of a value, and other words of these templates."""
    for text in _texts(value):
        if "{" in text:
            yield from _NAME.findall(text)


def _texts(value: Any) -> Iterator[str]:
    """The strings in a value. A vaulted value is left out, because reading it decrypts it."""
    if isinstance(value, str):
        yield str.__str__(value)
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _texts(each)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
