/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The rows that vouch for who orders something, for the second signer and for
 * the card that it is about; with the policies of the organisation.
 */
#include <string.h>

#include "backend/store/gather.h"

static bool
is_named(const uint8_t id[WIRE_ID])
{
	static const uint8_t nobody[WIRE_ID];

	return memcmp(id, nobody, WIRE_ID) != 0;
}

static enum cb_err
take_policy(struct be_gathering *g, void *ctx, const struct be_value *columns)
{
	(void)ctx;
	return be_gather_keep(g, BE_RIGHT_POLICY, BE_POLICY, columns);
}

struct finding {
	const uint8_t *card;
	struct cb_buf wrap;
};

static enum cb_err
take_unblock(void *ctx, const struct be_value *columns, size_t n)
{
	struct finding *f = ctx;

	(void)n;
	return cb_span_equal(columns[0].s, cb_span(f->card, WIRE_ID)) &&
		cb_span_equal(columns[1].s, cb_span_str("unblock"))
	    ? cb_buf_set(&f->wrap, columns[4].s)
	    : CB_OK;
}

/* A card that is to be made has no rows yet, and few have an unblock secret. */
static enum cb_err
gather_card(struct be_gathering *g, struct finding *f)
{
	const struct be_value before[] = { BE_ID(f->card),
		BE_T(cb_span_str("unblock")), BE_I(0) };
	enum cb_err r;

	if ((r = be_gather_card(g, f->card)) != CB_OK)
		return r == CB_E_ABSENT ? CB_OK : r;
	return be_store_list(g->st, BE_WRAP, g->org, before, 1, take_unblock,
	    f, &g->why);
}

static enum cb_err
gather(struct be_gathering *g, const struct be_ask_orderer *ask,
    struct finding *f)
{
	enum cb_err r;

	g->named.ids[g->named.ids_n++] = ask->person;
	if ((r = be_gather_person(g, ask->person, BE_RIGHT_HOLDER,
		 BE_RIGHT_RIGHT)) != CB_OK)
		return r;
	if (is_named(ask->second)) {
		g->named.ids[g->named.ids_n++] = ask->second;
		if ((r = be_gather_person(g, ask->second,
			 BE_RIGHT_SECOND_FACTOR, BE_RIGHT_SECOND_ROLE)) !=
		    CB_OK)
			return r;
	}
	if (is_named(ask->card)) {
		g->named.ids[g->named.ids_n++] = ask->card;
		if ((r = gather_card(g, f)) != CB_OK)
			return r;
	}
	if ((r = be_gather_each(
		 g, BE_POLICY, g->org, take_policy, NULL)) != CB_OK)
		return r;
	return be_gather_revocations(g);
}

enum cb_err
be_orderer_gather(struct be_store *st, const uint8_t organisation[WIRE_ID],
    const struct be_ask_orderer *ask, struct cb_buf *out)
{
	struct be_gathering g = { .st = st, .org = organisation };
	struct finding f = { ask->card, CB_BUF_INIT };
	struct be_orderer answer;
	enum cb_err r;

	if ((r = gather(&g, ask, &f)) == CB_OK &&
	    (r = be_gather_rights(&g, &answer.rights)) == CB_OK) {
		answer.unblock = cb_buf_span(&f.wrap);
		r = be_orderer_put(out, &answer);
	}
	be_gather_clear(&g);
	cb_buf_free(&f.wrap);
	return r;
}
