/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The address of a Unix socket, also where its path is longer than the 107
 * bytes that fit into one. Used by both ends.
 */
#ifndef BR_ADDR_H
#define BR_ADDR_H

#include <sys/socket.h>
#include <sys/un.h>

#include "common/err.h"

struct br_addr {
	struct sockaddr_un un;
	socklen_t n;
	int dir;		/* descriptor the address goes through, or -1 */
};

/* CB_E_LIMIT: the last part of the path alone is too long; CB_E_ABSENT,
 * CB_E_DENIED: its directory. errno tells more. */
CB_MUST_USE enum cb_err br_addr_init(struct br_addr *a, const char *path);
void br_addr_clear(struct br_addr *a);

#endif
