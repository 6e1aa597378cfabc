/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The store's process, between the files that make it up:
 *
 *	role.c		start, end, peers
 *	serve.c		what is asked, and acts, many in one commit
 *	records.c	what a card consists of
 *	rights.c	what the vault needs to open a card, and
 *	orderer.c	what it needs for an act; with gather.h
 *	sign.c		heads of chains that have grown
 *	disk.c		whether anything can be committed
 */
#ifndef BE_STORE_SERVE_H
#define BE_STORE_SERVE_H

#include "backend/ask_store.h"
#include "backend/peers.h"
#include "backend/store/heads.h"

#define BE_BATCH 256	/* acts of one commit */
#define BE_FEW 3	/* so many are worth waiting for others */

struct be_waiting {	/* an act for the next commit */
	struct be_caller *from;		/* NULL: gone meanwhile */
	uint64_t id;
	struct cb_buf body;		/* that `read` borrows from */
	struct be_act_read read;
};

#define BE_SIGNING 64	/* heads that are asked for at one time */

struct be_server {
	struct be_control control;
	struct be_loop *loop;
	struct be_watched *parent;
	int database;	/* locked */
	struct be_store *st;
	struct be_heads *heads;
	struct be_peers peers;	/* workers, and the vault */
	struct be_waiting waiting[BE_BATCH];
	size_t seen;	/* of them, when there was a look last */
	size_t batch;	/* that were committed last */
	unsigned gathers;	/* how often the commit has waited for more */
	size_t waiting_n;
	uint64_t tidied;	/* tick */
	uint64_t stopping;	/* since this tick; 0: not */
	/* disk.c */
	bool fails;		/* nothing can be committed */
	uint64_t try_at;	/* tick */
	/* sign.c */
	struct be_signing {
		uint64_t id;	/* 0: free */
		struct wire_chain tip;
	} signing[BE_SIGNING];
	uint64_t next_id, sign_at;	/* tick; 0: nothing has grown */
};

static inline struct be_server *
be_server_of(const struct be_caller *c)
{
	return c->all->ctx;
}

/* Milliseconds of a clock that only goes forward; and since 1970. */
uint64_t be_tick(void);
uint64_t be_now(void);

/* One message of a worker or the vault; what is not CB_OK breaks the
 * channel. */
CB_MUST_USE enum cb_err be_serve(
    struct be_caller *c, const struct be_message *m);
/* Commits what has come, and answers. */
void be_serve_acts(struct be_server *s);
/* The answer of RECORDS. */
CB_MUST_USE enum cb_err be_records_gather(struct be_store *st,
    const uint8_t organisation[WIRE_ID], const struct be_ask_records *ask,
    struct cb_buf *out, struct cb_why *why);
/* The answer of RIGHTS. */
CB_MUST_USE enum cb_err be_rights_gather(struct be_store *st,
    const uint8_t organisation[WIRE_ID], const struct be_ask_rights *ask,
    struct cb_buf *out);
/* The answer of ORDERER. */
CB_MUST_USE enum cb_err be_orderer_gather(struct be_store *st,
    const uint8_t organisation[WIRE_ID], const struct be_ask_orderer *ask,
    struct cb_buf *out);

/* A commit failed: one line says why, and workers are told that the disk fails,
 * until it does no more. */
void be_disk_failed(struct be_server *s, const char *why);
/* After an error that may have left a commit's outcome unknown. */
void be_disk_reopen(struct be_server *s);
/* One that has just come knows of no trouble. */
void be_disk_greet(const struct be_server *s, struct be_caller *c);
/* Tries, where it is time; milliseconds until it is again, -1: all is well. */
int be_disk_due(struct be_server *s);

/* Some chain may have grown; it is due at once, or within half a second. */
void be_sign_soon(struct be_server *s, bool at_once);
/* Asks the vault where it is time; milliseconds until it is again, -1:
 * nothing has grown. */
int be_sign_due(struct be_server *s);
CB_MUST_USE enum cb_err be_sign_answer(
    struct be_server *s, const struct be_message *m);
/* The vault is gone: what was asked is asked again of the next. */
void be_sign_forget(struct be_server *s);
/* Is there anything that a vault has yet to sign? */
bool be_sign_busy(const struct be_server *s);
/* No chain ends before its last signed head, or has another entry there. */
CB_MUST_USE enum cb_err be_sign_known(
    struct be_server *s, struct cb_why *why);

#endif
