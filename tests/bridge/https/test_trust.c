/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Whom a bridge believes: the authority of its identity and nobody else; and
 * what an offer must be.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/pem.h>

#include "bridge/https/session.h"
#include "bridge/https/call.h"
#include "tests/bridge/https/rig.h"

static void
trouble(const char *needle)
{
	struct br_reader_info info;

	rig_info(&info);
	ck_assert(!info.present);
	ck_assert_msg(strstr(info.trouble, needle) != NULL, "%s",
	    info.trouble);
}

START_TEST(a_network_that_replaces_certificates_is_named)
{
	far.door = cb_buf_span(&pki.replaced_cert);
	rig_start();
	trouble("this network replaced the backend's certificate");
	/* and who did */
	trouble("issued by /CN=ca01");
	ck_assert_uint_eq(far.holds, 0);
}
END_TEST

START_TEST(a_certificate_that_is_over_is_named)
{
	far.door = cb_buf_span(&pki.old_cert);
	rig_start();
	trouble("no longer valid");
}
END_TEST

START_TEST(a_certificate_for_another_name_is_refused)
{
	far.door = cb_buf_span(&pki.named_cert);
	rig_start();
	trouble("not for the name");
	ck_assert_uint_eq(far.holds, 0);
}
END_TEST

START_TEST(a_device_that_is_refused_is_told_so)
{
	far.refuses_device = true;
	rig_start();
	trouble("does not let this device");
}
END_TEST

/* An inspected road trusts the system, which does not know our authority. */
START_TEST(an_inspected_road_trusts_the_system)
{
	backend_start(&far);
	rig_bridge("&inspected");
	trouble("issued by /CN=ba00");
}
END_TEST

/* Who inspects is trusted where the system trusts it, and is shown nothing: we
 * say who we are, and prove it inside. */
START_TEST(an_inspected_road_shows_no_certificate)
{
	char path[300];
	struct br_client *c;
	X509 *ca;
	const uint8_t *p;
	FILE *f;

	far.door = cb_buf_span(&pki.replaced_cert);
	far.inspects = true;
	backend_start(&far);
	snprintf(path, sizeof(path), "%s/ca.pem", far.dir);
	p = pki.stranger_cert.p;
	ca = d2i_X509(NULL, &p, (long)pki.stranger_cert.n);
	ck_assert_ptr_nonnull(f = fopen(path, "w"));
	ck_assert_int_eq(PEM_write_X509(f, ca), 1);
	ck_assert_int_eq(fclose(f), 0);
	X509_free(ca);
	setenv("SSL_CERT_FILE", path, 1);
	rig_bridge("&inspected");
	ck_assert(rig_present(true, 3000));
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	ck_ok(rig_power(c));
	br_close(&c);
	ck_assert_str_eq(far.device, "06000000000000000000000000000000 "
	    "de000000000000000000000000000000");
	ck_assert_uint_eq(far.shown, 0);
	ck_assert_uint_eq(far.hold_s, 50);
}
END_TEST

/* ---- older TLS ----------------------------------------------------------- */

START_TEST(tls_1_2_is_taken_where_it_is_allowed)
{
	struct br_client *c;

	far.tls12 = true;
	backend_start(&far);
	rig_bridge("&tls12");
	ck_assert(rig_present(true, 3000));
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	ck_ok(rig_power(c));
	br_close(&c);
	ck_assert_uint_gt(far.shown, 0);
}
END_TEST

static const struct {
	const char *options, *ciphers, *words;
	bool no_ems;
} olds[] = {
	{ "", NULL, "cannot be reached", false },
	{ "&tls12", "AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA",
	    "cannot be reached", false },
	{ "&tls12", NULL, "extended master secret", true },
};

START_TEST(and_only_as_far_as_it_is_safe)
{
	far.tls12 = true;
	far.ciphers = olds[_i].ciphers;
	far.no_ems = olds[_i].no_ems;
	backend_start(&far);
	rig_bridge(olds[_i].options);
	trouble(olds[_i].words);
	ck_assert_uint_eq(far.holds, 0);
}
END_TEST

START_TEST(an_identity_that_others_can_read_is_refused)
{
	char path[400];

	backend_start(&far);
	snprintf(path, sizeof(path), "%s/key.pem", far.identity);
	ck_assert_int_eq(chmod(path, 0644), 0);
	bridge_init(&near);
	near.set.patient = true;
	bridge_start(&near, (const char *const[]){ "a", far.uri, NULL });
	trouble("key.pem is open to others");
	ck_assert_uint_eq(far.connections, 0);
}
END_TEST

/* ---- offers -------------------------------------------------------------- */

static const struct {
	enum flaw flaw;
	enum cb_err want;
	const char *words;
	const char *next;	/* what to do about it */
} flaws[] = {
	{ OTHER_CARD, CB_E_DENIED, "another card", "runs it must look" },
	{ OTHER_ORGANISATION, CB_E_DENIED, "another organisation",
	    "runs it must look" },
	{ OTHER_KIND, CB_E_DENIED, "another kind", "runs it must look" },
	{ OTHER_SERVICE, CB_E_DENIED, "service cannot be trusted",
	    "enrol again" },
	{ OLD_SERVICE, CB_E_DENIED, "no longer valid", "look at the clock" },
	{ NO_OFFER, CB_E_FORMAT, "damaged", "runs it must look" },
	{ REFUSES, CB_E_DENIED, "not on Sundays", "its log has more" },
	{ WRONG_KEYS, CB_E_PEER, "not of this session", "try again" },
};

/* What programs see as a card that does not respond. */
static void
told_as_unopened(const char *words, const char *next)
{
	struct br_reader_info info;

	rig_info(&info);
	ck_assert(info.present);
	ck_assert_msg(strstr(info.trouble, "did not open at ") != NULL &&
	    strstr(info.trouble, words) != NULL &&
	    strstr(info.trouble, next) != NULL, "%s", info.trouble);
}

START_TEST(an_offer_that_is_not_right_opens_nothing)
{
	struct cb_why why = { "" };
	struct br_reader_info info;
	uint8_t atr[CB_ATR_MAX];
	struct br_client *c;
	size_t n;

	far.flaw = flaws[_i].flaw;
	rig_start();
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	ck_err(br_power(c, BR_POWER_ON, atr, &n, &why), flaws[_i].want);
	ck_assert_msg(strstr(why.text, flaws[_i].words) != NULL, "%s",
	    why.text);
	ck_assert_uint_eq(far.requests, 0);
	told_as_unopened(flaws[_i].words, flaws[_i].next);
	/* it is there nevertheless, and can be tried again */
	far.flaw = NO_FLAW;
	ck_ok(rig_power(c));
	rig_info(&info);
	ck_assert_str_eq(info.trouble, "");
	br_close(&c);
}
END_TEST

/* Also where only the road is broken; as another card it has no past. */
START_TEST(what_did_not_open_is_told_until_it_comes_anew)
{
	struct br_reader_info info;
	struct br_client *c;

	br_https_open_ms = 400;
	rig_start();
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	backend_down(&far);
	ck_err(rig_power(c), CB_E_PEER);
	told_as_unopened("cannot be reached", "is it running");
	backend_up(&far);
	backend_news(&far, WIRE_NOT_THERE, false, false);
	ck_assert(rig_present(false, 5000));
	trouble("the card is not there");
	backend_news(&far, WIRE_THERE, false, false);
	ck_assert(rig_present(true, 5000));
	rig_info(&info);
	ck_assert_str_eq(info.trouble, "");
	br_close(&c);
}
END_TEST

/* What was said the last time is worth nothing the next time: a new secret and
 * a new half make new keys. */
START_TEST(an_offer_said_again_makes_other_keys)
{
	struct wire_identity id;
	struct br_remote one = { .alive = false }, two = { .alive = false };
	struct cb_buf accept = CB_BUF_INIT, again = CB_BUF_INIT,
		      offer = CB_BUF_INIT, opened = CB_BUF_INIT;
	struct cb_why why = { "" };
	int64_t now = (int64_t)time(NULL);

	backend_start(&far);
	ck_ok(wire_identity_read(&id, far.identity, now, &why));
	ck_assert_uint_eq(worker_offer(&far, &offer), 200);
	ck_ok(br_remote_accept(&one, &id, pki_card, false,
	    cb_buf_span(&offer), now, &accept, &why));
	ck_assert_uint_eq(
	    worker_open(&far, cb_buf_span(&accept), &opened), 200);
	ck_ok(br_remote_opened(&one, cb_buf_span(&opened), &why));
	ck_ok(br_remote_accept(&two, &id, pki_card, false,
	    cb_buf_span(&offer), now, &again, &why));
	ck_assert(!cb_span_equal(cb_buf_span(&accept), cb_buf_span(&again)));
	ck_err(br_remote_opened(&two, cb_buf_span(&opened), &why), CB_E_PEER);
	ck_assert(!two.alive);
	ck_ok(br_remote_ask(&one, WIRE_POWER, 1, CB_SPAN_EMPTY));
	ck_err(br_remote_ask(&two, WIRE_POWER, 1, CB_SPAN_EMPTY), CB_E_ARG);
	br_remote_clear(&one);
	br_remote_clear(&two);
	cb_buf_free(&accept);
	cb_buf_free(&again);
	cb_buf_free(&offer);
	cb_buf_free(&opened);
	wire_identity_clear(&id);
}
END_TEST

static const enum flaw no_cards[] = { NO_ANSWER, LONG_ANSWER, LONG_AHEAD };

/* Programs get what a card can say, whoever has the keys. */
START_TEST(what_no_card_says_is_no_answer)
{
	struct br_client *c;
	enum cb_err e;

	rig_start();
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	ck_ok(rig_power(c));
	far.flaw = no_cards[_i];
	ck_assert_uint_eq(send_apdu(c, &e, 4, 0, 0xA4, 0, 0), 0);
	ck_assert(e == CB_E_PEER || e == CB_E_ABSENT);
	br_close(&c);
	/* and that session is over */
	far.flaw = NO_FLAW;
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	ck_ok(rig_power(c));
	ck_assert_uint_ne(send_apdu(c, &e, 4, 0, 0xA4, 0, 0), 0);
	ck_assert_uint_eq(far.offers, 2);
	br_close(&c);
}
END_TEST

START_TEST(an_offer_that_does_not_come_is_not_asked_for_again)
{
	struct br_client *c;
	enum cb_err e;

	ck_assert_uint_eq(br_https_open_ms, 20000);
	br_https_open_ms = 400;
	far.stuck_offers = true;
	rig_start();
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	e = rig_power(c);
	ck_assert(e == CB_E_TIMEOUT || e == CB_E_PEER);
	ck_assert_uint_le(far.offers, 2);
	br_close(&c);
}
END_TEST

/* Nobody is sent elsewhere, nor believed what is not in PROTOCOL.md. */
START_TEST(a_status_of_no_backend_is_the_roads)
{
	static const unsigned statuses[] = { 201, 204, 301, 302, 307, 308, 407,
		418, 500, 999 };
	struct br_http_answer answer = { .body = CB_BUF_INIT };
	enum wire_outcome outcome;
	struct cb_why why;

	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		answer.status = statuses[i];
		ck_err(br_call_judge(&answer, &outcome, &why), CB_E_PEER);
		ck_assert_ptr_nonnull(strstr(why.text, "no backend does"));
	}
}
END_TEST

Suite *
trust_suite(void)
{
	Suite *s = suite_create("trust");
	TCase *t = tcase_create("trust");

	tcase_add_unchecked_fixture(t, pki_make, pki_free);
	tcase_add_checked_fixture(t, rig_setup, rig_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_network_that_replaces_certificates_is_named);
	tcase_add_test(t, a_certificate_that_is_over_is_named);
	tcase_add_test(t, a_certificate_for_another_name_is_refused);
	tcase_add_test(t, a_device_that_is_refused_is_told_so);
	tcase_add_test(t, an_inspected_road_trusts_the_system);
	tcase_add_test(t, an_inspected_road_shows_no_certificate);
	tcase_add_test(t, tls_1_2_is_taken_where_it_is_allowed);
	tcase_add_loop_test(t, and_only_as_far_as_it_is_safe, 0,
	    (int)(sizeof(olds) / sizeof(olds[0])));
	tcase_add_test(t, an_identity_that_others_can_read_is_refused);
	tcase_add_loop_test(t, an_offer_that_is_not_right_opens_nothing, 0,
	    (int)(sizeof(flaws) / sizeof(flaws[0])));
	tcase_add_test(t, what_did_not_open_is_told_until_it_comes_anew);
	tcase_add_test(t, an_offer_said_again_makes_other_keys);
	tcase_add_loop_test(t, what_no_card_says_is_no_answer, 0,
	    (int)(sizeof(no_cards) / sizeof(no_cards[0])));
	tcase_add_test(
	    t, an_offer_that_does_not_come_is_not_asked_for_again);
	tcase_add_test(t, a_status_of_no_backend_is_the_roads);
	suite_add_tcase(s, t);
	return s;
}
