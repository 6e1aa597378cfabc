/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The suites of tests/cli; main.c runs them in this order.
 */
#ifndef TESTS_CLI_SUITES_H
#define TESTS_CLI_SUITES_H

#include <check.h>

Suite *admin_books_suite(void);
Suite *admin_draft_suite(void);
Suite *admin_suite(void);
Suite *apdu_args_suite(void);
Suite *describe_suite(void);
Suite *expiry_suite(void);
Suite *gate_suite(void);
Suite *passcode_suite(void);
Suite *path_suite(void);
Suite *probe_suite(void);
Suite *report_suite(void);
Suite *run_suite(void);

#endif
