/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Rows that grant: which column is which field of what the vault MACs. A
 * column that is in no row here (a label) may be changed by who writes to the
 * database; any other is seen when the vault checks the row.
 */
#include <string.h>

#include "backend/store/store.h"

#define COLUMNS 10
#define MAC WIRE_G_END

static const struct {
	enum wire_grant_type type;
	uint8_t fields[COLUMNS];	/* 0: not MACed */
} kinds[BE_TABLES] = {
	[BE_CARD] = { WIRE_GRANT_CARD,
	    { WIRE_G_CARD, WIRE_G_STATE, 0, 0, 0, 0, 0, 0, WIRE_G_VERSION,
	      MAC } },
	[BE_DEVICE] = { WIRE_GRANT_DEVICE,
	    { WIRE_G_DEVICE, WIRE_G_CLASS, WIRE_G_STATE, WIRE_G_FINGERPRINT,
	      WIRE_G_UNTIL, 0, MAC } },
	[BE_DEVICE_MEMBER] = { WIRE_GRANT_MEMBER,
	    { WIRE_G_GROUP, WIRE_G_DEVICE, MAC } },
	[BE_ASSIGNMENT] = { WIRE_GRANT_ASSIGNMENT,
	    { WIRE_G_CARD, WIRE_G_KIND, WIRE_G_SUBJECT, WIRE_G_UNTIL, MAC } },
	[BE_FACTOR] = { WIRE_GRANT_FACTOR,
	    { WIRE_G_ID, WIRE_G_PERSON, WIRE_G_NAME, WIRE_G_STATE,
	      WIRE_G_VALUE, MAC } },
	[BE_ROLE] = { WIRE_GRANT_ROLE,
	    { WIRE_G_PERSON, WIRE_G_ROLE, WIRE_G_UNTIL, MAC } },
	[BE_POLICY] = { WIRE_GRANT_POLICY,
	    { WIRE_G_NAME, WIRE_G_VALUE, MAC } },
	[BE_NETWORK] = { WIRE_GRANT_NETWORK,
	    { WIRE_G_ID, WIRE_G_VALUE, MAC } },
	[BE_REVOCATION] = { WIRE_GRANT_REVOCATION,
	    { WIRE_G_FINGERPRINT, WIRE_G_SUBJECT, WIRE_G_SINCE, MAC } },
	[BE_TOKEN] = { WIRE_GRANT_TOKEN,
	    { WIRE_G_FINGERPRINT, WIRE_G_NAME, WIRE_G_SUBJECT, WIRE_G_CLASS,
	      WIRE_G_UNTIL, MAC } },
};

enum cb_err
be_row_grant(enum be_table table, const uint8_t organisation[WIRE_ID],
    const struct be_value *columns, struct wire_grant *out,
    struct cb_span *mac)
{
	*out = (struct wire_grant){ .type = WIRE_GRANT_TYPES };
	*mac = CB_SPAN_EMPTY;
	if (table >= BE_TABLES || kinds[table].type == 0)
		return CB_E_ARG;
	for (size_t i = 0; i < COLUMNS; i++) {
		const uint8_t field = kinds[table].fields[i];
		const struct be_value *v = &columns[i];

		if (field == 0)
			continue;
		if (v->type == BE_NULL || (v->type == BE_INT && v->i < 0))
			return CB_E_FORMAT;
		if (field == MAC)
			*mac = v->s;
		else if (v->type == BE_INT)
			out->number[field] = (uint64_t)v->i;
		else
			out->bytes[field] = v->s;
	}
	out->type = kinds[table].type;
	memcpy(out->organisation, organisation, WIRE_ID);
	return CB_OK;
}

static bool
is_number(uint8_t field)
{
	return field >= WIRE_G_KIND && field <= WIRE_G_SINCE;
}

enum cb_err
be_grant_row(const struct wire_grant *grant, struct cb_span mac,
    enum be_table *table, struct be_value *columns)
{
	size_t t = 0;

	while (t < BE_TABLES &&
	    (kinds[t].type == 0 || kinds[t].type != grant->type))
		t++;
	if (t == BE_TABLES)
		return CB_E_ARG;
	*table = (enum be_table)t;
	for (size_t i = 0; i < COLUMNS; i++) {
		const uint8_t field = kinds[t].fields[i];

		if (field == 0)
			continue;
		if (field == MAC)
			columns[i] = BE_B(mac);
		else if (is_number(field))
			columns[i] = BE_I((int64_t)grant->number[field]);
		else if (field == WIRE_G_NAME)
			columns[i] = BE_T(grant->bytes[field]);
		else
			columns[i] = BE_B(grant->bytes[field]);
	}
	return CB_OK;
}
