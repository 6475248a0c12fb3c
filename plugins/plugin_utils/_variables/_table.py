# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The specification of the variables of the role ``rollcall.network.collect``, and of those of each device.

From it, ``make generate`` writes the role's ``defaults/main.yml`` and ``meta/argument_specs.yml``, the tables in its
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

    :param text: the description in Markdown, without a period at the end.
    :param tasks: the tasks that have it as an argument.
    :param default: the value in ``defaults/main.yml``. With UNSET the argument is omitted, and its default applies. For
        a variable of each device, the value that is used without it.
    :param spec: the type, if no task has it as an argument.
    :param argument: the name of the argument, if different.
    :param value: the expression for the argument, if it is not only the variable.
    :param play: the playbook that uses it, if the role alone does not.
    :param shown_default: the default in words, for the README.
    """

    name: str
    text: str
    tasks: tuple[Task, ...] = ()
    default: Any = UNSET
    spec: Mapping[str, Any] = field(default_factory=dict)
    argument: str = ""
    value: str = ""
    play: Literal["", "any", "pollers", "report"] = ""
    shown_default: str = ""

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
        """The Jinja2 expression of the argument. A variable that is null is not set: its default is used."""
        with_default = f"{self.name} | default(omit)" if self.default is UNSET else f"{self.name} or {self.default!r}"
        return self.value or with_default


TEXT = {"type": "str"}

ROLE: tuple[Variable, ...] = (
    Variable(
        "rollcall_hosts",
        "For the playbooks: a pattern of the hosts to ask, or a list of them. Can be set only with `-e`",
        spec={"type": "raw"},
        play="any",
        shown_default="`all`",
    ),
    Variable(
        "rollcall_output_dir",
        "The folder of the runs. Open `latest/reports/index.html` in it. "
        "By default `rollcall` in the current working directory of `ansible-playbook`",
        tasks=("collect", "outcome"),
        shown_default="`rollcall`",
        default="",
        value="rollcall_output_dir | rollcall.network.folder_of_runs",
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
        "rollcall_title", "The title of the fleet's page, and a label of the metrics", ("report",), default="Roll call"
    ),
    Variable(
        "rollcall_return_output",
        "Keep texts and rows in `rollcall_result`, for tasks after the role",
        tasks=("collect",),
        default=False,
    ),
    Variable(
        "rollcall_commands_for_all",
        "Commands for every host, instead of its `rollcall_commands`: a list, or a multi-line string. "
        "An empty string has no effect",
        tasks=("collect",),
        argument="commands",
        value="rollcall_commands_for_all | default(omit, true)",
        shown_default="none",
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
        "A file for the metrics, in the directory of node_exporter's textfile collector, such as "
        "`/var/lib/prometheus/node-exporter/rollcall.prom`",
        tasks=("report",),
        default="",
        shown_default="none",
        value="rollcall_metrics_file or omit",
    ),
    Variable(
        "rollcall_reports_url",
        "The address at which a web server shows the folder of the runs. The address of the page is then shown, and is "
        "in the outcome",
        tasks=("outcome",),
        default="",
        shown_default="none",
    ),
    Variable(
        "rollcall_webhook_url",
        "The address that receives the outcome as a POST with JSON",
        tasks=("outcome",),
        default="",
        # In the workflow of rollcall.network.awx, the job that reports tells the outcome of all jobs.
        value="rollcall_webhook_url if rollcall_webhook_url and not rollcall_awx_workflow | default('', true) else ''",
        shown_default="none",
    ),
    Variable(
        "rollcall_webhook_headers",
        "Headers of this request, by name",
        tasks=("outcome",),
        default={},
        shown_default="none",
    ),
    Variable(
        "rollcall_webhook_token",
        "A token for the webhook, sent as `Bearer` in the header `Authorization`",
        tasks=("outcome",),
        default="",
        shown_default="none",
    ),
    Variable(
        "rollcall_plan",
        "Show which devices, addresses, users and commands would be used, and where each credential comes from. "
        "No device is asked, and no report is written",
        ("collect",),
        default=False,
    ),
    Variable("rollcall_resume", "Resume the newest unfinished run: ask only devices without an answer", ("collect",)),
    Variable(
        "rollcall_only",
        "`failed` reuses complete answers of the last run and asks the rest again. An empty string has no effect",
        tasks=("collect",),
        # A survey of AWX passes an empty text if there is no answer. It would replace what a node of the workflow sets.
        value="rollcall_only | default(rollcall_awx_second | default(false) | ternary('failed', omit), true)",
        shown_default="ask all",
    ),
    Variable("rollcall_keep", "The runs to keep, such as `{runs: 30, days: 90}`", ("collect",), shown_default="all"),
    Variable(
        "rollcall_stale_after",
        "The play fails if a device has had no full answer for this number of seconds",
        tasks=("collect",),
        shown_default="no limit",
    ),
    Variable(
        "rollcall_suspicious",
        "What happens if an answer is only a small part of the last good one: `warn` or `fail`. See docs/identity.md",
        tasks=("collect",),
    ),
    Variable(
        "rollcall_ignore_changes",
        "Values to ignore in comparisons, by platform: `{ios: ['temperature is \\d+']}`",
        tasks=("collect",),
        shown_default="none",
    ),
    Variable(
        "rollcall_history",
        "Keep all answers over time in git, in `history.git` in the folder of the runs",
        tasks=("collect",),
    ),
    Variable(
        "rollcall_redact",
        "Where the secrets that devices show are masked: `reports`, `all` (in the run folder and in `rollcall_result` "
        "too) or `none`. See docs/redaction.md",
        tasks=("collect", "report"),
        default="reports",
    ),
    Variable(
        "rollcall_workers",
        "The number of devices asked at the same time",
        ("collect",),
        shown_default="all, at most 500",
    ),
    Variable("rollcall_device_timeout", "Seconds for one device, including all attempts", ("collect",)),
    Variable("rollcall_deadline", "Seconds for the whole run", ("collect",), shown_default="no limit"),
    Variable(
        "rollcall_retries",
        "Further attempts after a connection that was refused, reset or timed out, and after a session in which a "
        "command had no complete answer",
        ("collect",),
    ),
    Variable("rollcall_logins_per_second", "Maximum rate of new logins", ("collect",), shown_default="no limit"),
    Variable(
        "rollcall_max_open_logins",
        "Maximum number of logins that are under way at the same time",
        ("collect",),
        shown_default="no limit",
    ),
    Variable(
        "rollcall_limits",
        "Both limits for the devices with the same value of a host variable, such as "
        "`{site: {logins_per_second: 5}, aaa_server: {max_open_logins: 20}}`",
        ("collect",),
        shown_default="no limit",
    ),
    Variable(
        "rollcall_login_canary",
        "Devices that have one credential and have not answered, before a device has accepted it. `0` means no limit",
        ("collect",),
    ),
    Variable(
        "rollcall_login_failure_limit",
        "Refused logins in a row after which a credential or a user is no longer used. `0` means no limit",
        ("collect",),
    ),
    Variable(
        "rollcall_awx_most_red_hosts",
        "For the playbooks: the number of failed devices, at most, on which the play fails. Those are the failed hosts "
        "of a job in AWX",
        spec={"type": "int"},
        default=200,
        play="any",
    ),
    Variable(
        "rollcall_pollers",
        "For `rollcall.network.pollers`: a pattern of the pollers. Can be set only with `-e`",
        spec=TEXT,
        default="pollers",
        play="pollers",
    ),
    Variable(
        "rollcall_devices",
        "In the variables of each poller: the devices that it asks, such as `\"{{ groups['frankfurt'] }}\"`",
        spec={"type": "list", "elements": "str"},
        default=[],
        play="pollers",
    ),
    Variable(
        "rollcall_poller_venv",
        "The environment that the role `rollcall.network.poller` created, relative to the home of the login user. "
        "Not used if the poller has `ansible_python_interpreter`",
        spec={"type": "str"},
        default=".local/share/rollcall",
        play="pollers",
    ),
    Variable(
        "rollcall_run_dir",
        "For `rollcall.network.report`: the run to report on. By default the run of the previous job, or the newest",
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

# Variables of each device. The argument of the same name applies to all devices.
HOST: tuple[Variable, ...] = (
    Variable(
        "rollcall_commands",
        "The commands to send: a list of lines, or of dictionaries with `command`, `parser` and `answers`, or a "
        "multi-line string",
        spec={"type": "raw"},
    ),
    Variable(
        "rollcall_allow_commands",
        "Commands that may be sent although they are not in the list of read-only commands, such as "
        "`[diagnose sys *]`. See docs/read_only.md",
        ("collect",),
        shown_default="none",
    ),
    Variable(
        "rollcall_expect_hostname",
        "The name that the prompt of the device must have, or a list of names. `true` means the name in the inventory. "
        "Another device is `failed`, kind `wrong_device`, and no command is sent. See docs/identity.md",
        spec={"type": "raw"},
        shown_default="any name",
    ),
    Variable(
        "rollcall_parser",
        "The parser that converts answers to rows: `none`, `auto`, `json` or `textfsm`",
        ("collect",),
        default="none",
    ),
    Variable(
        "rollcall_rows_required",
        "`false` accepts an answer without the rows that were requested. By default it is `partial`; see docs/rows.md",
        ("collect",),
        default=True,
    ),
    Variable("rollcall_driver", "`cli`, `python`, or the path of a driver of your own", ("collect",), default="cli"),
    Variable("rollcall_function", "The function of driver `python`", ("collect",)),
    Variable("rollcall_function_args", "Keyword arguments of that function", ("collect",)),
    Variable(
        "rollcall_function_vars",
        "Names of variables for a function that takes the `Device`, or for a driver of your own",
        ("collect",),
    ),
    Variable(
        "rollcall_connect_timeout", "Seconds for the connection, and again for the login", ("collect",), default=10
    ),
    Variable(
        "rollcall_command_timeout", "Seconds for the first prompt, and for each command", ("collect",), default=30
    ),
    Variable(
        "rollcall_max_output",
        "The size of the longest answer to one command, such as `64M`",
        ("collect",),
        default="64M",
    ),
    Variable(
        "rollcall_transcript",
        "Record what is received from the device and sent to it in `transcript.jsonl` beside its answer, without "
        "secrets. See docs/transcripts.md",
        ("collect",),
        default=False,
    ),
    Variable(
        "rollcall_known_hosts",
        "Files with the host key",
        ("collect",),
        shown_default="`~/.ssh/known_hosts`, `/etc/ssh/ssh_known_hosts`",
    ),
    Variable(
        "rollcall_platforms",
        "YAML files with platforms of your own (`docs/platforms.md`). A relative path is searched beside the "
        "inventory, beside your playbook, and in the current directory",
        ("collect",),
    ),
    Variable(
        "rollcall_transport",
        "`ssh` or `telnet`. Platform names of netmiko that end in `_telnet` imply `telnet`. "
        "The default port is 22 or 23",
        spec={"type": "str", "choices": ["ssh", "telnet"]},
        default="ssh",
    ),
    Variable(
        "rollcall_legacy_ssh",
        "`false` does not offer the algorithms that only old devices need, such as `diffie-hellman-group1-sha1`, "
        "`ssh-rsa`, `aes128-cbc` and `hmac-sha1`. By default they are offered last",
        spec={"type": "bool"},
        default=True,
    ),
    Variable(
        "rollcall_credentials",
        "Several credentials, in the order in which they are tried: a list of dictionaries with `name`, `user`, "
        "`password`, `private_key_file`, `private_key`, `passphrase` and `become_password`, instead of the user, the "
        "password and the key of `ansible_*`. See docs/logins.md",
        spec={"type": "list", "elements": "dict"},
    ),
    Variable(
        "rollcall_otp_command",
        "A command that prints a one-time code, for devices that ask for one",
        spec={"type": "str"},
    ),
    Variable(
        "rollcall_jump_hosts",
        "The bastions on the way, the first one first: names of hosts in the inventory, which have their own "
        "variables, or addresses such as `admin@192.0.2.1:2222`. An empty list means a direct connection",
        spec={"type": "list", "elements": "str"},
    ),
    Variable(
        "rollcall_ssh_config",
        "Configuration files of OpenSSH on the machine that connects: `true` for `~/.ssh/config`, a path, or a list of "
        "paths. By default none is read",
        spec={"type": "raw"},
    ),
)
# Variables that the role sets.
RESULTS: dict[str, str] = {
    "rollcall_result": "The result of `rollcall.network.collect`",
    "rollcall_reports": "The result of `rollcall.network.report`",
    "rollcall_outcome": "The result of `rollcall.network.outcome`",
}
