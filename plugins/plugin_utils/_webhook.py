# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A POST with JSON to an address that may contain a token. The address is not in any text that leaves this file."""

from __future__ import annotations

import json
import queue
import ssl
import threading
import urllib.error
from typing import Any

from ansible.module_utils.urls import SSLValidationError, open_url

WAIT = 10.0  # seconds for the connection, and for each part of the answer
LONGEST = 30.0  # seconds for all of it


def post(url: str, body: Any, longest: float = LONGEST) -> str | None:
    """Send the body. Return why it was not accepted, without the address. None if it was accepted.

    Proxies and certificates are those of M(ansible.builtin.uri).
    """
    answer: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    data = json.dumps(body).encode("ascii")
    # A server can send one header after the other forever. A thread that is still waiting then ends with the process.
    threading.Thread(target=lambda: answer.put(_post(url, data)), daemon=True).start()
    try:
        return answer.get(timeout=longest)
    except queue.Empty:
        return f"it did not answer within {longest:g} s"


def _post(url: str, data: bytes) -> str | None:
    headers = {"Content-Type": "application/json"}
    try:
        with open_url(
            url, data=data, headers=headers, method="POST", timeout=WAIT, follow_redirects="safe", decompress=False
        ) as response:
            status = int(response.status)
    except urllib.error.HTTPError as error:
        status = error.code
        error.close()
    except (SSLValidationError, ssl.SSLError):
        return "its certificate is not accepted"
    except Exception as error:  # many types; most have the address in their text
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLError):
            return "its certificate is not accepted"
        return f"it did not answer within {WAIT:g} s" if isinstance(reason, TimeoutError) else "it cannot be reached"
    return None if 200 <= status < 300 else f"HTTP status {status}"
