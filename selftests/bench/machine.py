# SPDX-License-Identifier: GPL-2.0
"""One qemu at a time: boot a kernel on the host's root, run jobs in it, bring back what came of them."""

import dataclasses
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from . import BUILD, CACHE, TOP, BenchError, jobs, kernels

EXPORT = TOP / "selftests/vm/export"

BOOT_SECONDS = 600  # until the guest's init has its root; TCG on a busy host is slow
CHECK_SECONDS = 120  # for loading, checks and unloading around a command
PROBE_SECONDS = 8

# Units that systemd would start for ordinary services and that tell a test nothing.
MASKED_UNITS = """
    systemd-hwdb-update.service systemd-update-utmp.service systemd-random-seed.service
    systemd-binfmt.service proc-sys-fs-binfmt_misc.automount systemd-journal-flush.service
    systemd-machine-id-commit.service systemd-remount-fs.service systemd-firstboot.service
    systemd-ask-password-console.path systemd-ask-password-wall.path getty.target
    systemd-tmpfiles-clean.timer systemd-udev-settle.service apparmor.service
    systemd-sysusers.service systemd-boot-system-token.service systemd-pcrphase.service
    systemd-timesyncd.service dev-hugepages.mount dev-mqueue.mount sys-fs-fuse-connections.mount
    systemd-pstore.service modprobe@fuse.service modprobe@drm.service modprobe@efi_pstore.service
    keyboard-setup.service console-setup.service networking.service logrotate.timer apt-daily.timer
    """.split()


@dataclasses.dataclass
class Machine:
    """What to boot and what it may see. Directories are absolute."""

    kernel: kernels.Kernel
    modules: list = None  # files for /lib/modules; default: the kernel's cask.ko, if built
    hide: list = dataclasses.field(default_factory=list)
    shares: list = dataclasses.field(default_factory=list)  # (host directory, guest directory)
    environment: dict = dataclasses.field(default_factory=dict)
    systemd: bool = False
    memory: int = 1536
    cpus: int = 1
    parameters: str = ""  # more for the kernel's command line
    qemu: list = dataclasses.field(default_factory=list)  # more words for qemu's command line
    initramfs: pathlib.Path = None  # that initramfs-tools made; the bench's own goes behind it

    def module_files(self):
        if self.modules is not None:
            return self.modules
        return [ko for ko in [self.kernel.built / "cask.ko"] if ko.exists()]


def accelerator():
    """
    Arguments of qemu that choose KVM where a guest really runs, else TCG. An open /dev/kvm proves
    nothing, so a guest is booted; the answer is kept until this machine boots again.
    """
    boot_id = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    note = CACHE / f"accelerator.{boot_id}"
    if not note.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        for old in CACHE.glob("accelerator.*"):
            old.unlink(missing_ok=True)
        note.write_text("kvm" if probe_kvm() else "tcg")
    if note.read_text() == "kvm":
        return ["-accel", "kvm", "-cpu", "host"]
    # la57 makes every page walk of the emulated CPU longer.
    return ["-accel", "tcg,thread=multi", "-cpu", "max,la57=off"]


def probe_kvm():
    """Whether a guest under KVM says that it is alive within a few seconds."""
    try:
        open("/dev/kvm", "rb").close()
    except OSError:
        return False
    kernel = next(iter(kernels.available().values()))
    with tempfile.TemporaryDirectory(prefix="cask-probe.") as scratch:
        scratch = pathlib.Path(scratch)
        kernels.make_initramfs(kernel, scratch, scratch / "initramfs.img")
        command = ["qemu-system-x86_64", "-accel", "kvm", "-cpu", "host", *basics(256, 1),
                   "-kernel", kernel.image, "-initrd", scratch / "initramfs.img",
                   "-append", "quiet console=ttyS0 cask.probe", "-serial", "stdio"]
        try:
            run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True,
                                 timeout=PROBE_SECONDS)
        except subprocess.TimeoutExpired:
            return False
        return b"cask-bench: alive" in run.stdout


def basics(memory, cpus):
    """A machine with nothing in it."""
    return ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-machine", "q35",
            "-m", str(memory), "-smp", str(cpus)]


def qemu_command(machine, work, root):
    """
    qemu's argv for `machine`, with its files in `work` and the exported tree at `root`. The kernel's tests of
    its own ciphers would take a third of each boot's processor time.
    """
    memory = machine.memory + machine.kernel.more_memory
    command = ["qemu-system-x86_64", *accelerator(), *basics(memory, machine.cpus)]
    command += ["-kernel", machine.kernel.image, "-initrd", work / "initramfs.img", "-append",
                "console=ttyS0 quiet panic=-1 oops=panic net.ifnames=0 log_buf_len=4M "
                "random.trust_cpu=on mitigations=off cryptomgr.notests=1 no_timer_check systemd.show_status=0 " +
                ("boot=bench " if machine.initramfs else "") + machine.parameters]
    command += ["-serial", f"file:{work}/console"]
    command += ["-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile="]
    command += nine_p("root", root, ",readonly=on")
    command += nine_p("bench", work / "bench")
    for n, (host, _) in enumerate(machine.shares):
        command += nine_p(f"share{n}", host)
    command += machine.qemu
    return [str(word) for word in command]


def nine_p(tag, path, more=""):
    return ["-fsdev", f"local,id={tag},path={path},security_model=passthrough,multidevs=remap{more}",
            "-device", f"virtio-9p-pci,fsdev={tag},mount_tag={tag}"]


def remove_abandoned(place):
    """Working directories of programs that were killed; their qemu died with them."""
    for work in place.glob("run.*.*"):
        if not pathlib.Path("/proc", work.name.split(".")[1]).exists():
            shutil.rmtree(work, ignore_errors=True)


class Run:
    """A boot: a working directory, a qemu, and the jobs that it got through."""

    def __init__(self, machine, todo, echo, finished):
        self.machine, self.todo, self.echo, self.finished = machine, todo, echo, finished
        self.done = []
        (BUILD / "vm").mkdir(parents=True, exist_ok=True)
        remove_abandoned(BUILD / "vm")
        self.work = pathlib.Path(tempfile.mkdtemp(prefix=f"run.{os.getpid()}.", dir=BUILD / "vm"))
        self.bench = self.work / "bench"
        self.qemu = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        shutil.rmtree(self.work, ignore_errors=True)

    def kill(self):
        if self.qemu and self.qemu.poll() is None:
            self.qemu.kill()
            self.qemu.wait()

    def prepare(self):
        """Lay out what the guest reads: configuration, jobs, modules, initramfs."""
        machine = self.machine
        (self.work / "root").mkdir()
        (self.bench / "jobs").mkdir(parents=True)
        shutil.copy(kernels.GUEST / "agent", self.bench)
        shutil.copy(kernels.GUEST / "checks", self.bench)
        kernels.make_module_tree(machine.kernel, self.bench / "modules", machine.module_files())
        kernels.make_initramfs(machine.kernel, self.work, self.work / "initramfs.img", machine.initramfs)
        for n, job in enumerate(self.todo):
            job.write(self.directory(n), machine.kernel.patience)
        shares = " ".join(f"share{n}:{guest}" for n, (_, guest) in enumerate(machine.shares))
        (self.bench / "config").write_text(jobs.assignments({
            "REPO": TOP, "KEEP": f"{TOP} {CACHE}", "SHARES": shares, "GUEST_NAME": "cask-client",
            "PATIENCE": 5 * machine.kernel.patience, "SYSTEMD": int(machine.systemd), "MASKED": " ".join(MASKED_UNITS)}))
        (self.bench / "environment").write_text(jobs.assignments({
            "CASK_KERNEL": machine.kernel.series, "CASK_HOST": "10.0.2.2",
            "CASK_BUILD": BUILD, **machine.environment}))

    def directory(self, n):
        return self.bench / "jobs" / f"{n:03}"

    def start(self):
        # However this program ends, its qemu ends with it.
        root = self.work / "root"
        command = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "private",
                   EXPORT, root, *self.machine.hide, "--", *qemu_command(self.machine, self.work, root)]
        with open(self.work / "qemu.log", "wb") as log:
            self.qemu = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                                         stdout=log, stderr=log)

    def wait(self):
        """Follow the guest until it is off; kill it when it stands still. Returns why, or None."""
        shown = 0
        state, since = None, time.monotonic()
        while self.qemu.poll() is None:
            time.sleep(0.1)
            new = self.state()
            if new != state:
                state, since = new, time.monotonic()
            self.collect()
            shown = self.show(shown)
            if time.monotonic() - since > self.allowance(state):
                self.kill()
                return "the guest stood still and was stopped"
        self.show(shown)
        return None

    def state(self):
        """(job number, "boot" or "run" or "end"): changes as the guest goes on."""
        for n in range(len(self.todo)):
            if not (self.directory(n) / "result").exists():
                started = (self.directory(n) / "started").exists()
                return n, "run" if started else "boot" if n == 0 else "load"
        return len(self.todo), "end"

    def allowance(self, state):
        n, phase = state
        if phase == "boot":
            return BOOT_SECONDS
        command = self.todo[n].timeout if phase == "run" else 0
        return (CHECK_SECONDS + command) * self.machine.kernel.patience

    def show(self, shown):
        """Pass on what the only job has written since `shown`; returns how far that is."""
        if not self.echo or len(self.todo) != 1:
            return shown
        with open(self.directory(0) / "output", "rb") as file:
            file.seek(shown)
            new = file.read()
        self.echo(new)
        return shown + len(new)

    def add(self, result):
        self.done.append(result)
        if self.finished:
            self.finished(result)

    def collect(self):
        """Take up the results that are there by now."""
        while len(self.done) < len(self.todo):
            n = len(self.done)
            result = jobs.read_result(self.todo[n], self.directory(n))
            if result is None:
                return
            self.add(result)

    def results(self, stopped):
        """Results of the jobs that ran; the one under way when the guest went down is the last."""
        self.collect()
        n = len(self.done)
        if n < len(self.todo) and not (self.bench / "ended").exists():
            self.add(self.died(n, self.todo[n], stopped))
        return self.done

    def died(self, n, job, stopped):
        console = self.console()
        output = (self.directory(n) / "output").read_bytes()
        if not (self.directory(n) / "started").exists() and n == 0:
            return jobs.Result(job, failures=[("no-boot", stopped or self.cause(console))],
                               output=output, dmesg=console)
        reason = "guest-hung" if stopped else "guest-died"
        return jobs.Result(job, failures=[(reason, stopped or self.cause(console))], output=output,
                           dmesg=console)

    def console(self):
        try:
            return (self.work / "console").read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def cause(self, console):
        """The line that says best why a guest went down."""
        # What a guest survives is a BUG:, too.
        for word in ("cask-bench: init:", "BUG: unable", "BUG: kernel", "kernel BUG at", "Oops",
                     "Kernel panic", "BUG:"):
            for line in console.splitlines():
                if word in line:
                    return line.strip()
        log = (self.work / "qemu.log").read_text(errors="replace").strip().splitlines()
        return log[-1] if log else "it powered off before the job had ended"


def run(machine, todo, echo=None, finished=None):
    """
    Run the jobs `todo` in one boot, and those after a job that brought its guest down or left
    something wrong in it in another. echo(bytes) follows the output of a single job, finished(result)
    the jobs as they end. Returns a Result for each job.
    """
    results = []
    while len(results) < len(todo):
        with Run(machine, todo[len(results):], echo, finished) as boot:
            boot.prepare()
            boot.start()
            new = boot.results(boot.wait())
            if not new:
                raise BenchError("the guest ended without running a job")
            results += new
    return results


def stop_on_signals():
    """Let SIGTERM end this program as an exception would, so that its qemu goes with it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def check_directories(machine):
    """Refuse what qemu or the guest would only stumble over."""
    for path in [*machine.hide, *(host for host, _ in machine.shares)]:
        if not pathlib.Path(path).is_dir():
            raise BenchError(f"{path} is not a directory")
    for path in [TOP, CACHE, *(guest for _, guest in machine.shares)]:
        if any(c in str(path) for c in " :,'\""):
            raise BenchError(f"{path}: the bench cannot pass on a name with such characters")
