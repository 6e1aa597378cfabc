/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Revocations that could matter to somebody: an organisation may have very
 * many, and every opening and every look at rights asks.
 */
#include "backend/store/internal.h"

#define COLUMNS 4

/* What is not named is NULL, which equals nothing. */
static struct be_value
fingerprint(const struct be_named *named, size_t i)
{
	return i < named->fingerprints_n ? BE_HASH(named->fingerprints[i])
					 : BE_NONE;
}

static struct be_value
id(const struct be_named *named, size_t i)
{
	return i < named->ids_n ? BE_ID(named->ids[i]) : BE_NONE;
}

enum cb_err
be_store_revocations(struct be_store *st, const uint8_t organisation[WIRE_ID],
    const struct be_named *named, be_row_fn *fn, void *ctx,
    struct cb_why *why)
{
	struct be_row *row = NULL;
	size_t count;
	enum cb_err r;

	if ((r = be_ready(st, why)) != CB_OK)
		return r;
	/* each part by an index of its own, which SQLite does not choose by
	 * itself: it would rather read all of the organisation, in order */
	r = BE_QUERY(st->db,
	    "SELECT fingerprint, subject, since, mac FROM revocation"
	    " WHERE organisation=?1 AND fingerprint IN (?2, ?3, ?4)"
	    " UNION SELECT fingerprint, subject, since, mac FROM revocation"
	    " INDEXED BY revocation_subject"
	    " WHERE organisation=?1 AND subject IN (?5, ?6, ?7)",
	    &row, BE_ID(organisation), fingerprint(named, 0),
	    fingerprint(named, 1), fingerprint(named, 2), id(named, 0),
	    id(named, 1), id(named, 2));
	if (r == CB_OK)
		r = be_rows_each(&row, COLUMNS, fn, ctx, &count);
	return be_end(st, r, why);
}
