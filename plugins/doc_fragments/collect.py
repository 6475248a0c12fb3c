# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The options that the module and the lookup share."""

    DOCUMENTATION = r"""
options:
  hosts:
    description:
      - Inventory names to ask, each once, such as C(ansible_play_hosts_all), which respects C(--limit).
      - A name that is not in the inventory gets an answer that says so. With driver V(python) any name will do.
    type: list
    elements: str
    required: true
  commands:
    description:
      - What to ask. Each is a line, or a dictionary of C(command) and C(parser). A text is a list of its lines.
      - Where it is not given, each host's own variable C(rollcall_commands) counts.
    type: list
    elements: raw
  driver:
    description:
      - V(cli) asks the command line over SSH. V(python) calls O(function) with each name.
      - Where it is not given, each host's own variable C(rollcall_driver) counts, else it is V(cli).
    type: str
    choices: [cli, python]
  function:
    description:
      - For driver V(python), the full path of a function that takes a name, such as V(package.module.function) or
        V(package.module.Class.method). It is called in many threads at once. An C(async def) function runs in an event loop of
        its own. For a method that needs an object, one is made without arguments for each name.
      - Modules are imported from installed packages, C(PYTHONPATH), C(module_utils/) in the role, C(module_utils/) beside the
        playbook, the folder of the playbook, and collections, as V(namespace.name.plugins.module_utils.module.function).
        On a poller only its own installed packages and C(PYTHONPATH) are searched.
      - The returned value becomes plain data. Besides text, numbers, lists and dictionaries it may hold dates and times (ISO 8601
        text; a C(timedelta) becomes seconds), addresses and networks, paths, UUIDs, C(Decimal), enums (their value), sets
        (sorted lists), tuples, generators, dataclasses, named tuples and bytes that are UTF-8 text. Anything else is an error
        that names the type and where it is.
      - Where it is not given, each host's own variable C(rollcall_function) counts.
    type: str
  function_args:
    description:
      - For driver V(python), keyword arguments of O(function). Templates are resolved for each host with its own variables.
      - They are plain data; dates in them become text. They are not written to O(output_dir).
      - Where it is not given, each host's own variable C(rollcall_function_args) counts.
    type: dict
  parser:
    description:
      - How answers become rows, for commands that name no parser themselves.
      - V(json) reads JSON, V(textfsm) uses the templates of ntc-templates, V(auto) takes V(json) where the command asks the
        device for JSON and V(textfsm) elsewhere.
      - Where it is not given, each host's own variable C(rollcall_parser) counts, else it is V(none).
    type: str
    choices: [none, auto, json, textfsm]
  workers:
    description:
      - How many devices are called at the same time, by default as many as there are, at most 500.
      - Fewer where the limit of open files does not allow it.
    type: int
  device_timeout:
    description: Seconds for one device, all attempts together. After it the connection is cut and the answer is V(timeout).
    type: float
    default: 60
  connect_timeout:
    description:
      - Seconds for the connection, and again for the login.
      - Where it is not given, C(rollcall_connect_timeout), C(ansible_connect_timeout) or C(ansible_ssh_timeout) of the host
        counts, else it is Ansible's C(timeout), 10.
    type: float
  command_timeout:
    description:
      - Seconds for the first prompt after the login, and for each command.
      - Where it is not given, C(rollcall_command_timeout) or C(ansible_command_timeout) of the host counts, else it is 30.
    type: float
  deadline:
    description: Seconds for the whole roll. Devices that were not asked by then are V(skipped). No limit by default.
    type: float
  retries:
    description:
      - Further attempts after a connection that was refused, reset or timed out, with growing pauses.
      - A credential that was refused, or that got no answer, is not sent again in the same run. After a jump host refused a
        credential, the other devices behind it that use the same one get the same error without another login.
    type: int
    default: 1
  logins_per_second:
    description: How many logins may begin in a second, for an AAA server that takes no more. No limit by default.
    type: float
  max_fail_percentage:
    description:
      - The task fails when more than this percentage of the devices have no full answer. By default it never does.
      - With O(group_max_fail_percentage) it counts for the devices of none of those groups.
      - The answers are in the failed result too, and Ansible prints a failed result whole.
    type: float
  group_max_fail_percentage:
    description:
      - Limits of their own for groups of the inventory, a dictionary of group and percentage. The task fails when more than
        this percentage of a group's devices have no full answer.
      - Of a group, its children included, those devices count that are among O(hosts). A device in several of these groups
        counts in each. A group that the inventory does not know is an error before the first login.
    type: dict
  known_hosts:
    description:
      - Files with the devices' host keys.
      - Where it is not given, the host's own variable C(rollcall_known_hosts) or C(UserKnownHostsFile) in
        C(ansible_ssh_common_args) counts, else it is C(~/.ssh/known_hosts) and C(/etc/ssh/ssh_known_hosts).
    type: list
    elements: path
  output_dir:
    description:
      - A folder that keeps the answers. Each device's is written the moment it is there, atomically and readable by its owner
        only, to C(runs/<UTC time>[-<awx_job_id>]/devices/<name>/) in it, as C(result.json) and a text file for each command.
        A run that is killed at any moment leaves what had answered, whole.
      - Beside C(devices/), C(manifest.json) says from the start who is asked, how and by which versions, and at the end what
        came of it; C(events.jsonl) gets a line for each device the moment it has answered. C(latest) points to the run that
        ended last.
      - C(last_good/<name>/) keeps the last good answer to each command, over all runs. A new answer is compared with it, leaving
        out what always changes, such as uptimes and counters; what differs is a C(<command>.diff) beside the text. Values of
        driver V(python) are not compared.
      - The folder must belong to you or to root, or be writable for a group of yours, whose members are then trusted. A folder
        that everybody may write to is refused, and so are links and files of other users in it. Links in the path to the
        folder are followed. In a folder that is writable for its group and has the setgid bit, the group can read the answers.
      - When the run is interrupted (SIGINT, SIGTERM), one line says where the answers are, how to report on them and how to
        resume. Where the standard error of ansible-playbook is a file, the line comes before the first login.
      - It is on the machine that runs the task's action, the controller, and it is made, and tried, before the first login. In
        check mode nothing is written.
      - One run at a time holds it. A second one fails at once, and says which process holds it since when. Jobs of AWX
        (C(awx_job_id)) share it among themselves, for slices run side by side. Tasks that run side by side in one play, such as
        those of several pollers, need a folder each.
    type: path
  return_output:
    description:
      - V(false) leaves texts, rows and values out of what is returned; they are in O(output_dir), which it needs.
      - Use it for large fleets. An answer that could not be written is returned whole.
    type: bool
    default: true
  resume:
    description:
      - Goes on with the newest run in O(output_dir) that did not come to its end, in its own folder. Names that have an answer
        there, good or bad, are not asked again; the result has them all, in the order of O(hosts). Names that were skipped are
        asked.
      - That is a run of which every name is among O(hosts), that is not under way, and that no finished run of these hosts has
        followed. Where there is none, a new run begins.
      - In check mode it has no meaning.
    type: bool
    default: false
  only:
    description:
      - V(failed) begins a new run that takes over the full answers of the last run, and asks the other names again. The
        files of those answers are the same ones (hard links) or, where that cannot be, copies.
      - The last run is the newest in O(output_dir), finished or not, that asked any of O(hosts) and is not under way. Where there
        is none, everybody is asked.
      - Together with O(resume), a run that did not come to its end is gone on with, and nothing is taken over.
      - In check mode it has no meaning.
    type: str
    choices: [failed]
  keep:
    description:
      - Which runs stay in O(output_dir) when this one has ended, by count, by age, or both; the others are removed. By default all
        stay.
      - Never removed are this run, the one C(latest) points to, the newest whose verdict was passed, those under way, and
        what does not look like a run.
      - A run that cannot be removed is warned about.
    type: dict
    suboptions:
      runs:
        description: So many of the newest runs stay, this one included.
        type: int
      days:
        description: Runs stay that began at most so many days ago.
        type: float
  ignore_changes:
    description:
      - What else always changes in answers, by platform as in C(ansible_network_os), or under C(all). Each is a list of regular
        expressions for a part of one line. Where one has groups, what they hold is ignored, else all that it matches; a line of
        which nothing is left is not compared.
      - They are added to what is known of each platform, such as uptimes, ages, counters, rates, and when a configuration was
        last changed. The first error that a counter counts is told, those after it are not.
    type: dict
  stale_after:
    description:
      - Seconds without a full answer after which a device is in RV(rollcall.network.collect#module:stale_hosts). However few
        they are, the run then does not pass, and the task fails.
      - One that never gave any counts since it was first asked.
    type: float
  history:
    description:
      - Keeps the last good answers in git too, in the bare repository C(history.git) in O(output_dir), as
        C(<name>/<command>.txt). Each run in which something changed makes one commit, with only the files that changed by more
        than what always changes. A device that is not asked any more keeps its files.
      - It needs C(git) on the controller, and nobody's configuration of it. When it fails, the task does, with all answers in its
        result; the next run makes up for it.
    type: bool
    default: false
  plan:
    description: Log in nowhere, and return who would be asked, where, how and what.
    type: bool
    default: false
requirements:
  - Python >= 3.11
  - ssh2-python
  - scrapli (only its platform definitions are read)
  - PyYAML
  - ntc-templates (for parser V(textfsm))
"""
