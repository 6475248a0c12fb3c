# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A POST with JSON to an address that may contain a token. Address and headers are in no text that leaves this file."""

from __future__ import annotations

import http.client
import json
import queue
import re
import socket
import ssl
import threading
import urllib.error
from collections.abc import Iterator, Mapping
from typing import Any

from ansible.module_utils.urls import open_url

WAIT = 10.0  # seconds for the connection, and for each part of the answer
LONGEST = 30.0  # seconds for all of it
HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110: a token
VALUE = re.compile(r"[\t\x20-\x7e]*")
# These messages of OpenSSL have the name of the server.
OTHER_NAME = (62, 64)  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH


def headers_of(headers: Mapping[str, Any] | None, token: str | None) -> dict[str, str]:
    """Return the headers of the request.

    :param token: sent as ``Authorization: Bearer``.
    :raises ValueError: if one cannot be sent. The message has no value.
    """
    result = {"Content-Type": "application/json"}
    for name, value in (headers or {}).items():
        if not HEADER.fullmatch(str(name)):
            msg = "a name in webhook_headers has characters that a header cannot have"
            raise ValueError(msg)
        if not isinstance(value, str | int | float) or not VALUE.fullmatch(str(value)):
            msg = f"webhook_headers: the value of {name} must be one line of ASCII characters"
            raise ValueError(msg)
        result = {key: each for key, each in result.items() if key.lower() != str(name).lower()}
        result[str(name)] = str(value)
    if token:
        if not VALUE.fullmatch(str(token)):
            msg = "webhook_token must be one line of ASCII characters"
            raise ValueError(msg)
        if any(name.lower() == "authorization" for name in result):
            msg = "set the header Authorization in webhook_headers, or webhook_token, and not both"
            raise ValueError(msg)
        result["Authorization"] = f"Bearer {token}"
    return result


def post(url: str, body: Any, headers: Mapping[str, str] | None = None, longest: float = LONGEST) -> str | None:
    """Send the body. Return why it was not accepted, without the address. None if it was accepted.

    Proxies and certificates are those of M(ansible.builtin.uri).

    :param headers: see ``headers_of``.
    """
    answer: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    data = json.dumps(body).encode("ascii")
    sent = dict(headers_of(None, None) if headers is None else headers)
    # A server can send one header after the other forever. A thread that is still waiting then ends with the process.
    threading.Thread(target=lambda: answer.put(_post(url, data, sent)), daemon=True).start()
    try:
        return answer.get(timeout=longest)
    except queue.Empty:
        return f"it did not answer within {longest:g} s"


def _post(url: str, data: bytes, headers: dict[str, str]) -> str | None:
    try:
        with open_url(
            url,
            data=data,
            headers=headers,
            method="POST",
            timeout=WAIT,
            follow_redirects="safe",
            decompress=False,
            # A login in ~/.netrc would replace the header.
            use_netrc=all(name.lower() != "authorization" for name in headers),
        ) as response:
            status = int(response.status)
    except urllib.error.HTTPError as error:
        status = error.code
        error.close()
    except Exception as error:  # many types; most have the address in their text
        return _reason(error)
    return None if 200 <= status < 300 else f"HTTP status {status}"


def _reason(error: BaseException) -> str:
    """Why there was no answer, without the address."""
    for each in _causes(error):
        if isinstance(each, ssl.SSLCertVerificationError):
            other = each.verify_code in OTHER_NAME
            said = "it is for another name" if other else each.verify_message
            return f"TLS failed: its certificate is not accepted: {said}"
        if isinstance(each, ssl.SSLError):
            if not each.reason:  # such as the alert of a server that wants a certificate of the client
                return "TLS failed"
            said = each.reason.lower().replace("_", " ")
            hint = " (the server may not speak TLS on this port)" if said == "wrong version number" else ""
            return f"TLS failed: {said}{hint}"
        if isinstance(each, TimeoutError):
            return f"it did not answer within {WAIT:g} s"
    for each in _causes(error):
        if isinstance(each, socket.gaierror):
            return "it cannot be reached: its name cannot be resolved"
        if isinstance(each, ConnectionError | http.client.RemoteDisconnected):
            closed = not isinstance(each, ConnectionRefusedError)
            return f"it cannot be reached: the connection was {'closed' if closed else 'refused'}"
    return "it cannot be reached"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what caused it. ``URLError`` has the cause in ``reason``."""
    seen: list[BaseException] = []
    waiting = [error]
    while waiting:
        each = waiting.pop(0)
        if not isinstance(each, BaseException) or any(each is other for other in seen):
            continue
        seen.append(each)
        yield each
        waiting += [getattr(each, "reason", None), each.__cause__, each.__context__]
