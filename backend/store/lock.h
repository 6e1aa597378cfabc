/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What one process has at a time: a file of heads, a database.
 */
#ifndef BE_LOCK_H
#define BE_LOCK_H

#include "common/err.h"

/* Locks the file until it is closed, by however many descriptors. A process
 * that was killed a moment ago may still be ending: that is waited for.
 * CB_E_BUSY: another one has it. */
CB_MUST_USE enum cb_err be_lock(int fd);

#endif
