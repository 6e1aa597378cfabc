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

/* What stands for hidden bytes of a file: a run of so many is this. */
static const struct run {
	const char *path;
	size_t n;
	const char *expression;
} runs[] = {
	{ "3F00/5011/1000", 32, "pad(card.label, 32, ' ')" },
	{ "3F00/5011/3000", 38, "guid()" },
};

static const char *
known_run(const char *path, size_t n)
{
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++)
		if (strcmp(runs[i].path, path) == 0 && runs[i].n == n)
			return runs[i].expression;
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
			known = known_run(path, n);
			*guessed |= known == NULL;
			if (known != NULL)
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
