# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checkout as a collection: importable as it lies there, and packed without what is not the product."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COLLECTOR = "ansible_collections.rollcall.network.plugins.module_utils.collector"
PLAIN = f"import {COLLECTOR} as c; print(c.__file__)"
INSTALL_LOADER = "from ansible.plugins.loader import init_plugin_loader; init_plugin_loader(); "


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(PLAIN, id="without ansible"),
        pytest.param(INSTALL_LOADER + PLAIN, id="ansible's loader installed first"),
        pytest.param(f"import {COLLECTOR}; " + INSTALL_LOADER + PLAIN, id="ansible's loader installed after"),
    ],
)
def test_the_collector_is_imported_from_this_checkout(code: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(ROOT / "collections")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).resolve() == ROOT / "plugins/module_utils/collector.py"


def test_the_package_holds_the_product_alone(tmp_path: Path) -> None:
    subprocess.run(
        [str(Path(sys.executable).with_name("ansible-galaxy")), "collection", "build", "--output-path", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=60,
    )
    [package] = tmp_path.glob("rollcall-network-*.tar.gz")
    with tarfile.open(package) as tar:
        members = tar.getmembers()
    names = {member.name for member in members}

    assert {
        "MANIFEST.json",
        "README.md",
        "LICENSE",
        "meta/runtime.yml",
        "requirements.txt",
        "requirements.lock",
    } <= names
    assert {"meta/execution-environment.yml", "bindep.txt"} <= names, "ansible-builder reads them in the package"
    assert "plugins/module_utils/collector.py" in names
    assert {name.partition("/")[0] for name in names} <= {
        "CHANGELOG.md",
        "FILES.json",
        "LICENSE",
        "MANIFEST.json",
        "README.md",
        "SECURITY.md",
        "bindep.txt",
        "docs",
        "examples",
        "inventory",
        "meta",
        "playbooks",
        "plugins",
        "requirements.lock",
        "requirements.txt",
        "roles",
    }
    assert [member.name for member in members if not (member.isfile() or member.isdir())] == []
    assert [name for name in names if "__pycache__" in name or name.endswith(".pyc")] == []


HEADER = """\
# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""


def test_every_python_file_names_its_licence() -> None:
    files = [path for folder in ("plugins", "tests") for path in (ROOT / folder).rglob("*.py")]

    assert files
    # An empty __init__.py has nothing to license.
    assert [str(path) for path in files if (text := path.read_text()) and HEADER not in text] == []
