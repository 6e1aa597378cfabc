/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Going to the background, and telling whoever started the bridge that it is
 * ready, by the exit status of the parent.
 */
#ifndef BR_DAEMON_H
#define BR_DAEMON_H

/* Returns in the background only; the parent waits for br_daemon_ready, or
 * exits with 1 when the child ends before it. Returns -1 if that fails. */
int br_daemon_detach(void);
/* Lets the parent exit with 0, and gives up its terminal. */
void br_daemon_ready(void);

#endif
