# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Commands in which a secret has no name before it, as data: its place in the command is all that tells it.

In a command, ``*`` is any word, ``**`` an asterisk, ``#`` a number, ``$`` the secret, ``!`` a secret that does not look
like a word, and ``%`` a word with a number that ends the line. ``a|b`` is one of two words, and ``...`` is anything
before the next word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .redaction_rules import BLANKS, PREFIX, VALUE

# What must be in a text, then in a line, in lower case, and the commands that are looked at then.
_COMMANDS: dict[str, dict[str, tuple[str, ...]]] = {
    "config": {
        # Cisco AireOS
        "user add ": ("config mgmtuser|netuser add encrypt ... 1 ! ! # !", "config mgmtuser|netuser add * $"),
        "acct add ": ("config radius|tacacs acct add * * * ascii $",),
        "v3user create ": ("config snmp v3user create * * * * $ $",),
        "trapreceiver ": ("config snmp trapreceiver create|delete $",),
        # Extreme
        "string encrypted ": ("configure keychain * add key * string encrypted $",),
        # AireOS: a vector, a check and what is encrypted
        " encrypt ": ("config ... encrypt ... 1 ! ! # !",),
    },
    "account ": {
        "account ": (
            "configure account * encrypted $",
            "create account * * encrypted $",
            "create account * * $",
        ),
    },
    "ike gateway ": {"ike gateway ": ("set ike gateway ... preshare|seed-preshare $",)},  # ScreenOS
    "encrypt": {"netlogin ": ("create|configure netlogin local-user * encrypted $",)},
    "snmp": {
        "snmp station ": ("snmp station * # $ v1|v2",),  # OmniSwitch
        "community-by-index ": ("snmp-server community-by-index * $",),  # Extreme
        "snmpv3 ": (
            "configure snmpv3 add community encrypted $ name encrypted $",
            "configure snmpv3 add community $ name $",
            "snmpv3 community index * name $",
            "snmpv3 usm user # * md5|sha|sha256 $ aes128-cfb|des-cbc|aes|des $",
            "snmpv3 usm user # * md5|sha|sha256 $",
        ),
        # arguments of Net-SNMP
        "snmpget ": ("... snmpget ... -c $",),
        "snmpwalk ": ("... snmpwalk|snmpbulkwalk ... -c $",),
    },
    "auth": {
        "auth ": (
            # Yamaha
            "pp auth myname|username * $",
            "l2tp tunnel auth on * $",
            "auth user # * $",
            "mail server smtp # * ... smtp-auth * $",
            # AireOS
            "config radius|tacacs auth add * * * ascii $",
        ),
        # Check Point, Dell, EOS
        "authtype simple ": ("... authtype simple $",),
        "authentication-type ": ("authentication-type simple 0|7|9 $", "authentication-type simple $"),
        "auth=key,": ("... -cvauth=key,$", "... -ingestauth=key,$"),
        "authenticate ": ("vrrp * * authenticate $",),  # AOS
        "simple-text-auth ": ("... auth-type simple-text-auth 2 $", "... auth-type simple-text-auth $"),
        "key eigrp ": ("authentication key eigrp # 8 $", "authentication key eigrp # $"),
    },
    "key": {
        " -- text ": ("key * -- text $",),  # Cisco IOS
        "session-key ": ("set session-key inbound|outbound ah # $",),
    },
    "pass": {
        "ldp password ": (
            "mpls ldp password option # for * 0|7 $",
            "mpls ldp password option # for * $",
            "mpls ldp password fallback 0|7 $",
            "mpls ldp password fallback $",
        ),
        "md5-password ": ("... md5-password plain|cipher|simple * $",),  # Huawei
    },
    # Aruba, Yamaha, NetScaler
    "user ": {
        "mgmt-user ": ("mgmt-user * * !", "mgmt-user * !"),
        "login user ": ("login user * encrypted $", "login user * %"),
        "system user ": ("add|set system user * !",),
    },
    " ipsec ": {
        "localip ": ("localip * ipsec $",),
        "masterip ": ("masterip * ipsec $",),
    },
    # Huawei, Comware
    " plain ": {
        " plain ": ("... authentication plain $", "md5-authentication * plain $", "vlink-peer * ... plain $"),
    },
    # Linux: IPsec, tac_plus
    " : ": {" : eap ": ("... : EAP $",), " : xauth ": ("... : XAUTH $",)},
    "cleartext ": {"cleartext ": ("login|pap|chap|enable|arap|opap|ms-chap = cleartext $",)},
    # the files of keys of NTP and PPP
    "md5 ": {"md5 ": ("# MD5|M !",)},
    "sha1 ": {"sha1 ": ("# SHA1|SHA !",)},
    '"': {'" * "': ("* ** $",), ": rsa ": (": RSA * $",)},
}
_ANY = r'(?:"[^"\n]{0,200}"|[^\s"]\S{0,200})'
_SOME = r"[^\n]{0,200}?"


def _compiled(command: str) -> tuple[re.Pattern[str], tuple[bool, ...]]:
    """Return the pattern of a command, and for each secret whether it must not look like a word."""
    parts, strict = [], []
    for word in command.split():
        if word == "...":
            parts.append(_SOME)
            continue
        if word == "**":
            part = r"\*"
        elif word == "*":
            part = _ANY
        elif word == "#":
            part = r"\d{1,10}"
        elif word == "!":
            part = VALUE
        elif word == "%":
            part = rf"(?=\S*[A-Za-z])(?=\S*\d)(?=\S{{6}}){VALUE}(?=[ \t]*\Z)"
        elif word.endswith(("$", "$'")):
            part = re.escape(word.rstrip("$'")) + VALUE
        else:
            part = f"(?:{'|'.join(map(re.escape, word.split('|')))})"
        strict += [word == "!"] if word in "!%" or "$" in word else []
        parts.append(part)
    joined = ""
    for number, part in enumerate(parts):
        joined += part if not number or parts[number - 1] == _SOME or part == _SOME else f"{BLANKS}{part}"
    # Before a command within a line is a blank.
    joined = joined.replace(_SOME, rf"(?:{_SOME}(?<![\w.-]))")
    return re.compile(f"{PREFIX}{joined}", re.IGNORECASE), tuple(strict)


COMMANDS = {
    gate: {keyword: tuple(map(_compiled, commands)) for keyword, commands in each.items()}
    for gate, each in _COMMANDS.items()
}


def secrets_of(gate: str, keyword: str, text: str, line: int, end: int) -> Iterator[tuple[re.Match[str], int, bool]]:
    """Yield each secret of a command in a line: the match, the group, and whether it must not look like a word.

    :param end: of the line.
    """
    for pattern, strict in COMMANDS[gate][keyword]:
        if match := pattern.match(text, line, end):
            groups = len(match.groups()) // len(strict)
            for number, is_strict in enumerate(strict):
                for group in range(number * groups + 1, (number + 1) * groups + 1):
                    if match[group] is not None:
                        yield match, group, is_strict
            return
