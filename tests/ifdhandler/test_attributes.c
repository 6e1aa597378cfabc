/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Attributes, features, and what is refused.
 */
#include <stdio.h>
#include <string.h>

#include "tests/ifdhandler/plugin.h"

#define FEATURES CM_IOCTL_GET_FEATURE_REQUEST

#define ROOM 64	/* left alone with IFD_ERROR_TAG: pcscd goes on with it */

enum when { EMPTY, CARD, POWERED };

static const struct {
	const char *name;
	enum when when;
	DWORD tag;
	RESPONSECODE r;
	size_t n;
	const char *value;
} attribute_cases[] = {
	{ "vendor", EMPTY, SCARD_ATTR_VENDOR_NAME, IFD_SUCCESS, 11,
	    "cardbridge" },
	{ "model", EMPTY, SCARD_ATTR_VENDOR_IFD_TYPE, IFD_SUCCESS, 18,
	    "cardbridge reader" },
	{ "version", EMPTY, SCARD_ATTR_VENDOR_IFD_VERSION, IFD_SUCCESS, 4,
	    "\0\0\1\0" },
	{ "serial", EMPTY, SCARD_ATTR_VENDOR_IFD_SERIAL_NO, IFD_SUCCESS, 8,
	    "slot-05" },
	{ "channel", EMPTY, SCARD_ATTR_CHANNEL_ID, IFD_SUCCESS, 4,
	    "\5\0\xF0\0" },
	{ "unit", EMPTY, SCARD_ATTR_DEVICE_UNIT, IFD_SUCCESS, 4, "\5\0\0\0" },
	{ "protocols", EMPTY, SCARD_ATTR_ASYNC_PROTOCOL_TYPES, IFD_SUCCESS, 4,
	    "\3\0\0\0" },
	{ "max input", CARD, SCARD_ATTR_MAXINPUT, IFD_SUCCESS, 4,
	    "\5\1\0\0" },
	{ "slots", EMPTY, TAG_IFD_SLOTS_NUMBER, IFD_SUCCESS, 1, "\20" },
	{ "thread safe", EMPTY, TAG_IFD_THREAD_SAFE, IFD_SUCCESS, 1, "\1" },
	{ "slots safe", EMPTY, TAG_IFD_SLOT_THREAD_SAFE, IFD_SUCCESS, 1,
	    "\1" },
	{ "killable", EMPTY, TAG_IFD_POLLING_THREAD_KILLABLE, IFD_SUCCESS, 1,
	    "\0" },
	{ "empty", EMPTY, SCARD_ATTR_ICC_PRESENCE, IFD_SUCCESS, 1, "\0" },
	{ "present", CARD, SCARD_ATTR_ICC_PRESENCE, IFD_SUCCESS, 1, "\2" },
	{ "off", CARD, SCARD_ATTR_ICC_INTERFACE_STATUS, IFD_SUCCESS, 1,
	    "\0" },
	{ "on", POWERED, SCARD_ATTR_ICC_INTERFACE_STATUS, IFD_SUCCESS, 1,
	    "\1" },
	{ "no protocol", CARD, SCARD_ATTR_CURRENT_PROTOCOL_TYPE, IFD_SUCCESS,
	    4, "\0\0\0\0" },
	{ "T=1", POWERED, SCARD_ATTR_CURRENT_PROTOCOL_TYPE, IFD_SUCCESS, 4,
	    "\2\0\0\0" },
	{ "ATR", POWERED, SCARD_ATTR_ATR_STRING, IFD_SUCCESS, 4,
	    "\x3B\x80\x01\x81" },
	{ "ATR again", POWERED, TAG_IFD_ATR, IFD_SUCCESS, 4,
	    "\x3B\x80\x01\x81" },
	{ "no ATR", EMPTY, SCARD_ATTR_ATR_STRING, IFD_COMMUNICATION_ERROR, 0,
	    "" },
	{ "unknown", EMPTY, 0x12345, IFD_ERROR_TAG, ROOM, "" },
	{ "names are pcscd's", EMPTY, SCARD_ATTR_DEVICE_FRIENDLY_NAME,
	    IFD_ERROR_TAG, ROOM, "" },
};

#define CASES (int)(sizeof(attribute_cases) / sizeof(attribute_cases[0]))

static void
open_slot(struct plugin *p, DWORD lun, enum when when)
{
	const char *path = test_socket("s");
	char device[256];

	fake_start(&test_fakes[0], path);
	if (when == EMPTY)
		fake_tell(&test_fakes[0], '-');
	snprintf(device, sizeof(device), "cardbridge:slots=16:%s", path);
	plugin_bind(p);
	ck_assert_int_eq(p->create_by_name(lun, device), IFD_SUCCESS);
	if (when == EMPTY)
		return;
	/* the bridge may answer late: the reader then looks again */
	while (p->presence(lun) != IFD_ICC_PRESENT)
		test_sleep(10);
	if (when == POWERED)
		plugin_power_up(p, lun);
}

START_TEST(an_attribute_has_its_value)
{
	UCHAR value[ROOM];
	DWORD n = sizeof(value);
	struct plugin p;

	open_slot(&p, 5, attribute_cases[_i].when);
	ck_assert_msg(p.get(5, attribute_cases[_i].tag, &n, value) ==
		attribute_cases[_i].r, "%s", attribute_cases[_i].name);
	ck_assert_msg(n == attribute_cases[_i].n, "%s: %lu bytes",
	    attribute_cases[_i].name, n);
	if (attribute_cases[_i].r != IFD_SUCCESS)
		return;
	ck_assert_msg(memcmp(value, attribute_cases[_i].value, n) == 0,
	    "%s: another value", attribute_cases[_i].name);
}
END_TEST

START_TEST(no_room_is_said_and_nothing_written)
{
	UCHAR value[4] = "xxx";
	DWORD n = 3;
	struct plugin p;

	open_slot(&p, 0, EMPTY);
	ck_assert_int_eq(p.get(0, SCARD_ATTR_VENDOR_NAME, &n, value),
	    IFD_ERROR_INSUFFICIENT_BUFFER);
	ck_assert_uint_eq(n, 0);
	ck_assert_str_eq((const char *)value, "xxx");
	n = 0;
	ck_assert_int_eq(
	    p.get(0, SCARD_ATTR_VENDOR_NAME, &n, NULL), IFD_SUCCESS);
	ck_assert_uint_eq(n, 11);
}
END_TEST

START_TEST(nothing_can_be_set)
{
	UCHAR v = 1;
	struct plugin p;

	open_slot(&p, 0, EMPTY);
	ck_assert_int_eq(
	    p.set(0, SCARD_ATTR_VENDOR_NAME, 1, &v), IFD_ERROR_VALUE_READ_ONLY);
	ck_assert_int_eq(p.set(0, 0x12345, 1, &v), IFD_ERROR_TAG);
}
END_TEST

static DWORD
properties_code(struct plugin *p)
{
	UCHAR rx[64];
	DWORD n = 0;

	ck_assert_int_eq(
	    p->control(0, FEATURES, NULL, 0, rx, sizeof(rx), &n),
	    IFD_SUCCESS);
	ck_assert_uint_eq(n, 6);
	ck_assert_uint_eq(rx[0], FEATURE_GET_TLV_PROPERTIES);
	ck_assert_uint_eq(rx[1], 4);
	return (DWORD)rx[2] << 24 | (DWORD)rx[3] << 16 | (DWORD)rx[4] << 8 |
	    rx[5];
}

START_TEST(properties_name_the_cards_largest_apdu)
{
	static const UCHAR expected[] = { 11, 2, 0, 0, 12, 2, 1, 0, 9, 1, 0,
		10, 4, 0, 1, 0, 0 };
	UCHAR rx[64];
	DWORD n = 0, code;
	struct plugin p;

	open_slot(&p, 0, CARD);
	code = properties_code(&p);
	ck_assert_int_eq(
	    p.control(0, code, NULL, 0, rx, sizeof(rx), &n), IFD_SUCCESS);
	ck_assert_uint_eq(n, sizeof(expected));
	ck_assert_mem_eq(rx, expected, n);
	fake_tell(&test_fakes[0], 'x');
	(void)p.presence(0);
	ck_assert_int_eq(
	    p.control(0, code, NULL, 0, rx, sizeof(rx), &n), IFD_SUCCESS);
	ck_assert_uint_eq(rx[15], 1); /* 0x10000 */
}
END_TEST

START_TEST(other_control_codes_are_refused)
{
	static const DWORD codes[] = { 0, SCARD_CTL_CODE(1), 0x42330006,
		FEATURES + 1 };
	UCHAR tx[4] = { 0 }, rx[64];
	struct plugin p;
	DWORD n;
	size_t i;

	open_slot(&p, 0, CARD);
	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		n = 99;
		ck_assert_int_eq(p.control(0, codes[i], tx, sizeof(tx), rx,
				     sizeof(rx), &n), IFD_ERROR_NOT_SUPPORTED);
		ck_assert_uint_eq(n, 0);
	}
	n = 99;
	ck_assert_int_eq(p.control(0, FEATURES, NULL, 0, rx, 5, &n),
	    IFD_ERROR_INSUFFICIENT_BUFFER);
	ck_assert_uint_eq(n, 0);
}
END_TEST

Suite *
attributes_suite(void)
{
	Suite *s = suite_create("attributes");
	TCase *tc = test_case("attributes");

	tcase_add_loop_test(tc, an_attribute_has_its_value, 0, CASES);
	tcase_add_test(tc, no_room_is_said_and_nothing_written);
	tcase_add_test(tc, nothing_can_be_set);
	tcase_add_test(tc, properties_name_the_cards_largest_apdu);
	tcase_add_test(tc, other_control_codes_are_refused);
	suite_add_tcase(s, tc);
	return s;
}
