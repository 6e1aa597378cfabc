/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What people keep and pass on as files: any bytes as an entry of the audit
 * chain, any text as an export, as a draft, as a head or as a token; the first
 * byte chooses which. What is taken must come out the same when it is
 * written, and its words be plain. An export is whole for nobody who has not the key: its
 * hashes are made right here, so that what comes behind them is reached, and
 * then only its heads are wrong.
 */
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/fuzz_draft.h"
#include "wire/entry.h"
#include "wire/export.h"
#include "wire/token.h"

static void
entry(struct cb_span in)
{
	struct cb_buf b = CB_BUF_INIT;
	struct wire_entry e;
	enum cb_err r = wire_entry_get(in, &e);

	if (r == CB_OK) {
		if (wire_entry_put(&b, &e) != CB_OK ||
		    !cb_span_equal(cb_buf_span(&b), in))
			abort();
		cb_buf_clear(&b);
	}
	if ((r == CB_OK || (r == CB_E_LIMIT && e.type != 0)) &&
	    (wire_entry_text(&b, &e) != CB_OK ||
		b.n > WIRE_ENTRY_TEXT_MAX ||
		!cb_is_plain_text(cb_buf_span(&b))))
		abort();
	cb_buf_free(&b);
}

static const uint8_t public[CR_KEY] = { 1 };

/* It is said why not, and a terminal may have that. */
static void
is_said(const struct cb_why *why)
{
	if (why->text[0] == '\0' || !cb_is_plain_text(cb_span_str(why->text)))
		abort();
}

static void
export(struct cb_span in)
{
	struct wire_export_found found;
	struct cb_why why = { "" };

	if (wire_export_check(in, public, NULL, 0, &found, &why) == CB_OK)
		abort();
	is_said(&why);
}

/* Entries, each a length of one byte and bytes, as lines that go together. */
static void
entries(struct cb_span in)
{
	const struct wire_owner owner = { .kind = WIRE_TEST };
	struct cb_buf b = CB_BUF_INIT;
	struct wire_export_found found;
	struct wire_chain c;
	struct cb_span bytes;
	uint8_t n;

	if (wire_chain_init(&c, &owner) != CB_OK ||
	    wire_export_begin(&b, &owner, 1, CB_SPAN_EMPTY) != CB_OK)
		abort();
	while (c.number < 100 && cb_get_u8(&in, &n) == CB_OK &&
	    cb_get_span(&in, n, &bytes) == CB_OK) {
		struct wire_chain next = c;

		if (wire_chain_add(&next, bytes) != CB_OK)
			abort();
		if (wire_export_entry(&b, next.number, bytes,
			CB_SPAN_OF(next.hash)) == CB_OK)
			c = next;
	}
	/* all is right but that nobody signed it */
	if (wire_export_check(cb_buf_span(&b), public, NULL, 0, &found,
		NULL) == CB_OK ||
	    found.bad != 1 ||
	    found.line != 5 + 2 * c.number)
		abort();
	cb_buf_free(&b);
}

/* A line of what a store keeps of heads, and what is given by hand. */
static void
head(struct cb_span in)
{
	uint8_t bytes[WIRE_HEAD_SIGNED];
	struct cb_buf b = CB_BUF_INIT;
	struct wire_head h;

	if (wire_export_head_get(in, bytes) == CB_OK) {
		if (wire_export_head(&b, CB_SPAN_OF(bytes)) != CB_OK ||
		    !cb_span_equal(cb_span_head(cb_buf_span(&b), in.n), in) ||
		    b.n - in.n > 1)
			abort();
		in = CB_SPAN_OF(bytes);
	}
	if (wire_head_get(in, public, &h) == CB_OK || h.at.number != 0)
		abort();
	cb_buf_free(&b);
}

/* Written anew it is what was read, whatever came between its digits. */
static void
token(struct cb_span in)
{
	struct cb_buf b = CB_BUF_INIT, again = CB_BUF_INIT;
	struct wire_token t;
	struct cb_why why = { "" };

	if (wire_token_get(in, &t, &why) == CB_OK) {
		if (wire_token_put(&b, &t) != CB_OK ||
		    wire_token_get(cb_buf_span(&b), &t, NULL) != CB_OK ||
		    wire_token_put(&again, &t) != CB_OK || b.n > in.n ||
		    !cb_span_equal(cb_buf_span(&b), cb_buf_span(&again)))
			abort();
	} else {
		is_said(&why);
	}
	cb_buf_free(&b);
	cb_buf_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static void (*const parsers[])(struct cb_span in) = { entry, export,
		entries, fuzz_draft_text, fuzz_draft_acts, head, token };

	if (n == 0)
		return 0;
	parsers[p[0] % (sizeof(parsers) / sizeof(parsers[0]))](
	    cb_span(p + 1, n - 1));
	return 0;
}
