/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The configuration file: what it may say, and where it is wrong.
 */
#include <stdio.h>
#include <string.h>

#include "bridge/config.h"
#include "tests/bridge/harness.h"

static struct place at;
static char path[512];

static void
setup(void)
{
	place_make(&at);
	snprintf(path, sizeof(path), "%s/conf", at.dir);
	br_link_register(&fake_link);
}

static void
teardown(void)
{
	place_clear(&at);
}

static void
write_config(const char *text)
{
	FILE *f = fopen(path, "we");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
}

START_TEST(everything_that_may_be_said)
{
	struct br_config c;
	struct cb_why why = { "" };

	write_config("socket = \"/run/x/socket\";\n"
		     "state-dir = \"/var/lib/x\";\n"
		     "group = \"root\"; // ours\n"
		     "exchange-ms = 2000;\n"
		     "long-ms = 30000;\n"
		     "log = \"debug\";\n"
		     "readers = (\n"
		     "  { name = \"desk\"; uri = \"fake:1\"; },\n"
		     "  { name = \"b\"; uri = \"emu:/a b\"; }\n"
		     ");\n");
	ck_assert_msg(br_config_read(&c, path, &why) == CB_OK, "%s",
	    why.text);
	ck_assert_str_eq(c.socket, "/run/x/socket");
	ck_assert_str_eq(c.state_dir, "/var/lib/x");
	ck_assert(c.grouped);
	ck_assert_uint_eq(c.group, 0);
	ck_assert_uint_eq(c.exchange_ms, 2000);
	ck_assert_uint_eq(c.long_ms, 30000);
	ck_assert(c.log_given);
	ck_assert_int_eq(c.log, CB_LOG_DEBUG);
	ck_assert_uint_eq(c.n_readers, 2);
	ck_assert_str_eq(c.readers[1].name, "b");
	ck_assert_str_eq(c.readers[1].uri, "emu:/a b");
	br_config_clear(&c);
}
END_TEST

START_TEST(nothing_need_be_said)
{
	struct br_config c;

	write_config("# nothing\n");
	ck_ok(br_config_read(&c, path, NULL));
	ck_assert_ptr_null(c.socket);
	ck_assert(!c.grouped);
	br_config_clear(&c);
}
END_TEST

static const struct {
	const char *text, *says;
} wrong[] = {
	{ "\nsocket = 5;\n", "line 2" },
	{ "socket = \"relative\";\n", "absolute" },
	{ "\n\nsokcet = \"/x\";\n", "line 3: there is no such setting" },
	{ "group = \"no-such-group-here\";\n", "no such group" },
	{ "exchange-ms = 1;\n", "milliseconds" },
	{ "long-ms = -5;\n", "milliseconds" },
	{ "log = \"loud\";\n", "debug" },
	{ "readers = ( 5 );\n", "line 1" },
	{ "readers = (\n { name = \"a\"; } );\n", "name and uri" },
	{ "readers = (\n{ name = \"a b\";\nuri = \"fake:1\"; } );\n",
	    "letters" },
	{ "readers = ( { name = \"a\"; uri = \"x:1\"; } );\n", "URI" },
	{ "readers = ( { name = \"a\"; uri = \"emu:x\"; } );\n",
	    "absolute" },
	{ "readers = ( { name = \"a\"; uri = 5; } );\n", "string" },
	{ "readers = ( { name = \"a\"; url = \"x\"; } );\n", "nothing else" },
	{ "socket = \"/x\"\n\nstate-dir = ;\n", "line 3" },
};

START_TEST(mistakes_are_told_with_their_line)
{
	struct br_config c;
	struct cb_why why = { "" };

	write_config(wrong[_i].text);
	ck_err(br_config_read(&c, path, &why), CB_E_FORMAT);
	ck_assert_msg(strstr(why.text, wrong[_i].says) != NULL, "%s",
	    why.text);
	ck_assert_ptr_nonnull(strstr(why.text, path));
}
END_TEST

START_TEST(a_missing_file_is_told)
{
	struct br_config c;
	struct cb_why why = { "" };

	ck_err(br_config_read(&c, path, &why), CB_E_ABSENT);
	ck_assert_ptr_nonnull(strstr(why.text, path));
}
END_TEST

Suite *
config_suite(void)
{
	Suite *s = suite_create("config");
	TCase *t = tcase_create("config");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, everything_that_may_be_said);
	tcase_add_test(t, nothing_need_be_said);
	tcase_add_loop_test(t, mistakes_are_told_with_their_line, 0,
	    (int)(sizeof(wrong) / sizeof(wrong[0])));
	tcase_add_test(t, a_missing_file_is_told);
	suite_add_tcase(s, t);
	return s;
}
