/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * TLS: which is spoken, who is whom, also in a resumed session, and how many
 * may come.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/backend/door/rig.h"
#include "tests/backend/door/suites.h"

#define OFFER "/cards/0c010000000000000000000000000000/offer"

static struct rig r;

static void
init(void)
{
	rig_init(&r);
}

static void
stop(void)
{
	rig_clear(&r);
}

/* ---- versions and ciphers ------------------------------------------------ */

static const struct {
	const char *what;
	bool tls12;		/* the setting */
	int version;		/* the client's only one */
	const char *ciphers;	/* of 1.2 */
	uint64_t options;
	bool taken;
} spoken[] = {
	{ "1.3", false, TLS1_3_VERSION, NULL, 0, true },
	{ "1.2 without the setting", false, TLS1_2_VERSION, NULL, 0, false },
	{ "1.2 with it", true, TLS1_2_VERSION, NULL, 0, true },
	{ "1.3 with it", true, TLS1_3_VERSION, NULL, 0, true },
	{ "1.1", true, TLS1_1_VERSION, "ALL:@SECLEVEL=0", 0, false },
	{ "an AEAD", true, TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256", 0,
	    true },
	{ "another", true, TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305", 0,
	    true },
	{ "CBC", true, TLS1_2_VERSION,
	    "ECDHE-ECDSA-AES256-SHA384:ECDHE-ECDSA-AES128-SHA", 0, false },
	{ "CCM, which is not taken", true, TLS1_2_VERSION,
	    "ECDHE-ECDSA-AES128-CCM8", 0, false },
	{ "no extended master secret", true, TLS1_2_VERSION, NULL,
	    SSL_OP_NO_EXTENDED_MASTER_SECRET, false },
};

START_TEST(what_is_spoken)
{
	struct client c;
	struct reply reply;
	bool taken;

	r.settings.tls12 = spoken[_i].tls12;
	rig_start(&r);
	ck_assert_int_eq(SSL_CTX_set_min_proto_version(
	    r.ctx[DEVICE], spoken[_i].version), 1);
	ck_assert_int_eq(SSL_CTX_set_max_proto_version(
	    r.ctx[DEVICE], spoken[_i].version), 1);
	if (spoken[_i].ciphers != NULL)
		ck_assert_int_eq(SSL_CTX_set_cipher_list(
		    r.ctx[DEVICE], spoken[_i].ciphers), 1);
	(void)SSL_CTX_set_options(r.ctx[DEVICE], spoken[_i].options);
	taken = client_try(&r, &c, r.ctx[DEVICE], NULL);
	if (taken) {
		client_ask(&c, "GET", "/backend", CB_SPAN_EMPTY);
		taken = client_reply(&c, &reply);
		reply_clear(&reply);
	}
	ck_assert_msg(taken == spoken[_i].taken, "%s", spoken[_i].what);
	client_close(&c);
}
END_TEST

START_TEST(nothing_is_negotiated_anew)
{
	struct client c;
	struct reply reply;

	r.settings.tls12 = true;
	rig_start(&r);
	ck_assert_int_eq(SSL_CTX_set_max_proto_version(
	    r.ctx[DEVICE], TLS1_2_VERSION), 1);
	client_open(&r, &c, DEVICE);
	ck_assert_int_eq(SSL_renegotiate(c.ssl), 1);
	(void)SSL_do_handshake(c.ssl);
	client_ask(&c, "GET", "/backend", CB_SPAN_EMPTY);
	ck_assert(!client_reply(&c, &reply));
	ck_assert_int_eq(SSL_num_renegotiations(c.ssl), 1);
	client_close(&c);
}
END_TEST

/* ---- resuming ------------------------------------------------------------ */

/* A request, after which the ticket has come, too. */
static SSL_SESSION *
ticket_of(struct client *c)
{
	struct reply reply;
	SSL_SESSION *s;

	client_ask(c, "GET", "/backend", CB_SPAN_EMPTY);
	ck_assert(client_reply(c, &reply));
	ck_assert_uint_eq(reply.status, 200);
	reply_clear(&reply);
	s = SSL_get1_session(c->ssl);
	ck_assert(s != NULL && SSL_SESSION_is_resumable(s) == 1);
	ck_assert_uint_eq(SSL_SESSION_get_max_early_data(s), 0);
	return s;
}

START_TEST(a_session_is_resumed_by_its_ticket)
{
	struct client c;
	struct told told;
	struct reply reply;
	SSL_SESSION *ticket;

	r.settings.tls12 = _i == 1;
	rig_start(&r);
	if (_i == 1)
		ck_assert_int_eq(SSL_CTX_set_max_proto_version(
		    r.ctx[DEVICE], TLS1_2_VERSION), 1);
	client_open(&r, &c, DEVICE);
	for (int again = 0; again < 3; again++) {
		ticket = ticket_of(&c);
		(void)SSL_shutdown(c.ssl);
		client_close(&c);
		ck_assert(client_try(&r, &c, r.ctx[DEVICE], ticket));
		ck_assert_int_eq(SSL_session_reused(c.ssl), 1);
		SSL_SESSION_free(ticket);
		/* and the door knows who it is */
		client_ask(&c, "POST", OFFER, CB_SPAN_EMPTY);
		rig_told(&r, &told, 0x0101);
		ck_assert_mem_eq(told.body.p, rig_id(DEVICE), WIRE_ID);
		rig_answer(&r, told.type, told.id, 0, CB_SPAN_EMPTY);
		ck_assert(client_reply(&c, &reply));
		ck_assert_uint_eq(reply.status, 200);
		reply_clear(&reply);
		cb_buf_free(&told.body);
	}
	client_close(&c);
}
END_TEST

/* Nobody becomes somebody by a ticket of nobody's, nor of another door's. */
START_TEST(a_ticket_is_what_it_was)
{
	struct client c;
	struct reply reply;
	SSL_SESSION *ticket;

	rig_start(&r);
	client_open(&r, &c, NOBODY);
	ticket = ticket_of(&c);
	(void)SSL_shutdown(c.ssl);
	client_close(&c);
	ck_assert(client_try(&r, &c, r.ctx[DEVICE], ticket));
	ck_assert_int_eq(SSL_session_reused(c.ssl), 1);
	client_ask(&c, "POST", OFFER, CB_SPAN_EMPTY);
	ck_assert(client_reply(&c, &reply));
	expect_failure(&reply, 401, CB_E_DENIED);
	reply_clear(&reply);
	SSL_SESSION_free(ticket);
	client_close(&c);
}
END_TEST

static void
expect_401(struct client *c, const char *because)
{
	struct reply reply;
	struct wire_failure f;

	client_ask(c, "POST", OFFER, CB_SPAN_EMPTY);
	ck_assert(client_reply(c, &reply));
	expect_failure(&reply, 401, CB_E_DENIED);
	ck_assert_int_eq(
	    wire_failure_get(cb_buf_span(&reply.body), &f), CB_OK);
	ck_assert_msg(strstr(f.text, because) != NULL, "%s", f.text);
	reply_clear(&reply);
}

/* A certificate that ends while its session lives, and its ticket. */
START_TEST(a_resumed_session_is_checked_like_a_new_one)
{
	struct client c, again;
	SSL_SESSION *ticket;

	rig_start(&r);
	rig_short(&r, DEVICE2, 2);
	client_open(&r, &c, DEVICE2);
	ticket = ticket_of(&c);
	rig_wait_until(r.short_until + 1);
	expect_401(&c, "no longer valid");
	ck_assert(client_try(&r, &again, r.ctx[DEVICE2], ticket));
	ck_assert_int_eq(SSL_session_reused(again.ssl), 1);
	expect_401(&again, "no longer valid");
	rig_untold(&r);
	SSL_SESSION_free(ticket);
	client_close(&c);
	client_close(&again);
}
END_TEST

static const struct {
	enum who who;
	const char *because;
} reasons[] = {
	{ NOBODY, "needed" },
	{ EXPIRED, "no longer valid" },
	{ FOREIGN, "not of this backend's authority" },
	{ LIVE, "not of this backend's authority" },
	{ DOOR, "not one of a person" },
};

START_TEST(a_wrong_certificate_is_told_why)
{
	struct client c;

	rig_start(&r);
	client_open(&r, &c, reasons[_i].who);
	expect_401(&c, reasons[_i].because);
	client_close(&c);
}
END_TEST

/* ---- how many ------------------------------------------------------------ */

static void
expect_closed(struct client *c)
{
	struct reply reply;

	ck_assert(!client_reply(c, &reply));
	client_close(c);
}

static void
expect_open(struct client *c)
{
	struct reply reply;

	client_ask(c, "GET", "/backend", CB_SPAN_EMPTY);
	ck_assert(client_reply(c, &reply));
	ck_assert_uint_eq(reply.status, 200);
	reply_clear(&reply);
	client_close(c);
}

/* The oldest goes, but of somebody else's none. */
START_TEST(so_many_of_one)
{
	static const enum who others[] = { DEVICE2, PERSON };
	static const enum who ones[] = { DEVICE, NAMESAKE };
	struct client c[4], other;

	r.settings.limits.of_one = 3;
	rig_start(&r);
	client_open(&r, &other, others[_i]);
	for (int i = 0; i < 4; i++)
		client_open(&r, &c[i], ones[_i]);
	expect_closed(&c[0]);
	for (int i = 1; i < 4; i++)
		expect_open(&c[i]);
	expect_open(&other);
}
END_TEST

START_TEST(so_many_strangers)
{
	struct client c[4], known;

	r.settings.limits.strangers = 3;
	rig_start(&r);
	client_open(&r, &known, DEVICE);
	for (int i = 0; i < 4; i++)
		client_open(&r, &c[i], i == 0 ? EXPIRED : NOBODY);
	expect_closed(&c[0]);
	for (int i = 1; i < 4; i++)
		expect_open(&c[i]);
	expect_open(&known);
}
END_TEST

START_TEST(so_many_in_all)
{
	struct client c[3];

	r.settings.limits.connections = 2;
	rig_start(&r);
	client_open(&r, &c[0], DEVICE);
	client_open(&r, &c[1], DEVICE2);
	(void)!client_try(&r, &c[2], r.ctx[PERSON], NULL);
	expect_closed(&c[2]);
	/* one goes, one comes */
	expect_open(&c[0]);
	do {
		client_close(&c[2]);
		(void)!client_try(&r, &c[2], r.ctx[PERSON], NULL);
		client_ask(&c[2], "GET", "/backend", CB_SPAN_EMPTY);
	} while (SSL_peek(c[2].ssl, &(char){ 0 }, 1) != 1);
	expect_open(&c[1]);
	client_close(&c[2]);
}
END_TEST

/* What costs the door more to verify than a client to sign is not asked for. */
START_TEST(keys_of_clients_are_of_one_kind)
{
	struct client c;
	int hash, sign, count;

	r.settings.tls12 = _i == 1;
	rig_start(&r);
	if (_i == 1)
		ck_assert_int_eq(SSL_CTX_set_max_proto_version(
		    r.ctx[DEVICE], TLS1_2_VERSION), 1);
	client_open(&r, &c, DEVICE);
	count = SSL_get_sigalgs(c.ssl, 0, &sign, &hash, NULL, NULL, NULL);
	ck_assert_int_eq(count, 1);
	ck_assert_int_eq(sign, EVP_PKEY_EC);
	ck_assert_int_eq(hash, NID_sha256);
	client_close(&c);
}
END_TEST

/* More certificates than a client has any use for. */
START_TEST(a_long_chain_is_not_read)
{
	struct client c;
	const uint8_t *p;
	X509 *more;

	rig_start(&r);
	for (int i = 0; i < 20; i++) {
		p = r.ids[FOREIGN].cert.p;
		more = d2i_X509(NULL, &p, (long)r.ids[FOREIGN].cert.n);
		ck_assert_int_eq((int)SSL_CTX_add_extra_chain_cert(
		    r.ctx[DEVICE], more), 1);
	}
	/* 1.3: the client is done before it is refused */
	(void)!client_try(&r, &c, r.ctx[DEVICE], NULL);
	expect_closed(&c);
}
END_TEST

Suite *
tls_suite(void)
{
	Suite *s = suite_create("tls");
	TCase *tc = tcase_create("tls");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, init, stop);
	tcase_add_loop_test(tc, what_is_spoken, 0,
	    sizeof(spoken) / sizeof(spoken[0]));
	tcase_add_test(tc, nothing_is_negotiated_anew);
	tcase_add_loop_test(tc, a_session_is_resumed_by_its_ticket, 0, 2);
	tcase_add_test(tc, a_ticket_is_what_it_was);
	tcase_add_test(tc, a_resumed_session_is_checked_like_a_new_one);
	tcase_add_loop_test(tc, a_wrong_certificate_is_told_why, 0,
	    sizeof(reasons) / sizeof(reasons[0]));
	tcase_add_loop_test(tc, so_many_of_one, 0, 2);
	tcase_add_test(tc, so_many_strangers);
	tcase_add_test(tc, so_many_in_all);
	tcase_add_loop_test(tc, keys_of_clients_are_of_one_kind, 0, 2);
	tcase_add_test(tc, a_long_chain_is_not_read);
	suite_add_tcase(s, tc);
	return s;
}
