#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
"""Signs a file with a card's first key: raw APDUs through pyscard.

usage: pyscard-sign.py READER PIN FILE SIGNATURE
"""
import hashlib
import sys

from smartcard.System import readers

SHA256 = bytes.fromhex("3031300D060960864801650304020105000420")


def send(connection, name, header, data=b"", le=None):
    apdu = list(bytes.fromhex(header))
    if data:
        apdu += [len(data)] + list(data)
    if le is not None and not (data and connection.t0):
        apdu.append(le)
    answer, sw1, sw2 = connection.transmit(apdu)
    if connection.t0 and sw1 == 0x61:
        answer, sw1, sw2 = connection.transmit([0, 0xC0, 0, 0, sw2])
    if (sw1, sw2) != (0x90, 0x00):
        sys.exit("%s: %02X%02X" % (name, sw1, sw2))
    return bytes(answer)


def main(reader, pin, message, signature):
    connection = next(r for r in readers() if str(r) == reader) \
        .createConnection()
    connection.connect()
    connection.t0 = connection.getProtocol() == connection.T0_protocol
    pin = pin.encode().ljust(64, b"\xff")
    with open(message, "rb") as file:
        digest = hashlib.sha256(file.read()).digest()
    send(connection, "SELECT", "00A4040C",
         bytes.fromhex("A000000077010303000000F100000002"))
    send(connection, "SELECT 5011", "00A4000C", b"\x50\x11")
    send(connection, "VERIFY", "00200081", pin)
    send(connection, "SELECT 9002", "00A4000C", b"\x90\x02")
    send(connection, "SELECT 3001", "00A4000C", b"\x30\x01")
    send(connection, "MSE", "002241B6", b"\x80\x01\x11")
    answer = send(connection, "PSO", "002A9E9A", SHA256 + digest, 0)
    with open(signature, "wb") as file:
        file.write(answer)
    connection.disconnect()


if len(sys.argv) != 5:
    sys.exit(__doc__)
main(*sys.argv[1:])
