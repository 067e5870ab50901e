# SPDX-License-Identifier: GPL-2.0
"""Mutants: a copy of the tree without a row's behaviour, in which the row's tests must fail."""

import dataclasses
import json
import pathlib
import shutil
import subprocess
import time

from . import BUILD, TOP, BenchError, kernels, rows, suites, tap

KERNEL = "6.12"
PLACE = BUILD / "mutants"

# Of a build, what the copy starts with, so that make builds only what the patch touches.
REUSED = ("bin", "lib", "obj", "san", "modules", "test-keys")


@dataclasses.dataclass
class Verdict:
    """What became of a mutant; error says why there is no answer."""

    row: str
    patch: pathlib.Path
    killed: bool = False
    by: str = ""
    error: str = ""
    seconds: float = 0


def copy_tree(target):
    shutil.rmtree(target, ignore_errors=True)
    for name in suites.files():
        source = TOP / name
        if source.is_symlink() or source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name, follow_symlinks=False)
    for part in REUSED:
        if (BUILD / part).is_dir():
            shutil.copytree(BUILD / part, target / "build" / part, symlinks=True)


def attempt(what, command, cwd, log):
    """Run a step of the making; returns why it failed, or nothing."""
    with open(log, "ab") as out:
        run = subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    return f"{what}, see {log}" if run.returncode else ""


def build(tree, log):
    version = kernels.find(KERNEL).version
    return attempt("it does not build", ["make", "BUILD=build", "programs", "modules", f"KVERS={version}"],
                   tree, log)


def make(patch, tree, log):
    """Make the mutant of `patch` in `tree`; returns why it cannot be, or nothing."""
    copy_tree(tree)
    return attempt("it does not apply", ["patch", "-p1", "-i", patch], tree, log) or \
        build(tree, log)


def carrying(row):
    """Names of the suites that carry the row on this kernel, by their last results, the quickest first."""
    seconds = {}
    for outcome in suites.last():
        mine = [test for test in outcome.tests if rows.carries(test, row)]
        if outcome.kernel not in ("host", KERNEL) or not mine:
            continue
        if any(not test.good for test in mine):
            raise BenchError(f"{row} fails without a mutant, in {outcome.suite}")
        seconds[outcome.suite] = outcome.seconds
    return sorted(seconds, key=seconds.get)


def run(row, suite, tree, log):
    """The row's tests as they come out in `tree`."""
    path = tree / f"build/results/{suite}"
    for old in path.parent.glob(f"{suite}.*.json"):
        old.unlink()
    attempt("", ["env", "BUILD=build", tree / "selftests/run", "--kernel", KERNEL, "--only", suite], tree, log)
    tests = []
    for new in path.parent.glob(f"{suite}.*.json"):
        tests += [tap.Test(**test) for test in json.loads(new.read_text())["tests"]]
    return [test for test in tests if rows.carries(test, row)]


def try_suites(verdict, tree, log):
    """Run the row's suites in the mutated tree until one of the row's tests fails."""
    for suite in carrying(verdict.row):
        tests = run(verdict.row, suite, tree, log)
        if not tests:
            verdict.error = f"{suite} did not run, see {log}"
            return
        bad = [test.name for test in tests if not test.good]
        if bad:
            verdict.error = control(verdict, suite, bad, tree, log)
            verdict.killed, verdict.by = not verdict.error, f"{suite}: {bad[0]}"
            return


def control(verdict, suite, bad, tree, log):
    """Those tests must be good in the same place without the mutant: else it is not what they noticed."""
    error = attempt("it cannot be taken back", ["patch", "-R", "-p1", "-i", verdict.patch], tree, log) or \
        build(tree, log)
    if error:
        return error
    good = {test.name for test in run(verdict.row, suite, tree, log) if test.good}
    return "" if good.issuperset(bad) else f"without it {suite} fails there, too, see {log}"


def judge(row, patch):
    """Make the mutant of `patch` and run the tests of its `row` in it."""
    PLACE.mkdir(parents=True, exist_ok=True)
    verdict, begin = Verdict(row, patch), time.monotonic()
    tree, log = PLACE / patch.stem, PLACE / f"{patch.stem}.log"
    log.unlink(missing_ok=True)
    try:
        verdict.error = make(patch, tree, log)
        if not verdict.error:
            try_suites(verdict, tree, log)
    except BenchError as error:
        verdict.error = str(error)
    verdict.seconds = time.monotonic() - begin
    if verdict.killed:
        shutil.rmtree(tree)
    return verdict


def make_known(wanted):
    """Have results of the tree itself for each suite: they say which ones to run on a row's mutant."""
    unknown = {outcome.suite for outcome in suites.last()
               if outcome.kernel in ("host", KERNEL) and not outcome.tests}
    if unknown:
        print(f"  TEST    {' '.join(sorted(unknown))}, to know which rows they carry", flush=True)
        subprocess.run([TOP / "selftests/run", "--kernel", KERNEL, "--only", *unknown],
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    for row in wanted:
        if not carrying(row):
            raise BenchError(f"{row} has no test that runs on {KERNEL}")
