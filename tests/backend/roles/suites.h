/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The suites of what a backend's roles share.
 */
#ifndef TESTS_BACKEND_ROLES_SUITES_H
#define TESTS_BACKEND_ROLES_SUITES_H

#include <check.h>

Suite *ask_suite(void);
Suite *calls_suite(void);
Suite *channel_suite(void);
Suite *control_suite(void);
Suite *loop_suite(void);
Suite *walls_suite(void);

#endif
