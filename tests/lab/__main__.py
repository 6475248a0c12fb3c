# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab on the command line: `python -m tests.lab serve` and `python -m tests.lab inventory`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.lab import faults, inventory, topology


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    if not 1 <= options.devices <= topology.MAX_DEVICES:
        return _fail(f"--devices {options.devices}: the lab has 1 to {topology.MAX_DEVICES} devices")
    if options.command == "inventory":
        sys.stdout.write(inventory.text(options.devices))
        return 0
    return _serve(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.lab", description="Pretend network devices on loopback.")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve the devices in the foreground")
    serve.add_argument("--port", type=int, default=2022, help="the port of all devices; 0 picks a free one")
    serve.add_argument("--state", type=Path, default=Path(".cache/lab"), help="folder of keys and known_hosts")
    serve.add_argument("--faults", type=Path, help="JSON file: one object of device names to faults")
    serve.add_argument("--healthy", action="store_true", help="without the three devices that are broken on purpose")
    serve.add_argument("--latency", type=float, default=0.0, help="seconds that every show command takes")
    serve.add_argument("--age", type=int, default=0, help="minutes that the network has been up for longer than usual")
    serve.add_argument("--repeat", type=int, default=0, help="times that a text is in its answer, for long answers")
    serve.add_argument("--light", action="store_true", help="short answers and cheap cryptography, for benchmarks")
    serve.add_argument("--with-parent", action="store_true", help="end when the process that started the lab ends")
    shown = commands.add_parser("inventory", help="print the lab's inventory")
    for command in (serve, shown):
        command.add_argument("--devices", type=int, default=topology.REGION_SIZE, help="how many devices")
    return parser


def _serve(options: argparse.Namespace) -> int:
    # asyncssh is needed here only: an inventory can be printed without it.
    from tests.lab import processes
    from tests.lab.keys import Keys, write_known_hosts
    from tests.lab.server import Settings

    names = {device.name: device for device in topology.devices(options.devices)}
    try:
        found = faults.load(options.faults, set(names), healthy=options.healthy)
    except (OSError, ValueError) as error:
        return _fail(str(error))
    options.state.mkdir(parents=True, exist_ok=True)
    keys = Keys(options.state, old="old_crypto" in found.values())
    settings = Settings(
        count=options.devices,
        port=options.port,
        faults=found,
        keys=keys,
        latency=options.latency,
        light=options.light,
        age=options.age,
        repeat=options.repeat,
    )

    def ready(settings: Settings) -> None:
        old = {names[name].address: keys.old_host for name, fault in found.items() if fault == "old_crypto"}
        known = {device.address: old.get(device.address) or keys.host for device in names.values()}
        write_known_hosts(options.state, settings.port, known)
        ready_line = f"lab ready: {settings.count} devices on port {settings.port}"
        print(f"{ready_line}\nhost keys: {(options.state / 'known_hosts').absolute()}", flush=True)

    try:
        processes.run(settings, ready=ready, with_parent=options.with_parent)
    except processes.PortTaken as error:
        return _fail(f"{error}; choose another with --port, or --port 0")
    return 0


def _fail(message: str) -> int:
    print(f"lab: {message}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
