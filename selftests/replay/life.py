# SPDX-License-Identifier: GPL-2.0
"""
What a device does with rights that count, before anything of it is put back: got, used, used up, lost, removed, given up;
got for a medium, used from it, backed up, restored; and what came as a second key.
"""

import base64
import contextlib
import json
import shutil

from cuts import client
from cuts.medium import lose


class Life:
    """`rights`: what became of each license, for Expected; `now`: the media as they are in the end."""

    def __init__(self, device, snapshots):
        self.device, self.snapshots = device, snapshots
        self.rights, self.now = {}, device.work / "now"

    def snapshot(self, name):
        """Nothing is under way: each answer came when all was on disk."""
        shutil.copytree(self.device.place, self.snapshots / name)

    def use(self, **how):
        said = self.device.open(**how)
        assert said == "opened", said

    def used_up(self, **how):
        said = self.device.open(**how)
        assert said == "EDQUOT", said

    def begin(self):
        """The first boot: what will be lost."""
        self.device.register()
        for name in ("CASK_COUNTED", "CASK_TEXT", "CASK_TERMINAL", "CASK_STEPPED"):
            self.device.fetch(name)
        self.snapshot("registered")
        self.rights[self.device.get("CASK_COUNTED")] = "gone"
        self.use()
        self.snapshot("lost later")

    def after_the_loss(self):
        self.device.go_on()
        for license_id in self.rights:
            self.device.remove(license_id)

    def licenses(self):
        device = self.device
        used = device.get("CASK_COUNTED")
        self.snapshot("got")
        self.use()
        self.snapshot("used once")
        self.use()
        self.use()
        self.used_up()
        removed = device.get("CASK_COUNTED", "machine")
        self.use()
        self.snapshot("used up, and another used once")
        device.remove(removed)
        self.used_up()
        held = device.get_for_user("CASK_COUNTED")
        assert device.open_as_user() == "opened"
        self.snapshot("removed, and a third used once")
        self.rights |= {used: "counts", removed: "gone", held: "counts"}
        self.held, self.used = held, used

    def ask_in_vain(self):
        self.device.proxy_does("refuse")
        with contextlib.suppress(client.Answer):
            self.device.get("CASK_COUNTED", "machine")
            raise AssertionError("it was not refused")
        self.device.proxy_does("refuse", False)

    def uncounted(self):
        self.rights[self.device.get("CASK_TEXT", "machine")] = "free"
        short = self.device.get("CASK_SHORT", "machine")
        self.device.remove(short)
        self.rights[short] = "free"

    def second_keys(self):
        """By a nonce and by two steps; all are removed."""
        by_nonce = self.device.get("CASK_TERMINAL", "machine")
        by_step, by_next = self.device.get("CASK_STEPPED", "machine"), self.device.get_for_user("CASK_STEPPED")
        for name in ("CASK_TERMINAL", "CASK_STEPPED"):
            self.use(name=name)
        self.snapshot("second keys got")
        for license_id in (by_nonce, by_step, by_next):
            self.device.remove(license_id)
        self.rights |= {by_nonce: "gone", by_step: "stepped", by_next: "stepped"}

    def medium(self, name):
        path = self.device.place / name
        self.device.tool("cask-medium", "create", path, "--class", self.device.env["CASK_CLASS"], "--size", "2M")
        self.device.tool("cask-medium", "get", path, self.device.env["CASK_COUNTED"])
        return path

    def media(self):
        tool, disc = self.device.tool, self.medium("disc")
        backup = self.device.place / "backup"
        self.snapshot("got for a medium")
        self.use(medium=disc)
        tool("cask-medium", "backup", disc, backup, "--locks", "medium-apparatus")
        self.snapshot("used from a medium, and backed up")
        lose(disc)
        self.snapshot("the second layer lost")
        tool("cask-medium", "restore", disc, backup)
        self.snapshot("restored")
        self.use(medium=disc)
        self.use(medium=disc)
        self.used_up(medium=disc)
        self.use(medium=self.medium("other"))

    def go_by(self):
        """All but the beginning, in another boot."""
        self.after_the_loss()
        self.licenses()
        self.ask_in_vain()
        self.uncounted()
        self.second_keys()
        self.media()
        for one in self.device.ask("GET", "/v1/licenses")["licenses"]:
            self.rights.setdefault(bytes.fromhex(one["license_id"]), "free")  # the class
        self.snapshot("the end")
        shutil.copytree(self.device.place, self.now)

    def kept(self):
        """What another boot has to know."""
        return {"rights": self.rights, "held": self.held, "used": self.used}


def statements(exchanges):
    """All licenses that a server sent."""
    for line in exchanges.splitlines():
        method, path, _, status, _, data = json.loads(line)
        if (method, path, status) == ("POST", "/v1/licenses", 201):
            yield base64.b64decode(data)
