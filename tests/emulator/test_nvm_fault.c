/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A card file on a disk that is full or fails, and one found in the middle of
 * a change.
 */
#include <stdio.h>
#include <string.h>

#include "emulator/nvm_file.h"
#include "tests/emulator/nvm_test.h"
#include "tests/powercut/vfs_powercut.h"

#define BEFORE "a=1\nb=1\n"
#define AFTER "a=2\nb=2\nc=2\n"

static void
setup(void)
{
	nvm_dir_setup();
	ck_assert_int_eq(pc_register(), SQLITE_OK);
	emu_file_set_vfs(PC_VFS);
}

static void
teardown(void)
{
	emu_file_set_vfs(NULL);
	nvm_dir_teardown();
}

static void
make_before(const char *path)
{
	struct emu_nvm *nvm = NULL;

	ck_assert_int_eq(
	    emu_file_open(&nvm, path, EMU_FILE_CREATE, NULL), CB_OK);
	ck_assert_int_eq(nvm_put1(nvm, "a", "1"), CB_OK);
	ck_assert_int_eq(nvm_put1(nvm, "b", "1"), CB_OK);
	emu_nvm_free(&nvm);
}

static enum cb_err
change(struct emu_nvm *nvm)
{
	ck_assert_int_eq(nvm->ops->begin(nvm), CB_OK);
	(void)nvm->ops->put(nvm, "a", cb_span_str("2"));
	(void)nvm->ops->put(nvm, "b", cb_span_str("2"));
	(void)nvm->ops->put(nvm, "c", cb_span_str("2"));
	return nvm->ops->commit(nvm, EMU_NVM_NOW);
}

static bool
is_before_or_after(const char *text)
{
	return strcmp(text, BEFORE) == 0 || strcmp(text, AFTER) == 0;
}

START_TEST(a_full_disk_undoes_one_transaction_only)
{
	struct emu_nvm *nvm = NULL;
	char base[16];
	unsigned n, failed = 1;

	for (n = 0; failed > 0 && n < 100; n++) {
		snprintf(base, sizeof(base), "card%u", n);
		make_before(nvm_path(base));
		ck_assert_int_eq(
		    emu_file_open(&nvm, nvm_path(base), 0, NULL), CB_OK);
		pc_fail(PC_FULL, n);
		ck_assert_int_eq(change(nvm) == CB_OK,
		    (failed = pc_fail(PC_NO_FAULT, 0)) == 0);
		ck_assert_str_eq(nvm_text(nvm), failed ? BEFORE : AFTER);
		ck_assert_int_eq(change(nvm), CB_OK);
		ck_assert_str_eq(nvm_text(nvm), AFTER);
		emu_nvm_free(&nvm);
		ck_assert_str_eq(
		    nvm_file_text(nvm_path(base), 0, NULL), AFTER);
	}
	ck_assert_uint_gt(n, 5);
	ck_assert_uint_lt(n, 100);
}
END_TEST

static const enum pc_fault broken_disks[] = { PC_WRITE_EIO, PC_SYNC_EIO };

START_TEST(a_failing_disk_ends_writing)
{
	struct emu_nvm *nvm = NULL;
	char base[16];
	unsigned n, failed = 1;

	for (n = 0; failed > 0 && n < 100; n++) {
		snprintf(base, sizeof(base), "card%u", n);
		make_before(nvm_path(base));
		ck_assert_int_eq(
		    emu_file_open(&nvm, nvm_path(base), 0, NULL), CB_OK);
		pc_fail(broken_disks[_i], n);
		ck_assert_int_eq(change(nvm) == CB_OK,
		    (failed = pc_fail(PC_NO_FAULT, 0)) == 0);
		/* although the disk is well again */
		ck_assert_int_eq(nvm->ops->begin(nvm),
		    failed ? CB_E_STORE : CB_OK);
		emu_nvm_free(&nvm);
		ck_assert(is_before_or_after(
		    nvm_file_text(nvm_path(base), 0, NULL)));
	}
	ck_assert_uint_gt(n, 3);
	ck_assert_uint_lt(n, 100);
}
END_TEST

/* Who only looks on undoes what a dead owner left half done. */
START_TEST(looking_on_finds_before_or_after)
{
	const char *path = nvm_path("card"), *image = nvm_path("image");
	struct emu_nvm *nvm = NULL;
	size_t k;

	make_before(path);
	ck_assert_int_eq(emu_file_open(&nvm, path, 0, NULL), CB_OK);
	emu_nvm_free(&nvm);
	pc_record(path, true);
	ck_assert_int_eq(emu_file_open(&nvm, path, 0, NULL), CB_OK);
	ck_assert_int_eq(change(nvm), CB_OK);
	pc_stop();
	emu_nvm_free(&nvm);
	ck_assert_uint_gt(pc_events(), 8);
	for (k = 0; k <= pc_events(); k++) {
		ck_assert_int_eq(
		    pc_survivor(k, PC_KEEP, 0, image, true), 0);
		ck_assert(is_before_or_after(
		    nvm_file_text(image, EMU_FILE_READONLY, NULL)));
	}
	pc_record(path, true);
	pc_stop();
}
END_TEST

Suite *
nvm_fault_suite(void)
{
	Suite *s = suite_create("nvm_fault");
	TCase *tc = tcase_create("disks");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_full_disk_undoes_one_transaction_only);
	tcase_add_loop_test(tc, a_failing_disk_ends_writing, 0,
	    sizeof(broken_disks) / sizeof(broken_disks[0]));
	tcase_add_test(tc, looking_on_finds_before_or_after);
	suite_add_tcase(s, tc);
	return s;
}
