# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices that a program describes itself: defaults, and what is said of a setting that cannot be used."""

from __future__ import annotations

import dataclasses
import getpass
import inspect
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._device import KNOWN_HOSTS
from ansible_collections.rollcall.network.plugins.plugin_utils.roll import (
    Command,
    Device,
    Hop,
    call_roll,
    iter_roll,
    make_device,
)

RIGHT: dict[str, Any] = {"platform": "cisco.ios.ios", "commands": ["show version"], "user": "ops"}
# Fields of a device that a program does not set: they are derived from others.
DERIVED = {
    "platform_note",
    "login_source",
    "become_source",
    "proxy_login",
    "proxy_command",
    "run_secrets",
    "inventory_sources",
}


def test_every_setting_of_a_device_can_be_given() -> None:
    parameters = inspect.signature(make_device).parameters.keys()
    assert parameters - {"parser"} == {field.name for field in dataclasses.fields(Device)} - DERIVED


def test_defaults_are_those_of_the_task() -> None:
    assert make_device("edge-7", platform="ios", commands="show version\nshow clock") == Device(
        name="edge-7",
        host="edge-7",
        user=getpass.getuser(),
        platform="cisco_iosxe",
        commands=(Command("show version"), Command("show clock")),
        known_hosts=KNOWN_HOSTS,
    )


def test_a_function_needs_no_platform() -> None:
    device = make_device("edge-7", function="my_checks.probe", function_args={"port": 443})
    assert (device.driver, device.function, device.function_args) == ("python", "my_checks.probe", {"port": 443})


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"platform": 5}, ValueError, "platform of 'edge-7' must be a string, not 5"),
        (
            {"platform": "a", "definition": {"likes": "ios"}},
            ValueError,
            "definition of 'edge-7': platform 'a': key 'likes' is not",
        ),
        ({"platform": "cisco.iso"}, ValueError, "platform of 'edge-7': platform 'cisco.iso' is not known"),
        ({"commands": []}, ValueError, "'edge-7' has no commands"),
        ({"commands": ["a\nb"]}, ValueError, "commands of 'edge-7': a command must be one line of text"),
        ({"parser": "rows"}, ValueError, "commands of 'edge-7': the parser of 'show version' must be one of"),
        ({"host": ""}, ValueError, "host of 'edge-7' must not be empty"),
        ({"host": "-oProxyCommand=x"}, ValueError, "host of 'edge-7' is '-oProxyCommand=x': it cannot begin with '-'"),
        ({"user": "o ps"}, ValueError, "user of 'edge-7' is 'o ps': it cannot contain blanks"),
        ({"port": 0}, ValueError, "port of 'edge-7' must be a port number, not 0"),
        ({"port": "22"}, ValueError, "port of 'edge-7' must be a port number, not '22'"),
        ({"port": True}, ValueError, "port of 'edge-7' must be a port number, not True"),
        ({"password": 1234}, TypeError, "password of 'edge-7' must be a string, not a value of type int"),
        ({"password": "s3\ncret"}, ValueError, "password of 'edge-7' must be one line of text"),
        ({"become": "yes"}, TypeError, "become of 'edge-7' must be True or False, not 'yes'"),
        ({"command_timeout": 0}, ValueError, "command_timeout of 'edge-7' must be a number of seconds above 0, not 0"),
        ({"connect_timeout": "5"}, ValueError, "connect_timeout of 'edge-7' must be a number of seconds above 0"),
        ({"connect_timeout": float("nan")}, ValueError, "connect_timeout of 'edge-7' must be a number of seconds"),
        ({"max_output": 0}, ValueError, "max_output of 'edge-7' must be a number of bytes above 0, not 0"),
        ({"known_hosts": ["a\0b"]}, ValueError, "known_hosts of 'edge-7' must be a path without null characters"),
        ({"hops": ["bastion"]}, TypeError, "hops of 'edge-7' must be Hops, not 'bastion'"),
        ({"hops": [Hop("b", "192.0.2.1", port=70000)]}, ValueError, "port of 'edge-7, hop b' must be a port number"),
        ({"driver": "python"}, ValueError, "'edge-7' has driver 'python' and no function"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(settings: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        make_device("edge-7", **{**RIGHT, **settings})
    assert str(caught.value).startswith(message)
    assert "s3" not in str(caught.value)
    assert "1234" not in str(caught.value)


@pytest.mark.parametrize("name", [7, ""])
def test_a_name_is_a_text(name: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="the name of a device must"):
        make_device(name, **RIGHT)


@pytest.mark.parametrize("ask", [call_roll, iter_roll])
@pytest.mark.parametrize(
    ("devices", "message"),
    [
        (["edge-7"], "every device must be a Device"),
        ({"edge-7": "192.0.2.7"}, "every device must be a Device"),
        ([Device("edge-7", platform="ios", commands=("show version",))], "'edge-7' has no commands"),  # type: ignore[arg-type]
        ([make_device("a", **RIGHT)] * 2, "there are two devices with the name 'a'"),
        ([make_device("a", function="no_such_module.probe")], "no_such_module"),
    ],
)
def test_wrong_devices_are_refused_before_the_first_login(ask: Any, devices: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        ask(devices)


@pytest.mark.parametrize("ask", [call_roll, iter_roll])
def test_no_devices(ask: Any) -> None:
    assert dict(ask([])) == {}
