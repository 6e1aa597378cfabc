/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See ends.h.
 */
#include <time.h>

#include "backend/ends.h"
#include "wire/cert.h"

static const struct {
	const char *name, *advice;
} kinds[BE_ENDS] = {
	[BE_END_AUTHORITY] = { "authority", "nothing makes another: make a new "
	    "backend (cardbridge-backend init), and enrol all there" },
	[BE_END_SERVICE] = { "service", "nothing makes another: make a new "
	    "backend (cardbridge-backend init), and enrol all there" },
	[BE_END_DOOR] = { "door", "cardbridge-backend renew --dir DIR makes "
	    "another, which the door takes at its next start" },
};

void
be_ends_read(struct be_ends *ends, const struct cb_span der[BE_ENDS])
{
	time_t t;
	struct tm tm;

	for (size_t i = 0; i < BE_ENDS; i++) {
		ends->of[i].until = INT64_MAX;
		ends->of[i].day[0] = '\0';
		if (wire_cert_until(der[i], &ends->of[i].until) != CB_OK)
			continue;
		t = (time_t)ends->of[i].until;
		if (gmtime_r(&t, &tm) != NULL)
			(void)strftime(
			    ends->of[i].day, BE_END_DAY, "%Y-%m-%d", &tm);
	}
}

bool
be_ends_tell(const struct be_ends *ends, size_t which, int64_t now,
    int64_t by, struct cb_why *out)
{
	if (ends->of[which].until > by)
		return false;
	cb_why_set(out, "the %s's certificate %s on %s%s: %s",
	    kinds[which].name,
	    ends->of[which].until <= now ? "has ended" : "ends",
	    ends->of[which].day,
	    ends->of[which].until <= now ? ", if the clock is right" : "",
	    kinds[which].advice);
	return true;
}
