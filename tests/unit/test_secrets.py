# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules by which secrets are masked."""

from __future__ import annotations

import base64
import json
import unicodedata
import urllib.parse
from collections.abc import Callable

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device
from ansible_collections.rollcall.network.plugins.module_utils._engine.asked import masked, masked_failure
from ansible_collections.rollcall.network.plugins.module_utils._model.masking import masked_error, masked_outputs
from ansible_collections.rollcall.network.plugins.module_utils._model.secret_bytes import divided_masked, secret_spans
from ansible_collections.rollcall.network.plugins.module_utils._model.secrets import (
    MASK,
    Secrets,
    secrets_in_command,
    secrets_of,
    secrets_of_all,
)
from ansible_collections.rollcall.network.plugins.module_utils._model.visible import visible
from ansible_collections.rollcall.network.plugins.module_utils._result import DeviceError, Error, Output
from tests.unit.played import Talk, device, line, play

LINES = ["b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW", "QyNTUxOQAAACDtY+" + "Ab1/" * 13]
KEY = (
    "-----BEGIN OPENSSH PRIVATE KEY-----\n" + "\n".join([*LINES, "c2hvcnQ="]) + "\n-----END OPENSSH PRIVATE KEY-----\n"
)


@pytest.mark.parametrize(
    "spelled",
    [
        'p"a\\s s%w§d',
        json.dumps('p"a\\s s%w§d')[1:-1],
        json.dumps('p"a\\s s%w§d', ensure_ascii=False)[1:-1],
        repr('p"a\\s s%w§d')[1:-1],
        urllib.parse.quote('p"a\\s s%w§d'),
        urllib.parse.quote_plus('p"a\\s s%w§d'),
        "p&quot;a\\s s%w§d",
        'p\\"a\\\\s\\ s%w§d',
        'p"a\\s s%w\\302\\247d',
        'p"a\\s s%w\\xc2\\xa7d',
        'p"a\\s\n s%w§d',
    ],
)
def test_a_secret_is_masked_in_each_of_its_spellings(spelled: str) -> None:
    secrets = Secrets(['p"a\\s s%w§d'])
    for mask in (secrets.output, secrets.quoted, secrets.sentence):
        assert mask(f"before {spelled} after") == f"before {MASK} after"


PASSPHRASE = "Grün-Straße 7q"


@pytest.mark.parametrize(
    "spelled",
    [
        *(PASSPHRASE.encode(each).decode("utf-8", "surrogateescape") for each in ("latin-1", "cp1252", "cp850")),
        *(unicodedata.normalize(form, PASSPHRASE) for form in ("NFC", "NFD")),
        PASSPHRASE.upper(),
        PASSPHRASE.lower(),
        urllib.parse.quote(PASSPHRASE.encode("latin-1")),
        base64.b64encode(PASSPHRASE.encode()).decode(),
    ],
)
def test_a_secret_is_masked_in_other_encodings(spelled: str) -> None:
    secrets = Secrets([PASSPHRASE])
    for mask in (secrets.output, secrets.quoted, secrets.sentence):
        assert mask(f"before {spelled} after") == f"before {MASK} after"


@pytest.mark.parametrize("user", ["", "a:", "ab:", "abc:", "admin:"])
def test_a_secret_in_base64_is_masked_behind_a_user_name(user: str) -> None:
    """At most the first and the last characters are in the letters of Base64 that are left."""
    secret = "Zq7Lkw8Xw9Pt"
    encoded = base64.b64encode(f"{user}{secret}".encode()).decode()
    before, mask, after = Secrets([secret]).output(encoded).partition(MASK)
    assert mask
    assert encoded.startswith(before)
    assert len(before) <= 4 * len(user) / 3 + 1
    assert len(after.rstrip("=")) <= 1


@pytest.mark.parametrize("secret", ["Interface", "GIGABIT", "Vlan1", "UpTime", "Up", "Loopback0"[:8]])
def test_another_spelling_of_a_word_is_not_masked(secret: str) -> None:
    text = "interface gigabitethernet0/1\n vlan1 is up, uptime 3 weeks\nloopback\nGigabitEthernet INTERFACE VLAN1"
    assert Secrets([secret]).output(text) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Password: cisco\nsw1#", f"Password: {MASK}\nsw1#"),
        ("Password:cisco", f"Password:{MASK}"),
        ("cisco", MASK),
        ("Cisco IOS Software, cisco WS-C2960", "Cisco IOS Software, cisco WS-C2960"),
        ("username cisco secret 5 $1$abcd", "username cisco secret 5 $1$abcd"),
        ("hostname sw-cisco", "hostname sw-cisco"),
        ("ciscosys", "ciscosys"),
    ],
)
def test_an_ordinary_word_is_masked_at_the_end_of_a_line_of_an_output(text: str, masked: str) -> None:
    assert Secrets(["cisco"]).output(text) == masked


OURS = (
    "the device refused 'enable' (it stays at 'R1>'); check ansible_become_password",
    "no common SSH algorithms with the device: for kex, it offers only rsa-sha2-256; enable others on the device",
)


PARTS = ["enab", "nable", "refuse", "refused", "ansible_", "ssible_become", "rsa-sha", "sha2"]


@pytest.mark.parametrize("secret", PARTS)
@pytest.mark.parametrize("sentence", OURS)
def test_a_word_of_a_sentence_of_ours_is_not_masked(sentence: str, secret: str) -> None:
    secrets = Secrets([secret])
    assert secrets.sentence(sentence) == sentence
    error = DeviceError("auth_failed", "auth", "become_refused", sentence)
    assert masked_error(error, secrets, foreign=False).error.message == sentence
    outputs = {"show version": Output(status="failed", error=Error("command", "refused", sentence))}
    assert masked_outputs(outputs, secrets)["show version"].error == Error("command", "refused", sentence)


@pytest.mark.parametrize(
    ("secret", "text", "masked"),
    [
        ("hunter", "it said 'hunter'", f"it said '{MASK}'"),
        ("hunter", "the device's word is 'a hunter b'", f"the device's word is 'a {MASK} b'"),
        ("hunter", 'it said "it\'s hunter"', f'it said "it\'s {MASK}"'),
        ("sha2", "for sha2 there is none", f"for {MASK} there is none"),
        ("hunter-2-hunter", "xxhunter-2-hunteryy", f"xx{MASK}yy"),
    ],
)
def test_a_secret_in_a_sentence_is_masked_if_it_is_no_word_of_ours(secret: str, text: str, masked: str) -> None:
    assert Secrets([secret]).sentence(text) == masked


def test_a_value_of_a_user_in_a_sentence_is_masked() -> None:
    secrets = Secrets(["hunter", "ansibl"])
    text = "variable ansible_port must be a number, not 'xxhunteryy' or hunter"
    assert secrets.sentence_on_values(text) == f"variable ansible_port must be a number, not 'xx{MASK}yy' or {MASK}"


@pytest.mark.parametrize("foreign", [True, False])
def test_a_message_of_a_driver_of_a_user_is_masked_everywhere(foreign: bool) -> None:
    outputs = {"show version": Output(status="failed", error=Error("command", "xhunterx", "got xhunterx"))}
    error = masked_outputs(outputs, Secrets(["hunter"]), foreign=foreign)["show version"].error
    shown = f"x{MASK}x" if foreign else "xhunterx"
    assert error == Error("command", shown, f"got {shown}")


@pytest.mark.parametrize("word", ["cisco", "Admin", "abc", "x", "1234", "123456", "sw1"])
def test_ordinary_words(word: str) -> None:
    secrets = Secrets([word], ["SW1"])
    assert secrets.output(f"a {word} b") == f"a {word} b"
    assert secrets.output(f"a {word}") == f"a {MASK}"
    assert secrets.quoted(f"a {word} b") == f"a {MASK} b"
    assert secrets.sentence(f"set ansible_{word}, {word}") == f"set ansible_{word}, {word}"


def test_the_name_of_the_device_and_of_the_user_are_ordinary_words() -> None:
    device = Device(
        name="core-7-fra", host="192.0.2.1", user="operations", password="operations", become_password="core-7-fra"
    )
    text = "core-7-fra uptime is 3 weeks\nuser operations is logged in"
    assert secrets_of(device).output(text) == text


@pytest.mark.parametrize("line", [*LINES, "c2hvcnQ=", KEY.strip()])
def test_a_private_key_is_masked_line_by_line(line: str) -> None:
    secrets = Secrets([KEY])
    for shown in (line, f"x{line}", json.dumps(line)[1:-1], repr(line)):
        masked = secrets.output(f"key {shown} end")
        assert not [each for each in (*LINES, "c2hvcnQ=") if each in masked]
        assert masked.endswith(" end")


@pytest.mark.parametrize("length", range(4, 12))
def test_the_beginning_of_a_secret_is_masked_where_a_text_was_cut(length: int) -> None:
    secret = "hunter2-hunt"
    secrets = Secrets([secret])
    assert secrets.quoted(f"Password: {secret[:length]}") == f"Password: {MASK}"
    assert secrets.output(f"Password: {secret[:length]}\n", cut=True) == f"Password: {MASK}\n"
    assert secrets.output(f"Password: {secret[:length]}") == f"Password: {secret[:length]}"


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("sshpass -p S3cr ssh -p 2222 -W h:22 jump", {"S3cr"}),
        ("sshpass -v -P word -pS3cr ssh -W h:22 jump", {"S3cr"}),
        ("/usr/bin/sshpass -e ssh -p 2222 jump", set()),
        ("env SSHPASS=S3cr sshpass -e ssh jump", {"S3cr"}),
        ("nc --proxy-auth user:S3cr h 22", {"user:S3cr", "S3cr"}),
        ("nc --proxy-auth=user:S3cr h 22", {"user:S3cr", "S3cr"}),
        ("connect --password S3cr h 22", {"S3cr"}),
        ("connect --token=S3cr h 22", {"S3cr"}),
        ("corkscrew http://user:S3cr@proxy:80 h 22", {"S3cr"}),
        ("sh -c 'sshpass -p S3cr ssh -W h:22 jump'", {"S3cr"}),
        ("ssh -oPasswordAuthentication=no -oNumberOfPasswordPrompts=1 -oPreferredAuthentications=publickey j", set()),
        ("ssh -W h:22 jump", set()),
    ],
)
def test_secrets_in_a_proxy_command(command: str, found: set[str]) -> None:
    assert secrets_in_command(command) == found


def test_a_text_of_no_device_is_masked_with_the_secrets_of_all() -> None:
    devices = [Device(name=f"r{number}", password=f"hunter-{number:03}") for number in range(3)]
    devices.append(Device(name="r3", run_secrets=("typed-with-k",)))
    assert secrets_of_all(devices).quoted("hunter-001 hunter-002 typed-with-k") == f"{MASK} {MASK} {MASK}"


def test_values_of_functions_are_masked_in_depth() -> None:
    masked = Secrets(["hunter22"]).value({"hunter22": ["a hunter22", 1, None, {"x": "hunter22"}]})
    assert masked == {MASK: [f"a {MASK}", 1, None, {"x": MASK}]}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain §", "plain §"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x9b31mred", "\\x9b31mred"),
        ("\udc9b31m", "\\x9b31m"),
        ("a\u202eb", "a\\u202eb"),
        ("a\u2028b", "a\\u2028b"),
        ("a\tb\nc", "a\tb\nc"),
    ],
)
def test_what_a_terminal_would_obey_is_spelled_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_other_secrets_of_a_configuration_are_kept_as_the_device_shows_them() -> None:
    device = Device("r1", "192.0.2.1", user="ops", password="Zq7Lkw8Xw9", become_password="Kp4Vnd2Rt6")
    kept = "snmp-server community S3cretCommunity RO\nusername ops secret 9 $9$Xw9aBcDeFgHiJk\nkey chain MyKeyString1"
    shown = f"{kept}\nenable password Kp4Vnd2Rt6\nusername ops password 0 Zq7Lkw8Xw9\n"
    masked = f"{kept}\nenable password {MASK}\nusername ops password 0 {MASK}\n"
    assert secrets_of(device).output(shown) == masked


# -- messages of the command line driver -------------------------------------------------------------------------------

SAID = "xhunterpassy"  # what a device says everywhere; the secret is a part of it


def _hangs_up() -> Talk:
    yield f"{SAID}\r\nclosed by {SAID}".encode()


def _asks(text: str) -> Talk:
    yield text.encode()
    yield 100.0


def _refuses(prompt: str, said: str) -> Talk:
    yield prompt.encode()
    while True:
        typed = yield from line()
        if typed == "enable":
            yield b"Password: "
            yield from line(echo=False)
            yield f"\r\n{said}\r\n".encode()
        yield prompt.encode()


def _answers(answer: str) -> Talk:
    return device(b"R1#", {"show version": answer.encode(), "terminal length 0": b""})


MESSAGES: dict[str, Callable[[], Talk]] = {
    "hangs up": _hangs_up,
    "asks at the login": lambda: _asks(f"{SAID} really? [yes/no] "),
    "shows no prompt": lambda: _asks(f"{SAID} something else"),
    "wants a new password": lambda: _asks(f"{SAID}\r\nEnter new password for {SAID}: "),
    "refuses the enable password": lambda: _refuses(f"{SAID}>", f"% Access denied {SAID}"),
    "rejects": lambda: _answers(f"% Invalid input {SAID}\r\n"),
    "shows another prompt": lambda: device(f"{SAID} => ".encode(), {}),
}


@pytest.mark.parametrize("talk", MESSAGES.values(), ids=MESSAGES)
def test_no_message_of_the_command_line_has_a_secret_that_is_a_part_of_a_word(talk: Callable[[], Talk]) -> None:
    secret = "hunterpass"
    played = play(talk(), ["show version"], "cisco_iosxe", password="x", become=True, become_password=secret)
    assert played.error is not None
    asked = Device("r1", host="192.0.2.1", password="x", become_password=secret, commands=(Command("show version"),))
    failure = masked_failure(asked, played.error, "command", played.outputs, played.stream.facts)
    texts = [failure.error.message, *failure.value.connection.values()]
    texts += [each.error.message for each in failure.value.values() if each.error]
    assert not [each for each in texts if secret in each]
    assert [each for each in texts if MASK in each]


def test_the_message_of_a_refused_enable_password_has_whole_words() -> None:
    settings = {"become": True, "become_password": "enab"}
    played = play(_refuses("R1>", "% Access denied"), ["show version"], "cisco_iosxe", **settings)
    asked = Device("r1", host="192.0.2.1", become_password="enab", commands=(Command("show version"),))
    assert played.error is not None
    failure = masked_failure(asked, played.error, "auth", played.outputs)
    assert failure.error.message.startswith("the device refused 'enable' (it said '% Access denied', and")


HALVES = "Tr0ub4dor", "&3 staple"


@pytest.mark.parametrize("between", [" \r", "\r", " \b", "\r\n", "\x1b[K", "\x1b[20D\x1b[4C", "\b\b  "])
def test_a_secret_that_a_control_character_divides_leaves_no_half_in_the_text(between: str) -> None:
    answer = f"before\r\npw {between.join(HALVES)} end\r\nafter\r\n".encode()
    talk = device(b"R1#", {"show version": answer, "terminal length 0": b"", "terminal width 511": b""})
    played = play(talk, ["show version"], "cisco_iosxe", password="".join(HALVES))
    asked = Device("r1", host="192.0.2.1", password="".join(HALVES), commands=(Command("show version"),))
    assert played.error is None
    text = masked(asked, played.outputs, {})["show version"].text
    assert text == f"before\npw {MASK} end\nafter"


@pytest.mark.parametrize("sequence", [b"\x1b", b"\x1b[", b"\x1b[1;", b"\x1b("])
def test_a_secret_that_ends_an_escape_sequence_is_masked_as_a_whole(sequence: bytes) -> None:
    secrets = Secrets(["secret-of-the-test"])
    shown = b"a " + sequence + b"secret-of-the-test b"
    start = shown.find(b"secret")
    assert (start, start + 18) in secret_spans(shown, secrets)
    assert divided_masked(shown, secrets) == b"a " + sequence + MASK.encode() + b" b"
