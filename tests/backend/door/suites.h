/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The suites of the door.
 */
#ifndef TESTS_BACKEND_DOOR_SUITES_H
#define TESTS_BACKEND_DOOR_SUITES_H

#include <check.h>

Suite *claims_suite(void);
Suite *crowd_suite(void);
Suite *http_suite(void);
Suite *hold_suite(void);
Suite *programs_suite(void);
Suite *requests_suite(void);
Suite *role_suite(void);
Suite *slow_suite(void);
Suite *tls_suite(void);

#endif
