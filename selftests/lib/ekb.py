#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""EKBs once more, written from Documentation/formats.rst and from nothing else: covers by looking at every
node, keys by its derivations. Makes the vectors that the unit tests compare with.

    ekb.py vectors      prints selftests/lib/ekb_vectors.h
"""

import hashlib
import struct
import sys

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

SUBTREES, DIFFERENCES = 1, 2
NODE, LEFT, RIGHT, KEY, OLDER, WRAP, CHECK = range(1, 8)
VERSIONS = 4096
EKB = 12
VERSION, CREATED, ISSUER, CATEGORY, SCHEME, HEIGHT, ENTRIES, HASH, ROOT_CHECK = \
    0x12, 0x13, 0x21, 0x70, 0x71, 0x72, 0x73, 0x74, 0x75


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
    if sys.argv[1:] != ["vectors"]:
        sys.exit(__doc__)
    vectors()
