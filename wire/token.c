/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See token.h.
 */
#include <ctype.h>
#include <string.h>

#include "common/ct.h"
#include "common/hex.h"
#include "wire/begin.h"
#include "wire/token.h"

#define SUM 4

static const char begins[] = "cardbridge-token-";
static const char version[] = "1:";

static enum cb_err
put_fields(struct cb_buf *b, const struct wire_token *t)
{
	enum cb_err r;

	(void)((r = cb_put_u8(b, (uint8_t)t->kind)) != CB_OK ||
	    (r = wire_put_bytes(b, t->backend, WIRE_ID)) != CB_OK ||
	    (r = wire_put_bytes(b, t->organisation, WIRE_ID)) != CB_OK ||
	    (r = wire_put_bytes(b, t->authority, CR_HASH)) != CB_OK ||
	    (r = wire_put_bytes(b, t->secret, WIRE_TOKEN)) != CB_OK);
	return r;
}

enum cb_err
wire_token_put(struct cb_buf *b, const struct wire_token *token)
{
	struct cb_buf bytes = CB_BUF_INIT;
	uint8_t hash[CR_HASH];
	size_t n = b->n;
	enum cb_err r;

	(void)((r = put_fields(&bytes, token)) != CB_OK ||
	    (r = cr_sha256(cb_buf_span(&bytes), hash)) != CB_OK ||
	    (r = cb_buf_add(&bytes, cb_span(hash, SUM))) != CB_OK ||
	    (r = cb_buf_add(b, cb_span_str(begins))) != CB_OK ||
	    (r = cb_buf_add(b, cb_span_str(version))) != CB_OK ||
	    (r = cb_hex_put(b, cb_buf_span(&bytes))) != CB_OK);
	cb_buf_free(&bytes);
	return cb_buf_undo(b, n, r);
}

/* Without what lines are broken with, and in small letters. */
static enum cb_err
tidy(struct cb_span text, struct cb_buf *out)
{
	enum cb_err r = CB_OK;

	if (text.n > WIRE_TOKEN_TEXT_MAX)
		return CB_E_FORMAT;
	for (size_t i = 0; i < text.n && r == CB_OK; i++)
		if (!isspace(text.p[i]))
			r = cb_put_u8(out, (uint8_t)tolower(text.p[i]));
	return r;
}

static bool
take(struct cb_span *cur, const char *word)
{
	struct cb_span is = cb_span_head(*cur, strlen(word));

	if (!cb_span_equal(is, cb_span_str(word)))
		return false;
	*cur = cb_span_tail(*cur, is.n);
	return true;
}

static enum cb_err
get_fields(struct cb_span bytes, struct wire_token *out)
{
	struct wire_token t;
	struct cb_span cur = bytes, sum;
	uint8_t hash[CR_HASH], kind;
	enum cb_err r;

	(void)((r = cb_get_u8(&cur, &kind)) != CB_OK ||
	    (r = wire_get_bytes(&cur, t.backend, WIRE_ID)) != CB_OK ||
	    (r = wire_get_bytes(&cur, t.organisation, WIRE_ID)) != CB_OK ||
	    (r = wire_get_bytes(&cur, t.authority, CR_HASH)) != CB_OK ||
	    (r = wire_get_bytes(&cur, t.secret, WIRE_TOKEN)) != CB_OK ||
	    (r = cr_sha256(cb_span_head(bytes, bytes.n - cur.n), hash)) !=
		CB_OK ||
	    (r = cb_get_span(&cur, SUM, &sum)) != CB_OK ||
	    (r = cb_get_end(&cur)) != CB_OK);
	if (r == CB_OK && (!cb_span_equal(sum, cb_span(hash, SUM)) ||
		(kind != WIRE_LIVE && kind != WIRE_TEST)))
		r = CB_E_FORMAT;
	if (r == CB_OK) {
		t.kind = (enum wire_kind)kind;
		*out = t;
	}
	cb_wipe(&t, sizeof(t));
	return r;
}

enum cb_err
wire_token_get(struct cb_span text, struct wire_token *out,
    struct cb_why *why)
{
	struct cb_buf line = CB_BUF_INIT, bytes = CB_BUF_INIT;
	struct cb_span cur;
	enum cb_err r;

	if ((r = tidy(text, &line)) == CB_E_NOMEM)
		goto out;
	cur = cb_buf_span(&line);
	if (r != CB_OK || !take(&cur, begins)) {
		cb_why_set(why, "that is no token; one begins with \"%s%s\"",
		    begins, version);
		r = CB_E_FORMAT;
	} else if (!take(&cur, version)) {
		cb_why_set(why, "the token is of another version of "
		    "cardbridge");
		r = CB_E_LIMIT;
	} else if ((r = cb_hex_decode(&bytes, (const char *)cur.p, cur.n)) !=
		CB_OK || (r = get_fields(cb_buf_span(&bytes), out)) != CB_OK) {
		cb_why_set(why, "the token is not whole: copy all of it, from "
		    "its first character to its last");
		r = r == CB_E_NOMEM || r == CB_E_CRYPTO ? r : CB_E_FORMAT;
	}
out:
	cb_buf_free(&line);
	cb_buf_free(&bytes);
	return r;
}
