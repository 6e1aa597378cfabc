/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The suites of backend/vault/, and what several of them share.
 */
#ifndef TESTS_BACKEND_VAULT_H
#define TESTS_BACKEND_VAULT_H

#include <check.h>

#include "backend/vault/self.h"

#define VAULT_SUITES(SUITE) \
	SUITE(root) \
	SUITE(share)

#define SUITE_DECLARE(name) Suite *name##_suite(void);
VAULT_SUITES(SUITE_DECLARE)

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

#define NOW INT64_C(1800000000)	/* what these tests take for today */

/* n bytes of one value. */
struct cb_buf bytes_of(uint8_t value, size_t n);
struct be_self self_of(enum wire_kind kind, uint8_t id);

#endif
