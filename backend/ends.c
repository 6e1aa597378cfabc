/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See ends.h.
 */
#include "backend/ends.h"
#include "wire/cert.h"

#define NOTHING "nothing makes another: make a new backend " \
	"(cardbridge-backend init), and enrol all there"

static const struct {
	const char *what, *advice;
} kinds[BE_ENDS] = {
	[BE_END_AUTHORITY] = { "the authority's certificate", NOTHING },
	[BE_END_SERVICE] = { "the service's certificate", NOTHING },
	[BE_END_DOOR] = { "the door's certificate", "cardbridge-backend renew "
	    "--dir DIR makes another, which the door takes at its next start" },
};

void
be_ends_read(struct be_ends *ends, const struct cb_span der[BE_ENDS])
{
	int64_t until;

	for (size_t i = 0; i < BE_ENDS; i++)
		wire_expiry_set(&ends->of[i],
		    wire_cert_until(der[i], &until) == CB_OK ? until
							     : INT64_MAX);
}

bool
be_ends_tell(const struct be_ends *ends, size_t which, int64_t now,
    int64_t by, struct cb_why *out)
{
	return wire_expiry_tell(&ends->of[which], kinds[which].what,
	    kinds[which].advice, now, by, out);
}
