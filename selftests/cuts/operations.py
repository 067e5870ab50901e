# SPDX-License-Identifier: GPL-2.0
"""
What is done while the power may go, in this order, and what may be left when it goes. A table: whatever else
is to survive power cuts is added to it.
"""

import contextlib
import dataclasses
import typing

OPENS = 3  # of the content's licenses

# Transactions of the module that no operation has yet: media, and an area that begins anew.
TO_COME = {"apply_get", "apply_move", "apply_look", "apply_question", "apply_answer"}


@dataclasses.dataclass(frozen=True)
class Operation:
    """
    do(scene) does it. `row` is the requirement that the test is for. `left`: how often the content may be opened
    when the power went meanwhile, `after`: when it went afterwards.
    """

    row: str
    name: str
    left: set
    after: int
    do: typing.Callable


def get(scene):
    scene.client.get(scene.content_id)


def use(scene):
    said = scene.client.open()
    assert said == "opened", said


def use_both(scene):
    said = scene.client.open_together(2)
    assert said == ["opened"] * 2, said


def refused(scene):
    said = scene.client.open()
    assert said == "EDQUOT", said


def remove(scene):
    scene.client.remove()


def ask_in_vain(scene):
    """The request is refused when its nonce is drawn: it is given up."""
    with scene.refusing():
        with contextlib.suppress(scene.Answer):
            scene.client.get(scene.content_id)
            raise AssertionError("it was not refused")


def restart_agent(scene):
    scene.client.kill()
    scene.client.start()


def reload_module(scene):
    scene.client.kill()
    scene.client.unload()
    scene.client.load()
    scene.client.start()


TABLE = [
    Operation("D8", "asking-in-vain", {0}, 0, ask_in_vain),
    Operation("D8", "getting", {0, OPENS}, OPENS, get),
    Operation("D9", "opening", {3, 2}, 2, use),
    Operation("D9", "another-agent", {2}, 2, restart_agent),
    Operation("D9", "another-boot", {2}, 2, reload_module),
    Operation("D9", "opening-twice-at-once", {2, 1, 0}, 0, use_both),
    Operation("D9", "opening-what-is-used-up", {0}, 0, refused),
    Operation("D8", "removing-what-is-used-up", {0}, 0, remove),
    Operation("D8", "getting-another", {0, OPENS}, OPENS, get),
    Operation("D9", "opening-the-other", {3, 2}, 2, use),
    Operation("D8", "removing-what-is-left", {2, 0}, 0, remove),
]
