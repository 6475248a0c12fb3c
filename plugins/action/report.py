# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""C(rollcall.network.report): see its module for the documentation."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible.template import trust_as_template

from ansible_collections.rollcall.network.plugins.module_utils._result import STATUSES
from ansible_collections.rollcall.network.plugins.module_utils._roll import failed_names, summarize
from ansible_collections.rollcall.network.plugins.plugin_utils._report import (
    ReportError,
    check_writable,
    place,
    read,
    write,
)
from ansible_collections.rollcall.network.plugins.plugin_utils._task import TaskVariables

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "devices": {"type": "dict", "required": True},
    "dest": {"type": "path", "required": True},
    "template": {"type": "path"},
    "index_template": {"type": "path"},
}
BUILT_IN = pathlib.Path(__file__).parents[2] / "playbooks" / "templates"
INDEX = "index.md"


@dataclass(slots=True)
class _Outcome:
    """What became of the reports."""

    changed: list[tuple[pathlib.Path, bytes, bytes]] = field(default_factory=list)  # the file, before and after
    errors: dict[str, str] = field(default_factory=dict)  # name of the device, or of the index

    def as_result(self, diff: bool) -> dict[str, Any]:
        result: dict[str, Any] = {
            "changed": bool(self.changed),
            "written": [str(path) for path, _before, _after in self.changed],
            "errors": self.errors,
        }
        if diff:
            result["diff"] = [
                {
                    "before_header": str(path),
                    "after_header": str(path),
                    "before": before.decode("utf-8", "replace"),
                    "after": after.decode("utf-8", "replace"),
                }
                for path, before, after in self.changed
            ]
        if self.errors:
            first, reason = next(iter(self.errors.items()))
            more = f"; {len(self.errors) - 1} more in errors" if len(self.errors) > 1 else ""
            result |= {"failed": True, "msg": f"the report of {first} could not be written: {reason}{more}"}
        return result


class ActionModule(ActionBase):
    """Render a template for every device, and one for the fleet, in one task."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_diff = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        task_vars = task_vars or {}
        base: dict[str, Any] = super().run(tmp, task_vars)
        arguments = self._arguments()
        devices: dict[str, Any] = arguments["devices"]
        dest = pathlib.Path(os.path.abspath(os.path.expanduser(arguments["dest"])))
        try:
            files = place(dest, {name: f"devices/{name}.md" for name in devices} | {"": INDEX})
            if not self._task.check_mode:
                check_writable({path.parent for path in files.values()})
        except ReportError as error:
            raise AnsibleActionFail(f"rollcall.network.report: {error}") from error
        variables = TaskVariables(self._task, self._templar, task_vars)
        outcome = _Outcome()
        template = self._template(arguments["template"] or "device.md.j2")
        for name, device in devices.items():
            own = {**(variables.of(name) or {}), "inventory_hostname": name, "device": device}
            self._report(name, files[name], template, own, outcome)
        fleet = {
            "devices": devices,
            "summary": summarize(devices.values()),
            "failed_hosts": failed_names(devices),
            "reports": {
                name: files[name].relative_to(dest).as_posix() for name in devices if name not in outcome.errors
            },
        }
        index = self._template(arguments["index_template"] or "index.md.j2")
        self._report(INDEX, files[""], index, {**task_vars, **fleet}, outcome)
        return {**base, "dest": str(dest), "index": str(files[""]), **outcome.as_result(bool(self._task.diff))}

    def _report(
        self, name: str, path: pathlib.Path, template: str, variables: Mapping[str, Any], outcome: _Outcome
    ) -> None:
        """Write one report if it differs. What goes wrong costs this report only."""
        try:
            content = self._render(template, variables)
            before = read(path)
            if before == content:
                return
            if not self._task.check_mode:
                write(path, content)
        except (AnsibleError, OSError, ValueError) as error:
            outcome.errors[name] = str(error).strip()
            return
        outcome.changed.append((path, before or b"", content))

    def _arguments(self) -> dict[str, Any]:
        checked = ArgumentSpecValidator(ARGUMENT_SPEC).validate(dict(self._task.args))
        if checked.error_messages:
            raise AnsibleActionFail(f"rollcall.network.report: {'; '.join(checked.error_messages)}")
        arguments: dict[str, Any] = checked.validated_parameters
        for name, device in arguments["devices"].items():
            if not isinstance(device, Mapping) or device.get("status") not in STATUSES:
                msg = f"devices must be what rollcall.network.collect returned as devices; {name!r} is no such answer"
                raise AnsibleActionFail(f"rollcall.network.report: {msg}")
        return arguments

    def _template(self, name: str) -> str:
        """The template of this name beside the playbook or in the role, else the collection's own."""
        try:
            path = self._find_needle("templates", name)
        except AnsibleError as error:
            path = str(BUILT_IN / name)
            if not os.path.isfile(path):
                raise AnsibleActionFail(f"rollcall.network.report: template {name!r} is not found") from error
        template: str = trust_as_template(self._loader.get_text_file_contents(path))
        return template

    def _render(self, template: str, variables: Mapping[str, Any]) -> bytes:
        templar = self._templar.copy_with_new_env(available_variables=variables)
        overrides = {"trim_blocks": True, "lstrip_blocks": False}  # as ansible.builtin.template
        text = templar.template(template, escape_backslashes=False, overrides=overrides)
        if not isinstance(text, str):  # a template of a single expression gives its value
            text = f"{text}\n"
        return text.encode("utf-8", "surrogateescape")
