/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Fields: what is said about a thing (a card, a device, an act), each by its
 * number, in one way to write it. PROTOCOL.md, "Acts of people", has the table.
 */
#ifndef WIRE_FIELDS_H
#define WIRE_FIELDS_H

#include "wire/wire.h"

#define WIRE_NAME_MAX 64	/* bytes of a name */

enum wire_desk_field {	/* in the bytes */
	WIRE_D_ID = 1,
	WIRE_D_ORGANISATION,
	WIRE_D_CARD,
	WIRE_D_DEVICE,
	WIRE_D_PERSON,
	WIRE_D_SESSION,
	WIRE_D_NAME,
	WIRE_D_PROFILE,
	WIRE_D_STATE,
	WIRE_D_CLASS,
	WIRE_D_ROLE,
	WIRE_D_VERSION,
	WIRE_D_CREATED,
	WIRE_D_UNTIL,
	WIRE_D_BLANK,
	WIRE_D_TAKE_OVER,
	WIRE_D_TEST,
	WIRE_D_FINGERPRINT,
	WIRE_D_NUMBER,
	WIRE_D_VALUE,
	WIRE_D_KIND,
	WIRE_D_TRIES,
	WIRE_D_TEXT,
	WIRE_D_PASSCODE,
	WIRE_D_SO_PASSCODE,
	WIRE_D_SERIAL,
	WIRE_D_HEAD,
	WIRE_D_END
};

/* By field: a number or bytes (borrowed); `has`: bit n for field n. */
struct wire_fields {
	uint32_t has;
	uint64_t number[WIRE_D_END];
	struct cb_span bytes[WIRE_D_END];
};
static inline bool
wire_fields_has(const struct wire_fields *f, enum wire_desk_field field)
{
	return (f->has & UINT32_C(1) << field) != 0;
}
void wire_fields_bytes(struct wire_fields *f, enum wire_desk_field field,
    struct cb_span value);
void wire_fields_number(
    struct wire_fields *f, enum wire_desk_field field, uint64_t value);
/* Numbers or bytes? */
bool wire_field_is_number(enum wire_desk_field field);
/* As JSON has it; NULL: it is in no JSON. */
const char *wire_field_name(enum wire_desk_field field);

/* Appends all that are there. CB_E_ARG: one is not of its kind. */
CB_MUST_USE enum cb_err wire_fields_put(
    struct cb_buf *b, const struct wire_fields *f);
/* The whole span. CB_E_FORMAT, CB_E_SHORT: not as they must be written. */
CB_MUST_USE enum cb_err wire_fields_get(
    struct cb_span bytes, struct wire_fields *out);

#endif
