# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A network of pretend devices: real SSH servers on loopback, without root.

In a test:

    with Lab(faults={"fra-leaf1": "drop_mid_output"}) as lab:
        run("ansible-playbook", "-i", lab.inventory, ...)
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from tests.lab import inventory, topology
from tests.lab.platforms import PLATFORMS

__all__ = ["Lab", "LabDevice"]

ROOT = Path(__file__).resolve().parent.parent.parent
READY = re.compile(r"lab ready: \d+ devices on port (\d+)")
START_SECONDS = 60.0
STOP_SECONDS = 10.0


@dataclass(frozen=True)
class LabDevice:
    """One device of a running lab, as a client needs to know it. `platform` is its ansible_network_os."""

    name: str
    address: str
    port: int
    platform: str
    site: str
    role: str
    login: tuple[str, str]
    enable: str | None
    exec_login: bool
    prompt: str
    commands: tuple[str, ...]


class Lab:
    """A lab as a context: its process is started, waited for, and ended with everything it made.

    Raises RuntimeError, with what the process wrote, when it does not become ready in time.
    """

    port: int
    known_hosts: Path
    key: Path
    state: Path
    inventory: Path
    devices: dict[str, LabDevice]

    def __init__(
        self,
        devices: int = topology.REGION_SIZE,
        *,
        faults: Mapping[str, str] | None = None,
        healthy: bool = False,
        latency: float = 0.0,
        port: int = 0,
        light: bool = False,
        age: int = 0,
        repeat: int = 0,
    ) -> None:
        self._count = devices
        self._has_rows = not light or repeat > 0
        self._faults = dict(faults or {})
        self._options = ["--devices", str(devices), "--port", str(port), "--latency", str(latency)]
        self._options += ["--age", str(age), "--repeat", str(repeat)]
        self._options += ["--healthy"] * healthy + ["--light"] * light

    def __enter__(self) -> Lab:
        self._folder = tempfile.TemporaryDirectory(prefix="rollcall-lab-")
        self.state = Path(self._folder.name)
        try:
            self._start()
        except BaseException:
            self._folder.cleanup()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        self._folder.cleanup()

    @property
    def pid(self) -> int:
        return self._process.pid

    def _start(self) -> None:
        given = self.state / "faults.json"
        given.write_text(json.dumps(self._faults), encoding="utf-8")
        command = [sys.executable, "-m", "tests.lab", "serve", *self._options, "--with-parent"]
        command += ["--state", str(self.state), "--faults", str(given)]
        log = self.state / "stderr.txt"
        with log.open("wb") as errors:
            self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True)
        line = self._first_line()
        ready = READY.fullmatch(line.strip())
        if ready is None:
            self._stop()
            msg = f"the lab did not start: it said {line!r} and {log.read_text(encoding='utf-8')!r}"
            raise RuntimeError(msg)
        self.port = int(ready[1])
        self.known_hosts = self.state / "known_hosts"
        self.key = self.state / "id_ed25519"
        self.devices = {device.name: self._describe(device) for device in topology.devices(self._count)}
        self.inventory = self.state / "lab.yml"
        text = inventory.text(self._count, port=str(self.port), known_hosts=str(self.known_hosts), rows=self._has_rows)
        self.inventory.write_text(text, encoding="utf-8")

    def _first_line(self) -> str:
        """What the process says first. One that is silent for too long is ended, and then has said nothing."""
        output = self._process.stdout
        assert output is not None
        limit = threading.Timer(START_SECONDS, self._process.kill)
        limit.start()
        try:
            return output.readline()
        finally:
            limit.cancel()

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_SECONDS)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _describe(self, device: topology.Device) -> LabDevice:
        platform = PLATFORMS[device.platform]
        return LabDevice(
            name=device.name,
            address=device.address,
            port=self.port,
            platform=platform.network_os,
            site=device.site,
            role=device.role,
            login=device.login,
            enable=device.enable,
            exec_login=device.exec_login,
            prompt=platform.prompt.format(name=device.name),
            commands=tuple(entry if isinstance(entry, str) else entry["command"] for entry in platform.collect),
        )
