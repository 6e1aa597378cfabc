/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Runs the suites of what a backend's roles share.
 */
#include <stdlib.h>

#include "tests/backend/roles/suites.h"

int
main(void)
{
	SRunner *sr = srunner_create(walls_suite());
	int failed;

	srunner_add_suite(sr, channel_suite());
	srunner_add_suite(sr, ask_suite());
	srunner_add_suite(sr, calls_suite());
	srunner_add_suite(sr, control_suite());
	srunner_add_suite(sr, loop_suite());
	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
