/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The bridge's configuration file (libconfig):
 *
 *	socket = "/run/cardbridge/socket";
 *	state-dir = "/var/lib/cardbridge";
 *	group = "cardbridge";		// may use readers: a service
 *	exchange-ms = 5000;
 *	long-ms = 60000;
 *	log = "notice";			// "debug" also names each APDU
 *	readers = (
 *		{ name = "desk"; uri = "emu:/var/lib/cardbridge/desk.card"; }
 *	);
 */
#ifndef BR_CONFIG_H
#define BR_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/err.h"
#include "common/log.h"

struct br_config_reader {
	char *name, *uri;
};

struct br_config {
	char *socket, *state_dir;	/* NULL: not given */
	bool grouped;
	gid_t group;
	unsigned exchange_ms, long_ms;	/* 0: not given */
	bool log_given;
	enum cb_log_level log;
	struct br_config_reader *readers;
	size_t n_readers;
};

/* CB_E_FORMAT, CB_E_ABSENT, CB_E_DENIED: *why names file and line. */
CB_MUST_USE enum cb_err br_config_read(
    struct br_config *out, const char *path, struct cb_why *why);
/* One more reader; also used for those of the command line. */
CB_MUST_USE enum cb_err br_config_add(
    struct br_config *c, const char *name, const char *uri);
void br_config_clear(struct br_config *c);

#endif
