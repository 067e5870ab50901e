#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""EKBs once more, written from Documentation/formats.rst and from nothing else: covers by looking at every
node, keys by its derivations. Makes the vectors that the unit tests compare with, and reads as a device does
what servers make.

    ekb.py vectors                                prints selftests/lib/ekb_vectors.h
    ekb.py leaf STATEMENT DEVICE-PRIVATE          what a LEAF says, its labels too, as JSON; keys in hex
    ekb.py open EKB LEAF.json                     what an EKB says, and the root key for that leaf, or null
    ekb.py license STATEMENT EKB LEAF.json        whom a license is for, and the content key in its slot, or null
    ekb.py header FILE.cask EKB LEAF.json         what a file's link part says, and the content key in it, or null
"""

import hashlib
import hmac
import json
import struct
import sys

sys.dont_write_bytecode = True
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap  # noqa: E402
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: E402
from medium import CONTENT_ID, LICENSE, NONCE, SLOT, aad_of, hpke_open, parse, payload  # noqa: E402

SUBTREES, DIFFERENCES = 1, 2
NODE, LEFT, RIGHT, KEY, OLDER, WRAP, CHECK = range(1, 8)
VERSIONS = 4096
EKB, LEAF = 12, 13
VERSION, CREATED, ISSUER, CATEGORY, SCHEME, HEIGHT, ENTRIES, HASH, ROOT_CHECK = \
    0x12, 0x13, 0x21, 0x70, 0x71, 0x72, 0x73, 0x74, 0x75
DEVICE_ID, NUMBER, LABELS = 0x40, 0x76, 0x7f
METHOD_EKB, METHOD_HEADER = 4, 6
CONTENT, LINK = 4, 5
LAYOUT, TITLE, LINK_LICENSE, LINK_URL, LINK_KEY = 0x20, 0x23, 0x30, 0x31, 0x32


def encrypt(key, block):
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(block)


def derive(key, use, number=0):
    return encrypt(key, struct.pack("<Q", number) + b"cask/1" + struct.pack("<H", use))


def depth(node):
    return node.bit_length() - 1


def nodes(height, top=1):
    """All nodes below and with top, each before those below it, left before right."""
    yield top
    if depth(top) < height:
        yield from nodes(height, 2 * top)
        yield from nodes(height, 2 * top + 1)


def cover(scheme, height, revoked):
    """Pairs of a subtree's top and what is left out, 0 for nothing."""
    struck = set()
    for leaf in revoked:
        node = 1 << height | leaf
        while node:
            struck.add(node)
            node //= 2
    if not struck:
        return [(1, 0)]
    if scheme == SUBTREES:
        return [(n, 0) for n in nodes(height) if n not in struck and n // 2 in struck]

    def below(node):
        return [child for child in (2 * node, 2 * node + 1) if child in struck]

    sets = []
    for node in nodes(height):
        if node in struck and (node == 1 or len(below(node // 2)) == 2):
            end = node
            while len(below(end)) == 1:
                end = below(end)[0]
            if end != node:
                sets.append((node, end))
    return sets


def label(scheme, master, top, hole):
    if scheme == DIFFERENCES and not hole:
        return derive(master, NODE, 0)
    key = derive(master, NODE, top)
    for bit in f"{hole:b}"[depth(top) + 1:] if hole else "":
        key = derive(key, RIGHT if bit == "1" else LEFT)
    return key


def leaf_labels(scheme, height, master, leaf):
    path = [(1 << height | leaf) >> (height - d) for d in range(height + 1)]
    if scheme == SUBTREES:
        return [label(scheme, master, node, 0) for node in path]
    return [label(scheme, master, 1, 0)] + \
        [label(scheme, master, path[d], path[k] ^ 1) for d in range(height) for k in range(d + 1, height + 1)]


def root_key(seed, version):
    for _ in range(VERSIONS - version):
        seed = derive(seed, OLDER)
    return seed


def section(kind, value):
    return struct.pack("<HHI", kind, 1, len(value)) + value


def ekb(category, version, created, revoked):
    """Payload and entries."""
    scheme, height, master, seed, issuer, name = category
    root = root_key(seed, version)
    sets = cover(scheme, height, revoked)
    entries = b"".join((depth(top) << 33 | (hole or top)).to_bytes(5, "little") for top, hole in sets)
    entries += b"".join(encrypt(derive(label(scheme, master, *s), KEY), root) for s in sets)
    body = section(VERSION, struct.pack("<I", version)) + section(CREATED, struct.pack("<Q", created)) + \
        section(ISSUER, issuer) + section(CATEGORY, name) + section(SCHEME, struct.pack("<I", scheme)) + \
        section(HEIGHT, struct.pack("<I", height)) + section(ENTRIES, struct.pack("<I", len(sets))) + \
        section(HASH, hashlib.sha256(entries).digest()) + section(ROOT_CHECK, derive(root, CHECK))
    return struct.pack("<4sHHI", b"CASK", EKB, 1, 12 + len(body)) + body, entries


# --- as a device reads it ---

def u32(value):
    return struct.unpack("<I", value)[0]


def read_leaf(statement, private):
    kid, data = payload(statement)
    values, starts = parse(data, LEAF)
    sealed = values[LABELS]
    aad = hashlib.sha256(data[:8] + data[12:starts[LABELS] - 8]).digest() + kid
    labels = hpke_open(private, sealed[:32], b"cask/1 leaf", aad, sealed[32:])
    assert starts[LABELS] + len(sealed) == len(data)
    return {"category_id": values[CATEGORY].hex(), "issuer": values[ISSUER].hex(), "kid": kid.hex(),
            "device_id": values[DEVICE_ID].hex(), "scheme": u32(values[SCHEME]), "height": u32(values[HEIGHT]),
            "leaf": u32(values[NUMBER]), "created": struct.unpack("<Q", values[CREATED])[0],
            "labels": [labels[i:i + 16].hex() for i in range(0, len(labels), 16)]}


def is_under(node, top):
    return depth(node) >= depth(top) and node >> (depth(node) - depth(top)) == top


def key_of_set(leaf, top, hole):
    """The key of a set that the leaf is in, by its labels."""
    height, labels = leaf["height"], [bytes.fromhex(text) for text in leaf["labels"]]
    path = [(1 << height | leaf["leaf"]) >> (height - d) for d in range(height + 1)]
    if leaf["scheme"] == SUBTREES:
        return derive(labels[depth(top)], KEY)
    if not hole:
        return derive(labels[0], KEY)
    pairs = [(path[d], path[k] ^ 1) for d in range(height) for k in range(d + 1, height + 1)]
    beside = next(m for n, m in pairs if n == top and is_under(hole, m))
    key = labels[1 + pairs.index((top, beside))]
    for bit in f"{hole:b}"[depth(beside) + 1:]:
        key = derive(key, RIGHT if bit == "1" else LEFT)
    return derive(key, KEY)


def read_ekb(data, leaf):
    size = u32(data[:4])
    statement, entries = data[4:4 + size], data[4 + size:]
    kid, body = payload(statement)
    values, _ = parse(body, EKB)
    count = u32(values[ENTRIES])
    assert hashlib.sha256(entries).digest() == values[HASH] and len(entries) == 21 * count
    said = {"category_id": values[CATEGORY].hex(), "issuer": values[ISSUER].hex(), "kid": kid.hex(),
            "scheme": u32(values[SCHEME]), "height": u32(values[HEIGHT]), "version": u32(values[VERSION]),
            "entries": count, "root": None}
    node = 1 << leaf["height"] | leaf["leaf"]
    for i in range(count):
        label = int.from_bytes(entries[5 * i:5 * i + 5], "little")
        low, top_depth = label & (1 << 33) - 1, label >> 33
        top, hole = low >> (depth(low) - top_depth), low if depth(low) > top_depth else 0
        if is_under(node, top) and not (hole and is_under(node, hole)):
            wrapped = entries[5 * count + 16 * i:5 * count + 16 * i + 16]
            root = Cipher(algorithms.AES(key_of_set(leaf, top, hole)), modes.ECB()).decryptor().update(wrapped)
            assert derive(root, CHECK) == values[ROOT_CHECK]
            said["root"] = root.hex()
    return said


def read_license(statement, block, leaf):
    kid, data = payload(statement)
    values, _ = parse(data, LICENSE)
    slot, = values[SLOT]
    said = {"content_id": values[CONTENT_ID].hex(), "device_id": values[DEVICE_ID].hex() if DEVICE_ID in values else None,
            "nonce": values[NONCE].hex() if NONCE in values else None, "method": struct.unpack_from("<H", slot)[0],
            "category_id": slot[4:20].hex(), "version": u32(slot[20:24]), "key": None}
    if said["method"] == METHOD_HEADER and len(slot) != 36:
        sys.exit("a license for a key in the header has none of its own")
    if said["method"] == METHOD_EKB:
        said["key"] = unwrap(slot, aad_of(kid, data, slot), read_ekb(block, leaf))
    return said


def unwrap(slot, aad, opened):
    """The key in a slot EKB, bound to aad, or None."""
    version = u32(slot[20:24])
    if not opened["root"] or opened["version"] < version:
        return None
    root = bytes.fromhex(opened["root"])
    for _ in range(opened["version"] - version):
        root = derive(root, OLDER)
    kek = hmac.digest(derive(root, WRAP), aad, "sha256")[:16]
    try:
        return aes_key_unwrap(kek, slot[36:]).hex()
    except InvalidUnwrap:
        return None


def read_header(file, block, leaf):
    fixed, _ = parse(file, CONTENT, [TITLE])
    at, room = struct.unpack_from("<II", fixed[LAYOUT], 16)
    link, _ = parse(file[at:at + room], LINK, [LINK_LICENSE, LINK_URL, LINK_KEY])
    if at != u32(file[8:12]) or any(file[at + u32(file[at + 8:at + 12]):at + room]):
        sys.exit("the link part is not what the file has room for")
    slot = link.get(LINK_KEY)
    said = {"url": link[LINK_URL].decode() if LINK_URL in link else None, "category_id": None, "version": None, "key": None}
    if slot:
        if slot[:4] != struct.pack("<HH", METHOD_EKB, 0) or any(slot[24:36]):
            sys.exit("the slot in the header is none")
        aad = fixed[CONTENT_ID] + fixed[ISSUER] + fixed[LAYOUT][:4] + slot[:36]
        said |= {"category_id": slot[4:20].hex(), "version": u32(slot[20:24]), "key": unwrap(slot, aad, read_ekb(block, leaf))}
    return said


def contents(path):
    with open(path, "rb") as file:
        return file.read()


def read(command, *arguments):
    if command == "leaf":
        return read_leaf(contents(arguments[0]), bytes.fromhex(arguments[1]))
    if command == "open":
        return read_ekb(contents(arguments[0]), json.loads(contents(arguments[1])))
    reader = read_license if command == "license" else read_header
    return reader(contents(arguments[0]), contents(arguments[1]), json.loads(contents(arguments[2])))


def c_bytes(name, data):
    rows = (", ".join(f"0x{b:02x}" for b in data[i:i + 12]) for i in range(0, len(data), 12))
    return f"static const uint8_t {name}[] = {{\n" + "".join(f"\t{row},\n" for row in rows) + "};\n"


def vectors():
    issuer, name = bytes(range(32)), bytes(range(0x40, 0x50))
    master, seed = bytes(range(0x80, 0x90)), bytes(range(0xa0, 0xb0))
    revoked, leaf = [3, 4, 21, 22, 23, 40], 17
    print("/* SPDX-License-Identifier: GPL-2.0 */\n"
          "/* ekb_vectors.h - written by selftests/lib/ekb.py vectors, from Documentation/formats.rst. */\n"
          "#ifndef CASK_SELFTESTS_EKB_VECTORS_H\n#define CASK_SELFTESTS_EKB_VECTORS_H\n\n#include <stdint.h>\n")
    for what, data in (("issuer", issuer), ("category", name), ("master", master), ("seed", seed)):
        print(c_bytes(f"ekb_{what}", data))
    print(f"static const uint32_t ekb_revoked[] = {{ {', '.join(map(str, revoked))} }};\n"
          f"#define EKB_VECTOR_LEAF {leaf}\n#define EKB_VECTOR_HEIGHT 6\n#define EKB_VECTOR_VERSION 4000\n"
          "#define EKB_VECTOR_CREATED 1750000000\n")
    print(c_bytes("ekb_root", root_key(seed, 4000)))
    print(c_bytes("ekb_wrap", derive(root_key(seed, 4000), WRAP)))
    for what, scheme in (("subtrees", SUBTREES), ("differences", DIFFERENCES)):
        payload, entries = ekb((scheme, 6, master, seed, issuer, name), 4000, 1750000000, revoked)
        print(c_bytes(f"ekb_{what}_payload", payload))
        print(c_bytes(f"ekb_{what}_entries", entries))
        print(c_bytes(f"ekb_{what}_labels", b"".join(leaf_labels(scheme, 6, master, leaf))))
    print("#endif /* CASK_SELFTESTS_EKB_VECTORS_H */")


if __name__ == "__main__":
    if sys.argv[1:] == ["vectors"]:
        vectors()
    elif (sys.argv[1:2] + [len(sys.argv)]) in (["leaf", 4], ["open", 4], ["license", 5], ["header", 5]):
        print(json.dumps(read(*sys.argv[1:])))
    else:
        sys.exit(__doc__)
