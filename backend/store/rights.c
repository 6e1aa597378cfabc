/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The rows that say whether a card may be opened. Which of them are right is
 * the vault's to see: here they are found and copied.
 */
#include <string.h>

#include "backend/store/gather.h"

struct opening {
	struct be_gathering g;
	const struct be_ask_rights *ask;
};

/* ---- a device and its card ----------------------------------------------- */

static enum cb_err
take_device(void *ctx, const struct be_value *columns, size_t n)
{
	struct be_gathering *g = ctx;

	(void)n;
	be_gather_fingerprint(g, columns[3].s);
	return be_gather_keep(g, BE_RIGHT_HOLDER, BE_DEVICE, columns);
}

static enum cb_err
take_member(void *ctx, const struct be_value *columns, size_t n)
{
	(void)n;
	return be_gather_keep(ctx, BE_RIGHT_GROUP, BE_DEVICE_MEMBER, columns);
}

enum { TO_DEVICE = 1, TO_GROUP, TO_ORGANISATION };

/* Does this assignment give the card to the device? CB_E_ABSENT: no. */
static enum cb_err
reaches(struct opening *o, int64_t kind, struct cb_span subject)
{
	const struct be_value member[] = { BE_B(subject),
		BE_ID(o->ask->holder) };

	switch (kind) {
	case TO_DEVICE:
		return cb_span_equal(subject, CB_SPAN_OF(o->ask->holder))
		    ? CB_OK
		    : CB_E_ABSENT;
	case TO_GROUP:
		return be_store_row(o->g.st, BE_DEVICE_MEMBER, o->g.org,
		    member, take_member, &o->g, &o->g.why);
	case TO_ORGANISATION:
		return cb_span_equal(subject, cb_span(o->g.org, WIRE_ID))
		    ? CB_OK
		    : CB_E_ABSENT;
	default:
		return CB_E_ABSENT;
	}
}

struct assignment {
	uint8_t subject[WIRE_ID];
	int64_t kind;
};
#define ASSIGNMENTS 64	/* of a page */

struct assignments {
	struct opening *o;
	size_t n;
	struct assignment all[ASSIGNMENTS];
};

/* Callbacks do not call the store: first they are remembered. */
static enum cb_err
note_assignment(void *ctx, const struct be_value *columns, size_t n)
{
	struct assignments *a = ctx;

	(void)n;
	if (!cb_span_equal(columns[0].s, CB_SPAN_OF(a->o->ask->card)) ||
	    columns[2].s.n != WIRE_ID || be_gather_is_over(&columns[3]))
		return CB_OK;
	a->all[a->n].kind = columns[1].i;
	memcpy(a->all[a->n].subject, columns[2].s.p, WIRE_ID);
	a->n++;
	return CB_OK;
}

static enum cb_err
take_assignment(void *ctx, const struct be_value *columns, size_t n)
{
	(void)n;
	return be_gather_keep(ctx, BE_RIGHT_RIGHT, BE_ASSIGNMENT, columns);
}

static enum cb_err
find_assignment(struct opening *o)
{
	struct be_gathering *g = &o->g;
	static const uint8_t zeros[WIRE_ID];
	struct assignments a = { .o = o };
	/* those to devices may be many: this one's is asked for by name, and
	 * behind them lie those to groups and to the organisation */
	const struct be_value own[] = { BE_ID(o->ask->card), BE_I(TO_DEVICE),
		BE_ID(o->ask->holder) };
	const struct be_value groups[] = { BE_ID(o->ask->card),
		BE_I(TO_GROUP), BE_ID(zeros) };
	enum cb_err r;

	if ((r = be_store_row(g->st, BE_ASSIGNMENT, g->org, own,
		 take_assignment, g, &g->why)) != CB_E_ABSENT)
		return r;
	if ((r = be_store_list(g->st, BE_ASSIGNMENT, g->org, groups,
		 ASSIGNMENTS, note_assignment, &a, &g->why)) != CB_OK)
		return r;
	for (size_t i = 0; i < a.n; i++) {
		const struct be_value key[] = { BE_ID(o->ask->card),
			BE_I(a.all[i].kind), BE_ID(a.all[i].subject) };

		r = reaches(o, a.all[i].kind, CB_SPAN_OF(a.all[i].subject));
		if (r == CB_OK)
			return be_store_row(g->st, BE_ASSIGNMENT, g->org, key,
			    take_assignment, g, &g->why);
		if (r != CB_E_ABSENT)
			return r;
	}
	return CB_E_ABSENT;
}

static enum cb_err
gather_device(struct opening *o)
{
	const struct be_value holder[] = { BE_ID(o->ask->holder) };
	enum cb_err r;

	if ((r = be_store_row(o->g.st, BE_DEVICE, o->g.org, holder,
		 take_device, &o->g, &o->g.why)) != CB_OK ||
	    (r = be_gather_card(&o->g, o->ask->card)) != CB_OK)
		return r;
	return find_assignment(o);
}

enum cb_err
be_rights_gather(struct be_store *st, const uint8_t organisation[WIRE_ID],
    const struct be_ask_rights *ask, struct cb_buf *out)
{
	struct opening o = { .g = { .st = st, .org = organisation,
				 .named = { .ids = { ask->holder, ask->card },
				     .ids_n = ask->is_person ? 1 : 2 } },
		.ask = ask };
	struct be_rights rights;
	enum cb_err r;

	r = ask->is_person
	    ? be_gather_person(&o.g, ask->holder, BE_RIGHT_HOLDER,
		  BE_RIGHT_RIGHT)
	    : gather_device(&o);
	if (r == CB_OK && (r = be_gather_revocations(&o.g)) == CB_OK &&
	    (r = be_gather_rights(&o.g, &rights)) == CB_OK)
		r = be_rights_put(out, &rights);
	if (r == CB_OK)
		r = cb_put_lv32(out, cb_buf_span(&o.g.atr));
	be_gather_clear(&o.g);
	return r;
}
