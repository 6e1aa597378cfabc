/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Rows that grant, from the vault to the store and back: as they were signed
 * they are taken, and with any signed column changed by SQL none is.
 */
#include <stdio.h>
#include <string.h>

#include "backend/vault/mac.h"
#include "tests/backend/store_rig.h"

static const uint8_t hash[CR_HASH] = { 1 };

#define I(n) { BE_INT, (n), { NULL, 0 } }
#define T(text) { BE_TEXT, 0, { (const uint8_t *)(text), sizeof(text) - 1 } }
#define B(text) { BE_BLOB, 0, { (const uint8_t *)(text), sizeof(text) - 1 } }
#define CARD B("\21\21\21\21\21\21\21\21\21\21\21\21\21\21\21\21")
#define DEVICE \
	B("\221\221\221\221\221\221\221\221\221\221\221\221\221\221\221\221")
#define SOME B("0123456789abcdef")
#define H { BE_BLOB, 0, { hash, CR_HASH } }
#define NIL { BE_NULL, 0, { NULL, 0 } }

/* In an order that references allow; *changes: each by itself is seen. What a
 * label says is not the vault's. */
static const struct {
	enum be_table table;
	size_t mac;
	struct be_value v[11];
	const char *name, *free, *changes[6];
} rows[] = {
	{ BE_CARD, 9, { CARD, I(1), I(0), I(1), T("p"), B(""), I(0), I(5),
	    I(7), NIL, B("") }, "card", "label=x'01', atr=x'3B'",
	    { "state=2", "key_version=8", "mac=x''", "mac=zeroblob(38)" } },
	{ BE_DEVICE, 6, { DEVICE, I(1), I(1), H, I(9), B(""), NIL },
	    "device", "label=x'01'",
	    { "class=2", "state=2", "fingerprint=zeroblob(32)", "until=0",
	      "mac=zeroblob(38)" } },
	{ BE_DEVICE_GROUP, 0, { SOME, B("") }, "device_group", NULL, { NULL } },
	{ BE_DEVICE_MEMBER, 2, { SOME, DEVICE, NIL }, "device_member", NULL,
	    { "device=zeroblob(16)", "device_group=zeroblob(16)" } },
	{ BE_ASSIGNMENT, 4, { CARD, I(1), DEVICE, I(9), NIL }, "assignment",
	    NULL, { "kind=3", "subject=zeroblob(16)", "until=0",
	      "card=zeroblob(16)" } },
	{ BE_PERSON, 0, { SOME, I(1), B("") }, "person", NULL, { NULL } },
	{ BE_FACTOR, 5, { SOME, SOME, T("certificate"), I(1), H, NIL },
	    "factor", NULL, { "id=zeroblob(16)", "person=zeroblob(16)",
	      "kind='totp'", "state=2", "data=x'01'" } },
	{ BE_ROLE, 3, { SOME, I(3), I(9), NIL }, "role", NULL,
	    { "person=zeroblob(16)", "role=1", "until=0" } },
	{ BE_POLICY, 2, { T("unblock"), B("none"), NIL }, "policy", NULL,
	    { "name='other'", "value=CAST('online' AS BLOB)" } },
	{ BE_NETWORK, 2, { SOME, B("10.0.0.0/8"), NIL }, "network", NULL,
	    { "id=zeroblob(16)", "rule=x'00'" } },
	{ BE_REVOCATION, 3, { H, SOME, I(1), NIL }, "revocation", NULL,
	    { "fingerprint=zeroblob(32)", "subject=zeroblob(16)", "since=2" } },
	{ BE_TOKEN, 5, { H, T("device"), B("0123456789abcdex"), I(2), I(9),
	      NIL, NIL, B("l") }, "token", "used=5, label=x'58'",
	    { "hash=zeroblob(32)", "purpose='person'",
	      "subject=zeroblob(16)", "class=1", "until=99" } },
};

static struct be_org org = { .grants_version = 3 };

/* Columns that the vault signed, as the store is given them. */
static void
put(struct rig *g, int i)
{
	const struct cb_span e = entry_of(18, NULL);
	struct cb_buf bytes = CB_BUF_INIT, mac = CB_BUF_INIT;
	struct be_act a = act_new(BE_ADMIN);
	struct be_row_change c = { rows[i].table, false, NULL };
	struct be_value v[11];
	struct wire_grant grant;
	struct cb_span none;

	memcpy(v, rows[i].v, sizeof(v));
	if (rows[i].mac > 0) {
		v[rows[i].mac] = BE_B(CB_SPAN_EMPTY);
		ck_assert_int_eq(be_row_grant(rows[i].table, id(1), v, &grant,
				     &none),
		    CB_OK);
		ck_assert_int_eq(wire_grant_put(&bytes, &grant), CB_OK);
		ck_assert_int_eq(
		    be_grant_sign(&mac, &org, cb_buf_span(&bytes)), CB_OK);
		v[rows[i].mac].s = cb_buf_span(&mac);
	}
	c.values = v;
	a.rows = &c;
	a.rows_n = 1;
	a.entries = &e;
	a.entries_n = 1;
	ck_assert_msg(be_store_act(g->st, &a) == CB_OK, "%s", a.why.text);
	cb_buf_free(&bytes);
	cb_buf_free(&mac);
}

struct seen {
	enum be_table table;
	unsigned good, bad;
};

static enum cb_err
see(void *ctx, const struct be_value *v, size_t n)
{
	struct seen *s = ctx;
	struct cb_buf bytes = CB_BUF_INIT;
	struct wire_grant grant, taken;
	struct be_signed row;
	enum cb_err r;

	(void)n;
	if ((r = be_row_grant(s->table, id(1), v, &grant, &row.mac)) == CB_OK &&
	    (r = wire_grant_put(&bytes, &grant)) == CB_OK) {
		row.bytes = cb_buf_span(&bytes);
		r = be_grant_check(&row, &org, &taken);
	}
	s->good += r == CB_OK;
	s->bad += r != CB_OK;
	cb_buf_free(&bytes);
	return CB_OK;
}

/* Looks at all rows of the table. */
static struct seen
look(struct rig *g, int i)
{
	struct seen s = { rows[i].table, 0, 0 };

	ck_assert_int_eq(be_store_list(g->st, rows[i].table, id(1), NULL, 10,
			     see, &s, NULL),
	    CB_OK);
	return s;
}

static void
edit(struct rig *g, int i, const char *change)
{
	char sql[256];

	snprintf(sql, sizeof(sql), "UPDATE %s SET %s WHERE organisation=x'%s'",
	    rows[i].name, change, "01010101010101010101010101010101");
	sql_run(g, sql);
}

/* As it was, whatever an edit made of its key. */
static void
put_back(struct rig *g, int i)
{
	char sql[128];

	snprintf(sql, sizeof(sql), "DELETE FROM %s", rows[i].name);
	sql_run(g, sql);
	put(g, i);
}

/* Whatever the store has of its own has other MACs: these only. */
static void
only_these(struct rig *g)
{
	sql_run(g, "DELETE FROM card; DELETE FROM device");
}

START_TEST(an_edited_row_is_seen)
{
	struct seen s;
	struct rig g;
	int edits = 0;

	rig_init(&g);
	memcpy(org.id, id(1), WIRE_ID);
	only_these(&g);
	for (int i = 0; i < COUNT(rows); i++)
		put(&g, i);
	for (int i = 0; i < COUNT(rows); i++) {
		if (rows[i].mac == 0)
			continue;
		s = look(&g, i);
		ck_assert_msg(s.good == 1 && s.bad == 0, "%s", rows[i].name);
		if (rows[i].free != NULL) {
			edit(&g, i, rows[i].free);
			ck_assert_uint_eq(look(&g, i).good, 1);
		}
		for (int e = 0; e < 6 && rows[i].changes[e] != NULL; e++) {
			edit(&g, i, rows[i].changes[e]);
			s = look(&g, i);
			ck_assert_msg(s.good == 0 && s.bad == 1, "%s: %s",
			    rows[i].name, rows[i].changes[e]);
			edits++;
			put_back(&g, i);
		}
	}
	ck_assert_int_gt(edits, 30);
	rig_clear(&g);
}
END_TEST

/* A table without MACs has none to check. */
START_TEST(other_tables_grant_nothing)
{
	struct wire_grant grant;
	struct cb_span mac;

	ck_assert_int_eq(be_row_grant(BE_PERSON, id(1), rows[5].v, &grant,
			     &mac),
	    CB_E_ARG);
	ck_assert_int_eq(be_row_grant(BE_TABLES, id(1), rows[5].v, &grant,
			     &mac),
	    CB_E_ARG);
	/* no MAC at all */
	ck_assert_int_eq(be_row_grant(BE_CARD, id(1), rows[0].v, &grant,
			     &mac),
	    CB_E_FORMAT);
}
END_TEST

struct found {
	unsigned n, subjects;	/* the first byte of each, added up */
};

static enum cb_err
find(void *ctx, const struct be_value *v, size_t n)
{
	struct found *f = ctx;

	ck_assert_uint_eq(n, 4);
	ck_assert_uint_eq(v[0].s.n, CR_HASH);
	f->n++;
	f->subjects += v[1].s.p[0];
	return CB_OK;
}

/* Among thousands, and those of another organisation: by certificate, holder
 * and card, each once. */
START_TEST(revocations_are_found_by_what_they_name)
{
	static const char many[] =
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n"
	    " WHERE i<4000) INSERT INTO revocation SELECT %s,"
	    " CAST(printf('%%032d', i+%d) AS BLOB),"
	    " CAST(printf('%%016d', i+%d) AS BLOB), 1, x'00' FROM n";
	static const struct {
		const char *fingerprint, *holder, *card;
		unsigned n;
	} asked[] = {
		{ "00000000000000000000000000009999", "0000000000009999",
		    "0000000000009999", 0 },
		{ "00000000000000000000000000000007", "0000000000009999",
		    "0000000000009999", 1 },
		{ "00000000000000000000000000009999", "0000000000000008",
		    "0000000000009999", 1 },
		{ "00000000000000000000000000009999", "0000000000009999",
		    "0000000000003999", 1 },
		{ "00000000000000000000000000000007", "0000000000000007",
		    "0000000000000007", 1 },
		{ "00000000000000000000000000000007", "0000000000000008",
		    "0000000000000009", 3 },
		/* the other organisation's */
		{ "00000000000000000000000000004007", "0000000000004008",
		    "0000000000004009", 0 },
	};
	char sql[512];
	struct rig g;

	rig_init(&g);
	for (int i = 0; i < 2; i++) {
		snprintf(sql, sizeof(sql), many,
		    i == 0 ? "x'01010101010101010101010101010101'"
			   : "x'02020202020202020202020202020202'",
		    i * 4000, i * 4000);
		sql_run(&g, sql);
	}
	for (int i = 0; i < COUNT(asked); i++) {
		struct be_named named = { .fingerprints_n = 1, .ids_n = 2 };
		struct found f = { 0, 0 };

		memcpy(named.fingerprints[0], asked[i].fingerprint, CR_HASH);
		named.ids[0] = (const uint8_t *)asked[i].holder;
		named.ids[1] = (const uint8_t *)asked[i].card;
		ck_assert_int_eq(be_store_revocations(g.st, id(1), &named,
				     find, &f, NULL),
		    CB_OK);
		ck_assert_msg(f.n == asked[i].n, "%d: %u", i, f.n);
		ck_assert_uint_eq(f.subjects, f.n * '0');
	}
	rig_clear(&g);
}
END_TEST

Suite *
store_grant_suite(void)
{
	Suite *s = suite_create("store_grant");
	TCase *tc = tcase_create("store_grant");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, an_edited_row_is_seen);
	tcase_add_test(tc, other_tables_grant_nothing);
	tcase_add_test(tc, revocations_are_found_by_what_they_name);
	suite_add_tcase(s, tc);
	return s;
}
