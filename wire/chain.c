/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Links, heads, and the walk along them.
 */
#include <inttypes.h>
#include <string.h>

#include "wire/begin.h"
#include "wire/chain.h"

#define ADD(b, literal) \
	cb_buf_add(b, cb_span(literal, sizeof(literal) - 1))

bool
wire_owner_equal(const struct wire_owner *a, const struct wire_owner *b)
{
	return a->kind == b->kind &&
	    memcmp(a->backend, b->backend, WIRE_ID) == 0 &&
	    memcmp(a->organisation, b->organisation, WIRE_ID) == 0;
}

static enum cb_err
put_owner(struct cb_buf *b, const struct wire_owner *o)
{
	enum cb_err r;

	(void)((r = cb_put_u8(b, (uint8_t)o->kind)) != CB_OK ||
	    (r = cb_buf_add(b, CB_SPAN_OF(o->backend))) != CB_OK ||
	    (r = cb_buf_add(b, CB_SPAN_OF(o->organisation))) != CB_OK);
	return r;
}

/* ---- links --------------------------------------------------------------- */

enum cb_err
wire_chain_init(struct wire_chain *chain, const struct wire_owner *owner)
{
	struct cb_buf b = CB_BUF_INIT;
	enum cb_err r;

	*chain = (struct wire_chain){ .owner = *owner };
	(void)((r = ADD(&b, "cardbridge chain 1")) != CB_OK ||
	    (r = put_owner(&b, owner)) != CB_OK ||
	    (r = cr_sha256_public(
		 cb_buf_span(&b), chain->hash)) != CB_OK);
	cb_buf_free(&b);
	return r;
}

enum cb_err
wire_chain_add(struct wire_chain *chain, struct cb_span bytes)
{
	struct cb_buf b = CB_BUF_INIT;
	uint8_t hash[CR_HASH];
	enum cb_err r;

	/* SQL has no larger numbers. */
	if (chain->number >= INT64_MAX)
		return CB_E_LIMIT;
	(void)((r = ADD(&b, "cardbridge entry 1")) != CB_OK ||
	    (r = cb_put_u64(&b, chain->number + 1)) != CB_OK ||
	    (r = cb_buf_add(&b, CB_SPAN_OF(chain->hash))) != CB_OK ||
	    (r = cb_buf_add(&b, bytes)) != CB_OK ||
	    (r = cr_sha256_public(cb_buf_span(&b), hash)) != CB_OK);
	if (r == CB_OK) {
		chain->number++;
		memcpy(chain->hash, hash, CR_HASH);
	}
	cb_buf_free(&b);
	return r;
}

/* ---- heads --------------------------------------------------------------- */

static const char head_magic[] = "cardbridge head 1";
#define HEAD_MAGIC (sizeof(head_magic) - 1)

enum cb_err
wire_head_put(struct cb_buf *b, const struct wire_head *head)
{
	enum cb_err r;

	(void)((r = cb_buf_add(b, cb_span(head_magic, HEAD_MAGIC))) != CB_OK ||
	    (r = put_owner(b, &head->at.owner)) != CB_OK ||
	    (r = cb_put_u64(b, head->at.number)) != CB_OK ||
	    (r = cb_buf_add(b, CB_SPAN_OF(head->at.hash))) != CB_OK ||
	    (r = cb_put_u64(b, head->time)) != CB_OK);
	return r;
}

enum cb_err
wire_head_sign(struct cb_buf *b, const struct wire_head *head,
    const uint8_t secret[CR_KEY])
{
	struct cb_buf whole = CB_BUF_INIT;
	uint8_t signature[CR_SIGNATURE];
	enum cb_err r;

	(void)((r = wire_head_put(&whole, head)) != CB_OK ||
	    (r = cr_ed25519_sign(
		 secret, cb_buf_span(&whole), signature)) != CB_OK ||
	    (r = cb_buf_add(&whole, CB_SPAN_OF(signature))) != CB_OK ||
	    (r = cb_buf_add(b, cb_buf_span(&whole))) != CB_OK);
	cb_buf_free(&whole);
	return r;
}

enum cb_err
wire_head_get(struct cb_span bytes, const uint8_t public[CR_KEY],
    struct wire_head *out)
{
	struct cb_span cur = bytes, magic;
	struct wire_head h = { 0 };
	uint8_t kind;
	enum cb_err r;

	*out = h;
	if ((r = cb_get_span(&cur, HEAD_MAGIC, &magic)) != CB_OK)
		return r;
	if (memcmp(magic.p, head_magic, HEAD_MAGIC) != 0)
		return CB_E_FORMAT;
	if ((r = cb_get_u8(&cur, &kind)) != CB_OK ||
	    (r = wire_get_bytes(&cur, h.at.owner.backend, WIRE_ID)) != CB_OK ||
	    (r = wire_get_bytes(&cur, h.at.owner.organisation, WIRE_ID)) != CB_OK ||
	    (r = cb_get_u64(&cur, &h.at.number)) != CB_OK ||
	    (r = wire_get_bytes(&cur, h.at.hash, CR_HASH)) != CB_OK ||
	    (r = cb_get_u64(&cur, &h.time)) != CB_OK)
		return r;
	if ((kind != WIRE_LIVE && kind != WIRE_TEST) ||
	    cur.n != CR_SIGNATURE)
		return CB_E_FORMAT;
	h.at.owner.kind = (enum wire_kind)kind;
	if ((r = cr_ed25519_verify(public,
		 cb_span_head(bytes, bytes.n - CR_SIGNATURE), cur)) == CB_OK)
		*out = h;
	return r;
}

/* ---- the walk ------------------------------------------------------------ */

enum cb_err
wire_walk_init(struct wire_walk *w, const struct wire_owner *owner,
    const uint8_t *public, const struct wire_head *known, size_t known_n)
{
	*w = (struct wire_walk){
		.public = public, .known = known, .known_n = known_n
	};
	return wire_chain_init(&w->chain, owner);
}

/* The chain goes another way than the one that was signed: somewhere behind
 * the last head that was right. */
static enum cb_err
other_way(struct wire_walk *w, struct cb_why *why)
{
	w->bad = w->signed_to + 1;
	cb_why_set(why,
	    "entries %" PRIu64 " to %" PRIu64 " are not those whose head "
	    "was signed",
	    w->bad, w->chain.number);
	return CB_E_FORMAT;
}

/* A head of this chain, of the entry where the walk is. */
static enum cb_err
meet(struct wire_walk *w, const struct wire_chain *at, struct cb_why *why)
{
	if (memcmp(at->hash, w->chain.hash, CR_HASH) != 0)
		return other_way(w, why);
	w->signed_to = w->chain.number;
	return CB_OK;
}

static enum cb_err
meet_known(struct wire_walk *w, struct cb_why *why)
{
	enum cb_err r = CB_OK;

	for (size_t i = 0; r == CB_OK && i < w->known_n; i++)
		if (w->known[i].at.number == w->chain.number &&
		    wire_owner_equal(&w->known[i].at.owner, &w->chain.owner))
			r = meet(w, &w->known[i].at, why);
	return r;
}

static enum cb_err
read_head(const struct wire_walk *w, struct cb_span bytes,
    struct wire_head *out, struct cb_why *why)
{
	enum cb_err r = wire_head_get(bytes, w->public, out);

	if (r != CB_OK)
		cb_why_set(why,
		    "the head behind entry %" PRIu64 " is not signed by the "
		    "backend's audit key",
		    w->chain.number);
	else if (!wire_owner_equal(&out->at.owner, &w->chain.owner)) {
		r = CB_E_FORMAT;
		cb_why_set(why,
		    "the head behind entry %" PRIu64 " is another chain's",
		    w->chain.number);
	}
	return r == CB_E_SHORT || r == CB_E_CRYPTO ? CB_E_FORMAT : r;
}

enum cb_err
wire_walk_start(struct wire_walk *w, struct cb_span head, struct cb_why *why)
{
	struct wire_head h;
	enum cb_err r;

	if ((r = read_head(w, head, &h, why)) != CB_OK) {
		w->bad = w->chain.number + 1;
		return r;
	}
	w->chain = h.at;
	w->signed_to = h.at.number;
	return meet_known(w, why);
}

enum cb_err
wire_walk_entry(struct wire_walk *w, uint64_t number, struct cb_span bytes,
    struct cb_span hash, struct cb_why *why)
{
	struct wire_chain next = w->chain;
	enum cb_err r;

	w->bad = next.number + 1;
	if (number != next.number + 1) {
		cb_why_set(why,
		    "entry %" PRIu64 " is missing: entry %" PRIu64
		    " stands in its place",
		    next.number + 1, number);
		return CB_E_FORMAT;
	}
	if ((r = wire_chain_add(&next, bytes)) != CB_OK)
		return r;
	if (!cb_span_equal(hash, CB_SPAN_OF(next.hash))) {
		cb_why_set(why,
		    "entry %" PRIu64 " is not what was entered there: it does "
		    "not go with its hash and the entry before",
		    number);
		return CB_E_FORMAT;
	}
	w->chain = next;
	w->bad = 0;
	return meet_known(w, why);
}

enum cb_err
wire_walk_head(struct wire_walk *w, struct cb_span head, struct cb_why *why)
{
	struct wire_head h;
	enum cb_err r;

	if ((r = read_head(w, head, &h, why)) == CB_OK &&
	    h.at.number != w->chain.number) {
		r = CB_E_FORMAT;
		cb_why_set(why,
		    "the head of entry %" PRIu64 " stands behind entry %" PRIu64,
		    h.at.number, w->chain.number);
	}
	if (r == CB_OK)
		r = meet(w, &h.at, why);
	if (r != CB_OK && w->bad == 0)
		w->bad = w->chain.number;
	return r;
}

enum cb_err
wire_walk_end(struct wire_walk *w, struct cb_why *why)
{
	uint64_t beyond = 0;

	for (size_t i = 0; i < w->known_n; i++)
		if (wire_owner_equal(
			&w->known[i].at.owner, &w->chain.owner) &&
		    w->known[i].at.number > beyond)
			beyond = w->known[i].at.number;
	if (beyond <= w->chain.number)
		return CB_OK;
	w->bad = w->chain.number + 1;
	cb_why_set(why,
	    "entry %" PRIu64 " is missing: the chain ends before it, and a "
	    "head of entry %" PRIu64 " was signed",
	    w->bad, beyond);
	return CB_E_FORMAT;
}
