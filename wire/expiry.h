/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * When a certificate ends, told to a person: for a while before, and after it.
 */
#ifndef WIRE_EXPIRY_H
#define WIRE_EXPIRY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

#define WIRE_EXPIRY_DAY 12
/* How long before that it is told: in seconds. */
#define WIRE_EXPIRY_SOON (INT64_C(30) * 86400)

struct wire_expiry {
	int64_t until;	/* seconds since 1970; INT64_MAX: it has none */
	char day[WIRE_EXPIRY_DAY];	/* 2027-11-28, UTC */
};

/* Days may be looked up in files: to be called before walls stand. */
void wire_expiry_set(struct wire_expiry *e, int64_t until);
/* Whether it is by `by`; *out: that `what` ends or has ended, when, and what
 * to do about it. */
bool wire_expiry_tell(const struct wire_expiry *e, const char *what,
    const char *advice, int64_t now, int64_t by, struct cb_why *out);

#endif
