# SPDX-License-Identifier: GPL-2.0
"""Kernels to boot: where they are, their module tree with cask.ko in it, their initramfs."""

import dataclasses
import functools
import pathlib
import shutil
import subprocess

from . import BUILD, TOP, BenchError

GUEST = TOP / "selftests/vm/guest"

# Series of the kernel whose checkers watch the module.
DEBUG = "debug"

# What the initramfs needs to reach the host's root and network, besides what these depend on.
INITRAMFS_MODULES = ["virtio_pci", "9pnet_virtio", "9p", "overlay", "virtio_net"]


@dataclasses.dataclass(frozen=True)
class Kernel:
    """A kernel that selftests/setup has unpacked, or selftests/debug-kernel built."""

    series: str  # "6.12", or "debug"
    version: str  # what uname -r says
    directory: pathlib.Path

    @property
    def image(self):
        return self.directory / "boot" / f"vmlinuz-{self.version}"

    @property
    def modules(self):
        return self.directory / "lib/modules" / self.version

    @property
    def debug(self):
        return self.series == DEBUG

    @property
    def patience(self):
        """How many times as long as elsewhere everything may take on it."""
        return 5 if self.debug else 1

    @property
    def more_memory(self):
        """MiB for what its checkers keep: shadow, quarantine, stacks."""
        return 768 if self.debug else 0

    @property
    def built(self):
        """Where the build leaves this kernel's cask.ko."""
        return BUILD / "modules" / self.version


@functools.cache
def available():
    """All kernels of the bench, by series."""
    out = subprocess.run([TOP / "selftests/setup", "--kernels"], text=True, capture_output=True)
    if out.returncode:
        raise BenchError(out.stderr.strip())
    found = {}
    for line in out.stdout.splitlines():
        series, version, directory = line.split(None, 2)
        found[series] = Kernel(series, version, pathlib.Path(directory))
    return found


def find(series):
    """The kernel of a series such as "6.12"."""
    if series not in available():
        raise BenchError(f"no kernel {series}; there are {', '.join(available())}")
    kernel = available()[series]
    if not kernel.image.exists():
        maker = "debug-kernel" if kernel.debug else "setup"
        raise BenchError(f"{kernel.image} is missing; run selftests/{maker}")
    return kernel


def make_module_tree(kernel, target, modules):
    """
    Make `target` the guest's /lib/modules/VERSION: the kernel's own modules by a link, and the
    files `modules` where modprobe finds them.
    """
    updates = target / "updates"
    updates.mkdir(parents=True)
    for module in modules:
        shutil.copy(module, updates)
    (target / "kernel").symlink_to(kernel.modules / "kernel")
    for name in ("modules.builtin", "modules.builtin.modinfo", "modules.order"):
        shutil.copy(kernel.modules / name, target)
    # depmod wants the directory's place below a base: BASE/lib/modules/VERSION.
    base = target.parent / "depmod"
    (base / "lib/modules").mkdir(parents=True)
    (base / "lib/modules" / kernel.version).symlink_to(target)
    subprocess.run(["depmod", "-b", base, kernel.version], check=True)
    shutil.rmtree(base)


def with_dependencies(kernel, names):
    """Files of the modules `names` and of what they need, in loading order."""
    depends = {}
    for line in (kernel.modules / "modules.dep").read_text().splitlines():
        path, _, needs = line.partition(":")
        depends[pathlib.PurePath(path).stem.split(".")[0].replace("-", "_")] = [path, *needs.split()]
    order = []
    for name in names:
        # A module that is not there is built in; modules.dep lists the nearest dependency first.
        for path in reversed(depends.get(name, [])):
            if path not in order:
                order.append(path)
    return [kernel.modules / path for path in order]


def make_initramfs(kernel, scratch, target, first=None):
    """
    Write the initramfs: busybox, the modules above, vm/guest/init. Not compressed: TCG is slow. The
    same files make the same image, for firmware that measures it. Behind `first`, an image that
    initramfs-tools made, it is that one's way to mount a root (boot=bench).
    """
    top = scratch / "initramfs"
    root = top / "bench-init" if first else top
    for name in ("bin", "modules"):
        (root / name).mkdir(parents=True)
    (top / "dev").mkdir(exist_ok=True)
    shutil.copy("/bin/busybox", root / "bin/busybox")
    applets = subprocess.run(["/bin/busybox", "--list"], text=True, capture_output=True, check=True)
    for applet in applets.stdout.split():
        if applet != "busybox":
            (root / "bin" / applet).symlink_to("busybox")
    shutil.copy(GUEST / "init", root / "init")
    if first:
        (top / "scripts").mkdir()
        shutil.copy(GUEST / "boot-script", top / "scripts/bench")
    files = with_dependencies(kernel, INITRAMFS_MODULES)
    for file in files:
        shutil.copy(file, root / "modules")
    (root / "modules.order").write_text("".join(file.name + "\n" for file in files))
    pack(top, target, first)
    shutil.rmtree(top)


def pack(top, target, first):
    """A cpio archive of what is below `top`, behind the file `first` if there is one."""
    names = sorted(str(path.relative_to(top)) for path in top.rglob("*"))
    subprocess.run(["touch", "--no-dereference", "--date=@0", *names], cwd=top, check=True)
    with open(target, "wb") as out:
        if first:
            out.write(first.read_bytes())
            out.write(bytes(-out.tell() % 4))
            out.flush()
        subprocess.run(["cpio", "--quiet", "--reproducible", "-o", "-H", "newc"], cwd=top,
                       input="".join(name + "\n" for name in names).encode(), stdout=out, check=True)
