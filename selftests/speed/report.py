# SPDX-License-Identifier: GPL-2.0
"""What the measurements say: the goals, and the tables and the plot of Documentation/benchmarks.rst."""

from . import plot

BEGIN = ".. What follows is written by ``make bench``.\n"

LANES = ["cask-batch", "cask-read", "clear-read", "crypto-api", "aesni", "evp", "af_alg"]

# Instructions per job of a device that does nothing but copy in, decrypt, copy out, and of the
# crypto API beneath it, both measured on 6.1.192: what the batch ioctl is held against.
THIN_DEVICE = {
    ("ctr", 188, 64): (1456, 927), ("ctr", 1316, 64): (3101, 2290), ("ctr", 4096, 1): (7805, 5565),
    ("ctr", 65536, 1): (101467, 83904), ("ctr", 1048576, 1): (1611000, 1342000),
    ("cbc-dec", 4096, 1): (8134, 5890), ("cbc-dec", 65536, 1): (106761, 89194),
    ("gcm", 4096, 1): (11673, 9433), ("gcm", 65536, 1): (149495, 131971),
}
READS = [("read", 4096, 16), ("read", 65536, 1), ("read", 1048576, 1)]
BATCH_MARGIN = 1.05
READ_MARGIN = 1.3
BLOCK = 65536  # of the .cask file that is read

# Of an opening, with how many digits after the point.
OPEN_FIGURES = [("insns", 0), ("questions", 2), ("bytes", 0), ("syncs", 2)]

# Without one of these there is no saying that the goals are reached.
REQUIRED = [(lane, *shape) for lane in ("cask-batch", "crypto-api") for shape in THIN_DEVICE] + \
           [(lane, *shape) for lane in ("cask-read", "clear-read") for shape in READS]
OPENS = [("uncounted", 1), ("counted", 1), ("counted", 8)]


def index(result):
    """Instructions per job, by (lane, op, bytes, batch)."""
    return {(m["lane"], m["op"], m["bytes"], m["batch"]): m["insns"] / m["batch"]
            for m in result["lanes"]}


def thin_device(shape, kernel, insns):
    """The device's instructions on this kernel: on another than 6.1 with that kernel's own ciphers."""
    device, ciphers = THIN_DEVICE[shape]
    if kernel.startswith("6.1."):
        return device
    return device - ciphers + insns["crypto-api", *shape]


def batch_goals(kernel, insns):
    """(what, measured, limit) of the batch ioctl."""
    for shape in THIN_DEVICE:
        yield (f"batch {name(shape)}", insns["cask-batch", *shape],
               BATCH_MARGIN * thin_device(shape, kernel, insns))


def read_goals(insns):
    """(what, measured, limit) of read() of a .cask file."""
    for shape in READS:
        ciphers = insns["crypto-api", "gcm", BLOCK, 1] * shape[1] / BLOCK
        yield (name(shape), insns["cask-read", *shape],
               READ_MARGIN * (insns["clear-read", *shape] + ciphers))


def absent(results):
    """(kernel, lane and shape) of each measurement that a goal or a table needs and that is not there."""
    for result in results:
        insns = index(result)
        for lane, *shape in REQUIRED:
            if (lane, *shape) not in insns:
                yield result["kernel"], f"{lane} {name(shape)}"
        opens = {(m["license"], m["openers"]) for m in result["opens"]}
        for license, openers in OPENS:
            if (license, openers) not in opens:
                yield result["kernel"], f"open {license}, {openers} at once"


def all_goals(results):
    """(kernel, what, measured, limit) of each goal."""
    for result in results:
        insns = index(result)
        for goal in [*batch_goals(result["kernel"], insns), *read_goals(insns)]:
            yield result["kernel"], *goal


def goals(results):
    """Print each goal; the exit status of the benchmark."""
    missed = 0
    if lacking := list(absent(results)):
        for kernel, what in lacking:
            print(f"  ABSENT  {series(kernel)} {what}")
        return 1
    for kernel, what, measured, limit in all_goals(results):
        missed += measured > limit
        print(f"  {'ok     ' if measured <= limit else 'MISSED '} {series(kernel)} {what}: "
              f"{measured:,.0f} of {limit:,.0f}, {measured / limit:.3f}")
    print(f"{missed} goals missed" if missed else "all goals reached")
    return 1 if missed else 0


# --- Documentation/benchmarks.rst ---

def series(kernel):
    """"6.12" of "6.12.117+deb12-amd64"."""
    return ".".join(kernel.split(".")[:2])


def size_name(size):
    for unit, factor in (("MiB", 1 << 20), ("KiB", 1 << 10)):
        if size % factor == 0:
            return f"{size // factor} {unit}"
    return f"{size}"


def name(shape):
    op, size, batch = shape
    return f"{op} {size_name(size)}" + (f" ×{batch}" if batch > 1 else "")


def table(head, rows):
    """An RST simple table; the first column to the left, numbers to the right."""
    widths = [max(len(row[n]) for row in [head, *rows]) for n in range(len(head))]
    rule = "  ".join("=" * width for width in widths)

    def line(row):
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        return "  ".join(cells).rstrip()

    return "\n".join([rule, line(head), rule, *map(line, rows), rule]) + "\n"


def lanes_table(result):
    insns = index(result)
    shapes = sorted({key[1:] for key in insns}, key=lambda s: (s[0] == "read", s[0] != "ctr", s))
    rows = [[name(shape)] + [f"{insns[lane, *shape]:,.0f}" if (lane, *shape) in insns else "–"
                             for lane in LANES] for shape in shapes]
    return table(["", *LANES], rows)


def opens_table(results):
    return table(["", "instructions", "questions", "bytes written", "syncs"],
                 [[f"{series(result['kernel'])} {opens_name(m)}"] +
                  [f"{m[what] / m['opens']:,.{digits}f}" for what, digits in OPEN_FIGURES]
                  for result in results for m in result["opens"]])


def opens_name(entry):
    return entry["license"] + (f", {entry['openers']} at once" if entry["openers"] > 1 else "")


def goals_table(results):
    return table(["", "measured", "at most", "ratio", ""],
                 [[f"{series(kernel)} {what}", f"{measured:,.0f}", f"{limit:,.0f}",
                   f"{measured / limit:.3f}", "reached" if measured <= limit else "missed"]
                  for kernel, what, measured, limit in all_goals(results)])


def section(title):
    return f"\n{title}\n{'-' * len(title)}\n\n"


def generated(results):
    text = ["\n.. image:: benchmarks.svg\n"
            "   :alt: instructions per byte over the size of a job, for each lane\n"]
    for result in results:
        text += [section(result["kernel"]), f"Ciphers of the kernel: {result['driver']}.\n\n",
                 lanes_table(result)]
    text += [section("What an opening costs"), "Each figure is that of one opening.\n\n", opens_table(results),
             section("Goals"), goals_table(results)]
    return "".join(text)


def document(results, place):
    """Write the plot and the generated part of benchmarks.rst."""
    page = place / "benchmarks.rst"
    by_hand, found, _ = page.read_text().partition(BEGIN)
    if not found:
        raise ValueError(f"{page} does not say where the measurements go")
    page.write_text(by_hand + BEGIN + generated(results))
    (place / "benchmarks.svg").write_text(plot.draw([(series(r["kernel"]), index(r)) for r in results], LANES))
