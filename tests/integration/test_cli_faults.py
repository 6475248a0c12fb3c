# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cli driver against every fault of the lab on every platform, all in one roll call.

What a faulty device should have answered is known from a healthy lab of the same names.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._chatter import CHATTER
from ansible_collections.rollcall.network.plugins.module_utils._device import Device
from ansible_collections.rollcall.network.plugins.module_utils._result import Output, Result
from ansible_collections.rollcall.network.plugins.module_utils._roll import Limits
from tests.integration.asking import lab_device, results_of
from tests.lab import Lab, LabDevice
from tests.lab.faults import BIG_OUTPUT_BYTES, FAULTS

REGIONS = 7  # times 24 devices: at least as many of each platform as there are faults
COMMAND_TIMEOUT = 15.0
DEVICE_TIMEOUT = 90.0
CLOCK = re.compile(r"^\w{3} \w{3} +\d+ [\d:.]+ UTC$", re.MULTILINE)


@dataclass(frozen=True)
class Story:
    """What became of one device: its fault, the healthy answer, and the answer."""

    device: LabDevice
    fault: str
    good: dict[str, Output]
    result: Result

    @property
    def texts(self) -> dict[str, str]:
        return {command: CLOCK.sub("", output.text) for command, output in (self.result.value or {}).items()}

    @property
    def expected(self) -> dict[str, str]:
        return {command: CLOCK.sub("", output.text) for command, output in self.good.items()}


def device_of(lab: Lab, device: LabDevice) -> Device:
    known_hosts = (str(lab.known_hosts),)
    return lab_device(device, known_hosts=known_hosts, connect_timeout=6.0, command_timeout=COMMAND_TIMEOUT)


def call(lab: Lab, change: Callable[[Device], Device] = lambda device: device) -> dict[str, Result]:
    devices = {name: change(device_of(lab, device)) for name, device in lab.devices.items()}
    limits = Limits(device_timeout=DEVICE_TIMEOUT, login_failure_limit=0)  # all begin at once
    return results_of(devices, limits)


@pytest.fixture(scope="module")
def stories() -> dict[str, list[Story]]:
    """The stories of all faulty devices by fault, and under "" those of the healthy ones beside them."""
    with Lab(devices=24 * REGIONS, healthy=True) as lab:
        good = call(lab)
    by_platform: dict[str, list[str]] = {}
    for name, device in lab.devices.items():
        by_platform.setdefault(device.platform, []).append(name)
    faults = {name: fault for names in by_platform.values() for fault, name in zip(FAULTS, names, strict=False)}
    with Lab(devices=24 * REGIONS, healthy=True, faults=faults) as lab:
        began = time.monotonic()
        results = call(lab)
        took = time.monotonic() - began
    assert list(results) == list(lab.devices), "a name without a result, or out of order"
    assert took < 3 * DEVICE_TIMEOUT  # with time for a busy machine
    told: dict[str, list[Story]] = {fault: [] for fault in ("", *FAULTS)}
    for name, result in results.items():
        assert good[name].status == "ok", (name, good[name].error)
        told[faults.get(name, "")].append(Story(lab.devices[name], faults.get(name, ""), good[name].value, result))
    return told


def test_healthy_devices_are_ok_beside_broken_ones(stories: dict[str, list[Story]]) -> None:
    assert len(stories[""]) > 20
    for story in stories[""]:
        assert story.result.status == "ok", (story.device.name, story.result.error)
        assert story.texts == story.expected


@pytest.mark.parametrize(
    ("fault", "status", "phase", "kind", "advice"),
    [
        ("refuse", "unreachable", "connect", "refused", "check that SSH is enabled"),
        ("hang_banner", "timeout", "connect", "timeout", "connect_timeout"),
        ("hang_kex", "timeout", "connect", "timeout", "connect_timeout"),
        ("flaky", "unreachable", "connect", "reset", "closed the connection before the login"),
        ("wrong_password", "auth_failed", "auth", "refused", "login as lab refused"),
        ("hang_auth", "timeout", "auth", "timeout", "waited for: the login"),
        ("hang_shell", "timeout", "auth", "no_prompt", "Check ansible_network_os"),
        ("no_prompt", "timeout", "auth", "no_prompt", "Check ansible_network_os"),
        ("hang_command", "timeout", "command", "timeout", "command_timeout"),
        ("drop_mid_output", "failed", "command", "session_closed", "during its answer"),
        ("drop_clean", "failed", "command", "session_closed", "during its answer"),
        ("reject", "partial", "command", "rejected", "the device rejected the command: "),
    ],
)
def test_broken_device_says_what_is_wrong(
    stories: dict[str, list[Story]], fault: str, status: str, phase: str, kind: str, advice: str
) -> None:
    assert len(stories[fault]) == 6
    for story in stories[fault]:
        error = story.result.error
        assert error is not None, story.device.name
        assert (story.result.status, error.phase, error.kind) == (status, phase, kind), story.device.name
        assert advice in error.message


@pytest.mark.parametrize(
    "fault", ["old_crypto", "double_prompt", "banner_prompt", "no_echo", "pager", "slow_drip", "syslog"]
)
def test_odd_device_is_answered_in_full(stories: dict[str, list[Story]], fault: str) -> None:
    for story in stories[fault]:
        assert story.result.status == "ok", (story.device.name, story.result.error)
        for command, expected in story.expected.items():
            # A log line printed within the answer cannot be told from it; a page's blanks were overwritten.
            lines = [line.rstrip() for line in story.texts[command].split("\n") if not CHATTER.match(line)]
            kept = [line.rstrip() for line in expected.split("\n") if not CHATTER.match(line)]
            assert lines == kept, (story.device.name, command)


def test_enable_secret_refused(stories: dict[str, list[Story]]) -> None:
    refused = [story for story in stories["bad_enable"] if story.result.status == "auth_failed"]
    assert {story.device.platform for story in refused} == {"cisco.ios.ios", "arista.eos.eos"}
    for story in refused:
        assert story.result.error is not None
        assert story.result.error.kind == "become_refused"
        assert story.device.enable is not None
        assert story.device.enable not in repr(story.result)


def test_rejected_command_costs_only_itself(stories: dict[str, list[Story]]) -> None:
    for story in stories["reject"]:
        rejected, *others = story.result.value.values()
        assert rejected.status == "failed"
        assert rejected.text, "the device's own words are kept"
        assert [output.status for output in others] == ["ok"] * len(others)
        assert list(story.texts.values())[1:] == list(story.expected.values())[1:]


@pytest.mark.parametrize("fault", ["drop_mid_output", "drop_clean"])
def test_dropped_session_keeps_the_text_so_far(stories: dict[str, list[Story]], fault: str) -> None:
    kept = []
    for story in stories[fault]:
        first, *rest = story.result.value.values()
        assert first.status == "failed"
        whole = next(iter(story.expected.values()))
        received = CLOCK.sub("", first.text)
        assert whole.startswith(received.rstrip("\n")), story.device.name
        assert [output.status for output in rest] == ["skipped"] * len(rest)
        kept.append(bool(received))
    # After a reset the kernel throws away what a busy machine had not read yet; after a clean end it never does.
    assert all(kept) if fault == "drop_clean" else any(kept)


def test_invalid_bytes_are_kept(stories: dict[str, list[Story]]) -> None:
    for story in stories["garbage_bytes"]:
        assert story.result.status == "ok"
        for output in story.result.value.values():
            assert b"\xff\xfe\xc3(" in output.text.encode("utf-8", "surrogateescape")


def test_big_output_is_whole(stories: dict[str, list[Story]]) -> None:
    for story in stories["big_output"]:
        assert story.result.status == "ok", (story.device.name, story.result.error)
        for output in story.result.value.values():
            lines = output.text.strip("\n").split("\n")
            body = [line for line in lines if line.startswith("counter")]
            assert sum(len(line) + 1 for line in body) >= BIG_OUTPUT_BYTES * 0.98
            numbers = [int(line.split()[1]) for line in body]
            assert numbers == list(range(len(numbers))), "a line is missing or out of order"


def test_no_secret_in_any_result(stories: dict[str, list[Story]]) -> None:
    for told in stories.values():
        for story in told:
            text = repr(replace(story.result, value=None))
            assert story.device.login[1] not in text
            assert not story.device.enable or story.device.enable not in text


def test_retry_reaches_a_flaky_device() -> None:
    with Lab(devices=24, healthy=True, faults={"fra-wan1": "flaky", "ams-wan1": "wrong_password"}) as lab:
        devices = {name: device_of(lab, lab.devices[name]) for name in ("fra-wan1", "ams-wan1")}
        results = results_of(devices, Limits(device_timeout=30, retries=3))
    assert results["fra-wan1"].status == "ok"
    assert results["fra-wan1"].attempts == 2
    assert results["ams-wan1"].status == "auth_failed"
    assert results["ams-wan1"].attempts == 1, "a refused password is never tried again"
