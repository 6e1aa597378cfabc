/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Key pairs: those of the shipped profile with the card's lengths, and those
 * that the card has beside them.
 */
#include <stdio.h>
#include <string.h>

#include "cli/describe/draft.h"

/* Is there a key? The halves of a pair share the end of their identifiers, and
 * what is told of one is true of both. */
static enum rep_told
filled(const struct rep_app *found, const struct rep_file *f)
{
	size_t n = strlen(f->path);

	for (size_t i = 0; i < found->files_n && f->filled == REP_NOT_TOLD;
	     i++) {
		const struct rep_file *other = &found->files[i];

		if (other->filled != REP_NOT_TOLD &&
		    strlen(other->path) == n &&
		    strncmp(other->path, f->path, n - 4) == 0 &&
		    strcmp(other->path + n - 2, f->path + n - 2) == 0)
			return other->filled;
	}
	return f->filled;
}

static config_setting_t *
add_key(struct draft *d, const struct rep_file *f, const char *name)
{
	config_setting_t *key = config_setting_add(
	    draft_member(d->root, "keys"), NULL, CONFIG_TYPE_GROUP);

	if (key == NULL) {
		d->err = CB_E_NOMEM;
		return NULL;
	}
	draft_set_text(d, key, "name", name);
	draft_set_number(d, key, "bits", (int)f->size);
	draft_note(d, "%s: a key pair that the shipped profile does not have; "
	    "no certificate is made for it", f->path);
	return key;
}

config_setting_t *
draft_key(struct draft *d, const struct rep_app *tree,
    const struct rep_file *f, config_setting_t *files)
{
	config_setting_t *keys = draft_member(d->root, "keys"), *key;
	enum rep_told there = filled(tree, f);
	char name[16];

	key = draft_find(keys, "name",
	    draft_text(draft_find(files, "path", f->path), "key"));
	if (key == NULL && keys != NULL && there == REP_YES) {
		(void)snprintf(name, sizeof(name), "key-%s",
		    f->path + strlen(f->path) - 2);
		if ((key = draft_find(keys, "name", name)) == NULL)
			key = add_key(d, f, name);
	}
	if (key == NULL || there == REP_NO)
		return NULL;
	if (!f->sized)
		return key;
	if (draft_number(key, "bits") != (int)f->size) {
		draft_set_number(d, key, "bits", (int)f->size);
		(void)config_setting_remove(key, "published");
	}
	draft_policy(d, "rsa_min", (int)f->size, false);
	return key;
}
