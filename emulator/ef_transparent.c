/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Transparent EFs. Part 0 holds the bytes. Somebody who may write but not
 * read (its content is sealed to a credential that is not there now) leaves
 * a patch, `offset 2 | bytes`, as a further part; the next writer who can
 * read folds the patches in. Until then they take room on the card.
 */
#include <string.h>

#include "emulator/event.h"

/* The whole content, patches applied, as a copy in *out. */
static uint16_t
ef_content(struct emu_app *app, struct emu_file *f, struct cb_buf *out)
{
	struct cb_span s;
	uint16_t sw, off;

	if (f->size == 0)
		return SW_OK;
	if ((sw = emu_part_get(app, f, 0, &s)) != SW_OK)
		return sw == SW_RECORD_NOT_FOUND ? SW_DATA_NOT_USABLE : sw;
	if (s.n != f->size)
		return SW_DATA_NOT_USABLE;
	if (cb_buf_set(out, s) != CB_OK)
		return SW_MEMORY_FAILURE;
	for (struct emu_part *p = f->parts->next; p != NULL; p = p->next) {
		if ((sw = emu_part_get(app, f, p->no, &s)) != SW_OK)
			return sw;
		if (cb_get_u16(&s, &off) != CB_OK ||
		    (size_t)off + s.n > out->n)
			return SW_DATA_NOT_USABLE;
		memcpy(out->p + off, s.p, s.n);
	}
	return SW_OK;
}

uint16_t
emu_ef_read(struct emu_app *app, struct emu_file *f, uint32_t off,
    uint32_t ne, struct cb_buf *out)
{
	struct cb_buf all = CB_BUF_INIT;
	struct cb_span s;
	uint16_t sw;

	if (!emu_ef_bytes(f))
		return emu_sw(app->card, EMU_ANS_WRONG_FILE_TYPE);
	if (off >= f->size)
		return emu_sw(app->card, EMU_ANS_OFFSET_BEYOND);
	if (f->parts != NULL && f->parts->next == NULL) {
		/* The usual case: no patches, no copy. */
		if ((sw = emu_part_get(app, f, 0, &s)) != SW_OK)
			return sw;
	} else {
		if ((sw = ef_content(app, f, &all)) != SW_OK)
			goto out;
		s = cb_buf_span(&all);
	}
	s = cb_span_head(cb_span_tail(s, off), ne);
	if (cb_buf_add(out, s) != CB_OK)
		sw = SW_MEMORY_FAILURE;
	else if (s.n < ne)
		sw = emu_sw(app->card, EMU_ANS_READ_TO_END);
out:
	cb_buf_free(&all);
	return sw;
}

static uint16_t
ef_patch(struct emu_app *app, struct emu_file *f, uint16_t off,
    struct cb_span data)
{
	struct emu_card *card = app->card;
	struct cb_buf patch = CB_BUF_INIT;
	struct emu_part model = { .no = 1 };
	uint16_t sw = SW_MEMORY_FAILURE;
	uint32_t cost;

	for (struct emu_part *p = f->parts; p != NULL; p = p->next) {
		if (p->no == UINT16_MAX)
			return SW_NO_SPACE;
		model.no = (uint16_t)(p->no + 1);
	}
	model.size = (uint16_t)(data.n + sizeof(off));
	cost = emu_part_cost(f, &model);
	if (cost > card->size - card->used)
		return SW_NO_SPACE;
	if (cb_put_u16(&patch, off) == CB_OK &&
	    cb_buf_add(&patch, data) == CB_OK)
		sw = emu_part_put(app, f, model.no, cb_buf_span(&patch));
	if (sw == SW_OK)
		card->used += cost;
	cb_buf_free(&patch);
	return sw;
}

uint16_t
emu_ef_write(struct emu_app *app, struct emu_file *f, uint32_t off,
    struct cb_span data)
{
	struct cb_buf all = CB_BUF_INIT;
	uint16_t sw;

	if (!emu_ef_bytes(f))
		return emu_sw(app->card, EMU_ANS_WRONG_FILE_TYPE);
	if (off + data.n > f->size)
		return emu_sw(app->card, EMU_ANS_WRITE_BEYOND);
	if (data.n == 0)
		return SW_OK;
	if (off == 0 && data.n == f->size) {
		/* All of it: what was there need not be readable. */
		if (cb_buf_set(&all, data) != CB_OK)
			return SW_MEMORY_FAILURE;
		sw = SW_OK;
	} else {
		sw = ef_content(app, f, &all);
		if (sw == SW_SECURITY_STATUS) {
			cb_buf_free(&all);
			return ef_patch(app, f, (uint16_t)off, data);
		}
		if (sw == SW_OK)
			memcpy(all.p + off, data.p, data.n);
	}
	if (sw == SW_OK)
		sw = emu_part_put(app, f, 0, cb_buf_span(&all));
	while (sw == SW_OK && f->parts->next != NULL) {
		app->card->used -= emu_part_cost(f, f->parts->next);
		sw = emu_part_del(app, f, f->parts->next->no);
	}
	if (sw == SW_OK)
		emu_tell_written(app, f, off, data.n, cb_buf_span(&all));
	cb_buf_free(&all);
	return sw;
}
