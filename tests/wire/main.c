/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Runs the suites of wire/.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/wire/suites.h"

struct cb_buf
bytes_of(uint8_t value, size_t n)
{
	struct cb_buf b = CB_BUF_INIT;
	uint8_t *p;

	ck_assert_int_eq(cb_buf_grow(&b, n, &p), CB_OK);
	if (n > 0)
		memset(p, value, n);
	return b;
}

uint8_t *
exact_copy(struct cb_span s)
{
	uint8_t *p;

	if (s.n == 0)
		return NULL;
	ck_assert_ptr_nonnull(p = malloc(s.n));
	memcpy(p, s.p, s.n);
	return p;
}

struct wire_cert_wish
pki_wish(enum wire_usage usage, enum wire_kind kind)
{
	static const char *const hosts[] = { "cards.example", "127.0.0.1",
		"::1" };
	struct wire_cert_wish w = {
		.usage = usage,
		.kind = kind,
		.from = NOW - 3600,
		.until = NOW + 365 * 86400,
	};

	memset(w.subject, 0xA0 + (int)usage, sizeof(w.subject));
	memset(w.organisation, 0xB0, sizeof(w.organisation));
	memset(w.serial, 0xC0 + (int)usage, sizeof(w.serial));
	if (usage == WIRE_DOOR) {
		w.hosts = hosts;
		w.hosts_n = 3;
	}
	return w;
}

void
pki_init(struct pki *p, const struct wire_cert_wish *wish,
    struct wire_key *key)
{
	const struct wire_cert_wish authority =
	    pki_wish(WIRE_AUTHORITY, wish->kind);

	*p = (struct pki){ .key = key };
	ck_assert_int_eq(wire_key_new_p256(&p->authority_key), CB_OK);
	if (key == NULL)
		ck_assert_int_eq(wire_key_new_p256(&p->key), CB_OK);
	ck_assert_int_eq(wire_cert_make(&authority, p->authority_key,
			     p->authority_key, CB_SPAN_EMPTY, &p->authority),
	    CB_OK);
	ck_assert_int_eq(wire_cert_make(wish, p->key, p->authority_key,
			     cb_buf_span(&p->authority), &p->cert),
	    CB_OK);
}

void
pki_clear(struct pki *p)
{
	wire_key_free(&p->authority_key);
	wire_key_free(&p->key);
	cb_buf_free(&p->authority);
	cb_buf_free(&p->cert);
}

struct wire_key *
pki_service(void)
{
	static struct wire_key *key;

	if (key == NULL)
		ck_assert_int_eq(
		    wire_key_new_rsa(&key, WIRE_RSA_BITS), CB_OK);
	return key;
}

void
pki_service_make(void)
{
	(void)pki_service();
}

int
main(void)
{
	SRunner *sr = srunner_create(open_suite());
	int failed;

	srunner_add_suite(sr, record_suite());
	srunner_add_suite(sr, recording_suite());
	srunner_add_suite(sr, message_suite());
	srunner_add_suite(sr, identity_suite());
	srunner_add_suite(sr, key_suite());
	srunner_add_suite(sr, cert_suite());
	srunner_add_suite(sr, draft_suite());
	srunner_add_suite(sr, enrol_suite());
	srunner_add_suite(sr, entry_suite());
	srunner_add_suite(sr, grant_suite());
	srunner_add_suite(sr, act_suite());
	srunner_add_suite(sr, desk_suite());
	srunner_add_suite(sr, chain_suite());
	srunner_add_suite(sr, export_suite());
	srunner_add_suite(sr, road_suite());
	srunner_add_suite(sr, token_suite());
	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
