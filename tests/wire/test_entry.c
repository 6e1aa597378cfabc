/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Entries: one way to write each, and words that say the same.
 */
#include <stdlib.h>
#include <string.h>

#include "common/hex.h"
#include "tests/wire/books.h"
#include "tests/wire/suites.h"
#include "wire/entry_types.h"

#define ID(digit) \
	digit digit digit digit digit digit digit digit digit digit digit \
	    digit digit digit digit digit digit digit digit digit digit \
	    digit digit digit digit digit digit digit digit digit digit digit

/* Written by hand, from PROTOCOL.md. */
/* clang-format off */
static const struct {
	const char *hex, *text;
	enum cb_err result;
} cases[] = {
	{ "01" "0017" "000001a3185c5000" "0e0008" "0000000000000001"
	  "0f0008" "00000000000000ff",
	  "2027-01-15T08:00:00.000Z clock-step from=1970-01-01T00:00:00.001Z "
	  "to=1970-01-01T00:00:00.255Z", CB_OK },
	{ "01" "0003" "000000000000007b" "010010" ID("1") "020010" ID("2")
	  "030010" ID("3") "130009" "69646c652d74696d65",
	  "1970-01-01T00:00:00.123Z session-end card=" ID("1") " device="
	  ID("2") " session=" ID("3") " what=idle-time", CB_OK },
	{ "01" "0003" "000000000000007b" "010010" ID("1") "020010" ID("2")
	  "030010" ID("3") "13000a" "69646c652f74696d652e",
	  "1970-01-01T00:00:00.123Z session-end card=" ID("1") " device="
	  ID("2") " session=" ID("3") " what=idle/time.", CB_OK },
	/* a field that is missing, one that the type has not, an order */
	{ "01" "0017" "000001a3185c5000" "0e0008" "0000000000000001",
	  NULL, CB_E_FORMAT },
	{ "01" "0017" "000001a3185c5000" "0b0001" "01" "0e0008"
	  "0000000000000001" "0f0008" "00000000000000ff", NULL, CB_E_FORMAT },
	{ "01" "0017" "000001a3185c5000" "0f0008" "0000000000000001"
	  "0e0008" "00000000000000ff", NULL, CB_E_FORMAT },
	{ "01" "0017" "000001a3185c5000" "0e0008" "0000000000000001"
	  "0e0008" "0000000000000001" "0f0008" "00000000000000ff",
	  NULL, CB_E_FORMAT },
	/* a length, a number of no field, one too far */
	{ "01" "0017" "000001a3185c5000" "0e0007" "00000000000001"
	  "0f0008" "00000000000000ff", NULL, CB_E_FORMAT },
	{ "01" "0017" "000001a3185c5000" "000000" "0e0008"
	  "0000000000000001" "0f0008" "00000000000000ff", NULL, CB_E_FORMAT },
	{ "01" "0017" "000001a3185c5000" "0e0008" "0000000000000001"
	  "0f0008" "00000000000000ff" "170000", NULL, CB_E_FORMAT },
	/* words, outcomes */
	{ "01" "0014" "000001a3185c5000" "110004" "00000001" "130003"
	  "61622d", NULL, CB_OK },
	{ "01" "0014" "000001a3185c5000" "110004" "00000001" "130003"
	  "612062", NULL, CB_E_FORMAT },
	{ "01" "0014" "000001a3185c5000" "110004" "00000001" "130000", NULL,
	  CB_E_FORMAT },
	{ "01" "0011" "000001a3185c5000" "010010" ID("1") "0a0001" "04",
	  NULL, CB_OK },
	{ "01" "0011" "000001a3185c5000" "010010" ID("1") "0a0001" "05",
	  NULL, CB_E_FORMAT },
	{ "01" "0011" "000001a3185c5000" "010010" ID("1") "0a0001" "00",
	  NULL, CB_E_FORMAT },
	/* formats, types, times */
	{ "02" "0017" "000001a3185c5000" "0e0008" "0000000000000001"
	  "0f0008" "00000000000000ff", NULL, CB_E_FORMAT },
	{ "01" "0000" "000001a3185c5000", NULL, CB_E_FORMAT },
	{ "01" "0017" "0000e677d21fdc00" "0e0008" "0000000000000001"
	  "0f0008" "00000000000000ff", NULL, CB_E_FORMAT },
	{ "01" "0017" "0000e677d21fdbff" "0e0008" "0000000000000001"
	  "0f0008" "00000000000000ff",
	  "9999-12-31T23:59:59.999Z clock-step from=1970-01-01T00:00:00.001Z "
	  "to=1970-01-01T00:00:00.255Z", CB_OK },
	/* times that are fields, the last one and one too late; why */
	{ "01" "0017" "000001a3185c5000" "0e0008" "0000e677d21fdbff"
	  "0f0008" "000001a3185c5000" "130007" "74696d65732d33",
	  "2027-01-15T08:00:00.000Z clock-step from=9999-12-31T23:59:59.999Z "
	  "to=2027-01-15T08:00:00.000Z what=times-3", CB_OK },
	{ "01" "0017" "000001a3185c5000" "0e0008" "0000e677d21fdc00"
	  "0f0008" "000001a3185c5000", NULL, CB_E_FORMAT },
	{ "01" "0017" "000001a3185c5000" "0e0008" "000001a3185c5000"
	  "0f0008" "0000e677d21fdc00", NULL, CB_E_FORMAT },
	/* elsewhere they are numbers of entries */
	{ "01" "0016" "000001a3185c5000" "0e0008" "0000e677d21fdc00"
	  "0f0008" "0000e677d21fdc01",
	  "2027-01-15T08:00:00.000Z audit-read from=253402300800000 "
	  "to=253402300800001", CB_OK },
	/* of a newer release */
	{ "01" "7777" "000001a3185c5000" "ffffff",
	  "2027-01-15T08:00:00.000Z type-30583", CB_E_LIMIT },
	{ "", NULL, CB_E_SHORT },
};
/* clang-format on */

START_TEST(entries_are_read_as_written)
{
	struct cb_buf bytes = CB_BUF_INIT, again = CB_BUF_INIT,
		      text = CB_BUF_INIT;
	struct wire_entry e;

	ck_assert_int_eq(cb_hex_decode(&bytes, cases[_i].hex,
			     strlen(cases[_i].hex)),
	    CB_OK);
	ck_assert_int_eq(
	    wire_entry_get(cb_buf_span(&bytes), &e), cases[_i].result);
	if (cases[_i].result == CB_OK) {
		ck_assert_int_eq(wire_entry_put(&again, &e), CB_OK);
		ck_assert(cb_span_equal(
		    cb_buf_span(&again), cb_buf_span(&bytes)));
	}
	if (cases[_i].text != NULL) {
		ck_assert_int_eq(wire_entry_text(&text, &e), CB_OK);
		ck_assert_msg(cb_span_equal(cb_buf_span(&text),
				  cb_span_str(cases[_i].text)),
		    "%.*s", (int)text.n, (const char *)text.p);
	}
	cb_buf_free(&bytes);
	cb_buf_free(&again);
	cb_buf_free(&text);
}
END_TEST

static void
fill(struct wire_entry *e, uint32_t has)
{
	static const uint8_t bytes[WIRE_DIGEST_MAX] = { 7 };

	for (unsigned f = 1; f < WIRE_F_END; f++) {
		const struct wire_field_type *t = wire_field_type(f);

		ck_assert_ptr_nonnull(t);
		if ((has & UINT32_C(1) << f) == 0)
			continue;
		wire_entry_set_number(e, (enum wire_field)f, 1);
		wire_entry_set(e, (enum wire_field)f,
		    t->value == WIRE_V_ID ? cb_span(bytes, WIRE_ID)
			: t->value == WIRE_V_WORD
			? cb_span_str("a-word/1.0")
			: cb_span(bytes, CR_HASH));
	}
}

/* Each type: with what it must have, with all it may have, and nothing less
 * or more. */
START_TEST(types_have_their_fields)
{
	const struct wire_entry_kind *k;
	unsigned type = 1;

	for (; (k = wire_entry_kind(type)) != NULL; type++) {
		for (unsigned f = 0; f < WIRE_F_END; f++) {
			const uint32_t bit = f == 0 ? 0 : UINT32_C(1) << f;
			const bool good =
			    (k->must & bit) == 0 && (~k->may & bit) == 0;
			struct cb_buf b = CB_BUF_INIT;
			struct wire_entry e, back;

			wire_entry_init(&e, (enum wire_entry_type)type, 1);
			fill(&e, k->must ^ bit);
			ck_assert_int_eq(wire_entry_put(&b, &e),
			    good ? CB_OK : CB_E_ARG);
			ck_assert_uint_eq(b.n > 0, good);
			if (good)
				ck_assert_int_eq(
				    wire_entry_get(cb_buf_span(&b), &back),
				    CB_OK);
			cb_buf_free(&b);
		}
		ck_assert_uint_eq(k->must & k->may, 0);
	}
	ck_assert_uint_eq(type, WIRE_CHECKPOINT + 1);
}
END_TEST

START_TEST(values_too_large_are_not_written)
{
	static const uint8_t card[WIRE_ID] = { 1 };
	struct cb_buf b = CB_BUF_INIT;
	struct wire_entry e;

	wire_entry_init(&e, WIRE_PASSCODE_CREATED, 1);
	wire_entry_set(&e, WIRE_F_CARD, CB_SPAN_OF(card));
	wire_entry_set_number(&e, WIRE_F_REFERENCE, UINT64_C(1) << 32);
	ck_assert_int_eq(wire_entry_put(&b, &e), CB_E_ARG);
	wire_entry_set_number(&e, WIRE_F_REFERENCE, UINT32_MAX);
	ck_assert_int_eq(wire_entry_put(&b, &e), CB_OK);
	wire_entry_set(&e, WIRE_F_CARD, cb_span(card, WIRE_ID - 1));
	ck_assert_int_eq(wire_entry_put(&b, &e), CB_E_ARG);
	cb_buf_free(&b);
}
END_TEST

/* Cut anywhere, or with one bit changed: refused, or another entry that is
 * written the same. */
START_TEST(nothing_is_read_that_would_not_be_written)
{
	struct books k;
	struct cb_buf *b;

	books_init(&k, 1, 1);
	b = &k.entry[0].bytes;
	for (size_t bit = 0; bit < 8 * b->n; bit++) {
		struct cb_buf again = CB_BUF_INIT;
		struct wire_entry e;
		uint8_t *copy = exact_copy(cb_span(b->p, bit / 8));

		ck_assert_int_ne(
		    wire_entry_get(cb_span(copy, bit / 8), &e), CB_OK);
		free(copy);
		b->p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (wire_entry_get(cb_buf_span(b), &e) == CB_OK) {
			ck_assert_int_eq(wire_entry_put(&again, &e), CB_OK);
			ck_assert(cb_span_equal(
			    cb_buf_span(b), cb_buf_span(&again)));
		}
		b->p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		cb_buf_free(&again);
	}
	books_clear(&k);
}
END_TEST

Suite *
entry_suite(void)
{
	Suite *s = suite_create("entry");
	TCase *tc = tcase_create("entry");

	tcase_add_loop_test(
	    tc, entries_are_read_as_written, 0, COUNT(cases));
	tcase_add_test(tc, types_have_their_fields);
	tcase_add_test(tc, values_too_large_are_not_written);
	tcase_add_test(tc, nothing_is_read_that_would_not_be_written);
	suite_add_tcase(s, tc);
	return s;
}
