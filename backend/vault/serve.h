/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The vault's process, between the files that make it up:
 *
 *	role.c		start, end, peers
 *	keys.c		keys that the store has to bring first, and who waits
 *	serve.c		what is asked, with all keys there
 *	order.c		acts of people, of that
 */
#ifndef BE_VAULT_SERVE_H
#define BE_VAULT_SERVE_H

#include "backend/ask_vault.h"
#include "backend/control.h"
#include "backend/peers.h"
#include "backend/vault/challenge.h"
#include "backend/vault/enrol.h"
#include "backend/vault/head.h"
#include "backend/vault/held.h"
#include "backend/vault/limit.h"
#include "backend/vault/recovery.h"

struct be_keyed {	/* an organisation whose keys are here, or asked for */
	struct be_keyed *next;
	uint8_t id[WIRE_ID];
	struct be_org *org;
	uint64_t asked;		/* number of KEYS */
};

struct be_delayed {	/* what waits for keys */
	struct be_delayed *next;
	struct be_caller *from;
	uint16_t type;
	uint64_t id;
	struct cb_buf body;
};

struct be_safe {
	struct be_control control;
	struct be_loop *loop;
	struct be_watched *parent;
	struct be_peers peers;	/* workers, and the store */
	struct be_root *root;	/* until the ring is open */
	struct be_recovery *recovery;	/* NULL: none is there */
	struct be_ring *ring;
	bool heads_known;
	uint64_t next_id, asked_heads;
	struct be_keyed *keyed;
	struct be_org *platform;	/* one of these */
	struct be_delayed *delayed, **delayed_end;
	size_t delayed_bytes;
	struct be_helds held;
	uint64_t born;	/* on the clock of tickets */
	uint64_t look_at;	/* for those that are stale */
	struct be_challenges challenges;
	struct be_marks marks;
	struct be_limit limit, unblocks;
};

static inline struct be_safe *
be_safe_of(const struct be_caller *a)
{
	return a->all->ctx;
}

/* Milliseconds of a clock that only goes forward, also while the machine sleeps;
 * seconds since 1970. */
uint64_t be_vault_tick(void);
int64_t be_vault_now(void);

/* One message of a worker or the store. */
CB_MUST_USE enum cb_err be_safe_message(
    struct be_caller *a, const struct be_message *m);
/* There is a store: what is missing is asked for. */
CB_MUST_USE enum cb_err be_safe_ask(struct be_safe *s);
/* Nobody waits for this one any more. */
void be_safe_forget(struct be_safe *s, const struct be_caller *a);
void be_safe_clear(struct be_safe *s);

/* A request, with all keys there. `org`: of the worker that asks. */
CB_MUST_USE enum cb_err be_safe_serve(struct be_caller *a, struct be_org *org,
    const struct be_message *m);
CB_MUST_USE enum cb_err be_safe_refuse(struct be_caller *a,
    const struct be_message *m, enum cb_err code);
/* A question: out is the body of its answer. What it is given to says not
 * CB_OK where it was none, and the channel is broken then. */
struct be_question {
	struct be_caller *a;
	struct be_org *org;
	struct cb_span body;
	struct cb_buf *out;
	enum cb_err code;
};
CB_MUST_USE enum cb_err be_take_order(struct be_question *q);

#endif
