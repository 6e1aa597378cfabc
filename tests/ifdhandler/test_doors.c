/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Readers of several files: one plug-in, the same Lun, and no mixing up.
 */
#include <stdio.h>
#include <string.h>

#include "tests/ifdhandler/plugin.h"

static void
assert_serial(struct plugin *p, DWORD lun, const char *expected)
{
	UCHAR value[64];
	DWORD n = sizeof(value);

	ck_assert_int_eq(
	    p->get(lun, SCARD_ATTR_VENDOR_IFD_SERIAL_NO, &n, value),
	    IFD_SUCCESS);
	ck_assert_uint_eq(n, strlen(expected) + 1);
	ck_assert_str_eq((const char *)value, expected);
}

/* pcscd numbers readers in their names as soon as this is above 1. */
START_TEST(one_reader_at_once_is_all_it_admits)
{
	struct plugin p;
	UCHAR v[8] = { 0 };
	DWORD n = sizeof(v);

	plugin_open(&p, "reader=a", test_socket("s"));
	ck_assert_int_eq(
	    p.get(0, TAG_IFD_SIMULTANEOUS_ACCESS, &n, v), IFD_SUCCESS);
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(v[0], 1);
}
END_TEST

START_TEST(two_files_with_the_same_lun_are_two_readers)
{
	struct plugin a, b;

	plugin_open(&a, "reader=alpha", test_socket("s"));
	plugin_open(&b, "reader=beta", test_socket("s"));
	assert_serial(&a, 0, "alpha");
	assert_serial(&b, 0, "beta");
	ck_assert_int_eq(a.close(0), IFD_SUCCESS);
	assert_serial(&b, 0, "beta");
	ck_assert_int_eq(a.presence(0), IFD_COMMUNICATION_ERROR);
}
END_TEST

START_TEST(a_closed_readers_door_is_used_again)
{
	struct plugin p;
	int i;

	for (i = 0; i < 100; i++) {
		plugin_open(&p, "reader=again", test_socket("s"));
		assert_serial(&p, 0, "again");
		ck_assert_int_eq(p.close(0), IFD_SUCCESS);
	}
}
END_TEST

START_TEST(sixteen_files_and_sixteen_slots_fit)
{
	struct plugin file[16], slots[16];
	char name[32], device[256];
	DWORD i;

	for (i = 0; i < 16; i++) {
		snprintf(name, sizeof(name), "reader=r%lu", i);
		plugin_open(&file[i], name, test_socket("s"));
	}
	snprintf(device, sizeof(device), "cardbridge:slots=16:%s",
	    test_socket("s"));
	for (i = 0; i < 16; i++) {
		plugin_bind(&slots[i]);
		ck_assert_int_eq(
		    slots[i].create_by_name(i, device), IFD_SUCCESS);
	}
	for (i = 0; i < 16; i++) {
		snprintf(name, sizeof(name), "r%lu", i);
		assert_serial(&file[i], 0, name);
		snprintf(name, sizeof(name), "slot-%02lu", i);
		assert_serial(&slots[i], i, name);
	}
}
END_TEST

START_TEST(one_binding_may_open_many_luns)
{
	struct plugin p;
	char device[256];

	plugin_open(&p, "reader=first", test_socket("s"));
	snprintf(device, sizeof(device), "cardbridge:reader=second:%s",
	    test_socket("s"));
	ck_assert_int_eq(p.create_by_name(0x10000, device), IFD_SUCCESS);
	ck_assert_int_eq(p.create_by_name(0x10000, device),
	    IFD_COMMUNICATION_ERROR);
	assert_serial(&p, 0, "first");
	assert_serial(&p, 0x10000, "second");
}
END_TEST

Suite *
doors_suite(void)
{
	Suite *s = suite_create("doors");
	TCase *tc = test_case("doors");

	tcase_add_test(tc, one_reader_at_once_is_all_it_admits);
	tcase_add_test(tc, two_files_with_the_same_lun_are_two_readers);
	tcase_add_test(tc, a_closed_readers_door_is_used_again);
	tcase_add_test(tc, sixteen_files_and_sixteen_slots_fit);
	tcase_add_test(tc, one_binding_may_open_many_luns);
	suite_add_tcase(s, tc);
	return s;
}
