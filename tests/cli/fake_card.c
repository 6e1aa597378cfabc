/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A card remembered from recordings: names that were selected, files with the
 * bytes that were read of them, lists, and answers to all other commands.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/apdu.h"
#include "common/hex.h"
#include "common/sw.h"
#include "tests/cli/fake_card.h"

#define ITEMS_MAX 128
#define CONTENT_MAX 32768
#define LINE_MAX_N 4096
#define TOP (-1)		/* before any name was selected */

enum what { NAME, FILE_, LIST, OTHER };

struct item {
	enum what what;
	int name;		/* the name selected then: an index */
	uint16_t fid;		/* FILE_, LIST: of the DF */
	struct cb_buf key;	/* NAME: AID; OTHER: header and data */
	struct cb_buf answer;	/* with its status word */
	struct cb_buf content;
	struct cb_buf records[4];
};

struct fake_card {
	struct item items[ITEMS_MAX];
	int n;
	bool t0, harmed;
	int name, file, df;	/* indices; file and df TOP: none */
	struct cb_buf waiting;	/* for GET RESPONSE */
};

static struct item *
find(struct fake_card *c, enum what what, int name, int fid,
    struct cb_span key)
{
	for (int i = 0; i < c->n; i++) {
		struct item *it = &c->items[i];

		if (it->what == what &&
		    (what == NAME || it->name == name) &&
		    (fid < 0 || it->fid == fid) &&
		    cb_span_equal(cb_buf_span(&it->key), key))
			return it;
	}
	return NULL;
}

static struct item *
get(struct fake_card *c, enum what what, int name, int fid,
    struct cb_span key)
{
	struct item *it = find(c, what, name, fid, key);

	if (it != NULL)
		return it;
	ck_assert_int_lt(c->n, ITEMS_MAX);
	it = &c->items[c->n++];
	it->what = what;
	it->name = name;
	it->fid = (uint16_t)(fid < 0 ? 0 : fid);
	ck_assert_int_eq(cb_buf_set(&it->key, key), CB_OK);
	return it;
}

static uint16_t
sw_of(const struct cb_buf *answer)
{
	return (uint16_t)(answer->p[answer->n - 2] << 8 |
	    answer->p[answer->n - 1]);
}

/* The identifier in a FCI, or else in the command. */
static int
fid_of(const struct cb_apdu *a, const struct cb_buf *answer)
{
	for (size_t i = 0; i + 4 <= answer->n; i++)
		if (answer->p[i] == 0x83 && answer->p[i + 1] == 0x02)
			return answer->p[i + 2] << 8 | answer->p[i + 3];
	return a->data.n < 2 ? 0x3F00 : a->data.p[a->data.n - 2] << 8 |
		a->data.p[a->data.n - 1];
}

static bool
is_df(const struct item *it)
{
	for (size_t i = 0; i + 3 <= it->answer.n; i++)
		if (it->answer.p[i] == 0x82 && it->answer.p[i + 1] > 0 &&
		    it->answer.p[i + 1] <= 2)
			return it->answer.p[i + 2] == 0x38;
	return true;
}

/* Header and data, without lengths. */
static void
key_of(const struct cb_apdu *a, struct cb_buf *key)
{
	const uint8_t head[] = { a->cla, a->ins, a->p1, a->p2 };

	ck_assert_int_eq(cb_buf_set(key, CB_SPAN_OF(head)), CB_OK);
	ck_assert_int_eq(cb_buf_add(key, a->data), CB_OK);
}

/* ---- remembering --------------------------------------------------------- */

static void
learn_read(struct fake_card *c, const struct cb_apdu *a, struct cb_span data)
{
	size_t at = (size_t)(a->p1 << 8 | a->p2);
	struct item *f;
	uint8_t *more;

	if (c->file < 0 || (a->p1 & 0x80) != 0)
		return;
	f = &c->items[c->file];
	f->content.max = CONTENT_MAX;
	if (at + data.n > f->content.n)
		ck_assert_int_eq(cb_buf_grow(&f->content,
		    at + data.n - f->content.n, &more), CB_OK);
	if (data.n > 0)
		memcpy(f->content.p + at, data.p, data.n);
}

static void
learn_select(
    struct fake_card *c, const struct cb_apdu *a, const struct cb_buf *answer)
{
	struct item *it;

	if (a->p1 == 0x04) {
		it = get(c, NAME, TOP, -1, a->data);
		c->name = (int)(it - c->items);
		c->file = c->df = TOP;
	} else {
		if (sw_of(answer) != SW_OK)
			return;
		it = get(c, FILE_, c->name, fid_of(a, answer), CB_SPAN_EMPTY);
		c->file = (int)(it - c->items);
		if (is_df(it))
			c->df = c->file;
	}
	/* P2 0C asks for no data: what was told before stands. */
	if (answer->n > 2 || it->answer.n == 0)
		ck_assert_int_eq(
		    cb_buf_set(&it->answer, cb_buf_span(answer)), CB_OK);
}

static void
learn(struct fake_card *c, struct cb_span cmd, const struct cb_buf *answer)
{
	struct cb_span data = cb_span(answer->p, answer->n - 2);
	struct cb_buf key = CB_BUF_INIT;
	struct cb_apdu a;
	struct item *it;

	ck_assert_int_eq(cb_apdu_parse(&a, cmd), CB_OK);
	if (a.ins == 0xA4) {
		learn_select(c, &a, answer);
	} else if (a.ins == 0xB0) {
		learn_read(c, &a, data);
	} else if (a.ins == 0xB2 && c->file >= 0 && a.p1 <= 4) {
		ck_assert_int_eq(cb_buf_set(
		    &c->items[c->file].records[a.p1 - 1], data), CB_OK);
	} else if (a.ins == 0x34 && c->df >= 0) {
		it = get(c, LIST, c->name, c->items[c->df].fid, CB_SPAN_EMPTY);
		ck_assert_int_eq(
		    cb_buf_set(&it->answer, cb_buf_span(answer)), CB_OK);
	} else {
		key_of(&a, &key);
		it = get(c, OTHER, c->name, -1, cb_buf_span(&key));
		/* the first answer, before anybody logged in */
		if (it->answer.n == 0)
			ck_assert_int_eq(cb_buf_set(
			    &it->answer, cb_buf_span(answer)), CB_OK);
	}
	cb_buf_free(&key);
}

static void
load(struct fake_card *c, const char *path)
{
	struct cb_buf cmd = CB_BUF_INIT, answer = CB_BUF_INIT;
	struct cb_buf part = CB_BUF_INIT;
	char line[LINE_MAX_N];
	bool more = false;
	FILE *f = fopen(path, "re");

	ck_assert_msg(f != NULL, "%s cannot be read", path);
	c->name = c->file = c->df = TOP;
	while (fgets(line, sizeof(line), f) != NULL) {
		size_t n = strcspn(line, "\r\n");

		if (line[0] != '>' && line[0] != '<')
			continue;
		cb_buf_clear(&part);
		ck_assert_int_eq(cb_hex_decode(&part, line + 2, n - 2), CB_OK);
		if (line[0] == '>') {
			more = part.p[1] == 0xC0;
			if (!more)
				ck_assert_int_eq(cb_buf_set(
				    &cmd, cb_buf_span(&part)), CB_OK);
			continue;
		}
		if (!more)
			cb_buf_clear(&answer);
		else	/* what 61xx promised takes its place */
			ck_assert_int_eq(cb_buf_truncate(
			    &answer, answer.n - 2), CB_OK);
		ck_assert_int_eq(
		    cb_buf_add(&answer, cb_buf_span(&part)), CB_OK);
		if (answer.p[answer.n - 2] != 0x61)
			learn(c, cb_buf_span(&cmd), &answer);
	}
	(void)fclose(f);
	cb_buf_free(&cmd);
	cb_buf_free(&answer);
	cb_buf_free(&part);
}

struct fake_card *
fake_card_new(bool t0, const char *const *files)
{
	struct fake_card *c = calloc(1, sizeof(*c));

	ck_assert_ptr_nonnull(c);
	for (; *files != NULL; files++)
		load(c, *files);
	c->t0 = t0;
	c->name = c->file = c->df = TOP;
	return c;
}

void
fake_card_free(struct fake_card *c)
{
	for (int i = 0; i < c->n; i++) {
		cb_buf_free(&c->items[i].key);
		cb_buf_free(&c->items[i].answer);
		cb_buf_free(&c->items[i].content);
		for (int j = 0; j < 4; j++)
			cb_buf_free(&c->items[i].records[j]);
	}
	cb_buf_free(&c->waiting);
	free(c);
}

/* ---- answering ----------------------------------------------------------- */

static enum cb_err
say(struct cb_buf *rsp, struct cb_span data, uint16_t sw)
{
	enum cb_err r = cb_buf_set(rsp, data);

	return r == CB_OK ? cb_put_u16(rsp, sw) : r;
}

static enum cb_err
do_select(struct fake_card *c, const struct cb_apdu *a, struct cb_buf *rsp)
{
	struct item *it;

	if (a->p1 == 0x04) {
		it = find(c, NAME, TOP, -1, a->data);
		if (it == NULL || sw_of(&it->answer) != SW_OK)
			return say(rsp, CB_SPAN_EMPTY, SW_FILE_NOT_FOUND);
		c->name = (int)(it - c->items);
		c->file = c->df = TOP;
	} else {
		it = find(c, FILE_, c->name, fid_of(a, rsp), CB_SPAN_EMPTY);
		if (it == NULL)
			return say(rsp, CB_SPAN_EMPTY, SW_FILE_NOT_FOUND);
		c->file = (int)(it - c->items);
		if (is_df(it))
			c->df = c->file;
	}
	return cb_buf_set(rsp, cb_buf_span(&it->answer));
}

static enum cb_err
do_read(struct fake_card *c, const struct cb_apdu *a, struct cb_buf *rsp)
{
	const struct item *f = c->file >= 0 ? &c->items[c->file] : NULL;
	size_t at = (size_t)(a->p1 << 8 | a->p2);

	if (f == NULL)
		return say(rsp, CB_SPAN_EMPTY, SW_NO_CURRENT_EF);
	if (a->ins == 0xB2)
		return a->p1 > 4 || f->records[a->p1 - 1].n == 0
		    ? say(rsp, CB_SPAN_EMPTY, SW_RECORD_NOT_FOUND)
		    : say(rsp, cb_buf_span(&f->records[a->p1 - 1]), SW_OK);
	if (at >= f->content.n)
		return say(rsp, CB_SPAN_EMPTY,
		    f->content.n == 0 ? SW_SECURITY_STATUS : SW_OFFSET);
	return say(rsp, cb_span_head(cb_span_tail(
	    cb_buf_span(&f->content), at), a->ne), SW_OK);
}

static enum cb_err
do_other(struct fake_card *c, const struct cb_apdu *a, struct cb_buf *rsp)
{
	struct cb_buf key = CB_BUF_INIT;
	const struct item *it = NULL;
	enum cb_err r;

	if (a->ins == 0x34) {
		if (c->df >= 0)
			it = find(c, LIST, c->name, c->items[c->df].fid,
			    CB_SPAN_EMPTY);
	} else {
		key_of(a, &key);
		it = find(c, OTHER, c->name, -1, cb_buf_span(&key));
	}
	r = it != NULL ? cb_buf_set(rsp, cb_buf_span(&it->answer))
	    : say(rsp, CB_SPAN_EMPTY, a->ins == 0x34 ? SW_INS
						     : SW_REF_NOT_FOUND);
	cb_buf_free(&key);
	return r;
}

static enum cb_err
get_response(struct fake_card *c, const struct cb_apdu *a, struct cb_buf *rsp)
{
	struct cb_span give =
	    cb_span_head(cb_buf_span(&c->waiting), a->ne);
	enum cb_err r = cb_buf_set(rsp, give);

	cb_buf_consume(&c->waiting, give.n);
	/* the status word stands behind what waits */
	if (r == CB_OK && c->waiting.n > 2)
		r = cb_put_u16(rsp, (uint16_t)(SW_MORE |
		    (c->waiting.n - 2 > 255 ? 0 : c->waiting.n - 2)));
	else if (r == CB_OK)
		r = cb_buf_add(rsp, cb_buf_span(&c->waiting));
	return r;
}

static bool
harms(const struct cb_apdu *a)
{
	static const uint8_t fine[] = { 0xA4, 0xB0, 0xB2, 0xC0, 0xCA, 0xCB,
		0x34 };

	if (a->ins == 0x20)
		return a->data.n > 0;
	return memchr(fine, a->ins, sizeof(fine)) == NULL;
}

enum cb_err
fake_card_send(void *card, struct cb_span cmd, struct cb_buf *rsp,
    struct cb_why *why)
{
	struct fake_card *c = card;
	struct cb_apdu a;
	size_t n;
	enum cb_err r;

	(void)why;
	cb_buf_clear(rsp);
	ck_assert_int_eq(cb_apdu_parse(&a, cmd), CB_OK);
	c->harmed |= harms(&a);
	if (a.ins == 0xC0)
		return get_response(c, &a, rsp);
	cb_buf_clear(&c->waiting);
	if (a.ins == 0xA4)
		r = do_select(c, &a, rsp);
	else if (a.ins == 0xB0 || a.ins == 0xB2)
		r = do_read(c, &a, rsp);
	else
		r = do_other(c, &a, rsp);
	/* Case 4 in T=0, and more than 256 bytes in T=1 as well. */
	if (r != CB_OK || rsp->n <= 2 ||
	    !((c->t0 && a.data.n > 0) || rsp->n > 258))
		return r;
	n = rsp->n - 2;
	cb_buf_move(&c->waiting, rsp);
	return cb_put_u16(rsp, (uint16_t)(SW_MORE | (n > 255 ? 0 : n)));
}

bool
fake_card_harmed(const struct fake_card *c)
{
	return c->harmed;
}

struct cb_span
fake_card_content(const struct fake_card *c, uint16_t fid)
{
	for (int i = 0; i < c->n; i++)
		if (c->items[i].what == FILE_ && c->items[i].fid == fid &&
		    c->items[i].content.n > 0)
			return cb_buf_span(&c->items[i].content);
	return CB_SPAN_EMPTY;
}

void
fake_card_access(
    struct fake_card *c, uint16_t fid, unsigned at, uint8_t byte)
{
	for (int i = 0; i < c->n; i++) {
		struct cb_buf *b = &c->items[i].answer;

		if (c->items[i].what != FILE_ || c->items[i].fid != fid)
			continue;
		for (size_t j = 0; j + 10 <= b->n; j++)
			if (b->p[j] == 0x86 && b->p[j + 1] == 8)
				b->p[j + 2 + at] = byte;
	}
}
