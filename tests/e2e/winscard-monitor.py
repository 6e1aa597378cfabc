#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
"""A pyscard program: what a CardMonitor sees, and an exclusive connection.

Ends when the card has been taken out and put back.
"""
import sys
import threading

from smartcard.CardMonitoring import CardMonitor, CardObserver
from smartcard.Exceptions import CardConnectionException
from smartcard.ExclusiveConnectCardConnection import \
    ExclusiveConnectCardConnection
from smartcard.System import readers

SELECT = [0x00, 0xA4, 0x04, 0x0C]
seen_twice = threading.Event()


class Observer(CardObserver):
    """Prints what comes and goes."""
    times = 0

    def update(self, observable, actions):
        added, removed = actions
        for _ in removed:
            print("removed", flush=True)
        for _ in added:
            print("added", flush=True)
            self.times += 1
            if self.times == 2:
                seen_twice.set()


def exclusive():
    mine = ExclusiveConnectCardConnection(readers()[0].createConnection())
    mine.connect()
    print("%02X%02X" % mine.transmit(SELECT)[1:], flush=True)
    try:
        readers()[0].createConnection().connect()
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
