/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What the parent tells a role when it starts it: JSON, with no key or secret
 * in it. PROTOCOL.md, "Parent and every role", has the names.
 */
#ifndef BE_SETTINGS_H
#define BE_SETTINGS_H

#include "common/log.h"
#include "wire/wire.h"

#define BE_ROOTS_MAX 32
#define BE_PATH_MAX 1024

/* What a door may have; 0: the usual number. */
struct be_bounds {
	uint32_t connections, strangers, of_address, of_device, bodies_mib;
};

/* How often the vault answers; 0: as usual. Of passcodes for each card, which
 * are remembered up to a number for each organisation; of unblocking for each
 * organisation. */
struct be_pace {
	uint32_t passcodes, passcode_s, passcode_cards, unblocks, unblock_s;
};

struct be_settings {
	enum wire_kind kind;
	uint8_t backend[WIRE_ID];
	uint8_t node[WIRE_ID];		/* store */
	uint8_t organisation[WIRE_ID];	/* worker */
	uint8_t run[WIRE_ID];		/* vault: drawn when the parent began */
	uint32_t user;			/* who to become; 0: stay who it is */
	enum cb_log_level log;
	bool log_json;
	struct be_bounds bounds;	/* door */
	bool tls12;			/* door: also TLS 1.2 */
	char *store, *heads;		/* store: paths of files */
	const char *profiles;		/* worker: path of a directory */
	uint8_t books[CR_KEY];		/* store, worker: the public half */
	char *roots[BE_ROOTS_MAX];	/* vault: places */
	size_t roots_n;
	char *recovery;			/* vault: place; empty: none */
	struct be_pace pace;		/* vault */
};

/* Appends what this role is to know. */
CB_MUST_USE enum cb_err be_settings_put(
    struct cb_buf *b, const struct be_settings *s);
/* CB_E_FORMAT: not JSON, a name that is unknown, or a value of another kind.
 * What is not named is zero. Clear it also after an error. */
CB_MUST_USE enum cb_err be_settings_get(
    struct cb_span text, struct be_settings *out, struct cb_why *why);
void be_settings_clear(struct be_settings *s);

#endif
