#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
"""A program that does unusual things while its PC/SC calls are traced.

run-trace-calls.py WHAT: exits with 0 where the calls are as without a trace.
"""
import ctypes
import errno
import os
import resource
import signal
import sys

PIN = b"24681357"
lib = ctypes.CDLL("libpcsclite.so.1", use_errno=True)
LONG = ctypes.c_long


def establish():
    context = LONG()
    rv = lib.SCardEstablishContext(2, None, None, ctypes.byref(context))
    assert rv & 0xFFFFFFFF == 0, hex(rv)
    return context


def connect(context, name=b"cardbridge card1 00 00"):
    card, active = LONG(), LONG()
    rv = lib.SCardConnect(context, name, 2, 3, ctypes.byref(card),
                          ctypes.byref(active))
    return rv & 0xFFFFFFFF, card


def streams():
    """Closed standard streams stay free for the program."""
    context = establish()
    for fd in (0, 1, 2):
        os.close(fd)
    assert lib.SCardIsValidContext(context) == 0
    assert [os.open("/dev/null", os.O_RDWR) for _ in range(3)] == [0, 1, 2]


def fork():
    """Child and parent write lines of their own."""
    establish()
    child = os.fork()
    establish()
    if child == 0:
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


def limit():
    """A file that may not grow ends nobody, and no signal is left over."""
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, 1))
    establish()
    assert not signal.sigpending()
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, [])


def gone():
    """Neither does one that is gone, or in whose place another stands."""
    trace = os.environ["CARDBRIDGE_TRACE"]
    os.rename(trace, trace + ".away")
    ctypes.set_errno(errno.EXDEV)
    establish()
    assert ctypes.get_errno() == errno.EXDEV
    os.symlink(trace + ".other", trace)
    with open(trace + ".other", "w", encoding="ascii"):
        pass
    establish()
    os.unlink(trace)
    os.link(trace + ".other", trace)
    establish()
    os.unlink(trace)
    os.mkfifo(trace)
    establish()
    assert os.path.getsize(trace + ".other") == 0
    os.unlink(trace)


def names():
    """What is not printable is not in the trace."""
    lib.prctl(15, b"a\nb\x1b[2J")
    connect(establish(), b"no\nsuch \x1b]0;reader\x07")


def pad():
    """What goes to a reader with a PIN pad is not in the trace."""
    _, card = connect(establish())
    out, n = ctypes.create_string_buffer(64), LONG()
    lib.SCardControl(card, 0x42000D48, PIN, len(PIN), out, 64,
                     ctypes.byref(n))
    lib.SCardSetAttrib(card, 1, PIN, len(PIN))


def nonsense():
    """What a call does not look at, its line does not either."""
    bad = ctypes.c_void_p(1)
    lib.SCardConnect(establish(), bad, 2, 3, None, None)
    lib.SCardGetStatusChange(LONG(1), 0, bad, 0)
    lib.SCardGetStatusChange(LONG(1), 0, None, 1)
    lib.SCardTransmit(LONG(1), None, bad, 5, None, bad, bad)
    lib.SCardStatus(LONG(1), bad, None, bad, bad, bad, None)
    lib.SCardListReaders(LONG(1), bad, bad, None)
    lib.SCardControl(LONG(1), 1, bad, 7, bad, 7, None)


{f.__name__: f for f in (streams, fork, limit, gone, names, pad, nonsense)}[
    sys.argv[1]]()
