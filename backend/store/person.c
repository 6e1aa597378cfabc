/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Rows about one person. An organisation may have very many people, and every
 * opening and every order asks about one or two of them.
 */
#include "backend/store/internal.h"

static const struct {
	const char *sql; /* columns as be_table_columns() has them */
	size_t columns;
} of_person[BE_TABLES] = {
	[BE_FACTOR] = { "SELECT id, person, kind, state, data, mac FROM factor"
			" INDEXED BY factor_person"
			" WHERE organisation=?1 AND person=?2 ORDER BY id", 6 },
	[BE_ROLE] = { "SELECT person, role, until, mac FROM role"
		      " WHERE organisation=?1 AND person=?2 ORDER BY role", 4 },
};

enum cb_err
be_store_of_person(struct be_store *st, enum be_table table,
    const uint8_t organisation[WIRE_ID], const uint8_t person[WIRE_ID],
    be_row_fn *fn, void *ctx, struct cb_why *why)
{
	struct be_row *row = NULL;
	size_t count;
	enum cb_err r;

	if (table >= BE_TABLES || of_person[table].sql == NULL)
		return CB_E_ARG;
	if ((r = be_ready(st, why)) != CB_OK)
		return r;
	if ((r = BE_QUERY(st->db, of_person[table].sql, &row,
		 BE_ID(organisation), BE_ID(person))) == CB_OK)
		r = be_rows_each(
		    &row, of_person[table].columns, fn, ctx, &count);
	return be_end(st, r, why);
}
