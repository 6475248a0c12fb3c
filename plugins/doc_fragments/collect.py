# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Options of both the module and the lookup."""

    DOCUMENTATION = r"""
options:
  commands:
    description:
      - The commands to send. Each is a line, or a dictionary of C(command), C(parser) and C(answers). A string is split into lines.
      - C(answers) is a list of dictionaries of C(question) and C(answer), for a command that asks before it answers. The C(question)
        is a part of the question's last line, or of the text that the error quotes; case is ignored. The C(answer) is one line, which
        is sent with a line end; an empty one is an empty line. C(key) instead of C(answer) is one character, which is sent alone, for a
        device that acts on one key.
        A question that is not named is never answered, and the command fails with the kind V(question). See C(docs/questions.md).
      - A command that is there twice is sent once. With two different parsers or lists of answers, it is an error.
      - A function that takes a name does not use them, and there is a warning.
      - By default, the variable C(rollcall_commands) of each host is used.
    type: list
    elements: raw
  allow_commands:
    description:
      - Commands that may be sent although they are not in the list of read-only commands. Each is a whole command line, in which C(*)
        stands for any text without C(;), C(|), C(&), C(<), C(>), C($), a backtick, a backslash, and parentheses, brackets and braces.
        Case is significant, and several blanks are one blank.
      - Each platform has a list of read-only commands, such as C(show) and C(display). A device with any other command is V(skipped),
        kind C(not_read_only), and there is no login.
      - Commands that enter configuration mode, such as C(configure terminal), are always refused. They cannot be allowed.
      - By default, the variable C(rollcall_allow_commands) of each host is used. C(docs/read_only.md) has the details.
    type: list
    elements: str
  driver:
    description:
      - V(cli) sends commands over SSH or Telnet. V(python) calls O(function) for each name.
      - The full path of a class or an object, such as V(package.module.Driver), is a driver of your own. C(docs/drivers.md) describes
        how to write one. It is imported like O(function), on the controller, and on the poller if there is one.
      - By default, the variable C(rollcall_driver) of each host is used, or V(cli).
    type: str
  function:
    description:
      - For driver V(python), the full path of a function that takes a name, such as V(package.module.function) or
        V(package.module.Class.method). For a method that is called on an object, an object is created without arguments for each
        name.
      - If its first parameter is annotated with C(Device), it gets the C(Device) instead of the name, with the address, port, user,
        password, keys and other settings of the host, and the variables of O(function_vars). The controller must be able to import
        such a function, also if a poller calls it. See C(docs/drivers.md).
      - Functions are called in separate processes, one call at a time in each. Global variables of a module are not shared between
        them. A call is ended at its deadline, and if its process uses more than 512 MiB of memory. What it prints is discarded. At
        most 500 calls run at the same time, or fewer if there is not enough memory.
      - Modules are imported from installed packages, C(PYTHONPATH), C(module_utils/) in the role, C(module_utils/) beside the
        playbook, the folder of the playbook, and collections, as V(namespace.name.plugins.module_utils.module.function).
        On a poller, only the packages that are installed there and C(PYTHONPATH) are searched.
      - The returned value is converted to plain data. It can contain strings, numbers, lists, dictionaries, dates and times (ISO
        8601; a C(timedelta) becomes seconds), addresses and networks, paths, UUIDs, C(Decimal), enums (their value), sets
        (sorted lists), tuples, generators, dataclasses, named tuples, and bytes with UTF-8 text. Other types are errors. The
        message has the type and its place.
      - By default, the variable C(rollcall_function) of each host is used.
    type: str
  function_args:
    description:
      - For driver V(python), keyword arguments of O(function). Templates are resolved for each host with its own variables.
      - They must be plain data. Dates become strings. They are not written to O(output_dir).
      - By default, the variable C(rollcall_function_args) of each host is used.
    type: dict
  function_vars:
    description:
      - Names of variables whose values are resolved for each host and are C(device.variables) of a function that takes the C(Device),
        or of a driver of your own.
      - They must be plain data, as for O(function_args). An undefined variable is an error of its host. Vaulted values are masked in
        answers.
      - By default, the variable C(rollcall_function_vars) of each host is used.
    type: list
    elements: str
  parser:
    description:
      - The parser that converts output to rows, for commands without their own parser.
      - V(json) reads JSON. V(textfsm) uses the templates of ntc-templates. V(auto) uses V(json) if the command requests JSON, and
        V(textfsm) otherwise.
      - By default, the variable C(rollcall_parser) of each host is used, or V(none).
    type: str
    choices: [none, auto, json, textfsm]
  rows_required:
    description:
      - Whether a device that did not give the requested rows is V(partial). Its rows have the status V(mismatch) or V(error), or
        V(no_template) if the O(parser) is not V(auto).
      - With V(false), its status is V(ok) if all commands were answered.
      - By default, the variable C(rollcall_rows_required) of each host is used, or V(true).
    type: bool
  workers:
    description:
      - The number of devices asked at the same time. The default is the number of devices, at most 500.
      - If the limit of open files is too low, fewer workers are used.
    type: int
  device_timeout:
    description: Seconds for one device, including all attempts. Then the connection is closed and the status is V(timeout).
    type: float
    default: 60
  connect_timeout:
    description:
      - Seconds for the connection, and again for the login.
      - By default, C(rollcall_connect_timeout), C(ansible_connect_timeout) or C(ansible_ssh_timeout) of the host is used, or
        Ansible's C(timeout), 10.
    type: float
  command_timeout:
    description:
      - Seconds for the first prompt after the login, and for each command.
      - By default, C(rollcall_command_timeout) or C(ansible_command_timeout) of the host is used, or 30.
    type: float
  deadline:
    description: Seconds for the whole run. Devices not asked by then are V(skipped). No limit by default.
    type: float
  retries:
    description:
      - Further attempts after a connection that was refused, reset or timed out, and after a session in which a command
        had no complete answer, with growing pauses.
      - A credential is not sent again in the same run after a device refused it or did not answer. All devices behind a
        bastion share one login there. If the bastion refuses it, they all get the same error, and it is not tried again.
    type: int
    default: 1
  logins_per_second:
    description:
      - Maximum rate of new logins, to limit the load on an AAA server. No limit by default.
      - The time in which a device waits for its login is not a part of its O(device_timeout).
    type: float
  max_open_logins:
    description:
      - Maximum number of logins that are under way at the same time. A login is under way until the device shows its prompt, and
        for driver V(python) and drivers of your own until its answer is complete. No limit by default.
    type: int
  limits:
    description:
      - >-
        O(logins_per_second) and O(max_open_logins) for the devices with the same value of a host variable, as a dictionary by the
        name of the variable, such as C({site: {logins_per_second: 5}, aaa_server: {max_open_logins: 20}}).
      - A device without the variable has no such limit. If no device has it, there is a warning.
    type: dict
  login_canary:
    description:
      - The number of devices that have one credential and have not answered, before a device has accepted it. Each success then
        allows four more, so that a large fleet is asked at full speed after a few logins. V(0) means no limit.
      - A credential is a user with one password or key, and the variable that has it. The enable password is counted separately.
        The credentials of one user are also counted together.
      - If the first device does not answer within two seconds, another one gets the credential too, at most
        O(login_failure_limit) of them. Devices that cannot be reached do not count.
      - Driver V(python) and drivers of your own have no canary, because it is not known that a device accepted their login before
        the answer is complete.
    type: int
    default: 1
  login_failure_limit:
    description:
      - The number of refused logins in a row after which a credential is no longer used, so that the account is not locked.
        Only refusals without a later login that was accepted count. The remaining devices of this credential are V(skipped) with
        kind C(credential_guard). V(0) means no limit.
      - A login without an answer counts too, as long as no device has accepted the credential.
      - With O(output_dir), the next run remembers it for 30 days. It then asks one device first, and stops after one refusal.
      - A function that gets only a name, not the C(Device), is not counted, because its credential is not known.
    type: int
    default: 3
  max_fail_percentage:
    description:
      - The task fails if more than this percentage of the devices have no full answer. By default it does not fail.
      - With O(group_max_fail_percentage), this applies to devices in none of these groups.
      - A failed result contains all answers, and Ansible prints it completely.
    type: float
  group_max_fail_percentage:
    description:
      - Limits for groups of the inventory, as a dictionary of group and percentage. The task fails if more than this percentage
        of a group's devices have no full answer.
      - A limit applies to the devices of the group and its child groups that are in C(hosts). A device in several of these groups
        is counted in each. A group that is not in the inventory is an error before the first login.
    type: dict
  max_output:
    description:
      - The largest size of the answer to one command, in bytes or as a text such as V(64M). A longer answer is cut, which is
        reported, and its status is not V(ok).
      - By default, C(rollcall_max_output) of the host is used, or 64 MiB.
    type: str
  transcript:
    description:
      - Record what is received from each device and sent to it, with times, in C(transcript.jsonl) beside its answer. Secrets are
        masked, and the file is readable only by its owner. It requires O(output_dir).
      - Use it to report a bug. The page C(docs/transcripts.md) of the collection has the format.
      - By default, C(rollcall_transcript) of the host is used, or V(false).
    type: bool
  known_hosts:
    description:
      - Files with the devices' host keys.
      - By default, the variable C(rollcall_known_hosts) of the host or C(UserKnownHostsFile) in C(ansible_ssh_common_args) is used,
        or C(~/.ssh/known_hosts) and C(/etc/ssh/ssh_known_hosts).
    type: list
    elements: path
  platforms:
    description:
      - YAML files with platforms of your own. Their format, and all known platforms, are in C(docs/platforms.md) of the collection.
      - A relative path is searched in the folder of the host's inventory, then in that of your playbook, and then in the current
        directory.
      - By default, the variable C(rollcall_platforms) of the host is used.
    type: list
    elements: path
  output_dir:
    description:
      - The folder for the answers. Each answer is written as it arrives, atomically and readable only by its owner, to
        C(runs/<UTC time>[-<awx_job_id>]/devices/<name>/), as C(result.json) and a text file for each command. If a run is killed,
        the answers received so far are complete on disk.
      - Beside C(devices/), C(manifest.json) records the names, options and versions at the start, and the outcome at the end.
        C(events.jsonl) has a line for each device that has answered. C(latest) is a link to the last run of the whole fleet.
      - C(state/) holds the last answer of every device, whichever run asked it. A run of a part of the fleet does not move C(latest).
        See C(docs/fleet_state.md).
      - C(last_good/<name>/) holds the last good answer to each command, over all runs. A new answer is compared with it, except
        for values that always change, such as uptimes and counters. Differences are written to C(<command>.diff) beside the
        text. Values of driver V(python) are not compared.
      - The folder must belong to your user or to root, or be writable for one of your groups. The members of that group are trusted.
        A folder that all users can write to, and links and files of other users in the folder, are refused. Links in the path to
        the folder are followed. If the folder is writable for its group and has the setgid bit, the group can read the answers.
      - If the run is interrupted (SIGINT, SIGTERM), one line is printed with the folder of the answers and the commands to report
        and to resume. If the standard error of C(ansible-playbook) is a file, the line is printed before the first login.
      - The folder is on the controller. It is created and tested before the first login. In check mode nothing is written.
      - One run at a time can use the folder. A second run fails at once and reports the process that uses it, and since when.
        Jobs of AWX (C(awx_job_id)) can share it, because slices run in parallel. Parallel tasks of one play, such as those of
        several pollers, need separate folders.
    type: path
  return_output:
    description:
      - V(false) does not return texts, rows and values. They are in O(output_dir), which is then required.
      - Use V(false) for large fleets. An answer that could not be written is returned completely.
    type: bool
    default: true
  resume:
    description:
      - Resume the newest unfinished run in O(output_dir), in its folder. Names with an answer there, good or bad, are not asked
        again. Names that were skipped are asked, and names whose answer is to another question (see O(only)). The result has all
        names, in the order of C(hosts).
      - A run can be resumed if all its names are in C(hosts), if it is not in progress, and if no run of these hosts has finished
        since. Otherwise a new run is started.
      - Ignored in check mode.
    type: bool
    default: false
  only:
    description:
      - V(failed) starts a new run. It reuses the last answer of each device if it is complete, and asks the rest again. The files of
        reused answers are hard links or, if that is not possible, copies.
      - The last answer is that of the fleet state in O(output_dir), whichever run it was of. An answer whose run is gone or is dated
        in the future is not reused.
      - An answer is reused only if it is to the same question, that is, the driver, address, port, platform, commands and parsers
        are the same, or for driver V(python) the function and its arguments.
      - With O(resume), an unfinished run is resumed instead, and no answers are reused.
      - Ignored in check mode.
    type: str
    choices: [failed]
  keep:
    description:
      - The runs to keep in O(output_dir) after this run, by count, by age, or both. The others are removed. By default all runs are
        kept.
      - This run, the run that C(latest) points to, the newest run of the whole fleet with a passed verdict, runs in progress, and
        folders that are not run folders are never removed.
      - If less than 5 % of the disk (and 10 GiB) or of its inodes (and a million) are free, old runs are removed before the
        run too.
      - If a run cannot be removed, there is a warning.
    type: dict
    suboptions:
      runs:
        description:
          - Number of runs to keep of each device, including this one. A run is removed if all of its devices have that many newer
            runs. Runs of a few devices therefore do not remove a run of the whole fleet.
        type: int
      days:
        description: Keep runs that started at most this many days ago.
        type: float
  ignore_changes:
    description:
      - Further values to ignore when answers are compared, by platform as in C(ansible_network_os), or under C(all). Each value is a
        list of regular expressions for part of one line. The text of the groups is ignored, or the whole match if there are no
        groups. A line that is ignored completely is not compared.
      - Built-in rules of each platform ignore uptimes, ages, counters, rates, and the time of the last configuration change. An
        error counter is reported when it leaves 0, but not when it increases further.
    type: dict
  stale_after:
    description:
      - Seconds without a full answer after which a device is listed in RV(rollcall.network.collect#module:stale_hosts). The task
        fails if there is at least one such device.
      - For a device without any full answer, the time since it was first asked is used.
    type: float
  suspicious:
    description:
      - What happens if the answer to a command is only a small part of the last good one, such as a third of a configuration, or half
        of the interfaces. With V(warn) there is a warning, and with V(fail) the task fails.
      - Such an answer does not replace the last good one. It does if the next answer is about as small.
        C(docs/identity.md) has the details.
      - Not used without O(output_dir).
    type: str
    choices: [warn, fail]
    default: warn
  history:
    description:
      - Keep the last good answers in git too, in the bare repository C(history.git) in O(output_dir), as C(<name>/<command>.txt). A
        run with changes makes one commit, with only the files that changed apart from ignored values. The files of a device
        that is no longer asked are kept.
      - Requires C(git) on the controller. The user's git configuration is ignored. If git fails, the task fails with all answers in
        its result, and the next run commits them. A damaged repository is repaired from the last good answers, with a warning.
    type: bool
    default: false
  redact:
    description:
      - Where the secrets that devices show are masked, such as communities, keys and password hashes of a configuration. The same
        secret always has the same mask, and a changed secret has another one.
      - V(reports) masks them in the reports and in O(history). The run folder and the result have what the device sent.
      - V(all) masks them in all files of O(output_dir) and in the result too. Rows are made before that. Answers without masks are
        then not reused with O(resume) and O(only).
      - V(none) masks only the credentials of the run, which are masked always.
      - With O(output_dir), the key of the masks is C(redaction.key) in it, which only its owner can read. See
        C(docs/redaction.md).
    type: str
    choices: [reports, all, none]
    default: reports
  plan:
    description: >-
      Do not connect. Show and return the devices, addresses, users and commands that would be used, and where each credential
      comes from.
    type: bool
    default: false
requirements:
  - Python >= 3.11
  - asyncssh
  - telnetlib3, for Telnet
  - scrapli (only its platform definitions are read)
  - PyYAML
  - ntc-templates (for parser V(textfsm))
"""
