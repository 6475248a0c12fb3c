# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Render user templates like M(ansible.builtin.template), but faster for many devices."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible.errors import AnsibleError
from ansible.module_utils.common.text.converters import to_bytes
from ansible.template import generate_ansible_template_vars, trust_as_template

from ansible_collections.rollcall.network.plugins.plugin_utils._template_line import failed_line


@dataclass(slots=True)
class _Source:
    """A template that was read, with an engine that keeps what it includes."""

    path: str
    text: str
    engine: Any
    variables: dict[str, Any]  # of the template itself: template_path and so on

    def render(self, variables: Mapping[str, Any], dest: str) -> bytes:
        seen = {**variables, **self.variables, "template_destpath": dest}
        if "ansible_managed" in variables:
            seen["ansible_managed"] = variables["ansible_managed"]
        self.engine.available_variables = seen
        # A module imported for one device must not be reused for the next, because it can depend on its variables.
        for imported in self.engine._engine.environment.cache.values():
            imported._module = None
        result = self.engine.template(self.text, escape_backslashes=False, overrides={"trim_blocks": True})
        data: bytes = b"" if result is None else to_bytes(result, errors="surrogate_or_strict")
        return data


class Templates:
    """The templates of one task.

    :param find: returns the file of a template by name, or None.
    :param search_path: ``ansible_search_path`` of the task.
    """

    def __init__(self, find: Callable[[str], str | None], loader: Any, templar: Any, search_path: list[str]) -> None:
        self._find = find
        self._loader = loader
        self._templar = templar
        self._search_path = search_path
        self._texts = templar.copy_with_new_env()
        self._sources: dict[str, _Source] = {}

    def text(self, template: str, variables: Mapping[str, Any]) -> str:
        """Render a text of the task, such as ``dest``.

        :raises AnsibleError: for an undefined variable or a broken template.
        """
        self._texts.available_variables = variables
        result = self._texts.template(template)
        return "" if result is None else str(result)

    def load(self, name: str) -> _Source:
        """Read a template.

        :raises ValueError: if it is not found.
        """
        if name not in self._sources:
            path = self._find(name)
            if path is None:
                msg = f"template {name!r} was not found, neither in templates/ beside the playbook nor as a path"
                raise ValueError(msg)
            text = trust_as_template(self._loader.get_text_file_contents(path))
            search_path = [*self._search_path, self._loader.get_basedir(), os.path.dirname(path)]
            folders = [folder for each in search_path for folder in (os.path.join(each, "templates"), each)]
            engine = self._templar.copy_with_new_env(searchpath=folders)
            variables = {
                **generate_ansible_template_vars(name, path, None),
                "ansible_search_path": search_path,
            }
            self._sources[name] = _Source(path, text, engine, variables)
        return self._sources[name]

    def render(self, name: str, variables: Mapping[str, Any], dest: str) -> bytes:
        """Render a template. An error has the file and the line.

        :raises ValueError: if it cannot be found or rendered.
        """
        source = self.load(name)
        try:
            return source.render(variables, dest)
        except AnsibleError as error:
            file, line = failed_line(error, source.text)
            where = f"{file or source.path}:{line}" if line else source.path
            msg = f"{where}: {error}"
            raise ValueError(msg) from error
