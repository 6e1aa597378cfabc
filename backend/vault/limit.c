/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The limit is kept as one time for each card, that at which it will have its
 * whole burst again (ATM Forum's GCRA): a card of which that time is over is
 * as one that was never seen. So memory is bounded without forgetting anybody
 * who is being held back: where an organisation has no room, it waits.
 */
#include <string.h>

#include "backend/vault/limit.h"
#include "common/ct.h"

#define KNOWN 4		/* answers of a card that are remembered, by hash */
#define KNOWN_N 16

struct card {
	uint8_t id[WIRE_ID];
	uint64_t whole;	/* when it has its whole burst again */
	bool alarmed;
	uint8_t known[KNOWN][KNOWN_N];
	unsigned known_n;	/* ever */
};

struct organisation {
	uint8_t id[WIRE_ID];
	struct be_ids cards;
	bool alarmed;	/* since it last had room */
};

static unsigned
or_default(unsigned v, unsigned otherwise)
{
	return v != 0 ? v : otherwise;
}

void
be_limit_init(struct be_limit *l, const struct be_limits *limits)
{
	struct be_limits x = { 0 };

	if (limits != NULL)
		x = *limits;
	x.burst = or_default(x.burst, 10);
	x.interval_ms = or_default(x.interval_ms, 60000);
	x.cards = or_default(x.cards, 16384);
	x.organisations = or_default(x.organisations, 4096);
	*l = (struct be_limit){ .limits = x };
	be_ids_init(&l->organisations, sizeof(struct organisation),
	    x.organisations);
}

void
be_limit_clear(struct be_limit *l)
{
	struct organisation *o;

	for (size_t i = 0; i < l->organisations.n; i++) {
		o = be_ids_at(&l->organisations, i);
		be_ids_clear(&o->cards);
	}
	be_ids_clear(&l->organisations);
}

/* Forgets cards that have their whole burst; *next: when the first of the
 * others will. */
static void
drop_whole(struct organisation *o, uint64_t tick, uint64_t *next)
{
	struct card *c;

	*next = UINT64_MAX;
	for (size_t i = o->cards.n; i-- > 0;) {
		c = be_ids_at(&o->cards, i);
		if (c->whole <= tick)
			be_ids_remove(&o->cards, c);
		else if (c->whole < *next)
			*next = c->whole;
	}
}

static void
drop_idle(struct be_limit *l, uint64_t tick)
{
	struct organisation *o;
	uint64_t next;

	for (size_t i = l->organisations.n; i-- > 0;) {
		o = be_ids_at(&l->organisations, i);
		drop_whole(o, tick, &next);
		if (o->cards.n > 0)
			continue;
		be_ids_clear(&o->cards);
		be_ids_remove(&l->organisations, o);
	}
}

static enum cb_err
organisation_get(struct be_limit *l, uint64_t tick,
    const uint8_t id[WIRE_ID], struct organisation **out)
{
	void *record = be_ids_find(&l->organisations, id);
	enum cb_err r;

	if (record == NULL) {
		if (l->organisations.n == l->organisations.max)
			drop_idle(l, tick);
		if ((r = be_ids_add(&l->organisations, id, &record)) != CB_OK)
			return r;
		*out = record;
		be_ids_init(&(*out)->cards, sizeof(struct card),
		    l->limits.cards);
	}
	*out = record;
	return CB_OK;
}

/* CB_E_LIMIT: no room; *next is when there will be. */
static enum cb_err
card_get(struct organisation *o, uint64_t tick, const uint8_t id[WIRE_ID],
    struct card **out, uint64_t *next)
{
	void *record = be_ids_find(&o->cards, id);
	enum cb_err r = CB_OK;

	*next = tick;
	if (record == NULL) {
		if (o->cards.n == o->cards.max)
			drop_whole(o, tick, next);
		if ((r = be_ids_add(&o->cards, id, &record)) == CB_OK)
			o->alarmed = false;
	}
	*out = record;
	return r;
}

static enum cb_err
refuse(struct be_limited *how, uint64_t wait_ms, bool alarm)
{
	how->wait_ms = wait_ms > 0 ? wait_ms : 1;
	how->alarm = alarm;
	return CB_E_BUSY;
}

/* Whoever asked it before could have kept the answer: it costs nothing. Only
 * while there are tries left, or else who has none could still find out which
 * passcode was asked. */
static bool
is_known(struct card *c, const uint8_t hash[CR_HASH])
{
	const unsigned n = c->known_n < KNOWN ? c->known_n : KNOWN;

	for (unsigned i = 0; i < n; i++)
		if (cb_ct_equal(CB_SPAN_OF(c->known[i]),
			cb_span(hash, KNOWN_N)))
			return true;
	memcpy(c->known[c->known_n++ % KNOWN], hash, KNOWN_N);
	return false;
}

/* `hash`: of the answer; NULL: there is none that could be known. */
static enum cb_err
take_one(struct be_limit *l, const uint8_t organisation[WIRE_ID],
    const uint8_t card[WIRE_ID], uint64_t tick, const uint8_t *hash,
    struct be_limited *how)
{
	const uint64_t each = l->limits.interval_ms,
		ahead = each * (l->limits.burst - 1);
	struct organisation *o;
	struct card *c;
	uint64_t next;
	bool first;
	enum cb_err r;

	*how = (struct be_limited){ 0, false };
	/* a clock that went back gives nobody a try */
	if (tick < l->last)
		tick = l->last;
	l->last = tick;
	if ((r = organisation_get(l, tick, organisation, &o)) ==
	    CB_E_LIMIT)
		return refuse(how, each, true);
	if (r != CB_OK)
		return r;
	if ((r = card_get(o, tick, card, &c, &next)) == CB_E_LIMIT) {
		first = !o->alarmed;
		o->alarmed = true;
		return refuse(how, next - tick, first);
	}
	if (r != CB_OK)
		return r;
	if (c->whole <= tick) {
		c->whole = tick;
		c->alarmed = false;
	}
	if (c->whole - tick > ahead) {
		first = !c->alarmed;
		c->alarmed = true;
		return refuse(how, c->whole - tick - ahead, first);
	}
	if (hash == NULL || !is_known(c, hash))
		c->whole += each;
	return CB_OK;
}

enum cb_err
be_limit_take(struct be_limit *l, const uint8_t organisation[WIRE_ID],
    const uint8_t card[WIRE_ID], uint64_t tick, struct be_limited *how)
{
	return take_one(l, organisation, card, tick, NULL, how);
}

enum cb_err
be_passcode(struct be_limit *l, const struct be_ring *ring,
    const uint8_t organisation[WIRE_ID], const uint8_t card[WIRE_ID],
    uint64_t tick, const uint8_t scrypt[CR_KEY], uint8_t out[CR_KEY],
    struct be_limited *how)
{
	static const uint8_t none[WIRE_ID];
	struct cb_buf b = CB_BUF_INIT;
	uint8_t hash[CR_HASH];
	enum cb_err r;

	*how = (struct be_limited){ 0, false };
	cb_wipe(out, CR_KEY);
	if (memcmp(card, none, WIRE_ID) == 0)
		return CB_E_ARG;
	(void)((r = cb_buf_add(&b, cb_span_str("cardbridge passcode 1"))) !=
		CB_OK ||
	    (r = cb_buf_add(&b, cb_span(card, WIRE_ID))) != CB_OK ||
	    (r = cb_buf_add(&b, cb_span(scrypt, CR_KEY))) != CB_OK ||
	    (r = cr_hmac_sha256(ring->secret->passcodes, cb_buf_span(&b), out)) !=
		CB_OK ||
	    (r = cr_sha256(cb_span(out, CR_KEY), hash)) != CB_OK ||
	    (r = take_one(l, organisation, card, tick, hash, how)) != CB_OK);
	if (r != CB_OK)
		cb_wipe(out, CR_KEY);
	cb_wipe(hash, sizeof(hash));
	cb_buf_free(&b);
	return r;
}
