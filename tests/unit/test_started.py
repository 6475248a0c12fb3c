# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""However the tests are started, what they start finds the same signals, streams, umask, locale and environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
# What a program sees that is started by the tests.
PROBE = """
import json, locale, os, signal
numbers = (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM)
umask = os.umask(0)
print(json.dumps({
    "ignored": [number.name for number in numbers if signal.getsignal(number) == signal.SIG_IGN],
    "blocked": len(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    "streams": [os.path.exists(f"/proc/self/fd/{number}") for number in range(3)],
    "umask": umask,
    "encoding": locale.getpreferredencoding(False).lower(),
    "foreign": sorted({"GIT_DIR", "ANSIBLE_FORKS", "PYTHONWARNINGS", "LC_ALL"} & set(os.environ)),
}))
"""
TESTS = f"""
import subprocess, sys
import tests.conftest
subprocess.run([sys.executable, "-c", {PROBE!r}], check=True)
"""
START = [sys.executable, "-c", TESTS]


@pytest.mark.parametrize(
    ("command", "environment"),
    [
        pytest.param('exec "$@"', {}, id="plainly"),
        pytest.param('nohup "$@"', {}, id="nohup"),
        pytest.param('"$@" & wait', {}, id="in the background of a script"),
        pytest.param("trap '' INT QUIT HUP TERM; \"$@\"", {}, id="signals ignored"),
        pytest.param('exec "$@" <&-', {}, id="no standard input"),
        pytest.param('exec setsid -w "$@"', {}, id="no terminal"),
        pytest.param('umask 077; "$@"', {}, id="a strict umask"),
        pytest.param('umask 0; "$@"', {}, id="no umask"),
        pytest.param('exec "$@"', {"LC_ALL": "C"}, id="locale C"),
        pytest.param('exec "$@"', {"LC_ALL": "POSIX", "LANG": "de_DE.ISO-8859-1"}, id="locale Latin-1"),
        pytest.param('exec "$@"', {"GIT_DIR": "/nonexistent", "GIT_INDEX_FILE": "x"}, id="a hook of git"),
        pytest.param('exec "$@"', {"ANSIBLE_FORKS": "1", "PYTHONWARNINGS": "error"}, id="settings"),
    ],
)
def test_the_tests_do_not_depend_on_how_they_were_started(command: str, environment: dict[str, str]) -> None:
    done = subprocess.run(
        ["sh", "-c", command, "sh", *START],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    assert found == {
        "ignored": [],
        "blocked": 0,
        "streams": [True] * 3,
        "umask": 0o022,
        "encoding": "utf-8",
        "foreign": [],
    }
