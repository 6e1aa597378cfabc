/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Entries of /proc/self.
 */
#include <dirent.h>
#include <stddef.h>

#include "tests/winscard/own.h"

static unsigned
entries(const char *dir)
{
	DIR *d = opendir(dir);
	unsigned n = 0;

	while (d != NULL && readdir(d) != NULL)
		n++;
	if (d != NULL)
		closedir(d);
	return n;
}

unsigned
own_descriptors(void)
{
	return entries("/proc/self/fd");
}

unsigned
own_threads(void)
{
	return entries("/proc/self/task");
}
