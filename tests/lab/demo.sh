#!/usr/bin/env bash
# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Starts the lab, calls the roll of its 24 devices, stops the lab. The last line printed is the path of the reports' index.
# The lab takes a free port, or the one in LAB_PORT, as in `LAB_PORT=2100 make collect`.
# Needs python and ansible-playbook of the environment on the PATH.
set -euo pipefail
cd "$(dirname "$0")/../.."

port=${LAB_PORT:-0}
state=.cache/lab
output=rollcall
log=$state/serve.log

mkdir -p "$state"
python -m tests.lab serve --port "$port" --devices 24 --state "$state" --with-parent >"$log" 2>&1 &
lab=$!
# Stop the lab in any case.
trap 'kill "$lab" 2>/dev/null || true; wait "$lab" 2>/dev/null || true' EXIT

for _ in {1..150}; do
  grep -q '^lab ready' "$log" && break
  kill -0 "$lab" 2>/dev/null || break
  sleep 0.2
done
if ! grep '^lab ready' "$log"; then
  echo "The lab did not start within 30 seconds. It said, in $log:" >&2
  cat "$log" >&2
  echo 'LAB_PORT=2100 make collect uses port 2100; without LAB_PORT, the lab takes a free one.' >&2
  exit 1
fi

port=$(sed -n 's/^lab ready: .* on port //p' "$log")

# Three of the 24 devices are broken on purpose, and one run in which they fail is a good run: 3 of 24 is 12.5 %.
# Unbuffered, so that the progress is seen as it is made, through a pipe too.
PYTHONUNBUFFERED=1 ansible-playbook -i inventory/lab.yml -i tests/lab/demo.yml collect.yml \
  -e "lab_port=$port" -e "rollcall_output_dir=$PWD/$output" \
  -e rollcall_max_fail_percentage=20 -e rollcall_device_timeout=6 -e "{rollcall_columns: [site, role]}"

index=$output/latest/reports/index.html
if [[ ! -e $index ]]; then
  echo "The play succeeded, but did not write $index." >&2
  exit 1
fi
echo "$index"
