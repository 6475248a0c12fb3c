# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generate files from the specification of the role's variables, and tables in the documentation: `make generate`.

Some files are written completely. In others, only the lines between two marks are replaced.
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "collections"))

from ansible_collections.rollcall.network.plugins.module_utils._platforms import (  # noqa: E402
    Platform,
    load_platform,
    spellings,
)
from ansible_collections.rollcall.network.plugins.plugin_utils._advice import ADVICE, ENGINE  # noqa: E402
from ansible_collections.rollcall.network.plugins.plugin_utils._variables._table import (  # noqa: E402
    HOST,
    RESULTS,
    ROLE,
    SPECS,
    UNSET,
    Task,
    Variable,
)

ROLE_FOLDER = "roles/collect"
ERRORS = "docs/errors.md"
PLATFORMS = "docs/platforms.md"
NAMES = "plugins/plugin_utils/_variables/_names.py"
OF_EACH_TASK = ("redact",)  # arguments of a poller's task too, though they are of the report
BY = "Written by `make generate` from plugins/plugin_utils/_variables/_table.py."
NAME = re.compile(r"\brollcall_[a-z0-9_]*[a-z0-9]\b(?!\{)")


def generated() -> dict[str, str]:
    """The text of every file with generated lines, by its path in the checkout."""
    readme, main, poller = (f"{ROLE_FOLDER}/{name}" for name in ("README.md", "tasks/main.yml", "tasks/poller.yml"))
    pollers = f"{ROLE_FOLDER}/tasks/pollers.yml"
    texts = {
        f"{ROLE_FOLDER}/defaults/main.yml": _defaults(),
        f"{ROLE_FOLDER}/meta/argument_specs.yml": _argument_specs(),
        main: _between(main, {task: _arguments(task) for task in SPECS}),
        # Reports and limits apply to the whole fleet, not to a poller.
        poller: _between(poller, {"collect": _arguments("collect", without="report")}),
        pollers: _between(pollers, {task: _arguments(task) for task in SPECS if task != "collect"}),
        readme: _between(
            readme,
            {
                "variables": _table(each for each in ROLE if each.play in ("", "any")),
                "hosts": _table(HOST),
                "pollers": _table(each for each in ROLE if each.play == "pollers"),
            },
        ),
    }
    kinds = [("any", "engine", ENGINE)]
    kinds += [(phase, kind, advice) for phase, by_kind in ADVICE.items() for kind, advice in sorted(by_kind.items())]
    rows = [f"| {phase} | `{kind}` | {label} | {advice} |" for phase, kind, (label, advice) in kinds]
    errors = ["| phase | kind | reports call it | what to do |", "|---|---|---|---|", *rows]
    return {
        **texts,
        NAMES: _names(texts),
        ERRORS: _between(ERRORS, {"kinds": errors}),
        PLATFORMS: _between(PLATFORMS, {"platforms": _platforms()}),
    }


def _platforms() -> list[str]:
    """The table of all platforms."""
    names: dict[str, list[str]] = {}
    for spelling, name in spellings().items():
        names.setdefault(name, []).extend([spelling] if spelling != name else [])
    rows = []
    for name, others in sorted(names.items()):
        platform = load_platform(name)
        cells = (
            f"`{name}`",
            ", ".join(f"`{each}`" for each in sorted(others)),
            _code(_enabling(platform)),
            _code(_paging(platform)) or "pager",
            _code([platform.ntc] if platform.ntc else []),
        )
        rows.append(f"| {' | '.join(cells)} |")
    return ["| platform | other names | privileged mode | paging | ntc-templates |", "|---|---|---|---|---|", *rows]


def _code(texts: Iterable[str]) -> str:
    return ", ".join(f"`{text}`" for text in texts)


def _enabling(platform: Platform) -> list[str]:
    way = platform.way("exec", "privileged_exec") if "exec" in platform.modes else None
    return [step.text for step in way or ()]


def _paging(platform: Platform) -> list[str]:
    """The lines that a session begins with."""
    return [*(step.text for step in platform.on_open if step.kind != "enter"), *platform.paging_lines]


def _arguments(task: Task, without: Task | None = None) -> list[str]:
    """The arguments of a task, as lines of YAML."""
    chosen = [each for each in ROLE if task in each.tasks]
    variables = {each.takes: each for each in chosen if without not in each.tasks or each.takes in OF_EACH_TASK}
    ordered = [variables[argument] for argument in SPECS[task] if argument in variables]
    lines = [f'    {each.takes}: "{{{{ {each.given} }}}}"' for each in ordered]
    # The runs of each poller are in a separate folder.
    own = "folder_of_runs }}/pollers/{{ rollcall_poller_folder }}"
    return [line.replace("folder_of_runs }}", own) for line in lines] if without else lines


def _defaults() -> str:
    lines = ["---", f"# {BY}"]
    for each in ROLE:
        if each.default is not UNSET:
            lines += [*_wrapped(f"{each.text}.", "# "), f"{each.name}: {_value(each.default)}"]
    return "\n".join(lines) + "\n"


def _argument_specs() -> str:
    """For `ansible-doc -t role`."""
    lines = [
        "---",
        f"# {BY}",
        "# The entry point is not named main, because Ansible would then check the arguments for each host, with an",
        "# event for each. The action plugin checks them once per run.",
        "argument_specs:",
        "  variables:",
        "    short_description: Ask the hosts of the play, write reports, and report the outcome",
        "    description:",
        "      - The variables of the role and of the playbooks C(collect), C(pollers) and C(report).",
        "      - The last ones are variables of each host.",
        "      - They are checked once per run, before the first login.",
        "    options:",
    ]
    for each in (*ROLE, *HOST):
        lines.append(f"      {each.name}:")
        lines += ["        description: >-", *_wrapped(_ansible(_described(each)), " " * 10)]
        for key, value in each.type.items():
            lines.append(f"        {key}: {_value(value)}" if key != "options" else _options(value))
        default = _default(each)
        if default is not None:
            lines.append(f"        default: {_value(default)}")
    return "\n".join(lines) + "\n"


def _described(variable: Variable) -> str:
    in_words = f" Default: {variable.shown_default}." if _default(variable) is None and variable.shown_default else ""
    return f"{variable.text}.{in_words}"


def _options(options: dict[str, dict[str, Any]]) -> str:
    lines = ["        options:"]
    for name, option in options.items():
        lines += [
            f"          {name}:",
            "            description: As for the module.",
            f"            type: {option['type']}",
        ]
    return "\n".join(lines)


def _default(variable: Variable) -> Any:
    """The value that is used if the variable is not set, or None if there is none."""
    if variable.default is UNSET:
        return SPECS[variable.tasks[0]][variable.takes].get("default") if variable.tasks else None
    return variable.default


def _table(variables: Iterable[Variable]) -> list[str]:
    lines = ["| variable | default | |", "|---|---|---|"]
    return [
        *lines,
        *(f"| `{each.name}` | {_shown_default(each)} | {_cell(_with_choices(each))} |" for each in variables),
    ]


def _with_choices(variable: Variable) -> str:
    choices = variable.type.get("choices", ()) if variable.type["type"] == "list" else ()
    return f"{variable.text}: {', '.join(f'`{each}`' for each in choices)}" if choices else variable.text


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _shown_default(variable: Variable) -> str:
    if variable.shown_default:
        return variable.shown_default
    default = _default(variable)
    if default in (None, ""):
        return ""
    return f"`{_value(default)}`"


def _ansible(text: str) -> str:
    """Convert Markdown to Ansible's markup. C() ends at the first closing parenthesis."""
    return re.sub(r"`([^`]*)`", lambda code: f"C({code[1]})" if ")" not in code[1] else f"'{code[1]}'", text)


def _value(value: Any) -> str:
    """The value as YAML in one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, str):
        return value if re.fullmatch(r"[\w./][\w./ -]*", value) else json.dumps(value)
    return json.dumps(value)


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, 118, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def _between(path: str, parts: dict[str, Sequence[str]]) -> str:
    """The text of the file with new lines between its marks."""
    text = (ROOT / path).read_text(encoding="utf-8")
    for name, lines in parts.items():
        comment = r"<!-- {} -->" if path.endswith(".md") else r"# {}"
        begin, end = (
            re.escape(comment).replace(r"\{\}", re.escape(f"{mark}: {name}")) for mark in ("generated", "end")
        )
        pattern = rf"(^ *{begin}.*\n)(?:.*\n)*?(^ *{end})"
        new = "".join(f"{line}\n" for line in lines).replace("\\", "\\\\")
        text, found = re.subn(pattern, rf"\g<1>{new}\g<2>", text, flags=re.MULTILINE)
        if found != 1:
            raise ValueError(f"{path} has no marks for {name}, or several")
    return text


def _names(texts: dict[str, str]) -> str:
    """The names in playbooks and roles that are not in the table."""
    table = {each.name for each in (*ROLE, *HOST)} | RESULTS.keys()
    files = [path for folder in ("playbooks", "roles") for path in sorted((ROOT / folder).rglob("*.yml"))]
    used = {
        name
        for file in files
        for name in NAME.findall(texts.get(str(file.relative_to(ROOT))) or file.read_text(encoding="utf-8"))
    }
    text = (ROOT / NAMES).read_text(encoding="utf-8")
    lines = "".join(f'        "{name}",\n' for name in sorted(used - table))
    return f"{text[: text.index('USED:')]}USED: frozenset[str] = frozenset(\n    (\n{lines}    )\n)\n"


def main() -> None:
    for path, text in generated().items():
        file = ROOT / path
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
            print(path)


if __name__ == "__main__":
    main()
