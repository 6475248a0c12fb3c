#!/usr/bin/python
# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: collect
short_description: Ask every device of a fleet and return one answer per name
version_added: 0.1.0
author:
  - The rollcall.network authors (@rollcall-network)
description:
  - Connects to all devices concurrently, sends the commands, and returns a dictionary of name and answer, in the order of O(hosts).
    Every name has an entry, even if its device fails.
  - Devices are asked in separate processes. If the text of a device, a template or a function crashes a process, or uses too much time
    or memory, that is a failure of this device only, with kind C(engine).
  - Requires ansible-core 2.19 or later and Python 3.11 or later.
  - With C(delegate_to) V(localhost), the controller connects to the devices and shows progress. Delegated to another machine, a
    poller, that machine connects to them. It needs Python 3.11 or later and the packages that the role C(rollcall.network.poller)
    installs. If the poller fails, each of its devices is V(unreachable), kind C(poller).
  - Address, port, user, password, keys, C(become), platform (C(ansible_network_os)) and timeouts of each device are read from its
    inventory variables, as for C(ansible.netcommon.network_cli), then from the environment (C(ROLLCALL_NET_*) and C(ANSIBLE_NET_*),
    set by AWX's credentials), command line and configuration. Driver V(cli) connects over SSH, also if C(ansible_connection) is
    C(ansible.netcommon.httpapi) or C(ansible.netcommon.netconf), or over Telnet if C(rollcall_transport) is V(telnet).
  - The secrets of the login of each device and of the run (password, enable secret, private key, passphrase, secrets in a
    proxy command) are replaced by C(********) in all texts, rows, values and messages of the answers. A secret that is an
    ordinary word such as V(cisco), the name of the device or the user, a number of at most six digits, or shorter than four
    characters is replaced in outputs only if it is the last word of a line. Other secrets in a configuration (communities,
    hashes, keys) are kept as the device shows them.
  - A device is not asked if its address or user name begins with C(-) or contains blanks or control characters. With
    C(ProxyJump) or C(ProxyCommand), the address can contain only letters, digits and C(.-_:%), and the user name cannot contain
    characters with a meaning in a shell.
  - A failed device does not fail the task. Use O(max_fail_percentage) to fail it.
  - Use C(run_once) and C(delegate_to) V(localhost). A task that would run on a device fails before it connects. With C(serial)
    and strategies other than C(linear), Ansible runs the task more than once. The first answer is then reused, with a warning.
  - Ansible resolves O(commands) once, for the first host. For commands with C({{ inventory_hostname }}), set
    C(rollcall_commands) in the inventory or in the C(vars) of the play.
  - Do not use the task keyword C(timeout), because Ansible then discards the collected answers. Use O(deadline).
attributes:
  check_mode:
    description: Can run in C(check_mode) and return the same answers. Devices are not changed.
    support: full
  diff_mode:
    description: Not applicable. The module changes nothing.
    support: none
options:
  hosts:
    description:
      - Inventory names to ask, for example C(ansible_play_hosts_all), which respects C(--limit). Duplicates are asked once.
      - A name that is not in the inventory has a failed answer. With driver V(python), any name is allowed.
    type: list
    elements: str
    required: true
  devices:
    description: Set by the action plugin for a poller. It cannot be set in a task.
    type: str
  memory:
    description: Set by the action plugin for a poller. It cannot be set in a task.
    type: list
    elements: dict
  silence:
    description: Set by the action plugin for a poller. It cannot be set in a task.
    type: float
extends_documentation_fragment:
  - rollcall.network.collect
seealso:
  - plugin: rollcall.network.collect
    plugin_type: lookup
  - module: rollcall.network.report
"""

EXAMPLES = r"""
- name: Call the roll
  rollcall.network.collect:
    hosts: "{{ ansible_play_hosts_all }}"
    commands:
      - show version
      - command: show interfaces
        parser: textfsm
  run_once: true
  delegate_to: localhost
  register: roll

- name: Show one answer
  ansible.builtin.debug:
    msg: "{{ roll.devices['edge-7'].output['show version'].text }}"
  run_once: true
  delegate_to: localhost

- name: Fail on any failed core device, or on more than 10 % of the edge
  rollcall.network.collect:
    hosts: "{{ ansible_play_hosts_all }}"
    commands: [show version]
    max_fail_percentage: 5
    group_max_fail_percentage: {core: 0, edge: 10}
  run_once: true
  delegate_to: localhost

- name: Show which devices would be asked, without connecting
  rollcall.network.collect:
    hosts: "{{ ansible_play_hosts_all }}"
    commands: [show version]
    plan: true
  run_once: true
  delegate_to: localhost

- name: Call your own function for every name, concurrently
  rollcall.network.collect:
    hosts: "{{ groups['routers'] }}"
    driver: python
    function: my_checks.reachability.probe
    function_args:
      site: "{{ site }}"
      port: 443
    workers: 1000
  run_once: true
  delegate_to: localhost
  register: probes

- name: Ask the devices of a site from a machine there
  rollcall.network.collect:
    hosts: "{{ groups['frankfurt'] }}"
    commands: [show version]
  run_once: true
  delegate_to: poller-fra
  register: roll
"""

RETURN = r"""
devices:
  description: The answer of each name, in the order of O(hosts).
  returned: unless O(plan) is true
  type: dict
  contains:
    status:
      description:
        - V(ok), every command was answered, with the requested rows; V(partial), some commands were answered, or rows are missing
          (see O(rows_required)); V(failed), no command was answered, or the name
          could not be resolved; V(unreachable); V(auth_failed); V(timeout); V(skipped), not asked before the O(deadline).
      type: str
      returned: always
      sample: ok
    error:
      description:
        - Null, or C(phase) (V(resolve), V(connect), V(auth), V(command), V(parse)), C(kind) (one word) and C(message), which
          has the reason and what to do.
      type: dict
      returned: always
    output:
      description:
        - For driver V(cli), every requested command with the same keys, regardless of the status of the device. Empty if the
          commands are not known because the variables of the host cannot be resolved.
        - C(text), C(status) (V(ok), V(failed), V(timeout), or V(skipped) if it was not sent), C(error), C(seconds), C(parser),
          C(rows) (a list of dictionaries, or any JSON with the parser V(json); an empty list if there are no rows),
          C(rows_status) (V(ok), V(empty), V(no_template), V(mismatch), V(error);
          null without a parser or a full answer) and C(rows_message).
        - C(since), the time since when the answer is the same apart from ignored values, and C(diff), a unified diff to the last
          good answer. Without O(output_dir) and in check mode they are null and empty.
        - C(text), C(rows) and C(diff) are omitted if O(return_output) is V(false).
      type: dict
      returned: always
    changed:
      description:
        - The commands whose answer differs from the last good one, apart from ignored values. Null if nothing was compared,
          without O(output_dir), and in check mode.
      type: list
      returned: always
    suspicious:
      description:
        - The commands whose answer is only a small part of the last good one, and how much smaller it is, as a sentence. See
          O(suspicious). Null if nothing was compared, without O(output_dir), and in check mode.
      type: dict
      returned: always
    identity_changes:
      description:
        - What changed of the name in the prompt, the serial number and the host key of the device, as sentences. If another device
          answered, the status is V(failed) with kind C(wrong_device) instead. Null if nothing was compared, without O(output_dir),
          and in check mode.
      type: list
      returned: always
    last_good_at:
      description:
        - Time of the last full answer, UTC, which can be this one. Null for a device without any full answer, without
          O(output_dir), and in check mode.
      type: str
      returned: always
    value:
      description: For driver V(python), what the function returned.
      type: raw
      returned: always
    attempts:
      description: Number of attempts; 0 for a name that was not asked.
      type: int
      returned: always
    seconds:
      description: Seconds by phase, including all attempts.
      type: dict
      returned: always
    started_at:
      description: Time of the first attempt, UTC.
      type: str
      returned: always
    finished_at:
      description: Time when the answer was complete, UTC.
      type: str
      returned: always
    driver:
      description: The driver that was used.
      type: str
      returned: always
    host:
      description: The address that was used.
      type: str
      returned: always
    port:
      description: The port that was used.
      type: int
      returned: always
    platform:
      description: The platform definition that was used. V(learned) if C(ansible_network_os) is missing or not known.
      type: str
      returned: always
    connection:
      description:
        - What is known about the connection, as texts. C(transport) is V(ssh) or V(telnet). For SSH, also C(server_version), C(kex),
          C(cipher), C(mac), C(host_key) (type and fingerprint), C(banner) (the login banner) and C(bastions), if there are any.
        - C(hostname) is the name of the device in its prompt, if there is one.
        - C(credential) is the user of the credential that was accepted, and where it was set, with C(rollcall_credentials).
          C(refused_credentials) and C(untried_credentials) are those that the device refused, and those that were not
          tried because other devices had refused them, one on each line.
        - C(platform_hint) says which platforms fit, if C(ansible_network_os) is missing, is not known, or does not fit the prompt.
        - Empty if there was no connection, and for driver V(python).
      type: dict
      returned: always
      sample: {transport: ssh, kex: curve25519-sha256, cipher: aes256-ctr, mac: hmac-sha2-256}
summary:
  description: Number of answers, in total (C(total)) and by status.
  returned: unless O(plan) is true
  type: dict
  sample: {total: 24, ok: 21, partial: 0, failed: 0, unreachable: 1, auth_failed: 1, timeout: 1, skipped: 0}
failed_hosts:
  description: The names whose status is not V(ok).
  returned: unless O(plan) is true
  type: list
  elements: str
changed_hosts:
  description:
    - The names with an answer that differs from the last good one, apart from ignored values. Empty without O(output_dir) and
      in check mode.
  returned: unless O(plan) is true
  type: list
  elements: str
suspicious_hosts:
  description: The names with an answer that is only a small part of the last good one. Empty without O(output_dir) and in check mode.
  returned: unless O(plan) is true
  type: list
  elements: str
stale_hosts:
  description: The names without a full answer for longer than O(stale_after). Empty without it and in check mode.
  returned: unless O(plan) is true
  type: list
  elements: str
verdict:
  description:
    - C(passed), and the C(reasons) if the verdict is failed, one sentence each. A run passes if at least one device was asked,
      the limits of O(max_fail_percentage) and O(group_max_fail_percentage) were not exceeded, and everything could be written to
      O(output_dir).
    - C(cause) says what more than half of the failures have in common, such as V(credential_guard) or V(bastion); V(devices) if nothing;
      V(run) if no device failed and the run did not pass; V(null) if no device failed. See C(roles/collect/README.md). C(sentence) says the
      same in words, with the numbers and what to do.
    - An internal error after the first login is one of the C(reasons). All answers are returned, and C(-vvv) shows the traceback.
    - The task fails if and only if the run did not pass. To run your own tasks first, prevent the failure with C(failed_when) and
      check RV(verdict) at the end.
  returned: unless O(plan) is true
  type: dict
  sample:
    passed: false
    cause: devices
    sentence: 23 of 24 devices answered in full
    reasons: ["1 of 24 devices failed, more than max_fail_percentage (0) allows: edge-7"]
poller_failed:
  description:
    - Why the machine of the task, a poller, did not return all answers, in one sentence. The task does not fail because of it, so that
      the answers that were returned are kept.
  returned: if a poller failed
  type: str
  sample: "poller poller-fra did not return 2 of 40 answers: Connection closed by remote host"
run_dir:
  description: The folder of the answers of this run. Null without O(output_dir) and in check mode.
  returned: unless O(plan) is true
  type: str
plan:
  description:
    - The devices, addresses and commands that would be used, and the source of each credential. C(credentials_in_order) has the
      credentials of C(rollcall_credentials).
  returned: when O(plan) is true
  type: dict
"""

import json
import sys
from functools import partial
from typing import Any

if sys.version_info < (3, 11):  # noqa: UP036  the Python of a poller can be older; the imports below would fail with an unclear message
    _MSG = f"Python 3.11 or later is required, but {sys.executable} is {sys.version.split()[0]}"
    raise ImportError(_MSG)

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.rollcall.network.plugins.module_utils._device import Device, Unresolved
from ansible_collections.rollcall.network.plugins.module_utils._model.secrets import mask_of
from ansible_collections.rollcall.network.plugins.module_utils._needs import missing, sentence
from ansible_collections.rollcall.network.plugins.module_utils._poller_line import Sender, end_with_controller
from ansible_collections.rollcall.network.plugins.module_utils._problems import Problems
from ansible_collections.rollcall.network.plugins.module_utils._refused_logins import Sent
from ansible_collections.rollcall.network.plugins.module_utils._result import Error
from ansible_collections.rollcall.network.plugins.module_utils._roll import (
    NOT_TOLD,
    Limits,
    answer_of,
    call_roll,
    check_functions,
    sent_of,
    transcript_of,
)
from ansible_collections.rollcall.network.plugins.module_utils._spec import ARGUMENT_SPEC
from ansible_collections.rollcall.network.plugins.module_utils._transport.options import (
    unsupported_options,
    unsupported_sentences,
)
from ansible_collections.rollcall.network.plugins.module_utils.collector import Event, Result


def main() -> None:
    # The devices are one text, because no_log would mask each of their secrets wherever it occurs in an answer.
    internal: dict[str, dict[str, Any]] = {
        "devices": {"type": "str", "no_log": True},
        "memory": {"type": "list", "elements": "dict"},
        "silence": {"type": "float"},
    }
    module = AnsibleModule({**ARGUMENT_SPEC, **internal}, supports_check_mode=True)
    if module.params["devices"] is None:
        module.fail_json(
            msg="rollcall.network.collect must be run as a task, because its action plugin resolves the devices"
        )
    end_with_controller(module.params["silence"])

    devices: dict[str, Device | Error] = {
        name: Device.from_dict(each["device"]) if "device" in each else Unresolved.from_dict(each["error"])
        for name, each in json.loads(module.params["devices"]).items()
    }
    try:
        check_functions(devices)
    except ValueError as error:
        module.fail_json(msg=f"{error}; modules beside the playbook are on the controller only", refused=True)
    packages = missing(devices)
    if packages:
        module.fail_json(msg=sentence(packages, " ".join(each.partition(" ")[0] for each in packages)))
    limits = Limits(**{name: module.params[name] for name in Limits.__slots__})
    read_here = [each for each in devices.values() if isinstance(each, Device) and each.ssh_config]
    for warning in unsupported_sentences(unsupported_options(read_here, given=False)):
        module.warn(warning)
    problems = Problems(mask_of(devices.values()))
    sender = Sender(lambda name: answer_of(devices[name], NOT_TOLD))

    def on_event(event: Event) -> None:
        if event.name is not None and event.result is not None:
            sender.put(event.name, partial(_with_transcript, devices[event.name], event.result))
        if event.message:
            module.warn(event.message)

    memory = Sent(module.params["memory"] or (), sender.note)
    try:
        answers = call_roll(devices, limits, on_event, problems=problems, transcripts=True, memory=memory)
        for name, answer in answers.items():
            sender.put(name, partial(dict, answer))
    finally:
        sender.close()
    for unsent in sender.unsent.values():
        problems.add("sending the answers", unsent)
    module.exit_json(changed=False, problems=problems.messages, tracebacks=problems.tracebacks)


def _with_transcript(device: Device | Error, result: Result) -> dict[str, Any]:
    recorded = transcript_of(result)
    answer = answer_of(device, result) | {"sent": sent_of(result)}
    return answer | ({} if recorded is None else {"transcript": recorded})


if __name__ == "__main__":
    main()
