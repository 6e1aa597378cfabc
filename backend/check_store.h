/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The part of check that opens the database: in a process of its own, for the
 * reasons of wraps.h.
 */
#ifndef BE_CHECK_STORE_H
#define BE_CHECK_STORE_H

#include <sys/types.h>

#include "backend/conf.h"
#include "backend/vault/operator.h"

struct be_check_store {
	pid_t pid;
	int fd;		/* to it */
};

/* Looks at the database, and gets the wraps of the backend's keys. false:
 * they are not there, and *wrong says so. */
bool be_check_store_open(struct be_check_store *cs,
    const struct be_conf *conf, const char *dir,
    struct cb_buf wraps[BE_BIRTH_WRAPS], unsigned *wrong);
/* Verifies the books by their public key; NULL: there is none. The end. */
void be_check_store_books(
    struct be_check_store *cs, const uint8_t *books, unsigned *wrong);

#endif
