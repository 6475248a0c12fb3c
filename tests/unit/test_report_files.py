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
    Files,
    ReportError,
    check_writable,
    place,
    place_each,
    read,
    write,
)

COLLECTIONS = Path(__file__).resolve().parents[2] / "collections"
DEST = Path("/reports")


# -- place -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("relative", "path"),
    [
        ("devices/a.md", "devices/a.md"),
        ("devices/site/rack/a.md", "devices/site/rack/a.md"),
        ("devices/./a.md", "devices/a.md"),
        ("devices/b/../a.md", "devices/a.md"),
        ("devices/../a.md", "a.md"),
        ("devices/...md", "devices/...md"),
        ("devices/a b:c*.md", "devices/a b:c*.md"),
        ("devices/Zürich.md", "devices/Zürich.md"),
        ("devices/2001:db8::1.md", "devices/2001:db8::1.md"),
    ],
)
@pytest.mark.parametrize("dest", [DEST, Path("/reports/."), Path("/else/../reports")])
def test_place(dest: Path, relative: str, path: str) -> None:
    assert place(dest, {"a": relative}) == {"a": DEST / path}


def test_place_keeps_the_order() -> None:
    names = {"b": "devices/b.md", "a": "devices/a.md", "": "index.md"}
    assert list(place(DEST, names)) == ["b", "a", ""]
    assert place(DEST, {}) == {}


@pytest.mark.parametrize(
    "relative",
    [
        "../a.md",
        "devices/../../a.md",
        "devices/../../reports2/a.md",
        "devices/../../../../etc/passwd",
        "/etc/passwd",
        "//etc/passwd",
        "..",
        ".",
        "",
        "devices/..",
    ],
)
def test_no_report_outside_of_the_folder(relative: str) -> None:
    with pytest.raises(ReportError) as caught:
        place(DEST, {"good": "devices/good.md", "evil": relative})
    assert "'evil'" in str(caught.value)
    assert "outside of /reports" in str(caught.value)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("devices/a.md", "devices/a.md"),
        ("devices/a.md", "devices/A.md"),
        ("devices/Zürich.md", "devices/ZÜRICH.md"),
        ("devices/strasse.md", "devices/straße.md"),
        ("devices/a.md", "devices/b/../a.md"),
        ("devices/a.md", "devices//a.md"),
        ("devices/a.md", "Devices/a.md"),
    ],
)
def test_no_two_reports_in_one_file(first: str, second: str) -> None:
    with pytest.raises(ReportError) as caught:
        place(DEST, {"one": first, "other": "devices/other.md", "two": second})
    assert "'one'" in str(caught.value)
    assert "'two'" in str(caught.value)


def test_several_reports_of_one_name() -> None:
    paths = {("a", "md"): "devices/a.md", ("a", "html"): "devices/a.html", ("", "md"): "index.md"}
    assert place(DEST, paths) == {key: DEST / path for key, path in paths.items()}
    with pytest.raises(ReportError, match=r"'b' would be written to '\.\./b\.md'"):
        place(DEST, {("b", "md"): "../b.md"})


def test_each_name_where_the_template_says() -> None:
    paths = {"a": "/reports/site/a.md", "b": "/reports/b.md"}
    assert place_each("/reports/{{ where }}.md", paths) == {name: Path(path) for name, path in paths.items()}
    assert place_each("../{{ inventory_hostname }}.md", {"a": "../a.md"}) == {"a": Path.cwd().parent / "a.md"}
    assert place_each("~/{{ inventory_hostname }}.md", {"a": "~/a.md"}) == {"a": Path.home() / "a.md"}


@pytest.mark.parametrize("path", ["/reports/../a.md", "/reports/x/../../a.md", "/reports/..", "/reports/", " ", ""])
def test_no_name_leads_out_of_the_folder_of_the_template(path: str) -> None:
    with pytest.raises(ReportError, match="'evil'"):
        place_each("/reports/{{ inventory_hostname }}", {"good": "/reports/good", "evil": path})


@pytest.mark.parametrize("second", ["/reports/a.md", "/reports/A.md", "/reports/./a.md"])
def test_no_two_names_with_one_file(second: str) -> None:
    with pytest.raises(ReportError, match="'one' and 'two'"):
        place_each("/reports/{{ it }}", {"one": "/reports/a.md", "two": second})


def test_nothing_is_written_when_a_name_is_odd(tmp_path: Path) -> None:
    with pytest.raises(ReportError):
        place(tmp_path / "reports", {"a": "a.md", "b": "../b.md"})
    assert list(tmp_path.iterdir()) == []


# -- folders and reading -----------------------------------------------------------------------------------------------


def test_folders_are_made(tmp_path: Path) -> None:
    folders = {tmp_path / "a" / "b", tmp_path / "a", tmp_path}
    check_writable(folders)
    check_writable(folders)
    assert all(folder.is_dir() for folder in folders)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="ascii")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(ReportError, match="cannot be made"):
            check_writable([folder])


def test_a_folder_that_cannot_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o500)
    if os.geteuid() == 0:  # who may write everywhere
        monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)
    with pytest.raises(ReportError, match="cannot be written to"):
        check_writable([tmp_path])


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
def test_what_may_hold_secrets_is_for_the_owner_only(tmp_path: Path) -> None:
    write(tmp_path / "a.md", b"new", private=True)
    assert stat.S_IMODE((tmp_path / "a.md").stat().st_mode) == 0o600


@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_a_mode_that_somebody_chose_stays(tmp_path: Path, mode: int, private: bool) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"old")
    path.chmod(mode)
    write(path, b"new", private=private)
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
        files.make_folders(paths.values())
        for name, path in paths.items():
            files.put(name, path, lambda name=name: f"report of {name}: Zürich\n")  # type: ignore[misc]
        assert files.as_result() == {"changed": changed, "written": 2 if changed else 0, "errors": {}}
        assert paths["a"].read_text(encoding="utf-8") == "report of a: Zürich\n"


def test_check_mode_writes_nothing_and_shows_the_difference(tmp_path: Path) -> None:
    files = Files(check_mode=True, diff=True)
    path = tmp_path / "devices" / "a.md"
    files.make_folders([path])
    files.put("a", path, lambda: b"new\n")
    assert list(tmp_path.iterdir()) == []
    result = files.as_result()
    assert (result["changed"], result["written"]) == (True, 1)
    assert result["diff"] == [
        {"before": "", "after": "new\n", "before_header": str(path), "after_header": str(path)},
    ]


def test_one_report_that_fails_costs_itself_only(tmp_path: Path) -> None:
    files = Files(check_mode=False, diff=False)
    files.put("a", tmp_path / "a.md", failing)
    files.put("b", tmp_path / "b.md", lambda: "b")
    files.put("c", tmp_path / "no such folder" / "c.md", lambda: "c")
    result = files.as_result()
    assert (tmp_path / "b.md").read_bytes() == b"b"
    assert (result["failed"], result["written"], sorted(result["errors"])) == (True, 1, ["a", "c"])
    assert "report of a could not be written" in result["msg"]
    assert "1 more in errors" in result["msg"]
