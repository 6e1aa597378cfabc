/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Bytes of a report in the content language of profiles: digits for what is
 * told, "zeros(n)" and "repeat(x, n)" for long runs, and for hidden runs of
 * known meaning the expression that makes such bytes anew.
 */
#include <stdio.h>
#include <string.h>

#include "cli/describe/describe.h"
#include "common/hex.h"

#define RUN_MIN 8
#define LINE_BYTES 20

#define LABEL "pad(card.label, "	/* and its length */

/* What stands for hidden bytes of a file: a run of so many, all of the value
 * behind a tag and a length. */
static const struct run {
	const char *path;	/* or how it ends */
	size_t n;		/* 0: any number */
	uint8_t tag;		/* 0: none */
	const char *expression;
} runs[] = {
	{ "3F00/5011/1000", 32, 0, LABEL },
	{ "3F00/5011/3000", 38, 0, "guid()" },
	{ "/5032", 0, 0x80, LABEL },	/* TokenInfo */
	{ "/5032", 4, 0x04, "card.serial" },
	{ "/5032", 15, 0x18, "'20260101000000Z'" },
};

static bool
is_value_of(const struct rep_bytes *b, size_t at, size_t n, uint8_t tag)
{
	return at >= 2 && !b->hidden[at - 2] && !b->hidden[at - 1] &&
	    b->p[at - 2] == tag && b->p[at - 1] == n;
}

static const char *
known_run(const struct rep_bytes *b, size_t at, const char *path, size_t n)
{
	size_t path_n = strlen(path);

	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		size_t end_n = strlen(runs[i].path);

		if (path_n >= end_n &&
		    strcmp(path + path_n - end_n, runs[i].path) == 0 &&
		    (runs[i].n == 0 || runs[i].n == n) &&
		    (runs[i].tag == 0 || is_value_of(b, at, n, runs[i].tag)))
			return runs[i].expression;
	}
	return NULL;
}

static size_t
run_of(const struct rep_bytes *b, size_t at)
{
	size_t n = 1;

	while (at + n < b->n && b->hidden[at + n] == b->hidden[at] &&
	    (b->hidden[at] || b->p[at + n] == b->p[at]))
		n++;
	return n;
}

/* Bytes from here on that are told and no long run. */
static size_t
plain_of(const struct rep_bytes *b, size_t at)
{
	size_t n = 0;

	while (at + n < b->n && n < LINE_BYTES && !b->hidden[at + n] &&
	    run_of(b, at + n) < RUN_MIN)
		n++;
	return n;
}

enum cb_err
describe_bytes(struct cb_buf *out, const struct rep_bytes *b,
    const char *path, const char *indent, bool *guessed)
{
	char text[2 * LINE_BYTES + 64], hex[2 * LINE_BYTES + 1];
	enum cb_err r = CB_OK;

	for (size_t at = 0, n; at < b->n && r == CB_OK; at += n) {
		const char *known;

		if ((n = plain_of(b, at)) > 0) {
			cb_hex_encode(hex, sizeof(hex), cb_span(b->p + at, n));
			(void)snprintf(text, sizeof(text), "%s", hex);
		} else if (n = run_of(b, at), b->hidden[at]) {
			known = known_run(b, at, path, n);
			*guessed |= known == NULL;
			if (known != NULL && strcmp(known, LABEL) == 0)
				(void)snprintf(text, sizeof(text),
				    LABEL "%zu, ' ')", n);
			else if (known != NULL)
				(void)snprintf(
				    text, sizeof(text), "%s", known);
			else
				(void)snprintf(
				    text, sizeof(text), "zeros(%zu)", n);
		} else if (b->p[at] == 0) {
			(void)snprintf(text, sizeof(text), "zeros(%zu)", n);
		} else {
			(void)snprintf(text, sizeof(text),
			    "repeat(%02X, %zu)", b->p[at], n);
		}
		if ((r = cb_buf_add(out, cb_span_str(indent))) == CB_OK &&
		    (r = cb_put_u8(out, '"')) == CB_OK &&
		    (r = cb_buf_add(out, cb_span_str(text))) == CB_OK)
			r = cb_buf_add(out, cb_span_str(
			    at + n < b->n ? "\",\n" : "\"\n"));
	}
	return r;
}

size_t
describe_label_n(const struct rep_bytes *b, const char *path)
{
	for (size_t at = 0, n; at < b->n; at += n) {
		const char *known;

		n = run_of(b, at);
		if (b->hidden[at] &&
		    (known = known_run(b, at, path, n)) != NULL &&
		    strcmp(known, LABEL) == 0)
			return n;
	}
	return 0;
}
