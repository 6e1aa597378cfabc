/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What an operator wants to know of a bridge and of the links of its readers:
 * what both ends of the local wire say about it, and the asking.
 */
#ifndef BR_CLIENT_STATUS_H
#define BR_CLIENT_STATUS_H

#include "bridge/client.h"
#include "common/buf.h"

struct br_bridge_status {
	uint32_t pid;
	uint64_t since;		/* ms since 1970 */
	uint32_t readers;
	uint32_t connections;	/* of programs, this one included */
	char release[32];
};

enum br_road_state { BR_ROAD_UNTRIED, BR_ROAD_UP, BR_ROAD_DOWN };

/* A link to a card that is somewhere else. */
struct br_road_status {
	enum br_road_state state;
	uint64_t since;		/* ms since 1970 */
	uint32_t next_ms;	/* of DOWN: until the next try */
	char url[300];		/* the place that is in use or tried */
	char why[256];		/* of DOWN */
	char identity[256];	/* why what its directory has is not in use;
				 * "": it is */
	uint64_t identity_until; /* ms since 1970, of the one in use */
	bool in_session;
	uint8_t session[16];
	uint64_t trips;		/* requests that had an APDU, answered */
	uint64_t others;	/* requests without any, answered */
	uint64_t again;		/* sent once more */
	uint64_t sent, received; /* bytes of HTTP */
};

#define BR_PROGRAMS_MAX 16
struct br_link_status {
	char kind[16];		/* the scheme of its URI */
	/* since the card was put in */
	uint64_t apdus;		/* that were answered */
	uint64_t responses;	/* of them: GET RESPONSE */
	unsigned programs_n;
	char programs[BR_PROGRAMS_MAX][64]; /* "pcscd, pid 7" */
	bool remote;
	struct br_road_status road; /* of one that is */
};

CB_MUST_USE enum cb_err br_put_running(struct cb_buf *b, uint16_t seq,
    const struct br_bridge_status *s);
CB_MUST_USE enum cb_err br_get_running(
    struct br_bridge_status *out, struct cb_span body);
CB_MUST_USE enum cb_err br_put_link_info(
    struct cb_buf *b, uint16_t seq, const struct br_link_status *s);
CB_MUST_USE enum cb_err br_get_link_info(
    struct br_link_status *out, struct cb_span body);

CB_MUST_USE enum cb_err br_bridge_status(
    struct br_client *c, struct br_bridge_status *out, struct cb_why *why);
/* Of the reader of this name. CB_E_ABSENT. */
CB_MUST_USE enum cb_err br_link_status(struct br_client *c, const char *name,
    struct br_link_status *out, struct cb_why *why);

#endif
