# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``rollcall.network.outcome``: see its module for the documentation."""

from __future__ import annotations

import contextlib
import os
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.rollcall.network.plugins.plugin_utils._core import require_core
from ansible_collections.rollcall.network.plugins.plugin_utils._counted import devices

require_core()

from ansible_collections.rollcall.network.plugins.module_utils._merged import Merged, slices_of
from ansible_collections.rollcall.network.plugins.module_utils._model.redaction import Redaction
from ansible_collections.rollcall.network.plugins.module_utils._model.visible import in_line
from ansible_collections.rollcall.network.plugins.module_utils._roll import failed_names, summarize
from ansible_collections.rollcall.network.plugins.module_utils._run import NoAnswer, RunError
from ansible_collections.rollcall.network.plugins.plugin_utils._cause import cause_in, shared_sentence
from ansible_collections.rollcall.network.plugins.plugin_utils._live import Live
from ansible_collections.rollcall.network.plugins.plugin_utils._no_slice import answer_of_none
from ansible_collections.rollcall.network.plugins.plugin_utils._on_controller import OnController
from ansible_collections.rollcall.network.plugins.plugin_utils._once import once, question_of, repeated
from ansible_collections.rollcall.network.plugins.plugin_utils._outcome_spec import ARGUMENT_SPEC, EXCLUSIVE
from ansible_collections.rollcall.network.plugins.plugin_utils._report import not_all
from ansible_collections.rollcall.network.plugins.plugin_utils._shown import path
from ansible_collections.rollcall.network.plugins.plugin_utils._take_back import take_back
from ansible_collections.rollcall.network.plugins.plugin_utils._webhook import headers_of, post
from ansible_collections.rollcall.network.plugins.plugin_utils._why import lines_of

NAMES_HANDED_ON = 100  # failed hosts in the outcome: it stays small, however large the fleet is
Answer = Mapping[str, Any]


class ActionModule(OnController):
    """Report the outcome of a run, or fail if the run did not pass."""

    # Ansible would copy every answer of the fleet, and few of them are read.
    AS_WRITTEN = frozenset({"result"})
    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        task_vars = task_vars or {}
        base: dict[str, Any] = super().run(tmp, task_vars)
        arguments = self._arguments()
        if arguments["failed_hosts"] is not None:
            return {**base, "changed": False, "ansible_facts": {"rollcall_failed_hosts": arguments["failed_hosts"]}}
        if arguments["fail"] is not None:
            return {**base, "changed": False, "failed": True, "msg": arguments["fail"]}
        if arguments["outcome"] is not None:
            return {**base, **_judged(arguments["outcome"])}
        run = _Run(arguments)
        if repeated(self._task, task_vars) is None:
            return {**base, **self._report(run, arguments)}
        # One run, and one outcome of it: the webhook is called for the first batch or host only.
        host = str(task_vars["inventory_hostname"])
        question = question_of(self._task, host, run.outcome())
        return {**base, **once(question, host, lambda: self._report(run, arguments))[0]}

    def _report(self, run: _Run, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Show what went wrong, call the webhook, and return the outcome."""
        if not run.were_displayed:
            sentence = shared_sentence(run.outcome()["verdict"])
            for line in lines_of(run.failures(), run.summary["total"], sentence):
                Live().display(line)
        warnings = []
        outcome = run.outcome()
        if arguments["webhook_url"] and not self._task.check_mode:
            # Reasons can quote a device.
            problem = post(arguments["webhook_url"], Redaction(None).value(outcome), arguments["headers"])
            if problem:
                warnings.append(f"the webhook did not accept the outcome of this run: {problem}")
        return {
            "changed": False,
            "warnings": warnings,
            "outcome": outcome,
            "summary": run.summary,
            "failed_hosts": run.failed_hosts,
            "verdict": outcome["verdict"],
            "ansible_stats": {"data": {"rollcall": outcome}, "per_host": False, "aggregate": False},
        }

    def _arguments(self) -> dict[str, Any]:
        given = dict(self._task.args)
        # Its parts are resolved when they are read.
        result = self._templar.template(given.pop("result", None))
        if not isinstance(result, Mapping | None):
            msg = "rollcall.network.outcome: result must be the result of rollcall.network.collect"
            raise AnsibleActionFail(msg)
        # The validator would show the value, which may contain a token.
        for name, kind, words in (
            ("webhook_url", str, "a string"),
            ("webhook_token", str, "a string"),
            ("webhook_headers", Mapping, "a dictionary"),
        ):
            if not isinstance(given.get(name), kind | None):
                msg = f"rollcall.network.outcome: {name} must be {words}"
                raise AnsibleActionFail(msg)
        try:
            headers = headers_of(given.get("webhook_headers"), given.get("webhook_token"))
        except ValueError as error:
            msg = f"rollcall.network.outcome: {error}"
            raise AnsibleActionFail(msg) from None
        checked = ArgumentSpecValidator(ARGUMENT_SPEC, mutually_exclusive=EXCLUSIVE).validate(given)
        problems = checked.error_messages
        arguments: dict[str, Any] = checked.validated_parameters
        if not problems and all(arguments[name] is None for name in EXCLUSIVE[0]):
            problems = ["set reports (and result, if there is one) or outcome"]
        if problems:
            raise AnsibleActionFail(f"rollcall.network.outcome: {'; '.join(problems)}")
        return {**arguments, "result": result, "headers": headers}


class _Run:
    """The results of collect and report. Each task may have failed."""

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        self._result: Answer = arguments["result"] or {}
        self.reports: Answer = arguments["reports"]
        self._devices: Mapping[str, Answer] = self._result.get("devices") or {}
        self.summary: dict[str, int] = dict(
            self._result.get("summary") or self.reports.get("summary") or summarize(self._devices.values())
        )
        failed = self._result.get("failed_hosts", self.reports.get("failed_hosts"))
        self.failed_hosts: list[str] = failed_names(self._devices) if failed is None else [str(each) for each in failed]
        verdict = self._result.get("verdict") or self.reports.get("verdict") or {}
        self._verdict: Answer = verdict
        self._notes: list[str] = arguments["notes"]
        self._url = page_address(arguments["reports_url"], arguments["output_dir"], self.reports.get("index"))
        self._failed_pollers: list[str] = [in_line(str(each)) for each in self._result.get("failed_pollers") or ()]
        # The report task can have been given the same reasons.
        self._reasons = list(
            dict.fromkeys(in_line(str(each)) for each in [*verdict.get("reasons", ()), *arguments["reasons"]])
        )
        if self.reports.get("failed") or self.reports.get("errors"):
            # The task failed: for some reports, or as a whole.
            reason = not_all(in_line(str(self.reports.get("msg") or "see the report task")))
            self.trouble(reason)
            self._take_back(reason)

    def _take_back(self, reason: str) -> None:
        """Record that the run did not pass. The report task has done so, unless it failed as a whole."""
        run_dir = self._result.get("run_dir")
        if "devices" in self._result and isinstance(run_dir, str):  # not a report on a stored run
            take_back(pathlib.Path(run_dir).parent.parent, [run_dir], reason)

    def trouble(self, reason: str | None) -> None:
        """Add a reason why the run does not pass, if there is one."""
        if reason:
            self._reasons.append(reason)

    @property
    def were_displayed(self) -> bool:
        """Whether the collect task has displayed the reasons: those of pollers are displayed after the merge."""
        return "devices" in self._result and "run_dirs" not in self._result

    def failures(self) -> Iterator[tuple[str, Answer]]:
        """The answers that are not full: those returned or, if there are none, those on disk."""
        if self._devices:
            yield from ((name, self._devices[name]) for name in self.failed_hosts if name in self._devices)
            return
        with contextlib.suppress(RunError):  # the report task has said so
            runs = Merged(self._run_dirs())
            on_disk = set(runs.names)
            for name in self.failed_hosts:
                if name not in on_disk:
                    yield name, answer_of_none(list)
                    continue
                try:
                    yield name, runs.read(name)
                except NoAnswer as error:
                    missing = {"phase": "resolve", "kind": "interrupted", "message": str(error)}
                    yield name, {"status": "skipped", "error": missing}
                except RunError as error:
                    damaged = {"phase": "parse", "kind": "unreadable", "message": str(error)}
                    yield name, {"status": "failed", "error": damaged}

    def _run_dirs(self) -> list[str]:
        given = self._result.get("run_dirs") or self._result.get("run_dir") or []
        return [each for run_dir in ([given] if isinstance(given, str) else given) for each in slices_of(run_dir)]

    def outcome(self) -> dict[str, Any]:
        """The outcome. Its size does not depend on the fleet."""
        # The limits apply to the devices of a failed poller. If they were not exceeded, it is no reason.
        pollers = self._failed_pollers
        reasons, notes = (self._reasons + pollers, []) if self._reasons else ([], pollers)
        return {
            "run_dir": self._result.get("run_dir"),
            "reports": self.reports.get("index"),
            "reports_url": self._url,
            "summary": self.summary,
            "verdict": {
                "passed": not reasons,
                "cause": cause_in(self._verdict, reasons),
                "sentence": in_line(str(self._verdict.get("sentence") or _counted(self.summary))),
                "reasons": reasons,
            },
            "notes": notes + self._notes,
            "failed_hosts": self.failed_hosts[:NAMES_HANDED_ON],
            "changed": len(self._result.get("changed_hosts") or ()),
            "stale": len(self._result.get("stale_hosts") or ()),
        }


def page_address(reports_url: str | None, output_dir: str | None, index: str | None) -> str | None:
    """Return the address of a page; None if it is not below the folder that is served.

    :param reports_url: the address of the folder.
    """
    if not reports_url or not output_dir or not index:
        return None
    top = os.path.realpath(os.path.expanduser(output_dir))
    relative = os.path.relpath(os.path.realpath(index), top)
    return None if relative.startswith(os.pardir) else f"{reports_url.rstrip('/')}/{path(relative)}"


def _counted(summary: Mapping[str, int]) -> str:
    return f"{summary['ok']} of {summary['total']} {devices(summary['total'])} answered in full"


def _judged(outcome: Answer) -> dict[str, Any]:
    """The result of the task that fails by the verdict."""
    try:
        summary, verdict = outcome["summary"], outcome["verdict"]
        said = [
            *filter(None, [shared_sentence(verdict)]),
            _counted(summary),
            *verdict["reasons"],
            *outcome["notes"],
        ]
    except (KeyError, TypeError):
        msg = "rollcall.network.outcome: outcome must be the outcome returned by another rollcall.network.outcome task"
        raise AnsibleActionFail(msg) from None
    if outcome.get("reports"):
        said.append(f"reports: {outcome['reports']}")
    if outcome.get("reports_url"):
        said.append(str(outcome["reports_url"]))
    failed = {} if verdict["passed"] else {"failed": True}
    return {"changed": False, "msg": "; ".join(map(str, said)), "_ansible_verbose_always": True, **failed}
