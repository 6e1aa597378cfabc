/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See expiry.h.
 */
#include <time.h>

#include "wire/expiry.h"

void
wire_expiry_set(struct wire_expiry *e, int64_t until)
{
	const time_t t = (time_t)until;
	struct tm tm;

	e->until = until;
	e->day[0] = '\0';
	if (until != INT64_MAX && gmtime_r(&t, &tm) != NULL)
		(void)strftime(e->day, sizeof(e->day), "%Y-%m-%d", &tm);
}

bool
wire_expiry_tell(const struct wire_expiry *e, const char *what,
    const char *advice, int64_t now, int64_t by, struct cb_why *out)
{
	const bool over = e->until <= now;

	if (e->until > by)
		return false;
	cb_why_set(out, "%s %s on %s%s: %s", what, over ? "has ended" : "ends",
	    e->day, over ? ", if the clock is right" : "", advice);
	return true;
}
