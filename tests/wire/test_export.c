/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Exports: verified with the public key alone; whatever is done to the text
 * is noticed.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/wire/books.h"
#include "tests/wire/suites.h"
#include "wire/export.h"

enum { N = 8 };

static void
add_head(struct cb_buf *b, size_t n)
{
	struct cb_buf head = books_signed(1, n);

	ck_assert_int_eq(wire_export_head(b, cb_buf_span(&head)), CB_OK);
	cb_buf_free(&head);
}

/* Entries from `start` on, with heads behind the fifth and the last. */
static struct cb_buf
text_of(const struct books *k, uint64_t start)
{
	const struct wire_owner owner = books_owner(1);
	struct cb_buf b = CB_BUF_INIT, before = CB_BUF_INIT;

	if (start > 1)
		before = books_signed(1, (size_t)start - 1);
	ck_assert_int_eq(wire_export_begin(
			     &b, &owner, start, cb_buf_span(&before)),
	    CB_OK);
	for (size_t i = (size_t)start - 1; i < k->n; i++) {
		ck_assert_int_eq(
		    wire_export_entry(&b, k->entry[i].number,
			cb_buf_span(&k->entry[i].bytes),
			CB_SPAN_OF(k->entry[i].hash)),
		    CB_OK);
		if (i + 1 == 5 || i + 1 == k->n)
			add_head(&b, i + 1);
	}
	cb_buf_free(&before);
	return b;
}

static struct cb_buf
export_of(uint64_t start)
{
	struct cb_buf b;
	struct books k;

	books_init(&k, 1, N);
	b = text_of(&k, start);
	books_clear(&k);
	return b;
}

static enum cb_err
check(const struct cb_buf *text, struct wire_export_found *found,
    struct cb_why *why)
{
	return wire_export_check(
	    cb_buf_span(text), books_public(), NULL, 0, found, why);
}

START_TEST(a_whole_export_is_whole)
{
	static const uint64_t starts[] = { 1, 3, 8, 9 };
	const struct wire_owner owner = books_owner(1);
	struct wire_export_found found;
	struct cb_why why = { "" };

	for (size_t i = 0; i < 4; i++) {
		struct cb_buf b = export_of(starts[i]);

		ck_assert_msg(check(&b, &found, &why) == CB_OK, "%s",
		    why.text);
		ck_assert(wire_owner_equal(&found.owner, &owner));
		ck_assert_uint_eq(found.first, starts[i]);
		ck_assert_uint_eq(found.last, N);
		ck_assert_uint_eq(found.bad, 0);
		ck_assert_uint_eq(found.unknown, 0);
		cb_buf_free(&b);
	}
}
END_TEST

/* The text of a whole export as PROTOCOL.md has it. */
START_TEST(an_export_can_be_read)
{
	static const char words[] =
	    "  2027-01-15T08:00:00.000Z verify "
	    "card=01000000000000000000000000000000 "
	    "device=02000000000000000000000000000000 "
	    "session=03000000000000000000000000000000 "
	    "outcome=failed reference=0\n";
	struct cb_buf b = export_of(1);
	char *text = calloc(1, b.n + 1), *line;

	ck_assert_ptr_nonnull(text);
	memcpy(text, b.p, b.n);
	ck_assert_ptr_nonnull(strstr(text,
	    "cardbridge export 1\nkind test\n"
	    "backend bebebebebebebebebebebebebebebebe\n"
	    "organisation 01010101010101010101010101010101\n"
	    "start 1\nentry 1 "));
	ck_assert_ptr_nonnull(line = strstr(text, "\n  2027-"));
	ck_assert_int_eq(strncmp(line + 1, words, sizeof(words) - 1), 0);
	free(text);
	cb_buf_free(&b);
}
END_TEST

/* One bit of the text changed: never whole. */
START_TEST(one_changed_bit_is_noticed)
{
	struct cb_buf b = export_of(N);
	struct wire_export_found found;

	for (size_t bit = 0; bit < 8 * b.n; bit++) {
		b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_msg(check(&b, &found, NULL) != CB_OK, "byte %zu %c",
		    bit / 8, b.p[bit / 8]);
		b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	cb_buf_free(&b);
}
END_TEST

/* Cut behind a head it is an export of fewer entries; anywhere else none. */
START_TEST(cut_anywhere_but_behind_a_head)
{
	struct cb_buf b = export_of(1);
	struct wire_export_found found;
	struct wire_head known = books_head(1, N);
	unsigned whole = 0;

	for (size_t n = 0; n < b.n; n++) {
		uint8_t *copy = exact_copy(cb_span(b.p, n));
		struct cb_span cut = cb_span(copy, n);

		if (wire_export_check(
			cut, books_public(), NULL, 0, &found, NULL) == CB_OK) {
			whole++;
			ck_assert_uint_eq(found.last, 5);
		}
		/* who knows a later head is not taken in */
		ck_assert_int_ne(wire_export_check(cut, books_public(),
				     &known, 1, &found, NULL),
		    CB_OK);
		free(copy);
	}
	ck_assert_uint_eq(whole, 1);
	ck_assert_int_eq(wire_export_check(cb_buf_span(&b), books_public(),
			     &known, 1, &found, NULL),
	    CB_OK);
	cb_buf_free(&b);
}
END_TEST

/* ---- lines --------------------------------------------------------------- */

/* Lines 1-5 begin; 6 and 7 are entry 1; 16 is the head of entry 5. */
enum { MOVE, DROP, TWICE };
static const struct {
	int what;
	unsigned line, count, to;
	uint64_t bad;
	const char *words;
} edits[] = {
	{ DROP, 6, 2, 0, 1, "line 6: entry 1 is missing: entry 2 stands" },
	{ DROP, 10, 2, 0, 3, "line 10: entry 3 is missing: entry 4 stands" },
	{ DROP, 7, 1, 0, 1, "line 7: entry 1 does not say what the words" },
	{ DROP, 16, 1, 0, 0, "" }, /* a head between is not needed */
	{ DROP, 23, 1, 0, 6, "no signed head vouches for entry 6" },
	{ DROP, 21, 2, 0, 7, "line 21: the head of entry 8 stands behind" },
	{ DROP, 5, 1, 0, 0, "line 5: this should be: start NUMBER" },
	{ DROP, 1, 1, 0, 0, "line 1: this should be: cardbridge export 1" },
	{ MOVE, 8, 2, 6, 1, "line 6: entry 1 is missing: entry 2 stands" },
	{ MOVE, 16, 1, 8, 1, "line 8: the head of entry 5 stands behind" },
	{ MOVE, 9, 1, 7, 1, "line 7: entry 1 does not say what the words" },
	{ TWICE, 8, 2, 0, 3, "line 10: entry 3 is missing: entry 2 stands" },
	{ TWICE, 16, 1, 0, 0, "" },
	{ TWICE, 7, 1, 0, 0, "line 8: this should be: entry or head" },
};

static struct cb_span
lines_at(const struct cb_buf *b, unsigned line, unsigned count)
{
	const uint8_t *p = b->p, *end = b->p + b->n, *from;

	for (; line > 1; line--)
		p = (const uint8_t *)memchr(p, '\n', (size_t)(end - p)) + 1;
	for (from = p; count > 0; count--)
		p = (const uint8_t *)memchr(p, '\n', (size_t)(end - p)) + 1;
	return cb_span(from, (size_t)(p - from));
}

static struct cb_buf
edited(const struct cb_buf *b, int i)
{
	const struct cb_span s =
	    lines_at(b, edits[i].line, edits[i].count);
	const size_t at = (size_t)(s.p - b->p);
	struct cb_buf out = CB_BUF_INIT;
	size_t to;

	if (edits[i].what == MOVE) {
		to = (size_t)(lines_at(b, edits[i].to, 0).p - b->p);
		ck_assert_int_eq(cb_buf_add(&out, cb_span(b->p, to)), CB_OK);
		ck_assert_int_eq(cb_buf_add(&out, s), CB_OK);
		ck_assert_int_eq(
		    cb_buf_add(&out, cb_span(b->p + to, at - to)), CB_OK);
	} else {
		ck_assert_int_eq(cb_buf_add(&out, cb_span(b->p, at)), CB_OK);
		for (int n = edits[i].what == TWICE ? 2 : 0; n > 0; n--)
			ck_assert_int_eq(cb_buf_add(&out, s), CB_OK);
	}
	ck_assert_int_eq(
	    cb_buf_add(&out, cb_span(s.p + s.n, b->n - at - s.n)), CB_OK);
	return out;
}

START_TEST(edits_are_named)
{
	struct cb_buf whole = export_of(1), b = edited(&whole, _i);
	struct wire_export_found found;
	struct cb_why why = { "" };
	enum cb_err r = check(&b, &found, &why);

	ck_assert_msg(r == (edits[_i].words[0] == 0 ? CB_OK : CB_E_FORMAT),
	    "%s", why.text);
	ck_assert_msg(
	    strncmp(why.text, edits[_i].words, strlen(edits[_i].words)) == 0,
	    "%s", why.text);
	ck_assert_uint_eq(found.bad, edits[_i].bad);
	cb_buf_free(&whole);
	cb_buf_free(&b);
}
END_TEST

/* Two chains, each right: entries 5 to 8 of one behind 1 to 4 of another. */
START_TEST(splices_are_named)
{
	struct wire_export_found found;
	struct cb_why why;
	struct cb_buf b;
	struct books k, other;

	books_init(&k, 1, N);
	books_init(&other, 2, N);
	for (size_t i = 4; i < N; i++)
		memcpy(k.entry[i].hash, other.entry[i].hash, CR_HASH);
	b = text_of(&k, 1);
	ck_assert_int_eq(check(&b, &found, &why), CB_E_FORMAT);
	ck_assert_uint_eq(found.bad, 5);
	cb_buf_free(&b);
	books_clear(&k);
	books_clear(&other);
}
END_TEST

START_TEST(newer_things_are_told)
{
	const struct wire_owner owner = books_owner(1);
	struct wire_chain c;
	struct wire_head h = { .time = 5 };
	struct cb_buf b = CB_BUF_INIT, head = CB_BUF_INIT;
	struct wire_export_found found;
	struct cb_why why;
	/* type 0x7777, at 0 */
	struct cb_span bytes =
	    cb_span("\1\x77\x77\0\0\0\0\0\0\0\0????", 15);

	ck_assert_int_eq(wire_chain_init(&c, &owner), CB_OK);
	ck_assert_int_eq(
	    wire_export_begin(&b, &owner, 1, CB_SPAN_EMPTY), CB_OK);
	ck_assert_int_eq(wire_chain_add(&c, bytes), CB_OK);
	ck_assert_int_eq(
	    wire_export_entry(&b, 1, bytes, CB_SPAN_OF(c.hash)), CB_OK);
	h.at = c;
	ck_assert_int_eq(wire_head_sign(&head, &h, books_secret), CB_OK);
	ck_assert_int_eq(wire_export_head(&b, cb_buf_span(&head)), CB_OK);
	ck_assert_int_eq(check(&b, &found, &why), CB_OK);
	ck_assert_uint_eq(found.unknown, 1);

	b.p[18] = '2';
	ck_assert_int_eq(check(&b, &found, &why), CB_E_LIMIT);
	ck_assert_str_eq(why.text,
	    "line 1: this export is of a newer version than 1");
	cb_buf_free(&b);
	cb_buf_free(&head);
}
END_TEST

Suite *
export_suite(void)
{
	Suite *s = suite_create("export");
	TCase *tc = tcase_create("export");
	TCase *slow = tcase_create("slow");

	tcase_add_test(tc, a_whole_export_is_whole);
	tcase_add_test(tc, an_export_can_be_read);
	tcase_add_loop_test(tc, edits_are_named, 0, COUNT(edits));
	tcase_add_test(tc, splices_are_named);
	tcase_add_test(tc, newer_things_are_told);
	suite_add_tcase(s, tc);
	tcase_set_tags(slow, "slow");
	tcase_set_timeout(slow, 60);
	tcase_add_test(slow, one_changed_bit_is_noticed);
	tcase_add_test(slow, cut_anywhere_but_behind_a_head);
	suite_add_tcase(s, slow);
	return s;
}
