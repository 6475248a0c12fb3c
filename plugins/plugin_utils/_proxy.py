# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses and user names that may stand on a command line, and the commands that carry a connection.

A command is split into words first, and each word is filled in by itself: what a host or a user is called cannot become
another word. The rules for addresses and users make them safe for a shell, too.
"""

from __future__ import annotations

import re
import shlex

TOKEN = re.compile(r"%[hpr%]")
# What OpenSSH refuses in the user name of a command, since it can mean something to a shell.
SHELL = frozenset("'\"`$;&<>|(){}")
ADDRESS = frozenset(".-_:%")  # allowed in an address, with letters and digits


def check_address(address: str, *, on_command_line: bool) -> None:
    """Refuse an address that could be taken for something else.

    :raises ValueError: with what is wrong about it.
    """
    _check(address)
    if on_command_line and not all(each.isalnum() or each in ADDRESS for each in address):
        msg = "with a ProxyJump or ProxyCommand it can contain only letters, digits and '.', '-', '_', ':', '%'"
        raise ValueError(msg)


def check_user(user: str, *, on_command_line: bool) -> None:
    """Refuse a user name that could be taken for something else.

    :raises ValueError: with what is wrong about it.
    """
    _check(user)
    if on_command_line and (SHELL.intersection(user) or user.endswith("\\")):
        msg = "with a ProxyJump or ProxyCommand it cannot contain characters with a meaning in a shell"
        raise ValueError(msg)


def jump_command(jumps: str) -> str:
    """The command that does what ``ProxyJump`` does.

    :param jumps: as ssh takes them, ``[user@]host[:port]``, separated by commas.
    :raises ValueError: when one of them could be taken for something else.
    """
    *earlier, last = jumps.split(",")
    for jump in (*earlier, last):
        user, _at, address = jump.removeprefix("ssh://").rpartition("@")
        try:
            check_user(user, on_command_line=True)
            check_address(address.translate({ord("["): None, ord("]"): None}), on_command_line=True)
        except ValueError as error:
            msg = f"ProxyJump {jump!r}: {error}"
            raise ValueError(msg) from error
    if re.fullmatch(r"[^/]+:\d+", last):
        last = f"ssh://{last}"  # ssh accepts a port only in this form
    words = ["ssh", *(["-J", ",".join(earlier)] if earlier else []), "-W", "[%h]:%p", "--", last]
    return shlex.join(words)


def filled_in(command: str, host: str, port: int, user: str) -> str:
    """A command with ssh's own tokens filled in, word by word.

    :raises ValueError: when it cannot be split into words.
    """
    values = {"%h": host, "%p": str(port), "%r": user, "%%": "%"}
    words = shlex.split(command)
    return shlex.join(TOKEN.sub(lambda token: values[token.group()], word) for word in words)


def _check(text: str) -> None:
    if text.startswith("-"):
        msg = "it cannot begin with '-'"
        raise ValueError(msg)
    if any(each.isspace() or not each.isprintable() for each in text):
        msg = "it cannot contain blanks or control characters"
        raise ValueError(msg)
