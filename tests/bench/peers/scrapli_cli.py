# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scrapli's Cli with its ssh2 transport in a ThreadPoolExecutor."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from scrapli import AuthOptions, Cli, SessionOptions, TransportSsh2Options

from tests.bench.cost import allow_files, measured, report
from tests.bench.targets import Target, ios
from tests.lab.topology import PASSWORD, USER

spec: dict[str, Any] = json.load(sys.stdin)


def ask(target: Target) -> str:
    try:
        with Cli(
            definition_file_or_name="cisco_iosxe",
            host=target.device.address,
            port=spec["port"],
            auth_options=AuthOptions(username=USER, password=PASSWORD),
            session_options=SessionOptions(operation_timeout_s=120),
            transport_options=TransportSsh2Options(),
        ) as connection:
            return str(connection.send_input(input_=target.command).result)
    except Exception as error:
        print(target.name, type(error).__name__, error, file=sys.stderr)
        return ""


targets = ios(spec["devices"], spec["names"])
allow_files(spec["workers"])
with measured() as cost, ThreadPoolExecutor(spec["workers"]) as pool:
    answers = list(pool.map(ask, targets))
report(sum("light version" in text for text in answers), cost)
