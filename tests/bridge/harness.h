/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A bridge for tests, in a thread or a process of its own, with cards that
 * do as they are told (fake_link.c).
 */
#ifndef TESTS_BRIDGE_HARNESS_H
#define TESTS_BRIDGE_HARNESS_H

#include <check.h>
#include <pthread.h>
#include <sys/types.h>

#include "bridge/client.h"
#include "bridge/link.h"
#include "bridge/server.h"

/* Every suite, listed once. */
#define SUITES \
	SUITE(arbiter) \
	SUITE(client) \
	SUITE(blot) \
	SUITE(config) \
	SUITE(deadlines) \
	SUITE(hostile) \
	SUITE(limits) \
	SUITE(link_emu) \
	SUITE(list) \
	SUITE(listen) \
	SUITE(memory) \
	SUITE(protocol) \
	SUITE(raw) \
	SUITE(reader) \
	SUITE(roads) \
	SUITE(schedules) \
	SUITE(shared) \
	SUITE(state) \
	SUITE(trace) \
	SUITE(watch)
#define SUITE(name) Suite *name##_suite(void);
SUITES
#undef SUITE

#define ck_ok(call) ck_assert_int_eq((call), CB_OK)
#define ck_err(call, want) ck_assert_int_eq((call), (want))

/* A directory of this test's own; removed by place_clear. */
struct place {
	char dir[256];
	char socket[512];
};
void place_make(struct place *p);
void place_clear(struct place *p);

struct bridge {
	struct place at;
	struct br_listen listen;
	struct br_server *srv;
	pthread_t thread;
	pid_t pid;		/* 0: in a thread */
	struct br_settings set;
};

/* Sensible settings; change b->set before bridge_start. */
void bridge_init(struct bridge *b);
/* With these configured readers (name, URI, ..., NULL). */
void bridge_start(struct bridge *b, const char *const *readers);
void bridge_fork(struct bridge *b, const char *const *readers);
/* Ends it; the place stays. */
void bridge_stop(struct bridge *b);
void bridge_clear(struct bridge *b);

/* One card in reader "a". */
extern const char *const one_reader[];
extern const char *const two_readers[];

/* A plain connected socket, before the greeting. */
int raw_connect(const struct bridge *b);
/* The same after it. */
int raw_greeted(const struct bridge *b);
/* Until the bridge has closed it (true) or ms have passed. */
bool raw_closed(int fd, int ms);

/* A bridge that is played: what `play` does with the first connection, in a
 * process of its own. */
struct played {
	struct place at;
	pid_t pid;
};
void played_start(struct played *p, void (*play)(int fd));
void played_clear(struct played *p);

struct br_client *dial(const struct bridge *b);
/* Attached by name. */
struct br_client *attached(
    const struct bridge *b, const char *name, enum br_road road);
void power_on(struct br_client *c);
/* Waits up to `ms` for news of a watching connection. */
bool news(struct br_client *c, struct br_state *state, int ms);
uint64_t now_us(void);
/* Times that somebody watches are multiplied by this: 1, more where every
 * instruction costs more (sanitizers, valgrind). */
unsigned slower(void);

/* ---- fake_link.c ------------------------------------------------------- */

/*
 * fake:NAME. Its card understands
 *	00 A4 ..	9000
 *	80 01 xx yy	works for xxyy ms, then 9000
 *	80 02 .. data	gives the data back
 *	80 03 xx yy	xxyy bytes of AA
 *	80 04		how often it was powered, reset, ticked, rested: 4 bytes
 *	80 05 xx yy	wants a tick in xxyy ms
 *	80 06		fails without a status word
 * Anything else is 6D00. fake:broken... cannot be opened until fake_mend;
 * fake:live... is not marked as test.
 */
extern const struct br_link_ops fake_link;
extern const uint8_t fake_atr[4];
void fake_mend(bool on);
int fake_open_count(void);	/* links open now */

/* Sends a command given as bytes; the status word, or 0 and *e. */
unsigned send_apdu(struct br_client *c, enum cb_err *e, size_t n, ...);

#endif
