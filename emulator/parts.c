/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The parts of a file's content, and their sealing.
 *
 * A part as it is stored:
 *	00 | bytes				plain
 *	01 | n | n x (domain 4, box of a content key) | size 2 | gcm
 *						sealed
 *	02 | size 2				an empty record slot
 * The content key is random for every write and boxed to each domain that
 * guards the file; the GCM text is the bytes. Both carry as associated data
 * which card, application, file and part they belong to, so that a stored
 * part moved elsewhere does not open.
 */
#include <stdlib.h>
#include <string.h>

#include "common/ct.h"
#include "emulator/access.h"

enum { FORM_PLAIN = 0, FORM_SEALED = 1, FORM_BLANK = 2 };

#define BOXED_KEY (EMU_KEY + EMU_BOX_OVERHEAD)
#define AAD_N (16 + 4 + 4 + 2 + 4)

static void
part_aad(const struct emu_app *app, const struct emu_file *f, uint16_t no,
    uint32_t domain, uint8_t out[AAD_N])
{
	memcpy(out, app->card->uuid, 16);
	const uint32_t words[] = { app->no, f->id, domain };

	for (size_t i = 0; i < 3; i++)
		for (size_t b = 0; b < 4; b++)
			out[16 + 4 * i + b] =
			    (uint8_t)(words[i] >> (24 - 8 * b));
	out[28] = (uint8_t)(no >> 8);
	out[29] = (uint8_t)no;
}

struct emu_part *
emu_part_find(const struct emu_file *f, uint16_t no)
{
	struct emu_part *p;

	for (p = f->parts; p != NULL && p->no <= no; p = p->next)
		if (p->no == no)
			return p;
	return NULL;
}

static struct emu_part *
part_obtain(struct emu_file *f, uint16_t no)
{
	struct emu_part *p, **at;

	if ((p = emu_part_find(f, no)) != NULL)
		return p;
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return NULL;
	p->no = no;
	for (at = &f->parts; *at != NULL && (*at)->no < no; at = &(*at)->next)
		continue;
	p->next = *at;
	*at = p;
	return p;
}

static void
part_drop(struct emu_file *f, struct emu_part *p)
{
	struct emu_part **at;

	for (at = &f->parts; *at != p; at = &(*at)->next)
		continue;
	*at = p->next;
	cb_buf_free(&p->stored);
	cb_buf_free(&p->plain);
	free(p);
}

/* Builds the stored form of `plain` for these guards. */
static enum cb_err
part_seal(struct emu_app *app, const struct emu_file *f, uint16_t no,
    struct emu_domain *const *guards, unsigned n, struct cb_span plain,
    struct cb_buf *out)
{
	const struct emu_env *env = app->card->env;
	struct cb_buf key = CB_BUF_INIT;
	uint8_t aad[AAD_N], *k;
	enum cb_err r;

	cb_buf_clear(out);
	if (n == 0) {
		if ((r = cb_put_u8(out, FORM_PLAIN)) == CB_OK)
			r = cb_buf_add(out, plain);
		return r;
	}
	if ((r = cb_buf_grow(&key, EMU_KEY, &k)) != CB_OK ||
	    (r = env->random(env->ctx, k, EMU_KEY)) != CB_OK ||
	    (r = cb_put_u8(out, FORM_SEALED)) != CB_OK ||
	    (r = cb_put_u8(out, (uint8_t)n)) != CB_OK)
		goto out;
	for (unsigned i = 0; i < n; i++) {
		part_aad(app, f, no, guards[i]->id, aad);
		if ((r = cb_put_u32(out, guards[i]->id)) != CB_OK ||
		    (r = emu_box_seal(env, guards[i]->public,
			 CB_SPAN_OF(aad), cb_buf_span(&key), out)) != CB_OK)
			goto out;
	}
	part_aad(app, f, no, 0, aad);
	if ((r = cb_put_u16(out, (uint16_t)plain.n)) == CB_OK)
		r = emu_gcm_seal(env, k, CB_SPAN_OF(aad), plain, out);
out:
	cb_buf_free(&key);
	return r;
}

/* Walks a sealed part: calls for each recipient, then gives size and text. */
struct sealed {
	uint8_t n;
	struct cb_span recipients; /* n x (4 + BOXED_KEY) */
	uint16_t size;
	struct cb_span text;
};

static enum cb_err
sealed_parse(struct cb_span in, struct sealed *out)
{
	uint8_t form;
	enum cb_err r;

	if ((r = cb_get_u8(&in, &form)) != CB_OK ||
	    (r = cb_get_u8(&in, &out->n)) != CB_OK)
		return r;
	if (form != FORM_SEALED || out->n == 0 || out->n > EMU_GUARDS_MAX)
		return CB_E_FORMAT;
	if ((r = cb_get_span(&in, (size_t)out->n * (4 + BOXED_KEY),
		 &out->recipients)) != CB_OK ||
	    (r = cb_get_u16(&in, &out->size)) != CB_OK)
		return r;
	out->text = in;
	return in.n == (size_t)out->size + EMU_GCM_OVERHEAD ? CB_OK
							    : CB_E_FORMAT;
}

/* The next recipient's open domain, or NULL; *box is its boxed key. */
static struct emu_domain *
sealed_next_open(const struct emu_app *app, struct cb_span *recipients,
    struct cb_span *box)
{
	uint32_t id;

	while (cb_get_u32(recipients, &id) == CB_OK &&
	    cb_get_span(recipients, BOXED_KEY, box) == CB_OK) {
		struct emu_domain *d = emu_domain_by_id(app, id);

		if (d != NULL && d->secret != NULL)
			return d;
	}
	return NULL;
}

static uint16_t
part_open(struct emu_app *app, struct emu_file *f, struct emu_part *p)
{
	struct cb_buf key = CB_BUF_INIT;
	struct emu_domain *d;
	struct sealed s;
	struct cb_span box;
	uint8_t aad[AAD_N];
	uint16_t sw = SW_DATA_NOT_USABLE;

	if (p->open)
		return SW_OK;
	if (sealed_parse(cb_buf_span(&p->stored), &s) != CB_OK)
		return SW_DATA_NOT_USABLE;
	if ((d = sealed_next_open(app, &s.recipients, &box)) == NULL)
		return SW_SECURITY_STATUS;
	cb_buf_clear(&p->plain);
	part_aad(app, f, p->no, d->id, aad);
	if (emu_box_open(d->secret, CB_SPAN_OF(aad), box, &key) != CB_OK ||
	    key.n != EMU_KEY)
		goto out;
	part_aad(app, f, p->no, 0, aad);
	if (emu_gcm_open(key.p, CB_SPAN_OF(aad), s.text, &p->plain) != CB_OK)
		goto out;
	p->open = true;
	sw = SW_OK;
out:
	cb_buf_free(&key);
	return sw;
}

static uint16_t
part_put_for(struct emu_app *app, struct emu_file *f, uint16_t no,
    struct emu_domain *const *guards, unsigned n, struct cb_span plain)
{
	struct cb_buf stored = CB_BUF_INIT;
	struct cb_buf copy = CB_BUF_INIT;
	struct emu_part *p;
	uint16_t sw = SW_MEMORY_FAILURE;
	bool readable = n == 0;

	for (unsigned i = 0; i < n; i++)
		readable = readable || guards[i]->secret != NULL;
	if (part_seal(app, f, no, guards, n, plain, &stored) != CB_OK ||
	    (readable && cb_buf_set(&copy, plain) != CB_OK) ||
	    (p = part_obtain(f, no)) == NULL)
		goto out;
	if ((sw = emu_store_part(app, f, no, cb_buf_span(&stored))) != SW_OK)
		goto out;
	p->deleted = false;
	p->size = (uint16_t)plain.n;
	p->open = readable;
	cb_buf_move(&p->plain, &copy);
	if (n == 0)
		cb_buf_free(&stored);
	cb_buf_move(&p->stored, &stored);
out:
	cb_buf_free(&stored);
	cb_buf_free(&copy);
	return sw;
}

uint16_t
emu_part_put(struct emu_app *app, struct emu_file *f, uint16_t no,
    struct cb_span plain)
{
	struct emu_domain *guards[EMU_GUARDS_MAX];
	unsigned n = emu_guards(app, f, guards);

	/* The key in use was made of the old parts. */
	emu_rsa_free(&f->rsa);
	return part_put_for(app, f, no, guards, n, plain);
}

uint16_t
emu_part_get(struct emu_app *app, struct emu_file *f, uint16_t no,
    struct cb_span *plain)
{
	struct emu_part *p = emu_part_find(f, no);
	uint16_t sw;

	*plain = CB_SPAN_EMPTY;
	if (p == NULL || p->deleted)
		return SW_RECORD_NOT_FOUND;
	if ((sw = part_open(app, f, p)) != SW_OK)
		return sw;
	*plain = cb_buf_span(&p->plain);
	return SW_OK;
}

uint16_t
emu_part_del(struct emu_app *app, struct emu_file *f, uint16_t no)
{
	struct emu_part *p = emu_part_find(f, no);
	uint16_t sw;

	if (p == NULL)
		return SW_OK;
	if ((sw = emu_store_part_del(app, f, no)) == SW_OK)
		part_drop(f, p);
	return sw;
}

uint16_t
emu_part_blank(struct emu_app *app, struct emu_file *f, uint16_t no)
{
	struct emu_part *p = emu_part_find(f, no);
	uint8_t form[3];
	uint16_t sw;

	if (p == NULL)
		return SW_RECORD_NOT_FOUND;
	form[0] = FORM_BLANK;
	form[1] = (uint8_t)(p->size >> 8);
	form[2] = (uint8_t)p->size;
	if ((sw = emu_store_part(app, f, no, CB_SPAN_OF(form))) != SW_OK)
		return sw;
	cb_buf_free(&p->stored);
	cb_buf_free(&p->plain);
	p->deleted = true;
	p->open = false;
	return SW_OK;
}

enum cb_err
emu_part_load(struct emu_file *f, uint16_t no, struct cb_span stored)
{
	struct cb_span in = stored;
	struct emu_part *p;
	struct sealed s;
	uint8_t form;
	enum cb_err r;

	if ((r = cb_get_u8(&in, &form)) != CB_OK)
		return r;
	if ((p = part_obtain(f, no)) == NULL)
		return CB_E_NOMEM;
	switch (form) {
	case FORM_PLAIN:
		p->size = (uint16_t)in.n;
		p->open = true;
		return in.n > UINT16_MAX ? CB_E_FORMAT
					 : cb_buf_set(&p->plain, in);
	case FORM_SEALED:
		if ((r = sealed_parse(stored, &s)) != CB_OK)
			return r;
		p->size = s.size;
		return cb_buf_set(&p->stored, stored);
	case FORM_BLANK:
		p->deleted = true;
		if ((r = cb_get_u16(&in, &p->size)) != CB_OK)
			return r;
		return cb_get_end(&in);
	default:
		return CB_E_FORMAT;
	}
}

/* Are these the domains that the part is sealed to? */
static bool
sealed_to(const struct emu_part *p, struct emu_domain *const *guards,
    unsigned n)
{
	struct sealed s;
	struct cb_span box;
	uint32_t id;

	if (p->stored.n == 0)
		return n == 0;
	if (sealed_parse(cb_buf_span(&p->stored), &s) != CB_OK || s.n != n)
		return false;
	for (unsigned i = 0; i < n; i++)
		if (cb_get_u32(&s.recipients, &id) != CB_OK ||
		    cb_get_span(&s.recipients, BOXED_KEY, &box) != CB_OK ||
		    id != guards[i]->id)
			return false;
	return true;
}

uint16_t
emu_parts_reseal(struct emu_app *app, struct emu_file *top)
{
	struct emu_domain *guards[EMU_GUARDS_MAX];
	struct cb_buf copy = CB_BUF_INIT;
	struct cb_span plain;
	uint16_t sw = SW_OK;

	for (struct emu_file *f = top; f != NULL && emu_fs_is_under(f, top);
	    f = emu_fs_next(f)) {
		unsigned n = emu_guards(app, f, guards);

		for (struct emu_part *p = f->parts; p != NULL; p = p->next) {
			if (p->deleted || sealed_to(p, guards, n) ||
			    emu_part_get(app, f, p->no, &plain) != SW_OK)
				continue;
			if (cb_buf_set(&copy, plain) != CB_OK)
				sw = SW_MEMORY_FAILURE;
			else
				sw = part_put_for(app, f, p->no, guards, n,
				    cb_buf_span(&copy));
			if (sw != SW_OK)
				goto out;
		}
	}
out:
	cb_buf_free(&copy);
	return sw;
}

bool
emu_parts_only_for(struct emu_app *app, const struct emu_domain *d)
{
	struct emu_domain *const only[] = { (struct emu_domain *)(uintptr_t)d };

	for (struct emu_file *f = app->mf; f != NULL; f = emu_fs_next(f))
		for (struct emu_part *p = f->parts; p != NULL; p = p->next)
			if (p->stored.n > 0 && sealed_to(p, only, 1))
				return true;
	return false;
}

void
emu_parts_close(struct emu_app *app)
{
	struct sealed s;
	struct cb_span box;

	for (struct emu_file *f = app->mf; f != NULL; f = emu_fs_next(f)) {
		bool closed = false;

		emu_key_forget(f);
		for (struct emu_part *p = f->parts; p != NULL; p = p->next) {
			if (p->stored.n == 0)
				continue;
			if (sealed_parse(cb_buf_span(&p->stored), &s) ==
				CB_OK &&
			    sealed_next_open(app, &s.recipients, &box) != NULL)
				continue;
			cb_buf_free(&p->plain);
			p->open = false;
			closed = true;
		}
		if (closed)
			emu_rsa_free(&f->rsa);
	}
}

void
emu_parts_shut(struct emu_file *f)
{
	for (struct emu_part *p = f->parts; p != NULL; p = p->next) {
		if (p->stored.n == 0)
			continue;
		cb_buf_free(&p->plain);
		p->open = false;
	}
}

bool
emu_file_unguarded(struct emu_app *app, struct emu_file *f)
{
	struct emu_domain *guards[EMU_GUARDS_MAX];

	return f->type != EMU_DF && emu_guards(app, f, guards) == 0;
}
