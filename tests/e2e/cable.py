# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
"""A cable: what connects here is connected there, byte by byte.

cable.py PORT THERE-PORT: on this machine, until it is ended; it then drops
all at once, as a cable that is pulled out.
"""
import socket
import sys
import threading


def carry(source, sink):
    """One direction, until either end is gone."""
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def main():
    """Takes connections."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", int(sys.argv[1])))
    listener.listen(64)
    while True:
        near, _ = listener.accept()
        try:
            far = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
        except OSError:
            near.close()
            continue
        for pair in ((near, far), (far, near)):
            threading.Thread(target=carry, args=pair, daemon=True).start()


main()
