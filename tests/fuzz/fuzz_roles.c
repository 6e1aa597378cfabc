/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What roles say to each other, of which any may have been taken over. The
 * first byte says what the rest is: frames on a channel, settings, a message
 * of the parent's, or the body of a question or answer. What is taken is
 * written again, and that is taken and written the same.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/ask_store.h"
#include "backend/ask_vault.h"
#include "backend/control.h"
#include "tests/fuzz/fuzz.h"

#define FRAMES_MAX 65536	/* a socket takes this at once */

static struct be_channel *
channel_with(struct cb_span bytes)
{
	struct be_channel *ch;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0 ||
	    be_channel_new(&ch, fds[0]) != CB_OK)
		abort();
	if (bytes.n > 0 &&
	    write(fds[1], bytes.p, bytes.n) != (ssize_t)bytes.n)
		abort();
	(void)close(fds[1]);
	return ch;
}

static void
take_frames(struct cb_span in)
{
	struct be_channel *ch = channel_with(cb_span_head(in, FRAMES_MAX));
	struct be_message m;
	size_t n = 0;
	enum cb_err r, read;

	do {
		read = be_channel_read(ch);
		while ((r = be_channel_next(ch, &m)) == CB_OK)
			for (size_t i = 0; i < m.body.n; i++)
				n += m.body.p[i];	/* it is all there */
	} while (r == CB_E_SHORT && read == CB_OK);
	if (n == SIZE_MAX || (r != CB_E_SHORT && r != CB_E_PEER))
		abort();
	be_channel_free(&ch);
}

static void
take_settings(struct cb_span in)
{
	struct be_settings s, again;
	struct cb_buf one = CB_BUF_INIT, two = CB_BUF_INIT;
	struct cb_why why;

	if (be_settings_get(in, &s, &why) == CB_OK) {
		if (be_settings_put(&one, &s) != CB_OK ||
		    be_settings_get(cb_buf_span(&one), &again, &why) !=
			CB_OK ||
		    be_settings_put(&two, &again) != CB_OK ||
		    !cb_span_equal(cb_buf_span(&one), cb_buf_span(&two)))
			abort();
		be_settings_clear(&again);
	}
	be_settings_clear(&s);
	cb_buf_free(&one);
	cb_buf_free(&two);
}

/* u8 which message, its body; no descriptor comes along. */
static void
take_told(struct cb_span in)
{
	struct be_control c = { .ch = channel_with(CB_SPAN_EMPTY) };
	struct be_message m = { .id = 1 };
	struct be_told told;
	uint8_t type;

	if (cb_get_u8(&in, &type) == CB_OK) {
		m.type = (uint16_t)(BE_ASK_START + (type & 7));
		m.answer = (type & 8) != 0;
		m.body = in;
		if (be_control_told(&c, &m, &told) == CB_OK &&
		    told.what != BE_TOLD_STOP)
			abort();
	}
	be_channel_free(&c.ch);
}

/* ---- bodies -------------------------------------------------------------- */

static void
expect_same(enum cb_err wrote, struct cb_buf *one, enum cb_err read,
    enum cb_err wrote_again, struct cb_buf *two)
{
	if (wrote != CB_OK || read != CB_OK || wrote_again != CB_OK ||
	    !cb_span_equal(cb_buf_span(one), cb_buf_span(two)))
		abort();
}

/* get() of a whole body, or of what a cursor is at. */
#define BODY(name, type, get, put) \
	static void name(struct cb_span in) \
	{ \
		struct cb_buf one = CB_BUF_INIT, two = CB_BUF_INIT; \
		struct cb_span cur = in; \
		type a, b; \
		enum cb_err r[3]; \
\
		if (get(cur, &a) == CB_OK) { \
			r[0] = put(&one, &a); \
			cur = cb_buf_span(&one); \
			r[1] = get(cur, &b); \
			r[2] = r[1] == CB_OK ? put(&two, &b) : CB_OK; \
			expect_same(r[0], &one, r[1], r[2], &two); \
		} \
		cb_buf_free(&one); \
		cb_buf_free(&two); \
	}
#define AT(get) get##_at
#define CURSOR(get, type) \
	static enum cb_err get##_at(struct cb_span cur, type *out) \
	{ \
		return get(&cur, out); \
	}

CURSOR(be_records_head_get, struct be_records_head)
CURSOR(be_ask_entry_get, struct be_ask_entry)
CURSOR(be_ask_signed_get, struct be_ask_signed)
CURSOR(be_rights_get, struct be_rights)
CURSOR(be_ask_row_get, struct be_ask_row)
CURSOR(be_ask_record_get, struct be_ask_record)
CURSOR(be_ask_leases_get, struct be_lease)

static enum cb_err
row_put(struct cb_buf *b, const struct be_ask_row *row)
{
	return be_ask_row_put(b, row->values, row->n);
}

struct wrap {
	uint8_t what;
	struct cb_span bytes;
};

static enum cb_err
wrap_get(struct cb_span body, struct wrap *out)
{
	return be_ask_wrap_get(&body, &out->what, &out->bytes);
}

static enum cb_err
wrap_put(struct cb_buf *b, const struct wrap *wrap)
{
	return be_ask_wrap_put(b, wrap->what, wrap->bytes);
}

static enum cb_err
list_get(struct cb_span body, struct be_ask_rows *out)
{
	return be_ask_rows_get(body, BE_ASK_LIST, out);
}

static enum cb_err
list_put(struct cb_buf *b, const struct be_ask_rows *rows)
{
	return be_ask_rows_put(b, BE_ASK_LIST, rows);
}

BODY(take_signed, struct be_ask_signed, AT(be_ask_signed_get),
    be_ask_signed_put)
BODY(take_rights, struct be_rights, AT(be_rights_get), be_rights_put)
BODY(take_acted, struct be_acted, be_acted_get, be_acted_put)
BODY(take_row, struct be_ask_row, AT(be_ask_row_get), row_put)
BODY(take_list, struct be_ask_rows, list_get, list_put)
BODY(take_ask_rights, struct be_ask_rights, be_ask_rights_get,
    be_ask_rights_put)
BODY(take_record, struct be_ask_record, AT(be_ask_record_get),
    be_ask_record_put)
BODY(take_ask_answer, struct be_ask_answer, be_ask_answer_get,
    be_ask_answer_put)
BODY(take_answered, struct be_answered, be_answered_get, be_answered_put)
BODY(take_lease, struct be_lease, be_ask_lease_get, be_ask_lease_put)
BODY(take_leases, struct be_lease, AT(be_ask_leases_get), be_ask_leases_put)
BODY(take_challenged, struct be_challenged, be_challenged_get,
    be_challenged_put)
BODY(take_unlock, struct be_unlock, be_unlock_get, be_unlock_put)
BODY(take_unlocked, struct be_unlocked, be_unlocked_get, be_unlocked_put)
BODY(take_passcode, struct be_passcode_ask, be_passcode_ask_get,
    be_passcode_ask_put)
BODY(take_passcode_told, struct be_passcode_told, be_passcode_told_get,
    be_passcode_told_put)
BODY(take_certify, struct be_certify, be_certify_get, be_certify_put)
BODY(take_certified, struct be_certified, be_certified_get,
    be_certified_put)
BODY(take_sign_head, struct be_sign_head, be_sign_head_get,
    be_sign_head_put)
BODY(take_records, struct be_ask_records, be_ask_records_get,
    be_ask_records_put)
BODY(take_records_head, struct be_records_head, AT(be_records_head_get),
    be_records_head_put)
BODY(take_outcome, struct be_ask_outcome, be_ask_outcome_get,
    be_ask_outcome_put)
BODY(take_ask_orderer, struct be_ask_orderer, be_ask_orderer_get,
    be_ask_orderer_put)
BODY(take_orderer, struct be_orderer, be_orderer_get, be_orderer_put)
BODY(take_books, struct be_ask_books, be_ask_books_get, be_ask_books_put)
BODY(take_entry, struct be_ask_entry, AT(be_ask_entry_get),
    be_ask_entry_put)
BODY(take_recheck, struct be_recheck, be_recheck_get, be_recheck_put)
BODY(take_rechecked, struct be_rechecked, be_rechecked_get, be_rechecked_put)
BODY(take_order, struct be_order, be_order_get, be_order_put)
BODY(take_order_told, struct be_order_told, be_order_told_get,
    be_order_told_put)
BODY(take_wrap, struct wrap, wrap_get, wrap_put)

/* An act borrows from what was read, which has memory of its own. */
static void
take_act(struct cb_span in)
{
	struct be_act_read a, b;
	struct cb_buf one = CB_BUF_INIT, two = CB_BUF_INIT;

	if (be_act_get(in, &a) == CB_OK) {
		if (be_act_put(&one, &a.act) != CB_OK ||
		    be_act_get(cb_buf_span(&one), &b) != CB_OK ||
		    be_act_put(&two, &b.act) != CB_OK ||
		    !cb_span_equal(cb_buf_span(&one), cb_buf_span(&two)))
			abort();
		be_act_read_free(&b);
	}
	be_act_read_free(&a);	/* also one that was not taken */
	cb_buf_free(&one);
	cb_buf_free(&two);
}

static void
take_ids(struct cb_span in)
{
	uint8_t ids[3][WIRE_ID];

	for (size_t n = 1; n <= 3; n++)
		if ((be_ask_ids_get(in, ids, n) == CB_OK) !=
		    (in.n == n * WIRE_ID))
			abort();
}

/* In this order of the first byte: seeds name it. */
static void (*const takes[])(struct cb_span in) = { take_frames,
	take_settings, take_told, take_ids, take_signed, take_rights,
	take_act, take_acted, take_row, take_list, take_ask_rights,
	take_record, take_ask_answer, take_answered, take_lease, take_leases,
	take_challenged, take_unlock, take_unlocked, take_passcode,
	take_passcode_told, take_certify, take_certified, take_sign_head,
	take_records, take_records_head, take_outcome, take_ask_orderer,
	take_orderer, take_books, take_entry, take_recheck, take_order,
	take_order_told, take_wrap, take_rechecked };

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct cb_span in = cb_span(p, n);
	uint8_t which;

	if (cb_get_u8(&in, &which) == CB_OK &&
	    which < sizeof(takes) / sizeof(takes[0]))
		takes[which](in);
	return 0;
}
