# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m tests.bench [name ...]`: run the benchmarks, all or some, and print a row for each."""

from __future__ import annotations

import sys

from tests.bench import collecting, reporting

BENCHES = {
    "ten_names": collecting.ten_names,
    "thousand_devices": collecting.thousand_devices,
    "reports": reporting.reports,
}


def main(names: list[str]) -> int:
    unknown = set(names) - set(BENCHES)
    if unknown:
        print(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    print("Wall times are of this machine at this moment; the ratios are what counts.")
    for name in names or BENCHES:
        print(f"{name}: {BENCHES[name]()}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
