# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets in notations that are rare or of other systems, and lines that only look so. See ``more_shown_secrets``."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.rollcall.network.plugins.module_utils._model.redaction import Redaction
from ansible_collections.rollcall.network.plugins.module_utils._model.redaction_names import kind
from tests.unit.more_shown_secrets import MORE, MORE_HARMLESS, cases
from tests.unit.shown_secrets import MARK, masked, plain, secrets_in

REDACTION = Redaction(bytes(range(32)))
CASES = [(system, case) for system, text in MORE.items() for case in cases(text)]


@pytest.mark.parametrize(("system", "case"), CASES)
def test_a_secret_in_any_notation_is_masked_and_nothing_else(system: str, case: str) -> None:
    assert secrets_in(case), system
    shown = REDACTION.text(plain(case))
    assert shown == masked(case, REDACTION.mask)
    assert REDACTION.text(shown) == shown


@pytest.mark.parametrize("system", MORE)
def test_the_lines_of_a_system_are_masked_together_too(system: str) -> None:
    text = "\n\n".join(cases(MORE[system]))
    shown = REDACTION.text(plain(text))
    assert shown.split("\n") == masked(text, REDACTION.mask).split("\n")
    assert REDACTION.text(shown) == shown


@pytest.mark.parametrize("line", [line for line in MORE_HARMLESS.split("\n") if line])
def test_a_path_an_address_a_number_or_a_word_is_not_masked(line: str) -> None:
    assert REDACTION.text(line) == line


def test_lines_without_secrets_stay_together_too() -> None:
    assert REDACTION.text(MORE_HARMLESS).split("\n") == MORE_HARMLESS.split("\n")


# Secrets that hold the name of a secret, in any notation.
LIKE_NAMES = ["Password1", "Admin-Password1", "MySecret", "VPN-PSK", "radius-secret", "wifi_password", "snmpcommunity"]


@pytest.mark.parametrize("secret", LIKE_NAMES)
@pytest.mark.parametrize(
    "line",
    [
        *("username ann password 0 {} role network-admin", "username ann password {} encrypted privilege 15"),
        *("username ann password 0 {} privilege 15", "local-user ann password simple {} level 15"),
        *("snmp-server community {} RO 10", "set snmp community {} authorization read-only"),
        *("snmp-server host 192.0.2.9 version 2c {} udp-port 162", "config mgmtuser add ann {} read-write"),
        *("snmp-server user ann OPS v3 auth sha {} priv aes 128 {}", 'snmpv3 user "ann" auth md5 "{}" priv "{}"'),
        *("snmp-agent usm-user v3 ann OPS authentication-mode sha {} privacy-mode aes128 {}",),
        *("radius-server host 192.0.2.1 key {} timeout 5", "tacacs-server host 192.0.2.1 key 0 {} timeout 5"),
        *("crypto isakmp key {} address 198.51.100.7", "standby 1 authentication {}", "mgmt-user ann root {}"),
        *("ntp authentication-key 1 md5 {} trusted", " neighbor 192.0.2.1 password {}"),
    ],
)
def test_a_secret_that_holds_the_name_of_a_secret_is_masked_and_nothing_behind_it(line: str, secret: str) -> None:
    text = line.replace("{}", secret)
    shown = REDACTION.text(text)
    assert shown == line.replace("{}", REDACTION.mask(secret))
    assert REDACTION.text(shown) == shown


@pytest.mark.parametrize("secret", ["Password1", "MySecret", "VPN-PSK", "radius-secret"])
def test_the_same_in_all_notations(secret: str) -> None:
    """Wherever a word is masked, a word that holds the name of a secret is masked too."""
    for _system, case in CASES:
        as_word, as_name = (MARK.sub(f"⟦{value}⟧", case) for value in ("Walnut", secret))
        if REDACTION.text(plain(as_word)) == masked(as_word, REDACTION.mask):
            assert REDACTION.text(plain(as_name)) == masked(as_name, REDACTION.mask)


@pytest.mark.parametrize(
    "line",
    [
        *("set vpn x psk set-key ascii {} 1", "set ospf interface eth0 authtype md5 key 1 secret {}"),
        *("pre-shared-key 1 encryption-type aes-128-cmac password {}", "user ann password secret: {}"),
        *('radius-plcy 1 server 1 secret "secret" hash2 password {}', "username ann password secret 7 {}"),
    ],
)
def test_a_name_behind_a_name_is_no_secret(line: str) -> None:
    assert REDACTION.mask("Zebra-91x") in REDACTION.text(line.format("Zebra-91x"))


LINES = [*(plain(case) for _system, case in CASES), *(line for line in MORE_HARMLESS.split("\n") if line)]


@given(st.lists(st.one_of(st.sampled_from(LINES), st.text(max_size=40)), max_size=12), st.sampled_from(["\n", " ", ""]))
def test_masking_twice_changes_no_more(lines: list[str], joint: str) -> None:
    once = REDACTION.text(joint.join(lines))
    assert REDACTION.text(once) == once


@pytest.mark.parametrize(
    "word",
    [
        *("password", "PASSWORD", "adminPassword", "admin_password2", "Pre-Shared-Key", "preSharedKey", "-radKey"),
        *("snmp-auth-pass-phrase-hashed", "secondary-secret", "DB_PASS", "wpa2-psk", "readonly-community", "bindPw"),
    ],
)
def test_a_word_names_a_secret_in_any_notation(word: str) -> None:
    assert kind(word) in ("name", "numbered", "snmp-community")


@pytest.mark.parametrize(
    "word",
    [
        *("public-key", "PublicKey", "passive", "bypass", "compass", "monkey", "keychain", "send-community", "PWD"),
        *("nopassword", "password-encryption", "passwd-policy", "passwordAge", "community-list", "ssh-host-key"),
    ],
)
def test_a_word_that_names_something_else_is_none(word: str) -> None:
    assert kind(word) == ""
