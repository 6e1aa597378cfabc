#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Makes seeds of what is in the tree: for fuzz_apdu, fuzz_apdu3 and
# fuzz_apdu_ias of the recorded conversations, for fuzz_cardfile of a card
# file, for fuzz_remote, fuzz_chain, fuzz_vault, fuzz_door and fuzz_roles of what
# PROTOCOL.md says. Run by hand when they have changed; the seeds are kept with the
# sources.
#
# usage: make-seeds.py VECTORS SEEDS [CARD-FILE]
import glob
import hashlib
import os
import sys


def piece(command):
    return len(command).to_bytes(2, "big") + command


def conversation(path):
    out = b"" if "-t1-" in path else b"\xfe\x00"
    with open(path, encoding="ascii") as f:
        for line in f:
            if line.startswith("> "):
                out += piece(bytes.fromhex(line[2:].strip()))
            elif line.startswith("# command:") and out:
                out += piece(b"")
    return out


def write(directory, name, data):
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, name), "wb") as f:
        f.write(data)


def record(name, value):
    name = name.encode("ascii")
    return bytes([len(name)]) + name + len(value).to_bytes(2, "big") + value


def deleted(name):
    name = name.encode("ascii")
    return bytes([len(name)]) + name + b"\xff\xff"


def lv(value):
    return len(value).to_bytes(2, "big") + value


def door(directory):
    def happens(*pieces):
        return b"".join(bytes([kind]) + lv(data) for kind, data in pieces)

    def ask(path, body=b""):
        return (f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: "
                f"{len(body)}\r\n\r\n").encode() + body

    def answer(kind, number, body, code=0):
        return (len(body).to_bytes(4, "big")
                + (0x8000 | kind).to_bytes(2, "big")
                + code.to_bytes(2, "big") + number.to_bytes(8, "big") + body)

    card = "0c" + 15 * "00"
    hold = (b"CBwr\x00\x01\x06\x02" + bytes(4) + b"\x00\x02"
            + bytes(36) + bytes(35) + b"\x01")
    news = bytes.fromhex("000000080301000800023B80")
    write(directory, "about", happens(
        (0, b"\x00"), (1, b"GET /backend HTTP/1.1\r\nHost: a\r\n\r\n"),
        (1, b"GET /health HTTP/1.0\r\n\r\n")))
    write(directory, "commands", happens(
        (0, b"\x01"), (1, ask("/sessions/" + card, b"records")),
        (3, answer(0x103, 1, b"answers")),
        (1, ask("/sessions/" + card, b"records")),
        (3, answer(0x103, 2, b"\x01" + lv(b"over"), 6))))
    write(directory, "offer-late", happens(
        (0, b"\x03"), (1, ask(f"/organisations/01{30 * '0'}/offer")),
        (5, b""), (3, answer(0x101, 1, b"offer"))))
    write(directory, "hold", happens(
        (0, b"\x01"), (1, ask("/hold", hold)), (3, answer(0x104, 2, news)),
        (5, b""), (1, ask("/hold", hold)), (4, b"")))
    write(directory, "hold-lost", happens(
        (0, b"\x02"), (1, ask("/hold", hold)), (6, b"\x01"),
        (1, ask("/hold", hold)), (6, b"")))
    write(directory, "refused", happens(
        (0, b"\x00"), (1, ask("/hold", hold)), (0, b"\x04"),
        (0, b"\x01"), (1, ask("/nothing")), (1, b"nonsense\r\n\r\n")))


def remote(directory):
    ids = bytes(16 * [1]) + bytes(16 * [2]) + bytes(16 * [3])
    write(directory, "offer", b"\x00CBwr\x00\x01\x01\x01" + ids + bytes(64)
          + lv(b"certificate"))
    write(directory, "accept", b"\x01CBwr\x00\x01\x02\x02" + ids
          + bytes(16 + 32) + b"\x01" + lv(bytes(384)) + lv(b"0.1.0")
          + lv(b"certificate") + lv(bytes(71)))
    write(directory, "power", bytes.fromhex("02" "01" "0000" "02"))
    write(directory, "transmit", bytes.fromhex("02" "03" "0001" "00A40000"))
    write(directory, "opened", bytes.fromhex(
        "03" "01" "0000000000000000" "03" "0000FFFF" "0000005A"))
    write(directory, "done", bytes.fromhex(
        "03" "02" "0000000000000005" "0002" "00000000" "00000002" "6102"
        "00000005" "00C0000002" "00000004" "AABB9000"))
    write(directory, "refused", bytes.fromhex(
        "03" "03" "0000000000000001" "0008" "0006" "696E20757365"))
    write(directory, "refused-not-plain", bytes.fromhex(
        "03" "03" "0000000000000001" "0008" "0006" "C29B33316DFF"))
    one = bytes(7) + b"\x01" + b"\x00\x00\x00\x50" + bytes(80)
    write(directory, "records", b"\x04" + one + one)
    begin = b"CBwr\x00\x01%c\x02"
    write(directory, "about", b"\x08" + begin % 4 + bytes(16)
          + lv(b"authority") + lv(b"service"))
    write(directory, "failure", b"\x09" + begin % 5 + b"\x00\x06\x01"
          + lv("it is \u201cover\u201d".encode() + b"\x1b[2J"))
    write(directory, "hold", b"\x0a" + begin % 6 + b"\x00\x00\x00\x32"
          + b"\x00\x02" + bytes(36) + bytes(16 * [1]) + bytes(20))
    write(directory, "news", b"\x0b" + begin % 7 + b"\x00\x01" + bytes(32)
          + b"\x00\x00\x00\x09\x01\x02\x00\x00" + lv(b"\x3b\x80"))
    write(directory, "certificate", b"\x05" + bytes.fromhex(
        "3081" "80" "3070" "A003020102" "020101" "300A06082A8648CE3D040302"))


def chain(directory):
    def field(number, value):
        return bytes([number]) + lv(value)

    head = bytes.fromhex("01" "0017" "000001a3185c5000")
    step = head + field(14, bytes(8)) + field(15, bytes(7) + b"\x01")
    verify = (bytes.fromhex("01" "0006" "000001a3185c5001")
              + b"".join(field(n, bytes(16 * [n])) for n in (1, 2, 3))
              + field(10, b"\x02") + field(11, b"\x03")
              + field(12, bytes(3) + b"\x01"))
    signed = (bytes.fromhex("01" "000f" "000001a3185c5002")
              + b"".join(field(n, bytes(16 * [n])) for n in (1, 2, 3))
              + field(12, bytes(3) + b"\x01") + field(18, b"rsa-pkcs1")
              + field(20, bytes(32)))
    write(directory, "step", b"\x00" + step)
    write(directory, "verify", b"\x00" + verify)
    write(directory, "signed", b"\x00" + signed)
    write(directory, "newer", b"\x00\x01\x77\x77" + bytes(12))
    write(directory, "entries", b"\x02" + b"".join(
        bytes([len(e)]) + e for e in (step, verify, signed)))

    owner = b"\x02" + bytes(32)
    start = hashlib.sha256(b"cardbridge chain 1" + owner).digest()
    digest = hashlib.sha256(b"cardbridge entry 1" + bytes(7) + b"\x01"
                            + start + step).digest()
    begin = ("cardbridge export 1\nkind test\nbackend %s\norganisation %s\n"
             % (32 * "0", 32 * "0"))
    line = (b"cardbridge head 1" + owner + bytes(7) + b"\x01" + digest
            + bytes(8 + 64)).hex()
    write(directory, "export", b"\x01" + (
        begin + "start 1\nentry 1 %s %s\n"
        "  2027-01-15T08:00:00.000Z clock-step from=1970-01-01T00:00:00.000Z "
        "to=1970-01-01T00:00:00.001Z\nhead %s\n"
        % (digest.hex(), step.hex(), line)).encode("ascii"))
    write(directory, "later", b"\x01" + (
        begin + "start 2\nhead %s\n" % line).encode("ascii"))


# Acts that a person may be asked to sign for, each with an approval, as a draft
# and as its pieces.
def drafts(directory):
    me, drafter, org, card = (bytes(16 * [n]) for n in (9, 7, 0xA0, 0xCA))

    def row(kind, *fields):
        return bytes([kind]) + org + b"".join(
            bytes([number]) + value for number, value in fields)

    def put(*rows, what=b"\x01"):
        return len(rows).to_bytes(2, "big") + lv(
            b"".join(what + lv(r) for r in rows))

    def field(number, value):
        return bytes([number]) + lv(value)

    def act(what, subject, changes, detail=b""):
        request = (b"CBwr\x00\x01\x08\x02" + bytes(16) + org
                   + bytes(16 * [1]) + lv(what) + subject + lv(detail)
                   + changes)
        signed = request + bytes(32) + drafter + lv(drafter + org)
        approval = (b"CBwr\x00\x01\x09\x02"
                    + hashlib.sha256(request).digest() + bytes(16 * [8])
                    + b"\x00\x00\x0f" + bytes(5)
                    + lv(bytes(16 * [8]) + bytes(16)) + lv(b"\x01approval"))
        return signed + lv(b"\x01draft"), approval

    def name(text):
        return bytes([len(text)]) + text

    until = b"\x0c\x00\x00\x01\xa3\x18\x5c\x50\x00"
    token = row(9, (5, card), (8, b"\x02"), (12, until[1:]),
                (14, bytes(32)), (15, lv(b"device")))
    all_acts = {
        "suspend": act(b"card-suspend", card, put(
            row(8, (2, card), (9, b"\x02"), (11, b"\x00\x00\x00\x01")))),
        "assign": act(b"card-assign", card, put(
            row(3, (2, card), (5, me), (7, b"\x01"), (12, until[1:])),
            row(3, (2, card), (5, org), (7, b"\x03"), (12, bytes(8))))),
        "unassign": act(b"card-unassign", card, put(
            row(3, (2, card), (5, me), (7, b"\x02"), (12, bytes(8))),
            what=b"\x02")),
        "policies": act(b"org-set", org, put(
            row(5, (15, lv(b"second-signer")), (16, lv(b"\x00\x00\x01\x10"))),
            row(5, (15, lv(b"unblock")), (16, lv(b"online")))),
            field(7, b"Clinic")),
        "token": act(b"device-token", card, put(token), field(7, b"Hall")),
        "token-back": act(b"device-revoke", card, put(token, what=b"\x02")),
        "device-revoke": act(b"device-revoke", card, put(
            row(1, (3, card), (8, b"\x01"), (9, b"\x02"), (12, bytes(8)),
                (14, bytes(32))),
            row(7, (5, card), (13, bytes(8)), (14, bytes(32))))),
        "person": act(b"person-token", card, put(
            row(9, (5, card), (8, b"\x00"), (12, until[1:]), (14, bytes(32)),
                (15, lv(b"person"))),
            row(4, (4, card), (10, b"\x00\x00\x00\x02"), (12, bytes(8))))),
        "person-revoke": act(b"person-revoke", card, put(
            row(10, (1, card), (4, card), (9, b"\x02"),
                (15, lv(b"certificate")), (16, lv(bytes(32)))))),
        "card": act(b"card-new", card, put(
            row(8, (2, card), (9, b"\x01"), (11, b"\x00\x00\x00\x01"))),
            field(7, b"Ward 3") + field(8, b"authentic3") + field(15, b"\x01")
            + field(17, b"\x01") + field(26, b"0a")),
        "unblock": act(b"card-unblock", card, put()),
    }
    names = name(b"Clinic") + name(b'Ward "3"') + name(b"Desk") + name(b"Z")
    for label, (signed, approval) in all_acts.items():
        write(directory, "act-" + label, b"\x04" + lv(names)
              + lv(b"\x00\x20\xff\x80") + lv(signed) + lv(approval))
    signed, approval = all_acts["suspend"]
    write(directory, "draft", b"\x03" + (
        "cardbridge draft 1\nact %s\napproval %s\n"
        % (signed.hex(), approval.hex())).encode("ascii"))
    write(directory, "head", b"\x05head " + (
        b"cardbridge head 1\x02" + bytes(32 + 8 + 32 + 8 + 64)).hex().encode())
    fields = b"\x02" + bytes(32) + bytes(32) + bytes(range(32))
    digits = (fields + hashlib.sha256(fields).digest()[:4]).hex().upper()
    write(directory, "token", b"\x06cardbridge-token-1:\r\n"
          + digits[:60].encode() + b"\n " + digits[60:].encode() + b"\n")


# As PROTOCOL.md, "Pieces of the root", has it.
def root_piece(kind, number, of, needed, value):
    def digits(data):
        return " ".join(data[i:i + 2].hex() for i in range(0, len(data), 2))

    head = f"cardbridge root {kind} 1"
    backend, cut, root = bytes(range(16)), bytes(8 * [9]), bytes(8 * [7])
    whole = hashlib.sha256(head.encode("ascii") + b"\x02" + backend + cut
                           + bytes([number, of, needed]) + value + root)
    lines = [head, "kind test", "backend " + digits(backend),
             "set " + digits(cut), f"piece {number} of {of}, {needed} needed"]
    for i in range(4):
        line = value[8 * i:8 * i + 8]
        check = hashlib.sha256(bytes([i]) + line).digest()[:2]
        lines.append(f"value {digits(line)} : {digits(check)}")
    lines += ["root " + digits(root), "sum " + digits(whole.digest()[:4])]
    return "\n".join(lines).encode("ascii") + b"\n"


def vault(directory):
    write(directory, "part", b"\x00" + root_piece(
        "part", 1, 1, 1, bytes(range(32))))
    write(directory, "share", b"\x00# typed\n" + root_piece(
        "share", 2, 3, 2, bytes(32)).upper().replace(b"\n", b" \r\n"))
    write(directory, "parts", b"\x01" + b"".join(
        lv(root_piece("part", n, 2, 2, bytes(32 * [n]))) for n in (1, 2)))
    write(directory, "shares", b"\x01" + b"".join(
        lv(root_piece("share", n, 3, 2, bytes(32 * [n]))) for n in (1, 3)))
    write(directory, "wrap", b"\x02" + bytes.fromhex(
        "0101" "00000001" "00000001") + bytes(60))
    organisation = bytes(16 * [0xA0])
    write(directory, "device", b"\x03\x01" + organisation + b"\x03"
          + bytes(16) + b"\x08\x02\x09\x01\x0c" + bytes(8) + b"\x0e"
          + bytes(32))
    write(directory, "policy", b"\x03\x05" + organisation + b"\x0f"
          + lv(b"unblock/online") + b"\x10" + lv(b"none"))
    # the base point of P-256
    point = bytes.fromhex(
        "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")
    public = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107"
                           "03420004") + point
    write(directory, "enrol", b"\x04CBwr\x00\x01\x03\x02" + bytes(16)
          + lv(public) + lv(bytes(384)) + lv(bytes(70)))
    write(directory, "public", b"\x04" + public)
    three = bytes(16) + bytes(16) + bytes(16 * [3])
    write(directory, "opening", b"\x05"
          + lv(b"CBwr\x00\x01\x01\x02" + three + bytes(64) + lv(b"cert"))
          + b"CBwr\x00\x01\x02\x02" + three + bytes(16 + 32) + b"\x00"
          + lv(bytes(384)) + lv(b"0.1.0") + lv(b"cert") + lv(bytes(71)))
    row = b"\x05" + bytes(16) + b"\x0f" + lv(b"unblock") + b"\x10" + lv(b"")
    act = (b"CBwr\x00\x01\x08\x02\x01" + bytes(15 + 16 + 16) + lv(b"policy")
           + b"\x00\x01" + lv(b"\x01" + lv(row)) + bytes(32 + 16)
           + lv(b"cert") + lv(bytes(71)))
    write(directory, "act", b"\x06" + lv(act) + b"CBwr\x00\x01\x09\x02"
          + bytes(32 + 16 + 8) + lv(b"cert") + lv(bytes(71)))


def lb(value):
    return len(value).to_bytes(4, "big") + value


def frame(kind, number, body, code=0):
    return (len(body).to_bytes(4, "big") + kind.to_bytes(2, "big")
            + code.to_bytes(2, "big") + number.to_bytes(8, "big") + body)


# The first byte is the place in the table of fuzz_roles.c.
def roles(directory):
    one, two, three = (bytes([n]) * 16 for n in (1, 2, 3))
    signed = lb(b"row") + lb(bytes(38))
    rights = b"\x02\x01" + signed + b"\x02" + signed + lb(b"wrap")
    number = (7).to_bytes(8, "big")
    row = (b"\x03" + b"\x00" + b"\x01" + number + b"\x02" + lb(b"name"))
    act = (one + b"\x01" + number + number + b"\x1f" + two + three + one
           + b"\x00\x01" + number + number + number + bytes(32) + lb(b"a")
           + bytes(32)
           + b"\x00\x01\x00" + lb(b"card/0") + lb(b"value")
           + b"\x00\x00" + b"\x00\x01" + lb(b"entry") + b"\x00\x00")
    settings = (b'{"kind": "test", "user": 60801, "log": 2, "backend": "'
                + b"01" * 16 + b'", "log_json": true, "connections": 9, '
                b'"store": "/a", "root": ["file:/1"]}')
    seeds = {
        "frames": b"\x00" + frame(0x0101, 1, one + two)
                  + frame(0x8101, 1, b"offer") + frame(0x8102, 2, b"", 7),
        "frame-long": b"\x00" + b"\xff" * 16,
        "settings": b"\x01" + settings,
        "told-peer": b"\x02\x01\x02" + one + number,
        "told-stop": b"\x02\x02",
        "ids": b"\x03" + one + two,
        "signed": b"\x04" + signed,
        "rights": b"\x05" + rights,
        "act": b"\x06" + act,
        "acted": b"\x07" + b"\x00\x08\x00" + number + number + b"\x01" + one
                 + two + lv(b"why"),
        "row": b"\x08" + row,
        "list": b"\x09" + b"\x01" + b"\x00\x05" + b"\x00",
        "ask-rights": b"\x0a" + one + two + b"\x01",
        "record": b"\x0b" + lb(b"card/0") + lb(b"value"),
        "ask-answer": b"\x0c" + one + two + number + bytes(32),
        "answered": b"\x0d\x01" + b"bytes",
        "lease": b"\x0e" + number + b"\x01" + one + two,
        "leases": b"\x0f" + three + number + one + two,
        "challenged": b"\x10" + bytes(32) + lv(b"certificate") + b"\x02",
        "unlock": b"\x11" + lv(b"offer") + lv(b"accept") + rights,
        "unlocked": b"\x12\x00" + one + bytes(4) + bytes(4) + b"\x01"
                    + bytes(64 + 48),
        "passcode": b"\x13" + one + bytes(32),
        "passcode-told": b"\x14" + number + bytes(32),
        "certify": b"\x15" + lb(b"enrol") + signed,
        "certified": b"\x16" + lv(b"certificate") + signed,
        "sign-head": b"\x17" + one + number + bytes(32) + number,
        "records": b"\x18" + one + lb(b"card/0"),
        "records-head": b"\x19" + number + b"\x01",
        "outcome": b"\x1a" + one + bytes(32),
        "ask-orderer": b"\x1b" + one + two + three,
        "orderer": b"\x1c" + rights + lb(b"wrap"),
        "books": b"\x1d" + number + b"\x00\x20",
        "entry": b"\x1e" + number + lb(b"entry") + bytes(32) + lb(b""),
        "recheck": b"\x1f" + one + two + three + bytes(48)
                   + lv(b"certificate") + rights,
        "order": b"\x20" + lb(b"act") + lb(b"") + rights + lb(b"wrap"),
        "order-told": b"\x21" + one + two + three + bytes(32) + b"\x00\x01"
                      + lb(bytes(38)) + b"\x01\x08" + lb(b"wrap") + b"\x00\x00"
                      + bytes(64),
        "wrap": b"\x22\x08" + lb(b"wrap"),
        "rechecked": b"\x23\x01" + bytes(48),
    }
    for name, seed in seeds.items():
        write(directory, name, seed)


def main():
    vectors, seeds = sys.argv[1:3]
    for family, target in (("authentic5", "apdu"), ("authentic3", "apdu3"),
                           ("iasecc-oberthur", "apdu_ias")):
        for path in sorted(glob.glob(os.path.join(
                vectors, family, family + "-t?-*.txt"))):
            name = os.path.basename(path)[len(family) + 1:-len(".txt")]
            write(os.path.join(seeds, target), name, conversation(path))
    cardfile = os.path.join(seeds, "cardfile")
    write(cardfile, "deleted", b"r" + deleted("card/0/x/00000005/0000"))
    write(cardfile, "tries", b"r" + record("card/0/t/00000002", b"\x01\x01"))
    access = b"\x00\x08" + bytes(8)
    write(cardfile, "added", b"r"
          + record("card/0/f/0000f001",
                   bytes.fromhex("00000002" "1234" "01" "0004") + access)
          + record("card/0/x/0000f001/0000", b"\x00abcd")
          + record("card/0/x/0000f001/0001", b"\x00\x00\x02ef"))
    write(cardfile, "sealed", b"r" + record(
        "card/0/x/00000005/0000",
        b"\x01\x01" + bytes(96) + b"\x00\x24" + bytes(64)))
    write(cardfile, "no-card", b"s" + record("card", b"\x01\x01"))
    write(cardfile, "authentic3", b"t" + record("card/0/t/00000002",
                                                b"\x01\x00"))
    write(cardfile, "iasecc", b"u"
          + record("card/0/f/0000f001",
                   bytes.fromhex("00000007" "5016" "38" "0000" "0002" "0200"
                                 "00" "00" "00" "0005" "a000000003"))
          + record("card/0/f/0000f002",
                   bytes.fromhex("00000007" "9003" "14" "0200" "0006"
                                 "711212121200" "00" "b6" "01" "0000")))
    remote(os.path.join(seeds, "remote"))
    chain(os.path.join(seeds, "chain"))
    drafts(os.path.join(seeds, "chain"))
    vault(os.path.join(seeds, "vault"))
    door(os.path.join(seeds, "door"))
    roles(os.path.join(seeds, "roles"))
    if len(sys.argv) > 3:
        with open(sys.argv[3], "rb") as f:
            write(cardfile, "whole", b"f" + f.read())


main()
