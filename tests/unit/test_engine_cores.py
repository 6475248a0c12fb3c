# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The number of usable cores, with the files of cgroups in fake trees."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._engine import cores

V1 = "4:cpu,cpuacct:{}\n3:memory:/elsewhere\n"


def v1(quota: object, period: object = 100_000) -> dict[str, str]:
    return {"cpu.cfs_quota_us": f"{quota}\n", "cpu.cfs_period_us": f"{period}\n"}


def v2(quota: object, period: object = 100_000) -> dict[str, str]:
    return {"cpu.max": f"{quota} {period}\n"}


@pytest.mark.parametrize(
    ("own", "folders", "expected"),
    [
        pytest.param("0::/\n", {"": v2(250_000)}, 3, id="v2, the container's own group, rounded up"),
        pytest.param("0::/a/b\n", {"a/b": v2("max"), "a": v2(100_000)}, 1, id="v2, a group above has the quota"),
        pytest.param("0::/a/b\n", {"a/b": v2(400_000), "a": v2(700_000)}, 4, id="v2, the smallest quota"),
        pytest.param("0::/a\n", {"a": v2("max")}, 8, id="v2, no quota"),
        pytest.param("0::/../b\n", {"b": v2(200_000)}, 2, id="v2, a path from outside of the namespace"),
        pytest.param("0::/a\n", {"a": v2(1_000)}, 1, id="v2, less than a core"),
        pytest.param("0::/a\n", {"a": {"cpu.max": "nonsense"}, "": v2(200_000)}, 2, id="v2, one file is unreadable"),
        pytest.param("0::/a\n", {"a": v2(1, 0)}, 8, id="v2, no period"),
        pytest.param("0::/a\n", {}, 8, id="v2, nothing mounted"),
        pytest.param(V1.format("/d/x"), {"cpu,cpuacct/d/x": v1(150_000)}, 2, id="v1, both controllers in one folder"),
        pytest.param(V1.format("/d/x"), {"cpu,cpuacct": v1(300_000)}, 3, id="v1, mounted at the container's group"),
        pytest.param(V1.format("/d/x"), {"cpu/d": v1(500_000)}, 5, id="v1, only the controller's own folder"),
        pytest.param(V1.format("/d"), {"cpu/d": v1(-1)}, 8, id="v1, no quota"),
        pytest.param("2:cpuset:/a\n", {"cpuset/a": v1(100_000)}, 8, id="v1, another controller"),
        pytest.param("1:cpu:/a\n0::/a\n", {"cpu/a": v1(200_000), "a": v2("max")}, 2, id="both versions"),
        pytest.param("nonsense\n", {}, 8, id="a file that has another form"),
        pytest.param(None, {}, 8, id="no file"),
    ],
)
def test_quota(
    own: str | None,
    folders: dict[str, dict[str, str]],
    expected: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for folder, files in folders.items():
        (tmp_path / "fs" / folder).mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (tmp_path / "fs" / folder / name).write_text(text)
    if own is not None:
        (tmp_path / "own").write_text(own)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(8)), raising=False)
    monkeypatch.setattr(cores, "_OWN", str(tmp_path / "own"))
    monkeypatch.setattr(cores, "_CGROUPS", str(tmp_path / "fs"))
    assert cores.usable_cores() == expected


def test_affinity(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cores, "_OWN", str(tmp_path / "none"))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {3}, raising=False)
    assert cores.usable_cores() == 1


def test_systems_without_affinity(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cores, "_OWN", str(tmp_path / "none"))
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert cores.usable_cores() == 1
