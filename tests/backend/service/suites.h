/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The suites of a backend's roles as processes.
 */
#ifndef TESTS_SERVICE_SUITES_H
#define TESTS_SERVICE_SUITES_H

#include <check.h>

Suite *conf_suite(void);
Suite *order_suite(void);
Suite *store_desk_suite(void);
Suite *links_suite(void);
Suite *renew_suite(void);
Suite *store_role_suite(void);
Suite *vault_role_suite(void);

#endif
