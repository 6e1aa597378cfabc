/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A card file that is ours although it is not open, see emu_file_keep_new.
 * It shares the one descriptor that this process has of the file (see
 * nvm_file_lock.c), whose flock stays until the last user in this process has
 * gone; a file has one keeper, whatever names it has.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "emulator/emu.h"
#include "emulator/nvm_file.h"

struct emu_file_keep {
	struct emu_file_hold *hold;
	char *path;
	bool kept;		/* by us */
};

enum cb_err
emu_file_keep_new(struct emu_file_keep **out, const char *path,
    struct cb_why *why)
{
	struct emu_file_keep *k;
	struct emu_file_hold *own = NULL;
	enum cb_err r = CB_E_NOMEM;

	*out = NULL;
	if ((k = calloc(1, sizeof(*k))) == NULL)
		return CB_E_NOMEM;
	if ((k->path = realpath(path, NULL)) == NULL) {
		cb_why_set(why, "%s: %s", path, strerror(errno));
		r = errno == EACCES ? CB_E_DENIED :
		    errno == ENOMEM ? CB_E_NOMEM : CB_E_ABSENT;
		goto out;
	}
	/* as an owner for a moment: it finds and names another one */
	if ((r = emu_file_hold_take(&own, k->path, true, why)) != CB_OK ||
	    (r = emu_file_hold_take(&k->hold, k->path, false, why)) != CB_OK)
		goto out;
	emu_file_hold_drop(&own, true);
	/* one card, one reader, whatever names the file has */
	if ((r = emu_file_hold_keep(k->hold)) != CB_OK) {
		cb_why_set(why, "%s is in use by this process already", path);
		goto out;
	}
	k->kept = true;
	if ((r = emu_file_keep_again(k, why)) != CB_OK)
		goto out;
	*out = k;
	k = NULL;
out:
	emu_file_hold_drop(&own, true);
	emu_file_keep_free(&k);
	return r;
}

enum cb_err
emu_file_keep_again(struct emu_file_keep *keep, struct cb_why *why)
{
	struct emu_file_hold *own = NULL;
	enum cb_err r;

	if (flock(emu_file_hold_fd(keep->hold), LOCK_EX | LOCK_NB) == 0)
		return CB_OK;
	r = emu_file_hold_take(&own, keep->path, true, why);
	emu_file_hold_drop(&own, true);
	if (r != CB_OK)
		return r;
	/* whoever had it has left again */
	if (flock(emu_file_hold_fd(keep->hold), LOCK_EX | LOCK_NB) == 0)
		return CB_OK;
	cb_why_set(why, "%s is in use by another process", keep->path);
	return CB_E_BUSY;
}

void
emu_file_keep_free(struct emu_file_keep **keep)
{
	struct emu_file_keep *k = *keep;

	if (k == NULL)
		return;
	*keep = NULL;
	if (k->kept)
		emu_file_hold_unkeep(k->hold);
	/* not LOCK_UN: flock belongs to the one descriptor, and another user
	 * of it here may own the file */
	emu_file_hold_drop(&k->hold, false);
	free(k->path);
	free(k);
}
