# SPDX-License-Identifier: GPL-2.0
"""A client whose disk is recorded while a story happens, and what is left of it wherever the power goes."""

import dataclasses
import os
import pathlib
import shutil
import subprocess

from . import client, disk, power, trace
from .operations import OPENS, Outcome

TOP = pathlib.Path(__file__).resolve().parents[2]
FEW = 16  # writes: of an operation that has no more every state is tried


@dataclasses.dataclass
class Content:
    """A .cask file, which is no part of the disk."""

    path: pathlib.Path
    file: int


class Scene:
    """All that operations work with. `every`: of many states which one is tried, first and after a second cut."""

    Answer = client.Answer

    def __init__(self, work, env, every):
        self.work, self.env, self.every = work, env, every
        place = work / "place"
        place.mkdir()
        self.power = power.Power(client.BIN / "cut-power", work, place)
        self.client = client.Client(work, place)
        self.content_id = env["CASK_COUNTED"]
        self.registered, self.proxy_place, self.proxy_log = work / "registered", work / "proxy", work / "proxy.log"
        self.proxy, self.contents, self.trace = None, {}, None
        self.story, self.outcomes, self.found, self.problems = None, {}, set(), []

    def close(self):
        for process in (self.proxy, self.client.process):
            if process:
                process.kill()
                process.wait()
        self.power.close()
        shutil.rmtree(self.work, ignore_errors=True)

    # --- before all stories ---

    def start_proxy(self):
        """A way to the server that can refuse what the server would grant."""
        self.proxy_place.mkdir()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                        self.proxy_place / "key.pem", "-out", self.proxy_place / "cert.pem", "-subj", "/CN=proxy", "-addext",
                        "subjectAltName=DNS:localhost", "-days", "1"], check=True, capture_output=True)
        self.proxy = subprocess.Popen([TOP / "selftests/client/proxy", self.proxy_place, "0", self.env["CASK_URL"]], text=True,
                                      stdout=subprocess.PIPE, stderr=open(self.proxy_log, "w"))
        return f"https://localhost:{self.proxy.stdout.readline().strip()}"

    def refuse(self, refused=True):
        """Whether requests that have a nonce are refused from now on."""
        if refused:
            (self.proxy_place / "refuse").touch()
        else:
            (self.proxy_place / "refuse").unlink(missing_ok=True)

    def bear_leaves(self, borne=True):
        """Whether the device gets its leaf when it asks."""
        if borne:
            (self.proxy_place / "leafless").unlink(missing_ok=True)
        else:
            (self.proxy_place / "leafless").touch()

    def fetch(self, name):
        path = self.work / f"{name}.cask"
        self.client.tool("caskctl", "fetch", self.env[name], "-o", path)
        self.contents[name] = Content(path, os.open(path, os.O_RDONLY))

    def prepare(self):
        """Register the device, away from the disk. Returns what its module asked of a disk meanwhile."""
        self.client.tool("caskctl", "root", "make", "--secret", self.client.secret)
        seen = self.client.trace = trace.Trace()
        self.client.load()
        self.client.start()
        url = self.start_proxy()
        # The EKB is opened in a story.
        self.bear_leaves(False)
        body = {"url": url, "token": self.env["CASK_TOKENS"].split()[0],
                "ca": (self.proxy_place / "cert.pem").read_text()}
        self.client.ask("POST", "/v1/registrations", body)
        for name in ("CASK_COUNTED", "CASK_TEXT", "CASK_SHORT", "CASK_COPIED", "CASK_PRELOADED", "CASK_METERED"):
            self.fetch(name)
        self.client.content = self.contents["CASK_COUNTED"].file
        self.client.kill()
        self.client.unload()
        self.client.trace = None
        (self.client.place / "state").rename(self.registered)
        return seen.happened()[1]

    # --- a story ---

    def begin(self):
        self.refuse(False)
        self.bear_leaves(False)
        self.client.trace = self.trace = trace.Trace()
        self.client.mount(self.power.record())
        shutil.copytree(self.registered, self.client.place / "state")
        os.sync()
        self.client.load()
        self.client.start()
        self.trace.mark("before-begin")
        self.story.before(self)

    def perform(self, story):
        """Do all its operations, and record them. Returns the recording and what is where on the disk."""
        self.story, self.outcomes = story, {}
        layout = disk.Layout(self.power.image)
        self.begin()
        for number, operation in enumerate(story.table):
            self.mark(f"{number}-begin")
            operation.do(self)
            self.mark(f"{number}-end")
            layout.add(self.client.place)
        self.mark("end")
        self.client.off()
        self.client.trace = None
        return self.power.stop(), layout

    def mark(self, text):
        self.trace.mark(text)
        self.power.mark(text)

    # --- what is left ---

    def use_up(self, use, ends=("EDQUOT", "ENOKEY")):
        """Open what counts until it opens no more: how often it did, and why it does not any more, one of `ends`."""
        opens = 0
        while (said := use()) == "opened":
            opens += 1
            self.power.mark("changed")
        assert said in ends, f"it does not open: {said}"
        return opens, said

    def use_up_anew(self, use):
        """What has just been got, because it was not there."""
        self.power.mark("changed")
        opens, said = self.use_up(use)
        assert opens == OPENS, f"asked for again it opens {opens} times, then {said}"

    def judge(self):
        """Switch the device on with the disk as it is. Returns what came of it, and the recording of that."""
        outcome = Outcome()
        path = self.power.record()
        try:
            self.story.on(self, path)
            self.story.look(self, outcome)
        except (OSError, AssertionError, client.Answer, subprocess.SubprocessError) as error:
            outcome.wrong = f"{type(error).__name__} {error}"
        self.client.off()
        return outcome, self.power.stop()

    def check(self, where, left, tree, how, deep):
        """A state that has been found, with what may be left in it."""
        if tree == "unmountable":
            self.problems.append(f"{where}: {how}: it cannot be mounted")
            return
        if tree not in self.outcomes:
            self.outcomes[tree], recording = self.judge()
            if deep and not self.outcomes[tree].wrong:
                self.cut_again(where, self.outcomes[tree], recording)
        outcome = self.outcomes[tree]
        self.found.add(outcome.left)
        if outcome.wrong:
            self.problems.append(f"{where}: {how}: {outcome.wrong}")
        elif outcome.left not in left:
            self.problems.append(f"{where}: {how}: {outcome.left} left, not one of {left}")

    def cut_again(self, where, outcome, recording):
        """While the device came back, and while it did the first thing then."""
        for tree, how in self.power.cut(recording, "-", "back", self.every[1]):
            self.check(f"{where}, coming back", {outcome.left}, tree, how, False)
        left = self.story.then(outcome)
        if not left:
            return
        for tree, how in self.power.cut(recording, "back", "changed", self.every[1]):
            self.check(f"{where}, then", left, tree, how, False)

    def cut(self, recording, number):
        """All cuts of an operation, and those until the next begins. Returns the operation's writes."""
        table, operation = self.story.table, self.story.table[number]
        begin, end = f"{number}-begin", f"{number}-end"
        following = f"{number + 1}-begin" if number + 1 < len(table) else "end"
        writes = self.power.entries(recording, begin, end)
        every = 1 if self.every[0] == 1 or len(writes) <= FEW else self.every[0] * operation.thin
        self.found, self.problems = set(), []
        for tree, how in self.power.cut(recording, begin, end, every):
            self.check(operation.name, operation.left, tree, how, True)
        for tree, how in self.power.cut(recording, end, following):
            self.check(f"after {operation.name}", {operation.after}, tree, how, True)
        return writes
