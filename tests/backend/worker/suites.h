/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The suites of the worker, and what each test begins with.
 */
#ifndef TESTS_BACKEND_WORKER_SUITES_H
#define TESTS_BACKEND_WORKER_SUITES_H

#include "tests/backend/worker/rig.h"

Suite *clock_suite(void);
Suite *door_suite(void);
Suite *desk_suite(void);
Suite *desk_act_suite(void);
Suite *desk_second_suite(void);
Suite *desk_token_suite(void);
Suite *books_suite(void);
Suite *offers_suite(void);
Suite *pool_suite(void);
Suite *record_suite(void);
Suite *rights_suite(void);
Suite *rows_suite(void);
Suite *step_suite(void);
Suite *tally_suite(void);
Suite *session_suite(void);
Suite *stopped_suite(void);
Suite *use_suite(void);
Suite *vault_anew_suite(void);

/* A rig, and a bridge with the first device's identity. */
extern struct rig g;
extern struct bridge b;
void worker_setup(void);
void worker_teardown(void);

#endif
