/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Reading published keys.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hex.h"
#include "emulator/published.h"

struct field {
	const char *name;
	struct cb_buf *into;
};

static enum cb_err
line_take(const char *path, unsigned no, char *line,
    const struct field *fields, size_t n, struct cb_why *why)
{
	char *value = strchr(line, '=');

	if (value == NULL) {
		cb_why_set(why, "%s:%u: expected NAME=HEX", path, no);
		return CB_E_FORMAT;
	}
	*value++ = '\0';
	for (size_t i = 0; i < n; i++) {
		if (strcmp(fields[i].name, line) != 0)
			continue;
		cb_buf_clear(fields[i].into);
		if (cb_hex_decode(fields[i].into, value, strlen(value)) ==
		    CB_OK)
			return CB_OK;
		cb_why_set(why, "%s:%u: the value of %s is not hexadecimal",
		    path, no, line);
		return CB_E_FORMAT;
	}
	cb_why_set(why,
	    "%s:%u: no field is called \"%s\"; n p q qi dp dq cert are", path,
	    no, line);
	return CB_E_FORMAT;
}

enum cb_err
emu_published_read(const char *path, const char *section,
    struct emu_rsa_parts *key, struct cb_buf *cert, struct cb_why *why)
{
	const struct field fields[] = { { "n", &key->n }, { "p", &key->p },
		{ "q", &key->q }, { "qi", &key->qi }, { "dp", &key->dp },
		{ "dq", &key->dq }, { "cert", cert } };
	char *line = NULL;
	size_t size = 0, name_n = strlen(section);
	enum cb_err r = CB_OK;
	bool inside = false, found = false;
	unsigned no = 0;
	ssize_t n;
	FILE *f;

	if ((f = fopen(path, "re")) == NULL) {
		cb_why_set(why, "%s: %s", path, strerror(errno));
		return CB_E_ABSENT;
	}
	while (r == CB_OK && (n = getline(&line, &size, f)) >= 0) {
		no++;
		while (n > 0 && strchr("\r\n \t", line[n - 1]) != NULL)
			line[--n] = '\0';
		if (n == 0 || line[0] == '#')
			continue;
		if (line[0] == '[') {
			inside = (size_t)n > name_n + 1 &&
			    strncmp(line + 1, section, name_n) == 0 &&
			    line[1 + name_n] == ']';
			found = found || inside;
		} else if (inside) {
			r = line_take(path, no, line, fields,
			    sizeof(fields) / sizeof(fields[0]), why);
		}
	}
	if (r == CB_OK && ferror(f)) {
		cb_why_set(why, "%s: %s", path, strerror(errno));
		r = CB_E_STORE;
	} else if (r == CB_OK && !found) {
		cb_why_set(why,
		    "%s has no section [%s], which the profile names", path,
		    section);
		r = CB_E_ABSENT;
	} else if (r == CB_OK &&
	    (key->p.n == 0 || key->q.n == 0 || key->dp.n == 0 ||
		key->dq.n == 0)) {
		cb_why_set(why, "%s: section [%s] lacks p, q, dp or dq", path,
		    section);
		r = CB_E_FORMAT;
	}
	if (line != NULL)
		explicit_bzero(line, size);
	free(line);
	fclose(f);
	return r;
}
