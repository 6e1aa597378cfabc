/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Exports, written and verified. The reader is a table of what a line may be
 * and what may come after it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hex.h"
#include "wire/entry.h"
#include "wire/export.h"

static const char first_line[] = "cardbridge export 1";
static const char first_word[] = "cardbridge export ";

/* ---- writing ------------------------------------------------------------- */

static enum cb_err
put_text(struct cb_buf *b, const char *text)
{
	return cb_buf_add(b, cb_span_str(text));
}

static enum cb_err
put_hex_line(struct cb_buf *b, const char *word, struct cb_span bytes)
{
	enum cb_err r;

	(void)((r = put_text(b, word)) != CB_OK ||
	    (r = cb_hex_put(b, bytes)) != CB_OK ||
	    (r = put_text(b, "\n")) != CB_OK);
	return r;
}

enum cb_err
wire_export_head(struct cb_buf *b, struct cb_span signed_head)
{
	return put_hex_line(b, "head ", signed_head);
}

enum cb_err
wire_export_begin(struct cb_buf *b, const struct wire_owner *owner,
    uint64_t start, struct cb_span before)
{
	char text[40];
	enum cb_err r;

	snprintf(text, sizeof(text), "start %" PRIu64 "\n", start);
	(void)((r = put_text(b, first_line)) != CB_OK ||
	    (r = put_text(b, owner->kind == WIRE_LIVE
		      ? "\nkind live\n" : "\nkind test\n")) != CB_OK ||
	    (r = put_hex_line(
		 b, "backend ", CB_SPAN_OF(owner->backend))) != CB_OK ||
	    (r = put_hex_line(b, "organisation ",
		 CB_SPAN_OF(owner->organisation))) != CB_OK ||
	    (r = put_text(b, text)) != CB_OK ||
	    (start > 1 && (r = wire_export_head(b, before)) != CB_OK));
	return r;
}

enum cb_err
wire_export_entry(struct cb_buf *b, uint64_t number, struct cb_span bytes,
    struct cb_span hash)
{
	struct wire_entry e;
	char text[40];
	enum cb_err r;

	if ((r = wire_entry_get(bytes, &e)) != CB_OK &&
	    (r != CB_E_LIMIT || e.type == 0))
		return r;
	snprintf(text, sizeof(text), "entry %" PRIu64 " ", number);
	(void)((r = put_text(b, text)) != CB_OK ||
	    (r = cb_hex_put(b, hash)) != CB_OK ||
	    (r = put_hex_line(b, " ", bytes)) != CB_OK ||
	    (r = put_text(b, "  ")) != CB_OK ||
	    (r = wire_entry_text(b, &e)) != CB_OK ||
	    (r = put_text(b, "\n")) != CB_OK);
	return r;
}

/* ---- words of a line ----------------------------------------------------- */

/* Up to a blank, which is taken too, or the end. */
static struct cb_span
take_word(struct cb_span *cur)
{
	const uint8_t *blank =
	    cur->n == 0 ? NULL : memchr(cur->p, ' ', cur->n);
	const size_t n = blank == NULL ? cur->n : (size_t)(blank - cur->p);
	struct cb_span word = cb_span_head(*cur, n);

	*cur = cb_span_tail(*cur, blank == NULL ? n : n + 1);
	return word;
}

/* Decimal, from 1, in the one way to write it. */
static enum cb_err
number_get(struct cb_span word, uint64_t *out)
{
	uint64_t v = 0;

	*out = 0;
	if (word.n == 0 || word.n > 19 || word.p[0] == '0')
		return CB_E_FORMAT;
	for (size_t i = 0; i < word.n; i++) {
		if (word.p[i] < '0' || word.p[i] > '9')
			return CB_E_FORMAT;
		v = 10 * v + (uint64_t)(word.p[i] - '0');
	}
	if (v > INT64_MAX)
		return CB_E_FORMAT;
	*out = v;
	return CB_OK;
}

enum cb_err
wire_export_head_get(struct cb_span line, uint8_t out[WIRE_HEAD_SIGNED])
{
	if (line.n > 0 && line.p[line.n - 1] == '\n')
		line.n--;
	return cb_take_text(&line, "head ")
	    ? cb_hex_get(line, out, WIRE_HEAD_SIGNED)
	    : CB_E_FORMAT;
}

/* ---- lines --------------------------------------------------------------- */

enum state {
	AT_BEGIN,
	AT_KIND,
	AT_BACKEND,
	AT_ORGANISATION,
	AT_START,
	AT_BEFORE,	/* the head that vouches for what is not here */
	AT_ENTRY,	/* or a head */
	AT_WORDS,
	AT_FAILED,
};

struct wire_export {
	enum state state;
	uint8_t public[CR_KEY];
	struct wire_walk walk;
	struct wire_export_found found;
	bool head_last;		/* the line before was one */
	struct cb_buf words;	/* that must follow; empty: any */
};

enum cb_err
wire_export_new(struct wire_export **out, const uint8_t public[CR_KEY],
    const struct wire_head *known, size_t known_n)
{
	struct wire_export *x = calloc(1, sizeof(*x));

	*out = x;
	if (x == NULL)
		return CB_E_NOMEM;
	memcpy(x->public, public, CR_KEY);
	x->walk.public = x->public;
	x->walk.known = known;
	x->walk.known_n = known_n;
	return CB_OK;
}

void
wire_export_free(struct wire_export **x)
{
	if (*x != NULL)
		cb_buf_free(&(*x)->words);
	free(*x);
	*x = NULL;
}

static enum cb_err
read_begin(struct wire_export *x, struct cb_span line, struct cb_why *why)
{
	if (cb_span_equal(line, cb_span_str(first_line))) {
		x->state = AT_KIND;
		return CB_OK;
	}
	if (!cb_take_text(&line, first_word))
		return CB_E_FORMAT;
	cb_why_set(why, "this export is of a newer version than 1");
	return CB_E_LIMIT;
}

static enum cb_err
read_kind(struct wire_export *x, struct cb_span line, struct cb_why *why)
{
	(void)why;
	if (!cb_take_text(&line, "kind "))
		return CB_E_FORMAT;
	if (cb_span_equal(line, cb_span_str("live")))
		x->found.owner.kind = WIRE_LIVE;
	else if (cb_span_equal(line, cb_span_str("test")))
		x->found.owner.kind = WIRE_TEST;
	else
		return CB_E_FORMAT;
	x->state = AT_BACKEND;
	return CB_OK;
}

static enum cb_err
read_backend(struct wire_export *x, struct cb_span line, struct cb_why *why)
{
	(void)why;
	x->state = AT_ORGANISATION;
	return cb_take_text(&line, "backend ")
	    ? cb_hex_get(line, x->found.owner.backend, WIRE_ID)
	    : CB_E_FORMAT;
}

static enum cb_err
read_organisation(
    struct wire_export *x, struct cb_span line, struct cb_why *why)
{
	(void)why;
	x->state = AT_START;
	return cb_take_text(&line, "organisation ")
	    ? cb_hex_get(line, x->found.owner.organisation, WIRE_ID)
	    : CB_E_FORMAT;
}

static enum cb_err
read_start(struct wire_export *x, struct cb_span line, struct cb_why *why)
{
	enum cb_err r;

	(void)why;
	if (!cb_take_text(&line, "start ") ||
	    number_get(line, &x->found.first) != CB_OK)
		return CB_E_FORMAT;
	r = wire_walk_init(&x->walk, &x->found.owner, x->public,
	    x->walk.known, x->walk.known_n);
	x->state = x->found.first > 1 ? AT_BEFORE : AT_ENTRY;
	return r;
}

static enum cb_err
read_before(struct wire_export *x, struct cb_span line, struct cb_why *why)
{
	uint8_t head[WIRE_HEAD_SIGNED];
	enum cb_err r;

	if (wire_export_head_get(line, head) != CB_OK)
		return CB_E_FORMAT;
	if ((r = wire_walk_start(&x->walk, CB_SPAN_OF(head), why)) != CB_OK)
		return r;
	if (x->walk.chain.number != x->found.first - 1) {
		cb_why_set(why,
		    "nothing vouches for what came before entry %" PRIu64,
		    x->found.first);
		return CB_E_FORMAT;
	}
	x->state = AT_ENTRY;
	x->head_last = true;
	return CB_OK;
}

/* What must be said of these bytes. */
static enum cb_err
expect_words(
    struct wire_export *x, struct cb_span bytes, struct cb_why *why)
{
	struct wire_entry e;
	enum cb_err r = wire_entry_get(bytes, &e);

	cb_buf_clear(&x->words);
	if (r == CB_E_LIMIT && e.type != 0) {
		x->found.unknown++;
		return CB_OK;
	}
	if (r == CB_OK)
		(void)((r = put_text(&x->words, "  ")) != CB_OK ||
		    (r = wire_entry_text(&x->words, &e)) != CB_OK);
	if (r != CB_OK && r != CB_E_NOMEM) {
		x->walk.bad = x->walk.chain.number;
		cb_why_set(why, "entry %" PRIu64 " is not written as entries "
		    "are", x->walk.bad);
		r = CB_E_FORMAT;
	}
	return r;
}

static enum cb_err
read_entry(struct wire_export *x, struct cb_span line, struct cb_why *why)
{
	uint8_t hash[CR_HASH], bytes[WIRE_ENTRY_MAX];
	struct cb_span word;
	uint64_t number;
	enum cb_err r;

	if (number_get(take_word(&line), &number) != CB_OK)
		return CB_E_FORMAT;
	x->walk.bad = x->walk.chain.number + 1;
	word = take_word(&line);
	if (cb_hex_get(word, hash, CR_HASH) != CB_OK ||
	    line.n / 2 > sizeof(bytes) ||
	    cb_hex_get(line, bytes, line.n / 2) != CB_OK)
		return CB_E_FORMAT;
	word = cb_span(bytes, line.n / 2);
	if ((r = wire_walk_entry(
		 &x->walk, number, word, CB_SPAN_OF(hash), why)) != CB_OK)
		return r;
	x->state = AT_WORDS;
	return expect_words(x, word, why);
}

static enum cb_err
read_entry_or_head(
    struct wire_export *x, struct cb_span line, struct cb_why *why)
{
	uint8_t head[WIRE_HEAD_SIGNED];
	enum cb_err r;

	x->head_last = false;
	if (cb_take_text(&line, "entry "))
		return read_entry(x, line, why);
	if (wire_export_head_get(line, head) != CB_OK)
		return CB_E_FORMAT;
	if ((r = wire_walk_head(&x->walk, CB_SPAN_OF(head), why)) == CB_OK)
		x->head_last = true;
	return r;
}

static enum cb_err
read_words(struct wire_export *x, struct cb_span line, struct cb_why *why)
{
	x->state = AT_ENTRY;
	if (x->words.n == 0 ? line.n >= 2 && memcmp(line.p, "  ", 2) == 0
			    : cb_span_equal(line, cb_buf_span(&x->words)))
		return CB_OK;
	x->walk.bad = x->walk.chain.number;
	cb_why_set(why, "entry %" PRIu64 " does not say what the words below "
	    "it say", x->walk.bad);
	return CB_E_FORMAT;
}

static const struct {
	enum cb_err (*read)(
	    struct wire_export *x, struct cb_span line, struct cb_why *why);
	const char *name;
} lines[] = {
	[AT_BEGIN] = { read_begin, first_line },
	[AT_KIND] = { read_kind, "kind live or kind test" },
	[AT_BACKEND] = { read_backend, "backend ID" },
	[AT_ORGANISATION] = { read_organisation, "organisation ID" },
	[AT_START] = { read_start, "start NUMBER" },
	[AT_BEFORE] = { read_before, "head HEX" },
	[AT_ENTRY] = { read_entry_or_head, "entry or head" },
	[AT_WORDS] = { read_words, "the entry in words" },
};

enum cb_err
wire_export_line(
    struct wire_export *x, struct cb_span line, struct cb_why *why)
{
	const enum state at = x->state;
	struct cb_why inner = { "" };
	enum cb_err r;

	if (at == AT_FAILED)
		return CB_E_FORMAT;
	x->found.line++;
	r = line.n > WIRE_ENTRY_TEXT_MAX ? CB_E_FORMAT
					 : lines[at].read(x, line, &inner);
	if (r == CB_OK)
		return r;
	x->state = AT_FAILED;
	cb_why_set(why, "line %" PRIu64 ": %s%s", x->found.line,
	    inner.text[0] != '\0' ? inner.text : "this should be: ",
	    inner.text[0] != '\0' ? "" : lines[at].name);
	return r;
}

enum cb_err
wire_export_end(struct wire_export *x, struct cb_why *why)
{
	enum cb_err r = CB_E_FORMAT;

	if (x->state == AT_FAILED)
		return CB_E_FORMAT;
	if (x->state != AT_ENTRY)
		cb_why_set(why, "the export ends early: %s should follow",
		    lines[x->state].name);
	else if ((r = wire_walk_end(&x->walk, why)) == CB_OK &&
	    !x->head_last) {
		r = CB_E_FORMAT;
		x->walk.bad = x->walk.signed_to + 1;
		cb_why_set(why,
		    "no signed head vouches for entry %" PRIu64
		    " and those behind it",
		    x->walk.bad);
	}
	if (r != CB_OK)
		x->state = AT_FAILED;
	return r;
}

void
wire_export_found(
    const struct wire_export *x, struct wire_export_found *out)
{
	*out = x->found;
	out->last = x->walk.signed_to;
	out->bad = x->walk.bad;
}

enum cb_err
wire_export_check(struct cb_span text, const uint8_t public[CR_KEY],
    const struct wire_head *known, size_t known_n,
    struct wire_export_found *out, struct cb_why *why)
{
	struct wire_export *x = NULL;
	enum cb_err r;

	*out = (struct wire_export_found){ 0 };
	if ((r = wire_export_new(&x, public, known, known_n)) != CB_OK)
		return r;
	while (r == CB_OK && text.n > 0) {
		const uint8_t *end = memchr(text.p, '\n', text.n);

		if (end == NULL) {
			r = CB_E_FORMAT;
			x->state = AT_FAILED;
			cb_why_set(why, "line %" PRIu64 " has no end",
			    x->found.line + 1);
			break;
		}
		r = wire_export_line(
		    x, cb_span(text.p, (size_t)(end - text.p)), why);
		text = cb_span_tail(text, (size_t)(end - text.p) + 1);
	}
	if (r == CB_OK)
		r = wire_export_end(x, why);
	wire_export_found(x, out);
	wire_export_free(&x);
	return r;
}
