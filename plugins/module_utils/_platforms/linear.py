# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Patterns of scrapli that try a line in very many ways, and patterns that match the same lines in one way."""

from __future__ import annotations

LINEAR: dict[str, str] = {
    r"^\S+@\S+:\S+:\S+[\$|#]\s*$": r"^\S[^\s@]*+@\S[^\s:]*+:\S[^\s:]*+:\S+[\$|#]\s*$",
    r"^\S+@\S+:\S+:\S+#\s*$": r"^\S[^\s@]*+@\S[^\s:]*+:\S[^\s:]*+:\S+#\s*$",
    r"^\S+@\S+\:\S+[\#\?]\s*$": r"^\S[^\s@]*+@\S[^\s:]*+:\S+[\#\?]\s*$",
    r"^.*root@(?:\S*:?\S*\s?)?[%\#]\s?$": r"^(?>.*root@)\S*\s?[%\#]\s?$",
    r"^(.*)[a-zA-Z0-9_\:\-\>]*[\#\$] ?$": r"^.*[\#\$] ?$",
    r"^(.*)[a-zA-Z0-9_\-]*[\>#]\s*$": r"^.*[\>#]\s*$",
    r"^(.*)\(.*(config)\S*\)#$": r"^[^\n(]*+\((?>.*config)\S*\)#$",
    r".*\(diagnose\)\%\%$": r"^.*\(diagnose\)\%\%$",
    r".*\[.*?\]\n.*#": r"^[^\n\[]*+\[.*\]\n.*#",
    r"[\w_-]+ (\([\w-]+\) )?[$#]": r"(?<![\w-])[\w-]++ (\([\w-]+\) )?[$#]",
    r"^[a-z0-9\.\--_()/:~]{1,1000}@[a-z0-9\.\--_()/:~]{1,1000}\$": (
        r"^[a-z0-9\.\--_()/:~][a-z0-9\.\--?A-_()/:~]*+@[a-z0-9\.\--_()/:~]+\$"
    ),
    r"^[a-z0-9\.\--_()/:~]{1,1000}@[a-z0-9\.\--_()/:~]{1,1000}#": (
        r"^[a-z0-9\.\--_()/:~][a-z0-9\.\--?A-_()/:~]*+@[a-z0-9\.\--_()/:~]+#"
    ),
}
