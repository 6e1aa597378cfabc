/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Acts as bytes, see ask_store.h.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/ask_store.h"

/* ---- ACT, written -------------------------------------------------------- */

enum { HAS_CARD = 1, HAS_SESSION = 2, HAS_LEASE = 4, HAS_ANSWER = 8,
	HAS_TOKEN = 16, HAS_FOUNDING = 32, HAS_REQUEST = 64, HAS_MORE = 128 };

static const uint8_t no_request[CR_HASH];

static enum cb_err
put_lease(struct cb_buf *b, const struct be_lease_change *l)
{
	enum cb_err r;

	if ((r = cb_put_u8(b, l->what == BE_RELEASE)) == CB_OK)
		r = cb_put_u8(b, l->take_over);
	return r;
}

static enum cb_err
put_answer(struct cb_buf *b, const struct be_answer *a)
{
	enum cb_err r;

	(void)((r = cb_put_u64(b, a->sequence)) != CB_OK ||
	    (r = cb_buf_add(b, CB_SPAN_OF(a->request))) != CB_OK ||
	    (r = cb_put_u8(b, a->begun)) != CB_OK ||
	    (r = cb_put_lv32(b, a->sealed)) != CB_OK);
	return r;
}

/* How many values a change of a row has: the key, where it is removed. */
static size_t
values_of(const struct be_row_change *c)
{
	size_t keys, columns = be_table_columns(c->table, &keys);

	return c->remove ? keys : columns;
}

static enum cb_err
put_rows(struct cb_buf *b, const struct be_row_change *rows, size_t n)
{
	enum cb_err r = cb_put_u16(b, (uint16_t)n);

	for (size_t i = 0; r == CB_OK && i < n; i++) {
		const struct be_row_change *c = &rows[i];

		if ((r = cb_put_u8(b, (uint8_t)c->table)) == CB_OK &&
		    (r = cb_put_u8(b, c->remove)) == CB_OK)
			r = be_ask_row_put(b, c->values, values_of(c));
	}
	return r;
}

static enum cb_err
put_entries(struct cb_buf *b, const struct cb_span *entries, size_t n)
{
	enum cb_err r = cb_put_u16(b, (uint16_t)n);

	for (size_t i = 0; r == CB_OK && i < n; i++)
		r = cb_put_lv32(b, entries[i]);
	return r;
}

static enum cb_err
put_founding(struct cb_buf *b, const struct be_founding *f)
{
	enum cb_err r;

	if (f->rows_n > UINT16_MAX || f->entries_n > UINT16_MAX)
		return CB_E_LIMIT;
	(void)((r = cb_buf_add(b, CB_SPAN_OF(f->organisation))) != CB_OK ||
	    (r = put_rows(b, f->rows, f->rows_n)) != CB_OK ||
	    (r = put_entries(b, f->entries, f->entries_n)) != CB_OK);
	return r;
}

static enum cb_err
put_head(struct cb_buf *b, const struct be_act *a)
{
	const bool session = a->device != NULL && a->session != NULL;
	const bool request = memcmp(a->request, no_request, CR_HASH) != 0;
	enum cb_err r;

	if ((r = cb_buf_add(b, CB_SPAN_OF(a->id))) != CB_OK ||
	    (r = cb_put_u8(b, (uint8_t)a->kind)) != CB_OK ||
	    (r = cb_put_u64(b, a->now)) != CB_OK ||
	    (r = cb_put_u64(b, a->fence)) != CB_OK ||
	    (r = cb_put_u8(b,
		 (uint8_t)((a->card != NULL ? HAS_CARD : 0) |
		     (session ? HAS_SESSION : 0) |
		     (a->lease != NULL ? HAS_LEASE : 0) |
		     (a->answer != NULL ? HAS_ANSWER : 0) |
		     (a->token != NULL ? HAS_TOKEN : 0) |
		     (a->founding != NULL ? HAS_FOUNDING : 0) |
		     (request ? HAS_REQUEST : 0) |
		     (a->more != 0 ? HAS_MORE : 0)))) != CB_OK)
		return r;
	if ((a->card != NULL &&
		(r = be_bytes_put(b, a->card, WIRE_ID)) != CB_OK) ||
	    (session &&
		((r = be_bytes_put(b, a->device, WIRE_ID)) != CB_OK ||
		    (r = be_bytes_put(b, a->session, WIRE_ID)) != CB_OK)) ||
	    (a->lease != NULL && (r = put_lease(b, a->lease)) != CB_OK) ||
	    (a->answer != NULL && (r = put_answer(b, a->answer)) != CB_OK) ||
	    (a->token != NULL &&
		(r = be_bytes_put(b, a->token, CR_HASH)) != CB_OK) ||
	    (a->founding != NULL &&
		(r = put_founding(b, a->founding)) != CB_OK) ||
	    (request &&
		(r = cb_buf_add(b, CB_SPAN_OF(a->request))) != CB_OK) ||
	    (a->more != 0 && (r = cb_put_u8(b, a->more)) != CB_OK))
		return r;
	return CB_OK;
}

static enum cb_err
put_records(struct cb_buf *b, const struct be_act *a)
{
	enum cb_err r = cb_put_u16(b, (uint16_t)a->records_n);

	for (size_t i = 0; r == CB_OK && i < a->records_n; i++) {
		const struct be_record_change *c = &a->records[i];

		if ((r = cb_put_u8(b, c->remove)) == CB_OK &&
		    (r = cb_put_lv32(b, cb_span_str(c->name))) == CB_OK)
			r = cb_put_lv32(b,
			    c->remove ? CB_SPAN_EMPTY : c->value);
	}
	return r;
}

enum cb_err
be_act_put(struct cb_buf *b, const struct be_act *act)
{
	const size_t before = b->n;
	enum cb_err r;

	if (act->records_n > UINT16_MAX || act->rows_n > UINT16_MAX ||
	    act->entries_n > UINT16_MAX || act->platform_n > UINT16_MAX)
		return CB_E_LIMIT;
	(void)((r = put_head(b, act)) != CB_OK ||
	    (r = put_records(b, act)) != CB_OK ||
	    (r = put_rows(b, act->rows, act->rows_n)) != CB_OK ||
	    (r = put_entries(b, act->entries, act->entries_n)) != CB_OK ||
	    (r = put_entries(b, act->platform, act->platform_n)) != CB_OK);
	return cb_buf_undo(b, before, r);
}

/* ---- ACT, read ----------------------------------------------------------- */

static enum cb_err
get_lease(struct cb_span *cur, struct be_lease_change *l)
{
	bool release;
	enum cb_err r;

	if ((r = be_flag_get(cur, &release)) != CB_OK ||
	    (r = be_flag_get(cur, &l->take_over)) != CB_OK)
		return r;
	l->what = release ? BE_RELEASE : BE_TAKE;
	return CB_OK;
}

static enum cb_err
get_answer(struct cb_span *cur, struct be_answer *a)
{
	enum cb_err r;

	(void)((r = cb_get_u64(cur, &a->sequence)) != CB_OK ||
	    (r = be_bytes_get(cur, a->request, CR_HASH)) != CB_OK ||
	    (r = be_flag_get(cur, &a->begun)) != CB_OK ||
	    (r = cb_get_lv32(cur, &a->sealed)) != CB_OK);
	return r;
}

/* Room for as many as are said to follow. Each takes bytes of the body, so
 * that a lie about their number is found before there is room for it. */
static enum cb_err
get_count(struct cb_span *cur, size_t least, size_t size, uint16_t *n,
    void *array)
{
	void *p;
	enum cb_err r;

	if ((r = cb_get_u16(cur, n)) != CB_OK)
		return r;
	if (*n > cur->n / least)
		return CB_E_SHORT;
	if (*n > 0) {
		if ((p = calloc(*n, size)) == NULL)
			return CB_E_NOMEM;
		memcpy(array, &p, sizeof(p));
	}
	return CB_OK;
}

static enum cb_err
get_rows(struct cb_span *cur, struct be_row_change **rows,
    struct be_value **values, uint16_t *n)
{
	struct be_ask_row row;
	enum cb_err r;

	if ((r = get_count(cur, 3, sizeof(**rows), n, rows)) != CB_OK ||
	    *n == 0)
		return r;
	if ((*values = calloc((size_t)*n * BE_COLUMNS_MAX,
		 sizeof(**values))) == NULL)
		return CB_E_NOMEM;
	for (size_t i = 0; i < *n; i++) {
		struct be_row_change *c = &(*rows)[i];
		struct be_value *v = &(*values)[i * BE_COLUMNS_MAX];

		if ((r = be_table_get(cur, &c->table)) != CB_OK ||
		    (r = be_flag_get(cur, &c->remove)) != CB_OK ||
		    (r = be_ask_row_get(cur, &row)) != CB_OK)
			return r;
		if (row.n != values_of(c))
			return CB_E_FORMAT;
		memcpy(v, row.values, row.n * sizeof(*v));
		c->values = v;
	}
	return CB_OK;
}

static enum cb_err
get_entries(struct cb_span *cur, struct cb_span **entries, uint16_t *n)
{
	enum cb_err r;

	if ((r = get_count(cur, 4, sizeof(**entries), n, entries)) != CB_OK)
		return r;
	for (size_t i = 0; r == CB_OK && i < *n; i++)
		r = cb_get_lv32(cur, &(*entries)[i]);
	return r;
}

static enum cb_err
get_founding(struct cb_span *cur, struct be_act_read *o)
{
	struct be_founding *f = &o->founding;
	uint16_t rows = 0, entries = 0;
	enum cb_err r;

	if ((r = be_bytes_get(cur, f->organisation, WIRE_ID)) != CB_OK ||
	    (r = get_rows(cur, &o->first_rows, &o->first_values, &rows)) !=
		CB_OK ||
	    (r = get_entries(cur, &o->first_entries, &entries)) != CB_OK)
		return r;
	f->rows = o->first_rows;
	f->rows_n = rows;
	f->entries = o->first_entries;
	f->entries_n = entries;
	o->act.founding = f;
	return CB_OK;
}

static enum cb_err
get_optional(struct cb_span *cur, uint8_t flags, struct be_act_read *o)
{
	struct be_act *a = &o->act;
	enum cb_err r;

	if (((flags & HAS_CARD) != 0 &&
		(r = be_bytes_get(cur, o->card, WIRE_ID)) != CB_OK) ||
	    ((flags & HAS_SESSION) != 0 &&
		((r = be_bytes_get(cur, o->device, WIRE_ID)) != CB_OK ||
		    (r = be_bytes_get(cur, o->session, WIRE_ID)) !=
			CB_OK)) ||
	    ((flags & HAS_LEASE) != 0 &&
		(r = get_lease(cur, &o->lease)) != CB_OK) ||
	    ((flags & HAS_ANSWER) != 0 &&
		(r = get_answer(cur, &o->answer)) != CB_OK) ||
	    ((flags & HAS_TOKEN) != 0 &&
		(r = be_bytes_get(cur, o->token, CR_HASH)) != CB_OK) ||
	    ((flags & HAS_FOUNDING) != 0 &&
		(r = get_founding(cur, o)) != CB_OK) ||
	    ((flags & HAS_REQUEST) != 0 &&
		(r = be_bytes_get(cur, a->request, CR_HASH)) != CB_OK) ||
	    ((flags & HAS_MORE) != 0 &&
		(r = cb_get_u8(cur, &a->more)) != CB_OK))
		return r;
	if ((flags & HAS_MORE) != 0 && a->more == 0)
		return CB_E_FORMAT;
	a->card = (flags & HAS_CARD) != 0 ? o->card : NULL;
	a->device = (flags & HAS_SESSION) != 0 ? o->device : NULL;
	a->session = (flags & HAS_SESSION) != 0 ? o->session : NULL;
	a->lease = (flags & HAS_LEASE) != 0 ? &o->lease : NULL;
	a->answer = (flags & HAS_ANSWER) != 0 ? &o->answer : NULL;
	a->token = (flags & HAS_TOKEN) != 0 ? o->token : NULL;
	return CB_OK;
}

static enum cb_err
get_head(struct cb_span *cur, struct be_act_read *o)
{
	uint8_t kind, flags;
	enum cb_err r;

	if ((r = be_bytes_get(cur, o->act.id, WIRE_ID)) != CB_OK ||
	    (r = cb_get_u8(cur, &kind)) != CB_OK ||
	    (r = cb_get_u64(cur, &o->act.now)) != CB_OK ||
	    (r = cb_get_u64(cur, &o->act.fence)) != CB_OK ||
	    (r = cb_get_u8(cur, &flags)) != CB_OK)
		return r;
	if (kind >= BE_ACT_KINDS)
		return CB_E_FORMAT;
	o->act.kind = (enum be_act_kind)kind;
	return get_optional(cur, flags, o);
}

static enum cb_err
get_records(struct cb_span *cur, struct be_act_read *o)
{
	const size_t room = cur->n;
	struct cb_span name;
	uint16_t n;
	char *to;
	enum cb_err r;

	if ((r = get_count(cur, 9, sizeof(*o->records), &n, &o->records)) !=
		CB_OK ||
	    n == 0)
		return r;
	/* each name's length takes more than its end */
	if ((to = o->names = malloc(room)) == NULL)
		return CB_E_NOMEM;
	for (size_t i = 0; i < n; i++) {
		struct be_record_change *c = &o->records[i];

		if ((r = be_flag_get(cur, &c->remove)) != CB_OK ||
		    (r = cb_get_lv32(cur, &name)) != CB_OK ||
		    (r = cb_get_lv32(cur, &c->value)) != CB_OK)
			return r;
		if (memchr(name.p, 0, name.n) != NULL)
			return CB_E_FORMAT;
		c->name = to;
		memcpy(to, name.p, name.n);
		to[name.n] = '\0';
		to += name.n + 1;
	}
	o->act.records = o->records;
	o->act.records_n = n;
	return CB_OK;
}

enum cb_err
be_act_get(struct cb_span body, struct be_act_read *out)
{
	struct be_act *a = &out->act;
	uint16_t rows = 0, entries = 0, platform = 0;
	enum cb_err r;

	*out = (struct be_act_read){ .names = NULL };
	if ((r = get_head(&body, out)) != CB_OK ||
	    (r = get_records(&body, out)) != CB_OK ||
	    (r = get_rows(&body, &out->rows, &out->values, &rows)) != CB_OK ||
	    (r = get_entries(&body, &out->entries, &entries)) != CB_OK ||
	    (r = get_entries(&body, &out->platform, &platform)) != CB_OK)
		return r;
	a->rows = out->rows;
	a->rows_n = rows;
	a->entries = out->entries;
	a->entries_n = entries;
	a->platform = out->platform;
	a->platform_n = platform;
	return cb_get_end(&body);
}

void
be_act_read_free(struct be_act_read *read)
{
	free(read->records);
	free(read->names);
	free(read->rows);
	free(read->values);
	free(read->entries);
	free(read->platform);
	free(read->first_rows);
	free(read->first_values);
	free(read->first_entries);
	*read = (struct be_act_read){ .names = NULL };
}

/* ---- its answer ---------------------------------------------------------- */

void
be_acted_of(struct be_acted *out, const struct be_act *act)
{
	*out = (struct be_acted){ .err = act->err, .unknown = act->unknown,
		.number = act->number, .why = act->why };
	if (act->lease != NULL) {
		out->fence = act->lease->fence;
		out->had = act->lease->had;
		memcpy(out->had_device, act->lease->had_device, WIRE_ID);
		memcpy(out->had_session, act->lease->had_session, WIRE_ID);
	}
}

enum cb_err
be_acted_put(struct cb_buf *b, const struct be_acted *acted)
{
	const size_t before = b->n;
	enum cb_err r;

	(void)((r = cb_put_u16(b, (uint16_t)acted->err)) != CB_OK ||
	    (r = cb_put_u8(b, acted->unknown)) != CB_OK ||
	    (r = cb_put_u64(b, acted->number)) != CB_OK ||
	    (r = cb_put_u64(b, acted->fence)) != CB_OK ||
	    (r = cb_put_u8(b, acted->had)) != CB_OK ||
	    (r = cb_buf_add(b, CB_SPAN_OF(acted->had_device))) != CB_OK ||
	    (r = cb_buf_add(b, CB_SPAN_OF(acted->had_session))) != CB_OK ||
	    (r = cb_put_lv16(b, cb_span_str(acted->why.text))) != CB_OK);
	return cb_buf_undo(b, before, r);
}

enum cb_err
be_acted_get(struct cb_span body, struct be_acted *out)
{
	struct cb_span text;
	uint16_t code;
	enum cb_err r;

	*out = (struct be_acted){ .number = 0 };
	if ((r = cb_get_u16(&body, &code)) != CB_OK ||
	    (r = be_flag_get(&body, &out->unknown)) != CB_OK ||
	    (r = cb_get_u64(&body, &out->number)) != CB_OK ||
	    (r = cb_get_u64(&body, &out->fence)) != CB_OK ||
	    (r = be_flag_get(&body, &out->had)) != CB_OK ||
	    (r = be_bytes_get(&body, out->had_device, WIRE_ID)) != CB_OK ||
	    (r = be_bytes_get(&body, out->had_session, WIRE_ID)) != CB_OK ||
	    (r = cb_get_lv16(&body, &text)) != CB_OK ||
	    (r = cb_get_end(&body)) != CB_OK)
		return r;
	if (code > CB_E_INTERNAL || text.n >= sizeof(out->why.text))
		return CB_E_FORMAT;
	out->err = (enum cb_err)code;
	memcpy(out->why.text, text.p, text.n);
	return CB_OK;
}
