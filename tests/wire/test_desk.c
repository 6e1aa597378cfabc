/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Fields, and what is said at the desk: their bytes as PROTOCOL.md has them,
 * and what is none of it.
 */
#include <stdlib.h>
#include <string.h>

#include "common/hex.h"
#include "tests/wire/suites.h"
#include "wire/desk.h"

static struct cb_buf
hex(const char *text)
{
	struct cb_buf b = CB_BUF_INIT;

	ck_assert_int_eq(cb_hex_decode(&b, text, strlen(text)), CB_OK);
	return b;
}

/* ---- fields -------------------------------------------------------------- */

#define ID16 "000102030405060708090A0B0C0D0E0F"

START_TEST(fields_are_as_described)
{
	static const uint8_t id[WIRE_ID] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
		11, 12, 13, 14, 15 };
	struct cb_buf want = hex("01 0010" ID16 "07 0003 4AC3BC" "08 0002 6139"
	    "09 0001 02" "0C 0004 00000102" "0D 0008 0000019300000000"
	    "10 0001 01" "14 0000" "1A 0002 3066");
	struct cb_buf b = CB_BUF_INIT;
	struct wire_fields f = { .has = 0 }, back;

	wire_fields_bytes(&f, WIRE_D_ID, CB_SPAN_OF(id));
	wire_fields_bytes(&f, WIRE_D_NAME, cb_span_str("J\xC3\xBC"));
	wire_fields_bytes(&f, WIRE_D_PROFILE, cb_span_str("a9"));
	wire_fields_number(&f, WIRE_D_STATE, 2);
	wire_fields_number(&f, WIRE_D_VERSION, 0x102);
	wire_fields_number(&f, WIRE_D_CREATED, UINT64_C(0x19300000000));
	wire_fields_number(&f, WIRE_D_TAKE_OVER, 1);
	wire_fields_bytes(&f, WIRE_D_VALUE, CB_SPAN_EMPTY);
	wire_fields_bytes(&f, WIRE_D_SERIAL, cb_span_str("0f"));
	ck_assert_int_eq(wire_fields_put(&b, &f), CB_OK);
	ck_assert(cb_span_equal(cb_buf_span(&b), cb_buf_span(&want)));
	ck_assert_int_eq(wire_fields_get(cb_buf_span(&b), &back), CB_OK);
	ck_assert_uint_eq(back.has, f.has);
	for (int i = 1; i < WIRE_D_END; i++) {
		ck_assert_uint_eq(back.number[i], f.number[i]);
		ck_assert(cb_span_equal(back.bytes[i], f.bytes[i]));
	}
	cb_buf_free(&want);
	cb_buf_free(&b);
}
END_TEST

static const struct {
	const char *hex;
	enum cb_err want;
} no_fields[] = {
	{ "01", CB_E_SHORT },
	{ "01 0010 00", CB_E_SHORT },
	{ "00 0000", CB_E_FORMAT },
	{ "1B 0000", CB_E_FORMAT },			/* no head */
	{ "1C 0000", CB_E_FORMAT },			/* no such field */
	{ "FF 0000", CB_E_FORMAT },
	{ "01 000F 000102030405060708090A0B0C0D0E", CB_E_FORMAT },
	{ "09 0001 01 09 0001 01", CB_E_FORMAT },	/* twice */
	{ "0A 0001 01 09 0001 01", CB_E_FORMAT },	/* the other way round */
	{ "09 0000", CB_E_FORMAT },
	{ "09 0002 0001", CB_E_FORMAT },
	{ "0F 0001 00", CB_E_FORMAT },			/* not there, then */
	{ "0F 0001 02", CB_E_FORMAT },
	{ "0D 0004 00000000", CB_E_FORMAT },
	{ "07 0000", CB_E_FORMAT },
	{ "07 0002 410A", CB_E_FORMAT },		/* control characters */
	{ "07 0001 7F", CB_E_FORMAT },
	{ "07 0002 C285", CB_E_FORMAT },
	{ "07 0002 C041", CB_E_FORMAT },		/* not UTF-8 */
	{ "07 0002 C1BF", CB_E_FORMAT },
	{ "07 0003 E08080", CB_E_FORMAT },
	{ "07 0003 EDA080", CB_E_FORMAT },
	{ "07 0004 F4908080", CB_E_FORMAT },
	{ "07 0004 F0808080", CB_E_FORMAT },
	{ "07 0001 80", CB_E_FORMAT },
	{ "07 0001 C3", CB_E_FORMAT },
	{ "08 0002 4130", CB_E_FORMAT },		/* not a word */
	{ "1A 0002 3047", CB_E_FORMAT },
	{ "1A 0002 3046", CB_E_FORMAT },		/* a capital */
	{ "12 0002 0000", CB_E_FORMAT },
};

START_TEST(other_fields_are_refused)
{
	struct wire_fields f = { .has = 4 };
	struct cb_buf b = hex(no_fields[_i].hex);
	uint8_t *copy = exact_copy(cb_buf_span(&b));
	ck_assert_int_eq(
	    wire_fields_get(cb_span(copy, b.n), &f), no_fields[_i].want);
	ck_assert_uint_eq(f.has, 4);
	free(copy);
	cb_buf_free(&b);
}
END_TEST

static void
not_put(enum wire_desk_field field, uint64_t number, const char *text)
{
	struct wire_fields f = { .has = 0 };
	struct cb_buf b = CB_BUF_INIT;

	if (text != NULL)
		wire_fields_bytes(&f, field, cb_span_str(text));
	else
		wire_fields_number(&f, field, number);
	ck_assert_int_eq(wire_fields_put(&b, &f), CB_E_ARG);
	ck_assert_uint_eq(b.n, 0);
	cb_buf_free(&b);
}

START_TEST(what_no_reader_takes_is_not_written)
{
	char long_name[WIRE_NAME_MAX + 2];

	memset(long_name, 'a', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	not_put(WIRE_D_NAME, 0, long_name);
	not_put(WIRE_D_NAME, 0, "");
	not_put(WIRE_D_PROFILE, 0, "Not a word");
	not_put(WIRE_D_ID, 0, "short");
	not_put(WIRE_D_STATE, 256, NULL);
	not_put(WIRE_D_VERSION, UINT64_C(1) << 32, NULL);
	not_put(WIRE_D_BLANK, 0, NULL);
}
END_TEST

START_TEST(each_field_has_its_name_but_secrets)
{
	const char *name;

	for (int i = 1; i < WIRE_D_END; i++) {
		name = wire_field_name((enum wire_desk_field)i);
		if (i == WIRE_D_PASSCODE || i == WIRE_D_SO_PASSCODE) {
			ck_assert_ptr_null(name);
			continue;
		}
		ck_assert_ptr_nonnull(name);
		for (int j = 1; j < i; j++)
			if (wire_field_name((enum wire_desk_field)j) != NULL)
				ck_assert_str_ne(name,
				    wire_field_name((enum wire_desk_field)j));
	}
}
END_TEST

/* ---- commands ------------------------------------------------------------ */

static const struct {
	const char *hex;
	struct wire_desk desk;
} commands[] = {
	{ "10 0000" ID16,
	    { .type = WIRE_DESK_CHALLENGE,
		.act = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
		    15 } } },
	{ "11 0000 00000001 61 00000000 00000002 6263",
	    { .type = WIRE_DESK_ORDER, .order = { (const uint8_t *)"a", 1 },
		.secrets = { (const uint8_t *)"bc", 2 } } },
	{ "12 0000 03 0100 00000001 64 00000002 6566",
	    { .type = WIRE_DESK_LIST, .list = WIRE_LIST_CARDS, .most = 256,
		.filter = { (const uint8_t *)"d", 1 },
		.after = { (const uint8_t *)"ef", 2 } } },
	{ "13 0000 0000000000000007 0009",
	    { .type = WIRE_DESK_BOOKS, .first = 7, .most = 9 } },
};

START_TEST(commands_are_as_described)
{
	const struct wire_desk *d = &commands[_i].desk;
	struct cb_buf want = hex(commands[_i].hex), b = CB_BUF_INIT;
	struct wire_desk back;
	uint8_t *copy;

	ck_assert_int_eq(wire_desk_put(&b, d), CB_OK);
	ck_assert(cb_span_equal(cb_buf_span(&b), cb_buf_span(&want)));
	ck_assert_int_eq(wire_desk_get(cb_buf_span(&b), &back), CB_OK);
	ck_assert_int_eq(back.type, d->type);
	ck_assert_mem_eq(back.act, d->act, WIRE_ID);
	ck_assert(cb_span_equal(back.order, d->order));
	ck_assert(cb_span_equal(back.approval, d->approval));
	ck_assert(cb_span_equal(back.secrets, d->secrets));
	ck_assert_int_eq(back.list, d->list);
	ck_assert(cb_span_equal(back.filter, d->filter));
	ck_assert(cb_span_equal(back.after, d->after));
	ck_assert_uint_eq(back.first, d->first);
	ck_assert_uint_eq(back.most, d->most);
	for (size_t n = 0; n < b.n; n++) {
		copy = exact_copy(cb_span(b.p, n));
		ck_assert_int_ne(wire_desk_get(cb_span(copy, n), &back), CB_OK);
		free(copy);
	}
	ck_assert_int_eq(cb_put_u8(&b, 0), CB_OK);
	ck_assert_int_eq(wire_desk_get(cb_buf_span(&b), &back), CB_E_FORMAT);
	cb_buf_free(&want);
	cb_buf_free(&b);
}
END_TEST

static const char *const no_commands[] = {
	"0F 0000",
	"14 0000",
	("10 0001" ID16),
	"12 0000 00 0001 00000000 00000000",	/* no such list */
	"12 0000 0A 0001 00000000 00000000",
	"12 0000 01 0000 00000000 00000000",	/* none of it */
	"13 0000 0000000000000001 0000",
};

START_TEST(other_commands_are_refused)
{
	struct cb_buf b = hex(no_commands[_i]);
	struct wire_desk d;

	ck_assert_int_eq(wire_desk_get(cb_buf_span(&b), &d), CB_E_FORMAT);
	cb_buf_free(&b);
}
END_TEST

/* ---- TOLD ---------------------------------------------------------------- */

START_TEST(what_is_told_is_counted)
{
	struct cb_buf want = hex("04 0000000000000005 01 0002"
	    "00000004 09000101" "00000000");
	struct cb_buf items = CB_BUF_INIT, b = CB_BUF_INIT;
	struct wire_told_items told = { .number = 5, .more = true,
		.count = 2 }, back;
	struct wire_fields f = { .has = 0 };
	uint8_t *copy;

	wire_fields_number(&f, WIRE_D_STATE, 1);
	ck_assert_int_eq(wire_item_put(&items, &f), CB_OK);
	f.has = 0;
	ck_assert_int_eq(wire_item_put(&items, &f), CB_OK);
	told.items = cb_buf_span(&items);
	ck_assert_int_eq(wire_told_items_put(&b, &told), CB_OK);
	ck_assert(cb_span_equal(cb_buf_span(&b), cb_buf_span(&want)));
	ck_assert_int_eq(wire_told_items_get(cb_buf_span(&b), &back), CB_OK);
	ck_assert_uint_eq(back.number, 5);
	ck_assert(back.more);
	ck_assert_uint_eq(back.count, 2);
	ck_assert_int_eq(wire_item_get(&back.items, &f), CB_OK);
	ck_assert_uint_eq(f.number[WIRE_D_STATE], 1);
	ck_assert_int_eq(wire_item_get(&back.items, &f), CB_OK);
	ck_assert_uint_eq(f.has, 0);
	ck_assert_uint_eq(back.items.n, 0);
	for (size_t n = 0; n < b.n; n++) {
		copy = exact_copy(cb_span(b.p, n));
		ck_assert_int_ne(
		    wire_told_items_get(cb_span(copy, n), &back), CB_OK);
		free(copy);
	}
	ck_assert_int_eq(cb_put_u8(&b, 0), CB_OK);
	ck_assert_int_eq(
	    wire_told_items_get(cb_buf_span(&b), &back), CB_E_FORMAT);
	ck_assert_int_eq(
	    wire_told_items_get(cb_buf_span(&want), &back), CB_OK);
	want.p[9] = 2;
	ck_assert_int_eq(
	    wire_told_items_get(cb_buf_span(&want), &back), CB_E_FORMAT);
	cb_buf_free(&want);
	cb_buf_free(&items);
	cb_buf_free(&b);
}
END_TEST

#define N(a) ((int)(sizeof(a) / sizeof((a)[0])))

Suite *
desk_suite(void)
{
	Suite *s = suite_create("desk");
	TCase *tc = tcase_create("desk");

	tcase_add_test(tc, fields_are_as_described);
	tcase_add_loop_test(tc, other_fields_are_refused, 0, N(no_fields));
	tcase_add_test(tc, what_no_reader_takes_is_not_written);
	tcase_add_test(tc, each_field_has_its_name_but_secrets);
	tcase_add_loop_test(tc, commands_are_as_described, 0, N(commands));
	tcase_add_loop_test(tc, other_commands_are_refused, 0, N(no_commands));
	tcase_add_test(tc, what_is_told_is_counted);
	suite_add_tcase(s, tc);
	return s;
}
