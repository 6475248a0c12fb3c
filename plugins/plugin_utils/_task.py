# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build the Inventory for a task or a lookup. Only this file uses Ansible's internal objects."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any

from ansible import constants as C
from ansible import context
from ansible.errors import AnsibleError, AnsibleValueOmittedError
from ansible.inventory.host import Host
from ansible.module_utils.parsing.convert_bool import BOOLEANS_FALSE

from ansible_collections.rollcall.network.plugins.plugin_utils._inventory import Inventory, Setting
from ansible_collections.rollcall.network.plugins.plugin_utils._plain import holds_no_template, joined_text

# Variables that are the same for every host of the play. Core would create the lists of names for every host, which
# is 100,000,000 names for 10,000 hosts.
SAME_FOR_ALL = (
    "ansible_play_hosts_all",
    "ansible_play_hosts",
    "ansible_play_batch",
    "play_hosts",
    "hostvars",
    "ansible_search_path",
)
# A lookup has the variables of its host alone: these are of the play and the task that it is in.
OF_THE_TASK = (
    *SAME_FOR_ALL,
    "ansible_play_name",
    "ansible_play_role_names",
    "ansible_role_names",
    "ansible_dependent_role_names",
    "role_names",
    "ansible_role_name",
    "ansible_collection_name",
    "role_name",
    "role_path",
)

BECOME = ("ansible_become",)
FALSE = {text.casefold() for text in map(str, BOOLEANS_FALSE)}


class _Without:
    """A play or a task of Ansible's whose own variables leave some out; for VariableManager.get_vars."""

    def __init__(self, wrapped: Any, left_out: Iterable[str]) -> None:
        self._wrapped = wrapped
        variables: dict[str, Any] = wrapped.get_vars()
        self._vars = {name: value for name, value in variables.items() if name not in left_out}
        self.left_out = {name: variables[name] for name in left_out if name in variables}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._wrapped, name)

    def get_vars(self) -> dict[str, Any]:
        return self._vars


class TaskVariables:
    """The variables of any host as the running task would see them: play, role and task variables included.

    ``ansible_become: false`` on a play or a task is how users keep a become method of network devices away from
    localhost: it only denies the keyword and ``-b``. A host that sets ``ansible_become`` itself keeps its own value.
    """

    def __init__(self, task: Any, templar: Any, task_vars: Mapping[str, Any]) -> None:
        self._task = _Without(task, BECOME)
        self._templar = templar
        self._manager = task.get_variable_manager()
        self._play = _Without(task.get_play(), BECOME)
        default = self._play.left_out | self._task.left_out
        self.denies_become = any(str(value).casefold() in FALSE for value in default.values())
        self._default = {} if self.denies_become else default
        self._same = {name: task_vars[name] for name in SAME_FOR_ALL if name in task_vars}
        self.hosts = task_vars["hostvars"]
        self.groups = task_vars["groups"]

    def of(self, name: str) -> Mapping[str, Any] | None:
        """Return the untemplated variables, or None for a name that is not in the inventory."""
        host = self._manager._inventory.get_host(name)  # hostvars do not have the variables of the play
        if host is None:
            return None
        variables: dict[str, Any] = self._manager.get_vars(
            play=self._play, host=host, task=self._task, include_hostvars=False, _hosts=[name], _hosts_all=[name]
        )
        return {**self._default, **variables, **self._same}

    def of_nobody(self) -> Mapping[str, Any]:
        """The variables of a host without host variables that is only in the group ``all``."""
        variables: dict[str, Any] = self._manager.get_vars(
            play=self._play,
            host=Host("nobody"),
            task=self._task,
            include_hostvars=False,
            _hosts=["-"],
            _hosts_all=["-"],
        )
        return {**self._default, **variables, **self._same}

    def template(self, value: Any, variables: Mapping[str, Any]) -> Any:
        """Template a value with the variables of its host.

        :raises AnsibleError: for an undefined variable, a wrong vault password, or a broken template.
        """
        return resolved_value(self._templar, value, variables)


def set_by_tasks(manager: Any) -> Callable[[str], Container[str]]:
    """The names of a host's variables that tasks registered or set."""

    def names(host: str) -> Container[str]:
        try:
            facts = manager._fact_cache.get(host)
        except KeyError:
            facts = {}
        return {**facts, **manager._nonpersistent_fact_cache.get(host, {})}

    return names


def inventory_of_task(
    task: Any,
    play_context: Any,
    templar: Any,
    task_vars: Mapping[str, Any],
    look_at: Callable[[str, Mapping[str, Any]], None] | None = None,
) -> Inventory:
    """Return the Inventory for the task of an action."""
    variables = TaskVariables(task, templar, task_vars)
    fallbacks = {
        "user": Setting(task.remote_user, "keyword remote_user, or command line (-u)"),
        "port": Setting(task.port, "keyword port"),
        "private_key_file": Setting(
            context.CLIARGS.get("private_key_file"), "command line (--private-key) or configuration"
        ),
        "become": Setting(
            None if variables.denies_become else task.become or None, "keyword become, or command line (-b)"
        ),
    }
    typed = {
        "password": ("password", "command line (-k)"),
        "become_password": ("become_pass", "command line (-K)"),
    }
    # Core replaces typed passwords with the variables of the machine that the task runs on. The password of a poller
    # must not be used for devices.
    there = task_vars.get("ansible_delegated_vars", {}).get(task.delegate_to, {}) if task.delegate_to else task_vars
    for field, (attribute, source) in typed.items():
        if not any(name in there for name in C.MAGIC_VARIABLE_MAPPING[attribute]):
            fallbacks[field] = Setting(getattr(play_context, attribute), source)
    return Inventory(
        variables.of,
        variables.template,
        variables.hosts,
        variables.groups,
        _given(fallbacks),
        look_at,
        sources_of_run(),
    )


def inventory_of_lookup(
    templar: Any,
    variables: Mapping[str, Any],
    look_at: Callable[[str, Mapping[str, Any]], None] | None = None,
) -> Inventory:
    """Return the Inventory for a lookup, without variables of the play and passwords of ``-k`` and ``-K``."""
    hostvars = variables["hostvars"]
    arguments = context.CLIARGS
    fallbacks = {
        "user": Setting(arguments.get("remote_user"), "command line (-u)"),
        "private_key_file": Setting(arguments.get("private_key_file"), "command line (--private-key)"),
        "become": Setting(arguments.get("become") or None, "command line (-b)"),
    }
    same = {name: variables[name] for name in OF_THE_TASK if name in variables}

    def variables_of(name: str) -> Mapping[str, Any] | None:
        if name not in hostvars:
            return None
        own = hostvars.raw_get(name)
        return {**own, **same, "vars": own}

    return Inventory(
        variables_of,
        lambda value, own: resolved_value(templar, value, own),
        hostvars,
        variables["groups"],
        _given(fallbacks),
        look_at,
        sources_of_run(),
    )


def sources_of_run() -> tuple[str, ...]:
    """Return the inventories on the command line (-i). Without -i, none: the same command reads the same ones."""
    given = context.CLIARGS.get("inventory") or ()
    sources = (given,) if isinstance(given, str) else tuple(map(str, given))
    return () if sources == tuple(C.DEFAULT_HOST_LIST or ()) else sources  # without -i, core has the default here


def _given(settings: dict[str, Setting]) -> dict[str, Setting]:
    return {field: setting for field, setting in settings.items() if setting.value not in (None, "")}


def resolved_value(templar: Any, value: Any, variables: Mapping[str, Any]) -> Any:
    if holds_no_template(value):
        return value
    text = joined_text(value, variables)
    if text is not None:
        return text
    try:
        resolved = templar.copy_with_new_env(available_variables=variables).template(value)
    except AnsibleValueOmittedError:  # default(omit): as if it were not set
        return None
    if value is not None and resolved is None:
        msg = "its template returned no value"
        raise AnsibleError(msg)
    return resolved
