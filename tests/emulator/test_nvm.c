/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What nvm.h promises, for each filling.
 */
#include <string.h>

#include "tests/emulator/nvm_test.h"

enum { IN_MEMORY, IN_NEW_FILE, IN_FILE, FILLINGS };

static struct emu_nvm *
filling(int which)
{
	struct emu_nvm *nvm = NULL;

	switch (which) {
	case IN_MEMORY:
		ck_assert_int_eq(emu_mem_new(&nvm), CB_OK);
		break;
	case IN_FILE:
		nvm_make_file(nvm_path("card"), 0);
		ck_assert_int_eq(
		    emu_file_open(&nvm, nvm_path("card"), 0, NULL), CB_OK);
		break;
	default:
		ck_assert_int_eq(emu_file_open(&nvm, nvm_path("card"),
		    EMU_FILE_CREATE, NULL), CB_OK);
		break;
	}
	return nvm;
}

START_TEST(records_come_in_order_of_name)
{
	struct emu_nvm *nvm = filling(_i);

	ck_assert_int_eq(nvm->ops->begin(nvm), CB_OK);
	ck_assert_int_eq(nvm->ops->put(nvm, "b", cb_span_str("2")), CB_OK);
	ck_assert_int_eq(nvm->ops->put(nvm, "a/b", cb_span_str("1")), CB_OK);
	ck_assert_int_eq(nvm->ops->put(nvm, "~", cb_span_str("4")), CB_OK);
	ck_assert_int_eq(nvm->ops->put(nvm, "B", CB_SPAN_EMPTY), CB_OK);
	ck_assert_int_eq(nvm->ops->commit(nvm, EMU_NVM_NOW), CB_OK);
	ck_assert_str_eq(nvm_text(nvm), "B=\na/b=1\nb=2\n~=4\n");
	emu_nvm_free(&nvm);
	ck_assert_ptr_null(nvm);
}
END_TEST

START_TEST(put_replaces_and_del_removes)
{
	struct emu_nvm *nvm = filling(_i);

	ck_assert_int_eq(nvm_put1(nvm, "a", "1"), CB_OK);
	ck_assert_int_eq(nvm_put1(nvm, "b", "2"), CB_OK);
	ck_assert_int_eq(nvm->ops->begin(nvm), CB_OK);
	ck_assert_int_eq(nvm->ops->put(nvm, "a", cb_span_str("one")), CB_OK);
	ck_assert_int_eq(nvm->ops->del(nvm, "b"), CB_OK);
	ck_assert_int_eq(nvm->ops->del(nvm, "never"), CB_OK);
	ck_assert_int_eq(nvm->ops->put(nvm, "c", cb_span_str("3")), CB_OK);
	ck_assert_int_eq(nvm->ops->put(nvm, "c", cb_span_str("4")), CB_OK);
	ck_assert_int_eq(nvm->ops->put(nvm, "d", cb_span_str("5")), CB_OK);
	ck_assert_int_eq(nvm->ops->del(nvm, "d"), CB_OK);
	ck_assert_int_eq(nvm->ops->commit(nvm, EMU_NVM_NOW), CB_OK);
	ck_assert_str_eq(nvm_text(nvm), "a=one\nc=4\n");
	emu_nvm_free(&nvm);
}
END_TEST

START_TEST(rollback_leaves_what_was_committed)
{
	struct emu_nvm *nvm = filling(_i);

	ck_assert_int_eq(nvm_put1(nvm, "a", "1"), CB_OK);
	ck_assert_int_eq(nvm->ops->begin(nvm), CB_OK);
	ck_assert_int_eq(nvm->ops->put(nvm, "a", cb_span_str("2")), CB_OK);
	ck_assert_int_eq(nvm->ops->put(nvm, "b", cb_span_str("2")), CB_OK);
	nvm->ops->rollback(nvm);
	ck_assert_str_eq(nvm_text(nvm), "a=1\n");
	ck_assert_int_eq(nvm->ops->begin(nvm), CB_OK);
	ck_assert_int_eq(nvm->ops->del(nvm, "a"), CB_OK);
	nvm->ops->rollback(nvm);
	ck_assert_str_eq(nvm_text(nvm), "a=1\n");
	ck_assert_int_eq(nvm_put1(nvm, "b", "3"), CB_OK);
	ck_assert_str_eq(nvm_text(nvm), "a=1\nb=3\n");
	emu_nvm_free(&nvm);
}
END_TEST

START_TEST(writing_needs_a_transaction)
{
	struct emu_nvm *nvm = filling(_i);

	ck_assert_int_eq(nvm->ops->put(nvm, "a", CB_SPAN_EMPTY), CB_E_ARG);
	ck_assert_int_eq(nvm->ops->del(nvm, "a"), CB_E_ARG);
	ck_assert_int_eq(nvm->ops->commit(nvm, EMU_NVM_NOW), CB_E_ARG);
	nvm->ops->rollback(nvm);
	ck_assert_int_eq(nvm->ops->begin(nvm), CB_OK);
	ck_assert_int_eq(nvm->ops->begin(nvm), CB_E_ARG);
	ck_assert_int_eq(nvm->ops->each(nvm, NULL, NULL), CB_E_ARG);
	ck_assert_int_eq(nvm->ops->commit(nvm, EMU_NVM_NOW), CB_OK);
	ck_assert_str_eq(nvm_text(nvm), "");
	emu_nvm_free(&nvm);
}
END_TEST

/* 40 characters and 41 */
#define NAME_40 "0123456789012345678901234567890123456789"

static const struct {
	const char *name;
	size_t n;
	enum cb_err want;
} limits[] = {
	{ "a", 0, CB_OK },
	{ NAME_40, EMU_NVM_VALUE_MAX, CB_OK },
	{ NAME_40 "0", 1, CB_E_ARG },
	{ "", 1, CB_E_ARG },
	{ "a\n", 1, CB_E_ARG },
	{ "\xc3\xa4", 1, CB_E_ARG },
	{ "a", EMU_NVM_VALUE_MAX + 1, CB_E_LIMIT },
};

START_TEST(limits_are_kept)
{
	static uint8_t value[EMU_NVM_VALUE_MAX + 1];
	struct emu_nvm *nvm;
	size_t i;

	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		nvm = filling(_i);
		ck_assert_int_eq(nvm->ops->begin(nvm), CB_OK);
		ck_assert_int_eq(nvm->ops->put(nvm, "ok", CB_SPAN_EMPTY),
		    CB_OK);
		ck_assert_int_eq(nvm->ops->put(nvm, limits[i].name,
		    cb_span(value, limits[i].n)), limits[i].want);
		/* a transaction with a refused put does not get through */
		ck_assert_int_eq(nvm->ops->commit(nvm, EMU_NVM_NOW), limits[i].want);
		if (limits[i].want != CB_OK)
			ck_assert_str_eq(nvm_text(nvm), "");
		emu_nvm_free(&nvm);
		nvm_dir_teardown();
		nvm_dir_setup();
	}
}
END_TEST

static enum cb_err
stop_at_b(void *ctx, const char *name, struct cb_span value)
{
	(void)value;
	++*(int *)ctx;
	return strcmp(name, "b") == 0 ? CB_E_LIMIT : CB_OK;
}

START_TEST(each_stops_where_it_is_told)
{
	struct emu_nvm *nvm = filling(_i);
	int n = 0;

	ck_assert_int_eq(nvm_put1(nvm, "a", ""), CB_OK);
	ck_assert_int_eq(nvm_put1(nvm, "b", ""), CB_OK);
	ck_assert_int_eq(nvm_put1(nvm, "c", ""), CB_OK);
	ck_assert_int_eq(nvm->ops->each(nvm, stop_at_b, &n), CB_E_LIMIT);
	ck_assert_int_eq(n, 2);
	/* and nothing stays open behind it */
	ck_assert_int_eq(nvm_put1(nvm, "d", ""), CB_OK);
	ck_assert_str_eq(nvm_text(nvm), "a=\nb=\nc=\nd=\n");
	emu_nvm_free(&nvm);
}
END_TEST

START_TEST(freed_in_a_transaction_it_is_not_committed)
{
	struct emu_nvm *nvm = filling(_i);

	ck_assert_int_eq(nvm_put1(nvm, "a", "1"), CB_OK);
	ck_assert_int_eq(nvm->ops->begin(nvm), CB_OK);
	ck_assert_int_eq(nvm->ops->put(nvm, "a", cb_span_str("2")), CB_OK);
	emu_nvm_free(&nvm);
	if (_i != IN_MEMORY)
		ck_assert_str_eq(
		    nvm_file_text(nvm_path("card"), 0, NULL), "a=1\n");
	emu_nvm_free(&nvm);
	emu_nvm_free(NULL);
}
END_TEST

START_TEST(memory_ends_with_its_last_owner)
{
	struct emu_nvm *nvm = filling(IN_MEMORY), *again;

	ck_assert_int_eq(nvm_put1(nvm, "a", "1"), CB_OK);
	again = emu_mem_again(nvm);
	ck_assert_int_eq(again->ops->begin(again), CB_OK);
	ck_assert_int_eq(
	    again->ops->put(again, "a", cb_span_str("2")), CB_OK);
	/* what was not committed ends with its owner */
	emu_nvm_free(&again);
	ck_assert_str_eq(nvm_text(nvm), "a=1\n");
	emu_nvm_free(&nvm);
}
END_TEST

Suite *
nvm_suite(void)
{
	Suite *s = suite_create("nvm");
	TCase *tc = tcase_create("contract");

	tcase_add_checked_fixture(tc, nvm_dir_setup, nvm_dir_teardown);
	tcase_add_loop_test(tc, records_come_in_order_of_name, 0, FILLINGS);
	tcase_add_loop_test(tc, put_replaces_and_del_removes, 0, FILLINGS);
	tcase_add_loop_test(
	    tc, rollback_leaves_what_was_committed, 0, FILLINGS);
	tcase_add_loop_test(tc, writing_needs_a_transaction, 0, FILLINGS);
	tcase_add_loop_test(tc, limits_are_kept, 0, FILLINGS);
	tcase_add_loop_test(tc, each_stops_where_it_is_told, 0, FILLINGS);
	tcase_add_loop_test(
	    tc, freed_in_a_transaction_it_is_not_committed, 0, FILLINGS);
	tcase_add_test(tc, memory_ends_with_its_last_owner);
	suite_add_tcase(s, tc);
	return s;
}
