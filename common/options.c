/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See options.h.
 */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "common/options.h"

static bool
is_whole(const char *name, char *const *argv)
{
	const char *one = argv[optind - 1];	/* --flag, --name=value */
	const char *two = optind > 1 ? argv[optind - 2] : ""; /* --name value */
	const size_t n = strlen(name);

	return (strncmp(one, "--", 2) == 0 && strncmp(one + 2, name, n) == 0 &&
		   (one[2 + n] == '\0' || one[2 + n] == '=')) ||
	    (strncmp(two, "--", 2) == 0 && strcmp(two + 2, name) == 0);
}

int
cb_getopt(int argc, char *const *argv, const char *shorts,
    const struct option *longs, int *which)
{
	int c;

	*which = -1;
	c = getopt_long(argc, argv, shorts, longs, which);
	if (c == -1 || c == '?' || c == ':' || *which < 0 ||
	    is_whole(longs[*which].name, argv))
		return c;
	optopt = 0;
	return '?';
}
