/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Runs the suites of the worker.
 */
#include <stdlib.h>

#include "tests/backend/worker/at_desk.h"

struct rig g;
struct bridge b;
struct desk d;

void
worker_setup(void)
{
	rig_open(&g);
	bridge_init(&b, &g, 0);
}

void
worker_teardown(void)
{
	bridge_clear(&b);
	rig_close(&g);
}

void
desk_setup(void)
{
	worker_setup();
	desk_open(&d, &g);
}

void
desk_teardown(void)
{
	desk_clear(&d);
	worker_teardown();
}

int
main(void)
{
	SRunner *sr;
	int failed;

	if (!rig_once())
		return EXIT_FAILURE;
	sr = srunner_create(session_suite());
	srunner_add_suite(sr, stopped_suite());
	srunner_add_suite(sr, door_suite());
	srunner_add_suite(sr, desk_suite());
	srunner_add_suite(sr, desk_act_suite());
	srunner_add_suite(sr, desk_second_suite());
	srunner_add_suite(sr, desk_token_suite());
	srunner_add_suite(sr, offers_suite());
	srunner_add_suite(sr, pool_suite());
	srunner_add_suite(sr, record_suite());
	srunner_add_suite(sr, rights_suite());
	srunner_add_suite(sr, rows_suite());
	srunner_add_suite(sr, books_suite());
	srunner_add_suite(sr, tally_suite());
	srunner_add_suite(sr, step_suite());
	srunner_add_suite(sr, clock_suite());
	srunner_add_suite(sr, use_suite());
	srunner_add_suite(sr, vault_anew_suite());
	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	rig_end();
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
