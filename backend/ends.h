/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * When the certificates end that a backend stops without, and what is to be
 * done before that.
 */
#ifndef BE_ENDS_H
#define BE_ENDS_H

#include "common/span.h"
#include "wire/expiry.h"

enum { BE_END_AUTHORITY, BE_END_SERVICE, BE_END_DOOR, BE_ENDS };

struct be_ends {
	struct wire_expiry of[BE_ENDS];
};

/* Of DER, in that order; to be called before the walls stand. */
void be_ends_read(struct be_ends *ends, const struct cb_span der[BE_ENDS]);
/* Whether that certificate ends by `by`; *out: when, and the command. */
bool be_ends_tell(const struct be_ends *ends, size_t which, int64_t now,
    int64_t by, struct cb_why *out);

#endif
