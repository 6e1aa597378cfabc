/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A role's end of its channel to the parent: how every role begins, and what
 * it is told later. PROTOCOL.md, "Parent and every role".
 *
 *	open		waits for START: settings, and open descriptors
 *	enclose		another user, then the walls
 *	ready		answers START
 *	told		for the loop: PEER and STOP
 */
#ifndef BE_CONTROL_H
#define BE_CONTROL_H

#include "backend/channel.h"
#include "backend/roles.h"
#include "backend/settings.h"

/* Where a role finds its channel to the parent. */
#define BE_CONTROL_FD 3

struct be_control {
	struct be_channel *ch;
	struct be_settings settings;
	int fds[BE_FDS_MAX];	/* of START; taken by setting them to -1 */
	size_t fds_n;
	uint64_t start, stop;	/* numbers of what is to be answered */
};

/* Takes the descriptor, in every case. CB_E_TIMEOUT, CB_E_PEER, CB_E_FORMAT. */
CB_MUST_USE enum cb_err be_control_open(
    struct be_control *c, int fd, struct cb_why *why);
void be_control_close(struct be_control *c);

/* For a process of one thread, with all it needs open: becomes the user that
 * the settings name, ends when the parent ends, puts the walls of this role
 * up (`dirs` as of be_walls_up) and logs which stand. CB_E_DENIED: the process
 * must end. */
CB_MUST_USE enum cb_err be_control_enclose(struct be_control *c,
    enum be_role role, const char *const *dirs, struct cb_why *why);
/* Answers START; `body`: ids of organisations, of the store. */
CB_MUST_USE enum cb_err be_control_ready(
    struct be_control *c, struct cb_span body);

/* A message of the parent's. */
struct be_told {
	enum { BE_TOLD_PEER, BE_TOLD_STOP } what;
	/* PEER: a new channel to it, in place of the one before; the
	 * caller's */
	enum be_role role;
	uint8_t organisation[WIRE_ID];
	uint64_t number;	/* of the channel */
	int fd;
};
CB_MUST_USE enum cb_err be_control_told(struct be_control *c,
    const struct be_message *m, struct be_told *out);
/* The channel of this number is broken: if the peer has not died, there is to
 * be a new one. */
void be_control_lost(struct be_control *c, uint64_t number);
/* Answers STOP. */
void be_control_stopped(struct be_control *c);

#endif
