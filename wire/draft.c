/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See draft.h.
 */
#include <string.h>

#include "common/hex.h"
#include "wire/draft.h"

static const char first_line[] = "cardbridge draft 1\n";
static const char act_word[] = "act ";
static const char approval_word[] = "approval ";

void
wire_draft_clear(struct wire_draft *d)
{
	cb_buf_free(&d->act);
	for (size_t i = 0; i < WIRE_DRAFT_APPROVALS; i++)
		cb_buf_free(&d->approvals[i]);
	d->n = 0;
}

/* ---- writing ------------------------------------------------------------- */

static enum cb_err
put_line(struct cb_buf *b, const char *word, const struct cb_buf *bytes)
{
	enum cb_err r;

	(void)((r = cb_buf_add(b, cb_span_str(word))) != CB_OK ||
	    (r = cb_hex_put(b, cb_buf_span(bytes))) != CB_OK ||
	    (r = cb_put_u8(b, '\n')) != CB_OK);
	return r;
}

enum cb_err
wire_draft_put(struct cb_buf *b, const struct wire_draft *d)
{
	const size_t before = b->n;
	enum cb_err r;

	if (d->act.n == 0 || d->n > WIRE_DRAFT_APPROVALS)
		return CB_E_ARG;
	if ((r = cb_buf_add(b, cb_span_str(first_line))) == CB_OK)
		r = put_line(b, act_word, &d->act);
	for (size_t i = 0; r == CB_OK && i < d->n; i++)
		r = put_line(b, approval_word, &d->approvals[i]);
	return cb_buf_undo(b, before, r);
}

/* ---- reading ------------------------------------------------------------- */

static enum cb_err
get_line(struct cb_span *cur, const char *word, size_t most,
    struct cb_buf *out)
{
	const uint8_t *end;
	uint8_t *to;
	size_t n;
	enum cb_err r;

	if (!cb_take_text(cur, word) ||
	    (end = memchr(cur->p, '\n', cur->n)) == NULL)
		return CB_E_FORMAT;
	n = (size_t)(end - cur->p);
	if (n / 2 > most)
		return CB_E_LIMIT;
	if ((r = cb_buf_grow(out, n / 2, &to)) == CB_OK &&
	    (r = cb_hex_get(cb_span(cur->p, n), to, n / 2)) == CB_OK)
		*cur = cb_span_tail(*cur, n + 1);
	return r;
}

static enum cb_err
get_approval(struct cb_span *cur, struct cb_buf *out)
{
	struct wire_approval approval;
	struct cb_span head, signature;
	enum cb_err r = get_line(cur, approval_word, WIRE_APPROVAL_MAX, out);

	return r == CB_OK ? wire_approval_get(
				cb_buf_span(out), &approval, &head, &signature)
			  : r;
}

static enum cb_err
get(struct cb_span cur, struct wire_draft *d)
{
	struct wire_act act;
	struct cb_span head, signature;
	enum cb_err r;

	if (cur.n > WIRE_DRAFT_MAX)
		return CB_E_LIMIT;
	if (!cb_take_text(&cur, first_line))
		return cb_take_text(&cur, "cardbridge draft ") ? CB_E_LIMIT
							   : CB_E_FORMAT;
	if ((r = get_line(&cur, act_word, WIRE_ACT_MAX, &d->act)) != CB_OK ||
	    (r = wire_act_get(
		 cb_buf_span(&d->act), &act, &head, &signature)) != CB_OK)
		return r;
	while (r == CB_OK && cur.n > 0)
		r = d->n == WIRE_DRAFT_APPROVALS
		    ? CB_E_LIMIT
		    : get_approval(&cur, &d->approvals[d->n++]);
	return r;
}

enum cb_err
wire_draft_get(struct cb_span text, struct wire_draft *out)
{
	struct wire_draft d = { .act = CB_BUF_INIT_MAX(WIRE_ACT_MAX) };
	enum cb_err r;

	for (size_t i = 0; i < WIRE_DRAFT_APPROVALS; i++)
		d.approvals[i] =
		    (struct cb_buf)CB_BUF_INIT_MAX(WIRE_APPROVAL_MAX);
	if ((r = get(text, &d)) == CB_OK)
		*out = d;
	else
		wire_draft_clear(&d);
	return r;
}
