/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See finding.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "backend/finding.h"
#include "common/text.h"

void
be_found(unsigned *wrong, enum be_finding f, const char *fmt, ...)
{
	static const char *const words[] = { "ok      ", "warning ",
		"WRONG   " };
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	/* what a damaged file says goes to no terminal as it is */
	if (text != NULL)
		cb_make_plain(text);
	(void)printf("%s%s\n", words[f], text != NULL ? text : "out of memory");
	free(text);
	*wrong += f == BE_WRONG;
}
