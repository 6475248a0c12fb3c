# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The processes that ask devices and work on their texts.

Nothing that a device sends is examined in the parent process.

The parent starts a launcher, which forks the others: session workers, text processes and function processes.
"""
