#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# A PKCS#11 application that stays: one session of one process, told on
# standard input what to do, a line each:
#
#   login PASSCODE | logout | sign HEX
#
# and answers each with the return value in hexadecimal, `sign` with the
# signature behind it.
#
# usage: pkcs11-session.py MODULE
import ctypes
import sys

CK = ctypes.c_ulong
CKF_SERIAL_SESSION = 4
CKU_USER = 1
CKA_CLASS = 0
CKO_PRIVATE_KEY = 3
CKM_RSA_PKCS = 1


class Attribute(ctypes.Structure):
    _fields_ = [("type", CK), ("value", ctypes.c_void_p), ("length", CK)]


class Mechanism(ctypes.Structure):
    _fields_ = [("type", CK), ("parameter", ctypes.c_void_p), ("length", CK)]


class Session:
    def __init__(self, path):
        self.module = ctypes.CDLL(path)
        self.handle = CK()
        slots = (CK * 16)()
        count = CK(16)
        self.must("C_Initialize", None)
        self.must("C_GetSlotList", 1, slots, ctypes.byref(count))
        self.must("C_OpenSession", slots[0], CK(CKF_SERIAL_SESSION), None,
                  None, ctypes.byref(self.handle))

    def call(self, name, *args):
        function = getattr(self.module, name)
        function.restype = CK
        return function(*args)

    def must(self, name, *args):
        rv = self.call(name, *args)
        if rv != 0:
            sys.exit(f"{name}: {rv:#x}")

    def login(self, passcode):
        return self.call("C_Login", self.handle, CK(CKU_USER),
                         passcode.encode(), CK(len(passcode))), b""

    def logout(self):
        return self.call("C_Logout", self.handle), b""

    def private_key(self):
        kind = CK(CKO_PRIVATE_KEY)
        wanted = Attribute(
            CKA_CLASS, ctypes.cast(ctypes.byref(kind), ctypes.c_void_p),
            ctypes.sizeof(kind))
        key = CK()
        count = CK()
        self.must("C_FindObjectsInit", self.handle, ctypes.byref(wanted),
                  CK(1))
        self.must("C_FindObjects", self.handle, ctypes.byref(key), CK(1),
                  ctypes.byref(count))
        self.must("C_FindObjectsFinal", self.handle)
        return key

    def sign(self, text):
        data = bytes.fromhex(text)
        out = ctypes.create_string_buffer(512)
        length = CK(len(out))
        mechanism = Mechanism(CKM_RSA_PKCS, None, 0)
        rv = self.call("C_SignInit", self.handle, ctypes.byref(mechanism),
                       self.private_key())
        if rv == 0:
            rv = self.call("C_Sign", self.handle, data, CK(len(data)), out,
                           ctypes.byref(length))
        return rv, out.raw[:length.value] if rv == 0 else b""


def main():
    session = Session(sys.argv[1])
    print("ready", flush=True)
    for line in sys.stdin:
        word, *rest = line.split()
        rv, data = getattr(session, word)(*rest)
        print(f"{rv:#x} {data.hex().upper()}".rstrip(), flush=True)


main()
