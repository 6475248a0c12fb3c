# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Full disks, by space and by inodes: lowering keep frees something before the run, and messages say what helps."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import try_roll
from tests.lab import Lab

# A disk of this size has room for four to ten runs of three devices.
DISKS = {"space": "size=600k", "inodes": "size=20m,nr_inodes=110"}


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(devices=3, healthy=True) as lab:
        yield lab


@contextmanager
def small_disk(folder: Path, kind: str) -> Iterator[Path]:
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"mode=755,{DISKS[kind]}", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def call(lab: Lab, folder: Path, **arguments: Any) -> tuple[str, dict[str, Any]]:
    given = {"hosts": list(lab.devices), "output_dir": str(folder), "commands": ["show version"], **arguments}
    done, result = try_roll(lab.inventory, given)
    return " ".join((done.stdout + done.stderr).split()), result


def fill(folder: Path, kind: str) -> None:
    """Use up what is left."""
    if kind == "inodes":
        for number in range(10_000):
            try:
                (folder / f"filler-{number}").touch()
            except OSError:
                return
    else:
        try:
            (folder / "filler").write_bytes(bytes(10**6))
        except OSError:
            return
    raise AssertionError("the disk is not small")


def runs(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "runs").iterdir() if (path / "devices").is_dir())


@pytest.mark.parametrize("kind", DISKS)
def test_lowering_keep_frees_something_on_a_full_disk(kind: str, lab: Lab, tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", kind) as folder:
        for _night in range(4):
            _output, result = call(lab, folder)
            assert result["verdict"]["passed"], result
        before = runs(folder)
        assert len(before) == 4
        fill(folder, kind)
        output, result = call(lab, folder)
        said = output + str(result)
        assert "No space left on device" in said
        assert ("inodes are free" if kind == "inodes" else "bytes are free") in said
        assert "set keep, such as {runs: 30}, to remove old runs" in said
        assert "4 runs are there" in said
        assert set(before) <= set(runs(folder))
        output, result = call(lab, folder, keep={"runs": 2})
        assert "old runs were removed (keep: runs: 2)" in output
        assert result["verdict"]["passed"], result
        assert (folder / "latest").resolve().name not in before
        assert len(set(runs(folder)) & set(before)) <= 2


@pytest.mark.parametrize("kind", DISKS)
def test_a_full_disk_that_keep_does_not_help_says_what_would(kind: str, lab: Lab, tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", kind) as folder:
        _output, result = call(lab, folder)
        assert result["verdict"]["passed"]
        fill(folder, kind)
        output, result = call(lab, folder, keep={"runs": 30})
        said = output + str(result)
        assert "No space left on device" in said
        assert "remove other files; there is no old run to remove" in said


def test_a_disk_with_room_keeps_its_runs_until_the_end(lab: Lab, tmp_path: Path) -> None:
    for _night in range(2):
        output, _result = call(lab, tmp_path, keep={"runs": 2})
        assert "removed" not in output
    assert len(runs(tmp_path)) == 2
