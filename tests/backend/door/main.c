/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Runs the suites of the door.
 */
#include <signal.h>
#include <stdlib.h>

#include "tests/backend/door/suites.h"

int
main(void)
{
	SRunner *sr = srunner_create(http_suite());
	int failed;

	(void)signal(SIGPIPE, SIG_IGN);
	srunner_add_suite(sr, requests_suite());
	srunner_add_suite(sr, hold_suite());
	srunner_add_suite(sr, crowd_suite());
	srunner_add_suite(sr, claims_suite());
	srunner_add_suite(sr, tls_suite());
	srunner_add_suite(sr, slow_suite());
	srunner_add_suite(sr, programs_suite());
	srunner_add_suite(sr, role_suite());
	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
