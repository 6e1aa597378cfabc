/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See fields.h.
 */
#include <string.h>

#include "common/text.h"
#include "wire/chain.h"
#include "wire/fields.h"
#include "wire/word.h"

#define TEXT_MAX 512

enum form { FORM_NONE, FORM_ID, FORM_HASH, FORM_U8, FORM_FLAG, FORM_U32,
	FORM_U64, FORM_WORD, FORM_NAME, FORM_TEXT, FORM_SERIAL, FORM_HEAD,
	FORM_BYTES };

static const struct {
	enum form form;
	const char *name;
} fields[WIRE_D_END] = {
	[WIRE_D_ID] = { FORM_ID, "id" },
	[WIRE_D_ORGANISATION] = { FORM_ID, "organisation" },
	[WIRE_D_CARD] = { FORM_ID, "card" },
	[WIRE_D_DEVICE] = { FORM_ID, "device" },
	[WIRE_D_PERSON] = { FORM_ID, "person" },
	[WIRE_D_SESSION] = { FORM_ID, "session" },
	[WIRE_D_NAME] = { FORM_NAME, "name" },
	[WIRE_D_PROFILE] = { FORM_WORD, "profile" },
	[WIRE_D_STATE] = { FORM_U8, "state" },
	[WIRE_D_CLASS] = { FORM_U8, "class" },
	[WIRE_D_ROLE] = { FORM_U8, "role" },
	[WIRE_D_VERSION] = { FORM_U32, "version" },
	[WIRE_D_CREATED] = { FORM_U64, "created" },
	[WIRE_D_UNTIL] = { FORM_U64, "until" },
	[WIRE_D_BLANK] = { FORM_FLAG, "blank" },
	[WIRE_D_TAKE_OVER] = { FORM_FLAG, "take_over" },
	[WIRE_D_TEST] = { FORM_FLAG, "test" },
	[WIRE_D_FINGERPRINT] = { FORM_HASH, "fingerprint" },
	[WIRE_D_NUMBER] = { FORM_U64, "number" },
	[WIRE_D_VALUE] = { FORM_BYTES, "value" },
	[WIRE_D_KIND] = { FORM_U8, "kind" },
	[WIRE_D_TRIES] = { FORM_U8, "tries" },
	[WIRE_D_TEXT] = { FORM_TEXT, "text" },
	[WIRE_D_PASSCODE] = { FORM_BYTES, NULL },
	[WIRE_D_SO_PASSCODE] = { FORM_BYTES, NULL },
	[WIRE_D_SERIAL] = { FORM_SERIAL, "serial" },
	[WIRE_D_HEAD] = { FORM_HEAD, "head" },
};

/* ---- what a value can be ------------------------------------------------- */

bool
wire_field_is_number(enum wire_desk_field field)
{
	switch (fields[field].form) {
	case FORM_U8:
	case FORM_FLAG:
	case FORM_U32:
	case FORM_U64:
		return true;
	default:
		return false;
	}
}

const char *
wire_field_name(enum wire_desk_field field)
{
	return fields[field].name;
}

static bool
is_hexadecimal(struct cb_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (memchr("0123456789abcdef", s.p[i], 16) == NULL)
			return false;
	return true;
}

static bool
fits(enum form form, struct cb_span s)
{
	switch (form) {
	case FORM_ID:
		return s.n == WIRE_ID;
	case FORM_HASH:
		return s.n == CR_HASH;
	case FORM_WORD:
		return wire_is_word(s);
	case FORM_NAME:
		return s.n >= 1 && s.n <= WIRE_NAME_MAX && cb_is_plain_text(s);
	case FORM_TEXT:
		return s.n <= TEXT_MAX && cb_is_plain_text(s);
	case FORM_SERIAL:
		return s.n >= 1 && s.n <= WIRE_NAME_MAX && is_hexadecimal(s);
	case FORM_HEAD:
		return s.n == WIRE_HEAD_SIGNED;
	case FORM_BYTES:
		return true;
	default:
		return false;
	}
}

/* Bytes of a number; 0: it is none. */
static size_t
width(enum form form)
{
	switch (form) {
	case FORM_U8:
	case FORM_FLAG:
		return 1;
	case FORM_U32:
		return 4;
	case FORM_U64:
		return 8;
	default:
		return 0;
	}
}

/* ---- setting ------------------------------------------------------------- */

void
wire_fields_bytes(
    struct wire_fields *f, enum wire_desk_field field, struct cb_span value)
{
	f->has |= UINT32_C(1) << field;
	f->bytes[field] = value;
}

void
wire_fields_number(
    struct wire_fields *f, enum wire_desk_field field, uint64_t value)
{
	f->has |= UINT32_C(1) << field;
	f->number[field] = value;
}

/* ---- bytes --------------------------------------------------------------- */

static enum cb_err
put_number(struct cb_buf *b, enum form form, uint64_t value)
{
	const size_t n = width(form);
	enum cb_err r;

	if (n < 8 && value >> (8 * n) != 0)
		return CB_E_ARG;
	if (form == FORM_FLAG && value != 1)
		return CB_E_ARG;
	if ((r = cb_put_u16(b, (uint16_t)n)) != CB_OK)
		return r;
	for (size_t i = n; r == CB_OK && i > 0; i--)
		r = cb_put_u8(b, (uint8_t)(value >> (8 * (i - 1))));
	return r;
}

enum cb_err
wire_fields_put(struct cb_buf *b, const struct wire_fields *f)
{
	const size_t before = b->n;
	enum cb_err r = (f->has & 1) == 0 && f->has >> WIRE_D_END == 0
	    ? CB_OK : CB_E_ARG;

	for (int i = 1; r == CB_OK && i < WIRE_D_END; i++) {
		const enum form form = fields[i].form;

		if (!wire_fields_has(f, (enum wire_desk_field)i))
			continue;
		if ((r = cb_put_u8(b, (uint8_t)i)) != CB_OK)
			break;
		if (width(form) > 0)
			r = put_number(b, form, f->number[i]);
		else
			r = fits(form, f->bytes[i])
			    ? cb_put_lv16(b, f->bytes[i]) : CB_E_ARG;
	}
	return cb_buf_undo(b, before, r);
}

static enum cb_err
get_value(enum wire_desk_field field, struct cb_span value,
    struct wire_fields *out)
{
	const enum form form = fields[field].form;
	const size_t n = width(form);
	uint64_t v = 0;

	if (n == 0) {
		if (!fits(form, value))
			return CB_E_FORMAT;
		wire_fields_bytes(out, field, value);
		return CB_OK;
	}
	if (value.n != n)
		return CB_E_FORMAT;
	for (size_t i = 0; i < n; i++)
		v = v << 8 | value.p[i];
	if (form == FORM_FLAG && v != 1)
		return CB_E_FORMAT;
	wire_fields_number(out, field, v);
	return CB_OK;
}

enum cb_err
wire_fields_get(struct cb_span bytes, struct wire_fields *out)
{
	struct wire_fields f = { .has = 0 };
	struct cb_span cur = bytes, value;
	uint8_t number, last = 0;
	enum cb_err r;

	while (cur.n > 0) {
		if ((r = cb_get_u8(&cur, &number)) != CB_OK ||
		    (r = cb_get_lv16(&cur, &value)) != CB_OK)
			return r;
		if (number <= last || number >= WIRE_D_END)
			return CB_E_FORMAT;
		if ((r = get_value((enum wire_desk_field)number, value, &f)) !=
		    CB_OK)
			return r;
		last = number;
	}
	*out = f;
	return CB_OK;
}
