# SPDX-License-Identifier: GPL-2.0
"""Reads what a suite printed (TAP, as kselftest, cmocka and our scripts write it) into tests."""

import dataclasses
import itertools
import re

TEST = re.compile(r"(not )?ok\b\s*(\d+)?\s*(?:- )?(.*)")
PLAN = re.compile(r"1\.\.(\d+)\b\s*(?:#\s*(.*))?$")
SKIP = re.compile(r"(?<!\\)#\s*skip\b\s*(.*)", re.IGNORECASE)

# Numbers that make counts adds up: "counted: 1,000 bad inputs", and perhaps a comma and more.
COUNTED = re.compile(r"^#.*\bcounted: (\d[\d,]*) ([a-z ]+)", re.MULTILINE)

FAILURES = 10   # of which is shown what was said about them
AROUND = 40  # lines before and after a test that failed, at most
TAIL = 25


@dataclasses.dataclass
class Test:
    """One test's outcome."""

    name: str
    good: bool
    why: str = ""


def parse(text):
    """
    The tests in `text`. What must not hide becomes a failed test: a skip, a missing plan, fewer or
    more tests than planned, Bail out.

    Several plans may follow each other (cmocka prints one for each group). Lines that are neither
    plan nor test are diagnostics; indented lines belong to subtests and are passed over.
    """
    tests, planned, plans = [], 0, 0
    for line in text.splitlines():
        if plan := PLAN.match(line):
            plans += 1
            planned += int(plan[1])
            if plan[1] == "0":
                tests.append(Test("everything", False, f"skipped: {plan[2] or 'no reason given'}"))
                planned += 1
        elif line.startswith("Bail out!"):
            tests.append(Test("the suite", False, line))
            return tests
        elif test := TEST.match(line):
            tests.append(read_test(test))
    if not plans:
        tests.append(Test("the suite", False, "it printed no plan"))
    elif len(tests) != planned:
        tests.append(Test("the suite", False, f"it planned {planned} tests and reported {len(tests)}"))
    return tests


def read_test(match):
    failed, number, rest = match.groups()
    skip = SKIP.search(rest)
    name = (rest[:skip.start()] if skip else rest).strip() or f"test {number}"
    if skip:
        # A skipped test has shown nothing, and setup installs all that a test could miss.
        return Test(name, False, f"skipped: {skip[1].strip() or 'no reason given'}")
    return Test(name, not failed, "" if not failed else "failed")


def excerpt(text):
    """The lines of `text` that say why it failed: what was said about the failed tests, and its end."""
    lines = text.splitlines()
    shown = {*range(max(0, len(lines) - TAIL), len(lines))}
    for at in itertools.islice((at for at, line in enumerate(lines) if line.startswith("not ok")), FAILURES):
        shown |= {at, *about(lines, range(at - 1, -1, -1)), *about(lines, range(at + 1, len(lines)))}
    chosen = []
    for at in sorted(shown):
        if at and at - 1 not in shown:
            chosen.append("...")
        chosen.append(lines[at])
    return chosen


def about(lines, numbers):
    """The first of `numbers`, as far as the lines are of no other test."""
    return itertools.islice(itertools.takewhile(lambda at: not TEST.match(lines[at]), numbers), AROUND)


def counted(text):
    """What a suite has counted: pairs of a number and of what."""
    return [(int(number.replace(",", "")), what) for number, what in COUNTED.findall(text)]


def words(name):
    """Words of a test's name, in which ids of rows are looked for."""
    return set(re.split(r"[^A-Za-z0-9]+", name))
