# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's keys and its known_hosts file, kept in its state folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import asyncssh

OLD_KEY_BITS = 2048


class Keys:
    """Host keys and one client key, made at the first start with mode 0600 and reused.

    All devices share the host keys. `host` (ed25519) is the one in known_hosts; `other_host` (ecdsa) is offered too, as
    gear does, so that a client which asks for a type that its known_hosts lacks is found out. `old_host` (RSA) is for
    devices with old cryptography and made only for them. `client` logs in without a password.
    """

    def __init__(self, state: Path, *, old: bool) -> None:
        self._state = state
        self.host = self._key("host_ed25519", "ssh-ed25519")
        self.other_host = self._key("host_ecdsa", "ecdsa-sha2-nistp256")
        self.old_host = self._key("host_rsa", "ssh-rsa", key_size=OLD_KEY_BITS) if old else None
        self.client = self._key("id_ed25519", "ssh-ed25519")

    def _key(self, name: str, algorithm: str, **options: int) -> asyncssh.SSHKey:
        path = self._state / name
        if path.exists():
            return asyncssh.read_private_key(path)
        key = asyncssh.generate_private_key(algorithm, comment="rollcall lab", **options)
        write_private(path, key.export_private_key())
        path.with_suffix(".pub").write_bytes(key.export_public_key())
        return key


def write_known_hosts(state: Path, port: int, keys: Mapping[str, asyncssh.SSHKey]) -> None:
    """Writes <state>/known_hosts: one line for each address, with the key that it maps to."""
    text = {id(key): " ".join(key.export_public_key().decode().split()[:2]) for key in keys.values()}
    temporary = state / f"known_hosts.{os.getpid()}"
    temporary.write_text(
        "".join(f"[{address}]:{port} {text[id(key)]}\n" for address, key in keys.items()), encoding="ascii"
    )
    temporary.replace(state / "known_hosts")


def write_private(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
