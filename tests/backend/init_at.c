/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * init_at DIR SECONDS: what `cardbridge-backend init --dir DIR --test` does, so
 * many seconds ago.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "backend/init.h"

int
main(int argc, char **argv)
{
	struct be_init init = { .kind = WIRE_TEST };
	struct cb_why why = { "" };

	if (argc != 3)
		return 2;
	init.dir = argv[1];
	init.now = (int64_t)time(NULL) - strtoll(argv[2], NULL, 10);
	(void)umask(0077);
	if (be_init(&init, &why) == CB_OK)
		return 0;
	(void)fprintf(stderr, "init_at: %s\n", why.text);
	return 1;
}
