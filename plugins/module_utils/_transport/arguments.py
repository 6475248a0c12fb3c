# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse ssh's command line, and the bastions that options name."""

from __future__ import annotations

import ipaddress
import os
import re
import shlex
from dataclasses import dataclass, field

from .ssh_config import line_of

# The option of each flag of ssh, with its value for flags that take none.
FLAGS: dict[str, tuple[tuple[str, str], ...]] = {
    "1": (),
    "2": (("protocol", "2"),),
    "4": (("addressfamily", "inet"),),
    "6": (("addressfamily", "inet6"),),
    "A": (("forwardagent", "yes"),),
    "a": (("forwardagent", "no"),),
    "C": (("compression", "yes"),),
    "f": (("forkafterauthentication", "yes"),),
    "g": (("gatewayports", "yes"),),
    "K": (("gssapiauthentication", "yes"), ("gssapidelegatecredentials", "yes")),
    "k": (("gssapidelegatecredentials", "no"),),
    "M": (("controlmaster", "yes"),),
    "n": (("stdinnull", "yes"),),
    "q": (("loglevel", "quiet"),),
    "T": (("requesttty", "no"),),
    "t": (("requesttty", "yes"),),
    "v": (("loglevel", "debug"),),
    "X": (("forwardx11", "yes"),),
    "x": (("forwardx11", "no"),),
    "Y": (("forwardx11", "yes"),),
    "y": (("syslogfacility", "user"),),
    "G": (("-G", ""),),
    "N": (("-N", ""),),
    "s": (("-s", ""),),
    "V": (("-V", ""),),
}
# Flags that take a value.
VALUES = {
    "B": "bindinterface",
    "b": "bindaddress",
    "c": "ciphers",
    "D": "dynamicforward",
    "E": "-E",
    "e": "escapechar",
    "I": "pkcs11provider",
    "i": "identityfile",
    "J": "proxyjump",
    "L": "localforward",
    "l": "user",
    "m": "macs",
    "O": "-O",
    "P": "tag",
    "p": "port",
    "Q": "-Q",
    "R": "remoteforward",
    "S": "controlpath",
    "W": "-W",
    "w": "tunnel",
}
OVERRIDING = frozenset("46bcKkm")  # with ssh, the last of these flags counts, and before any -o
_ADDRESS = re.compile(r"\[(?P<literal>[^\]]*)\](?::(?P<port6>\d+))?|(?P<host>[^:\[\]]+)(?::(?P<port>\d+))?")


@dataclass(slots=True)
class Arguments:
    """What is on a command line. ``config`` is the file of ``-F``. ``words`` are the words that are no options."""

    options: list[tuple[str, str]] = field(default_factory=list)
    overriding: dict[str, str] = field(default_factory=dict)
    config: str | None = None
    words: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Jump:
    """The address of a bastion, as the user wrote it."""

    host: str
    user: str | None = None
    port: int | None = None


def parse_arguments(words: list[str]) -> Arguments:
    """Parse arguments of ssh, of which each is a word.

    :raises ValueError: for a flag that ssh does not have, or one without its value.
    """
    found = Arguments()
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            found.words += rest
            break
        if not word.startswith("-") or word == "-":
            found.words.append(word)
            continue
        _flags(word[1:], rest, found)
    return found


def _flags(letters: str, rest: list[str], found: Arguments) -> None:
    while letters:
        letter, letters = letters[0], letters[1:]
        if letter in FLAGS:
            for name, value in FLAGS[letter]:
                _add(found, letter, name, value)
            continue
        if letter not in VALUES and letter not in "oF":
            msg = f"ssh has no option -{letter}"
            raise ValueError(msg)
        if not letters and not rest:
            msg = f"-{letter} needs a value"
            raise ValueError(msg)
        value, letters = letters or rest.pop(0), ""
        if letter == "o":
            found.options.append(line_of(value))
        elif letter == "F":
            found.config = value
        else:
            _add(found, letter, VALUES[letter], value if letter in "JW" else shlex.quote(value))


def _add(found: Arguments, letter: str, name: str, value: str) -> None:
    if letter in OVERRIDING:
        found.overriding[name] = value
    else:
        found.options.append((name, value))


def jumps_of(value: str) -> list[Jump]:
    """The bastions of ``ProxyJump``: ``[user@]host[:port]`` or ``ssh://…``, separated by commas; none for ``none``.

    :raises ValueError: if one of them cannot be an address.
    """
    if value.lower() == "none":
        return []
    return [jump_of(each) for each in value.split(",")]


def jump_of(text: str) -> Jump:
    """One bastion, which may be an IPv6 address in brackets.

    :raises ValueError: if it cannot be an address.
    """
    user, _at, address = text.strip().removeprefix("ssh://").removesuffix("/").rpartition("@")
    if address.count(":") > 1 and "[" not in address:  # without a port
        ipaddress.IPv6Address(address)
        return Jump(address, user or None)
    matched = _ADDRESS.fullmatch(address)
    if matched is None or (matched["host"] or "").isdigit():  # a number would be taken for an address of four bytes
        msg = f"{text!r} is not [user@]host[:port]"
        raise ValueError(msg)
    number = matched["port6"] or matched["port"]
    if number is not None and not 0 < int(number) < 65536:
        msg = f"{text!r} has no port number"
        raise ValueError(msg)
    return Jump(matched["literal"] or matched["host"], user or None, int(number) if number else None)


@dataclass(frozen=True, slots=True)
class Forward:
    """A ``ProxyCommand`` that is nothing but ``ssh -W``."""

    jump: Jump
    arguments: Arguments
    password: str | None = None


_FORWARDED = frozenset({"%h:%p", "[%h]:%p"})
_SHELL = frozenset("|&;<>()$`\n")


def forward_of(command: str, user: str | None = None) -> Forward | None:
    """The bastion of a command such as ``ssh -W %h:%p user@bastion``, or None if the command does anything else.

    ``sshpass -p PASSWORD ssh …`` counts, too.

    :param user: the user of the device, for ``%r``.
    """
    try:
        words = shlex.split(command)
        if words[:1] == ["exec"]:
            del words[0]
        password = _of_sshpass(words)
        if not words or os.path.basename(words.pop(0)) != "ssh" or _SHELL.intersection(command):
            return None
        arguments = parse_arguments(words)
        forwarded = [value for name, value in arguments.options if name == "-W"]
        if len(forwarded) != 1 or forwarded[0] not in _FORWARDED or len(arguments.words) != 1:
            return None
        options = [(name, value) for name, value in arguments.options if name != "-W"]
        texts = [arguments.config or "", *arguments.words, *(value for _name, value in options)]
        if any("%" in each.replace("%r", "") for each in texts):  # it depends on the device
            return None
        arguments.options = [(name, _for(user, value)) for name, value in options]
        arguments.words = [_for(user, word) for word in arguments.words]
        return Forward(_destination(arguments.words[0]), arguments, password)
    except ValueError:
        return None


def _for(user: str | None, text: str) -> str:
    if "%r" in text and not user:
        msg = "the user of the device is not known"
        raise ValueError(msg)
    return text.replace("%r", user or "")


def _destination(word: str) -> Jump:
    """``[user@]host`` or ``ssh://[user@]host[:port]``. Only the latter can have a port."""
    if word.startswith("ssh://"):
        return jump_of(word)
    user, _at, host = word.rpartition("@")
    return Jump(host.removeprefix("[").removesuffix("]"), user or None)


def _of_sshpass(words: list[str]) -> str | None:
    """Take ``sshpass`` and its password from the front of a command.

    :raises ValueError: if the password is not on the command line.
    """
    if not words or os.path.basename(words[0]) != "sshpass":
        return None
    del words[0]
    if words[:1] == ["-p"] and len(words) > 1:
        password = words[1]
        del words[:2]
        return password
    if words and words[0].startswith("-p") and len(words[0]) > 2:
        return words.pop(0)[2:]
    msg = "sshpass has no -p"
    raise ValueError(msg)
