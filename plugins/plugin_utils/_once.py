# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One answer for a run_once task that Ansible runs more than once, because of serial or the strategy.

Ansible creates a private directory (mode 0700) for each ansible-playbook and removes it at the end. The answers are
stored there, because the workers that run tasks share only the file system.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.rollcall.network.plugins.plugin_utils._memory import held, read_json, write_json

RUN_ONCE = ("linear", "debug")  # the strategies that run such a task once in a play, or once in a batch


def repeated(task: Any, variables: Mapping[str, Any]) -> str | None:
    """Return why Ansible runs this run_once task more than once, and what to write instead. None if it does not."""
    if not task.run_once:
        return None
    play = task.get_play()
    strategy = str(play.strategy).rpartition(".")[2]
    if not any(strategy.endswith(name) for name in RUN_ONCE):
        return (
            f"strategy {strategy} runs a run_once task for every host: the answer of the first one is used for all; "
            "write strategy: linear in the play"
        )
    if play.serial and len(variables.get("ansible_play_batch", ())) < len(variables.get("ansible_play_hosts_all", ())):
        return (
            "serial runs a run_once task for every batch: the answer of the first batch is used for all; write "
            'hosts: "{{ ansible_play_batch }}" to ask the devices of each batch, or put the task into a play without '
            "serial"
        )
    return None


def question_of(task: Any, host: str, arguments: Mapping[str, Any]) -> list[Any]:
    """Return plain data that is equal for two runs of a task if one answer can be used for both."""
    return [task.get_play()._uuid, task.get_path(), task.delegate_to or host, arguments]


def once(question: Any, host: str, ask: Callable[[], dict[str, Any]]) -> tuple[dict[str, Any], bool]:
    """Return the answer to this question, and whether it was asked for another host before.

    If a host asks several times (a loop, ``until``, the same role twice), it gets a new answer each time. Other hosts
    get the answers of the first host in the same order. A host that asks at the same time waits.

    :param question: plain data. Only its hash is stored.
    """
    with held(["once", question]) as path:
        parent = multiprocessing.parent_process()
        if parent is not None and parent.pid != os.getppid():  # ansible-playbook was killed: do not ask
            os._exit(1)
        counts: dict[str, int] = read_json(path) or {}
        number = counts.get(host, 0)
        numbered = path.with_suffix(f".{number}.json")
        answer = read_json(numbered)
        known = answer is not None
        if answer is None:
            answer = ask()
            write_json(numbered, answer)
        write_json(path, {**counts, host: number + 1})
        return answer, known
