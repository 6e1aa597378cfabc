/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Making a backend: its root, the keys that this wraps, its store, the door's
 * key, and the first operator. All of it, or nothing.
 */
#ifndef BE_INIT_H
#define BE_INIT_H

#include "backend/conf.h"

#define BE_NAMES_MAX 32

struct be_init {
	const char *dir;	/* absolute */
	enum wire_kind kind;
	const char *store;	/* URI; NULL: below dir */
	const char *names[BE_NAMES_MAX];	/* of the door */
	size_t names_n;
	const char *roots[BE_ROOTS_MAX];	/* URIs; none: below dir */
	size_t roots_n;
	unsigned needed, shares;	/* 0: no recovery shares */
	int64_t now;	/* seconds since 1970; 0: as the clock says */
};

/* CB_E_ARG: what is asked for cannot be; CB_E_BUSY: there is one already. */
CB_MUST_USE enum cb_err be_init(const struct be_init *init,
    struct cb_why *why);

#endif
