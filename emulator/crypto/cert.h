/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * X.509: the certificates that emu_card_make puts on a card, and the facts
 * of a certificate that `card show` prints and profiles refer to.
 */
#ifndef EMU_CERT_H
#define EMU_CERT_H

#include "emulator/crypto/crypto.h"

enum emu_cert_usage {		/* bits of keyUsage, RFC 5280 4.2.1.3 */
	EMU_USAGE_DIGITAL_SIGNATURE = 1,
	EMU_USAGE_NON_REPUDIATION = 2,
	EMU_USAGE_KEY_ENCIPHERMENT = 4,
};

struct emu_cert_wish {
	const char *user;	/* CN: the user's number (text) */
	unsigned usage;		/* of enum emu_cert_usage */
	bool test;		/* of the built-in test CA; else self-signed */
	int64_t now;		/* seconds; two years to the half hour from it */
	uint8_t serial[4];
};

/* Appends the DER of a certificate for key: subject O=nhs, OU=people,
 * CN=user in this order, extensions as the profile document says. A test
 * certificate carries a policy that says so. */
CB_MUST_USE enum cb_err emu_cert_make(const struct emu_rsa *key,
    const struct emu_cert_wish *wish, struct cb_buf *der);
/* Appends the public half as SubjectPublicKeyInfo, DER (RFC 5280, 4.1.2.7). */
CB_MUST_USE enum cb_err emu_cert_key(
    const struct emu_rsa *key, struct cb_buf *b);

/* Parts of a certificate, DER as they stand in it; borrowed from `der`. */
struct emu_cert_parts {
	struct cb_span subject, issuer; /* Name, whole */
	struct cb_span serial;		/* INTEGER, whole */
	struct cb_span modulus;		/* RSA, without leading zeros */
};
CB_MUST_USE enum cb_err emu_cert_parse(
    struct cb_span der, struct emu_cert_parts *out);
/* One line for people: subject, issuer, notAfter. */
CB_MUST_USE enum cb_err emu_cert_text(
    struct cb_span der, char *out, size_t size);

/* The built-in test CA's certificate (DER, static): what a test server
 * trusts. Its private key is published with the source: it proves nothing. */
struct cb_span emu_test_ca(void);

#endif
