# SPDX-License-Identifier: GPL-2.0
"""A medium, by the module's ioctls, and its second layer as bytes."""

import ctypes
import errno
import fcntl
import os
import struct

from . import client

OPEN = struct.Struct("=iI")
INFO = struct.Struct("=16s16s32s32sIIQQQII16s")
LICENSE = struct.Struct("=II16s16s32sQQIII3I")
DATA = struct.Struct("=QII")
LEND = struct.Struct("=16s32s16s")
CASK_IOC_MEDIUM_OPEN = 1 << 30 | OPEN.size << 16 | 0xC5 << 8 | 5
CASK_IOC_MEDIUM_INFO = 3 << 30 | INFO.size << 16 | 0xC5 << 8 | 6
CASK_IOC_MEDIUM_LICENSE = 3 << 30 | LICENSE.size << 16 | 0xC5 << 8 | 7
CASK_IOC_MEDIUM_INSTALL = 3 << 30 | DATA.size << 16 | 0xC5 << 8 | 8
CASK_IOC_MEDIUM_RESTORE = 3 << 30 | DATA.size << 16 | 0xC5 << 8 | 10
CASK_IOC_MEDIUM_EXPORT, CASK_IOC_MEDIUM_CHECKOUT, CASK_IOC_MEDIUM_CHECKIN = \
    (1 << 30 | LEND.size << 16 | 0xC5 << 8 | number for number in (11, 12, 13))

STATES = ("good", "lost", "stale", "foreign", "gone")
COPIES = ("", "exported", "checked-out", "checked-out-elsewhere")

CASK_OPENS_ANY = 0xffffffff

# What lies where on a medium that cask-medium made.
FIRST, SLOT = 4096, 65536


def layer(offset):
    """The name of what is there."""
    if offset < FIRST:
        return "a medium's first layer"
    slot = (offset - FIRST) // SLOT
    return f"a medium's slot {slot}" if slot < 2 else "a medium's third layer"


def lose(path):
    """Have zeros where the second layer was."""
    with open(path, "r+b") as file:
        file.seek(FIRST)
        file.write(bytes(2 * SLOT))
        file.flush()
        os.fsync(file.fileno())


class Medium:
    """A medium that is open, until the end of `with`."""

    def __init__(self, path):
        self.below = os.open(path, os.O_RDWR)
        device = os.open("/dev/cask", os.O_RDWR)
        try:
            self.file = fcntl.ioctl(device, CASK_IOC_MEDIUM_OPEN, bytearray(OPEN.pack(self.below, 0)))
        except OSError:
            os.close(self.below)
            raise
        finally:
            os.close(device)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.file)
        os.close(self.below)

    def info(self):
        """Its number, and its state in a word."""
        info = bytearray(INFO.size)
        fcntl.ioctl(self.file, CASK_IOC_MEDIUM_INFO, info)
        number, _, _, _, state, *_ = INFO.unpack(info)
        return number.hex(), STATES[state]

    def give(self, request, given):
        data = ctypes.create_string_buffer(given, len(given))
        fcntl.ioctl(self.file, request, bytearray(DATA.pack(ctypes.addressof(data), len(given), 0)))

    def install(self, statement):
        self.give(CASK_IOC_MEDIUM_INSTALL, statement)

    def restore(self, backup):
        self.give(CASK_IOC_MEDIUM_RESTORE, backup)

    def licenses(self):
        """What the module says of each license on it."""
        index = 0
        while True:
            license = bytearray(LICENSE.pack(index, 0, b"", b"", b"", 0, 0, 0, 0, 0, 0, 0, 0))
            try:
                fcntl.ioctl(self.file, CASK_IOC_MEDIUM_LICENSE, license)
            except FileNotFoundError:
                return
            yield LICENSE.unpack(license)
            index += 1

    def counts(self):
        """Of each license on it that counts: how often it may still be opened in this device."""
        return [left for *_, most, left, _, _, _, _ in self.licenses() if most != CASK_OPENS_ANY]

    def copies(self):
        """Of each copy of a license on it: what it is, in a word."""
        return [COPIES[copy] for *_, copy, _, _ in self.licenses() if copy]

    def lend(self, request, license):
        """Ask for or give back a copy of a license, as the agent shows it: "done", or the errno's name."""
        try:
            fcntl.ioctl(self.file, request, LEND.pack(bytes.fromhex(license["license_id"]), bytes.fromhex(license["issuer"]), b""))
            return "done"
        except OSError as error:
            return errno.errorcode[error.errno]

    def open(self, content):
        """Open a content with a license on it, and close that again: "opened", or the errno's name."""
        return client.open_content(content, self.file)
