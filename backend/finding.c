/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See finding.h.
 */
#include <stdarg.h>
#include <stdio.h>

#include "backend/finding.h"

void
be_found(unsigned *wrong, enum be_finding f, const char *fmt, ...)
{
	static const char *const words[] = { "ok      ", "warning ",
		"WRONG   " };
	va_list ap;

	(void)fputs(words[f], stdout);
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	(void)putchar('\n');
	*wrong += f == BE_WRONG;
}
