# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: folder_of_runs
short_description: Return the folder of the runs
version_added: 0.1.0
author:
  - The rollcall.network authors (@rollcall-network)
description:
  - Internal to the roles and playbooks of this collection. Returns C(rollcall) in the current working directory of
    C(ansible-playbook) for a value that is empty or null, and every other value unchanged.
options:
  _input:
    description: The value of C(rollcall_output_dir).
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show the default folder
  ansible.builtin.debug:
    msg: "{{ '' | rollcall.network.folder_of_runs }}"
"""

RETURN = r"""
_value:
  description: The folder.
  type: str
"""

import os
from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleError


def folder_of_runs(output_dir: Any) -> Any:
    """The folder of the runs. Ansible does not change the working directory, and ``PWD`` can be that of another process."""
    if output_dir is not None and str(output_dir).strip():
        return output_dir
    try:
        return os.path.join(os.getcwd(), "rollcall")
    except OSError as error:
        msg = f"the current directory cannot be used as the default ({error.strerror}); set rollcall_output_dir"
        raise AnsibleError(msg) from None


class FilterModule:
    """The filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"folder_of_runs": folder_of_runs}
