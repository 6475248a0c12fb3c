# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action plugin of rollcall.network.report. The module has the documentation."""

from __future__ import annotations

import functools
import os
import pathlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import jinja2
from ansible.errors import AnsibleActionFail, AnsibleError

from ansible_collections.rollcall.network.plugins.plugin_utils._core import require_core

require_core()

from ansible_collections.rollcall.network.plugins.module_utils._arguments import validated
from ansible_collections.rollcall.network.plugins.module_utils._bounds import check_path
from ansible_collections.rollcall.network.plugins.module_utils._device import Unresolved
from ansible_collections.rollcall.network.plugins.module_utils._merged import Merged, last_passed, slices_of
from ansible_collections.rollcall.network.plugins.module_utils._model.redaction import Redaction
from ansible_collections.rollcall.network.plugins.module_utils._model.visible import in_line, visible
from ansible_collections.rollcall.network.plugins.module_utils._redaction_key import output_folder, redactor
from ansible_collections.rollcall.network.plugins.module_utils._result import STATUSES, Error, Result, Status
from ansible_collections.rollcall.network.plugins.module_utils._roll import answer_of, summarize
from ansible_collections.rollcall.network.plugins.module_utils._run import (
    RUNS,
    NoAnswer,
    RunError,
    file_name,
    folds_case,
    old_manifest,
    read_manifest,
)
from ansible_collections.rollcall.network.plugins.module_utils._spec import check_commands, check_percentages
from ansible_collections.rollcall.network.plugins.module_utils._trusted import real_folder
from ansible_collections.rollcall.network.plugins.plugin_utils._cause import cause_of
from ansible_collections.rollcall.network.plugins.plugin_utils._dest import Places
from ansible_collections.rollcall.network.plugins.plugin_utils._fleet_report import FleetReport, fleet_of
from ansible_collections.rollcall.network.plugins.plugin_utils._fleet_row import FleetRow, fleet_row
from ansible_collections.rollcall.network.plugins.plugin_utils._formats import (
    fleet_csv,
    fleet_json,
    fleet_record,
    junit,
)
from ansible_collections.rollcall.network.plugins.plugin_utils._inventory import behind_secrets
from ansible_collections.rollcall.network.plugins.plugin_utils._kept import check_kept, hint
from ansible_collections.rollcall.network.plugins.plugin_utils._limit import limit_file
from ansible_collections.rollcall.network.plugins.plugin_utils._no_slice import answer_of_none, expected_names
from ansible_collections.rollcall.network.plugins.plugin_utils._on_controller import OnController
from ansible_collections.rollcall.network.plugins.plugin_utils._pages import BUILT_IN, Pages
from ansible_collections.rollcall.network.plugins.plugin_utils._preflight import preflight
from ansible_collections.rollcall.network.plugins.plugin_utils._prometheus import RunFacts, prometheus
from ansible_collections.rollcall.network.plugins.plugin_utils._refused_credentials import sentences_on
from ansible_collections.rollcall.network.plugins.plugin_utils._report import (
    PRIVATE,
    PUBLIC,
    Files,
    count_of,
    not_all,
)
from ansible_collections.rollcall.network.plugins.plugin_utils._report_spec import ARGUMENT_SPEC, EXCLUSIVE
from ansible_collections.rollcall.network.plugins.plugin_utils._secret_columns import (
    secrets_in_variables,
    without_secrets,
)
from ansible_collections.rollcall.network.plugins.plugin_utils._shown import path, shown
from ansible_collections.rollcall.network.plugins.plugin_utils._suspicion import suspicion_of_rows
from ansible_collections.rollcall.network.plugins.plugin_utils._task import TaskVariables
from ansible_collections.rollcall.network.plugins.plugin_utils._templates import Templates
from ansible_collections.rollcall.network.plugins.plugin_utils._troubles import troubles_of
from ansible_collections.rollcall.network.plugins.plugin_utils._untagged import untagged
from ansible_collections.rollcall.network.plugins.plugin_utils._variables._first import check_before_report
from ansible_collections.rollcall.network.plugins.plugin_utils._variables._unresolved import reason_of
from ansible_collections.rollcall.network.plugins.plugin_utils._verdict import Allowed, Verdict, allowed_of, verdict_of
from ansible_collections.rollcall.network.plugins.plugin_utils._where import run_once_is_missing

TEXTS = ("md", "html")  # formats with a report per device; rows link to the first requested one
FLEET_FILES = {
    "md": "index.md",
    "html": "index.html",
    "json": "fleet.json",
    "csv": "fleet.csv",
    "junit": "junit.xml",
    "prom": "metrics.prom",
    "limit": "failed.txt",
}

# The others hold text that devices sent. These hold names, numbers and dates; node_exporter must be able to read
# metrics.
MODES = {"prom": PUBLIC, "limit": None}

REPORTS = "reports"
OF_A_RUN = ("prom", "junit")  # not written from the last answers of all devices

Reader = Callable[[str], Mapping[str, Any]]


class ActionModule(OnController):
    """Write a report for every device and for the fleet, in one task."""

    AS_WRITTEN = frozenset({"dest"})  # differs for each device
    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_diff = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        task_vars = task_vars or {}
        base: dict[str, Any] = super().run(tmp, task_vars)
        try:
            check_before_report(self._task, self._templar, task_vars)
            arguments = self._arguments()
            if arguments["output_dir"] is not None and not self._task.check_mode:
                check_kept(arguments["output_dir"], task_vars)
            allowed = allowed_of(arguments, task_vars["groups"])
            if arguments["run_dir"] is None and arguments["devices"] is None:
                return {**base, **not_written()}
            self._variables = TaskVariables(self._task, self._templar, task_vars)
            self._add_missing(arguments, task_vars)
            names, read = _source(arguments, self._own_commands)
            self._redaction = self._redaction_of(arguments)
            read = redacting(read, self._redaction)
            self._found: dict[str, str | None] = {}  # the user's templates, by name
            self._files = Files(check_mode=self._task.check_mode, diff=bool(self._task.diff))
            self._task_vars = task_vars
            search_path = list(task_vars.get("ansible_search_path", []))
            self._templates = Templates(self._override, self._loader, self._templar, search_path)
            self._columns_of_none = dict.fromkeys(arguments["columns"])  # those that no host has
            self._said: list[str] = []  # what the user must know of the fleet state
            self._is_unrecorded = False
            self._empty_cells: dict[tuple[str, str], list[str]] = {}  # the names, by column and reason
            if arguments["template"]:
                result = self._write_own(names, read, arguments)
            else:
                result = self._write_fleet(names, read, arguments, allowed)
        except AnsibleError as error:
            reason = reason_of(error, secret=False, mask=str)
            raise AnsibleActionFail(visible(f"rollcall.network.report: {reason}")) from None
        except (RunError, ValueError) as error:
            more = hint(task_vars) if isinstance(error, RunError) else ""
            raise AnsibleActionFail(
                visible(f"rollcall.network.report: {error}{more}")
            ) from None  # else core adds each cause
        base["_ansible_verbose_override"] = True
        misuse = run_once_is_missing(self._task, task_vars, names, "writes the reports of")
        base["warnings"] = misuse + self._warnings_of_columns(names) + list(map(in_line, self._said))
        return {**base, **result, **self._files.as_result()}

    def _arguments(self) -> dict[str, Any]:
        given = dict(self._task.args)
        if isinstance(given.get("run_dir"), str):  # one folder; Ansible would split it at commas
            given["run_dir"] = [given["run_dir"]]
        large = ("devices", "dest")  # as they are: the one is large, the other a template
        plain = {name: value if name in large else untagged(value) for name, value in given.items()}
        arguments = validated(ARGUMENT_SPEC, plain, exclusive=EXCLUSIVE)
        nothing = arguments["devices"] is None and arguments["run_dir"] is None
        if nothing and given.get("run_dir", "") is None and not self._task.check_mode:
            msg = "run_dir is null: set output_dir in the task of rollcall.network.collect, or set devices here"
            raise ValueError(msg)
        # In check mode rollcall.network.collect writes no run folder, and returns a run_dir that is null.
        if nothing and not (self._task.check_mode and "run_dir" in given):
            msg = "set devices, run_dir or both"
            raise ValueError(msg)
        if arguments["slices"] and not nothing:
            if arguments["run_dir"] is None:
                msg = "slices: true requires run_dir"
                raise ValueError(msg)
            found = [each for run_dir in arguments["run_dir"] for each in slices_of(run_dir)]
            arguments["run_dir"] = list(dict.fromkeys(found))
        check_percentages(arguments)
        arguments["formats"] = list(dict.fromkeys(arguments["formats"] or TEXTS))
        preflight({}, () if arguments["template"] or arguments["fleet_template"] else arguments["formats"])
        for name, answer in (arguments["devices"] or {}).items():
            if not isinstance(answer, Mapping) or answer.get("status") not in STATUSES:
                msg = f"devices must be the devices returned by rollcall.network.collect; {name!r} is not an answer"
                raise ValueError(msg)
        return arguments

    def _redaction_of(self, arguments: Mapping[str, Any]) -> Redaction | None:
        """Return what masks the secrets that devices showed: with the key of the output folder, if there is one."""
        if arguments["redact"] == "none":
            return None
        top = arguments["output_dir"] and real_folder(arguments["output_dir"])
        for run_dir in arguments["run_dir"] or ():
            top = top or output_folder(run_dir)
        try:
            return redactor(top if top and top.is_dir() else None, create=not self._task.check_mode)
        except OSError as error:
            msg = f"the key of the masks in {top} cannot be used: {error.strerror or error}"
            raise ValueError(msg) from error

    def _add_missing(self, arguments: dict[str, Any], task_vars: Mapping[str, Any]) -> None:
        """Add the devices that the jobs of the workflow should have asked, and did not."""
        if not arguments["slices"] or arguments["hosts"] is None or arguments["devices"] is not None:
            return
        run_dirs = arguments["run_dir"]
        expected = expected_names(arguments["hosts"], run_dirs, task_vars, self._loader)
        asked = Merged(run_dirs).names
        known = set(asked)
        missing = [name for name in expected if name not in known]
        if missing:
            answers = {name: answer_of_none(partial(self._own_commands, name)) for name in missing}
            arguments["devices"] = dict.fromkeys(asked) | answers

    def _write_own(self, names: list[str], read: Reader, arguments: dict[str, Any]) -> dict[str, Any]:
        """Write a report per device from the user's template. Its path is a template too."""
        template = arguments["template"]
        self._templates.load(template)  # check that it exists before anything is written
        places = Places(arguments["dest"], self._templates.text, lambda: self._nobody)
        for name in names:
            try:
                variables = self._seen_by(name)
                file = places.of(name, variables)
                answer = read(name)
            except Exception as error:  # a variable can raise any exception
                self._files.fail(name, error)
                continue
            seen = {**variables, "device": answer}
            self._files.put(name, file, partial(self._templates.render, template, seen, str(file)))
        return {}

    def _write_fleet(
        self, names: list[str], read: Reader, arguments: dict[str, Any], allowed: Allowed
    ) -> dict[str, Any]:
        """What shows the fleet: the built-in formats, or the user's template for all devices."""
        columns = arguments["columns"]
        given = self._templates.text(arguments["dest"], self._task_vars)
        check_path("dest", given)
        dest = pathlib.Path(os.path.abspath(os.path.expanduser(given)))
        rows: list[FleetRow] = []
        formats = [] if arguments["fleet_template"] else arguments["formats"]
        devices = self._device_reports(dest, formats)
        for name in names:
            answer = read(name)
            for render, file_of in devices:
                self._files.put(name, file_of(name), partial(render, name, answer))
            rows.append(self._row(name, answer, columns, self._href(formats, dest, name)))
        summary = summarize({"status": row.status} for row in rows)
        verdict = _verdict_of(rows, allowed)
        manifests = [old_manifest(pathlib.Path(each)) for each in arguments["run_dir"] or ()]
        troubles = troubles_of(manifests, {row.name: row.status for row in rows})
        reasons = list(arguments["reasons"])
        if arguments["slices"] and arguments["output_dir"] is not None:
            reasons += (
                troubles  # the report of a workflow gives the verdict on its jobs, which is not that of answers alone
            )
        for reason in [*reasons, *suspicion_of_rows(rows, manifests, reasons)]:
            verdict = verdict.troubled(reason)
        result = {
            "dest": str(dest),
            "summary": summary,
            "failed_hosts": [row.name for row in rows if row.status != "ok"],
            "verdict": verdict.as_dict(),
        }
        if arguments["fleet_template"]:
            template = arguments["fleet_template"]
            self._templates.load(template)
            answers = {name: read(name) for name in names if arguments["run_dir"] is None}
            seen = {
                **self._task_vars,
                "devices": answers if arguments["run_dir"] is None else Answers(names, read),
                "rows": [fleet_record(row, columns) for row in rows],
                "summary": summary,
                "verdict": result["verdict"],
                "title": arguments["title"],
            }
            self._files.put(dest.name, dest, partial(self._templates.render, template, seen, str(dest)))
            return {**result, "index": self._written(dest)}
        if arguments["prune"]:
            known = {*names, *self._variables.hosts}
            for _render, file_of in devices:
                self._files.prune({file_of(name) for name in known})
        first = next(each for each in ("html", "md", *formats) if each in formats)
        fleet = self._fleet(rows, read, arguments, verdict, dest, troubles)
        make = self._fleet_files(rows, summary, verdict, arguments, dest, self._hrefs(rows, arguments, dest), fleet)
        if fleet is not None and arguments["output_dir"] is not None:
            of_fleet = self._last_known_files(fleet, names, formats, arguments, allowed, dest)
            folder = fleet.top / REPORTS
            # Files that other runs wrote in other formats would still show the answers of then.
            older = [each for each in of_fleet if each not in formats and (folder / FLEET_FILES[each]).is_file()]
            if dest == folder:
                make |= of_fleet
                formats = [*formats, *older]
            else:
                last = [each for each in (*formats, *older) if each in of_fleet]
                self._put_all(folder, {each: of_fleet[each] for each in last}, None)
        # The metrics come last, because they say whether the run passed.
        for some_of in ([each for each in formats if each != "prom"], [each for each in formats if each == "prom"]):
            self._put_all(dest, {each: make[each] for each in some_of}, arguments["metrics_file"])
            self._take_back(fleet, arguments)
        return {**result, "index": self._written(dest / FLEET_FILES[first])}

    def _take_back(self, fleet: FleetReport | None, arguments: Mapping[str, Any]) -> None:
        """If reports of a run of today could not be written, record that it did not pass."""
        if fleet is None or arguments["output_dir"] is None or self._task.check_mode or not self._files.problem:
            return
        error = fleet.take_back(arguments["run_dir"] or (), not_all(self._files.problem))
        if error is not None:
            self._files.fail("the fleet state", error)

    def _written(self, file: pathlib.Path) -> str | None:
        """The path of a file; None if it could not be written, and in check mode: an old file is not of this run."""
        return str(file) if file.exists() and not self._task.check_mode else None

    def _put_all(
        self, dest: pathlib.Path, make: Mapping[str, Callable[[], str | bytes]], metrics_file: str | None
    ) -> None:
        """Write the files of the fleet, by format."""
        for each, render in make.items():
            file = dest / FLEET_FILES[each]
            if each == "prom" and metrics_file:
                file = pathlib.Path(metrics_file)
            self._files.put(FLEET_FILES[each], file, render, mode=MODES.get(each, PRIVATE))

    def _fleet(
        self,
        rows: list[FleetRow],
        read: Reader,
        arguments: dict[str, Any],
        verdict: Verdict,
        dest: pathlib.Path,
        troubles: Sequence[str],
    ) -> FleetReport | None:
        """Return the state of the fleet. Record the runs of slices and of pollers, if they are of the whole fleet."""
        run_dirs, output_dir = arguments["run_dir"] or [], arguments["output_dir"]
        own = output_dir is not None and [os.path.realpath(os.path.dirname(each)) for each in run_dirs]
        is_one_run = own == [os.path.realpath(os.path.join(str(output_dir), RUNS))]
        closes = (arguments["slices"] or (output_dir is not None and not is_one_run)) and not self._task.check_mode
        fleet = None
        try:
            fleet = fleet_of(run_dirs, output_dir, [row.name for row in rows], self._task_vars, opens=closes)
            if fleet is not None and closes:
                fleet.note({row.name: row.status for row in rows}, read, set(Merged(run_dirs).names), run_dirs)
                fleet.close([row.name for row in rows], run_dirs, verdict, self._task_vars, dest, troubles)
        except (OSError, RunError) as error:
            self._files.fail("the fleet state", error)
            self._is_unrecorded = closes
        if fleet is not None:
            self._said += fleet.state.said
        return fleet

    def _last_known_files(
        self,
        fleet: FleetReport,
        names: list[str],
        formats: list[str],
        arguments: dict[str, Any],
        allowed: Allowed,
        dest: pathlib.Path,
    ) -> dict[str, Callable[[], str | bytes]]:
        """Return how the files with the last answer of every device are made."""
        columns = arguments["columns"]
        own = dict.fromkeys(name for name in names if name in fleet.entries)
        folder = fleet.top / REPORTS
        rows = []
        for name in {**own, **fleet.entries}:
            entry = fleet.entries[name]
            where = folder if dest == folder or entry.run is None else fleet.top / entry.run / REPORTS
            page = self._href(formats, where, name)
            href = os.path.relpath(where / page, folder) if page and (where / page).is_file() else None
            values = (entry.at, *self._values(name, columns))
            known = entry.shown() if self._redaction is None else self._redaction.answer(entry.shown())
            rows.append(fleet_row(name, known, values, href))
        outside = [row.name for row in rows if row.status != "ok" and row.name not in self._variables.hosts]
        if outside and "limit" in formats:
            self._said.append(
                f"{folder / FLEET_FILES['limit']} does not have {count_of(outside)}: no full answer, but not in this "
                "inventory, so --limit cannot select it"
            )
        summary = summarize({"status": row.status} for row in rows)
        verdict = _verdict_of(rows, allowed)
        for reason in suspicion_of_rows(rows, fleet.manifests):
            verdict = verdict.troubled(reason)
        hrefs = {row.name: path(row.href) for row in rows if row.href}
        given = {**arguments, "columns": ["answered_at", *columns]}
        make = self._fleet_files(rows, summary, verdict, given, folder, hrefs, None)
        return {each: render for each, render in make.items() if each not in OF_A_RUN}

    def _device_reports(
        self, dest: pathlib.Path, formats: list[str]
    ) -> list[tuple[Callable[..., str | bytes], Callable[[str], pathlib.Path]]]:
        """How the reports of each device are made, and the file of each."""
        self._pages = Pages(self._override)
        folder = dest / "devices"
        found: list[tuple[Callable[..., str | bytes], Callable[[str], pathlib.Path]]] = []
        if "md" in formats:
            found.append((partial(self._device_text, folder), partial(_file_in, folder, "md")))
        if "html" in formats:
            page = partial(self._pages.device, index=os.path.join("..", FLEET_FILES["html"]))
            found.append((page, partial(_file_in, folder, "html")))
        return found

    def _href(self, formats: list[str], dest: pathlib.Path, name: str) -> str | None:
        """The path of the device's page, from that of the fleet's."""
        text = next((each for each in ("html", "md") if each in formats), None)
        return text and f"devices/{_file_in(dest / 'devices', text, name).name}"

    def _hrefs(self, rows: list[FleetRow], arguments: Mapping[str, Any], dest: pathlib.Path) -> dict[str, str]:
        """The links of the list in Markdown."""
        linked = [row.name for row in rows] if "md" in arguments["formats"] else []
        return {name: path(f"devices/{_file_in(dest / 'devices', 'md', name).name}") for name in linked}

    def _row(self, name: str, answer: Mapping[str, Any], columns: list[str], href: str | None) -> FleetRow:
        try:
            return fleet_row(name, answer, self._values(name, columns), href)
        except Exception as error:  # of an answer that is not as collect makes it
            self._files.fail(name, error)
            return fleet_row(name, {"status": answer["status"]}, (None,) * len(columns), href)

    def _fleet_files(
        self,
        rows: list[FleetRow],
        summary: Mapping[str, int],
        verdict: Verdict,
        arguments: dict[str, Any],
        dest: pathlib.Path,
        hrefs: Mapping[str, str],
        fleet: FleetReport | None,
    ) -> dict[str, Callable[[], str | bytes]]:
        columns, title = arguments["columns"], arguments["title"]
        said = verdict.as_dict()
        index = {"rows": rows, "summary": summary, "verdict": said, "title": title, "hrefs": hrefs, "columns": columns}
        index["refused_credentials"] = sentences_on(row.logins for row in rows)
        return {
            "md": partial(self._index_text, index, dest),
            "html": partial(
                self._pages.fleet, rows, columns=columns, title=title, verdict=verdict, notes=arguments["notes"]
            ),
            "json": partial(fleet_json, rows, summary, said, columns),
            "csv": partial(fleet_csv, rows, columns),
            "junit": partial(junit, rows, summary),
            "prom": lambda: _metrics(rows, fleet, arguments, self._recorded(verdict)),
            "limit": partial(limit_file, rows, self._variables.hosts.__contains__),
        }

    def _recorded(self, verdict: Verdict) -> Verdict:
        """The verdict of runs without a readable state. They did not pass if they had to be recorded."""
        if self._is_unrecorded:
            verdict = verdict.troubled("the fleet state could not be written")
        return verdict.troubled(not_all(self._files.problem)) if self._files.problem else verdict

    # -- rendering -----------------------------------------------------------------------------------------------------

    def _device_text(self, folder: pathlib.Path, name: str, answer: Mapping[str, Any]) -> str | bytes:
        more = {"device": answer, "index": os.path.join("..", FLEET_FILES["md"])}
        if self._override("device.md.j2") is None:
            return _plain("device.md.j2").render(inventory_hostname=name, **more)
        seen = {**self._seen_by(name), **more}
        return self._templates.render("device.md.j2", seen, str(_file_in(folder, "md", name)))

    def _index_text(self, index: Mapping[str, Any], dest: pathlib.Path) -> str | bytes:
        if self._override("index.md.j2") is None:
            return _plain("index.md.j2").render(index)
        seen = {**self._task_vars, **index}
        return self._templates.render("index.md.j2", seen, str(dest / FLEET_FILES["md"]))

    def _seen_by(self, name: str) -> dict[str, Any]:
        """The variables of a user template for one device, as in a task for it, without the answer."""
        own = self._variables.of(name)
        if own is None:  # not in the inventory: it has the variables of the play
            own = {**self._nobody, "inventory_hostname": name, "inventory_hostname_short": name.split(".")[0]}
        more = {"hostvars": self._variables.hosts}
        return {**own, **more, "vars": {**own.get("vars", {}), **more}}

    @functools.cached_property
    def _nobody(self) -> Mapping[str, Any]:
        return self._variables.of_nobody()

    def _values(self, name: str, columns: list[str]) -> tuple[Any, ...]:
        """The values of the columns, without secrets. If a variable cannot be resolved, only its cell is empty."""
        if not columns:
            return ()
        values: list[Any] = []
        variables = self._variables.of(name) or {}
        typed = (self._play_context.password, self._play_context.become_pass)
        secrets = secrets_in_variables(variables, self._variables.template, typed)
        for column in columns:
            if column in variables:
                self._columns_of_none.pop(column, None)
            try:
                value = self._variables.template(variables.get(column), variables)
                values.append(without_secrets(column, value, secrets))
            except Exception as error:  # a lookup can raise any exception
                values.append(None)
                reason = reason_of(error, secret=column in behind_secrets(variables), mask=secrets.quoted)
                self._empty_cells.setdefault((column, reason), []).append(name)
        return tuple(values)

    def _warnings_of_columns(self, names: list[str]) -> list[str]:
        missing = list(self._columns_of_none) if names and not self._task.args.get("template") else []
        return [f"column {column} is empty: no host has a variable of this name" for column in missing] + [
            f"column {column} of {count_of(without)} is empty: {reason}"
            for (column, reason), without in self._empty_cells.items()
        ]

    def _own_commands(self, name: str) -> Any:
        variables = self._variables.of(name) or {}
        return self._variables.template(variables.get("rollcall_commands"), variables)

    def _override(self, name: str) -> str | None:
        """Return the user's template of this name, in templates/ beside the playbook or in the role."""
        if name not in self._found:
            try:
                path = self._find_needle("templates", name)
            except AnsibleError:
                path = None
            # The built-in templates are beside the shipped playbooks.
            is_built_in = (
                path is not None
                and not os.path.isabs(name)
                and os.path.realpath(path) == os.path.realpath(BUILT_IN / name)
            )
            self._found[name] = None if is_built_in else path
        return self._found[name]


def _file_in(folder: pathlib.Path, ending: str, name: str) -> pathlib.Path:
    return folder / f"{file_name(str(name), folds=folds_case(folder))}.{ending}"


class Answers(Mapping[str, Any]):
    """Answers by name that are read when they are used: a run on disk is never all in memory."""

    def __init__(self, names: list[str], read: Reader) -> None:
        self._names = dict.fromkeys(names)
        self._read = read

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        if name not in self._names:
            raise KeyError(name)
        return self._read(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def not_written() -> dict[str, Any]:
    """The result in check mode if there is no run to report on."""
    return {
        "changed": False,
        "skipped": True,
        "msg": "check mode: no run was written, so there is none to report on; "
        "set devices too to see what would be written",
        "dest": None,
        "index": None,
        "summary": summarize(()),
        "failed_hosts": [],
        "verdict": {"passed": None, "cause": None, "sentence": "", "reasons": []},
        "written": 0,
        "errors": [],
    }


def _verdict_of(rows: Sequence[FleetRow], allowed: Allowed) -> Verdict:
    failures = (
        {"status": row.status, "error": {"phase": row.phase, "kind": row.kind, "message": row.message}}
        for row in rows
        if row.status != "ok"
    )
    return verdict_of({row.name: row.status for row in rows}, allowed, cause_of(failures, len(rows)))


def _source(arguments: Mapping[str, Any], own_commands: Callable[[str], Any]) -> tuple[list[str], Reader]:
    """The names, and how to get at the answer of each: a run on disk is never all in memory.

    :param own_commands: the commands in a host's own variables.
    """
    devices = arguments["devices"]
    if arguments["run_dir"] is None:
        return list(devices), devices.__getitem__
    runs = Merged(arguments["run_dir"])
    read = partial(_read, runs, own_commands)
    if devices is None:
        return runs.names, read
    on_disk = set(runs.names)
    return list(devices), lambda name: read(name) if name in on_disk else devices[name]


def redacting(read: Reader, redaction: Redaction | None) -> Reader:
    """Return a reader whose answers have masks."""
    return read if redaction is None else lambda name: redaction.answer(read(name))


def _read(runs: Merged, own_commands: Callable[[str], Any], name: str) -> dict[str, Any]:
    try:
        return runs.read(name)
    except NoAnswer as error:
        status: Status = "skipped"
        missing = Error("resolve", "interrupted", str(error))
    except RunError as error:  # damaged in the meantime; the name has a failed entry
        status = "failed"
        missing = Error("parse", "unreadable", str(error))
    try:
        commands = check_commands(runs.commands_of(name) or own_commands(name) or (), None)
    except Exception:  # of no interest here: the error that counts is the one above
        commands = ()
    unresolved = Unresolved(missing.phase, missing.kind, missing.message, commands)
    return answer_of(unresolved, Result(status, error=unresolved))


def _metrics(rows: list[FleetRow], fleet: FleetReport | None, arguments: Mapping[str, Any], verdict: Verdict) -> bytes:
    """Return the metrics of the fleet state or, if there is none, of these runs."""
    if fleet is None:
        return prometheus(rows, _facts(arguments["run_dir"], verdict), arguments["title"])
    last = {name: fleet_row(name, entry.shown()) for name, entry in fleet.entries.items()}
    if fleet.unrecorded:  # the answers may not be recorded either
        last = {**{row.name: row for row in rows}, **last}
    return prometheus(list(last.values()), fleet.facts(), arguments["title"])


def _facts(run_dirs: list[str] | None, verdict: Verdict) -> RunFacts:
    """Return the facts of all these runs together."""
    manifests = [read_manifest(run_dir) for run_dir in run_dirs or []]
    began, ended = ([str(each[key]) for each in manifests if each.get(key)] for key in ("started_at", "finished_at"))
    stale = [each["stale_hosts"] for each in manifests if isinstance(each.get("stale_hosts"), list)]
    return RunFacts(
        passed=verdict.passed,
        cause=verdict.as_dict()["cause"],
        started_at=min(began, default=None),
        finished_at=max(ended, default=None),
        last_passed_at=last_passed(run_dirs) if run_dirs and not verdict.passed else None,
        stale=len({name for names in stale for name in names}) if stale else None,
    )


@functools.cache
def _plain(name: str) -> jinja2.Template:
    """Load a built-in template. It does not need Ansible's engine, which takes ten times as long."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(BUILT_IN),
        undefined=jinja2.StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        keep_trailing_newline=True,
        finalize=shown,
    )
    return environment.get_template(name)
