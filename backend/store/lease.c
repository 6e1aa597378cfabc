/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Leases: which session uses a card. The fencing number grows whenever that
 * changes, so that a session of before changes nothing, however late its acts
 * come.
 */
#include <string.h>

#include "backend/store/internal.h"

#define COLUMNS \
	"SELECT c.organisation, c.id, coalesce(l.fence, 0), l.device," \
	" l.session, l.node, coalesce(l.since, 0)," \
	" c.state, c.take_over FROM card c"

static void
copy_id(const struct be_row *row, int column, uint8_t out[WIRE_ID])
{
	const struct cb_span s = be_row_blob(row, column);

	memset(out, 0, WIRE_ID);
	if (s.n == WIRE_ID)
		memcpy(out, s.p, WIRE_ID);
}

static void
read_lease(const struct be_row *row, struct be_lease *out)
{
	copy_id(row, 0, out->organisation);
	copy_id(row, 1, out->card);
	out->fence = (uint64_t)be_row_int(row, 2);
	out->held = be_row_blob(row, 3).n == WIRE_ID;
	copy_id(row, 3, out->device);
	copy_id(row, 4, out->session);
	copy_id(row, 5, out->node);
	out->since = (uint64_t)be_row_int(row, 6);
}

struct card {
	struct be_lease lease;
	bool in_use, take_over;	/* the card's state and setting */
};

static enum cb_err
find(struct be_store *st, const uint8_t card[WIRE_ID], struct card *out)
{
	struct be_row *row = NULL;
	enum cb_err r;

	*out = (struct card){ .in_use = false };
	if ((r = BE_QUERY(st->db,
		 COLUMNS " LEFT JOIN lease l ON l.card=c.id WHERE c.id=?1",
		 &row, BE_ID(card))) == CB_OK &&
	    (r = be_row_next(row)) == CB_OK) {
		read_lease(row, &out->lease);
		out->in_use = be_row_int(row, 7) == 1;
		out->take_over = be_row_int(row, 8) == 1;
	}
	be_row_end(&row);
	return r;
}

static bool
same(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, WIRE_ID) == 0;
}

/* ---- in an act ----------------------------------------------------------- */

static bool
is_holders(const struct be_lease *l, const struct be_act *act)
{
	return l->held && act->device != NULL && act->session != NULL &&
	    same(l->device, act->device) && same(l->session, act->session);
}

static enum cb_err
check_holder(
    const struct card *c, const struct be_act *act, struct cb_why *why)
{
	if (c->lease.fence == act->fence && is_holders(&c->lease, act))
		return CB_OK;
	cb_why_set(why, "the card is another session's by now");
	return CB_E_BUSY;
}

enum cb_err
be_lease_fence(
    struct be_store *st, const struct be_act *act, struct cb_why *why)
{
	struct card c;
	enum cb_err r = find(st, act->card, &c);

	if (r == CB_OK && !same(c.lease.organisation, act->organisation))
		r = CB_E_ABSENT;
	if (r == CB_E_ABSENT)
		cb_why_set(why, "the organisation has no such card");
	if (r != CB_OK)
		return r;
	/* it is given back, but does nothing any more */
	if (!c.in_use) {
		cb_why_set(why, "the card is suspended or terminated");
		return CB_E_DENIED;
	}
	return check_holder(&c, act, why);
}

enum cb_err
be_lease_apart(
    struct be_store *st, const struct be_act *act, struct cb_why *why)
{
	struct card c;
	enum cb_err r;

	if ((r = find(st, act->card, &c)) != CB_OK)
		return r;
	if (c.lease.fence == act->fence && is_holders(&c.lease, act))
		return CB_OK;
	if (c.lease.fence != act->fence || c.lease.held) {
		cb_why_set(why, c.lease.held
			? "a session uses the card"
			: "the card was changed meanwhile");
		return CB_E_BUSY;
	}
	if (c.lease.fence >= INT64_MAX)
		return CB_E_LIMIT;
	return BE_RUN(st->db,
	    "INSERT INTO lease VALUES(?1, ?2, NULL, NULL, NULL, ?3)"
	    " ON CONFLICT(card) DO UPDATE SET fence=excluded.fence",
	    NULL, BE_ID(act->card), BE_I((int64_t)c.lease.fence + 1),
	    BE_I((int64_t)act->now));
}

static enum cb_err
put(struct be_store *st, const struct be_act *act, bool held)
{
	const struct be_lease_change *c = act->lease;

	return BE_RUN(st->db,
	    "INSERT INTO lease VALUES(?1, ?2, ?3, ?4, ?5, ?6)"
	    " ON CONFLICT(card) DO UPDATE SET fence=excluded.fence,"
	    " device=excluded.device, session=excluded.session,"
	    " node=excluded.node, since=excluded.since",
	    NULL, BE_ID(act->card), BE_I((int64_t)c->fence),
	    held ? BE_ID(act->device) : BE_NONE,
	    held ? BE_ID(act->session) : BE_NONE,
	    held ? BE_ID(c->node) : BE_NONE, BE_I((int64_t)act->now));
}

static enum cb_err
take(struct be_store *st, struct be_act *act, const struct card *c,
    struct cb_why *why)
{
	struct be_lease_change *l = act->lease;

	l->had = c->lease.held;
	memcpy(l->had_device, c->lease.device, WIRE_ID);
	memcpy(l->had_session, c->lease.session, WIRE_ID);
	if (!c->in_use) {
		cb_why_set(why, "the card is suspended or terminated");
		return CB_E_DENIED;
	}
	if (c->lease.held && !same(c->lease.device, act->device) &&
	    !(l->take_over && c->take_over)) {
		cb_why_set(why, "another device uses the card");
		return CB_E_BUSY;
	}
	if (c->lease.fence >= INT64_MAX)
		return CB_E_LIMIT;
	l->fence = c->lease.fence + 1;
	return put(st, act, true);
}

enum cb_err
be_lease_change(struct be_store *st, struct be_act *act, struct cb_why *why)
{
	struct be_lease_change *l = act->lease;
	struct card c;
	enum cb_err r;

	l->had = false;
	l->fence = 0;
	if ((r = find(st, act->card, &c)) != CB_OK)
		return r;
	if (l->what == BE_TAKE)
		return take(st, act, &c, why);
	if ((r = check_holder(&c, act, why)) != CB_OK)
		return r;
	l->fence = c.lease.fence + 1;
	return put(st, act, false);
}

/* ---- by themselves ------------------------------------------------------- */

enum cb_err
be_store_lease(struct be_store *st, const uint8_t card[WIRE_ID],
    struct be_lease *out, struct cb_why *why)
{
	struct card c;
	enum cb_err r;

	*out = (struct be_lease){ .fence = 0 };
	if ((r = be_ready(st, why)) != CB_OK)
		return r;
	if ((r = find(st, card, &c)) == CB_OK)
		*out = c.lease;
	return be_end(st, r, why);
}

enum cb_err
be_store_session(struct be_store *st, const uint8_t organisation[WIRE_ID],
    const uint8_t device[WIRE_ID], const uint8_t session[WIRE_ID],
    struct be_lease *out, struct cb_why *why)
{
	struct be_row *row = NULL;
	enum cb_err r;

	*out = (struct be_lease){ .fence = 0 };
	if ((r = be_ready(st, why)) != CB_OK)
		return r;
	if ((r = BE_QUERY(st->db,
		 COLUMNS " JOIN lease l ON l.card=c.id WHERE l.session=?1"
		 " AND l.device=?2 AND c.organisation=?3",
		 &row, BE_ID(session), BE_ID(device),
		 BE_ID(organisation))) == CB_OK &&
	    (r = be_row_next(row)) == CB_OK)
		read_lease(row, out);
	be_row_end(&row);
	return be_end(st, r, why);
}

enum cb_err
be_store_sessions(struct be_store *st, const uint8_t organisation[WIRE_ID],
    const uint8_t *after, size_t limit, be_lease_fn *fn, void *ctx,
    struct cb_why *why)
{
	const struct be_value v[] = {
		BE_ID(organisation),
		after != NULL ? BE_ID(after) : BE_B(CB_SPAN_EMPTY),
		BE_I((int64_t)limit),
	};
	struct be_row *row = NULL;
	struct be_lease l;
	enum cb_err r;

	if (limit > BE_PAGE_MAX)
		return CB_E_ARG;
	if ((r = be_ready(st, why)) != CB_OK)
		return r;
	r = be_sql_query(st->db,
	    COLUMNS " JOIN lease l ON l.card=c.id"
	    " WHERE l.device IS NOT NULL AND c.organisation=?1 AND c.id>?2"
	    " ORDER BY c.id LIMIT ?3",
	    v, 3, &row);
	while (r == CB_OK && (r = be_row_next(row)) == CB_OK) {
		read_lease(row, &l);
		r = fn(ctx, &l);
	}
	be_row_end(&row);
	return r == CB_E_ABSENT ? CB_OK : be_end(st, r, why);
}
