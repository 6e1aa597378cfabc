/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See text.h.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/text.h"

static enum cb_err
read_all(FILE *f, char **out, size_t max)
{
	struct stat st;
	size_t n;
	char *text;

	if (fstat(fileno(f), &st) != 0)
		return CB_E_DENIED;
	if (!S_ISREG(st.st_mode) || (uintmax_t)st.st_size > max)
		return CB_E_FORMAT;
	if ((text = malloc((size_t)st.st_size + 1)) == NULL)
		return CB_E_NOMEM;
	n = fread(text, 1, (size_t)st.st_size, f);
	text[n] = '\0';
	if (n != (size_t)st.st_size || strlen(text) != n) {
		free(text);
		return CB_E_FORMAT;
	}
	*out = text;
	return CB_OK;
}

enum cb_err
cb_text_read(char **out, const char *path, size_t max)
{
	FILE *f = fopen(path, "re");
	enum cb_err r;

	*out = NULL;
	if (f == NULL)
		return errno == ENOENT ? CB_E_ABSENT : CB_E_DENIED;
	r = read_all(f, out, max);
	(void)fclose(f);
	return r;
}
