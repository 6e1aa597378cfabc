#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
"""An identity agent: logs its user in at agent-server.py by the card.

usage: agent.py [OPTION]... MODULE COMMAND

  sign CHALLENGE-FILE CMS-FILE   the answer to a challenge
  login URL                      gets a session and leaves it to the user
  watch URL                      gets a session whenever a card is put in, and
                                 ends it when the card is taken out, exchanged,
                                 or carries another certificate
  certificate ID                 prints the fingerprint of a certificate

  --mechanism sha1|sha256|raw    CKM_SHA1_RSA_PKCS (as older agents do),
                                 CKM_SHA256_RSA_PKCS, or CKM_RSA_PKCS over a
                                 DigestInfo of SHA-256 that is made here
  --passcode-file FILE           read at each log-in, as if it were asked for

It knows nothing of the card but PKCS #11: the authentication key is the one
whose CKA_DECRYPT is true, its certificate and its public key are those with
the same CKA_ID, and the user is the third RDN of the certificate's CKA_SUBJECT.
`watch` says on standard output what happened, a line each.
"""
import argparse
import hashlib
import subprocess
import sys
import time
import urllib.request

import PyKCS11
from asn1crypto import algos, cms, core, x509
from PyKCS11 import (
    CKA_CLASS, CKA_DECRYPT, CKA_ID, CKA_MODULUS, CKA_SUBJECT, CKA_VALUE,
    CKF_DONT_BLOCK, CKM_RSA_PKCS, CKM_SHA1_RSA_PKCS, CKM_SHA256_RSA_PKCS,
    CKO_CERTIFICATE, CKO_PRIVATE_KEY, CKO_PUBLIC_KEY, CKR_BUFFER_TOO_SMALL,
    CKR_NO_EVENT)

# mechanism and digest
MECHANISMS = {
    "sha1": (CKM_SHA1_RSA_PKCS, "sha1"),
    "sha256": (CKM_SHA256_RSA_PKCS, "sha256"),
    "raw": (CKM_RSA_PKCS, "sha256"),
}
EVENT_INTERVAL = 0.1    # seconds between looks at the reader,
COMPARE_INTERVAL = 1    # and at the certificate


class Trouble(Exception):
    """What a user would be told."""


def slots_with_cards(library):
    """A card may come between the question how many there are and the list,
    which then has no room for it (PKCS #11 v2.40, 5.5, C_GetSlotList)."""
    while True:
        try:
            return library.getSlotList(tokenPresent=True)
        except PyKCS11.PyKCS11Error as error:
            if error.value != CKR_BUFFER_TOO_SMALL:
                raise


class Card:
    """The card in the first reader that has one."""

    def __init__(self, library):
        slots = slots_with_cards(library)
        if not slots:
            raise Trouble("no card")
        self.session = library.openSession(slots[0])
        self.identifier = None
        self.certificate = None

    def value(self, handle, attribute):
        return self.session.getAttributeValue(handle, [attribute])[0]

    def only(self, kind, identifier):
        found = self.session.findObjects(
            [(CKA_CLASS, kind), (CKA_ID, identifier)])
        if len(found) != 1:
            raise Trouble(f"{len(found)} objects of class {kind} for the key")
        return found[0]

    def authentication_key(self):
        found = [k for k in self.session.findObjects(
            [(CKA_CLASS, CKO_PRIVATE_KEY)]) if self.value(k, CKA_DECRYPT)]
        if len(found) != 1:
            raise Trouble(f"{len(found)} keys that decipher")
        return found[0]

    def log_in(self, passcode):
        """Returns the key; its certificate is known from then on."""
        self.session.login(passcode)
        key = self.authentication_key()
        identifier = self.value(key, CKA_ID)
        found = self.only(CKO_CERTIFICATE, identifier)
        certificate = x509.Certificate.load(
            bytes(self.value(found, CKA_VALUE)), strict=True)
        if bytes(self.value(found, CKA_SUBJECT)) != certificate.subject.dump():
            raise Trouble("CKA_SUBJECT is not that of the certificate")
        public = self.only(CKO_PUBLIC_KEY, identifier)
        modulus = certificate.public_key["public_key"].parsed["modulus"].native
        if int.from_bytes(bytes(self.value(public, CKA_MODULUS)),
                          "big") != modulus:
            raise Trouble("public key and certificate are not of one kind")
        self.identifier = bytes(identifier)
        self.certificate = certificate
        return key

    def user(self):
        rdns = self.certificate.subject.chosen
        if len(rdns) != 3 or len(rdns[2]) != 1:
            raise Trouble("subject is not that of a user")
        return rdns[2][0]["value"].native

    def sign(self, key, text, how):
        mechanism, digest = MECHANISMS[how]
        if mechanism == CKM_RSA_PKCS:
            text = algos.DigestInfo({
                "digest_algorithm": {"algorithm": digest,
                                     "parameters": core.Null()},
                "digest": hashlib.new(digest, text).digest()}).dump()
        return bytes(self.session.sign(
            key, text, PyKCS11.Mechanism(mechanism, None)))


def signed_data(challenge, certificate, digest, signature):
    """The CMS: no attributes are signed, only the challenge itself."""
    algorithm = {"algorithm": digest, "parameters": core.Null()}
    return cms.ContentInfo({
        "content_type": "signed_data",
        "content": cms.SignedData({
            "version": "v1",
            "digest_algorithms": [algorithm],
            "encap_content_info": {"content_type": "data",
                                   "content": challenge},
            "certificates": [certificate],
            "signer_infos": [{
                "version": "v1",
                "sid": cms.SignerIdentifier({
                    "issuer_and_serial_number": {
                        "issuer": certificate.issuer,
                        "serial_number": certificate.serial_number}}),
                "digest_algorithm": algorithm,
                "signature_algorithm": {"algorithm": "rsassa_pkcs1v15",
                                        "parameters": core.Null()},
                "signature": signature}]})}).dump()


def request(method, url, body=None):
    with urllib.request.urlopen(urllib.request.Request(
            url, data=body, method=method), timeout=20) as answer:
        return answer.read()


class Agent:
    def __init__(self, options):
        self.options = options
        self.library = None
        self.forget_card()

    def log_in(self):
        with open(self.options.passcode_file, encoding="ascii") as file:
            passcode = file.read().strip()
        self.card = Card(self.library)
        return self.card.log_in(passcode)

    def answer(self, challenge):
        key = self.log_in()
        how = self.options.mechanism
        return signed_data(challenge, self.card.certificate,
                           MECHANISMS[how][1],
                           self.card.sign(key, challenge, how))

    def sign(self, challenge_file, cms_file):
        with open(challenge_file, "rb") as file:
            answer = self.answer(file.read())
        with open(cms_file, "wb") as file:
            file.write(answer)

    def certificate(self, identifier):
        card = Card(self.library)
        found = card.only(CKO_CERTIFICATE, bytes.fromhex(identifier))
        print(hashlib.sha256(bytes(card.value(found, CKA_VALUE))).hexdigest())

    def login(self, url):
        challenge = request("GET", f"{url}/challenge")
        session, user = request(
            "POST", f"{url}/session", self.answer(challenge)).decode().split()
        if user != self.card.user():
            raise Trouble(f"the server takes {self.card.user()} for {user}")
        say("session", session, user)
        return session

    # ---- watching -----------------------------------------------------------

    def watch(self, url):
        while True:
            self.wait_for_card()
            try:
                session = self.login(url)
            except PyKCS11.PyKCS11Error as error:
                # it may be the passcode: not again with the same card
                say("failed", error)
                self.wait_for_event()
            except (Trouble, OSError) as trouble:
                say("failed", trouble)
                time.sleep(COMPARE_INTERVAL)
            else:
                why = self.guard()
                request("DELETE", f"{url}/session/{session}")
                say("ended", session, why)
            self.forget_card()

    def guard(self):
        """Returns why the session is over."""
        compare_at = time.monotonic() + COMPARE_INTERVAL
        while True:
            if self.event():
                return "card-removed"
            if time.monotonic() >= compare_at:
                if not self.same_certificate():
                    return "other-certificate"
                compare_at = time.monotonic() + COMPARE_INTERVAL
            time.sleep(EVENT_INTERVAL)

    def same_certificate(self):
        """Asks another process: the module reads a card's objects once."""
        done = subprocess.run(
            [sys.executable, __file__, self.options.module, "certificate",
             self.card.identifier.hex()],
            capture_output=True, check=False, text=True)
        return done.stdout.strip() == self.card.certificate.sha256.hex()

    def event(self):
        try:
            self.library.waitForSlotEvent(CKF_DONT_BLOCK)
        except PyKCS11.PyKCS11Error as error:
            if error.value != CKR_NO_EVENT:
                raise
            return False
        return True

    def wait_for_event(self):
        while not self.event():
            time.sleep(EVENT_INTERVAL)

    def wait_for_card(self):
        while not slots_with_cards(self.library):
            time.sleep(EVENT_INTERVAL)
        while self.event():     # of this card, which is known now
            pass

    def forget_card(self):
        """Ends what the module knows of it, too."""
        self.card = None
        self.library = None     # C_Finalize, before the next C_Initialize
        self.library = PyKCS11.PyKCS11Lib()
        self.library.load(self.options.module)


def say(*words):
    print(*words, flush=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--mechanism", choices=MECHANISMS, default="sha256")
    parser.add_argument("--passcode-file")
    parser.add_argument("module")
    parser.add_argument("command", choices=(
        "sign", "login", "watch", "certificate"))
    parser.add_argument("arguments", nargs="*")
    options = parser.parse_args()
    try:
        getattr(Agent(options), options.command)(*options.arguments)
    except (Trouble, PyKCS11.PyKCS11Error, OSError) as trouble:
        sys.exit(f"agent: {trouble}")


main()
