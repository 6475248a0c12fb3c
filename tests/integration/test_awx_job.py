# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The project as AWX runs it: its checkout and its collection, its command line, its user, its file system."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from tests.integration.openssh import scratch_folder
from tests.lab import Lab

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
# As AWX sets it for a job: none is the project's own `collections`, which the project's ansible.cfg names.
AWX_PATHS = "/runner/requirements_collections:~/.ansible/collections:/usr/share/ansible/collections"
SURVEY = {
    "rollcall_commands_for_all": "",
    "rollcall_deadline": 60,
    "rollcall_max_fail_percentage": 0.0,
    "rollcall_only": "",
    "rollcall_resume": "false",
}
STRANGER = 12345
STRANGELY = ("setpriv", "--reuid", str(STRANGER), "--regid", "0", "--clear-groups", "--no-new-privs")
# Runs what follows as some user of group 0, on a root that is read-only but for the folders that come first, so many.
JAILED = f"""\
{{opened}}
count=$1; shift
while [ $count -gt 0 ]; do mount --bind "$1" "$1"; shift; count=$((count - 1)); done
mount -o remount,bind,ro /
exec {" ".join(STRANGELY)} "$@"
"""


# That user may start this Python, and that starts others.
STARTS_ITSELF = "import subprocess, sys; subprocess.run([sys.executable, '-c', ''], check=True)"


def opened_python(scratch: Path) -> str:
    """Commands that make the interpreter, such as one below the home of root, one for all users, in a jail."""
    base = Path(sys.base_prefix)
    closed = next((each for each in reversed(base.parents) if not each.stat().st_mode & stat.S_IXOTH), None)
    if closed is None:
        return ""
    there = scratch / "python"
    there.mkdir()
    return (
        f"mount --bind {base} {there}; mount -t tmpfs -o mode=755 tmpfs {closed}; mkdir -p {base}; "
        f"mount --bind {there} {base}"
    )


@pytest.fixture(scope="module")
def project() -> Iterator[Path]:
    """The repository as a project update leaves it: what git has, links included, at a path that nobody chose."""
    files = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout.split("\0")
    with scratch_folder() as folder:
        checkout = folder / "_8__roll_call_project"
        for name in filter(None, files):
            target = checkout / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).exists():
                shutil.copy2(ROOT / name, target, follow_symlinks=False)
        yield checkout


@pytest.fixture(scope="module")
def fleet() -> Iterator[Lab]:
    with Lab(devices=24, healthy=True) as lab:
        yield lab


def job(
    project: Path, inventory: Path, number: int, output_dir: Path, playbook: str = "collect.yml", **extra: object
) -> tuple[list[str], dict[str, str]]:
    """The command line and the environment of a job, as AWX makes them."""
    given = {"awx_job_id": number, "rollcall_output_dir": str(output_dir), **extra}
    command = [str(BIN / "ansible-playbook"), "-u", "root", "-i", str(inventory), "-e", json.dumps(given), playbook]
    env = {"PATH": os.environ["PATH"], "ANSIBLE_COLLECTIONS_PATH": AWX_PATHS, "PWD": str(project)}
    return command, env


def run(command: list[str], env: Mapping[str, str], cwd: Path) -> tuple[int, str]:
    done = subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True, timeout=100, check=False)
    return done.returncode, done.stdout + done.stderr


def runs(output_dir: Path) -> list[Path]:
    return sorted((output_dir / "runs").iterdir())


# -- the collection is found -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("playbook", ["collect.yml", "report.yml", "awx_probe.yml"])
def test_a_playbook_at_the_root_finds_the_collection_by_the_link(playbook: str, project: Path, tmp_path: Path) -> None:
    command, env = job(project, tmp_path / "none", 1, tmp_path, playbook)
    status, output = run([*command, "--syntax-check"], {**env, "HOME": str(tmp_path)}, project)
    assert status == 0, output


def test_the_requirements_install_the_project_itself(project: Path, tmp_path: Path) -> None:
    """A project update installs collections/requirements.yml, from the project's root. No server is asked."""
    collections = tmp_path / "collections"
    command, env = job(project, tmp_path / "none", 1, tmp_path, "rollcall.network.collect")
    env |= {"HOME": str(tmp_path), "ANSIBLE_COLLECTIONS_PATH": str(collections)}
    install = ["collection", "install", "-r", "collections/requirements.yml", "-p", str(collections)]
    nowhere = {"ANSIBLE_GALAXY_SERVER": "http://127.0.0.1:9/"}
    status, output = run([str(BIN / "ansible-galaxy"), *install], {**env, **nowhere}, project)
    assert status == 0, output
    assert (collections / "ansible_collections/rollcall/network/plugins/action/collect.py").is_file()
    status, output = run([*command, "--syntax-check"], env, tmp_path)
    assert status == 0, output


@pytest.mark.parametrize("files", [True, False], ids=["three files", "names of the collection"])
def test_a_project_of_your_own(files: bool, project: Path, fleet: Lab, tmp_path: Path) -> None:
    """A repository with an inventory and a requirements file, as docs/awx.md describes it, in both ways."""
    own, collections = tmp_path / "own", tmp_path / "requirements_collections"
    (own / "collections").mkdir(parents=True)
    required = {"collections": [{"name": str(project), "type": "dir"}]}
    (own / "collections" / "requirements.yml").write_text(yaml.safe_dump(required))
    names = {name: f"rollcall.network.{name}" for name in ("awx_probe", "collect", "report")}
    if files:
        for name, playbook in names.items():
            play = {"name": "Of the collection", "ansible.builtin.import_playbook": playbook}
            (own / f"{name}.yml").write_text(yaml.safe_dump([play]))
            names[name] = f"{name}.yml"
    env = {"HOME": str(tmp_path), "ANSIBLE_COLLECTIONS_PATH": str(collections), "PATH": os.environ["PATH"]}
    install = ["collection", "install", "-r", "collections/requirements.yml", "-p", str(collections)]
    status, output = run(
        [str(BIN / "ansible-galaxy"), *install], {**env, "ANSIBLE_GALAXY_SERVER": "http://127.0.0.1:9/"}, own
    )
    assert status == 0, output
    for number, name in enumerate(names, start=1):
        command, _env = job(own, fleet.inventory, number, tmp_path / "out", names[name])
        limit = ["--limit", "fra-wan1"] if name == "collect" else []
        status, output = run([*command, *limit], env, own)
        assert status == 0, output
    assert len(runs(tmp_path / "out")) == 1


def test_the_job_of_the_check_shows_what_a_job_gets(project: Path, fleet: Lab, tmp_path: Path) -> None:
    """Versions, folder, names of variables with a login, and devices; no secret."""
    command, env = job(
        project, fleet.inventory, 1, tmp_path / "out" / "Network", "awx_probe.yml", awx_project_revision="abc"
    )
    login = {
        "ROLLCALL_NET_USERNAME": "robot",
        "ROLLCALL_NET_PASSWORD": "hunter2-do-not-show",
        "ANSIBLE_NET_USERNAME": "",
    }
    status, output = run([*command, "-vvv"], {**env, **login, "HOME": str(tmp_path)}, project)
    assert status == 0, output
    assert "hunter2-do-not-show" not in output
    probe, _end = json.JSONDecoder().raw_decode(output.partition('"rollcall_awx_probe": ')[2])
    assert (probe["hosts"], probe["revision"], probe["env"]) == (
        len(fleet.devices),
        "abc",
        ["ROLLCALL_NET_PASSWORD", "ROLLCALL_NET_USERNAME"],
    )
    assert probe["without_login"] == 0
    assert probe["packages"]["asyncssh"]
    assert probe["folder"]["path"] == str(tmp_path / "out" / "Network")
    assert (probe["folder"]["exists"], probe["folder"]["writable"]) == (False, True)
    assert not (tmp_path / "out").exists()


def test_the_job_of_the_check_counts_the_devices_without_a_login(project: Path, tmp_path: Path) -> None:
    """In the inventory. No value is read: it can be a wrong template, or need the password of Vault."""
    hosts = {"r1": {"ansible_ssh_pass": "{{ undefined }}"}, "r2": {"ansible_user": "robot"}, "r3": None}
    inventory = tmp_path / "inventory.json"
    inventory.write_text(json.dumps({"all": {"hosts": hosts}}))
    command, env = job(project, inventory, 1, tmp_path / "out", "awx_probe.yml")
    status, output = run([*command, "-v"], {**env, "HOME": str(tmp_path)}, project)
    assert status == 0, output
    assert '"without_login": 2' in output


# -- a job -------------------------------------------------------------------------------------------------------------


def test_the_answers_of_a_survey(project: Path, fleet: Lab, tmp_path: Path) -> None:
    """An empty text leaves each host its own commands; a text is a command on each line, and never a template."""
    asked = {}
    odd = "  show version\r\n\r\nshow {{ 7 * 7 }}\r\nshow 'a' \"b\" # c: d\\n $(id) `id`\r\n"
    for number, text in enumerate(["", " \r\n", "show version\n\nshow {{ 7 * 7 }}\n", odd], start=1):
        survey = {**SURVEY, "rollcall_commands_for_all": text, "rollcall_max_fail_percentage": 100.0}
        command, env = job(project, fleet.inventory, number, tmp_path / "out")
        # AWX marks such a text as unsafe.
        given = tmp_path / "survey.yml"
        given.write_text(
            yaml.safe_dump(survey).replace("rollcall_commands_for_all: ", "rollcall_commands_for_all: !unsafe ")
        )
        command += ["--limit", "fra-wan1", "-e", f"@{given}"]
        status, output = run(command, {**env, "HOME": str(tmp_path)}, project)
        assert status == 0, output
        newest = max((tmp_path / "out" / "runs").iterdir())
        answer = json.loads((newest / "devices" / "fra-wan1" / "result.json").read_text())
        asked[text] = list(answer["output"])
    own, blank, told, odd_told = asked.values()
    assert own == blank == list(fleet.devices["fra-wan1"].commands)
    assert told == ["show version", "show {{ 7 * 7 }}"]
    assert odd_told == [*told, "show 'a' \"b\" # c: d\\n $(id) `id`"]


def test_slices_write_side_by_side(project: Path, fleet: Lab, tmp_path: Path) -> None:
    """Three jobs of one workflow, each with a third of the fleet in its inventory, begun in the same moment."""
    names = list(fleet.devices)
    whole = yaml.safe_load(fleet.inventory.read_text())
    jobs = []
    for number in range(3):
        mine = set(names[number::3])
        inventory = tmp_path / f"slice-{number}.json"
        inventory.write_text(json.dumps(cut(whole, mine)))
        command, env = job(project, inventory, 70 + number, tmp_path / "out", awx_workflow_job_id=69)
        jobs.append((command, {**env, "HOME": str(tmp_path)}, project))
    with ThreadPoolExecutor(3) as pool:
        for status, output in pool.map(lambda each: run(*each), jobs):
            assert status == 0, output
    found = [{path.name for path in (run_dir / "devices").iterdir()} for run_dir in runs(tmp_path / "out")]
    assert sorted(map(sorted, found)) == sorted(sorted(names[number::3]) for number in range(3))
    assert sorted(run_dir.name.rpartition("-")[2] for run_dir in runs(tmp_path / "out")) == ["70", "71", "72"]

    # The report node is of the workflow outside, and is told of one slice: that which ended last.
    told = {"rollcall": {"run_dir": str(runs(tmp_path / "out")[1])}, "awx_workflow_job_id": 68}
    dest = tmp_path / "fleet"
    inventory = fleet.inventory
    command, env = job(project, inventory, 75, tmp_path / "out", "report.yml", rollcall_report_dir=str(dest), **told)
    status, output = run(command, {**env, "HOME": str(tmp_path)}, project)
    assert status == 0, output
    assert f"24 of 24 devices answered in full; reports: {dest}/index.html" in output
    assert {path.stem for path in (dest / "devices").iterdir()} == set(names)


def test_the_report_of_a_roll_call_that_told_of_no_run(project: Path, fleet: Lab, tmp_path: Path) -> None:
    output_dir = tmp_path / "out"
    said = {}
    for number in range(3):
        workflow = {"awx_workflow_job_id": 68} if number == 2 else {}
        command, env = job(project, fleet.inventory, 75, output_dir, "report.yml", **workflow)
        said[number] = run(command, {**env, "HOME": str(tmp_path)}, project)
        if number == 0:
            command, env = job(project, fleet.inventory, 74, output_dir)
            status, output = run([*command, "--limit", "lab_fra"], {**env, "HOME": str(tmp_path)}, project)
            assert status == 0, output
    assert said[0][0] == 2
    assert f"There is no run in {output_dir}/runs" in said[0][1]
    [run_dir] = runs(output_dir)
    assert said[1][0] == 0, said[1][1]
    assert f"reports: {run_dir}/reports/index.html" in said[1][1]
    assert said[2][0] == 2, "in a workflow it may be of another night"
    assert "0 of 24 devices answered in full" in said[2][1], "the newest run is not of this workflow"


def cut(tree: dict[str, object], keep: set[str]) -> dict[str, object]:
    """The inventory without the hosts of the other slices."""
    return {
        key: {name: value for name, value in part.items() if name in keep}
        if key == "hosts" and isinstance(part, dict)
        else cut(part, keep)
        if isinstance(part, dict)
        else part
        for key, part in tree.items()
    }


@pytest.mark.skipif(os.geteuid() != 0, reason="a read-only root and another user need root")
@pytest.mark.skipif(not (shutil.which("unshare") and shutil.which("setpriv")), reason="needs util-linux")
def test_any_user_on_a_read_only_root(project: Path, fleet: Lab) -> None:
    """As in an execution environment: a user id that nobody has, group 0, and few folders that can be written to."""
    with scratch_folder() as scratch:
        folders = [scratch / name for name in ("runner", "out", "tmp")]
        for folder in folders:
            folder.mkdir()
            folder.chmod(0o770)
        runner, output_dir, temporary = map(str, folders)
        shutil.copy(fleet.known_hosts, scratch / "known_hosts")  # the lab's own are for its user alone
        inventory = scratch / "inventory.yml"
        inventory.write_text(fleet.inventory.read_text().replace(str(fleet.known_hosts), str(scratch / "known_hosts")))
        script = JAILED.format(opened=opened_python(scratch))
        jail = ["unshare", "--mount", "--propagation", "private", "sh", "-ec", script, "jail", str(len(folders))]
        program = [*jail, *map(str, folders), sys.executable, "-c", STARTS_ITSELF]
        if subprocess.run(program, capture_output=True, timeout=20, check=False).returncode:
            pytest.skip(f"{sys.executable} is for its owner alone")
        command, env = job(project, inventory, 7, Path(output_dir))
        env |= {"HOME": runner, "TMPDIR": temporary}
        status, output = run([*jail, *map(str, folders), *command], env, project)
        assert status == 0, output
        assert "24/24 done, 24 ok, 0 failed" in output
        [run_dir] = runs(Path(output_dir))
        assert (run_dir / "reports" / "index.html").stat().st_uid == STRANGER
        assert (run_dir / "reports" / "index.html").stat().st_gid == 0

        command, env = job(project, inventory, 8, scratch / "elsewhere")
        status, output = run(
            [*jail, *map(str, folders), *command], {**env, "HOME": runner, "TMPDIR": temporary}, project
        )
        assert status == 2, output
        assert f"output_dir {scratch}/elsewhere cannot be written to: Read-only file system" in output
        assert "roll call:" not in output, "somebody was asked"
