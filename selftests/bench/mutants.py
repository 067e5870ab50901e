# SPDX-License-Identifier: GPL-2.0
"""Mutants: a copy of the tree without a row's behaviour, in which the row's tests must fail."""

import dataclasses
import json
import pathlib
import re
import shutil
import subprocess
import time

from . import BUILD, TOP, BenchError, kernels, rows, suites, tap

PLACE = BUILD / "mutants"
TREE = PLACE / "tree"

# Of a build, what the copy starts with, so that make builds only what a patch touches.
REUSED = ("bin", "lib", "obj", "san", "modules", "test-keys")

# What a patch says above its first file: the suites that are to notice, if others would be tried before them.
SUITES = re.compile(r"Suites?: (.+)\n")


@dataclasses.dataclass
class Verdict:
    """What became of a mutant; error says why there is no answer."""

    row: str
    patch: pathlib.Path
    killed: bool = False
    by: str = ""
    error: str = ""
    seconds: float = 0

    @property
    def log(self):
        return PLACE / f"{self.patch.stem}.log"


class Trial:
    """Mutants on one kernel, one after the other in one copy of the tree."""

    def __init__(self, kernel):
        self.kernel = kernel
        self.version = kernels.find(kernel).version
        self.controls = {}  # suite: names of its tests that are good in the copy, without a mutant
        self.failing = set()  # (row, suite) that fail in the tree itself

    def judge(self, row, patch):
        """Make the mutant of `patch` and run the tests of its `row` in it."""
        PLACE.mkdir(parents=True, exist_ok=True)
        verdict, begin = Verdict(row, patch), time.monotonic()
        verdict.log.unlink(missing_ok=True)
        if not TREE.exists():
            copy_tree(TREE)
        try:
            verdict.error = attempt("it does not apply", ["patch", "-p1", "-i", patch], verdict.log)
            if not verdict.error:
                self.try_suites(verdict)
        except BenchError as error:
            verdict.error = str(error)
        verdict.killed = bool(verdict.by and not verdict.error)
        if verdict.error:
            shutil.rmtree(TREE)
        verdict.seconds = time.monotonic() - begin
        return verdict

    def try_suites(self, verdict):
        """Run the row's suites until one of the row's tests fails, and then take the mutant back."""
        verdict.error = self.build(verdict.log)
        for suite in [] if verdict.error else self.carrying(verdict.row, named(verdict.patch)):
            if (verdict.row, suite) in self.failing:
                raise BenchError(f"{verdict.row} fails without a mutant, in {suite}")
            tests = self.run(verdict.row, suite, verdict.log)
            if not tests:
                verdict.error = f"{suite} did not run, see {verdict.log}"
            bad = {test.name for test in tests if not test.good}
            if verdict.error or bad:
                break
        if verdict.error:
            return
        verdict.error = attempt("it cannot be taken back", ["patch", "-R", "-p1", "-i", verdict.patch], verdict.log)
        if bad and not verdict.error:
            verdict.by = f"{suite}: {min(bad)}"
            verdict.error = self.control(verdict, suite, bad)

    def control(self, verdict, suite, bad):
        """Those tests must be good in the same place without the mutant: else it is not what they noticed."""
        if suite not in self.controls:
            if error := self.build(verdict.log):
                return error
            self.controls[suite] = {test.name for test in self.run(None, suite, verdict.log) if test.good}
        return "" if self.controls[suite] >= bad else f"without it {suite} fails there, too, see {verdict.log}"

    def build(self, log):
        return attempt("it does not build", ["make", "BUILD=build", "programs", "modules", f"KVERS={self.version}"], log)

    def carrying(self, row, first=()):
        """Names of the suites that carry the row on this kernel, by their last results: `first`, then the quickest."""
        seconds = {}
        for outcome in suites.last():
            mine = [test for test in outcome.tests if rows.carries(test, row)]
            if outcome.kernel not in ("host", self.kernel) or not mine:
                continue
            seconds[outcome.suite] = outcome.seconds
            if any(not test.good for test in mine):
                self.failing.add((row, outcome.suite))
        return sorted(seconds, key=lambda suite: (suite not in first, seconds[suite]))

    def run(self, row, suite, log):
        """The row's tests, or all, as they come out in the copy."""
        results = TREE / "build/results"
        for old in results.glob(f"{suite}.*.json"):
            old.unlink()
        attempt("", ["env", "BUILD=build", TREE / "selftests/run", "--kernel", self.kernel, "--only", suite], log)
        tests = []
        for new in results.glob(f"{suite}.*.json"):
            tests += [tap.Test(**test) for test in json.loads(new.read_text())["tests"]]
        return [test for test in tests if not row or rows.carries(test, row)]

    def make_known(self, chosen):
        """Have results of the tree itself for the suites of each (row, patch): they say which carry the row."""
        unknown = {outcome.suite for outcome in suites.last()
                   if outcome.kernel in ("host", self.kernel) and not outcome.tests}
        if all(named(patch) for _, patch in chosen):
            unknown &= {suite for _, patch in chosen for suite in named(patch)}
        if unknown:
            print(f"  TEST    {' '.join(sorted(unknown))}, to know which rows they carry", flush=True)
            subprocess.run([TOP / "selftests/run", "--kernel", self.kernel, "--only", *unknown],
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        for row in {row for row, _ in chosen}:
            if not self.carrying(row):
                raise BenchError(f"{row} has no test that runs on {self.kernel}")


def named(patch):
    """Suites that the patch says are to notice."""
    said = SUITES.match(patch.read_text())
    return said[1].split() if said else []


def copy_tree(target):
    for name in suites.files():
        source = TOP / name
        if source.is_symlink() or source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name, follow_symlinks=False)
    for part in REUSED:
        if (BUILD / part).is_dir():
            shutil.copytree(BUILD / part, target / "build" / part, symlinks=True)


def attempt(what, command, log):
    """Run a step of the making in the copy; returns why it failed, or nothing."""
    with open(log, "ab") as out:
        run = subprocess.run(command, cwd=TREE, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    return f"{what}, see {log}" if run.returncode else ""
