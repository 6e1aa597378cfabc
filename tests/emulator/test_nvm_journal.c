/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Journals beside a card file: the right one is played in, any other changes
 * nothing, and a card that needs none takes none.
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/emulator/nvm_test.h"

#define RECORDS 40

/* A file and its journal as a kill leaves them. */
struct halves {
	struct cb_buf file, journal;
};

/* Some of a change is in the file, the journal has what was there before. */
static void
halve(const char *path, struct halves *h)
{
	static const char begin[] = "PRAGMA cache_size=1; PRAGMA cache_spill=1;"
	    "BEGIN IMMEDIATE; UPDATE record SET value = zeroblob(100);";
	char journal[512];
	sqlite3 *db = NULL;

	snprintf(journal, sizeof(journal), "%s-journal", path);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, begin, NULL, NULL, NULL), SQLITE_OK);
	h->file = nvm_load(path);
	h->journal = nvm_load(journal);
	ck_assert_uint_gt(h->journal.n, 1024);
	ck_assert_uint_ne(h->journal.p[0], 0);
	ck_assert_int_eq(
	    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void
halves_free(struct halves *h)
{
	cb_buf_free(&h->file);
	cb_buf_free(&h->journal);
}

static bool
same(const char *path, const struct cb_buf *b)
{
	struct cb_buf now = nvm_load(path);
	bool is = cb_span_equal(cb_buf_span(&now), cb_buf_span(b));

	cb_buf_free(&now);
	return is;
}

static bool
journal_there(void)
{
	return access(nvm_path("card-journal"), F_OK) == 0;
}

/* 0: by an owner; 1: by somebody who only wants to look. */
START_TEST(its_own_journal_is_played_in)
{
	const unsigned flags = _i == 0 ? 0 : EMU_FILE_READONLY;
	const char *path = nvm_path("card");
	struct halves h;
	enum cb_err r;
	char *want;

	nvm_make_file(path, RECORDS);
	want = strdup(nvm_file_text(path, 0, NULL));
	halve(path, &h);
	ck_assert(!same(path, &h.file));
	nvm_store(path, cb_buf_span(&h.file));
	nvm_store(nvm_path("card-journal"), cb_buf_span(&h.journal));
	ck_assert_str_eq(nvm_file_text(path, flags, &r), want);
	ck_assert_int_eq(r, CB_OK);
	ck_assert(!journal_there());
	ck_assert_str_eq(nvm_file_text(path, 0, NULL), want);
	free(want);
	halves_free(&h);
}
END_TEST

/* Another card's, or none at all. */
START_TEST(a_strange_journal_changes_nothing)
{
	const char *path = nvm_path("card"), *other = nvm_path("other");
	struct emu_nvm *nvm = NULL;
	struct halves h, strange;
	struct cb_why why = { "" };

	nvm_make_file(path, RECORDS);
	nvm_make_file(other, RECORDS + 20);
	halve(other, &strange);
	ck_assert_int_eq(emu_file_open(&nvm, path, 0, NULL), CB_OK);
	ck_assert_int_eq(nvm_put1(nvm, "r001", "changed"), CB_OK);
	emu_nvm_free(&nvm);
	if (_i == 1)
		memset(strange.journal.p + 8, 0x5A, strange.journal.n - 8);
	halve(path, &h);
	nvm_store(path, cb_buf_span(&h.file));
	nvm_store(nvm_path("card-journal"), cb_buf_span(&strange.journal));
	ck_assert_int_eq(
	    emu_file_open(&nvm, path, 0, &why), CB_E_FORMAT);
	ck_assert_msg(strstr(why.text, "is not the journal") != NULL, "%s",
	    why.text);
	ck_assert_int_eq(
	    emu_file_open(&nvm, path, EMU_FILE_READONLY, &why), CB_E_FORMAT);
	ck_assert(same(path, &h.file));
	ck_assert(same(nvm_path("card-journal"), &strange.journal));
	/* the right one still helps */
	nvm_store(nvm_path("card-journal"), cb_buf_span(&h.journal));
	ck_assert_ptr_nonnull(
	    strstr(nvm_file_text(path, 0, NULL), "r001=changed\n"));
	halves_free(&h);
	halves_free(&strange);
}
END_TEST

/* Whosever it is: that of an earlier state would give tries back. */
START_TEST(a_whole_card_takes_no_journal)
{
	const char *path = nvm_path("card"), *other = nvm_path("other");
	struct emu_nvm *nvm = NULL;
	struct halves old;
	struct cb_buf now;
	enum cb_err r;

	nvm_make_file(path, RECORDS);
	nvm_make_file(other, RECORDS + 20);
	ck_assert_int_eq(emu_file_open(&nvm, path, 0, NULL), CB_OK);
	ck_assert_int_eq(nvm_put1(nvm, "tries", "3"), CB_OK);
	emu_nvm_free(&nvm);
	halve(_i == 0 ? path : other, &old);
	ck_assert_int_eq(emu_file_open(&nvm, path, 0, NULL), CB_OK);
	ck_assert_int_eq(nvm_put1(nvm, "tries", "2"), CB_OK);
	emu_nvm_free(&nvm);
	now = nvm_load(path);
	nvm_store(nvm_path("card-journal"), cb_buf_span(&old.journal));
	ck_assert_ptr_nonnull(strstr(nvm_file_text(path,
	    _i == 0 ? 0 : EMU_FILE_READONLY, &r), "tries=2\n"));
	ck_assert_int_eq(r, CB_OK);
	ck_assert(!journal_there());
	ck_assert(same(path, &now));
	cb_buf_free(&now);
	halves_free(&old);
}
END_TEST

Suite *
nvm_journal_suite(void)
{
	Suite *s = suite_create("nvm_journal");
	TCase *tc = tcase_create("journals");

	tcase_add_checked_fixture(tc, nvm_dir_setup, nvm_dir_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, its_own_journal_is_played_in, 0, 2);
	tcase_add_loop_test(tc, a_strange_journal_changes_nothing, 0, 2);
	tcase_add_loop_test(tc, a_whole_card_takes_no_journal, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}
