/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See grant.h.
 */
#include <string.h>

#include "wire/grant.h"
#include "wire/word.h"

enum form { FORM_ID, FORM_HASH, FORM_U8, FORM_U32, FORM_U64, FORM_WORD,
	FORM_BYTES };

static const enum form forms[WIRE_G_END] = {
	[WIRE_G_ID] = FORM_ID,
	[WIRE_G_CARD] = FORM_ID,
	[WIRE_G_DEVICE] = FORM_ID,
	[WIRE_G_PERSON] = FORM_ID,
	[WIRE_G_SUBJECT] = FORM_ID,
	[WIRE_G_GROUP] = FORM_ID,
	[WIRE_G_KIND] = FORM_U8,
	[WIRE_G_CLASS] = FORM_U8,
	[WIRE_G_STATE] = FORM_U8,
	[WIRE_G_ROLE] = FORM_U32,
	[WIRE_G_VERSION] = FORM_U32,
	[WIRE_G_UNTIL] = FORM_U64,
	[WIRE_G_SINCE] = FORM_U64,
	[WIRE_G_FINGERPRINT] = FORM_HASH,
	[WIRE_G_NAME] = FORM_WORD,
	[WIRE_G_VALUE] = FORM_BYTES,
};

#define HAS(field) (1u << (field))

static const uint32_t types[WIRE_GRANT_TYPES] = {
	[WIRE_GRANT_DEVICE] = HAS(WIRE_G_DEVICE) | HAS(WIRE_G_CLASS) |
	    HAS(WIRE_G_STATE) | HAS(WIRE_G_UNTIL) | HAS(WIRE_G_FINGERPRINT),
	[WIRE_GRANT_MEMBER] = HAS(WIRE_G_DEVICE) | HAS(WIRE_G_GROUP),
	[WIRE_GRANT_ASSIGNMENT] = HAS(WIRE_G_CARD) | HAS(WIRE_G_SUBJECT) |
	    HAS(WIRE_G_KIND) | HAS(WIRE_G_UNTIL),
	[WIRE_GRANT_ROLE] = HAS(WIRE_G_PERSON) | HAS(WIRE_G_ROLE) |
	    HAS(WIRE_G_UNTIL),
	[WIRE_GRANT_POLICY] = HAS(WIRE_G_NAME) | HAS(WIRE_G_VALUE),
	[WIRE_GRANT_NETWORK] = HAS(WIRE_G_ID) | HAS(WIRE_G_VALUE),
	[WIRE_GRANT_REVOCATION] = HAS(WIRE_G_SUBJECT) | HAS(WIRE_G_SINCE) |
	    HAS(WIRE_G_FINGERPRINT),
	[WIRE_GRANT_CARD] = HAS(WIRE_G_CARD) | HAS(WIRE_G_STATE) |
	    HAS(WIRE_G_VERSION),
	[WIRE_GRANT_TOKEN] = HAS(WIRE_G_SUBJECT) | HAS(WIRE_G_CLASS) |
	    HAS(WIRE_G_UNTIL) | HAS(WIRE_G_FINGERPRINT) | HAS(WIRE_G_NAME),
	[WIRE_GRANT_FACTOR] = HAS(WIRE_G_ID) | HAS(WIRE_G_PERSON) |
	    HAS(WIRE_G_STATE) | HAS(WIRE_G_NAME) | HAS(WIRE_G_VALUE),
};

static bool
is_type(enum wire_grant_type type)
{
	return (int)type > 0 && (int)type < WIRE_GRANT_TYPES;
}

/* ---- one field ----------------------------------------------------------- */

static enum cb_err
put_fixed(struct cb_buf *b, struct cb_span s, size_t n)
{
	return s.n == n ? cb_buf_add(b, s) : CB_E_ARG;
}

static enum cb_err
put_field(struct cb_buf *b, enum form form, uint64_t v, struct cb_span s)
{
	switch (form) {
	case FORM_ID:
		return put_fixed(b, s, WIRE_ID);
	case FORM_HASH:
		return put_fixed(b, s, CR_HASH);
	case FORM_U8:
		return v > UINT8_MAX ? CB_E_ARG : cb_put_u8(b, (uint8_t)v);
	case FORM_U32:
		return v > UINT32_MAX ? CB_E_ARG : cb_put_u32(b, (uint32_t)v);
	case FORM_U64:
		return cb_put_u64(b, v);
	case FORM_WORD:
		return wire_is_word(s) ? cb_put_lv16(b, s) : CB_E_ARG;
	case FORM_BYTES:
		return s.n <= WIRE_GRANT_BYTES_MAX ? cb_put_lv16(b, s)
						 : CB_E_ARG;
	}
	return CB_E_INTERNAL;
}

static enum cb_err
get_field(struct cb_span *cur, enum form form, uint64_t *v, struct cb_span *s)
{
	uint8_t u8 = 0;
	uint32_t u32 = 0;
	enum cb_err r = CB_E_INTERNAL;

	switch (form) {
	case FORM_ID:
		return cb_get_span(cur, WIRE_ID, s);
	case FORM_HASH:
		return cb_get_span(cur, CR_HASH, s);
	case FORM_U8:
		r = cb_get_u8(cur, &u8);
		*v = u8;
		return r;
	case FORM_U32:
		r = cb_get_u32(cur, &u32);
		*v = u32;
		return r;
	case FORM_U64:
		return cb_get_u64(cur, v);
	case FORM_WORD:
		if ((r = cb_get_lv16(cur, s)) == CB_OK && !wire_is_word(*s))
			r = CB_E_FORMAT;
		return r;
	case FORM_BYTES:
		if ((r = cb_get_lv16(cur, s)) == CB_OK &&
		    s->n > WIRE_GRANT_BYTES_MAX)
			r = CB_E_FORMAT;
		return r;
	}
	return r;
}

/* ---- a row --------------------------------------------------------------- */

enum cb_err
wire_grant_put(struct cb_buf *b, const struct wire_grant *g)
{
	const size_t before = b->n;
	enum cb_err r;

	if (!is_type(g->type))
		return CB_E_ARG;
	if ((r = cb_put_u8(b, (uint8_t)g->type)) == CB_OK)
		r = cb_buf_add(b, CB_SPAN_OF(g->organisation));
	for (unsigned f = 1; f < WIRE_G_END && r == CB_OK; f++) {
		if ((types[g->type] & HAS(f)) == 0)
			continue;
		if ((r = cb_put_u8(b, (uint8_t)f)) == CB_OK)
			r = put_field(b, forms[f], g->number[f], g->bytes[f]);
	}
	if (r != CB_OK && cb_buf_truncate(b, before) != CB_OK)
		r = CB_E_INTERNAL;
	return r;
}

enum cb_err
wire_grant_get(struct cb_span bytes, struct wire_grant *out)
{
	struct wire_grant g = { .type = WIRE_GRANT_TYPES };
	struct cb_span cur = bytes, organisation;
	uint8_t type, field;
	enum cb_err r;

	if ((r = cb_get_u8(&cur, &type)) != CB_OK)
		return r;
	g.type = (enum wire_grant_type)type;
	if (!is_type(g.type))
		return CB_E_FORMAT;
	if ((r = cb_get_span(&cur, WIRE_ID, &organisation)) != CB_OK)
		return r;
	memcpy(g.organisation, organisation.p, WIRE_ID);
	for (unsigned f = 1; f < WIRE_G_END; f++) {
		if ((types[g.type] & HAS(f)) == 0)
			continue;
		if ((r = cb_get_u8(&cur, &field)) != CB_OK)
			return r;
		if (field != f)
			return CB_E_FORMAT;
		if ((r = get_field(&cur, forms[f], &g.number[f],
			 &g.bytes[f])) != CB_OK)
			return r;
	}
	if ((r = cb_get_end(&cur)) == CB_OK)
		*out = g;
	return r;
}
