# SPDX-License-Identifier: GPL-2.0
"""What the module does with its secure area, by its tracepoints: transactions, and questions to the disk."""

import pathlib
import re

PLACE = pathlib.Path("/sys/kernel/tracing")
EVENTS = ("cask_transaction", "cask_store")


class Trace:
    """What has been traced. With the module its events go, and what was traced of them: take() it before."""

    def __init__(self):
        self.lines = []
        (PLACE / "trace").write_text("")

    def follow(self):
        """The module has been loaded."""
        for event in EVENTS:
            (PLACE / f"events/cask/{event}/enable").write_text("1")

    def mark(self, text):
        (PLACE / "trace_marker").write_text(f"operation {text}")

    def take(self):
        """The module is about to go."""
        self.lines += (PLACE / "trace").read_text().splitlines()
        (PLACE / "trace").write_text("")

    def happened(self):
        """By the numbers of operations what happened meanwhile, (event, text) each; what the disk was asked outside of all."""
        inside, outside, now = {}, [], None
        for line in self.lines:
            if mark := re.search(r": operation (\S+)-(begin|end)$", line):
                now = mark[1] if mark[2] == "begin" else None
            elif event := re.search(r": cask_(store|transaction): (.*)$", line):
                inside.setdefault(now, []).append((event[1], event[2]))
        # The agent may ask about a loss at any time, which asks nothing of the disk.
        outside += [text for kind, text in inside.pop(None, []) if kind == "store"]
        return inside, outside
