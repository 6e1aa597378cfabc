/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Runs the suites of bridge/https/.
 */
#include <stdlib.h>

#include "tests/bridge/https/rig.h"

int
main(void)
{
	SRunner *sr = srunner_create(road_suite());
	int failed;

	srunner_add_suite(sr, answer_suite());
	srunner_add_suite(sr, enrol_suite());
	srunner_add_suite(sr, expiry_suite());
	srunner_add_suite(sr, news_suite());
	srunner_add_suite(sr, requests_suite());
	srunner_add_suite(sr, status_suite());
	srunner_add_suite(sr, trust_suite());
	srunner_add_suite(sr, uri_suite());
	srunner_add_suite(sr, who_suite());
	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
