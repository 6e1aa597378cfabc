/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Runs the suites of backend/vault/.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/backend/vault.h"

struct cb_buf
bytes_of(uint8_t value, size_t n)
{
	struct cb_buf b = CB_BUF_INIT;
	uint8_t *p;

	ck_assert_int_eq(cb_buf_grow(&b, n, &p), CB_OK);
	if (n > 0)
		memset(p, value, n);
	return b;
}

struct be_self
self_of(enum wire_kind kind, uint8_t id)
{
	struct be_self self = { .kind = kind };

	memset(self.id, id, sizeof(self.id));
	return self;
}

/* ---- a backend ----------------------------------------------------------- */

static struct backend backend;

struct backend *
backend_get(void)
{
	return &backend;
}

static enum cb_err
org_new(struct be_org **org, uint8_t id)
{
	struct cb_buf wraps[BE_ORG_KEYS] = { CB_BUF_INIT, CB_BUF_INIT,
		CB_BUF_INIT };
	struct cb_span spans[BE_ORG_KEYS];
	uint8_t name[WIRE_ID];
	enum cb_err r;

	memset(name, id, sizeof(name));
	if ((r = be_org_make(backend.ring, name, wraps)) != CB_OK)
		return r;
	for (int i = 0; i < BE_ORG_KEYS; i++)
		spans[i] = cb_buf_span(&wraps[i]);
	r = be_org_open(org, backend.ring, name, spans);
	for (int i = 0; i < BE_ORG_KEYS; i++)
		cb_buf_free(&wraps[i]);
	return r;
}

static enum cb_err
backend_make(void)
{
	const struct be_self self = { .kind = WIRE_TEST, .id = { 0xBE } };
	struct cb_span spans[BE_RING_KEYS];
	enum cb_err r;

	if ((r = be_root_new(&backend.root, &self)) != CB_OK ||
	    (r = be_ring_make(backend.root, NULL, NOW, backend.wraps)) !=
		CB_OK)
		return r;
	for (int i = 0; i < BE_RING_KEYS; i++)
		spans[i] = cb_buf_span(&backend.wraps[i]);
	(void)((r = be_ring_open(&backend.ring, backend.root, spans,
		    NULL)) != CB_OK ||
	    (r = org_new(&backend.org, 0xA0)) != CB_OK ||
	    (r = org_new(&backend.other_org, 0xA1)) != CB_OK ||
	    (r = org_new(&backend.platform, 0)) != CB_OK);
	return r;
}

static void
backend_clear(void)
{
	be_org_free(&backend.org);
	be_org_free(&backend.other_org);
	be_org_free(&backend.platform);
	be_ring_free(&backend.ring);
	be_root_free(&backend.root);
	for (int i = 0; i < BE_RING_KEYS; i++)
		cb_buf_free(&backend.wraps[i]);
}

int
main(void)
{
	SRunner *sr = srunner_create(NULL);
	int failed;

	if (backend_make() != CB_OK)
		return EXIT_FAILURE;
#define ADD(name) srunner_add_suite(sr, name##_suite());
	VAULT_SUITES(ADD)
	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	backend_clear();
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
