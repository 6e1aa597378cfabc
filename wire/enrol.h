/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * ENROL: a new key asks for its certificate, with a token that only the vault
 * can read. PROTOCOL.md, "Enrolment", is the description.
 */
#ifndef WIRE_ENROL_H
#define WIRE_ENROL_H

#include "wire/key.h"

#define WIRE_ENROL_MAX 4096
#define WIRE_TOKEN CR_KEY	/* bytes, random */

struct wire_enrol {
	enum wire_kind kind;
	uint8_t backend[WIRE_ID];
	struct cb_span public;	/* of the new key: wire_key_put_public() */
	struct cb_span wrapped;	/* the token, for the service key */
};

/* Appends ENROL: the token wrapped for `service`, all of it signed by `key`,
 * whose certificate is asked for. */
CB_MUST_USE enum cb_err wire_enrol_put(struct cb_buf *b, enum wire_kind kind,
    const uint8_t backend[WIRE_ID], const struct wire_key *service,
    const uint8_t token[WIRE_TOKEN], const struct wire_key *key);
/* The parts, borrowed, and the new key, the caller's: it has signed this.
 * CB_E_CRYPTO: it has not. */
CB_MUST_USE enum cb_err wire_enrol_get(
    struct cb_span whole, struct wire_enrol *out, struct wire_key **key);
/* CB_E_CRYPTO: not for this service key, or another public key's. */
CB_MUST_USE enum cb_err wire_enrol_token(const struct wire_enrol *enrol,
    const struct wire_key *service, uint8_t token[WIRE_TOKEN]);

#endif
