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
Suite *dispatch_suite(void);
Suite *card_suite(void);
Suite *card_fault_suite(void);
Suite *card_secret_suite(void);
Suite *pin_suite(void);
Suite *event_suite(void);
Suite *parts_suite(void);
Suite *policy_suite(void);
Suite *service_suite(void);
Suite *store_suite(void);
Suite *make_suite(void);
Suite *a3_select_suite(void);
Suite *a3_files_suite(void);
Suite *a3_access_suite(void);
Suite *a3_pins_suite(void);
Suite *a3_keys_suite(void);
Suite *a3_facts_suite(void);
Suite *a3_fault_suite(void);
Suite *a3_card_suite(void);
Suite *a5_select_suite(void);
Suite *a5_files_suite(void);
Suite *a5_access_suite(void);
Suite *a5_pins_suite(void);
Suite *a5_keys_suite(void);
Suite *ias_select_suite(void);
Suite *ias_files_suite(void);
Suite *ias_access_suite(void);
Suite *ias_pins_suite(void);
Suite *ias_keys_suite(void);
Suite *ias_facts_suite(void);
Suite *ias_card_suite(void);

#endif
