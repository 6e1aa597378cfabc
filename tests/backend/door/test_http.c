/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Heads of HTTP, and paths.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/door/http.h"
#include "backend/door/route.h"
#include "tests/backend/door/suites.h"

#define HOST "Host: a\r\n"

static const struct {
	const char *text;
	enum cb_err r;
	size_t length;
	bool close, expects;
} heads[] = {
	{ "GET /backend HTTP/1.1\r\n" HOST "\r\n", CB_OK, 0, false, false },
	{ "POST /hold HTTP/1.1\r\nhOST:a\r\ncontent-LENGTH:\t 7 \r\n\r\n",
	    CB_OK, 7, false, false },
	{ "GET / HTTP/1.0\r\n\r\n", CB_OK, 0, true, false },
	{ "GET / HTTP/1.1\r\n" HOST "Connection: keep-alive, close\r\n\r\n",
	    CB_OK, 0, true, false },
	{ "GET / HTTP/1.1\r\n" HOST "Connection: closer\r\n\r\n", CB_OK, 0,
	    false, false },
	{ "POST / HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n"
	  "Content-Length: 9\r\n\r\n", CB_OK, 9, false, true },
	{ "GET / HTTP/1.1\r\n" HOST "X:\r\n\r\n", CB_OK, 0, false, false },
	{ "", CB_E_SHORT, 0, false, false },
	{ "GET / HTTP/1.1\r\n" HOST "\r", CB_E_SHORT, 0, false, false },
	{ "GET / HTTP/1.1\r\n\r\n", CB_E_FORMAT, 0, false, false },
	{ "GET / HTTP/1.1\r\n" HOST HOST "\r\n", CB_E_FORMAT, 0, false,
	    false },
	{ "GET / HTTP/2.0\r\n" HOST "\r\n", CB_E_FORMAT, 0, false, false },
	{ "GET / http/1.1\r\n" HOST "\r\n", CB_E_FORMAT, 0, false, false },
	{ "GET  / HTTP/1.1\r\n" HOST "\r\n", CB_E_FORMAT, 0, false, false },
	{ "GET / HTTP/1.1 \r\n" HOST "\r\n", CB_E_FORMAT, 0, false, false },
	{ "GET https://a/ HTTP/1.1\r\n" HOST "\r\n", CB_E_FORMAT, 0, false,
	    false },
	{ "G(T / HTTP/1.1\r\n" HOST "\r\n", CB_E_FORMAT, 0, false, false },
	{ " GET / HTTP/1.1\r\n" HOST "\r\n", CB_E_FORMAT, 0, false, false },
	{ "\r\n\r\n", CB_E_FORMAT, 0, false, false },
	{ "GET / HTTP/1.1\n" HOST "\r\n\r\n", CB_E_FORMAT, 0, false, false },
	{ "GET / HTTP/1.1\r\n" HOST "X: a\nY: b\r\n\r\n", CB_E_FORMAT, 0,
	    false, false },
	{ "GET / HTTP/1.1\r\n" HOST "X: a\rY: b\r\n\r\n", CB_E_FORMAT, 0,
	    false, false },
	/* what smuggles requests */
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\n"
	  "Content-Length: 1\r\n\r\n", CB_E_FORMAT, 0, false, false },
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length: 1, 1\r\n\r\n",
	    CB_E_FORMAT, 0, false, false },
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length: +1\r\n\r\n",
	    CB_E_FORMAT, 0, false, false },
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n", CB_E_FORMAT,
	    0, false, false },
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length : 1\r\n\r\n",
	    CB_E_FORMAT, 0, false, false },
	{ "POST / HTTP/1.1\r\n" HOST " Content-Length: 1\r\n\r\n",
	    CB_E_FORMAT, 0, false, false },
	{ "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n",
	    CB_E_FORMAT, 0, false, false },
	{ "POST / HTTP/1.1\r\n" HOST
	  "Content-Length: 18446744073709551616\r\n\r\n", CB_E_LIMIT, 0,
	    false, false },
	{ "POST / HTTP/1.1\r\n" HOST "Expect: something\r\n\r\n",
	    CB_E_FORMAT, 0, false, false },
};

START_TEST(a_head_is_right_in_one_way)
{
	const struct cb_span in = cb_span_str(heads[_i].text);
	struct be_http_head head;
	enum cb_err r = be_http_head_get(in, &head);

	ck_assert_msg(r == heads[_i].r, "%s: %s", heads[_i].text,
	    cb_err_text(r));
	if (r != CB_OK)
		return;
	ck_assert_uint_eq(head.n, in.n);
	ck_assert_uint_eq(head.length, heads[_i].length);
	ck_assert_int_eq(head.close, heads[_i].close);
	ck_assert_int_eq(head.expects, heads[_i].expects);
	/* and each part of it is too little */
	for (size_t n = 0; n < in.n; n++)
		ck_assert_int_eq(
		    be_http_head_get(cb_span_head(in, n), &head), CB_E_SHORT);
}
END_TEST

START_TEST(a_head_has_an_end)
{
	static uint8_t much[BE_HTTP_HEAD_MAX + 1];
	struct be_http_head head;

	memset(much, 'a', sizeof(much));
	ck_assert_int_eq(be_http_head_get(
	    cb_span(much, BE_HTTP_HEAD_MAX - 1), &head), CB_E_SHORT);
	ck_assert_int_eq(be_http_head_get(
	    cb_span(much, BE_HTTP_HEAD_MAX), &head), CB_E_LIMIT);
}
END_TEST

#define ID "0102030405060708090a0b0c0d0e0f10"
#define ID2 "1112131415161718191a1b1c1d1e1f20"
static const struct {
	const char *method, *path;
	enum cb_err r;
	enum be_asked asked;
	bool person, stranger;
} paths[] = {
	{ "GET", "/backend", CB_OK, BE_ASKED_ABOUT, false, true },
	{ "GET", "/health", CB_OK, BE_ASKED_HEALTH, false, true },
	{ "POST", "/organisations/" ID "/enrol", CB_OK, BE_ASKED_ENROL, false,
	    true },
	{ "POST", "/organisations/" ID "/offer", CB_OK, BE_ASKED_OFFER, true,
	    false },
	{ "POST", "/organisations/" ID "/open", CB_OK, BE_ASKED_OPEN, true,
	    false },
	{ "POST", "/cards/" ID "/offer", CB_OK, BE_ASKED_OFFER, false,
	    false },
	{ "POST", "/cards/" ID "/open", CB_OK, BE_ASKED_OPEN, false, false },
	{ "POST", "/organisations/" ID "/sessions/" ID2, CB_OK,
	    BE_ASKED_COMMANDS, true, false },
	{ "POST", "/organisations/" ID "/sessions/", CB_E_ABSENT, 0, false,
	    false },
	{ "POST", "/organisations/" ID "/sessions", CB_E_ABSENT, 0, false,
	    false },
	{ "POST", "/sessions/" ID, CB_OK, BE_ASKED_COMMANDS, false, false },
	{ "POST", "/hold", CB_OK, BE_ASKED_HOLD, false, false },
	{ "GET", "/hold", CB_E_ARG, BE_ASKED_HOLD, false, false },
	{ "post", "/hold", CB_E_ARG, BE_ASKED_HOLD, false, false },
	{ "GET", "/", CB_E_ABSENT, 0, false, false },
	{ "GET", "/backend/", CB_E_ABSENT, 0, false, false },
	{ "GET", "/backend?x", CB_E_ABSENT, 0, false, false },
	{ "GET", "//backend", CB_E_ABSENT, 0, false, false },
	{ "POST", "/sessions/" ID "0", CB_E_ABSENT, 0, false, false },
	{ "POST", "/sessions/0102", CB_E_ABSENT, 0, false, false },
	{ "POST", "/sessions/0102030405060708090A0B0C0D0E0F10", CB_E_ABSENT,
	    0, false, false },
	{ "POST", "/cards/" ID "/", CB_E_ABSENT, 0, false, false },
	{ "POST", "/cards/" ID "/enrol", CB_E_ABSENT, 0, false, false },
	{ "POST", "/cards/../health", CB_E_ABSENT, 0, false, false },
};

START_TEST(a_path_is_one_of_the_table)
{
	static const uint8_t first[] = { 1, 2, 3, 4 };
	static const uint8_t second[] = { 17, 18, 19, 20 }, none[4];
	const struct be_route *route;
	struct be_route_ids ids;

	ck_assert_int_eq(be_route_find(cb_span_str(paths[_i].method),
	    cb_span_str(paths[_i].path), &route, &ids), paths[_i].r);
	if (paths[_i].r == CB_E_ABSENT) {
		ck_assert_ptr_null(route);
		return;
	}
	ck_assert_int_eq(route->asked, paths[_i].asked);
	ck_assert_int_eq(route->person, paths[_i].person);
	if (paths[_i].r == CB_OK)
		ck_assert_int_eq(route->stranger, paths[_i].stranger);
	if (strstr(paths[_i].path, ID) != NULL)
		ck_assert_mem_eq(ids.first, first, sizeof(first));
	ck_assert_mem_eq(ids.second,
	    strstr(paths[_i].path, ID2) != NULL ? second : none,
	    sizeof(second));
}
END_TEST

Suite *
http_suite(void)
{
	Suite *s = suite_create("http");
	TCase *tc = tcase_create("http");

	tcase_add_loop_test(tc, a_head_is_right_in_one_way, 0,
	    sizeof(heads) / sizeof(heads[0]));
	tcase_add_test(tc, a_head_has_an_end);
	tcase_add_loop_test(tc, a_path_is_one_of_the_table, 0,
	    sizeof(paths) / sizeof(paths[0]));
	suite_add_tcase(s, tc);
	return s;
}
