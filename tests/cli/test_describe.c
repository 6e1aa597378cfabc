/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Profiles made of reports: what of the card is in them, what is assumed, and
 * that cards can be made of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/describe/describe.h"
#include "emulator/emu.h"
#include "tests/cli/fake_card.h"
#include "tests/cli/suites.h"

#define N(table) ((int)(sizeof(table) / sizeof((table)[0])))
#define OTHER_ATR "3B7D110000003180718E6477E30100829000"

static char shipped[4096], recording[4096];

static void
paths(const char *profile, const char *vectors)
{
	const char *top = getenv("CB_SRC");

	if (top == NULL)
		top = ".";
	(void)snprintf(shipped, sizeof(shipped), "%s/data/profiles/%s.profile",
	    top, profile);
	(void)snprintf(recording, sizeof(recording), "%s/tests/vectors/%s.txt",
	    top, vectors);
}

static void
setup(void)
{
	paths("authentic5", "authentic5/authentic5-t1-list-files");
}

/* The report of the recorded card, with an access byte of its own. */
static struct report *
recorded_in(bool full, bool t0)
{
	const char *const files[] = { recording, NULL };
	struct fake_card *card = fake_card_new(t0, files);
	const struct probe_road road = { fake_card_send, card };
	struct report *r = report_new();
	struct cb_buf atr = CB_BUF_INIT;
	struct cb_why why = { "" };

	ck_assert_ptr_nonnull(r);
	ck_assert_int_eq(cb_buf_set(&atr, CB_SPAN_OF(((const uint8_t[]){
	    0x3B, 0x7D, 0x11, 0x00, 0x00, 0x00, 0x31, 0x80, 0x71, 0x8E, 0x64,
	    0x77, 0xE3, 0x01, 0x00, 0x82, 0x90, 0x00 }))), CB_OK);
	memcpy(r->atr, atr.p, atr.n);
	r->atr_n = atr.n;
	r->protocol = !t0;
	r->full = full;
	fake_card_access(card, 0x3000, 2, 0x21);
	ck_assert_int_eq(probe_run(&road, &probe_limits, r, &why), CB_OK);
	cb_buf_free(&atr);
	fake_card_free(card);
	return r;
}

static struct report *
recorded(bool full)
{
	return recorded_in(full, false);
}

/* As it is when it was written and read again. */
static struct report *
sent_on(struct report *r)
{
	char path[] = "/tmp/cb-report.XXXXXX";
	struct cb_buf text = CB_BUF_INIT_MAX(8 << 20);
	struct report *back = NULL;
	struct cb_why why = { "" };
	int fd = mkstemp(path);

	ck_assert_int_eq(report_write(r, &text), CB_OK);
	ck_assert_int_eq(write(fd, text.p, text.n), (ssize_t)text.n);
	ck_assert_int_eq(close(fd), 0);
	ck_assert_msg(
	    report_read(&back, path, &why) == CB_OK, "%s", why.text);
	ck_assert_int_eq(remove(path), 0);
	cb_buf_free(&text);
	report_free(&r);
	return back;
}

static enum cb_err
read_profile(const struct cb_buf *text, struct cb_why *why)
{
	char path[] = "/tmp/cb-profile.XXXXXX";
	struct emu_profile *profile = NULL;
	int fd = mkstemp(path);
	enum cb_err r;

	ck_assert_int_eq(write(fd, text->p, text->n), (ssize_t)text->n);
	ck_assert_int_eq(close(fd), 0);
	r = emu_profile_read(&profile, path, why);
	emu_profile_free(&profile);
	ck_assert_int_eq(remove(path), 0);
	return r;
}

static bool
holds(const struct cb_buf *text, const char *what)
{
	return memmem(text->p, text->n, what, strlen(what)) != NULL;
}

static bool
noted(const struct describe_notes *notes, const char *what)
{
	for (size_t i = 0; i < notes->n; i++)
		if (strstr(notes->p[i].text, what) != NULL)
			return true;
	return false;
}

START_TEST(describe_recorded_card)
{
	struct report *r = sent_on(recorded(false));
	struct describe_notes notes = { NULL, 0 };
	struct cb_buf text = CB_BUF_INIT;
	struct cb_why why = { "" };

	ck_assert_msg(describe_report(r, shipped, &text, &notes, &why) ==
	    CB_OK, "%s", why.text);
	ck_assert_msg(read_profile(&text, &why) == CB_OK, "%s", why.text);
	ck_assert(holds(&text, "name = \"authentic5-copy\""));
	ck_assert(holds(&text, "atrs = (\"" OTHER_ATR "\")"));
	ck_assert(holds(&text, "\"card.serial\""));
	ck_assert(holds(&text, "access = \"00 00 21 00 FF FF FF FF\""));
	/* told bytes, hidden bytes of known meaning, and the rest */
	ck_assert(holds(&text, "\"FF200102FCFF10010800FF20020300FF100208\""));
	ck_assert(holds(&text, "\"pad(card.label, 32, ' ')\""));
	ck_assert(holds(&text, "\"guid()\""));
	ck_assert(holds(&text, "content = (\"cert.auth.der\")"));
	ck_assert(noted(&notes, "3F00/5011/9001/2001: contents as in the"));
	ck_assert(!noted(&notes, "3F00/5011/4000"));
	for (size_t i = 0; i < notes.n; i++) {
		char start[24];

		(void)snprintf(
		    start, sizeof(start), "# - %.16s", notes.p[i].text);
		ck_assert_msg(holds(&text, start), "%s", start);
	}
	free(notes.p);
	cb_buf_free(&text);
	report_free(&r);
}
END_TEST

START_TEST(describe_full_report)
{
	struct report *r = sent_on(recorded(true));
	struct describe_notes notes = { NULL, 0 };
	struct cb_buf text = CB_BUF_INIT;
	struct cb_why why = { "" };

	ck_assert_int_eq(
	    describe_report(r, shipped, &text, &notes, &why), CB_OK);
	ck_assert_msg(read_profile(&text, &why) == CB_OK, "%s", why.text);
	ck_assert(!holds(&text, "cert.auth.der"));
	ck_assert(noted(&notes, "9001/2001: the card's own bytes"));
	ck_assert(!noted(&notes, "contents as in the shipped profile") ||
	    noted(&notes, "2000: contents as in the shipped profile"));
	free(notes.p);
	cb_buf_free(&text);
	report_free(&r);
}
END_TEST

/* Changes to the card, and what must come of them. */
static void
more_tries(struct rep_app *app)
{
	struct rep_pin *pin = rep_add_pin(app, 0x81, "3F00/5011");

	ck_assert_ptr_nonnull(pin);
	pin->tries = 7;
}

static void
blocked(struct rep_app *app)
{
	rep_add_pin(app, 0x81, "3F00/5011")->tries = 0;
}

static void
local_so(struct rep_app *app)
{
	rep_add_pin(app, 0x84, "3F00/5011")->tries = 5;
}

static void
short_keys(struct rep_app *app)
{
	for (size_t i = 0; i < app->files_n; i++)
		if (app->files[i].type == REP_RSA_PRIVATE ||
		    app->files[i].type == REP_RSA_PUBLIC)
			app->files[i].size = 1024;
}

static void
another_file(struct rep_app *app)
{
	struct rep_file *f = rep_add_file(app, "3F00/5011/9001/5000");
	static const uint8_t access[8] = { 0 };

	f->type = REP_TRANSPARENT;
	f->size = 100;
	f->sized = true;
	memcpy(f->access.p, access, sizeof(access));
	f->access.n = sizeof(access);
	ck_assert_int_eq(rep_bytes_add(&f->content, 0, true, 100), CB_OK);
}

static void
only_mf(struct rep_app *app)
{
	for (size_t i = 1; i < app->files_n; i++) {
		struct rep_file *f = &app->files[i];

		rep_bytes_free(&f->fci);
		rep_bytes_free(&f->content);
		for (size_t j = 0; j < f->records_n; j++)
			rep_bytes_free(&f->records[j]);
		free(f->records);
	}
	app->files_n = 1;
	app->pins_n = 0;
}

static const struct {
	void (*change)(struct rep_app *);
	const char *has, *note;
} changes[] = {
	{ more_tries, "tries = 7;", "policy.live.tries is 7" },
	{ blocked, "name = \"user\"", "since the card's is blocked" },
	{ local_so, "name = \"pin-84\"", "passcode 84, which the shipped" },
	{ short_keys, "bits = 1024;", "policy.live.rsa_min is 1024" },
	{ another_file, "path = \"3F00/5011/9001/5000\"",
	    "5000: zeros for what is blotted" },
	{ only_mf, "blank = true;", "the card is blank" },
};

START_TEST(describe_changed_card)
{
	struct report *r = recorded(false);
	struct describe_notes notes = { NULL, 0 };
	struct cb_buf text = CB_BUF_INIT;
	struct cb_why why = { "" };
	size_t i = 0;

	while (strcmp(r->apps[i].name, "authentic5") != 0)
		i++;
	changes[_i].change(&r->apps[i]);
	r = sent_on(r);
	ck_assert_msg(describe_report(r, shipped, &text, &notes, &why) ==
	    CB_OK, "%s", why.text);
	ck_assert_msg(read_profile(&text, &why) == CB_OK, "%s", why.text);
	ck_assert_msg(holds(&text, changes[_i].has), "no %s", changes[_i].has);
	ck_assert_msg(noted(&notes, changes[_i].note), "no %s",
	    changes[_i].note);
	free(notes.p);
	cb_buf_free(&text);
	report_free(&r);
}
END_TEST

/* ---- PKCS#15 file systems ------------------------------------------------ */

static struct rep_app *
app_of(struct report *r, const char *name)
{
	for (size_t i = 0; i < r->apps_n; i++)
		if (strcmp(r->apps[i].name, name) == 0)
			return &r->apps[i];
	ck_abort_msg("no application %s", name);
	return NULL;
}

static void
no_change(struct report *r)
{
	(void)r;
}

/* A third key: in the directory it has the identifier 0003. */
static void
third_key(struct report *r)
{
	struct rep_file *f =
	    rep_add_file(app_of(r, "authentic3"), "3F00/5015/0003");

	f->type = REP_RSA_PRIVATE;
	f->size = 2048;
	f->sized = true;
	f->filled = REP_YES;
}

static void
long_passcodes(struct report *r)
{
	struct rep_app *app = app_of(r, "authentic3");

	app->pins[0].min = 6;
	app->pins[0].max = 32;
	app->pins[0].limit = 7;
	app->pins[0].access.p[3] = 0x04;
}

/* The holder's passcode has another number. */
static void
other_number(struct report *r)
{
	app_of(r, "authentic3")->pins[0].ref = 0x04;
}

static void
ias_pair(struct report *r)
{
	static const uint8_t rules[] = { 0x7B, 0x12, 0x12, 0x12, 0x12, 0x12,
		0x00 };
	struct rep_app *app = app_of(r, "iasecc-awp");
	struct rep_file *f = rep_add_file(app, "3F00/5015/9003");

	f->type = REP_RSA_PRIVATE;
	f->template = 0xB6;
	f->commits = true;
	f->size = 1024;
	f->sized = true;
	memcpy(f->access.p, rules, sizeof(rules));
	f->access.n = sizeof(rules);
	f = rep_add_file(app, "3F00/5015/A003");
	f->type = REP_RSA_PUBLIC;
	f->size = 1024;
	f->sized = true;
	f->filled = REP_YES;
}

static void
ias_empty_slot(struct report *r)
{
	ias_pair(r);
	rep_find_file(app_of(r, "iasecc-awp"), "3F00/5015/A003")->filled =
	    REP_NO;
}

static void
ias_local_pin(struct report *r)
{
	struct rep_pin *pin =
	    rep_add_pin(app_of(r, "iasecc-awp"), 0x81, "3F00/5015");

	pin->limit = 3;
	memcpy(pin->access.p, "\x73\x00\x00\xFF\xFF\x00", 6);
	pin->access.n = 6;
}

/* The application is elsewhere, and answers without telling of itself. */
static void
ias_elsewhere(struct report *r)
{
	struct rep_app *app = app_of(r, "iasecc-awp");

	for (size_t i = 0; i < app->files_n; i++)
		memcpy(app->files[i].path + 5, "A001", 4);
	rep_bytes_free(&app_of(r, "iasecc-oberthur")->fci);
}

static void
ias_other_name(struct report *r)
{
	app_of(r, "iasecc-oberthur")->aid[15] = 0x77;
}

static const struct {
	const char *profile, *vectors;
	bool t0;
	void (*change)(struct report *r);
	const char *has[4], *lacks, *note;
} pkcs15[] = {
	{ "authentic3", "probe/authentic3-t1-login-list", false, no_change,
	    { "path = \"3F00/5015/0002\"; type = \"rsa-private\";\n"
	      "\t\t  key = \"commit\"; "
	      "access = \"FF00 FF00 FF00 0001 FF00 FF00\";",
	      "sha1(key.commit.modulus)",
	      "card.serial" },
	    "from_reset", "0001: access as 3F00/5015/0001 has it" },
	{ "authentic3", "probe/authentic3-t1-login-list", false, third_key,
	    { "name = \"key-03\"", "key = \"key-03\"" }, NULL,
	    "0003: a key pair that the shipped" },
	{ "authentic3", "probe/authentic3-t1-login-list", false,
	    long_passcodes,
	    { "min = 6", "max = 32", "00 00 00 04", "pin_max = 32" }, NULL,
	    "policy.live.tries is 7" },
	{ "authentic3", "probe/authentic3-t1-login-list", false, other_number,
	    { "reference = 0x04;\n\t\t\t\trole = \"user\"" }, "pin-04",
	    "passcode 04 is taken for the holder's" },
	{ "iasecc-oberthur", "probe/iasecc-oberthur-t1-login-sign", false,
	    no_change,
	    { "sfi = 0x1D; ", "name = \"E828BD080FF2504F5420415750\"",
	      "key = \"auth\"; access = \"71 12 12 12 00\"",
	      "cert.auth.subject" },
	    "left out: another application",
	    "7002: names, keys and identifiers are those of the new card" },
	{ "iasecc-oberthur", "probe/iasecc-oberthur-t1-login-sign", false,
	    ias_pair,
	    { "template = 0xB6; commits = true;\n\t\t  key = \"key-03\"",
	      "bits = 1024" }, NULL,
	    "9003: a key pair that the shipped" },
	{ "iasecc-oberthur", "probe/iasecc-oberthur-t1-login-sign", false,
	    ias_empty_slot,
	    { "template = 0xB6; commits = true;\n\t\t  size = 1024; " },
	    "key-03",    "9003: a key file without a key" },
	{ "iasecc-oberthur", "probe/iasecc-oberthur-t1-login-sign", false,
	    ias_local_pin,
	    { "name = \"pin-81\";\n\t\t\t\towner = \"3F00/5015\"" },
	    NULL, "passcode 81, which the shipped" },
	{ "iasecc-oberthur", "probe/iasecc-oberthur-t1-login-sign", false,
	    ias_elsewhere,
	    { "path = \"3F00/A001/9001\"", "sha1(key.auth.modulus)",
	      "silent_names = true" }, "3F00/5015",
	    "3F00/A001/3401: contents" },
	{ "iasecc-oberthur", "probe/iasecc-oberthur-t1-login-sign", false,
	    ias_other_name, { "aid = \"A000000077010800070000FE00000177\"" },
	    NULL, "is taken for the applet iasecc, by another name" },
	/* an alias: the report did not tell the flavour */
	{ "iasecc", "probe/iasecc-oberthur-t1-login-sign", false, no_change,
	    { "name = \"iasecc-oberthur-copy\"" }, "bare_fcp = true",
	    "the card is taken for iasecc-oberthur" },
	{ "iasecc-gemalto", "probe/iasecc-gemalto-t0-login-sign", true,
	    no_change,
	    { "bare_fcp = true", "from_reset = true",
	      "guid_of(key.auth.modulus)",
	      "aid = \"F0 496173456363526F6F74\"" }, "silent_names = true",
	    "B101: contents as in the" },
};

START_TEST(describe_pkcs15_card)
{
	struct describe_notes notes = { NULL, 0 };
	struct cb_buf text = CB_BUF_INIT;
	struct cb_why why = { "" };
	struct report *r;

	paths(pkcs15[_i].profile, pkcs15[_i].vectors);
	r = recorded_in(false, pkcs15[_i].t0);
	pkcs15[_i].change(r);
	r = sent_on(r);
	ck_assert_msg(describe_report(r, shipped, &text, &notes, &why) ==
	    CB_OK, "%s", why.text);
	if (getenv("CB_SHOW") != NULL)
		(void)fwrite(text.p, 1, text.n, stderr);
	ck_assert_msg(read_profile(&text, &why) == CB_OK, "%s", why.text);
	for (int i = 0; i < N(pkcs15[_i].has); i++)
		if (pkcs15[_i].has[i] != NULL)
			ck_assert_msg(holds(&text, pkcs15[_i].has[i]), "no %s",
			    pkcs15[_i].has[i]);
	if (pkcs15[_i].lacks != NULL)
		ck_assert_msg(!holds(&text, pkcs15[_i].lacks), "%s",
		    pkcs15[_i].lacks);
	ck_assert_msg(noted(&notes, pkcs15[_i].note), "no %s",
	    pkcs15[_i].note);
	free(notes.p);
	cb_buf_free(&text);
	report_free(&r);
	setup();
}
END_TEST

/* A report of another kind, and a profile that is none. */
START_TEST(describe_says_what_is_wrong)
{
	struct report *r = recorded(false);
	struct describe_notes notes = { NULL, 0 };
	struct cb_buf text = CB_BUF_INIT;
	struct cb_why why = { "" };

	ck_assert_int_eq(describe_report(r, recording, &text, &notes, &why),
	    CB_E_FORMAT);
	ck_assert_ptr_nonnull(strstr(why.text, "list-files.txt:"));
	for (size_t i = 0; i < r->apps_n; i++)
		r->apps[i].sw = 0x6A82;
	ck_assert_int_eq(describe_report(r, shipped, &text, &notes, &why),
	    CB_E_ABSENT);
	ck_assert_ptr_nonnull(strstr(why.text, "none of the applications"));
	free(notes.p);
	cb_buf_free(&text);
	report_free(&r);
}
END_TEST

Suite *
describe_suite(void)
{
	Suite *s = suite_create("describe");
	TCase *tc = tcase_create("describe");

	tcase_add_unchecked_fixture(tc, setup, NULL);
	tcase_add_test(tc, describe_recorded_card);
	tcase_add_test(tc, describe_full_report);
	tcase_add_loop_test(tc, describe_changed_card, 0, N(changes));
	tcase_add_loop_test(tc, describe_pkcs15_card, 0, N(pkcs15));
	tcase_add_test(tc, describe_says_what_is_wrong);
	tcase_set_timeout(tc, 30);
	suite_add_tcase(s, tc);
	return s;
}
