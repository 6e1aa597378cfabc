/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Commands and answers: their bytes as PROTOCOL.md has them, and what is
 * neither.
 */
#include <stdlib.h>
#include <string.h>

#include "common/apdu.h"
#include "common/hex.h"
#include "tests/wire/suites.h"
#include "wire/message.h"

static struct cb_buf
hex(const char *text)
{
	struct cb_buf b = CB_BUF_INIT;

	ck_assert_int_eq(cb_hex_decode(&b, text, strlen(text)), CB_OK);
	return b;
}

static const uint8_t select_mf[] = { 0x00, 0xA4, 0x00, 0x00 };

static const struct {
	const char *hex;
	struct wire_command command;
} commands[] = {
	{ "01 0000 00", { WIRE_POWER, 0, 0, { NULL, 0 } } },
	{ "01 0003 02", { WIRE_POWER, 3, 2, { NULL, 0 } } },
	{ "02 0000 01", { WIRE_PROTOCOL, 0, 1, { NULL, 0 } } },
	{ "03 0102 00A40000",
	    { WIRE_TRANSMIT, 0x102, 0, { select_mf, sizeof(select_mf) } } },
	{ "03 0000", { WIRE_TRANSMIT, 0, 0, { NULL, 0 } } },
	{ "04 0000", { WIRE_CLOSE, 0, 0, { NULL, 0 } } },
};

START_TEST(commands_are_as_described)
{
	const struct wire_command *want = &commands[_i].command;
	struct cb_buf bytes = hex(commands[_i].hex), b = CB_BUF_INIT;
	struct wire_command c;

	ck_assert_int_eq(wire_command_put(&b, want), CB_OK);
	ck_assert(cb_span_equal(cb_buf_span(&b), cb_buf_span(&bytes)));
	ck_assert_int_eq(wire_command_get(cb_buf_span(&bytes), &c), CB_OK);
	ck_assert_int_eq(c.type, want->type);
	ck_assert_uint_eq(c.consumed, want->consumed);
	ck_assert_uint_eq(c.argument, want->argument);
	ck_assert(cb_span_equal(c.apdu, want->apdu));
	cb_buf_free(&bytes);
	cb_buf_free(&b);
}
END_TEST

static const struct {
	const char *hex;
	enum cb_err want;
} no_commands[] = {
	{ "", CB_E_SHORT },
	{ "01", CB_E_SHORT },
	{ "01 00", CB_E_SHORT },
	{ "01 0000", CB_E_SHORT },
	{ "01 0000 03", CB_E_FORMAT },
	{ "01 0000 00 00", CB_E_FORMAT },
	{ "02 0000 02", CB_E_FORMAT },
	{ "04 0000 00", CB_E_FORMAT },
	{ "00 0000", CB_E_FORMAT },
	{ "05 0000", CB_E_FORMAT },
};

START_TEST(other_commands_are_refused)
{
	struct cb_buf bytes = hex(no_commands[_i].hex);
	uint8_t *copy = exact_copy(cb_buf_span(&bytes));
	struct wire_command c = { WIRE_CLOSE, 7, 7, { NULL, 0 } };

	ck_assert_int_eq(wire_command_get(cb_span(copy, bytes.n), &c),
	    no_commands[_i].want);
	ck_assert_uint_eq(c.consumed, 7);
	free(copy);
	cb_buf_free(&bytes);
}
END_TEST

START_TEST(an_apdu_has_an_end)
{
	struct cb_buf b = bytes_of(3, 3 + CB_APDU_MAX + 1);
	struct wire_command c;

	ck_assert_int_eq(wire_command_get(cb_buf_span(&b), &c), CB_E_LIMIT);
	ck_assert_int_eq(
	    wire_command_get(cb_span(b.p, b.n - 1), &c), CB_OK);
	ck_assert_uint_eq(c.apdu.n, CB_APDU_MAX);
	cb_buf_free(&b);
}
END_TEST

START_TEST(opened_is_as_described)
{
	static const struct wire_answer opened = {
		.type = WIRE_OPENED,
		.number = 0,
		.protocols = 3,
		.data_max = 65535,
		.kept_s = 90,
	};
	struct cb_buf bytes = hex("01 0000000000000000 03 0000FFFF 0000005A"),
		      b = CB_BUF_INIT;
	struct wire_answer a;

	ck_assert_int_eq(wire_answer_put(&b, &opened), CB_OK);
	ck_assert(cb_span_equal(cb_buf_span(&b), cb_buf_span(&bytes)));
	ck_assert_int_eq(wire_answer_get(cb_buf_span(&bytes), &a), CB_OK);
	ck_assert_int_eq(a.type, WIRE_OPENED);
	ck_assert_uint_eq(a.protocols, 3);
	ck_assert_uint_eq(a.data_max, 65535);
	ck_assert_uint_eq(a.kept_s, 90);
	cb_buf_free(&bytes);
	cb_buf_free(&b);
}
END_TEST

START_TEST(done_has_exchanges)
{
	static const uint8_t more[] = { 0x61, 0x02 },
			     get[] = { 0x00, 0xC0, 0x00, 0x00, 0x02 },
			     data[] = { 0xAA, 0xBB, 0x90, 0x00 };
	const struct wire_exchange asked = { CB_SPAN_EMPTY,
		CB_SPAN_OF(more) },
	    foreseen = { CB_SPAN_OF(get), CB_SPAN_OF(data) };
	struct cb_buf bytes = hex("02 0000000000000005 0002"
				  "00000000 00000002 6102"
				  "00000005 00C0000002 00000004 AABB9000"),
		      exchanges = CB_BUF_INIT, b = CB_BUF_INIT;
	struct wire_answer a = { .type = WIRE_DONE, .number = 5, .count = 2 };
	struct wire_exchange e;

	ck_assert_int_eq(wire_exchange_put(&exchanges, &asked), CB_OK);
	ck_assert_int_eq(wire_exchange_put(&exchanges, &foreseen), CB_OK);
	a.exchanges = cb_buf_span(&exchanges);
	ck_assert_int_eq(wire_answer_put(&b, &a), CB_OK);
	ck_assert(cb_span_equal(cb_buf_span(&b), cb_buf_span(&bytes)));
	ck_assert_int_eq(wire_answer_get(cb_buf_span(&bytes), &a), CB_OK);
	ck_assert_uint_eq(a.count, 2);
	ck_assert_int_eq(wire_exchange_get(&a.exchanges, &e), CB_OK);
	ck_assert_uint_eq(e.command.n, 0);
	ck_assert(cb_span_equal(e.answer, CB_SPAN_OF(more)));
	ck_assert_int_eq(wire_exchange_get(&a.exchanges, &e), CB_OK);
	ck_assert(cb_span_equal(e.command, CB_SPAN_OF(get)));
	ck_assert(cb_span_equal(e.answer, CB_SPAN_OF(data)));
	ck_assert_int_eq(wire_exchange_get(&a.exchanges, &e), CB_E_SHORT);
	cb_buf_free(&bytes);
	cb_buf_free(&exchanges);
	cb_buf_free(&b);
}
END_TEST

START_TEST(refused_has_words)
{
	struct wire_answer a = { .type = WIRE_REFUSED,
		.number = 1,
		.code = 8,
		.text = "in use" };
	struct cb_buf bytes = hex("03 0000000000000001 0008 0006 696E20757365"),
		      b = CB_BUF_INIT;

	ck_assert_int_eq(wire_answer_put(&b, &a), CB_OK);
	ck_assert(cb_span_equal(cb_buf_span(&b), cb_buf_span(&bytes)));
	memset(&a, 0, sizeof(a));
	ck_assert_int_eq(wire_answer_get(cb_buf_span(&bytes), &a), CB_OK);
	ck_assert_uint_eq(a.code, 8);
	ck_assert_str_eq(a.text, "in use");
	cb_buf_free(&bytes);
	cb_buf_free(&b);
}
END_TEST

static const struct {
	const char *hex;
	enum cb_err want;
} no_answers[] = {
	{ "", CB_E_SHORT },
	{ "02", CB_E_SHORT },
	{ "00 0000000000000001", CB_E_FORMAT },
	{ "04 0000000000000001", CB_E_FORMAT },
	{ "01 0000000000000000 03 0000FFFF", CB_E_SHORT },
	{ "01 0000000000000000 03 0000FFFF 0000005A 00", CB_E_FORMAT },
	/* no protocol, an unknown one */
	{ "01 0000000000000000 00 0000FFFF 0000005A", CB_E_FORMAT },
	{ "01 0000000000000000 04 0000FFFF 0000005A", CB_E_FORMAT },
	/* none, fewer, more exchanges than counted */
	{ "02 0000000000000005 0000", CB_E_FORMAT },
	{ "02 0000000000000005 0002 00000000 00000002 9000", CB_E_SHORT },
	{ "02 0000000000000005 0001 00000000 00000002 9000 00000001",
	    CB_E_FORMAT },
	{ "02 0000000000000005 0001 00000000 FFFFFFFF 9000", CB_E_SHORT },
	/* the first with a command, a further one without */
	{ "02 0000000000000005 0001 00000001 AA 00000002 9000", CB_E_FORMAT },
	{ "02 0000000000000005 0002 00000000 00000002 9000"
	  "00000000 00000002 9000",
	    CB_E_FORMAT },
	{ "03 0000000000000001 0008 0001 0A", CB_E_FORMAT },
	{ "03 0000000000000001 0008 0002 41", CB_E_SHORT },
	{ "03 0000000000000001 0008 0001 41 00", CB_E_FORMAT },
};

START_TEST(other_answers_are_refused)
{
	struct cb_buf bytes = hex(no_answers[_i].hex);
	uint8_t *copy = exact_copy(cb_buf_span(&bytes));
	struct wire_answer a = { .number = 7 };

	ck_assert_int_eq(wire_answer_get(cb_span(copy, bytes.n), &a),
	    no_answers[_i].want);
	ck_assert_uint_eq(a.number, 7);
	free(copy);
	cb_buf_free(&bytes);
}
END_TEST

Suite *
message_suite(void)
{
	Suite *s = suite_create("message");
	TCase *tc = tcase_create("message");

	tcase_add_loop_test(
	    tc, commands_are_as_described, 0, COUNT(commands));
	tcase_add_loop_test(
	    tc, other_commands_are_refused, 0, COUNT(no_commands));
	tcase_add_test(tc, an_apdu_has_an_end);
	tcase_add_test(tc, opened_is_as_described);
	tcase_add_test(tc, done_has_exchanges);
	tcase_add_test(tc, refused_has_words);
	tcase_add_loop_test(
	    tc, other_answers_are_refused, 0, COUNT(no_answers));
	suite_add_tcase(s, tc);
	return s;
}
