/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Reports as text: written and read again, and whatever else somebody may
 * send instead of one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/report/report.h"
#include "tests/cli/suites.h"

#define N(table) ((int)(sizeof(table) / sizeof((table)[0])))

static const char whole[] =
    "cardbridge-report 1\n"
    "# a remark\n"
    "reader \"a # reader\"\n"
    "atr 3BFB1100008131FE450031C06477E910000090006A\n"
    "protocol T=1\n"
    "cplc 9F7F2A 4090 ..*4 00*36\n"
    "guess authentic5 90\n"
    "fact authentic5 +30 \"its ATR\"\n"
    "fact authentic5 -40 \"nothing\"\n"
    "aid A000000003000000 6A82 card-manager\n"
    "aid A000000077010303000000F100000002 9000 authentic5\n"
    "  fci 6F00\n"
    "  file 3F00 df\n"
    "    size 16\n"
    "    access 24240024240024FF\n"
    "  file 3F00/5011 df\n"
    "  file 3F00/5011/1000 transparent\n"
    "    size 36\n"
    "    fci 6F00\n"
    "    read 6982\n"
    "    content ..*32 00\n"
    "      + 00 040D # flags\n"
    "  file 3F00/5011/3000 linear\n"
    "    record 1 1001\n"
    "    record 2 ..*3\n"
    "  pin 81 3F00/5011\n"
    "    answer 63C3\n"
    "    tries 3\n"
    "    limit 5\n"
    "    length 4 8\n"
    "    access 0000\n"
    "  object BF8101.A0 9000\n"
    "    data 70 00\n"
    "aid - 9000 from-reset\n"
    "  file 3F00 df\n"
    "aid E828BD080FF2504F5420415750 9000 iasecc-awp\n"
    "  within iasecc-oberthur\n"
    "  file 3F00/5015 df\n"
    "    name E828BD080FF2504F5420415750\n"
    "  file 3F00/5015/9001 rsa-private\n"
    "    template B6\n"
    "    commits\n"
    "    filled yes\n"
    "  file 3F00/5015/FB02 object\n"
    "    filled no\n"
    "  file 3F00/5015/7001 transparent\n"
    "    sfi 30\n"
    "remark \"something\"\n"
    "blotted \"certificates\"\n";

static enum cb_err
read_text(const char *text, size_t n, struct report **out, struct cb_why *why)
{
	char path[] = "/tmp/cb-report.XXXXXX";
	int fd = mkstemp(path);
	enum cb_err r;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, n), (ssize_t)n);
	ck_assert_int_eq(close(fd), 0);
	r = report_read(out, path, why);
	ck_assert_int_eq(remove(path), 0);
	return r;
}

START_TEST(report_is_read)
{
	struct report *r = NULL;
	struct cb_why why = { "" };
	const struct rep_app *app;
	const struct rep_file *f;

	ck_assert_msg(read_text(whole, strlen(whole), &r, &why) == CB_OK,
	    "%s", why.text);
	ck_assert_str_eq(r->reader, "a # reader");
	ck_assert_uint_eq(r->cplc.n, 45);
	ck_assert(r->cplc.hidden[5] && !r->cplc.hidden[4]);
	ck_assert_uint_eq(r->apps_n, 4);
	ck_assert_ptr_null(report_find_app(r, "card-manager"));
	app = report_find_app(r, "authentic5");
	f = rep_find_file(app, "3F00/5011/1000");
	ck_assert_uint_eq(f->content.n, 36);
	ck_assert_uint_eq(f->content.p[34], 0x04);
	ck_assert_uint_eq(f->read_sw, 0x6982);
	ck_assert_uint_eq(rep_find_file(app, "3F00/5011/3000")->records_n, 2);
	ck_assert_int_eq(app->pins[0].tries, 3);
	ck_assert_int_eq(app->pins[0].max, 8);
	ck_assert_uint_eq(app->objects[0].data.n, 2);
	ck_assert_uint_eq(report_find_app(r, "from-reset")->aid_n, 0);
	app = report_find_app(r, "iasecc-awp");
	ck_assert_str_eq(app->within, "iasecc-oberthur");
	ck_assert_uint_eq(rep_find_file(app, "3F00/5015")->name_n, 13);
	f = rep_find_file(app, "3F00/5015/9001");
	ck_assert_uint_eq(f->template, 0xB6);
	ck_assert(f->commits && f->filled == REP_YES);
	f = rep_find_file(app, "3F00/5015/FB02");
	ck_assert(f->type == REP_OBJECT && f->filled == REP_NO);
	ck_assert_uint_eq(rep_find_file(app, "3F00/5015/7001")->sfi, 30);
	report_free(&r);
}
END_TEST

/* Written, read and written again it is the same text. */
START_TEST(report_comes_round)
{
	struct cb_buf one = CB_BUF_INIT, two = CB_BUF_INIT;
	struct report *r = NULL;
	struct cb_why why = { "" };

	ck_assert_int_eq(
	    read_text(whole, strlen(whole), &r, &why), CB_OK);
	ck_assert_int_eq(report_write(r, &one), CB_OK);
	report_free(&r);
	ck_assert_msg(read_text((const char *)one.p, one.n, &r, &why) ==
	    CB_OK, "%s", why.text);
	ck_assert_int_eq(report_write(r, &two), CB_OK);
	ck_assert_uint_eq(one.n, two.n);
	ck_assert_mem_eq(one.p, two.p, one.n);
	report_free(&r);
	cb_buf_free(&one);
	cb_buf_free(&two);
}
END_TEST

static const char top[] = "cardbridge-report 1\natr 3B00\n";

static const struct {
	const char *text;	/* line 3 and on */
	unsigned line;
	const char *says;
} mistakes[] = {
	{ "nonsense 1\n", 3, "no line begins with" },
	{ "file 3F00 df\n", 3, "nothing stands above" },
	{ "aid A0000000 9000 x\nsize 3\n", 4, "nothing stands above" },
	{ "\n# x\nguess authentic5 101\n", 5, "up to 100" },
	{ "guess ../../x 50\n", 3, "expected a word" },
	{ "guess x.profile 50\n", 3, "no kind" },
	{ "aid A0 9000 x\nfile 3F00/501 df\n", 4, "file identifiers" },
	{ "aid A0 9000 x\nfile 3F00 dff\n", 4, "no type" },
	{ "aid A0 9000 x\nfile 3F00 df\nfile 3F00 df\n", 5, "before" },
	{ "aid A0 9000 x\nfile 3F00 df\nsize 70000\n", 5, "up to 65535" },
	{ "aid A0 9000 x\nfile 3F00 df\nsize -1\n", 5, "up to 65535" },
	{ "aid A0 9000 x\nfile 3F00 df\nsize 1 2\n", 5, "more than" },
	{ "aid A0 9000 x\nfile 3F00 df\ncontent 0\n", 5, "pairs" },
	{ "aid A0 9000 x\nfile 3F00 df\ncontent 00*\n", 5, "after *" },
	{ "aid A0 9000 x\nfile 3F00 df\ncontent 00*99999\n", 5, "after *" },
	{ "aid A0 9000 x\nfile 3F00 df\ncontent 00*65536 00\n", 5,
	    "more than 65536 bytes" },
	{ "aid A0 9000 x\nfile 3F00 df\ncontent 00\ncontent 00\n", 6,
	    "said before" },
	{ "aid A0 9000 x\nfile 3F00 df\nrecord 2 00\n", 5, "number 1" },
	{ "aid A0 9000 x\npin 100 3F00\n", 4, "up to 255" },
	{ "aid A0 9000 x\npin 81 5011\n", 4, "path of its DF" },
	{ "aid A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0 9000 x\n", 3, "16 bytes" },
	{ "aid A0 xyz x\n", 3, "status word" },
	{ "aid A0 9000 x\nwithin ../x\n", 4, "expected a word" },
	{ "aid A0 9000 x\nsfi 1\n", 4, "nothing stands above" },
	{ "aid A0 9000 x\nfile 3F00 df\nsfi 31\n", 5, "up to 30" },
	{ "aid A0 9000 x\nfile 3F00 df\nname A\n", 5, "16 bytes" },
	{ "aid A0 9000 x\nfile 3F00 df\nfilled maybe\n", 5, "yes or no" },
	{ "aid A0 9000 x\nfile 3F00 df\ntemplate 1B6\n", 5, "up to 255" },
	{ "+ 00\n", 3, "go on with" },
	{ "reader x\n", 3, "quotation marks" },
	{ "reader \"x\n", 3, "quotation marks" },
	{ "protocol T=2\n", 3, "T=0 or T=1" },
	{ "fact x plus \"y\"\n", 3, "points" },
	{ "atr 3B\n", 3, "not a whole ATR" },
	{ "reader \"x\"\n", 4, "without a guess" },
};

START_TEST(report_mistakes_have_lines)
{
	char text[512], where[32];
	struct report *r = NULL;
	struct cb_why why = { "" };

	(void)snprintf(
	    text, sizeof(text), "%s%s", top, mistakes[_i].text);
	ck_assert_int_eq(
	    read_text(text, strlen(text), &r, &why), CB_E_FORMAT);
	ck_assert_ptr_null(r);
	(void)snprintf(where, sizeof(where), ":%u: ", mistakes[_i].line);
	ck_assert_msg(strstr(why.text, where) != NULL &&
	    strstr(why.text, mistakes[_i].says) != NULL, "%s", why.text);
}
END_TEST

static const char *const foreign[] = { "", "\n", "cardbridge-report",
	"cardbridge-report 2\natr 3B00\nguess x 1\n", "{ \"a\": 1 }\n",
	"name = \"authentic5\";\n" };

START_TEST(report_is_no_other_file)
{
	struct report *r = NULL;
	struct cb_why why = { "" };

	ck_assert_int_eq(read_text(foreign[_i], strlen(foreign[_i]), &r,
	    &why), CB_E_FORMAT);
	ck_assert_ptr_nonnull(strstr(why.text, ":1: "));
}
END_TEST

/* Cut off anywhere, or with any byte another: no harm. */
START_TEST(report_survives_damage)
{
	static const char bytes[] = "\"*+. 0Z\n\xFF";
	char text[sizeof(whole)];
	struct cb_why why = { "" };

	for (size_t i = 0; i < strlen(whole); i++)
		for (size_t j = 0; j < sizeof(bytes); j++) {
			struct report *r = NULL;

			memcpy(text, whole, sizeof(whole));
			text[i] = bytes[j];
			(void)!read_text(text,
			    bytes[j] == '\0' ? i : strlen(whole), &r, &why);
			report_free(&r);
		}
}
END_TEST

Suite *
report_suite(void)
{
	Suite *s = suite_create("report");
	TCase *tc = tcase_create("report"), *slow = tcase_create("slow");

	tcase_add_test(tc, report_is_read);
	tcase_add_test(tc, report_comes_round);
	tcase_add_loop_test(tc, report_mistakes_have_lines, 0, N(mistakes));
	tcase_add_loop_test(tc, report_is_no_other_file, 0, N(foreign));
	tcase_add_test(slow, report_survives_damage);
	tcase_set_tags(slow, "slow");
	tcase_set_timeout(slow, 60);
	suite_add_tcase(s, tc);
	suite_add_tcase(s, slow);
	return s;
}
