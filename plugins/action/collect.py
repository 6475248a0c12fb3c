# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action plugin of rollcall.network.collect. The module has the documentation."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError

from ansible_collections.rollcall.network.plugins.plugin_utils._core import require_core

require_core()

from ansible_collections.rollcall.network.plugins.module_utils._device import Device
from ansible_collections.rollcall.network.plugins.module_utils._drivers._function import look_in
from ansible_collections.rollcall.network.plugins.module_utils._model.visible import visible
from ansible_collections.rollcall.network.plugins.module_utils._problems import Problems
from ansible_collections.rollcall.network.plugins.module_utils._refused_logins import RefusedLogins
from ansible_collections.rollcall.network.plugins.module_utils._result import Error
from ansible_collections.rollcall.network.plugins.module_utils._run import RunFolder
from ansible_collections.rollcall.network.plugins.module_utils._spec import check_arguments
from ansible_collections.rollcall.network.plugins.plugin_utils import _pipelining
from ansible_collections.rollcall.network.plugins.plugin_utils._cause import shared_sentence
from ansible_collections.rollcall.network.plugins.plugin_utils._collect import (
    call_here,
    call_there,
    devices_of,
    function_folders,
    open_folder,
    plan_of,
    warnings_of,
)
from ansible_collections.rollcall.network.plugins.plugin_utils._hints import hint_lines
from ansible_collections.rollcall.network.plugins.plugin_utils._inventory import PER_HOST
from ansible_collections.rollcall.network.plugins.plugin_utils._live import Live
from ansible_collections.rollcall.network.plugins.plugin_utils._manifest import with_pattern
from ansible_collections.rollcall.network.plugins.plugin_utils._on_controller import OnController
from ansible_collections.rollcall.network.plugins.plugin_utils._once import once, question_of, repeated
from ansible_collections.rollcall.network.plugins.plugin_utils._person import Person
from ansible_collections.rollcall.network.plugins.plugin_utils._plan import lines_of as lines_of_plan
from ansible_collections.rollcall.network.plugins.plugin_utils._poller import (
    SSH_ARGS,
    SSH_OPTION,
    check_answer,
    failure_of,
    foreign,
    packed,
    reason_of,
    without_poller,
)
from ansible_collections.rollcall.network.plugins.plugin_utils._poller_stream import Stream
from ansible_collections.rollcall.network.plugins.plugin_utils._preflight import preflight
from ansible_collections.rollcall.network.plugins.plugin_utils._progress import Progress
from ansible_collections.rollcall.network.plugins.plugin_utils._refused_credentials import logins_of, sentences_on
from ansible_collections.rollcall.network.plugins.plugin_utils._ssh_settings import ssh_warnings
from ansible_collections.rollcall.network.plugins.plugin_utils._task import TaskVariables, inventory_of_task
from ansible_collections.rollcall.network.plugins.plugin_utils._untagged import untagged
from ansible_collections.rollcall.network.plugins.plugin_utils._variables._first import FirstCheck
from ansible_collections.rollcall.network.plugins.plugin_utils._verdict import Allowed, allowed_of
from ansible_collections.rollcall.network.plugins.plugin_utils._where import (
    each_its_own,
    run_once_is_missing,
    wrong_place,
)
from ansible_collections.rollcall.network.plugins.plugin_utils._why import lines_of
from ansible_collections.rollcall.network.plugins.plugin_utils._written import resolved_for_one

Devices = dict[str, Device | Error]


class ActionModule(OnController):
    """Resolve names to devices, and ask them from here or from the machine that the task is delegated to."""

    TRANSFERS_FILES = False
    _supports_check_mode = True  # devices are not changed, so check mode collects too
    _supports_async = False
    AS_WRITTEN = frozenset(PER_HOST)  # resolved for each device
    _commands_as_written: Any = None

    @classmethod
    def finalize_task_arg(cls, name: str, value: Any, templar: Any, context: Any) -> Any:
        """Keep the commands as they are written, for a warning."""
        if name == "commands":
            cls._commands_as_written = value
        return super().finalize_task_arg(name, value, templar, context)

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        task_vars = task_vars or {}
        base: dict[str, Any] = super().run(tmp, task_vars)
        try:
            return self._run(base, task_vars)
        except AnsibleActionFail as error:  # Ansible does not apply failed_when of the role to an exception
            return {**base, "changed": False, "failed": True, "msg": str(error)}

    def _run(self, base: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        try:
            first = FirstCheck(self._task, self._templar, task_vars)
            given = self._task.args
            arguments = check_arguments(
                {name: given[name] if name in PER_HOST else untagged(given[name]) for name in given}
            )
            allowed = allowed_of(arguments, task_vars["groups"])
        except ValueError as error:
            raise AnsibleActionFail(
                visible(f"rollcall.network.collect: {error}")
            ) from None  # else core adds each cause
        misplaced = wrong_place(self._task, self._templar, task_vars, arguments["hosts"])
        if misplaced:
            raise AnsibleActionFail(f"rollcall.network.collect: {misplaced}")
        repetition = None if arguments["plan"] else repeated(self._task, task_vars)
        if repetition is None:
            return self._collect(arguments, allowed, base, task_vars, first)
        host = str(task_vars["inventory_hostname"])
        question = question_of(self._task, host, arguments)
        result, known = once(question, host, lambda: self._collect(arguments, allowed, base, task_vars, first))
        if known:
            result["warnings"].append(repetition)
        return result

    def _collect(
        self,
        arguments: dict[str, Any],
        allowed: Allowed,
        base: dict[str, Any],
        task_vars: dict[str, Any],
        first: FirstCheck,
    ) -> dict[str, Any]:
        look_in(function_folders(task_vars))
        inventory = inventory_of_task(self._task, self._play_context, self._templar, task_vars, first.names.look_at)
        try:
            resolved = inventory.resolve(dict.fromkeys(arguments["hosts"]), arguments)
            first.names.check()
        except ValueError as error:
            raise AnsibleActionFail(visible(f"rollcall.network.collect: {error}")) from None
        misuse = run_once_is_missing(self._task, task_vars, arguments["hosts"], "asks all")
        devices = devices_of(resolved)
        base["warnings"] = warnings_of(arguments, devices) + misuse
        base["warnings"] += self._same_for_all(arguments["hosts"], task_vars)
        base["warnings"] += ssh_warnings(devices.values(), files=self._connection.transport == "local")
        base["_ansible_verbose_override"] = True  # answers can be megabytes; use debug to show them
        if arguments["plan"]:
            for line in lines_of_plan(resolved):
                Live().display(line)
            return {**base, "changed": False, "plan": plan_of(resolved)}
        self._pipeline()
        try:
            preflight(devices if self._connection.transport == "local" else {}, first.formats)
            check_mode = self._task.check_mode
            variables = with_pattern(self._task, task_vars, arguments["hosts"])
            with open_folder(arguments, variables, devices, Live(), check_mode=check_mode) as folder:
                if self._connection.transport == "local":
                    result = self._call_here(devices, arguments, folder, allowed, base)
                else:
                    memory = RefusedLogins(folder.top) if folder else None
                    ask = partial(self._ask_there, arguments, base, task_vars, memory)
                    result = call_there(devices, arguments, ask, folder, allowed, _say)
        except ValueError as error:
            hint = "".join(f". {each}" for each in misuse if " in use by " in str(error))
            raise AnsibleActionFail(
                visible(f"rollcall.network.collect: {error}{hint}")
            ) from None  # else core adds each cause
        base["warnings"] += result.pop("warnings", [])
        if not each_its_own(self._task, task_vars, arguments["hosts"]):  # the reasons of pollers are displayed together
            shared = shared_sentence(result["verdict"])
            for line in lines_of(result["devices"].items(), len(result["devices"]), shared):
                Live().display(line)
        for line in hint_lines(result["devices"].items()):
            Live().display(line)
        for sentence in sentences_on(map(logins_of, result["devices"].values())):
            Live().display(f"roll call: {sentence}")
        for text in result.pop("tracebacks", []):
            Live().vvv(text)
        return {**base, **result}

    def _call_here(
        self,
        devices: Devices,
        arguments: dict[str, Any],
        folder: RunFolder | None,
        allowed: Allowed,
        base: dict[str, Any],
    ) -> dict[str, Any]:
        progress = Progress(Live())
        try:
            return call_here(devices, arguments, progress, folder, allowed, _say, Person().told)
        finally:
            base["warnings"] += progress.warnings

    def _ask_there(
        self,
        arguments: dict[str, Any],
        base: dict[str, Any],
        task_vars: dict[str, Any],
        memory: RefusedLogins | None,
        devices: Devices,
        take: Callable[[str, dict[str, Any]], None],
        problems: Problems,
    ) -> None:
        """Run the collector on the machine of the task, a poller."""
        poller = str(self._task.delegate_to or task_vars["inventory_hostname"])
        left = dict(devices)

        def on_answer(name: str, answer: Any) -> None:
            with problems.during(f"reading the answers of poller {poller}"):
                if left.pop(name, None) is not None:
                    take(name, check_answer(answer))

        module_args = {name: value for name, value in arguments.items() if value is not None and name not in PER_HOST}
        self._memory = memory.to_send() if memory else []
        stream = Stream(on_answer, memory.take if memory else lambda _note: None)
        there = self._run_module(module_args, packed(devices), stream, task_vars)
        base["warnings"] += [foreign(warning, devices) for warning in there.get("warnings", [])]
        if there.get("refused"):
            msg = foreign(str(there["msg"]), devices)
            raise AnsibleActionFail(f"rollcall.network.collect on {poller}: {msg}")
        problems.take_over(there.get("problems", []), there.get("tracebacks", []))
        if not left:
            return
        # A failed poller does not fail the task, so that all other answers are kept.
        reason = foreign(reason_of(there), devices)
        said = failure_of(poller, len(left), len(devices), reason)
        base["warnings"].append(said)
        base["poller_failed"] = said
        for name, answer in without_poller(left, Error("connect", "poller", said)).items():
            take(name, answer)

    def _run_module(
        self, module_args: dict[str, Any], devices: str, stream: Stream, task_vars: dict[str, Any]
    ) -> dict[str, Any]:
        """Return the result of the module, or only ``msg`` if the poller cannot be reached.

        :param devices: an argument that holds secrets. It is added by ``_configure_module``: with ANSIBLE_DEBUG, Ansible
            prints the arguments that it was given here.
        """
        if self._connection.transport == "ssh":
            given = self._connection.get_option(SSH_OPTION) or ""
            self._connection.set_option(SSH_OPTION, f"{given} {SSH_ARGS}".strip())
        stream.attach(self._connection)
        self._stream = stream
        self._devices = devices
        try:
            result: dict[str, Any] = self._execute_module("rollcall.network.collect", module_args, task_vars=task_vars)
        except AnsibleError as error:  # other errors than of the connection too: no sshpass, become failed
            return {"msg": str(error)}
        return result

    def _pipeline(self) -> None:
        """Make sure that secrets go to a poller through standard input, and to no file; else fail before that."""
        is_poller = self._connection.transport != "local" and not getattr(self._connection, "force_persistence", False)
        if is_poller and (why := _pipelining.switch_on(self._connection)):
            raise AnsibleActionFail(f"rollcall.network.collect: {why}")

    def _configure_module(self, module_name: str, module_args: dict[str, Any], task_vars: dict[str, Any]) -> Any:
        """Build the module with the devices among its arguments."""
        internal = {"devices": self._devices, "silence": self._stream.silence, "memory": self._memory}
        bits, path = super()._configure_module(module_name, {**module_args, **internal}, task_vars)
        self._stream.module = bits.b_module_data
        return bits, path

    def _low_level_execute_command(self, cmd: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Run a command. The module's answers are taken from its output."""
        is_module = kwargs.get("in_data") is not None and kwargs["in_data"] == self._stream.module
        if is_module:
            cmd = self._stream.command(cmd)
        result: dict[str, Any] = super()._low_level_execute_command(cmd, *args, **kwargs)
        if is_module:
            result["stdout"] = self._stream.without_answers(result["stdout"])
            result["stdout_lines"] = result["stdout"].splitlines()
        return result

    def _transfer_data(self, remote_path: str | bytes, data: str | bytes) -> Any:  # noqa: ARG002
        """Refuse to write the module to a file, should Ansible come to that in spite of pipelining."""
        msg = f"rollcall.network.collect: Ansible would write devices' secrets to {remote_path!s}; nothing was sent"
        raise AnsibleActionFail(msg)

    def cleanup(self, force: bool = False) -> None:
        """Keep the answers if the poller is unreachable by now."""
        with contextlib.suppress(AnsibleConnectionFailure):
            super().cleanup(force)

    def _same_for_all(self, hosts: list[str], task_vars: dict[str, Any]) -> list[str]:
        if each_its_own(self._task, task_vars, hosts):
            return []
        variables = TaskVariables(self._task, self._templar, task_vars)
        resolved = self._task.args.get("commands")
        warning = resolved_for_one(self._commands_as_written, resolved, hosts, variables, task_vars)
        return [warning] if warning else []


def _say(line: str) -> None:
    """Display a line at once. Where standard output is a file or a pipe, Python keeps lines back; a signal loses them."""
    Live().display(line, stderr=True)
