/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The door from inside: what its connections share, and who they are.
 */
#ifndef BE_DOOR_SERVER_H
#define BE_DOOR_SERVER_H

#include "backend/door/conn.h"
#include "backend/door/pace.h"
#include "backend/door/workers.h"

struct be_conns {
	struct be_conn *oldest, *newest;
	unsigned n;
};

struct be_door_lines {
	unsigned n;
	int64_t at;
};

/* What one organisation has of what all share. */
struct be_door_org {
	struct be_door_org *next;
	uint8_t id[WIRE_ID];
	unsigned n;      /* connections */
	size_t reserved; /* for bodies */
};

#define BE_RECENT_MAX 128
struct be_recent {
	int64_t at; /* which second */
	unsigned n;
	struct {
		struct be_place place;
		uint8_t id[WIRE_ID];
	} by[BE_RECENT_MAX];
};

#define BE_DOOR_BUCKETS 1024 /* of holders' ids; a power of two */

struct be_door {
	struct event_base *base;
	struct be_tls *tls;
	struct be_workers *workers;
	enum wire_kind kind;
	struct be_door_limits limits;
	struct cb_buf about; /* ABOUT, as it is sent */
	struct be_listener *listeners;
	bool has_desk; /* people have a socket of their own */
	struct be_conns strangers, known;
	struct be_conn *of_holder[BE_DOOR_BUCKETS];
	/* connections that are over, until nobody is in them */
	struct be_conn *over;
	struct event *sweep;
	struct be_ends ends;
	struct event *daily; /* look at these */
	struct be_parent *parent;
	bool stopping;
	bool done;	/* the loop ends, be_door_end_loop() */
	/* logged this second: of those with a name, of strangers */
	struct be_door_lines lines[2];
	/* of this second: who is enrolled; who only says who it is, and holds */
	struct be_recent enrols, claims;
	struct be_paces paces; /* of holds, of those with a name */
	size_t reserved; /* for bodies, by all */
	size_t reserved_strangers;
	struct be_door_org *orgs; /* all that have ever come */
	uint64_t holds;  /* ever begun */
	/* what is read comes here first; a connection at rest has nothing */
	uint8_t scratch[BE_TLS_RECORD];
};

/* In whatever turn, or between two. */
void be_door_end_loop(struct be_door *door);
/* Milliseconds of a clock that only goes forward. */
uint64_t be_door_tick(void);
/* May a line be logged? Strangers must not fill the disk, nor keep the lines
 * of others from it. */
bool be_door_may_log(struct be_door *door, bool stranger);

#endif
