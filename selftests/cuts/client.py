# SPDX-License-Identifier: GPL-2.0
"""A client that is switched on and off: the real module, with the same root each time, and the real agent."""

import contextlib
import ctypes
import errno
import fcntl
import http.client
import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import threading

BIN = pathlib.Path(__file__).resolve().parents[2] / "build/bin"
OPEN = struct.Struct("=iI16s16s32si3I")
CASK_OPEN_MEDIUM = 1
CASK_IOC_OPEN = 1 << 30 | OPEN.size << 16 | 0xC5 << 8 | 1
CASK_IOC_ACCEPT = 1 << 30 | OPEN.size << 16 | 0xC5 << 8 | 20

libc = ctypes.CDLL(None, use_errno=True)


def call(result):
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def open_content(content, medium=None):
    """Open a file that is encrypted, maybe with a license on a medium, and close it again: "opened", or the errno's name."""
    flags = 0 if medium is None else CASK_OPEN_MEDIUM
    # Of what it can write to, ioctl() returns the result.
    argument = bytearray(OPEN.pack(content, flags, b"", b"", b"", medium or 0, 0, 0, 0))
    device = os.open("/dev/cask", os.O_RDWR)
    try:
        os.close(fcntl.ioctl(device, CASK_IOC_OPEN, argument))
        return "opened"
    except OSError as error:
        return errno.errorcode[error.errno]
    finally:
        os.close(device)


def accept_content(content):
    """Accept a file into the store, while its license's download period lasts."""
    device = os.open("/dev/cask", os.O_RDWR)
    try:
        fcntl.ioctl(device, CASK_IOC_ACCEPT, bytearray(OPEN.pack(content, 0, b"", b"", b"", 0, 0, 0, 0)))
    finally:
        os.close(device)


class Answer(Exception):
    """An answer of the agent that is an error: its code, and the module's errno."""


class Client:
    """`work` has what is the client's own and not the disk's; the disk is mounted at `place`."""

    def __init__(self, work, place):
        self.work, self.place = work, place
        self.secret, self.socket = work / "secret", work / "caskd.sock"
        self.log = open(work / "log", "ab")
        self.process = None
        self.content = -1
        self.trace = None

    # --- switching on and off ---

    def mount(self, disk):
        call(libc.mount(bytes(disk), bytes(self.place), b"ext4", 0, b""))

    def load(self):
        self.tool("caskctl", "root", "load", "--secret", self.secret)
        if self.trace:
            self.trace.follow()

    def start(self):
        """Returns when it has installed what it has."""
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = f"{self.socket}.notify"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        notify.bind(path)
        notify.settimeout(120)
        self.process = subprocess.Popen([BIN / "caskd", "--socket", self.socket, "--state", self.place / "state"],
                                        stderr=self.log, env={**os.environ, "NOTIFY_SOCKET": path})
        assert notify.recv(100) == b"READY=1"
        notify.close()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def unload(self):
        if self.trace:
            self.trace.take()
        call(libc.syscall(176, b"cask", os.O_NONBLOCK))  # delete_module

    def on(self, disk):
        self.mount(disk)
        self.load()
        self.start()

    def off(self):
        self.kill()
        self.unload()
        call(libc.umount2(bytes(self.place), 0))

    # --- what is asked of it ---

    def tool(self, program, *words):
        """What one of the programs prints; it has to succeed."""
        run = subprocess.run([BIN / program, *words], env={**os.environ, "CASK_SOCKET": str(self.socket)}, text=True,
                             capture_output=True)
        assert not run.returncode, f"{program} {words[0]}: {run.returncode}: {run.stderr.strip()}"
        return run.stdout

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("localhost", timeout=120)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(120)
        connection.sock.connect(str(self.socket))
        connection.request(method, path, json.dumps(body) if body is not None else None)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        if answer.status >= 400:
            problem = json.loads(data)
            raise Answer(" ".join(problem[name] for name in ("code", "errno") if name in problem))
        return json.loads(data) if data else None

    def get(self, content_id):
        return self.ask("POST", "/v1/licenses", {"content_id": content_id})

    def has(self, content_id):
        """Whether a license for it is installed."""
        return any(one["installed"] for one in self.ask("GET", "/v1/licenses")["licenses"] if one["content_id"] == content_id)

    def remove(self):
        for one in self.ask("GET", "/v1/licenses")["licenses"]:
            self.ask("DELETE", f"/v1/licenses/{one['license_id']}")

    def area(self):
        """What the module says its secure area is."""
        return self.ask("GET", "/v1/status")["device"]["area"]["state"]

    def reported(self):
        """How many uses the distributor has acknowledged."""
        return self.ask("GET", "/v1/status")["distributors"][0]["use_log"]["reported"]

    def open(self):
        return open_content(self.content)

    def open_together(self, count):
        """Open the content so often at once."""
        said = []
        threads = [threading.Thread(target=lambda: said.append(self.open())) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return said
