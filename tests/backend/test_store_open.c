/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Making and opening a store; what is not one, or damaged, is told and left
 * alone. And its tables, each of them.
 */
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/backend/store_rig.h"

START_TEST(a_store_is_made_once)
{
	struct wire_owner o;
	struct cb_why why;
	struct stat sb;
	struct rig g;

	rig_make(&g);
	ck_assert_int_eq(
	    be_store_create(g.path, WIRE_LIVE, id(1), NOW, &why), CB_E_BUSY);
	ck_assert_ptr_nonnull(strstr(why.text, "is there already"));
	be_store_close(&g.st);
	ck_assert_int_eq(stat(g.path, &sb), 0);
	ck_assert_uint_eq(sb.st_mode & 0777, 0600);
	g.st = rig_open(&g);
	o = be_store_owner(g.st, id(7));
	ck_assert_int_eq(o.kind, WIRE_TEST);
	ck_assert_mem_eq(o.backend, id(0xBE), WIRE_ID);
	ck_assert_mem_eq(o.organisation, id(7), WIRE_ID);
	ck_assert_int_eq(be_store_check(g.st, NULL), CB_OK);
	/* rig_clear() sees that nothing else was left */
	rig_clear(&g);
}
END_TEST

static void
overwrite(struct rig *g, long at, const char *bytes, size_t n)
{
	FILE *f = fopen(g->path, "r+b");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fseek(f, at, SEEK_SET), 0);
	ck_assert_uint_eq(fwrite(bytes, 1, n, f), n);
	ck_assert_int_eq(fclose(f), 0);
}

static void nothing(struct rig *g) { (void)g; }
static void remove_it(struct rig *g) { ck_assert(!unlink(g->path)); }
static void empty(struct rig *g) { ck_assert(!truncate(g->path, 0)); }
static void text(struct rig *g) { overwrite(g, 0, "some text of mine", 17); }

static void
newer(struct rig *g)
{
	sql_run(g, "PRAGMA user_version=2");
}

static void
others(struct rig *g)
{
	sql_run(g, "PRAGMA application_id=7");
}

static void
a_trigger(struct rig *g)
{
	sql_run(g, "CREATE TRIGGER t AFTER INSERT ON entry BEGIN"
		   " DELETE FROM entry WHERE number=NEW.number; END");
}

static void
a_table_less(struct rig *g)
{
	sql_run(g, "DROP TABLE outbox");
}

static void
damaged(struct rig *g)
{
	static const char zeros[4096 - 100];

	overwrite(g, 100, zeros, sizeof(zeros));
}

static const struct {
	void (*spoil)(struct rig *g);
	enum cb_err want;
	const char *words;
} spoilt[] = {
	{ nothing, CB_OK, "" },
	{ remove_it, CB_E_ABSENT, "No such file" },
	{ empty, CB_E_FORMAT, "not a store of cardbridge's" },
	{ text, CB_E_FORMAT, "not a database" },
	{ others, CB_E_FORMAT, "not a store of cardbridge's" },
	{ newer, CB_E_LIMIT, "of a newer release (format 2, this one knows 1)"
	    ". Nothing was changed. Run the newer release." },
	{ a_trigger, CB_E_FORMAT, "its tables are not those" },
	{ a_table_less, CB_E_FORMAT, "its tables are not those" },
	{ damaged, CB_E_FORMAT, "damaged" },
};

START_TEST(what_is_no_store_is_told)
{
	struct cb_why why = { "" };
	struct be_store *st;
	struct rig g;

	rig_make(&g);
	be_store_close(&g.st);
	spoilt[_i].spoil(&g);
	ck_assert_msg(
	    be_store_open(&st, g.path, &why) == spoilt[_i].want, "%s",
	    why.text);
	ck_assert_msg(
	    strstr(why.text, spoilt[_i].words) != NULL, "%s", why.text);
	be_store_close(&st);
	rig_clear(&g);
}
END_TEST

START_TEST(a_locked_store_is_told)
{
	const struct be_value policy[] = { BE_T(cb_span_str("p")),
		BE_B(cb_span_str("v")), BE_B(cb_span_str("mac")) };
	const struct be_row_change c = { BE_POLICY, false, policy };
	const struct cb_span e = entry_of(18, NULL);
	struct be_act a = act_new(BE_ADMIN);
	sqlite3 *db;
	struct rig g;

	rig_init(&g);
	a.rows = &c;
	a.rows_n = 1;
	a.entries = &e;
	a.entries_n = 1;
	ck_assert_int_eq(sqlite3_open(g.path, &db), SQLITE_OK);
	ck_assert_int_eq(
	    sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL),
	    SQLITE_OK);
	be_store_set_wait(g.st, 50);
	ck_assert_int_eq(be_store_act(g.st, &a), CB_E_TIMEOUT);
	ck_assert(!a.unknown);
	ck_assert_ptr_nonnull(strstr(a.why.text, "keeps it locked"));
	sqlite3_close(db);
	ck_assert_int_eq(be_store_act(g.st, &a), CB_OK);
	rig_clear(&g);
}
END_TEST

/* ---- tables -------------------------------------------------------------- */

/* A row for each table of 1's, in an order that references allow. */
static uint8_t hash[CR_HASH] = { 1 };
#define B(text) { BE_BLOB, 0, { (const uint8_t *)(text), sizeof(text) - 1 } }
#define T(text) { BE_TEXT, 0, { (const uint8_t *)(text), sizeof(text) - 1 } }
#define I(n) { BE_INT, (n), { NULL, 0 } }
#define CARD11 B("\21\21\21\21\21\21\21\21\21\21\21\21\21\21\21\21")
#define DEV91 \
	B("\221\221\221\221\221\221\221\221\221\221\221\221\221\221\221\221")
#define SOME B("0123456789abcdef")
#define H { BE_BLOB, 0, { hash, CR_HASH } }
#define NIL { BE_NULL, 0, { NULL, 0 } }
static const struct {
	enum be_table table;
	size_t keys, n;
	struct be_value v[11];
} rows[] = {
	{ BE_CARD, 1, 11,
	    { SOME, I(1), I(0), I(1), T("p"), B(""), I(0), I(5), I(1),
	      B("m"), B("atr") } },
	{ BE_DEVICE, 1, 7, { SOME, I(1), I(1), H, I(9), B(""), B("m") } },
	{ BE_DEVICE_GROUP, 1, 2, { SOME, B("label") } },
	{ BE_DEVICE_MEMBER, 2, 3, { SOME, DEV91, B("m") } },
	{ BE_ASSIGNMENT, 3, 5, { CARD11, I(2), SOME, I(9), B("m") } },
	{ BE_PERSON, 1, 3, { SOME, I(1), B("sealed") } },
	{ BE_IDENTIFIER, 2, 3, { T("mail"), B("v"), SOME } },
	{ BE_FACTOR, 1, 6, { SOME, SOME, T("key"), I(1), B("d"), B("m") } },
	{ BE_ROLE, 2, 4, { SOME, I(3), I(9), B("m") } },
	{ BE_POLICY, 1, 3, { T("p"), B("v"), B("m") } },
	{ BE_NETWORK, 1, 3, { SOME, B("10.0.0.0/8"), B("m") } },
	{ BE_REVOCATION, 1, 4, { H, SOME, I(1), B("m") } },
	{ BE_TOKEN, 1, 8,
	    { H, T("device"), B("a device of late"), I(1), I(9), B("m"), NIL, B("l") } },
	{ BE_RECOVERY_SHARE, 1, 5, { I(1), I(2), I(3), H, I(5) } },
	{ BE_APPROVAL, 1, 5, { SOME, SOME, H, B("s"), I(9) } },
	{ BE_OUTBOX, 1, 5, { SOME, T("mail"), B("b"), I(1), NIL } },
	{ BE_CERTIFICATE, 2, 6,
	    { CARD11, T("f"), B("1"), B("s"), I(9), H } },
	{ BE_SLOT, 1, 4, { SOME, DEV91, T("slot"), CARD11 } },
	{ BE_WRAP, 3, 5, { SOME, T("pin"), I(1), B(""), B("s") } },
	{ BE_ENROLMENT, 1, 4, { H, H, B("c"), I(1) } },
};

static enum cb_err
change_row(struct rig *g, int i, bool remove)
{
	const struct be_row_change c = { rows[i].table, remove, rows[i].v };
	const struct cb_span e = entry_of(18, NULL);
	struct be_act a = act_new(BE_ADMIN);

	a.rows = &c;
	a.rows_n = 1;
	a.entries = &e;
	a.entries_n = 1;
	ck_assert_msg(be_store_act(g->st, &a) == CB_OK ||
		a.err == CB_E_ABSENT || a.err == CB_E_DENIED,
	    "%d: %s", i, a.why.text);
	return a.err;
}

struct seen {
	int row;
	unsigned n, same;
};

static enum cb_err
see(void *ctx, const struct be_value *v, size_t n)
{
	struct seen *s = ctx;
	bool same = n == rows[s->row].n;

	for (size_t i = 0; same && i < n; i++)
		same = v[i].type == rows[s->row].v[i].type &&
		    v[i].i == rows[s->row].v[i].i &&
		    cb_span_equal(v[i].s, rows[s->row].v[i].s);
	s->n++;
	s->same += same;
	return CB_OK;
}

static struct seen
get(struct rig *g, int i, uint8_t organisation, enum cb_err want)
{
	struct seen s = { i, 0, 0 };

	ck_assert_int_eq(be_store_row(g->st, rows[i].table, id(organisation),
			     rows[i].v, see, &s, NULL),
	    want);
	return s;
}

static struct seen
list(struct rig *g, int i, uint8_t organisation, const struct be_value *after)
{
	struct seen s = { i, 0, 0 };

	ck_assert_int_eq(be_store_list(g->st, rows[i].table,
			     id(organisation), after, 10, see, &s, NULL),
	    CB_OK);
	return s;
}

START_TEST(every_table_has_its_rows)
{
	struct rig g;

	rig_init(&g);
	for (int i = 0; i < COUNT(rows); i++) {
		ck_assert_int_eq(change_row(&g, i, false), CB_OK);
		/* a token is made once */
		ck_assert_int_eq(change_row(&g, i, false),
		    rows[i].table == BE_TOKEN ? CB_E_DENIED : CB_OK);
		ck_assert_uint_eq(get(&g, i, 1, CB_OK).same, 1);
		ck_assert_uint_eq(get(&g, i, 2, CB_E_ABSENT).n, 0);
		ck_assert_uint_eq(list(&g, i, 1, NULL).same, 1);
		ck_assert_uint_eq(list(&g, i, 2, NULL).same, 0);
		/* it is not behind itself */
		ck_assert_uint_eq(list(&g, i, 1, rows[i].v).same, 0);
	}
	ck_assert_int_eq(COUNT(rows), BE_TABLES - 1);
	for (int i = COUNT(rows) - 1; i >= 0; i--) {
		ck_assert_int_eq(change_row(&g, i, true), CB_OK);
		ck_assert_int_eq(change_row(&g, i, true), CB_E_ABSENT);
	}
	rig_clear(&g);
}
END_TEST

START_TEST(lists_come_in_pages)
{
	const struct be_value after = BE_ID(id(0x11));
	struct seen s = { 0, 0, 0 };
	struct rig g;

	rig_init(&g);
	ck_assert_int_eq(be_store_list(g.st, BE_CARD, id(1), NULL, 1, see,
			     &s, NULL),
	    CB_OK);
	ck_assert_uint_eq(s.n, 1);
	ck_assert_int_eq(be_store_list(g.st, BE_CARD, id(1), &after, 10, see,
			     &s, NULL),
	    CB_OK);
	ck_assert_uint_eq(s.n, 2);
	ck_assert_int_eq(be_store_list(g.st, BE_CARD, id(1), NULL,
			     BE_PAGE_MAX + 1, see, &s, NULL),
	    CB_E_ARG);
	rig_clear(&g);
}
END_TEST

Suite *
store_open_suite(void)
{
	Suite *s = suite_create("store_open");
	TCase *tc = tcase_create("open");

	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, a_store_is_made_once);
	tcase_add_loop_test(tc, what_is_no_store_is_told, 0, COUNT(spoilt));
	tcase_add_test(tc, a_locked_store_is_told);
	tcase_add_test(tc, every_table_has_its_rows);
	tcase_add_test(tc, lists_come_in_pages);
	suite_add_tcase(s, tc);
	return s;
}
