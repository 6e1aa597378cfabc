/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Making and opening the ring. A key that has a certificate is wrapped with
 * it, as two lv: PEM, DER.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/vault/ring.h"
#include "common/ct.h"

#define ROOT_VERSION 1

static struct be_name
name_of(enum be_what what, uint32_t version)
{
	return (struct be_name){ .what = what, .version = version };
}

static struct be_ring *
ring_new(const struct be_root *root)
{
	struct be_ring *ring = calloc(1, sizeof(*ring));

	if (ring == NULL ||
	    (ring->secret = cr_secret_new(sizeof(*ring->secret))) == NULL) {
		free(ring);
		return NULL;
	}
	ring->self = root->self;
	ring->secret->root.version = ROOT_VERSION;
	memcpy(ring->secret->root.key, root->key, CR_KEY);
	return ring;
}

void
be_ring_free(struct be_ring **ring)
{
	if (*ring == NULL)
		return;
	wire_key_free(&(*ring)->service);
	wire_key_free(&(*ring)->authority);
	cb_buf_free(&(*ring)->service_cert);
	cb_buf_free(&(*ring)->authority_cert);
	cr_secret_free((*ring)->secret, sizeof(*(*ring)->secret));
	free(*ring);
	*ring = NULL;
}

/* ---- making -------------------------------------------------------------- */

/* `by` is `key` itself for the authority. */
static enum cb_err
put_certified(struct be_ring *ring, enum wire_usage usage,
    const struct wire_key *key, struct cb_buf *cert,
    const struct be_lifetimes *lifetimes, int64_t now, struct cb_buf *text)
{
	struct cb_buf pem = CB_BUF_INIT;
	struct wire_cert_wish wish;
	enum cb_err r;

	if ((r = be_certificate_wish(
		 &wish, &ring->self, usage, lifetimes, now)) != CB_OK)
		return r;
	memcpy(wish.subject, ring->self.id, WIRE_ID);
	(void)((r = wire_cert_make(&wish, key, ring->authority,
		    cb_buf_span(&ring->authority_cert), cert)) != CB_OK ||
	    (r = wire_key_put_pem(key, &pem)) != CB_OK ||
	    (r = cb_put_lv16(text, cb_buf_span(&pem))) != CB_OK ||
	    (r = cb_put_lv16(text, cb_buf_span(cert))) != CB_OK);
	cb_buf_free(&pem);
	return r;
}

static enum cb_err
make_authority(struct be_ring *ring, const struct be_lifetimes *lifetimes,
    int64_t now, struct cb_buf *text)
{
	struct cb_buf cert = CB_BUF_INIT;
	enum cb_err r;

	if ((r = wire_key_new_p256(&ring->authority)) == CB_OK)
		r = put_certified(ring, WIRE_AUTHORITY, ring->authority,
		    &cert, lifetimes, now, text);
	cb_buf_move(&ring->authority_cert, &cert);
	return r;
}

static enum cb_err
make_service(struct be_ring *ring, const struct be_lifetimes *lifetimes,
    int64_t now, struct cb_buf *text)
{
	enum cb_err r;

	if ((r = wire_key_new_rsa(&ring->service, WIRE_RSA_BITS)) == CB_OK)
		r = put_certified(ring, WIRE_SERVICE, ring->service,
		    &ring->service_cert, lifetimes, now, text);
	return r;
}

static enum cb_err
make_random(struct cb_buf *text)
{
	uint8_t *place;
	enum cb_err r;

	if ((r = cb_buf_grow(text, CR_KEY, &place)) == CB_OK)
		r = cr_random(place, CR_KEY);
	return r;
}

enum cb_err
be_ring_make(const struct be_root *root, const struct be_lifetimes *lifetimes,
    int64_t now, struct cb_buf wraps[BE_RING_KEYS])
{
	struct cb_buf text[BE_RING_KEYS] = { CB_BUF_INIT, CB_BUF_INIT,
		CB_BUF_INIT, CB_BUF_INIT };
	struct be_ring *ring = ring_new(root);
	struct be_name name;
	enum cb_err r;

	if (ring == NULL)
		return CB_E_NOMEM;
	(void)((r = make_authority(ring, lifetimes, now,
		    &text[BE_AUTHORITY - BE_SERVICE])) != CB_OK ||
	    (r = make_service(ring, lifetimes, now, &text[0])) != CB_OK ||
	    (r = make_random(&text[BE_BOOKS - BE_SERVICE])) != CB_OK ||
	    (r = make_random(&text[BE_PASSCODES - BE_SERVICE])) != CB_OK);
	for (int i = 0; i < BE_RING_KEYS; i++) {
		name = name_of((enum be_what)(BE_SERVICE + i), 1);
		if (r == CB_OK)
			r = be_wrap_put(&wraps[i], &ring->self, &name,
			    &ring->secret->root, cb_buf_span(&text[i]));
		cb_buf_free(&text[i]);
	}
	be_ring_free(&ring);
	return r;
}

/* ---- opening ------------------------------------------------------------- */

static enum cb_err
get_certified(struct cb_span text, struct wire_key **key, struct cb_buf *cert)
{
	struct cb_span pem, der;
	enum cb_err r;

	(void)((r = cb_get_lv16(&text, &pem)) != CB_OK ||
	    (r = cb_get_lv16(&text, &der)) != CB_OK ||
	    (r = cb_get_end(&text)) != CB_OK ||
	    (r = wire_key_get_pem(pem, key)) != CB_OK ||
	    (r = cb_buf_set(cert, der)) != CB_OK);
	return r;
}

static enum cb_err
get_key(struct cb_span text, uint8_t key[CR_KEY])
{
	if (text.n != CR_KEY)
		return CB_E_FORMAT;
	memcpy(key, text.p, CR_KEY);
	return CB_OK;
}

static enum cb_err
get_text(struct be_ring *ring, enum be_what what, struct cb_span text)
{
	enum cb_err r;

	switch (what) {
	case BE_SERVICE:
		return get_certified(text, &ring->service,
		    &ring->service_cert);
	case BE_AUTHORITY:
		return get_certified(text, &ring->authority,
		    &ring->authority_cert);
	case BE_BOOKS:
		if ((r = get_key(text, ring->secret->books)) == CB_OK)
			r = cr_ed25519_public(ring->secret->books,
			    ring->books_public);
		return r;
	case BE_PASSCODES:
		return get_key(text, ring->secret->passcodes);
	default:
		return CB_E_INTERNAL;
	}
}

static enum cb_err
open_one(struct be_ring *ring, enum be_what what, struct cb_span wrap,
    struct cb_why *why)
{
	struct cb_buf text = CB_BUF_INIT;
	struct be_name name;
	uint32_t with, version;
	enum cb_err r;

	if ((r = be_wrap_versions(wrap, &with, &version)) == CB_OK) {
		name = name_of(what, version);
		(void)((r = be_wrap_open(&text, &ring->self, &name,
			    &ring->secret->root, wrap)) != CB_OK ||
		    (r = get_text(ring, what, cb_buf_span(&text))) != CB_OK);
	}
	if (r != CB_OK)
		cb_why_set(why, "the %s key of the backend does not open "
		    "with this root (%s): the database is another backend's, "
		    "or was changed", be_what_text(what), cb_err_text(r));
	cb_buf_free(&text);
	return r;
}

enum cb_err
be_ring_open(struct be_ring **out, const struct be_root *root,
    const struct cb_span wraps[BE_RING_KEYS], struct cb_why *why)
{
	struct be_ring *ring = ring_new(root);
	enum cb_err r = CB_OK;

	*out = NULL;
	if (ring == NULL)
		return CB_E_NOMEM;
	for (int i = 0; i < BE_RING_KEYS && r == CB_OK; i++)
		r = open_one(ring, (enum be_what)(BE_SERVICE + i), wraps[i],
		    why);
	if (r != CB_OK)
		be_ring_free(&ring);
	*out = ring;
	return r;
}
