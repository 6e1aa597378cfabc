/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The tree of files of an application: finding, creating, deleting.
 */
#include <stdlib.h>
#include <string.h>

#include "emulator/card.h"

/* What a file costs of the card's size beyond its contents. */
#define FILE_OVERHEAD 32u

struct emu_file *
emu_fs_child(const struct emu_file *df, uint16_t fid)
{
	struct emu_file *f;

	for (f = df->child; f != NULL; f = f->next)
		if (f->fid == fid)
			return f;
	return NULL;
}

bool
emu_fs_fid_reserved(uint16_t fid)
{
	return fid == 0x0000 || fid == 0x3F00 || fid == 0x3FFF ||
	    fid == 0xFFFF;
}

bool
emu_fs_is_key(const struct emu_file *f)
{
	return f->type == EMU_KEY_RSA_PRIVATE ||
	    f->type == EMU_KEY_RSA_PUBLIC || f->type == EMU_OBJECT;
}

static struct emu_file *
child_kind(const struct emu_file *df, uint16_t fid, bool key)
{
	struct emu_file *f;

	for (f = df->child; f != NULL; f = f->next)
		if (f->fid == fid && emu_fs_is_key(f) == key)
			return f;
	return NULL;
}

struct emu_file *
emu_fs_key(const struct emu_file *df, uint16_t no)
{
	return child_kind(df, no, true);
}

struct emu_file *
emu_fs_no_key(const struct emu_file *df, uint16_t fid)
{
	return child_kind(df, fid, false);
}

struct emu_file *
emu_fs_short(const struct emu_file *df, uint8_t sfi)
{
	struct emu_file *f;

	for (f = df->child; f != NULL; f = f->next)
		if (sfi != 0 && f->sfi == sfi)
			return f;
	return NULL;
}

struct emu_file *
emu_fs_named(const struct emu_app *app, struct cb_span name)
{
	struct emu_file *f;

	for (f = app->mf; f != NULL; f = emu_fs_next(f))
		if (f->name_n > 0 && name.n <= f->name_n &&
		    cb_span_equal(name, cb_span(f->name, name.n)))
			return f;
	return NULL;
}

struct emu_file *
emu_fs_next(const struct emu_file *f)
{
	if (f->child != NULL)
		return f->child;
	for (; f != NULL; f = f->parent)
		if (f->next != NULL)
			return f->next;
	return NULL;
}

struct emu_file *
emu_fs_by_id(const struct emu_app *app, uint32_t id)
{
	struct emu_file *f;

	for (f = app->mf; f != NULL; f = emu_fs_next(f))
		if (f->id == id)
			return f;
	return NULL;
}

bool
emu_fs_is_under(const struct emu_file *f, const struct emu_file *top)
{
	for (; f != NULL; f = f->parent)
		if (f == top)
			return true;
	return false;
}

uint32_t
emu_fs_cost(const struct emu_file *f)
{
	uint32_t half;

	switch (f->type) {
	case EMU_EF_TRANSPARENT:
	case EMU_OBJECT:
		return FILE_OVERHEAD + f->size;
	case EMU_KEY_DES:
		return FILE_OVERHEAD + f->size / 8u;
	case EMU_KEY_RSA_PUBLIC:	/* modulus and a short exponent */
		return FILE_OVERHEAD + f->size / 8u + 4;
	case EMU_KEY_RSA_PRIVATE:	/* p q qi dp dq */
		half = f->size / 16u;
		return FILE_OVERHEAD + 5 * half;
	default:	/* directories; records are paid for as they come */
		return FILE_OVERHEAD;
	}
}

uint32_t
emu_part_cost(const struct emu_file *f, const struct emu_part *p)
{
	switch (f->type) {
	case EMU_EF_LINEAR:
		return p->size;
	case EMU_EF_TRANSPARENT:
		return p->no > 0 ? FILE_OVERHEAD + p->size : 0;
	default:
		return 0;
	}
}

static void
file_append(struct emu_file *parent, struct emu_file *f)
{
	struct emu_file **at;

	f->parent = parent;
	for (at = &parent->child; *at != NULL; at = &(*at)->next)
		continue;
	*at = f;
}

static void
file_free(struct emu_file *f)
{
	struct emu_part *p;

	while ((p = f->parts) != NULL) {
		f->parts = p->next;
		cb_buf_free(&p->stored);
		cb_buf_free(&p->plain);
		free(p);
	}
	emu_rsa_free(&f->rsa);
	emu_key_forget(f);
	free(f);
}

/* From the leaves up, without recursion: a file decides how deep it is. */
static void
file_free_all(struct emu_file *f)
{
	struct emu_file *up, *next;

	while (f != NULL) {
		if (f->child != NULL) {
			f = f->child;
			continue;
		}
		up = f->parent;
		next = f->next;
		if (up != NULL)
			up->child = next;
		file_free(f);
		f = next != NULL ? next : up;
	}
}

void
emu_fs_free(struct emu_app *app)
{
	file_free_all(app->mf);
	app->mf = app->df = app->ef = NULL;
}

uint16_t
emu_fs_create(struct emu_app *app, struct emu_file *parent,
    const struct emu_file *model, struct emu_file **out)
{
	struct emu_card *card = app->card;
	struct emu_file *f = NULL;
	uint32_t cost = emu_fs_cost(model);
	uint16_t sw;

	if (cost > card->size - card->used)
		return SW_NO_SPACE;
	if ((f = calloc(1, sizeof(*f))) == NULL)
		return SW_MEMORY_FAILURE;
	f->id = app->last_file + 1;
	f->fid = model->fid;
	f->type = model->type;
	f->size = model->size;
	f->access_n = model->access_n;
	memcpy(f->access, model->access, sizeof(f->access));
	f->name_n = model->name_n;
	memcpy(f->name, model->name, sizeof(f->name));
	f->sfi = model->sfi;
	f->template = model->template;
	f->commits = model->commits;
	if (parent == NULL)
		app->mf = f;
	else
		file_append(parent, f);
	app->last_file = f->id;
	card->used += cost;
	sw = emu_store_file(app, f);
	if (sw == SW_OK && emu_ef_bytes(f) && f->size > 0) {
		struct cb_buf zeros = CB_BUF_INIT;
		uint8_t *p;

		if (cb_buf_grow(&zeros, f->size, &p) == CB_OK)
			sw = emu_part_put(app, f, 0, cb_buf_span(&zeros));
		else
			sw = SW_MEMORY_FAILURE;
		cb_buf_free(&zeros);
	}
	if (out != NULL)
		*out = f;
	return sw;
}

uint16_t
emu_fs_delete(struct emu_app *app, struct emu_file *f)
{
	struct emu_file **at;
	uint32_t cost = emu_fs_cost(f);
	uint16_t sw = SW_OK;

	for (struct emu_part *p = f->parts; sw == SW_OK && p != NULL;
	    p = p->next)
		sw = emu_store_part_del(app, f, p->no);
	if (sw == SW_OK && f->type == EMU_DF)
		sw = emu_pins_forget(app, f);
	emu_key_dropped(app, f);
	if (sw == SW_OK)
		sw = emu_store_file_del(app, f);
	if (sw != SW_OK)
		return sw;
	for (struct emu_part *p = f->parts; p != NULL; p = p->next)
		cost += emu_part_cost(f, p);
	app->card->used -= cost;
	for (at = &f->parent->child; *at != f; at = &(*at)->next)
		continue;
	*at = f->next;
	if (app->ef == f)
		app->ef = NULL;
	if (app->df == f)
		app->df = f->parent;
	file_free(f);
	return SW_OK;
}
