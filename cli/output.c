/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Text that a command makes, to standard output or into a new file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

int
cli_output(const char *path, struct cb_span text)
{
	FILE *f = stdout;
	bool whole;
	int fd;

	if (path != NULL) {
		/* Never over a file, and for its owner's eyes at first. */
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0)
			return cli_fail(errno == EEXIST ? CLI_USAGE
							: CLI_FAILED,
			    "%s: %s", path, strerror(errno));
		if ((f = fdopen(fd, "w")) == NULL) {
			(void)close(fd);
			return cli_fail(CLI_FAILED, "out of memory");
		}
	}
	whole = fwrite(text.p, 1, text.n, f) == text.n;
	if (path == NULL)
		return cli_flush(CLI_OK);
	whole = fclose(f) == 0 && whole;
	if (whole)
		return CLI_OK;
	(void)unlink(path);
	return cli_fail(CLI_FAILED, "%s: %s", path, strerror(errno));
}
