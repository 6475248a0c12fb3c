# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a line enters the configuration mode of a device. Such a line is always refused.

A word counts however a device may complete it: ``co`` is ``configure`` on some of them. It counts at the beginning of
each command of the line, and anywhere in the arguments of a program that runs commands, such as ``vtysh -c``.
"""

from __future__ import annotations

import functools
import re
from itertools import pairwise

# Words that enter the configuration mode whatever follows, down to what stands before the bracket.
_WORDS = ("c[onfigure]", "ed[it]", "edit-[config]", "configur[ation]", "system-[view]", "setup")
# Only as the first of two words, or alone: SAOS has ``system show`` and ``configuration show``.
_ALONE = ("sy[stem]", "configura[tion]")
_SECOND = {"sy[stem]": "imm[ediately]", "configura[tion]": "t[erminal]", "en[ter]": "c[andidate]"}
_HYPHENATED = re.compile(
    r"conf[a-z]*-.+|(?!(?:show|display|list|view|get|save|write|backup|export|quit)-)[a-z]+-config"
)

# What stands before another command.
_PREFIXES = frozenset({"do", "admin", "run", "exec", "execute", "command", "builtin", "nohup", "time", "env", "eval"})
# What runs its arguments, on this machine or on another one, and has options.
_PROGRAMS = frozenset(
    {
        *("sudo", "su", "doas", "sh", "bash", "ash", "dash", "ksh", "zsh", "csh", "tcsh", "rbash", "busybox"),
        *("xargs", "timeout", "nice", "watch", "echo", "printf", "expect", "script", "screen", "tmux"),
        *("stdbuf", "setsid", "ip", "vtysh", "imish", "cli", "clish", "cli_client", "sr_cli", "sonic-cli"),
        *("fastcli", "vsh", "vsh_lc", "dohost", "tmsh", "confd_cli", "ncs_cli", "vppctl", "tclsh", "python"),
        *("python3", "perl", "awk", "ssh", "telnet", "rsh", "attach", "session", "connect", "remote"),
        *("execute-on", "failover", "fabric", "rcommand", "slot", "on", "redundancy", "start", "shell"),
    }
)
# Programs of Linux that run none of their arguments, which are names: ``sudo dmidecode -t system``.
_RUN_NOTHING = frozenset({"cat", "dmidecode", "egrep", "grep", "head", "ls", "lshw", "nv", "pct", "qm", "tail"})
_READING = frozenset({"show", "sho", "sh", "display", "disp", "dis", "get", "list", "info", "cat", "grep", "more"})
_SHORTEST = 3  # characters of a word among the arguments of a program: ``ip link show co`` has a name
SHORTEST_REPLY = 3  # characters of a reply that can enter configuration mode: ``c`` continues
_OTHERS = frozenset({"ios_config", "vyatta-cfg-cmd-wrapper"})

_QUOTES = re.compile(r"[\"'\\]")  # ``\configure`` and ``con"figure"`` are the same word
_COMMANDS = re.compile(r"[;&\n\r`(){}]")
_BEFORE = "/\\.:!@~[$ "  # of a word, such as ``//configure``
_OPTION = re.compile(r"^(?:--?\w+=|-\w(?=\w))")  # ``--command=configure`` and ``-cconfigure``


@functools.lru_cache(maxsize=4096)
def enters_configuration(line: str) -> bool:
    """Return whether a line enters the configuration mode of a device."""
    plain = _QUOTES.sub("", line.lower())
    return any(_enters(part.split()) for part in _COMMANDS.split(plain))


def _enters(words: list[str]) -> bool:
    words = [each for each in (word.lstrip(_BEFORE) for word in words) if each]
    while words and words[0] in _PREFIXES:
        del words[0]
    if not words:
        return False
    if _configures(words):
        return True
    if words[0].rpartition("/")[2] not in _PROGRAMS:
        return False
    words = _without_names(words)
    is_shown = False  # the words are arguments of a command that shows something
    for place, (before, word) in enumerate(pairwise(words)):
        is_shown = before in _READING or (is_shown and not before.startswith("-") and "|" not in before)
        if before in _READING or (len(word) < _SHORTEST and not before.startswith("-")):
            continue
        command = [_OPTION.sub("", word), *words[place + 2 :]]
        if _configures(command) and not (is_shown and command == ["system"]):  # ``sr_cli info from state system``
            return True
    return False


def _without_names(words: list[str]) -> list[str]:
    """Return a command without the arguments of a program behind ``sudo`` that runs none of them."""
    program = 2 if words[1:2] == ["-n"] else 1
    if words[0] != "sudo" or "".join(words[program : program + 1]).rpartition("/")[2] not in _RUN_NOTHING:
        return words
    pipe = next((place for place, word in enumerate(words) if "|" in word), len(words))
    return words[pipe:]


def _configures(words: list[str]) -> bool:
    """Return whether a command enters the configuration mode."""
    first, *others = words
    for entry, second in _SECOND.items():
        if _completes(entry, first):
            return (not others and entry in _ALONE) or (bool(others) and _completes(second, others[0]))
    return (
        first in _OTHERS
        or any(_completes(entry, first) for entry in _WORDS)
        or _HYPHENATED.fullmatch(first) is not None
    )


def _completes(entry: str, word: str) -> bool:
    shortest, _bracket, rest = entry.rstrip("]").partition("[")
    return word.startswith(shortest) and (shortest + rest).startswith(word)
