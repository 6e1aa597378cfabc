#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
"""Makes the table of the benchmark from the lines of bench.sh:

    MODE ROUND WHAT PEER NAME VALUE

A ratio is that of one round; what is printed is the median over the rounds,
with the goal beside it.
"""
import statistics
import sys


class Results:
    """Values by mode, what, peer, name and round."""

    def __init__(self, path):
        self.values = {}
        with open(path, encoding="ascii") as f:
            for line in f:
                mode, number, what, peer, name, value = line.split()
                rounds = self.values.setdefault((mode, what, peer, name), {})
                rounds[int(number)] = float(value)

    def has(self, what):
        """Was it measured at all?"""
        return any(key[1] == what for key in self.values)

    def median(self, fun, *keys):
        """Of fun over the rounds that all keys have; None without any."""
        series = [self.values.get(key, {}) for key in keys]
        rounds = set(series[0]).intersection(*series[1:])
        if not rounds:
            return None
        return statistics.median(
            fun(*(values[n] for values in series)) for n in rounds)


def plain(value):
    return value


def ratio(a, b):
    return a / b


def mean(*values):
    return sum(values) / len(values)


def most(*values):
    return max(values)


def most_ms(*values):
    return max(values) / 1e3


def minus_over(a, b, unit):
    return (a - b) / unit


def minus_ms(a, b):
    return (a - b) / 1e3


# Of each card: its signatures (peer, what the last of how many APDUs is).
CARDS = {
    "authentic5": [("authentic5", "PSO", 4)],
    "authentic3": [("authentic3", "PSO", 2)],
    "iasecc": [("iasecc", "INTERNAL AUTHENTICATE", 4),
               ("iasecc-pso", "PSO", 4)],
}
# OpenSC signs with these.
SIGNED_WITH = ("authentic3", "iasecc")
MODES = {"pinned": "one core", "free": "unpinned"}


def in_mode(limit, mode):
    """Some goals are for one core."""
    return limit if mode == "pinned" else None


# The rows: what, unit, reached, limit ("<" or ">" and a number, or None).

def select_rows(res, mode):
    null = (mode, "select", "null", "p50")
    yield "SELECT, null handler", "us", res.median(plain, null), None
    for card in CARDS:
        key = (mode, "select", card, "p50")
        yield "SELECT, %s" % card, "us", res.median(plain, key), None
        yield "  / null", "x", res.median(ratio, key, null), \
            ("<", 1.6 if mode == "pinned" else 2.0)
        yield "  p99 / own p50", "x", res.median(
            ratio, (mode, "select", card, "p99"), key), ("<", 2.0)
    mended = (mode, "select", "mended", "p50")
    yield "SELECT, vpcd", "us", \
        res.median(plain, (mode, "select", "vpcd", "p50")), None
    yield "SELECT, vpcd mended", "us", res.median(plain, mended), None
    yield "  / null", "x", res.median(ratio, mended, null), None


def library_rows(res, mode):
    """Programs that have our library in the place of pcsc-lite's."""
    key = (mode, "select", "library", "p50")
    yield "SELECT, library", "us", res.median(plain, key), None
    yield "  / null", "x", \
        res.median(ratio, key, (mode, "select", "null", "p50")), \
        ("<", 0.6 if mode == "pinned" else 1.0)
    yield "  p99 / own p50", "x", res.median(
        ratio, (mode, "select", "library", "p99"), key), None
    for what, name in (
            ("cycles", "connect, APDU, disconnect, library"),
            ("visits", "the same and a context each time, library")):
        key = (mode, what, "library", "per_second")
        yield name, "/s", res.median(plain, key), None
        yield "  / null", "x", res.median(
            ratio, key, (mode, what, "null", "per_second")), \
            (">", 1.5) if what == "visits" else None
    one = (mode, "pair", "library", "one")
    if mode == "free":
        yield "SELECT without end, library", "/s", \
            res.median(plain, one), None
        yield "  two readers, two threads / one", "x", res.median(
            ratio, (mode, "pair", "library", "two"), one), (">", 1.7)
        yield "  the same, a core each", "x", res.median(
            ratio, (mode, "pair", "library", "two-apart"),
            (mode, "pair", "library", "one-apart")), (">", 1.7)
    seen = (mode, "insert", "library", "p50")
    yield "insertion seen, library", "us", res.median(plain, seen), None
    yield "  / through pcscd", "x", res.median(
        ratio, seen, (mode, "insert", "authentic5", "p50")), ("<", 1.0)


def coming_rows(res, mode):
    """Connections, power and insertion."""
    cycles = (mode, "cycles", "authentic5", "per_second")
    yield "connect, APDU, disconnect", "/s", res.median(plain, cycles), None
    yield "  / null", "x", res.median(
        ratio, cycles, (mode, "cycles", "null", "per_second")), \
        in_mode((">", 0.9), mode)
    yield "  / null with a polling thread", "x", res.median(
        ratio, cycles, (mode, "cycles", "null-poll", "per_second")), None
    visits = (mode, "visits", "authentic5", "per_second")
    yield "the same and a context each time", "/s", \
        res.median(plain, visits), None
    yield "  / null", "x", res.median(
        ratio, visits, (mode, "visits", "null", "per_second")), None
    for name in ("power_up", "reset"):
        yield "%s, slowest card" % name.replace("_", "-"), "ms", \
            res.median(most_ms, *((mode, "power", card, name)
                                  for card in CARDS)), ("<", 2.0)
    seen = (mode, "insert", "authentic5", "p50")
    floor = (mode, "insert", "null-poll", "p50")
    yield "insertion seen, null with a polling thread", "us", \
        res.median(plain, floor), None
    yield "insertion seen, ours", "us", res.median(plain, seen), None
    yield "  / null", "x", res.median(ratio, seen, floor), ("<", 2.0)


def sign_rows(res, mode):
    null = (mode, "select", "null", "p50")
    speed = (mode, "sign", "openssl", "p50")
    softhsm = (mode, "sign", "softhsm", "p50")
    yield "RSA-2048, openssl speed", "us", res.median(plain, speed), None
    yield "RSA-2048, SoftHSM2's C_Sign", "us", \
        res.median(plain, softhsm), None
    for card, signatures in CARDS.items():
        for peer, command, apdus in signatures:
            # an APDU more may take 4/3 of the null handler's
            for name, label, nulls in (
                    ("last", "alone", 3),
                    ("all", "all %d APDUs" % apdus,
                     round(3 + 4 * (apdus - 1) / 3, 1))):
                key = (mode, "sign", peer, name)
                yield "%s, %s, %s" % (card, command, label), "us", \
                    res.median(plain, key), None
                yield "  beyond openssl speed", "null", \
                    res.median(minus_over, key, speed, null), \
                    in_mode(("<", nulls), mode)
                yield "  / SoftHSM2's C_Sign", "x", \
                    res.median(ratio, key, softhsm), in_mode(("<", 1.0), mode)


def c_sign_rows(res, mode):
    """All of OpenSC's C_Sign, and what of it is OpenSC's and pcscd's: the
    same with a handler that answers at once."""
    null = (mode, "select", "null", "p50")
    speed = (mode, "sign", "openssl", "p50")
    for card in SIGNED_WITH:
        whole = (mode, "c_sign", card, "p50")
        host = (mode, "c_sign", "recorded-%s" % card, "p50")
        softhsm = (mode, "c_sign", "softhsm-%s" % card, "p50")
        yield "%s, OpenSC's C_Sign" % card, "us", \
            res.median(plain, whole), None
        yield "  / SoftHSM2's C_Sign", "x", \
            res.median(ratio, whole, softhsm), None
        yield "  OpenSC's and pcscd's part", "x", \
            res.median(ratio, host, whole), None
        yield "  our part", "x", \
            res.median(minus_over, whole, host, whole), None
        yield "  our part / SoftHSM2's C_Sign", "x", \
            res.median(minus_over, whole, host, softhsm), \
            in_mode(("<", 1.0), mode)
        yield "  our part beyond openssl speed", "null", res.median(
            lambda w, h, s, n: (w - h - s) / n, whole, host, speed, null), None


def rest_rows(res):
    for name, program, beside in (
            ("true", "true", "without a card"),
            ("opensc", "opensc-tool -n", "through pcscd")):
        key = ("free", "run", "own-%s" % name, "p50")
        yield "run --test-card series8 -- %s" % program, "ms", \
            res.median(lambda a: a / 1e3, key), None
        yield "  beyond the same %s" % beside, "ms", res.median(
            minus_ms, key, ("free", "run", name, "p50")), ("<", 60)
    yield "SELECT p99 beside a key generation / idle p99, unpinned", "x", \
        res.median(ratio, ("free", "select-busy", "authentic5", "p99"),
                   ("free", "select", "authentic5", "p99")), ("<", 3.0)
    yield "memory, one card, after a login, largest", "KiB", \
        res.median(most, *(("free", "memory", card, "one_card")
                           for card in CARDS)), ("<", 12 * 1024)
    yield "memory, each further card file", "KiB", \
        res.median(plain, ("free", "memory", "blank", "each_more")), ("<", 64)
    yield "start until the card is there, slowest card", "ms", \
        res.median(most_ms, *(("free", "start", card, "ready")
                              for card in CARDS)), ("<", 50)


def around(mode, peer, name):
    """What was measured before and after the signatures of a round."""
    return [(mode, "sign", "%s-%s" % (peer, when), name)
            for when in ("before", "after")]


def hosted_rows(res):
    """Cards in a backend, on loopback."""
    null = ("pinned", "select", "null", "p50")
    raw = ("pinned", "select", "raw", "p50")
    hosted = ("pinned", "select", "hosted", "p50")
    yield "a request of OpenSSL's, TLS 1.3, kept connection, one core", \
        "us", res.median(plain, raw), None
    yield "SELECT in a backend, through pcscd, one core", "us", \
        res.median(plain, hosted), None
    yield "  / (1.6 null + 4 raw)", "x", res.median(
        lambda h, n, r: h / (1.6 * n + 4 * r), hosted, null, raw), ("<", 1.0)
    raws = around("pinned", "raw", "cpu")
    speeds = around("pinned", "speed", "p50")
    yield "such a request's processor time, both ends", "us", \
        res.median(mean, *raws), None
    yield "RSA-2048, openssl speed, one core", "us", \
        res.median(mean, *speeds), None
    for peer, name in (("pso", "PSO as one exchange"),
                       ("four", "four APDUs"), ("t0", "PSO, T=0")):
        key = ("pinned", "hosted-sign", peer, "per_second")
        yield "signatures, 64 sessions, %s, one core" % name, "/s", \
            res.median(plain, key), None
        costs = [("pinned", "hosted-sign", peer, whose)
                 for whose in ("first", "others", "own")]
        yield "  processor time each, of all processes", "us", \
            res.median(lambda *parts: sum(parts), *costs), None
        yield "  beyond openssl speed", "raw", res.median(
            lambda a, b, c, s, t, q, r:
                (a + b + c - mean(s, t)) / mean(q, r),
            *costs, *speeds, *raws), \
            ("<", 5) if peer == "pso" else None
    apart = ("apart", "hosted-sign", "pso")
    speeds = around("apart", "speed", "p50")
    yield "the first, a core for the worker, of openssl speed", "x", \
        res.median(lambda n, s, t: n * mean(s, t) / 1e6,
                   (*apart, "per_second"), *speeds), (">", 0.85)
    yield "  openssl speed / the worker's processor time", "x", \
        res.median(lambda s, t, w: mean(s, t) / w, *speeds,
                   (*apart, "first")), None
    beside = ("apart", "sign", "beside", "p50")
    yield "  of openssl speed while the other core is busy, too", "x", \
        res.median(lambda n, s: n * s / 1e6, (*apart, "per_second"),
                   beside), None
    yield "idle powered cards, each, all roles' memory", "KiB", \
        res.median(plain, ("free", "memory", "hosted", "all")), ("<", 64)
    yield "  without what roles hold before", "KiB", \
        res.median(plain, ("free", "memory", "hosted", "each_more")), None
    yield "  SELECT beside them / alone, p50", "x", res.median(
        ratio, ("free", "select", "among", "p50"),
        ("free", "select", "alone", "p50")), ("<", 1.3)


def rows(res):
    if res.has("hosted-sign"):
        yield from hosted_rows(res)
        return
    for mode, where in MODES.items():
        for of_mode in (select_rows, library_rows, coming_rows, sign_rows,
                        c_sign_rows):
            for what, *rest in of_mode(res, mode):
                if not what.startswith(" "):
                    what += ", " + where
                yield what, *rest
    yield from rest_rows(res)


def main(path):
    missed = 0
    print("%-54s %10s %-5s %9s" % ("", "reached", "", "goal"))
    for what, unit, value, limit in rows(Results(path)):
        if value is None:
            print("%-54s %10s" % (what, "-"))
            continue
        goal = verdict = ""
        if limit:
            sign, number = limit
            met = value <= number if sign == "<" else value >= number
            goal = "%s %g" % ("at most" if sign == "<" else "at least",
                              number)
            verdict = "" if met else "MISSED"
            missed += not met
        print(("%-54s %10.2f %-5s %13s  %s" % (
            what, value, unit, goal, verdict)).rstrip())
    print("%d goals missed" % missed)


if __name__ == "__main__":
    main(sys.argv[1])
