/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A role as its parent sees it: a process, and the channel to it.
 */
#ifndef BE_CHILD_H
#define BE_CHILD_H

#include <sys/types.h>

#include "backend/channel.h"
#include "backend/kit.h"

struct be_child {
	enum be_role role;
	uint8_t organisation[WIRE_ID];
	uint32_t user;
	pid_t pid;		/* 0: it does not run */
	struct be_channel *ch;
	struct be_watched *watched;
	bool ready, asked_to_stop;
	uint64_t since;		/* started, or asked to stop */
	uint64_t due;		/* to be started; 0: not */
	unsigned wait_ms;	/* the next time that it dies */
	uint64_t losses_since;	/* links.c: told within this second */
	unsigned losses;
};

/* Runs it: a channel, a process, START with this number. After an error the
 * channel may be there, and the process. */
CB_MUST_USE enum cb_err be_child_start(
    struct be_child *c, struct be_kit *kit, uint64_t number);

#endif
