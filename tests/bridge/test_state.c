/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What a bridge remembers: readers added, slots never changed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bridge/state.h"
#include "tests/bridge/harness.h"

static struct bridge b;

static void
setup(void)
{
	bridge_init(&b);
	b.set.state_dir = b.at.dir;
}

static void
teardown(void)
{
	bridge_clear(&b);
}

static void
write_state(const char *text, size_t n)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/readers", b.at.dir);
	f = fopen(path, "we");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(text, 1, n, f), n);
	ck_assert_int_eq(fclose(f), 0);
}

static struct br_reader_info *
find(struct br_reader_info *list, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(list[i].name, name) == 0)
			return &list[i];
	return NULL;
}

START_TEST(readers_and_slots_outlive_the_bridge)
{
	static const char *const later[] = { "new", "fake:new", "b", "fake:b",
		"a", "fake:a", NULL };
	struct br_reader_info *list, made;
	struct br_client *c;
	char path[512];
	struct stat st;
	size_t n;

	bridge_start(&b, two_readers);
	c = dial(&b);
	ck_ok(br_reader_add(c, "x", "fake:with blanks  \xc3\xa4", &made,
	    NULL));
	ck_ok(br_reader_add(c, "y", "fake:y", &made, NULL));
	ck_ok(br_reader_add(c, "z", "fake:z", &made, NULL));
	ck_ok(br_reader_remove(c, "y", NULL));
	br_close(&c);
	bridge_stop(&b);
	snprintf(path, sizeof(path), "%s/readers", b.at.dir);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);

	bridge_start(&b, later);
	c = dial(&b);
	ck_ok(br_reader_list(c, &list, &n, NULL));
	ck_assert_uint_eq(n, 5);
	ck_assert_int_eq(find(list, n, "a")->slot, 0);
	ck_assert_int_eq(find(list, n, "b")->slot, 1);
	ck_assert_int_eq(find(list, n, "x")->slot, 2);
	ck_assert_str_eq(find(list, n, "x")->uri,
	    "fake:with blanks  \xc3\xa4");
	ck_assert_int_eq(find(list, n, "new")->slot, 3);
	ck_assert_int_eq(find(list, n, "z")->slot, 4);
	free(list);
	br_close(&c);
}
END_TEST

START_TEST(the_configuration_is_stronger)
{
	static const char state[] = "reader a 5 fake:old\n";
	struct br_reader_info *list;
	struct br_client *c;
	size_t n;

	write_state(state, sizeof(state) - 1);
	bridge_start(&b, one_reader);
	c = dial(&b);
	ck_ok(br_reader_list(c, &list, &n, NULL));
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(list[0].uri, "fake:a");
	ck_assert_int_eq(list[0].slot, 5);
	free(list);
	br_close(&c);
}
END_TEST

static const struct {
	const char *text;
	size_t n;
	const char *line;
} damaged[] = {
#define T(s) s, sizeof(s) - 1
	{ T("reader a 0 fake:a\nreader\n"), "line 2" },
	{ T("reader a 0 fake:a"), "line 1" },
	{ T("reader a 16 fake:a\n"), "line 1" },
	{ T("reader a x fake:a\n"), "line 1" },
	{ T("reader a 1\n"), "line 1" },
	{ T("slot a 1 fake:a\n"), "line 1" },
	{ T("reader a/b 1 fake:a\n"), "line 1" },
	{ T("# x\n\nraeder a 1 fake:a\n"), "line 3" },
	{ T("reader a 1 fake:a\n\0reader"), "line 1" },
#undef T
};

START_TEST(damage_is_told_with_its_line)
{
	struct br_state_line *lines;
	struct cb_why why = { "" };
	size_t n;

	write_state(damaged[_i].text, damaged[_i].n);
	ck_err(br_state_load(b.at.dir, &lines, &n, &why), CB_E_FORMAT);
	ck_assert_msg(strstr(why.text, damaged[_i].line) != NULL, "%s",
	    why.text);
	ck_assert_ptr_null(lines);
}
END_TEST

/* A directory cannot be replaced by a file. */
static void
spoil_state(char *path, size_t size)
{
	snprintf(path, size, "%s/readers", b.at.dir);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
}

START_TEST(what_cannot_be_remembered_is_not_added)
{
	struct br_reader_info made, *list;
	struct br_client *c;
	struct cb_why why = { "" };
	char path[512];
	size_t n;

	bridge_start(&b, one_reader);
	c = dial(&b);
	spoil_state(path, sizeof(path));
	ck_err(br_reader_add(c, "x", "fake:x", &made, &why), CB_E_STORE);
	ck_assert_ptr_nonnull(strstr(why.text, path));
	ck_ok(br_reader_list(c, &list, &n, NULL));
	ck_assert_uint_eq(n, 1);
	free(list);
	br_close(&c);
}
END_TEST

START_TEST(what_would_come_back_is_not_removed)
{
	struct br_reader_info made, *list;
	struct br_client *c;
	struct cb_why why = { "" };
	char path[512];
	size_t n;

	bridge_start(&b, one_reader);
	c = dial(&b);
	ck_ok(br_reader_add(c, "x", "fake:x", &made, NULL));
	ck_ok(br_reader_add(c, "y", "fake:y", &made, NULL));
	spoil_state(path, sizeof(path));
	ck_err(br_reader_remove(c, "x", &why), CB_E_STORE);
	ck_assert_ptr_nonnull(strstr(why.text, path));
	ck_ok(br_reader_list(c, &list, &n, NULL));
	ck_assert_uint_eq(n, 3);
	ck_assert_str_eq(list[1].name, "x");
	ck_assert(list[1].present);
	free(list);
	br_close(&c);
}
END_TEST

Suite *
state_suite(void)
{
	Suite *s = suite_create("state");
	TCase *t = tcase_create("state");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 30);
	tcase_add_test(t, readers_and_slots_outlive_the_bridge);
	tcase_add_test(t, the_configuration_is_stronger);
	tcase_add_loop_test(t, damage_is_told_with_its_line, 0,
	    (int)(sizeof(damaged) / sizeof(damaged[0])));
	tcase_add_test(t, what_cannot_be_remembered_is_not_added);
	tcase_add_test(t, what_would_come_back_is_not_removed);
	suite_add_tcase(s, t);
	return s;
}
