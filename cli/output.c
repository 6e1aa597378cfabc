/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Text that a command makes, to standard output or into a new file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

struct cli_output {
	const char *path;	/* NULL: standard output */
	FILE *f;
};

/* Never over a file, and for its owner's eyes at first. */
static int
open_new(struct cli_output *o)
{
	const int fd =
	    open(o->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return cli_fail(errno == EEXIST ? CLI_USAGE : CLI_FAILED,
		    "%s: %s", o->path, strerror(errno));
	if ((o->f = fdopen(fd, "w")) != NULL)
		return CLI_OK;
	(void)close(fd);
	return cli_fail(CLI_FAILED, "out of memory");
}

int
cli_output_begin(struct cli_output **out, const char *path)
{
	struct cli_output *o;
	int code = CLI_OK;

	*out = NULL;
	if ((o = calloc(1, sizeof(*o))) == NULL)
		return cli_fail(CLI_FAILED, "out of memory");
	o->path = path;
	if (path == NULL)
		o->f = stdout;
	else
		code = open_new(o);
	if (code != CLI_OK) {
		free(o);
		return code;
	}
	*out = o;
	return CLI_OK;
}

enum cb_err
cli_output_add(struct cli_output *o, struct cb_span text)
{
	return fwrite(text.p, 1, text.n, o->f) == text.n ? CB_OK : CB_E_STORE;
}

int
cli_output_end(struct cli_output **out, int code)
{
	struct cli_output *o = *out;
	bool whole;

	*out = NULL;
	if (o == NULL)
		return code;
	if (o->path == NULL) {
		code = cli_flush(code);
	} else {
		whole = ferror(o->f) == 0;
		whole = fclose(o->f) == 0 && whole;
		if (!whole && code == CLI_OK)
			code = cli_fail(CLI_FAILED, "%s: %s", o->path,
			    strerror(errno));
		if (code != CLI_OK)
			(void)unlink(o->path);
	}
	free(o);
	return code;
}

int
cli_output(const char *path, struct cb_span text)
{
	struct cli_output *o;
	int code;

	if ((code = cli_output_begin(&o, path)) != CLI_OK)
		return code;
	/* what failed is seen at the end */
	(void)!cli_output_add(o, text);
	return cli_output_end(&o, CLI_OK);
}
