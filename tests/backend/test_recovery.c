/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Unblock secrets open with the recovery root they were made under, in their
 * own place of the database, and with nothing else.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/vault/recovery.h"
#include "tests/backend/vault.h"

static const uint8_t card[WIRE_ID] = { 0xCA }, other_card[WIRE_ID] = { 0xCB };

static struct be_root *root;
static struct be_recovery *recovery;
static struct be_org org;
static struct cb_buf key, wrap;
static uint8_t secret[CR_KEY];

static void
setup(void)
{
	org = *backend_get()->org;
	ck_assert_int_eq(be_root_new(&root, &org.self), CB_OK);
	ck_assert_int_eq(be_recovery_new(&recovery, root), CB_OK);
	ck_assert_int_eq(be_recovery_make(recovery, org.id, &key), CB_OK);
	ck_assert_int_eq(
	    be_recovery_open(recovery, &org, cb_buf_span(&key)), CB_OK);
	ck_assert_int_eq(be_unblock_make(&org, card, secret, &wrap), CB_OK);
}

static void
teardown(void)
{
	be_recovery_free(&recovery);
	be_root_free(&root);
	cb_buf_free(&key);
	cb_buf_free(&wrap);
}

START_TEST(a_secret_opens_again)
{
	struct be_org again = *backend_get()->org;
	uint8_t got[CR_KEY];

	ck_assert_int_eq(
	    be_recovery_open(recovery, &again, cb_buf_span(&key)), CB_OK);
	ck_assert_int_eq(
	    be_unblock_open(&again, card, cb_buf_span(&wrap), got), CB_OK);
	ck_assert_mem_eq(got, secret, CR_KEY);
}
END_TEST

START_TEST(each_card_has_its_own)
{
	struct cb_buf second = CB_BUF_INIT;
	uint8_t got[CR_KEY];

	ck_assert_int_eq(
	    be_unblock_make(&org, other_card, got, &second), CB_OK);
	ck_assert_mem_ne(got, secret, CR_KEY);
	ck_assert_int_eq(be_unblock_open(&org, other_card,
			     cb_buf_span(&wrap), got),
	    CB_E_CRYPTO);
	cb_buf_free(&second);
}
END_TEST

START_TEST(without_its_recovery_root_nothing_opens)
{
	struct be_org none = *backend_get()->org;
	struct be_recovery *other;
	struct be_root *fresh;
	struct cb_buf more = CB_BUF_INIT;
	uint8_t got[CR_KEY];

	ck_assert_int_eq(
	    be_unblock_open(&none, card, cb_buf_span(&wrap), got),
	    CB_E_ABSENT);
	ck_assert_int_eq(
	    be_unblock_make(&none, card, got, &more), CB_E_ABSENT);
	ck_assert_uint_eq(more.n, 0);
	/* neither the root of all other keys nor another one */
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(be_root_new(&fresh, &org.self), CB_OK);
		ck_assert_int_eq(be_recovery_new(&other,
				     i == 0 ? backend_get()->root : fresh),
		    CB_OK);
		ck_assert_int_eq(
		    be_recovery_open(other, &none, cb_buf_span(&key)),
		    CB_E_CRYPTO);
		ck_assert_uint_eq(none.recovery.version, 0);
		be_recovery_free(&other);
		be_root_free(&fresh);
	}
}
END_TEST

START_TEST(a_key_is_of_one_organisation)
{
	struct be_org other = *backend_get()->other_org;
	uint8_t got[CR_KEY];

	ck_assert_int_eq(
	    be_recovery_open(recovery, &other, cb_buf_span(&key)),
	    CB_E_CRYPTO);
	/* nor is a card's secret another organisation's */
	other.recovery = org.recovery;
	ck_assert_int_eq(
	    be_unblock_open(&other, card, cb_buf_span(&wrap), got),
	    CB_E_CRYPTO);
}
END_TEST

START_TEST(it_is_kept_as_one_part_of_a_root)
{
	char path[] = "/tmp/test_recovery.XXXXXX", uri[64];
	const char *const uris[] = { uri };
	const int fd = mkstemp(path);
	struct be_self live = org.self;
	struct be_recovery *read;
	struct cb_why why;

	ck_assert_int_ge(fd, 0);
	(void)close(fd);
	(void)unlink(path);
	(void)snprintf(uri, sizeof(uri), "file:%s", path);
	ck_assert_int_eq(be_recovery_load(&read, &org.self, uri, &why),
	    CB_E_ABSENT);
	ck_assert_ptr_null(read);
	ck_assert_int_eq(be_root_save(root, uris, 1, &why), CB_OK);
	ck_assert_int_eq(
	    be_recovery_load(&read, &org.self, uri, &why), CB_OK);
	ck_assert_mem_eq(read->root.key, recovery->root.key, CR_KEY);
	be_recovery_free(&read);
	live.kind = WIRE_LIVE;
	ck_assert_int_eq(
	    be_recovery_load(&read, &live, uri, &why), CB_E_DENIED);
	(void)unlink(path);
}
END_TEST

Suite *
recovery_suite(void)
{
	Suite *s = suite_create("recovery");
	TCase *t = tcase_create("recovery");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_secret_opens_again);
	tcase_add_test(t, each_card_has_its_own);
	tcase_add_test(t, without_its_recovery_root_nothing_opens);
	tcase_add_test(t, a_key_is_of_one_organisation);
	tcase_add_test(t, it_is_kept_as_one_part_of_a_root);
	suite_add_tcase(s, t);
	return s;
}
