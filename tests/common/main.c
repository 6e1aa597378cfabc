/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Runs the suites of common/, and stands between the code and malloc: the
 * linker sends calloc and free here (--wrap).
 */
#include <stdlib.h>

#include "common/hex.h"
#include "tests/common/suites.h"

void *__real_calloc(size_t n, size_t size);
void __real_free(void *p);
void *__wrap_calloc(size_t n, size_t size);
void __wrap_free(void *p);

static int allowed = -1;
static const void *watched;
static size_t left;

void
fail_allocation_after(int n)
{
	allowed = n;
}

void
watch_free(const void *p)
{
	watched = p;
	left = SIZE_MAX;
}

size_t
left_at_free(void)
{
	return left;
}

void *
__wrap_calloc(size_t n, size_t size)
{
	if (allowed == 0)
		return NULL;
	if (allowed > 0)
		allowed--;
	return __real_calloc(n, size);
}

void
__wrap_free(void *p)
{
	const uint8_t *bytes = p;

	/* the first 64 bytes: no block of a buffer is smaller */
	if (p != NULL && p == watched) {
		left = 0;
		for (size_t i = 0; i < 64; i++)
			left += bytes[i] != 0;
		watched = NULL;
	}
	__real_free(p);
}

uint8_t *
exact_copy(const char *hex, size_t *n)
{
	struct cb_buf b = CB_BUF_INIT;
	uint8_t *p = NULL;

	*n = 0;
	if (cb_hex_decode(&b, hex, cb_span_str(hex).n) != CB_OK)
		abort();
	/* malloc(0) may give NULL; one byte more would hide an overrun */
	if (b.n > 0) {
		if ((p = malloc(b.n)) == NULL)
			abort();
		for (size_t i = 0; i < b.n; i++)
			p[i] = b.p[i];
	}
	*n = b.n;
	cb_buf_free(&b);
	return p;
}

int
main(void)
{
	SRunner *sr = srunner_create(err_suite());
	int failed;

	srunner_add_suite(sr, span_suite());
	srunner_add_suite(sr, buf_suite());
	srunner_add_suite(sr, tlv_suite());
	srunner_add_suite(sr, until_suite());
	srunner_add_suite(sr, text_suite());
	srunner_add_suite(sr, apdu_suite());
	srunner_add_suite(sr, sw_suite());
	srunner_add_suite(sr, atr_suite());
	srunner_add_suite(sr, hex_suite());
	srunner_add_suite(sr, http_suite());
	srunner_add_suite(sr, ct_suite());
	srunner_add_suite(sr, fd_suite());
	srunner_add_suite(sr, log_suite());
	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
