# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The specification of the variables of the role C(rollcall.network.collect), and of those of each device.

C(make generate) writes from it the role's C(defaults/main.yml) and C(meta/argument_specs.yml), the tables of its
README, and the arguments of its tasks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ansible_collections.rollcall.network.plugins.module_utils._spec import ARGUMENT_SPEC as COLLECT
from ansible_collections.rollcall.network.plugins.plugin_utils._outcome_spec import ARGUMENT_SPEC as OUTCOME
from ansible_collections.rollcall.network.plugins.plugin_utils._report_spec import ARGUMENT_SPEC as REPORT

Task = Literal["collect", "report", "outcome"]

PREFIX = "rollcall_"
UNSET: Any = object()
SPECS: dict[Task, dict[str, dict[str, Any]]] = {"collect": COLLECT, "report": REPORT, "outcome": OUTCOME}


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the role.

    :param text: what it is for, in Markdown, without a period at the end of its only sentence.
    :param tasks: the tasks that take it as an argument of the same name.
    :param default: what C(defaults/main.yml) sets; UNSET leaves the argument out, so that its own default counts.
    :param spec: its type, if no task has it as an argument.
    :param argument: the name of the argument, where it is another one.
    :param value: what is given to the task, where it is not just the variable.
    :param play: it belongs to one of the playbooks, and the role alone does not use it.
    """

    name: str
    text: str
    tasks: tuple[Task, ...] = ()
    default: Any = UNSET
    spec: Mapping[str, Any] = field(default_factory=dict)
    argument: str = ""
    value: str = ""
    play: Literal["", "any", "pollers", "report"] = ""

    @property
    def takes(self) -> str:
        """The name of the argument."""
        return self.argument or self.name.removeprefix(PREFIX)

    @property
    def type(self) -> dict[str, Any]:
        """Type, elements and choices."""
        found = SPECS[self.tasks[0]][self.takes] if self.tasks else self.spec
        return {key: found[key] for key in ("type", "elements", "choices", "options") if key in found}

    @property
    def given(self) -> str:
        """The Jinja2 expression of the argument."""
        return self.value or (self.name if self.default is not UNSET else f"{self.name} | default(omit)")


TEXT = {"type": "str"}

ROLE: tuple[Variable, ...] = (
    Variable(
        "rollcall_hosts",
        "The hosts of the playbook, a pattern. A play of your own has its own. Only `-e` can set it",
        spec=TEXT,
        play="any",
    ),
    Variable(
        "rollcall_output_dir",
        "The folder of the runs. `latest/reports/index.html` in it is the page to open. "
        "By default `rollcall` in the folder where `ansible-playbook` was started",
        tasks=("collect",),
        default="{{ lookup('ansible.builtin.env', 'PWD') }}/rollcall",
    ),
    Variable(
        "rollcall_formats",
        "The formats of the reports",
        tasks=("report",),
        default=["md", "html"],
        value="rollcall_formats_and_metrics",
    ),
    Variable(
        "rollcall_columns",
        "Host variables to show on the fleet's page, such as `[site, role]`",
        tasks=("report",),
        default=[],
    ),
    Variable(
        "rollcall_title", "The title of the fleet's page, and a label of its metrics", ("report",), default="Roll call"
    ),
    Variable(
        "rollcall_return_output",
        "Whether texts and rows stay in `rollcall_result`, for your own tasks after the role",
        tasks=("collect",),
        default=False,
    ),
    Variable(
        "rollcall_commands_for_all",
        "Commands that every host gets instead of its own `rollcall_commands`: a list, or a text of lines. "
        "An empty text leaves each host its own",
        tasks=("collect",),
        argument="commands",
        value="rollcall_commands_for_all | default(omit, true)",
        spec={"type": "raw"},
    ),
    Variable(
        "rollcall_max_fail_percentage",
        "The play fails if more than this percentage of the devices have no full answer",
        tasks=("collect", "report"),
        default=0,
    ),
    Variable(
        "rollcall_group_max_fail_percentage",
        "Limits of groups, such as `{core: 0, edge: 10}`. "
        "`rollcall_max_fail_percentage` then applies to devices in none of these groups",
        tasks=("collect", "report"),
        default={},
    ),
    Variable(
        "rollcall_metrics_file",
        "A file in the directory of node_exporter's textfile collector that gets the metrics, such as "
        "`/var/lib/prometheus/node-exporter/rollcall.prom`",
        tasks=("report",),
        default="",
        value="rollcall_metrics_file | default(omit, true)",
    ),
    Variable(
        "rollcall_webhook_url",
        "The address that gets the outcome as a POST of JSON",
        tasks=("outcome",),
        default="",
    ),
    Variable("rollcall_resume", "Resume the newest unfinished run: ask only devices without an answer", ("collect",)),
    Variable(
        "rollcall_only",
        "`failed` reuses complete answers of the last run and asks the rest again",
        tasks=("collect",),
    ),
    Variable("rollcall_keep", "Which old runs are kept, such as `{runs: 30, days: 90}`; by default all", ("collect",)),
    Variable(
        "rollcall_stale_after",
        "The play fails if a device has had no full answer for so many seconds, however many others have",
        tasks=("collect",),
    ),
    Variable(
        "rollcall_ignore_changes",
        "Parts of answers that always change, by platform: `{ios: ['temperature is \\d+']}`",
        tasks=("collect",),
    ),
    Variable(
        "rollcall_history",
        "Keep the answers over time in git, in `history.git` in the folder of the runs",
        tasks=("collect",),
    ),
    Variable("rollcall_workers", "How many devices are asked at the same time", ("collect",)),
    Variable("rollcall_device_timeout", "Seconds for one device, all attempts together", ("collect",)),
    Variable("rollcall_deadline", "Seconds for the whole run", ("collect",)),
    Variable(
        "rollcall_retries", "Further attempts after a connection that was refused, reset or timed out", ("collect",)
    ),
    Variable("rollcall_logins_per_second", "How many logins may begin in a second", ("collect",)),
    Variable(
        "rollcall_pollers",
        "For `rollcall.network.pollers`: the group, or pattern, of the pollers. Only `-e` can set it for the play",
        spec=TEXT,
        default="pollers",
        play="pollers",
    ),
    Variable(
        "rollcall_devices",
        "Of each poller, in its own variables: the devices that it calls, such as `\"{{ groups['frankfurt'] }}\"`",
        spec={"type": "list", "elements": "str"},
        default=[],
        play="pollers",
    ),
    Variable(
        "rollcall_poller_venv",
        "Where the role `rollcall.network.poller` has put the Python of a poller, from the home of the user that logs "
        "in there. A poller with its own `ansible_python_interpreter` uses that",
        spec={"type": "str"},
        default=".local/share/rollcall",
        play="pollers",
    ),
    Variable(
        "rollcall_run_dir",
        "For `rollcall.network.report`: the run to report on. By default the one of the job before, or the newest",
        spec={"type": "path"},
        play="report",
    ),
    Variable(
        "rollcall_report_dir",
        "For `rollcall.network.report`: the folder of the reports. By default `reports` in the run",
        spec={"type": "path"},
        play="report",
    ),
)

# Of each device, in its own variables: what an argument of the task of the same name is for all of them.
HOST: tuple[Variable, ...] = (
    Variable("rollcall_commands", "The commands to ask: a list, or a text of lines", spec={"type": "raw"}),
    Variable("rollcall_parser", "How answers become rows: `none`, `auto`, `json` or `textfsm`", ("collect",)),
    Variable("rollcall_driver", "`cli` or `python`", ("collect",)),
    Variable("rollcall_function", "The function of driver `python`", ("collect",)),
    Variable("rollcall_function_args", "Keyword arguments of that function", ("collect",)),
    Variable("rollcall_connect_timeout", "Seconds for the connection, and again for the login", ("collect",)),
    Variable("rollcall_command_timeout", "Seconds for the first prompt, and for each command", ("collect",)),
    Variable("rollcall_known_hosts", "Files with the host key", ("collect",)),
)
# What the role leaves behind.
RESULTS: dict[str, str] = {
    "rollcall_result": "What `rollcall.network.collect` returned",
    "rollcall_reports": "What `rollcall.network.report` returned",
    "rollcall_outcome": "What `rollcall.network.outcome` returned",
}
