#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
"""Looks for secrets where they should not be.

search-memory.py SECRETS pid PID...    in all of a process's memory (root)
search-memory.py SECRETS file PATH...  in files, and in all below directories

SECRETS has a line "NAME HEX" for each. A run of 12 bytes of one, in either
order, is a find, and so are its digits in hexadecimal, of either case. Prints
a line for each secret and place; exit code 1 where something was found.
"""
import os
import re
import sys

RUN = 12
BLOCK = 1 << 20


def needles(path):
    """Runs of every secret, one after another without overlap."""
    out = {}
    with open(path, encoding="ascii") as f:
        for line in f:
            name, text = line.split()
            secret = bytes.fromhex(text)
            for at in range(0, len(secret) - RUN + 1, RUN):
                run = secret[at:at + RUN]
                digits = run.hex().encode("ascii")
                for form in (run, run[::-1], digits, digits.upper()):
                    out[form] = name
            if len(secret) < RUN:
                digits = secret.hex().encode("ascii")
                for form in (secret, secret[::-1], digits, digits.upper()):
                    out[form] = name
    return out


def finds(names, data):
    # many quick searches: one for all of them at once takes minutes
    return {name for needle, name in names.items() if needle in data}


def blocks(f, n):
    """A stream's next n bytes, in blocks that overlap."""
    keep = b""
    while n > 0:
        data = f.read(min(n, BLOCK))
        if not data:
            return
        n -= len(data)
        yield keep + data
        keep = data[-2 * RUN:]


def in_process(names, pid):
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, \
            open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
        for line in maps:
            m = re.match(r"([0-9a-f]+)-([0-9a-f]+) (r)", line)
            if not m or line.rstrip().endswith(("[vvar]", "[vsyscall]")):
                continue
            start, end = int(m.group(1), 16), int(m.group(2), 16)
            where = line.split(None, 5)[5].strip() if len(line.split()) > 5 \
                else f"{start:x}"
            try:
                mem.seek(start)
                for data in blocks(mem, end - start):
                    for name in finds(names, data):
                        yield name, where
            except OSError:
                continue


def in_file(names, path):
    paths = [path]
    if os.path.isdir(path):
        paths = [os.path.join(d, f) for d, _, files in os.walk(path)
                 for f in files]
    for p in paths:
        if not os.path.isfile(p):
            continue
        with open(p, "rb") as f:
            for data in blocks(f, os.path.getsize(p)):
                for name in finds(names, data):
                    yield name, p


def main():
    names = needles(sys.argv[1])
    look = {"pid": in_process, "file": in_file}[sys.argv[2]]
    found = {find for what in sys.argv[3:]
             for find in look(names, what)}
    for name, where in sorted(found):
        print(f"{name} in {where}")
    return 1 if found else 0


sys.exit(main())
