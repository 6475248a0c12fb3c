# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logins inside the session, dialogs before the first prompt, privileged modes, and sessions that end too early."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device
from ansible_collections.rollcall.network.plugins.module_utils._drivers.cli import Cli
from ansible_collections.rollcall.network.plugins.module_utils._result import DeviceError
from tests.unit.played import Played, Stream, Talk, device, each_of, line, play

CLOCK = {"show clock": b"10:00:00\r\n", "terminal length 0": b"", "terminal width 511": b"", "terminal width 512": b""}
TEXT = {"show clock": "10:00:00"}
SECRET = "s3cret"


def key(*wanted: bytes) -> Talk:
    """Wait for one of these keys."""
    while (yield None) not in wanted:
        pass


def telnet(talk: Talk, **settings: Any) -> Played:
    stream = Stream(talk)
    stream.asks_login = True
    return play(iter(()), ["show clock"], stream=stream, **settings)  # type: ignore[arg-type]


def asking(
    *,
    ends: bytes = b"",
    accepts: bool = True,
    user: bytes = b"Username: ",
    before: bytes = b"\r\n",
    after: bytes = b"\r\n",
) -> Talk:
    """A device that asks for user and password inside the session."""
    yield before
    for _attempt in range(3):
        yield user
        yield from line()
        yield b"Password: "
        yield from line(echo=False)
        if accepts:
            yield after
            yield from device(b"R1#", CLOCK)
            return
        yield b"\r\n% Login invalid\r\n\r\n"
        if ends:
            yield ends
            return


@pytest.mark.parametrize("user", [b"Username: ", b"login: ", b"User Name:"])
@pytest.mark.parametrize("before", [b"\r\n", b"\r\nUser Access Verification\r\n\r\n", b"Welcome: login here\r\n"])
def test_user_and_password_inside_the_session(user: bytes, before: bytes) -> None:
    played = telnet(asking(user=user, before=before), password=SECRET)
    assert (played.error, played.texts) == (None, TEXT)
    assert bytes(played.stream.typed).startswith(f"admin\n{SECRET}\n".encode())


def silent() -> Talk:
    yield b"\r\nUsername: "
    yield from line()
    yield b"Password: "
    yield from line(echo=False)
    yield b"\r\nchecking"
    yield from key(b"never")


def old_password() -> Talk:
    yield b"\r\nUsername: "
    yield from line()
    yield b"Password: "
    yield from line(echo=False)
    yield b"\r\nYour password has expired.\r\nNew password: "
    yield from key(b"never")


def hangs_up(text: bytes) -> Callable[[], Talk]:
    def talk() -> Talk:
        yield text

    return talk


@pytest.mark.parametrize(
    ("talk", "settings", "kind", "words"),
    [
        (asking, {"password": None}, "no_credentials", "set ansible_password"),
        (asking, {"password": SECRET, "user": None}, "no_user", "set ansible_user"),
        (lambda: asking(accepts=False), {"password": SECRET}, "refused", "Login invalid"),
        (lambda: asking(accepts=False, ends=b"bye\r\n"), {"password": SECRET}, "refused", "is not sent again"),
        (silent, {"password": SECRET}, "no_prompt", "The password had been sent"),
        (old_password, {"password": SECRET}, "password_expired", "demands a new password"),
        (hangs_up(b"\r\nAll lines are busy\r\n"), {"password": SECRET}, "session_closed", "All lines are busy"),
        (hangs_up(b"SSH-2.0-OpenSSH_9.6\r\n"), {"password": SECRET}, "protocol", "an SSH server answers"),
    ],
)
def test_logins_that_fail(talk: Callable[[], Talk], settings: dict[str, Any], kind: str, words: str) -> None:
    user = {"user": settings.pop("user")} if "user" in settings else {}
    settings = dict(settings)
    stream = Stream(talk())
    stream.asks_login = True
    with pytest.MonkeyPatch.context() as patch:
        if user:
            patch.setattr("tests.unit.played.Device", lambda **all_of_it: Device(**{**all_of_it, **user}))
        played = play(iter(()), ["show clock"], stream=stream, **settings)  # type: ignore[arg-type]
    assert played.error is not None
    assert played.error.error.kind == kind
    assert words in played.error.error.message
    assert SECRET not in played.error.error.message


def before_prompt(text: bytes, *keys: bytes) -> Talk:
    yield text
    yield from key(*keys)
    yield b"\r\n"
    yield from device(b"R1#", CLOCK)


@pytest.mark.parametrize(
    ("text", "keys", "platform"),
    [
        (b"Authorized use only\r\n(Press 'a' to accept):", (b"a",), "fortinet_fortios"),
        (b"The password is old. Change now? [Y/N]:", (b"n",), "huawei_vrp"),
        (b"Press Y or ENTER to continue, N to exit.\r\n", (b"Y", b"\n"), "hp_comware"),
        (b"Press any key to continue", (b"\n", b" "), None),
        (b"line 1\r\nline 2\r\n--More--", (b" ",), None),
        (b"Do you accept these terms? [yes/no] ", (b"\n",), None),
    ],
)
def test_dialogs_before_the_first_prompt(text: bytes, keys: tuple[bytes, ...], platform: str | None) -> None:
    played = play(before_prompt(text, *keys), ["show clock"], platform)
    assert (played.error, played.texts) == (None, TEXT)


@pytest.mark.parametrize("text", [b"Format the flash? [confirm]", b"Reset to factory defaults? (y/n) "])
def test_a_question_before_the_first_prompt_is_not_answered(text: bytes) -> None:
    played = play(before_prompt(text, b"never"), ["show clock"])
    assert played.error is not None
    assert played.error.error.kind == "question"
    assert bytes(played.stream.typed) == b""


def test_a_login_that_the_stream_did_not_announce() -> None:
    played = play(asking(), ["show clock"], password=SECRET)
    assert (played.error, played.texts) == (None, TEXT)


# -- privileged modes --------------------------------------------------------------------------------------------------


def enabling(
    *,
    question: bytes = b"Password: ",
    right: str = SECRET,
    refusal: bytes = b"% Access denied\r\n",
    prompts: tuple[bytes, bytes] = (b"R1>", b"R1#"),
    attempts: int = 1,
) -> Talk:
    place = 0
    while True:
        yield prompts[place]
        typed = (yield from line()).strip()
        if typed in ("exit", "quit", "logout"):
            return
        if typed == "enable" and question:
            for _attempt in range(attempts):
                yield question
                place = (yield from line(echo=False)) == right
                yield b"\r\n"
                if place:
                    break
            yield b"" if place else refusal
        elif typed == "enable":
            place = 1
        elif typed:
            yield CLOCK.get(typed, b"% Invalid input detected at '^' marker.\r\n")


PASSWORD = {"become": True, "become_password": SECRET}


@pytest.mark.parametrize("platform", ["cisco_iosxe", "arista_eos", None])
@pytest.mark.parametrize("prompts", [(b"R1>", b"R1#"), (b"core sw> ", b"core sw# ")])
def test_enable_with_a_password(platform: str | None, prompts: tuple[bytes, bytes]) -> None:
    played = play(enabling(prompts=prompts), ["show clock"], platform, **PASSWORD)
    assert (played.error, played.texts) == (None, TEXT)
    assert f"enable\n{SECRET}\n".encode() in bytes(played.stream.typed)


REJECTED = b"% Invalid input detected at '^' marker.\r\n"


def asking_again(*questions: bytes, right: tuple[str, ...], echo: bool = True, attempts: int = 1) -> Talk:
    """It asks these questions after ``enable``, and echoes the answers to all but the last one."""
    place = 0
    while True:
        yield (b"R1>", b"R1#")[place]
        typed = (yield from line(echo=echo)).strip()
        if typed in ("exit", "logout"):
            return
        if typed == "enable":
            for _attempt in range(attempts):
                given = []
                for question in questions:
                    yield question
                    given.append((yield from line(echo=echo and question is not questions[-1])))
                    yield b"" if echo and question is not questions[-1] else b"\r\n"
                place = tuple(given) == right
                if place:
                    break
                yield b"Unable to verify\r\n"
        elif typed:
            yield CLOCK.get(typed, REJECTED) if place else REJECTED


@pytest.mark.parametrize("platform", ["hp_procurve", "ruckus_fastiron", "cisco_iosxe", None])
@pytest.mark.parametrize(
    ("user", "password"), [(b"Username: ", b"Password: "), (b"User Name:", b"Password:"), (b"\r\nlogin: ", b"PIN: ")]
)
@pytest.mark.parametrize("delay", [0.0, 0.4])
@pytest.mark.parametrize("echo", [True, False])
def test_enable_that_asks_for_the_user_first(
    user: bytes, password: bytes, platform: str | None, delay: float, echo: bool
) -> None:
    talk = asking_again(user, password, right=("admin", SECRET), echo=echo)
    played = play(talk, ["show clock"], platform, delay=delay, **PASSWORD)
    assert (played.error, played.texts) == (None, TEXT)
    assert bytes(played.stream.typed).count(f"enable\nadmin\n{SECRET}\n".encode()) == 1


@pytest.mark.parametrize("attempts", [1, 3])
@pytest.mark.parametrize("platform", ["hp_procurve", None])
def test_the_user_and_the_secret_are_sent_once_to_enable(platform: str | None, attempts: int) -> None:
    talk = asking_again(b"Username: ", b"Password: ", right=("admin", "other"), attempts=attempts)
    played = play(talk, ["show clock"], platform, **PASSWORD)
    assert played.error is not None
    assert played.error.error.kind == "become_refused"
    assert "it said 'Unable to verify'" in played.error.error.message
    assert bytes(played.stream.typed).count(SECRET.encode()) == 1
    assert bytes(played.stream.typed).count(b"admin\n") == 1


def test_enable_that_asks_for_a_user_without_one() -> None:
    talk = asking_again(b"Username: ", b"Password: ", right=("admin", SECRET))
    played = play(talk, ["show clock"], "hp_procurve", user=None, **PASSWORD)
    assert played.error is not None
    assert played.error.error.kind == "no_user"


def test_the_echo_of_a_user_name_gets_no_empty_line() -> None:
    """It looks like the prompt. The line end would be an empty password."""

    def talk() -> Talk:
        yield b"R1>"
        while (yield from line()).strip() != "enable":
            yield b"R1>"
        yield b"login: "
        for _key in "R1>":
            yield (yield None)
        yield None
        yield 5.0
        yield b"\r\nPassword: "
        assert (yield from line(echo=False)) == SECRET
        yield b"\r\n"
        yield from device(b"R1#", CLOCK)

    played = play(talk(), ["show clock"], "hp_procurve", user="R1>", **PASSWORD)
    assert f"enable\nR1>\n{SECRET}\n".encode() in bytes(played.stream.typed)
    assert (played.error, played.texts) == (None, TEXT)


@pytest.mark.parametrize("platform", ["cisco_iosxe", None])
@pytest.mark.parametrize("question", ["Enable Secret:", "Secret: ", "Enter PIN:", "Password? ", "请输入密码:"])
def test_questions_for_the_secret_after_enable(question: str, platform: str | None) -> None:
    played = play(enabling(question=question.encode()), ["show clock"], platform, **PASSWORD)
    assert (played.error, played.texts) == (None, TEXT)


@pytest.mark.parametrize("question", ["Enter new enable secret: ", "Confirm secret: ", "New secret: "])
def test_the_secret_is_not_sent_to_a_question_for_a_new_one(question: str) -> None:
    played = play(enabling(question=question.encode()), ["show clock"], "cisco_iosxe", **PASSWORD)
    assert played.error is not None
    assert SECRET.encode() not in played.stream.typed


@pytest.mark.parametrize("platform", ["cisco_iosxe", None])
def test_enable_without_a_question(platform: str | None) -> None:
    played = play(enabling(question=b""), ["show clock"], platform, become=True)
    assert (played.error, played.texts) == (None, TEXT)


def test_without_become_the_session_stays_in_the_mode_of_the_login() -> None:
    played = play(enabling(), ["show clock"], "cisco_iosxe")
    assert (played.error, played.texts) == (None, TEXT)
    assert b"enable" not in played.stream.typed


@pytest.mark.parametrize(
    ("talk", "settings", "kind", "words"),
    [
        (lambda: enabling(right="other"), PASSWORD, "become_refused", "refused 'enable'"),
        (lambda: enabling(right="other", attempts=3), PASSWORD, "become_refused", "refused 'enable'"),
        (lambda: enabling(), {"become": True}, "no_become_password", "set ansible_become_password"),
    ],
)
@pytest.mark.parametrize("platform", ["cisco_iosxe", None])
def test_enable_that_fails(
    talk: Callable[[], Talk], settings: dict[str, Any], kind: str, words: str, platform: str | None
) -> None:
    played = play(talk(), ["show clock"], platform, **settings)
    assert played.error is not None
    assert played.error.error.kind == kind
    assert words in played.error.error.message


def enable_then(*said: bytes | float) -> Talk:
    """It shows this after the enable password, and then says nothing, or hangs up."""
    yield b"R1>"
    while (typed := (yield from line()).strip()) != "enable":
        yield b"R1>" if not typed else b"\r\nR1>"
    yield b"Password: "
    yield from line(echo=False)
    yield from each_of(said)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ((b"\r\nchecking", 2000.0), "no_prompt"),
        ((b"\r\n",), "session_closed"),
        ((b"\r\nR1#", 2000.0), "no_prompt"),  # and does not answer to an empty line
        ((b"\r\nR1#",), "session_closed"),
    ],
)
def test_a_device_that_does_not_come_back_after_enable(said: tuple[bytes | float, ...], kind: str) -> None:
    played = play(enable_then(*said), ["show clock"], "cisco_iosxe", **PASSWORD)
    assert played.error is not None
    assert played.error.error.kind == kind


def test_the_shell_of_root_is_left() -> None:
    def talk() -> Talk:
        shell = True
        while True:
            yield b"root@mx:RE:0% " if shell else b"\r\n{master:0}\r\nroot@mx> "
            typed = (yield from line()).strip()
            if typed == "cli" and shell:
                shell = False
            elif typed in ("exit", "quit"):
                return
            elif shell and typed:
                yield b"sh: not found\r\n"
            elif typed == "show clock":
                yield CLOCK[typed]

    played = play(talk(), ["show clock"], "juniper_junos")
    assert (played.error, played.texts) == (None, TEXT)


# -- sessions that end -------------------------------------------------------------------------------------------------


class Broken(Stream):
    """A connection that fails, with reasons."""

    def __init__(self, talk: Talk, *, fails_at: bytes = b"", reason: str = "", fault: str = "") -> None:
        self._fails_at, self._reason, self._fault = fails_at, reason, fault
        super().__init__(talk)

    async def write(self, data: bytes, deadline: float) -> None:
        if self._fails_at and data.startswith(self._fails_at):
            raise DeviceError("failed", "command", "session_closed", "the connection is broken")
        await super().write(data, deadline)

    async def read(self, deadline: float) -> bytes | None:
        data = await super().read(deadline)
        if data == b"" and self._reason == "raises":
            raise DeviceError("failed", "command", "session_closed", "the connection is broken")
        return data

    def end_reason(self) -> str:
        return self._reason

    def fault(self) -> str:
        return self._fault


def cut_short(*said: bytes | float) -> Talk:
    """It ends during the answer to a command."""
    while True:
        yield b"R1#"
        typed = (yield from line()).strip()
        if typed == "show clock":
            yield from each_of(said)
            return


@pytest.mark.parametrize(
    ("stream", "words"),
    [
        (Broken(cut_short(b"10:")), "the device closed the session during its answer; received 3 characters"),
        (Broken(cut_short(b"10:"), reason="raises"), "received 3 characters; raises"),
        (Broken(cut_short(b"10:"), reason="a timeout of the server"), "; a timeout of the server"),
        (Broken(cut_short(b"10:"), fault="wrong length"), "ended because of the device (wrong length)"),
        (Broken(cut_short(b"10:"), fails_at=b"show"), "the connection is broken"),
        (Broken(cut_short(b"10:00\r\n", 100.0)), "no prompt within command_timeout (30 s)"),
    ],
)
def test_a_session_that_ends_during_an_answer(stream: Broken, words: str) -> None:
    played = play(iter(()), ["show clock", "show version"], "cisco_iosxe", stream=stream)  # type: ignore[arg-type]
    assert played.error is not None
    assert words in played.error.error.message
    assert played.kinds()["show version"] == "not_asked"


@pytest.mark.parametrize(
    ("text", "kind"), [((), "session_closed"), ((b"hello\r\n", 5000.0), "no_prompt"), ((5000.0,), "no_prompt")]
)
def test_a_session_that_ends_before_the_first_prompt(text: tuple[bytes | float, ...], kind: str) -> None:
    def talk() -> Talk:
        yield from each_of(text)

    played = play(talk(), ["show clock"])
    assert played.error is not None
    assert played.error.error.kind == kind


def test_a_session_that_ends_while_it_is_set_up() -> None:
    def talk() -> Talk:
        yield b"R1#"
        yield from line()
        yield b"R1#"
        yield from line()

    played = play(talk(), ["show clock"], "cisco_iosxe")
    assert played.error is not None
    assert played.error.error.kind == "session_closed"


def test_a_long_text_before_the_first_prompt_is_not_kept() -> None:
    greeting = b"the terms of use\r\n" * 10_000
    played = play(device(b"R1#", CLOCK, greeting=greeting), ["show clock"], delay=0.1)
    assert (played.error, played.texts) == (None, TEXT)


def test_max_output_cuts_an_answer() -> None:
    answers = {**CLOCK, "show log": b"line\r\n" * 10_000}
    played = play(device(b"R1#", answers), ["show log"], max_output=1000)
    assert played.kinds() == {"show log": "max_output"}


def test_a_long_answer_is_worked_on_in_pieces() -> None:
    answers = {**CLOCK, "show log": b"line of a log\r\n" * 100_000}
    played = play(device(b"R1#", answers), ["show log", "show clock"])
    assert played.error is None
    assert played.texts["show log"] == "\n".join(["line of a log"] * 100_000)


def test_a_broken_connection_at_the_goodbye_costs_nothing() -> None:
    played = play(iter(()), ["show clock"], stream=Broken(device(b"R1#", CLOCK), fails_at=b"exit"))  # type: ignore[arg-type]
    assert (played.error, played.texts) == (None, TEXT)


def test_a_platform_that_does_not_exist() -> None:
    played = play(device(b"R1#", CLOCK), ["show clock"], "no_such_platform")
    assert played.error is not None
    assert played.error.error.kind == "platform"


@pytest.mark.parametrize(("command", "expected"), [("show clock", True), ("reload", False), ("show x | tee y", False)])
def test_commands_that_change_nothing(command: str, expected: bool) -> None:
    asked = Device(name="r1", host="192.0.2.1", user="admin", commands=(Command(command),))
    assert Cli().read_only(asked) is expected


# -- questions after a command -----------------------------------------------------------------------------------------


def test_what_completes_a_command_is_answered() -> None:
    def board() -> Talk:
        yield b"{ <cr>|ont<K>|port<K> }:"
        yield from line()
        yield b"\r\n  Command:\r\n          display board 0\r\nboard 0 online\r\n"

    played = play(device(b"olt#", {**CLOCK, "display board 0": board}), ["display board 0", "show clock"])
    assert played.error is None
    assert played.texts["display board 0"].endswith("board 0 online")


class Flood(Stream):
    """A device that says something whenever it is read, without a prompt."""

    said: tuple[bytes, ...] = ()

    async def read(self, deadline: float) -> bytes | None:
        self.now += 0.01
        assert self.now < 1100, "the driver reads for ever"
        return self.said[int(self.now * 100) % len(self.said)]


@pytest.mark.parametrize("said", [(b"--More--",), (b"x",), (b"x\r\n",), (b"R1#", b"\r\n"), (b"login: ", b"\r\n")])
def test_a_login_ends_at_its_time_if_the_device_never_stops(said: tuple[bytes, ...]) -> None:
    stream = Flood(each_of([]))
    stream.said = said
    played = play(each_of([]), ["show clock"], command_timeout=20.0, stream=stream)
    assert played.error is not None
    assert (played.error.status, played.error.error.kind) == ("timeout", "no_prompt")
    assert stream.now < 1030
