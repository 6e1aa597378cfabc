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

int
main(void)
{
	SRunner *sr = srunner_create(NULL);
	int failed;

#define ADD(name) srunner_add_suite(sr, name##_suite());
	VAULT_SUITES(ADD)
	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
