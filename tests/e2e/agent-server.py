#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
"""A small server that gives sessions to those who sign its challenge.

usage: agent-server.py CA-FILE PORT-FILE

Listens on a port of the loopback interface, which it writes to the file.

  GET    /challenge   32 random bytes, good for one answer
  POST   /session     a CMS: SignedData over a challenge, with the signer's
                      certificate; answered with session and user
  GET    /session/ID  the user, as long as the session is there
  DELETE /session/ID

What is refused is answered with 403 and a line that says why. The signature
and the certificate are verified by openssl; the user is the third RDN of the
certificate's subject.
"""
import os
import secrets
import subprocess
import sys
import tempfile
from http.server import BaseHTTPRequestHandler, HTTPServer

from cryptography import x509
from cryptography.x509.oid import NameOID

CHALLENGE_SIZE = 32


class Refused(Exception):
    pass


class Desk:
    """What was handed out, and to whom."""

    def __init__(self, ca):
        self.ca = ca
        self.open = set()
        self.used = set()
        self.sessions = {}

    def challenge(self):
        value = secrets.token_bytes(CHALLENGE_SIZE)
        self.open.add(value)
        return value

    def enter(self, cms):
        content, signer = self.verified(cms)
        user = user_of(signer)
        if content in self.used:
            raise Refused("challenge was answered before")
        if content not in self.open:
            raise Refused("not a challenge of ours")
        self.open.remove(content)
        self.used.add(content)
        session = secrets.token_hex(8)
        self.sessions[session] = user
        return session

    def verified(self, cms):
        """The content and the signer's certificate."""
        with tempfile.TemporaryDirectory() as folder:
            content = os.path.join(folder, "content")
            signer = os.path.join(folder, "signer")
            done = subprocess.run(
                ["openssl", "cms", "-verify", "-binary", "-inform", "DER",
                 "-CAfile", self.ca, "-purpose", "any", "-signer", signer,
                 "-out", content],
                input=cms, capture_output=True, check=False)
            if done.returncode != 0:
                raise Refused(reason(done.stderr.decode()))
            with open(content, "rb") as file, open(signer, "rb") as pem:
                return file.read(), x509.load_pem_x509_certificate(pem.read())


def reason(errors):
    """The first of openssl's errors that names a cause."""
    for line in errors.splitlines():
        if ":error:" in line:
            parts = line.split(":")
            return ":".join(parts[5:6] + parts[8:]).strip(": ") or line
    return "openssl does not verify it"


def user_of(certificate):
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    if not usage.value.digital_signature:
        raise Refused("certificate is not for authentication")
    rdns = certificate.subject.rdns
    if len(rdns) != 3 or [a.oid for a in rdns[2]] != [NameOID.COMMON_NAME]:
        raise Refused("subject is not that of a user")
    return next(iter(rdns[2])).value


class Handler(BaseHTTPRequestHandler):
    desk = None

    def answer(self, status, body=b""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def session(self):
        return self.path.removeprefix("/session/")

    def do_GET(self):
        if self.path == "/challenge":
            self.answer(200, self.desk.challenge())
        elif self.session() in self.desk.sessions:
            self.answer(200, self.desk.sessions[self.session()].encode())
        else:
            self.answer(404)

    def do_POST(self):
        cms = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            session = self.desk.enter(cms)
        except Refused as refused:
            self.answer(403, f"{refused}\n".encode())
        else:
            user = self.desk.sessions[session]
            self.answer(201, f"{session} {user}\n".encode())

    def do_DELETE(self):
        known = self.desk.sessions.pop(self.session(), None) is not None
        self.answer(204 if known else 404)


def main(ca, port_file):
    Handler.desk = Desk(ca)
    server = HTTPServer(("127.0.0.1", 0), Handler)
    with open(port_file + ".new", "w", encoding="ascii") as file:
        file.write(str(server.server_port))
    os.rename(port_file + ".new", port_file)
    server.serve_forever()


if len(sys.argv) != 3:
    sys.exit(__doc__)
main(*sys.argv[1:])
