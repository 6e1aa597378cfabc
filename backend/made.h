/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What was made on the disk, so that all of it can be taken back: a backend is
 * made whole or not at all. Files are 0600, directories 0700, and durable when
 * a function returns.
 */
#ifndef BE_MADE_H
#define BE_MADE_H

#include <sys/types.h>

#include "common/buf.h"

struct be_made {
	char **paths;	/* in the order of making */
	size_t n;
};

/* CB_E_BUSY: there is something of that name. */
CB_MUST_USE enum cb_err be_made_dir(
    struct be_made *m, const char *path, struct cb_why *why);
CB_MUST_USE enum cb_err be_made_file(struct be_made *m, const char *path,
    struct cb_span text, struct cb_why *why);
/* The file takes the place of what is there of this name, in one step: it is
 * not noted. What its making left behind when it was ended goes, too. */
CB_MUST_USE enum cb_err be_made_instead(
    const char *path, struct cb_span text, struct cb_why *why);
/* Something that was made by somebody else. */
CB_MUST_USE enum cb_err be_made_note(struct be_made *m, const char *path);
/* Gives all that was made below `dir` (and itself) to this user. */
CB_MUST_USE enum cb_err be_made_give(const struct be_made *m,
    const char *dir, uid_t user, struct cb_why *why);
/* Takes everything back, the last first. */
void be_made_undo(struct be_made *m);
/* It stays. */
void be_made_keep(struct be_made *m);

#endif
