# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Netmiko in a ThreadPoolExecutor."""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from netmiko import ConnectHandler

from tests.bench.cost import allow_files, measured, report
from tests.bench.targets import Target, ios
from tests.lab.topology import PASSWORD, USER

spec: dict[str, Any] = json.load(sys.stdin)


def ask(target: Target) -> str:
    with ConnectHandler(
        device_type="cisco_ios",
        host=target.device.address,
        port=spec["port"],
        username=USER,
        password=PASSWORD,
        conn_timeout=120,
        banner_timeout=120,
        auth_timeout=120,
    ) as connection:
        return str(connection.send_command(target.command, read_timeout=120))


def ask_or_empty(target: Target) -> str:
    try:
        return ask(target)
    except Exception as error:
        print(target.name, type(error).__name__, error, file=sys.stderr)
        return ""


targets = ios(spec["devices"], spec["names"])
allow_files(spec["workers"])
with measured() as cost, ThreadPoolExecutor(spec["workers"]) as pool:
    answers = list(pool.map(ask_or_empty, targets))
report(sum("light version" in text for text in answers), cost)
