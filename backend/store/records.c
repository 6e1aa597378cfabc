/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A card's records, page by page, and what the books know of the card: who
 * opens it sees whether its rows are of before.
 */
#include "backend/store/serve.h"

#define PAGE ((size_t)512 << 10)	/* bytes; one record is always sent */

struct page {
	struct cb_buf *out;
	size_t n;
	bool more;
};

/* CB_E_LIMIT with `more`: what is there is enough for one answer. */
static enum cb_err
put_record(void *ctx, const struct be_value *columns, size_t n)
{
	const struct be_ask_record record = { columns[0].s, columns[1].s };
	struct page *p = ctx;

	(void)n;
	if (p->n > 0 &&
	    p->out->n + record.name.n + record.value.n > PAGE) {
		p->more = true;
		return CB_E_LIMIT;
	}
	p->n++;
	return be_ask_record_put(p->out, &record);
}

enum cb_err
be_records_gather(struct be_store *st, const uint8_t organisation[WIRE_ID],
    const struct be_ask_records *ask, struct cb_buf *out, struct cb_why *why)
{
	struct be_records_head head = { .number = 0 };
	struct cb_buf text = CB_BUF_INIT_MAX(BE_BODY_MAX);
	struct page p = { .out = &text };
	enum cb_err r;

	if ((r = be_store_card_number(
		 st, organisation, ask->card, &head.number, why)) == CB_OK)
		r = be_store_records(st, organisation, ask->card, ask->after,
		    put_record, &p, why);
	head.more = p.more;
	if ((r == CB_OK || (r == CB_E_LIMIT && p.more)) &&
	    (r = be_records_head_put(out, &head)) == CB_OK)
		r = cb_buf_add(out, cb_buf_span(&text));
	cb_buf_free(&text);
	return r;
}
