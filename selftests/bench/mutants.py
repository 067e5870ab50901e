# SPDX-License-Identifier: GPL-2.0
"""Mutants: a copy of the tree without a row's behaviour, in which the row's tests must fail."""

import dataclasses
import json
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
    killed: bool = False
    by: str = ""
    error: str = ""
    seconds: float = 0


def files():
    """Names of the tree as it stands: what git has and what is new, without what is ignored."""
    out = subprocess.run(["git", "-c", f"safe.directory={TOP}", "ls-files", "-z", "-c", "-o",
                          "--exclude-standard"], cwd=TOP, capture_output=True, check=True)
    return sorted({name.decode() for name in out.stdout.split(b"\0") if name})


def copy_tree(target):
    shutil.rmtree(target, ignore_errors=True)
    for name in files():
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


def make(row, tree, log):
    """Make the mutant of `row` in `tree`; returns why it cannot be, or nothing."""
    copy_tree(tree)
    version = kernels.find(KERNEL).version
    return attempt("it does not apply", ["patch", "-p1", "-i", rows.mutant(row)], tree, log) or \
        attempt("it does not build", ["make", "BUILD=build", "programs", "modules", f"KVERS={version}"],
                tree, log)


def carrying(row):
    """Names of the suites that carry the row on this kernel, the quickest first."""
    seconds = {}
    for outcome in suites.last():
        mine = [test for test in outcome.tests if rows.carries(test, row)]
        if outcome.kernel not in ("host", KERNEL) or not mine:
            continue
        if any(not test.good for test in mine):
            raise BenchError(f"{row} fails without a mutant, in {outcome.suite}")
        seconds[outcome.suite] = outcome.seconds
    return sorted(seconds, key=seconds.get)


def reported(row, tree):
    """The row's tests in the results of `tree`."""
    found = []
    for path in (tree / "build/results").glob("*.json"):
        tests = [tap.Test(**test) for test in json.loads(path.read_text())["tests"]]
        found += [test for test in tests if rows.carries(test, row)]
    return found


def try_suites(verdict, tree, log):
    """Run the row's suites in the mutated tree until one of the row's tests fails."""
    tests = []
    for suite in carrying(verdict.row):
        attempt("", ["env", "BUILD=build", tree / "selftests/run", "--kernel", KERNEL, "--only", suite],
                tree, log)
        tests = reported(verdict.row, tree)
        for test in tests:
            if not test.good:
                verdict.killed, verdict.by = True, f"{suite}: {test.name}"
                return
    if not tests:
        verdict.error = f"its tests did not run, see {log}"


def judge(row):
    """Make the mutant of `row` and run the row's tests in it."""
    PLACE.mkdir(parents=True, exist_ok=True)
    verdict, begin = Verdict(row), time.monotonic()
    tree, log = PLACE / row, PLACE / f"{row}.log"
    log.unlink(missing_ok=True)
    try:
        verdict.error = make(row, tree, log)
        if not verdict.error:
            try_suites(verdict, tree, log)
    except BenchError as error:
        verdict.error = str(error)
    verdict.seconds = time.monotonic() - begin
    if verdict.killed:
        shutil.rmtree(tree)
    return verdict


def make_known(wanted):
    """Have results of the tree itself for each row: they say which suites to run on its mutant."""
    if any(not carrying(row) for row in wanted):
        print("  TEST    the tree itself, to know which suites carry which row", flush=True)
        subprocess.run([TOP / "selftests/run", "--kernel", KERNEL], stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL)
    for row in wanted:
        if not carrying(row):
            raise BenchError(f"{row} has no test that runs on {KERNEL}")
