# SPDX-License-Identifier: GPL-2.0
"""What is where on the disk: names for the writes that were recorded."""

import collections
import fcntl
import os
import pathlib
import struct
import subprocess

from . import medium, power

BLOCK = 4096
FIEMAP = struct.Struct("=QQIIII")
EXTENT = struct.Struct("=QQQ2QI3I")
FS_IOC_FIEMAP = 3 << 30 | FIEMAP.size << 16 | ord("f") << 8 | 11
EXTENTS_MAX = 32


def blocks_of(path):
    """Blocks of the disk that a file lies in, and where in the file each is."""
    room = bytearray(FIEMAP.pack(0, 1 << 40, 0, 0, EXTENTS_MAX, 0) + bytes(EXTENT.size * EXTENTS_MAX))
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.ioctl(file, FS_IOC_FIEMAP, room)
    finally:
        os.close(file)
    for n in range(FIEMAP.unpack_from(room)[3]):
        offset, start, length, *_ = EXTENT.unpack_from(room, FIEMAP.size + n * EXTENT.size)
        for done in range(0, length, BLOCK):
            yield (start + done) // BLOCK, offset + done


class Layout:
    """Names of blocks."""

    def __init__(self, image):
        said = subprocess.run(["debugfs", "-R", "blocks <8>", image], check=True, capture_output=True, text=True).stdout
        self.names = dict.fromkeys(map(int, said.split()), "the journal")
        self.names[0] = "the superblock"

    def add(self, place):
        """The files that are there now."""
        for path in pathlib.Path(place).rglob("*"):
            if path.is_file() and not path.is_symlink():
                for block, offset in blocks_of(path):
                    self.names[block] = self.name(path, offset)

    @staticmethod
    def name(path, offset):
        folder = path.parent.name
        if folder == "area":
            return f"slot {path.suffix[1:]}"
        return medium.layer(offset) if path.name == "disc" else f"a file of {folder}/"

    def kind(self, write):
        """What an entry of a recording is."""
        if write.flags & power.MARK:
            return ""
        if not write.sectors:
            return "flush"
        name = self.names.get(write.sector * 512 // BLOCK, "maps, inodes, directories")
        return f"{name}{', FUA' if write.flags & power.FUA else ''}"

    def summary(self, writes):
        """Lines "number, what": the distinct writes of an operation."""
        kinds = collections.Counter(filter(None, map(self.kind, writes)))
        return [f"{number} of {kind}" for kind, number in sorted(kinds.items())]
