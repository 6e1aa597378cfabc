/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The encoding of the local wire: every message there and back, and every
 * way to cut or lengthen it.
 */
#include <stdlib.h>
#include <string.h>

#include "bridge/protocol.h"
#include "bridge/client_status.h"
#include "tests/bridge/harness.h"

static struct cb_span
body_of(const struct cb_buf *b)
{
	return cb_span_tail(cb_buf_span(b), BR_HEADER_SIZE);
}

static void
check_header(const struct cb_buf *b, enum br_from from, uint16_t type)
{
	struct br_header h;

	ck_assert_uint_ge(b->n, BR_HEADER_SIZE);
	ck_ok(br_header_get(&h, b->p, from));
	ck_assert_uint_eq(h.type, type);
	ck_assert_uint_eq(h.seq, 0x1234);
	ck_assert_uint_eq(h.length, b->n - BR_HEADER_SIZE);
	/* the other side may not send it */
	ck_err(br_header_get(&h, b->p,
		   from == BR_FROM_BRIDGE ? BR_FROM_CLIENT : BR_FROM_BRIDGE),
	    CB_E_FORMAT);
}

/* One of each, so that they can be cut up alike. */
static const struct br_target by_name = { .name = "desk-1" };
static const struct br_target by_slot = { .slot = 15 };
static const struct br_state a_state = {
	.known = true, .present = true, .test = true, .changes = 7,
	.stamp_ns = 0x0102030405060708, .max_apdu = 65535, .protocols = 3,
};
static const struct br_reader_info an_info = {
	.name = "desk-1", .uri = "emu:/tmp/\xc3\xa4 b.card", .slot = 3,
	.present = true, .test = true, .busy_with = "pcscd, pid 7",
	.trouble = "", .atr = { 0x3b, 0x00 }, .atr_n = 2,
};

static enum cb_err
put_hello(struct cb_buf *b)
{
	return br_put_hello(b, 0x1234);
}

static enum cb_err
get_hello(struct cb_span s)
{
	struct br_hello v;
	enum cb_err r = br_get_hello(&v, s);

	if (r == CB_OK)
		ck_assert_uint_eq(v.version, BR_VERSION);
	return r;
}

static enum cb_err
put_welcome(struct cb_buf *b)
{
	return br_put_welcome(b, 0x1234, 5000, 60000);
}

static enum cb_err
get_welcome(struct cb_span s)
{
	struct br_welcome v;
	enum cb_err r = br_get_welcome(&v, s);

	if (r == CB_OK) {
		ck_assert_uint_eq(v.exchange_ms, 5000);
		ck_assert_uint_eq(v.long_ms, 60000);
		ck_assert_str_eq(v.release, BR_RELEASE);
	}
	return r;
}

static enum cb_err
put_error(struct cb_buf *b)
{
	return br_put_error(b, 0x1234, CB_E_BUSY, "somebody\nelse");
}

static enum cb_err
get_error(struct cb_span s)
{
	struct cb_why why;
	enum cb_err e, r = br_get_error(&e, &why, s);

	if (r == CB_OK) {
		ck_err(e, CB_E_BUSY);
		ck_assert_str_eq(why.text, "somebody?else");
	}
	return r;
}

static enum cb_err
put_attach(struct cb_buf *b)
{
	return br_put_aim(b, 0x1234, BR_ATTACH, &by_name, BR_ROAD_PCSC);
}

static enum cb_err
get_attach(struct cb_span s)
{
	struct br_aim v;
	enum cb_err r = br_get_aim(&v, s);

	if (r == CB_OK) {
		ck_assert_str_eq(v.name, "desk-1");
		ck_assert_int_eq(v.road, BR_ROAD_PCSC);
	}
	return r;
}

static enum cb_err
put_watch(struct cb_buf *b)
{
	return br_put_aim(b, 0x1234, BR_WATCH, &by_slot, BR_ROAD_DIRECT);
}

static enum cb_err
get_watch(struct cb_span s)
{
	struct br_aim v;
	enum cb_err r = br_get_aim(&v, s);

	if (r == CB_OK) {
		ck_assert_str_eq(v.name, "");
		ck_assert_uint_eq(v.slot, 15);
		ck_assert_int_eq(v.road, BR_ROAD_DIRECT);
	}
	return r;
}

static enum cb_err
put_state(struct cb_buf *b)
{
	return br_put_state(b, 0x1234, BR_STATE, &a_state);
}

static enum cb_err
get_state(struct cb_span s)
{
	struct br_state v;
	enum cb_err r = br_get_state(&v, s);

	if (r == CB_OK) {
		ck_assert(v.known && v.present && v.test);
		ck_assert_uint_eq(v.changes, 7);
		ck_assert_uint_eq(v.stamp_ns, a_state.stamp_ns);
		ck_assert_uint_eq(v.max_apdu, 65535);
		ck_assert_uint_eq(v.protocols, 3);
	}
	return r;
}

static enum cb_err
put_power(struct cb_buf *b)
{
	return br_put_plain(b, 0x1234, BR_POWER, cb_span("\2", 1));
}

static enum cb_err
get_power(struct cb_span s)
{
	uint8_t v;
	enum cb_err r = br_get_choice(&v, BR_POWER_RESET, s);

	if (r == CB_OK)
		ck_assert_uint_eq(v, 2);
	return r;
}

static enum cb_err
put_add(struct cb_buf *b)
{
	return br_put_add(b, 0x1234, "desk-1", "emu:/a b");
}

static enum cb_err
get_add(struct cb_span s)
{
	char name[BR_NAME_MAX + 1], uri[BR_URI_MAX + 1];
	enum cb_err r = br_get_add(name, uri, s);

	if (r == CB_OK) {
		ck_assert_str_eq(name, "desk-1");
		ck_assert_str_eq(uri, "emu:/a b");
	}
	return r;
}

static enum cb_err
put_eject(struct cb_buf *b)
{
	return br_put_name(b, 0x1234, BR_READER_EJECT, "desk-1");
}

static enum cb_err
get_eject(struct cb_span s)
{
	char name[BR_NAME_MAX + 1];
	enum cb_err r = br_get_name(name, s);

	if (r == CB_OK)
		ck_assert_str_eq(name, "desk-1");
	return r;
}

static enum cb_err
put_next(struct cb_buf *b)
{
	return br_put_next(b, 0x1234, 70000);
}

static enum cb_err
get_next(struct cb_span s)
{
	uint32_t v;
	enum cb_err r = br_get_next(&v, s);

	if (r == CB_OK)
		ck_assert_uint_eq(v, 70000);
	return r;
}

static enum cb_err
put_visited(struct cb_buf *b)
{
	return br_put_visited(b, 0x1234, 70000);
}

static enum cb_err
get_visited(struct cb_span s)
{
	uint32_t n;
	enum cb_err r = br_get_visited(&n, s);

	if (r == CB_OK)
		ck_assert_uint_eq(n, 70000);
	return r;
}

static enum cb_err
put_info(struct cb_buf *b)
{
	return br_put_info(b, 0x1234, 9, &an_info);
}

static enum cb_err
get_info(struct cb_span s)
{
	struct br_reader_info v;
	uint32_t number;
	enum cb_err r = br_get_info(&number, &v, s);

	if (r == CB_OK) {
		ck_assert_uint_eq(number, 9);
		ck_assert_str_eq(v.uri, an_info.uri);
		ck_assert_str_eq(v.busy_with, an_info.busy_with);
		ck_assert_int_eq(v.slot, 3);
		ck_assert_uint_eq(v.atr_n, 2);
		ck_assert_str_eq(v.pcsc_slot_name, "cardbridge slots 00 03");
	}
	return r;
}

static const struct br_bridge_status a_bridge = { .pid = 7,
	.since = UINT64_C(1764300000123), .readers = 3, .connections = 4,
	.release = "0.1.0" };

static enum cb_err
put_running(struct cb_buf *b)
{
	return br_put_running(b, 0x1234, &a_bridge);
}

static enum cb_err
get_running(struct cb_span s)
{
	struct br_bridge_status v;
	enum cb_err r = br_get_running(&v, s);

	if (r == CB_OK)
		ck_assert_mem_eq(&v, &a_bridge, sizeof(v));
	return r;
}

static const struct br_link_status a_link = { .kind = "https", .apdus = 9,
	.responses = 2, .programs_n = 2, .programs = { "a, pid 1", "b" },
	.remote = true, .road = { .state = BR_ROAD_DOWN, .since = 5,
	    .next_ms = 250, .url = "https://h:1", .why = "it is dark",
	    .identity = "it is empty", .identity_until = 77,
	    .in_session = true,
	    .session = { 1, 2 }, .trips = 7, .others = 3, .again = 1,
	    .sent = 1000, .received = 2000 } };

static enum cb_err
put_link(struct cb_buf *b)
{
	return br_put_link_info(b, 0x1234, &a_link);
}

static enum cb_err
get_link(struct cb_span s)
{
	struct br_link_status v;
	enum cb_err r = br_get_link_info(&v, s);

	if (r == CB_OK)
		ck_assert_mem_eq(&v, &a_link, sizeof(v));
	return r;
}

static const struct {
	uint16_t type;
	enum br_from from;
	enum cb_err (*put)(struct cb_buf *b);
	enum cb_err (*get)(struct cb_span s);
} codecs[] = {
	{ BR_HELLO, BR_FROM_CLIENT, put_hello, get_hello },
	{ BR_WELCOME, BR_FROM_BRIDGE, put_welcome, get_welcome },
	{ BR_ERROR, BR_FROM_BRIDGE, put_error, get_error },
	{ BR_ATTACH, BR_FROM_CLIENT, put_attach, get_attach },
	{ BR_WATCH, BR_FROM_CLIENT, put_watch, get_watch },
	{ BR_STATE, BR_FROM_BRIDGE, put_state, get_state },
	{ BR_POWER, BR_FROM_CLIENT, put_power, get_power },
	{ BR_READER_ADD, BR_FROM_CLIENT, put_add, get_add },
	{ BR_READER_EJECT, BR_FROM_CLIENT, put_eject, get_eject },
	{ BR_READER_NEXT, BR_FROM_CLIENT, put_next, get_next },
	{ BR_READER_INFO, BR_FROM_BRIDGE, put_info, get_info },
	{ BR_VISITED, BR_FROM_BRIDGE, put_visited, get_visited },
	{ BR_RUNNING, BR_FROM_BRIDGE, put_running, get_running },
	{ BR_LINK_INFO, BR_FROM_BRIDGE, put_link, get_link },
};

#define N_CODECS ((int)(sizeof(codecs) / sizeof(codecs[0])))

START_TEST(messages_go_there_and_back)
{
	struct cb_buf b = CB_BUF_INIT;

	ck_ok(codecs[_i].put(&b));
	check_header(&b, codecs[_i].from, codecs[_i].type);
	ck_ok(codecs[_i].get(body_of(&b)));
	cb_buf_free(&b);
}
END_TEST

START_TEST(cut_off_messages_are_refused)
{
	struct cb_buf b = CB_BUF_INIT;
	size_t n;
	uint8_t *copy;

	ck_ok(codecs[_i].put(&b));
	for (n = 0; n + BR_HEADER_SIZE < b.n; n++) {
		/* a copy of just that length, so that ASan sees overreading */
		copy = malloc(n + 1);
		ck_assert_ptr_nonnull(copy);
		memcpy(copy, b.p + BR_HEADER_SIZE, n);
		ck_assert_int_ne(codecs[_i].get(cb_span(copy, n)), CB_OK);
		free(copy);
	}
	cb_buf_free(&b);
}
END_TEST

START_TEST(lengthened_messages_are_refused)
{
	struct cb_buf b = CB_BUF_INIT;

	ck_ok(codecs[_i].put(&b));
	ck_ok(cb_put_u8(&b, 0));
	ck_err(codecs[_i].get(body_of(&b)), CB_E_FORMAT);
	cb_buf_free(&b);
}
END_TEST

START_TEST(a_failed_put_leaves_the_buffer)
{
	struct cb_buf b = CB_BUF_INIT_MAX(BR_HEADER_SIZE);

	ck_assert_int_ne(codecs[_i].put(&b), CB_OK);
	ck_assert_uint_eq(b.n, 0);
	cb_buf_free(&b);
}
END_TEST

static const struct {
	const char *what;
	uint8_t raw[BR_HEADER_SIZE];
	enum br_from from;
	enum cb_err r;
} headers[] = {
	{ "transmit", { 0, 0, 0, 5, 0, 21, 0, 1 }, BR_FROM_CLIENT, CB_OK },
	{ "largest", { 0, 1, 1, 0, 0, 21, 0, 1 }, BR_FROM_CLIENT, CB_OK },
	{ "too large", { 0, 1, 1, 1, 0, 21, 0, 1 }, BR_FROM_CLIENT,
	    CB_E_LIMIT },
	{ "huge", { 0xff, 0xff, 0xff, 0xff, 0, 21, 0, 1 }, BR_FROM_CLIENT,
	    CB_E_LIMIT },
	{ "no type", { 0, 0, 0, 0, 0, 0, 0, 1 }, BR_FROM_CLIENT, CB_E_FORMAT },
	{ "unknown type", { 0, 0, 0, 0, 1, 21, 0, 1 }, BR_FROM_CLIENT,
	    CB_E_FORMAT },
	{ "short answer", { 0, 0, 0, 1, 0, 22, 0, 1 }, BR_FROM_BRIDGE,
	    CB_E_LIMIT },
	{ "working with a body", { 0, 0, 0, 1, 0, 4, 0, 1 }, BR_FROM_BRIDGE,
	    CB_E_LIMIT },
};

START_TEST(headers_are_checked)
{
	struct br_header h;

	ck_assert_msg(br_header_get(&h, headers[_i].raw, headers[_i].from) ==
	    headers[_i].r, "%s", headers[_i].what);
}
END_TEST

static const struct {
	const char *name;
	bool good;
} names[] = {
	{ "a", true }, { "Desk-1_x.y", true },
	{ "12345678901234567890123456789012", true },
	{ "123456789012345678901234567890123", false }, { "", false },
	{ "a b", false }, { "a/b", false }, { "\xc3\xa4", false },
	{ "myVirtualReader", false }, { "VIRTUAL", false }, { "slots", false },
	{ "Slots", false }, { "slots1", true },
};

START_TEST(reader_names_are_checked)
{
	ck_err(br_name_check(names[_i].name, NULL),
	    names[_i].good ? CB_OK : CB_E_ARG);
}
END_TEST

START_TEST(an_older_or_newer_hello_tells_its_version_only)
{
	const uint8_t newer[] = { 0x43, 0x42, 0x72, 0x64, 0, 9, 1, 2, 3 };
	const uint8_t foreign[] = { 0x43, 0x42, 0x72, 0x65, 0, 1, 0, 0 };
	struct br_hello h;

	ck_ok(br_get_hello(&h, CB_SPAN_OF(newer)));
	ck_assert_uint_eq(h.version, 9);
	ck_err(br_get_hello(&h, CB_SPAN_OF(foreign)), CB_E_FORMAT);
}
END_TEST

Suite *
protocol_suite(void)
{
	Suite *s = suite_create("protocol");
	TCase *t = tcase_create("protocol");

	tcase_add_loop_test(t, messages_go_there_and_back, 0, N_CODECS);
	tcase_add_loop_test(t, cut_off_messages_are_refused, 0, N_CODECS);
	tcase_add_loop_test(t, lengthened_messages_are_refused, 0, N_CODECS);
	tcase_add_loop_test(t, a_failed_put_leaves_the_buffer, 0, N_CODECS);
	tcase_add_loop_test(t, headers_are_checked, 0,
	    (int)(sizeof(headers) / sizeof(headers[0])));
	tcase_add_loop_test(t, reader_names_are_checked, 0,
	    (int)(sizeof(names) / sizeof(names[0])));
	tcase_add_test(t, an_older_or_newer_hello_tells_its_version_only);
	suite_add_tcase(s, t);
	return s;
}
