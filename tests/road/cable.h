/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A cable between a bridge and a backend that can be cut: a TCP proxy, in a
 * thread, which counts the records of TLS that pass and knows nothing of what
 * is in them. What is to happen is said before, by connection, direction,
 * record and byte, so that it happens there again at the next try.
 */
#ifndef TESTS_ROAD_CABLE_H
#define TESTS_ROAD_CABLE_H

#include <stdbool.h>
#include <stdint.h>

struct cable;

enum cable_way { CABLE_UP, CABLE_DOWN };	/* up: to the backend */

enum cable_how {
	CABLE_FINE,	/* nothing happens */
	CABLE_CUT,	/* both ends see the end, at once */
	CABLE_LATE,	/* the sender sees it; the record arrives later */
	CABLE_DELAY,	/* nothing passes for a while on this connection */
	CABLE_OUT,	/* cut, and nobody gets through for a while */
	CABLE_CALL,	/* somebody is told, and all passes */
};

#define CABLE_END (-1)		/* behind the last byte of the record */
#define CABLE_LESS (-2)		/* one byte before that */

struct cable_plan {
	enum cable_how how;
	unsigned conn;		/* in order of coming, from 0 */
	enum cable_way way;
	unsigned record;	/* from 0 */
	int offset;		/* when so many of its bytes have passed */
	unsigned ms;
	void (*call)(void);	/* by the cable's thread: must not wait */
};

#define CABLE_CONNS 64
#define CABLE_RECORDS 512

/* What has passed since cable_begin(). */
struct cable_seen {
	bool done;		/* what was planned has happened, and is over */
	unsigned conns;
	unsigned records[CABLE_CONNS][2];
	unsigned bytes[CABLE_CONNS][2];
	/* of a whole record, with its head */
	unsigned length[CABLE_CONNS][2][CABLE_RECORDS];
};

/* Listens at a port of its own, passes on to `port`; NULL: errno. */
struct cable *cable_new(unsigned port);
void cable_free(struct cable *c);
unsigned cable_port(const struct cable *c);
/* Whatever is connected is cut; counting begins anew. */
void cable_begin(struct cable *c, const struct cable_plan *plan);
void cable_seen(struct cable *c, struct cable_seen *out);

#endif
