/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * cardbridge admin audit: the books as they are read and exported, and what is
 * found in books that are not whole.
 */
#include <stdio.h>

#include "tests/cli/admin_rig.h"

/* A signed head in lower-case digits. */
static char *
head_text(uint8_t organisation, size_t n)
{
	struct cb_buf head = books_signed(organisation, n), hex = CB_BUF_INIT;
	char *text = strdup(cli_print_hex(&hex, cb_buf_span(&head)));

	cb_buf_free(&head);
	cb_buf_free(&hex);
	return text;
}

static void
exported(void)
{
	RUNS(admin_say("audit export --output %s/export", desk.dir));
}

START_TEST(books_are_read_to_their_end)
{
	json_t *list;

	desk.page = (unsigned)_i;
	RUNS("audit list");
	ck_assert_uint_eq(admin_lines(admin_out), 6);
	ck_assert_int_eq(strncmp(admin_out, "1 2027-01-15T08:00:00.000Z verify",
			     30), 0);
	desk.entries = 0;
	RUNS("audit list --count 2");
	ck_assert_int_eq(strncmp(admin_out, "5 ", 2), 0);
	ck_assert_uint_eq(admin_lines(admin_out), 2);
	/* which the last one is, and then those two */
	ck_assert_uint_eq(desk.entries, 3);
	RUNS("audit list --from 2 --count 3 --json");
	list = admin_json();
	ck_assert_uint_eq(json_array_size(list), 3);
	ck_assert_int_eq(json_integer_value(json_object_get(
			     json_array_get(list, 0), "number")), 2);
	json_decref(list);
}
END_TEST

START_TEST(whole_books_are_whole)
{
	char *head = head_text(FAKE_ORG, 5);

	RUNS("audit verify");
	ck_assert_ptr_nonnull(strstr(admin_out, "entries 1 to 6, signed up to 6"));
	RUNS(admin_say("audit verify --head %s", head));
	exported();
	RUNS(admin_say("audit verify %s/export --head %s", desk.dir, head));
	/* without a backend: the key was kept */
	ck_assert_int_eq(admin_run_at(NULL, desk.person,
			     admin_say("audit verify %s/export", desk.dir)),
	    CLI_OK);
	ck_assert_int_eq(admin_run_at(NULL, desk.stranger,
			     admin_say("audit verify %s/export", desk.dir)),
	    CLI_USAGE);
	RUNS(admin_say("audit verify %s/export --key %s/person/books.pub", desk.dir,
	    desk.dir));
	free(head);
}
END_TEST

START_TEST(what_is_missing_is_found)
{
	char *head = head_text(FAKE_ORG, 6);

	RUNS("audit head");
	ck_assert_str_eq(admin_out, admin_say("head %s\n", head));
	RUNS(admin_say("audit verify --head %s", head));
	desk.missing = (size_t)_i;
	ck_assert_int_eq(admin_run(admin_say("audit verify --head %s", head)), CLI_NO);
	ck_assert_ptr_nonnull(strstr(admin_err, admin_say("entry %d is missing", _i)));
	free(head);
}
END_TEST

/* Whoever cuts them off in the database has not changed what the vault knows. */
START_TEST(books_that_were_cut_off_are_found)
{
	char *head = head_text(FAKE_ORG, 6);

	desk.last = 4;
	FAILS("audit verify", CLI_NO, "entry 5 is missing");
	RUNS("audit head");
	ck_assert_str_eq(admin_out, admin_say("head %s\n", head));
	desk.unsigned_yet = true;
	RUNS("audit verify");
	FAILS("audit head", CLI_NO, "nothing is signed yet");
	free(head);
}
END_TEST

START_TEST(a_changed_export_is_found)
{
	FILE *f;

	RUNS("audit verify");
	exported();
	admin_slurp(admin_say("%s/export", desk.dir), admin_out, sizeof(admin_out));
	strstr(admin_out, "entry 3")[80] ^= 1;
	f = fopen(admin_say("%s/export", desk.dir), "w");
	fputs(admin_out, f);
	fclose(f);
	FAILS(admin_say("audit verify %s/export", desk.dir), CLI_NO, "entry 3");
}
END_TEST

START_TEST(another_key_is_not_believed)
{
	static const uint8_t other[CR_KEY] = { 1, 2, 3 };
	char *head = head_text(0x0B, 2);

	RUNS("audit verify");
	FAILS(admin_say("audit verify --head %s", head), CLI_NO, "other books");
	head[300] = head[300] == '0' ? '1' : '0';
	FAILS(admin_say("audit verify --head %s", head), CLI_NO,
	    "not signed with the key");
	desk.books = other;
	FAILS("audit verify", CLI_NO, "another key");
	free(head);
}
END_TEST

Suite *
admin_books_suite(void)
{
	Suite *s = suite_create("admin_books");
	TCase *t = tcase_create("admin_books");

	tcase_add_unchecked_fixture(t, fake_desk_make, fake_desk_free);
	tcase_add_checked_fixture(t, admin_setup, fake_desk_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, books_are_read_to_their_end, 1, 8);
	tcase_add_test(t, whole_books_are_whole);
	tcase_add_test(t, books_that_were_cut_off_are_found);
	tcase_add_loop_test(t, what_is_missing_is_found, 1, 7);
	tcase_add_test(t, a_changed_export_is_found);
	tcase_add_test(t, another_key_is_not_believed);
	suite_add_tcase(s, t);
	return s;
}
