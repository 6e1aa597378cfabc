/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Certificates of the vault: for whom, for how long, and against what.
 */
#include <string.h>

#include "backend/vault/enrol.h"
#include "backend/vault/mac.h"
#include "tests/backend/vault.h"

#define DAY 86400

static const uint8_t subject[WIRE_ID] = { 0x5B };
static const char *const hosts[] = { "cards.example", "127.0.0.1" };

/* ---- made for the operator ----------------------------------------------- */

static const struct {
	enum wire_usage usage;
	size_t hosts;
	enum cb_err result;
} usages[] = {
	{ WIRE_DOOR, 2, CB_OK },
	{ WIRE_DOOR, 0, CB_E_ARG },
	{ WIRE_DEVICE, 0, CB_OK },
	{ WIRE_DEVICE, 1, CB_E_ARG },
	{ WIRE_PERSON, 0, CB_OK },
	{ WIRE_AUTHORITY, 0, CB_E_ARG },
	{ WIRE_SERVICE, 0, CB_E_ARG },
};

START_TEST(a_certificate_is_of_its_usage)
{
	const struct backend *b = backend_get();
	struct cb_buf der = CB_BUF_INIT;
	struct wire_cert facts;
	struct wire_key *key;

	ck_assert_int_eq(wire_key_new_p256(&key), CB_OK);
	ck_assert_int_eq(be_certificate_make(b->ring, usages[_i].usage,
			     subject, b->org->id, hosts, usages[_i].hosts,
			     key, NULL, NOW, &der),
	    usages[_i].result);
	if (usages[_i].result == CB_OK) {
		ck_assert_int_eq(wire_cert_check(cb_buf_span(&der),
				     cb_buf_span(&b->ring->authority_cert),
				     usages[_i].usage, b->ring->self.kind,
				     NOW, &facts, NULL, NULL),
		    CB_OK);
		ck_assert_mem_eq(facts.subject, subject, WIRE_ID);
		ck_assert_int_eq(facts.until, NOW + 365 * DAY);
	}
	wire_key_free(&key);
	cb_buf_free(&der);
}
END_TEST

START_TEST(lifetimes_are_settings)
{
	const struct be_lifetimes l = { .device = 30, .person = 36526 };
	const struct be_self *self = &backend_get()->ring->self;
	struct wire_cert_wish one, two;

	ck_assert_int_eq(
	    be_certificate_wish(&one, self, WIRE_DEVICE, &l, NOW), CB_OK);
	ck_assert_int_eq(one.until, NOW + 30 * DAY);
	ck_assert_int_lt(one.from, NOW);
	ck_assert_int_eq(
	    be_certificate_wish(&two, self, WIRE_DEVICE, NULL, NOW), CB_OK);
	ck_assert_int_eq(two.until, NOW + 365 * DAY);
	ck_assert_mem_ne(one.serial, two.serial, sizeof(one.serial));
	ck_assert_int_eq(
	    be_certificate_wish(&two, self, WIRE_PERSON, &l, NOW),
	    CB_E_LIMIT);
}
END_TEST

/* ---- against a token ----------------------------------------------------- */

struct trial {
	struct be_org *org;
	struct wire_grant row;
	uint8_t token[WIRE_TOKEN];
	struct be_self self;
	const struct wire_key *service;
	int64_t now;
	struct cb_buf enrol, bytes, mac;
};

typedef void flaw(struct trial *t);

/* clang-format off */
#define FLAW(name, change) static void name(struct trial *t) { change; }

FLAW(nothing, (void)t)
FLAW(person, t->row.bytes[WIRE_G_NAME] = cb_span_str("person"))
FLAW(last_second, t->now = NOW + 599)
FLAW(other_token, t->token[0] ^= 1)
FLAW(other_kind, t->self.kind = WIRE_LIVE)
FLAW(other_backend, t->self.id[0] ^= 1)
FLAW(over, t->now = NOW + 600)
FLAW(no_end, t->row.number[WIRE_G_UNTIL] = 0)
FLAW(other_purpose, t->row.bytes[WIRE_G_NAME] = cb_span_str("unblock"))
FLAW(other_type, t->row.type = WIRE_GRANT_REVOCATION)
FLAW(other_org, t->org = backend_get()->other_org)
FLAW(wrong_mac, t->mac.p[9] ^= 1)
FLAW(wrong_row, t->bytes.p[25] ^= 1)
FLAW(wrong_signature, t->enrol.p[t->enrol.n - 1] ^= 1)
FLAW(cut, t->enrol.n--)

static const struct {
	const char *name;
	flaw *early, *late;
	enum cb_err result;
} trials[] = {
	{ "a device", nothing, nothing, CB_OK },
	{ "a person", person, nothing, CB_OK },
	{ "last second", last_second, nothing, CB_OK },
	{ "token", other_token, nothing, CB_E_DENIED },
	{ "kind", other_kind, nothing, CB_E_DENIED },
	{ "backend", other_backend, nothing, CB_E_DENIED },
	{ "over", over, nothing, CB_E_DENIED },
	{ "no end", no_end, nothing, CB_E_DENIED },
	{ "purpose", other_purpose, nothing, CB_E_DENIED },
	{ "type", other_type, nothing, CB_E_DENIED },
	{ "organisation", nothing, other_org, CB_E_DENIED },
	{ "mac", nothing, wrong_mac, CB_E_DENIED },
	{ "row", nothing, wrong_row, CB_E_DENIED },
	{ "signature", nothing, wrong_signature, CB_E_DENIED },
	{ "cut", nothing, cut, CB_E_DENIED },
};
/* clang-format on */

static void
trial_make(struct trial *t, struct wire_key *key, flaw *early, flaw *late)
{
	struct backend *b = backend_get();
	uint8_t hash[CR_HASH];

	*t = (struct trial){ .org = b->org, .token = { 7 }, .now = NOW,
		.self = b->ring->self, .service = b->ring->service };
	ck_assert_int_eq(cr_sha256(CB_SPAN_OF(t->token), hash), CB_OK);
	t->row.type = WIRE_GRANT_TOKEN;
	memcpy(t->row.organisation, b->org->id, WIRE_ID);
	t->row.bytes[WIRE_G_SUBJECT] = CB_SPAN_OF(subject);
	t->row.bytes[WIRE_G_FINGERPRINT] = CB_SPAN_OF(hash);
	t->row.bytes[WIRE_G_NAME] = cb_span_str("device");
	t->row.number[WIRE_G_CLASS] = 1;
	t->row.number[WIRE_G_UNTIL] = (NOW + 600) * 1000;
	early(t);
	ck_assert_int_eq(wire_grant_put(&t->bytes, &t->row), CB_OK);
	ck_assert_int_eq(be_grant_sign(&t->mac, b->org,
			     cb_buf_span(&t->bytes)),
	    CB_OK);
	ck_assert_int_eq(wire_enrol_put(&t->enrol, t->self.kind, t->self.id,
			     t->service, t->token, key),
	    CB_OK);
	late(t);
}

START_TEST(a_token_enrols_its_holder)
{
	const struct backend *b = backend_get();
	struct cb_buf der = CB_BUF_INIT, row = CB_BUF_INIT, mac = CB_BUF_INIT;
	struct be_signed token, made;
	struct wire_grant grant;
	struct be_enrolled who;
	struct wire_cert facts;
	struct wire_key *key, *of;
	struct trial t;

	ck_assert_int_eq(wire_key_new_p256(&key), CB_OK);
	trial_make(&t, key, trials[_i].early, trials[_i].late);
	token = (struct be_signed){ cb_buf_span(&t.bytes),
		cb_buf_span(&t.mac) };
	ck_assert_msg(be_enrol(b->ring, t.org, cb_buf_span(&t.enrol), &token,
		NULL, t.now, &who, &der, &row, &mac) == trials[_i].result, "%s",
	    trials[_i].name);
	made = (struct be_signed){ cb_buf_span(&row), cb_buf_span(&mac) };
	if (trials[_i].result != CB_OK)
		ck_assert_uint_eq(der.n + row.n + mac.n, 0);
	else {
		ck_assert_int_eq(wire_cert_check(cb_buf_span(&der),
				     cb_buf_span(&b->ring->authority_cert),
				     who.usage, b->ring->self.kind, t.now,
				     &facts, &of, NULL),
		    CB_OK);
		ck_assert_int_eq(who.usage, trials[_i].early == person
			? WIRE_PERSON : WIRE_DEVICE);
		ck_assert_uint_eq(who.class, 1);
		ck_assert_mem_eq(facts.subject, subject, WIRE_ID);
		ck_assert_mem_eq(facts.organisation, b->org->id, WIRE_ID);
		ck_assert_mem_eq(facts.fingerprint, who.fingerprint, CR_HASH);
		/* a row that opening takes, see test_open.c */
		ck_assert_int_eq(be_grant_check(&made, b->org, &grant), CB_OK);
		ck_assert(cb_span_equal(CB_SPAN_OF(who.fingerprint),
		    grant.type == WIRE_GRANT_DEVICE
			? grant.bytes[WIRE_G_FINGERPRINT]
			: grant.bytes[WIRE_G_VALUE]));
		ck_assert(cb_span_equal(CB_SPAN_OF(subject),
		    grant.type == WIRE_GRANT_DEVICE
			? grant.bytes[WIRE_G_DEVICE]
			: grant.bytes[WIRE_G_PERSON]));
		ck_assert_int_eq(grant.type, who.usage == WIRE_DEVICE
			? WIRE_GRANT_DEVICE : WIRE_GRANT_FACTOR);
		ck_assert_uint_eq(grant.number[WIRE_G_STATE], 1);
		wire_key_free(&of);
	}
	wire_key_free(&key);
	cb_buf_free(&der);
	cb_buf_free(&row);
	cb_buf_free(&mac);
	cb_buf_free(&t.enrol);
	cb_buf_free(&t.bytes);
	cb_buf_free(&t.mac);
}
END_TEST

START_TEST(a_token_is_found_by_its_hash)
{
	const struct be_ring *ring = backend_get()->ring;
	uint8_t hash[CR_HASH], want[CR_HASH];
	struct wire_key *key;
	struct trial t;

	ck_assert_int_eq(wire_key_new_p256(&key), CB_OK);
	trial_make(&t, key, nothing, nothing);
	ck_assert_int_eq(cr_sha256(CB_SPAN_OF(t.token), want), CB_OK);
	ck_assert_int_eq(be_enrol_hash(ring, cb_buf_span(&t.enrol), hash),
	    CB_OK);
	ck_assert_mem_eq(hash, want, CR_HASH);
	t.enrol.n--;
	ck_assert_int_eq(be_enrol_hash(ring, cb_buf_span(&t.enrol), hash),
	    CB_E_DENIED);
	wire_key_free(&key);
	cb_buf_free(&t.enrol);
	cb_buf_free(&t.bytes);
	cb_buf_free(&t.mac);
}
END_TEST

Suite *
enrol_suite(void)
{
	Suite *s = suite_create("enrol");
	TCase *tc = tcase_create("enrol");

	tcase_set_timeout(tc, 30);
	tcase_add_loop_test(
	    tc, a_certificate_is_of_its_usage, 0, COUNT(usages));
	tcase_add_test(tc, lifetimes_are_settings);
	tcase_add_loop_test(
	    tc, a_token_enrols_its_holder, 0, COUNT(trials));
	tcase_add_test(tc, a_token_is_found_by_its_hash);
	suite_add_tcase(s, tc);
	return s;
}
