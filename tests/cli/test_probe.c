/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Probes of recorded cards, of cards that are none of these, and of cards
 * that mean harm.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/probe/probe.h"
#include "common/apdu.h"
#include "common/hex.h"
#include "tests/cli/fake_card.h"
#include "tests/cli/suites.h"

#define N(table) ((int)(sizeof(table) / sizeof((table)[0])))
#define TEXT_MAX (8 << 20)

static const char *
source(const char *file)
{
	static char path[4096];
	const char *top = getenv("CB_SRC");

	(void)snprintf(path, sizeof(path), "%s/tests/vectors/%s",
	    top != NULL ? top : ".", file);
	return path;
}

/* ---- recorded cards ------------------------------------------------------ */

static const struct {
	const char *file, *atr;
	bool t0;
	const char *guess;
	unsigned sure, commands;
	/* lines that must be in the report */
	const char *has[10];
	/* what must not: digits, or characters that are looked for as digits
	 * and as they are */
	const char *not[8];
} recorded[] = {
	{ "authentic5/authentic5-t1-list-files.txt",
	    "3BFB1100008131FE450031C06477E910000090006A", false,
	    "authentic5", 100, 160,
	    { "file 3F00/5011/9002/3001 rsa-private\n    size 2048",
		"access 24FF0000240024FF", "content FF2001",
		"remark \"3F00/5011/2000 was not read" },
	    { "1A2B3C4D", "NHS Series 8", "'1E96D513EB70C4CD",
		"'A14966DD419E40F1", "Test", "53311A2B" } },
	{ "probe/authentic3-t1-login-list.txt",
	    "3BDD18008131FE4580F9A0000000770100700A90008B", false,
	    "authentic3", 100, 120,
	    { "file 3F00/5015/7002 transparent\n    size 1024",
		"access 0000FF0000010001",
		"object 5F01 9000\n    data 5F011D800100830101860A0000",
		"    limit 3\n    length 4 8",
		"file 3F00/5015/0002 rsa-private\n    size 2048",
		"remark \"keys do not show",
		"file 3F00/5015/3401 transparent\n    size 769" },
	    { "5C6D7E8F", "NHS Series 8", "'147B9165D3EE5C45", "'04051A7000",
		"User0", "people" } },
	{ "probe/authentic3-t0-login-list.txt", "3B6500009C02020702", true,
	    "authentic3", 75, 200,
	    { "file 3F00/5015/3402 transparent",
		"card_atr block in opensc.conf" },
	    { "5C6D7E8F", "NHS Series 8" } },
	{ "probe/iasecc-oberthur-t1-login-sign.txt",
	    "3BDD18008131FE4580F9A000000077010800079000FE", false,
	    "iasecc-oberthur", 100, 320,
	    { "object BF8101.A0 9000", "    tries 3\n    limit 3",
		"aid - 9000 from-reset\n", "  within iasecc-oberthur\n",
		"name E828BD080FF2504F5420415750\n",
		"file 3F00/5015/9001 rsa-private\n    size 2048\n"
		"    access 7112121200\n",
		"aid E828BD080FF2504F5420415750 9000 iasecc-awp",
		"file 3F00/2F01 transparent", "answer 63C3" },
	    { "122334455F", "NHS Series 8", "'14BDCD020BA52556",
		"1000012345678", "'B8F5907988C03443", "Test Trust" } },
	{ "probe/iasecc-gemalto-t0-login-sign.txt",
	    "3B7F9600000031B8644070141073940180829000", true,
	    "iasecc-gemalto", 100, 360,
	    { "aid F0496173456363526F6F74 9000 iasecc-gemalto",
		"object BF8101.A0 9000" },
	    { "122334455F", "NHS Series 8", "1000012345678" } },
	{ "probe/gemsafe-v3-identify-list.txt",
	    "3B7D96000080318065B0831100C883009000", true, "gemsafe", 100, 230,
	    { "file 3F00/1600/0004 transparent\n    size 28672",
		"object DF03 9000", "SHA-256" },
	    { "nhs", "'308202" } },
	{ "probe/gemsafe-v1ascii-identify-list.txt",
	    "3B7D96000080318065B0831148C883009000", true, "gemsafe", 100, 230,
	    { "pin 01 3F00/1600\n    answer 63C3", "SHA-1 only" },
	    { "nhs", "'308202" } },
};

/* The report as one row of digits, whatever lines it has. */
static void
squeeze(const struct cb_buf *text, struct cb_buf *out)
{
	for (size_t i = 0; i < text->n; i++)
		if (strchr(" +\n", text->p[i]) == NULL)
			ck_assert_int_eq(cb_put_u8(out, text->p[i]), CB_OK);
	ck_assert_int_eq(cb_put_u8(out, 0), CB_OK);
}

static bool
holds(const struct cb_buf *text, const char *what)
{
	return memmem(text->p, text->n, what, strlen(what)) != NULL;
}

/* Digits ('...), or characters, which may stand there as digits too. */
static void
assert_not_in(const struct cb_buf *text, const char *what)
{
	struct cb_buf row = CB_BUF_INIT_MAX(TEXT_MAX);
	char digits[256];

	squeeze(text, &row);
	if (what[0] == '\'') {
		ck_assert_msg(!holds(&row, what + 1), "%s is told", what);
	} else {
		cb_hex_encode(digits, sizeof(digits), cb_span_str(what));
		ck_assert_msg(!holds(text, what), "%s is told", what);
		ck_assert_msg(!holds(&row, digits), "%s is told", what);
	}
	cb_buf_free(&row);
}

struct counting {
	const struct probe_road *road;
	unsigned n;
};

static enum cb_err
count(void *ctx, struct cb_span cmd, struct cb_buf *rsp, struct cb_why *why)
{
	struct counting *c = ctx;

	c->n++;
	return c->road->send(c->road->ctx, cmd, rsp, why);
}

static struct report *
report_for(const char *atr, bool t0)
{
	struct report *r = report_new();
	struct cb_buf b = CB_BUF_INIT;

	ck_assert_ptr_nonnull(r);
	ck_assert_int_eq(cb_hex_decode(&b, atr, strlen(atr)), CB_OK);
	ck_assert_uint_le(b.n, CB_ATR_MAX);
	memcpy(r->atr, b.p, b.n);
	r->atr_n = b.n;
	r->protocol = !t0;
	(void)snprintf(r->reader, sizeof(r->reader), "a reader");
	cb_buf_free(&b);
	return r;
}

START_TEST(probe_recorded_card)
{
	const char *const files[] = { source(recorded[_i].file), NULL };
	struct fake_card *card = fake_card_new(recorded[_i].t0, files);
	const struct probe_road road = { fake_card_send, card };
	struct counting c = { &road, 0 };
	const struct probe_road counted = { count, &c };
	struct report *r = report_for(recorded[_i].atr, recorded[_i].t0);
	struct cb_buf text = CB_BUF_INIT_MAX(TEXT_MAX);
	struct cb_why why = { "" };

	ck_assert_int_eq(probe_run(&counted, &probe_limits, r, &why), CB_OK);
	ck_assert(!fake_card_harmed(card));
	ck_assert_int_eq(report_write(r, &text), CB_OK);
	if (getenv("CB_SHOW") != NULL)
		(void)fwrite(text.p, 1, text.n, stderr);
	ck_assert_str_eq(r->guess, recorded[_i].guess);
	ck_assert_uint_eq(r->sure, recorded[_i].sure);
	ck_assert_uint_le(c.n, recorded[_i].commands);
	for (int i = 0; i < N(recorded[_i].has); i++)
		if (recorded[_i].has[i] != NULL)
			ck_assert_msg(holds(&text, recorded[_i].has[i]),
			    "no %s", recorded[_i].has[i]);
	for (int i = 0; i < N(recorded[_i].not); i++)
		if (recorded[_i].not[i] != NULL)
			assert_not_in(&text, recorded[_i].not[i]);
	cb_buf_free(&text);
	report_free(&r);
	fake_card_free(card);
}
END_TEST

/* With --full the same bytes are there. */
START_TEST(probe_full_tells)
{
	const char *const files[] = {
		source("authentic5/authentic5-t1-list-files.txt"), NULL };
	struct fake_card *card = fake_card_new(false, files);
	const struct probe_road road = { fake_card_send, card };
	struct report *r = report_for(recorded[0].atr, false);
	struct cb_buf text = CB_BUF_INIT_MAX(TEXT_MAX);
	struct cb_buf row = CB_BUF_INIT_MAX(TEXT_MAX);
	struct cb_why why = { "" };

	r->full = true;
	ck_assert_int_eq(probe_run(&road, &probe_limits, r, &why), CB_OK);
	ck_assert_int_eq(report_write(r, &text), CB_OK);
	squeeze(&text, &row);
	ck_assert(holds(&row, "53311A2B3C4D1234"));
	ck_assert(holds(&row, "1E96D513EB70C4CD"));
	ck_assert(!holds(&row, "..*"));
	ck_assert(holds(&text, "nothing is blotted"));
	cb_buf_free(&text);
	cb_buf_free(&row);
	report_free(&r);
	fake_card_free(card);
}
END_TEST

/* ---- cards that are none of these ---------------------------------------- */

static enum cb_err
always(void *ctx, struct cb_span cmd, struct cb_buf *rsp, struct cb_why *why)
{
	const uint16_t *sw = ctx;

	(void)cmd;
	(void)why;
	cb_buf_clear(rsp);
	return cb_put_u16(rsp, *sw);
}

static const uint16_t dummies[] = { 0x6D00, 0x6A82, 0x6E00, 0x6A86, 0x6700,
	0x6982, 0x6F00, 0x6881, 0x9000, 0x6282, 0x6CFF, 0x63C3 };

START_TEST(probe_dummy_is_unknown)
{
	uint16_t sw = dummies[_i];
	const struct probe_road road = { always, &sw };
	struct report *r = report_for("3B00", false);
	struct cb_why why = { "" };

	ck_assert_int_eq(probe_run(&road, &probe_limits, r, &why), CB_OK);
	/* Who says yes to every name is everything, and nothing. */
	if (sw != 0x9000)
		ck_assert_str_eq(r->guess, "unknown");
	report_free(&r);
}
END_TEST

static enum cb_err
gone(void *ctx, struct cb_span cmd, struct cb_buf *rsp, struct cb_why *why)
{
	unsigned *left = ctx;
	uint16_t sw = 0x9000;

	if ((*left)-- == 0) {
		cb_why_set(why, "taken out");
		return CB_E_ABSENT;
	}
	return always(&sw, cmd, rsp, why);
}

/* A card that is taken out makes no report. */
START_TEST(probe_ends_with_the_card)
{
	unsigned left = (unsigned)_i * 7;
	const struct probe_road road = { gone, &left };
	struct report *r = report_for("3B00", false);
	struct cb_why why = { "" };

	ck_assert_int_eq(
	    probe_run(&road, &probe_limits, r, &why), CB_E_ABSENT);
	ck_assert_str_eq(why.text, "taken out");
	report_free(&r);
}
END_TEST

/* ---- cards that mean harm ------------------------------------------------ */

struct hostile {
	enum cb_err (*answer)(
	    struct hostile *h, const struct cb_apdu *a, struct cb_buf *rsp);
	unsigned n, level;
	uint32_t seed;
};

static enum cb_err
hostile_send(
    void *ctx, struct cb_span cmd, struct cb_buf *rsp, struct cb_why *why)
{
	struct hostile *h = ctx;
	struct cb_apdu a;

	(void)why;
	h->n++;
	cb_buf_clear(rsp);
	ck_assert_int_eq(cb_apdu_parse(&a, cmd), CB_OK);
	return h->answer(h, &a, rsp);
}

static enum cb_err
add(struct cb_buf *rsp, const char *hex)
{
	return cb_hex_decode(rsp, hex, strlen(hex));
}

/* More, and more, and more. */
static enum cb_err
endless_61(struct hostile *h, const struct cb_apdu *a, struct cb_buf *rsp)
{
	uint8_t *p;
	enum cb_err r = cb_buf_grow(rsp, a->ins == 0xC0 ? 256 : 0, &p);

	(void)h;
	return r == CB_OK ? add(rsp, "6100") : r;
}

static enum cb_err
empty_61(struct hostile *h, const struct cb_apdu *a, struct cb_buf *rsp)
{
	(void)h;
	(void)a;
	return add(rsp, "61FF");
}

/* Every directory lists itself, the MF, and new directories. */
static enum cb_err
list_loop(struct hostile *h, const struct cb_apdu *a, struct cb_buf *rsp)
{
	char hex[64];

	if (a->ins == 0x34) {
		for (unsigned i = 0; i < 32; i++) {
			(void)snprintf(hex, sizeof(hex), "%04X",
			    i == 0 ? 0x3F00 : 0x4000 + h->level++ % 0x4000);
			if (add(rsp, hex) != CB_OK)
				return CB_E_NOMEM;
		}
		return add(rsp, "9000");
	}
	if (a->ins == 0xA4 && a->p1 == 0)
		return add(rsp, "6F0A 82023800 83024000 850110 9000");
	return add(rsp, a->ins == 0xA4 ? "9000" : "6D00");
}

/* Each file is as large as can be said, and read without end. */
static enum cb_err
huge_files(struct hostile *h, const struct cb_apdu *a, struct cb_buf *rsp)
{
	uint8_t *p;

	if (a->ins == 0x34) {
		char hex[8];

		(void)snprintf(hex, sizeof(hex), "%04X", 0x1000 + h->level++);
		return add(rsp, hex) == CB_OK ? add(rsp, "9000") : CB_E_NOMEM;
	}
	if (a->ins == 0xA4 && a->p1 == 0)
		return add(rsp, "6F0C 82020101 83021000 8002FFFF 9000");
	if (a->ins == 0xB0 && cb_buf_grow(rsp, 65536, &p) != CB_OK)
		return CB_E_NOMEM;
	return add(rsp, a->ins == 0xCA ? "6A88" : "9000");
}

/* Records for ever, lengths that lie, FCIs cut off. */
static enum cb_err
lies(struct hostile *h, const struct cb_apdu *a, struct cb_buf *rsp)
{
	static const char *const fcis[] = { "6F82FFFF82", "6F",
		"6F8483000000", "6F1F820504", "62FF", "6F0882060401FFFFFFFF",
		"6F05820504 01", "6F02860A", "8600", "6F0682000000 8300" };

	if (a->ins == 0xA4 && a->p1 == 0)
		return add(rsp, fcis[h->level++ % N(fcis)]) == CB_OK
		    ? add(rsp, "9000") : CB_E_NOMEM;
	if (a->ins == 0x34)
		return add(rsp, "1000 2000 3000 01 9000");
	return add(rsp, "7FFFFFFFFFFF 9000");
}

/* Anything, with a taste for what goes on. */
static enum cb_err
noise(struct hostile *h, const struct cb_apdu *a, struct cb_buf *rsp)
{
	static const char *const sws[] = { "9000", "9000", "9000", "6282",
		"6100", "6C10", "6A82", "6982", "63C1" };
	static const char *const starts[] = {
		"6F168202010183021000800201008608 0000000000000000",
		"6F0A82023800830250118501108600",
		"62158002004082010183022F0086080000FF000000FF00",
		"6F1982050401008D02830230008502001486080000000000000000",
		"301E0C08557365722050494E0404 3F005015", "61104F0EE828BD080F",
		"9F7F2A" };
	uint32_t rnd = h->seed = h->seed * 1103515245 + 12345;
	size_t n = rnd >> 16 & 0xFF;
	uint8_t *p;

	(void)a;
	if ((rnd >> 8 & 3) != 0 &&
	    add(rsp, starts[(rnd >> 10) % N(starts)]) != CB_OK)
		return CB_E_NOMEM;
	if (cb_buf_grow(rsp, n, &p) != CB_OK)
		return CB_E_NOMEM;
	for (size_t i = 0; i < n; i++) {
		h->seed = h->seed * 1103515245 + 12345;
		p[i] = (uint8_t)(h->seed >> 24);
	}
	return add(rsp, sws[(rnd >> 20) % N(sws)]);
}

static const struct {
	const char *name;
	enum cb_err (*answer)(
	    struct hostile *, const struct cb_apdu *, struct cb_buf *);
} hostiles[] = {
	{ "endless 61", endless_61 }, { "empty 61", empty_61 },
	{ "list loop", list_loop }, { "huge files", huge_files },
	{ "lies", lies }, { "noise", noise },
};

/* Reads what was written, as anybody who gets it would. */
static void
assert_readable(const struct cb_buf *text)
{
	char path[] = "/tmp/cb-report.XXXXXX";
	struct report *back = NULL;
	struct cb_why why = { "" };
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(text->p, 1, text->n, f), text->n);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_msg(
	    report_read(&back, path, &why) == CB_OK, "%s", why.text);
	report_free(&back);
	ck_assert_int_eq(remove(path), 0);
}

static void
survive(struct hostile *h, const struct probe_limits *limits, bool t0)
{
	const struct probe_road road = { hostile_send, h };
	struct report *r =
	    report_for("3BFB1100008131FE450031C06477E910000090006A", t0);
	struct cb_buf text = CB_BUF_INIT_MAX(TEXT_MAX);
	struct cb_why why = { "" };

	ck_assert_int_eq(probe_run(&road, limits, r, &why), CB_OK);
	ck_assert_uint_le(h->n, limits->commands);
	ck_assert_int_eq(report_write(r, &text), CB_OK);
	assert_readable(&text);
	cb_buf_free(&text);
	report_free(&r);
}

START_TEST(probe_survives_hostile_card)
{
	struct hostile h = { .answer = hostiles[_i / 2].answer };

	survive(&h, &probe_limits, _i % 2 == 0);
}
END_TEST

START_TEST(probe_survives_noise)
{
	const struct probe_limits few = { 400, 64 << 10, 10000 };

	for (uint32_t seed = 0; seed < 150; seed++) {
		struct hostile h = { .answer = noise, .seed = seed };

		survive(&h, &few, seed % 2 == 0);
	}
}
END_TEST

/* A card that takes its time over everything. */
START_TEST(probe_ends_in_time)
{
	const struct probe_limits soon = { 4000, 512 << 10, 0 };
	struct hostile h = { .answer = list_loop };

	survive(&h, &soon, false);
	ck_assert_uint_eq(h.n, 0);
}
END_TEST

/* LIST FILES that is not allowed: files that the kind is known to have are
 * looked for all the same. */
static enum cb_err
no_list(void *ctx, struct cb_span cmd, struct cb_buf *rsp, struct cb_why *why)
{
	uint16_t sw = 0x6982;

	if (cmd.n > 1 && cmd.p[1] == 0x34)
		return always(&sw, cmd, rsp, why);
	return fake_card_send(ctx, cmd, rsp, why);
}

START_TEST(probe_finds_files_without_a_list)
{
	const char *const files[] = {
		source("authentic5/authentic5-t1-list-files.txt"), NULL };
	struct fake_card *card = fake_card_new(false, files);
	const struct probe_road road = { no_list, card };
	struct report *r = report_for(recorded[0].atr, false);
	struct cb_why why = { "" };
	const struct rep_app *app;

	ck_assert_int_eq(probe_run(&road, &probe_limits, r, &why), CB_OK);
	app = report_find_app(r, "authentic5");
	ck_assert_ptr_nonnull(app);
	ck_assert_ptr_nonnull(rep_find_file(app, "3F00/5011/9002/3001"));
	ck_assert_ptr_nonnull(rep_find_file(app, "3F00/5011/4000"));
	report_free(&r);
	fake_card_free(card);
}
END_TEST

/* ---- a root of IAS ECC that nobody knows --------------------------------- */

#define KNOWN "\xA0\x00\x00\x00\x77\x01\x08\x00\x07\x00\x00\xFE\x00\x00" \
	"\x01\x00"
#define OTHER "\xA0\x00\x00\x00\x77\x01\x08\x00\x07\x00\x00\xFE\x00\x00" \
	"\x01\xFF"
#define AID_N 16

/* The recorded card, by another name. */
static enum cb_err
renamed(void *ctx, struct cb_span cmd, struct cb_buf *rsp, struct cb_why *why)
{
	uint16_t not_found = 0x6A82;
	struct cb_buf own = CB_BUF_INIT;
	uint8_t *at;
	enum cb_err r;

	if (memmem(cmd.p, cmd.n, KNOWN, AID_N) != NULL)
		return always(&not_found, cmd, rsp, why);
	ck_assert_int_eq(cb_buf_set(&own, cmd), CB_OK);
	if ((at = memmem(own.p, own.n, OTHER, AID_N)) != NULL)
		memcpy(at, KNOWN, AID_N);
	r = fake_card_send(ctx, cb_buf_span(&own), rsp, why);
	if ((at = memmem(rsp->p, rsp->n, KNOWN, AID_N)) != NULL)
		memcpy(at, OTHER, AID_N);
	cb_buf_free(&own);
	return r;
}

START_TEST(probe_finds_root_by_atr_file)
{
	const char *const files[] = {
		source("probe/iasecc-oberthur-t1-login-sign.txt"), NULL };
	struct fake_card *card = fake_card_new(false, files);
	const struct probe_road road = { renamed, card };
	struct report *r = report_for("3B00", false);
	const struct rep_app *app;
	struct cb_why why = { "" };

	ck_assert_int_eq(probe_run(&road, &probe_limits, r, &why), CB_OK);
	app = report_find_app(r, "iasecc-root");
	ck_assert_ptr_nonnull(app);
	ck_assert_mem_eq(app->aid, OTHER, AID_N);
	ck_assert_ptr_nonnull(rep_find_file(app, "3F00/2F01"));
	app = report_find_app(r, "iasecc-awp");
	ck_assert_ptr_nonnull(app);
	ck_assert_str_eq(app->within, "iasecc-root");
	ck_assert_str_eq(r->guess, "iasecc-oberthur");
	report_free(&r);
	fake_card_free(card);
}
END_TEST

/* EF.ATR alone says that it is IAS ECC, and not whose. */
static enum cb_err
only_root(void *ctx, struct cb_span cmd, struct cb_buf *rsp,
    struct cb_why *why)
{
	static const uint8_t name[] = { 0xE8, 0x28, 0xBD, 0x08, 0x0F };
	uint16_t not_found = 0x6A82;

	if (cmd.n > 10 && cmd.p[1] == 0xA4 && memcmp(cmd.p + 5, name,
		sizeof(name)) == 0)
		return always(&not_found, cmd, rsp, why);
	return renamed(ctx, cmd, rsp, why);
}

START_TEST(probe_knows_no_flavour)
{
	const char *const files[] = {
		source("probe/iasecc-oberthur-t1-login-sign.txt"), NULL };
	struct fake_card *card = fake_card_new(false, files);
	const struct probe_road road = { only_root, card };
	struct report *r = report_for("3B00", false);
	struct cb_why why = { "" };

	ck_assert_int_eq(probe_run(&road, &probe_limits, r, &why), CB_OK);
	ck_assert_ptr_nonnull(report_find_app(r, "iasecc-root"));
	ck_assert(r->sure < 90);
	ck_assert_int_eq(strncmp(r->guess, "iasecc", 6), 0);
	report_free(&r);
	fake_card_free(card);
}
END_TEST

Suite *
probe_suite(void)
{
	Suite *s = suite_create("probe");
	TCase *tc = tcase_create("probe"), *slow = tcase_create("slow");

	tcase_add_loop_test(tc, probe_recorded_card, 0, N(recorded));
	tcase_add_test(tc, probe_full_tells);
	tcase_add_loop_test(tc, probe_dummy_is_unknown, 0, N(dummies));
	tcase_add_loop_test(tc, probe_ends_with_the_card, 0, 20);
	tcase_add_loop_test(
	    tc, probe_survives_hostile_card, 0, 2 * N(hostiles));
	tcase_add_test(tc, probe_ends_in_time);
	tcase_add_test(tc, probe_finds_files_without_a_list);
	tcase_add_test(tc, probe_finds_root_by_atr_file);
	tcase_add_test(tc, probe_knows_no_flavour);
	tcase_set_timeout(tc, 60);
	tcase_add_test(slow, probe_survives_noise);
	tcase_set_tags(slow, "slow");
	tcase_set_timeout(slow, 120);
	suite_add_tcase(s, tc);
	suite_add_tcase(s, slow);
	return s;
}
