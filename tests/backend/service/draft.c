/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See draft.h.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend/layout.h"
#include "backend/vault/wrap.h"
#include "tests/backend/service/draft.h"
#include "wire/entry.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static const uint8_t zeros[WIRE_ID];

struct role vault;
static struct role store;
struct wire_identity operator;
struct side top, mine;

/* What a test has in its hands until it ends. */
static struct cb_buf kept[64];
static size_t kept_n;

struct cb_span
draft_keep(struct cb_span bytes)
{
	struct cb_buf *b = &kept[kept_n++];

	ck_assert_uint_le(kept_n, COUNT(kept));
	ck_assert_int_eq(cb_buf_set(b, bytes), CB_OK);
	return cb_buf_span(b);
}

static uint64_t
now_ms(void)
{
	return (uint64_t)time(NULL) * 1000;
}

/* ---- an act -------------------------------------------------------------- */

void
draft_begin(struct draft *d, struct side *of, const char *what,
    const uint8_t subject[WIRE_ID])
{
	*d = (struct draft){ .of = of, .to = of->worker,
		.act = { .kind = WIRE_TEST, .what = cb_span_str(what) },
		.rights = of->rights };
	memcpy(d->act.backend, operator.backend, WIRE_ID);
	memcpy(d->act.organisation, of->id, WIRE_ID);
	memcpy(d->act.subject, subject, WIRE_ID);
	memcpy(d->act.person, operator.id, WIRE_ID);
	ck_assert_int_eq(cr_random(d->act.id, WIRE_ID), CB_OK);
}

struct wire_grant *
draft_add(struct draft *d, enum wire_grant_type type)
{
	struct wire_grant *g = &d->rows[d->act.count++];

	g->type = type;
	memcpy(g->organisation, d->act.organisation, WIRE_ID);
	g->bytes[WIRE_G_CARD] = g->bytes[WIRE_G_SUBJECT] =
	    CB_SPAN_OF(d->act.subject);
	g->number[WIRE_G_STATE] = g->number[WIRE_G_VERSION] = 1;
	return g;
}

struct be_signed
draft_signed(struct draft *d, size_t i)
{
	struct cb_buf b = CB_BUF_INIT;
	struct be_signed s;

	ck_assert_int_eq(wire_grant_put(&b, &d->rows[i]), CB_OK);
	s = (struct be_signed){ draft_keep(cb_buf_span(&b)),
		draft_keep(d->told.macs[i]) };
	cb_buf_free(&b);
	return s;
}

void
draft_vouch(struct be_rights *rights, enum be_right which, struct be_signed row)
{
	const struct be_ask_signed s = { row.bytes, row.mac };

	ck_assert_int_eq(be_rights_add(rights, which, &s), CB_OK);
}

static void
challenge(struct be_channel *ch, struct wire_act *act)
{
	const uint8_t *ids[] = { zeros, act->id };
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT;
	struct be_challenged c;

	ck_assert_int_eq(be_ask_ids_put(&body, ids, 2), CB_OK);
	ck_assert_int_eq(
	    ask(ch, BE_ASK_CHALLENGE, cb_buf_span(&body), &answer), CB_OK);
	ck_assert_int_eq(be_challenged_get(cb_buf_span(&answer), &c), CB_OK);
	memcpy(act->challenge, c.challenge, WIRE_CHALLENGE);
	cb_buf_free(&body);
	cb_buf_free(&answer);
}

void
draft_sign(struct draft *d)
{
	struct cb_buf row = CB_BUF_INIT;
	struct wire_change c = { .remove = false };

	cb_buf_clear(&d->changes);
	for (size_t i = 0; i < d->act.count; i++) {
		cb_buf_clear(&row);
		ck_assert_int_eq(wire_grant_put(&row, &d->rows[i]), CB_OK);
		c.row = cb_buf_span(&row);
		ck_assert_int_eq(wire_change_put(&d->changes, &c), CB_OK);
	}
	cb_buf_free(&row);
	d->act.changes = cb_buf_span(&d->changes);
	d->act.certificate = cb_buf_span(&operator.certificate);
	challenge(d->of->worker, &d->act);
	cb_buf_clear(&d->bytes);
	ck_assert_int_eq(
	    wire_act_put(&d->bytes, &d->act, operator.key), CB_OK);
}

/* What it is told stays until the next. */
enum cb_err
draft_send(struct draft *d)
{
	static struct cb_buf answer;
	const struct be_order order = { .act = cb_buf_span(&d->bytes),
		.rights = d->rights, .unblock = d->unblock };
	struct cb_buf body = CB_BUF_INIT;
	enum cb_err r;

	ck_assert_int_eq(be_order_put(&body, &order), CB_OK);
	r = ask(d->to, BE_ASK_ORDER, cb_buf_span(&body), &answer);
	if (r == CB_OK)
		ck_assert_int_eq(
		    be_order_told_get(cb_buf_span(&answer), &d->told),
		    CB_OK);
	cb_buf_free(&body);
	return r;
}

enum cb_err
draft_order(struct draft *d)
{
	draft_sign(d);
	return draft_send(d);
}

void
draft_drop(struct draft *d)
{
	cb_buf_free(&d->changes);
	cb_buf_free(&d->bytes);
}

/* ---- the platform -------------------------------------------------------- */

static void
read_policy(struct be_channel *ch, const char *name)
{
	const struct be_ask_rows rows = { .table = BE_POLICY, .limit = 1,
		.key = { 1, { BE_T(cb_span_str(name)) } } };
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT,
		      bytes = CB_BUF_INIT;
	struct be_ask_row row;
	struct wire_grant g;
	struct cb_span cur, mac;

	ck_assert_int_eq(be_ask_rows_put(&body, BE_ASK_ROW, &rows), CB_OK);
	ck_assert_int_eq(
	    ask(ch, BE_ASK_ROW, cb_buf_span(&body), &answer), CB_OK);
	cur = cb_buf_span(&answer);
	ck_assert_int_eq(be_ask_row_get(&cur, &row), CB_OK);
	ck_assert_int_eq(
	    be_row_grant(BE_POLICY, zeros, row.values, &g, &mac), CB_OK);
	ck_assert_int_eq(wire_grant_put(&bytes, &g), CB_OK);
	draft_vouch(&top.rights, BE_RIGHT_POLICY,
	    (struct be_signed){ draft_keep(cb_buf_span(&bytes)), draft_keep(mac) });
	cb_buf_free(&body);
	cb_buf_free(&answer);
	cb_buf_free(&bytes);
}

static void
read_platform(void)
{
	struct be_channel *ch = role_peer(&store, BE_WORKER, zeros);
	struct be_ask_rights who = { .is_person = true };
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT;
	struct cb_span cur;

	memcpy(who.holder, operator.id, WIRE_ID);
	ck_assert_int_eq(be_ask_rights_put(&body, &who), CB_OK);
	ck_assert_int_eq(
	    ask(ch, BE_ASK_RIGHTS, cb_buf_span(&body), &answer), CB_OK);
	cur = draft_keep(cb_buf_span(&answer));
	ck_assert_int_eq(be_rights_get(&cur, &top.rights), CB_OK);
	read_policy(ch, WIRE_POLICY_SECOND);
	read_policy(ch, WIRE_POLICY_UNBLOCK);
	be_channel_free(&ch);
	cb_buf_free(&body);
	cb_buf_free(&answer);
}

void
drafts_setup(void)
{
	char *dir = be_path(rig_get()->dir, BE_DIR_OPERATOR);
	struct cb_why why = { "" };

	ck_assert_msg(wire_identity_read(&operator, dir,
			  (int64_t)time(NULL), &why) == CB_OK,
	    "%s", why.text);
	free(dir);
	store = role_start(BE_STORE, NULL);
	vault = role_start(BE_VAULT, NULL);
	role_link(&store, &vault);
	top = mine = (struct side){ .worker = NULL };
	top.worker = role_peer(&vault, BE_WORKER, zeros);
	read_platform();
}

void
drafts_teardown(void)
{
	be_channel_free(&top.worker);
	be_channel_free(&mine.worker);
	ck_assert_int_eq(role_stop(&store), 0);
	ck_assert_int_eq(role_stop(&vault), 0);
	wire_identity_clear(&operator);
	while (kept_n > 0)
		cb_buf_free(&kept[--kept_n]);
}

/* ---- an organisation ----------------------------------------------------- */

static struct wire_grant *
add_policy(struct draft *d, const char *name, struct cb_span value)
{
	struct wire_grant *g = draft_add(d, WIRE_GRANT_POLICY);

	g->bytes[WIRE_G_NAME] = cb_span_str(name);
	g->bytes[WIRE_G_VALUE] = value;
	return g;
}

void
draft_founding(struct draft *d, const uint8_t id[WIRE_ID],
    const char *unblock)
{
	static const uint8_t one_signer[4];
	static uint8_t fingerprint[CR_HASH];
	struct wire_grant *g;

	draft_begin(d, &top, WIRE_ACT_ORG_ADD, id);
	ck_assert_int_eq(
	    cr_sha256(cb_buf_span(&operator.certificate), fingerprint),
	    CB_OK);
	g = draft_add(d, WIRE_GRANT_FACTOR);
	g->bytes[WIRE_G_ID] = cb_span(fingerprint, WIRE_ID);
	g->bytes[WIRE_G_PERSON] = CB_SPAN_OF(operator.id);
	g->bytes[WIRE_G_NAME] = cb_span_str("certificate");
	g->bytes[WIRE_G_VALUE] = CB_SPAN_OF(fingerprint);
	g = draft_add(d, WIRE_GRANT_ROLE);
	g->bytes[WIRE_G_PERSON] = CB_SPAN_OF(operator.id);
	g->number[WIRE_G_ROLE] = WIRE_ROLE_ADMINISTRATOR;
	(void)add_policy(d, WIRE_POLICY_SECOND, CB_SPAN_OF(one_signer));
	(void)add_policy(d, WIRE_POLICY_UNBLOCK, cb_span_str(unblock));
	for (int i = 0; i < 4; i++)
		memcpy(d->rows[i].organisation, id, WIRE_ID);
}

static void
enter(struct be_store *st, const uint8_t organisation[WIRE_ID],
    const struct be_row_change *rows, size_t n)
{
	struct be_act act = { .kind = BE_ADMIN, .now = now_ms(),
		.rows = rows, .rows_n = n, .entries_n = 1 };
	struct cb_buf bytes = CB_BUF_INIT;
	struct cb_span entry;
	struct wire_entry e;

	memcpy(act.organisation, organisation, WIRE_ID);
	ck_assert_int_eq(cr_random(act.id, WIRE_ID), CB_OK);
	wire_entry_init(&e, WIRE_ACT, act.now);
	wire_entry_set(&e, WIRE_F_ACT, CB_SPAN_OF(act.id));
	wire_entry_set(&e, WIRE_F_PERSON, CB_SPAN_OF(operator.id));
	wire_entry_set(&e, WIRE_F_WHAT, cb_span_str(WIRE_ACT_ORG_ADD));
	wire_entry_set(&e, WIRE_F_REQUEST,
	    cb_span((const uint8_t[CR_HASH]){ 3 }, CR_HASH));
	wire_entry_set_number(&e, WIRE_F_OUTCOME, WIRE_OUTCOME_DONE);
	ck_assert_int_eq(wire_entry_put(&bytes, &e), CB_OK);
	entry = cb_buf_span(&bytes);
	act.entries = &entry;
	ck_assert_msg(be_store_act(st, &act) == CB_OK, "%s", act.why.text);
	cb_buf_free(&bytes);
}

/* While the store does not run. */
static void
write_organisation(const uint8_t id[WIRE_ID], const struct be_order_told *told)
{
	const struct be_value own[] = { BE_ID(id), BE_I(1),
		BE_B(CB_SPAN_EMPTY), BE_I((int64_t)now_ms()) };
	const struct be_row_change first = { BE_ORGANISATION, false, own };
	struct be_value values[BE_ORDER_WRAPS][5];
	struct be_row_change rows[BE_ORDER_WRAPS];
	struct be_store *st;
	struct cb_why why;

	for (size_t i = 0; i < told->wraps_n; i++) {
		values[i][0] = BE_ID(id);
		values[i][1] = BE_T(cb_span_str(be_what_text(
		    (enum be_what)told->wraps[i].what)));
		values[i][2] = BE_I(1);
		values[i][3] = BE_B(CB_SPAN_EMPTY);
		values[i][4] = BE_B(told->wraps[i].wrap);
		rows[i] = (struct be_row_change){ BE_WRAP, false, values[i] };
	}
	ck_assert_int_eq(
	    be_store_open(&st, rig_get()->conf.store, &why), CB_OK);
	enter(st, zeros, &first, 1);
	enter(st, id, rows, told->wraps_n);
	be_store_close(&st);
}

/* Founded by the operator, whose certificate is the platform's. */
void
drafts_found(const char *unblock)
{
	struct draft d;

	ck_assert_int_eq(cr_random(mine.id, WIRE_ID), CB_OK);
	draft_founding(&d, mine.id, unblock);
	ck_assert_int_eq(draft_order(&d), CB_OK);
	ck_assert_uint_eq(d.told.macs_n, 4);
	ck_assert(!d.told.has_key && !d.told.has_unblock);
	draft_vouch(&mine.rights, BE_RIGHT_HOLDER, draft_signed(&d, 0));
	draft_vouch(&mine.rights, BE_RIGHT_RIGHT, draft_signed(&d, 1));
	draft_vouch(&mine.rights, BE_RIGHT_POLICY, draft_signed(&d, 2));
	draft_vouch(&mine.rights, BE_RIGHT_POLICY, draft_signed(&d, 3));
	ck_assert_int_eq(role_stop(&store), 0);
	write_organisation(mine.id, &d.told);
	store = role_start(BE_STORE, NULL);
	role_link(&store, &vault);
	mine.worker = role_peer(&vault, BE_WORKER, mine.id);
	draft_drop(&d);
}
