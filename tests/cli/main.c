/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Runs the unit tests of cli/, and prints TAP.
 */
#include <stdlib.h>

#include "tests/cli/suites.h"

int
main(void)
{
	SRunner *runner = srunner_create(admin_suite());
	int failed;

	srunner_add_suite(runner, admin_books_suite());
	srunner_add_suite(runner, admin_draft_suite());
	srunner_add_suite(runner, apdu_args_suite());
	srunner_add_suite(runner, describe_suite());
	srunner_add_suite(runner, expiry_suite());
	srunner_add_suite(runner, gate_suite());
	srunner_add_suite(runner, passcode_suite());
	srunner_add_suite(runner, path_suite());
	srunner_add_suite(runner, probe_suite());
	srunner_add_suite(runner, report_suite());
	srunner_add_suite(runner, run_suite());
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
