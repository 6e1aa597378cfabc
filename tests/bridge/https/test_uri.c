/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * URIs of cards in a backend.
 */
#include <string.h>

#include "bridge/https/uri.h"
#include "bridge/https/retry.h"
#include "tests/bridge/https/rig.h"

#define ID "0123456789abcdef0123456789abcdef"
#define CARD "//h.example:8443/cards/" ID

static const struct {
	const char *uri, *origin, *identity;
	bool inspected, take_over;
} good[] = {
	{ CARD, "https://h.example:8443", "", false, false },
	{ "//h/cards/" ID, "https://h", "", false, false },
	{ "//10.0.0.1:1/cards/" ID, "https://10.0.0.1:1", "", false, false },
	{ "//[::1]:65535/cards/" ID, "https://[::1]:65535", "", false, false },
	{ CARD "?identity=/a/b", "https://h.example:8443", "/a/b", false,
	    false },
	{ CARD "?inspected&identity=/a%20b%26%25&takeover",
	    "https://h.example:8443", "/a b&%", true, true },
};

START_TEST(a_uri_is_taken_apart)
{
	struct br_https_uri u;
	struct cb_why why = { "" };

	ck_assert_msg(br_https_uri_get(&u, good[_i].uri, &why) == CB_OK, "%s",
	    why.text);
	ck_assert_str_eq(u.origins[0], good[_i].origin);
	ck_assert_uint_eq(u.origins_n, 1);
	ck_assert_str_eq(u.identity, good[_i].identity);
	ck_assert(u.inspected == good[_i].inspected);
	ck_assert(u.take_over == good[_i].take_over);
	ck_assert_uint_eq(u.card[0], 0x01);
	ck_assert_uint_eq(u.card[15], 0xEF);
}
END_TEST

START_TEST(a_backend_may_be_at_several_places)
{
	struct br_https_uri u, v;

	ck_ok(br_https_uri_get(&u, CARD "?also=two:1&identity=/a&also=[::1]:2"
	    "&tls12", NULL));
	ck_assert_uint_eq(u.origins_n, 3);
	ck_assert_str_eq(u.origins[1], "https://two:1");
	ck_assert_str_eq(u.origins[2], "https://[::1]:2");
	ck_assert(u.tls12 && !u.inspected);
	/* another card there, too, is waited for together with it */
	ck_ok(br_https_uri_get(&v, CARD "?also=two:1&identity=/a&tls12"
	    "&also=[::1]:2&takeover", NULL));
	ck_assert(br_https_same(&u, &v));
	ck_ok(br_https_uri_get(&v, CARD "?also=two:1&identity=/a&tls12",
	    NULL));
	ck_assert(!br_https_same(&u, &v));
	ck_ok(br_https_uri_get(&v, CARD "?also=two:1&identity=/a"
	    "&also=[::1]:2", NULL));
	ck_assert(!br_https_same(&u, &v));
}
END_TEST

START_TEST(a_backend_s_own_url)
{
	static const char *const none[] = { "https://h:1?takeover",
		"https://h:1?identity=/a", "https://h:1?also=b:1",
		"https://h:1?inspecte", "https://h:1/x" };
	struct br_https_uri u;

	ck_ok(br_https_origin_get(&u, "https://h:1/?inspected&tls12", NULL));
	ck_assert(u.inspected && u.tls12);
	ck_assert_str_eq(u.origins[0], "https://h:1");
	ck_ok(br_https_origin_get(&u, "https://h:1", NULL));
	ck_assert(!u.inspected && !u.tls12);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		ck_err(br_https_origin_get(&u, none[i], NULL), CB_E_ARG);
}
END_TEST

static const struct {
	const char *uri, *words;
} bad[] = {
	{ "h/cards/" ID, "two slashes" },
	{ "//me:secret@h/cards/" ID, "no secret" },
	{ "//me@h/cards/" ID, "no secret" },
	{ "///cards/" ID, "no host" },
	{ "//h:0/cards/" ID, "no host" },
	{ "//h:65536/cards/" ID, "no host" },
	{ "//h:1x/cards/" ID, "no host" },
	{ "//h x/cards/" ID, "no host" },
	{ "//a:b:1/cards/" ID, "no host" },
	{ "//h/card/" ID, "/cards/ID" },
	{ "//h/cards/" ID "0", "32 hexadecimal" },
	{ "//h/cards/0123", "32 hexadecimal" },
	{ "//h/cards/0123456789ABCDEF0123456789ABCDEF", "32 hexadecimal" },
	{ CARD "#x", "32 hexadecimal" },
	{ CARD "?identity=a", "absolute path" },
	{ CARD "?identity=/a%0", "absolute path" },
	{ CARD "?identity=/a%00", "absolute path" },
	{ CARD "?also=", "host and port" },
	{ CARD "?also=https://b:1", "host and port" },
	{ CARD "?also=b:1/cards", "host and port" },
	{ CARD "?also=me:secret@b:1", "host and port" },
	{ CARD "?also=b&also=c&also=d&also=e", "more places" },
	{ CARD "?tls12=secret", "no place" },
	{ CARD "?token=secret", "no place" },
	{ CARD "?pin=secret&inspected", "no place" },
};

START_TEST(what_is_none_is_refused_and_not_repeated)
{
	struct br_https_uri u;
	struct cb_why why = { "" };

	ck_err(br_https_uri_get(&u, bad[_i].uri, &why), CB_E_ARG);
	ck_assert_msg(strstr(why.text, bad[_i].words) != NULL, "%s", why.text);
	ck_assert_ptr_null(strstr(why.text, "secret@"));
	ck_assert_ptr_null(strstr(why.text, "=secret"));
}
END_TEST

/* At most a second in the first minute, half a minute later, never alike. */
START_TEST(who_tries_again_waits_longer_each_time)
{
	struct br_retry r = { 0, 0 };
	uint64_t now = 5000;
	unsigned ms, most = 0;
	bool alike = true;

	for (unsigned i = 0; now < 65000; i++) {
		ms = br_retry_failed(&r, now);
		ck_assert_uint_ge(ms, 25);
		ck_assert_uint_le(ms, 1000);
		alike = alike && (i < 8 || ms == most);
		most = ms > most ? ms : most;
		now += ms;
	}
	ck_assert(!alike);
	ck_assert_uint_gt(most, 500);
	for (int i = 0; i < 12; i++) {
		ms = br_retry_failed(&r, now);
		ck_assert_uint_le(ms, 30000);
		now += ms;
	}
	ck_assert_uint_ge(ms, 15000);
	br_retry_worked(&r);
	ck_assert_uint_le(br_retry_failed(&r, now), 50);
}
END_TEST

Suite *
uri_suite(void)
{
	Suite *s = suite_create("uri");
	TCase *t = tcase_create("uri");

	tcase_add_loop_test(t, a_uri_is_taken_apart, 0,
	    (int)(sizeof(good) / sizeof(good[0])));
	tcase_add_loop_test(t, what_is_none_is_refused_and_not_repeated, 0,
	    (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(t, a_backend_may_be_at_several_places);
	tcase_add_test(t, a_backend_s_own_url);
	tcase_add_test(t, who_tries_again_waits_longer_each_time);
	suite_add_tcase(s, t);
	return s;
}
