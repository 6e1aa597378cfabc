/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Tests of the plug-in against a bridge of their own.
 */
#include <stdlib.h>

#include "tests/ifdhandler/plugin.h"

int
main(void)
{
	SRunner *sr = srunner_create(doors_suite());
	int failed;

	srunner_add_suite(sr, slot_suite());
	srunner_add_suite(sr, watch_suite());
	srunner_add_suite(sr, attributes_suite());
	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
