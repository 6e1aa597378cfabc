/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The certificates of a backend (RFC 5280), one template for each usage: what
 * its vault makes, and what both ends check. PROTOCOL.md, "Certificates", has
 * the table. Certificates are DER; keys are wire/key.h's.
 */
#ifndef WIRE_CERT_H
#define WIRE_CERT_H

#include "wire/key.h"

enum wire_usage {
	WIRE_AUTHORITY,
	WIRE_DOOR,
	WIRE_DEVICE,
	WIRE_PERSON,
	WIRE_SERVICE,
};

struct wire_cert_wish {
	enum wire_usage usage;
	enum wire_kind kind;
	uint8_t subject[WIRE_ID];	/* CN */
	/* O, of a device or person; else not used */
	uint8_t organisation[WIRE_ID];
	/* DOOR: host names and addresses, text; else none */
	const char *const *hosts;
	size_t hosts_n;
	int64_t from, until;		/* seconds since 1970, UTC */
	uint8_t serial[16];		/* random; the top bit is not used */
};

/* Appends a certificate for the public half of `key`, signed by `by`, whose
 * certificate is `authority` (of an AUTHORITY: by itself, and empty).
 * CB_E_ARG: a host that is neither a name nor an address. */
CB_MUST_USE enum cb_err wire_cert_make(const struct wire_cert_wish *wish,
    const struct wire_key *key, const struct wire_key *by,
    struct cb_span authority, struct cb_buf *der);

struct wire_cert {
	uint8_t subject[WIRE_ID];
	uint8_t organisation[WIRE_ID];	/* zeros where there is none */
	int64_t until;
	uint8_t fingerprint[CR_HASH];	/* SHA-256 of the whole */
};

/* A certificate of this usage and kind, signed by this authority and valid at
 * `now`; its facts and, where `key` is not NULL, its public key, the
 * caller's. CB_E_FORMAT: not a certificate of ours; CB_E_DENIED: of another
 * authority, usage or kind; CB_E_TIMEOUT: not yet, or no longer, valid; the
 * reason is in *why. */
CB_MUST_USE enum cb_err wire_cert_check(struct cb_span der,
    struct cb_span authority, enum wire_usage usage, enum wire_kind kind,
    int64_t now, struct wire_cert *out, struct wire_key **key,
    struct cb_why *why);

/* What is in a certificate of ours, whoever has signed it and whether it is
 * over or not. CB_E_FORMAT: it is none. */
CB_MUST_USE enum cb_err wire_cert_until(struct cb_span der, int64_t *until);
/* Appends its host names and addresses, each as text that a zero byte ends. */
CB_MUST_USE enum cb_err wire_cert_hosts(
    struct cb_span der, struct cb_buf *out);

#endif
