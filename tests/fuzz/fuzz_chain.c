/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Any bytes as an entry of the audit chain, and any text as an export; the
 * first byte chooses which. An entry that is taken must come out the same
 * when it is written. An export is whole for nobody who has not the key: its
 * hashes are made right here, so that what comes behind them is reached, and
 * then only its heads are wrong.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "wire/entry.h"
#include "wire/export.h"

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
		b.n > WIRE_ENTRY_TEXT_MAX))
		abort();
	cb_buf_free(&b);
}

static const uint8_t public[CR_KEY] = { 1 };

static void
export(struct cb_span in)
{
	struct wire_export_found found;
	struct cb_why why = { "" };

	if (wire_export_check(in, public, NULL, 0, &found, &why) == CB_OK)
		abort();
	if (why.text[0] == '\0')
		abort();
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

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static void (*const parsers[])(
	    struct cb_span in) = { entry, export, entries };

	if (n == 0)
		return 0;
	parsers[p[0] % (sizeof(parsers) / sizeof(parsers[0]))](
	    cb_span(p + 1, n - 1));
	return 0;
}
