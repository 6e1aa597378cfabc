/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * All that a descriptor has to give, up to its end.
 */
#ifndef CB_READ_H
#define CB_READ_H

#include "common/buf.h"

/* Appends it; what it was copied by is wiped. CB_E_LIMIT: it is more than
 * out->max; CB_E_STORE: errno says why. *out then has a part of it. */
CB_MUST_USE enum cb_err cb_read_all(int fd, struct cb_buf *out);

#endif
