/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Entries as bytes and as words.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/hex.h"
#include "wire/entry_types.h"
#include "wire/word.h"

#define FORMAT 1
void
wire_entry_init(
    struct wire_entry *e, enum wire_entry_type type, uint64_t time)
{
	*e = (struct wire_entry){ .type = (uint16_t)type, .time = time };
}

void
wire_entry_set(
    struct wire_entry *e, enum wire_field field, struct cb_span bytes)
{
	e->has |= UINT32_C(1) << field;
	e->bytes[field] = bytes;
}

void
wire_entry_set_number(
    struct wire_entry *e, enum wire_field field, uint64_t number)
{
	e->has |= UINT32_C(1) << field;
	e->number[field] = number;
}

bool
wire_entry_has(const struct wire_entry *e, enum wire_field field)
{
	return (e->has & UINT32_C(1) << field) != 0;
}

/* ---- values -------------------------------------------------------------- */

/* How many bytes a value has, and whether it is a number. */
static const struct {
	size_t least, most;
	bool number;
} sizes[] = {
	[WIRE_V_ID] = { WIRE_ID, WIRE_ID, false },
	[WIRE_V_HASH] = { CR_HASH, CR_HASH, false },
	[WIRE_V_DIGEST] = { 16, WIRE_DIGEST_MAX, false },
	[WIRE_V_WORD] = { 1, WIRE_WORD_MAX, false },
	[WIRE_V_U8] = { 1, 1, true },
	[WIRE_V_U32] = { 4, 4, true },
	[WIRE_V_U64] = { 8, 8, true },
	[WIRE_V_OUTCOME] = { 1, 1, true },
};

/* What a value of the right length must be besides. */
static bool
is_value(enum wire_value value, struct cb_span bytes, uint64_t number)
{
	if (value == WIRE_V_WORD)
		return wire_is_word(bytes);
	return value != WIRE_V_OUTCOME || wire_outcome_name(number) != NULL;
}

/* Of this type from and to are times; of others they are entries. */
static bool
is_time(const struct wire_entry *e, unsigned field)
{
	return e->type == WIRE_CLOCK_STEP &&
	    (field == WIRE_F_FROM || field == WIRE_F_TO);
}

static bool
fields_fit(const struct wire_entry *e, const struct wire_entry_kind *kind)
{
	if ((e->has & kind->must) != kind->must ||
	    (e->has & ~(kind->must | kind->may)) != 0)
		return false;
	for (unsigned f = 1; f < WIRE_F_END; f++)
		if (is_time(e, f) && e->number[f] >= WIRE_TIME_END)
			return false;
	return true;
}

static enum cb_err
put_field(struct cb_buf *b, unsigned field, const struct wire_entry *e)
{
	const enum wire_value value = wire_field_type(field)->value;
	const uint64_t number = e->number[field];
	struct cb_span bytes = e->bytes[field];
	uint8_t raw[8];
	enum cb_err r;

	if (sizes[value].number) {
		for (size_t i = 0; i < sizeof(raw); i++)
			raw[i] = (uint8_t)(number >> (56 - 8 * i));
		bytes = cb_span_tail(
		    CB_SPAN_OF(raw), sizeof(raw) - sizes[value].most);
		if (sizes[value].most < sizeof(raw) &&
		    number >> 8 * sizes[value].most != 0)
			return CB_E_ARG;
	}
	if (bytes.n < sizes[value].least || bytes.n > sizes[value].most ||
	    !is_value(value, bytes, number))
		return CB_E_ARG;
	if ((r = cb_put_u8(b, (uint8_t)field)) == CB_OK)
		r = cb_put_lv16(b, bytes);
	return r;
}

static enum cb_err
get_field(struct cb_span *cur, struct wire_entry *e, uint8_t *last)
{
	const struct wire_field_type *type;
	struct cb_span bytes;
	uint64_t number = 0;
	uint8_t field;
	enum cb_err r;

	if ((r = cb_get_u8(cur, &field)) != CB_OK ||
	    (r = cb_get_lv16(cur, &bytes)) != CB_OK)
		return r;
	if (field <= *last || (type = wire_field_type(field)) == NULL ||
	    bytes.n < sizes[type->value].least ||
	    bytes.n > sizes[type->value].most)
		return CB_E_FORMAT;
	if (sizes[type->value].number)
		for (size_t i = 0; i < bytes.n; i++)
			number = number << 8 | bytes.p[i];
	if (!is_value(type->value, bytes, number))
		return CB_E_FORMAT;
	if (sizes[type->value].number)
		wire_entry_set_number(e, (enum wire_field)field, number);
	else
		wire_entry_set(e, (enum wire_field)field, bytes);
	*last = field;
	return CB_OK;
}

/* ---- entries ------------------------------------------------------------- */

static enum cb_err
put_entry(struct cb_buf *b, const struct wire_entry *e)
{
	const size_t before = b->n;
	enum cb_err r;

	(void)((r = cb_put_u8(b, FORMAT)) != CB_OK ||
	    (r = cb_put_u16(b, e->type)) != CB_OK ||
	    (r = cb_put_u64(b, e->time)) != CB_OK);
	for (unsigned f = 1; r == CB_OK && f < WIRE_F_END; f++)
		if (wire_entry_has(e, (enum wire_field)f))
			r = put_field(b, f, e);
	if (r == CB_OK && b->n - before > WIRE_ENTRY_MAX)
		r = CB_E_LIMIT;
	return r;
}

enum cb_err
wire_entry_put(struct cb_buf *b, const struct wire_entry *entry)
{
	const struct wire_entry_kind *kind = wire_entry_kind(entry->type);
	const size_t before = b->n;
	enum cb_err r;

	if (kind == NULL || !fields_fit(entry, kind) ||
	    entry->time >= WIRE_TIME_END)
		return CB_E_ARG;
	if ((r = put_entry(b, entry)) != CB_OK &&
	    cb_buf_truncate(b, before) != CB_OK)
		r = CB_E_INTERNAL;
	return r;
}

enum cb_err
wire_entry_get(struct cb_span bytes, struct wire_entry *out)
{
	struct cb_span cur = bytes;
	struct wire_entry e = { 0 };
	const struct wire_entry_kind *kind;
	uint8_t format, last = 0;
	enum cb_err r;

	*out = e;
	if (bytes.n > WIRE_ENTRY_MAX)
		return CB_E_LIMIT;
	if ((r = cb_get_u8(&cur, &format)) != CB_OK ||
	    (r = cb_get_u16(&cur, &e.type)) != CB_OK ||
	    (r = cb_get_u64(&cur, &e.time)) != CB_OK)
		return r;
	if (format != FORMAT || e.time >= WIRE_TIME_END || e.type == 0)
		return CB_E_FORMAT;
	if ((kind = wire_entry_kind(e.type)) == NULL) {
		*out = e;
		return CB_E_LIMIT;
	}
	while (cur.n > 0)
		if ((r = get_field(&cur, &e, &last)) != CB_OK)
			return r;
	if (!fields_fit(&e, kind))
		return CB_E_FORMAT;
	*out = e;
	return CB_OK;
}

/* ---- words --------------------------------------------------------------- */

static enum cb_err
put_number(struct cb_buf *b, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	return cb_buf_add(b, cb_span_str(text));
}

static enum cb_err
put_time(struct cb_buf *b, uint64_t time)
{
	const time_t s = (time_t)(time / 1000);
	char text[64];
	struct tm tm;

	if (gmtime_r(&s, &tm) == NULL)
		return CB_E_INTERNAL;
	snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03uZ",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
	    tm.tm_min, tm.tm_sec, (unsigned)(time % 1000));
	return cb_buf_add(b, cb_span_str(text));
}

static enum cb_err
put_field_text(struct cb_buf *b, unsigned field, const struct wire_entry *e)
{
	const struct wire_field_type *type = wire_field_type(field);
	enum cb_err r;

	if ((r = cb_put_u8(b, ' ')) != CB_OK ||
	    (r = cb_buf_add(b, cb_span_str(type->name))) != CB_OK ||
	    (r = cb_put_u8(b, '=')) != CB_OK)
		return r;
	if (type->value == WIRE_V_OUTCOME)
		return cb_buf_add(
		    b, cb_span_str(wire_outcome_name(e->number[field])));
	if (is_time(e, field))
		return put_time(b, e->number[field]);
	if (sizes[type->value].number)
		return put_number(b, e->number[field]);
	return type->value == WIRE_V_WORD ? cb_buf_add(b, e->bytes[field])
					  : cb_hex_put(b, e->bytes[field]);
}

enum cb_err
wire_entry_text(struct cb_buf *b, const struct wire_entry *entry)
{
	const struct wire_entry_kind *kind = wire_entry_kind(entry->type);
	enum cb_err r;

	if (entry->time >= WIRE_TIME_END)
		return CB_E_ARG;
	if ((r = put_time(b, entry->time)) != CB_OK ||
	    (r = cb_put_u8(b, ' ')) != CB_OK)
		return r;
	if (kind == NULL) {
		if ((r = cb_buf_add(b, cb_span_str("type-"))) == CB_OK)
			r = put_number(b, entry->type);
		return r;
	}
	r = cb_buf_add(b, cb_span_str(kind->name));
	for (unsigned f = 1; r == CB_OK && f < WIRE_F_END; f++)
		if (wire_entry_has(entry, (enum wire_field)f))
			r = put_field_text(b, f, entry);
	return r;
}
