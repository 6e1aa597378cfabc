/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See enrol.h. The label of the wrap names the new key, so that a door which
 * sees one ENROL can make none with a key of its own.
 */
#include "common/ct.h"
#include "wire/begin.h"
#include "wire/enrol.h"

static enum cb_err
put_label(struct cb_buf *b, const struct wire_enrol *e)
{
	uint8_t hash[CR_HASH];
	enum cb_err r;

	(void)((r = cb_buf_add(b, cb_span_str("cardbridge token 1"))) !=
		CB_OK ||
	    (r = cb_put_u8(b, (uint8_t)e->kind)) != CB_OK ||
	    (r = wire_put_bytes(b, e->backend, WIRE_ID)) != CB_OK ||
	    (r = cr_sha256(e->public, hash)) != CB_OK ||
	    (r = cb_buf_add(b, CB_SPAN_OF(hash))) != CB_OK);
	return r;
}

static enum cb_err
put_head(struct cb_buf *b, const struct wire_enrol *e)
{
	enum cb_err r;

	(void)((r = wire_begin_put(b, WIRE_IS_ENROL, e->kind)) != CB_OK ||
	    (r = wire_put_bytes(b, e->backend, WIRE_ID)) != CB_OK ||
	    (r = cb_put_lv16(b, e->public)) != CB_OK ||
	    (r = cb_put_lv16(b, e->wrapped)) != CB_OK);
	return r;
}

/* What the signature is over. */
static enum cb_err
put_signed(struct cb_buf *b, struct cb_span head)
{
	enum cb_err r;

	(void)((r = cb_buf_add(b, cb_span_str("cardbridge enrol 1"))) !=
		CB_OK ||
	    (r = cb_buf_add(b, head)) != CB_OK);
	return r;
}

enum cb_err
wire_enrol_put(struct cb_buf *b, enum wire_kind kind,
    const uint8_t backend[WIRE_ID], const struct wire_key *service,
    const uint8_t token[WIRE_TOKEN], const struct wire_key *key)
{
	struct cb_buf public = CB_BUF_INIT, label = CB_BUF_INIT,
		      wrapped = CB_BUF_INIT, head = CB_BUF_INIT,
		      text = CB_BUF_INIT, signature = CB_BUF_INIT;
	struct wire_enrol e = { .kind = kind };
	struct cb_span id = cb_span(backend, WIRE_ID);
	enum cb_err r;

	if ((r = wire_get_bytes(&id, e.backend, WIRE_ID)) != CB_OK ||
	    (r = wire_key_put_public(key, &public)) != CB_OK)
		goto out;
	e.public = cb_buf_span(&public);
	if ((r = put_label(&label, &e)) != CB_OK ||
	    (r = wire_wrap(service, cb_buf_span(&label), token, &wrapped)) !=
		CB_OK)
		goto out;
	e.wrapped = cb_buf_span(&wrapped);
	if ((r = put_head(&head, &e)) != CB_OK ||
	    (r = put_signed(&text, cb_buf_span(&head))) != CB_OK ||
	    (r = wire_sign(key, cb_buf_span(&text), &signature)) != CB_OK ||
	    (r = cb_put_lv16(&head, cb_buf_span(&signature))) != CB_OK)
		goto out;
	r = cb_buf_add(b, cb_buf_span(&head));
out:
	cb_buf_free(&public);
	cb_buf_free(&label);
	cb_buf_free(&wrapped);
	cb_buf_free(&head);
	cb_buf_free(&text);
	cb_buf_free(&signature);
	return r;
}

static enum cb_err
check_signature(struct cb_span head, const struct wire_key *key,
    struct cb_span signature)
{
	struct cb_buf text = CB_BUF_INIT;
	enum cb_err r;

	if ((r = put_signed(&text, head)) == CB_OK)
		r = wire_verify(key, cb_buf_span(&text), signature);
	cb_buf_free(&text);
	return r;
}

enum cb_err
wire_enrol_get(struct cb_span whole, struct wire_enrol *out,
    struct wire_key **key)
{
	struct wire_enrol e;
	struct cb_span cur = whole, head, signature;
	enum cb_err r;

	*key = NULL;
	if (whole.n > WIRE_ENROL_MAX)
		return CB_E_LIMIT;
	if ((r = wire_begin_get(&cur, WIRE_IS_ENROL, &e.kind)) != CB_OK ||
	    (r = wire_get_bytes(&cur, e.backend, WIRE_ID)) != CB_OK ||
	    (r = cb_get_lv16(&cur, &e.public)) != CB_OK ||
	    (r = cb_get_lv16(&cur, &e.wrapped)) != CB_OK)
		return r;
	head = cb_span_head(whole, whole.n - cur.n);
	if ((r = cb_get_lv16(&cur, &signature)) != CB_OK ||
	    (r = cb_get_end(&cur)) != CB_OK ||
	    (r = wire_key_get_public(e.public, key)) != CB_OK)
		return r;
	if ((r = check_signature(head, *key, signature)) != CB_OK) {
		wire_key_free(key);
		return r;
	}
	*out = e;
	return CB_OK;
}

enum cb_err
wire_enrol_token(const struct wire_enrol *enrol,
    const struct wire_key *service, uint8_t token[WIRE_TOKEN])
{
	struct cb_buf label = CB_BUF_INIT;
	enum cb_err r;

	if ((r = put_label(&label, enrol)) == CB_OK)
		r = wire_unwrap(
		    service, cb_buf_span(&label), enrol->wrapped, token);
	cb_buf_free(&label);
	return r;
}
