# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Private keys, each loaded once per process."""

from __future__ import annotations

import functools
import os
from typing import Any

from .._result import DeviceError

try:
    import asyncssh
except ImportError:
    asyncssh = None  # type: ignore[assignment]

DEFAULT_KEYS = ("~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa")


def key_of_file(path: str, passphrase: str | None) -> Any:
    """Return the key pairs of a file, with the certificate beside it.

    :raises DeviceError: if it cannot be read or decrypted.
    """
    path = os.path.expanduser(path)
    try:
        status = os.stat(path)
        version = (status.st_mtime_ns, status.st_size)
        return _of_file(path, version, passphrase)
    except OSError as error:
        message = f"the private key {path} cannot be read: {error.strerror}; correct ansible_ssh_private_key_file"
        raise DeviceError("auth_failed", "auth", "private_key", message) from error
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, ValueError) as error:
        raise _unusable(f"the private key {path}", passphrase, error) from error


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
                found += key_of_file(path, None)
            except DeviceError:
                continue  # encrypted, as for ssh without a terminal
    return found


@functools.lru_cache(maxsize=256)
def _of_file(path: str, _version: tuple[int, int], passphrase: str | None) -> Any:
    certificate = f"{path}-cert.pub"
    certificates = [certificate] if os.path.exists(certificate) else ()
    return asyncssh.load_keypairs([path], passphrase, certificates)


@functools.lru_cache(maxsize=1024)
def _of_text(text: str, passphrase: str | None) -> Any:
    return asyncssh.load_keypairs([asyncssh.import_private_key(text, passphrase)])


def _unusable(what: str, passphrase: str | None, error: Exception) -> DeviceError:
    if isinstance(error, asyncssh.KeyEncryptionError) or "passphrase" in str(error).lower():
        hint = "the passphrase is wrong" if passphrase else "it needs a passphrase"
        message = f"{what} cannot be decrypted: {hint}; set ansible_ssh_private_key_passphrase"
    else:
        message = f"{what} cannot be used: {error}"
    return DeviceError("auth_failed", "auth", "private_key", message)
