# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
"""A bridge whose card has a backend that fails: what PROTOCOL.md has for one
connection of `cardbridge apdu`. SOCKET POWER TRANSMIT: what the two are
answered: "fail", "fail-silently" (ERROR 10, with words or without), "end" (the
bridge itself goes), or "ok". SOCKET "empty" or "present": what a reader that is
added is, with trouble."""
import socket
import struct
import sys

path, *kinds = sys.argv[1:]
HELLO, ATTACH, POWER, PROTOCOL, TRANSMIT, READER_ADD = 1, 16, 18, 20, 21, 32
WELCOME, ERROR, DONE, ATTACHED, POWERED, ANSWER, READER_INFO = \
    2, 3, 5, 17, 19, 22, 37


def text(words):
    return struct.pack(">H", len(words)) + words.encode()


def whole(there, n):
    data = b""
    while len(data) < n:
        more = there.recv(n - len(data))
        if not more:
            sys.exit(0)
        data += more
    return data


def outcome(kind, type_, body):
    if kind == "end":
        sys.exit(0)
    if kind == "ok":
        return type_, body
    words = "the backend fell ill" if kind == "fail" else ""
    return ERROR, struct.pack(">H", 10) + text(words)


listener = socket.socket(socket.AF_UNIX)
listener.bind(path)
listener.listen()
there, _ = listener.accept()
while True:
    n, asked, seq = struct.unpack(">IHH", whole(there, 8))
    whole(there, n)
    told, body = {
        HELLO: (WELCOME, struct.pack(">IHII", 0x43427264, 1, 5000, 60000) +
                text("test")),
        ATTACH: (ATTACHED, struct.pack(">BBIIQ", 3, 2, 1, 256, 1)),
        PROTOCOL: (DONE, b""),
        READER_ADD: (READER_INFO, struct.pack(">IBB", 1, 255,
                     6 if kinds[0] == "present" else 0) + text("far") +
                     text("emu:/far") + text("") + text("it ends soon") +
                     struct.pack(">H", 0)),
    }.get(asked) or (
        outcome(kinds[0], POWERED, bytes.fromhex("3B800181"))
        if asked == POWER else outcome(kinds[1], ANSWER, b"\x90\x00"))
    there.sendall(struct.pack(">IHH", len(body), told, seq) + body)
