/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The suites of backend/vault/, and what several of them share.
 */
#ifndef TESTS_BACKEND_VAULT_H
#define TESTS_BACKEND_VAULT_H

#include <check.h>

#include "backend/vault/grant.h"

#define VAULT_SUITES(SUITE) \
	SUITE(act) \
	SUITE(challenge) \
	SUITE(enrol) \
	SUITE(grant) \
	SUITE(head) \
	SUITE(limit) \
	SUITE(open) \
	SUITE(recovery) \
	SUITE(ring) \
	SUITE(root) \
	SUITE(rule) \
	SUITE(share) \
	SUITE(ticket) \
	SUITE(wrap)

#define SUITE_DECLARE(name) Suite *name##_suite(void);
VAULT_SUITES(SUITE_DECLARE)

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

#define NOW INT64_C(1800000000)	/* what these tests take for today */

/* n bytes of one value. */
struct cb_buf bytes_of(uint8_t value, size_t n);
struct be_self self_of(enum wire_kind kind, uint8_t id);

/* A test backend with two organisations and its platform, made once for the whole program (an
 * RSA key takes its time); tests leave it as it was. */
struct backend {
	struct be_root *root;
	struct cb_buf wraps[BE_RING_KEYS];
	struct be_ring *ring;
	struct be_org *org, *other_org, *platform;
};
struct backend *backend_get(void);

#endif
