/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What the parent has at hand for its roles, which could not get it
 * themselves: files of the door, sockets that listen.
 */
#ifndef BE_KIT_H
#define BE_KIT_H

#include "backend/channel.h"
#include "backend/layout.h"
#include "backend/parent.h"

#define BE_KIT_FILES BE_LAYOUT_DOOR
#define BE_KIT_SOCKETS 2
#define BE_WHERE_MAX 80

struct be_kit {
	const struct be_parent_plan *plan;
	uint8_t books[CR_KEY];
	uint8_t run[WIRE_ID];	/* this time's, at random */
	int dir;	/* locked: one parent at a time has it */
	int files[BE_KIT_FILES];	/* opened, not read */
	int listening[BE_KIT_SOCKETS];
	size_t listening_n;
	/* Where they were made at first: also a port that the system chose
	 * stays the same. */
	char where[BE_KIT_SOCKETS][BE_WHERE_MAX];
};

/* Opens everything. CB_E_BUSY: the backend runs already. Close it also after
 * an error. */
CB_MUST_USE enum cb_err be_kit_open(struct be_kit *kit,
    const struct be_parent_plan *plan, struct cb_why *why);
void be_kit_close(struct be_kit *kit);

/* The sockets that the plan wants, unless they are there. */
CB_MUST_USE enum cb_err be_kit_listen(struct be_kit *kit, struct cb_why *why);
/* Who had them may have made them useless (shutdown, a filter) for whoever
 * has them next: they are closed. */
void be_kit_unlisten(struct be_kit *kit);

/* The door's descriptors in their order, borrowed; how many. */
size_t be_kit_fds(const struct be_kit *kit, int fds[BE_FDS_MAX]);

#endif
