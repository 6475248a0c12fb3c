# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds of devices from public bug reports of other tools: screens, logins, dialogs, pauses, and echoes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.unit.played import Answer, Talk, device, line, play

# -- a screen instead of line ends -------------------------------------------------------------------------------------

CURSOR = b"\x1b[24;%dH"


def screen(scroll: bytes, answers: dict[str, bytes], name: bytes = b"sw-floor-4# ") -> Talk:
    """A switch that draws on the last row of its screen, and moves all rows up instead of sending a line feed."""
    yield b"\x1b[2J\x1b[1;1HYour last login was yesterday.\r\n"
    while True:
        yield b"\x1b[1;24r" + CURSOR % 1 + b"\x1b[2K" + CURSOR % 1 + name + CURSOR % (len(name) + 1) + b"\x1b[?25h"
        typed = b""
        while (key := (yield None)) not in (b"\r", b"\n"):
            typed += key
        column = len(name) + 1
        yield CURSOR % column + typed + CURSOR % (column + len(typed))
        yield scroll % (column + len(typed)) + CURSOR % 1 + b"\x1b[2K" + CURSOR % 1 + b"\x1b[?25h" + CURSOR % 1
        if typed == b"logout":
            return
        if typed:
            yield answers.get(typed.decode(), b"" if typed == b"no page" else b"Invalid input: " + typed + b"\r\n")


@pytest.mark.parametrize("platform", ["hp_procurve", None])
@pytest.mark.parametrize(
    "scroll",
    [b"\x1b[24;0H\x1bE\x1b[24;1H\x1b[24;%dH", b"\x1b[1;0H\x1b[1M\x1b[24;1H\x1b[1L\x1b[24;%dH", b"\r\n\x1b[24;%dH"],
    ids=["next line", "a line inserted", "a line feed"],
)
def test_a_device_that_moves_its_rows_up_instead_of_a_line_feed(scroll: bytes, platform: str | None) -> None:
    answers = {"show time": b"Thu Nov 26 12:03:25 2026\r\n", "show arp": b"\r\n IP ARP table\r\n\r\n", "show x": b""}
    played = play(screen(scroll, answers), [*answers, "show foo"], platform)
    assert played.kinds() == {"show time": "ok", "show arp": "ok", "show x": "ok", "show foo": "rejected"}
    assert played.texts["show time"] == "Thu Nov 26 12:03:25 2026"
    assert played.texts["show arp"] == " IP ARP table"
    assert played.texts["show x"] == ""


# -- logins ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", ["cisco_aireos", "dell_powerconnect", None])
@pytest.mark.parametrize("question", [b"User: ", b"User:", b"login: ", b"Username: ", b">>User name:"])
def test_a_device_that_asks_for_the_user_inside_ssh(question: bytes, platform: str | None) -> None:
    def talk() -> Talk:
        for _attempt in range(3):
            yield b"\r\n(Wireless Controller)\r\n" + question
            name = yield from line()
            yield b"Password:"
            secret = yield from line(echo=False)
            if (name, secret) == ("admin", "s3cret"):
                yield b"\r\n"
                yield from device(b"(Wireless Controller) >", {"show clock": b"10:00:00\r\n"})
                return

    played = play(talk(), ["show clock"], platform, password="s3cret")
    assert (played.error, played.texts) == (None, {"show clock": "10:00:00"})
    assert bytes(played.stream.typed).startswith(b"admin\ns3cret\n")


@pytest.mark.parametrize(
    ("platform", "question", "wanted"),
    [
        ("ruijie_rgos", "Do you want to change the password(yes/no):", "no"),
        (
            "huawei_vrp",
            "Warning: There are security risks in the configuration file. Are you sure to save now?[Y/N]: ",
            "n",
        ),
        (None, "Only for staff\r\n\r\nAccept The Policy Banner (yes)?\r\nyes: ", "yes"),
        (None, "Authorized users only\r\nAcknowledge (y/n)? ", "y"),
        ("avaya_vsp", "Copyright\r\nEnter Ctrl-Y to begin.\r\n", "\x19"),
        (None, "Copyright\r\nEnter Ctrl-Y to begin.\r\n", "\x19"),
    ],
)
def test_a_dialog_before_the_prompt(platform: str | None, question: str, wanted: str) -> None:
    def talk() -> Talk:
        yield question.encode()
        if wanted == "\x19":
            assert (yield None) == b"\x19"
        else:
            assert (yield from line()) == wanted
        yield b"\r\n"
        yield from device(b"r1#", {"show clock": b"10:00:00\r\n"})

    played = play(talk(), ["show clock"], platform, password="s3cret")
    assert (played.error, played.texts) == (None, {"show clock": "10:00:00"})


def test_the_command_line_of_sonic_is_entered_from_its_shell() -> None:
    def talk() -> Talk:
        typed = ""
        while typed != "sonic-cli":
            yield b"admin@leaf-1:~$ "
            typed = yield from line()
            assert typed in ("", "sonic-cli")
        yield from device(b"leaf-1# ", {"show clock": b"10:00:00\r\n"})
        yield b"admin@leaf-1:~$ "

    played = play(talk(), ["show clock"], "dell_enterprisesonic")
    assert played.texts == {"show clock": "10:00:00"}


# -- answers -----------------------------------------------------------------------------------------------------------


def test_the_pauses_of_a_wireless_controller() -> None:
    def config() -> Talk:
        yield b"\r\nPress Enter to continue...\r\n"
        yield None
        yield b"\r\nSystem Inventory\r\nPress Enter to continue or <ctrl-z> to abort\r\n"
        yield None
        yield b"\r\nBundle\r\n"

    def interfaces() -> Talk:
        yield b"management  10.0.0.1\r\nWould you like to display the next 15 entries? (y/n) "
        assert (yield None) == b"y"
        yield b"y\r\nvirtual  192.0.2.1\r\n"

    answers: dict[str, Answer] = {
        "show run-config": config,
        "show interface summary": interfaces,
        "show clock": b"10:00:00\r\n",
    }
    played = play(device(b"(Wireless Controller) >", answers), list(answers), "cisco_aireos")
    assert played.kinds() == dict.fromkeys(answers, "ok")
    assert played.texts["show run-config"].split() == ["System", "Inventory", "Bundle"]
    assert played.texts["show interface summary"] == "management  10.0.0.1\nvirtual  192.0.2.1"


@pytest.mark.parametrize("platform", ["zte_zxros", None])
@pytest.mark.parametrize("become", [True, False])
def test_a_switch_of_zte(become: bool, platform: str | None) -> None:
    def talk() -> Talk:
        prompt = b"SW1>"
        while True:
            yield prompt
            typed = yield from line()
            if typed == "exit":
                return
            if typed == "enable":
                yield b"password:"
                yield from line(echo=False)
                yield b"\r\n"
                prompt = b"SW1(cfg)#"
            elif typed == "show running-config":
                yield b"".join(b"set port 1/%d enable\r\n" % number for number in range(23))
                yield b"----- more ----- Press Q or Ctrl+C to break -----"
                assert (yield None) == b" "
                yield b"\r" + b" " * 51 + b"\rset port 2/1 enable\r\n"
            elif typed:
                yield b"Command not found\r\n"

    settings = {"become": True, "become_password": "s3cret"} if become else {}
    played = play(talk(), ["show running-config"], platform, **settings)
    assert played.kinds() == {"show running-config": "ok"}
    lines = played.texts["show running-config"].split("\n")
    assert (len(lines), lines[-1]) == (24, "set port 2/1 enable")


@pytest.mark.parametrize("platform", ["nokia_sros_classic", None])
def test_an_echo_with_names_in_quotation_marks(platform: str | None) -> None:
    def talk() -> Talk:
        while True:
            yield b"A:pe4# "
            typed = b""
            word = b""
            while (key := (yield None)) not in (b"\r", b"\n"):
                word += key
                typed += key
                if key == b" ":
                    yield b'"to-pe5" ' if word == b"to-pe5 " else word
                    word = b""
            yield word + b"\r\n"
            if typed == b"logout":
                return
            if typed.startswith(b"show"):
                yield b"up\r\n"
            elif typed and not typed.startswith(b"environment"):
                yield b"Error: Bad command.\r\n"

    played = play(talk(), ["show router ospf interface to-pe5 detail", "show time"], platform)
    assert played.texts == {"show router ospf interface to-pe5 detail": "up", "show time": "up"}


@pytest.mark.parametrize("time", ["sep/21/2026 12:00:00", "2026-09-21 12:00:00", "12:00:00 echo:"])
def test_a_log_line_of_routeros_at_the_prompt(time: str) -> None:
    """The command is not in the list of read-only ones, so that it is not sent again."""

    def talk() -> Talk:
        told = False
        while True:
            yield b"[admin@core] > "
            typed = yield from line()
            if typed == "quit":
                return
            if typed.startswith("/tool"):
                yield b"done\r\n"
                if not told:
                    told = True
                    yield f"[admin@core] > \r\n{time} system,error,critical login failure for user x\r\n".encode()

    played = play(talk(), ["/tool traceroute 192.0.2.1"], "mikrotik_routeros")
    assert played.texts == {"/tool traceroute 192.0.2.1": "done"}


WIPES: dict[str, Callable[[int], bytes]] = {
    "backspaces": lambda size: b"\b \b" * size,
    "back, blanks, back": lambda size: b"\b" * size + b" " * size + b"\b" * size,
    "the whole line": lambda size: b"\x1b[2K\x1b[G",
    "moves to the left": lambda size: b"\x1b[%dD" % size + b" " * size + b"\x1b[%dD" % size,
    "up again": lambda size: b"\r\n\x1b[A\x1b[2K",
    "carriage return": lambda size: b"\r" + b" " * 79 + b"\r",
}


@pytest.mark.parametrize("wipe", WIPES)
@pytest.mark.parametrize("pager", [b"running-config --More--", b"Line @ --More--", b"@% <--- More --->"])
def test_words_before_a_pager_are_wiped_with_it(pager: bytes, wipe: str) -> None:
    lines = [b"line %d of the text\r\n" % number for number in range(40)]

    def pages() -> Talk:
        for number in range(0, 40, 10):
            yield b"".join(lines[number : number + 10])
            if number < 30:
                shown = pager.replace(b"@", b"%d" % (number + 10))
                yield shown
                assert (yield None) == b" "
                yield WIPES[wipe](len(shown))

    played = play(device(b"r1# ", {"show x": pages}), ["show x"])
    assert played.texts == {"show x": b"".join(lines).decode().replace("\r", "").rstrip()}


def test_a_message_between_the_prompt_and_its_blank_at_the_login() -> None:
    def talk() -> Talk:
        yield b"r1# "
        yield from line()
        yield b"r1#\r\n*Nov 26 15:26:01.124: %SYS-5-CONFIG_I: Configured from console by ops\r\n "
        yield from line()
        yield from device(b"r1# ", {"show a": b"alpha\r\n", "show b": b"beta\r\n"})

    assert play(talk(), ["show a", "show b"]).texts == {"show a": "alpha", "show b": "beta"}


@pytest.mark.parametrize("prompt", [b"# ", b"> ", b"r1# "])
def test_a_device_that_hangs_where_its_text_ends_with_the_prompt(prompt: bytes) -> None:
    """Nothing proves the end of the answer."""

    def half() -> Talk:
        yield b"alpha\r\n" + prompt.strip()
        while True:
            yield None

    played = play(device(prompt, {"show a": half, "show b": b"beta\r\n"}), ["show a", "show b"])
    assert "ok" not in played.kinds().values()
    error = played.outputs["show a"].error
    assert prompt == b"r1# " or (error is not None and "sent nothing after the next command" in error.message)
