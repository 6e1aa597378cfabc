/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A key that was destroyed is in no file of the store any more.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/backend/store_rig.h"
#include "wire/entry_types.h"

/* As the bytes of a wrap: whatever page they are in. */
static void
fill(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 131 + (i >> 7) + 29);
}

/* Any 24 bytes of the wrap that lie together: its pages part it. */
static bool
is_in(const char *path, const char *end, const uint8_t *p, size_t n)
{
	char name[96];
	uint8_t *all;
	long size;
	bool found = false;
	FILE *f;

	snprintf(name, sizeof(name), "%s%s", path, end);
	if ((f = fopen(name, "rb")) == NULL)
		return false;
	ck_assert_int_eq(fseek(f, 0, SEEK_END), 0);
	ck_assert_int_ge(size = ftell(f), 0);
	rewind(f);
	ck_assert_ptr_nonnull(all = malloc((size_t)size + 1));
	ck_assert_uint_eq(fread(all, 1, (size_t)size, f), (size_t)size);
	fclose(f);
	for (size_t i = 0; i + 24 <= n && !found; i += 24)
		found = memmem(all, (size_t)size, p + i, 24) != NULL;
	free(all);
	return found;
}

static bool
is_anywhere(const struct rig *g, const uint8_t *p, size_t n)
{
	return is_in(g->path, "", p, n) || is_in(g->path, "-wal", p, n);
}

static void
change_wrap(struct rig *g, bool remove, const uint8_t *p, size_t n)
{
	const struct be_value v[] = { BE_ID(id(0x11)),
		BE_T(cb_span_str("card")), BE_I(1), BE_B(CB_SPAN_EMPTY),
		BE_B(cb_span(p, n)) };
	const struct be_row_change c = { BE_WRAP, remove, v };
	const struct cb_span e = entry_of(WIRE_ACT, NULL);
	struct be_act a = act_row(&c, &e);

	ck_assert_msg(be_store_act(g->st, &a) == CB_OK, "%s", a.why.text);
}

/* Within a page, and over some of its own. In the file itself, too. */
static const size_t sizes[] = { 60, 12000 };

START_TEST(a_destroyed_key_is_in_no_file)
{
	uint8_t p[12000];
	const size_t n = sizes[_i / 2];
	struct rig g;

	fill(p, n);
	rig_init(&g);
	change_wrap(&g, false, p, n);
	if (_i % 2 == 1)
		ck_assert_int_eq(be_store_reopen(g.st, NULL), CB_OK);
	ck_assert(is_anywhere(&g, p, n));
	change_wrap(&g, true, p, n);
	ck_assert(!is_anywhere(&g, p, n));
	rig_clear(&g);
}
END_TEST

Suite *
store_gone_suite(void)
{
	Suite *s = suite_create("store_gone");
	TCase *tc = tcase_create("gone");

	tcase_add_loop_test(
	    tc, a_destroyed_key_is_in_no_file, 0, 2 * COUNT(sizes));
	suite_add_tcase(s, tc);
	return s;
}
