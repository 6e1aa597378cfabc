#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
"""winscard-share.py READER HEX...: sends these in a transaction, many times.

Whatever other programs do to the card, the answers must stay the same. Prints
the last one.
"""
import sys

from smartcard import scard as sc

TIMES = 1000


def ok(answer):
    code, *rest = answer if isinstance(answer, list) else [answer]
    if code != sc.SCARD_S_SUCCESS:
        sys.exit(sc.SCardGetErrorMessage(code))
    return rest


context, = ok(sc.SCardEstablishContext(sc.SCARD_SCOPE_SYSTEM))
card, protocol = ok(sc.SCardConnect(
    context, sys.argv[1], sc.SCARD_SHARE_SHARED,
    sc.SCARD_PROTOCOL_T0 | sc.SCARD_PROTOCOL_T1))
pci = sc.SCARD_PCI_T1 if protocol == sc.SCARD_PROTOCOL_T1 else sc.SCARD_PCI_T0
seen = set()
for _ in range(TIMES):
    ok(sc.SCardBeginTransaction(card))
    answers = [bytes(ok(sc.SCardTransmit(card, pci, list(
        bytes.fromhex(apdu))))[0]).hex() for apdu in sys.argv[2:]]
    ok(sc.SCardEndTransaction(card, sc.SCARD_LEAVE_CARD))
    seen.add(" ".join(answers))
if len(seen) != 1:
    sys.exit("the card answered in %d ways" % len(seen))
print(seen.pop().upper())
