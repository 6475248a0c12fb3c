# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recognise answers that reject a command.

A rejection is short, and its message begins a line. The same words can be in a good answer: in a log line, a counter,
a table, or a configuration. So a line counts only if it begins with one of the known messages, has no time and no
columns, and is not a name with a number. In an answer of more than a few lines, only the first and last lines count.
A long answer is a rejection only if it begins with a message that introduces a list, such as "Available commands:".

A sentence that is all of the answer can say more: that the session, a login, a licence or a part of the device has
failed. It rejects the command, too, as nothing else came.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..._chatter import is_chatter

LONE = 2  # lines; any error is a rejection in such an answer
SHORT = 4  # lines; each line of such an answer can be the message
MOST_LINES = 12  # of an answer in which the first two lines and the last one can be the message
MOST_HELP_LINES = 200  # of an answer whose first line is the message and which goes on with help
LONGEST = 16 * 1024  # characters of an answer that can be a rejection
LONGEST_MESSAGE = 400  # characters of a line that can be one

_THING = (
    r"(?:cli |config(?:uration)? |internal |input |numeric |mandatory |required |show |user |positional |sub-?|"
    r"exec )?(?:commands?|input|keywords?|param(?:eter)?s?|arguments?|args?|options?|tokens?|syntax|usage|action|"
    r"word|element|operand|object|attribute|switch|flag|qualifier|entry|values?|expression|statement|string|"
    r"characters?|host(?:name)?|interface|port|number|line|completion|verb|item|operation|request|selection|range|"
    r"format|pipe|mode)"
)
_WRONG = (
    r"(?:an? )?(?:invalid|illegal|unknown|unrecogni[sz]ed|unsupported|unexpected|undefined|incorrect|incomplete|"
    r"ambiguous|wrong|bad|improper|missing|extra|excess(?:ive)?|too many|too few|not enough|insufficient|no such|"
    r"no matching|inconsistent|malformed|duplicate|unavailable|inapplicable)"
)
_RIGHTS = (
    r"(?:privileges?|permissions?|rights?|authori[sz]ation|authority|access (?:rights?|privileges?|level|to)|"
    r"access(?=[.!]?$))"
)
_SHELL = r"(?:-?(?:\S*/)?(?:ba|k|z|a|da|tc|c|rba|fi|)sh|busybox|sudo|imish|vtysh|vbash|cli)"

# What may stand in front of a message.
_MARKS = re.compile(r"(?:[%>*!?#~.-]|\^(?!\w))+\s*")
_LABEL = re.compile(
    r"(?:\[?(?:cli |data |input |data input |syntax |command |validation |server |fatal |internal |unexpected |"
    r"request |operation |parsing |runtime )?(?:errors?|err|failed|failure|fail|warning|fatal|exception|notice|"
    r"aborted|info)\]?(?: code)?(?:\s?[(\[]?[-#]?\w{0,16}\d[)\]]?)?\s{0,2}(?::|!|[.,](?= )|-{1,2}>?|=>)\s*|"
    r"\[error\]\s*|\d{8}:\d: ?|[\"'][^\"']{1,80}[\"']\s{2,4}|\w{1,10}\d{3,6}\s{1,4}|e\d{3}: ?|cli: |result: |"
    r"aaa[:-] ?|ng: |e: |(?:minor|major|critical): \w+ #?\d*:? ?)+[%*]*\s*",
    re.IGNORECASE,
)

# Messages. Each begins a line, behind the marks and labels.
_MESSAGES = re.compile(
    "|".join(
        (
            # -- syntax
            rf"{_WRONG},? (?:or (?:\w+ ){{1,2}})?{_THING}\b",
            r"syntax error\b(?! (?:log|counter|count|statistics|history|rate|buffer)s?\b)|"
            r"syntax is (?:incorrect|invalid|wrong)|parsing error\b|parse error\b",
            r"(?:command|value|node|object|input) parse error\b|cli parsing error\b|(?:node_check_object|"
            r"object set)\b.*\b(?:fail|error)",
            r"(?!command (?:authori[sz]ation|accounting|logging|history) |line (?:console|con|vty|aux)\b)"
            r"(?:command|input|keyword|parameter|argument|option|token|line|statement|expression|action|"
            r"word)s?(?: or \w+)? (?:(?:string|name|line|'[^']{0,80}'|\"[^\"]{0,80}\"|<[^>]{0,80}>|"
            r"\S{1,80}) )?(?:(?:is|was|are) |has been )?(?:not (?:an? )?(?:found|recogni[sz]ed|valid|known|complete|"
            r"completed|allowed|permitted|available|supported|authori[sz]ed|understood|implemented|unique|matched|"
            r"accepted|executed|applicable|enabled|defined)|invalid|incomplete|ambiguous|unknown|unrecogni[sz]ed|"
            r"incorrect|illegal|unsupported|unauthori[sz]ed|wrong|missing|rejected|denied|refused|disallowed|"
            r"prohibited|forbidden|required|expected|too long|does not exist|terminated|(?:cannot|can not|"
            r"could not) be (?:executed|used|run|found|parsed|recogni[sz]ed)|disabled|unavailable)\b",
            r"(?:feature|function) (?:is )?(?:not (?:supported|available|allowed|permitted)|disabled|unavailable)",
            r"(?:the|this|that|your|specified|requested)(?: \w+)? (?:command|input|option|parameter|"
            r"keyword)\b.{0,80}?\b(?:not|invalid|incomplete|ambiguous|unknown|denied|rejected|cannot|unauthori[sz]ed|"
            r"failed|requires|unsupported|disabled|incorrect|is (?:available )?only)\b",
            r"(?:please )?(?:enter|use|switch to) (?:enable|privileged) mode|(?:privileged|"
            r"enable) mode (?:is )?required|(?:parameter|input|range|argument|usage) error\b|(?:value|number|"
            r"parameter)\b.{0,40}(?:out of|not in) range|(?:trailing |extra )?garbage\b|extraneous |"
            r"unexpected end of |no valid token|required \w+ (?:is )?missing",
            r"(?:the|this|that|your|requested)(?: \w+)? (?:function|operation|action|"
            r"request)\b.{0,80}?\b(?:not (?:permitted|allowed|authori[sz]ed)|denied|rejected|unauthori[sz]ed)\b",
            r"command (?:fail(?:ed|ure)?\b(?!s)|error\b|rejected\b|authori[sz]ation (?:has )?(?:fail|den|err|reject))",
            r"commands? (?:execution|processing|parsing) (?:failed|error|denied)",
            r"(?:cannot|can't|can not|could not|couldn't|unable to|failed to|fail to|not allowed to|"
            r"not permitted to) (?:execute|parse|find|recogni[sz]e|run|process|understand|authori[sz]e|resolve|"
            r"complete|interpret|access|perform|locate|open)(?:$| (?:\w+ ){0,3}?(?:command|input|line|host|option|"
            r"keyword|parameter|argument)\b)",
            r"don't (?:understand|recogni[sz]e)|do not understand",
            r"(?:data input|shell parser|cli parser|unexpected) (?:error|failure): ?\S|error$",
            r"not found[.!,:;] (?:type|use|enter|try|see) ",
            r"(?:unrecogni[sz]ed|unknown|bad) (?:host|command|input|address|mask|ip)\b|unknown action \d+$",
            r"bad command name\b|expected (?:end of|command|closing|one of|an? |value|keyword|'|\")|expecting\b",
            r"(?:input|value) does not match any\b|value of \S+ (?:must|expects|should|out of range)|no such (?:item|"
            r"command|file|argument|option|parameter|attribute)\b|nothing to complete|failure: [a-z]",
            r"need to specify\b|set failed$|configuration path: .{1,200}is not valid|cmd exec error|"
            r"module not present for port|not an? (?:valid|recogni[sz]ed|known|supported) (?:command|input|option|"
            r"parameter)|(?:could not|cannot) open .{0,200}no such file or directory|must (?:specify|be followed|"
            r"provide|enter)\b|specify (?:a |the |one )?(?:\w+ )?(?:command|option)",
            r"no (?:valid )?(?:completions?|matching command|command|such command)(?: (?:found|matched|for).*|[.!]|$)",
            r"no valid (?:completions?|command|option)",
            r"(?:available|valid|possible) (?:commands?|options|completions?|next)\b.{0,40}:$|"
            r"next possible completions?:?",
            r"type (?:\"|'|`)?(?:show |help|\?|.{1,40}\?).{0,60}(?:list|help|subcommands|commands|information|more)",
            r"(?:use|enter|try|press|see) (?:\"|'|`|<)?(?:help|\?).{0,60}(?:list|help|commands|information|more|"
            r"options)",
            r"incomplete(?: at|: | after)|ambiguous(?: at|: | before)|(?:ambiguous|unmatched|"
            r"unknown) \w+ (?:in the position|before|after|at|near|from)\b",
            r"(?:error|invalid|incorrect|wrong|illegal|unexpected|ambiguous|incomplete|unrecogni[sz]ed|"
            r"unknown)\b.{0,40}(?:\^|marker|position|column \d)",
            r"(?:an )?invalid \w+ (?:has been|was|is) (?:used|entered|given|specified|supplied)",
            r"unmatched |unbalanced |unterminated |missing (?:closing|right|left|quote|\w+ argument)",
            r".{1,120} -- (?:invalid|incomplete|ambiguous|unknown) command\b|unknown cmd\b|"
            r"executed command unsuccessfully",
            r"there is no such command|command (?:doesn't|does not) exist|status_tag=command processing failed",
            r"pipe is not (?:supported|available|allowed)|this (?:feature|function) is not licensed",
            r"this (?:platform|device|switch|router|model|version) (?:does not|doesn't) support this "
            r"(?:command|feature)",
            r"this command can only be (?:executed|used|run|entered)\b",
            # -- rights
            r"(?:command )?rejected by (?:the )?(?:aaa|tacacs\+?|radius)\b|(?:aaa|tacacs\+?|radius) server (?:has )?"
            r"(?:denied|rejected|refused)\b|user (?:is )?not authori[sz]ed\b|this operation requires privilege\b",
            r"the current user has no (?:permission|right|privilege)",
            r"(?:[\w+/-]{1,20} ){0,2}authori[sz]ation (?:has )?(?:fail(?:ed|ure|s)?|denied|error|rejected|refused|"
            r"(?:is |was )?(?:not|un|denied|refused)\b.{0,20})(?!s\b)",
            r"(?:rbac |aaa |\w*access )?(?:permission|access|privilege|request|operation|authority|command) (?:is |"
            r"was |has been )?(?:denied|refused|prohibited|forbidden|restricted|rejected|violation|not (?:permitted|"
            r"allowed|granted|given|authori[sz]ed))(?:[.!:,;(-]|$| (?:to|for|by|in|on|while|due|because|[(*-]))",
            r"(?:denied|forbidden|unauthori[sz]ed|not (?:authori[sz]ed|permitted|allowed|privileged|"
            r"enough privilege))(?: (?:to|by|for|in|command|request|operation)\b|[.!:,]|$)",
            r"\S{1,40} is not (?:in the sudoers file|allowed to run)|rbac (?:check )?(?:fail|den)\w*|invalid role$",
            r"(?:you )?must (?:be|have) (?:root|admin|in |an? |the )",
            r"(?:sorry,? |the |this |current |your |requested )?(?:you|user|client|account|role|"
            r"administrator)s?\b.{0,60}?\b(?:(?:do(?:es)?(?: not|n't) have|ha(?:s|ve) (?:no|insufficient)|lacks?|"
            r"needs?|must have|requires?)\b.{0,40}\b(?:privilege|permission|right|authori|access|role|level)|"
            r"do(?:es)?(?: not|n't) (?:allow|permit)|(?:is|are)(?: not|n't) (?:authori|allowed|permitted|privileged|"
            r"in the sudoers)|(?:can(?:not|'t| not)|may not|must not) (?:run|execute|access|use|perform))",
            rf"(?:no|insufficient|inadequate|not enough|not sufficient|lack of|missing|low|lacking|without|"
            rf"invalid)(?: \w+){{0,2}} {_RIGHTS}\b",
            rf"(?:\w+ ){{0,2}}(?:{_RIGHTS}(?: level)?|level) (?:is |are |was )?(?:too low|insufficient|inadequate|"
            rf"not (?:enough|sufficient|high)|"
            r"required|missing|lacking|needed|check (?:fail|err)\w*)",
            r"(?:requires?|needs?) .{0,40}(?:privilege|permission|authori[sz]ation|access level|root|enable)",
            r"only (?:root|admin|administrators?|users? with|the super).{0,80}(?:can|may|allowed|permitted)",
            # -- shells of operating systems
            rf"{_SHELL}: .{{0,200}}(?:not found|permission denied|no such file or directory|syntax error.*|"
            rf"required\b.*|"
            r"restricted.*|not recognized|unknown command.*|incorrect password attempts?|cannot execute.*|"
            r"can't open.*|denied)$",
            r"sudo: |\S{1,40}: (?:applet not found|is a directory|not a directory)",
            r"'?[\w./-]{1,80}'?: (?:.{0,120}: )?(?:(?:command )?not found(?! [(\[])|permission denied|"
            r"operation not permitted|no such file or directory|(?:invalid|unrecogni[sz]ed|unknown|illegal|"
            r"ambiguous) (?:command|option|argument|object|host|keyword|token)\b.*|missing operand|too (?:many|"
            r"few) arguments|is ambiguous|is incomplete|must be root|you must be root)",
            r"object \"[^\"]{0,80}\" is unknown|command \"[^\"]{0,80}\" is unknown",
            r"-?\S{0,20}sh: .{1,80}: (?:not found|unknown)",
            # -- what was typed, then what is wrong with it
            r"(?:'[^']{0,120}'|\"[^\"]{0,120}\"|`[^`']{0,120}['`]|<[^>]{0,120}>|\[[^\]]{0,120}\]):? ?(?:is |"
            r"was )?(?:an? )?(?:not (?:an? )?(?:found|valid|recogni[sz]ed|known|supported|complete|allowed|"
            r"authori[sz]ed|permitted|understood|unique|available|defined)|invalid|ambiguous|incomplete|unknown|"
            r"unrecogni[sz]ed|unsupported|illegal|wrong|does(?:n't| not) exist|has (?:too|extra)|command not|"
            r"no such)\b",
        )
    ),
    re.IGNORECASE,
)
_OTHER_LANGUAGES = re.compile(
    r"(?:fehler: )?(?:unbekannte[rs]?|ung(?:ü|ue)ltige[rs]?|unvollst(?:ä|ae)ndige[rs]?|falsche[rs]?|mehrdeutige[rs]?) "
    r"(?:befehl|kommando|eingabe|parameter|argument|option|syntax)|"
    r"(?:befehl|kommando) (?:ist )?(?:nicht|unbekannt|ung)|"
    r"(?:erreur ?: )?(?:commande|syntaxe|option|param[èe]tre|argument) (?:inconnue?|non reconnue?|invalide|"
    r"incompl[èe]te?|incorrecte?|introuvable|ambigu)|"
    r"(?:errore?: )?(?:comando|sintaxis|sintassi|sintaxe|opci[óo]n|par[áa]metro) (?:desconocid[oa]|desconhecid[oa]|"
    r"no (?:v[áa]lid|reconocid|encontrad)|incorrect[oa]|inv[áa]lid[oa]|incomplet[oa]|n[ãa]o|sconosciut[oa]|non )|"
    r"(?:ошибка: )?(?:неизвестн|неверн|недопустим|неполн|неправильн)\w+ (?:команд|параметр|ввод|аргумент|синтаксис)|"
    r"(?:zugriff|berechtigung) verweigert|acc[èe]s refus[ée]|acceso denegado|accesso negato|"
    r"acesso negado|доступ запрещ|"
    r"(?:错误|錯誤|エラー)\s?[:\uff1a]\s?\S|(?:命令|指令|输入|参数|语法)(?:错误|无效|不存在|不支持|不完整|未知)|"
    r"(?:无效|未知|不支持|非法|无法识别|不完整)的?(?:命令|指令|输入|参数)|权限不足|拒绝访问|没有权限|"
    r"(?:不明な|無効な|不正な)コマンド|コマンド(?:が|は)\S{0,12}(?:ません|エラー)",
    re.IGNORECASE,
)
# Messages behind a percent sign or a label such as "Error:", of which the sign is a half.
_MARKED = re.compile(
    rf"{_WRONG}\b|command\b.*\b(?:not|fail|invalid|incomplete|ambiguous|unknown|rejected|den|exceed|is only)|"
    rf"error\b(?!-)|"
    r"(?:cannot|can't|could not|unable|failed|fail|denied|not (?:a|an|valid|allowed|supported|permitted|"
    r"authori[sz]ed|enough|available|recogni[sz]ed|complete)|(?:value|number)\b.*\brange|permission|"
    r"access (?:is )?denied|authori[sz]ation (?:fail|den|err)\w*|privilege|unauthori[sz]ed|required|unmatched|"
    r"please (?:enter|specify|use|type|check|log|sign|try|wait|contact)|"
    r"must|need|you|this command|no permission|no such|no matching|no authority|no privilege|insufficient|rejected|"
    r"refused)\b",
    re.IGNORECASE,
)
_PERCENT = re.compile(r"%{1,2}\s{0,4}(?![A-Z0-9_]{2,}(?:-[A-Z0-9_]+)*-\d-)")
_ERROR = re.compile(
    r"\[?(?:cli |server |validation |data input |unexpected |syntax |parsing )?(?:error|err|failure|fail|"
    r"fatal)\]?\s{0,2}(?:\([^)]{0,40}\)\s?)?(?:[:!]|-(?= ))\s{0,4}(?:$|[a-z\"'%*^<]\S*\s+\S)",
    re.IGNORECASE,
)
# Of SR OS, of Gaia, of ZTE, of BIG-IP, of APC, of others, and of Junos, whose routing process answers most commands.
_CODE = re.compile(
    r"(?:MINOR|MAJOR|CRITICAL): [A-Z_]{2,20} |[A-Z]{5,8}\d{4} {2}\S|%{1,2}\s?Error \d{3,6}: \S|"
    r"[0-9a-f]{8}:\d{1,2}: [A-Z]|E[1-9]\d{2}: [A-Z]|\^Parse error\b|Error at \"[^\"]{1,80}\": \S|"
    r"M {1,3}\w{1,20} DENY$|"  # TL1
    r"%?Error: [^:]{1,120}: (?:no such|unknown|invalid) command\b|"
    r"error: the (?:routing|chassis-control|management) subsystem is not running"
)
# A sentence that is all of the answer, about what an answer needs: the session, the rights, and a part of the device.
_SESSION = (
    r"(?:sessions?|log-?ins?|logon|authentication|authori[sz]ation|credentials?|tokens?|accounts?|(?:pass|user)\s?"
    r"(?:word|name)s?|users?)"
)
_LICENCE = r"(?:licen[sc]es?|subscriptions?)"
_PART = (
    r"(?:rpc|api|requests?|operation|commands?|query|call|connection|transaction|execution|lookup|processing|server|"
    r"service|backend|daemon|agent|subsystem|socket|ipc|internal|communication|feature)"
)
_HAS_FAILED = (
    r"(?:errors?|exceptions?|failed|failures?|denied|refused|rejected|unavailable|not available|not accessible|"
    r"timed out|time-?out|lost|aborted|terminated|closed|unreachable|not responding|not ready)"
)
_WORDS = r"(?: [a-z][a-z/-]{0,19}){0,4}? (?:(?:has|have|is|was|are|were) )?(?:been )?"
_SENTENCE = re.compile(
    r"(?!.*\b(?:no|none|never|without)\b|.*\bnot (?!available|accessible|responding|ready|(?:currently )?(?:log|sign))|"
    r"(?:description|remark|banner|message|text|comment|name|title|label|last|previous)\b|"
    r"request timed out\b)(?:"  # the answer of a ping
    rf"(?:[a-z][a-z/-]{{0,19}},? ){{0,4}}?(?:(?:{_SESSION}|{_LICENCE}){_WORDS}(?:required|needed|missing|invalid)|"
    rf"{_SESSION}{_WORDS}expired|(?:{_SESSION}|{_LICENCE}|{_PART}){_WORDS}{_HAS_FAILED})"
    r"(?:[.!]|[.,;:(-]\D.{0,200}| (?:for|to|by|on|in|at|while|when|because|due|with|from|before|after|or|and|during)\b"
    r".{0,200})?|(?:you are |user is |sorry,? )?not (?:currently )?(?:logged|signed) (?:in|on)\b.{0,200}|"
    r"(?:please |you must |you need to )(?:log|sign) ?(?:in|on)\b.{0,200})",
    re.IGNORECASE,
)
# The same about what keeps a device from answering now, and about an error of its operating system.
_CANNOT = re.compile(
    "|".join(
        (
            r"(?:[\w-]{1,20}: )?(?:unable to|cannot|can't|can not|could not|couldn't|failed to|fail to) "
            r"(?:get|read|retrieve|obtain|load|fetch|display|show|open|connect|contact|communicate|reach|lock|start|"
            r"determine|allocate)\b.{0,200}",
            r"(?!.*\b(?:no|none|never|last|previous)\b).{1,120}\b(?:re)?try (?:it )?(?:again|later)\b.{0,40}",
            r"(?:\w{1,10}: )?(?:the )?(?:[a-z-]{1,20} ){0,3}?"
            r"(?:nvram|memory|config\w*|database|file|system|device|command|cli|session) "
            r"(?:(?:is|are) )?(?:currently )?"
            r"(?:in use|busy|not ready|initiali[sz]ing|locked(?: by .{1,80})?)(?:[.!]|, .{1,60})?",
            r"please wait, .{1,80}|another (?:user|session|process) is .{1,80}|no response from .{1,80}",
            r"(?:configuration|command|output|input) buffer (?:is )?full\b.{0,80}",
            r"(?:\S{1,60} )?(?:file )?open failed\b.{0,80}|cmd parsing error\b.{0,200}",
            r"error (?:executing|running|processing|opening|reading|in processing) .{1,120}",
            r"(?:got )?permission denied while .{1,300}|error response from daemon: .{1,200}",
            r"(?:this operation is )?not (?:implemented|supported)(?: (?:in|on|by|for) .{1,80})?[.!]?|unsupported[.!]?",
            r"(?!(?:no|last|without) )(?:an? )?(?:[a-z]{2,15} ){0,2}error (?:has )?occurr?ed\b.{0,100}",
            r"(?!(?:no|last|without) )(?:[a-z]{2,15} )?error[.!]?|out of memory[.!]?|timed out[.!]?|\(error\) .{1,120}",
            r"(?:exec|action|execution)(?: has)? failed[.!]?|error in command\b.{0,80}",
            r"(?:\w{1,15} )?command (?:is )?(?:blocked|not supported)\b.{0,60}",
            r"command (?:requires (?:an? )?|can only be |is only )\w.{0,60}",
            r"(?:only (?:allowed|available|supported|permitted)|unsupported) (?:on|in|for|by) .{1,60}",
            r"(?:this )?operation (?:is )?not supported[.!]?|not available in (?:user|this) mode[.!]?",
            r"segmentation fault\b.{0,20}|bus error\b.{0,20}|killed|resource temporarily unavailable",
            r"(?:timed out|timeout) (?:waiting|while|connecting|communicating) .{1,120}",
            r"[^:]{1,120}: (?:.{0,120}: )?(?:operation not permitted|permission denied|"
            r"no such (?:file or directory|device)|(?:device or resource|text file) busy|input/output error|"
            r"name or service not known|temporary failure in name resolution|cannot allocate memory|"
            r"no space left on device|resource temporarily unavailable)\b.{0,40}",
        )
    ),
    re.IGNORECASE,
)
# Says that the answer follows.
_WORKING = re.compile(r"(?:building|generating|retrieving|reading) (?:\w{1,20} ){0,3}\w{1,20}\s?\.{2,}", re.IGNORECASE)
_TRACEBACK = "Traceback (most recent call last):"  # a command that is a Python program
_EXCEPTION = re.compile(r"[\w.]{1,120}(?:: .{1,400})?")
_MAY_FAIL = re.compile(rf"(?<!\w)(?:{_HAS_FAILED}|expired|required|missing)(?!\w)", re.IGNORECASE)
# What a message of a program or of a command line begins with. Any other word can be a keyword of a configuration.
_PROGRAM = re.compile(
    rf"(?:{_SHELL}|-?cli\w{{0,10}}|\w{{0,8}}(?:cli|shell)|exec|parser|aaa|rbac|tacacs|radius|console|terminal)\Z",
    re.IGNORECASE,
)
_COMMAND = re.compile(r"(?:sh(?:ow?)?|dis(?:p\w{0,4})?|get|ping|trace\w{0,5})\s\S", re.IGNORECASE)
_ADVICE = re.compile(r"(?:please|contact|use|see|try|install|enter|check|log|run|type)\b", re.IGNORECASE)
_COUNTS_ON = re.compile(
    r"\d{1,12} ?(?:times?|packets?|bytes|matche?s?|hits?|errors?|entries|lines|users|hosts)\b|\d{1,12}$"
)
_LONE_WORD = re.compile(  # behind a mark or a label
    r"(?:unknown|invalid|unrecogni[sz]ed|illegal|ambiguous|incomplete|unsupported|denied|rejected|syntax)[.!]?$",
    re.IGNORECASE,
)
_QUOTED_COMMAND = re.compile(r"command not found: (\S+(?: \S+){3,})", re.IGNORECASE)
_NOTHING = re.compile(
    r"\b(?:not (?:currently )?(?:running|active|enabled|configured|up|present|initiali[sz]ed|installed)|no entr(?:y|"
    r"ies)|nothing to (?:show|display)|no such (?:neighbou?r|peer|route|entry|process)|not in table)\b",
    re.IGNORECASE,
)
# A line that has one of these is data.
_DATA = re.compile(
    r"\d{1,2}:\d{2}:\d{2}|\b\d{4}[-/]\d{1,2}[-/]\d{1,2}\b|^<\d{1,3}>|^\S{1,40}\[\d{1,7}\]:|^%[A-Z0-9_]+-(?:\w+-)?\d-|"
    r"\b\d+ (?:packets|bytes|times|matches|hits|errors)\b|"
    r"^(?:CRITICAL|MAJOR|MINOR|WARNING): [A-Z_]+ #\d+ \w"  # of a log of SR OS
)
_COUNTER = re.compile(
    r"(?:[\w/ ()-]{0,60}?(?:\s{0,9}[:=]\s{0,40}|\s{2,40}|\s?\.{2,60}\s{0,9})|"
    r"(?:[\w-]+ ){1,3})[\d,]{1,20}(?:[\s,(%].*|$)"
)
_GAP = re.compile(r"\S(?:\s{3}|\t)\s*|\s\|\s")
_CARET = re.compile(r"[-~. \t_=*|]{0,400}\^[-~. \t^]{0,400}")
_MARK_STARTS = frozenset("^-~._=*|")
_CARET_WORDS = re.compile(
    r"invalid|incorrect|error|unrecogni[sz]ed|unknown|incomplete|ambiguous|wrong|bad |syntax|expect|too many|illegal|"
    r"not |missing|parameter|unexpected|position|marker|fail",
    re.IGNORECASE,
)
_TIME = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun)\w* .{0,20}\d:\d{2}:\d{2}.{0,30}", re.IGNORECASE)
_DAY = re.compile(r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec) {1,2}\d{1,2} \S", re.IGNORECASE)
_BANNER = re.compile(r"(?:set )?(?:banner|login|announcement)\b[\w -]{0,40}?\s(\^C|[^\w\s\"])$", re.IGNORECASE)
_TEXT = ("set ", "banner ", "description ", "message ", "text ")  # each can have a text in quotation marks behind it
_HELP = re.compile(
    r"available commands|next possible completion|valid commands|possible completions"
    r"|(?:error: )?(?:(?:unknown|unrecogni[sz]ed|invalid) command\b|command not found\b)",
    re.IGNORECASE,
)
# Says that a part of the configuration is not there: the answer of IOS XR to a command that shows it.
_NO_CONFIGURATION = re.compile(r"no such configuration item\b", re.IGNORECASE)
_NOT_FOUND = re.compile(r"not found[.!]?", re.IGNORECASE)
# The text of a banner can say who has access. Only what is about a command line rejects the command that shows it.
_SHOWS_BANNER = re.compile(r"\b(?:banner|motd)\b", re.IGNORECASE)
_OF_COMMANDS = re.compile(r"[%^]|.{0,60}\b(?:command|input|syntax|keyword|parameter|token|argument)", re.IGNORECASE)
_USAGE = re.compile(r"usage:\s{0,4}(\S+)", re.IGNORECASE)
_ASKS_HELP = re.compile(r"\?|\bhelp\b|(?:^|\s)-h\b|\busage\b|\bman\b", re.IGNORECASE)


def rejection_in(text: str, command: str, failures: Iterable[str]) -> str | None:
    """Return the line of an answer that rejects the command, or None if it was accepted.

    :param text: the answer without echo and prompt.
    :param failures: texts of the platform.
    """
    line = _rejection_in(text, command, failures)
    if line is not None and _SHOWS_BANNER.search(command) and not _OF_COMMANDS.match(line):
        return None
    return line


def _rejection_in(text: str, command: str, failures: Iterable[str]) -> str | None:
    if len(text) > LONGEST or text.count("\n") > MOST_HELP_LINES:
        return None
    every = [each.strip() for each in text.strip().split("\n")]
    if every[0] == _TRACEBACK and _EXCEPTION.fullmatch(every[-1]):
        return every[-1]
    lines = []
    has_caret = False
    for line in _unquoted(every):
        if not line or line == command.strip():
            continue
        if line[0] in _MARK_STARTS and _CARET.fullmatch(line[:LONGEST_MESSAGE]):
            has_caret = True
        elif not _TIME.fullmatch(line[:LONGEST_MESSAGE]) and not _WORKING.fullmatch(line) and not is_chatter(line):
            lines.append(line)
            if len(lines) > MOST_LINES:
                if not _starts_help(lines[0]):
                    return None
                break
    texts = tuple(failures)
    alone = len(lines) <= SHORT
    if lines and (len(lines) == 1 or (len(lines) == LONE and _ADVICE.match(lines[1]))) and _says_no(lines[0], command):
        return lines[0]
    for number, line in enumerate(lines):
        if not _counts(number, line, lines) or _goes_on(line, lines[number + 1 : number + 2]):
            continue
        lone = number == 0 or len(lines) <= LONE
        if _is_rejection(line, command, lone=lone) or _is_failure(line, texts, alone=alone, lone=lone):
            return line
        if has_caret and alone and _CARET_WORDS.search(line[:LONGEST_MESSAGE]):
            return line
    return None


def _unquoted(lines: list[str]) -> list[str]:
    """Return the lines without those of a banner or of a text in quotation marks, which begins behind a keyword."""
    kept: list[str] = []
    place = 0
    while place < len(lines):
        line = lines[place]
        place += 1
        end = _end_of_quote(line, lines, place)
        if end is not None:
            place = end + 1
            line = line.split('"', 1)[0]
        kept.append(line)
    return kept


def _end_of_quote(line: str, lines: list[str], start: int) -> int | None:
    """Return the number of the line that ends the text that begins in ``line``, or None if none does."""
    banner = _BANNER.match(line) if len(line) <= LONGEST_MESSAGE else None
    if banner:
        return next((place for place in range(start, len(lines)) if lines[place].endswith(banner[1])), None)
    if line.count('"') % 2 and line.lower().startswith(_TEXT):
        return next((place for place in range(start, len(lines)) if lines[place].count('"') % 2), None)
    return None


def _counts(number: int, line: str, lines: list[str]) -> bool:
    """Return whether a line can be the message, by its place in the answer."""
    if len(lines) <= SHORT or number == 0:
        return len(line) <= LONGEST_MESSAGE and (len(lines) <= MOST_LINES or _starts_help(line))
    return len(line) <= LONGEST_MESSAGE and len(lines) <= MOST_LINES and number in (1, len(lines) - 1)


def _starts_help(line: str) -> bool:
    return line.startswith("%") or _HELP.match(line) is not None


def _is_rejection(line: str, command: str, *, lone: bool) -> bool:
    """Return whether a line begins with a message that rejects a command, on any platform.

    :param lone: the line is the first one, or there is at most one more, so that any error is one.
    """
    if _CODE.match(line):
        return not _is_data(line)
    usage = _USAGE.match(line)
    if usage and not _ASKS_HELP.search(command):
        return usage[1].lower() in command.lower().split()[:2]
    if _is_data(line):
        return False
    plain = _without(_MARKS, line)
    if command.strip() and plain.startswith(f"{command.strip()}: "):
        plain = plain[len(command.strip()) + 2 :].lstrip()
        if _NOT_FOUND.fullmatch(plain):
            return True
    body = _body(plain)
    if _NO_CONFIGURATION.match(body):
        return False
    quoted = _QUOTED_COMMAND.match(body)
    if quoted and quoted[1].lower() not in command.lower():
        return False
    if lone and body != line and _LONE_WORD.match(body):
        return True
    if _OTHER_LANGUAGES.match(plain):
        return not _COUNTER.fullmatch(plain)
    if _PERCENT.match(line) or _ERROR.match(plain):
        if _COUNTER.fullmatch(plain) and not _MESSAGES.match(body):
            return False
        if not _NOTHING.search(body) and (_MARKED.match(body) or (lone and not line.startswith("%"))):
            return True
    elif _COUNTER.fullmatch(plain) and not plain.lower().startswith(("unknown action", "module not present for port")):
        return False
    return _MESSAGES.match(plain) is not None or (body != plain and _MESSAGES.match(body) is not None)


def _says_no(line: str, command: str) -> bool:
    """Return whether a line that is all of an answer says that there is none."""
    if len(line) > LONGEST_MESSAGE or _is_data(line):
        return False
    plain = _without(_MARKS, line)
    body = _body(plain)
    if _NOTHING.search(body):
        return False
    if _SENTENCE.fullmatch(body) or _CANNOT.fullmatch(body):
        return not _COUNTER.fullmatch(body)
    if line.startswith("%"):
        return _MAY_FAIL.search(body) is not None and not _COUNTER.fullmatch(body)
    subject, colon, rest = plain.partition(": ")
    is_message = _MESSAGES.match(rest.lstrip()) is not None and not _COUNTER.fullmatch(plain)
    return bool(colon) and is_message and _is_typed(subject.strip("'\""), command)


def _is_typed(subject: str, command: str) -> bool:
    """Return whether what stands before a colon is a part of the command, another command, or what reads them."""
    words = set(subject.lower().split())
    is_known = _COMMAND.match(subject) is not None or _PROGRAM.match(subject) is not None
    return is_known or words <= set(command.lower().split())


def _goes_on(line: str, after: list[str]) -> bool:
    """Return whether the next line, which begins with a number, is the rest of a line."""
    return line[-1:] not in ".!?:" and any(_COUNTS_ON.match(each) for each in after)


def _is_data(line: str) -> bool:
    """Return whether a line has a time or begins with a day, or has several columns."""
    if _DATA.search(line) or _DAY.match(line):
        return True
    gaps = _GAP.findall(line)
    return len(gaps) >= 2 or any("|" in gap for gap in gaps)


def _body(line: str) -> str:
    """Return a line without percent signs, labels and positions in front."""
    for _label in range(3):
        before = line
        line = _without(_LABEL, _without(_MARKS, line))
        if line == before:
            break
    return line


def _without(front: re.Pattern[str], line: str) -> str:
    """Return a line without what matches at its start, unless nothing is left."""
    match = front.match(line)
    return line[match.end() :] if match and match.end() < len(line) else line


def _is_failure(line: str, failures: tuple[str, ...], *, alone: bool, lone: bool) -> bool:
    """Return whether a line has a text of the platform: at its start, or within a sentence that is all of the "
    "answer."""
    start = next((each for each in failures if line.startswith(each) and (lone or not each.endswith(":"))), None)
    if start is not None:
        says_nothing = _NOTHING.search(line[len(start) :])
        return not (_COUNTER.fullmatch(_without(_MARKS, line)) or _DATA.search(line) or says_nothing)
    if not alone or _is_data(line):
        return False
    return any(
        failure in line and " " in failure.strip() and not failure.startswith("%") and not failure.endswith(":")
        for failure in failures
    )
