/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The token of an enrolment as people pass it on: one line of text. It says
 * whose certificate it is good for and by what its backend is known.
 * PROTOCOL.md, "Enrolment", is the description.
 */
#ifndef WIRE_TOKEN_H
#define WIRE_TOKEN_H

#include "wire/enrol.h"

#define WIRE_TOKEN_TEXT_MAX 1024	/* with what mail puts into it */

struct wire_token {
	enum wire_kind kind;
	uint8_t backend[WIRE_ID];
	uint8_t organisation[WIRE_ID];
	uint8_t authority[CR_HASH];	/* SHA-256 of its certificate */
	uint8_t secret[WIRE_TOKEN];
};

/* Appends the line, without its end. */
CB_MUST_USE enum cb_err wire_token_put(
    struct cb_buf *b, const struct wire_token *token);
/* CB_E_FORMAT: no token, or not all of it; CB_E_LIMIT: of another version;
 * *why says which, and nothing of what it held. */
CB_MUST_USE enum cb_err wire_token_get(
    struct cb_span text, struct wire_token *out, struct cb_why *why);

#endif
