/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What the rows of the conformance test are made of. Each has a name of its
 * own, and one expectation for every library; what pcsc-lite does otherwise
 * stands in one table (differences.c) with the reason.
 */
#ifndef WS_CONFORM_H
#define WS_CONFORM_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <reader.h>
#include <winscard.h>

/* Two readers with cards: T=1 only, and one with a choice. */
extern bool upstream;		/* the library is pcsc-lite's */
extern const char *reader, *reader_both;

/* ---- rows -------------------------------------------------------------- */

/* Numbers of any kind: codes have a sign, words have none. */
#define is(row, got, want) \
	row_is(row, (unsigned long)(got), (unsigned long)(want))
void row_is(const char *row, unsigned long got, unsigned long want);
void ok(const char *row, bool good);
/* May the row run with this library? Only what would hang or crash pcsc-lite,
 * or what its readers cannot do, is left out there. */
bool runs(const char *row);
void bail(const char *why) __attribute__((noreturn));
/* The plan, and whether every difference was met; the exit code. */
int finish(void);

struct difference {
	const char *row;
	enum { SAYS, NOT_RUN } kind;
	unsigned long says;
	const char *why;
};
extern const struct difference differences[];
extern const size_t differences_n;

/* ---- readers and cards ------------------------------------------------- */

uint64_t now_ms(void);
/* cardbridge reader VERB NAME [URI], of the bridge in CARDBRIDGE_SOCKET. */
void bridge(const char *verb, const char *name, const char *uri);
/* The card of `reader` is taken out or put in, and that can be seen. */
void card_out(void);
void card_in(void);
/* The same as new: powered anew, no protocol. */
void card_anew(void);
/* What SCardGetStatusChange says of a reader to who knows nothing. */
unsigned long state_of(const char *name);

SCARDCONTEXT establish(void);
/* With T=0 or T=1; fails the test where there is none. */
SCARDHANDLE connected(SCARDCONTEXT ctx, DWORD mode);
LONG connect_to(SCARDCONTEXT ctx, const char *name, DWORD mode,
    DWORD protocols, SCARDHANDLE *card);
LONG reconnect(SCARDHANDLE card, DWORD mode, DWORD init);
/* GET DATA of what made the card, which needs no passcode. */
#define ANSWER_N 47
LONG transmit(SCARDHANDLE card);
LONG status(SCARDHANDLE card);
DWORD status_state(SCARDHANDLE card);

/* ---- calls that wait, in a thread of their own ------------------------- */

struct task {
	LONG (*call)(struct task *t);
	SCARDCONTEXT ctx;
	SCARDHANDLE card;
	DWORD arg;
	SCARD_READERSTATE state;
	DWORD timeout;
	LONG rv;
	uint64_t ended_ms;
	pthread_t thread;
	atomic_bool ended;
};
LONG task_begin(struct task *t);
LONG task_connect(struct task *t);	/* in mode `arg` */
LONG task_status(struct task *t);
LONG task_transmit(struct task *t);
LONG task_reconnect(struct task *t);	/* LEAVE */
LONG task_disconnect(struct task *t);	/* with `arg` */
LONG task_watch(struct task *t);	/* `state`, for `timeout` */
void task_start(struct task *t, LONG (*call)(struct task *t));
/* It does not end in this time. */
bool task_waits(struct task *t, unsigned ms);
/* Its result; bails where it does not end. */
LONG task_end(struct task *t);

/* ---- other processes --------------------------------------------------- */

/* This program again, with a context of its own, doing one call at a time. */
struct peer {
	pid_t pid;
	int to, from;
};
void peer_start(struct peer *p);
/* Verbs are those of peer_main. */
void peer_send(struct peer *p, const char *verb, unsigned arg);
bool peer_waits(struct peer *p, unsigned ms);
LONG peer_result(struct peer *p);
LONG peer_do(struct peer *p, const char *verb, unsigned arg);
void peer_kill(struct peer *p);
void peer_end(struct peer *p);
int peer_main(void);
/* The file of this program. */
const char *self(void);
/* What this program writes when it is run with this argument. */
unsigned long ask_self(const char *what);

/* ---- the rows, by the function or the matter they are about ------------ */

void rows_context(void);
void rows_lists(void);
void rows_connect(void);
void rows_protocol(void);
void rows_status(void);
void rows_transmit(void);
void rows_reader(void);
void rows_transactions(void);
void rows_events(void);
void rows_waiting(void);
void rows_changes(void);
void rows_coming(void);
void rows_fork(void);
/* Started first, looked at last: some seconds lie between. */
void grace_begin(void);
void grace_end(void);

#endif
