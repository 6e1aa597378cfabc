/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See desk.h.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/worker/hosted.h"
#include "tests/backend/worker/desk.h"
#include "tests/backend/worker/rig_serve.h"

void
desk_open_as(struct desk *d, struct rig *g, int person)
{
	*d = (struct desk){ .refused = 0 };
	bridge_init_person(&d->b, g, person);
	ck_assert_uint_eq(bridge_open(&d->b, false), 0);
	ck_assert_int_eq(d->b.last.type, WIRE_OPENED);
}

void
desk_open(struct desk *d, struct rig *g)
{
	desk_open_as(d, g, ADMINISTRATOR);
}

void
desk_clear(struct desk *d)
{
	bridge_clear(&d->b);
	cb_buf_free(&d->message);
	cb_buf_free(&d->changes);
	cb_buf_free(&d->order);
	cb_buf_free(&d->command);
	cb_buf_free(&d->approval);
}

/* ---- commands ------------------------------------------------------------ */

static void
read_answer(struct desk *d, struct cb_span records)
{
	struct wire_record record;
	struct wire_answer answer;

	cb_buf_clear(&d->message);
	ck_assert_int_eq(wire_record_get(&records, &record), CB_OK);
	ck_assert_uint_eq(records.n, 0);
	ck_assert_int_eq(
	    wire_open(&d->b.from, &record, &d->message), CB_OK);
	d->refused = 0;
	if (wire_told_items_get(cb_buf_span(&d->message), &d->told) == CB_OK)
		return;
	ck_assert_int_eq(
	    wire_answer_get(cb_buf_span(&d->message), &answer), CB_OK);
	ck_assert_int_eq(answer.type, WIRE_REFUSED);
	d->refused = answer.code;
	memcpy(d->text, answer.text, sizeof(d->text));
}

static uint64_t
post(struct desk *d, const struct wire_desk *command)
{
	cb_buf_clear(&d->command);
	ck_assert_int_eq(wire_desk_put(&d->command, command), CB_OK);
	cb_buf_clear(&d->b.body);
	ck_assert_int_eq(wire_seal(&d->b.to, cb_buf_span(&d->command),
			     &d->b.body),
	    CB_OK);
	return bridge_post(&d->b);
}

uint16_t
desk_posted(struct desk *d, uint64_t id)
{
	struct cb_buf records = CB_BUF_INIT;

	ck_assert_uint_eq(rig_wait(d->b.g, id, &records), 0);
	read_answer(d, cb_buf_span(&records));
	cb_buf_free(&records);
	return d->refused;
}

void
desk_ask(struct desk *d, const struct wire_desk *command)
{
	(void)desk_posted(d, post(d, command));
}

bool
desk_next(struct cb_span *cur, struct wire_fields *item)
{
	if (cur->n == 0)
		return false;
	ck_assert_int_eq(wire_item_get(cur, item), CB_OK);
	return true;
}

void
desk_told(struct desk *d, struct wire_fields *first)
{
	struct cb_span cur;

	ck_assert_msg(d->refused == 0, "%u: %s", d->refused, d->text);
	cur = d->told.items;
	ck_assert(desk_next(&cur, first));
}

void
desk_list(struct desk *d, enum wire_desk_list list, uint16_t most,
    const struct wire_fields *filter, const struct wire_fields *after)
{
	struct cb_buf f = CB_BUF_INIT, a = CB_BUF_INIT;
	struct wire_desk c = { .type = WIRE_DESK_LIST, .list = list,
		.most = most };

	if (filter != NULL)
		ck_assert_int_eq(wire_fields_put(&f, filter), CB_OK);
	if (after != NULL)
		ck_assert_int_eq(wire_fields_put(&a, after), CB_OK);
	c.filter = cb_buf_span(&f);
	c.after = cb_buf_span(&a);
	desk_ask(d, &c);
	cb_buf_free(&f);
	cb_buf_free(&a);
}

/* ---- acts ---------------------------------------------------------------- */

void
desk_act(struct desk *d, const char *what, uint8_t id, const uint8_t *subject)
{
	const struct rig *g = d->b.g;

	d->act = (struct wire_act){ .kind = WIRE_TEST,
		.what = cb_span_str(what) };
	memcpy(d->act.backend, g->set.backend, WIRE_ID);
	memcpy(d->act.organisation, g->set.organisation, WIRE_ID);
	memset(d->act.id, id, WIRE_ID);
	if (subject != NULL)
		memcpy(d->act.subject, subject, WIRE_ID);
	memcpy(d->act.person, d->b.d->id, WIRE_ID);
	d->act.certificate = cb_buf_span(&d->b.d->cert);
	d->detail = d->secrets = (struct wire_fields){ .has = 0 };
	cb_buf_clear(&d->changes);
}

void
desk_row(struct desk *d, bool remove, const struct wire_grant *row)
{
	struct wire_grant whole = *row;
	struct wire_change change = { .remove = remove };
	struct cb_buf bytes = CB_BUF_INIT;

	memcpy(whole.organisation, d->b.g->set.organisation, WIRE_ID);
	ck_assert_int_eq(wire_grant_put(&bytes, &whole), CB_OK);
	change.row = cb_buf_span(&bytes);
	ck_assert_int_eq(wire_change_put(&d->changes, &change), CB_OK);
	d->act.count++;
	cb_buf_free(&bytes);
}

void
desk_card_row(struct desk *d, unsigned state, unsigned version)
{
	struct wire_grant row = { .type = WIRE_GRANT_CARD };

	row.bytes[WIRE_G_CARD] = CB_SPAN_OF(d->act.subject);
	row.number[WIRE_G_STATE] = state;
	row.number[WIRE_G_VERSION] = version;
	desk_row(d, false, &row);
}

uint64_t
desk_post(struct desk *d)
{
	struct wire_desk c = { .type = WIRE_DESK_CHALLENGE };
	struct cb_buf detail = CB_BUF_INIT, secrets = CB_BUF_INIT;
	struct wire_fields item;
	uint64_t id;

	memcpy(c.act, d->act.id, WIRE_ID);
	desk_ask(d, &c);
	desk_told(d, &item);
	ck_assert_uint_eq(item.bytes[WIRE_D_VALUE].n, WIRE_CHALLENGE);
	memcpy(d->act.challenge, item.bytes[WIRE_D_VALUE].p, WIRE_CHALLENGE);
	ck_assert_int_eq(wire_fields_put(&detail, &d->detail), CB_OK);
	ck_assert_int_eq(wire_fields_put(&secrets, &d->secrets), CB_OK);
	d->act.detail = cb_buf_span(&detail);
	d->act.changes = cb_buf_span(&d->changes);
	cb_buf_clear(&d->order);
	ck_assert_int_eq(
	    wire_act_put(&d->order, &d->act, d->b.d->key), CB_OK);
	c = (struct wire_desk){ .type = WIRE_DESK_ORDER,
		.order = cb_buf_span(&d->order),
		.approval = cb_buf_span(&d->approval),
		.secrets = cb_buf_span(&secrets) };
	id = post(d, &c);
	cb_buf_free(&detail);
	cb_buf_free(&secrets);
	return id;
}

uint16_t
desk_order(struct desk *d)
{
	return desk_posted(d, desk_post(d));
}

uint16_t
desk_new_card(struct desk *d, uint8_t act, const uint8_t *card)
{
	desk_act(d, WIRE_ACT_CARD_NEW, act, card);
	wire_fields_bytes(
	    &d->detail, WIRE_D_PROFILE, cb_span_str("authentic3"));
	wire_fields_bytes(&d->detail, WIRE_D_NAME, cb_span_str("Ward 7"));
	wire_fields_number(&d->detail, WIRE_D_BLANK, 1);
	wire_fields_number(&d->detail, WIRE_D_TEST, 1);
	desk_card_row(d, 1, 1);
	return desk_order(d);
}

/* ---- cards of the store -------------------------------------------------- */

struct stored {
	struct rig *g;
	uint8_t id[WIRE_ID];
	struct be_card_key key;
	struct cb_buf wrap;
};

static enum cb_err
add_record(void *ctx, const struct be_value *v, size_t n)
{
	const struct be_ask_record record = { v[0].s, v[1].s };

	(void)n;
	return be_ask_record_put(ctx, &record);
}

static enum cb_err
on_records(void *ctx, struct cb_buf *out, uint64_t *number)
{
	struct stored *s = ctx;
	struct be_store *st;
	enum cb_err r;

	*number = 1;	/* as its first entries say */
	ck_assert_int_eq(be_store_open(&st, s->g->path, NULL), CB_OK);
	r = be_store_records(st, s->g->set.organisation, s->id,
	    cb_span_str(""), add_record, out, NULL);
	be_store_close(&st);
	return r;
}

static enum cb_err
on_now(void *ctx)
{
	(void)ctx;
	return CB_OK;
}

static enum cb_err
keep_wrap(void *ctx, const struct be_value *v, size_t n)
{
	(void)n;
	return cb_buf_set(ctx, v[4].s);
}

struct emu_card *
rig_card(struct rig *g, const uint8_t *card)
{
	static struct stored s;
	const struct be_hosted_ops ops = { on_records, on_now, &s };
	const struct be_value key[] = { BE_ID(card),
		BE_T(cb_span_str("card")), BE_I(1) };
	struct be_hosted *hosted;
	struct emu_nvm *nvm;
	struct emu_card *out = NULL;
	struct be_store *st;

	s = (struct stored){ .g = g, .key = { .kind = WIRE_TEST,
					 .version = 1 } };
	memcpy(s.id, card, WIRE_ID);
	memcpy(s.key.backend, g->set.backend, WIRE_ID);
	memcpy(s.key.organisation, g->set.organisation, WIRE_ID);
	memcpy(s.key.card, card, WIRE_ID);
	ck_assert_int_eq(be_store_open(&st, g->path, NULL), CB_OK);
	if (be_store_row(st, BE_WRAP, g->set.organisation, key, keep_wrap,
		&s.wrap, NULL) == CB_OK &&
	    be_org_card_open(rig_keys.org, card, 1, cb_buf_span(&s.wrap),
		s.key.key) == CB_OK &&
	    be_hosted_new(&hosted, &s.key, &ops, NULL) == CB_OK) {
		nvm = be_hosted_nvm(hosted);
		ck_assert_int_eq(
		    emu_card_open(&out, &nvm, &emu_env_system, NULL), CB_OK);
	}
	be_store_close(&st);
	cb_buf_free(&s.wrap);
	return out;
}
