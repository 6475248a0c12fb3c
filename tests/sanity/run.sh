#!/usr/bin/env bash
# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# ansible-test sanity on the collection as users install it. ansible-test rejects paths through links, so the link in
# `collections` cannot be used. Needs ansible-core's commands on the PATH (`make sanity` puts them there).
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD

# Plays do not search the folder of the copy. This is intended and needs no warning.
ANSIBLE_COLLECTIONS_PATH=.cache/at ansible-galaxy collection install . -p .cache/at --force --no-deps >/dev/null

# ansible-test creates an environment for each test and downloads pip for it from its own host. Use Python's bundled pip
# instead, so that only the package index is needed. A separate home leaves the user's ansible-test cache unchanged.
home=$root/.cache/at/home
mkdir -p "$home/.ansible/test/cache" "$home/.config" "$home/.pip"
printf '[install]\nquiet = 2\n' >"$home/.pip/pip.conf"
[[ ! -d $HOME/.config/pip ]] || ln -sfn "$HOME/.config/pip" "$home/.config/pip"
pip_version=$(sed -n "s/^ *pip='\(.*\)',$/\1/p" "$(python -c 'import ansible_test; print(*ansible_test.__path__)')"/_internal/python_requirements.py)
cat >"$home/.ansible/test/cache/get_pip_${pip_version//./_}.py" <<'PYTHON'
import subprocess, sys
subprocess.run([sys.executable, "-m", "ensurepip", "--upgrade"], check=True, stdout=subprocess.DEVNULL)
PYTHON

cd .cache/at/ansible_collections/rollcall/network
# ansible-test asks git for the list of files, and the surrounding repository ignores this folder.
git init --quiet
HOME=$home ansible-test sanity --local --color no "$@" \
  --python "$(python -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
