/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * DIR/backend.conf, which init writes and an administrator changes: where the
 * parts of a backend are, and how it runs.
 *
 *	kind = "live";
 *	backend = "00112233445566778899aabbccddeeff";
 *	node = "ffeeddccbbaa99887766554433221100";
 *	store = "sqlite:/var/lib/cardbridge-backend/store/backend.db";
 *	root = [ "file:/etc/cardbridge-backend/root-1.key" ];
 *	recovery = "file:/etc/cardbridge-backend/recovery.key";
 *	listen = "0.0.0.0:7443";
 *	admin-listen = "127.0.0.1:7444";
 *	first-user = 60800;
 *	log = "notice";
 *	log-format = "text";
 *	allow-swap = false;
 *	tls12 = false;
 *	connections = 16384;		of devices and people
 *	connections-of-device = 16;
 *	strangers = 256;		without a certificate
 *	strangers-of-address = 32;
 *	bodies-mib = 256;		of all requests and answers
 *	passcodes-at-once = 10;		of a card, and then
 *	passcode-every-s = 60;		one in so many seconds
 *	passcode-cards = 16384;		of an organisation, held back at a time
 *	unblocks-at-once = 10;		of an organisation
 *	unblock-every-s = 60;
 */
#ifndef BE_CONF_H
#define BE_CONF_H

#include "backend/roles.h"
#include "backend/settings.h"

#define BE_CONF_NAME "backend.conf"
#define BE_LISTEN "127.0.0.1:7443"
#define BE_FIRST_USER 60800
#define BE_STORE_SCHEME "sqlite:"

struct be_conf {
	enum wire_kind kind;
	uint8_t backend[WIRE_ID], node[WIRE_ID];
	char *store;	/* path of the database */
	char *roots[BE_ROOTS_MAX];
	size_t roots_n;
	char *recovery;	/* NULL: no unblock secrets are made or opened */
	char *listen, *admin_listen;	/* NULL: not given */
	/* Roles run as this user and those behind it; 0: all as who starts
	 * them. */
	uint32_t first_user;
	enum cb_log_level log;
	bool log_json, allow_swap, tls12;
	struct be_bounds bounds;
	struct be_pace pace;
};

/* CB_E_FORMAT, CB_E_ABSENT, CB_E_DENIED: *why names file and line, and what
 * to write instead. Clear it also after an error. */
CB_MUST_USE enum cb_err be_conf_read(
    struct be_conf *out, const char *path, struct cb_why *why);
/* Appends the text of a file. */
CB_MUST_USE enum cb_err be_conf_put(
    struct cb_buf *b, const struct be_conf *conf);
void be_conf_clear(struct be_conf *conf);

/* Who a role runs as; `worker`: which of the workers. */
uint32_t be_conf_user(
    const struct be_conf *conf, enum be_role role, size_t worker);
#define BE_WORKERS_MAX 256
#define BE_USERS 512	/* room for all of them */

/* "text" or "json". CB_E_ARG: another. */
CB_MUST_USE enum cb_err be_conf_format(const char *name, bool *json);
/* May a place have in it what is needed to get the key that is there? */
bool be_conf_has_secret(const char *uri);
/* The path of a URI of a store. CB_E_ARG: another scheme, a relative path, or
 * something behind it. */
CB_MUST_USE enum cb_err be_conf_store(
    const char *uri, const char **path, struct cb_why *why);

#endif
