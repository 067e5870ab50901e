# SPDX-License-Identifier: GPL-2.0
"""Rows of Documentation/requirements.rst: which tests carry them, and what is to be said of each."""

import dataclasses
import functools
import re

from . import TOP, suites, tap

DOCUMENT = TOP / "Documentation/requirements.rst"
MUTANTS = TOP / "selftests/mutants"

ROW = re.compile(r"([KDMGSX]\d{1,2})$")
TO_COME = re.compile(r"\s+To come:\s*(.*)")


@dataclasses.dataclass
class Row:
    """A row of the document; `to_come` names its parts that are not built yet."""

    id: str
    to_come: str = ""


@functools.cache
def read():
    """
    Rows of the document, in its order. A row is a definition: its id alone on a line, its text
    indented below; a paragraph of it may begin with "To come:".
    """
    rows = []
    collecting = False
    for line in DOCUMENT.read_text().splitlines():
        if head := ROW.match(line):
            rows.append(Row(head[1]))
            collecting = False
        elif rows and (more := TO_COME.match(line)):
            rows[-1].to_come = more[1].strip()
            collecting = True
        elif collecting and line.startswith(" "):
            rows[-1].to_come += " " + line.strip()
        else:
            collecting = False
    return rows


def ids():
    return [row.id for row in read()]


def carries(test, row):
    return row in tap.words(test.name)


@dataclasses.dataclass
class Proof:
    """What the last results say of a row: of this tree's tests, and where it is to be run yet."""

    tests: list  # (suite, kernel, Test)
    missing: list  # (suite, kernel)


def proof(row):
    """A suite that carries `row` on one kernel, or did before the tree changed, has to on each of its kernels."""
    outcomes = suites.last()
    carrying = {outcome.suite for outcome in outcomes if any(carries(test, row) for test in outcome.tests)}
    found = Proof([], [])
    for outcome in outcomes:
        if outcome.suite not in carrying:
            continue
        if outcome.tree != suites.tree():
            found.missing.append((outcome.suite, outcome.kernel))
        found.tests += [(outcome.suite, outcome.kernel, test) for test in outcome.tests
                        if carries(test, row) and outcome.tree == suites.tree()]
    return found


def suites_of(row):
    """Names of the suites that carried `row` when they last ran."""
    return {outcome.suite for outcome in suites.last() if any(carries(test, row) for test in outcome.tests)}


def mutants(row):
    """Patches that take the row's behaviour out, or a part of it: ROW.patch, ROW-PART.patch."""
    return sorted([*MUTANTS.glob(f"{row}.patch"), *MUTANTS.glob(f"{row}-*.patch")])


def result(row, proof):
    """
    "pass", "fail" or "none". Without a test, without a mutant, or with tests that did not run on this tree
    nothing is proved, and a row of which parts are to come is not claimed, whatever its tests say.
    """
    if not proof.tests or not mutants(row.id):
        return "none"
    if any(not test.good for _, _, test in proof.tests):
        return "fail"
    return "none" if row.to_come or proof.missing else "pass"
