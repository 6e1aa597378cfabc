/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A reader: a name, a slot, and the card that its URI reaches. The table of
 * readers and everything marked "loop" belongs to the loop thread; the rest
 * has a lock of its reader, and no lock is shared between readers.
 *
 * Order of locks: card, then lock. `card` is held as long as a command takes,
 * `lock` never across a call that could wait.
 */
#ifndef BR_READER_H
#define BR_READER_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "bridge/arbiter.h"
#include "bridge/blot.h"
#include "bridge/link.h"
#include "bridge/protocol.h"

#define BR_READERS_MAX 4096
/* How long an unpowered card stays in memory. */
#define BR_REST_MS 3000

struct br_session;

/* What one road sees (share.c). */
struct br_view {
	bool present;
	uint32_t changes;
	uint64_t stamp_ns;
};

/* pcscd's view, and that of everybody else. */
enum { BR_VIEW_PCSC = 0, BR_VIEW_ALL = 1 };

enum { BR_JOB_CLOSE = 1, BR_JOB_OPEN = 2, BR_JOB_REST = 4 };

struct br_reader {
	/* fixed while it exists */
	char name[BR_NAME_MAX + 1];
	char *uri;
	int slot;		/* -1: none was free */
	uint32_t number;	/* grows with each reader made */
	bool configured;	/* by configuration or command line: not kept */

	/* loop */
	struct br_reader *next;
	bool removed;		/* out of the table, waiting for its users */
	bool inserted;		/* not ejected */
	unsigned users;		/* sessions */
	bool owed;		/* pcscd was refused the card: tell it again */
	unsigned jobs;		/* BR_JOB_*, wanted */
	bool queued;		/* a worker has it */
	unsigned doing;		/* the jobs that it was given */
	struct br_reader *work_next; /* of its queue */
	uint64_t rest_at;	/* ms; 0: nothing to give back */
	struct br_view view[2];	/* changes of it also have the lock */

	pthread_mutex_t lock;
	bool usable;		/* the card could be opened */
	enum cb_err trouble_err;
	char trouble[384];
	struct br_link_info info;
	/* of a link that is watched */
	bool away;		/* its card is not there */
	bool lost;		/* it was gone meanwhile (loop resets) */
	bool heard;		/* there is news for the loop */
	void (*kick)(void *ctx); /* wakes the loop */
	void *kick_ctx;
	struct br_session *holder; /* has the card powered */
	enum br_road holder_road;
	pid_t holder_pid;
	struct br_arbiter arb;	/* of those who share it */
	unsigned sharers;	/* sessions of theirs */
	bool here;		/* there is a card, as the loop saw it last */
	bool gone;		/* the reader was removed */

	atomic_ullong apdus, responses;	/* answered since it was opened */

	pthread_mutex_t card;	/* held by whoever uses link */
	struct br_link *link;	/* NULL until opened; changes with lock, too */
	struct br_blot blot;	/* of the trace, if there is one */
};

struct br_readers {
	struct br_reader *first;
	size_t count;
	uint32_t last_number;
	uint32_t reserved;	/* slots not to give away, bits */
	void (*kick)(void *ctx); /* for those whose link is watched */
	void *kick_ctx;
};

/* A new reader at the end of the table, inserted and not yet opened. slot:
 * the one that it had before, or -1 for the lowest free one. CB_E_ARG: name or
 * URI; CB_E_BUSY: the name (or card) is taken; CB_E_LIMIT. */
CB_MUST_USE enum cb_err br_reader_new(struct br_reader **out,
    struct br_readers *table, const char *name, const char *uri, int slot,
    struct cb_why *why);
/* Out of the table; freed with br_reader_free when nobody uses it. */
void br_reader_unlink(struct br_readers *table, struct br_reader *rd);
/* Back to its place in the table. */
void br_reader_relink(struct br_readers *table, struct br_reader *rd);
void br_reader_free(struct br_reader *rd);

struct br_reader *br_reader_by_name(
    const struct br_readers *table, const char *name);
struct br_reader *br_reader_by_slot(
    const struct br_readers *table, unsigned slot);
struct br_reader *br_reader_by_aim(
    const struct br_readers *table, const struct br_aim *aim);

/* Opens the card if it is not open, and notes info or trouble. Called with
 * rd->card held, from any thread. */
CB_MUST_USE enum cb_err br_reader_open(
    struct br_reader *rd, struct cb_why *why);
/* The other two, likewise. */
void br_reader_close(struct br_reader *rd);
void br_reader_rest(struct br_reader *rd);
/* The bridge ends: nobody waits for its card (any thread; not close's). */
void br_reader_give_up(struct br_reader *rd);
/* The card could not be powered: the reader is empty until it is put in
 * again, and says why. Likewise. */
void br_reader_spoil(struct br_reader *rd, enum cb_err e, const char *words);

/* What powering it has told of the card, likewise. */
void br_reader_learn(
    struct br_reader *rd, const struct br_link_info *info);
/* What its link has heard since the last time (loop). True: anything. *lost:
 * what was in it is gone. */
bool br_reader_news(struct br_reader *rd, bool *lost);

/* The protocol of a card that has power, likewise. */
CB_MUST_USE enum cb_err br_reader_protocol(
    struct br_reader *rd, pid_t pid, unsigned t);

void br_reader_describe(struct br_reader *rd, struct br_reader_info *out);
void br_reader_status(struct br_reader *rd, struct br_link_status *out);
/* The card has answered this command (any thread). */
void br_reader_count(struct br_reader *rd, struct cb_span cmd);
/* "pcscd"; what is not printable in a name is "?". "" where nobody has it. */
void br_reader_comm(pid_t pid, char *out, size_t size);
/* "pcscd, pid 812" */
void br_reader_who(pid_t pid, char *out, size_t size);

/* ---- share.c: who may have the card, and who sees it ------------------- */

/* Takes the card for a session. CB_E_BUSY: *why names who has it. */
CB_MUST_USE enum cb_err br_share_claim(struct br_reader *rd,
    struct br_session *s, enum br_road road, pid_t pid, struct cb_why *why);
/* Gives it back, if it is this session's. */
void br_share_release(struct br_reader *rd, struct br_session *s);
/* Brings rd->view up to date (loop); true if one changed. */
bool br_share_refresh(struct br_reader *rd);
/* Before the card is taken away from whoever has it: nobody else gets it
 * meanwhile (loop). */
void br_share_take_out(struct br_reader *rd, bool removed);
/* Was this road told last that there is a card (loop)? */
bool br_share_sees(struct br_reader *rd, enum br_road road);
/* For pcscd, the card was put in anew (loop). */
void br_share_anew(struct br_reader *rd);
/* The reader as those who share its card see it. */
void br_share_list(struct br_reader *rd, struct br_listed *out);
/* The state of a reader (NULL: there is none) for a road (loop). */
void br_share_state(
    struct br_reader *rd, enum br_road road, struct br_state *out);

#endif
