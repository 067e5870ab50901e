#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The key exchange of two keys once more, written from Documentation/formats.rst and from nothing else: both
directions, and the vectors that are published.

    twokey.py vectors                                  prints Documentation/vectors/twokey.json
    twokey.py first-key SECRET FILE.cask               K1 of what the file's header says, in hex
    twokey.py server-key DISTRIBUTOR.json              of the scope that GET /v1/distributor answers with, in hex
    twokey.py open STATEMENT DEVICE-PRIVATE SERVER-KEY    what a license's second key says, and K1 from it, as JSON
    twokey.py step OBJECT DEVICE-PRIVATE SERVER-KEY    what a SYNCHRONISE says, and whether it is authentic, as JSON
"""

import base64
import hashlib
import hmac
import json
import struct
import sys

sys.dont_write_bytecode = True
from cryptography.exceptions import InvalidTag  # noqa: E402
from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: E402
from medium import CONTENT_ID, ISSUER, LICENSE, MAX_OPENS, NONCE, SLOT, SUITE, aad_of, exchange, expand, \
    extract, make, parse, payload, public_of  # noqa: E402

CONTENT, SYNCHRONISE, INFORMATION = 4, 16, 17
SERVER_KEY, CREATED, LAYOUT, MEDIA_TYPE, TITLE, DEVICE_ID, STEP, STEP_MAC = 0x07, 0x13, 0x20, 0x22, 0x23, 0x40, 0x80, 0x8f
TWOKEY, WINDOW = 5, 64
MODES = {"terminal": 1, "synchronised": 2}


# --- the first key ---

def information(content_id, suite, issuer, media_type, title):
    sections = [(CONTENT_ID, content_id), (SUITE, struct.pack("<I", suite)), (ISSUER, issuer)]
    sections += [(MEDIA_TYPE, media_type.encode())] if media_type else []
    sections += [(TITLE, title.encode())] if title else []
    return make(INFORMATION, sections)


def first_key(secret, described):
    return expand(extract(b"cask/1 first key", secret), described, 16)


def sections_of(data):
    """{type: value} of an object whose sections need not be critical."""
    length = struct.unpack_from("<I", data, 8)[0]
    values, at = {}, 12
    while at < length:
        kind, _, size = struct.unpack_from("<HHI", data, at)
        values[kind] = data[at + 8:at + 8 + size]
        at += 8 + size
    return values


def read_header(data):
    """What describes the content of a .cask file."""
    values = sections_of(data)
    return information(values[CONTENT_ID], struct.unpack_from("<I", values[LAYOUT])[0], values[ISSUER],
                       values.get(MEDIA_TYPE, b"").decode(), values.get(TITLE, b"").decode())


# --- the second key ---

class Hardware:
    """One end of a pairwise key; the other end has the same from its own private key."""

    def __init__(self, device_public, server_public, shared):
        prk = extract(b"cask/1 pairwise", shared)
        self.pairwise = expand(prk, device_public + server_public)
        self.secret = expand(self.pairwise, b"cask/1 twokey")
        self.step_key = expand(self.pairwise, b"cask/1 synchronise")
        # The thumbprint of the device key: RFC 9679 of {1: 1, -1: 4, -2: x}.
        self.id = hashlib.sha256(bytes.fromhex("a301012004215820") + device_public).digest()

    @classmethod
    def of_device(cls, private, server_public):
        return cls(public_of(private), server_public, exchange(private, server_public))


def twokey(mode, parameter):
    return struct.pack("<I", mode) + parameter


def wrap_key(hardware, head, content_id):
    return expand(extract(head, hardware.secret), b"cask/1 second key" + content_id)


def second_key(hardware, mode, parameter, content_id, body_hash, kid, nonce, key):
    slot = struct.pack("<HH", TWOKEY, 0) + hardware.id
    head = twokey(mode, parameter)
    sealed = AESGCM(wrap_key(hardware, head, content_id)).encrypt(nonce, key, body_hash + kid + slot)
    return slot + head + nonce + sealed


def step(series, number):
    return series + struct.pack("<Q", number)


def read_license(statement, device):
    kid, data = payload(statement)
    values, _ = parse(data, LICENSE)
    slot, = values[SLOT]
    method, flags = struct.unpack_from("<HH", slot)
    assert not flags and method == TWOKEY
    head, nonce, sealed = slot[36:56], slot[56:68], slot[68:]
    mode = struct.unpack_from("<I", head)[0]
    out = {"hardware_key_id": slot[4:36].hex(), "mode": {v: k for k, v in MODES.items()}[mode],
           "parameter": head[4:].hex(), "nonce": values[NONCE].hex() if NONCE in values else None,
           "max_opens": struct.unpack("<I", values[MAX_OPENS])[0] if MAX_OPENS in values else None}
    try:
        aad = aad_of(kid, data, slot)
        out["key"] = AESGCM(wrap_key(device, head, values[CONTENT_ID])).decrypt(nonce, sealed, aad).hex()
    except InvalidTag:
        out["key"] = None
    return out


# --- steps ---

def synchronise(hardware, created, nonce, issuer, at):
    head = make(SYNCHRONISE, [(CREATED, struct.pack("<Q", created)), (NONCE, nonce), (ISSUER, issuer),
                              (DEVICE_ID, hardware.id), (STEP, at), (STEP_MAC, b"")], 32)
    return head + hmac.digest(hardware.step_key, head, "sha256")


def read_step(data, device):
    values, _ = parse(data, SYNCHRONISE)
    authentic = hmac.compare_digest(hmac.digest(device.step_key, data[:-32], "sha256"), values[STEP_MAC])
    return {"created": struct.unpack("<Q", values[CREATED])[0], "nonce": values[NONCE].hex(),
            "issuer": values[ISSUER].hex(), "device_id": values[DEVICE_ID].hex(),
            "series": values[STEP][:8].hex(), "number": struct.unpack("<Q", values[STEP][8:])[0],
            "authentic": authentic and values[DEVICE_ID] == device.id}


class Window:
    def __init__(self, number):
        self.begin(number)

    def begin(self, number):
        self.last, self.used = number, set(range(number - WINDOW, number + 1))

    def go_on(self, number):
        if number > self.last:
            self.begin(number)
        return "agreed"

    def take(self, number):
        if number > self.last + WINDOW:
            return "lost"
        if number <= self.last - WINDOW:
            return "late"
        if number in self.used:
            return "repeated"
        self.used.add(number)
        self.last = max(self.last, number)
        return "taken"


# --- vectors ---

def vectors():
    """Inputs are runs of counting bytes; the outputs are what this file makes of them."""
    run = lambda first, size: bytes((first + i) & 255 for i in range(size))
    secret, content_id, issuer, kid, body_hash = run(0x10, 32), run(0x30, 16), run(0x40, 32), run(0x60, 32), run(0x80, 32)
    device, server = run(0xa0, 32), run(0xc0, 32)
    hardware = Hardware.of_device(device, public_of(server))
    out = {"first_key": [], "hardware_key": {
        "device_private": device.hex(), "device_public": public_of(device).hex(),
        "server_private": server.hex(), "server_public": public_of(server).hex(),
        "pairwise_secret": hardware.pairwise.hex(), "hardware_key_id": hardware.id.hex(),
        "hardware_secret": hardware.secret.hex()}, "second_key": [], "synchronise": [], "window": []}
    for suite, media_type, title in ((1, "video/mp4; codecs=\"avc1.64001f\"", "A title"), (2, "audio/ogg", ""), (16, "", "")):
        described = information(content_id, suite, issuer, media_type, title)
        out["first_key"].append({
            "secret": secret.hex(), "content_id": content_id.hex(), "suite": suite, "issuer": issuer.hex(),
            "media_type": media_type, "title": title, "information": described.hex(),
            "first_key": first_key(secret, described).hex()})
    key, nonce = bytes.fromhex(out["first_key"][0]["first_key"]), run(0xe0, 12)
    for mode, parameter in (("terminal", run(0xf0, 16)), ("synchronised", step(run(0x01, 8), 0x0102030405060708))):
        head = twokey(MODES[mode], parameter)
        out["second_key"].append({
            "mode": mode, "parameter": parameter.hex(), "content_id": content_id.hex(), "body_hash": body_hash.hex(),
            "signer_kid": kid.hex(), "nonce": nonce.hex(), "first_key": key.hex(),
            "wrap_key": wrap_key(hardware, head, content_id).hex(),
            "slot": second_key(hardware, MODES[mode], parameter, content_id, body_hash, kid, nonce, key).hex()})
    for number in (0, 0x1122334455667788):
        out["synchronise"].append({
            "created": 1700000000, "nonce": run(0xf0, 16).hex(), "issuer": issuer.hex(),
            "series": run(0x01, 8).hex(), "number": number,
            "object": synchronise(hardware, 1700000000, run(0xf0, 16), issuer, step(run(0x01, 8), number)).hex()})
    for begin, numbers in ((100, (101, 101, 100, 37, 36, 104, 102, 103, 103, 168, 104, 105, 233, 232, 168, 167)),
                           (0, (0, 65, 64, 1, 2, 1, 0, 66, 2)), ((1 << 64) - 3, ((1 << 64) - 1, (1 << 64) - 2, (1 << 64) - 1, 0))):
        window = Window(begin)
        out["window"].append({"begin": str(begin), "steps": [f"{number} {window.take(number)}" for number in numbers]})
    window = Window(0)
    words = [(window.take, 3), (window.go_on, 2), (window.take, 2), (window.take, 3), (window.go_on, 3), (window.take, 1),
             (window.take, 80), (window.go_on, 16), (window.take, 80), (window.take, 17), (window.go_on, 72), (window.take, 79),
             (window.go_on, 79), (window.take, 79), (window.go_on, 81), (window.take, 81), (window.take, 78), (window.take, 82),
             (window.go_on, 500), (window.take, 82), (window.take, 500), (window.take, 499), (window.take, 564)]
    out["window"].append({"begin": "0", "steps": [f"{number} {word(number)}" for word, number in words]})
    print(json.dumps(out, indent=1))


def main():
    command, arguments = (sys.argv[1], sys.argv[2:]) if len(sys.argv) > 1 else ("", [])
    if command == "vectors":
        vectors()
    elif command == "first-key":
        with open(arguments[1], "rb") as file:
            print(first_key(bytes.fromhex(arguments[0]), read_header(file.read(4096))).hex())
    elif command == "server-key":
        with open(arguments[0]) as file:
            scope = json.load(file)["scope"]
        print(sections_of(payload(base64.urlsafe_b64decode(scope + "=" * (-len(scope) % 4)))[1])[SERVER_KEY].hex())
    elif command in ("open", "step"):
        device = Hardware.of_device(bytes.fromhex(arguments[1]), bytes.fromhex(arguments[2]))
        with open(arguments[0], "rb") as file:
            print(json.dumps((read_license if command == "open" else read_step)(file.read(), device)))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
