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


def rows(res):
    """What, unit, reached, limit ("<" or ">" and a number, or None)."""
    def get(mode, what, peer, name):
        return res.median(plain, (mode, what, peer, name))

    for mode, limit in (("pinned", 1.6), ("free", 2.0)):
        key = (mode, "select", "ours", "p50")
        null = (mode, "select", "null", "p50")
        where = "one core" if mode == "pinned" else "unpinned"
        yield "SELECT, null handler, %s" % where, "us", \
            res.median(plain, null), None
        yield "SELECT, ours, %s" % where, "us", res.median(plain, key), None
        yield "  / null", "x", res.median(ratio, key, null), ("<", limit)
        yield "  p99 / own p50", "x", res.median(
            ratio, (mode, "select", "ours", "p99"), key), ("<", 2.0)
        mended = (mode, "select", "mended", "p50")
        yield "SELECT, vpcd, %s" % where, "us", \
            get(mode, "select", "vpcd", "p50"), None
        yield "SELECT, vpcd mended, %s" % where, "us", \
            res.median(plain, mended), None
        yield "  / null", "x", res.median(ratio, mended, null), None

        cycles = (mode, "cycles", "ours", "per_second")
        yield "connect, APDU, disconnect, %s" % where, "/s", \
            res.median(plain, cycles), None
        yield "  / null", "x", res.median(
            ratio, cycles, (mode, "cycles", "null", "per_second")), \
            (">", 0.9) if mode == "pinned" else None
        yield "  / null with a polling thread", "x", res.median(
            ratio, cycles, (mode, "cycles", "null-poll", "per_second")), None
        visits = (mode, "visits", "ours", "per_second")
        yield "the same and a context each time, %s" % where, "/s", \
            res.median(plain, visits), None
        yield "  / null", "x", res.median(
            ratio, visits, (mode, "visits", "null", "per_second")), None
        for name in ("power_up", "reset"):
            yield "%s, %s" % (name.replace("_", "-"), where), "ms", \
                res.median(lambda v: v / 1e3, (mode, "power", "ours", name)), \
                ("<", 2.0)

        seen = (mode, "insert", "ours", "p50")
        floor = (mode, "insert", "null-poll", "p50")
        yield "insertion seen, null with a polling thread, %s" % where, \
            "us", res.median(plain, floor), None
        yield "insertion seen, ours, %s" % where, "us", \
            res.median(plain, seen), None
        yield "  / null", "x", res.median(ratio, seen, floor), ("<", 2.0)

        speed = (mode, "sign", "openssl", "p50")
        softhsm = (mode, "sign", "softhsm", "p50")
        yield "RSA-2048, openssl speed, %s" % where, "us", \
            res.median(plain, speed), None
        yield "RSA-2048, SoftHSM2's C_Sign, %s" % where, "us", \
            res.median(plain, softhsm), None
        for name, label, nulls in (("last", "PSO alone", 3),
                                   ("all", "four APDUs", 7)):
            sign = (mode, "sign", "ours", name)
            yield "RSA-2048, %s, %s" % (label, where), "us", \
                res.median(plain, sign), None
            yield "  beyond openssl speed", "null", res.median(
                lambda s, o, n: (s - o) / n, sign, speed, null), \
                ("<", nulls) if mode == "pinned" else None
            yield "  / SoftHSM2", "x", res.median(ratio, sign, softhsm), \
                ("<", 1.0) if mode == "pinned" else None

    yield "SELECT p99 beside a key generation / idle p99, unpinned", "x", \
        res.median(ratio, ("free", "select-busy", "ours", "p99"),
                   ("free", "select", "ours", "p99")), ("<", 3.0)
    yield "memory, one card, after a login", "KiB", \
        get("free", "memory", "ours", "one_card"), ("<", 12 * 1024)
    yield "memory, each further card file", "KiB", \
        get("free", "memory", "ours", "each_more"), ("<", 64)
    yield "start until the card is there", "ms", res.median(
        lambda v: v / 1e3, ("free", "start", "ours", "ready")), ("<", 50)


def main(path):
    missed = 0
    print("%-52s %10s %-5s %9s" % ("", "reached", "", "goal"))
    for what, unit, value, limit in rows(Results(path)):
        if value is None:
            print("%-52s %10s" % (what, "-"))
            continue
        goal = verdict = ""
        if limit:
            sign, number = limit
            met = value <= number if sign == "<" else value >= number
            goal = "%s %g" % ("at most" if sign == "<" else "at least",
                              number)
            verdict = "" if met else "MISSED"
            missed += not met
        print(("%-52s %10.2f %-5s %13s  %s" % (
            what, value, unit, goal, verdict)).rstrip())
    print("%d goals missed" % missed)


if __name__ == "__main__":
    main(sys.argv[1])
