/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * AES-256-GCM with counted nonces, and padding that hides lengths.
 */
#include <string.h>

#include "common/ct.h"
#include "wire/record.h"

#define TEXT_MAX ((size_t)131072)
#define RECORD_HEAD 12	/* u64 number, u32 length */
#define NUMBER_MAX (UINT64_MAX - 1)

/* What is sealed is as long as a multiple of this. */
static size_t
block(enum wire_end to)
{
	return to == WIRE_WORKER ? 64 : 256;
}

void
wire_stream_init(struct wire_stream *s, const uint8_t key[CR_KEY],
    const uint8_t session[WIRE_ID], enum wire_end to)
{
	memcpy(s->key, key, CR_KEY);
	memcpy(s->session, session, WIRE_ID);
	s->to = to;
	s->next = to == WIRE_WORKER ? 1 : 0;
	s->ready = NULL;
}

enum cb_err
wire_stream_ready(struct wire_stream *s)
{
	enum cb_err r;

	if ((r = cr_gcm_new(&s->ready, s->key)) == CB_OK)
		cb_wipe(s->key, CR_KEY);
	return r;
}

void
wire_stream_clear(struct wire_stream *s)
{
	cr_gcm_free(&s->ready);
	cb_wipe(s, sizeof(*s));
}

struct bound {
	uint8_t nonce[CR_NONCE];
	uint8_t aad[WIRE_ID + 1 + 8];
};

/* The nonce, and what a record is bound to. */
static void
bind_record(const struct wire_stream *s, uint64_t number, struct bound *out)
{
	uint8_t n[8];

	for (size_t i = 0; i < sizeof(n); i++)
		n[i] = (uint8_t)(number >> (8 * (sizeof(n) - 1 - i)));
	memset(out->nonce, 0, CR_NONCE - sizeof(n));
	memcpy(out->nonce + CR_NONCE - sizeof(n), n, sizeof(n));
	memcpy(out->aad, s->session, WIRE_ID);
	out->aad[WIRE_ID] = (uint8_t)s->to;
	memcpy(out->aad + WIRE_ID + 1, n, sizeof(n));
}

static enum cb_err
pad(struct cb_buf *text, struct cb_span message, size_t to)
{
	const size_t n = 4 + message.n;
	uint8_t *zeros;
	enum cb_err r;

	if ((r = cb_buf_reserve(text, n + to)) != CB_OK ||
	    (r = cb_put_u32(text, (uint32_t)message.n)) != CB_OK ||
	    (r = cb_buf_add(text, message)) != CB_OK ||
	    n % to == 0)
		return r;
	return cb_buf_grow(text, to - n % to, &zeros);
}

static enum cb_err
unpad(struct cb_span text, size_t to, struct cb_span *message)
{
	uint32_t n;
	uint8_t rest = 0;

	if (text.n % to != 0 || cb_get_u32(&text, &n) != CB_OK || n > text.n ||
	    text.n - n >= to)
		return CB_E_FORMAT;
	for (size_t i = n; i < text.n; i++)
		rest |= text.p[i];
	*message = cb_span_head(text, n);
	return rest == 0 ? CB_OK : CB_E_FORMAT;
}

enum cb_err
wire_seal(struct wire_stream *s, struct cb_span message, struct cb_buf *out)
{
	const size_t before = out->n;
	const uint64_t number = s->next;
	struct cb_buf text = CB_BUF_INIT;
	struct bound bound;
	enum cb_err r;

	if (message.n > WIRE_MESSAGE_MAX || number > NUMBER_MAX)
		return CB_E_LIMIT;
	s->next++;
	bind_record(s, number, &bound);
	if ((r = pad(&text, message, block(s->to))) != CB_OK ||
	    (r = cb_buf_reserve(out, before + RECORD_HEAD + text.n + CR_TAG)) !=
		CB_OK ||
	    (r = cb_put_u64(out, number)) != CB_OK ||
	    (r = cb_put_u32(out, (uint32_t)(text.n + CR_TAG))) != CB_OK)
		goto out;
	r = s->ready != NULL
	    ? cr_gcm_seal_with(s->ready, bound.nonce, CB_SPAN_OF(bound.aad),
		  cb_buf_span(&text), out)
	    : cr_gcm_seal(s->key, bound.nonce, CB_SPAN_OF(bound.aad),
		  cb_buf_span(&text), out);
out:
	cb_buf_free(&text);
	return cb_buf_undo(out, before, r);
}

enum cb_err
wire_record_get(struct cb_span *cur, struct wire_record *out)
{
	struct cb_span rest = *cur, sealed;
	uint64_t number;
	uint32_t n;
	enum cb_err r;

	if ((r = cb_get_u64(&rest, &number)) != CB_OK ||
	    (r = cb_get_u32(&rest, &n)) != CB_OK)
		return r;
	if (n > TEXT_MAX + CR_TAG)
		return CB_E_LIMIT;
	if (n < CR_TAG)
		return CB_E_FORMAT;
	if ((r = cb_get_span(&rest, n, &sealed)) != CB_OK)
		return r;
	out->number = number;
	out->sealed = sealed;
	out->whole = cb_span_head(*cur, cur->n - rest.n);
	*cur = rest;
	return CB_OK;
}

static enum cb_err
open_text(const struct wire_stream *s, const struct wire_record *record,
    struct cb_buf *text)
{
	struct bound bound;

	bind_record(s, record->number, &bound);
	return s->ready != NULL
	    ? cr_gcm_open_with(s->ready, bound.nonce, CB_SPAN_OF(bound.aad),
		  record->sealed, text)
	    : cr_gcm_open(s->key, bound.nonce, CB_SPAN_OF(bound.aad),
		  record->sealed, text);
}

enum cb_err
wire_open(struct wire_stream *s, const struct wire_record *record,
    struct cb_buf *out)
{
	struct cb_buf text = CB_BUF_INIT;
	struct cb_span message;
	enum cb_err r;

	if (record->number != s->next || record->number > NUMBER_MAX)
		return CB_E_DENIED;
	if ((r = open_text(s, record, &text)) != CB_OK ||
	    (r = unpad(cb_buf_span(&text), block(s->to), &message)) != CB_OK ||
	    (r = cb_buf_add(out, message)) != CB_OK)
		goto out;
	s->next++;
out:
	cb_buf_free(&text);
	return r;
}
