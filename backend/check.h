/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Looking whether a backend is whole, without running it: walls, permissions,
 * the parts of the root, the store and its chains.
 */
#ifndef BE_CHECK_H
#define BE_CHECK_H

#include "backend/conf.h"

/* Prints a line for each thing. An exit code: 0 also with warnings, 1 if
 * something is wrong. */
int be_check(const char *dir, const struct be_conf *conf);

#endif
