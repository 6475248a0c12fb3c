# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The first check of a task: the variables of the role, if it is the role's task, and the names of all."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from typing import Any

from ansible_collections.rollcall.network.plugins.plugin_utils._task import TaskVariables, set_by_tasks
from ansible_collections.rollcall.network.plugins.plugin_utils._variables._check import (
    HostNames,
    check_extra,
    check_for_all,
    check_role,
    formats_of,
)

REPORT = pathlib.Path(__file__).parents[3] / "playbooks" / "report.yml"
ROLE = pathlib.Path(__file__).parents[3] / "roles" / "collect"


class FirstCheck:
    """What is checked before the first login, once for a task."""

    def __init__(self, task: Any, templar: Any, task_vars: Mapping[str, Any]) -> None:
        """
        :raises ValueError: for wrong variables of the role or of ``-e``.
        """
        check_extra(task.get_variable_manager().extra_vars)
        values: dict[str, Any] = {}
        variables = TaskVariables(task, templar, task_vars)
        if _of_role(task):
            values = check_role(
                task_vars,
                lambda value: variables.template(value, task_vars),
                task_vars["groups"],
                plays=("", "any") if task.run_once else ("", "any", "pollers"),
            )
        check_for_all({**task.get_play().get_vars(), **task.get_variable_manager().extra_vars}, task.args)
        self.formats = formats_of(values)
        # A poller has the devices of its site. That none of them has a column does not mean that none has it.
        columns = values.get("rollcall_columns", ()) if task.run_once else ()
        self.names = HostNames(set_by_tasks(task.get_variable_manager()), columns)


def check_before_report(task: Any, templar: Any, variables: Mapping[str, Any]) -> None:
    """Check the names among the variables of a task that asks no device, and the variables of playbooks/report.yml.

    :raises ValueError: for names that are not known, with near matches, and for wrong variables.
    """
    check_extra(task.get_variable_manager().extra_vars)
    if str(task.get_path() or "").startswith(f"{REPORT.resolve()}:"):
        own = TaskVariables(task, templar, variables)
        check_role(variables, lambda value: own.template(value, variables), variables["groups"], plays=("", "report"))
    names = HostNames(set_by_tasks(task.get_variable_manager()))
    names.look_at(str(variables["inventory_hostname"]), variables)
    names.check()


def _of_role(task: Any) -> bool:
    role = task._role
    return role is not None and pathlib.Path(role._role_path).resolve() == ROLE.resolve()
