# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command lines of platforms: prompts, modes, how to turn paging off, how a rejected command looks.

The data are scrapli's platform definitions with ``CORRECTIONS`` in front of them, and ``OWN``. ``NAMES`` is the table
of spellings. Users add platforms with descriptions of the same format, see ``description``.
"""

from __future__ import annotations

from .corrections import CORRECTIONS
from .description import check_descriptions
from .hint import candidates, hint_with_answers, platform_hint
from .linear import LINEAR
from .loading import load_platform
from .model import LEARNED, LONGEST_PROMPT, Mode, Platform, PlatformError, Step
from .names import known_name, platform_name, spellings, unknown
from .own import OWN
from .spellings import NAMES

__all__ = [
    "CORRECTIONS",
    "LEARNED",
    "LINEAR",
    "LONGEST_PROMPT",
    "NAMES",
    "OWN",
    "Mode",
    "Platform",
    "PlatformError",
    "Step",
    "candidates",
    "check_descriptions",
    "hint_with_answers",
    "known_name",
    "load_platform",
    "platform_hint",
    "platform_name",
    "spellings",
    "unknown",
]
