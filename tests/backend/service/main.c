/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Runs the suites of the store and the vault as processes. One backend is
 * made for all of them, and taken away at the end.
 */
#include <stdlib.h>

#include "tests/backend/service/rig.h"
#include "tests/backend/service/suites.h"

int
main(void)
{
	SRunner *sr;
	int failed;

	if (!rig_make())
		return EXIT_FAILURE;
	sr = srunner_create(conf_suite());
	srunner_add_suite(sr, links_suite());
	srunner_add_suite(sr, renew_suite());
	srunner_add_suite(sr, store_role_suite());
	srunner_add_suite(sr, store_desk_suite());
	srunner_add_suite(sr, vault_role_suite());
	srunner_add_suite(sr, order_suite());
	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	rig_remove();
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
