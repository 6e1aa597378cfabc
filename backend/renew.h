/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Another certificate for the door, before the one that it has is over: for
 * the same key, by the same authority. A backend that runs keeps what it has
 * open until it is started again, so that this may be done beside it.
 */
#ifndef BE_RENEW_H
#define BE_RENEW_H

#include "backend/conf.h"
#include "backend/ends.h"

struct be_renew {
	const char *dir;	/* absolute */
	const struct be_conf *conf;
	const char *const *names;	/* none: those that it has */
	size_t names_n;
	int64_t now;	/* seconds since 1970 */
};

/* All of it, or nothing. *ends: when the new certificate ends, and those that
 * it depends on. CB_E_ARG: a name that is none; CB_E_DENIED: the backend is
 * somebody else's, or its root another's; CB_E_TIMEOUT: what signs it, or the
 * service, is over. */
CB_MUST_USE enum cb_err be_renew(const struct be_renew *in,
    struct be_ends *ends, struct cb_why *why);

#endif
