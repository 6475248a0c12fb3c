# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.rollcall.network.plugins.plugin_utils._report import (
    PRIVATE,
    PUBLIC,
    Files,
    ReportError,
    make_folder,
    read,
    write,
)

COLLECTIONS = Path(__file__).resolve().parents[2] / "collections"


# -- folders and reading -----------------------------------------------------------------------------------------------


def test_folders_are_made(tmp_path: Path) -> None:
    for folder in (tmp_path / "a" / "b", tmp_path / "a", tmp_path, tmp_path / "a" / "b"):
        make_folder(folder)
        assert folder.is_dir()


@pytest.mark.parametrize("shared", [True, False])
def test_reports_below_a_folder_that_is_shared_on_purpose_are_for_its_group(shared: bool, tmp_path: Path) -> None:
    """For a web server, and for jobs of other users, which replace the pages of the fleet."""
    top = tmp_path / "out"
    top.mkdir()
    top.chmod(0o2770 if shared else 0o755)
    folder = top / "runs" / "1" / "reports"
    make_folder(folder)
    write(folder / "index.html", b"page", mode=PRIVATE)
    write(folder / "metrics.prom", b"1", mode=PUBLIC)
    assert [stat.S_IMODE((folder / name).stat().st_mode) for name in ("index.html", "metrics.prom")] == [
        0o660 if shared else 0o600,
        0o644,
    ]
    assert bool(folder.stat().st_mode & stat.S_IWGRP) is shared


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ReportError, match="file/reports cannot be created: Not a directory"):
        make_folder(tmp_path / "file" / "reports")


def test_read(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    assert read(path) is None
    path.write_bytes(b"\xff\r\n")
    assert read(path) == b"\xff\r\n"
    with pytest.raises(IsADirectoryError):
        read(tmp_path)


# -- write -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def umask() -> Iterator[None]:
    old = os.umask(0o022)
    yield
    os.umask(old)


@pytest.mark.parametrize("content", [b"", b"new\n", b"\x00\xff\r\n", b"x" * 3_000_000])
def test_write(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.md"
    for old in (None, b"old and longer than the new one"):
        if old is not None:
            path.write_bytes(old)
        write(path, content)
        assert path.read_bytes() == content
        assert [each.name for each in tmp_path.iterdir()] == ["a.md"]


@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize("mask", [0o022, 0o002, 0o077, 0])
def test_the_mode_follows_the_umask(tmp_path: Path, mask: int) -> None:
    os.umask(mask)
    write(tmp_path / "a.md", b"new")
    assert stat.S_IMODE((tmp_path / "a.md").stat().st_mode) == 0o666 & ~mask
    assert os.umask(mask) == mask, "the umask is as it was"


@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize("mode", [PRIVATE, PUBLIC])
@pytest.mark.parametrize("mask", [0o022, 0o077, 0])
def test_the_mode_that_is_asked_for(tmp_path: Path, mask: int, mode: int) -> None:
    os.umask(mask)
    write(tmp_path / "a.md", b"new", mode=mode)
    assert stat.S_IMODE((tmp_path / "a.md").stat().st_mode) == mode


@pytest.mark.parametrize("new", [None, PRIVATE, PUBLIC])
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_a_mode_that_somebody_chose_stays(tmp_path: Path, mode: int, new: int | None) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"old")
    path.chmod(mode)
    write(path, b"new", mode=new)
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_who_reads_sees_the_old_or_the_new_file(tmp_path: Path) -> None:
    """An open file stays the old one: the new one takes its place, it is not written into it."""
    path = tmp_path / "a.md"
    path.write_bytes(b"old")
    with path.open("rb") as reader:
        write(path, b"new")
        assert reader.read() == b"old"
    assert path.read_bytes() == b"new"


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"old")
    for function in ("fsync", "chmod", "replace"):

        def fail(*arguments: object) -> None:
            raise OSError(5, "Input/output error")

        with monkeypatch.context() as broken:
            broken.setattr(os, function, fail)
            with pytest.raises(OSError, match="Input/output"):
                write(path, b"new")
        assert path.read_bytes() == b"old"
        assert [each.name for each in tmp_path.iterdir()] == ["a.md"]


def test_an_interrupted_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(descriptor: int) -> None:
        raise KeyboardInterrupt

    path = tmp_path / "a.md"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write(path, b"new")
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["a.md"]


@pytest.mark.parametrize("name", ["a" * 252, "網" * 84, "😀" * 63], ids=["1 byte", "3 bytes", "4 bytes"])
def test_any_name_that_the_file_system_takes(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"{name}.md"
    assert 250 < len(os.fsencode(path.name)) <= 255
    write(path, b"new")
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("name", ["a" * 256, "a\0b"], ids=["too long", "zero byte"])
def test_a_name_that_the_file_system_does_not_take(tmp_path: Path, name: str) -> None:
    with pytest.raises((OSError, ValueError)):
        write(tmp_path / name, b"new")
    assert list(tmp_path.iterdir()) == []


WRITE = """
import os, pathlib, sys
from ansible_collections.rollcall.network.plugins.plugin_utils._report import write
folder = pathlib.Path(sys.argv[1])
write(folder / "a.md", b"old")
{limit}
try:
    write(folder / "a.md", b"x" * 1_000_000)
except OSError as error:
    print(error.strerror)
print((folder / "a.md").read_bytes(), os.listdir(folder))
"""


def run(program: str, folder: Path, *wrapper: str) -> str:
    done = subprocess.run(
        [*wrapper, sys.executable, "-c", program, str(folder)],
        env={**os.environ, "PYTHONPATH": str(COLLECTIONS)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))"
    assert run(WRITE.format(limit=limit), tmp_path) == "File too large\nb'old' ['a.md']\n"


def test_a_full_disk(tmp_path: Path) -> None:
    """A small disk in a mount namespace of its own, which ends with the program."""
    mount = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs -o size=64k tmpfs "$0" && exec "$@"', str(tmp_path)]
    if not shutil.which("unshare") or subprocess.run([*mount, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no small disk can be mounted here")
    assert run(WRITE.format(limit=""), tmp_path, *mount) == "No space left on device\nb'old' ['a.md']\n"


# -- files of a task ---------------------------------------------------------------------------------------------------


def failing() -> str:
    msg = "'nowhere' is undefined"
    raise KeyError(msg)


def test_files_that_differ_are_written(tmp_path: Path) -> None:
    for changed in (True, False):
        files = Files(check_mode=False, diff=False)
        paths = {"a": tmp_path / "devices" / "a.md", "b": tmp_path / "devices" / "b.md"}
        for name, path in paths.items():
            files.put(name, path, lambda name=name: f"report of {name}: Zürich\n")  # type: ignore[misc]
        assert files.as_result() == {"changed": changed, "written": 2 if changed else 0, "errors": []}
        assert paths["a"].read_text(encoding="utf-8") == "report of a: Zürich\n"


def test_check_mode_writes_nothing_and_shows_the_difference(tmp_path: Path) -> None:
    files = Files(check_mode=True, diff=True)
    path = tmp_path / "devices" / "a.md"
    files.put("a", path, lambda: b"new\n")
    assert list(tmp_path.iterdir()) == []
    result = files.as_result()
    assert (result["changed"], result["written"]) == (True, 1)
    assert result["diff"] == [
        {"before": "", "after": "new\n", "before_header": str(path), "after_header": str(path)},
    ]


def test_one_report_that_fails_costs_itself_only(tmp_path: Path) -> None:
    files = Files(check_mode=False, diff=False)
    (tmp_path / "file").write_text("")
    (tmp_path / "d.md").mkdir()
    for name in ("a", "b"):
        files.put(name, tmp_path / f"{name}.md", failing)
    files.put("c", tmp_path / "c.md", lambda: "c")
    files.put("d", tmp_path / "d.md", lambda: "d")
    files.put("e", tmp_path / "file" / "e.md", lambda: "e")
    files.put("f", tmp_path / "a\0b", lambda: "f")
    files.put("g", tmp_path / "new" / "g.md", lambda: "g")
    result = files.as_result()
    assert (tmp_path / "c.md").read_bytes() == b"c"
    assert (tmp_path / "new" / "g.md").read_bytes() == b"g"
    assert (result["failed"], result["written"]) == (True, 2)
    assert [(each["count"], each["reports"]) for each in result["errors"]] == [
        (2, ["a", "b"]),
        (1, ["d"]),
        (1, ["e"]),
        (1, ["f"]),
    ]
    assert result["errors"][1]["reason"] == "Is a directory"
    assert "2 reports (a, b) could not be written" in result["msg"]
    assert result["msg"].endswith("; 1 more reasons in errors")


def test_an_error_says_control_characters(tmp_path: Path) -> None:
    def broken() -> str:
        raise ValueError("\x1b[31m red \x9b")

    files = Files(check_mode=False, diff=False)
    files.put("r\x1b", tmp_path / "a", broken)
    assert files.as_result()["msg"] == r"the report of r\x1b could not be written: \x1b[31m red \x9b"


@pytest.mark.parametrize("before", [b"", b"old \x1b[31m\n"])
def test_a_difference_has_no_control_characters(tmp_path: Path, before: bytes) -> None:
    files = Files(check_mode=True, diff=True)
    path = tmp_path / "a.md"
    path.write_bytes(before)
    files.put("a", path, lambda: b"\x1b[2J \xc2\x9b \xff\n")
    (difference,) = files.as_result()["diff"]
    assert difference["after"] == "\\x1b[2J \\x9b \\xff\n"
    assert difference["before"].isprintable() or difference["before"] == "old \\x1b[31m\n"


def test_a_difference_has_no_scripts_of_pages(tmp_path: Path) -> None:
    page = (
        "<style>b {{}}</style><p>a &lt;script&gt; {}</p><script type='module'>if (a</b)\n</script><script>\n</script>"
    )
    files = Files(check_mode=True, diff=True)
    files.put("a", tmp_path / "a.html", lambda: page)
    (difference,) = files.as_result()["diff"]
    shown = "<style>…</style><p>a &lt;script&gt; {}</p><script type='module'>…</script><script>…</script>"
    assert difference["after"] == shown


def test_a_difference_that_is_too_large_is_not_shown(tmp_path: Path) -> None:
    files = Files(check_mode=True, diff=True)
    files.put("a", tmp_path / "a.md", lambda: "x" * 200_000)
    (difference,) = files.as_result()["diff"]
    assert "after" not in difference
    assert difference["src_larger"] > 0
