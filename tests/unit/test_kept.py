# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which folders outlive a job of AWX, by the mounts of its container."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ansible_collections.rollcall.network.plugins.plugin_utils import _kept
from ansible_collections.rollcall.network.plugins.plugin_utils._kept import check_kept, hint, is_kept

# Of podman on an execution node, shortened.
MOUNTS = """\
1041 913 0:91 / / rw,relatime - overlay overlay rw,lowerdir=/l,upperdir=/u,workdir=/w
1042 1041 0:95 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
1044 1041 0:96 / /dev rw,nosuid - tmpfs tmpfs rw,size=65536k,mode=755
1045 1044 0:94 / /dev/shm rw,nosuid,nodev,noexec,relatime - tmpfs shm rw,size=64000k
1050 1041 252:2 /var/lib/awx/job_7 /runner rw,relatime - xfs /dev/mapper/root rw
1051 1041 252:2 /srv/rollcall /var/lib/rollcall rw,relatime shared:1 - xfs /dev/mapper/root rw
1052 1041 0:60 / /nfs/my\\040share rw,relatime - nfs4 nas:/rollcall rw
1053 1041 0:24 /rollcall /ram/shared rw,relatime - tmpfs tmpfs rw
1054 1041 0:99 / /scratch rw,relatime - tmpfs tmpfs rw
1055 1041 259:1 /kubelet/pods/1f/volumes/kubernetes.io~empty-dir/answers /pod rw,relatime - ext4 /dev/nvme0n1p1 rw
1056 1041 259:1 /kubelet/pods/1f/volumes/kubernetes.io~csi/pvc-1f/mount /claim rw,relatime - ext4 /dev/nvme1n1 rw
1057 1041 0:97 / /overlaid rw,relatime - overlay overlay rw,lowerdir=/srv/rollcall,upperdir=/u,workdir=/w
1058 1041 0:91 /var/lib/rollcall /node rw,relatime - overlay overlay rw,lowerdir=/l,upperdir=/u,workdir=/w
1059 1041 252:2 /storage/volumes/HASH/_data /nameless rw,relatime - xfs /dev/mapper/root rw
1061 1041 252:2 /storage/volumes/rollcall/_data /named rw,relatime - xfs /dev/mapper/root rw
""".replace("HASH", "0123456789abcdef" * 4)


FOLDERS = [
    ("/var/lib/rollcall", True),
    ("/var/lib/rollcall/Network/Roll_call", True),
    ("/nfs/my share/rollcall", True),
    ("/ram/shared/runs", True),
    ("/var/lib", False),
    ("/var/lib/rollcall2", False),
    ("/", False),
    ("/home/runner/rollcall", False),
    ("/runner", False),
    ("/runner/project/rollcall", False),
    ("/dev/shm/rollcall", False),
    ("/scratch/rollcall", False),
    ("/nfs/my", False),
    ("/pod/rollcall", False),
    ("/claim/rollcall", True),
    ("/overlaid/rollcall", False),
    ("/node/rollcall", True),
    ("/nameless/rollcall", False),
    ("/named/rollcall", True),
]


@pytest.mark.parametrize(("folder", "kept"), FOLDERS)
def test_a_folder_is_kept_if_it_was_mounted_from_outside(folder: str, kept: bool) -> None:
    assert is_kept(Path(folder), MOUNTS) is kept


def test_the_check_before_the_first_night_judges_a_folder_as_a_job_does(tmp_path: Path) -> None:
    """Its job uses no plugin of the collection, so it has a copy of the rule."""
    [play] = yaml.safe_load((Path(__file__).resolve().parents[2] / "playbooks" / "awx_probe.yml").read_text())
    script = play["tasks"][0]["ansible.builtin.command"]["argv"][2]
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS)
    for folder, kept in FOLDERS:
        argv = [sys.executable, "-c", script.replace("/proc/self/mountinfo", str(mounts)), folder]
        found = json.loads(subprocess.run(argv, capture_output=True, text=True, timeout=60, check=True).stdout)
        assert found["folder"]["mounted"] is kept, folder


def test_a_later_mount_covers_an_earlier_one() -> None:
    covered = MOUNTS + "1060 1041 0:99 / /var/lib/rollcall rw,relatime - tmpfs tmpfs rw\n"
    assert not is_kept(Path("/var/lib/rollcall"), covered)


def test_mounts_that_cannot_be_read_refuse_nothing() -> None:
    assert is_kept(Path("/var/lib/rollcall"), "")


@pytest.mark.parametrize(("runner", "job"), [(True, None), (False, 7), (False, None)])
def test_outside_of_awx_every_folder_can_be_used(
    runner: bool, job: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_kept, "RUNNER", tmp_path if runner else tmp_path / "none")
    monkeypatch.setattr(_kept, "_mounts", lambda: MOUNTS)
    variables = {} if job is None else {"awx_job_id": job}
    check_kept("/var/lib", variables)
    assert hint(variables) == ""


def test_a_refused_folder_is_named_with_the_setting_to_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_kept, "RUNNER", tmp_path)
    monkeypatch.setattr(_kept, "_mounts", lambda: MOUNTS)
    with pytest.raises(
        ValueError, match=r"output_dir /home/rollcall is on the container's own file system.*Paths to expose"
    ):
        check_kept("/home/rollcall", {"awx_job_id": 7})
    assert "Paths to expose" in hint({"awx_job_id": 7})
