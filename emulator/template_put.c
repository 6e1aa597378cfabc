/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Functions of the content language.
 */
#include <stdio.h>
#include <string.h>

#include "common/tlv.h"
#include "emulator/template_eval.h"

static tpl_put_fn put_lv8, put_lv16, put_u8, put_u16, put_u32, put_zeros;
static tpl_put_fn put_repeat, put_pad, put_sha1, put_tlv, put_random, put_guid;
static tpl_put_fn put_guid_of, put_issued;

static const struct tpl_function functions[] = {
	{ "guid", "", put_guid },
	{ "guid_of", "b", put_guid_of },
	{ "issued", "cb", put_issued },
	{ "lv16", "b", put_lv16 },
	{ "lv8", "b", put_lv8 },
	{ "pad", "bn1", put_pad },
	{ "random", "n", put_random },
	{ "repeat", "bn", put_repeat },
	{ "sha1", "b", put_sha1 },
	{ "tlv", "tb", put_tlv },
	{ "u16", "n", put_u16 },
	{ "u32", "n", put_u32 },
	{ "u8", "n", put_u8 },
	{ "zeros", "n", put_zeros },
};

static enum cb_err
put_lv8(struct tpl_eval *e, struct tpl_arg *a, struct cb_buf *out)
{
	enum cb_err r;

	e->unsure |= a[0].unsure;
	if (a[0].b.n > UINT8_MAX)
		return tpl_fail(e, "lv8: %zu bytes, at most 255 fit", a[0].b.n);
	if ((r = cb_put_u8(out, (uint8_t)a[0].b.n)) != CB_OK)
		return r;
	return cb_buf_add(out, cb_buf_span(&a[0].b));
}

static enum cb_err
put_lv16(struct tpl_eval *e, struct tpl_arg *a, struct cb_buf *out)
{
	e->unsure |= a[0].unsure;
	return cb_put_lv16(out, cb_buf_span(&a[0].b));
}

static enum cb_err
put_number(struct tpl_eval *e, const struct tpl_arg *a, unsigned bytes,
    struct cb_buf *out)
{
	enum cb_err r = CB_OK;

	if (bytes < 4 && a->n >> (8 * bytes) != 0)
		return tpl_fail(e, "%lu does not fit %u byte%s",
		    (unsigned long)a->n, bytes, bytes == 1 ? "" : "s");
	while (bytes-- > 0 && r == CB_OK)
		r = cb_put_u8(out, (uint8_t)(a->n >> (8 * bytes)));
	return r;
}

static enum cb_err
put_u8(struct tpl_eval *e, struct tpl_arg *a, struct cb_buf *out)
{
	return put_number(e, a, 1, out);
}

static enum cb_err
put_u16(struct tpl_eval *e, struct tpl_arg *a, struct cb_buf *out)
{
	return put_number(e, a, 2, out);
}

static enum cb_err
put_u32(struct tpl_eval *e, struct tpl_arg *a, struct cb_buf *out)
{
	return put_number(e, a, 4, out);
}

/* n bytes at out's end to fill in. */
static enum cb_err
room(struct tpl_eval *e, uint32_t n, struct cb_buf *out, uint8_t **p)
{
	if (n > TPL_BYTES_MAX)
		return tpl_fail(e, "%lu bytes are more than a file can hold",
		    (unsigned long)n);
	return cb_buf_grow(out, n, p);
}

static enum cb_err
put_zeros(struct tpl_eval *e, struct tpl_arg *a, struct cb_buf *out)
{
	uint8_t *p = NULL;

	e->unsure |= a[0].unsure;
	return room(e, a[0].n, out, &p);
}

static enum cb_err
put_repeat(struct tpl_eval *e, struct tpl_arg *a, struct cb_buf *out)
{
	enum cb_err r = CB_OK;

	e->unsure |= a[0].unsure || a[1].unsure;
	if (a[1].n > TPL_BYTES_MAX)
		return tpl_fail(e, "repeat: more than a file can hold");
	for (uint32_t i = 0; i < a[1].n && r == CB_OK; i++)
		r = cb_buf_add(out, cb_buf_span(&a[0].b));
	return r;
}

static enum cb_err
put_pad(struct tpl_eval *e, struct tpl_arg *a, struct cb_buf *out)
{
	size_t have = a[0].b.n;
	uint8_t *p = NULL;
	enum cb_err r;

	e->unsure |= a[1].unsure;
	if (have > a[1].n)
		return tpl_fail(e, "pad: %zu bytes are longer than %lu", have,
		    (unsigned long)a[1].n);
	if ((r = room(e, a[1].n, out, &p)) != CB_OK || a[1].n == 0)
		return r;
	memset(p, a[2].b.p[0], a[1].n);
	if (have > 0)
		memcpy(p, a[0].b.p, have);
	return CB_OK;
}

static enum cb_err
put_sha1(struct tpl_eval *e, struct tpl_arg *a, struct cb_buf *out)
{
	uint8_t hash[20];
	enum cb_err r;

	(void)e;	/* the length is certain, whatever the argument's */
	if ((r = cr_sha1(cb_buf_span(&a[0].b), hash)) != CB_OK)
		return r;
	return cb_buf_add(out, cb_span(hash, sizeof(hash)));
}

static enum cb_err
put_tlv(struct tpl_eval *e, struct tpl_arg *a, struct cb_buf *out)
{
	e->unsure |= a[1].unsure;
	return cb_tlv_put(out, a[0].n, cb_buf_span(&a[1].b));
}

static enum cb_err
put_random(struct tpl_eval *e, struct tpl_arg *a, struct cb_buf *out)
{
	uint8_t *p = NULL;
	enum cb_err r;

	e->unsure |= a[0].unsure;
	if ((r = room(e, a[0].n, out, &p)) != CB_OK || e->check)
		return r;
	return e->t->env->random(e->t->env->ctx, p, a[0].n);
}

/* RFC 4122 of this version, as upper-case text in braces. */
static enum cb_err
guid_text(uint8_t g[16], unsigned version, struct cb_buf *out)
{
	char text[40];

	g[6] = (uint8_t)((g[6] & 0x0F) | version << 4);
	g[8] = (uint8_t)((g[8] & 0x3F) | 0x80);
	(void)snprintf(text, sizeof(text),
	    "{%02X%02X%02X%02X-%02X%02X-%02X%02X-%02X%02X-"
	    "%02X%02X%02X%02X%02X%02X}", g[0], g[1], g[2], g[3], g[4], g[5],
	    g[6], g[7], g[8], g[9], g[10], g[11], g[12], g[13], g[14], g[15]);
	return cb_buf_add(out, cb_span_str(text));
}

/* 4.4: drawn. */
static enum cb_err
put_guid(struct tpl_eval *e, struct tpl_arg *a, struct cb_buf *out)
{
	uint8_t g[16] = { 0 };
	enum cb_err r;

	(void)a;
	if (!e->check &&
	    (r = e->t->env->random(e->t->env->ctx, g, sizeof(g))) != CB_OK)
		return r;
	return guid_text(g, 4, out);
}

/* 4.3: the same one for the same bytes. */
static enum cb_err
put_guid_of(struct tpl_eval *e, struct tpl_arg *a, struct cb_buf *out)
{
	uint8_t hash[20];
	enum cb_err r;

	(void)e;
	if ((r = cr_sha1(cb_buf_span(&a[0].b), hash)) != CB_OK)
		return r;
	return guid_text(hash, 5, out);
}

/* Nothing where the certificate is self-signed. */
static enum cb_err
put_issued(struct tpl_eval *e, struct tpl_arg *a, struct cb_buf *out)
{
	if (e->check) {
		e->unsure = true;
		return CB_OK;
	}
	if (e->t->certs[a[0].index].self_signed)
		return CB_OK;
	return cb_buf_add(out, cb_buf_span(&a[1].b));
}

const struct tpl_function *
tpl_find_function(struct tpl_word w)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (tpl_word_is(w, functions[i].name))
			return &functions[i];
	return NULL;
}
