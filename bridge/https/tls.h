/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Whom a road trusts, and who it is itself: what http_client.c hands to
 * OpenSSL. The only file of this room that knows it.
 */
#ifndef BR_HTTPS_TLS_H
#define BR_HTTPS_TLS_H

#include "wire/identity.h"

enum br_trust_in {
	BR_TRUST_AUTHORITY,	/* of the backend, and nothing else */
	BR_TRUST_SYSTEM,	/* whom this system trusts: an inspected road */
	BR_TRUST_ANYBODY,	/* what is told is checked by other means */
};

struct br_trust {
	enum br_trust_in in;
	struct cb_span authority;	/* certificate, DER */
	struct cb_span certificate;	/* ours; empty: none is shown */
	const struct wire_key *key;
	bool tls12;			/* is taken, and not only 1.3 */
};

/* Why a certificate was refused, for a person. */
struct br_distrust {
	bool refused;
	bool foreign;		/* of another authority */
	char text[384];
};

/* The trust of a device or person on its road. */
void br_trust_of(struct br_trust *t, const struct wire_identity *identity,
    bool inspected, bool tls12);
/* ctx is an SSL_CTX; *why is written while it shakes hands. */
CB_MUST_USE enum cb_err br_tls_set(
    void *ctx, const struct br_trust *trust, struct br_distrust *why);
/* ssl is an SSL whose handshake is done. False: what was agreed is too weak,
 * and *why says so. */
bool br_tls_check(void *ssl, struct br_distrust *why);
/* Has the other end said that it says no more? Whoever cuts a connection
 * cannot say so. */
bool br_tls_is_over(void *ssl);

#endif
