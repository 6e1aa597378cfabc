#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
"""winscard-monitor.py READER HEX: an exclusive connection, a CardMonitor.

A pyscard program. It sends the command, then says what happens in the reader,
and ends when the card has been taken out and put back.
"""
import sys
import threading

from smartcard.CardMonitoring import CardMonitor, CardObserver
from smartcard.Exceptions import CardConnectionException
from smartcard.ExclusiveConnectCardConnection import \
    ExclusiveConnectCardConnection
from smartcard.System import readers

READER, COMMAND = sys.argv[1], list(bytes.fromhex(sys.argv[2]))
seen_twice = threading.Event()


class Observer(CardObserver):
    """Prints what comes and goes there."""
    times = 0

    def update(self, observable, actions):
        added, removed = actions
        for _ in (card for card in removed if card.reader == READER):
            print("removed", flush=True)
        for _ in (card for card in added if card.reader == READER):
            print("added", flush=True)
            self.times += 1
            if self.times == 2:
                seen_twice.set()


def exclusive():
    reader = next(r for r in readers() if r.name == READER)
    mine = ExclusiveConnectCardConnection(reader.createConnection())
    mine.connect()
    print("%02X%02X" % mine.transmit(COMMAND)[1:], flush=True)
    try:
        reader.createConnection().connect()
        print("two at once")
    except CardConnectionException:
        print("alone", flush=True)
    mine.disconnect()


exclusive()
monitor, observer = CardMonitor(), Observer()
monitor.addObserver(observer)
ok = seen_twice.wait(20)
monitor.deleteObserver(observer)
sys.exit(0 if ok else 1)
