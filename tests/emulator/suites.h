/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The suites of tests/emulator; main.c runs them in this order.
 */
#ifndef TEST_EMULATOR_SUITES_H
#define TEST_EMULATOR_SUITES_H

#include <check.h>

Suite *crypto_suite(void);
Suite *crypto_rsa_suite(void);
Suite *crypto_rsa_use_suite(void);
Suite *crypto_leak_suite(void);
Suite *cert_suite(void);
Suite *profile_suite(void);
Suite *template_suite(void);

#endif
