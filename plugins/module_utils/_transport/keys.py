# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Private keys, each loaded once per process."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable
from typing import Any

from .._result import DeviceError
from ._asyncssh import asyncssh

DEFAULT_KEYS = ("~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa")


def keys_of_files(paths: Iterable[str], certificates: Iterable[str], passphrase: str | None) -> list[Any]:
    """Return the key pairs of files, with the certificates beside them and the further ones given.

    :raises DeviceError: if a file cannot be read or decrypted.
    """
    keys: list[Any] = []
    for path in paths:
        if not path.endswith(".pub"):  # a public key names a key of the agent
            keys += _key_of_file(path, tuple(certificates), passphrase)
    return keys


def _key_of_file(path: str, certificates: tuple[str, ...], passphrase: str | None) -> list[Any]:
    path = os.path.expanduser(path)
    try:
        status = os.stat(path)
        return _of_file(path, (status.st_mtime_ns, status.st_size), certificates, passphrase)
    except OSError as error:
        message = f"the private key {path} cannot be read: {error.strerror}; correct ansible_ssh_private_key_file"
        raise DeviceError("auth_failed", "auth", "private_key", message) from error
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, ValueError) as error:
        raise _unusable(f"the private key {path}", passphrase, error) from error


def public_keys_of_files(paths: Iterable[str]) -> set[bytes]:
    """Return the keys of the files that are public keys."""
    found = set()
    for path in paths:
        if path.endswith(".pub"):
            try:
                found.add(bytes(asyncssh.read_public_key(os.path.expanduser(path)).public_data))
            except (OSError, ValueError, asyncssh.Error):
                continue  # as ssh, which goes on without it
    return found


async def agent_keys(path: str, only: set[bytes] | None) -> tuple[Any, list[Any]]:
    """Return the agent, which must be closed after the login, and its keys.

    :param only: public keys; others of the agent are left out.
    """
    try:
        agent = await asyncssh.connect_agent(path)
        if agent is None:
            return None, []
        keys = list(await agent.get_keys())
    except (OSError, ValueError, asyncssh.Error):  # as ssh, which goes on without it
        return None, []
    if only is not None:
        keys = [key for key in keys if key.public_data in only]
    return agent, keys


def key_of_text(text: str, passphrase: str | None) -> Any:
    """Return the key pair of a key in memory.

    :raises DeviceError: if it cannot be decrypted.
    """
    try:
        return _of_text(text.strip() + "\n", passphrase)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, ValueError) as error:
        raise _unusable("the private key of ansible_private_key", passphrase, error) from error


def default_keys() -> list[Any]:
    """Return the user's own keys that have no passphrase."""
    found: list[Any] = []
    for path in map(os.path.expanduser, DEFAULT_KEYS):
        if os.access(path, os.R_OK):
            try:
                found += _key_of_file(path, (), None)
            except DeviceError:
                continue  # encrypted, as for ssh without a terminal
    return found


@functools.lru_cache(maxsize=256)
def _of_file(path: str, _version: tuple[int, int], certificates: tuple[str, ...], passphrase: str | None) -> list[Any]:
    beside = f"{path}-cert.pub"
    found = [*certificates, *([beside] if os.path.exists(beside) else [])]
    return list(asyncssh.load_keypairs([path], passphrase, found))


@functools.lru_cache(maxsize=1024)
def _of_text(text: str, passphrase: str | None) -> Any:
    return asyncssh.load_keypairs([asyncssh.import_private_key(text, passphrase)])


def _unusable(what: str, passphrase: str | None, error: Exception) -> DeviceError:
    if "bcrypt" in str(error):
        message = f"{what} cannot be decrypted: the Python package bcrypt is not installed on the machine that collects"
    elif isinstance(error, asyncssh.KeyEncryptionError) or "passphrase" in str(error).lower():
        hint = "the passphrase is wrong" if passphrase else "it needs a passphrase"
        message = f"{what} cannot be decrypted: {hint}; set ansible_ssh_private_key_passphrase"
    else:
        message = f"{what} cannot be used: {error}"
    return DeviceError("auth_failed", "auth", "private_key", message)
