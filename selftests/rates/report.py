# SPDX-License-Identifier: GPL-2.0
"""What the server's rates say: the goals, and the tables of Documentation/benchmarks.rst."""

from speed.report import table

BEGIN = ".. Rates of a server, written by ``make bench``.\n"
END = ".. Until here.\n"

# Of the rate that the raw operations alone would have, for one client and, durable all the same, for many.
SHARE = {1: 0.85, 64: 0.85 * 0.8}
REST = 15e3  # ns of a request that are neither cryptography nor TLS
FETCHES = 50e3  # each second, of a core
LICENSES = 6.5e3  # likewise, ES256
P99 = 2  # acquisition in a full database against an empty one

# Of a short run on a busy machine: how much more may be than is wanted of a long one.
LOOSE = 100
LOOSE_P99 = 5


def raw(rates):
    """ns of the operations that a lane cannot do without: a signature, and two of X25519 for the slot."""
    least = {name: min(r[name] for r in rates["raw"]) for name in rates["raw"][0]}
    license = least[rates["alg"]] + least["keygen"] + least["derive"]
    return {"empty": 0, "issue": license, "renew": license, "fetch": 0}


def tls(rates, clients):
    """ns that TLS costs for a request: what an empty one costs more over TLS than over TCP."""
    cpu = {name: next(m["cpu"] for m in rates[name] if (m["lane"], m["clients"]) == ("empty", clients))
           for name in ("lanes", "plain")}
    return max(cpu["lanes"] - cpu["plain"], 0)


def parts(rates):
    """(lane, clients, cpu, crypto, tls, rest), each in ns of a request."""
    crypto = raw(rates)
    for m in rates["lanes"]:
        over = tls(rates, m["clients"])
        yield (m["lane"], m["clients"], m["cpu"], crypto[m["lane"]], over,
               m["cpu"] - crypto[m["lane"]] - over)


def rate_goals(rates):
    """(what, measured ns, at most)"""
    for lane, clients, cpu, crypto, over, rest in parts(rates):
        name = f"{rates['alg']} {lane} ×{clients}"
        if crypto:
            yield f"{name}: {SHARE[clients]:.0%} of raw", cpu - over, crypto / SHARE[clients]
        if lane == "fetch":
            yield f"{name}: 50 k/s", cpu - over, 1e9 / FETCHES
        if lane == "issue" and rates["alg"] == "es256":
            yield f"{name}: 6.5 k/s", cpu - over, 1e9 / LICENSES
        if lane != "empty":
            yield f"{name}: all but crypto", rest, REST


def full_name(m):
    return f"{m['content']} ×{m['clients']}"


def full_goals(full):
    empty = {full_name(m): m["p99"] for m in full["lanes"] if not m["full"]}
    for m in full["lanes"]:
        if m["full"]:
            yield f"full database {full_name(m)}: p99", m["p99"], P99 * empty[full_name(m)]


def all_goals(results):
    for rates in results["rates"]:
        yield from rate_goals(rates)
    yield from full_goals(results["full"])


def goals(results):
    """Print each goal; the exit status of the benchmark."""
    missed = 0
    for what, measured, limit in all_goals(results):
        missed += measured > limit
        print(f"  {'ok     ' if measured <= limit else 'MISSED '} {what}: {us(measured)} of "
              f"{us(limit)} µs, {measured / limit:.2f}")
    print(f"{missed} goals missed" if missed else "all goals reached")
    return 1 if missed else 0


def tap(results):
    """The goals, loosely, as tests; the exit status."""
    failed = 0
    wanted = [(f"issue 5: {what}", measured, limit * (LOOSE_P99 if "p99" in what else LOOSE))
              for what, measured, limit in all_goals(results)]
    for n, (what, measured, limit) in enumerate(wanted, 1):
        good = measured <= limit
        failed += not good
        print(f"{'ok' if good else 'not ok'} {n} - {what}, loosely\n# {us(measured)} of {us(limit)} µs")
    print(f"1..{len(wanted)}")
    return 1 if failed else 0


# --- Documentation/benchmarks.rst ---

def us(ns):
    return f"{ns / 1000:,.1f}"


def rates_table(rates):
    rows = [[f"{lane} ×{clients}", us(cpu), us(crypto) if crypto else "–", us(over), us(rest),
             f"{1e9 / (cpu - over):,.0f}", f"{crypto / (cpu - over):.0%}" if crypto else "–"]
            for lane, clients, cpu, crypto, over, rest in parts(rates)]
    return table([rates["alg"], "all", "crypto", "TLS", "rest", "a second", "of raw"], rows)


def burst_table(burst):
    return table(["", "requests", "median", "p99", "processor time of one"],
                 [[m["lane"], f"{m['requests']:,}", f"{m['p50'] / 1e9:.2f} s", f"{m['p99'] / 1e9:.2f} s",
                   f"{us(m['cpu'])} µs"] for m in burst])


def full_table(full):
    rows = {}
    for m in full["lanes"]:
        rows.setdefault(full_name(m), []).extend([us(m["p50"]), us(m["p99"])])
    return table(["", "empty: median", "p99", "full: median", "p99"],
                 [[name, *cells] for name, cells in rows.items()])


def goals_table(results):
    return table(["", "measured", "at most", "ratio", ""],
                 [[what, us(measured), us(limit), f"{measured / limit:.2f}",
                   "reached" if measured <= limit else "missed"]
                  for what, measured, limit in all_goals(results)])


def generated(results):
    """Everything between BEGIN and END."""
    full = results["full"]
    text = ["\nProcessor time of a request in µs, and requests a second of a core without what TLS takes:\n\n"]
    text += [rates_table(rates) + "\n" for rates in results["rates"]]
    text += ["All at once, each client with a connection of its own; the times count from the one moment:\n\n",
             burst_table(results["burst"]) + "\n",
             f"Acquisition in µs, with an empty database and with {full['leaves']:,} leaves and "
             f"{full['licenses']:,} licenses:\n\n", full_table(full) + "\n", goals_table(results), "\n"]
    return "".join(text)


def document(results, place):
    """Write the generated part of benchmarks.rst."""
    page = place / "benchmarks.rst"
    before, begun, rest = page.read_text().partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not begun or not ended:
        raise ValueError(f"{page} does not say where the rates go")
    page.write_text(before + BEGIN + generated(results) + END + after)
