/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What a bridge remembers in its state directory: readers that were added
 * while it ran, and the slots of all, so that a reader's place never changes.
 *
 *	reader NAME SLOT URI	was added; SLOT is - without one
 *	slot NAME SLOT		is configured elsewhere
 */
#ifndef BR_STATE_H
#define BR_STATE_H

#include "bridge/reader.h"

struct br_state_line {
	char name[BR_NAME_MAX + 1];
	int slot;
	char *uri;		/* NULL: configured elsewhere */
};

/* *lines: an array of *n, for br_state_free. No file is no lines; dir NULL
 * likewise. CB_E_FORMAT: *why names file and line. */
CB_MUST_USE enum cb_err br_state_load(const char *dir,
    struct br_state_line **lines, size_t *n, struct cb_why *why);
void br_state_free(struct br_state_line *lines, size_t n);
/* Durable when it returns; the old file is there until then. Writes nothing
 * if nothing has changed. */
CB_MUST_USE enum cb_err br_state_save(
    const char *dir, const struct br_readers *table, struct cb_why *why);

#endif
