# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any answer, cut into any packets with any pauses, gives the same text: for any prompt, echo, delay and pager.

`make test` plays the same few hundred devices each time. With ROLLCALL_EXAMPLES, this number of other ones is played
for each property. An example that fails is written into `.cache/hypothesis` and tried first the next time.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis.database import DirectoryBasedExampleDatabase

from tests.unit.scenes import Scene, plain_scenes, scenes

EXAMPLES = int(os.environ.get("ROLLCALL_EXAMPLES", "0"))
SETTINGS = settings(
    max_examples=EXAMPLES or 200,
    derandomize=not EXAMPLES,
    database=DirectoryBasedExampleDatabase(".cache/hypothesis") if EXAMPLES else None,
    deadline=None,
    phases=[Phase.reuse, Phase.generate, Phase.shrink] if EXAMPLES else [Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@SETTINGS
@given(scenes())
def test_an_answer_is_whole_or_it_is_not_ok(scene: Scene) -> None:
    """Whatever a device says and whenever it pauses, an answer of status ok is exact.

    The device can echo nothing, hesitate within its prompt, print a message while a line is typed, and quote prompts,
    commands, questions and pagers. Not played is what nobody can tell apart: two quoted prompts in a row, a pause of
    0.1 s or more behind a quoted pager, and text on the line that a prompt wipes. Exact means: but for prompts and
    messages at the end of a text, which the device can have printed after it, a message between the echo and the text,
    and blanks that wiping a pager wipes.
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

    It can pause for 8 s anywhere in a text, and for less than 0.1 s in a prompt.
    """
    played = scene.played()
    assert played.error is None, scene
    for number, command in enumerate(played.outputs):
        assert scene.same(played.texts[command], number), (command, scene)
