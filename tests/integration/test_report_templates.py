# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Templates of the user's: side by side with ansible.builtin.template, where they go, and one for the fleet."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import run_playbook
from tests.integration.test_report import Workshop, answer, said

# By name: the template, and the files that it needs, below the folder of the playbook or of the role.
TEMPLATES: dict[str, str] = {
    "plain": "{{ inventory_hostname }} {{ site }}\n",
    "no end of line": "{{ inventory_hostname }} {{ site }}",
    "empty lines at the end": "{{ site }} x\n\n\n",
    "one value": "{{ site }}\n",
    "a number": "{{ number }}\n",
    "a list": "{{ [1, site, none, true] }}\n",
    "nothing": "{% set x = 1 %}\n",
    "empty": "",
    "none": "{{ none }}\n",
    "blocks": "a\n  {% if true %}\n  b\n  {% endif %}\nc\n\n{% for x in [1, 2] %}\n{{ x }}\n{% endfor %}\n",
    "header": "#jinja2: trim_blocks: False, lstrip_blocks: True\na\n  {% if true %}\n  b\n  {% endif %}\nc\n",
    "header for brackets": "#jinja2: variable_start_string: '[%', variable_end_string: '%]'\n[% site %] {{ site }}\n",
    "header and include": "#jinja2: lstrip_blocks: True\n  {% if true %}\n{% include 'part.j2' %}\n  {% endif %}\n",
    "line ends": "a\r\nb {{ site }}\r\n",
    "backslashes": "{{ 'a\\tb' }} {{ 'x1' | regex_replace('x(.)', '\\\\1') }}\n",
    "include": "<{% include 'part.j2' %}>\n",
    "include in a folder": "{% include 'sub/part.j2' %}\n",
    "include beside": "{% include 'beside.j2' %}\n",
    "extends": "{% extends 'base.j2' %}{% block body %}{{ site }} {{ super() }}{% endblock %}\n",
    "import": "{% import 'macros.j2' as m %}{{ m.twice(site) }}\n",
    "import with context": "{% import 'macros.j2' as m with context %}{{ m.where }}\n",
    "import that reads a variable": "{% import 'reads.j2' as m %}{{ m.here }}\n",
    "lookups": "{{ lookup('file', 'note.txt') }} {{ lookup('template', 'part.j2') }} {{ lookup('vars', 'site') }}\n",
    "search path": "{{ ansible_search_path }}\n",
    "template": "{{ template_path }} {{ template_host }} {{ template_uid }} {{ template_fullpath }}\n",
    "template's time": "{{ template_mtime }}\n",
    "managed": "# {{ ansible_managed }}\n",
    "hostvars": "{{ hostvars['r3'].site }} {{ groups.all | join(',') }} {{ hostvars | dict2items | length }}\n",
    "facts": "{{ ansible_facts.fruit }} {{ ansible_facts | length }}\n",
    "magic": "{{ playbook_dir }} {{ group_names }} {{ ansible_play_hosts_all }} {{ inventory_hostname_short }}"
    " {{ ansible_check_mode }} {{ inventory_dir }} {{ role_name | default('none') }}\n",
    "of the play": "{{ of_play }} {{ of_task | default('none') }} {{ nested }}\n",
    "set and registered": "{{ noted }} {{ said.msg }}\n",
    "undefined with default": "{{ nowhere | default('x') }}\n",
    "not ASCII": "Zürich {{ '\u7db2' }}\n",
}
# Where a template is found is all that a role changes.
IN_ROLE = [name for name, text in TEMPLATES.items() if re.search(r"include|extends|import|lookup|path|role_name", text)]
FILES = {
    "templates/part.j2": "part {{ site }}\n",
    "templates/sub/part.j2": "sub {{ site }}{% include 'part.j2' %}\n",
    "templates/base.j2": "base[{% block body %}of base{% endblock %}]\n",
    "templates/macros.j2": "{% macro twice(x) %}{{ x }}{{ x }}{% endmacro %}{% set where = site | default('no') %}\n",
    "templates/reads.j2": "{% set here = lookup('vars', 'site') %}\n",
    "files/note.txt": "a note\n",
    "beside.j2": "beside {{ site }}\n",
}
OWN = "{{ inventory_hostname }}"
NAMES = ["r1", "r2", "r3"]


def put(folder: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode())


def side_by_side(folder: Path, where: str, templates: Iterable[str] = TEMPLATES) -> Path:
    """A play that writes each template with both tasks, in the play itself or in a role: theirs and ours."""
    inventory = folder / "inventory" / "hosts.yml"
    inventory.parent.mkdir()
    hosts = {name: {"site": f"site-{name}", "number": 42, "nested": "{{ site | upper }}"} for name in NAMES}
    inventory.write_text(json.dumps({"all": {"children": {"fra": {"hosts": hosts}}}}))
    home = folder / "roles" / "mine" if where == "role" else folder
    put(home, FILES)
    put(home / "templates", {f"{name}.j2": text for name, text in TEMPLATES.items()})
    devices = {name: answer() for name in NAMES}
    tasks: list[dict[str, Any]] = []
    for name in templates:
        tasks += [
            {
                "ansible.builtin.template": {"src": f"{name}.j2", "dest": f"{folder}/theirs/{name}.{OWN}"},
                "delegate_to": "localhost",
                "vars": {"of_task": "task"},
            },
            {
                "rollcall.network.report": {
                    "devices": devices,
                    "template": f"{name}.j2",
                    "dest": f"{folder}/ours/{name}.{OWN}",
                },
                "run_once": True,
                "delegate_to": "localhost",
                "vars": {"of_task": "task"},
            },
        ]
    play: dict[str, Any] = {
        "hosts": "all",
        "gather_facts": False,
        "connection": "local",
        "vars": {"of_play": "play", "ansible_python_interpreter": "{{ ansible_playbook_python }}"},
        "pre_tasks": [
            {"ansible.builtin.file": {"path": f"{folder}/theirs", "state": "directory"}, "run_once": True},
            {"ansible.builtin.set_fact": {"noted": "noted {{ site }}"}},
            {"ansible.builtin.set_fact": {"fruit": "fig {{ site }}", "cacheable": True}},
            {"ansible.builtin.debug": {"msg": "said {{ site }}"}, "register": "said"},
        ],
    }
    if where == "role":
        put(home, {"tasks/main.yml": json.dumps(tasks)})
        play["roles"] = ["mine"]
    else:
        play["tasks"] = tasks
    (folder / "play.yml").write_text(json.dumps([play]))
    return inventory


@pytest.mark.parametrize("where", ["playbook", "role"])
def test_byte_for_byte_what_ansible_builtin_template_writes(where: str, tmp_path: Path) -> None:
    names = IN_ROLE if where == "role" else list(TEMPLATES)
    inventory = side_by_side(tmp_path, where, names)
    done = run_playbook(tmp_path / "play.yml", inventory, env={"ANSIBLE_PIPELINING": "1"})
    assert done.returncode == 0, said(done)
    theirs, ours = (
        {path.name: path.read_bytes() for path in (tmp_path / each).iterdir()} for each in ("theirs", "ours")
    )
    assert len(theirs) == len(names) * len(NAMES)
    assert ours == theirs


def test_a_template_sees_the_variables_that_ansible_builtin_template_gives(tmp_path: Path) -> None:
    """By name, so that none is forgotten."""
    folder = tmp_path
    inventory = side_by_side(folder, "playbook")
    put(
        folder / "templates",
        {"names.j2": "{{ vars.keys() | sort | join('\\n') }}\n{{ template_destpath | basename }}\n"},
    )
    play = json.loads((folder / "play.yml").read_text())
    for task in play[0]["tasks"][:2]:
        arguments = task.get("ansible.builtin.template") or task["rollcall.network.report"]
        arguments["src" if "src" in arguments else "template"] = "names.j2"
    play[0]["tasks"] = play[0]["tasks"][:2]
    (folder / "play.yml").write_text(json.dumps(play))
    done = run_playbook(folder / "play.yml", inventory)
    assert done.returncode == 0, said(done)
    for name in NAMES:
        theirs, ours = ((folder / each / f"plain.{name}").read_text().split("\n") for each in ("theirs", "ours"))
        assert [each for each in theirs if each not in ours] == []


# -- where they go -----------------------------------------------------------------------------------------------------


def own(workshop: Workshop, text: str = "{{ inventory_hostname }}\n") -> str:
    put(workshop.folder / "templates", {"own.j2": text})
    return "own.j2"


@pytest.mark.parametrize(
    "dest",
    [
        "{{ playbook_dir }}/../x/{{ inventory_hostname }}.txt",
        "{{ inventory_dir }}/../x/{{ inventory_hostname }}.txt",
        "{{ folder_of_play }}/{{ inventory_hostname }}.txt",
        "{{ folder_of_play }}/{{ inventory_hostname | upper | lower }}.txt",
        "{% if true %}{{ playbook_dir }}/../x{% endif %}/{{ inventory_hostname }}.txt",
    ],
)
def test_dest_may_lead_up_where_the_user_says_so(dest: str, tmp_path: Path) -> None:
    (tmp_path / "plays").mkdir()
    workshop = Workshop(tmp_path / "plays", NAMES)
    done = workshop.report("-e", "folder_of_play={{ playbook_dir }}/../x", template=own(workshop), dest=dest)
    assert done.returncode == 0, said(done)
    assert sorted(path.name for path in (tmp_path / "x").iterdir()) == ["r1.txt", "r2.txt", "r3.txt"]


@pytest.mark.parametrize(
    ("names", "dest", "bad"),
    [
        (["r1", "../r2", "r3"], "{dest}/{{{{ inventory_hostname }}}}.txt", ["../r2"]),
        (["r1", "../../r2", "r3"], "{dest}/{{{{ inventory_hostname }}}}.txt", ["../../r2"]),
        (["../r1", "r2", "r3"], "{{{{ playbook_dir }}}}/../out/{{{{ inventory_hostname }}}}.txt", ["../r1"]),
        (["r1", "./../../r2"], "{dest}/.{{{{ inventory_hostname }}}}.txt", ["./../../r2"]),
        (["r1", "x" * 300, "r3"], "{dest}/{{{{ inventory_hostname }}}}.txt", ["x" * 300]),
        (["r1", "", "r3"], "{dest}/{{{{ inventory_hostname }}}}", [""]),
        (["r1", "a\0b", "r3"], "{dest}/{{{{ inventory_hostname }}}}", ["a\0b"]),
        (["r1", "r2", "r3"], "{dest}/same.txt", ["r2", "r3"]),
        (["r1", "r2", "r3"], "{dest}/{{{{ device_of[inventory_hostname].x }}}}", ["r1", "r2", "r3"]),
        (["SW-1", "sw-1", "r3"], "{dest}/{{{{ inventory_hostname }}}}.txt", []),
    ],
)
def test_a_place_that_is_not_to_be_had_costs_its_own_report(
    names: list[str], dest: str, bad: list[str], tmp_path: Path
) -> None:
    (tmp_path / "plays").mkdir()
    workshop = Workshop(tmp_path / "plays", ["localhost"])
    workshop.dest = tmp_path / "out"
    workshop.devices = {name: answer() for name in names}
    result = workshop.result(template=own(workshop, "{{ device.status }}\n"), dest=dest.format(dest=workshop.dest))
    assert [name for each in result["errors"] for name in each["reports"]] == bad
    assert result["failed"] is bool(bad)
    written = [
        path for path in tmp_path.rglob("*") if path.is_file() and path.parent.name not in ("plays", "templates")
    ]
    assert len(written) == len(names) - len(bad)
    assert {path.parent for path in written} <= {workshop.dest}
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} <= {0o600}


@pytest.mark.parametrize("name", ["/tmp/rollcall-evil", "~root/evil"])
def test_a_name_does_not_choose_the_folder(name: str, tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, ["localhost"])
    workshop.devices = {name: answer()}
    result = workshop.result(template=own(workshop), dest="{{ inventory_hostname }}")
    assert [each["reports"] for each in result["errors"]] == [[name]]
    assert "not a file below" in result["msg"]


def test_the_same_error_of_all_devices_is_told_once_with_a_count(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, [f"r{number}" for number in range(300)])
    done = workshop.report(template=own(workshop, "1\n{{ nowhere }}\n"), dest=f"{workshop.dest}/{OWN}")
    assert done.returncode == 2
    assert "300 reports (r0, r1, r2 and 297 more) could not be written" in said(done)
    assert said(done).count("own.j2:2: ") < 4
    assert said(done).count("nowhere") < 8


@pytest.mark.parametrize(
    ("part", "where"),
    [
        ("1\n2\n{{ 1 // 0 }}\n", "part.j2:3:"),
        ("1\n{% if %}\n", "part.j2:2:"),
        ("1\n{{ 'x' | nofilter }}\n", "part.j2:2:"),
    ],
)
def test_an_error_in_an_included_template_names_its_file(part: str, where: str, tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, ["r1"])
    put(tmp_path / "templates", {"part.j2": part})
    done = workshop.report(template=own(workshop, "1\n2\n3\n{% include 'part.j2' %}\n"), dest=f"{workshop.dest}/{OWN}")
    assert done.returncode == 2
    assert f"templates/{where}" in said(done)


# -- one for the fleet -------------------------------------------------------------------------------------------------

FLEET = """{{ title }} {{ of_play }} {{ groups.all | length }} {{ hostvars['r3'].site }} {{ template_path }}
{% include 'part.j2' %}

{{ summary.ok }}/{{ summary.total }} {{ verdict.passed }} {{ verdict.reasons | join(';') }}
{% for row in rows %}
{{ row.name }} {{ row.status }} {{ row.vars.number + 1 }} {{ devices[row.name].output['show version'].text }}
{% endfor %}
{{ devices | length }} {{ devices | list | join(',') }} {{ devices['r1'].output.keys() | first }}
{% for name, device in devices.items() %}{{ name }}={{ device.status }} {% endfor %}

{{ devices | dict2items | selectattr('value.status', 'eq', 'ok') | map(attribute='key') | join(',') }}
"""


@pytest.mark.parametrize("source", ["devices", "run_dir"])
def test_a_template_for_the_fleet(source: str, tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, NAMES)
    workshop.devices["r2"] = answer("unreachable", text="{{ 1 + 1 }}")
    put(tmp_path / "templates", {"fleet.j2": FLEET, "part.j2": "[{{ playbook_dir | basename }}]"})
    arguments: dict[str, Any] = {"run_dir": workshop.run_folder()} if source == "run_dir" else {}
    result = workshop.result(
        "-e",
        "of_play=here",
        fleet_template="fleet.j2",
        dest=f"{tmp_path}/out/fleet.txt",
        columns=["number"],
        **arguments,
    )
    assert not result.get("failed"), result
    reason = "1 of 3 devices failed, more than max_fail_percentage (0) allows: r2"
    assert (tmp_path / "out" / "fleet.txt").read_text() == (
        f"Roll call here 3 site-r3 fleet.j2\n[{tmp_path.name}]\n2/3 False {reason}\n"
        "r1 ok 5 fine\nr2 unreachable 5 {{ 1 + 1 }}\nr3 ok 5 fine\n3 r1,r2,r3 show version\n"
        "r1=ok r2=unreachable r3=ok \nr1,r3\n"
    )
    assert stat.S_IMODE((tmp_path / "out" / "fleet.txt").stat().st_mode) == 0o600
    sentence = "2 of 3 devices answered in full"
    assert result["verdict"] == {"passed": False, "cause": "devices", "sentence": sentence, "reasons": [reason]}
    assert result["dest"] == result["index"] == f"{tmp_path}/out/fleet.txt"
    assert result["failed_hosts"] == ["r2"]
    assert not re.search("WARNING", result["printed"])
    again = workshop.result(
        "-e",
        "of_play=here",
        fleet_template="fleet.j2",
        dest=f"{tmp_path}/out/fleet.txt",
        columns=["number"],
        **arguments,
    )
    assert again["changed"] is False


def test_a_broken_template_for_the_fleet_says_where(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, NAMES)
    put(tmp_path / "templates", {"fleet.j2": "1\n{{ 1 // 0 }}\n"})
    result = workshop.result(fleet_template="fleet.j2", dest=f"{tmp_path}/fleet.txt")
    assert result["failed"]
    assert "the report of fleet.txt could not be written" in result["msg"]
    assert "fleet.j2:2:" in result["msg"]
    assert result["verdict"]["passed"] is True
