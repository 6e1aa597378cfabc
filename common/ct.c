/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * For secrets: comparing and wiping.
 */
#include <string.h>

#include "common/ct.h"

bool
cb_ct_equal(struct cb_span a, struct cb_span b)
{
	/* volatile: the compiler may not learn to stop at a difference */
	volatile uint8_t differ = 0;

	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		differ = (uint8_t)(differ | (a.p[i] ^ b.p[i]));
	return differ == 0;
}

void
cb_wipe(void *p, size_t n)
{
	if (n > 0)
		explicit_bzero(p, n);
}

/* Not inlined: its frame must lie where those of earlier calls lay. Frames
 * deeper than this are not reached; those of this project are far smaller. */
__attribute__((noinline)) void
cb_wipe_stack(void)
{
	uint8_t deep[16384];

	explicit_bzero(deep, sizeof(deep));
}
