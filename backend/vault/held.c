/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See held.h.
 */
#include <string.h>

#include "backend/vault/held.h"

struct organisation {
	uint8_t id[WIRE_ID];
	struct be_ids sessions;	/* of struct be_held */
};

void
be_helds_init(struct be_helds *all, size_t organisations)
{
	be_ids_init(&all->organisations, sizeof(struct organisation),
	    organisations);
}

static bool
is_stale(const struct be_held *h, uint64_t tick)
{
	return tick - h->checked >= h->ms;
}

struct be_held *
be_held_find(const struct be_helds *all, const uint8_t organisation[WIRE_ID],
    uint64_t tick, const uint8_t session[WIRE_ID])
{
	const struct organisation *o =
	    be_ids_find(&all->organisations, organisation);
	struct be_held *h =
	    o != NULL ? be_ids_find(&o->sessions, session) : NULL;

	return h != NULL && is_stale(h, tick) ? NULL : h;
}

/* One of which nothing is held has no place. */
static void
tidy(struct be_helds *all, struct organisation *o)
{
	if (o->sessions.n > 0)
		return;
	be_ids_clear(&o->sessions);
	be_ids_remove(&all->organisations, o);
}

static enum cb_err
organisation_get(struct be_helds *all, const uint8_t id[WIRE_ID],
    struct organisation **out)
{
	void *record = be_ids_find(&all->organisations, id);
	enum cb_err r;

	*out = record;
	if (record != NULL)
		return CB_OK;
	if ((r = be_ids_add(&all->organisations, id, &record)) != CB_OK)
		return r;
	*out = record;
	be_ids_init(&(*out)->sessions, sizeof(struct be_held), BE_HELD_MAX);
	return CB_OK;
}

enum cb_err
be_held_add(struct be_helds *all, const uint8_t organisation[WIRE_ID],
    const struct be_held *like)
{
	struct organisation *o;
	void *h;
	enum cb_err r;

	if ((r = organisation_get(all, organisation, &o)) != CB_OK)
		return r;
	h = be_ids_find(&o->sessions, like->session);
	if (h == NULL &&
	    (r = be_ids_add(&o->sessions, like->session, &h)) != CB_OK) {
		tidy(all, o);
		return r;
	}
	memcpy(h, like, sizeof(*like));
	return CB_OK;
}

void
be_held_drop(struct be_helds *all, const uint8_t organisation[WIRE_ID],
    const uint8_t *session)
{
	struct organisation *o =
	    be_ids_find(&all->organisations, organisation);
	struct be_held *h;

	if (o == NULL)
		return;
	if (session == NULL)
		while (o->sessions.n > 0)
			be_ids_remove(&o->sessions,
			    be_ids_at(&o->sessions, o->sessions.n - 1));
	else if ((h = be_ids_find(&o->sessions, session)) != NULL)
		be_ids_remove(&o->sessions, h);
	tidy(all, o);
}

void
be_held_drop_stale(struct be_helds *all, uint64_t tick)
{
	struct organisation *o;
	struct be_held *h;

	for (size_t i = all->organisations.n; i-- > 0;) {
		o = be_ids_at(&all->organisations, i);
		for (size_t k = o->sessions.n; k-- > 0;) {
			h = be_ids_at(&o->sessions, k);
			if (is_stale(h, tick))
				be_ids_remove(&o->sessions, h);
		}
		tidy(all, o);
	}
}

bool
be_held_none(const struct be_helds *all)
{
	return all->organisations.n == 0;
}

void
be_helds_clear(struct be_helds *all)
{
	const struct organisation *o;

	while (all->organisations.n > 0) {
		o = be_ids_at(&all->organisations, all->organisations.n - 1);
		be_held_drop(all, o->id, NULL);
	}
	be_ids_clear(&all->organisations);
}
