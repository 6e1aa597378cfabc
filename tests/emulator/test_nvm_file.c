/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Opening and making card files: what is refused, with which words, and that
 * nothing is written then.
 */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/emulator/nvm_test.h"

/* Each opening that fails must leave all as it is. */
static void
refused(const char *path, unsigned flags, enum cb_err want, const char *word)
{
	struct emu_nvm *nvm = NULL;
	struct cb_why why = { "" };
	uint64_t before = nvm_dir_print();
	enum cb_err r = emu_file_open(&nvm, path, flags, &why);

	ck_assert_msg(r == want, "%s: %s: %s", path, cb_err_text(r), why.text);
	ck_assert_ptr_null(nvm);
	ck_assert_msg(strstr(why.text, word) != NULL, "%s", why.text);
	ck_assert_uint_eq(nvm_dir_print(), before);
}

/* Overwrites `n` bytes at `at`, then cuts the file to `size` (if not 0). */
static const struct damage {
	const char *word;
	size_t at, n;
	const char *bytes;
	size_t size;
	enum cb_err want;
} damages[] = {
	{ "is not a card file", 0, 1, "T", 0, CB_E_FORMAT },
	{ "is not a card file", 15, 1, "x", 0, CB_E_FORMAT },
	{ "is not a card file", 0, 0, "", 1, CB_E_FORMAT },
	{ "ends after a few", 0, 0, "", 16, CB_E_FORMAT },
	{ "ends after a few", 0, 0, "", 99, CB_E_FORMAT },
	{ "end is missing", 0, 0, "", 100, CB_E_FORMAT },
	{ "end is missing", 0, 0, "", 1024, CB_E_FORMAT },
	{ "end is missing", 0, 0, "", 4095, CB_E_FORMAT },
	{ "is not a card file", 68, 4, "\0\0\0\0", 0, CB_E_FORMAT },
	{ "newer release", 60, 4, "\0\0\0\2", 0, CB_E_LIMIT },
	{ "newer release", 60, 4, "\xff\xff\xff\xff", 0, CB_E_LIMIT },
	{ "header is damaged", 60, 4, "\0\0\0\0", 0, CB_E_FORMAT },
	{ "header is damaged", 16, 2, "\x10\0", 0, CB_E_FORMAT },
	{ "write-ahead", 18, 2, "\2\2", 0, CB_E_FORMAT },
	{ "another program", 27, 1, "\x77", 0, CB_E_FORMAT },
	{ "damaged", 1024, 8, "\0\0\0\0\0\0\0\0", 0, CB_E_FORMAT },
};

START_TEST(damage_is_recognised_and_left_alone)
{
	const struct damage *d = &damages[_i];
	const char *path = nvm_path("card");
	struct cb_buf b;

	nvm_make_file(path, 40);
	b = nvm_load(path);
	ck_assert_uint_gt(b.n, 4096);
	memcpy(b.p + d->at, d->bytes, d->n);
	nvm_store(path, cb_span(b.p, d->size != 0 ? d->size : b.n));
	cb_buf_free(&b);
	refused(path, 0, d->want, d->word);
	refused(path, EMU_FILE_READONLY, d->want, d->word);
}
END_TEST

START_TEST(an_empty_file_is_no_card)
{
	nvm_store(nvm_path("card"), CB_SPAN_EMPTY);
	refused(nvm_path("card"), 0, CB_E_FORMAT, "is empty");
	refused(nvm_path("card"), EMU_FILE_READONLY, CB_E_FORMAT, "is empty");
}
END_TEST

/* No byte of a file can change and go unnoticed, unless nothing is in it. */
START_TEST(every_changed_byte_is_noticed_or_unused)
{
	const char *path = nvm_path("card");
	char *want;
	struct cb_buf b;
	const char *got;
	size_t i, noticed = 0;
	enum cb_err r;

	nvm_make_file(path, 25);
	want = strdup(nvm_file_text(path, 0, NULL));
	b = nvm_load(path);
	for (i = 100; i < b.n; i += 5) {
		b.p[i] ^= 0x55;
		nvm_store(path, cb_buf_span(&b));
		b.p[i] ^= 0x55;
		got = nvm_file_text(path, 0, &r);
		if (r == CB_E_FORMAT)
			noticed++;
		else
			ck_assert_msg(r == CB_OK && strcmp(got, want) == 0,
			    "byte %zu: %s", i, cb_err_text(r));
	}
	ck_assert_uint_gt(noticed, 25 * 100 / 5);
	cb_buf_free(&b);
	free(want);
}
END_TEST

static void
sqlite_file(const char *path, const char *sql)
{
	sqlite3 *db = NULL;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* What somebody can do to a card file with SQLite's own tools. */
static const struct {
	const char *sql, *word;
} edits[] = {
	{ "UPDATE record SET value = x'33' WHERE name = 'r001'", "damaged" },
	{ "UPDATE record SET sum = x'33' WHERE name = 'r001'", "damaged" },
	{ "UPDATE record SET value = 'text'", "damaged" },
	{ "DELETE FROM record WHERE name = 'r001'", "damaged" },
	{ "DELETE FROM record WHERE name = ''", "damaged" },
	{ "UPDATE record SET name = 'r999' WHERE name = 'r001'", "damaged" },
	{ "INSERT INTO record VALUES('new', x'00', x'00')", "damaged" },
	{ "CREATE TABLE more(x)", "damaged" },
	{ "CREATE TRIGGER t AFTER UPDATE ON record BEGIN"
	    " DELETE FROM record; END", "damaged" },
	{ "DROP TABLE record", "damaged" },
	{ "PRAGMA page_size=4096; VACUUM", "header is damaged" },
};

START_TEST(an_edited_file_is_refused)
{
	const char *path = nvm_path("card");

	nvm_make_file(path, 40);
	sqlite_file(path, edits[_i].sql);
	refused(path, 0, CB_E_FORMAT, edits[_i].word);
	refused(path, EMU_FILE_READONLY, CB_E_FORMAT, edits[_i].word);
}
END_TEST

START_TEST(an_edit_behind_our_back_ends_writing)
{
	const char *path = nvm_path("card");
	struct emu_nvm *nvm = NULL;
	struct cb_buf before, after;

	nvm_make_file(path, 4);
	ck_assert_int_eq(emu_file_open(&nvm, path, 0, NULL), CB_OK);
	sqlite_file(path, "DELETE FROM record WHERE name = ''");
	before = nvm_load(path);
	ck_assert_int_eq(nvm_put1(nvm, "a", "1"), CB_E_STORE);
	ck_assert_int_eq(nvm->ops->begin(nvm), CB_E_STORE);
	emu_nvm_free(&nvm);
	after = nvm_load(path);
	ck_assert(cb_span_equal(cb_buf_span(&before), cb_buf_span(&after)));
	cb_buf_free(&before);
	cb_buf_free(&after);
}
END_TEST

START_TEST(a_foreign_database_is_left_alone)
{
	sqlite_file(nvm_path("card"), "CREATE TABLE record(name, sum, value)");
	refused(nvm_path("card"), 0, CB_E_FORMAT, "is not a card file");
}
END_TEST

START_TEST(what_is_not_a_regular_file_is_refused)
{
	const char *path = nvm_path("card");

	refused(path, 0, CB_E_ABSENT, "No such file");
	refused(nvm_path("none/card"), 0, CB_E_ABSENT, "No such file");
	refused(nvm_path("."), 0, CB_E_FORMAT, "not a regular file");
	refused("/dev/null", 0, CB_E_FORMAT, "not a regular file");
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	refused(path, 0, CB_E_FORMAT, "not a regular file");
	refused(path, EMU_FILE_READONLY, CB_E_FORMAT, "not a regular file");
}
END_TEST

START_TEST(what_stands_beside_it_may_refuse_it)
{
	const char *path = nvm_path("card");

	nvm_make_file(path, 4);
	nvm_store(nvm_path("card-wal"), cb_span_str("anything"));
	refused(path, 0, CB_E_FORMAT, "-wal is no part");
	unlink(nvm_path("card-wal"));
	ck_assert_int_eq(
	    symlink("/dev/null", nvm_path("card-journal")), 0);
	refused(path, 0, CB_E_DENIED, "-journal is of another");
	unlink(nvm_path("card-journal"));
	if (geteuid() != 0)
		return;
	nvm_store(nvm_path("card-journal"), cb_span_str("anything"));
	ck_assert_int_eq(chown(nvm_path("card-journal"), 65534, 65534), 0);
	refused(path, 0, CB_E_DENIED, "-journal is of another");
}
END_TEST

/* As kill -9 leaves it before its header is written. */
START_TEST(an_unused_journal_is_swept_up)
{
	const char *path = nvm_path("card");

	nvm_make_file(path, 4);
	nvm_store(nvm_path("card-journal"), cb_span("\0\0\0", 3));
	(void)nvm_file_text(path, EMU_FILE_READONLY, NULL);
	ck_assert_int_eq(access(nvm_path("card-journal"), F_OK), 0);
	(void)nvm_file_text(path, 0, NULL);
	ck_assert_int_lt(access(nvm_path("card-journal"), F_OK), 0);
}
END_TEST

START_TEST(symbolic_links_lead_to_the_file)
{
	struct emu_nvm *nvm = NULL;

	nvm_make_file(nvm_path("card"), 1);
	ck_assert_int_eq(symlink("card", nvm_path("link")), 0);
	ck_assert_int_eq(
	    emu_file_open(&nvm, nvm_path("link"), 0, NULL), CB_OK);
	ck_assert_int_eq(nvm_put1(nvm, "a", "1"), CB_OK);
	ck_assert_int_lt(access(nvm_path("link-journal"), F_OK), 0);
	refused(nvm_path("card"), 0, CB_E_BUSY, "this process");
	emu_nvm_free(&nvm);
}
END_TEST

START_TEST(a_new_file_appears_with_its_first_commit)
{
	const char *path = nvm_path("card");
	struct emu_nvm *nvm = NULL;
	struct stat st;
	uint64_t empty = nvm_dir_print();

	umask(0);
	ck_assert_int_eq(
	    emu_file_open(&nvm, path, EMU_FILE_CREATE, NULL), CB_OK);
	ck_assert_int_eq(nvm->ops->begin(nvm), CB_OK);
	ck_assert_int_eq(nvm->ops->put(nvm, "a", cb_span_str("1")), CB_OK);
	ck_assert_uint_eq(nvm_dir_print(), empty);
	ck_assert_int_eq(nvm->ops->commit(nvm, EMU_NVM_NOW), CB_OK);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_uint_eq(st.st_nlink, 1);
	refused(path, 0, CB_E_BUSY, "this process");
	ck_assert_int_eq(nvm_put1(nvm, "b", "2"), CB_OK);
	emu_nvm_free(&nvm);
	ck_assert_str_eq(nvm_file_text(path, 0, NULL), "a=1\nb=2\n");
	ck_assert_int_lt(access(nvm_path("card-journal"), F_OK), 0);
}
END_TEST

START_TEST(a_new_file_that_is_given_up_leaves_nothing)
{
	struct emu_nvm *nvm = NULL;
	uint64_t empty = nvm_dir_print();

	ck_assert_int_eq(emu_file_open(&nvm, nvm_path("card"),
	    EMU_FILE_CREATE, NULL), CB_OK);
	ck_assert_int_eq(nvm->ops->begin(nvm), CB_OK);
	ck_assert_int_eq(nvm->ops->put(nvm, "a", cb_span_str("1")), CB_OK);
	emu_nvm_free(&nvm);
	ck_assert_uint_eq(nvm_dir_print(), empty);
}
END_TEST

START_TEST(a_new_file_never_takes_anothers_name)
{
	const char *path = nvm_path("card");
	struct emu_nvm *nvm = NULL;
	struct cb_buf b;

	nvm_store(path, cb_span_str("mine"));
	refused(path, EMU_FILE_CREATE, CB_E_DENIED, "is there already");
	unlink(path);
	ck_assert_int_eq(symlink("nowhere", path), 0);
	refused(path, EMU_FILE_CREATE, CB_E_DENIED, "is there already");
	unlink(path);
	nvm_store(nvm_path("card-journal"), CB_SPAN_EMPTY);
	refused(path, EMU_FILE_CREATE, CB_E_DENIED, "-journal is left");
	unlink(nvm_path("card-journal"));
	refused(nvm_path("no/card"), EMU_FILE_CREATE, CB_E_ABSENT, "No such");
	refused(nvm_path(""), EMU_FILE_CREATE, CB_E_ARG, "not a name");
	refused(nvm_path(".."), EMU_FILE_CREATE, CB_E_ARG, "not a name");
	/* it comes into being in between */
	ck_assert_int_eq(
	    emu_file_open(&nvm, path, EMU_FILE_CREATE, NULL), CB_OK);
	nvm_store(path, cb_span_str("mine"));
	ck_assert_int_eq(nvm_put1(nvm, "a", "1"), CB_E_DENIED);
	ck_assert_int_eq(nvm->ops->begin(nvm), CB_E_STORE);
	emu_nvm_free(&nvm);
	b = nvm_load(path);
	ck_assert(cb_span_equal(cb_buf_span(&b), cb_span_str("mine")));
	cb_buf_free(&b);
}
END_TEST

START_TEST(what_changes_nothing_touches_no_disk)
{
	const char *path = nvm_path("card");
	struct emu_nvm *nvm = NULL;
	uint64_t before;

	nvm_make_file(path, 4);
	ck_assert_int_eq(emu_file_open(&nvm, path, 0, NULL), CB_OK);
	ck_assert_int_eq(nvm_put1(nvm, "a", "1"), CB_OK);
	before = nvm_dir_print();
	ck_assert_int_eq(nvm->ops->begin(nvm), CB_OK);
	ck_assert_int_eq(nvm->ops->commit(nvm, EMU_NVM_NOW), CB_OK);
	ck_assert_int_eq(nvm_put1(nvm, "a", "1"), CB_OK);
	(void)nvm_text(nvm);
	emu_nvm_free(&nvm);
	(void)nvm_file_text(path, 0, NULL);
	(void)nvm_file_text(path, EMU_FILE_READONLY, NULL);
	ck_assert_uint_eq(nvm_dir_print(), before);
}
END_TEST

START_TEST(a_wide_mode_is_warned_of)
{
	static const struct {
		mode_t mode;
		bool warns;
	} modes[] = { { 0600, false }, { 0640, true }, { 0604, true } };
	const char *path = nvm_path("card"), *log = nvm_path("log");
	struct cb_buf b;
	size_t i;
	int fd, saved = dup(STDERR_FILENO);

	nvm_make_file(path, 1);
	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		ck_assert_int_eq(chmod(path, modes[i].mode), 0);
		fd = open(log, O_RDWR | O_CREAT | O_TRUNC, 0600);
		ck_assert_int_ge(fd, 0);
		dup2(fd, STDERR_FILENO);
		(void)nvm_file_text(path, 0, NULL);
		dup2(saved, STDERR_FILENO);
		close(fd);
		b = nvm_load(log);
		ck_assert_int_eq(b.n > 0 &&
		    memmem(b.p, b.n, "chmod 600", 9) != NULL, modes[i].warns);
		cb_buf_free(&b);
	}
	close(saved);
}
END_TEST

START_TEST(a_file_has_a_largest_size)
{
	static uint8_t value[EMU_NVM_VALUE_MAX];
	const char *path = nvm_path("card");
	struct emu_nvm *nvm = NULL;
	char name[16];
	enum cb_err r = CB_OK;
	unsigned i;

	nvm_make_file(path, 1);
	ck_assert_int_eq(emu_file_open(&nvm, path, 0, NULL), CB_OK);
	ck_assert_int_eq(nvm->ops->begin(nvm), CB_OK);
	for (i = 0; i < 140 && r == CB_OK; i++) {
		snprintf(name, sizeof(name), "big%u", i);
		memset(value, (int)i, sizeof(value));
		r = nvm->ops->put(nvm, name, CB_SPAN_OF(value));
	}
	ck_assert_int_eq(r, CB_E_STORE);
	ck_assert_int_eq(nvm->ops->commit(nvm, EMU_NVM_NOW), CB_E_STORE);
	ck_assert_int_eq(nvm_put1(nvm, "small", "fits"), CB_OK);
	emu_nvm_free(&nvm);
	ck_assert_int_eq(truncate(path, (off_t)9 << 20), 0);
	refused(path, 0, CB_E_FORMAT, "larger than");
}
END_TEST

Suite *
nvm_file_suite(void)
{
	Suite *s = suite_create("nvm_file");
	TCase *tc = tcase_create("opening");

	tcase_add_checked_fixture(tc, nvm_dir_setup, nvm_dir_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, damage_is_recognised_and_left_alone, 0,
	    sizeof(damages) / sizeof(damages[0]));
	tcase_add_test(tc, an_empty_file_is_no_card);
	tcase_add_test(tc, every_changed_byte_is_noticed_or_unused);
	tcase_add_loop_test(tc, an_edited_file_is_refused, 0,
	    sizeof(edits) / sizeof(edits[0]));
	tcase_add_test(tc, an_edit_behind_our_back_ends_writing);
	tcase_add_test(tc, a_foreign_database_is_left_alone);
	tcase_add_test(tc, what_is_not_a_regular_file_is_refused);
	tcase_add_test(tc, what_stands_beside_it_may_refuse_it);
	tcase_add_test(tc, an_unused_journal_is_swept_up);
	tcase_add_test(tc, symbolic_links_lead_to_the_file);
	tcase_add_test(tc, a_new_file_appears_with_its_first_commit);
	tcase_add_test(tc, a_new_file_that_is_given_up_leaves_nothing);
	tcase_add_test(tc, a_new_file_never_takes_anothers_name);
	tcase_add_test(tc, what_changes_nothing_touches_no_disk);
	tcase_add_test(tc, a_wide_mode_is_warned_of);
	tcase_add_test(tc, a_file_has_a_largest_size);
	suite_add_tcase(s, tc);
	return s;
}
