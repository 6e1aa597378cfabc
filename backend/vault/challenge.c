/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See challenge.h.
 */
#include <string.h>

#include "backend/vault/challenge.h"
#include "common/ct.h"

struct challenge {
	uint8_t session[WIRE_ID];
	uint8_t card[WIRE_ID];
	uint8_t value[WIRE_CHALLENGE];
	uint64_t made;
};

struct organisation {
	uint8_t id[WIRE_ID];
	struct be_ids open;
};

void
be_challenges_init(struct be_challenges *c, size_t organisations, size_t each)
{
	be_ids_init(&c->organisations, sizeof(struct organisation),
	    organisations);
	c->each = each;
}

void
be_challenges_clear(struct be_challenges *c)
{
	struct organisation *o;

	for (size_t i = 0; i < c->organisations.n; i++) {
		o = be_ids_at(&c->organisations, i);
		be_ids_clear(&o->open);
	}
	be_ids_clear(&c->organisations);
}

static bool
is_over(const struct challenge *ch, uint64_t tick)
{
	return tick < ch->made || tick - ch->made >= BE_CHALLENGE_MS;
}

static void
drop_over(struct organisation *o, uint64_t tick)
{
	struct challenge *ch;

	for (size_t i = o->open.n; i-- > 0;) {
		ch = be_ids_at(&o->open, i);
		if (is_over(ch, tick))
			be_ids_remove(&o->open, ch);
	}
}

/* Where none is over, the oldest goes: who floods an organisation with offers
 * has to do so faster than its bridges answer. */
static void
make_room(struct organisation *o, uint64_t tick)
{
	struct challenge *ch, *oldest = NULL;

	drop_over(o, tick);
	if (o->open.n < o->open.max)
		return;
	for (size_t i = 0; i < o->open.n; i++) {
		ch = be_ids_at(&o->open, i);
		if (oldest == NULL || ch->made < oldest->made)
			oldest = ch;
	}
	if (oldest != NULL)
		be_ids_remove(&o->open, oldest);
}

/* Organisations of which nothing is open any more. */
static void
drop_idle(struct be_challenges *c, uint64_t tick)
{
	struct organisation *o;

	for (size_t i = c->organisations.n; i-- > 0;) {
		o = be_ids_at(&c->organisations, i);
		drop_over(o, tick);
		if (o->open.n > 0)
			continue;
		be_ids_clear(&o->open);
		be_ids_remove(&c->organisations, o);
	}
}

static enum cb_err
organisation_get(struct be_challenges *c, uint64_t tick,
    const uint8_t id[WIRE_ID], struct organisation **out)
{
	void *record = be_ids_find(&c->organisations, id);
	enum cb_err r;

	if (record == NULL) {
		if (c->organisations.n == c->organisations.max)
			drop_idle(c, tick);
		if ((r = be_ids_add(&c->organisations, id, &record)) != CB_OK)
			return r;
		*out = record;
		be_ids_init(&(*out)->open, sizeof(struct challenge), c->each);
	}
	*out = record;
	return CB_OK;
}

enum cb_err
be_challenge_new(struct be_challenges *c, uint64_t tick,
    const uint8_t organisation[WIRE_ID], const uint8_t card[WIRE_ID],
    const uint8_t session[WIRE_ID], uint8_t out[WIRE_CHALLENGE])
{
	struct organisation *o;
	struct challenge *ch;
	void *record;
	enum cb_err r;

	if ((r = cr_random(out, WIRE_CHALLENGE)) != CB_OK ||
	    (r = organisation_get(c, tick, organisation, &o)) != CB_OK)
		return r;
	if (be_ids_find(&o->open, session) != NULL)
		return CB_E_BUSY;
	if (o->open.n == o->open.max)
		make_room(o, tick);
	if ((r = be_ids_add(&o->open, session, &record)) != CB_OK)
		return r;
	ch = record;
	memcpy(ch->card, card, WIRE_ID);
	memcpy(ch->value, out, WIRE_CHALLENGE);
	ch->made = tick;
	return CB_OK;
}

enum cb_err
be_challenge_use(struct be_challenges *c, uint64_t tick,
    const uint8_t organisation[WIRE_ID], const uint8_t card[WIRE_ID],
    const uint8_t session[WIRE_ID], const uint8_t challenge[WIRE_CHALLENGE])
{
	struct organisation *o = be_ids_find(&c->organisations, organisation);
	struct challenge *found;
	struct challenge ch;

	if (o == NULL || (found = be_ids_find(&o->open, session)) == NULL)
		return CB_E_ABSENT;
	ch = *found;
	be_ids_remove(&o->open, found);
	if (is_over(&ch, tick))
		return CB_E_TIMEOUT;
	if (memcmp(ch.card, card, WIRE_ID) != 0 ||
	    !cb_ct_equal(CB_SPAN_OF(ch.value),
		cb_span(challenge, WIRE_CHALLENGE)))
		return CB_E_DENIED;
	return CB_OK;
}
