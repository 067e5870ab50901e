# SPDX-License-Identifier: GPL-2.0
"""The netlink of agent and module: overheard by nlmon, and spoken by an agent that is not to be trusted."""

import collections
import dataclasses
import errno
import itertools
import os
import pathlib
import re
import socket
import struct
import subprocess
import threading

HEAD, GENERIC, ATTR = struct.Struct("=IHHII"), struct.Struct("=BBH"), struct.Struct("=HH")
NLMSG_ERROR, NLMSG_DONE, GENL_ID_CTRL = 2, 3, 16
REQUEST, ACK, DUMP = 1, 4, 0x300
CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME = 3, 1, 2
ETH_P_ALL, SOL_PACKET, PACKET_STATISTICS = 3, 263, 6
TYPE = 0x3fff  # of an attribute, without its flags


def read_enum(name, prefix):
    """Names and values of an anonymous or named enumeration of the module's header that begins at 1."""
    header = pathlib.Path(__file__).resolve().parents[2] / "uapi/linux/cask_netlink.h"
    words = re.search(rf"enum {name}\{{\n(.*?)\n\tCASK_{prefix}_MAX", header.read_text(), re.DOTALL)[1]
    return {word: value for value, word in enumerate(re.findall(rf"^\tCASK_{prefix}_(\w+)\b", words, re.MULTILINE), 1)}


COMMANDS = read_enum("cask_cmd ", "CMD")
ATTRIBUTES = read_enum("", "A")
NAMES = {value: name for name, value in COMMANDS.items()}


def errno_name(number):
    return errno.errorcode[number] if number else "0"


def pad(length):
    return (length + 3) & ~3


def attributes(data):
    """{type: value} of attributes."""
    found, at = {}, 0
    while at + ATTR.size <= len(data):
        length, kind = ATTR.unpack_from(data, at)
        found[kind & TYPE] = data[at + ATTR.size:at + length]
        at += pad(length)
    return found


def attribute(kind, value):
    return ATTR.pack(ATTR.size + len(value), kind) + value + bytes(pad(len(value)) - len(value))


def messages(data):
    """Each message in what came by one recv(): its head's fields without the length, and what follows the head."""
    at = 0
    while at + HEAD.size <= len(data):
        length, *fields = HEAD.unpack_from(data, at)
        if not HEAD.size <= length <= len(data) - at:
            return
        yield fields, data[at + HEAD.size:at + length]
        at += pad(length)


@dataclasses.dataclass(frozen=True)
class Message:
    """One that the agent sent: its command, whether it asks for a list, and its attributes as they were."""

    command: int
    dump: bool
    body: bytes

    @property
    def name(self):
        return NAMES[self.command] + (" (all)" if self.dump else "")

    def get(self, name):
        """An attribute's value, or None."""
        return attributes(self.body).get(ATTRIBUTES[name])


# --- listening ---

class Tap:
    """Overhears all netlink of this machine from now on, until it is asked what there was."""

    def __init__(self):
        for command in (["modprobe", "nlmon"], ["ip", "link", "add", "nlmon0", "type", "nlmon"],
                        ["ip", "link", "set", "nlmon0", "up"]):
            subprocess.run(command, check=True)
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE
        self.socket.bind(("nlmon0", ETH_P_ALL))
        self.socket.settimeout(0.2)
        self.heard, self.ends = [], False
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def listen(self):
        while True:
            try:
                self.heard.append(self.socket.recv(1 << 17))
            except TimeoutError:
                if self.ends:
                    return

    def end(self, family):
        """All that was sent to the module, in order; none may have been missed."""
        self.ends = True
        self.thread.join()
        _, dropped = struct.unpack("=II", self.socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
        assert not dropped, f"{dropped} messages of netlink were not heard"
        self.socket.close()
        subprocess.run(["ip", "link", "del", "nlmon0"], check=True)
        return [Message(body[0], flags & DUMP == DUMP, body[GENERIC.size:]) for data in self.heard
                for (kind, flags, _, _), body in messages(data) if kind == family and flags & REQUEST]


# --- speaking ---

class Disk:
    """The slots of the secure area in a directory of caskd's, as it would keep them; `words`: recorded answers come first."""

    def __init__(self, state, words=()):
        self.place = state / "area"
        self.words = {message.get("REQUEST"): message for message in words if message.name == "STORE_ANSWER"}
        self.said_again = 0

    def path(self, question):
        slot, = struct.unpack("=I", question[ATTRIBUTES["SLOT"]])
        return self.place / f"{question[ATTRIBUTES['DEVICE_ID']].hex()}.{slot}"

    def do(self, question):
        """What caskd would answer with: the attributes of a STORE_ANSWER."""
        offset, = struct.unpack("=I", question[ATTRIBUTES["OFFSET"]])
        data = question.get(ATTRIBUTES["DATA"])
        self.place.mkdir(exist_ok=True)
        with open(os.open(self.path(question), os.O_RDWR | os.O_CREAT), "r+b") as file:
            file.seek(offset)
            if data is not None:
                file.write(data)
                return b""
            size, = struct.unpack("=I", question[ATTRIBUTES["SIZE"]])
            data = file.read(size)
            return attribute(ATTRIBUTES["DATA"], data) if data else b""

    def answer(self, question):
        request = question[ATTRIBUTES["REQUEST"]]
        if request in self.words:
            self.said_again += 1
            return self.words.pop(request).body
        return attribute(ATTRIBUTES["REQUEST"], request) + self.do(question)


class Agent:
    """Somebody in place of caskd, or beside it."""

    def __init__(self, disk=None):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
        self.socket.setsockopt(socket.SOL_SOCKET, 33, 4 << 20)
        self.socket.bind((0, 0))
        self.socket.settimeout(100)
        self.numbers, self.disk, self.lock = itertools.count(1), disk, threading.Lock()
        self.family = self.find_family()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, kind, flags, command, body):
        number = next(self.numbers)
        size = HEAD.size + GENERIC.size + len(body)
        self.socket.send(HEAD.pack(size, kind, flags, number, 0) + GENERIC.pack(command, 1, 0) + body)
        return number

    def find_family(self):
        number = self.send(GENL_ID_CTRL, REQUEST, CTRL_CMD_GETFAMILY, attribute(CTRL_ATTR_FAMILY_NAME, b"cask\0"))
        for (kind, _, answered, _), body in messages(self.socket.recv(1 << 16)):
            assert (kind, answered) == (GENL_ID_CTRL, number), "there is no family of the module's"
            return int.from_bytes(attributes(body[GENERIC.size:])[CTRL_ATTR_FAMILY_ID], "little")

    def serve(self, kind, body):
        """If it is the module that asks its disk, answer."""
        if kind == self.family and body[0] == COMMANDS["STORE"]:
            self.send(self.family, REQUEST, COMMANDS["STORE_ANSWER"], self.disk.answer(attributes(body[GENERIC.size:])))

    def exchange(self, message, each=lambda attrs: None):
        """Returns the errno that the module answers with, or 0; `each` is called with what it answers."""
        number = self.send(self.family, REQUEST | (DUMP if message.dump else ACK), message.command, message.body)
        while True:
            for (kind, _, answered, _), body in messages(self.socket.recv(1 << 17)):
                if answered != number:
                    self.serve(kind, body)
                elif kind in (NLMSG_ERROR, NLMSG_DONE):
                    return -struct.unpack_from("=i", body)[0]
                else:
                    each(attributes(body[GENERIC.size:]))

    def hello(self):
        said = self.exchange(Message(COMMANDS["HELLO"], False, attribute(ATTRIBUTES["PROTOCOL"], struct.pack("=I", 1))))
        assert not said, f"HELLO: {errno_name(said)}"

    def licenses(self):
        """Those in the module: {id: (whose as in a message, how often it may still be opened, or None)}."""
        found = {}

        def take(attrs):
            left = attrs.get(ATTRIBUTES["OPENS_LEFT"])
            found[attrs[ATTRIBUTES["LICENSE_ID"]]] = attrs.get(ATTRIBUTES["OWNER"]), left and int.from_bytes(left, "little")
        self.each_license(take)
        return found

    def copies(self):
        """Of those that may be copied: {id: exports left, check-outs left, how many are out}."""
        found = {}

        def take(attrs):
            values = [attrs.get(ATTRIBUTES[name]) for name in ("EXPORTS_LEFT", "CHECKOUTS_LEFT", "LENT")]
            if any(values):
                found[attrs[ATTRIBUTES["LICENSE_ID"]]] = [value and int.from_bytes(value, "little") for value in values]
        self.each_license(take)
        return found

    def each_license(self, take):
        said = self.exchange(Message(COMMANDS["LICENSE_GET"], True, b""), take)
        assert not said, f"LICENSE_GET: {errno_name(said)}"


class Serving:
    """While inside of `with`, an agent is the disk of whoever else asks the module for something."""

    def __init__(self, agent):
        self.agent, self.ends = agent, threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        self.agent.socket.settimeout(0.05)
        while not self.ends.is_set():
            try:
                for (kind, *_), body in messages(self.agent.socket.recv(1 << 17)):
                    self.agent.serve(kind, body)
            except TimeoutError:
                pass
        self.agent.socket.settimeout(100)

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.ends.set()
        self.thread.join()


class Tally:
    """How often messages of each kind were answered with each errno."""

    def __init__(self):
        self.counts = collections.Counter()

    def add(self, message, said):
        self.counts[message.name, errno_name(said)] += 1

    def lines(self):
        for name in sorted({name for name, _ in self.counts}):
            said = sorted((count, word) for (of, word), count in self.counts.items() if of == name)
            yield f"{name}: " + ", ".join(f"{count} {word}" for count, word in reversed(said))
