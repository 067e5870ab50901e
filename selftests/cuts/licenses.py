# SPDX-License-Identifier: GPL-2.0
"""Licenses that count, in the device: got, used, removed. What is left is how often the content opens."""

import contextlib

from .client import accept_content, open_content
from .operations import OPENS, Operation, Story


def get(scene):
    scene.client.get(scene.content_id)


def use(scene):
    said = scene.client.open()
    assert said == "opened", said


def use_what_ends(scene):
    """A license with a usage period, for another content: how late it is gets written down."""
    scene.client.get(scene.env["CASK_SHORT"])
    said = open_content(scene.contents["CASK_SHORT"].file)
    assert said == "opened", said


def accept(scene):
    """A file whose license has a download period: accepted, and then opened, which is counted until the next word."""
    file = scene.contents["CASK_PRELOADED"].file
    scene.client.get(scene.env["CASK_PRELOADED"])
    said = open_content(file)
    assert said == "EREMOTE", said
    accept_content(file)
    said = open_content(file)
    assert said == "opened", said


def get_by_step(scene):
    """A license with a second key, whose step is agreed on before."""
    scene.client.get(scene.env["CASK_STEPPED"])
    assert scene.client.has(scene.env["CASK_STEPPED"])


def use_both(scene):
    said = scene.client.open_together(2)
    assert said == ["opened"] * 2, said


def refused(scene):
    said = scene.client.open()
    assert said == "EDQUOT", said


def renew(scene):
    """By its terms it may be opened as often as at first; what was left ends."""
    license_id, = (one["license_id"] for one in scene.client.ask("GET", "/v1/licenses")["licenses"]
                   if one["content_id"] == scene.content_id)
    scene.client.ask("POST", f"/v1/licenses/{license_id}/renewals", {"term": "more"})


def remove(scene):
    scene.client.remove()


def ask_in_vain(scene):
    """The request is refused when its nonce is drawn: it is given up."""
    scene.refuse()
    with contextlib.suppress(scene.Answer):
        get(scene)
        raise AssertionError("it was not refused")
    scene.refuse(False)


def restart_agent(scene):
    scene.client.kill()
    scene.client.start()


def reload_module(scene):
    scene.client.kill()
    scene.client.unload()
    scene.client.load()
    scene.client.start()


def look(scene, outcome):
    assert scene.client.area() != "refused", "the secure area is refused"
    scene.power.mark("back")
    outcome.left, outcome.said = scene.use_up(scene.client.open)
    if outcome.said == "ENOKEY":
        get(scene)
        scene.use_up_anew(scene.client.open)


def then(outcome):
    if outcome.left:
        return {outcome.left, outcome.left - 1}
    return {0, OPENS} if outcome.said == "ENOKEY" else None


STORY = Story(look=look, then=then, table=[
    Operation("D8", "asking-in-vain", {0}, 0, ask_in_vain, thin=2),
    Operation("D8", "getting", {0, OPENS}, OPENS, get),
    Operation("D9", "opening", {3, 2}, 2, use),
    Operation("D9", "opening-what-has-a-period", {2}, 2, use_what_ends),
    Operation("D9", "accepting-a-file", {2}, 2, accept, thin=2),
    Operation("K6", "getting-by-a-step", {2}, 2, get_by_step),
    Operation("D9", "another-agent", {2}, 2, restart_agent),
    Operation("D9", "another-boot", {2}, 2, reload_module),
    Operation("D9", "opening-twice-at-once", {2, 1, 0}, 0, use_both),
    Operation("D9", "opening-what-is-used-up", {0}, 0, refused),
    Operation("D8", "removing-what-is-used-up", {0}, 0, remove),
    Operation("D8", "getting-another", {0, OPENS}, OPENS, get, thin=4),
    Operation("D9", "opening-the-other", {3, 2}, 2, use),
    Operation("D10", "renewing", {2, 3}, 3, renew),
    Operation("D8", "removing-what-is-left", {3, 0}, 0, remove),
])
