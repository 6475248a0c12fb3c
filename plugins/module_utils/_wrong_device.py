# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The answer of another device than the one that was asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._result import Error


def other_device(message: str) -> Error:
    """Return the error of an answer that another device gave."""
    return Error("auth", "wrong_device", message)


def is_of_other(answer: Mapping[str, Any]) -> bool:
    """Return whether an answer has failed because another device gave it."""
    return (answer.get("error") or {}).get("kind") == "wrong_device"


def refused(answer: Mapping[str, Any], error: Error) -> dict[str, Any]:
    """Return an answer as failed. The texts of its outputs are kept, but none of them is good."""
    said = {**error.as_dict(), "message": "another device gave this answer; see the error of the device"}
    outputs = {command: _without_good(output, said) for command, output in answer["output"].items()}
    return {**answer, "status": "failed", "error": error.as_dict(), "output": outputs}


def _without_good(output: Mapping[str, Any], error: Mapping[str, str]) -> dict[str, Any]:
    if output["status"] != "ok":
        return dict(output)
    nothing = {"rows_status": None, "rows_message": None, "parser": None}
    return {**output, **nothing, "status": "failed", "error": dict(error), **({"rows": []} if "rows" in output else {})}
