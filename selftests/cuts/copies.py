# SPDX-License-Identifier: GPL-2.0
"""
Copies of a license of the device on a medium of the same disk: checked out, checked in, exported. What is left is
which copy is on the medium, and what the device counts.
"""

import shutil
import typing

from .media import get_class, make_first
from .medium import CASK_IOC_MEDIUM_CHECKIN, CASK_IOC_MEDIUM_CHECKOUT, CASK_IOC_MEDIUM_EXPORT, Medium
from .operations import Operation, Story


class Held(typing.NamedTuple):
    """`copy`: what is on the medium; `exports`, `checkouts`: left; `lent`: checked out now."""

    copy: str
    exports: int
    checkouts: int
    lent: int

    def __str__(self):
        return f"{self.copy or 'no copy'} ({self.exports}, {self.checkouts}, {self.lent})"


def license_of(scene):
    """The license that is copied, as the agent shows it."""
    one, = (one for one in scene.client.ask("GET", "/v1/licenses")["licenses"] if one["content_id"] == scene.env["CASK_COPIED"])
    return one


def lend(scene, request):
    with Medium(scene.disc) as medium:
        said = medium.lend(request, license_of(scene))
    assert said == "done", said


def check_out(scene):
    lend(scene, CASK_IOC_MEDIUM_CHECKOUT)


def check_in(scene):
    lend(scene, CASK_IOC_MEDIUM_CHECKIN)


def export(scene):
    lend(scene, CASK_IOC_MEDIUM_EXPORT)


# --- what is left ---

def held(scene, medium):
    """What there is; a copy plays, and where there is none nothing does."""
    license, copies = license_of(scene), medium.copies()
    said = medium.open(scene.contents["CASK_COPIED"].file)
    assert len(copies) < 2 and said == ("opened" if copies else "ENOKEY"), f"with copies {copies} it says {said}"
    return Held("".join(copies), license["exports_left"], license["checkouts_left"], license["lent"])


def take_back(scene, medium, was):
    """A check-out can be checked in wherever the power went, and what was kept of the medium is older then."""
    shutil.copyfile(scene.disc, scene.copy)
    said = medium.lend(CASK_IOC_MEDIUM_CHECKIN, license_of(scene))
    scene.power.mark("changed")
    assert said == "done" and held(scene, medium) == was._replace(copy="", lent=0), f"checking in says {said}"
    with Medium(scene.copy) as copy:
        said = copy.info()[1], copy.open(scene.contents["CASK_COPIED"].file)
    assert said == ("stale", "ESTALE"), f"an older copy is {said}"


def use_up(scene, medium, was):
    """An export that was begun is not counted again, and there is one copy on the medium then."""
    said = medium.lend(CASK_IOC_MEDIUM_EXPORT, license_of(scene))
    scene.power.mark("changed")
    now = held(scene, medium)
    # Of two exports one is left, whether it was counted already or not.
    assert said == "done" and now == EXPORTED._replace(checkouts=was.checkouts), f"exporting after {was} says {said}: {now}"


def look(scene, outcome):
    assert scene.client.area() != "refused", "the secure area is refused"
    with Medium(scene.disc) as medium:
        assert medium.info() == (scene.number, "good"), f"the medium is {medium.info()}"
        outcome.left = held(scene, medium)
        scene.power.mark("back")
        if outcome.left.lent:
            take_back(scene, medium, outcome.left)
        if outcome.left.copy != "exported":
            use_up(scene, medium, outcome.left)
        # The first may be what finishes one that had arrived.
        now, said = held(scene, medium), [medium.lend(CASK_IOC_MEDIUM_EXPORT, license_of(scene)) for _ in range(2)]
        assert said[1] == "EEXIST" and held(scene, medium) == now, f"exporting to it again says {said}"


def then(outcome):
    left = outcome.left
    if left.lent:
        return {left, left._replace(copy=""), left._replace(copy="", lent=0)}
    if left.copy:
        return None
    begun = left._replace(exports=left.exports - 1)
    return {left, begun, begun._replace(copy="exported"), left._replace(copy="exported")}


# --- the table ---

NONE = Held("", 2, 2, 0)
OUT = Held("checked-out", 2, 1, 1)
IN = Held("", 2, 1, 0)
EXPORTED = Held("exported", 1, 1, 0)


def before(scene):
    scene.disc, scene.copy = scene.client.place / "disc", scene.work / "copy"
    get_class(scene)
    make_first(scene)
    scene.client.get(scene.env["CASK_COPIED"])


STORY = Story(before=before, look=look, then=then, table=[
    Operation("D9", "checking-out", {NONE, OUT._replace(copy=""), OUT}, OUT, check_out),
    Operation("D9", "checking-in", {OUT, OUT._replace(copy=""), IN}, IN, check_in),
    Operation("D9", "exporting", {IN, EXPORTED._replace(copy=""), EXPORTED}, EXPORTED, export),
])
