# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Questions that a device asks instead of showing its prompt.

There are three kinds. A dialog is a question that is expected between login and prompt, or after a command, and whose
answer changes nothing on the device: it is data. A command names the questions that it expects, and their answers: see
``answer_for``. Everything else that waits for an input is found by ``question_at_end``, and is never answered.

None of them shows by itself that the device waits: a text can end so where a packet was cut. The reader asks after a
silence, and only about a last line that is not the prompt. Only a bounded end of a text is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ..._device import Command, Reply
from ..._result import DeviceError, Error
from .pagers import pager_at_end

TAIL = 400  # characters at the end of a text that are searched
LONGEST_QUESTION = 300  # characters of a line
MOST_ANSWERS = 10  # answers to questions of one command; a device that asks more often does not accept them

Phase = Literal["login", "command", "any"]


@dataclass(frozen=True, slots=True)
class Dialog:
    """A question that is expected, and what is done.

    The same dialog is answered a few times at most: if it comes again, its answer was not accepted. A dialog is looked
    for before a question for user and password, as ``New password:`` is one too.
    """

    question: re.Pattern[str]  # is searched in the end of the text, and must match up to its end
    answer: str | None  # sent with a line end unless it is a key; None: the session ends, see ``refused``
    message: str = ""  # the error, if the session ends
    kind: str = "dialog"  # of that error
    phase: Phase = "login"  # "login": until the first prompt
    is_key: bool = False  # the device acts on the key; a line end would be an input of its own
    unless: re.Pattern[str] | None = None  # in its line or the two before it: then a person must answer


def _dialog(question: str, answer: str | None, **details: object) -> Dialog:
    return Dialog(re.compile(rf"(?:{question})\s*\Z", re.IGNORECASE), answer, **details)  # type: ignore[arg-type]


_KEY = r"(?:the\s)?['\"<\[]?(?:any\skey|enter|return|cr|space(?:\s?bar)?)['\">\]]?(?:\skey)?"
# What a key at a login would start or accept. Legal banners say that users are disconnected, so this is not in it.
_STARTS = re.compile(
    r"re-?boot|re-?load|re-?start|re-?set\b|\beras(?:e|ed|ing)\b|delet|\bformat|overwrit|upgrad|downgrad|instal|factory"
    r"|\bwip(?:e|ing)|password\srecovery|licen[sc]e\sagreement|\bagreement\b|\beula\b|accept\sthe\slicen[sc]e"
    r"|\bhalt|shut(?:ting)?\s?down|power(?:ed|ing|s)?\s?(?:off|down|cycle)|discard|\blos[te]\b|\bclear(?:s|ed|ing)\b|fail-?\s?over|switch-?\s?over"
    r"|migrat|activate\sstandby|\bcommitt?(?:s|ed|ing)?\b|default\sconfig|sav(?:e|es|ing)\s(?:the\s)?config|config[^\n]{0,60}\bsaved"
    r"|(?<!unauthori[sz]ed\s)\b(?:users?|sessions?|vty)\b[^\n]{0,60}\b(?:will\sbe|are|gets?)\s(?:closed|ended|terminated|disconnected|logged|kicked)",
    re.IGNORECASE,
)
_YES_NO = r"[\[({<]\s?%s[^\])}>\n]{0,40}[\])}>]"
# A person must accept a licence, and whatever is no banner.
_ONLY_BANNER = (
    r"(?![^?\n]{0,200}\b(?:licen[sc]e|eula|end[\s-]user|software|warranty|config\w*|keys?\b|certificate|fingerprint|alarms?|session"
    r"|program|diagnostic|firmware|erase|restart|reset|reload|reboot|upgrade|disconnect\s(?:the|another|all)))"
)
_TERMS = (
    r"\bdo\syou\s(?:(?:acknowledge|understand|accept|agree|consent)(?:\sand\s|,\s|\sto\s)?){1,3}"
    rf"{_ONLY_BANNER}[^?\n]{{0,200}}\?\s{{0,3}}"
    rf"|\bi\shave\s(?:read|understood)\b{_ONLY_BANNER}[^?\n]{{0,200}}\b(?:consent|agree|accept)\b[^?\n]{{0,200}}?"
)

SHARED: tuple[Dialog, ...] = (
    # FortiOS shows its banner and waits for one key.
    _dialog(r"\(press\s'a'\sto\saccept\)\s?:?", "a", is_key=True, unless=_STARTS),
    # ERS and VSP
    _dialog(r"enter\sctrl-y\sto\sbegin\.?", "\x19", is_key=True),
    # VRP offers to save what it warns about.
    _dialog(r"\bsecurity\srisks\b[^\n]{0,300}\bsave\snow\?\s?\[y/n\]\s?:?", "n"),
    # VRP offers to change a password that is old or the first one.
    _dialog(r"password[^\n]{0,120}\n?[^\n]{0,120}\bchange(?:\sit)?\snow\?\s?\[y/n\]\s?:?", "n"),
    # Cisco Small Business does the same, in other words.
    _dialog(
        r"(?:password[^\n]{0,160}\n?[^\n]{0,160}\bchange\s(?:it|this)|\bchange\s(?:the|your)\s(?:\w{1,20}\s)?password)(?:\snow)?"
        r"\s?\??\s?[\[(]y/n[\])](?:\s?\[\w\])?\s?[?:]{0,2}",
        "n",
    ),
    _dialog(r"\bchange\s(?:the|your)\s(?:\w{1,20}\s)?password(?:\snow)?\s?\??\s?[\[(]yes/no[\])]\s?[?:]{0,2}", "no"),
    # VRP offers to end its search for a configuration.
    _dialog(r"\bdo\syou\swant\sto\sstop\sauto-config\?\s?\[y/n\]\s?:?", "n"),
    # Comware
    _dialog(r"press\sy\sor\senter\sto\scontinue,\sn\sto\sexit\.?", "", unless=_STARTS),
    # SmartAX and others complete a command: an empty line sends it as it was typed.
    # The line names nothing else, so it asks for nothing else.
    _dialog(r"(?:\A|\n)\s{0,4}\{\s?<cr>\|[^{}=?\n]{0,300}\}\s?:", "", phase="any"),
    # RouterOS: Ctrl-C keeps the password, and goes on.
    _dialog(r"new\spassword>", "\x03", is_key=True),
    _dialog(r"do\syou\swant\sto\ssee\sthe\ssoftware\slicense\?\s?\[y/n\]\s?:?", "n", is_key=True),
    # A banner that must be confirmed; to refuse it ends the session.
    _dialog(rf"(?:{_TERMS})" + _YES_NO % "yes" + r"\s?[?:]{0,2}", "yes"),
    _dialog(rf"(?:{_TERMS})" + _YES_NO % "y" + r"\s?[?:]{0,2}", "y"),
    _dialog(r"(?:\A|\n)\W{0,4}acknowledge\s?\(y/n\)\s?\?", "y"),
    _dialog(r"\baccept\sthe\s(?:policy\s)?banner\s?\(yes\)\?\s{1,3}yes:", "yes"),
    _dialog(
        r"(?:\A|\n)\W{0,4}(?:please\s)?(?:type|enter)\s['\"<\[]?yes['\">\]]?\sto\s(?:accept|agree|acknowledge|consent)\b"
        rf"{_ONLY_BANNER}[^\n]{{0,100}}",
        "yes",
    ),
    # A console that waits for somebody.
    _dialog(
        rf"(?:\A|\n)\W{{0,4}}(?:please\s)?(?:press|hit)\s{_KEY}"
        r"(?:\sto\s(?:continue|get\sstarted|activate|log\s?in|start|acknowledge|accept)(?![^\n]*(?:abort|cancel))[^\n]{0,60})?[.!:]?",
        "",
        unless=_STARTS,
    ),
    # Anything that demands a new password. It comes last: what lets the session go on comes first.
    _dialog(
        r"(?:(?:enter|type|choose|input)\s[^\n:]{0,20})?\b(?:new|old|current)\)?\s(?:unix\s)?password"
        r"[^\n:]{0,60}:"
        r"|password\s(?:has\s|is\s)?expired\b[^\n]{0,120}[:?]"
        r"|(?:must|need\sto|have\sto)\schange\s(?:your|the)\spassword\b[^\n]{0,120}[:?]",
        None,
        message="the device demands a new password",
        kind="password_expired",
    ),
)
"""Dialogs of all platforms."""


def dialog_at_end(shown: str, dialogs: Sequence[Dialog] = (), phase: Phase = "login") -> Dialog | None:
    """Return the first dialog whose question ends the text, as a terminal shows it.

    :param dialogs: those of the platform; those of all platforms come after them.
    :param phase: "login" until the first prompt, "command" after a line was sent.
    """
    end = shown[-TAIL:].rstrip()
    if not end:
        return None
    for dialog in (*dialogs, *SHARED):
        if dialog.phase in (phase, "any") and dialog.question.search(end):
            if dialog.unless is not None and dialog.unless.search("\n".join(end.split("\n")[-3:])):
                return None
            return replace(dialog, phase=phase) if dialog.answer is None else dialog
    return None


def answer_for(command: Command, shown: str) -> Reply | None:
    """Return the answer that a command names for the question in the last line of a text; None if it names none.

    The first question counts whose text stands in the line, case ignored, or in the two lines that an error quotes. The
    same question can be asked again, so the reader stops after ``MOST_ANSWERS``.
    """
    if not command.answers:
        return None
    line = shown[-TAIL:].rpartition("\n")[2]  # a line that has ended is a text that quotes the question
    texts = [line.casefold()]
    if line.strip():
        texts.append((question_at_end(shown) or "").casefold())
    return next((each for each in command.answers if any(each.question.casefold() in text for text in texts)), None)


# -- questions of a login ----------------------------------------------------------------------------------------------

_USER = (
    r"(?:user(?:[\s-]?(?:name|id))?|user\slogin|log[io]n(?:\s(?:name|as|id|user))?|account(?:\sname)?"
    r"|benutzer(?:name|kennung)?|anmeldename|identifiant|utilisateur|nom\sd'utilisateur|(?:nombre\sde\s)?usuario|usuário"
    r"|(?:nome\s)?utente|gebruikersnaam|användarnamn|логин|имя пользователя|用户名|帐号|账号|ユーザー?名)"
)
_PASSWORD = (
    r"(?:pass\s?(?:word|phrase)|passwd|kennwort|passwort|mot\sde\spasse|contraseña|senha|parola|wachtwoord|lösenord|пароль"
    r"|密码|密碼|口令|パスワード)"
)
_OF = r"(?:\s(?:for|of|again|to|für|pour|de|para)\s[^\n:]{1,80})?"
_IN_BRACKETS = r"(?:\s?(?:\[[^\[\]\n]{0,40}\]|\([^()\n]{0,40}\)))?"
# Words of a question for another password than that of the login, or for a new one.
_OTHER = (
    r"(?:(?<![\w-])(?:new|old|current|re-?(?:type|enter|peat)\w*|confirm\w*|verify|again|change|hint|one[\s-]time|otp|token|key"
    r"|neue?[sn]?|alte[sn]?|aktuell\w*|wiederhol\w*|bestätig\w*|nouve(?:au|l)\w*|ancien\w*|actuel\w*|répét\w*"
    r"|nuev[ao]|anterior|repit\w*|nuov[ao]|nov[ao]|atual|repet\w*|нов\w*|стар\w*|текущ\w*|повтор\w*|подтвер\w*)(?![\w-])"
    r"|[新旧舊古]|确认|確認|再次)"
)
_PAST = r"(?:last|previous|recent|failed|successful)"

ASKS_USER = re.compile(
    rf"\A(?!.*(?:{_PASSWORD}|(?<![^\W_]){_PAST}\s(?:\w{{1,20}}\s)?(?:user|login)|\b(?:reason|purpose|ticket|comment)\b))"
    rf"(?:.*(?<![^\W_])(?:user\s?name|user|login)"
    rf"|\W{{0,3}}(?:(?:please|enter|type|your|the)\s){{0,4}}{_USER})"
    rf"{_IN_BRACKETS}\s*:\s*\Z"
    r"|\A\W{0,3}(?:(?:please|enter|your)\s){0,3}(?:user\s?name|login(?:\sname)?|user\sid)\s?>\s*\Z",
    re.IGNORECASE,
)
"""Matches the last line of a text that asks for the name of the user."""

ASKS_PASSWORD = re.compile(
    rf"\A(?!.*{_OTHER})(?:.*(?<![^\W_]){_PASSWORD}\s*[:\uff1a]|\W{{0,3}}(?:enter\s)?password\s?>)\s*\Z", re.IGNORECASE
)
"""The same for the password of the user, not for a new one, nor for the old one that is asked for before a new one."""

_OF_USER = re.compile(
    rf"\A(?!.*{_OTHER})(?:.*(?<![^\W_]){_PASSWORD}\s(?:for|of|für|pour|de|para)\s(?:(?:the\s)?user\s)?['\"<\[(]?"
    r"(?P<user>[^\s'\"<>\[\]()@:?]{1,64})(?:@[\w.:-]{1,255})?['\">\])]?"
    rf"|\W{{0,3}}(?:(?:please|enter|your|the|type|\S{{1,64}}'s)\s){{0,4}}{_PASSWORD})\s*[:\uff1a?]\s*\Z",
    re.IGNORECASE,
)
_WORD_OF_LINE = re.compile(r"[^\W_][\w.+@-]*")
_LAST_PASSWORD = re.compile(rf"(?<![^\W_]){_PASSWORD}", re.IGNORECASE)
# The other words before it that a question for the password of the login can have. The last one is the device's name.
_ITS_WORD = re.compile(
    r"please|enter|type|input|your|the|this|user|login|account|ssh|telnet|cli|radius|tacacs\+?|ldap|aaa|ad|domain|local"
    r"|remote|access|network|system|console|line|vty|device|switch|router|unix|linux"
    r"|(?=[^.-]{0,63}[.-])(?=\D{0,63}\d)[\w.-]{1,255}"
)
_PASSPHRASE = re.compile(r"\A\W{0,3}(?:enter\s)?pass\s?phrase\W*\Z", re.IGNORECASE)
_BEHIND_USER = re.compile(
    r"\A\W{0,3}(?:(?:please|enter|your|the|login|user)\s){0,4}(?:pin(?:\s?code)?|secret)\s*[:?>]\s*\Z", re.IGNORECASE
)


def asks_password(line: str, user: str | None, *, named: bool) -> bool:
    """Return whether the last line of a text asks for the password of the user.

    :param user: a question that names another user is not for this one's password.
    :param named: the device has asked for the name of the user, and now asks this. Then ``PIN:``, ``Secret?`` and
        ``Passphrase:`` are questions for the password, too.
    """
    line = line[-LONGEST_QUESTION:]
    if not named and _PASSPHRASE.match(line) is not None:
        return False
    if ASKS_PASSWORD.search(line) is not None:
        return _is_of_login(line, user)
    of_user = _OF_USER.search(line)
    if of_user is not None:
        return of_user["user"] in (None, user)
    return named and _BEHIND_USER.search(line) is not None


def _is_of_login(line: str, user: str | None) -> bool:
    """Return whether nothing before the word "password" says that it is another one than that of the user."""
    *_others, word = _LAST_PASSWORD.finditer(line)
    before = _WORD_OF_LINE.findall(line[: word.start()].casefold().replace("'s ", " "))
    own = (user or "").casefold()
    return all(_ITS_WORD.fullmatch(each) is not None or each.partition("@")[0] == own for each in before)


ASKS_LOGIN = re.compile(
    rf"(?<![^\W_])(?:{_USER}|name|{_PASSWORD}|pass\s?code|pin|id){_OF}{_IN_BRACKETS}\s{{0,3}}[:\uff1a>?]\s*\Z",
    re.IGNORECASE,
)
"""The same for anything a login can ask for. No empty line may be sent to it."""

# -- questions nobody expects ------------------------------------------------------------------------------------------

_IN_CHOICE = r"[^\[\](){}<>\n]{0,40}"
_YES = r"(?:y(?:es)?|ja?|o(?:ui)?|s(?:[ií]|im)?|да?|k|t(?:ak)?|a(?:no)?)"
_NO = r"(?:n(?:o|ein|on|ão|ee|ie|ej)?|н(?:ет)?|e|h)"
_WORD = r"[^\x00-\x7f]{1,8}"  # (はい/いいえ)
_CHOICES = (
    rf"(?:[\[({{<]\s?(?:confirm|(?:y|yes)\s?(?:[/|,]|or)\s?(?:n|no)\b{_IN_CHOICE}|(?:n|no)\s?(?:[/|,]|or)\s?(?:y|yes)\b"
    rf"{_IN_CHOICE}|{_YES}\s?[/|]\s?{_NO}|{_NO}\s?[/|]\s?{_YES}|{_WORD}/{_WORD}|default\s?[=:]?\s?(?:y|n|yes|no))\s?[\])}}>]"
    r"|[\[(][yn]/[\[(][yn][\])]{2}|[\[(]\[[yn]\]/[yn][\])]"  # (y/[n])
    r"|[\[(]y[\])]es\b[\s,/|]{0,3}(?:or\s)?[\[(]n[\])]o\b(?:[\s,/|]{0,3}(?:or\s)?[\[(]\w[\])]\w{1,8})?"  # (Y)es / (N)o
    r"|\b(?:y/n|yes/no)\b)"
)
_DEFAULT = r"(?:\s{0,3}(?:\[[^\[\]\n]{0,80}\]|\([^()\n]{0,80}\)))?"
_SECRET = (
    rf"(?:{_PASSWORD}|user\s?name|user\sid|login(?:\s(?:name|as))?|pass\s?code|pin|otp|token"
    r"|(?:verification|security|access)\scode)"
)
_VERB = (
    r"(?:(?:re-?)?enter|re-?type|provide|confirm"
    r"|(?:type|input|select|choose|specify)(?=\s(?:the|an?|your|in|one|new|password|number|option|yes|no|y|n)\b|\s['\"<\[(]))"
)
_KEYS = r"(?:the\s)?(?:['\"<\[(]\w{1,10}['\">\])]|any\skey|enter|return)(?:\skey)?"
_TYPED = r"\?\s{1,3}(?:y|n|yes|no)"  # the default answer, as if it had been typed
# What waits for an input whatever it says.
_WAITS = re.compile(
    rf"{_CHOICES}(?:\s?\?)?{_DEFAULT}\s?[:?>.#$%]?\Z"  # Proceed with reload? [confirm]
    rf"|{_CHOICES}\s?{_TYPED}\Z"
    r"|\?\s?\[[^\[\]\n]{0,80}\]\s?:?\Z|\s\[[^\[\]\n]{0,80}\]\s?\?\Z"  # Destination filename [startup-config]?
    r"|\{[^{}\n]{0,300}<cr>[^{}\n]{0,300}\}\s?:\Z"
    rf"|\A(?:\S{{1,80}}\s){{0,3}}{_SECRET}{_OF}{_DEFAULT}\s?:\Z"
    rf"|\A\W{{0,3}}(?:enter\s)?(?:user\s?name|login\sname|user\sid|password)\s?>\Z"
    rf"|\A\W{{0,3}}(?:please\s|now\s)?{_VERB}\b[^\n]{{1,200}}[:?>]\Z"
    rf"|(?:\A\W{{0,3}}|[.,;:!?(]\s{{0,2}}|please\s)(?:press|type|hit|enter)\s{_KEYS}"
    r"(?:\s(?:to|for|or|and)\s[^\n]{0,100})?[.:)]{0,2}\Z"
    r"|\w\W{0,3}[?\uff1f]\s{1,3}[>#$%:]\Z"  # Proceed? >
    r"|\A\W{0,2}(?:[\[(](?:y|n|yes|no)[\])]|yes|okay|ok)\s?[>#$%:]\Z|=\s?(?:yes|no)\)\s?[:?>#]\Z"
    r"|[.!]\s{1,3}(?:continue|proceed|confirm)\s?[>#$%:?]\Z",
    re.IGNORECASE,
)
# A sentence that ends like a prompt.
_ORDERS = re.compile(
    r"\A\W{0,3}(?:delete|erase|restore|reset|reload|reboot|restart|overwrite|save|format|initiali[sz]e|proceed|continue|confirm"
    r"|remove|replace|abort|discard|install|upgrade)(?:(?:\s[\w./-]{1,40}){1,8}\s?|\s)[>#$%:\])]\Z"
    r"|\A(?:[a-z]{1,20}\s){1,6}(?:address|(?:file\s?)?name|number|option|value)\s?[>#$%]\Z"
    r"|\A\W{0,3}(?:select|choose|enter)\s[^\n]{1,80}\s\[[\w.-]{1,20}\]\s?[:?>#]?\Z",
    re.IGNORECASE,
)
# What waits if it is about something that is done.
_MAY_ASK = re.compile(
    r"[?\uff1f]\Z|\?\s?\([^()\n]{0,80}\)\s?:?\Z|\s[\[(](?:y|n|yes|no)[\])]\s?[:?]\Z"
    r"|\byes\s?(?:\||or)\s?no\Z|\?\s(?=[^?\n]{0,40}\byes\b)(?=[^?\n]{0,40}\bno\b)[^?\n]{1,60}\Z",
    re.IGNORECASE,
)
_ASKED = (
    r"proceed|continue|confirm|\bsure\b|\bsav(?:e|ing)\b|overwrit|delet|eras|re-?load|re-?boot|re-?start|re-?set|replac|remov"
    r"|abort|file\s?name|\bname\sof\b|host\s?name|remote\shost|\baddress\b|\bformat\b|\benter\b|want|would\syou|do\syou|wish|\bok\b"
    r"|accept|agree|appl(?:y|ied)|commit|discard|\bexit|quit|\blog\s?out|shut\s?down|halt|power|upgrad|instal|\bcopy\b"
    r"|clear|disconnect|switch|activat|\buse\b|try\sagain|retry|\bready\b|\blose|\blost\b|\bwrite\b"
    r"|wirklich|sicher|fortfahren|lösch|überschreib|speicher|neu\s?start|êtes-vous|voulez|supprim|redémarr|écras|enregistr"
    r"|desea|segur[ao]|guardar|borrar|eliminar|reinici|sobrescrib|confermi|continua|vuoi|sicur|salvar|riavvi|certeza|deseja"
    r"|продолж|удал|перезагр|сохран|уверен|继续|繼續|是否|确认|确定|重启|保存|删除|覆盖|続行|確認|よろしい|削除|再起動"
)
_ASKS = re.compile(rf"(?:{_ASKED})", re.IGNORECASE)
_MAY_WAIT = re.compile(r"[\])}>?\uff1f:.#$%]\Z|press|type|hit|enter|[y\[(/]/?n|\bno?\Z|\)\w{1,8}\Z", re.IGNORECASE)
_FILE = (
    r"[\w./:-]{0,60}\.(?:txt|cfg|conf|config|bin|img|log|tar|t?gz|zip|xml|json|ya?ml|pem|crt|key|csv|dat|db|bak|old|pcap|swi|spa)"
    r"|(?:flash|nvram|bootflash|slot|disk|usb|t?ftp|s[cf]tp|scp|https?)\w{0,8}:[^\[\](){}<>\n]{0,80}|(?:startup|running)-config"
)
_OFFERED = rf"[\[({{<]\s?(?:y|yes|n|no|ok(?:ay)?|confirm|cancel|continue|abort|enter|cr|{_FILE})\s?[\])}}>]"
# What no prompt has around the name of the device.
_ASKS_FOR = re.compile(
    rf"\?|{_OFFERED}|{_CHOICES}"
    r"|(?<![\w-])(?:delet\w*|eras\w*|overwrit\w*|sav(?:e|ing)|proceed|continue|confirm\w*|really|abort|cancel|enter|press"
    r"|type|hit|sure|yes|okay|ok|(?:re)?load|re-?boot\w*|re-?start\w*|reset|replace|remove|format|quit|password|passphrase"
    r"|username|file\s?name|name\sof|want|do\syou|are\syou|would\syou|more|agree|accept)(?![\w-])",
    re.IGNORECASE,
)
# What is typed: Which shell, Ticket number:, Your choice:, Token:
_NAMES_INPUT = re.compile(
    r"(?<![\w-])(?:choice|choose|select(?:ion)?|option|reason|purpose|ticket|number|code|secret|token|pin|otp|yubikey|which|shell|role"
    r"|domain|realm|tenant|vsys|vdom|context|user|login|account|id)(?![\w-])[^:\n]{0,80}:\Z",
    re.IGNORECASE,
)
# A line that is about something that is done, and that ends with what is offered, or like a prompt.
_OFFERS = re.compile(rf"(?:\s|\A){_OFFERED}\s?[:?>#$\]]?\Z", re.IGNORECASE)
_NAMES_KEY = re.compile(
    r"(?:\A\W{0,3}|[.,;:!?(]\s{0,2})(?:really|sure|are\syou|do\syou|would\syou|(?:type|press|hit)\s\S{1,12}\s(?:to|for))\b"
    r"[^\n]{0,200}[>#$\])]\Z",
    re.IGNORECASE,
)
# A log message has the time in it. It can say that something was reset; what it cannot do is to offer an answer.
_DATED = re.compile(
    r"(?!.*(?:\?|\b(?:press|type|hit|enter|confirm|continue|proceed|really|sure|yes|no)\b)).*\d:\d\d:\d\d",
    re.IGNORECASE,
)
_LABEL = re.compile(rf"{_PAST}\s(?:\w{{1,20}}\s)?(?:user|login)|enable\ssecret", re.IGNORECASE)
_SIGNS = (">", "#", "$", ":", "%")  # alone on the line below a question
_SHORT = 12  # letters; a shorter question is shown with the line before it


def question_at_end(shown: str) -> str | None:
    """Return the question that ends a text, as a terminal shows it, if it waits for an input; else None.

    Such a text is not a prompt. Nothing, not even an empty line, may be sent to it if nobody expects it. The prompt of
    a pager is no question.
    """
    line = _last_line(shown)
    if not line or len(line) > LONGEST_QUESTION or _MAY_WAIT.search(line) is None or _LABEL.match(line):
        return None
    is_asked = (_MAY_ASK.search(line) or _OFFERS.search(line)) and _ASKS.search(line)
    before = _last_line(shown[-TAIL:].rstrip().rpartition("\n")[0])
    is_below = line in _SIGNS and before[-1:] in ("?", "\uff1f") and _ASKS.search(before) is not None
    if not is_below and not any((_WAITS.search(line), is_asked, _NAMES_KEY.search(line), _ORDERS.match(line))):
        return None
    if pager_at_end(shown[-TAIL:]) is not None:
        return None
    if sum(map(str.isalpha, line)) >= _SHORT:
        return line
    return f"{before} {line}" if before else line


def asks_for(text: str) -> bool:
    """Return whether a part of a last line asks for something: it offers an answer, or is about something that is done.

    Use it on what stands around the name in a line that may be a prompt: a name and a text can have such words too.
    """
    return _ASKS_FOR.search(text[-LONGEST_QUESTION:]) is not None


def may_be_input(line: str) -> bool:
    """Return whether the last line before the first prompt may be a question. It does not end as most prompts do.

    A short word with a question mark can be a prompt.
    """
    line = line[-LONGEST_QUESTION:].strip()
    if line[-1:] in tuple(">#$%]") or (line[-1:] == "?" and len(line.split()) == 1 and not asks_for(line[:-1])):
        return False
    return asks_for(line) or _NAMES_INPUT.search(line) is not None


def may_ask(line: str) -> bool:
    """Return whether a line that has ended may be a question. A log message is none, whatever its words are."""
    return question_at_end(line) is not None or (asks_for(line) and _DATED.match(line[-LONGEST_QUESTION:]) is None)


def unexpected(question: str, command: str | None = None, *, answers: int = 0, has_answers: bool = False) -> Error:
    """Return the error of a command, or of the login without one, that met a question nobody expects.

    :param question: without secrets.
    :param answers: how many were sent to it and to questions before it.
    :param has_answers: the command names some.
    """
    if answers >= MOST_ANSWERS:
        message = f"the device asks {question!r} again after {answers} answers; correct the answers of {command!r}"
        return Error("command", "question", message)
    asked = f"the device asks {question!r} and was not answered"
    if command is None:
        message = (
            f"{asked}; log in by hand to see what it wants before it shows its prompt. A platform of your own can "
            "answer it with its dialogs"
        )
        return Error("auth", "question", message)
    if has_answers:
        message = (
            f"{asked}; none of the answers of {command!r} fits: question must be a part of the text "
            "quoted here, and is not a pattern"
        )
        return Error("command", "question", message)
    message = f"{asked}; if {command!r} is meant to be confirmed, add the question and its answer to its answers"
    return Error("command", "question", message)


def refused(dialog: Dialog, question: str) -> DeviceError:
    """Return the error that a dialog without an answer ends the session with.

    :param question: without secrets.
    """
    message = f"{dialog.message} ({question!r})"
    if dialog.kind == "password_expired":
        message += "; change it on the device or in the AAA server, by hand"
        return DeviceError("auth_failed", "auth", "password_expired", message)
    return DeviceError("failed", "command" if dialog.phase == "command" else "auth", "dialog", message)


def _last_line(shown: str) -> str:
    return shown[-TAIL:].rstrip().rpartition("\n")[2].strip()
