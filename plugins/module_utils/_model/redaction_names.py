# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which words name a secret, in any notation: ``pre-shared-key``, ``preSharedKey``, ``PRE_SHARED_KEY2``, ``-psk``."""

from __future__ import annotations

import functools
import re

NAME = "name"  # what follows is a secret
NUMBERED = "numbered"  # a number can be before the secret
TOKEN = "token"  # names a secret or a device
LOOSE = "loose"  # a secret only if it looks like one
KEY = "key"  # a secret only in some commands
COMMUNITY = "community"  # of SNMP or of BGP
SNMP_COMMUNITY = "snmp-community"


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


LONGEST = 64  # characters of a word
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NUMBER = re.compile(r"-?\d{1,3}\Z")
# The form of the secret, behind its name.
_FORMS = re.compile(
    r"(?:-(?:encrypted|hashed|hash|crypted|plaintext|plain|cleartext|remote|local|data|value|hex|ascii|l[12]?)){1,4}\Z"
)
# Endings without ``-``. A word that ends so names a secret.
_ENDINGS = (
    *("password", "passwd", "passwort", "passphrase", "passcode", "passcrypt", "passwrd", "secret", "psksecret"),
    *("phash", "nthash", "passkey", "keycipher", "asciikey", "protectionkey", "authenticationtext"),
    *("bindpw", "rootpw", "newpass", "requirepass", "masterauth", "authtok", "idtoken", "authpwd", "privpwd"),
    *("passwordhash", "passwdhash", "hashedpassword", "sharedkey", "presharekey", "serverkey", "authkey", "authpass"),
    *("privpass", "privacykey", "encryptionkey", "enckey", "encryptkey", "keyencrypt", "keystring", "keyoctetstring"),
    *("keyvalue", "setkey", "privatekey", "privkey", "apikey", "secretkey", "accesskey", "hexkey", "wpakey"),
    *("wlankey", "masterkey", "pskkey", "pskascii", "pskhex", "statickey", "stringkey", "encryptedkey", "radkey"),
    *("plaintextkey", "hashkey", "ddnskey", "overridekey", "secondarykey", "tertiarykey", "clientkey", "localizedkey"),
    *("userauthentication", "ciscoauthentication", "textauthentication", "passwordencrypt", "ppksecret", "fixedkey"),
    *("authenticationhex", "encryptionhex", "authmd5", "authsha", "encryptaes", "encryptdes", "authpassword"),
)
_NUMBERED = (
    *("authenticationkey", "messagedigestkey", "authenticationkeyid", "md5key", "presharedkey", "encryptionkey"),
    "wepkey",
)
# Last parts of words that are too short to be endings.
_PARTS = words("pwd psk pmk cak")
_LAST_PARTS = words("pass pw")  # only behind others
_TOKENS = ("token", "credentials", "credential")
# Words with these endings name something else.
_OTHERS = words(
    "nopassword no-password deny-password change-password without-password permit-password prohibit-password "
    "reset-password forgot-password show-password check-password public-key pubkey host-key ssh-key hostkey "
    "cancel-token etoken session-key sort-key primary-key foreign-key port-key oper-key admin-key actor-key "
    "partner-key lacp-key tunnel-key auto-key show-key view-key no-key rekey group-key hot-key auth-mode "
    "user-authentication cert-key certificate-key"
)
# What names are made of in the syntax of commands. A secret can hold the name of a secret too: ``Password123``,
# ``radius-secret``. Such a word is a name only if all its parts are of these, and in lower case.
_SYNTAX = words(
    "access aes api ascii auth authentication cak chap cipher clear cleartext client community credential credentials "
    "data des digest digests encrypt encrypted encryption enable hash hashed hex id key keyid keys l1 l2 ldap local "
    "localized login master md5 message mode name octet option pap pass passcode passphrase passwd password passwords "
    "phrase plain plaintext pmk pre preshared priv privacy private protocol psk pwd read remote secret secrets server "
    "session set sha shared string text token type unencrypted user value wep wpa wpa2 write"
)
_COMMUNITIES = ("community", "communities", "communityname", "communitystring", "communitymap")
# Before ``community`` in a word that is one of SNMP.
_OF_SNMP = re.compile(
    r"(?:snmp|snmpv?[12]c?|v[12]c?|ro|rw|read|write|only|trap|traps|notify|usm|get|set|def|readonly|readwrite|readcomm|-)+\Z"
)


@functools.lru_cache(maxsize=4096)
def kind(word: str) -> str:
    """What a word names: one of the kinds above, or nothing."""
    if word in ("PWD", "OLDPWD"):
        return ""
    name = _CAMEL.sub("-", word[-2 * LONGEST :]).lower().replace("_", "-").replace(".", "-").strip("-")
    numbered, name = name, _NUMBER.sub("", name)
    if name in ("key", "cipher-key") or (name.endswith("-key") and word.lower().rstrip("1234").endswith(".key")):
        return KEY
    if name in _OTHERS or _last(name, 2) in _OTHERS:
        return ""
    shown = _FORMS.sub("", name)
    flat = name.replace("-", "")
    if flat.endswith(_COMMUNITIES):
        return _community(name)
    return _plain(shown) or _plain(name) or _plain(_singular(name)) or _plain(numbered)


def _plain(name: str) -> str:
    flat = name.replace("-", "")
    if flat.endswith(_NUMBERED):
        return NUMBERED
    if flat in _LAST_PARTS:
        return TOKEN
    last = _last(name, 1)
    if flat.endswith(_ENDINGS) or last in _PARTS or (last in _LAST_PARTS and last != name):
        return NAME
    if flat.endswith(_TOKENS):
        return TOKEN
    return LOOSE if name.endswith(("-key", "keytab")) or (flat.endswith("key") and len(flat) > len("monkey")) else ""


def _community(name: str) -> str:
    place = name.rfind("communit")
    before = name[:place].strip("-")
    if not before:
        return COMMUNITY if name in ("community", "communities") else SNMP_COMMUNITY
    return SNMP_COMMUNITY if _OF_SNMP.match(before) else ""


def _last(name: str, parts: int) -> str:
    return "-".join(name.split("-")[-parts:])


def _singular(name: str) -> str:
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name


def is_syntax(word: str) -> bool:
    """Whether a word is made as the names in commands are. A value of several words can be made so too."""
    return all(part in _SYNTAX for part in word.lstrip("-").split("-")) or (word[:1] == "-" and word[1:].isalpha())


def holds_name(word: str) -> bool:
    """Whether a word ends as the name of a secret does, but is no word of commands: it is a secret itself."""
    return bool(kind(word[:LONGEST])) and not is_syntax(word)


def names_secret(word: str) -> bool:
    """Whether the name of a column or of a key names a secret. ``key`` and ``token`` name other things too."""
    return kind(word[:LONGEST]) in (NAME, NUMBERED, SNMP_COMMUNITY)
