/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Profiles: the one that is shipped says what the published card is; and
 * every mistake in one is told with file and line. A case of a mistake is the
 * shipped profile with one piece of text replaced.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/hex.h"
#include "emulator/crypto/cert.h"
#include "emulator/template.h"
#include "tests/emulator/suites.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))
#define SHIPPED "data/profiles/authentic5.profile"

static const char *
source(const char *path)
{
	static char out[4096];
	const char *dir = getenv("srcdir");

	(void)snprintf(
	    out, sizeof(out), "%s/%s", dir != NULL ? dir : ".", path);
	return out;
}

/* ---- the shipped one ----------------------------------------------------- */

static struct emu_profile *profile;

static void
shipped_setup(void)
{
	struct cb_why why = { "" };
	enum cb_err r = emu_profile_read(&profile, source(SHIPPED), &why);

	ck_assert_msg(r == CB_OK, "%s", why.text);
}

static void
shipped_teardown(void)
{
	emu_profile_free(&profile);
}

START_TEST(profile_authentic5_says_what_the_card_is)
{
	const struct emu_pf_app *app = &profile->apps[0];

	ck_assert_str_eq(emu_profile_name(profile), "authentic5");
	ck_assert_str_eq(profile->label, "NHS Series 8");
	ck_assert_uint_eq(profile->atrs_n, 6);
	ck_assert_uint_eq(profile->atrs[0].n, 21);
	ck_assert_uint_eq(profile->serial_n, 4);
	ck_assert_uint_eq(profile->max_apdu, 256);
	ck_assert_uint_eq(profile->live.tries, 3);
	ck_assert_uint_eq(profile->live.rsa_min, 2048);
	ck_assert_uint_eq(profile->test.rsa_min, 512);
	ck_assert_uint_eq(profile->live.scrypt_log2n, 15);
	ck_assert_uint_eq(profile->keys_n, 2);
	ck_assert_uint_eq(profile->certs_n, 2);
	ck_assert_uint_eq(profile->certs[0].usage,
	    EMU_USAGE_DIGITAL_SIGNATURE | EMU_USAGE_KEY_ENCIPHERMENT);
	ck_assert_uint_eq(profile->certs[1].usage, EMU_USAGE_NON_REPUDIATION);
	ck_assert_uint_eq(profile->apps_n, 1);
	ck_assert_uint_eq(app->files_n, 21);
	ck_assert_uint_eq(app->pins_n, 2);
	ck_assert_uint_eq(app->pins[0].ref, 0x04);
	ck_assert(app->pins[0].blank && !app->pins[1].blank);
	ck_assert_uint_eq(app->pins[1].unblock_n, 16);
	for (unsigned a = 0; a < EMU_ANS_N; a++)
		ck_assert_uint_eq(profile->answers[a],
		    emu_answer_default((enum emu_answer)a));
}
END_TEST

/* A blank card is the MF and nothing else. */
START_TEST(profile_authentic5_blank_has_the_mf_only)
{
	const struct emu_pf_app *app = &profile->apps[0];

	ck_assert(app->files[0].blank);
	for (unsigned i = 1; i < app->files_n; i++)
		ck_assert(!app->files[i].blank);
}
END_TEST

static const struct {
	const char *path;
	uint8_t type;
	const char *access;
} shipped_files[] = {
	{ "3F00", EMU_DF, "24240024240024FF" },
	{ "3F00/5011", EMU_DF, "24FF0000240024FF" },
	{ "3F00/5011/9001", EMU_DF, "00000000FFFFFFFF" },
	{ "3F00/5011/9002", EMU_DF, "21210000FFFFFFFF" },
	{ "3F00/5011/1000", EMU_EF_TRANSPARENT, "242400FFFFFFFFFF" },
	{ "3F00/5011/2000", EMU_EF_TRANSPARENT, "FF2424FFFFFFFFFF" },
	{ "3F00/5011/3000", EMU_EF_LINEAR, "00000000FFFFFFFF" },
	{ "3F00/5011/4000", EMU_EF_TRANSPARENT, "000000FFFFFFFFFF" },
	{ "3F00/5011/5000", EMU_EF_TRANSPARENT, "212100FFFFFFFFFF" },
	{ "3F00/5011/9002/3001", EMU_KEY_RSA_PRIVATE, "2121FF21FF21FFFF" },
	{ "3F00/5011/9002/3002", EMU_KEY_RSA_PRIVATE, "21FFFF21FFFFFFFF" },
	{ "3F00/5011/9002/3102", EMU_EF_TRANSPARENT, "212100FFFFFFFFFF" },
	{ "3F00/5011/9001/1001", EMU_KEY_RSA_PUBLIC, "00FF00FF00FF00FF" },
	{ "3F00/5011/9001/2002", EMU_EF_TRANSPARENT, "00000000FFFFFFFF" },
};

START_TEST(profile_authentic5_access_bytes)
{
	const struct emu_pf_app *app = &profile->apps[0];
	const char *path = shipped_files[_i].path;
	int i = emu_pf_file_find(app, path, strlen(path));
	char access[2 * EMU_ACCESS_MAX + 1];

	ck_assert_int_ne(i, EMU_PF_NONE);
	ck_assert_uint_eq(app->files[i].type, shipped_files[_i].type);
	cb_hex_encode(access, sizeof(access),
	    cb_span(app->files[i].access, app->files[i].access_n));
	ck_assert_str_eq(access, shipped_files[_i].access);
}
END_TEST

/* Files in the order in which the card lists them (section LIST FILES of the
 * recorded conversation `list-files`). */
START_TEST(profile_authentic5_order_of_creation)
{
	static const char *const order[] = { "3F00", "5011", "9002", "9001",
		"1000", "2000", "3000", "4000", "5000", "3001", "3101",
		"3002", "3102", "1001", "1101", "2001", "2101", "1002",
		"1102", "2002", "2102" };
	const struct emu_pf_app *app = &profile->apps[0];

	ck_assert_uint_eq(app->files_n, N(order));
	for (unsigned i = 0; i < app->files_n; i++)
		ck_assert_uint_eq(
		    app->files[i].fid, strtoul(order[i], NULL, 16));
}
END_TEST

START_TEST(profile_alias_is_followed)
{
	struct emu_profile *p = NULL;
	struct cb_why why = { "" };

	ck_assert_int_eq(
	    emu_profile_read(&p, source("data/profiles/series8.profile"),
		&why), CB_OK);
	ck_assert_str_eq(emu_profile_name(p), "authentic3");
	emu_profile_free(&p);
	ck_assert_ptr_null(p);
}
END_TEST

START_TEST(profile_draws_passcodes_that_its_policy_takes)
{
	struct cb_buf a = CB_BUF_INIT, b = CB_BUF_INIT;

	ck_assert_int_eq(emu_profile_draw_pin(
	    profile, false, &emu_env_system, &a), CB_OK);
	ck_assert_int_eq(emu_profile_draw_pin(
	    profile, false, &emu_env_system, &b), CB_OK);
	ck_assert_uint_eq(a.n, 12);
	ck_assert(!cb_span_equal(cb_buf_span(&a), cb_buf_span(&b)));
	cb_buf_clear(&a);
	profile->test.pin_digits = true;
	profile->test.pin_max = 6;
	ck_assert_int_eq(emu_profile_draw_pin(
	    profile, true, &emu_env_system, &a), CB_OK);
	ck_assert_uint_eq(a.n, 6);
	for (size_t i = 0; i < a.n; i++)
		ck_assert(a.p[i] >= '0' && a.p[i] <= '9');
	cb_buf_free(&a);
	cb_buf_free(&b);
}
END_TEST

/* ---- mistakes ------------------------------------------------------------ */

/* `from` of the shipped profile replaced by `to`; the message must hold
 * `says`, and the line where `to` stands (plus `below`). */
enum { TOP = 10000, NO_LINE };	/* no line of its own: 1, or none */

static const struct {
	const char *from, *to, *says;
	int below;
} mistakes[] = {
	/* syntax */
	{ "max_apdu = 256;", "max_apdu = ;", "syntax error", 0 },
	{ "label_max = 32;", "label = \"x\"; label_max = 32;",
	    "duplicate setting name", 0 },
	/* settings */
	{ "max_apdu =", "max_adpu =",
	    "unknown setting \"max_adpu\"; expected one of: name, label", 0 },
	{ "serial_bytes = 4;", "", "serial_bytes is missing", TOP },
	{ "label_max = 32;", "@include \"x\"", "@include is not", NO_LINE },
	{ "\"authentic5\"", "\"Authentic 5\"", "name: expected lower-case", 0 },
	{ "label_max = 32", "label_max = 33", "from 1 to 32", 0 },
	{ "label_max = 32", "label_max = \"x\"", "expected a number", 0 },
	{ "label_max = 32", "label_max = 5", "label: longer than", -1 },
	{ "\"NHS Series 8\"", "12", "label: expected text", 0 },
	{ "size = 65536", "size = 4294967297L", "from 1024 to 16777216", 0 },
	{ "65536;", "-1;", "from 1024 to 16777216", 0 },
	{ "3BFB11 ", "3BFB12 ", "not a whole ATR", 0 },
	{ "6477E910000090006A", "6477E91000009000", "not a whole ATR", 0 },
	{ "3BFB11 ", "3BFB1 ", "hexadecimal", 0 },
	{ "zeros(20)", "zeros(19)", "cplc: expected 42 bytes, found 41", -4 },
	{ "zeros(20)", "zeros(20", "expected ')' before the end", 0 },
	{ "card.serial 1234", "card.label 1234", "cplc: expected 42", -2 },
	{ "\"A000000003 000000\"", "\"A0\"", "expected 5 to 16 bytes", 0 },
	/* policy */
	{ "tries = 3;", "tries = 16;", "tries: expected a number from 1", 0 },
	{ "pin_min = 4;", "pin_min = 17;", "pin_min is larger", -2 },
	{ "\"printable\"", "\"letters\"", "\"printable\" or \"digits\"", 0 },
	{ "scrypt_log2n = 15;", "scrypt_log2n = 14;", "at least 15", -8 },
	{ "idle_seconds = 900;", "", "idle_seconds is missing", -6 },
	/* keys and certificates */
	{ "name = \"commit\"; bits", "name = \"auth\"; bits",
	    "two keys \"auth\"", 0 },
	{ "bits = 2048", "bits = 3072", "expected 512, 1024 or 2048", 0 },
	{ "bits = 2048", "bits = 1024", "rsa_min is 2048", 0 },
	{ "key = \"auth\";\n", "key = \"autt\";\n", "no key \"autt\"", 0 },
	{ "name = \"commit\"; key", "name = \"auth\"; key",
	    "two certificates \"auth\"", 0 },
	{ "\"keyEncipherment\"", "\"keyAgreement\"", "usage: expected", 0 },
	{ "(\"nonRepudiation\")", "()", "usage: at least one", 0 },
	/* applications */
	{ "applet = \"authentic5\"", "applet = \"authentic9\"",
	    "no applet \"authentic9\"", 0 },
	{ "path = \"3F00\";", "path = \"3F01\";", "from 3F00 down", 0 },
	{ "path = \"3F00/5011/1000\"", "path = \"3F00/5011/2000\"",
	    "two files 3F00/5011/2000", 6 },
	{ "path = \"3F00/5011/1000\"", "path = \"3F00/5012/1000\"",
	    "must stand above it", 0 },
	{ "path = \"3F00/5011/1000\"", "path = \"3F00/5011/3FFF\"",
	    "reserved", 0 },
	{ "path = \"3F00/5011/1000\"", "path = \"3F00/5011/100\"",
	    "four upper-case digits", 0 },
	{ "path = \"3F00/5011/1000\"", "path = \"3F00/5011/10aa\"",
	    "four upper-case digits", 0 },
	{ "type = \"linear\"", "type = \"cyclic\"", "type: expected", 0 },
	{ "\"24 24 00 24 24 00 24 FF\"", "\"24 24 0\"", "hexadecimal", 0 },
	{ "\"24 24 00 24 24 00 24 FF\"", "\"24 24 00 24 24 00 24\"",
	    "7 bytes, but", -1 },
	{ "\"24 24 00 FF FF FF FF FF\"", "\"24 24 00 FF FF FF FF FF FF\"",
	    "9 bytes, but", -1 },
	{ "size = 250;", "size = 32768;", "at most 32767 bytes", 0 },
	{ "\"A000000077 010303000000F100000002\"", "\"A000000003\"",
	    "the card manager has", -2 },
	{ "type = \"linear\"; size = 20", "type = \"linear\"; size = 1",
	    "records: 2 are more than size", 0 },
	{ "type = \"linear\"; size = 20", "type = \"linear\"",
	    "size is missing", 0 },
	{ "type = \"transparent\"; size = 16", "type = \"df\"; size = 16",
	    "only a transparent file or an object has content", 0 },
	{ "type = \"transparent\"; size = 16",
	    "type = \"transparent\"; size = 15", "16 bytes for", 2 },
	{ "size = 0x28;", "size = 0x128;", "one byte for a df", 0 },
	{ "key = \"commit\"; },", "key = \"commit\"; size = 1024; },",
	    "the key has 2048 bits", -1 },
	{ "key = \"commit\"; },", "key = \"auht\"; },", "no key \"auht\"", 0 },
	{ "key = \"commit\"; },", "blank = true; },", "a blank card has", -1 },
	{ "size = 36;", "size = 36; blank_content = true;",
	    "does not have this file", 0 },
	{ "\"24 24 00 24 24 00 24 FF\"; blank = true; },",
	    "\"24 24 00 24 24 00 24 FF\"; blank = true; },\n"
	    "{ path = \"3F00/1111\"; type = \"transparent\";\n"
	    "access = \"00 00 00 00 00 00 00 00\"; blank = true;\n"
	    "content = \"11\"; },", "size is missing: it cannot", 1 },
	{ "\"24 24 00 24 24 00 24 FF\"; blank = true; },",
	    "\"24 24 00 24 24 00 24 FF\"; blank = true; },\n"
	    "{ path = \"3F00/1111\"; type = \"transparent\"; size = 512;\n"
	    "access = \"00 00 00 00 00 00 00 00\"; blank = true;\n"
	    "blank_content = true; content = \"key.auth.modulus\"; },",
	    "a blank card has no keys or certificates", 1 },
	{ "owner = \"3F00/5011\"", "owner = \"3F00/5012\"",
	    "no directory 3F00/5012", 0 },
	{ "owner = \"3F00/5011\"", "owner = \"3F00/5011/1000\"",
	    "no directory", 0 },
	{ "role = \"user\"", "role = \"admin\"", "\"user\" or \"so\"", 0 },
	{ "unblock_tries = 3; ", "", "go together", -2 },
	{ "tries = 3; blank", "tries = 0; blank", "from 1 to 15", 0 },
	{ "reference = 0x04", "reference = 0x84", "from 1 to 31", 0 },
	{ "reference = 0x04;", "reference = 0x04; min = 4;",
	    "min and max go together", 0 },
	{ "reference = 0x04;", "reference = 0x04; min = 8; max = 4;",
	    "min is larger than max", 0 },
	{ "reference = 0x04;", "reference = 0x04; access = \"0000\";",
	    "this applet's pins have 0", 0 },
	{ "applet = \"authentic5\";",
	    "applet = \"authentic5\"; keep_verified = 1;",
	    "keep_verified: expected true or false", 0 },
	/* contents */
	{ "pin.user.unblock", "pin.user.value", "only unblock", 0 },
	{ "pin.user.unblock", "pin.so.unblock", "no unblock value", 0 },
	{ "pin.user.unblock", "pin.holder.unblock", "no pin \"holder\"", 0 },
	{ "bits(auth)", "bits(autg)", "no key \"autg\"", 0 },
	{ "u16(size(3F00/5011/9001/2001))", "u16(size(3F00/2001))",
	    "no file \"3F00/2001\"", 0 },
	{ "u16(size(3F00/5011/9001/2001))", "u16(size(3F00/5011/9001))",
	    "not transparent", 0 },
	{ "\"cert.auth.der\"", "\"u16(size(3F00/5011/9001/2001))\"",
	    "in a circle", 0 },
	{ "141, 00)\")\n", "256, 00)\")\n", "at most 255 fit", 0 },
};

/* The n-th line of text. */
static int
line_of(const char *text, const char *at)
{
	int n = 1;

	for (; text < at; text++)
		n += *text == '\n';
	return n;
}

static char *
read_text(const char *path)
{
	char *text = calloc(1, 1 << 16);
	FILE *f = fopen(path, "r");

	ck_assert_ptr_nonnull(text);
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_gt(fread(text, 1, (1 << 16) - 1, f), 0);
	(void)fclose(f);
	return text;
}

static enum cb_err
read_edited(const char *text, size_t before, const char *to,
    const char *after, char *path, struct cb_why *why)
{
	struct emu_profile *p = NULL;
	enum cb_err r;
	FILE *f;
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_ptr_nonnull(f = fdopen(fd, "w"));
	ck_assert_int_ge(
	    fprintf(f, "%.*s%s%s", (int)before, text, to, after), 0);
	ck_assert_int_eq(fclose(f), 0);
	r = emu_profile_read(&p, path, why);
	ck_assert_int_eq(unlink(path), 0);
	emu_profile_free(&p);
	return r;
}

START_TEST(profile_tells_where_a_mistake_is)
{
	char path[] = "/tmp/profile.XXXXXX", where[64];
	char *text = read_text(source(SHIPPED));
	const char *from = mistakes[_i].from;
	char *at = strstr(text, from);
	struct cb_why why = { "" };

	ck_assert_msg(at != NULL, "the profile has no %s", from);
	ck_assert_int_eq(read_edited(text, (size_t)(at - text),
	    mistakes[_i].to, at + strlen(from), path, &why), CB_E_FORMAT);
	ck_assert_msg(strstr(why.text, mistakes[_i].says) != NULL,
	    "\"%s\" is not in \"%s\"", mistakes[_i].says, why.text);
	if (mistakes[_i].below == NO_LINE)
		(void)snprintf(where, sizeof(where), "%s: ", path);
	else
		(void)snprintf(where, sizeof(where), "%s:%d: ", path,
		    mistakes[_i].below == TOP
			? 1 : line_of(text, at) + mistakes[_i].below);
	ck_assert_msg(strncmp(why.text, where, strlen(where)) == 0,
	    "\"%s\" does not begin \"%s\"", where, why.text);
	free(text);
}
END_TEST

/* An applet may allow fewer references of PINs than there are. */
START_TEST(profile_keeps_to_an_applets_references)
{
	static const struct {
		const char *to;
		enum cb_err want;
	} refs[] = { { "reference = 0x07", CB_OK },
		{ "reference = 0x08", CB_E_FORMAT },
		{ "reference = 0x1F", CB_E_FORMAT } };
	const char *from = "reference = 0x02";
	char *text = read_text(source("data/profiles/authentic3.profile"));
	char *at = strstr(text, from);
	struct cb_why why = { "" };

	ck_assert_ptr_nonnull(at);
	for (size_t i = 0; i < sizeof(refs) / sizeof(refs[0]); i++) {
		char path[] = "/tmp/profile.XXXXXX";

		ck_assert_int_eq(read_edited(text, (size_t)(at - text),
		    refs[i].to, at + strlen(from), path, &why), refs[i].want);
		if (refs[i].want != CB_OK)
			ck_assert_ptr_nonnull(strstr(why.text, "of pin puk: "
			    "this applet's pins have references from 1 to 7"));
	}
	free(text);
}
END_TEST

START_TEST(profile_answers_can_be_changed)
{
	char path[] = "/tmp/profile.XXXXXX";
	char *text = read_text(source(SHIPPED));
	struct cb_why why = { "" };
	size_t n = strlen(text);

	ck_assert_int_eq(read_edited(text, n,
	    "answers = { no-current-ef = 0x6985; };", "", path, &why), CB_OK);
	memcpy(path + strlen(path) - 6, "XXXXXX", 6);
	ck_assert_int_eq(read_edited(text, n,
	    "answers = { no-current-fe = 0x6985; };", "", path, &why),
	    CB_E_FORMAT);
	ck_assert(strstr(why.text, "no answer \"no-current-fe\"") != NULL);
	memcpy(path + strlen(path) - 6, "XXXXXX", 6);
	ck_assert_int_eq(read_edited(text, n,
	    "answers = { no-current-ef = 0x5985; };", "", path, &why),
	    CB_E_FORMAT);
	ck_assert(strstr(why.text, "expected the status word") != NULL);
	free(text);
}
END_TEST

/* Cut anywhere, a profile is refused and nothing is lost or overrun. */
START_TEST(profile_cut_off_is_refused)
{
	char *text = read_text(source(SHIPPED));
	size_t n = strlen(text);

	for (size_t i = 0; i < n - 4; i += 97) {
		char path[] = "/tmp/profile.XXXXXX";
		struct cb_why why = { "" };

		ck_assert_int_eq(
		    read_edited(text, i, "", "", path, &why), CB_E_FORMAT);
		ck_assert_str_ne(why.text, "");
	}
	free(text);
}
END_TEST

START_TEST(profile_files_that_are_none)
{
	struct emu_profile *p = NULL;
	struct cb_why why = { "" };

	ck_assert_int_eq(
	    emu_profile_read(&p, "/nonexistent/x", &why), CB_E_ABSENT);
	ck_assert(strstr(why.text, "/nonexistent/x") != NULL);
	ck_assert_int_eq(emu_profile_read(&p, "/", &why), CB_E_FORMAT);
	ck_assert_int_eq(emu_profile_read(&p, "/dev/zero", NULL), CB_E_FORMAT);
	ck_assert_ptr_null(p);
}
END_TEST

Suite *
profile_suite(void)
{
	Suite *s = suite_create("profile");
	TCase *shipped = tcase_create("shipped");
	TCase *wrong = tcase_create("mistakes");

	tcase_add_checked_fixture(shipped, shipped_setup, shipped_teardown);
	tcase_add_test(shipped, profile_authentic5_says_what_the_card_is);
	tcase_add_test(shipped, profile_authentic5_blank_has_the_mf_only);
	tcase_add_loop_test(shipped, profile_authentic5_access_bytes, 0,
	    (int)N(shipped_files));
	tcase_add_test(shipped, profile_authentic5_order_of_creation);
	tcase_add_test(shipped, profile_alias_is_followed);
	tcase_add_test(shipped, profile_draws_passcodes_that_its_policy_takes);
	suite_add_tcase(s, shipped);
	tcase_add_loop_test(
	    wrong, profile_tells_where_a_mistake_is, 0, (int)N(mistakes));
	tcase_add_test(wrong, profile_answers_can_be_changed);
	tcase_add_test(wrong, profile_keeps_to_an_applets_references);
	tcase_add_test(wrong, profile_cut_off_is_refused);
	tcase_add_test(wrong, profile_files_that_are_none);
	suite_add_tcase(s, wrong);
	return s;
}
