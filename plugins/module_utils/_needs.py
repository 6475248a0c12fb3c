# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Python packages that a run needs, and those that are missing."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple

from ._device import Device
from ._drivers.registry import can_connect, gives_outputs, settings_of, uses_ssh
from ._parsing import reads_json
from ._result import Error


class Need(NamedTuple):
    """A package by its name for pip, its module, and the devices that need it.

    A module that is ``loaded`` is compiled code: it can be installed and still not work on this machine.
    """

    package: str
    module: str
    by: Callable[[Device], bool]
    loaded: bool = False


def _platform(device: Device) -> bool:
    return "platform" in settings_of(device)


def _telnet(device: Device) -> bool:
    return can_connect(device) and device.transport == "telnet"


def _textfsm(device: Device) -> bool:
    parsed = (each for each in device.commands if each.parser and not reads_json(each.parser, each.text))
    return gives_outputs(device) and any(parsed)


NEEDS = (
    Need("PyYAML", "yaml", _platform),
    Need("scrapli", "scrapli", _platform),
    Need("asyncssh", "asyncssh", uses_ssh),
    Need("cryptography", "cryptography.hazmat.bindings._rust", uses_ssh, loaded=True),
    Need("telnetlib3", "telnetlib3", _telnet),
    Need("ntc-templates", "ntc_templates", _textfsm),
    Need("textfsm", "textfsm", _textfsm),
)
# By the format of a report.
FORMAT_NEEDS = {
    "html": Need("itables", "itables", lambda _device: True),
    "prom": Need("prometheus-client", "prometheus_client", lambda _device: True),
}


def missing(devices: Mapping[str, Device | Error], formats: Collection[str] = ()) -> list[str]:
    """Return the required packages that cannot be imported here, with the reason if they are installed.

    :param formats: the formats of the reports after the run.
    """
    found = [device for device in devices.values() if isinstance(device, Device)]
    wanted = [need for need in NEEDS if any(map(need.by, found))]
    wanted += [FORMAT_NEEDS[each] for each in dict.fromkeys(formats) if each in FORMAT_NEEDS]
    problems = ((need.package, _problem(need)) for need in wanted)
    return [package + problem for package, problem in problems if problem is not None]


def sentence(packages: Iterable[str], requirements: str) -> str:
    """Return a sentence with the missing packages, the interpreter, and the command that installs them.

    :param requirements: the argument of ``pip install``.
    """
    return (
        f"this run needs Python packages that {sys.executable} does not have: {', '.join(packages)}; "
        f"install them with: {sys.executable} -m pip install {requirements}"
    )


def _problem(need: Need) -> str | None:
    """Return None if the package is usable, or else the reason, which is empty if it is not installed."""
    if importlib.util.find_spec(need.module.partition(".")[0]) is None:
        return ""
    if need.loaded:
        try:
            importlib.import_module(need.module)
        except Exception as error:  # a library built for another machine can raise any exception
            return f" (installed, but its import fails: {error})"
    return None
