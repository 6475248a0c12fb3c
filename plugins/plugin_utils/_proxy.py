# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses and user names that can stand on a command line. The rules make them safe for a shell, too."""

from __future__ import annotations

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


def bare_address(address: str) -> str:
    """An IPv6 address without the brackets that it may be written in.

    :raises ValueError: if there is a port after them.
    """
    if not address.startswith("["):
        return address
    literal, mark, port = address[1:].partition("]")
    if mark and not port and ":" in literal:
        return literal
    if mark and port.startswith(":") and port[1:].isdigit():
        msg = "the port must be set apart, in ansible_port"
        raise ValueError(msg)
    return address


def _check(text: str) -> None:
    if text.startswith("-"):
        msg = "it cannot begin with '-'"
        raise ValueError(msg)
    if any(each.isspace() or not each.isprintable() for each in text):
        msg = "it cannot contain blanks or control characters"
        raise ValueError(msg)
