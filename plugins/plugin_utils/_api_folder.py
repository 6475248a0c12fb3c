# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The run folder of a program that calls the roll. It is the same as that of a task."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping

from ansible_collections.rollcall.network.plugins.module_utils._changes import Changes
from ansible_collections.rollcall.network.plugins.module_utils._device import Device
from ansible_collections.rollcall.network.plugins.module_utils._identity import expected_names
from ansible_collections.rollcall.network.plugins.module_utils._last_good import LastGood
from ansible_collections.rollcall.network.plugins.module_utils._lock import locked
from ansible_collections.rollcall.network.plugins.module_utils._question import question_of
from ansible_collections.rollcall.network.plugins.module_utils._redaction_key import folder_key
from ansible_collections.rollcall.network.plugins.module_utils._result import Error
from ansible_collections.rollcall.network.plugins.module_utils._roll import Keep, failed_names, summarize
from ansible_collections.rollcall.network.plugins.module_utils._run import RunError, RunFolder
from ansible_collections.rollcall.network.plugins.plugin_utils._cause import cause_of
from ansible_collections.rollcall.network.plugins.plugin_utils._fleet_of_run import open_fleet
from ansible_collections.rollcall.network.plugins.plugin_utils._manifest import closing, opening
from ansible_collections.rollcall.network.plugins.plugin_utils._verdict import Allowed, verdict_of


class ApiFolder:
    """An open run folder. Until ``finish``, the run counts as unfinished and can be resumed by a task."""

    def __init__(
        self,
        output_dir: str | os.PathLike[str],
        devices: Mapping[str, Device | Error],
        options: Mapping[str, object],
    ) -> None:
        """Open and lock the folder.

        :param options: what is asked and the limits, for the manifest.
        :raises ValueError: if it cannot be written to, or another run uses it.
        """
        self._stack = contextlib.ExitStack()
        try:
            top = self._stack.enter_context(locked(os.fspath(output_dir)))
            fleet = open_fleet(top, devices, {}).fleet
            self._folder = RunFolder(str(top))
            self._stack.callback(self._folder.close)
            self._folder.begin(opening({"output_dir": str(top), **options}, devices, {}, fleet.scope.part))
            self._folder.fleet, self._folder.moves_latest = fleet, not fleet.is_part
        except RunError as error:
            self._stack.close()
            raise ValueError(str(error)) from error
        except BaseException:
            self._stack.close()
            raise
        self._folder.questions = {
            name: question_of(device) for name, device in devices.items() if isinstance(device, Device)
        }
        self._folder.note("began", hosts=len(devices), answered=0)
        last_good = LastGood(self._folder.top, Changes(None))
        last_good.answered_before = fleet.answered_before
        last_good.expected = expected_names(devices)
        # A task may have stored answers with masks.
        with contextlib.suppress(OSError):
            last_good.redaction_key = folder_key(self._folder.top, create=False)
        self.keep = Keep(self._folder, let_go=False, last_good=last_good)

    def finish(self, answers: Mapping[str, Mapping[str, object]]) -> None:
        """Write the end of the manifest, when all answers are there and written.

        :param answers: at least the status, the error and the changes of each.
        :raises OSError: if answers could not be written.
        """
        statuses = {name: str(answer["status"]) for name, answer in answers.items()}
        errors = self.keep.errors
        verdict = verdict_of(statuses, Allowed(fleet=0), cause_of(answers.values(), len(answers)))
        if errors:
            name, reason = next(iter(errors.items()))
            verdict = verdict.troubled(f"{len(errors)} answers could not be written, such as that of {name}: {reason}")
        result = {
            "devices": answers,
            "summary": summarize(answers.values()),
            "failed_hosts": failed_names(answers),
            "changed_hosts": [name for name, answer in answers.items() if answer["changed"]],
        }
        outcome = closing(result, verdict.as_dict(), errors, verdict.troubles)
        self._folder.finish(outcome)
        if self._folder.fleet is not None:
            self._folder.fleet.close(self._folder, outcome, None)
        if errors:
            msg = f"{len(errors)} answers could not be written to {self._folder.path}, such as that of {name}: {reason}"
            raise OSError(msg)

    def close(self) -> None:
        """Release the folder."""
        self._stack.close()
