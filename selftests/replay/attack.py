# SPDX-License-Identifier: GPL-2.0
"""All that was said, said again to the module and to caskd, and what is left of rights then."""

import collections
import contextlib
import filecmp
import random
import threading

from cuts import client
from cuts.medium import CASK_IOC_MEDIUM_CHECKIN

from .expected import Expected, ids
from .life import statements
from .wire import ATTRIBUTES, COMMANDS, Agent, Disk, Message, Serving, Tally, attribute, errno_name

SHOWN = 5  # of answers that are not as expected


class Attack:
    """
    `messages`: that caskd sent to the module; `exchanges`: with the server, as the proxy wrote them down; `now`: the media
    as they were in the end. `rights`, `lost` and `covered` are Expected's, and `left` is how often each license opens that
    counts and is in the module, `copies` what is left of `copied`, if that is there; `media_count`: whether what counts is
    still to be had from media.
    """

    def __init__(self, device, messages, exchanges, now):
        self.device, self.messages, self.exchanges, self.now = device, messages, exchanges, now
        self.statements = list(statements(exchanges))
        self.latest = {}
        for license_id, _, version in map(ids, self.statements):
            self.latest[license_id] = max(version, self.latest.get(license_id, 0))
        self.rights, self.left, self.copied, self.copies = {}, {}, None, {}
        self.lost, self.covered, self.media_count = False, None, True
        self.tally, self.beside_caskd = Tally(), collections.Counter()
        self.installs, self.said = collections.Counter(), collections.Counter()
        self.slots_said_again = 0
        self.random = random.Random(1)

    # --- to the module ---

    def again(self, agent, expected, messages):
        """Returns what was answered otherwise than expected."""
        wrong = []
        for number, message in enumerate(messages):
            want, said = expected.of(message), agent.exchange(message)
            self.tally.add(message, said)
            if said != want:
                wrong.append(f"message {number}, {message.name}: {errno_name(said)}, not {errno_name(want)}")
        return wrong[:SHOWN]

    def shuffled(self):
        """With one request for a nonce only: each costs a count of the TPM, which takes most of the time on 6.1."""
        nonces = [message for message in self.messages if message.name == "NONCE_NEW"]
        others = [message for message in self.messages if message.name != "NONCE_NEW"]
        return self.random.sample([nonces[0], *others], 1 + len(others))

    def be_caskd(self, known=True, words=()):
        """Somebody with the agent's files as they are now."""
        agent = Agent(Disk(self.device.place / "state", words))
        agent.hello()
        table = {license_id: owner for license_id, (owner, _) in agent.licenses().items()}
        return agent, Expected(self.rights, table, known, self.lost, self.covered, self.latest)

    def by_somebody_else(self, known=True, words=(), times=5):
        """In order, and as often shuffled. Returns what is wrong."""
        agent, expected = self.be_caskd(known, words)
        with agent:
            wrong = self.again(agent, expected, self.messages)
            for _ in range(times):
                wrong += self.again(agent, expected, self.shuffled())
            with Serving(agent):
                self.install_again()
            self.slots_said_again += agent.disk.said_again
            return wrong + self.look(agent)

    def beside(self):
        """While caskd is there: a second agent is none. Returns what is wrong."""
        wrong = []
        with Agent() as agent:
            for message in self.messages:
                said = errno_name(agent.exchange(message))
                self.beside_caskd[said] += 1
                if said != ("EBUSY" if message.name == "HELLO" else "ENOTCONN"):
                    wrong.append(f"{message.name}: {said}")
        return wrong[:SHOWN]

    def withdraw(self, scope, covered):
        """A later scope comes."""
        agent, _ = self.be_caskd()
        grant = next(message.get("GRANT") for message in self.messages if message.name == "ANCHOR_ADD")
        with agent:
            body = attribute(ATTRIBUTES["GRANT"], grant) + attribute(ATTRIBUTES["SCOPE"], scope)
            said = agent.exchange(Message(COMMANDS["ANCHOR_ADD"], False, body))
        assert not said, f"the scope is refused: {errno_name(said)}"
        self.covered, self.media_count = covered, False

    # --- to media ---

    def media(self):
        return [path for place in (self.device.place, self.now) for path in (place / "disc", place / "other") if path.exists()]

    def install_again(self):
        """Each license that there was, to each medium, of then and of now."""
        for path in self.media():
            self.installs.update(self.device.install(path, statement) for statement in self.statements)

    # --- to caskd ---

    def ask_caskd(self):
        """Each request that a server answered once. Nobody knows what it makes of the answer; it has to live."""
        device, env = self.device, self.device.env
        requests = [("a loss", "/v1/reanchors", {}), ("a class", "/v1/classes", {"class_id": env["CASK_CLASS"]})]
        requests += [(f"{name} for {owner}", "/v1/licenses", {"content_id": env[name], "owner": owner})
                     for owner in ("me", "machine")
                     for name in ("CASK_COUNTED", "CASK_TEXT", "CASK_SHORT", "CASK_TERMINAL", "CASK_STEPPED", "CASK_COPIED",
                                  "CASK_PRELOADED")]
        requests += [("a word", "/v1/words", {})]
        requests += [("a renewal", f"/v1/licenses/{license_id.hex()}/renewals", {"term": "more"}) for license_id in self.left]
        for what, path, body in requests * 2:
            said = "done"
            try:
                device.ask("POST", path, body)
            except client.Answer as answer:
                said = str(answer)
            self.said[f"{what}: {said}"] += 1
        for path in self.media():
            device.try_tool("cask-medium", "get", path, env["CASK_COUNTED"])
        with contextlib.suppress(client.Answer):
            device.register()

    def by_a_server(self):
        """caskd itself, and a server that says what was said once. Returns what is wrong."""
        self.device.proxy_does("replay", given=self.exchanges)
        self.device.start()
        self.ask_caskd()
        wrong = [f"caskd is there, and opening says {said}" for said in [self.device.open()] if said == "opened"]
        self.device.kill()
        self.device.proxy_does("replay", False)
        agent, _ = self.be_caskd()
        with agent:
            return wrong + self.look(agent)

    # --- what is left ---

    def look(self, agent):
        """Of what counts there is what was there before, and nothing else opens."""
        found = {license_id: left for license_id, (_, left) in agent.licenses().items() if left is not None}
        wrong = [] if found == self.left else [f"what counts opens {found}, not {self.left}"]
        if (copies := agent.copies()) != self.copies:
            wrong.append(f"of copies there are left {copies}, not {self.copies}")
        with Serving(agent):
            said = self.device.open()
            if said not in ("EDQUOT", "ENOKEY"):
                wrong.append(f"root's open says {said}")
            for name in ("CASK_TERMINAL", "CASK_STEPPED"):
                said = self.device.open(name)
                if said != "ENOKEY":
                    wrong.append(f"{name} says {said}")
            said, want = self.device.open("CASK_PRELOADED"), self.refusal("ENONET", "EREMOTE")
            if said != want:
                wrong.append(f"what has no opening left without word says {said}, not {want}")
            said = self.device.open("CASK_TEXT")
            if (said == "opened") == bool(self.covered):
                wrong.append(f"what does not count says {said}")
            return wrong + self.look_at_media() + self.look_at_copies()

    def look_at_media(self):
        wrong = []
        for path in self.media():
            if path == self.now / "other" and self.media_count:
                left = self.device.left_on(path)
                wrong += [] if left == [2] else [f"{path} opens {left} times, not 2"]
            elif path.name == "disc" or not self.media_count:
                said = self.device.open(medium=path)
                wrong += [f"{path} opens"] if said == "opened" else []
        return wrong

    def refusal(self, known, lost):
        """What ends in `known` while the records of the life are there, and in `lost` without them."""
        if self.covered:
            return "EKEYREJECTED"
        if self.lost:
            return "EUCLEAN"
        return known if self.copies else lost

    def look_at_copies(self):
        """What was checked in is on no image of then, and comes back from none once more."""
        wrong = []
        for path in (place / name for place in (self.device.place, self.now) for name in ("lent", "lent before")):
            if not path.exists():
                continue
            said = self.device.open("CASK_COPIED", medium=path), self.device.lend(CASK_IOC_MEDIUM_CHECKIN, path, self.copied)
            older = filecmp.cmp(path, self.now / "lent before", shallow=False)
            want = (self.refusal("ESTALE", "ESTALE"), self.refusal("ESTALE", "ENOENT")) if older else \
                (self.refusal("ENOKEY", "ENOKEY"), self.refusal("ENOENT", "ENOENT"))
            wrong += [] if said == want else [f"{path} says {said}, not {want}"]
        return wrong

    # --- meanwhile ---

    def while_it_is_used(self):
        """The user opens what there is, while all is said again. Returns how often it opened, and what is wrong."""
        agent, expected = self.be_caskd()
        wrong, ends, opened = [], threading.Event(), []

        def go_on():
            while not ends.is_set():
                wrong.extend(self.again(agent, expected, self.shuffled()))
        thread = threading.Thread(target=go_on, daemon=True)
        thread.start()
        while (said := self.device.open_as_user()) == "opened":
            opened.append(said)
        ends.set()
        thread.join()
        agent.socket.close()
        return len(opened), wrong + ([] if said == "EDQUOT" else [f"the last open says {said}"])

    # --- what it came to ---

    def report(self):
        for line in self.tally.lines():
            print(f"# the module was told {line}")
        for what, counts in (("somebody beside caskd was told", self.beside_caskd), ("media were brought:", self.installs)):
            print(f"# {what} {', '.join(f'{count} {said}' for said, count in counts.most_common()) or 'nothing'}")
        for said, count in sorted(self.said.items()):
            print(f"# caskd was asked about {said}, {count}")
        print(f"# {self.slots_said_again} questions about slots were answered as once before")
        counters = self.tally.counts, self.beside_caskd, self.installs, self.said
        counted = self.slots_said_again + sum(sum(counts.values()) for counts in counters)
        print(f"# counted: {counted} exchanges said again")
