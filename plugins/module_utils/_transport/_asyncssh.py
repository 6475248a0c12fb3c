# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Import asyncssh without the warnings of cryptography. Everything else imports asyncssh from here.

``cryptography`` warns at each use of finite-field Diffie-Hellman and of 3DES that it will be removed. Old devices
need them, and users of a playbook cannot change that. tests/unit/test_ssh_options.py fails when an
algorithm is missing in a new version.
"""

from __future__ import annotations

import warnings

try:
    from cryptography.utils import CryptographyDeprecationWarning

    warnings.filterwarnings("ignore", category=CryptographyDeprecationWarning)
except ImportError:  # sanity tests import this file without it
    pass

__all__ = ["asyncssh"]

try:
    import asyncssh
except ImportError:
    asyncssh = None  # type: ignore[assignment]
