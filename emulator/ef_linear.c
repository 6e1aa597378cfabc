/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Linear EFs with variable records (7816-4, 11.4). Record n is part n. A
 * deleted record keeps its slot and reads as zeros; deleted slots at the end
 * are dropped; APPEND fills the first deleted slot.
 */
#include <string.h>

#include "emulator/card.h"

unsigned
emu_ef_records(const struct emu_file *f)
{
	unsigned n = 0;

	for (const struct emu_part *p = f->parts; p != NULL; p = p->next)
		n = p->no;
	return n;
}

uint16_t
emu_ef_longest(const struct emu_file *f)
{
	uint16_t n = 0;

	for (const struct emu_part *p = f->parts; p != NULL; p = p->next)
		if (!p->deleted && p->size > n)
			n = p->size;
	return n;
}

/* The slot, or an answer. */
static uint16_t
record_slot(
    struct emu_app *app, struct emu_file *f, uint8_t no, struct emu_part **out)
{
	*out = NULL;
	if (f->type != EMU_EF_LINEAR)
		return emu_sw(app->card, EMU_ANS_WRONG_FILE_TYPE);
	if (no == 0 || (*out = emu_part_find(f, no)) == NULL)
		return SW_RECORD_NOT_FOUND;
	return SW_OK;
}

uint16_t
emu_ef_record_read(struct emu_app *app, struct emu_file *f, uint8_t no,
    uint32_t ne, struct cb_buf *out)
{
	struct emu_part *p;
	struct cb_span s;
	uint16_t sw;
	uint8_t *zeros;

	if ((sw = record_slot(app, f, no, &p)) != SW_OK)
		return sw;
	if (p->deleted) {
		size_t n = p->size < ne ? p->size : ne;

		return cb_buf_grow(out, n, &zeros) == CB_OK
		    ? SW_OK
		    : SW_MEMORY_FAILURE;
	}
	if ((sw = emu_part_get(app, f, no, &s)) != SW_OK)
		return sw;
	return cb_buf_add(out, cb_span_head(s, ne)) == CB_OK
	    ? SW_OK
	    : SW_MEMORY_FAILURE;
}

/* Puts a record into a slot and accounts for its size. */
static uint16_t
record_put(struct emu_app *app, struct emu_file *f, uint16_t no, size_t before,
    struct cb_span data)
{
	struct emu_card *card = app->card;
	uint16_t sw;

	if (data.n > before && data.n - before > card->size - card->used)
		return SW_NO_SPACE;
	if ((sw = emu_part_put(app, f, no, data)) == SW_OK)
		card->used += (uint32_t)data.n - (uint32_t)before;
	return sw;
}

uint16_t
emu_ef_record_update(struct emu_app *app, struct emu_file *f, uint8_t no,
    struct cb_span data)
{
	struct emu_part *p;
	uint16_t sw;

	if ((sw = record_slot(app, f, no, &p)) != SW_OK)
		return sw;
	return record_put(app, f, no, p->size, data);
}

uint16_t
emu_ef_record_append(
    struct emu_app *app, struct emu_file *f, struct cb_span data)
{
	unsigned no = 1;
	size_t before = 0;

	if (f->type != EMU_EF_LINEAR)
		return emu_sw(app->card, EMU_ANS_WRONG_FILE_TYPE);
	for (struct emu_part *p = f->parts; p != NULL; p = p->next) {
		if (p->deleted) {
			before = p->size;
			break;
		}
		no = p->no + 1u;
	}
	if (no > f->size || no > 254)
		return emu_sw(app->card, EMU_ANS_RECORDS_FULL);
	return record_put(app, f, (uint16_t)no, before, data);
}

uint16_t
emu_ef_record_delete(struct emu_app *app, struct emu_file *f, uint8_t no)
{
	struct emu_part *p, *last;
	uint16_t sw;

	if ((sw = record_slot(app, f, no, &p)) != SW_OK)
		return sw;
	sw = emu_part_blank(app, f, no);
	while (sw == SW_OK && f->parts != NULL) {
		for (last = f->parts; last->next != NULL; last = last->next)
			continue;
		if (!last->deleted)
			break;
		app->card->used -= last->size;
		sw = emu_part_del(app, f, last->no);
	}
	return sw;
}
