/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See ask_store.h.
 */
#include <string.h>

#include "backend/ask_store.h"

/* ---- rows ---------------------------------------------------------------- */

static enum cb_err
put_value(struct cb_buf *b, const struct be_value *v)
{
	enum cb_err r = cb_put_u8(b, (uint8_t)v->type);

	if (r != CB_OK || v->type == BE_NULL)
		return r;
	return v->type == BE_INT ? cb_put_u64(b, (uint64_t)v->i)
				 : cb_put_lv32(b, v->s);
}

static enum cb_err
get_value(struct cb_span *cur, struct be_value *v)
{
	uint8_t type;
	uint64_t number;
	enum cb_err r;

	*v = BE_NONE;
	if ((r = cb_get_u8(cur, &type)) != CB_OK)
		return r;
	switch (type) {
	case BE_NULL:
		return CB_OK;
	case BE_INT:
		v->type = BE_INT;
		r = cb_get_u64(cur, &number);
		v->i = r == CB_OK ? (int64_t)number : 0;
		return r;
	case BE_TEXT:
		v->type = BE_TEXT;
		return cb_get_lv32(cur, &v->s);
	case BE_BLOB:
		v->type = BE_BLOB;
		return cb_get_lv32(cur, &v->s);
	default:
		return CB_E_FORMAT;
	}
}

enum cb_err
be_ask_row_put(struct cb_buf *b, const struct be_value *values, size_t n)
{
	const size_t before = b->n;
	enum cb_err r;

	if (n > BE_COLUMNS_MAX)
		return CB_E_ARG;
	r = cb_put_u8(b, (uint8_t)n);
	for (size_t i = 0; r == CB_OK && i < n; i++)
		r = put_value(b, &values[i]);
	return cb_buf_undo(b, before, r);
}

enum cb_err
be_ask_row_get(struct cb_span *cur, struct be_ask_row *out)
{
	struct cb_span rest = *cur;
	uint8_t n;
	enum cb_err r;

	if ((r = cb_get_u8(&rest, &n)) != CB_OK)
		return r;
	if (n > BE_COLUMNS_MAX)
		return CB_E_LIMIT;
	for (out->n = 0; out->n < n; out->n++)
		if ((r = get_value(&rest, &out->values[out->n])) != CB_OK)
			return r;
	*cur = rest;
	return CB_OK;
}

enum cb_err
be_table_get(struct cb_span *cur, enum be_table *out)
{
	uint8_t table;
	enum cb_err r;

	if ((r = cb_get_u8(cur, &table)) != CB_OK)
		return r;
	if (table >= BE_TABLES)
		return CB_E_FORMAT;
	*out = (enum be_table)table;
	return CB_OK;
}

enum cb_err
be_ask_rows_put(
    struct cb_buf *b, enum be_ask type, const struct be_ask_rows *rows)
{
	const size_t before = b->n;
	enum cb_err r = cb_put_u8(b, (uint8_t)rows->table);

	if (r == CB_OK && type == BE_ASK_LIST)
		r = cb_put_u16(b, rows->limit);
	if (r == CB_OK)
		r = be_ask_row_put(b, rows->key.values, rows->key.n);
	return cb_buf_undo(b, before, r);
}

enum cb_err
be_ask_rows_get(
    struct cb_span body, enum be_ask type, struct be_ask_rows *out)
{
	size_t keys;
	enum cb_err r;

	*out = (struct be_ask_rows){ .limit = 1 };
	if ((r = be_table_get(&body, &out->table)) != CB_OK ||
	    (type == BE_ASK_LIST &&
		(r = cb_get_u16(&body, &out->limit)) != CB_OK) ||
	    (r = be_ask_row_get(&body, &out->key)) != CB_OK)
		return r;
	(void)be_table_columns(out->table, &keys);
	if (out->key.n != keys && (type != BE_ASK_LIST || out->key.n != 0))
		return CB_E_FORMAT;
	return cb_get_end(&body);
}

/* ---- the others ---------------------------------------------------------- */

enum cb_err
be_ask_rights_put(struct cb_buf *b, const struct be_ask_rights *a)
{
	const size_t before = b->n;
	enum cb_err r;

	(void)((r = cb_buf_add(b, CB_SPAN_OF(a->holder))) != CB_OK ||
	    (r = cb_buf_add(b, CB_SPAN_OF(a->card))) != CB_OK ||
	    (r = cb_put_u8(b, a->is_person)) != CB_OK);
	return cb_buf_undo(b, before, r);
}

enum cb_err
be_ask_rights_get(struct cb_span body, struct be_ask_rights *out)
{
	enum cb_err r;

	if ((r = be_bytes_get(&body, out->holder, WIRE_ID)) != CB_OK ||
	    (r = be_bytes_get(&body, out->card, WIRE_ID)) != CB_OK ||
	    (r = be_flag_get(&body, &out->is_person)) != CB_OK)
		return r;
	return cb_get_end(&body);
}

enum cb_err
be_ask_records_put(struct cb_buf *b, const struct be_ask_records *a)
{
	const size_t before = b->n;
	enum cb_err r;

	if ((r = cb_buf_add(b, CB_SPAN_OF(a->card))) == CB_OK)
		r = cb_put_lv32(b, a->after);
	return cb_buf_undo(b, before, r);
}

enum cb_err
be_ask_records_get(struct cb_span body, struct be_ask_records *out)
{
	enum cb_err r;

	if ((r = be_bytes_get(&body, out->card, WIRE_ID)) != CB_OK ||
	    (r = cb_get_lv32(&body, &out->after)) != CB_OK)
		return r;
	return cb_get_end(&body);
}

enum cb_err
be_records_head_put(struct cb_buf *b, const struct be_records_head *head)
{
	const size_t before = b->n;
	enum cb_err r;

	if ((r = cb_put_u64(b, head->number)) == CB_OK)
		r = cb_put_u8(b, head->more);
	return cb_buf_undo(b, before, r);
}

enum cb_err
be_records_head_get(struct cb_span *cur, struct be_records_head *out)
{
	struct cb_span rest = *cur;
	enum cb_err r;

	if ((r = cb_get_u64(&rest, &out->number)) == CB_OK &&
	    (r = be_flag_get(&rest, &out->more)) == CB_OK)
		*cur = rest;
	return r;
}

enum cb_err
be_ask_record_put(struct cb_buf *b, const struct be_ask_record *record)
{
	const size_t before = b->n;
	enum cb_err r;

	if ((r = cb_put_lv32(b, record->name)) == CB_OK)
		r = cb_put_lv32(b, record->value);
	return cb_buf_undo(b, before, r);
}

enum cb_err
be_ask_record_get(struct cb_span *cur, struct be_ask_record *out)
{
	struct cb_span rest = *cur;
	enum cb_err r;

	if ((r = cb_get_lv32(&rest, &out->name)) == CB_OK &&
	    (r = cb_get_lv32(&rest, &out->value)) == CB_OK)
		*cur = rest;
	return r;
}

enum cb_err
be_ask_outcome_put(struct cb_buf *b, const struct be_ask_outcome *o)
{
	const size_t before = b->n;
	enum cb_err r;

	if ((r = cb_buf_add(b, CB_SPAN_OF(o->act))) == CB_OK)
		r = cb_buf_add(b, CB_SPAN_OF(o->request));
	return cb_buf_undo(b, before, r);
}

enum cb_err
be_ask_outcome_get(struct cb_span body, struct be_ask_outcome *out)
{
	enum cb_err r;

	if ((r = be_bytes_get(&body, out->act, WIRE_ID)) != CB_OK ||
	    (r = be_bytes_get(&body, out->request, CR_HASH)) != CB_OK)
		return r;
	return cb_get_end(&body);
}

enum cb_err
be_ask_answer_put(struct cb_buf *b, const struct be_ask_answer *a)
{
	const size_t before = b->n;
	enum cb_err r;

	(void)((r = cb_buf_add(b, CB_SPAN_OF(a->device))) != CB_OK ||
	    (r = cb_buf_add(b, CB_SPAN_OF(a->session))) != CB_OK ||
	    (r = cb_put_u64(b, a->number)) != CB_OK ||
	    (r = cb_buf_add(b, CB_SPAN_OF(a->request))) != CB_OK ||
	    (r = cb_buf_add(b, CB_SPAN_OF(a->look_up))) != CB_OK);
	return cb_buf_undo(b, before, r);
}

enum cb_err
be_ask_answer_get(struct cb_span body, struct be_ask_answer *out)
{
	enum cb_err r;

	if ((r = be_bytes_get(&body, out->device, WIRE_ID)) != CB_OK ||
	    (r = be_bytes_get(&body, out->session, WIRE_ID)) != CB_OK ||
	    (r = cb_get_u64(&body, &out->number)) != CB_OK ||
	    (r = be_bytes_get(&body, out->request, CR_HASH)) != CB_OK ||
	    (r = be_bytes_get(&body, out->look_up, WIRE_ID)) != CB_OK)
		return r;
	return cb_get_end(&body);
}

enum cb_err
be_answered_put(struct cb_buf *b, const struct be_answered *a)
{
	const size_t before = b->n;
	enum cb_err r;

	if ((r = cb_put_u8(b, (uint8_t)a->found)) == CB_OK)
		r = cb_buf_add(b, a->bytes);
	return cb_buf_undo(b, before, r);
}

enum cb_err
be_answered_get(struct cb_span body, struct be_answered *out)
{
	uint8_t found;
	enum cb_err r;

	if ((r = cb_get_u8(&body, &found)) != CB_OK)
		return r;
	if (found > BE_BEGUN || (found != BE_ANSWER && body.n > 0))
		return CB_E_FORMAT;
	out->found = (enum be_found)found;
	out->bytes = body;
	return CB_OK;
}

static enum cb_err
put_holder(struct cb_buf *b, const struct be_lease *l)
{
	enum cb_err r = cb_buf_add(b, CB_SPAN_OF(l->device));

	return r != CB_OK ? r : cb_buf_add(b, CB_SPAN_OF(l->session));
}

static enum cb_err
get_holder(struct cb_span *cur, struct be_lease *l)
{
	enum cb_err r = be_bytes_get(cur, l->device, WIRE_ID);

	return r != CB_OK ? r : be_bytes_get(cur, l->session, WIRE_ID);
}

enum cb_err
be_ask_lease_put(struct cb_buf *b, const struct be_lease *lease)
{
	const size_t before = b->n;
	enum cb_err r;

	(void)((r = cb_put_u64(b, lease->fence)) != CB_OK ||
	    (r = cb_put_u8(b, lease->held)) != CB_OK ||
	    (r = put_holder(b, lease)) != CB_OK);
	return cb_buf_undo(b, before, r);
}

enum cb_err
be_ask_lease_get(struct cb_span body, struct be_lease *out)
{
	enum cb_err r;

	*out = (struct be_lease){ .fence = 0 };
	if ((r = cb_get_u64(&body, &out->fence)) != CB_OK ||
	    (r = be_flag_get(&body, &out->held)) != CB_OK ||
	    (r = get_holder(&body, out)) != CB_OK)
		return r;
	return cb_get_end(&body);
}

enum cb_err
be_ask_leases_put(struct cb_buf *b, const struct be_lease *lease)
{
	const size_t before = b->n;
	enum cb_err r;

	(void)((r = cb_buf_add(b, CB_SPAN_OF(lease->card))) != CB_OK ||
	    (r = cb_put_u64(b, lease->fence)) != CB_OK ||
	    (r = put_holder(b, lease)) != CB_OK ||
	    (r = cb_put_u64(b, lease->since)) != CB_OK);
	return cb_buf_undo(b, before, r);
}

enum cb_err
be_ask_leases_get(struct cb_span *cur, struct be_lease *out)
{
	struct cb_span rest = *cur;
	enum cb_err r;

	*out = (struct be_lease){ .held = true };
	if ((r = be_bytes_get(&rest, out->card, WIRE_ID)) == CB_OK &&
	    (r = cb_get_u64(&rest, &out->fence)) == CB_OK &&
	    (r = get_holder(&rest, out)) == CB_OK &&
	    (r = cb_get_u64(&rest, &out->since)) == CB_OK)
		*cur = rest;
	return r;
}

enum cb_err
be_ask_orderer_put(struct cb_buf *b, const struct be_ask_orderer *a)
{
	const uint8_t *const ids[] = { a->person, a->second, a->card };

	return be_ask_ids_put(b, ids, 3);
}

enum cb_err
be_ask_orderer_get(struct cb_span body, struct be_ask_orderer *out)
{
	uint8_t ids[3][WIRE_ID];
	enum cb_err r;

	if ((r = be_ask_ids_get(body, ids, 3)) != CB_OK)
		return r;
	memcpy(out->person, ids[0], WIRE_ID);
	memcpy(out->second, ids[1], WIRE_ID);
	memcpy(out->card, ids[2], WIRE_ID);
	return CB_OK;
}

enum cb_err
be_orderer_put(struct cb_buf *b, const struct be_orderer *o)
{
	const size_t before = b->n;
	enum cb_err r;

	if ((r = be_rights_put(b, &o->rights)) == CB_OK)
		r = cb_put_lv32(b, o->unblock);
	return cb_buf_undo(b, before, r);
}

enum cb_err
be_orderer_get(struct cb_span body, struct be_orderer *out)
{
	enum cb_err r;

	if ((r = be_rights_get(&body, &out->rights)) != CB_OK ||
	    (r = cb_get_lv32(&body, &out->unblock)) != CB_OK)
		return r;
	return cb_get_end(&body);
}

enum cb_err
be_ask_books_put(struct cb_buf *b, const struct be_ask_books *a)
{
	const size_t before = b->n;
	enum cb_err r;

	if ((r = cb_put_u64(b, a->first)) == CB_OK)
		r = cb_put_u16(b, a->most);
	return cb_buf_undo(b, before, r);
}

enum cb_err
be_ask_books_get(struct cb_span body, struct be_ask_books *out)
{
	enum cb_err r;

	if ((r = cb_get_u64(&body, &out->first)) != CB_OK ||
	    (r = cb_get_u16(&body, &out->most)) != CB_OK)
		return r;
	return cb_get_end(&body);
}

enum cb_err
be_ask_entry_put(struct cb_buf *b, const struct be_ask_entry *entry)
{
	const size_t before = b->n;
	enum cb_err r;

	(void)((r = cb_put_u64(b, entry->number)) != CB_OK ||
	    (r = cb_put_lv32(b, entry->bytes)) != CB_OK ||
	    (r = cb_buf_add(b, CB_SPAN_OF(entry->hash))) != CB_OK ||
	    (r = cb_put_lv32(b, entry->head)) != CB_OK);
	return cb_buf_undo(b, before, r);
}

enum cb_err
be_ask_entry_get(struct cb_span *cur, struct be_ask_entry *out)
{
	struct cb_span rest = *cur;
	enum cb_err r;

	if ((r = cb_get_u64(&rest, &out->number)) == CB_OK &&
	    (r = cb_get_lv32(&rest, &out->bytes)) == CB_OK &&
	    (r = be_bytes_get(&rest, out->hash, CR_HASH)) == CB_OK &&
	    (r = cb_get_lv32(&rest, &out->head)) == CB_OK)
		*cur = rest;
	return r;
}
