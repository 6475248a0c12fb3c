# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A job of AWX whose output folder is not mounted: root can write to the disk of the container, which is removed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.container import missing

ROOT = Path(__file__).resolve().parents[2]
# A new root in memory, with /runner, /kept and what the machine has. The rest is the command.
CONTAINER = """\
set -e
kept=$1; new=$2; shift 2
mount -t tmpfs tmpfs "$new"
for each in /*; do
  if [ -L "$each" ]; then cp -P "$each" "$new$each"
  elif [ -d "$each" ]; then mkdir -p "$new$each"; mount --rbind "$each" "$new$each"
  fi
done
mkdir -p "$new/runner" "$new/kept" "$new/data"
mount --bind "$kept" "$new/kept"
exec chroot "$new" sh -c 'cd "$1"; shift; exec "$@"' sh "$@"
"""


@pytest.fixture(scope="module", autouse=True)
def container_here() -> None:
    if os.geteuid() != 0 or Path("/runner").exists():
        pytest.skip("needs root, and no /runner")
    if reason := missing():
        pytest.skip(reason)


def job(folder: Path, playbook: str, output_dir: str, *more: str, **given: object) -> tuple[int, str]:
    """Run a job in the container. Return its status and what it printed."""
    for name in ("kept", "root"):
        (folder / name).mkdir(exist_ok=True)
    inventory = folder / "inventory.json"
    inventory.write_text(json.dumps({"all": {"hosts": {"r1": None, "r2": None}}}))
    extra = {
        "awx_job_id": 7,
        "rollcall_output_dir": output_dir,
        "rollcall_driver": "python",
        "rollcall_function": "os.path.basename",
        **given,
    }
    command = [str(Path(sys.executable).parent / "ansible-playbook"), playbook, "-i", str(inventory)]
    inside = [str(ROOT), *command, "-e", json.dumps({key: value for key, value in extra.items() if value}), *more]
    outside = ["unshare", "--mount", "--propagation", "private", "sh", "-c", CONTAINER, "sh"]
    done = subprocess.run(
        [*outside, str(folder / "kept"), str(folder / "root"), *inside],
        env={**os.environ, "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("output_dir", ["/data/rollcall", "/runner/rollcall", "/data/none/yet"])
def test_a_folder_on_the_disk_of_the_container_is_refused_before_the_first_login(
    output_dir: str, tmp_path: Path
) -> None:
    status, output = job(tmp_path, "collect.yml", output_dir)
    assert status == 2, output
    assert f"output_dir {output_dir} is on the container's own file system" in output
    assert "Paths to expose to isolated jobs" in output
    assert "roll call: 2/2" not in output


def test_a_mounted_folder_is_used(tmp_path: Path) -> None:
    status, output = job(tmp_path, "collect.yml", "/kept/Network/Roll_call")
    assert status == 0, output
    assert len(list((tmp_path / "kept/Network/Roll_call/runs").iterdir())) == 1


@pytest.mark.parametrize("job_id", [7, None])
def test_on_the_command_line_and_in_check_mode_nothing_is_refused(job_id: int | None, tmp_path: Path) -> None:
    more = ["--check"] if job_id else []
    status, output = job(tmp_path, "collect.yml", "/data/rollcall", *more, awx_job_id=job_id)
    assert status == 0, output


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"rollcall_run_dir": "/kept/runs/none"}, "/kept/runs/none is not a run folder"),
        ({}, "There is no run in /data/rollcall/runs"),
        ({"awx_workflow_job_id": 5}, "output_dir /data/rollcall is on the container's own file system"),
    ],
)
def test_a_report_that_finds_no_run_names_the_mount(given: dict[str, object], said: str, tmp_path: Path) -> None:
    status, output = job(tmp_path, "report.yml", "/data/rollcall", **given)
    assert status == 2, output
    output = " ".join(output.split())
    assert said in output
    assert "into the execution environment" in output
