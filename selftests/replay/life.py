# SPDX-License-Identifier: GPL-2.0
"""
What a device does with rights that count, before anything of it is put back: got, used, used up, lost, removed, given up,
renewed; got for a medium, used from it, backed up, restored; checked out and in; accepted, and opened as often as it may be
without word; and what came as a second key.
"""

import base64
import contextlib
import json
import shutil
import time

from cuts import client
from cuts.medium import CASK_IOC_MEDIUM_CHECKIN, CASK_IOC_MEDIUM_CHECKOUT, lose


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
        for name in ("CASK_COUNTED", "CASK_TEXT", "CASK_TERMINAL", "CASK_STEPPED", "CASK_COPIED", "CASK_PRELOADED"):
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

    def blank(self, name):
        path = self.device.place / name
        self.device.tool("cask-medium", "create", path, "--class", self.device.env["CASK_CLASS"], "--size", "2M")
        return path

    def medium(self, name):
        path = self.blank(name)
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

    def lend(self, request, path):
        said = self.device.lend(request, path, self.copied)
        assert said == "done", said

    def copies(self):
        """What was checked out is on no image of before, once it was checked in."""
        copied, lent = self.device.get("CASK_COPIED"), self.blank("lent")
        self.copied, = (one for one in self.device.ask("GET", "/v1/licenses")["licenses"] if one["license_id"] == copied.hex())
        self.lend(CASK_IOC_MEDIUM_CHECKOUT, lent)
        self.use(name="CASK_COPIED", medium=lent)
        shutil.copyfile(lent, self.device.place / "lent before")
        self.snapshot("checked out")
        self.lend(CASK_IOC_MEDIUM_CHECKIN, lent)
        self.rights[copied] = "counts"

    def renew(self):
        """What was used up, and is used up again."""
        self.device.ask("POST", f"/v1/licenses/{self.used.hex()}/renewals", {"term": "more"})
        self.use()
        self.snapshot("renewed, and used once")
        self.use()
        self.use()
        self.used_up()

    def use_to_the_last(self):
        said = [self.device.open("CASK_PRELOADED") for _ in range(2)]
        assert said == ["opened", "ENONET"], said

    def hear(self):
        """A word is one that is of a later second than the last."""
        for _ in range(100):
            self.device.ask("POST", "/v1/words", {})
            if (said := self.device.open("CASK_PRELOADED")) != "ENONET":
                break
            time.sleep(0.1)
        assert said == "opened", said

    def without_word(self):
        """The last of the life: each license that comes is word, too."""
        self.rights[self.device.get("CASK_PRELOADED")] = "free"
        said = self.device.open("CASK_PRELOADED")
        assert said == "EREMOTE", said
        self.device.accept("CASK_PRELOADED")
        self.snapshot("accepted")
        self.use(name="CASK_PRELOADED")
        self.use_to_the_last()
        self.hear()
        self.snapshot("heard a word")
        self.use_to_the_last()

    def go_by(self):
        """All but the beginning, in another boot."""
        self.after_the_loss()
        self.licenses()
        self.ask_in_vain()
        self.uncounted()
        self.second_keys()
        self.media()
        self.copies()
        self.renew()
        self.without_word()
        for one in self.device.ask("GET", "/v1/licenses")["licenses"]:
            self.rights.setdefault(bytes.fromhex(one["license_id"]), "free")  # the class
        self.snapshot("the end")
        shutil.copytree(self.device.place, self.now)

    def kept(self):
        """What another boot has to know."""
        return {"rights": self.rights, "left": {self.used: 0, self.held: 2}, "copied": self.copied}


def statements(exchanges):
    """All licenses that a server sent."""
    for line in exchanges.splitlines():
        method, path, _, status, _, data = json.loads(line)
        if (method, status) == ("POST", 201) and path.startswith("/v1/licenses"):
            yield base64.b64decode(data)
