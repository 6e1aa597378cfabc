/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Runs the unit tests of emulator/, and prints TAP. $CB_SRC is the top of the
 * source tree, else the working directory is. $CB_PART, "0/2", takes every
 * second suite, beginning with the first.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/emulator/nvm_test.h"
#include "tests/emulator/suites.h"

static Suite *(*const suites[])(void) = {
	crypto_suite,
	crypto_rsa_suite,
	crypto_rsa_use_suite,
	crypto_leak_suite,
	cert_suite,
	profile_suite,
	template_suite,
	nvm_suite,
	nvm_file_suite,
	nvm_journal_suite,
	nvm_lock_suite,
	nvm_fault_suite,
	dispatch_suite,
	card_suite,
	card_fault_suite,
	card_secret_suite,
	pin_suite,
	parts_suite,
	policy_suite,
	service_suite,
	store_suite,
	make_suite,
	a3_select_suite,
	a3_files_suite,
	a3_access_suite,
	a3_pins_suite,
	a3_keys_suite,
	a3_facts_suite,
	a3_fault_suite,
	a3_card_suite,
	a5_select_suite,
	a5_files_suite,
	a5_access_suite,
	event_suite,
	a5_pins_suite,
	a5_keys_suite,
	ias_select_suite,
	ias_files_suite,
	ias_access_suite,
	ias_pins_suite,
	ias_keys_suite,
	ias_facts_suite,
	ias_card_suite,
};

int
main(void)
{
	SRunner *runner = srunner_create(NULL);
	const char *part = getenv("CB_PART");
	unsigned first = 0, of = 1;
	size_t i;
	int failed;

	if (part != NULL && (sscanf(part, "%u/%u", &first, &of) != 2 ||
	    first >= of))
		return EXIT_FAILURE;
	for (i = first; i < sizeof(suites) / sizeof(suites[0]); i += of)
		srunner_add_suite(runner, suites[i]());
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
