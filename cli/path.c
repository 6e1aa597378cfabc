/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Paths: made absolute before anybody with another working directory hears of
 * them, and where profiles are.
 */
#include <dirent.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/front.h"

#ifndef CB_PKGDATADIR
#define CB_PKGDATADIR "/usr/local/share/cardbridge"
#endif

static const char emu_scheme[] = "emu:";
static const char suffix[] = ".profile";

char *
cli_absolute(const char *path)
{
	char *real = realpath(path, NULL);

	/* It does not exist (yet): still it is below here. */
	return real != NULL ? real : cli_absolute_as_is(path);
}

char *
cli_absolute_as_is(const char *path)
{
	char *cwd, *out = NULL;

	if (path[0] == '/')
		return strdup(path);
	if ((cwd = getcwd(NULL, 0)) == NULL)
		return NULL;
	if (asprintf(&out, "%s/%s", cwd, path) < 0)
		out = NULL;
	free(cwd);
	return out;
}

char *
cli_absolute_uri(const char *uri)
{
	char *path, *out = NULL;

	if (strncmp(uri, emu_scheme, sizeof(emu_scheme) - 1) != 0)
		return strdup(uri);
	path = cli_absolute(uri + sizeof(emu_scheme) - 1);
	if (path == NULL || asprintf(&out, "%s%s", emu_scheme, path) < 0)
		out = NULL;
	free(path);
	return out;
}

/* RFC 3986: what must not stand in a query as it is. */
static bool
stands(char c)
{
	return strchr("/-._~", c) != NULL || (c >= '0' && c <= '9') ||
	    (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

char *
cli_uri_identity(const char *uri, const char *dir)
{
	static const char digits[] = "0123456789ABCDEF";
	char *path, *out, *p;

	if (dir == NULL)
		return strdup(uri);
	if ((path = cli_absolute(dir)) == NULL)
		return NULL;
	/* room for three characters where there was one */
	if (asprintf(&out, "%s%cidentity=%s%s%s", uri,
		strchr(uri, '?') != NULL ? '&' : '?', path, path, path) < 0)
		out = NULL;
	p = out != NULL ? out + strlen(out) - 3 * strlen(path) : NULL;
	for (const char *s = path; p != NULL && *s != '\0'; s++) {
		if (stands(*s)) {
			*p++ = *s;
			continue;
		}
		*p++ = '%';
		*p++ = digits[(unsigned char)*s >> 4];
		*p++ = digits[(unsigned char)*s & 15];
	}
	if (p != NULL)
		*p = '\0';
	free(path);
	return out;
}

char *
cli_uri_also(const char *uri, const char *other)
{
	static const char scheme[] = "https://";
	const size_t skip = sizeof(scheme) - 1;
	const char *path, *at, *query;
	size_t n;
	char *out;

	if (strncmp(uri, scheme, skip) != 0 ||
	    strncmp(other, scheme, skip) != 0 ||
	    (path = strchr(uri + skip, '/')) == NULL ||
	    (at = strchr(other + skip, '/')) == NULL)
		return NULL;
	n = strcspn(path, "?");
	/* what is said behind the first holds for all */
	if (strncmp(at, path, n) != 0 || at[n] != '\0')
		return NULL;
	query = path[n] == '?' ? path + n + 1 : "";
	if (asprintf(&out, "%.*s?also=%.*s%s%s", (int)(path + n - uri), uri,
		(int)(at - other - (ptrdiff_t)skip), other + skip,
		query[0] != '\0' ? "&" : "", query) < 0)
		return NULL;
	return out;
}

static bool
is_profile(const char *name)
{
	size_t n = strlen(name), m = sizeof(suffix) - 1;

	return n > m && strcmp(name + n - m, suffix) == 0;
}

/* Those of the sources, for who builds in them and has not installed. */
static const char *
profile_dir(void)
{
	static const char installed[] = CB_PKGDATADIR "/profiles";
	static char *found;
	const char *told = getenv("CARDBRIDGE_PROFILES");

	if (told != NULL && told[0] != '\0')
		return told;
	if (found == NULL && access(installed, F_OK) != 0) {
		found = cli_beside("data/profiles", "");
		if (found != NULL && found[0] == '\0') {
			free(found);
			found = cli_beside("../data/profiles", installed);
		}
	}
	return found != NULL ? found : installed;
}

char *
cli_profile_path(const char *name)
{
	char *out = NULL;

	if (strchr(name, '/') != NULL || is_profile(name))
		return strdup(name);
	if (asprintf(&out, "%s/%s%s", profile_dir(), name, suffix) < 0)
		out = NULL;
	return out;
}

static int
profile_entry(const struct dirent *e)
{
	return is_profile(e->d_name);
}

static int
unknown(const char *name)
{
	struct dirent **found = NULL;
	char names[512] = "";
	int n = scandir(profile_dir(), &found, profile_entry, alphasort);

	for (int i = 0; i < n; i++) {
		size_t used = strlen(names);

		(void)snprintf(names + used, sizeof(names) - used, " %.*s",
		    (int)(strlen(found[i]->d_name) - (sizeof(suffix) - 1)),
		    found[i]->d_name);
		free(found[i]);
	}
	free(found);
	if (names[0] == '\0')
		return cli_fail(CLI_FAILED, "there are no profiles in %s: "
		    "install cardbridge, or let CARDBRIDGE_PROFILES name the "
		    "directory where they are", profile_dir());
	return cli_fail(CLI_FAILED, "no profile \"%s\" in %s, which has%s; a "
	    "file needs a slash in its name (./%s.profile)", name,
	    profile_dir(), names, name);
}

int
cli_profile_find(const char *name, char **path)
{
	if ((*path = cli_profile_path(name)) == NULL)
		return cli_fail(CLI_FAILED, "out of memory");
	if (strcmp(*path, name) == 0 || access(*path, F_OK) == 0)
		return CLI_OK;
	free(*path);
	*path = NULL;
	return unknown(name);
}
