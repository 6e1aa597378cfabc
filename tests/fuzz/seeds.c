/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Gives a fuzz target the files named on the command line, one after another,
 * each as a test of its own (TAP).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

#define LARGEST ((size_t)1 << 20)

int
main(int argc, char **argv)
{
	uint8_t *all = malloc(LARGEST), *exact;
	size_t n;
	FILE *f;

	if (all == NULL)
		return EXIT_FAILURE;
	/* a crash ends the output before the plan is fulfilled */
	printf("1..%d\n", argc - 1);
	for (int i = 1; i < argc; i++) {
		if ((f = fopen(argv[i], "rb")) == NULL) {
			printf("not ok %d - %s cannot be read\n", i, argv[i]);
			continue;
		}
		n = fread(all, 1, LARGEST, f);
		fclose(f);
		/* a copy of just that size, so that a sanitizer sees its end */
		if ((exact = malloc(n == 0 ? 1 : n)) == NULL)
			return EXIT_FAILURE;
		memcpy(exact, all, n);
		(void)LLVMFuzzerTestOneInput(exact, n);
		free(exact);
		printf("ok %d - %s\n", i, argv[i]);
		fflush(stdout);
	}
	free(all);
	return EXIT_SUCCESS;
}
