# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The run folder: each device's answer on disk the moment it is there, whole or not at all.

``<output_dir>/runs/<UTC time>[-<job>]/devices/<name>/`` holds ``result.json`` and a text file for each command;
``manifest.json`` beside ``devices`` is written last, and ``<output_dir>/latest`` points to the run.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pathlib
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote

RESULT, MANIFEST, DEVICES = "result.json", "manifest.json", "devices"
PRIVATE = 0o600  # device configurations hold secrets
LONGEST_NAME = 200  # bytes; file systems allow 255, and we add endings


class RunError(Exception):
    """The run folder cannot be used; the message says which and why."""


def file_name(text: str) -> str:
    """A file name for any text: itself where it is plain, else percent-encoded; long ones are cut, with a hash."""
    name = quote(text, safe=" ,=+@", errors="surrogateescape")
    if name.startswith("."):
        name = f"%2E{name[1:]}"
    if len(name) > LONGEST_NAME:
        digest = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]
        name = f"{name[:LONGEST_NAME]}-{digest}"
    return name or "%"


def text_name(command: str) -> str:
    """The file of what was said to a command."""
    return f"{file_name(command)}.txt"


class RunFolder:
    """The folder of one run, open for writing."""

    def __init__(self, output_dir: str, job: str | None = None) -> None:
        """Make the folder.

        :param job: what tells runs apart that begin in the same second, such as AWX's job number.
        :raises RunError: when it cannot be made or written to.
        """
        top = pathlib.Path(output_dir).expanduser().absolute()
        began = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ")
        try:
            (top / "runs").mkdir(parents=True, exist_ok=True)
            self.path = _new_folder(top / "runs" / (f"{began}-{file_name(job)}" if job else began))
            (self.path / DEVICES).mkdir()
            write_file(self.path / ".probe", b"")
            (self.path / ".probe").unlink()
        except OSError as error:
            msg = f"output_dir {top} cannot be written to: {error.strerror}"
            raise RunError(msg) from error
        self._latest = top / "latest"

    def write(self, name: str, answer: Mapping[str, Any]) -> None:
        """Put one device's answer on disk: in a hidden folder first, which then takes its name.

        :raises OSError: nothing of this device is left behind then.
        """
        folder = self.path / DEVICES / file_name(name)
        partial = folder.with_name(f".{folder.name}.part")
        partial.mkdir()
        try:
            slim = {}
            for command, output in answer["output"].items():
                files = {"file": text_name(command)}
                write_file(partial / files["file"], output["text"].encode("utf-8", "surrogateescape"))
                if "diff" in output:
                    files["diff"] = file_name(command) + ".diff"
                    write_file(partial / files["diff"], output["diff"].encode("utf-8", "surrogateescape"))
                slim[command] = {**without(output, "text"), **files}
            write_json(partial / RESULT, {"name": name, **answer, "output": slim})
            partial.rename(folder)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise

    def finish(self, manifest: Mapping[str, Any]) -> None:
        """Write the manifest and let ``latest`` point here.

        :raises OSError: the devices' answers are all there, all the same.
        """
        write_json(self.path / f"{MANIFEST}.part", manifest)
        (self.path / f"{MANIFEST}.part").rename(self.path / MANIFEST)
        link = self._latest.with_name(f".latest-{os.getpid()}")
        with contextlib.suppress(FileNotFoundError):
            link.unlink()
        link.symlink_to(pathlib.Path("runs") / self.path.name)
        link.rename(self._latest)


def run_names(run_dir: str) -> list[str]:
    """The names of a run on disk, in the order asked; those that had answered, where it was killed before its end.

    :raises RunError: when the folder is none of a run, or its manifest cannot be read.
    """
    folder = pathlib.Path(run_dir).expanduser()
    if not (folder / DEVICES).is_dir():
        msg = f"{folder} is no run folder: it has no {DEVICES}/"
        raise RunError(msg)
    try:
        return list(json.loads((folder / MANIFEST).read_text(encoding="ascii"))["devices"])
    except FileNotFoundError:  # killed before its end
        pass
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{folder / MANIFEST} cannot be read: {error}"
        raise RunError(msg) from error
    found = sorted(path.name for path in (folder / DEVICES).iterdir() if not path.name.startswith("."))
    return [_name_of(folder / DEVICES / each) for each in found]


def read_answer(run_dir: str, name: str) -> dict[str, Any]:
    """One answer of a run on disk, with its texts.

    :raises RunError: when a file of it is missing or damaged.
    """
    folder = pathlib.Path(run_dir).expanduser() / DEVICES / file_name(name)
    try:
        answer: dict[str, Any] = json.loads((folder / RESULT).read_text(encoding="ascii"))
        for output in answer["output"].values():
            output["text"] = (folder / output.pop("file")).read_bytes().decode("utf-8", "surrogateescape")
            if "diff" in output:
                output["diff"] = (folder / output["diff"]).read_bytes().decode("utf-8", "surrogateescape")
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        msg = f"the answer in {folder} cannot be read: {error}"
        raise RunError(msg) from error
    return without(answer, "name")


def _name_of(folder: pathlib.Path) -> str:
    try:
        return str(json.loads((folder / RESULT).read_text(encoding="ascii"))["name"])
    except (OSError, ValueError, KeyError, TypeError):
        return unquote(folder.name)  # its answer cannot be read either, and that will be said of this name


def without(data: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    """A copy without these keys."""
    return {key: value for key, value in data.items() if key not in keys}


def _new_folder(path: pathlib.Path) -> pathlib.Path:
    for number in range(1000):
        candidate = path.with_name(f"{path.name}.{number}") if number else path
        with contextlib.suppress(FileExistsError):
            candidate.mkdir()
            return candidate
    raise FileExistsError(f"a thousand runs named {path}")


def write_json(path: pathlib.Path, data: Mapping[str, Any]) -> None:
    write_file(path, json.dumps(data, indent=1).encode("ascii") + b"\n")


def write_file(path: pathlib.Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
    with open(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
