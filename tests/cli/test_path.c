/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Paths as the command makes them: absolute, and where profiles are.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "tests/cli/suites.h"

#define N(table) ((int)(sizeof(table) / sizeof((table)[0])))

static const struct {
	const char *uri, *want;
} uris[] = {
	{ "emu:/nonexistent/a.card", "emu:/nonexistent/a.card" },
	{ "emu:nonexistent.card", "emu:/tmp/nonexistent.card" },
	{ "emu:../dev/null", "emu:/dev/null" },
	{ "emu:a b\xC3\xBC", "emu:/tmp/a b\xC3\xBC" },
	{ "vpcd://localhost:35963", "vpcd://localhost:35963" },
};

START_TEST(path_of_an_uri)
{
	char *got;

	ck_assert_int_eq(chdir("/tmp"), 0);
	got = cli_absolute_uri(uris[_i].uri);
	ck_assert_str_eq(got, uris[_i].want);
	free(got);
}
END_TEST

/* One card at two places, and what is not. */
static const struct {
	const char *uri, *other, *want;
} places[] = {
	{ "https://a:1/cards/00", "https://b:2/cards/00",
	    "https://a:1/cards/00?also=b:2" },
	{ "https://a/cards/00?tls12&also=c", "https://[::1]:2/cards/00",
	    "https://a/cards/00?also=[::1]:2&tls12&also=c" },
	{ "https://a:1/cards/00", "https://b:2/cards/01", NULL },
	{ "https://a:1/cards/00", "https://b:2/cards/0", NULL },
	{ "https://a:1/cards/00", "https://b:2/cards/00?tls12", NULL },
	{ "https://a:1/cards/00", "https://b:2", NULL },
	{ "https://a:1/cards/00", "emu:/a.card", NULL },
	{ "emu:/a.card", "https://b:2/cards/00", NULL },
	{ "emu:", "https://b:2/cards/00", NULL },
};

START_TEST(path_of_a_card_at_two_places)
{
	char *got = cli_uri_also(places[_i].uri, places[_i].other);

	ck_assert_pstr_eq(got, places[_i].want);
	free(got);
}
END_TEST

static const struct {
	const char *name, *dir, *want;
} profiles[] = {
	{ "authentic5", "/p", "/p/authentic5.profile" },
	{ "./x", "/p", "./x" },
	{ "x.profile", "/p", "x.profile" },
	{ ".profile", "/p", "/p/.profile.profile" },
};

START_TEST(path_of_a_profile)
{
	char *got;

	ck_assert_int_eq(
	    setenv("CARDBRIDGE_PROFILES", profiles[_i].dir, 1), 0);
	got = cli_profile_path(profiles[_i].name);
	ck_assert_str_eq(got, profiles[_i].want);
	free(got);
}
END_TEST

Suite *
path_suite(void)
{
	Suite *s = suite_create("path");
	TCase *tc = tcase_create("path");

	tcase_add_loop_test(tc, path_of_an_uri, 0, N(uris));
	tcase_add_loop_test(
	    tc, path_of_a_card_at_two_places, 0, N(places));
	tcase_add_loop_test(tc, path_of_a_profile, 0, N(profiles));
	suite_add_tcase(s, tc);
	return s;
}
