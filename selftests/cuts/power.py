# SPDX-License-Identifier: GPL-2.0
"""A disk that is recorded, and what it may hold when the power goes: build/bin/cut-power."""

import contextlib
import dataclasses
import pathlib
import subprocess

DISK_BYTES = 16 << 20
LOG_BYTES = 1 << 30  # of addresses: it takes what is written

FLUSH, FUA, MARK = 1, 2, 8


@dataclasses.dataclass(frozen=True)
class Write:
    """An entry of a recording."""

    flags: int
    sector: int
    sectors: int


@dataclasses.dataclass
class Sum:
    """What became of a cut: states passed, those not passed before, those that were mounted."""

    states: int = 0
    fresh: int = 0
    mounted: int = 0

    def add(self, other):
        self.states += other.states
        self.fresh += other.fresh
        self.mounted += other.mounted


class Power:
    """The disk; its files are in `work`, and it is mounted at `place` to look at it."""

    def __init__(self, program, work, place):
        self.image = work / "disk"
        for path, size in ((self.image, DISK_BYTES), (work / "writes", LOG_BYTES)):
            with open(path, "wb") as file:
                file.truncate(size)
        # Nothing is left to be initialised later, while operations are recorded.
        subprocess.run(["mkfs.ext4", "-q", "-b", "4096", "-m", "0", "-E", "lazy_itable_init=0,lazy_journal_init=0",
                        self.image], check=True)
        self.sum = Sum()
        self.process = subprocess.Popen([program, self.image, work / "writes", place], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, command):
        print(command, file=self.process.stdin, flush=True)
        return self.answer()

    def answer(self):
        line = self.process.stdout.readline().split()
        assert line, "cut-power has ended"
        return line

    def record(self):
        """The path of the disk, the writes of which are recorded."""
        return pathlib.Path(self.ask("record")[0])

    def mark(self, text):
        self.ask(f"mark {text}")

    def stop(self):
        """The number of the recording."""
        return int(self.ask("stop")[0])

    def entries(self, recording, begin, end):
        line = self.ask(f"list {recording} {begin} {end}")
        return [Write(*map(int, word.split(","))) for word in line[1:]]

    def cut(self, recording, begin, end, every=1):
        """
        Cut the power between two marks. Yields for each tree of files that is found then, with the disk
        in such a state, its name and (entry, how, which); sum adds up what was tried.
        """
        line = self.ask(f"cut {recording} {begin} {end} {every}")
        while line[0] == "tree":
            yield line[1], line[2:]
            line = self.ask("next")
        assert line[0] == "done", line
        self.sum.add(Sum(*map(int, line[1:])))

    def close(self):
        self.process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.process.wait(60)
