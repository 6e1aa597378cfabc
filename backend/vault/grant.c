/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See grant.h.
 */
#include <string.h>

#include "backend/vault/grant.h"
#include "common/ct.h"

#define FORMAT 1
#define HMAC_SHA256 1

enum form { FORM_ID, FORM_HASH, FORM_U8, FORM_U32, FORM_U64, FORM_WORD,
	FORM_BYTES };

static const enum form forms[BE_F_END] = {
	[BE_F_ID] = FORM_ID,
	[BE_F_CARD] = FORM_ID,
	[BE_F_DEVICE] = FORM_ID,
	[BE_F_PERSON] = FORM_ID,
	[BE_F_SUBJECT] = FORM_ID,
	[BE_F_GROUP] = FORM_ID,
	[BE_F_KIND] = FORM_U8,
	[BE_F_CLASS] = FORM_U8,
	[BE_F_STATE] = FORM_U8,
	[BE_F_ROLE] = FORM_U32,
	[BE_F_VERSION] = FORM_U32,
	[BE_F_UNTIL] = FORM_U64,
	[BE_F_SINCE] = FORM_U64,
	[BE_F_FINGERPRINT] = FORM_HASH,
	[BE_F_NAME] = FORM_WORD,
	[BE_F_VALUE] = FORM_BYTES,
};

#define HAS(field) (1u << (field))

static const uint32_t types[BE_GRANT_TYPES] = {
	[BE_GRANT_DEVICE] = HAS(BE_F_DEVICE) | HAS(BE_F_CLASS) |
	    HAS(BE_F_STATE) | HAS(BE_F_UNTIL) | HAS(BE_F_FINGERPRINT),
	[BE_GRANT_MEMBER] = HAS(BE_F_DEVICE) | HAS(BE_F_GROUP),
	[BE_GRANT_ASSIGNMENT] = HAS(BE_F_CARD) | HAS(BE_F_SUBJECT) |
	    HAS(BE_F_KIND) | HAS(BE_F_UNTIL),
	[BE_GRANT_ROLE] = HAS(BE_F_PERSON) | HAS(BE_F_ROLE) |
	    HAS(BE_F_UNTIL),
	[BE_GRANT_POLICY] = HAS(BE_F_NAME) | HAS(BE_F_VALUE),
	[BE_GRANT_NETWORK] = HAS(BE_F_ID) | HAS(BE_F_VALUE),
	[BE_GRANT_REVOCATION] = HAS(BE_F_SUBJECT) | HAS(BE_F_SINCE) |
	    HAS(BE_F_FINGERPRINT),
	[BE_GRANT_CARD] = HAS(BE_F_CARD) | HAS(BE_F_STATE) |
	    HAS(BE_F_VERSION),
	[BE_GRANT_TOKEN] = HAS(BE_F_SUBJECT) | HAS(BE_F_CLASS) |
	    HAS(BE_F_UNTIL) | HAS(BE_F_FINGERPRINT) | HAS(BE_F_NAME),
	[BE_GRANT_FACTOR] = HAS(BE_F_ID) | HAS(BE_F_PERSON) |
	    HAS(BE_F_STATE) | HAS(BE_F_NAME) | HAS(BE_F_VALUE),
};

static bool
is_type(enum be_grant_type type)
{
	return (int)type > 0 && (int)type < BE_GRANT_TYPES;
}

/* ---- one field ----------------------------------------------------------- */

static bool
is_word(struct cb_span s)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "0123456789-./";

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\0' || strchr(letters, s.p[i]) == NULL)
			return false;
	return s.n > 0 && s.n <= BE_GRANT_WORD_MAX;
}

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
		return is_word(s) ? cb_put_lv16(b, s) : CB_E_ARG;
	case FORM_BYTES:
		return s.n <= BE_GRANT_BYTES_MAX ? cb_put_lv16(b, s)
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
		if ((r = cb_get_lv16(cur, s)) == CB_OK && !is_word(*s))
			r = CB_E_FORMAT;
		return r;
	case FORM_BYTES:
		if ((r = cb_get_lv16(cur, s)) == CB_OK &&
		    s->n > BE_GRANT_BYTES_MAX)
			r = CB_E_FORMAT;
		return r;
	}
	return r;
}

/* ---- a row --------------------------------------------------------------- */

enum cb_err
be_grant_put(struct cb_buf *b, const struct be_grant *g)
{
	const size_t before = b->n;
	enum cb_err r;

	if (!is_type(g->type))
		return CB_E_ARG;
	if ((r = cb_put_u8(b, (uint8_t)g->type)) == CB_OK)
		r = cb_buf_add(b, CB_SPAN_OF(g->organisation));
	for (unsigned f = 1; f < BE_F_END && r == CB_OK; f++) {
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
be_grant_get(struct cb_span bytes, struct be_grant *out)
{
	struct be_grant g = { .type = BE_GRANT_TYPES };
	struct cb_span cur = bytes, organisation;
	uint8_t type, field;
	enum cb_err r;

	if ((r = cb_get_u8(&cur, &type)) != CB_OK)
		return r;
	g.type = (enum be_grant_type)type;
	if (!is_type(g.type))
		return CB_E_FORMAT;
	if ((r = cb_get_span(&cur, WIRE_ID, &organisation)) != CB_OK)
		return r;
	memcpy(g.organisation, organisation.p, WIRE_ID);
	for (unsigned f = 1; f < BE_F_END; f++) {
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

/* ---- its MAC ------------------------------------------------------------- */

static enum cb_err
mac_of(const struct be_org *org, struct cb_span bytes, uint8_t out[CR_HASH])
{
	struct cb_buf b = CB_BUF_INIT;
	enum cb_err r;

	(void)((r = cb_buf_add(&b, cb_span_str("cardbridge grant 1"))) !=
		CB_OK ||
	    (r = cb_put_u8(&b, HMAC_SHA256)) != CB_OK ||
	    (r = cb_put_u32(&b, org->grants_version)) != CB_OK ||
	    (r = be_self_put(&b, &org->self)) != CB_OK ||
	    (r = cb_buf_add(&b, bytes)) != CB_OK ||
	    (r = cr_hmac_sha256(org->grants, cb_buf_span(&b), out)) != CB_OK);
	cb_buf_free(&b);
	return r;
}

static enum cb_err
get_of(struct cb_span bytes, const struct be_org *org, struct be_grant *out)
{
	struct be_grant g;
	enum cb_err r;

	if ((r = be_grant_get(bytes, &g)) != CB_OK)
		return r;
	if (memcmp(g.organisation, org->id, WIRE_ID) != 0)
		return CB_E_DENIED;
	*out = g;
	return CB_OK;
}

enum cb_err
be_grant_sign(struct cb_buf *mac, const struct be_org *org,
    struct cb_span bytes)
{
	struct cb_buf whole = CB_BUF_INIT;
	uint8_t value[CR_HASH];
	struct be_grant g;
	enum cb_err r;

	(void)((r = get_of(bytes, org, &g)) != CB_OK ||
	    (r = mac_of(org, bytes, value)) != CB_OK ||
	    (r = cb_put_u8(&whole, FORMAT)) != CB_OK ||
	    (r = cb_put_u8(&whole, HMAC_SHA256)) != CB_OK ||
	    (r = cb_put_u32(&whole, org->grants_version)) != CB_OK ||
	    (r = cb_buf_add(&whole, CB_SPAN_OF(value))) != CB_OK ||
	    (r = cb_buf_add(mac, cb_buf_span(&whole))) != CB_OK);
	cb_buf_free(&whole);
	return r;
}

enum cb_err
be_grant_check(const struct be_signed *row, const struct be_org *org,
    struct be_grant *out)
{
	struct cb_span cur = row->mac;
	uint8_t format, algorithm, value[CR_HASH];
	uint32_t version;
	enum cb_err r;

	if (row->mac.n != BE_GRANT_MAC ||
	    cb_get_u8(&cur, &format) != CB_OK ||
	    cb_get_u8(&cur, &algorithm) != CB_OK ||
	    cb_get_u32(&cur, &version) != CB_OK || format != FORMAT ||
	    algorithm != HMAC_SHA256)
		return CB_E_CRYPTO;
	if (version != org->grants_version)
		return CB_E_ABSENT;
	if ((r = mac_of(org, row->bytes, value)) != CB_OK)
		return r;
	if (!cb_ct_equal(cur, CB_SPAN_OF(value)))
		return CB_E_CRYPTO;
	return get_of(row->bytes, org, out);
}
