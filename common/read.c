/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See read.h.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/read.h"

enum cb_err
cb_read_all(int fd, struct cb_buf *out)
{
	uint8_t p[4096];
	ssize_t n = 0;
	enum cb_err r = CB_OK;

	while (r == CB_OK &&
	    ((n = read(fd, p, sizeof(p))) > 0 || (n < 0 && errno == EINTR)))
		if (n > 0)
			r = cb_buf_add(out, cb_span(p, (size_t)n));
	explicit_bzero(p, sizeof(p));
	return r == CB_OK && n < 0 ? CB_E_STORE : r;
}
