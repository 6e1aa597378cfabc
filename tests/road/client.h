/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A program that uses its card all the time, in a thread, while the backend is
 * being killed: passcodes, signatures, key generation, writing. It knows what
 * was acknowledged and what was under way when its session was lost, and holds
 * the card against that; at the end, the books.
 */
#ifndef TESTS_ROAD_CLIENT_H
#define TESTS_ROAD_CLIENT_H

#include <pthread.h>
#include <stdatomic.h>

#include "tests/road/ledger.h"
#include "tests/road/talk.h"

#define CLIENT_SIGNS 65536

/* How many vaults were killed: one that is new has forgotten how often each
 * card's passcodes were tried. */
extern atomic_uint client_vaults;

/* Something that changes the card and can be counted in the books. */
struct client_done {
	unsigned acked;		/* the program was told */
	unsigned found;		/* it was not, and saw it afterwards */
};

struct client {
	/* the owner's to set */
	char socket[256];
	const uint8_t *organisation, *card;
	unsigned no;
	uint64_t random;

	/* what others look at */
	pthread_t thread;
	atomic_bool stop;
	atomic_ullong selected;	/* ms; when SELECT was answered last */
	atomic_uint lost;	/* sessions */
	char wrong[400];	/* "": all is as it must be */

	/* its own */
	struct talk t;
	bool open, verified;
	unsigned vault, passcodes;
	unsigned lo, hi;	/* tries that the card may have left */
	bool blocked;
	uint64_t written, writing; /* the last one told, and the last one */
	enum { NO_KEY, KEY, KEY_UNSURE } key_is;
	struct cb_buf key;
	struct client_done makes, writes, wrongs, rights;
	unsigned wrongs_tried, rights_tried;
	uint8_t *signs;		/* by number: 1 begun, 2 told */
	unsigned signs_n, signs_acked;
};

enum client_op { CLIENT_WRONG, CLIENT_VERIFY, CLIENT_MAKE, CLIENT_WRITE,
	CLIENT_SIGN, CLIENT_OPS };

/* Without a thread: once; then what it is told to do. Where the session is lost
 * it has another one afterwards, and is logged in if it was; false: c->wrong
 * says what is not as it must be. */
void client_begin(struct client *c);
bool client_do(struct client *c, enum client_op op);
/* What was under way is found; and the session ends. */
void client_settle(struct client *c);

/* The same in a thread, all the time, at random. */
void client_start(struct client *c);
void client_stop(struct client *c);
/* Are the card's entries those of what it did? c->wrong says what is not. */
void client_check(struct client *c, struct ledger *l);
void client_clear(struct client *c);

#endif
