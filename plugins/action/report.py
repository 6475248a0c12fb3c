# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""C(rollcall.network.report): see its module for the documentation."""

from __future__ import annotations

import functools
import os
import pathlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import jinja2
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase

from ansible_collections.rollcall.network.plugins.plugin_utils._core import require_core

require_core()

from ansible.template import trust_as_template

from ansible_collections.rollcall.network.plugins.module_utils._merged import Merged, last_passed, slices_of
from ansible_collections.rollcall.network.plugins.module_utils._result import STATUSES, Error, Result
from ansible_collections.rollcall.network.plugins.module_utils._roll import answer_of, summarize
from ansible_collections.rollcall.network.plugins.module_utils._run import NoAnswer, RunError, read_manifest
from ansible_collections.rollcall.network.plugins.module_utils._spec import check_percentages
from ansible_collections.rollcall.network.plugins.plugin_utils._fleet_row import FleetRow, fleet_row
from ansible_collections.rollcall.network.plugins.plugin_utils._formats import fleet_csv, fleet_json, junit
from ansible_collections.rollcall.network.plugins.plugin_utils._limit import limit_file
from ansible_collections.rollcall.network.plugins.plugin_utils._pages import BUILT_IN, Pages, PagesError
from ansible_collections.rollcall.network.plugins.plugin_utils._preflight import preflight
from ansible_collections.rollcall.network.plugins.plugin_utils._prometheus import RunFacts, prometheus
from ansible_collections.rollcall.network.plugins.plugin_utils._report import (
    Files,
    ReportError,
    place,
    place_each,
)
from ansible_collections.rollcall.network.plugins.plugin_utils._report_spec import ARGUMENT_SPEC
from ansible_collections.rollcall.network.plugins.plugin_utils._task import TaskVariables
from ansible_collections.rollcall.network.plugins.plugin_utils._template_line import failed_line
from ansible_collections.rollcall.network.plugins.plugin_utils._variables._first import check_names
from ansible_collections.rollcall.network.plugins.plugin_utils._verdict import Allowed, Verdict, allowed_of, verdict_of

TEXTS = ("md", "html")  # formats with a report per device; the first of those asked for is what the rows link to
FLEET_FILES = {
    "md": "index.md",
    "html": "index.html",
    "json": "fleet.json",
    "csv": "fleet.csv",
    "junit": "junit.xml",
    "prom": "metrics.prom",
    "limit": "failed.txt",
}

Reader = Callable[[str], Mapping[str, Any]]


class ActionModule(ActionBase):
    """Write a report for every device, and what shows the fleet, in one task."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_diff = True

    @classmethod
    def finalize_task_arg(cls, name: str, value: Any, templar: Any, context: Any) -> Any:
        """Leave C(dest) as it is written: it has a value of its own for each device."""
        return value if name == "dest" else super().finalize_task_arg(name, value, templar, context)

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        task_vars = task_vars or {}
        base: dict[str, Any] = super().run(tmp, task_vars)
        try:
            check_names(self._task, task_vars)
            arguments = self._arguments()
            allowed = allowed_of(arguments, task_vars["groups"])
            names, read = _source(arguments)
            self._found: dict[str, str | None] = {}  # templates by name: the user's files, and their texts
            self._texts: dict[str, str] = {}
            self._files = Files(check_mode=self._task.check_mode, diff=bool(self._task.diff))
            self._variables = TaskVariables(self._task, self._templar, task_vars)
            if arguments["template"]:
                result = self._write_own(names, read, arguments)
            else:
                result = self._write_formats(names, read, arguments, allowed, task_vars)
        except (AnsibleError, PagesError, ReportError, RunError, ValueError) as error:
            raise AnsibleActionFail(f"rollcall.network.report: {error}") from error
        base["_ansible_verbose_override"] = True
        return {**base, **result, **self._files.as_result()}

    def _arguments(self) -> dict[str, Any]:
        given = dict(self._task.args)
        if isinstance(given.get("run_dir"), str):  # one folder: Ansible would cut it at its commas
            given["run_dir"] = [given["run_dir"]]
        checked = ArgumentSpecValidator(ARGUMENT_SPEC).validate(given)
        if checked.error_messages:
            raise ValueError("; ".join(checked.error_messages))
        arguments: dict[str, Any] = checked.validated_parameters
        if arguments["devices"] is None and arguments["run_dir"] is None:
            msg = "give devices, run_dir or both"
            raise ValueError(msg)
        if arguments["slices"]:
            if arguments["run_dir"] is None:
                msg = "slices: true needs run_dir"
                raise ValueError(msg)
            arguments["run_dir"] = [each for run_dir in arguments["run_dir"] for each in slices_of(run_dir)]
        check_percentages(arguments)
        if arguments["template"] and arguments["formats"]:
            msg = "template and formats exclude each other: each format has a template of its own"
            raise ValueError(msg)
        arguments["formats"] = list(dict.fromkeys(arguments["formats"] or TEXTS))
        preflight({}, () if arguments["template"] else arguments["formats"])
        for name, answer in (arguments["devices"] or {}).items():
            if not isinstance(answer, Mapping) or answer.get("status") not in STATUSES:
                msg = f"devices must be what rollcall.network.collect returned as devices; {name!r} is no such answer"
                raise ValueError(msg)
        return arguments

    def _write_own(self, names: list[str], read: Reader, arguments: dict[str, Any]) -> dict[str, Any]:
        """A report per device from the user's template, at a place that is a template too."""
        dest = arguments["dest"]
        files = place_each(dest, {name: self._render(dest, self._seen_by(name)) for name in names})
        self._files.make_folders(files.values())
        self._template(arguments["template"])  # that there is one, before anything is written
        for name in names:
            seen = self._seen_by(name, device=read(name))
            self._files.put(name, files[name], partial(self._render_file, arguments["template"], seen), private=True)
        return {}

    def _write_formats(
        self, names: list[str], read: Reader, arguments: dict[str, Any], allowed: Allowed, task_vars: dict[str, Any]
    ) -> dict[str, Any]:
        """The built-in formats: reports per device, and the fleet's files beside them."""
        dest = pathlib.Path(os.path.abspath(os.path.expanduser(self._render(arguments["dest"], task_vars))))
        formats, columns = arguments["formats"], arguments["columns"]
        texts = [each for each in formats if each in TEXTS]
        places = {(name, each): f"devices/{name}.{each}" for name in names for each in texts}
        files = place(dest, places | {("", each): FLEET_FILES[each] for each in formats})
        pages = Pages(self._override) if "html" in formats else None
        self._files.make_folders(files.values())
        rows: list[FleetRow] = []
        for name in names:
            answer = read(name)
            for each in texts:
                render = pages.device if pages and each == "html" else self._device_text
                index = os.path.relpath(files["", each], files[name, each].parent)
                self._files.put(name, files[name, each], partial(render, name, answer, index=index), private=True)
            link = "html" if "html" in texts else "md"
            rows.append(fleet_row(name, answer, self._values(name, columns), places.get((name, link))))
        summary = summarize({"status": row.status} for row in rows)
        verdict = verdict_of({row.name: row.status for row in rows}, allowed)
        hrefs = {name: places[name, "md"] for name in names if "md" in texts}
        make: dict[str, Callable[[], str | bytes]] = {
            "md": partial(self._index_text, rows, summary, arguments["title"], hrefs),
            "json": partial(fleet_json, rows, summary, columns),
            "csv": partial(fleet_csv, rows, columns),
            "junit": partial(junit, rows, summary),
            "prom": lambda: prometheus(rows, _facts(arguments["run_dir"], verdict), arguments["title"]),
            "limit": partial(limit_file, rows, self._variables.hosts.__contains__),
        }
        if pages:
            make["html"] = partial(pages.fleet, rows, columns=columns, title=arguments["title"], verdict=verdict)
        for each in formats:
            self._files.put(FLEET_FILES[each], files["", each], make[each])
        shown = next(each for each in ("html", "md", *formats) if each in formats)
        return {
            "dest": str(dest),
            "index": str(files["", shown]),
            "summary": summary,
            "failed_hosts": [row.name for row in rows if row.status != "ok"],
            "verdict": verdict.as_dict(),
        }

    # -- rendering -----------------------------------------------------------------------------------------------------

    def _device_text(self, name: str, answer: Mapping[str, Any], *, index: str) -> str:
        if self._override("device.md.j2") is None:
            return _plain("device.md.j2").render(inventory_hostname=name, device=answer, index=index)
        return self._render_file("device.md.j2", self._seen_by(name, device=answer, index=index))

    def _index_text(
        self, rows: list[FleetRow], summary: Mapping[str, int], title: str, hrefs: Mapping[str, str]
    ) -> str:
        seen = {"rows": rows, "summary": summary, "title": title, "hrefs": hrefs}
        if self._override("index.md.j2") is None:
            return _plain("index.md.j2").render(seen)
        return self._render_file("index.md.j2", seen)

    def _seen_by(self, name: str, **more: Any) -> dict[str, Any]:
        """What a template of the user's sees for one device: the host's own variables, and the answer."""
        return {**(self._variables.of(name) or {}), "inventory_hostname": name, **more}

    def _values(self, name: str, columns: list[str]) -> tuple[str, ...]:
        if not columns:
            return ()
        variables = self._variables.of(name) or {}
        values = (self._variables.template(variables.get(column, ""), variables) for column in columns)
        return tuple(str(value) for value in values)

    def _override(self, name: str) -> str | None:
        """The user's file of this name, in templates/ beside the playbook or in the role."""
        if name not in self._found:
            try:
                path = self._find_needle("templates", name)
            except AnsibleError:
                path = None
            # Beside the playbook that is shipped lie the built-in ones.
            built_in = path is not None and os.path.realpath(path) == os.path.realpath(BUILT_IN / name)
            self._found[name] = None if built_in else path
        return self._found[name]

    def _template(self, name: str) -> str:
        if name not in self._texts:
            path = self._override(name)
            if path is None:
                msg = f"template {name!r} is not found, in templates/ beside the playbook or as a path"
                raise ValueError(msg)
            self._texts[name] = trust_as_template(self._loader.get_text_file_contents(path))
        return self._texts[name]

    def _render(self, template: str, variables: Mapping[str, Any]) -> str:
        """By Ansible's own engine, as ansible.builtin.template does."""
        templar = self._templar.copy_with_new_env(available_variables=variables)
        text = templar.template(template, escape_backslashes=False, overrides={"trim_blocks": True})
        # A template of a single expression gives its value, and loses the end of its line.
        return text if isinstance(text, str) else f"{text}{chr(10) if template.endswith(chr(10)) else ''}"

    def _render_file(self, name: str, variables: Mapping[str, Any]) -> str:
        """A template of the user's; an error says the file and the line."""
        template = self._template(name)
        try:
            return self._render(template, variables)
        except AnsibleError as error:
            line = failed_line(error, template, self._templar)
            where = f"{self._override(name)}:{line}" if line else self._override(name)
            msg = f"{where}: {error}"
            raise ValueError(msg) from error


def _source(arguments: Mapping[str, Any]) -> tuple[list[str], Reader]:
    """The names, and how to get at the answer of each: a run on disk is never all in memory."""
    devices = arguments["devices"]
    if arguments["run_dir"] is None:
        return list(devices), devices.__getitem__
    runs = Merged(arguments["run_dir"])
    read = partial(_read, runs)
    if devices is None:
        return runs.names, read
    on_disk = set(runs.names)
    return list(devices), lambda name: read(name) if name in on_disk else devices[name]


def _read(runs: Merged, name: str) -> dict[str, Any]:
    try:
        return runs.read(name)
    except NoAnswer as error:
        return answer_of(None, Result("skipped", error=Error("resolve", "interrupted", str(error))))
    except RunError as error:  # damaged since: the name keeps its place, and says so
        return answer_of(None, Result("failed", error=Error("parse", "unreadable", str(error))))


def _facts(run_dirs: list[str] | None, verdict: Verdict) -> RunFacts:
    """What is known of these runs together."""
    manifests = [read_manifest(run_dir) for run_dir in run_dirs or []]
    began, ended = ([str(each[key]) for each in manifests if each.get(key)] for key in ("started_at", "finished_at"))
    stale = [each["stale_hosts"] for each in manifests if isinstance(each.get("stale_hosts"), list)]
    return RunFacts(
        passed=verdict.passed,
        started_at=min(began, default=None),
        finished_at=max(ended, default=None),
        last_passed_at=last_passed(run_dirs) if run_dirs and not verdict.passed else None,
        stale=len({name for names in stale for name in names}) if stale else None,
    )


@functools.cache
def _plain(name: str) -> jinja2.Template:
    """A template of ours: it needs nothing of Ansible's, whose engine takes ten times as long."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(BUILT_IN),
        undefined=jinja2.StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(name)
