# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of OpenSSH: which are honoured, which change nothing here, and what their values mean.

Names are in lower case. Everything else is refused with a warning that names it.
"""

from __future__ import annotations

import os
import re
import shlex
import socket
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

from .algorithms import Kind, chosen_algorithms, unknown_algorithms

# Other names of the same option.
ALIASES = {
    "challengeresponseauthentication": "kbdinteractiveauthentication",
    "skeyauthentication": "kbdinteractiveauthentication",
    "dsaauthentication": "pubkeyauthentication",
    "keepalive": "tcpkeepalive",
    "globalknownhostsfile2": "globalknownhostsfile",
    "userknownhostsfile2": "userknownhostsfile",
    "identityfile2": "identityfile",
    "pubkeyacceptedkeytypes": "pubkeyacceptedalgorithms",
    "smartcarddevice": "pkcs11provider",
}
ALGORITHMS: dict[str, Kind] = {
    "casignaturealgorithms": "signature",
    "ciphers": "encryption",
    "hostkeyalgorithms": "host_key",
    "kexalgorithms": "kex",
    "macs": "mac",
}
# Several of them count, not only the first.
ACCUMULATED = frozenset({"certificatefile", "identityfile", "sendenv"})
AUTHENTICATIONS = ("gssapi-keyex", "gssapi-with-mic", "hostbased", "publickey", "keyboard-interactive", "password")
# Without a meaning for a session that only reads the answers to commands.
HARMLESS = frozenset(
    {
        "addkeystoagent",
        "batchmode",
        "canonicaldomains",
        "canonicalizefallbacklocal",
        "canonicalizemaxdots",
        "canonicalizepermittedcnames",
        "channeltimeout",
        "checkhostip",
        "clearallforwardings",
        "controlmaster",
        "controlpath",
        "controlpersist",
        "enableescapecommandline",
        "escapechar",
        "exitonforwardfailure",
        "fingerprinthash",
        "forkafterauthentication",
        "forwardx11timeout",
        "forwardx11trusted",
        "gatewayports",
        "ignoreunknown",
        "kbdinteractivedevices",
        "loglevel",
        "logverbose",
        "numberofpasswordprompts",
        "obscurekeystroketiming",
        "permitlocalcommand",
        "permitremoteopen",
        "proxyusefdpass",
        "refuseconnection",
        "requesttty",
        "stdinnull",
        "streamlocalbindmask",
        "streamlocalbindunlink",
        "syslogfacility",
        "tag",
        "tunneldevice",
        "updatehostkeys",
        "usekeychain",
        "useprivilegedport",
        "visualhostkey",
        "warnweakcrypto",
        "xauthlocation",
    }
)
# With one of these values they change nothing here.
HARMLESS_VALUES: dict[str, frozenset[str]] = {
    "canonicalizehostname": frozenset({"no", "false"}),
    "connectionattempts": frozenset({"1"}),
    "enablesshkeysign": frozenset({"no", "false"}),
    "forwardagent": frozenset({"no", "false"}),
    "forwardx11": frozenset({"no", "false"}),
    "gssapirenewalforcesrekey": frozenset({"no", "false"}),
    "gssapitrustdns": frozenset({"no", "false"}),
    "hostbasedauthentication": frozenset({"no", "false"}),
    "ipqos": frozenset({"none"}),
    "localcommand": frozenset({"none"}),
    "nohostauthenticationforlocalhost": frozenset({"no", "false"}),
    "protocol": frozenset({"2"}),
    "remotecommand": frozenset({"none"}),
    "securitykeyprovider": frozenset({"internal"}),
    "sessiontype": frozenset({"default"}),
    "tunnel": frozenset({"no", "false"}),
    "verifyhostkeydns": frozenset({"no", "false"}),
}
_TIME = re.compile(r"(\d+(?:\.\d+)?)([smhdw]?)", re.IGNORECASE)
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_SIZES = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30}


def words_of(value: str) -> list[str]:
    """The words of a value, without quotes.

    :raises ValueError: for a quote without an end.
    """
    try:
        return shlex.split(value)
    except ValueError as error:
        msg = f"{value!r} cannot be split into words: {error}"
        raise ValueError(msg) from error


def one_word(value: str) -> str:
    words = words_of(value)
    if len(words) != 1:
        msg = f"it must be one word, not {value!r}"
        raise ValueError(msg)
    return words[0]


def flag(value: str) -> bool:
    word = one_word(value).lower()
    if word not in {"yes", "true", "no", "false"}:
        msg = f"it must be yes or no, not {value!r}"
        raise ValueError(msg)
    return word in {"yes", "true"}


def _public_key(value: str) -> bool:
    return True if one_word(value).lower() in {"unbound", "host-bound"} else flag(value)


def number(value: str) -> int:
    word = one_word(value)
    if not (word.isascii() and word.isdigit()):
        msg = f"it must be a whole number, not {value!r}"
        raise ValueError(msg)
    return int(word)


def port(value: str) -> int:
    found = number(value)
    if not 0 < found < 65536:
        msg = f"it must be a port number, not {value!r}"
        raise ValueError(msg)
    return found


def seconds(value: str) -> float | None:
    """A time of OpenSSH, such as ``90`` or ``1m30s``; None for ``none``."""
    word = one_word(value)
    if word.lower() == "none":
        return None
    if not word or _TIME.sub("", word):
        msg = f"it must be a time such as 90 or 1m30s, not {value!r}"
        raise ValueError(msg)
    return float(sum(float(amount) * _SECONDS[unit.lower()] for amount, unit in _TIME.findall(word)))


def _family(value: str) -> int:
    families = {"any": socket.AF_UNSPEC, "inet": socket.AF_INET, "inet6": socket.AF_INET6}
    word = one_word(value).lower()
    if word not in families:
        msg = f"it must be any, inet or inet6, not {value!r}"
        raise ValueError(msg)
    return families[word]


def _authentications(value: str) -> tuple[str, ...]:
    names = tuple(each for each in one_word(value).split(",") if each in AUTHENTICATIONS)
    if not names:
        msg = f"it has no supported authentication method: {value!r}"
        raise ValueError(msg)
    return names


def _checking(value: str) -> str:
    word = {"true": "yes", "false": "no", "off": "no"}.get(one_word(value).lower(), one_word(value).lower())
    if word not in {"yes", "no", "ask", "accept-new"}:
        msg = f"it must be yes, accept-new, no or off, not {value!r}"
        raise ValueError(msg)
    return word


def _rekey(value: str) -> tuple[int | None, float | None]:
    """Bytes and seconds; None is the default."""
    size, *after = words_of(value)
    matched = re.fullmatch(r"(\d+)([kmg]?)", size.lower())
    if len(after) > 1 or not (matched or size.lower() == "default"):
        msg = f"it must be a size such as 1G, and a time, not {value!r}"
        raise ValueError(msg)
    amount = int(matched[1]) * _SIZES[matched[2]] if matched else None
    return (amount or None), (seconds(after[0]) if after else None)


def _environment(value: str) -> tuple[tuple[str, str], ...]:
    pairs = [each.partition("=") for each in words_of(value)]
    if not all(name and mark for name, mark, _text in pairs):
        msg = f"it must be NAME=VALUE, not {value!r}"
        raise ValueError(msg)
    return tuple((name, text) for name, _mark, text in pairs)


def _files(value: str) -> tuple[str, ...]:
    words = words_of(value)
    if not words:
        msg = "it needs the name of a file"
        raise ValueError(msg)
    return () if [word.lower() for word in words] == ["none"] else tuple(words)


def _algorithms(name: str) -> Callable[[str], str]:
    def checked(value: str) -> str:
        word = one_word(value)
        chosen_algorithms(ALGORITHMS[name], word, legacy=True)
        return word

    return checked


def _command(value: str) -> str:
    return value


HONOURED: dict[str, Callable[[str], Any]] = {
    "addressfamily": _family,
    "bindaddress": one_word,
    "certificatefile": one_word,
    "compression": flag,
    "connecttimeout": seconds,
    "globalknownhostsfile": _files,
    "gssapiauthentication": flag,
    "gssapidelegatecredentials": flag,
    "gssapikeyexchange": flag,
    "hashknownhosts": flag,
    "hostkeyalias": one_word,
    "hostname": one_word,
    "identitiesonly": flag,
    "identityagent": one_word,
    "identityfile": one_word,
    "kbdinteractiveauthentication": flag,
    "passwordauthentication": flag,
    "pkcs11provider": one_word,
    "port": port,
    "preferredauthentications": _authentications,
    "proxycommand": _command,
    "proxyjump": one_word,
    "pubkeyauthentication": _public_key,
    "rekeylimit": _rekey,
    "sendenv": words_of,
    "serveralivecountmax": number,
    "serveraliveinterval": seconds,
    "setenv": _environment,
    "stricthostkeychecking": _checking,
    "tcpkeepalive": flag,
    "user": one_word,
    "userknownhostsfile": _files,
    **{name: _algorithms(name) for name in ALGORITHMS},
}


def canonical(name: str) -> str:
    """The name of the option in lower case, without its older spellings."""
    return ALIASES.get(name.lower(), name.lower())


def value_of(name: str, value: str) -> Any:
    """The value of an option that is honoured.

    :raises ValueError: if it is invalid.
    """
    try:
        return HONOURED[name](value)
    except ValueError as error:
        msg = f"{name}: {error}"
        raise ValueError(msg) from error


def unsupported_in(name: str, value: str) -> str:
    """What of an option is not honoured, for a warning; empty if all of it is, or if it changes nothing."""
    if name in ALGORITHMS:
        unknown = unknown_algorithms(ALGORITHMS[name], value.strip("\"'"))
        return f"{name} {','.join(unknown)}" if unknown else ""
    if name in HONOURED or name in HARMLESS or value.strip("\"' ").lower() in HARMLESS_VALUES.get(name, ()):
        return ""
    if name == "pubkeyacceptedalgorithms" and value.startswith("+"):  # every algorithm is used for the user's keys
        return ""
    return name


def environment_of(setting: tuple[tuple[str, str], ...], patterns: list[str]) -> dict[str, str]:
    """The environment variables for the session: those that are set, and those of this process that match."""
    sent: dict[str, str] = {}
    for pattern in patterns:
        for name, text in os.environ.items():
            if not pattern.startswith("-") and fnmatchcase(name, pattern):
                sent[name] = text
            elif pattern.startswith("-") and fnmatchcase(name, pattern[1:]):
                sent.pop(name, None)
    return {**sent, **dict(setting)}
