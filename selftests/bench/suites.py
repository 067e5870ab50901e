# SPDX-License-Identifier: GPL-2.0
"""Suites: what selftests/tests.list says, how they run, and where their results are kept."""

import collections
import contextlib
import dataclasses
import functools
import hashlib
import json
import os
import pathlib
import shlex
import signal
import subprocess
import threading
import time

from . import BUILD, TOP, BenchError, jobs, kernels, machine, tap

LIST = TOP / "selftests/tests.list"
RESULTS = BUILD / "results"
PLACES = ("host", "vm", "systemd")

# Suites wait for disks, servers and each other's answers: one more than there are processors keeps them busy. A
# guest has 2 GiB and more.
LANES = min(len(os.sched_getaffinity(0)) + 1, 4)


@dataclasses.dataclass(frozen=True)
class Suite:
    """A line of tests.list."""

    name: str
    place: str
    argv: tuple
    each_kernel: bool = False
    kernel: str = ""
    timeout: int = 300
    module: str = "cask"
    module_args: str = ""
    memory: int = 1536
    cpus: int = 1

    def kernels(self):
        """Series that it runs for; "host" stands for none."""
        if self.place == "host" and not self.each_kernel:
            return ["host"]
        if self.kernel:
            return [self.kernel]
        # What begins on this machine brings VMs of its own, of the kernels that users have.
        return [k.series for k in kernels.available().values() if self.place != "host" or not k.debug]


@dataclasses.dataclass
class Outcome:
    """What a suite did for one kernel ("host" for none), and with which tree."""

    suite: str
    kernel: str
    tests: list
    seconds: float = 0
    tree: str = ""

    @property
    def failed(self):
        return [test for test in self.tests if not test.good]


def read_list():
    """All suites, by name."""
    found = {}
    for number, line in enumerate(LIST.read_text().splitlines(), 1):
        fields = shlex.split(line, comments=True)
        if not fields:
            continue
        try:
            suite = read_line(fields)
        except (ValueError, IndexError) as error:
            raise BenchError(f"{LIST}:{number}: {error}") from None
        if suite.name in found:
            raise BenchError(f"{LIST}:{number}: {suite.name} is there twice")
        found[suite.name] = suite
    return found


def read_line(fields):
    name, where, *argv = fields
    place, *options = where.split(",")
    if place not in PLACES or not argv:
        raise ValueError("wanted: NAME WHERE[,OPTION...] COMMAND...")
    more = {}
    for option in options:
        key, _, value = option.partition("=")
        match key:
            case "kernels":
                more["each_kernel"] = True
            case "kernel":
                more["kernel"] = value
            case "timeout":
                more["timeout"] = int(value)
            case "mem":
                more["memory"] = int(value)
            case "cpus":
                more["cpus"] = int(value)
            case "module-args":
                more["module_args"] = value.replace("+", " ")
            case "no-module":
                more["module"] = ""
            case _:
                raise ValueError(f"unknown option {key}")
    return Suite(name, place, tuple(argv), **more)


def run(chosen, only_kernel, report):
    """
    Run the suites `chosen`, on `only_kernel` if given, LANES at a time, and call report(Outcome) for
    each when it is done. Results are stored; returns all outcomes.
    """
    RESULTS.mkdir(parents=True, exist_ok=True)
    outcomes = []
    one_at_a_time = threading.Lock()

    def done(outcome, output, dmesg=""):
        with one_at_a_time:
            store(outcome, output, dmesg)
            outcomes.append(outcome)
            report(outcome)

    go_through(collections.deque(tasks(chosen, only_kernel)), done)
    return outcomes


def tasks(chosen, only_kernel):
    """Functions of done(), each to run a suite of the host or a boot's suites."""
    for kernel in [only_kernel] if only_kernel else kernels.available():
        for group in boots([s for s in chosen if s.place != "host" and kernel in s.kernels()]):
            yield functools.partial(run_in_vm, group, kernel)
    for suite in chosen:
        if suite.place == "host":
            for kernel in suite.kernels():
                if kernel == "host" or only_kernel in (None, kernel):
                    yield functools.partial(run_on_host, suite, kernel)


def go_through(waiting, done):
    """Call all of `waiting` in threads that end with this one, whatever ends it."""
    problems = []

    def lane():
        try:
            while waiting:
                waiting.popleft()(done)
        except BaseException as problem:
            problems.append(problem)
            waiting.clear()

    threads = [threading.Thread(target=lane, daemon=True) for _ in range(min(LANES, len(waiting)))]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    except BaseException:
        waiting.clear()
        running.end()
        raise
    if problems:
        raise problems[0]


class Running:
    """The sessions of host suites under way. VMs end with the thread that started them."""

    def __init__(self):
        self.lock = threading.Lock()
        self.ids = set()

    def add(self, pid):
        with self.lock:
            self.ids.add(pid)

    def remove(self, pid):
        with self.lock:
            self.ids.discard(pid)

    def end(self):
        """Ask them to end, and give them time to take away what they made."""
        with self.lock:
            for pid in self.ids:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGTERM)
        until = time.monotonic() + 10
        while self.ids and time.monotonic() < until:
            time.sleep(0.1)


running = Running()


def boots(inside):
    """Suites of VMs, in groups that can share a boot."""
    groups = {}
    for suite in inside:
        groups.setdefault((suite.place, suite.memory, suite.cpus), []).append(suite)
    return groups.values()


def run_on_host(suite, kernel, done):
    environment = {**os.environ, "BUILD": str(BUILD), "CMOCKA_MESSAGE_OUTPUT": "TAP", "LC_ALL": "C.UTF-8"}
    if kernel != "host":
        environment["CASK_KERNEL"] = kernel
    begin = time.monotonic()
    # A session of its own: what it leaves behind can be found and ended.
    with subprocess.Popen(suite.argv, cwd=TOP, env=environment, stdin=subprocess.DEVNULL, text=True,
                          errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          start_new_session=True) as process:
        running.add(process.pid)
        try:
            output, _ = process.communicate(timeout=suite.timeout)
            complaint = ended(process.returncode)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                output, _ = process.communicate(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                output, _ = process.communicate()
            complaint = f"timeout: it ran for more than {suite.timeout} s"
        finally:
            running.remove(process.pid)
    if not complaint and outlived(process.pid):
        complaint = "it left processes behind"
    done(judge(suite, kernel, output, [complaint] if complaint else [], time.monotonic() - begin), output)


def outlived(session):
    """Whether processes of a suite that ended are still there two seconds later; they are ended."""
    try:
        for _ in range(20):
            os.killpg(session, 0)
            time.sleep(0.1)
        os.killpg(session, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def run_in_vm(group, kernel, done):
    vm = machine.Machine(kernels.find(kernel), systemd=group[0].place == "systemd", memory=group[0].memory,
                         cpus=group[0].cpus, environment={"CMOCKA_MESSAGE_OUTPUT": "TAP"})
    todo = [jobs.Job(s.name, list(s.argv), s.timeout, s.module, s.module_args) for s in group]
    suites = iter(group)

    def finished(result):
        output = result.output.decode(errors="replace")
        complaints = [f"{reason}: {detail}" for reason, detail in result.failures]
        if result.status and not result.failures:
            complaints.append(ended(result.status))
        done(judge(next(suites), kernel, output, complaints, result.seconds), output, result.dmesg)

    machine.run(vm, todo, finished=finished)


def ended(status):
    if status < 0:
        return f"it was killed by signal {-status}"
    return f"exit status {status}" if status else ""


def judge(suite, kernel, output, complaints, seconds):
    """Tests of the output; complaints fail the suite unless it is an exit status that tests explain."""
    tests = tap.parse(output)
    for complaint in complaints:
        if complaint.startswith("exit status") and any(not test.good for test in tests):
            continue
        tests.append(tap.Test("the suite", False, complaint))
    return Outcome(suite.name, kernel, tests, seconds)


@functools.cache
def tree():
    """A hash of the tree as it stands, but for the figures that `make bench` writes into it."""
    digest = hashlib.sha256()
    for name in files():
        path = TOP / name
        if path.is_file() and not name.startswith("Documentation/benchmarks."):
            digest.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def files():
    """Names of the files of the tree as it stands, without what is built."""
    found = []
    for place, folders, names in os.walk(TOP):
        place = pathlib.Path(place)
        folders[:] = [name for name in folders if name != ".git" and place / name not in (BUILD, TOP / "build")]
        found += [str((place / name).relative_to(TOP)) for name in names]
    return sorted(found)


def store(outcome, output, dmesg):
    """Keep results under build/results: the suite's own output, its log, and what rows reads."""
    base = f"{outcome.suite}.{outcome.kernel}"
    outcome.tree = tree()
    (RESULTS / f"{base}.tap").write_text(output)
    (RESULTS / f"{base}.dmesg").unlink(missing_ok=True)
    if dmesg:
        (RESULTS / f"{base}.dmesg").write_text(dmesg)
    (RESULTS / f"{base}.json").write_text(json.dumps(dataclasses.asdict(outcome), indent=1) + "\n")


def last():
    """
    The last outcome of each listed suite, where it runs; one without tests where it never ran. It may
    be of another tree: see Outcome.tree.
    """
    return [stored(suite.name, kernel) for suite in read_list().values() for kernel in suite.kernels()]


def stored(suite, kernel):
    path = RESULTS / f"{suite}.{kernel}.json"
    if not path.exists():
        return Outcome(suite, kernel, [])
    data = json.loads(path.read_text())
    data["tests"] = [tap.Test(**test) for test in data["tests"]]
    return Outcome(**data)
