/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Certificates: each is taken for what it is, and for nothing else.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/wire/suites.h"

static const char *const names[] = {
	[WIRE_AUTHORITY] = "authority",
	[WIRE_DOOR] = "door",
	[WIRE_DEVICE] = "device",
	[WIRE_PERSON] = "person",
	[WIRE_SERVICE] = "service",
};

static enum cb_err
check(const struct pki *p, enum wire_usage usage, enum wire_kind kind,
    int64_t now)
{
	struct wire_cert facts;

	return wire_cert_check(cb_buf_span(&p->cert),
	    cb_buf_span(&p->authority), usage, kind, now, &facts, NULL, NULL);
}

/* Every usage against every usage, live and test. */
START_TEST(a_certificate_has_one_usage_and_kind)
{
	struct wire_cert_wish wish = pki_wish((enum wire_usage)_i, WIRE_LIVE);
	struct pki p;
	enum cb_err r;

	pki_init(&p, &wish, NULL);
	for (int usage = WIRE_DOOR; usage <= WIRE_SERVICE; usage++) {
		r = check(&p, (enum wire_usage)usage, WIRE_LIVE, NOW);
		ck_assert_msg(r == (usage == _i ? CB_OK : CB_E_DENIED),
		    "%s as %s: %s", names[_i], names[usage], cb_err_text(r));
		ck_assert_int_eq(
		    check(&p, (enum wire_usage)usage, WIRE_TEST, NOW),
		    CB_E_DENIED);
	}
	pki_clear(&p);
}
END_TEST

START_TEST(its_facts_are_read)
{
	struct wire_cert_wish wish = pki_wish((enum wire_usage)_i, WIRE_TEST);
	static const uint8_t none[WIRE_ID];
	struct wire_cert facts;
	struct wire_key *key;
	struct cb_buf sign = CB_BUF_INIT;
	uint8_t hash[CR_HASH];
	struct pki p;

	pki_init(&p, &wish, NULL);
	ck_assert_int_eq(
	    wire_cert_check(cb_buf_span(&p.cert), cb_buf_span(&p.authority),
		(enum wire_usage)_i, WIRE_TEST, NOW, &facts, &key, NULL),
	    CB_OK);
	ck_assert_mem_eq(facts.subject, wish.subject, WIRE_ID);
	ck_assert_mem_eq(facts.organisation,
	    _i == WIRE_DEVICE || _i == WIRE_PERSON ? wish.organisation : none,
	    WIRE_ID);
	ck_assert_int_eq(facts.until, wish.until);
	ck_assert_int_eq(cr_sha256(cb_buf_span(&p.cert), hash), CB_OK);
	ck_assert_mem_eq(facts.fingerprint, hash, sizeof(hash));
	ck_assert_int_eq(wire_sign(p.key, cb_span_str("text"), &sign), CB_OK);
	ck_assert_int_eq(
	    wire_verify(key, cb_span_str("text"), cb_buf_span(&sign)), CB_OK);
	wire_key_free(&key);
	cb_buf_free(&sign);
	pki_clear(&p);
}
END_TEST

START_TEST(its_dates_count)
{
	struct wire_cert_wish wish = pki_wish(WIRE_DEVICE, WIRE_LIVE);
	struct wire_cert facts;
	struct cb_why why;
	struct pki p;

	wish.until = NOW + 86400;
	pki_init(&p, &wish, NULL);
	ck_assert_int_eq(
	    check(&p, WIRE_DEVICE, WIRE_LIVE, wish.from - 1), CB_E_TIMEOUT);
	ck_assert_int_eq(check(&p, WIRE_DEVICE, WIRE_LIVE, wish.from), CB_OK);
	ck_assert_int_eq(
	    check(&p, WIRE_DEVICE, WIRE_LIVE, wish.until - 1), CB_OK);
	ck_assert_int_eq(
	    wire_cert_check(cb_buf_span(&p.cert), cb_buf_span(&p.authority),
		WIRE_DEVICE, WIRE_LIVE, wish.until + 1, &facts, NULL, &why),
	    CB_E_TIMEOUT);
	ck_assert_ptr_nonnull(strstr(why.text, "no longer valid"));
	pki_clear(&p);
}
END_TEST

/* Another backend's device; one who calls himself an authority; a device
 * that signs certificates. */
START_TEST(only_the_authority_vouches)
{
	struct wire_cert_wish wish = pki_wish(WIRE_DEVICE, WIRE_LIVE);
	struct pki ours, theirs, below;
	struct wire_cert facts;
	struct cb_why why;

	pki_init(&ours, &wish, NULL);
	pki_init(&theirs, &wish, NULL);
	ck_assert_int_eq(wire_cert_check(cb_buf_span(&theirs.cert),
			     cb_buf_span(&ours.authority), WIRE_DEVICE,
			     WIRE_LIVE, NOW, &facts, NULL, &why),
	    CB_E_DENIED);
	ck_assert_ptr_nonnull(strstr(why.text, "authority"));
	/* its own authority, sent along, is not ours */
	ck_assert_int_eq(wire_cert_check(cb_buf_span(&theirs.authority),
			     cb_buf_span(&ours.authority), WIRE_AUTHORITY,
			     WIRE_LIVE, NOW, &facts, NULL, NULL),
	    CB_E_DENIED);
	/* signed by a device of ours */
	pki_init(&below, &wish, NULL);
	cb_buf_free(&below.cert);
	ck_assert_int_eq(wire_cert_make(&wish, below.key, ours.key,
			     cb_buf_span(&ours.cert), &below.cert),
	    CB_OK);
	ck_assert_int_eq(wire_cert_check(cb_buf_span(&below.cert),
			     cb_buf_span(&ours.authority), WIRE_DEVICE,
			     WIRE_LIVE, NOW, &facts, NULL, NULL),
	    CB_E_DENIED);
	ck_assert_int_eq(wire_cert_check(cb_buf_span(&below.cert),
			     cb_buf_span(&ours.cert), WIRE_DEVICE, WIRE_LIVE,
			     NOW, &facts, NULL, NULL),
	    CB_E_DENIED);
	pki_clear(&ours);
	pki_clear(&theirs);
	pki_clear(&below);
}
END_TEST

START_TEST(changed_bytes_are_refused)
{
	struct wire_cert_wish wish = pki_wish(WIRE_DEVICE, WIRE_LIVE);
	struct pki p;
	uint8_t *copy;
	struct wire_cert facts;

	pki_init(&p, &wish, NULL);
	for (size_t i = 0; i < p.cert.n; i++) {
		p.cert.p[i] ^= 1;
		ck_assert_msg(check(&p, WIRE_DEVICE, WIRE_LIVE, NOW) != CB_OK,
		    "byte %zu", i);
		p.cert.p[i] ^= 1;
	}
	for (size_t n = 0; n < p.cert.n; n++) {
		copy = exact_copy(cb_span(p.cert.p, n));
		ck_assert_int_eq(wire_cert_check(cb_span(copy, n),
				     cb_buf_span(&p.authority), WIRE_DEVICE,
				     WIRE_LIVE, NOW, &facts, NULL, NULL),
		    CB_E_FORMAT);
		free(copy);
	}
	ck_assert_int_eq(cb_put_u8(&p.cert, 0), CB_OK);
	ck_assert_int_eq(
	    check(&p, WIRE_DEVICE, WIRE_LIVE, NOW), CB_E_FORMAT);
	pki_clear(&p);
}
END_TEST

static const char *const no_hosts[] = { "", "a b", "a,DNS:b", "a\nb", "*.x",
	"a/b", "caf\xC3\xA9.example" };

START_TEST(hosts_are_names_or_addresses)
{
	struct wire_cert_wish wish = pki_wish(WIRE_DOOR, WIRE_LIVE);
	const char *hosts[] = { "cards.example", no_hosts[_i] };
	struct cb_buf der = CB_BUF_INIT;
	struct pki p;

	pki_init(&p, &wish, NULL);
	wish.hosts = hosts;
	wish.hosts_n = 2;
	ck_assert_int_eq(wire_cert_make(&wish, p.key, p.authority_key,
			     cb_buf_span(&p.authority), &der),
	    CB_E_ARG);
	ck_assert_uint_eq(der.n, 0);
	pki_clear(&p);
}
END_TEST

/* For who makes the next one, when this one may be over. */
START_TEST(dates_and_hosts_are_read_unchecked)
{
	static const char all[] = "cards.example\0" "127.0.0.1\0" "::1";
	struct wire_cert_wish wish = pki_wish(WIRE_DOOR, WIRE_LIVE);
	const char *hosts[] = { "cards.example", "127.0.0.1", "::1" };
	struct cb_buf got = CB_BUF_INIT;
	int64_t until = 0;
	struct pki p;

	wish.hosts = hosts;
	wish.hosts_n = 3;
	pki_init(&p, &wish, NULL);
	ck_assert_int_eq(
	    wire_cert_until(cb_buf_span(&p.cert), &until), CB_OK);
	ck_assert_int_eq(until, wish.until);
	ck_assert_int_eq(wire_cert_hosts(cb_buf_span(&p.cert), &got), CB_OK);
	ck_assert(cb_span_equal(
	    cb_buf_span(&got), cb_span(all, sizeof(all))));
	/* an authority has none */
	cb_buf_clear(&got);
	ck_assert_int_eq(
	    wire_cert_hosts(cb_buf_span(&p.authority), &got), CB_OK);
	ck_assert_uint_eq(got.n, 0);
	for (size_t n = 0; n < p.cert.n; n++) {
		uint8_t *copy = exact_copy(cb_span(p.cert.p, n));

		ck_assert_int_eq(
		    wire_cert_until(cb_span(copy, n), &until), CB_E_FORMAT);
		ck_assert_int_eq(
		    wire_cert_hosts(cb_span(copy, n), &got), CB_E_FORMAT);
		free(copy);
	}
	ck_assert_uint_eq(got.n, 0);
	cb_buf_free(&got);
	pki_clear(&p);
}
END_TEST

Suite *
cert_suite(void)
{
	Suite *s = suite_create("cert");
	TCase *tc = tcase_create("cert");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, a_certificate_has_one_usage_and_kind,
	    WIRE_DOOR, WIRE_SERVICE + 1);
	tcase_add_loop_test(
	    tc, its_facts_are_read, WIRE_DOOR, WIRE_SERVICE + 1);
	tcase_add_test(tc, its_dates_count);
	tcase_add_test(tc, only_the_authority_vouches);
	tcase_add_test(tc, changed_bytes_are_refused);
	tcase_add_test(tc, dates_and_hosts_are_read_unchecked);
	tcase_add_loop_test(
	    tc, hosts_are_names_or_addresses, 0, COUNT(no_hosts));
	suite_add_tcase(s, tc);
	return s;
}
