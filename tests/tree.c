/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See tree.h.
 */
#include <ftw.h>
#include <stdio.h>

#include "tests/tree.h"

#define FILES_OPEN 16

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

bool
tree_remove(const char *dir)
{
	return nftw(dir, remove_one, FILES_OPEN, FTW_DEPTH | FTW_PHYS) == 0;
}
