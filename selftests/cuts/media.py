# SPDX-License-Identifier: GPL-2.0
"""
A medium on the same disk: made, licensed, used, backed up, lost, restored. What is left are words for what there is,
and how often the license that counts opens from it.
"""

import filecmp
import json
import shutil
import typing

from .medium import Medium, lose
from .operations import OPENS, Operation, Story


class Held(typing.NamedTuple):
    """`things`: class (its license), the state of the medium, recorded (a broadcast), text (its license), backup."""

    things: str
    opens: int = 0

    def __str__(self):
        return f"{self.things or 'nothing'} ({self.opens})"


# --- what is done ---

def tool(scene, *words):
    return scene.client.tool("cask-medium", *words)


def get_class(scene):
    scene.client.ask("POST", "/v1/classes", {"class_id": scene.env["CASK_CLASS"]})


def make(scene):
    return json.loads(tool(scene, "create", scene.disc, "--class", scene.env["CASK_CLASS"], "--size", "2M", "--json"))["number"]


def make_first(scene):
    scene.number = make(scene)


def record(scene):
    tool(scene, "record", scene.contents["CASK_TEXT"].path, scene.broadcast, "--medium", scene.disc, "--backup", scene.backup)


def get(scene):
    tool(scene, "get", scene.disc, scene.content_id)


def use(scene):
    with Medium(scene.disc) as medium:
        said = medium.open(scene.client.content)
    assert said == "opened", said


def copy_and_use(scene):
    """Of the medium and the copy this one goes on from now on."""
    shutil.copyfile(scene.disc, scene.copy)
    use(scene)


def back_up(scene):
    tool(scene, "backup", scene.disc, scene.backup, "--locks", "medium-apparatus")


def lose_it(scene):
    lose(scene.disc)


def restore(scene):
    tool(scene, "restore", scene.disc, scene.backup)


# --- what is left ---

def mend(scene, medium):
    """A second layer that does not open comes back by the backup."""
    medium.restore(scene.backup.read_bytes())
    scene.power.mark("changed")
    assert medium.info() == (scene.number, "good"), f"restored it is {medium.info()}"


def get_what_is_missing(scene, medium, text, said):
    """Whatever became of requests, each license can be had, and is then there as it was paid for."""
    if text == "ENOKEY":
        tool(scene, "get", scene.disc, scene.env["CASK_TEXT"])
        scene.power.mark("changed")
        assert (again := medium.open(scene.contents["CASK_TEXT"].file)) == "opened", f"got again it says {again}"
    if said == "ENOKEY":
        get(scene)
        scene.use_up_anew(lambda: medium.open(scene.client.content))


def check_copy(scene):
    """All that was paid for has been used, on the medium itself."""
    with Medium(scene.copy) as copy:
        said = copy.info()[1], copy.open(scene.client.content)
    assert said == ("stale", "ESTALE"), f"an older copy is {said}"


def check_backup(scene):
    """It brings back what does not count, and nothing that does."""
    lose(scene.disc)
    with Medium(scene.disc) as medium:
        assert medium.info()[1] == "lost", f"zeros are {medium.info()}"
        mend(scene, medium)
        said = medium.open(scene.contents["CASK_TEXT"].file), medium.open(scene.client.content)
    assert said in (("opened", "EDQUOT"), ("opened", "ENOKEY")), f"after restoring: {said}"


def recorded(scene):
    whole = scene.broadcast.exists()
    assert not whole or filecmp.cmp(scene.broadcast, scene.contents["CASK_TEXT"].path, False), "the recording is another"
    return whole


def look_at_medium(scene, outcome, things):
    with Medium(scene.disc) as medium:
        number, state = medium.info()
        assert number == scene.number, f"its number is {number}"
        scene.power.mark("back")
        there = scene.backup.exists()
        if state != "good":
            mend(scene, medium)
        text = medium.open(scene.contents["CASK_TEXT"].file)
        assert text in ("opened", "ENOKEY"), text
        opens, outcome.said = scene.use_up(lambda: medium.open(scene.client.content))
        things += [state] + ["recorded"] * recorded(scene) + ["text"] * (text == "opened") + ["backup"] * there
        outcome.left = Held(" ".join(things), opens)
        get_what_is_missing(scene, medium, text, outcome.said)
    check_copy(scene)
    if there:
        check_backup(scene)


def look(scene, outcome):
    things = ["class"] * scene.client.has(scene.env["CASK_CLASS"])
    if scene.disc.exists():
        look_at_medium(scene, outcome, things)
        return
    scene.power.mark("back")
    outcome.left = Held(" ".join(things))
    make(scene)


def then(outcome):
    things, opens = outcome.left
    words = things.split()
    if "lost" in words or "stale" in words:
        return {outcome.left, Held(" ".join("good" if word in ("lost", "stale") else word for word in words), opens)}
    if opens:
        return {outcome.left, Held(things, opens - 1)}
    return {outcome.left, Held(things, OPENS)} if "text" in words and outcome.said == "ENOKEY" else None


# --- the table ---

BLANK = "class good"
RECORDED = "class good recorded"
LICENSED = "class good recorded text"
ALL = "class good recorded text backup"
LOST = ALL.replace("good", "lost")
STALE = ALL.replace("good", "stale")


def before(scene):
    scene.disc, scene.broadcast, scene.backup = (scene.client.place / name for name in ("disc", "broadcast.cask", "backup"))
    scene.copy = scene.work / "copy"


STORY = Story(before=before, look=look, then=then, table=[
    Operation("S3", "getting-a-class", {Held(""), Held("class")}, Held("class"), get_class, thin=4),
    Operation("S1 S8", "making-a-medium", {Held("class"), Held(BLANK)}, Held(BLANK), make_first, thin=4),
    Operation("S2 S9", "recording-a-broadcast", {Held(BLANK), Held(RECORDED), Held(LICENSED), Held(ALL)}, Held(ALL), record, thin=4),
    Operation("S2 S10", "getting-for-a-medium", {Held(ALL), Held(ALL, OPENS)}, Held(ALL, OPENS), get, thin=2),
    Operation("S3 S10", "opening-from-a-medium", {Held(ALL, 3), Held(ALL, 2)}, Held(ALL, 2), copy_and_use),
    Operation("S4 S6", "backing-up", {Held(ALL, 2)}, Held(ALL, 2), back_up),
    Operation("S5", "losing-the-second-layer", {Held(ALL, 2), Held(STALE, 2), Held(LOST, 2)}, Held(LOST, 2), lose_it),
    Operation("S5 S6", "restoring", {Held(LOST, 2), Held(ALL, 2)}, Held(ALL, 2), restore),
    Operation("S3 S10", "opening-what-was-restored", {Held(ALL, 2), Held(ALL, 1)}, Held(ALL, 1), use),
])
