/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A directory of a test's own, with all that is in it.
 */
#ifndef TESTS_TREE_H
#define TESTS_TREE_H

#include <stdbool.h>

/* False: something of it is left, and errno says why. */
bool tree_remove(const char *dir);

#endif
