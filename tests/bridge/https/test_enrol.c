/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Getting an identity, and whom a token is not given to.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bridge/https/enrol.h"
#include "tests/bridge/https/rig.h"

static void
setup(void)
{
	rig_setup();
	far.token = (struct wire_token){ .kind = WIRE_TEST };
	memcpy(far.token.backend, pki_backend, WIRE_ID);
	memcpy(far.token.organisation, pki_organisation, WIRE_ID);
	ck_ok(cr_sha256(cb_buf_span(&pki.authority_cert),
	    far.token.authority));
	ck_ok(cr_random(far.token.secret, WIRE_TOKEN));
}

static enum cb_err
enrol(const char *url, const struct wire_token *token, const char *needle)
{
	struct wire_identity id = { .key = NULL };
	struct cb_why why = { "" };
	enum cb_err r;

	ck_ok(wire_key_new_p256(&id.key));
	r = br_enrol(&id, url, token, (int64_t)time(NULL), &why);
	if (needle != NULL)
		ck_assert_msg(strstr(why.text, needle) != NULL, "%s",
		    why.text);
	wire_identity_clear(&id);
	return r;
}

START_TEST(a_token_makes_an_identity_once)
{
	struct wire_identity id = { .key = NULL };
	struct cb_why why = { "" };
	char dir[300];

	backend_start(&far);
	ck_ok(wire_key_new_p256(&id.key));
	ck_assert_msg(br_enrol(&id, far.origin, &far.token,
			  (int64_t)time(NULL), &why) == CB_OK, "%s", why.text);
	snprintf(dir, sizeof(dir), "%s/new", far.dir);
	ck_ok(wire_identity_write(&id, dir, &why));
	wire_identity_clear(&id);
	ck_ok(wire_identity_read(&id, dir, (int64_t)time(NULL), &why));
	ck_assert_mem_eq(id.id, pki_device, WIRE_ID);
	wire_identity_clear(&id);
	ck_err(enrol(far.origin, &far.token, "used before"), CB_E_DENIED);
}
END_TEST

/* The very same bytes are sent until there is an answer. */
START_TEST(an_answer_that_is_lost_is_asked_for_again)
{
	far.cut_enrols = 3;
	backend_start(&far);
	ck_ok(enrol(far.origin, &far.token, NULL));
	ck_assert_uint_ge(far.enrols, 4);
}
END_TEST

/* Whoever was interrupted comes again with the same key, and is not refused
 * for having used the token. */
START_TEST(who_was_interrupted_goes_on)
{
	struct wire_identity id = { .key = NULL };
	struct wire_making m;
	struct cb_why why = { "" };
	char dir[300];

	backend_start(&far);
	snprintf(dir, sizeof(dir), "%s/new", far.dir);
	for (int i = 0; i < 2; i++) {
		ck_ok(wire_identity_begin(&m, dir, &id.key, &why));
		ck_assert(m.fresh == (i == 0));
		ck_assert_msg(br_enrol(&id, far.origin, &far.token,
				  (int64_t)time(NULL), &why) == CB_OK,
		    "%s", why.text);
		if (i == 1)
			ck_ok(wire_identity_finish(&m, &id, dir, &why));
		wire_identity_end(&m, true);
		wire_identity_clear(&id);
	}
	ck_assert_uint_eq(far.enrols, 2);
	ck_ok(wire_identity_read(&id, dir, (int64_t)time(NULL), &why));
	wire_identity_clear(&id);
}
END_TEST

/* Each part that names the backend; none of these costs the token. */
START_TEST(another_backend_is_told_nothing)
{
	struct wire_token t;
	struct { uint8_t *at; const char *words; } parts[] = {
		{ &t.backend[5], "not the backend" },
		{ &t.authority[5], "not the backend" },
		{ &t.organisation[5], "another organisation" },
	};

	backend_start(&far);
	t = far.token;
	*parts[_i].at ^= 1;
	ck_err(enrol(far.origin, &t, parts[_i].words), CB_E_DENIED);
	ck_assert(far.token_used == (_i == 2));
	t = far.token;
	t.kind = WIRE_LIVE;
	ck_err(enrol(far.origin, &t, "not the backend"), CB_E_DENIED);
}
END_TEST

START_TEST(who_stands_between_is_noticed)
{
	far.door = cb_buf_span(&pki.replaced_cert);
	backend_start(&far);
	ck_err(enrol(far.origin, &far.token, "this network replaced"),
	    CB_E_PEER);
	ck_assert(!far.token_used);
}
END_TEST

START_TEST(what_is_no_backend_is_told_so)
{
	static const char *const urls[] = { "http://localhost:1",
		"https://a:b@localhost:1", "https://localhost:1/x",
		"https://localhost:1/?token=1" };

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
		ck_err(enrol(urls[i], &far.token, NULL), CB_E_ARG);
}
END_TEST

Suite *
enrol_suite(void)
{
	Suite *s = suite_create("enrol");
	TCase *t = tcase_create("enrol");

	tcase_add_unchecked_fixture(t, pki_make, pki_free);
	tcase_add_checked_fixture(t, setup, rig_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_token_makes_an_identity_once);
	tcase_add_test(t, an_answer_that_is_lost_is_asked_for_again);
	tcase_add_test(t, who_was_interrupted_goes_on);
	tcase_add_loop_test(t, another_backend_is_told_nothing, 0, 3);
	tcase_add_test(t, who_stands_between_is_noticed);
	tcase_add_test(t, what_is_no_backend_is_told_so);
	suite_add_tcase(s, t);
	return s;
}
