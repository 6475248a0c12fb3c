# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variable ``rollcall_credentials``: what it can have, and messages without its values."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._device import Device
from ansible_collections.rollcall.network.plugins.module_utils._engine.in_turn import with_credential
from ansible_collections.rollcall.network.plugins.module_utils._model.secrets import secrets_of
from ansible_collections.rollcall.network.plugins.plugin_utils._poller import packed
from tests.unit.test_inventory import ansible_plugins, device, error  # noqa: F401  a fixture

SECRET = "s3cret-of-nobody"
TWO = [
    {"name": "tacacs", "user": "ops", "password": SECRET},
    {"user": "local", "private_key_file": "/key", "passphrase": "phrase-of-nobody", "become_password": "enable-2"},
]
OWN = {"ansible_user": "own", "ansible_password": "own-password", "ansible_become_password": "enable-1"}


def test_they_replace_the_user_and_the_password_of_the_device() -> None:
    made = device({**OWN, "rollcall_credentials": TWO})
    assert (made.user, made.password, made.become_password) == ("ops", SECRET, "enable-1")
    assert made.login_source == "variable rollcall_credentials[0]"
    second = with_credential(made, made.credentials[1])
    assert (second.user, second.password, second.private_key_file) == ("local", None, "/key")
    assert (second.passphrase, second.become_password) == ("phrase-of-nobody", "enable-2")
    assert second.login_source == "variable rollcall_credentials[1]"
    first = with_credential(made, made.credentials[0])
    assert (first.user, first.become_password) == ("ops", "enable-1")
    assert first.login_source == "variable rollcall_credentials[0] (tacacs)"


def test_a_credential_without_a_user_has_that_of_the_device() -> None:
    made = device({**OWN, "rollcall_credentials": [{"password": 12345678}]})
    assert (made.user, made.password) == ("own", "12345678")


@pytest.mark.parametrize("variables", [{}, {"rollcall_credentials": []}, {"rollcall_credentials": None}])
def test_without_a_list_the_device_has_one_credential(variables: dict[str, Any]) -> None:
    made = device({**OWN, **variables})
    assert (made.user, made.password, made.credentials) == ("own", "own-password", ())


def test_a_user_comes_before_that_of_a_configuration_file() -> None:
    made = device({**OWN, "rollcall_credentials": TWO, "rollcall_ssh_config": "/file"})
    options = with_credential(made, made.credentials[1]).ssh_options
    assert next(value for name, value in options if name == "user") == "local"


def test_all_are_masked_and_not_shown() -> None:
    made = device({"rollcall_credentials": TWO})
    for credential in made.credentials:
        said = secrets_of(with_credential(made, credential)).output(f"{SECRET} phrase-of-nobody enable-2")
        assert said == "******** ******** ********"
    assert SECRET not in repr(made)
    assert SECRET not in repr(made.credentials)


def test_a_poller_gets_them_with_the_keys_of_the_controller(tmp_path: Any) -> None:
    tmp_path.joinpath("key").write_text("key of the controller")
    given = [{"user": "ops", "password": SECRET}, {"private_key_file": str(tmp_path / "key")}]
    made = device({"rollcall_credentials": given})
    there = Device.from_dict(json.loads(packed({"box": made}))["box"]["device"])
    key = dataclasses.replace(made.credentials[1], private_key="key of the controller")
    assert there.credentials == (made.credentials[0], key)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (SECRET, "must be a list of dictionaries of name, user"),
        ({"user": SECRET}, "must be a list of dictionaries"),
        ([SECRET], "[0] must be a dictionary of"),
        ([{"user": "ops"}, {}], "[1] must be a dictionary of"),
        ([{"username": SECRET}], "'username' is none of them"),
        ([{"password": [SECRET]}], "[0].password must be a string"),
        ([{"password": True}], "[0].password must be a string"),
        ([{"password": f"{SECRET}\n"}], "[0]: password must be one line of text"),
        ([{"user": f"-o{SECRET}", "password": "x"}], "[0]: "),
    ],
)
def test_a_wrong_value_is_named_and_not_shown(given: Any, words: str) -> None:
    wrong = error({"rollcall_credentials": given})
    assert wrong.kind == "variables"
    assert "variable rollcall_credentials of " in wrong.message
    assert words in wrong.message
    assert SECRET not in wrong.message


def test_a_user_is_not_put_into_a_proxy_command() -> None:
    proxy = {"ansible_ssh_common_args": "-o ProxyCommand='relay %r@%h'", "ansible_user": "ops"}
    assert "cannot have users" in error({**proxy, "rollcall_credentials": TWO}).message
    assert len(device({**proxy, "rollcall_credentials": [{"password": SECRET}, {"password": "x"}]}).credentials) == 2
