# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ends an answer and is not the learned prompt: a changed prompt gets an empty line, everything else nothing."""

from __future__ import annotations

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._drivers._reader.changed import may_be_prompt, names_of
from tests.unit.played import Talk, device, line, play
from tests.unit.test_reader import ANSWERS

# Each also comes behind nothing, a blank, and other ends
QUESTIONS = [
    "Press <ENTER> to continue or any other key to abort (ENTER)",
    "Wirklich neu starten? (j/n) ",
    "¿Desea continuar? (s/n) ",
    "This command will reboot the system (default=y)",
    "Reset (y/[n])",
    "Enter selection [1-4] ",
    "Name or IP address> ",
    "Delete flash:/old.cfg [yes] ",
    "Erase nvram: [OK]",
    "Proceed [Y]",
    "Proceed (y)",
    "Overwrite <yes>",
    "Overwrite <no> :",
    "Save configuration <Y>",
    "Save configuration (Y) #",
    "Name of file [tech.txt] ",
    "Name of file [tech.txt] >",
    "Destination <flash:/tech.bin>",
    "Destination [startup-config] #",
    "Really delete all logs # ",
    "Really delete all logs > ",
    "Really delete all logs $ ",
    "Really delete all logs ] ",
    "Really delete all logs : ",
    "Type # to abort, Enter to go on # ",
    "Type > to abort, Enter to go on >",
    "Press $ to save $",
    "Delete edge-1#",
    "Delete all of edge-1 #",
    "edge-1: delete all #",
    "edge-1 delete all #",
    "edge-1 [yes]#",
    "edge-1 [y] >",
    "edge-1 (no) #",
    "edge-1(yes)#",
    "edge-1<ok>",
    "edge-1 (really erase) #",
    "edge-1: reload [confirm] #",
    "edge-1: save? #",
    "edge-1 (save?) #",
    "Reload edge-1 >",
    "Reload edge-1 (now) >",
    "(Reload) edge-1 now >",
    "Connect to edge-2 #",
    "edge-1 [tech.txt] #",
    "edge-1:/tech.txt overwrite #",
    "edge-1 configuration will be lost [ok] #",
    "erase>",
    "continue>",
    "Continue#",
    "filename>",
    "Password>",
    "yes/no>",
    "[y]",
    "[yes]",
    "<yes>",
    "<y/n>",
    "(ok)",
    "[confirm]#",
    "y/n #",
    "#",
    ">",
    "$",
    "?",
    "answer>",
    "choice #",
    "Selection [1]",
    "Enter choice [1-4] #",
    "Enter the number ]",
    "License key >",
    "new name #",
    "OK to go on )",
    "All users will be disconnected )",
    "Flash will be formatted %",
    "Reboot the box now $",
    "Abort with Ctrl-C, anything else goes on >",
    "<--- strange more here (space=next) --->",
    "<<< next page with space >>>",
    "== page 1 of 7 == #",
    "--- 12 lines left ---]",
    "(space for the next page)",
    "Are you there:",
    "sure #",
    "Do it now [default: yes] >",
    "Do it now {yes} #",
    "Installation image <new.bin> #",
    "[edge-1: wipe all disks] #",
    "[admin@edge-1:delete all files] ~ #",
    "edge-1<erase>#",
    "(delete) edge-1 #",
    "(sure) edge-1:~#",
]
# The prompt at login, and what it changes to
CHANGES = [
    ("R1>", "R1#"),
    ("R1#", "R1(config)#"),
    ("R1(config)#", "R1(config-if)#"),
    ("R1(config)#", "R1#"),
    ("R1#", "R1(config-if-range)#"),
    ("R1#", "R1(config-save)#"),
    ("R1#", "R1(cfg)#"),
    ("R1#", "R1(vlan)#"),
    ("R1#", "*R1#"),
    ("R1[17]#", "R1(config)[18]#"),
    ("10.0.0.1#", "10.0.0.1(config)#"),
    ("x>", "x#"),
    ("Core Switch 2>", "Core Switch 2#"),
    ("Core Switch 2#", "Core Switch 2(config)#"),
    ("sw[2]>", "sw[2]#"),
    ("ÅÄÖ>", "ÅÄÖ#"),
    ("büro-süd-1#", "büro-süd-1(config-if)#"),
    ("rack+1>", "rack+1#"),
    ("R1#", "R1-standby#"),
    ("HRP_M<fw>", "HRP_S<fw>"),
    ("HRP_M<Core SW+1>", "HRP_S<Core SW+1>"),
    ("HRP_M<fw>", "HRP_M[fw]"),
    ("HRP_M<fw>", "HRP_S[fw-policy-security]"),
    ("<HUAWEI>", "[HUAWEI]"),
    ("<HUAWEI>", "[~HUAWEI]"),
    ("<HUAWEI>", "[*HUAWEI-GigabitEthernet0/0/1]"),
    ("[HUAWEI-vlan10]", "<HUAWEI>"),
    ("<H3C>", "[H3C-ospf-1]"),
    ("fw/pri/act#", "fw/sec/stby#"),
    ("fw/pri/act#", "fw/pri/act(config)#"),
    ("fw/ctx_one/pri/act#", "fw/ctx_two/pri/act#"),
    ("fw-primary#", "fw-secondary#"),
    ("fw-a#", "fw-b#"),
    ("fw01>", "fw02>"),
    ("R1#", "R2#"),
    ("admin@PA-220>", "admin@PA-220#"),
    ("admin@PA-220(active)>", "admin@PA-220(passive)>"),
    ("admin@PA-220(active)>", "admin@PA-220(active)#"),
    ("FGT #", "FGT (global) #"),
    ("FGT (global) #", "FGT #"),
    ("FGT #", "FGT (vdom) #"),
    ("FGT (root) #", "FGT (address) #"),
    ("FGT (interface) #", "FGT (port1) #"),
    ("FG-EDGE-01 #", "FG-EDGE-02 #"),
    ("root@ex>", "root@ex#"),
    ("root@ex%", "root@ex>"),
    ("{master:0}\r\nroot@ex>", "{backup:0}\r\nroot@ex>"),
    ("root@srx>", "{primary:node0}[edit]\r\nroot@srx#"),
    ("root@mx>", "root@mx:RE:0%"),
    ("A:node-2#", "*A:node-2#"),
    ("A:node-2#", "B:node-2#"),
    ("A:node-2#", "*A:node-2>config>router$"),
    ("[/]\r\nA:admin@node.2#", '!*[ex:/configure router "Base"]\r\nA:admin@node.2#'),
    ("[/]\r\nA:admin@node.2#", "[/show]\r\n*B:admin@node.2#"),
    ("--{ running }--[  ]--\r\nA:srl1#", "--{ * candidate shared default }--[ interface e1 ]--\r\nA:srl1#"),
    ("RP/0/RP0/CPU0:r1#", "RP/0/RP1/CPU0:r1#"),
    ("RP/0/RP0/CPU0:r1#", "RP/0/RP0/CPU0:r1(config)#"),
    ("[admin@core] >", "[admin@core] /interface>"),
    ("[admin@core] >", "[admin@core] <SAFE> >"),
    ("[admin@Büro (HQ)] >", "[admin@Büro (HQ)] /ip address>"),
    ("vyos@vyos:~$", "vyos@vyos#"),
    ("user@host:~$", "user@host:/tmp$"),
    ("user@host:~$", "root@host:~#"),
    ("[root@host ~]#", "[root@host etc]#"),
    ("gw1>", "[Expert@gw1:0]#"),
    ("(Cisco Controller) >", "(Cisco Controller) config>"),
    ("(Cisco Controller) >", "(Cisco Controller) #"),
    ("(Aruba7210) [mynode] #", "(Aruba7210) ^*[mynode] (config) #"),
    ("(UBNT EdgeSwitch) >", "(UBNT EdgeSwitch) (Interface 0/1)#"),
    ("* X460.12 #", "X460.13 #"),
    ("* Slot-1 X440.3 >", "* Slot-1 X440.4 #"),
    ("VSP-1:1>", "VSP-1:1(config)#"),
    ("ACOS-Active#", "ACOS-Standby#"),
    ("ACOS-Active#", "ACOS-Active(config:1)#"),
    ("leg:isadmin>#", "leg:isadmin>configure>system#"),
    ("sw:FID128:admin>", "sw:FID10:admin>"),
    (
        "admin@(bigip1)(cfg-sync In Sync)(Active)(/Common)(tmos)#",
        "admin@(bigip1)(cfg-sync Standalone)(Standby)(/Common)(tmos)#",
    ),
    ("[local]SE400#", "[other]SE400(config)#"),
    ("switch [standalone: master] #", "switch [standalone: slave] (config) #"),
    ("R1(config)#", "core-9(config)#"),
    ("admin@sonic:~$", "sonic#"),
    ("SSH@FESX>", "SSH@FESX(config)#"),
    ("router:", "router:"),
    ("<fw>", "HRP_M<fw>"),
    ("[fw]", "HRP_S[fw]"),
    ("<fw>", "RBM_P<fw>"),
    ("HRP_A<fw>", "<fw>"),
    ("[admin@bigip1:Active:In Sync] ~ #", "[admin@bigip1:Standby:Not All Devices Synced] ~ #"),
    ("[admin@bigip1:Standby:Not All Devices Synced] ~ #", "[admin@bigip1:Active:In Sync] ~ #"),
    ("[admin@bigip1:Active:In Sync] ~ #", "[admin@bigip1:ForcedOffline:Awaiting Initial Sync] config #"),
    ("(pending-AAA) sw.2 #", "sw.3 #"),
    ("sw.1 #", "(pending-AAA) sw.2 #"),
    ("sw.1 #", "* sw.2 >"),
    ("ssg5->", "ssg5(I)->"),
    ("ssg5(I)->", "ssg5->"),
    ("WG#", "WG<Fault>#"),
    ("WG<Fault><master>>", "WG<master>>"),
    ("WG<master>>", "WG<Fault><master>>"),
    ("root@h:~#", "(venv) root@h:~#"),
    ("(venv) root@h:~#", "root@h:~#"),
    ("[root@h etc]#", "[root@h ~]#"),
    ("R1-stby#", "R1#"),
]
OTHER_NAMES = [("R1#", "backup>"), ("HRP_M<fw>", "other>"), ("edge#", "core-sw#"), (">", "#"), ("NetScaler>", ">")]


def turns(old: str, new: str, command: str = "turn", *, echo: bool = True) -> Talk:
    """A device whose prompt changes after a command."""
    prompt = old
    while True:
        yield f"\r\n{prompt} ".encode() if "\n" in prompt else f"{prompt} ".encode()
        typed = (yield from line(echo=echo)).strip()
        if typed == "exit":
            return
        if typed == command:
            yield b"done\r\n"
            prompt = new
        elif typed:
            yield b"10:00:00\r\n"


@pytest.mark.parametrize("prompt", ["edge-1#", "<edge-1>", "edge-1 $", "[admin@edge-1] >", "edge-1:", "(edge-1) #"])
@pytest.mark.parametrize("question", QUESTIONS)
def test_nothing_is_sent_to_what_asks(question: str, prompt: str) -> None:
    def asks() -> Talk:
        yield b"one moment\r\n" + question.encode()
        yield None
        yield b"\r\nit is done\r\n"

    played = play(device(prompt.encode(), {**ANSWERS, "act": asks}), ["show clock", "act", "show version"])
    assert bytes(played.stream.typed).partition(b"act\n")[2] == b""
    assert played.kinds()["act"] in ("question", "timeout")
    assert question.strip() in played.outputs["act"].error.message.replace("\\\\", "\\")  # type: ignore[union-attr]
    assert played.kinds()["show version"] == "not_asked"


@pytest.mark.parametrize("prompt", [">", "#", "$", "->", "%", "admin:", "a?"])
@pytest.mark.parametrize(
    "question",
    ["Delete all {}", "Save all [yes] {}", "Overwrite <file.txt>{}", "Reload now (y) {}", "Enter the key {}"],
)
def test_nothing_is_sent_to_a_question_that_ends_like_a_prompt_without_a_name(question: str, prompt: str) -> None:
    test_nothing_is_sent_to_what_asks(question.format(prompt), prompt)


@pytest.mark.parametrize(("old", "new"), CHANGES)
def test_changed_prompt_of_the_same_device_is_learned(old: str, new: str) -> None:
    played = play(turns(old, new), ["show clock", "turn", "show time", "show date"])
    texts = {"show clock": "10:00:00", "turn": "done", "show time": "10:00:00", "show date": "10:00:00"}
    assert (played.error, played.texts) == (None, texts)


def test_there_are_enough_examples() -> None:
    assert len(set(QUESTIONS)) >= 60
    assert len(set(CHANGES)) >= 60


@pytest.mark.parametrize("command", ["hostname core-9", "sysname core-9", "set system host-name core-9"])
def test_name_that_the_command_gives_is_learned(command: str) -> None:
    played = play(turns("R1#", "core-9#", command), [command, "show clock"])
    assert (played.error, played.texts[command]) == (None, "done")


@pytest.mark.parametrize(("old", "new"), OTHER_NAMES)
def test_prompt_with_another_name_is_an_error(old: str, new: str) -> None:
    """It may be a question. The message quotes it."""
    played = play(turns(old, new), ["show clock", "turn", "show time"])
    assert bytes(played.stream.typed).partition(b"turn\n")[2] == b""
    assert played.kinds() == {"show clock": "ok", "turn": "timeout", "show time": "not_asked"}
    assert repr(new) in played.outputs["turn"].error.message  # type: ignore[union-attr]


@pytest.mark.parametrize("echo", [True, False])
@pytest.mark.parametrize(
    "question", ["Overwrite <yes>", "Really enable this #", "Press any key to erase >", "[confirm]#"]
)
def test_nothing_is_sent_to_a_question_after_enable(question: str, echo: bool) -> None:
    def enable() -> Talk:
        yield b"Password: "
        yield from line(echo=False)
        yield b"\r\n" + question.encode()
        yield None
        yield b"\r\nit is done\r\n"

    talk = device(b"R1>", {**ANSWERS, "enable": enable}, echo=echo)
    played = play(talk, ["show clock"], "cisco_iosxe", become=True, become_password="enough")
    assert bytes(played.stream.typed).endswith(b"enable\nenough\n")
    assert question in str(played.error)


@pytest.mark.parametrize("echo", [True, False])
@pytest.mark.parametrize("delay", [0.0, 0.4, 1.5])
@pytest.mark.parametrize("password", [True, False])
@pytest.mark.parametrize(("old", "new"), [("R1>", "R1#"), (">", "#"), ("Router:", "Router#")])
def test_prompt_after_enable_is_learned(old: str, new: str, password: bool, delay: float, echo: bool) -> None:
    def talk() -> Talk:
        prompt = old
        while True:
            yield prompt.encode()
            typed = (yield from line(echo=echo)).strip()
            if typed == "exit":
                return
            if typed == "enable":
                if password:
                    yield b"Password: "
                    yield from line(echo=False)
                    yield b"\r\n"
                prompt = new
            elif typed:
                yield b"10:00:00\r\n"

    played = play(talk(), ["show clock"], delay=delay, become=True, become_password="enough")
    assert (played.error, played.texts) == (None, {"show clock": "10:00:00"})
    assert played.stream.typed.count(b"enable") == 1


# Lines above the prompt that come, change and go during a session
ABOVE = [
    ("", "{master}"),
    ("", "{master:0}"),
    ("", "{backup}"),
    ("", "{linecard:1}"),
    ("", "{primary:node0}"),
    ("{master}", "{backup}"),
    ("{master:0}", "{backup:0}"),
    ("{primary:node0}", "{secondary-hold:node0}"),
    ("", "[edit]"),
    ("[/]", "*(ex)[/configure]"),
]


@pytest.mark.parametrize("echo", [True, False])
@pytest.mark.parametrize("platform", ["juniper_junos", None])
@pytest.mark.parametrize(("first", "second"), [*ABOVE, *((new, old) for old, new in ABOVE)])
@pytest.mark.parametrize("when", ["turn", "show date"])
def test_the_line_above_the_prompt_is_no_text(
    first: str, second: str, platform: str | None, when: str, echo: bool
) -> None:
    def talk() -> Talk:
        above = first
        while True:
            yield f"\r\n{above}\r\nu@mx> ".encode() if above else b"u@mx> "
            typed = (yield from line(echo=echo)).strip()
            if typed == "exit":
                return
            above = second if typed == when else above
            yield b"" if not typed else f"{typed} 1\r\n".encode()

    commands = ["show clock", "turn", "show time", "show date"]
    played = play(talk(), commands, platform)
    assert (played.error, played.texts) == (None, {each: f"{each} 1" for each in commands})


@pytest.mark.parametrize("echo", [True, False])
@pytest.mark.parametrize("end", ["{master}", "[edit]", "[]"])
def test_a_text_that_ends_like_a_line_above_the_prompt_is_whole(end: str, echo: bool) -> None:
    answer = f"a\r\n\r\n{end}\r\n".encode()
    for prompt, commands in ((b"u@mx> ", ["show a", "show b"]), (b"u@mx> ", ["show b", "show a"])):
        talk = device(prompt, {"show a": answer, "show b": b"b\r\n"}, echo=echo, unknown=b"")
        played = play(talk, commands, "juniper_junos")
        assert (played.error, played.texts) == (None, {"show a": f"a\n\n{end}", "show b": "b"})


@pytest.mark.parametrize(("prompt", "line"), [("10#", "100 %"), ("0#", "  45%"), ("101>", "7 ]")])
def test_another_number_is_not_the_prompt_of_a_device_whose_name_is_a_number(prompt: str, line: str) -> None:
    assert not may_be_prompt(line, prompt, names_of(prompt))


@pytest.mark.parametrize("echo", [True, False])
@pytest.mark.parametrize("prompt", [b"<fw>", b"root@h:~# ", b"R1#"])
@pytest.mark.parametrize("text", ["HRP_M", "(venv) ", "a b", "{master}"])
def test_a_text_without_a_line_end_is_no_part_of_the_prompt(text: str, prompt: bytes, echo: bool) -> None:
    """An empty line brings the prompt without it."""
    answers = {"show a": f"a\r\n{text}".encode(), "show b": b"b\r\n"}
    played = play(device(prompt, answers, echo=echo, unknown=b""), ["show a", "show b"])
    assert (played.error, played.texts) == (None, {"show a": f"a\n{text}", "show b": "b"})


@pytest.mark.parametrize("echo", [True, False])
@pytest.mark.parametrize("commands", [["turn"], ["show clock", "turn"], ["turn", "show clock"]])
@pytest.mark.parametrize(
    ("old", "new"), [("<fw>", "HRP_M<fw>"), ("root@h:~#", "(venv) root@h:~#"), ("sw.1 #", "(pending-AAA) sw.1 #")]
)
def test_what_comes_before_the_prompt_on_its_line_is_no_text(
    old: str, new: str, commands: list[str], echo: bool
) -> None:
    for first, second in ((old, new), (new, old)):
        played = play(turns(first, second, echo=echo), commands)
        assert (played.error, played.texts) == (
            None,
            {each: "done" if each == "turn" else "10:00:00" for each in commands},
        )
