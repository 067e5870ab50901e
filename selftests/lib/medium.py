#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Media once more, written from Documentation/formats.rst and from nothing else: reads what Cask's own code
wrote, and makes the vectors that the unit tests compare with.

    medium.py vectors                                  prints selftests/lib/medium_vectors.h
    medium.py show IMAGE                               the first layer, as JSON
    medium.py open IMAGE CLASS-KEY [DEVICE-PRIVATE]    and the licenses with their content keys; keys in hex
    medium.py slot STATEMENT CLASS-KEY [DEVICE-PRIVATE]    the same of a license that is not on a medium yet
    medium.py label NUMBER                             the number, in hex, as it stands on a label
"""

import hashlib
import hmac
import json
import struct
import sys

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CRITICAL = 1
LICENSE, MEDIUM, LAYER = 3, 8, 9
COUNTER, SALT, ENC, NUMBER, CLASS, LAYOUT, APPARATUS, RECORDS, MAC = 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x5f, 0x6f
LICENSE_ID, CONTENT_ID, VERSION, CREATED, OPERATIONS, SUITE, MIN_LEVEL, NONCE, MAX_OPENS, ISSUER, SLOT = \
    0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x21, 0xf00
SECOND = 4096
METHODS = {1: "device", 2: "medium", 3: "medium-device"}


def extract(salt, secret):
    return hmac.digest(salt or bytes(32), secret, "sha256")


def expand(prk, info, size=32):
    out, block = b"", b""
    for i in range(1, 256):
        if len(out) >= size:
            break
        block = hmac.digest(prk, block + info + bytes([i]), "sha256")
        out += block
    return out[:size]


# --- RFC 9180, base mode, X25519, HKDF-SHA256, AES-128-GCM ---

def labeled(suite, label, data):
    return b"HPKE-v1" + suite + label + data


def hpke_keys(dh, enc, public, info):
    kem, suite = b"KEM\0\x20", b"HPKE\0\x20\0\x01\0\x01"
    prk = extract(b"", labeled(kem, b"eae_prk", dh))
    shared = expand(prk, struct.pack(">H", 32) + labeled(kem, b"shared_secret", enc + public))
    context = b"\0" + extract(b"", labeled(suite, b"psk_id_hash", b"")) + \
        extract(b"", labeled(suite, b"info_hash", info))
    secret = extract(shared, labeled(suite, b"secret", b""))
    return (expand(secret, struct.pack(">H", 16) + labeled(suite, b"key", context), 16),
            expand(secret, struct.pack(">H", 12) + labeled(suite, b"base_nonce", context), 12))


def public_of(private):
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def exchange(private, public):
    return X25519PrivateKey.from_private_bytes(private).exchange(X25519PublicKey.from_public_bytes(public))


def hpke_seal(ephemeral, public, info, aad, plain):
    enc = public_of(ephemeral)
    key, nonce = hpke_keys(exchange(ephemeral, public), enc, public, info)
    return AESGCM(key).encrypt(nonce, plain, aad)


def hpke_open(private, enc, info, aad, sealed):
    key, nonce = hpke_keys(exchange(private, enc), enc, public_of(private), info)
    return AESGCM(key).decrypt(nonce, sealed, aad)


# --- objects ---

def section(kind, value):
    return struct.pack("<HHI", kind, CRITICAL, len(value)) + value


def make(kind, sections, tail=0):
    """The head and the sections; the last one's value lacks tail bytes, which are counted."""
    body = b"".join(section(k, v) for k, v in sections)
    if tail:
        at = len(body) - len(sections[-1][1]) - 4
        body = body[:at] + struct.pack("<I", len(sections[-1][1]) + tail) + body[at + 4:]
    return b"CASK" + struct.pack("<HHI", kind, 1, 12 + len(body) + tail) + body


def parse(data, kind, plain=()):
    """{type: value}, SLOTs in a list; and where each value begins. All but the plain ones are critical."""
    magic, got, version, length = struct.unpack_from("<4sHHI", data)
    assert (magic, got, version) == (b"CASK", kind, 1) and 12 <= length <= len(data)
    values, at, last, starts = {SLOT: []}, 12, 0, {}
    while at < length:
        kind, flags, size = struct.unpack_from("<HHI", data, at)
        assert flags == (0 if kind in plain else CRITICAL) and (kind > last or kind == last == SLOT) and at + 8 + size <= length
        starts.setdefault(kind, at + 8)
        value = data[at + 8:at + 8 + size]
        if kind == SLOT:
            values[SLOT].append(value)
        else:
            values[kind] = value
        at, last = at + 8 + size, kind
    return values, starts


# --- media ---

class Keys:
    def __init__(self, class_key, number):
        prk = extract(b"cask/1 medium", class_key)
        self.first = expand(prk, b"first")
        self.second = expand(prk, b"second" + number)
        self.individual = expand(prk, b"individual" + number)
        self.backup = expand(prk, b"number" + number)
        self.wrap = expand(self.individual, b"cask/1 slot medium")


def first_layer(keys, issuer, number, class_id, layout, apparatus=None):
    sections = [(ISSUER, issuer), (NUMBER, number), (CLASS, class_id), (LAYOUT, struct.pack("<IIQQ", layout[0], 0, *layout[1:]))]
    sections += [(APPARATUS, apparatus)] if apparatus else []
    head = make(MEDIUM, sections + [(MAC, b"")], 32)
    return head + hmac.digest(keys.first, head, "sha256")


def layer_key(keys, salt):
    return expand(extract(salt, keys.second), b"cask/1 layer")


def layer(keys, counter, salt, records, apparatus=None, ephemeral=None):
    enc = [(ENC, public_of(ephemeral))] if apparatus else []
    size = len(records) + (32 if apparatus else 16)
    head = make(LAYER, [(COUNTER, struct.pack("<Q", counter)), (SALT, salt)] + enc + [(RECORDS, b"")], size)
    sealed = AESGCM(layer_key(keys, salt)).encrypt(bytes(12), records, head)
    return head + (hpke_seal(ephemeral, apparatus, b"cask/1 lock", head, sealed) if apparatus else sealed)


def record(kind, issuer, name, value):
    return struct.pack("<HH32s16s", kind, len(value), issuer, name) + value


def read_records(data):
    found, last, at = [], b"", 0
    while at < len(data):
        kind, size, issuer, name = struct.unpack_from("<HH32s16s", data, at)
        key = struct.pack(">H", kind) + issuer + name
        assert key > last and at + 52 + size <= len(data)
        found.append((kind, issuer, name, data[at + 52:at + 52 + size]))
        at, last = at + 52 + size, key
    return found


def read_first(data):
    values, _ = parse(data[:4096], MEDIUM)
    slot_size, zero, offset, size = struct.unpack("<IIQQ", values[LAYOUT])
    assert not zero and slot_size % 4096 == 0 and offset % 4096 == 0 and size % 4096 == 0
    length = struct.unpack_from("<I", data, 8)[0]
    return {"issuer": values[ISSUER], "number": values[NUMBER], "class_id": values[CLASS],
            "slot_size": slot_size, "third_offset": offset, "third_size": size,
            "apparatus": values.get(APPARATUS), "mac": values[MAC], "maced": data[:length - 32]}


def open_layer(keys, slot, private):
    values, starts = parse(slot, LAYER)
    aad, sealed = slot[:starts[RECORDS]], values[RECORDS]
    if ENC in values:
        sealed = hpke_open(private, values[ENC], b"cask/1 lock", aad, sealed)
    records = AESGCM(layer_key(keys, values[SALT])).decrypt(bytes(12), sealed, aad)
    return struct.unpack("<Q", values[COUNTER])[0], read_records(records)


# --- statements ---

def cbor(data, at):
    """A head of deterministic CBOR: major type, argument, where it ends."""
    major, low = data[at] >> 5, data[at] & 31
    if low < 24:
        return major, low, at + 1
    size = 1 << (low - 24)
    return major, int.from_bytes(data[at + 1:at + 1 + size], "big"), at + 1 + size


def payload(statement):
    """(kid, object) of a COSE_Sign1; the signature is for others to check."""
    assert statement[:2] == b"\xd2\x84"
    major, size, at = cbor(statement, 2)
    protected = statement[at:at + size]
    assert major == 2 and statement[at + size] == 0xa0
    major, length, start = cbor(statement, at + size + 1)
    assert major == 2
    return protected[-32:], statement[start:start + length]


def aad_of(kid, data, slot):
    first = data.index(section(SLOT, slot))
    return hashlib.sha256(data[:8] + data[12:first]).digest() + kid + slot[:36]


def open_slot(keys, kid, data, slot, private):
    aad, wrapped = aad_of(kid, data, slot), slot[36:]
    if struct.unpack_from("<H", slot)[0] == 3:
        wrapped = hpke_open(private, wrapped[:32], b"cask/1 slot device", aad, wrapped[32:])
    return AESGCM(keys.wrap).decrypt(wrapped[:12], wrapped[12:], aad)


def read_license(statement, class_key, private):
    kid, data = payload(statement)
    values, _ = parse(data, LICENSE)
    slot, = values[SLOT]
    method, flags = struct.unpack_from("<HH", slot)
    number = slot[20:36]
    assert not flags and method in (2, 3)
    out = {"license_id": values[LICENSE_ID].hex(), "content_id": values[CONTENT_ID].hex(),
           "issuer": values[ISSUER].hex(), "method": METHODS[method], "class_id": slot[4:20].hex(), "number": number.hex(),
           "suite": struct.unpack("<I", values[SUITE])[0], "min_level": struct.unpack("<I", values[MIN_LEVEL])[0],
           "operations": struct.unpack("<I", values[OPERATIONS])[0],
           "nonce": values[NONCE].hex() if NONCE in values else None,
           "max_opens": struct.unpack("<I", values[MAX_OPENS])[0] if MAX_OPENS in values else None}
    try:
        out["key"] = open_slot(Keys(class_key, number), kid, data, slot, private).hex()
    except (InvalidTag, TypeError):
        out["key"] = None
    return out


def show(path):
    with open(path, "rb") as image:
        first = read_first(image.read(4096))
    return {name: value.hex() if isinstance(value, bytes) else value for name, value in first.items() if name != "maced"}


def open_image(path, class_key, private):
    with open(path, "rb") as image:
        first = read_first(image.read(4096))
        keys = Keys(class_key, first["number"])
        authentic = hmac.compare_digest(hmac.digest(keys.first, first["maced"], "sha256"), first["mac"])
        slots = [image.read(first["slot_size"]) for _ in range(2)]
    out = dict(show(path), authentic=authentic, slots=[])
    for slot in slots:
        if slot[:4] == b"\0\0\0\0":
            out["slots"].append(None)
            continue
        try:
            counter, records = open_layer(keys, slot, private)
        except (InvalidTag, TypeError):
            out["slots"].append({"counter": None, "licenses": []})
            continue
        licenses = []
        for kind, issuer, name, value in records:
            licenses.append(read_license(value, class_key, private))
            assert kind == 3 and (issuer.hex(), name.hex()) == (licenses[-1]["issuer"], licenses[-1]["license_id"])
        out["slots"].append({"counter": counter, "licenses": licenses})
    return out


# --- vectors ---

def c_bytes(name, data):
    rows = [", ".join(f"0x{b:02x}" for b in data[i:i + 12]) for i in range(0, len(data), 12)]
    return f"static const unsigned char {name}[{len(data)}] = {{\n\t" + ",\n\t".join(rows) + ",\n};\n"


def vectors():
    """Inputs are runs of counting bytes; the outputs are what this file makes of them."""
    run = lambda first, size: bytes((first + i) & 255 for i in range(size))
    class_key, number, class_id, issuer = run(0x10, 16), run(0x20, 16), run(0x30, 16), run(0x40, 32)
    salt, device, ephemeral = run(0x60, 32), run(0x80, 32), run(0xa0, 32)
    keys, apparatus, layout = Keys(class_key, number), public_of(device), (8192, 32768, 1 << 20)
    records = record(3, issuer, run(0xc0, 16), b"a statement") + record(3, issuer, run(0xd0, 16), b"another")
    out = {"class_key": class_key, "number": number, "class_id": class_id, "issuer": issuer, "salt": salt,
           "device_private": device, "apparatus": apparatus, "ephemeral": ephemeral,
           "first_key": keys.first, "second_key": keys.second, "individual_key": keys.individual,
           "backup_key": keys.backup, "wrap_key": keys.wrap,
           "enciphered_key": hmac.digest(keys.individual, number, "sha256"), "records": records,
           "first_layer": first_layer(keys, issuer, number, class_id, layout),
           "first_layer_locked": first_layer(keys, issuer, number, class_id, layout, apparatus),
           "layer": layer(keys, 7, salt, records), "layer_empty": layer(keys, 1, salt, b""),
           "layer_locked": layer(keys, 7, salt, records, apparatus, ephemeral)}
    print("/* SPDX-License-Identifier: GPL-2.0 */\n/* Made by selftests/lib/medium.py, which says what is what. Layout: slots of 8192 bytes,"
          "\n * the third layer at 32768, 1048576 bytes long; counters are 7, of the empty layer 1. */\n"
          "#ifndef CASK_SELFTESTS_MEDIUM_VECTORS_H\n#define CASK_SELFTESTS_MEDIUM_VECTORS_H\n")
    for name, value in out.items():
        print(c_bytes("vector_" + name, value))
    print("#endif /* CASK_SELFTESTS_MEDIUM_VECTORS_H */")


# --- labels: base 32, and a check over GF(32) in each group ---

DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def times_a(x, power):
    for _ in range(power):
        x = x << 1 ^ (0x25 if x & 16 else 0)
    return x


def label(number):
    bits = "".join(f"{byte:08b}" for byte in number)
    bits += "0" * (-len(bits) % 20)
    groups = []
    for i in range(0, len(bits), 20):
        c = [int(bits[j:j + 5], 2) for j in range(i, i + 20, 5)] + [i // 20]
        check = 0
        for power, value in enumerate(c, 1):
            check ^= times_a(value, power)
        groups.append("".join(DIGITS[value] for value in c[:4] + [check]))
    return "-".join(groups)


def main():
    command, arguments = (sys.argv[1], sys.argv[2:]) if len(sys.argv) > 1 else ("", [])
    secrets = [bytes.fromhex(text) for text in arguments[1:]] + [None]
    if command == "vectors":
        vectors()
    elif command == "label":
        print(label(bytes.fromhex(arguments[0])))
    elif command == "show":
        print(json.dumps(show(arguments[0])))
    elif command == "open":
        print(json.dumps(open_image(arguments[0], secrets[0], secrets[1])))
    elif command == "slot":
        with open(arguments[0], "rb") as statement:
            print(json.dumps(read_license(statement.read(), secrets[0], secrets[1])))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
