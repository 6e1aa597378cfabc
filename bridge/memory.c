/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Test cards without a file, see memory.h.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge/memory.h"

/* The least that a card takes (cardbridge-profile(5)): the passcodes of these
 * cards, known to all, are not made costly to guess. */
#define SCRYPT_LOG2N 10

static const char published[] = "published:", fresh[] = "fresh:";

struct br_memory {
	struct br_memory *next;
	bool taken;
	struct emu_nvm *nvm;	/* NULL: not made yet */
	char rest[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct br_memory *all;
static bool allowed;

/* ---- names ------------------------------------------------------------- */

/* The profile that is named, and with which keys; NULL: it is no such name. */
static const char *
profile_of(const char *rest, bool *generate)
{
	const char *colon = strchr(rest, ':');
	const char *path = NULL;

	if (colon == NULL || colon == rest)
		return NULL;
	*generate = strncmp(colon + 1, fresh, sizeof(fresh) - 1) == 0;
	if (*generate)
		path = colon + sizeof(fresh);
	else if (strncmp(colon + 1, published, sizeof(published) - 1) == 0)
		path = colon + sizeof(published);
	return path != NULL && path[0] == '/' ? path : NULL;
}

void
br_memory_allow(bool yes)
{
	allowed = yes;
}

enum cb_err
br_memory_check(const char *rest, struct cb_why *why)
{
	bool generate;

	if (!allowed) {
		cb_why_set(why, "Cards in memory are for cardbridge run; a "
		    "card file is emu:/path/to/file.");
		return CB_E_ARG;
	}
	if (profile_of(rest, &generate) != NULL)
		return CB_OK;
	cb_why_set(why, "A card in memory is given as "
	    "memory:NAME:published:/path/to/profile, or with fresh.");
	return CB_E_ARG;
}

/* ---- making ------------------------------------------------------------ */

/* Beside the directory of profiles, in a source tree as well. */
static char *
keys_path(const char *path, const struct emu_profile *profile)
{
	char *out = NULL;

	return asprintf(&out, "%.*s/../test-keys/%s.txt",
	    (int)(strrchr(path, '/') - path), path,
	    emu_profile_name(profile)) < 0 ? NULL : out;
}

static enum cb_err
make(struct emu_nvm **out, const char *rest, struct cb_why *why)
{
	struct emu_make wish = {
		.test = true,
		.so_pin = cb_span_str(emu_test_so_pin),
		.scrypt_log2n = SCRYPT_LOG2N,
	};
	struct emu_profile *profile = NULL;
	struct emu_nvm *nvm = NULL;
	bool generate = false;
	const char *path = profile_of(rest, &generate);
	char *keys = NULL;
	enum cb_err r;

	if (path == NULL)
		return CB_E_ARG;
	if ((r = emu_profile_read(&profile, path, why)) != CB_OK)
		goto out;
	if (!generate) {
		r = CB_E_NOMEM;
		if ((keys = keys_path(path, profile)) == NULL)
			goto out;
		if (access(keys, R_OK) != 0) {
			cb_why_set(why, "There are no published keys for "
			    "cards of profile %s; --fresh-keys generates some.",
			    emu_profile_name(profile));
			r = CB_E_ABSENT;
			goto out;
		}
		wish.keys_from = keys;
	}
	if (emu_profile_has_user_pin(profile, false))
		wish.user_pin = cb_span_str(emu_test_pin);
	if ((r = emu_mem_new(&nvm)) == CB_OK)
		r = emu_card_make(nvm, profile, &wish, &emu_env_system, why);
	if (r == CB_OK) {
		*out = nvm;
		nvm = NULL;
	}
out:
	emu_nvm_free(&nvm);
	emu_profile_free(&profile);
	free(keys);
	return r;
}

/* ---- who has it -------------------------------------------------------- */

/* With the lock held. */
static struct br_memory *
find(const char *rest)
{
	struct br_memory *m = all;

	while (m != NULL && strcmp(m->rest, rest) != 0)
		m = m->next;
	return m;
}

enum cb_err
br_memory_take(struct br_memory **out, const char *rest, struct cb_why *why)
{
	size_t n = strlen(rest) + 1;
	struct br_memory *m;
	enum cb_err r = CB_OK;

	*out = NULL;
	pthread_mutex_lock(&lock);
	if ((m = find(rest)) == NULL &&
	    (m = calloc(1, sizeof(*m) + n)) != NULL) {
		memcpy(m->rest, rest, n);
		m->next = all;
		all = m;
	}
	if (m == NULL) {
		r = CB_E_NOMEM;
	} else if (m->taken) {
		cb_why_set(why, "That card is still in another reader.");
		r = CB_E_BUSY;
	} else {
		m->taken = true;
		*out = m;
	}
	pthread_mutex_unlock(&lock);
	return r;
}

void
br_memory_give(struct br_memory **m)
{
	if (*m == NULL)
		return;
	pthread_mutex_lock(&lock);
	(*m)->taken = false;
	pthread_mutex_unlock(&lock);
	*m = NULL;
}

enum cb_err
br_memory_nvm(struct br_memory *m, struct emu_nvm **out, struct cb_why *why)
{
	enum cb_err r;

	*out = NULL;
	if (m->nvm == NULL && (r = make(&m->nvm, m->rest, why)) != CB_OK)
		return r;
	*out = emu_mem_again(m->nvm);
	return CB_OK;
}

void
br_memory_clear(void)
{
	struct br_memory *m;

	while ((m = all) != NULL) {
		all = m->next;
		emu_nvm_free(&m->nvm);
		free(m);
	}
}
