# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Definitions of platforms in scrapli's format: read a file, and make a platform of it."""

from __future__ import annotations

import importlib.util
import os
import re
from typing import Any

try:
    import yaml
except ImportError:
    yaml = None  # type: ignore[assignment]

from .linear import LINEAR
from .model import Mode, Platform, PlatformError, Step

# The question for a secret, whatever words a device has for it
ASKS_SECRET = re.compile(r"\bpass(?:word|code|phrase)?\b[^:\n]{0,60}:\s*$", re.MULTILINE | re.IGNORECASE)


def definitions_folder() -> str | None:
    """Return the folder with scrapli's definitions, or None if it is not installed."""
    spec = importlib.util.find_spec("scrapli")  # not imported: its native library is not needed
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = os.path.join(spec.submodule_search_locations[0], "definitions")
    return folder if os.path.isdir(folder) else None


def scrapli_names() -> list[str]:
    """Return the names of scrapli's definitions."""
    folder = definitions_folder()
    return sorted(name[:-5] for name in os.listdir(folder) if name.endswith(".yaml")) if folder else []


def scrapli_platform(name: str) -> Platform:
    """Return the platform as scrapli defines it.

    :raises PlatformError: if it cannot be read or used.
    """
    definition = _read(name)
    try:
        if not definition["modes"]:
            raise KeyError("modes")
        return _compile(name, definition)
    except (AttributeError, KeyError, TypeError, re.error) as error:
        msg = f"the definition of platform {name!r} cannot be used ({type(error).__name__}: {error}); update scrapli"
        raise PlatformError(msg) from error


def _read(name: str) -> dict[str, Any]:
    folder = definitions_folder()
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
            pattern_of(each["prompt_pattern"]),
            (*(each.get("prompt_excludes") or ()), *excludes_of(each["name"])),
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


def excludes_of(mode: str) -> tuple[str, ...]:
    """Return what no prompt of this mode has in it."""
    return () if mode.startswith("config") else ("(config",)


def pattern_of(text: str) -> re.Pattern[str]:
    """Compile the pattern of a prompt."""
    return re.compile(LINEAR.get(text, text), re.MULTILINE | re.IGNORECASE)


def _steps(instructions: Any) -> tuple[Step, ...]:
    return tuple(_step(kind, details) for each in instructions for kind, details in each.items())


def _step(kind: str, details: dict[str, Any]) -> Step:
    if kind == "enter_mode":
        return Step("enter", details["requested_mode"])
    if kind == "send_prompted_input":
        response = str(details["response"])
        if response.startswith("__lookup::"):  # some definitions have a pattern in prompt_exact
            return Step("ask", details["input"], ASKS_SECRET)
        exact = details.get("prompt_exact")
        question = pattern_of(re.escape(exact) if exact else details["prompt_pattern"])
        return Step("ask", details["input"], question, response)
    return Step("send" if kind == "send_input" else "write", details["input"])
