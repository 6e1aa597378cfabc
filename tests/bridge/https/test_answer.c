/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Answers of HTTP: what is one, in any pieces, and what is none.
 */
#include <stdio.h>
#include <string.h>

#include "bridge/https/http_answer.h"
#include "tests/bridge/https/rig.h"

#define MOST 20
#define OK "HTTP/1.1 200 OK\r\n"
#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

/* All of `in` in pieces of `piece` bytes, each on a heap of its own for
 * sanitizers; *left: what was behind the answer. */
static enum cb_err
take(struct br_http_reader *r, struct cb_span in, size_t piece,
    struct cb_buf *body, size_t *left)
{
	struct cb_buf copy = CB_BUF_INIT;
	struct cb_span one;
	enum cb_err e = CB_E_SHORT;

	cb_buf_clear(body);
	br_http_reader_begin(r, MOST);
	ck_assert(!r->begun);
	while (e == CB_E_SHORT && in.n > 0) {
		cb_buf_free(&copy);
		ck_ok(cb_buf_set(&copy, cb_span_head(in, piece)));
		one = cb_buf_span(&copy);
		e = br_http_reader_take(r, &one, body);
		ck_assert(r->begun);
		ck_assert(e != CB_E_SHORT || one.n == 0);
		in = cb_span_tail(in, copy.n - one.n);
	}
	*left = in.n;
	cb_buf_free(&copy);
	return e;
}

static const struct {
	const char *text;
	unsigned status, retry_s;
	bool close;
	const char *body;
	size_t behind;
} answers[] = {
	{ OK "Content-Length: 5\r\n\r\nhello", 200, 0, false, "hello", 0 },
	{ OK "content-LENGTH:\t5 \r\n\r\nhello!", 200, 0, false, "hello", 1 },
	{ OK "Content-Length: 0\r\n\r\n", 200, 0, false, "", 0 },
	{ OK "Content-Length: 20\r\n\r\n01234567890123456789", 200, 0, false,
	    "01234567890123456789", 0 },
	{ "HTTP/1.1 503 \r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", 503,
	    7, false, "", 0 },
	{ "HTTP/1.1 503\r\nRetry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n"
	  "Content-Length: 0\r\n\r\n", 503, 0, false, "", 0 },
	{ "HTTP/1.1 503 X\r\nRetry-After: 86400\r\nContent-Length: 0\r\n\r\n",
	    503, 0, false, "", 0 },
	{ OK "Connection: keep-alive, Close\r\nContent-Length: 1\r\n\r\nx",
	    200, 0, true, "x", 0 },
	{ OK "Connection: keep-alive\r\nContent-Length: 1\r\n\r\nx", 200, 0,
	    false, "x", 0 },
	{ "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, 0, true, "x",
	    0 },
	/* said on the way */
	{ "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: a\r\n"
	  "Connection: close\r\nRetry-After: 9\r\n\r\n" OK
	  "Content-Length: 1\r\n\r\nx", 200, 0, false, "x", 0 },
	/* without a body, whatever they say */
	{ "HTTP/1.1 204 No Content\r\n\r\n", 204, 0, true, "", 0 },
	{ "HTTP/1.1 304 X\r\nContent-Length: 9\r\n\r\nxy", 304, 0, true, "",
	    2 },
	{ CHUNKED "5\r\nhello\r\n00\r\n\r\n", 200, 0, false, "hello", 0 },
	{ CHUNKED "2 ; a=\"b\"\r\nhe\r\n003\r\nllo\r\n0;x\r\nA: b\r\nC:\r\n"
	  "\r\n!!", 200, 0, false, "hello", 2 },
	{ CHUNKED "0\r\n\r\n", 200, 0, false, "", 0 },
	{ CHUNKED "A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", 200, 0,
	    false, "01234567890123456789", 0 },
};

/* Split at every byte; short up to the last one. */
START_TEST(an_answer_is_the_same_in_any_pieces)
{
	struct br_http_reader r = { .status = 0 };
	struct cb_span in = cb_span_str(answers[_i].text);
	struct cb_buf body = CB_BUF_INIT;
	size_t left;

	for (size_t piece = 1; piece <= in.n; piece++) {
		ck_ok(take(&r, in, piece, &body, &left));
		ck_assert_uint_eq(r.status, answers[_i].status);
		ck_assert_uint_eq(r.retry_after_s, answers[_i].retry_s);
		ck_assert(r.close == answers[_i].close);
		ck_assert(cb_span_equal(cb_buf_span(&body),
		    cb_span_str(answers[_i].body)));
		ck_assert_uint_eq(left, answers[_i].behind);
		ck_assert(br_http_reader_end(&r));
	}
	for (size_t n = 0; n < in.n - answers[_i].behind; n++) {
		ck_err(take(&r, cb_span_head(in, n), in.n, &body, &left),
		    CB_E_SHORT);
		ck_assert(!br_http_reader_end(&r));
	}
	br_http_reader_clear(&r);
	cb_buf_free(&body);
}
END_TEST

/* Only the end of the connection tells that these are whole. */
START_TEST(a_body_without_a_length_goes_up_to_the_end)
{
	static const char *const texts[] = { OK "\r\nhello",
		"HTTP/1.0 200 OK\r\n\r\nhello",
		OK "Connection: keep-alive\r\n\r\nhello" };
	struct br_http_reader r = { .status = 0 };
	struct cb_buf body = CB_BUF_INIT;
	size_t left;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct cb_span in = cb_span_str(texts[i]);

		for (size_t piece = 1; piece <= in.n; piece++) {
			ck_err(take(&r, in, piece, &body, &left), CB_E_SHORT);
			ck_assert(br_http_reader_end(&r));
			ck_assert(r.close);
			ck_assert(cb_span_equal(
			    cb_buf_span(&body), cb_span_str("hello")));
		}
	}
	br_http_reader_clear(&r);
	cb_buf_free(&body);
}
END_TEST

static const struct {
	const char *text;
	enum cb_err want;
} refused[] = {
	/* what begins it */
	{ "\r\n", CB_E_FORMAT },
	{ "HTTP/1.2 200 OK\r\n", CB_E_FORMAT },
	{ "HTTP/2 200 OK\r\n", CB_E_FORMAT },
	{ "http/1.1 200 OK\r\n", CB_E_FORMAT },
	{ "HTTP/1.1  200 OK\r\n", CB_E_FORMAT },
	{ "HTTP/1.1 20 OK\r\n", CB_E_FORMAT },
	{ "HTTP/1.1 2000 OK\r\n", CB_E_FORMAT },
	{ "HTTP/1.1 099 OK\r\n", CB_E_FORMAT },
	{ "HTTP/1.1 +20 OK\r\n", CB_E_FORMAT },
	{ "HTTP/1.1\r\n", CB_E_FORMAT },
	{ "HTTP/1.1 200 O\rK\r\n", CB_E_FORMAT },
	{ "HTTP/1.1 200 OK\n", CB_E_FORMAT },
	{ "\n", CB_E_FORMAT },
	/* another protocol, which nobody asked for */
	{ "HTTP/1.1 101 Switching\r\n", CB_E_FORMAT },
	/* fields */
	{ OK "A : b\r\n", CB_E_FORMAT },
	{ OK "A b\r\n", CB_E_FORMAT },
	{ OK "A: b\r\n c\r\n", CB_E_FORMAT },
	{ OK "A: b\n", CB_E_FORMAT },
	{ OK "A: b\r\n\n", CB_E_FORMAT },
	{ OK "A: \x01\r\n", CB_E_FORMAT },
	/* lengths */
	{ OK "Content-Length: 1\r\nContent-Length: 1\r\n", CB_E_FORMAT },
	{ OK "Content-Length: 1, 1\r\n", CB_E_FORMAT },
	{ OK "Content-Length: -1\r\n", CB_E_FORMAT },
	{ OK "Content-Length: +1\r\n", CB_E_FORMAT },
	{ OK "Content-Length: 0x1\r\n", CB_E_FORMAT },
	{ OK "Content-Length:\r\n", CB_E_FORMAT },
	{ OK "Content-Length: 21\r\n\r\n", CB_E_LIMIT },
	{ OK "Content-Length: 18446744073709551616\r\n", CB_E_LIMIT },
	{ OK "\r\n012345678901234567890", CB_E_LIMIT },
	{ "HTTP/1.1 100 X\r\nContent-Length: 1\r\n\r\n", CB_E_FORMAT },
	{ "HTTP/1.1 100 X\r\nTransfer-Encoding: chunked\r\n\r\n",
	    CB_E_FORMAT },
	/* two of them */
	{ OK "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
	    CB_E_FORMAT },
	{ OK "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
	    CB_E_FORMAT },
	{ OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
	    CB_E_FORMAT },
	{ OK "Transfer-Encoding: gzip, chunked\r\n", CB_E_FORMAT },
	{ OK "Transfer-Encoding: identity\r\n", CB_E_FORMAT },
	{ "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
	    CB_E_FORMAT },
	/* chunks */
	{ CHUNKED "\r\n", CB_E_FORMAT },
	{ CHUNKED ";a\r\n", CB_E_FORMAT },
	{ CHUNKED "-1\r\n", CB_E_FORMAT },
	{ CHUNKED " 1\r\n", CB_E_FORMAT },
	{ CHUNKED "0x1\r\n", CB_E_FORMAT },
	{ CHUNKED "1 a\r\n", CB_E_FORMAT },
	{ CHUNKED "1\n", CB_E_FORMAT },
	{ CHUNKED "1;a\x01\r\n", CB_E_FORMAT },
	{ CHUNKED "1\r\nxy\r\n", CB_E_FORMAT },
	{ CHUNKED "1\r\nx\n", CB_E_FORMAT },
	{ CHUNKED "15\r\n", CB_E_LIMIT },
	{ CHUNKED "14\r\n01234567890123456789\r\n1\r\n", CB_E_LIMIT },
	{ CHUNKED "10000000000000001\r\n", CB_E_LIMIT },
	{ CHUNKED "0\r\nA b\r\n", CB_E_FORMAT },
	{ CHUNKED "0\r\n A: b\r\n", CB_E_FORMAT },
};

/* With its last byte, and not before. */
START_TEST(what_can_be_read_in_two_ways_is_refused)
{
	struct br_http_reader r = { .status = 0 };
	struct cb_span in = cb_span_str(refused[_i].text);
	struct cb_buf body = CB_BUF_INIT;
	size_t left;

	for (size_t piece = 1; piece <= in.n; piece++)
		ck_err(take(&r, in, piece, &body, &left), refused[_i].want);
	ck_err(take(&r, cb_span_head(in, in.n - 3), 1, &body, &left),
	    in.n > 3 ? CB_E_SHORT : refused[_i].want);
	br_http_reader_clear(&r);
	cb_buf_free(&body);
}
END_TEST

static void
add(struct cb_buf *b, const char *text)
{
	ck_ok(cb_buf_add(b, cb_span_str(text)));
}

static const struct {
	const char *begin, *again;
	size_t most;
} floods[] = {
	{ "", "HTTP/1.1 100 Continue\r\n\r\n", BR_HTTP_HEAD_MAX },
	{ OK, "A: b\r\n", BR_HTTP_HEAD_MAX },
	{ OK "A: ", "b", BR_HTTP_HEAD_MAX },
	{ "", "H", BR_HTTP_HEAD_MAX },
	{ CHUNKED "0\r\n", "A: b\r\n", sizeof(CHUNKED) + 2 + BR_HTTP_HEAD_MAX },
	{ CHUNKED "1;", "a", sizeof(CHUNKED) - 1 + BR_HTTP_CHUNK_MAX },
};

/* Who never comes to an end is not listened to for ever, nor remembered. */
START_TEST(a_head_without_an_end_is_too_long)
{
	struct br_http_reader r = { .status = 0 };
	struct cb_buf in = CB_BUF_INIT, body = CB_BUF_INIT;
	size_t left;

	add(&in, floods[_i].begin);
	while (in.n <= floods[_i].most)
		add(&in, floods[_i].again);
	for (size_t piece = 1; piece < 30; piece++)
		ck_err(take(&r, cb_buf_span(&in), piece, &body, &left),
		    CB_E_LIMIT);
	ck_err(take(&r, cb_buf_span(&in), in.n, &body, &left), CB_E_LIMIT);
	ck_assert_uint_le(r.line.cap, BR_HTTP_HEAD_MAX);
	br_http_reader_clear(&r);
	cb_buf_free(&in);
	cb_buf_free(&body);
}
END_TEST

/* One reader reads one after the other. */
START_TEST(a_broken_answer_is_forgotten)
{
	struct br_http_reader r = { .status = 0 };
	struct cb_buf body = CB_BUF_INIT;
	size_t left;

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		ck_err(take(&r, cb_span_str(refused[i].text), 7, &body, &left),
		    refused[i].want);
		ck_ok(take(&r, cb_span_str(answers[0].text), 7, &body, &left));
		ck_assert(!r.close && r.status == 200 && body.n == 5);
	}
	br_http_reader_clear(&r);
	cb_buf_free(&body);
}
END_TEST

#define N_OF(table) ((int)(sizeof(table) / sizeof((table)[0])))

Suite *
answer_suite(void)
{
	Suite *s = suite_create("answer");
	TCase *tc = tcase_create("answer");

	tcase_add_loop_test(tc, an_answer_is_the_same_in_any_pieces, 0,
	    N_OF(answers));
	tcase_add_test(tc, a_body_without_a_length_goes_up_to_the_end);
	tcase_add_loop_test(tc, what_can_be_read_in_two_ways_is_refused, 0,
	    N_OF(refused));
	tcase_add_loop_test(
	    tc, a_head_without_an_end_is_too_long, 0, N_OF(floods));
	tcase_add_test(tc, a_broken_answer_is_forgotten);
	suite_add_tcase(s, tc);
	return s;
}
