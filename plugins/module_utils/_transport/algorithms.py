# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The algorithms that are offered to devices, and the lists of them that users write as in OpenSSH."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Literal

Kind = Literal["kex", "encryption", "mac", "host_key", "signature"]

# Offered in this order. The client's order decides, so that the expensive ones come last: in CPU milliseconds, curves
# and ML-KEM cost at most 1, group14 3, group16 and group exchange 21, group18 155.
MODERN: dict[Kind, tuple[str, ...]] = {
    "kex": (
        "mlkem768x25519-sha256",
        "curve25519-sha256",
        "curve25519-sha256@libssh.org",
        "ecdh-sha2-nistp256",
        "mlkem768nistp256-sha256",
        "sntrup761x25519-sha512",
        "sntrup761x25519-sha512@openssh.com",
        "ecdh-sha2-nistp384",
        "ecdh-sha2-nistp521",
        "mlkem1024nistp384-sha384",
        "curve448-sha512",
        "diffie-hellman-group14-sha256",
        "diffie-hellman-group15-sha512",
        "diffie-hellman-group-exchange-sha256",
        "diffie-hellman-group16-sha512",
        "diffie-hellman-group17-sha512",
        "diffie-hellman-group18-sha512",
    ),
    "encryption": (
        "aes128-gcm@openssh.com",
        "aes256-gcm@openssh.com",
        "chacha20-poly1305@openssh.com",
        "aes128-ctr",
        "aes192-ctr",
        "aes256-ctr",
    ),
    "mac": (
        "hmac-sha2-256-etm@openssh.com",
        "hmac-sha2-512-etm@openssh.com",
        "umac-128-etm@openssh.com",
        "umac-64-etm@openssh.com",
        "hmac-sha2-256",
        "hmac-sha2-512",
        "umac-128@openssh.com",
        "umac-64@openssh.com",
    ),
    "host_key": (
        "ssh-ed25519-cert-v01@openssh.com",
        "ecdsa-sha2-nistp256-cert-v01@openssh.com",
        "ecdsa-sha2-nistp384-cert-v01@openssh.com",
        "ecdsa-sha2-nistp521-cert-v01@openssh.com",
        "sk-ssh-ed25519-cert-v01@openssh.com",
        "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
        "rsa-sha2-512-cert-v01@openssh.com",
        "rsa-sha2-256-cert-v01@openssh.com",
        "ssh-ed25519",
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
        "sk-ssh-ed25519@openssh.com",
        "sk-ecdsa-sha2-nistp256@openssh.com",
        "webauthn-sk-ecdsa-sha2-nistp256@openssh.com",
        "ssh-ed448",
        "rsa-sha2-512",
        "rsa-sha2-256",
    ),
}
# Offered last, because only old devices need them. ``legacy_ssh: false`` switches them off.
LEGACY: dict[Kind, tuple[str, ...]] = {
    "kex": (
        "diffie-hellman-group14-sha1",
        "diffie-hellman-group-exchange-sha1",
        "diffie-hellman-group1-sha1",
    ),
    "encryption": ("aes128-cbc", "aes192-cbc", "aes256-cbc", "3des-cbc"),
    "mac": (
        "hmac-sha1-etm@openssh.com",
        "hmac-sha1",
        "hmac-md5",
        "hmac-sha2-256-96",
        "hmac-sha2-512-96",
        "hmac-sha1-96",
        "hmac-md5-96",
    ),
    "host_key": ("ssh-rsa-cert-v01@openssh.com", "ssh-rsa", "ssh-dss-cert-v01@openssh.com", "ssh-dss"),
}
for _algorithms in (MODERN, LEGACY):  # a certificate authority signs with a key, not with another certificate
    _algorithms["signature"] = tuple(each for each in _algorithms["host_key"] if "-cert-" not in each)
# Offered only if the user names them.
NAMED_ONLY: dict[Kind, tuple[str, ...]] = {
    "kex": ("rsa2048-sha256", "rsa1024-sha1"),
    "encryption": ("blowfish-cbc", "cast128-cbc", "arcfour256", "arcfour128", "arcfour"),
    "mac": ("hmac-md5-etm@openssh.com", "hmac-sha1-96-etm@openssh.com", "hmac-md5-96-etm@openssh.com"),
    "host_key": (),
    "signature": (),
}
WORDS: dict[Kind, str] = {
    "kex": "key exchange algorithm",
    "encryption": "cipher",
    "mac": "MAC",
    "host_key": "host key algorithm",
    "signature": "signature algorithm",
}


def default_algorithms(kind: Kind, *, legacy: bool) -> tuple[str, ...]:
    """What is offered if the user names nothing, the first one preferred."""
    return MODERN[kind] + LEGACY[kind] if legacy else MODERN[kind]


def chosen_algorithms(kind: Kind, text: str, *, legacy: bool) -> tuple[str, ...]:
    """What is offered for a list of OpenSSH: names and patterns, which ``+``, ``-`` or ``^`` relate to the default.

    Names that are not known are left out, as there is nothing to offer.

    :raises ValueError: if nothing is left.
    """
    default = default_algorithms(kind, legacy=legacy)
    prefix, patterns = _split(text)
    known = MODERN[kind] + LEGACY[kind] + NAMED_ONLY[kind]
    named = [name for pattern in patterns for name in known if fnmatchcase(name, pattern)]
    if prefix == "-":
        chosen: Iterable[str] = [name for name in default if name not in named]
    elif prefix == "+":
        chosen = [*default, *named]
    elif prefix == "^":
        chosen = [*named, *default]
    else:
        chosen = named
    result = tuple(dict.fromkeys(chosen))
    if not result or (prefix != "-" and not named):
        msg = f"no supported {WORDS[kind]} matches {text!r}"
        raise ValueError(msg)
    return result


def unknown_algorithms(kind: Kind, text: str) -> tuple[str, ...]:
    """The names and patterns of the list that match nothing that is supported."""
    known = MODERN[kind] + LEGACY[kind] + NAMED_ONLY[kind]
    prefix, patterns = _split(text)
    return tuple(each for each in patterns if prefix != "-" and not any(fnmatchcase(name, each) for name in known))


def available(kind: Kind, names: Iterable[str]) -> tuple[str, ...]:
    """Those of the algorithms that the installed asyncssh can use. Some need a library that is not always there."""
    there = _available(kind)
    return tuple(name for name in names if name in there)


@functools.cache
def _available(kind: Kind) -> frozenset[str]:
    from ._asyncssh import asyncssh  # not at the top: the process that only waits does not need it

    if asyncssh is None:
        return frozenset(MODERN[kind] + LEGACY[kind] + NAMED_ONLY[kind])
    from asyncssh.encryption import get_encryption_algs
    from asyncssh.kex import get_kex_algs
    from asyncssh.mac import get_mac_algs
    from asyncssh.public_key import get_certificate_algs, get_public_key_algs

    found: dict[Kind, list[bytes]] = {
        "kex": get_kex_algs(),
        "encryption": get_encryption_algs(),
        "mac": get_mac_algs(),
        "host_key": [*get_certificate_algs(), *get_public_key_algs()],
        "signature": get_public_key_algs(),
    }
    return frozenset(name.decode("ascii") for name in found[kind])


def _split(text: str) -> tuple[str, list[str]]:
    prefix = text[:1] if text[:1] in {"+", "-", "^"} else ""
    return prefix, [each for each in text[len(prefix) :].split(",") if each]
