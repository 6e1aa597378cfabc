/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Whether rows fit those that are there: what they name is there, or is not,
 * and what people call organisations by is one of them.
 */
#include <string.h>

#include "backend/store/internal.h"
#include "common/hex.h"

#define TO_DEVICE 1	/* PROTOCOL.md, "Rows that grant": kinds of subjects */
#define TO_GROUP 2
#define STATE_IN_USE 1	/* of a device or a factor */

/* CB_E_ABSENT: the query has no row. */
static enum cb_err
any(struct be_store *st, const char *query, const uint8_t *organisation,
    struct be_value v)
{
	struct be_row *row = NULL;
	enum cb_err r;

	if ((r = BE_QUERY(st->db, query, &row, BE_ID(organisation), v)) ==
	    CB_OK)
		r = be_row_next(row);
	be_row_end(&row);
	return r;
}

/* A token makes a device or a person, and never another of one, of whatever
 * organisation; nor one with a card's id, since the revocation of that would be
 * the card's as well. */
static enum cb_err
token_fits(struct be_store *st, const struct be_act *act,
    const struct be_value *columns, struct cb_why *why)
{
	const enum cb_err r = any(st,
	    "SELECT 1 FROM device WHERE id=?2 UNION ALL"
	    " SELECT 1 FROM card WHERE id=?2 UNION ALL"
	    " SELECT 1 FROM factor INDEXED BY factor_person WHERE"
	    " organisation IN (SELECT id FROM organisation) AND person=?2"
	    " UNION ALL SELECT 1 FROM token INDEXED BY token_subject"
	    " WHERE subject=?2",
	    act->organisation, columns[2]);

	if (r != CB_OK)
		return r == CB_E_ABSENT ? CB_OK : r;
	cb_why_set(why, "whom the token is for is there already");
	return CB_E_DENIED;
}

static bool
is_like_id(struct cb_span name)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	size_t n = 0;

	while (n < name.n && name.p[n] != '\0' &&
	    strchr(digits, name.p[n]) != NULL)
		n++;
	return n == name.n && n == 2 * (size_t)WIRE_ID;
}

/* By name or by id, and by one word the backend itself: each means one. */
static enum cb_err
name_fits(struct be_store *st, const struct be_value *columns,
    struct cb_why *why)
{
	const struct cb_span name = columns[2].s;
	enum cb_err r;

	if (columns[0].s.n != WIRE_ID || name.n == 0)
		return CB_OK;
	if (cb_span_equal(name, cb_span_str("platform")) ||
	    is_like_id(name)) {
		cb_why_set(why, "an organisation is not called as an id or "
		    "the platform is; take another name");
		return CB_E_DENIED;
	}
	if ((r = any(st, "SELECT 1 FROM organisation"
		 " WHERE id<>?1 AND setting=?2", columns[0].s.p,
		 columns[2])) != CB_OK)
		return r == CB_E_ABSENT ? CB_OK : r;
	cb_why_set(why, "there is another organisation of this name; take "
	    "another one");
	return CB_E_DENIED;
}

/* What is ended is what is there. A revocation counts for whom it names and for
 * whoever has its certificate: without this, whose right is to revoke devices
 * could end administrators, as a device of their id or with their certificate;
 * and who approves reads whose certificate it is. */
static enum cb_err
ended_fits(struct be_store *st, const struct be_act *act,
    const struct be_row_change *c, struct cb_why *why)
{
	const struct be_value *v = c->values;
	const bool is_device = c->table == BE_DEVICE;
	struct be_row *row = NULL;
	enum cb_err r;

	if (v[is_device ? 2 : 3].i == STATE_IN_USE)
		return CB_OK;
	r = is_device
	    ? BE_QUERY(st->db,
		  "SELECT 1 FROM device WHERE organisation=?1 AND id=?2"
		  " AND class=?3 AND fingerprint=?4 AND until=?5",
		  &row, BE_ID(act->organisation), v[0], v[1], v[3], v[4])
	    : BE_QUERY(st->db,
		  "SELECT 1 FROM factor WHERE organisation=?1 AND id=?2"
		  " AND person=?3 AND kind=?4 AND data=?5",
		  &row, BE_ID(act->organisation), v[0], v[1], v[2], v[4]);
	if (r == CB_OK)
		r = be_row_next(row);
	be_row_end(&row);
	if (r == CB_E_ABSENT)
		cb_why_set(why, "there is no such %s with this certificate",
		    is_device ? "device" : "person");
	return r;
}

enum cb_err
be_row_fits(struct be_store *st, const struct be_act *act,
    const struct be_row_change *c, struct cb_why *why)
{
	if (c->remove)
		return CB_OK;
	switch (c->table) {
	case BE_TOKEN:
		return token_fits(st, act, c->values, why);
	case BE_DEVICE:
	case BE_FACTOR:
		return ended_fits(st, act, c, why);
	case BE_ORGANISATION:
		return name_fits(st, c->values, why);
	default:
		return CB_OK;
	}
}

/* ---- behind all of them -------------------------------------------------- */

/* A device is there, or waits for its token to be used. */
static enum cb_err
assignment_fits(struct be_store *st, const struct be_act *act,
    const struct be_value *columns, struct cb_why *why)
{
	struct cb_buf id = CB_BUF_INIT;
	enum cb_err r = CB_OK;

	if (columns[1].i == TO_DEVICE)
		r = any(st,
		    "SELECT 1 FROM device WHERE organisation=?1 AND id=?2"
		    " AND state=1 UNION ALL"
		    " SELECT 1 FROM token INDEXED BY token_subject"
		    " WHERE organisation=?1 AND subject=?2"
		    " AND purpose='device' AND used IS NULL",
		    act->organisation, columns[2]);
	else if (columns[1].i == TO_GROUP)
		r = any(st, "SELECT 1 FROM device_group"
		    " WHERE organisation=?1 AND id=?2",
		    act->organisation, columns[2]);
	if (r != CB_E_ABSENT)
		return r;
	if ((r = cb_hex_put(&id, columns[2].s)) != CB_OK)
		return r;
	cb_why_set(why, "the organisation has no %s %.*s, or it is revoked; "
	    "cardbridge admin device list shows those that it has",
	    columns[1].i == TO_GROUP ? "group of devices" : "device",
	    (int)id.n, (const char *)id.p);
	cb_buf_free(&id);
	return CB_E_ABSENT;
}

enum cb_err
be_rows_fit(struct be_store *st, struct be_act *act)
{
	enum cb_err r = CB_OK;

	for (size_t i = 0; r == CB_OK && i < act->rows_n; i++)
		if (act->rows[i].table == BE_ASSIGNMENT &&
		    !act->rows[i].remove)
			r = assignment_fits(
			    st, act, act->rows[i].values, &act->why);
	return r;
}
