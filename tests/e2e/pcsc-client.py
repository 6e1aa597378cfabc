#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
"""A PC/SC client for the end-to-end tests, over pyscard.

list                                 names of all readers, one a line
state READER                         "present ATR", "mute" or "absent"
wait READER present|absent SECONDS   waits; prints the milliseconds it took
wait-all N present|absent SECONDS    the same for N readers of ours
events READER                        says "MILLISECONDS present|absent" at each change
                                     of it, by the time of day, until it is killed
connected READER                     connects; prints when, likewise
idle SECONDS                         waits for a change of any reader
apdu READER HEX...                   connects, sends each, prints answers
timed READER HEX...                  the same; prints "RESULT MILLISECONDS"
session READER HEX...                sends one APDU for each line of standard
                                     input ("HEX" or "reconnect")
stay READER HEX                      sends it again and again, connects anew
                                     where it must, until standard input ends;
                                     prints how often it was answered, how
                                     often it failed, the longest time in
                                     milliseconds without an answer
attributes READER                    name and value of each, hexadecimal
features READER                      code and value of each
control READER CODE                  what SCardControl says
"""
import select
import sys
import time

from smartcard import scard as sc

NAMES = {
    "VENDOR_NAME": sc.SCARD_ATTR_VENDOR_NAME,
    "VENDOR_IFD_VERSION": sc.SCARD_ATTR_VENDOR_IFD_VERSION,
    "VENDOR_IFD_SERIAL_NO": sc.SCARD_ATTR_VENDOR_IFD_SERIAL_NO,
    "CHANNEL_ID": sc.SCARD_ATTR_CHANNEL_ID,
    "ASYNC_PROTOCOL_TYPES": sc.SCARD_ATTR_ASYNC_PROTOCOL_TYPES,
    "CURRENT_PROTOCOL_TYPE": sc.SCARD_ATTR_CURRENT_PROTOCOL_TYPE,
    "ICC_PRESENCE": sc.SCARD_ATTR_ICC_PRESENCE,
    "ICC_INTERFACE_STATUS": sc.SCARD_ATTR_ICC_INTERFACE_STATUS,
    "ATR_STRING": sc.SCARD_ATTR_ATR_STRING,
    "MAXINPUT": sc.SCARD_ATTR_MAXINPUT,
    "DEVICE_UNIT": sc.SCARD_ATTR_DEVICE_UNIT,
    "DEVICE_FRIENDLY_NAME": sc.SCARD_ATTR_DEVICE_FRIENDLY_NAME,
    "DEFAULT_CLK": sc.SCARD_ATTR_DEFAULT_CLK,
}
FEATURE_REQUEST = 0x42000000 + 3400
BOTH = sc.SCARD_PROTOCOL_T0 | sc.SCARD_PROTOCOL_T1


class Failure(Exception):
    """A PC/SC call that said no."""


def check(code, *rest):
    if code != sc.SCARD_S_SUCCESS:
        raise Failure("%s (0x%08X)" % (
            sc.SCardGetErrorMessage(code), code & 0xFFFFFFFF))
    return rest[0] if len(rest) == 1 else rest


def context():
    return check(*sc.SCardEstablishContext(sc.SCARD_SCOPE_SYSTEM))


def readers(ctx):
    code, names = sc.SCardListReaders(ctx, [])
    if code == sc.SCARD_E_NO_READERS_AVAILABLE:
        return []
    return check(code, names)


def states(ctx, known, timeout):
    """Their states once they differ from the known ones; {} for no change."""
    code, new = sc.SCardGetStatusChange(ctx, timeout, list(known.items()))
    if code == sc.SCARD_E_TIMEOUT:
        return {}
    check(code)
    return {name: (state, bytes(atr)) for name, state, atr in new}


def unaware(names):
    return dict.fromkeys(names, sc.SCARD_STATE_UNAWARE)


def wait(ctx, names, number, wanted, seconds):
    """Until `number` of them are in the wanted state."""
    start = time.monotonic()
    known = unaware(names)
    while True:
        left = seconds - (time.monotonic() - start)
        if left < 0:
            raise Failure("not %s in time" % wanted)
        new = states(ctx, known, int(left * 1000) + 1)
        known.update((name, state & ~sc.SCARD_STATE_CHANGED)
                     for name, (state, _) in new.items())
        present = sum(1 for state in known.values()
                      if state & sc.SCARD_STATE_PRESENT
                      and not state & sc.SCARD_STATE_MUTE)
        if number == (present if wanted == "present"
                      else len(names) - present):
            return int((time.monotonic() - start) * 1000)


def connect(ctx, reader, mode=sc.SCARD_SHARE_SHARED, protocols=BOTH):
    return check(*sc.SCardConnect(ctx, reader, mode, protocols))


def transmit(card, protocol, text):
    pci = sc.SCARD_PCI_T0 if protocol == sc.SCARD_PROTOCOL_T0 \
        else sc.SCARD_PCI_T1
    answer = check(*sc.SCardTransmit(card, pci, list(bytes.fromhex(text))))
    return bytes(v & 0xFF for v in answer).hex().upper()


def reconnect(card):
    return check(*sc.SCardReconnect(card, sc.SCARD_SHARE_SHARED, BOTH,
                                    sc.SCARD_LEAVE_CARD))


def cmd_list(ctx):
    print("\n".join(sorted(readers(ctx))))


def cmd_state(ctx, reader):
    state, atr = states(ctx, unaware([reader]), 0)[reader]
    if not state & sc.SCARD_STATE_PRESENT:
        print("absent")
    elif state & sc.SCARD_STATE_MUTE:
        print("mute")
    else:
        print("present", atr.hex().upper())


def cmd_wait(ctx, reader, wanted, seconds):
    print(wait(ctx, [reader], 1, wanted, float(seconds)))


def cmd_wait_all(ctx, number, wanted, seconds):
    ours = [r for r in readers(ctx) if r.startswith("cardbridge ")]
    print(wait(ctx, ours, int(number), wanted, float(seconds)))


def now():
    return int(time.time() * 1000)


def cmd_events(ctx, reader):
    known = unaware([reader])
    last = None
    while True:
        state = states(ctx, known, 3600000).get(reader, (0, b""))[0]
        known = {reader: state & ~sc.SCARD_STATE_CHANGED}
        is_there = bool(state & sc.SCARD_STATE_PRESENT)
        if is_there != last:
            print(now(), "present" if is_there else "absent", flush=True)
        last = is_there


def cmd_connected(ctx, reader):
    card, _ = connect(ctx, reader)
    print(now())
    check(sc.SCardDisconnect(card, sc.SCARD_LEAVE_CARD))


def cmd_idle(ctx, seconds):
    known = unaware(readers(ctx))
    known = {name: state & ~sc.SCARD_STATE_CHANGED
             for name, (state, _) in states(ctx, known, 0).items()}
    # pcsc-lite 1.9 takes sixteen entries, and knows sixteen readers
    if len(known) < 16:
        known["\\\\?PnP?\\Notification"] = sc.SCARD_STATE_UNAWARE
    print("waiting", flush=True)
    print(states(ctx, known, int(float(seconds) * 1000)))


def cmd_apdu(ctx, reader, *apdus):
    card, protocol = connect(ctx, reader)
    for text in apdus:
        print(transmit(card, protocol, text))
    check(sc.SCardDisconnect(card, sc.SCARD_LEAVE_CARD))


def cmd_timed(ctx, reader, *apdus):
    for text in apdus:
        start = time.monotonic()
        try:
            card, protocol = connect(ctx, reader)
            result = transmit(card, protocol, text)
            check(sc.SCardDisconnect(card, sc.SCARD_LEAVE_CARD))
        except Failure as why:
            result = str(why).split(" ", 1)[0]
        print(result, int((time.monotonic() - start) * 1000))


def cmd_session(ctx, reader):
    card, protocol = connect(ctx, reader)
    print("connected", flush=True)
    for line in sys.stdin:
        start = time.monotonic()
        try:
            if line.strip() == "reconnect":
                protocol = reconnect(card)
                result = "reconnected"
            else:
                result = transmit(card, protocol, line.strip())
        except Failure as why:
            result = "failed: %s" % why
        print(int((time.monotonic() - start) * 1000), result, flush=True)


def cmd_stay(ctx, reader, apdu):
    card = None
    answered = failed = longest = 0
    last = time.monotonic()
    while not select.select([sys.stdin], [], [], 0.02)[0]:
        try:
            if card is None:
                card, protocol = connect(ctx, reader)
            transmit(card, protocol, apdu)
            answered += 1
            longest = max(longest, time.monotonic() - last)
            last = time.monotonic()
        except Failure:
            failed += 1
            if card is not None:
                sc.SCardDisconnect(card, sc.SCARD_LEAVE_CARD)
            card = None
    longest = max(longest, time.monotonic() - last)
    print(answered, failed, int(longest * 1000))


def cmd_attributes(ctx, reader):
    card, _ = connect(ctx, reader)
    for name, number in NAMES.items():
        code, value = sc.SCardGetAttrib(card, number)
        if code == sc.SCARD_S_SUCCESS:
            value = bytes(v & 0xFF for v in value).hex().upper()
            print(name, value)
        else:
            print(name, "refused 0x%08X" % (code & 0xFFFFFFFF))


def direct(ctx, reader):
    return connect(ctx, reader, sc.SCARD_SHARE_DIRECT, 0)[0]


def control(card, code):
    return bytes(v & 0xFF for v in check(*sc.SCardControl(card, code, [])))


def cmd_features(ctx, reader):
    card = direct(ctx, reader)
    rest = control(card, FEATURE_REQUEST)
    while rest:
        code = int.from_bytes(rest[2:6], "big")
        print("%02X" % rest[0], control(card, code).hex().upper())
        rest = rest[6:]


def cmd_control(ctx, reader, code):
    print(control(direct(ctx, reader), int(code, 0)).hex().upper())


def main(args):
    if not args or "cmd_" + args[0].replace("-", "_") not in globals():
        sys.exit(__doc__)
    run = globals()["cmd_" + args[0].replace("-", "_")]
    ctx = None
    try:
        ctx = context()
        run(ctx, *args[1:])
    except Failure as why:
        sys.exit("%s: %s" % (args[0], why))
    finally:
        if ctx is not None:
            sc.SCardReleaseContext(ctx)


if __name__ == "__main__":
    main(sys.argv[1:])
