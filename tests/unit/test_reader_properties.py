# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any answer, cut into any packets with any pauses, gives the same text: for any prompt, echo, delay and pager.

`make test` plays the same few hundred devices each time. With ROLLCALL_EXAMPLES, this number of other ones is played
for each property. An example that fails is written into `.cache/hypothesis` and tried first the next time.
"""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis.database import DirectoryBasedExampleDatabase

from tests.unit.played import Talk, device, play
from tests.unit.scenes import COMMANDS, Scene, plain_scenes, scenes

EXAMPLES = int(os.environ.get("ROLLCALL_EXAMPLES", "0"))
SETTINGS = settings(
    max_examples=EXAMPLES or 200,
    derandomize=not EXAMPLES,
    database=DirectoryBasedExampleDatabase(".cache/hypothesis") if EXAMPLES else None,
    deadline=None,
    phases=[Phase.reuse, Phase.generate, Phase.shrink] if EXAMPLES else [Phase.generate],
    suppress_health_check=list(HealthCheck),
)

# The second of three texts quotes the third command.
QUOTED_COMMAND = Scene(
    prompt="%",
    echo="plain",
    answers=(
        b"",
        b"  %\r\n\r\n" + COMMANDS[2].encode() + b"\r\n",
        b"",
    ),
    pager="ios",
    wipe="blanks",
    page=2,
    cuts=((1, 0.02),),
    accepts=False,
)

# Devices whose answers were wrong with status ok.
WRONG_ONCE = {
    "a prompt in colours, quoted without them, on a device that does not echo": Scene(
        prompt="\x1b[1m\x1b[32mcolour\x1b[0m$ ",
        echo="none",
        answers=(b"at colour$ \r\ncolour$  and more\r\n",),
        cuts=((1, 0.02),),
        hesitates=0.09,
        accepts=False,
    ),
    "the next command quoted below the prompt, so that it is sent again before its first answer came": Scene(
        prompt="00ªªªª#",
        echo="plain",
        answers=(
            "Proceed with reload? [confirm]\r\n00ªªªª#\r\nshow running-config\r\n".encode(),
            b"Proceed with reload? [confirm]",
            b"",
        ),
        cuts=((1, 0.0), (1, 0.0), (1, 0.02)),
        hesitates=0.09,
        accepts=False,
    ),
    "the next command quoted behind a pager, in a text that begins with the prompt": QUOTED_COMMAND,
    "a quoted prompt with the same line before it as at the end": Scene(
        prompt="R1#",
        echo="plain",
        answers=(b"\r\ninterface up 10.0.0.1/24\r\n  R1#\r\ninterface up 10.0.0.1/24\r\n",),
        cuts=((1, 0.02),),
    ),
    "the next command quoted on the line below the prompt, before a pager": replace(
        QUOTED_COMMAND, answers=(b"", b"  %\r\n" + COMMANDS[2].encode() + b"\r\n\r\n", b"")
    ),
    "a quoted prompt above a line in brackets, as the prompt has one above it": Scene(
        prompt='\r\n!*[/show router "Base"]\r\nA:admin@node.2# ',
        echo="plain",
        answers=(b"\r\nA:admin@node.2# \r\n-- [Q quit|D dump|down]\r\n",),
        accepts=False,
    ),
    "a quoted prompt without the line above it, with the same line before it as at the end": Scene(
        prompt="\r\n{master:0}\r\nroot@ex> ",
        echo="plain",
        answers=(b"up up\r\nroot@ex> \r\nup up\r\n",),
        cuts=((5, 0.0), (1, 0.0), (2, 0.0), (1, 0.02)),
        accepts=False,
    ),
    "pagers take characters of a command whose echo is scrolled, and the device says nothing to the rest": Scene(
        prompt="R1#",
        echo="scroll",
        answers=(
            b"",
            b"interface interface\r\nR1# and more\r\n\r\n\r\nProceed with reload? [confirm]",
            b"interface\r\n",
        ),
        pager="ios",
        wipe="blanks",
        page=2,
        cuts=((1, 0.02),),
    ),
    "the rest of a line that begins with the prompt": Scene(
        prompt="HRP_M<Core SW+1>",
        echo="plain",
        answers=(
            (
                b"Overwrite? [y/n]\r\n-----\r\n"
                b"show log | include word0-word1-word2-word3-word4-word5-word6-word7-word8-word9-word10-word11\r\n"
                b"see --- more --- there\r\nname: Gi0/1 [x] a\tb\r\n100 % a\tb a\tb >\r\nsee 45% there\r\n"
                b"see More: <space>,  Quit: q or CTRL+Z, One line: <return> there\r\nContinue? \r\n\r\n"
            ),
            (
                b"   \r\nsee Press the <SPACE BAR> for more there\r\nsw1#\r\n^\r\nname: Gi0/1 [x] a\tb\r\n^\r\n"
                b"HRP_M<Core SW+1>show clock\r\n"
                b"show log | include word0-word1-word2-word3-word4-word5-word6-word7-word8-word9-word10-word11\r\n"
                b"# '\r\nPress any key to continue (Q to quit)\r\n"
            ),
            b"",
        ),
        pager="allied telesis",
        wipe="left of a wide one",
        page=8,
        delay=0.01,
        cuts=((1, 1.1), (1, 1.1)),
        greeting="Welcome\r\n",
        accepts=False,
        message="Nov 26 15:26:01.124: %SYS-5-CONFIG_I: Configured from console by ops",
        after=(5, 5),
        again=True,
    ),
    "a quoted prompt far above the end, and no echo": Scene(
        prompt="firewall01.example.net # ",
        echo="none",
        answers=(
            (
                b"\r\nup \xe6\xbc\xa2\xe5\xad\x97 \xc3\x84 \xe6\xbc\xa2\xe5\xad\x97\r\n"
                b"see --More--(45%) there\r\n*** System shutdown soon ***\r\nat firewall01.example.net # \r\n"
                b"Continue? \r\n*** System shutdown soon ***\r\n\r\nfirewall01.example.net # \r\n"
                b"show log | include word0-word1-word2-word3-word4-word5-word6-word7-word8-word9-word10-word11\r\n"
                b"up \xe6\xbc\xa2\xe5\xad\x97 \xc3\x84 \xe6\xbc\xa2\xe5\xad\x97\r\n"
            ),
        ),
        pager="one dash",
        wipe="left",
        delay=1.5,
        cuts=((1, 0.15), (1, 0.09), (1, 2.4), (200, 2.4), (9, 1.1), (200, 8.0), (1, 8.0), (200, 0.09)),
    ),
    "a message behind the last character that is typed": Scene(
        prompt="𣲓] ",
        echo="plain",
        answers=(
            b"see -- More -- there\r\n",
            (
                b"Continue? \r\n:\r\nOverwrite? [y/n]\r\nlogin:\r\n"
                b"show log | include word0-word1-word2-word3-word4-word5-word6-word7-word8-word9-word10-word11\r\n"
                b"---(more)---\r\n*** System shutdown soon ***\r\n*** System shutdown soon ***\r\nsw1#\r\n"
                b"see -- MORE --, next page: Space, next line: Enter, quit: q there\r\nOverwrite? [y/n]\r\n"
                b"see ---- More ---- there\r\n"
            ),
            (
                b"--- more ---\r\n\r\n\xc3\x84\r\n"
                b"show log | include word0-word1-word2-word3-word4-word5-word6-word7-word8-word9-word10-word11\r\n"
                b"login:\r\n\xf0\xa3\xb2\x93]  and more\r\n"
            ),
        ),
        pager="exos",
        page=7,
        cuts=((2, 1.1), (60, 0.02)),
        hesitates=8.0,
        greeting="Welcome\r\n",
        message="*** System shutdown soon ***",
        after=(2, 12),
        again=True,
    ),
    "the next command quoted below two quoted prompts": Scene(
        prompt="ops@host:~$ ",
        echo="wrap",
        answers=(
            (
                b"see More: <space>,  Quit: q or CTRL+Z, One line: <return> there\r\n^\r\n"
                b"More? [next screen <sp>, next line <cr>, filter pattern </>, quit <q>]\r\n"
                b"show running-config\r\n\r\n---- More ( Press 'Q' to break ) ----\r\nops@host:~$ \r\n"
                b"ops@host:~$ show clock\r\nshow running-config\r\n<--- More --->\r\nOverwrite? [y/n]\r\n"
            ),
            b"Overwrite? [y/n]\r\nops@host:~$ show clock\r\nops@host:~$ \r\nsee --More-- there\r\n",
            (
                b"see Press <Enter> to continue... there\r\nadmin@x>\r\n--More--\r\n"
                b"*** System shutdown soon ***\r\n^\r\n"
                b"see -- MORE --, next page: Space, next line: Enter, quit: q there\r\nops@host:~$  and more\r\n"
                b"xy\x08z name:\r\n\r\n"
            ),
        ),
        pager="eltex",
        wipe="backspaces",
        delay=0.1,
        cuts=((1, 0.02), (1, 0.02)),
        hesitates=8.0,
        accepts=False,
        message="*** System shutdown soon ***",
        after=(2, 2),
    ),
    "an escape sequence that ends the prompt and is divided": Scene(
        prompt="\r\x1b[K\x1b[9999B[admin@core] <SAFE> \x1b[c",
        echo="none",
        answers=(b"show running-config\r\n",),
        page=6,
        delay=0.1,
        cuts=((1, 0.6),),
        greeting="Welcome\r\n",
        accepts=False,
    ),
    "a quoted pager before a prompt that is drawn again": Scene(
        prompt="<Ū%",
        echo="redraw",
        answers=(b"show running-config\r\n' #\r\n--More-- (q = quit)",),
        delay=0.7,
        cuts=((2, 0.09), (1, 0.6), (200, 1.1), (60, 0.0), (200, 2.4), (23, 0.0)),
        hesitates=0.6,
        accepts=False,
    ),
    "a pager takes the first character of a command whose echo is scrolled": Scene(
        prompt="fw/ctx_one/pri/act# ",
        echo="scroll",
        answers=(
            b"login:\r\n  fw/ctx_one/pri/act# \r\nsee --More-- (23%) there\r\n\r\n",
            (
                b"login:\r\nfw/ctx_one/pri/act# \r\n"
                b"show log | include word0-word1-word2-word3-word4-word5-word6-word7-word8-word9-word10-word11\r\n"
                b"lines 1-24\r\nat fw/ctx_one/pri/act# \r\nProceed with reload? [confirm]\r\n"
                b"10.0.0.1/24 name: x\r\n10.0.0.1/24 name:\r\nContinue? \r\n"
            ),
            b"-- MORE --, next page: Space, next line: Enter, quit: q\r\nsee ---- More ---- there\r\n",
        ),
        pager="italian",
        wipe="column",
        page=7,
        cuts=((5, 0.15),),
        greeting="Welcome\r\n",
        accepts=False,
    ),
    "a quoted pager before the prompt, over which the prompt is drawn": Scene(
        prompt="a?",
        echo="redraw",
        answers=(b"see Press the <SPACE BAR> for more there", b"see Press the <SPACE BAR> for more there\r\n"),
        pager="stars",
        wipe="blanks",
        delay=1.5,
        cuts=((5, 0.0),),
        hesitates=2.4,
        greeting="a?\r\nLast login: yesterday\r\n",
        accepts=False,
    ),
    "a quoted pager before a pause, over which the prompt is drawn": Scene(
        prompt="*R$",
        echo="redraw",
        answers=(b"More? [next screen <sp>, next line <cr>, filter pattern </>, quit <q>]",) * 2,
        pager="italian",
        wipe="late colours",
        delay=0.7,
        cuts=((2, 1.1), (2, 1.1), (9, 1.1)),
    ),
    "the next command quoted, and a pager that takes the one that is sent": Scene(
        prompt="*R# ",
        echo="scroll",
        answers=(
            (
                b"see ---- More ---- there\r\nsee --More-- there\r\n"
                b"Press Enter to continue or <ctrl-z> to abort\r\n^\r\n"
                b"*R# \r\nlogin:\r\nshow running-config\r\nshow running-config\r\n--- more ---\r\n"
                b"show log | include word0-word1-word2-word3-word4-word5-word6-word7-word8-word9-word10-word11\r\n"
                b"--More--\r\nNov 26 15:26:01.124: %SYS-5-CONFIG_I: Configured from console by ops\r\n"
            ),
            b"see --More--(45%) there\r\nsw1#",
            b"sw1#\r\n",
        ),
        pager="less, end",
        wipe="left of a wide one",
        page=7,
        delay=1.5,
        cuts=((2, 0.3), (23, 0.0)),
        greeting="Welcome\r\n",
    ),
    "a message while a line is typed within the answer": Scene(
        prompt="ĉ?",
        echo="wrap",
        answers=(b"\xc4\x89? and more\r\n\xc4\x89? and more\r\n", b"\xc4\x89? and more\r\n\xc4\x89? and more"),
        pager="cisco small business",
        page=6,
        delay=0.1,
        cuts=((1, 0.02),),
        message="*** System shutdown soon ***",
        after=(3, 3),
        again=True,
    ),
    "a message after a prompt that ends the line of a text": Scene(
        prompt="a?",
        echo="redraw",
        answers=((b"100 % up"),),
        pager="junos",
        wipe="backspaces one by one",
        page=8,
        cuts=((1, 0.0), (200, 0.15), (5, 0.0)),
        hesitates=8.0,
        greeting="a?\r\nLast login: yesterday\r\n",
        message="*** System shutdown soon ***",
        after=(3, 0),
        again=True,
    ),
    "text after the line that logs out, whose first key a pager takes": Scene(
        prompt="8DT8-uw߄𠆲v(ਭS50❶Ꮬὶi偮%",
        echo="scroll",
        answers=(
            (
                b"8DT8-uw\xdf\x84\xf0\xa0\x86\xb2v(\xe0\xa8\xadS50\xe2\x9d\xb6"
                b"\xe1\x8f\x9c\xe1\xbd\xb6i\xe5\x81\xae%\r\n8DT8-uw\xdf\x84\xf0\xa0"
                b"\x86\xb2v(\xe0\xa8\xadS50\xe2\x9d\xb6\xe1\x8f\x9c\xe1\xbd\xb6i\xe5\x81\xae%"
                b" and more\r\nContinue? \r\n8"
                b"DT8-uw\xdf\x84\xf0\xa0\x86\xb2v(\xe0\xa8\xadS50\xe2\x9d\xb6\xe1"
                b"\x8f\x9c\xe1\xbd\xb6i\xe5\x81\xae%show clock\r\n(E"
                b"ND)\r\n> a\tb \xe6\xbc\xa2\xe5\xad\x97\r\n# int"
                b"erface\r\nsee ---\xe3\x81\xa4\xe3\x81\xa5\xe3\x81\x8f"
                b"--- there\r\n\r\n--More--(45"
                b"%)\r\nsee --\xd0\x94\xd0\xb0\xd0\xbb\xd0\xb5\xd0\xb5-- t"
                b"here\r\n' # ' -\r\n\r\n"
            ),
        ),
        pager="tp-link",
        page=6,
        delay=1.5,
        cuts=((9, 0.6),),
        hesitates=0.6,
        message="Nov 26 15:26:01.124: %SYS-5-CONFIG_I: Configured from console by ops",
        after=(3, 7),
    ),
    "the rest of an answer before an echo that a message divides": Scene(
        prompt="\x1b[1m\x1b[32mcolour\x1b[0m$ ",
        echo="wrap",
        answers=(
            (
                b"*** System shutdown soon"
                b" ***\r\n^\r\n\r\n--More--, nex"
                b"t page: Space, next line"
                b": Return key, quit: Cont"
                b"rol-c\r\n\xc3\x84 [x]\r\nat colour"
                b"$ \r\n\x1b[31mred\x1b[0m [x] nam"
                b"e: >\r\nGi0/1 10.0.0.1/24 "
                b"10.0.0.1/24 \x1b[31mred\x1b[0m"
                b"\r\n\r\n*** System shutdown "
                b"soon ***\r\n"
            ),
            (b"see <SPACE> for next page, <CR> for next line, A for all, Q to quit there\r\n\r\n"),
        ),
        pager="netscaler",
        wipe="backspaces one by one",
        cuts=((1, 0.0), (60, 2.4), (1, 0.0), (60, 0.15), (2, 0.6), (1, 8.0), (5, 0.0), (9, 2.4)),
        greeting="colour$ \r\nLast login: yesterday\r\n",
        message="Nov 26 15:26:01.124: %SYS-5-CONFIG_I: Configured from console by ops",
        after=(3, 9),
    ),
    "a quoted prompt that comes sooner than a reply can": Scene(
        prompt="[Dላ(wTzᵱ@$",
        echo="none",
        answers=(
            (b"see -- More -- there\r\nPassword:\r\n\r\n"),
            (
                b"  [D\xe1\x88\x8b(wTz\xe1\xb5\xb1@$\r\n[D\xe1\x88\x8b("
                b"wTz\xe1\xb5\xb1@$ and more\r\nsee -"
                b"-M\xc3\xa1s-- there\r\n[D\xe1\x88\x8b(wTz"
                b"\xe1\xb5\xb1@$show clock\r\n  [D\xe1\x88\x8b"
                b"(wTz\xe1\xb5\xb1@$\r\n' up\r\nat [D\xe1\x88"
                b"\x8b(wTz\xe1\xb5\xb1@$\r\n[D\xe1\x88\x8b(wTz\xe1\xb5\xb1"
                b"@$show clock\r\n  [D\xe1\x88\x8b(wT"
                b"z\xe1\xb5\xb1@$\r\n\xc3\x84 >\r\n#\r\n\r\n"
            ),
        ),
        pager="zhone",
        wipe="left",
        page=4,
        delay=3.0,
        cuts=((2, 0.3),),
    ),
    "a coloured pager that takes the empty line": Scene(
        prompt="[7p7S4Hᄷ0?",
        echo="scroll",
        answers=(
            (
                b"show version\r\nname: inte"
                b"rface Gi0/1\r\na\tb # 100 %"
                b"\r\n[x] - interface\r\n100 %"
                b"\r\n  [7p7S4H\xe1\x84\xb70?\r\nname: "
                b"[x]\r\nshow version\r\n\r\n"
            ),
            (
                b"[7p7S4H\xe1\x84\xb70?show clock\r\n"
                b"xy\x08z [x] interface\r\n[7p7"
                b"S4H\xe1\x84\xb70?show clock\r\nat ["
                b"7p7S4H\xe1\x84\xb70?\r\n\r\n\xc3\x84 xy\x08z\r\n"
                b"100 % > \x1b[31mred\x1b[0m\r\n10"
                b".0.0.1/24 up\r\n[7p7S4H\xe1\x84\xb7"
                b"0?show clock\r\n"
            ),
        ),
        pager="dlink",
        wipe="blanks of its width",
        page=8,
        delay=0.1,
        cuts=((60, 1.1), (2, 0.0), (60, 0.0), (5, 0.02), (2, 1.1), (200, 0.0), (1, 0.0), (60, 0.6)),
        greeting="[7p7S4Hᄷ0?\r\nLast login: yesterday\r\n",
        accepts=False,
        message="*** System shutdown soon ***",
        after=(6, 7),
    ),
    "the next command quoted in the last line, which has no end": Scene(
        prompt="\x1b]0;title\x07root@box:/var # ",
        echo="redraw",
        answers=(
            (
                b"name: 100 % - #\r\n-\r\nPass"
                b"word:\r\nsee --Meer-- ther"
                b"e\r\n\r\nroot@box:/var #  an"
                b"d more\r\nshow running-con"
                b"fig"
            ),
            (
                b"root@box:/var #  and mor"
                b"e\r\n\r\nname: up\r\nat root@b"
                b"ox:/var # \r\n[x]\r\n- name:"
                b" Gi0/1\r\n10.0.0.1/24 Gi0/"
                b"1 \xe6\xbc\xa2\xe5\xad\x97 -\r\n# \x1b[31mred\x1b["
                b"0m 10.0.0.1/24\r\nroot@box"
                b":/var #  and more\r\nshow "
                b"version\r\n"
            ),
            (
                b"at root@box:/var # \r\n--D"
                b"al\xc5\xa1\xc3\xad--\r\n\xe6\xbc\xa2\xe5\xad\x97\r\n- ' \xc3\x84"
                b"\r\nxy\x08z 10.0.0.1/24 xy\x08z "
                b"\xe6\xbc\xa2\xe5\xad\x97\r\n\r\n  root@box:/va"
                b"r # \r\n-- more --, next p"
                b"age: Space, continue: c,"
                b" quit: ESC\r\n"
            ),
        ),
        pager="strike",
        wipe="blanks",
        page=8,
        delay=0.7,
        cuts=((1, 0.0), (1, 0.15), (1, 0.6), (2, 0.02)),
        accepts=False,
        message="*** System shutdown soon ***",
        after=(4, 0),
    ),
    "the next command quoted before a pager at the end, and that command has no output": Scene(
        prompt="R1#",
        echo="plain",
        answers=(b"R1#\r\nshow running-config\r\n", b""),
        pager="routeros, end",
        wipe="blanks",
        page=2,
        cuts=((1, 0.02),),
        accepts=False,
    ),
    "a message within a wrapped echo, a text that is the command, and a prompt that ends unlike others": Scene(
        prompt="0)",
        echo="wrap",
        answers=(b"", b"0)\r\nProceed with reload? [confirm]\r\n", COMMANDS[2].encode() + b"\r\n"),
        cuts=((1, 0.0),),
        message="Nov 26 15:26:01.124: %SYS-5-CONFIG_I: Configured from console by ops",
        after=(6, 1),
        again=True,
    ),
    "the next command quoted below a prompt, and a pager takes the line end that proves its end": Scene(
        prompt="firewall01.example.net # ",
        echo="plain",
        answers=(b"  firewall01.example.net # \r\nshow running-config\r\n", b"\r\n" * 5),
        pager="ios",
        wipe="blanks",
        page=2,
        cuts=((1, 0.0), (1, 0.0), (1, 0.02)),
    ),
    "a quoted pager at the top of a page, and no echo": Scene(
        prompt="R1#",
        echo="none",
        answers=(b"\r\n" * 8 + b"--More--\r\n",),
        pager="ios",
        page=8,
        cuts=((1, 0.02),),
        accepts=False,
    ),
    "a message within a wrapped echo, and a text that is the command": Scene(
        prompt="R1#",
        echo="wrap",
        answers=(b"", b"R1# and more\r\n", COMMANDS[2].encode() + b"\r\n"),
        cuts=((1, 0.0),),
        message="Nov 26 15:26:01.124: %SYS-5-CONFIG_I: Configured from console by ops",
        after=(6, 1),
    ),
    "a pager whose percentage ends like the prompt": Scene(
        prompt="%",
        echo="wrap",
        answers=(
            (
                b"%\r\nsee --More-- there\r\n1"
                b"0.0.0.1/24\r\n\r\nat %\r\n%sho"
                b"w clock\r\n' \xe6\xbc\xa2\xe5\xad\x97\r\n--M\xc3\xa1"
                b"s--\r\n\r\n"
            ),
            (b"name:\r\nsee Press any key to continue there\r\n100 %\r\n%show clock\r\n100 % 10.0.0.1/24 #\r\n"),
        ),
        pager="less, all",
        wipe="erase the line",
        page=8,
        delay=0.01,
        cuts=((1, 0.3), (2, 0.0), (60, 0.0), (9, 0.6), (1, 2.4), (1, 0.0), (1, 8.0), (2, 0.0)),
        again=True,
    ),
}


@SETTINGS
@given(scenes())
def test_an_answer_is_whole_or_it_is_not_ok(scene: Scene) -> None:
    """Whatever a device says and whenever it pauses, an answer of status ok is exact.

    The device can echo nothing, hesitate within its prompt, print a message while a line is typed, and quote prompts,
    commands, questions and pagers. Not played is what nobody can tell apart: two quoted prompts in a row, a pause of
    0.1 s or more behind a quoted pager or a prompt on its line, and text on the line that a prompt wipes. Exact means:
    but for prompts and messages at the end of a text, which the device can have printed after it, a message between the
    echo and the text, and blanks that wiping a pager wipes.
    """
    played = scene.played()
    assert played.outputs or played.error is not None
    for number, (command, output) in enumerate(played.outputs.items()):
        event(output.error.kind if output.error else output.status)
        if output.status == "ok":
            assert scene.same(output.text, number), (command, scene)


@SETTINGS
@given(plain_scenes())
def test_a_plain_answer_is_ok(scene: Scene) -> None:
    """A device that echoes, and whose text holds nothing that something else could be taken for, is always answered.

    It can pause for 8 s anywhere in a text, for less than 0.1 s in a prompt, and prints a prompt within 9 s.
    """
    played = scene.played()
    assert played.error is None, scene
    for number, command in enumerate(played.outputs):
        assert scene.same(played.texts[command], number), (command, scene)


def test_the_first_letter_of_a_word_is_not_the_prompt_of_a_device_with_this_name() -> None:
    lines = b"\r\n" * 5 + b"10.0.0.1/24 Gi0/1 -\r\nxyz\r\n\r\n\r\n"
    scene = Scene(prompt="x::%", echo="plain", answers=(lines,), pager="ios", page=4, cuts=((1, 0.0), (5, 1.1)))
    scene.accepts = False
    assert scene.played().error is None


def test_the_name_of_a_device_is_not_what_its_pager_announces() -> None:
    scene = Scene(prompt="!FAILOVER#", echo="redraw", answers=(b"\r\n\r\n\r\n",), pager="zhone", page=2)
    assert scene.played().error is None


def test_a_device_that_pauses_in_its_first_line_is_not_tested_in_each_pause() -> None:
    """What it says first is the rejection of the line that turns paging off."""
    pauses = ((5, 0.0), (5, 0.0), *[(1, 1.1)] * 5)
    scene = Scene(prompt="R1#", echo="plain", answers=(b"",), cuts=pauses, accepts=False)
    assert scene.played().error is None


def test_a_pager_that_ends_like_the_prompt_is_not_the_prompt() -> None:
    """``<--- More --->`` ends like ``->``, and the page behind it ends without a line end."""
    scene = Scene(prompt="-> ", echo="plain", answers=(b"\r\n\r\ninterface",), pager="asa", wipe="blanks", page=2)
    assert scene.played().error is None


@pytest.mark.parametrize("scene", WRONG_ONCE.values(), ids=WRONG_ONCE)
def test_an_answer_that_cannot_be_assigned_is_not_ok(scene: Scene) -> None:
    played = scene.played()
    for number, (command, output) in enumerate(played.outputs.items()):
        assert output.status != "ok" or scene.same(output.text, number), (command, output)


def test_each_empty_line_brings_its_prompt_before_an_answer_is_proven() -> None:
    """The device pauses within the line that rejects the first command, so that it gets two empty lines."""
    scene = Scene(
        prompt="!0#",
        echo="plain",
        answers=(b"[x] - interface\r\n", b"Gi0/1 >\r\n\r\nup\r\n"),
        delay=0.01,
        cuts=((5, 1.1),),
        greeting="Welcome\r\n",
        accepts=False,
    )
    played = scene.played()
    assert played.error is None
    assert all(scene.same(played.texts[command], number) for number, command in enumerate(played.outputs))


def test_the_key_of_a_pager_that_was_none_does_not_end_an_answer() -> None:
    """The device pauses behind a text that says what the prompt of a pager says, and that looks like its prompt."""

    def text() -> Talk:
        yield b"Press <Enter> to continue..."
        yield b"R1.exam"
        yield 1.1

    talk = device(b"R1.example#", {"show version": text, "show clock": b"12:00\r\n"})
    played = play(talk, ["show version", "show clock"])
    assert played.kinds() == {"show version": "ok", "show clock": "ok"}
    assert played.texts["show version"] == "Press <Enter> to continue...R1.exam"
