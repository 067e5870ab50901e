# SPDX-License-Identifier: GPL-2.0
"""
An area that was lost: its distributor is asked, and answers. What is left is whether the device waits for that, and how
often the content opens.
"""

import os
import time
import typing

from .licenses import get, use
from .operations import OPENS, Operation, Story


class Held(typing.NamedTuple):
    """What there is."""

    waits: bool
    opens: int = 0

    def __str__(self):
        return f"{'waits' if self.waits else 'goes on'} ({self.opens})"


def spoil(scene):
    """Neither slot is as the module wrote it."""
    for slot in (scene.client.place / "state/area").iterdir():
        with open(slot, "r+b") as file:
            file.seek(200)
            file.write(b"spoiled")
            file.flush()
            os.fsync(file.fileno())


def before(scene):
    """A license that was opened once, and is lost."""
    get(scene)
    use(scene)
    scene.client.kill()
    scene.client.unload()
    spoil(scene)
    scene.client.load()


def ask_in_vain(scene):
    """The agent asks by itself, and is refused."""
    scene.refuse()
    scene.client.start()
    while "POST /v1/reanchors 403" not in scene.proxy_log.read_text():
        time.sleep(0.1)


def ask_again(scene):
    """What the device says when it is told to ask."""
    try:
        scene.client.ask("POST", "/v1/reanchors", {})
        return "answered"
    except scene.Answer as answer:
        return str(answer)


def ask(scene):
    scene.refuse(False)
    # The agent asks by itself, too, and may be faster.
    assert (said := ask_again(scene)) in ("answered", "kernel EALREADY"), f"it asks, and is told {said}"


def get_anew(scene):
    scene.client.remove()
    get(scene)


def turn_on(scene, path):
    """Nobody answers, before it has been looked at."""
    scene.refuse()
    scene.client.on(path)


def look(scene, outcome):
    said = ask_again(scene)
    assert said in ("reanchor-refused", "kernel EALREADY"), f"told to ask it says {said}"
    waits = said == "reanchor-refused"
    scene.power.mark("back")
    if waits:
        assert (said := scene.client.open()) == "ENOKEY", f"it waits, and opening says {said}"
        ask(scene)
        scene.power.mark("changed")
    scene.refuse(False)
    assert (state := scene.client.area()) == "open", f"nothing is lost, and the area is {state}"
    opens, outcome.said = scene.use_up(scene.client.open)
    outcome.left = Held(waits, opens)
    if outcome.said == "ENOKEY":
        get_anew(scene)
        scene.use_up_anew(scene.client.open)


def then(outcome):
    waits, opens = outcome.left
    if waits:
        return {outcome.left, Held(False)}
    if opens:
        return {outcome.left, Held(False, opens - 1)}
    return {outcome.left, Held(False, OPENS)} if outcome.said == "ENOKEY" else None


STORY = Story(before=before, on=turn_on, look=look, then=then, table=[
    Operation("D8", "asking-about-a-loss", {Held(True)}, Held(True), ask_in_vain),
    Operation("D8", "being-answered", {Held(True), Held(False)}, Held(False), ask),
    Operation("D8", "getting-after-a-loss", {Held(False), Held(False, OPENS)}, Held(False, OPENS), get_anew, thin=4),
    Operation("D9", "opening-after-a-loss", {Held(False, 3), Held(False, 2)}, Held(False, 2), use),
])
