/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Numbers and access bytes in data objects.
 */
#include <string.h>

#include "cli/probe/values.h"
#include "common/tlv.h"

int
value_number(struct cb_span in, uint32_t tag)
{
	struct cb_span v;

	if (cb_tlv_find(in, tag, &v) != CB_OK || v.n < 1 || v.n > 2)
		return -1;
	return v.n == 1 ? v.p[0] : v.p[0] << 8 | v.p[1];
}

void
value_set(int *to, int value)
{
	if (value >= 0 && value <= 255)
		*to = value;
}

void
value_access(struct cb_span in, uint32_t tag, struct rep_access *to)
{
	struct cb_span v;

	if (cb_tlv_find(in, tag, &v) != CB_OK || v.n > REP_ACCESS_MAX ||
	    v.n == 0)
		return;
	memcpy(to->p, v.p, v.n);
	to->n = (uint8_t)v.n;
}
