/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The bridge's server: one loop thread that owns the listening socket and
 * every connection whose card is not powered, and one thread for each card
 * that is. An idle bridge has the loop thread alone, asleep without a timeout.
 */
#ifndef BR_SERVER_H
#define BR_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

#include "bridge/listen.h"

struct br_server;

struct br_settings {
	struct br_listen *listen; /* borrowed; open */
	const char *state_dir;	/* NULL: readers added are not remembered */
	bool patient;		/* serves when all cards are open, not before */
	unsigned exchange_ms, long_ms; /* 0: the defaults */
	unsigned greet_ms;	/* 0: 3 s */
	size_t conns_max;	/* 0: from the descriptor limit */
	/* Called once, when clients are being served. */
	void (*ready)(void *ctx);
	void *ctx;
};

/* Reads the state directory: its readers are there afterwards. */
CB_MUST_USE enum cb_err br_server_new(struct br_server **out,
    const struct br_settings *set, struct cb_why *why);
/* A reader of the configuration or command line. Before br_server_run. */
CB_MUST_USE enum cb_err br_server_configure(struct br_server *srv,
    const char *name, const char *uri, struct cb_why *why);
/* Until br_server_stop. All cards are powered off when it returns.
 * CB_E_TIMEOUT: some card was still computing; then exit without
 * br_server_free. */
CB_MUST_USE enum cb_err br_server_run(struct br_server *srv);
/* From any thread or signal handler. */
void br_server_stop(struct br_server *srv);
void br_server_free(struct br_server **srv);

#endif
