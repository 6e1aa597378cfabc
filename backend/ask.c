/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See ask.h.
 */
#include <ctype.h>
#include <string.h>

#include "backend/ask.h"
#include "common/hex.h"

/* ---- pieces -------------------------------------------------------------- */

enum cb_err
be_bytes_put(struct cb_buf *b, const uint8_t *p, size_t n)
{
	return cb_buf_add(b, cb_span(p, n));
}

enum cb_err
be_bytes_get(struct cb_span *cur, uint8_t *out, size_t n)
{
	struct cb_span s;
	enum cb_err r;

	if ((r = cb_get_span(cur, n, &s)) == CB_OK)
		memcpy(out, s.p, n);
	return r;
}

bool
be_is_zeros(const uint8_t id[WIRE_ID])
{
	static const uint8_t zeros[WIRE_ID];

	return memcmp(id, zeros, WIRE_ID) == 0;
}

const char *
be_id_text(struct be_id_text *text, const uint8_t id[WIRE_ID])
{
	(void)cb_hex_encode(
	    text->text, sizeof(text->text), cb_span(id, WIRE_ID));
	for (char *p = text->text; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return text->text;
}

enum cb_err
be_flag_get(struct cb_span *cur, bool *out)
{
	struct cb_span rest = *cur;
	uint8_t value;
	enum cb_err r;

	if ((r = cb_get_u8(&rest, &value)) != CB_OK)
		return r;
	if (value > 1)
		return CB_E_FORMAT;
	*out = value == 1;
	*cur = rest;
	return CB_OK;
}

/* ---- bodies -------------------------------------------------------------- */

enum cb_err
be_ask_ids_put(struct cb_buf *b, const uint8_t *const *ids, size_t n)
{
	const size_t before = b->n;
	enum cb_err r = CB_OK;

	for (size_t i = 0; r == CB_OK && i < n; i++)
		r = be_bytes_put(b, ids[i], WIRE_ID);
	return cb_buf_undo(b, before, r);
}

enum cb_err
be_ask_ids_get(struct cb_span body, uint8_t (*ids)[WIRE_ID], size_t n)
{
	enum cb_err r = CB_OK;

	for (size_t i = 0; r == CB_OK && i < n; i++)
		r = be_bytes_get(&body, ids[i], WIRE_ID);
	return r != CB_OK ? r : cb_get_end(&body);
}

enum cb_err
be_ask_hash_get(struct cb_span body, uint8_t out[CR_HASH])
{
	enum cb_err r = be_bytes_get(&body, out, CR_HASH);

	return r != CB_OK ? r : cb_get_end(&body);
}

enum cb_err
be_ask_signed_put(struct cb_buf *b, const struct be_ask_signed *row)
{
	const size_t before = b->n;
	enum cb_err r;

	if ((r = cb_put_lv32(b, row->bytes)) == CB_OK)
		r = cb_put_lv32(b, row->mac);
	return cb_buf_undo(b, before, r);
}

enum cb_err
be_ask_signed_get(struct cb_span *cur, struct be_ask_signed *out)
{
	struct cb_span rest = *cur;
	struct be_ask_signed row;
	enum cb_err r;

	if ((r = cb_get_lv32(&rest, &row.bytes)) != CB_OK ||
	    (r = cb_get_lv32(&rest, &row.mac)) != CB_OK)
		return r;
	*out = row;
	*cur = rest;
	return CB_OK;
}

enum cb_err
be_rights_add(struct be_rights *rights, enum be_right which,
    const struct be_ask_signed *row)
{
	if (rights->n == BE_RIGHTS_MAX)
		return CB_E_LIMIT;
	rights->which[rights->n] = which;
	rights->rows[rights->n++] = *row;
	return CB_OK;
}

enum cb_err
be_rights_put(struct cb_buf *b, const struct be_rights *rights)
{
	const size_t before = b->n;
	enum cb_err r = cb_put_u8(b, (uint8_t)rights->n);

	for (size_t i = 0; r == CB_OK && i < rights->n; i++)
		if ((r = cb_put_u8(b, (uint8_t)rights->which[i])) == CB_OK)
			r = be_ask_signed_put(b, &rights->rows[i]);
	if (r == CB_OK && (r = cb_put_lv32(b, rights->card_key)) == CB_OK)
		r = cb_put_u8(b, rights->take_over);
	return cb_buf_undo(b, before, r);
}

enum cb_err
be_rights_get(struct cb_span *cur, struct be_rights *out)
{
	struct cb_span rest = *cur;
	uint8_t count, which;
	enum cb_err r;

	out->n = 0;
	if ((r = cb_get_u8(&rest, &count)) != CB_OK)
		return r;
	while (out->n < count) {
		if ((r = cb_get_u8(&rest, &which)) != CB_OK ||
		    (r = be_ask_signed_get(&rest, &out->rows[out->n])) !=
			CB_OK)
			return r;
		if (which < BE_RIGHT_HOLDER || which >= BE_RIGHT_END)
			return CB_E_FORMAT;
		out->which[out->n++] = (enum be_right)which;
	}
	if ((r = cb_get_lv32(&rest, &out->card_key)) == CB_OK &&
	    (r = be_flag_get(&rest, &out->take_over)) == CB_OK)
		*cur = rest;
	return r;
}

const char *
be_wrap_kind(uint8_t what)
{
	static const char *const kinds[] = {
		[BE_WRAP_ORGANISATION] = "organisation",
		[BE_WRAP_GRANTS] = "grants",
		[BE_WRAP_PERSONAL] = "personal",
		[BE_WRAP_CARD] = "card",
		[BE_WRAP_RECOVERY] = "recovery",
		[BE_WRAP_UNBLOCK] = "unblock",
	};

	return what < sizeof(kinds) / sizeof(kinds[0]) && kinds[what] != NULL
	    ? kinds[what]
	    : "no";
}

enum cb_err
be_ask_wrap_put(struct cb_buf *b, uint8_t what, struct cb_span wrap)
{
	const size_t before = b->n;
	enum cb_err r;

	if ((r = cb_put_u8(b, what)) == CB_OK)
		r = cb_put_lv32(b, wrap);
	return cb_buf_undo(b, before, r);
}

enum cb_err
be_ask_wrap_get(struct cb_span *cur, uint8_t *what, struct cb_span *wrap)
{
	struct cb_span rest = *cur;
	enum cb_err r;

	if ((r = cb_get_u8(&rest, what)) == CB_OK &&
	    (r = cb_get_lv32(&rest, wrap)) == CB_OK)
		*cur = rest;
	return r;
}
