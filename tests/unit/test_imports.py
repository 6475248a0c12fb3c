# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Imports go one way: from the controller's packages to module_utils, and inside module_utils from layer to layer."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2] / "plugins/module_utils"
# Each package imports only those before it, and modules outside of these packages.
LAYERS = ("_model", "_transport", "_drivers", "_engine")
# Ansible sends these parts of itself with a module. Everything else runs without Ansible.
FROM_ANSIBLE = {
    "_arguments.py": ("ansible.module_utils.common.arg_spec", "ansible.module_utils.common.validation"),
    "_spec.py": ("ansible.module_utils.common.validation",),
}


class Import(NamedTuple):
    place: str
    module: str  # relative ones begin with a dot
    guarded: bool  # the module can be imported if this one is missing


def _is_guard(node: ast.AST) -> bool:
    if isinstance(node, ast.Try):
        return any("ImportError" in ast.unparse(handler.type) for handler in node.handlers if handler.type)
    if isinstance(node, ast.With):
        return "suppress(ImportError)" in ast.unparse(node.items[0])
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.unparse(node.test)
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))


def _in(path: Path, nodes: Iterable[ast.AST], guarded: bool = False) -> Iterator[Import]:
    for node in nodes:
        place = f"{path.relative_to(ROOT)}"
        if isinstance(node, ast.Import):
            yield from (Import(place, each.name, guarded) for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level and not node.module:
                yield from (Import(place, "." * node.level + each.name, guarded) for each in node.names)
            else:
                yield Import(place, "." * node.level + (node.module or ""), guarded)
        else:
            yield from _in(path, ast.iter_child_nodes(node), guarded or _is_guard(node))


def imports() -> list[Import]:
    return [each for path in sorted(ROOT.rglob("*.py")) for each in _in(path, ast.parse(path.read_text()).body)]


def package_of(each: Import) -> str:
    """The first part of the path below module_utils of what is imported relatively."""
    level = len(each.module) - len(each.module.lstrip("."))
    parts = (*Path(each.place).parts[:-level], *each.module.lstrip(".").split("."))
    return parts[0]


def test_module_utils_need_nothing_but_python() -> None:
    """Other packages are imported where they may be missing, as sanity tests and a poller without them need."""
    found = imports()
    assert len(found) > 300
    assert not [
        each
        for each in found
        if not each.guarded
        and not each.module.startswith(".")
        and each.module.partition(".")[0] not in sys.stdlib_module_names
        and each.module not in FROM_ANSIBLE.get(each.place, ())
    ]


def test_module_utils_import_nothing_of_the_controller() -> None:
    """They are imported relatively, so that a path out of the folder would show."""
    for each in imports():
        assert "ansible_collections" not in each.module, each
        level = len(each.module) - len(each.module.lstrip("."))
        assert level <= len(Path(each.place).parts), each


@pytest.mark.parametrize("layer", LAYERS)
def test_layers_import_only_those_below(layer: str) -> None:
    allowed = {*LAYERS[: LAYERS.index(layer)], layer}
    used = {
        package_of(each): each for each in imports() if each.module.startswith(".") and each.place.startswith(layer)
    }
    assert used.keys() & set(LAYERS) <= allowed, used


def test_the_collector_knows_nothing_of_devices() -> None:
    known = {each.module for each in imports() if each.place == "collector.py" and each.module.startswith(".")}
    assert known == {"._call", "._pacing", "._result"}


def test_modules_import_nothing_of_the_controller() -> None:
    """They run on a poller, too."""
    found = sorted((ROOT.parent / "modules").glob("*.py"))
    assert len(found) >= 4
    for path in found:
        assert "plugins.plugin_utils" not in path.read_text(), path
