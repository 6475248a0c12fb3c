# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command lines of platforms: prompts, modes, how to turn paging off, how a rejected command looks.

The data are scrapli's platform definitions. ``CORRECTIONS`` adds what is missing and replaces what would change a
device's configuration. ``NAMES`` is the table of spellings.
"""

from __future__ import annotations

import difflib
import functools
import importlib.util
import os
import re
import threading
from collections import deque
from dataclasses import dataclass
from typing import Any, Literal

try:
    import yaml
except ImportError:
    yaml = None  # type: ignore[assignment]

# Definition: its names in ansible_network_os (full and short) and in netmiko. The definition's own name is valid too.
NAMES: dict[str, tuple[str, ...]] = {
    "alcatel_aos": (),
    "arista_eos": ("arista.eos.eos", "eos"),
    "aruba_aoscx": ("arubanetworks.aoscx.aoscx", "aoscx"),
    "aruba_wlc": ("community.network.aruba", "aruba", "aruba_os"),
    "cisco_aireos": ("community.network.aireos", "aireos", "cisco_wlc"),
    "cisco_asa": ("cisco.asa.asa", "asa"),
    "cisco_cbs": ("community.ciscosmb.ciscosmb", "ciscosmb", "cisco_s200", "cisco_s300", "cisco_s500"),
    "cisco_ftd": ("ftd",),
    "cisco_iosxe": ("cisco.ios.ios", "ios", "iosxe", "cisco_ios", "cisco_xe"),
    "cisco_iosxr": ("cisco.iosxr.iosxr", "iosxr", "cisco_xr"),
    "cisco_nxos": ("cisco.nxos.nxos", "nxos"),
    "cumulus_vtysh": (),
    "default": ("generic",),
    "dell_emc": ("dellemc.os10.os10", "os10", "dell_os10"),
    "dell_enterprisesonic": ("dellemc.enterprise_sonic.sonic", "sonic", "dell_sonic"),
    "edgecore_ecs": (),
    "eltex_esr": (),
    "fortinet_fortios": ("fortinet.fortios.fortios", "fortios", "fortinet"),
    "frr": ("frr.frr.frr",),
    "hp_comware": ("h3c_comware", "comware"),
    "huawei_smartax": (),
    "huawei_vrp": ("community.network.ce", "ce", "huawei", "huawei_vrpv8"),
    "ipinfusion_ocnos": ("ipinfusion.ocnos.ocnos", "ocnos"),
    "juniper_junos": ("junipernetworks.junos.junos", "junos", "juniper"),
    "mikrotik_routeros": ("community.routeros.routeros", "routeros"),
    "nokia_srlinux": ("nokia.srlinux.srlinux", "srlinux", "nokia_srl"),
    "nokia_sros": (),
    "nokia_sros_classic": ("community.network.sros", "sros", "alcatel_sros"),
    "paloalto_panos": ("paloaltonetworks.panos.panos", "panos"),
    "raisecom_ros": ("raisecom_roap",),
    "ruckus_fastiron": ("commscope.icx.icx", "community.network.icx", "icx", "brocade_fastiron"),
    "ruijie_rgos": ("ruijie_os",),
    "ubiquiti_edgeswitch": ("community.network.edgeswitch", "edgeswitch"),
    "versa_flexvnf": ("flexvnf",),
    "vyos_vyos": ("vyos.vyos.vyos", "vyos", "vyatta_vyos"),
    "zyxel_dslam": (),
}

# Replaces keys of a definition. Only the session is set up; the configuration is not changed.
CORRECTIONS: dict[str, dict[str, Any]] = {
    "aethra_atosnt": {"on_close_instructions": [{"write": {"input": "\x04"}}]},  # scrapli's is four characters of text
    "aruba_wlc": {"ntc_templates_platform": "aruba_os"},
    "cisco_aireos": {"on_open_instructions": []},  # scrapli's changes the configuration; the pager is answered instead
    "cisco_iosxe": {"ntc_templates_platform": "cisco_ios"},  # ntc-templates has no cisco_iosxe
    "cisco_iosxr": {
        "on_open_instructions": [
            {"enter_mode": {"requested_mode": "privileged_exec"}},
            {"send_input": {"input": "terminal width 512"}},
            {"send_input": {"input": "terminal length 0"}},
            {
                "send_input": {"input": "terminal exec prompt no-timestamp"}
            },  # otherwise every answer begins with the time
        ],
        "ntc_templates_platform": "cisco_xr",
    },
    "dlink_os": {
        "on_open_instructions": []
    },  # scrapli's "enable clipaging" changes the configuration and turns paging on
    "edgecore_ecs": {"ntc_templates_platform": "edgecore"},
    "fortinet_fortios": {
        "on_open_instructions": [],
        "ntc_templates_platform": "fortinet",
    },  # scrapli's changes the configuration
    "frr": {
        "prompt_pattern": r"^[\w.\-]{1,63}(\([\w\-]{1,32}\))?[>#]\s?$",
        "modes": [{"name": "exec", "prompt_pattern": r"^[\w.\-]{1,63}[>#]\s?$"}],
        "failure_indicators": ["% Unknown command", "% Command incomplete", "% Ambiguous command", "% There is no"],
        "on_open_instructions": [{"send_input": {"input": "terminal length 0"}}],
        "on_close_instructions": [{"write": {"input": "exit"}}],
    },
    "huawei_smartax": {"on_close_instructions": [{"write": {"input": "quit"}}]},  # only one line can be sent
    "huawei_vrp": {"on_open_instructions": [{"send_input": {"input": "screen-length 0 temporary"}}]},
    "ipinfusion_ocnos": {"ntc_templates_platform": "ipinfusion_ocnos"},
    "mikrotik_routeros": {"ntc_templates_platform": "mikrotik_routeros"},
    "nokia_sros": {"ntc_templates_platform": "alcatel_sros"},
    "nokia_sros_classic": {"ntc_templates_platform": "alcatel_sros"},
    "ubiquiti_edgeswitch": {"ntc_templates_platform": "ubiquiti_edgeswitch"},
    "vyos_vyos": {"ntc_templates_platform": "vyatta_vyos"},
    "zyxel_dslam": {"ntc_templates_platform": "zyxel_os"},
}

LONGEST_PROMPT = 256  # characters of a line; a longer one is no prompt
PROMPT_LINES = 3  # some platforms print a line or two above their prompt

# Patterns of scrapli that try a line in very many ways, and patterns that match the same lines in one way.
LINEAR: dict[str, str] = {
    r"^\S+@\S+:\S+:\S+[\$|#]\s*$": r"^\S[^\s@]*+@\S[^\s:]*+:\S[^\s:]*+:\S+[\$|#]\s*$",
    r"^\S+@\S+:\S+:\S+#\s*$": r"^\S[^\s@]*+@\S[^\s:]*+:\S[^\s:]*+:\S+#\s*$",
    r"^\S+@\S+\:\S+[\#\?]\s*$": r"^\S[^\s@]*+@\S[^\s:]*+:\S+[\#\?]\s*$",
    r"^.*root@(?:\S*:?\S*\s?)?[%\#]\s?$": r"^(?>.*root@)\S*\s?[%\#]\s?$",
    r"^(.*)[a-zA-Z0-9_\:\-\>]*[\#\$] ?$": r"^.*[\#\$] ?$",
    r"^(.*)[a-zA-Z0-9_\-]*[\>#]\s*$": r"^.*[\>#]\s*$",
    r"^(.*)\(.*(config)\S*\)#$": r"^[^\n(]*+\((?>.*config)\S*\)#$",
    r".*\(diagnose\)\%\%$": r"^.*\(diagnose\)\%\%$",
    r".*\[.*?\]\n.*#": r"^[^\n\[]*+\[.*\]\n.*#",
    r"[\w_-]+ (\([\w-]+\) )?[$#]": r"(?<![\w-])[\w-]++ (\([\w-]+\) )?[$#]",
    r"^[a-z0-9\.\--_()/:~]{1,1000}@[a-z0-9\.\--_()/:~]{1,1000}\$": (
        r"^[a-z0-9\.\--_()/:~][a-z0-9\.\--?A-_()/:~]*+@[a-z0-9\.\--_()/:~]+\$"
    ),
    r"^[a-z0-9\.\--_()/:~]{1,1000}@[a-z0-9\.\--_()/:~]{1,1000}#": (
        r"^[a-z0-9\.\--_()/:~][a-z0-9\.\--?A-_()/:~]*+@[a-z0-9\.\--_()/:~]+#"
    ),
}

_loading = threading.Lock()


class PlatformError(ValueError):
    """The platform is unknown, or its definition cannot be read. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step on a session: enter a mode, send a line, or send it and answer the device's question."""

    kind: Literal["enter", "send", "write", "ask"]
    text: str
    question: re.Pattern[str] | None = None
    answer: str | None = None  # None: the become password

    @property
    def wants_password(self) -> bool:
        return self.kind == "ask" and self.answer is None


@dataclass(frozen=True, slots=True)
class Mode:
    name: str
    prompt: re.Pattern[str]
    excludes: tuple[str, ...]
    ways: dict[str, tuple[Step, ...]]  # mode that can be entered from here: steps

    def prompt_start(self, tail: str) -> int | None:
        """Return where this mode's prompt begins if ``tail`` ends with it, else None."""
        start = _prompt_lines(tail)
        if start is None:
            return None
        view = tail[start:]
        end = len(view.rstrip())
        for match in self.prompt.finditer(view):
            if match.end() >= end and not any(each in match.group() for each in self.excludes):
                return start + match.start()
        return None


@dataclass(frozen=True, slots=True)
class Platform:
    name: str
    prompt: re.Pattern[str]
    modes: dict[str, Mode]
    by_exactness: tuple[Mode, ...]
    on_open: tuple[Step, ...]
    on_close: str | None
    failures: tuple[str, ...]
    asks_login: bool  # asks for user and password again inside the session
    ntc: str | None  # the platform's name in ntc-templates

    def mode_of(self, tail: str) -> Mode | None:
        """Return the mode whose prompt ends ``tail``. Exact ones are tried first: generic ones match any prompt."""
        start = _prompt_lines(tail)
        if start is None:
            return None
        view = tail[start:]
        for mode in self.by_exactness:
            if mode.prompt_start(view) is not None:
                return mode
        return None

    def way(self, start: str, goal: str) -> tuple[Step, ...] | None:
        """Return the shortest steps from one mode to another, not through configuration; None if there are none."""
        ways: dict[str, tuple[Step, ...]] = {start: ()}
        queue = deque([start])
        while queue:
            here = queue.popleft()
            if here == goal:
                return ways[here]
            for there, steps in self.modes[here].ways.items():
                if there in self.modes and there not in ways and not there.startswith("config"):
                    ways[there] = ways[here] + steps
                    queue.append(there)
        return None


def _prompt_lines(tail: str) -> int | None:
    """Return the start of the last lines, which may be a prompt. None if the last one is too long for a prompt."""
    end = len(tail)
    start = None
    for _line in range(PROMPT_LINES):
        newline = tail.rfind("\n", max(0, end - LONGEST_PROMPT - 1), end)
        if newline < 0:
            return 0 if end <= LONGEST_PROMPT else start
        start = newline + 1
        end = newline
    return start


def platform_name(spelling: str) -> str:
    """Return the definition's name for a spelling of a platform.

    :raises PlatformError: if it is unknown; the message has near matches.
    """
    key = spelling.strip().lower()
    name = _spellings().get(key)
    if name is None:
        near = difflib.get_close_matches(key, list(_spellings()), n=4, cutoff=0.5)
        hint = f"near matches: {', '.join(near)}" if near else "see Platforms in the README of the collection"
        msg = f"platform {str(spelling)!r} is not known; {hint}"
        raise PlatformError(msg)
    return name


@functools.cache
def _spellings() -> dict[str, str]:
    table = {name: name for name in CORRECTIONS}
    table.update({name: name for name in NAMES})
    folder = _definitions_folder()
    if folder:
        table.update({name[:-5]: name[:-5] for name in os.listdir(folder) if name.endswith(".yaml")})
    for name, others in NAMES.items():
        table.update(dict.fromkeys(others, name))
    return table


def load_platform(name: str) -> Platform:
    """Load the platform of this definition, once per process.

    :raises PlatformError: if PyYAML or scrapli's definitions are missing, or the definition is broken.
    """
    with _loading:  # with the cache alone, many threads would read the file at first
        return _load(name)


@functools.cache
def _load(name: str) -> Platform:
    correction = CORRECTIONS.get(name, {})
    definition = {**({} if "modes" in correction else _read_definition(name)), **correction}
    try:
        return _compile(name, definition)
    except (AttributeError, KeyError, TypeError, re.error) as error:
        msg = f"the definition of platform {name!r} cannot be used ({type(error).__name__}: {error}); update scrapli"
        raise PlatformError(msg) from error


def _definitions_folder() -> str | None:
    spec = importlib.util.find_spec("scrapli")  # not imported: its native library is not needed
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = os.path.join(spec.submodule_search_locations[0], "definitions")
    return folder if os.path.isdir(folder) else None


def _read_definition(name: str) -> dict[str, Any]:
    folder = _definitions_folder()
    if folder is None or yaml is None:
        missing = "scrapli (2026.10 or later, for its platform definitions)" if folder is None else "PyYAML"
        msg = f"Python package {missing} is not installed on the machine that collects; pip install it there"
        raise PlatformError(msg)
    path = os.path.join(folder, f"{name}.yaml")
    try:
        with open(path, encoding="utf-8") as file:
            return dict(yaml.load(file, getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except (OSError, ValueError, TypeError, yaml.YAMLError) as error:
        msg = f"the definition of platform {name!r} cannot be read from {path}: {error}"
        raise PlatformError(msg) from error


def _compile(name: str, definition: dict[str, Any]) -> Platform:
    modes = {
        each["name"]: Mode(
            each["name"],
            _pattern(each["prompt_pattern"]),
            (*(each.get("prompt_excludes") or ()), *(() if each["name"].startswith("config") else ("(config",))),
            {way["name"]: _steps(way["instructions"]) for way in each.get("accessible_modes") or ()},
        )
        for each in definition["modes"]
    }
    on_open = _steps(definition.get("on_open_instructions") or ())
    if any(step.kind == "enter" and step.text.startswith("config") for step in on_open):
        on_open = ()  # paging can be turned off only in the configuration; the pager is answered instead
    on_close = [step.text for step in _steps(definition.get("on_close_instructions") or ()) if step.kind == "write"]
    return Platform(
        name=name,
        prompt=_pattern(definition["prompt_pattern"]),
        modes=modes,
        by_exactness=tuple(
            modes[each["name"]] for each in sorted(definition["modes"], key=lambda each: -len(each["prompt_pattern"]))
        ),
        on_open=on_open,
        on_close=on_close[-1] if on_close else None,
        failures=tuple(definition.get("failure_indicators") or ()),
        asks_login=bool(definition.get("force_in_session_auth")),
        ntc=definition.get("ntc_templates_platform"),
    )


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(LINEAR.get(text, text), re.MULTILINE | re.IGNORECASE)


def _steps(instructions: Any) -> tuple[Step, ...]:
    return tuple(_step(kind, details) for each in instructions for kind, details in each.items())


def _step(kind: str, details: dict[str, Any]) -> Step:
    if kind == "enter_mode":
        return Step("enter", details["requested_mode"])
    if kind == "send_prompted_input":
        exact = details.get("prompt_exact")
        question = _pattern(re.escape(exact) if exact else details["prompt_pattern"])
        response = str(details["response"])
        return Step("ask", details["input"], question, None if response.startswith("__lookup::") else response)
    return Step("send" if kind == "send_input" else "write", details["input"])
