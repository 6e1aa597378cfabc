/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Card files in readers: whose they are, powered, at rest, and ejected.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "emulator/emu.h"
#include "tests/bridge/harness.h"

static struct bridge b;
static char file[512], uri[600];
static const char *readers[] = { "card", uri, NULL };

/* A card before personalisation: no key is generated. */
static void
make_card(void)
{
	const struct emu_make wish = {
		.test = true, .blank = true, .scrypt_log2n = 10,
		.so_pin = cb_span_str("87654321"),
	};
	const char *top = getenv("CB_SRC");
	struct emu_profile *profile;
	struct emu_nvm *nvm;
	struct cb_why why = { "" };
	char path[4096];

	snprintf(path, sizeof(path), "%s/data/profiles/authentic5.profile",
	    top != NULL ? top : ".");
	ck_assert_msg(emu_profile_read(&profile, path, &why) == CB_OK, "%s",
	    why.text);
	ck_assert_msg(emu_file_open(&nvm, file, EMU_FILE_CREATE, &why) ==
	    CB_OK, "%s", why.text);
	ck_assert_msg(emu_card_make(nvm, profile, &wish, &emu_env_system,
	    &why) == CB_OK, "%s", why.text);
	emu_nvm_free(&nvm);
	emu_profile_free(&profile);
}

static void
setup(void)
{
	bridge_init(&b);
	snprintf(file, sizeof(file), "%s/my card", b.at.dir);
	snprintf(uri, sizeof(uri), "emu:%s", file);
	make_card();
}

static void
teardown(void)
{
	bridge_clear(&b);
}

/* What another process gets that wants the file. */
static enum cb_err
open_elsewhere(void)
{
	struct emu_nvm *nvm;
	struct cb_why why = { "" };
	int status;
	pid_t pid = fork();
	enum cb_err r;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		r = emu_file_open(&nvm, file, 0, &why);
		emu_nvm_free(&nvm);
		/* the owner is named */
		if (r == CB_E_BUSY && strstr(why.text, "pid") == NULL)
			r = CB_E_INTERNAL;
		_exit((int)r);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return (enum cb_err)WEXITSTATUS(status);
}

static void
power(struct br_client *c)
{
	struct cb_why why = { "" };
	uint8_t atr[CB_ATR_MAX];
	size_t n;

	ck_assert_msg(br_power(c, BR_POWER_ON, atr, &n, &why) == CB_OK, "%s",
	    why.text);
	ck_assert_uint_eq(atr[0], 0x3b);
}

START_TEST(a_card_file_in_a_reader_answers)
{
	struct br_client *c;
	struct br_reader_info *list;
	size_t n;
	enum cb_err e;

	bridge_start(&b, readers);
	c = attached(&b, "card", BR_ROAD_DIRECT);
	ck_ok(br_reader_list(c, &list, &n, NULL));
	ck_assert_uint_eq(n, 1);
	ck_assert(list[0].present && list[0].test);
	ck_assert_str_eq(list[0].trouble, "");
	ck_assert_uint_gt(list[0].atr_n, 2);
	free(list);
	power(c);
	/* an application that is not on it */
	ck_assert_uint_eq(send_apdu(c, &e, 10, 0, 0xa4, 4, 0, 5, 0xe8, 0x28,
	    0xbd, 8, 0x0f), 0x6a82);
	br_close(&c);
}
END_TEST

START_TEST(the_file_is_the_bridges_as_long_as_it_is_in_the_reader)
{
	struct br_client *c, *admin;
	struct emu_nvm *nvm;
	struct cb_why why = { "" };
	uint8_t atr[CB_ATR_MAX];
	size_t n;

	bridge_fork(&b, readers);
	c = attached(&b, "card", BR_ROAD_DIRECT);
	admin = dial(&b);
	ck_err(open_elsewhere(), CB_E_BUSY);
	power(c);
	ck_err(open_elsewhere(), CB_E_BUSY);
	ck_ok(br_power(c, BR_POWER_OFF, atr, &n, NULL));
	sleep(4);	/* closed by now */
	ck_err(open_elsewhere(), CB_E_BUSY);
	power(c);	/* and open again */
	ck_ok(br_reader_eject(admin, "card", NULL));
	ck_ok(open_elsewhere());
	/* taken by another meanwhile */
	ck_ok(emu_file_open(&nvm, file, 0, NULL));
	ck_err(br_reader_insert(admin, "card", &why), CB_E_BUSY);
	ck_assert_ptr_nonnull(strstr(why.text, "pid"));
	emu_nvm_free(&nvm);
	ck_ok(br_reader_insert(admin, "card", &why));
	power(c);
	br_close(&c);
	br_close(&admin);
}
END_TEST

START_TEST(a_card_that_is_not_there_is_named)
{
	struct br_reader_info *list;
	struct br_client *c;
	size_t n;

	ck_assert_int_eq(unlink(file), 0);
	bridge_start(&b, readers);
	c = dial(&b);
	ck_ok(br_reader_list(c, &list, &n, NULL));
	ck_assert_uint_eq(n, 1);
	ck_assert(!list[0].present);
	ck_assert_ptr_nonnull(strstr(list[0].trouble, file));
	free(list);
	br_close(&c);
}
END_TEST

/* A card file that goes while its reader rests: the reader is empty and says
 * why, until the file is back and the card is put in. */
START_TEST(a_card_that_went_while_it_slept_is_named)
{
	struct br_reader_info *list;
	struct br_client *c, *admin;
	struct cb_why why = { "" };
	uint8_t atr[CB_ATR_MAX];
	char away[600];
	size_t n;

	snprintf(away, sizeof(away), "%s.away", file);
	bridge_start(&b, readers);
	c = attached(&b, "card", BR_ROAD_DIRECT);
	admin = dial(&b);
	sleep(4);	/* at rest by now */
	ck_assert_int_eq(rename(file, away), 0);
	ck_assert_int_ne(br_power(c, BR_POWER_ON, atr, &n, &why), CB_OK);
	ck_assert_ptr_nonnull(strstr(why.text, file));
	ck_ok(br_reader_list(admin, &list, &n, NULL));
	ck_assert(!list[0].present);
	ck_assert_ptr_nonnull(strstr(list[0].trouble, file));
	free(list);
	ck_assert_int_ne(br_reader_insert(admin, "card", &why), CB_OK);
	ck_assert_int_eq(rename(away, file), 0);
	ck_ok(br_reader_insert(admin, "card", &why));
	power(c);
	br_close(&c);
	br_close(&admin);
}
END_TEST

Suite *
link_emu_suite(void)
{
	Suite *s = suite_create("link_emu");
	TCase *t = tcase_create("link_emu");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_card_file_in_a_reader_answers);
	tcase_add_test(
	    t, the_file_is_the_bridges_as_long_as_it_is_in_the_reader);
	tcase_add_test(t, a_card_that_is_not_there_is_named);
	tcase_add_test(t, a_card_that_went_while_it_slept_is_named);
	suite_add_tcase(s, t);
	return s;
}
