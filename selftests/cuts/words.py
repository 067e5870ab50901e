# SPDX-License-Identifier: GPL-2.0
"""What a distributor says besides licenses that count: an EKB, whose version becomes a floor, and that uses are on record."""

import time

from .client import open_content
from .licenses import Held, get, held, look, reload_module, then
from .operations import OPENS, Operation, Story


def get_for_category(scene):
    """A license that wants an EKB: the agent fetches leaf and EKB, and what was opened becomes the floor."""
    scene.bear_leaves()
    scene.client.get(scene.env["CASK_TREE"])
    assert scene.client.has(scene.env["CASK_TREE"])


def use_what_is_metered(scene):
    """A license that owes a log, of another content: opened, given back, reported and acknowledged."""
    scene.client.get(scene.env["CASK_METERED"])
    before = scene.client.reported()
    said = open_content(scene.contents["CASK_METERED"].file)
    assert said == "opened", said
    while scene.client.reported() < before + 2:
        time.sleep(0.05)


STORY = Story(look=look, then=then, table=[
    Operation("D8", "getting-what-counts", held({0, OPENS}), Held(OPENS), get, thin=4),
    Operation("D6", "getting-for-a-category", held({OPENS}), Held(OPENS), get_for_category),
    Operation("X4", "opening-what-is-metered", held({OPENS}), Held(OPENS), use_what_is_metered, thin=2),
    Operation("D6", "another-boot-with-an-ekb", held({OPENS}), Held(OPENS), reload_module, thin=2),
])
