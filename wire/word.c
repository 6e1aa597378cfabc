/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See word.h.
 */
#include "wire/word.h"

bool
wire_is_word(struct cb_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') &&
		    !(s.p[i] >= '0' && s.p[i] <= '9') && s.p[i] != '-' &&
		    s.p[i] != '.' && s.p[i] != '/')
			return false;
	return s.n > 0 && s.n <= WIRE_WORD_MAX;
}
