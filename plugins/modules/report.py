#!/usr/bin/python
# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: report
short_description: Write a report for every device and for the fleet, in one task
version_added: 0.1.0
author:
  - The rollcall.network authors (@rollcall-network)
description:
  - Writes the answers of M(rollcall.network.collect) as reports, including failed ones. One task replaces a loop of
    M(ansible.builtin.template) and is two hundred times faster.
  - By default, writes a page per device and one for the fleet, as Markdown and as HTML. The HTML page of the fleet is one file
    that needs no network. O(template) writes a file per device from your own template, and O(fleet_template) one for the fleet.
  - Files are written atomically on the controller, and only those whose content changed. Reports of names that are no longer
    asked are kept, unless O(prune) is true.
  - If a report cannot be written, all others are written. The task then fails, and RV(errors) has the report and the reason.
  - New files with text from devices have mode C(0600). C(metrics.prom) has mode C(0644), and C(failed.txt) follows the
    umask. An existing file keeps its mode.
attributes:
  check_mode:
    description: Can run in C(check_mode) and return the changes without writing files.
    support: full
  diff_mode:
    description: Returns the differences of changed files.
    support: full
options:
  devices:
    description:
      - The answers, as in C(devices) of M(rollcall.network.collect). O(devices), O(run_dir) or both are required.
      - With both, O(devices) sets the names and their order, and O(run_dir) has the answers. If a name is not in any folder, such
        as a device of no poller, the answer in O(devices) is used.
    type: dict
  run_dir:
    description:
      - The answers on disk, as in C(run_dir) of M(rollcall.network.collect). They are read one by one.
      - In check mode M(rollcall.network.collect) writes no run folder, and its C(run_dir) is null. The task then uses O(devices).
        Without O(devices) it is skipped with a message.
      - Several run folders, such as those of several pollers, are reported as one fleet, in their order. If a name is in several
        folders, the newest full answer is used, or else the newest answer.
    type: list
    elements: path
  slices:
    description:
      - Add the runs beside O(run_dir) that belong to the same sliced AWX job. The manifest of each run says in
        C(workflow_job) which job that is, from C(rollcall_awx_workflow) or C(awx_workflow_job_id).
      - Set O(run_dir) to one of the slices, or to C(<output_dir>/latest).
    type: bool
    default: false
  hosts:
    description:
      - With O(slices), the names that should have been asked, such as all hosts of the inventory. A name that no run has is added as
        V(skipped), kind C(no_slice), because the job of its slice did not start. O(run_dir) can be empty then.
      - Names are added only if the runs or this task belong to a workflow job of AWX. The pattern of the play and the limit of
        these runs apply to the names. Not used with O(devices).
    type: list
    elements: str
  output_dir:
    description:
      - The folder of the runs, as in M(rollcall.network.collect). The last answer of every device of the fleet, whichever run asked
        it, is then reported in C(reports/) there, beside the report on O(run_dir) or O(devices).
      - If O(run_dir) is not a run of this folder itself, as with pollers, all of O(devices) are recorded there as one run.
      - See C(docs/fleet_state.md).
    type: path
  dest:
    description:
      - The folder to write to. Reports are C(devices/<name>.md) and C(devices/<name>.html). The files for the fleet are C(index.md),
        C(index.html), C(fleet.json), C(fleet.csv), C(junit.xml), C(metrics.prom) and C(failed.txt).
      - In C(<name>), characters that are not allowed in a file name are percent-encoded, and a long name is truncated and gets a
        hash, as in the run folder. If the file system ignores case, a name with upper case gets a hash too.
      - With O(template), the path of a device's file, as a template such as C(reports/{{ site }}/{{ inventory_hostname }}.txt). Its
        text, and variables that are the same for all devices, can contain C(..). If the variables of a device lead out of that
        folder or to the file of another device, its report is not written.
      - With O(fleet_template), the path of the file.
      - A relative path starts in the directory in which C(ansible-playbook) was started. Use C({{ playbook_dir }}) for a path beside
        the playbook.
    type: str
    required: true
  template:
    description:
      - A Jinja2 template for each device, with Ansible's filters and lookups. Its variables are C(device), the answer;
        C(inventory_hostname), the name; and the variables of the host.
      - The file, and files that it includes, extends, imports or looks up, are searched for as in M(ansible.builtin.template). The
        result is identical.
      - O(template), O(fleet_template) and O(formats) are mutually exclusive.
    type: path
  fleet_template:
    description:
      - A Jinja2 template for one file for the whole fleet, written to O(dest). It is searched for as O(template) is.
      - Its variables are those of the task, such as C(groups), and C(devices) (the answers by name), C(rows) (the list of devices
        in C(fleet.json)), C(summary), C(verdict) and C(title).
    type: path
  formats:
    description:
      - The formats to write without a template. V(md) and V(html) are a report per device and one for the fleet. V(json), V(csv),
        V(junit), V(prom) and V(limit) are one file for the fleet.
      - V(prom) writes metrics for the textfile collector of Prometheus' node_exporter, labelled with O(title). It requires the Python
        package prometheus_client.
      - V(limit) lists the devices without a full answer, for C(ansible-playbook --limit @failed.txt). If there are none, the file
        matches no host, because Ansible treats an empty file as no limit. Names that are not in the inventory are omitted.
      - The default is V(md) and V(html).
      - A file C(device.md.j2), C(index.md.j2), C(device.html.j2) or C(index.html.j2) in C(templates/) beside the playbook replaces the
        built-in template. HTML templates are plain Jinja2 with autoescaping. C(docs/templates.md) lists the variables of each.
    type: list
    elements: str
    choices: [md, html, json, csv, junit, prom, limit]
  redact:
    description:
      - Whether the secrets that devices showed are masked, in all formats and for templates. V(reports) and V(all) mask them, and
        V(none) does not. See C(docs/redaction.md).
      - The key of the masks is that of the output folder of O(run_dir), or of O(output_dir). Without an output folder, all masks are
        the same word.
    type: str
    choices: [reports, all, none]
    default: reports
  columns:
    description:
      - Host variables to show for each device, such as V(site). They are columns of the fleet's pages, columns of V(csv) with the
        prefix C(vars.), and C(vars) of each device in V(json), with their types.
      - A variable that a host does not have is empty. A variable that cannot be resolved is empty too, with a warning.
      - Variables for secrets, such as C(ansible_password), are shown as C(********). In other variables, the secrets of the device
        are replaced by it, except for ordinary words (see M(rollcall.network.collect)).
    type: list
    elements: str
    default: []
  title:
    description: The title of the fleet's page, and a label of all metrics.
    type: str
    default: Roll call
  metrics_file:
    description:
      - Where to write V(prom), instead of C(metrics.prom) in O(dest).
      - The metrics describe the fleet state of the output folder, if there is one, and else the answers of this report. A run of a
        part of the fleet therefore changes the metrics of its devices only.
    type: path
  max_fail_percentage:
    description:
      - The percentage of devices that may have no full answer, for the verdict. The task does not fail because of it.
      - With O(group_max_fail_percentage), this applies to devices in none of these groups.
      - A run without devices does not pass.
    type: float
    default: 0
  group_max_fail_percentage:
    description: Limits for groups of the inventory, as for M(rollcall.network.collect).
    type: dict
  reasons:
    description: More reasons why the run does not pass, one sentence each. The fleet's HTML page shows them.
    type: list
    elements: str
    default: []
  notes:
    description: Notes that do not change the verdict, one sentence each. The fleet's HTML page shows them.
    type: list
    elements: str
    default: []
  prune:
    description:
      - Remove the files in C(devices/) of O(dest) that end in C(.md) or C(.html), are not of a device in this report, and are not of a
        host of the inventory. Only for the requested O(formats). Set it only if C(devices/) has no files of your own.
    type: bool
    default: false
seealso:
  - module: rollcall.network.collect
"""

EXAMPLES = r"""
- name: Call the roll
  rollcall.network.collect:
    hosts: "{{ ansible_play_hosts_all }}"
    commands: [show version]
    output_dir: ~/rollcall
    return_output: false
  run_once: true
  delegate_to: localhost
  register: roll

- name: Write HTML pages and a JUnit file
  rollcall.network.report:
    run_dir: "{{ roll.run_dir }}"
    dest: "{{ roll.run_dir }}/reports"
    formats: [html, junit]
    columns: [site, role]
  run_once: true
  delegate_to: localhost

- name: Write one report for all slices of this AWX job
  rollcall.network.report:
    run_dir: /srv/rollcall/latest
    slices: true
    dest: /srv/rollcall/fleet
  run_once: true
  delegate_to: localhost

- name: Write one report for two pollers
  rollcall.network.report:
    run_dir: [/srv/rollcall/fra/latest, /srv/rollcall/ams/latest]
    dest: /srv/rollcall/fleet
    formats: [html, prom, limit]
  run_once: true
  delegate_to: localhost

- name: Write one file for the fleet from your own template
  rollcall.network.report:
    run_dir: "{{ roll.run_dir }}"
    fleet_template: fleet.txt.j2
    dest: "{{ playbook_dir }}/fleet.txt"
  run_once: true
  delegate_to: localhost

- name: Write a file per device from your own template
  rollcall.network.report:
    run_dir: "{{ roll.run_dir }}"
    template: serials.txt.j2
    dest: "~/serials/{{ site }}/{{ inventory_hostname }}.txt"
  run_once: true
  delegate_to: localhost
"""

RETURN = r"""
dest:
  description: The folder, or the file of O(fleet_template), as an absolute path.
  returned: without O(template)
  type: str
index:
  description:
    - The file of the fleet as an absolute path, the HTML page if there is one. Null if there is no such file, such as in check
      mode.
  returned: without O(template)
  type: str
summary:
  description: Number of answers, in total (C(total)) and by status.
  returned: without O(template)
  type: dict
failed_hosts:
  description: The names whose status is not V(ok).
  returned: without O(template)
  type: list
  elements: str
verdict:
  description: C(passed), C(cause), C(sentence), and the C(reasons), as M(rollcall.network.collect) returns them.
  returned: without O(template)
  type: dict
  sample: {passed: true, reasons: []}
written:
  description: Number of files that were written, or would be written in check mode.
  returned: always
  type: int
errors:
  description: The reasons why reports could not be written. Reports with the same reason are counted together.
  returned: always
  type: list
  elements: dict
  sample: [{reason: No space left on device, count: 2, reports: [edge-7, index.html]}]
"""
