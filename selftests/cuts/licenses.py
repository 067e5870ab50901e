# SPDX-License-Identifier: GPL-2.0
"""
Licenses that count, in the device: got, used, removed. What is left is how often the content opens, and what becomes of a
file that has to be accepted.
"""

import contextlib
import typing

from .client import accept_content, open_content
from .operations import OPENS, Operation, Story

# Of a file that has to be accepted: without a license, not accepted, and so often it opens without word.
NONE, WAITS, FILE_OPENS = "ENOKEY", "EREMOTE", 2


class Held(typing.NamedTuple):
    """How often the content opens; and the file, when it is accepted, or why it does not."""

    opens: int
    file: typing.Any = NONE

    def __str__(self):
        return f"{self.opens} (file: {self.file})"


def held(opens, *files):
    return {Held(n, file) for n in opens for file in files or (NONE,)}


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


def use_up_file(scene):
    """Open what has to be accepted as often as that may be without word from the distributor."""
    opens, said = scene.use_up(lambda: open_content(scene.contents["CASK_PRELOADED"].file), ("ENONET", NONE, WAITS))
    return opens if said == "ENONET" else said


def look(scene, outcome):
    assert scene.client.area() != "refused", "the secure area is refused"
    scene.power.mark("back")
    opens, outcome.said = scene.use_up(scene.client.open)
    outcome.left = Held(opens, use_up_file(scene))
    if outcome.said == "ENOKEY":
        get(scene)
        scene.use_up_anew(scene.client.open)


def then(outcome):
    left = outcome.left
    if left.opens:
        return {left, left._replace(opens=left.opens - 1)}
    if left.file not in (NONE, WAITS):
        return {left, left._replace(file=left.file - 1)}
    return {left, left._replace(opens=OPENS)} if outcome.said == "ENOKEY" else None


# One of the file's openings is used. From then on until its license is removed no word comes.
ACCEPTED = FILE_OPENS - 1

STORY = Story(look=look, then=then, table=[
    Operation("D8", "asking-in-vain", held({0}), Held(0), ask_in_vain, thin=2),
    Operation("D8", "getting", held({0, OPENS}), Held(OPENS), get),
    Operation("D9", "opening", held({3, 2}), Held(2), use),
    Operation("D9", "opening-what-has-a-period", held({2}), Held(2), use_what_ends),
    Operation("K6", "getting-by-a-step", held({2}), Held(2), get_by_step),
    Operation("D9", "accepting-a-file", held({2}, NONE, WAITS, FILE_OPENS, ACCEPTED), Held(2, ACCEPTED), accept, thin=2),
    Operation("D9", "another-agent", held({2}, ACCEPTED), Held(2, ACCEPTED), restart_agent),
    Operation("D9", "another-boot", held({2}, ACCEPTED), Held(2, ACCEPTED), reload_module),
    Operation("D9", "opening-twice-at-once", held({2, 1, 0}, ACCEPTED), Held(0, ACCEPTED), use_both),
    Operation("D9", "opening-what-is-used-up", held({0}, ACCEPTED), Held(0, ACCEPTED), refused),
    Operation("D8", "removing-what-is-used-up", held({0}, ACCEPTED, WAITS, NONE), Held(0), remove),
    Operation("D8", "getting-another", held({0, OPENS}), Held(OPENS), get, thin=4),
    Operation("D9", "opening-the-other", held({3, 2}), Held(2), use),
    Operation("D10", "renewing", held({2, 3}), Held(3), renew),
    Operation("D8", "removing-what-is-left", held({3, 0}), Held(0), remove),
])
