# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Remember refused logins until the end of ansible-playbook.

Each task and each lookup is a run of its own: one for every batch of ``serial``, or for every host of a loop. Without
this, each of them would send a wrong password to a few devices.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection

from ansible_collections.rollcall.network.plugins.plugin_utils._memory import held, read_json, write_json

MOST = 100  # devices of one credential
_QUESTION = ["refused logins"]


class RefusedBefore:
    """The devices that refused a credential since one has accepted it. It implements ``admission.Before``.

    The file is in Ansible's private directory. It has digests of the secrets, with a key of this ansible-playbook.

    :raises OSError: if the directory cannot be used.
    """

    def __init__(self) -> None:
        with held(_QUESTION) as path:
            content = read_json(path)
            if content is None:
                content = {"key": secrets.token_hex(32), "refused": {}, "accepted": []}
                write_json(path, content)
        self.key = bytes.fromhex(content["key"])
        self._content = content

    def refused(self, digest: str) -> list[str]:
        """Return the names of the devices."""
        names: list[str] = self._content["refused"].get(digest, [])
        return names

    def was_accepted(self, digest: str) -> bool:
        return digest in self._content["accepted"]

    def note(self, digest: str, names: Collection[str], *, is_accepted: bool) -> None:
        """Add names, or remove all of them if there are none."""
        with held(_QUESTION) as path:
            content = read_json(path) or {**self._content, "refused": {}, "accepted": []}
            known = content["refused"].pop(digest, [])
            if names:
                content["refused"][digest] = list(dict.fromkeys([*known, *names]))[:MOST]
            if is_accepted and digest not in content["accepted"]:
                content["accepted"].append(digest)
            write_json(path, content)
