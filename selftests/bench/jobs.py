# SPDX-License-Identifier: GPL-2.0
"""Jobs: commands for a guest, as files that vm/guest/agent reads, and what came of them."""

import dataclasses
import pathlib
import re
import shlex

# How a failure of the bench's own checks shows in an exit status.
TIMED_OUT = 124
BENCH_FAILED = 125


@dataclasses.dataclass
class Job:
    """One command to run in a guest."""

    name: str
    argv: list
    timeout: int = 300
    module: str = "cask"  # loaded before and checked after; "" for none
    module_args: str = ""

    def write(self, directory, patience=1):
        """Lay it out for the agent, the timeout stretched by the kernel's `patience`."""
        directory.mkdir(parents=True)
        (directory / "argv").write_bytes(b"".join(arg.encode() + b"\0" for arg in self.argv))
        (directory / "output").touch()
        fields = {"NAME": re.sub(r"[^\w.-]", "_", self.name), "TIMEOUT": self.timeout * patience,
                  "MODULE": self.module, "MODULE_ARGS": self.module_args}
        (directory / "job").write_text(assignments(fields))


@dataclasses.dataclass
class Result:
    """What came of a job. status is None when the command never ended."""

    job: Job
    status: int = None
    failures: list = dataclasses.field(default_factory=list)  # (reason, detail)
    output: bytes = b""
    dmesg: str = ""
    seconds: float = 0

    @property
    def exit_status(self):
        """For a caller who wants one number: the command's own where the bench has no complaint."""
        if any(reason == "timeout" for reason, _ in self.failures):
            return TIMED_OUT
        if self.failures or self.status is None:
            return self.status or BENCH_FAILED
        return self.status


def assignments(fields):
    """Shell assignments of a dict."""
    return "".join(f"{key}={shlex.quote(str(value))}\n" for key, value in fields.items())


def read_result(job, directory):
    """The result that the agent left in `directory`, or None if it left none."""
    directory = pathlib.Path(directory)
    if not (directory / "result").exists():
        return None
    result = Result(job, output=(directory / "output").read_bytes())
    if (directory / "dmesg").exists():
        result.dmesg = (directory / "dmesg").read_text(errors="replace")
    result.seconds = (directory / "result").stat().st_mtime - (directory / "started").stat().st_mtime
    for line in (directory / "result").read_text(errors="replace").splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "status":
            result.status = int(rest)
        elif kind == "fail":
            reason, _, detail = rest.partition(" ")
            result.failures.append((reason, detail))
    if result.status is None and not result.failures:
        result.failures.append(("no-status", "the agent reported no exit status"))
    return result
