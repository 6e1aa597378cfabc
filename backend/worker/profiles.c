/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See profiles.h.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/worker/profiles.h"

#define PROFILES_MAX 256
#define SUFFIX ".profile"

struct named {
	char *name;
	struct emu_profile *profile;
};

struct be_profiles {
	size_t n;
	struct named p[PROFILES_MAX];
};

/* Bytes of the name before the suffix; 0: it has another one. */
static size_t
name_n(const char *file)
{
	const size_t n = strlen(file), m = strlen(SUFFIX);

	return n > m && strcmp(file + n - m, SUFFIX) == 0 ? n - m : 0;
}

static enum cb_err
add(struct be_profiles *all, const char *dir, const char *file)
{
	const size_t n = name_n(file);
	struct named *p = &all->p[all->n];
	struct cb_why why = { "" };
	char *path = NULL;
	enum cb_err r = CB_E_NOMEM;

	if (n == 0 || all->n == PROFILES_MAX)
		return CB_OK;
	if (asprintf(&path, "%s/%s", dir, file) < 0)
		return r;
	r = emu_profile_read(&p->profile, path, &why);
	free(path);
	if (r == CB_E_NOMEM)
		return r;
	if (r != CB_OK) {
		cb_log(CB_LOG_WARNING, "%s", why.text);
		return CB_OK;
	}
	all->n++;
	p->name = strndup(file, n);
	return p->name != NULL ? CB_OK : CB_E_NOMEM;
}

enum cb_err
be_profiles_read(
    struct be_profiles **out, const char *dir, struct cb_why *why)
{
	struct be_profiles *all = calloc(1, sizeof(*all));
	const struct dirent *e;
	DIR *d = NULL;
	enum cb_err r = CB_E_NOMEM;

	*out = NULL;
	if (all == NULL)
		return r;
	if ((d = opendir(dir)) == NULL) {
		cb_why_set(why, "%.300s: %s", dir, strerror(errno));
		free(all);
		return CB_E_ABSENT;
	}
	r = CB_OK;
	while (r == CB_OK && (e = readdir(d)) != NULL)
		r = add(all, dir, e->d_name);
	(void)closedir(d);
	if (r == CB_OK)
		*out = all;
	else
		be_profiles_free(&all);
	return r;
}

void
be_profiles_free(struct be_profiles **profiles)
{
	struct be_profiles *all = *profiles;

	if (all == NULL)
		return;
	for (size_t i = 0; i < all->n; i++) {
		free(all->p[i].name);
		emu_profile_free(&all->p[i].profile);
	}
	free(all);
	*profiles = NULL;
}

const struct emu_profile *
be_profiles_find(const struct be_profiles *profiles, struct cb_span name)
{
	for (size_t i = 0; profiles != NULL && i < profiles->n; i++)
		if (cb_span_equal(name, cb_span_str(profiles->p[i].name)))
			return profiles->p[i].profile;
	return NULL;
}
