/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The worker, between the sources that make it up:
 *
 *	worker.c	channels, the loop, what falls due
 *	ask.c		asking store and vault, and answering the door
 *	offer.c		OFFER
 *	open.c		OPEN: a session begins
 *	claim.c		cards, by one at a time
 *	session.c	sessions: the table, committing, ending
 *	body.c		COMMANDS: which bodies are due
 *	run.c		running the commands of a body
 *	lookup.c	bodies of sessions that nobody knows any more
 *	watch.c		WATCH
 *	rights.c	whether who has a card, or watches it, still may
 *	enrol.c		ENROL
 *	state.c		STATE
 *	clock.c		steps of the wall clock
 *	desk*.c		sessions of people (desk.h)
 *	hosted.c, record.c, book.c, pool.c, index.c, tally.c, step.c
 */
#ifndef BE_WORKER_INTERNAL_H
#define BE_WORKER_INTERNAL_H

#include <pthread.h>

#include "backend/ask_store.h"
#include "backend/ask_vault.h"
#include "backend/calls.h"
#include "backend/worker/book.h"
#include "backend/worker/hosted.h"
#include "backend/worker/index.h"
#include "backend/worker/pool.h"
#include "backend/worker/queue.h"
#include "backend/worker/step.h"
#include "backend/worker/tally.h"
#include "backend/worker/watch.h"
#include "backend/worker/worker.h"
#include "wire/message.h"
#include "wire/open.h"
#include "wire/record.h"
#include "wire/road.h"

#define BE_OFFERS_MAX 1024
#define BE_OFFERS_EACH 8	/* of one holder */
#define BE_OFFER_MS 60000
#define BE_AHEAD_MAX 255	/* exchanges beyond the first */

/* Whom to answer. */
struct be_reply {
	uint16_t type;
	uint64_t id;		/* 0: nobody */
	unsigned door;		/* which of its channels asked */
};

struct be_offer {
	struct be_offer *next;
	uint8_t session[WIRE_ID], card[WIRE_ID], holder[WIRE_ID];
	uint64_t made;
	unsigned vault;		/* channel to the one that made the challenge */
	uint8_t *agreement;	/* CR_KEY bytes, secret */
	struct cb_buf bytes;
};

struct be_secrets {	/* of a session */
	struct be_card_key key;
	struct wire_stream in, out;
};

/* What a person's session has in the place of a card. */
struct be_at_desk {
	uint32_t role;		/* enum wire_role; 0: a device's session */
	/* Entries that were read and have no entry yet; from 0: none. */
	uint64_t read_from, read_to;
	uint64_t read_entered;	/* when there was one last */
};

struct be_session {
	struct be_job ending;	/* be_session_end(): needs no memory then */
	struct be_session *next;
	struct be_worker *w;
	struct be_link of_id, of_card;
	/* of a person: that id, and zeros */
	uint8_t id[WIRE_ID], device[WIRE_ID], card[WIRE_ID];
	struct be_at_desk desk;
	uint64_t fence;
	struct cb_buf certificate;	/* of the device, as it opened */
	/* With the worker's lock. Who has set `busy` has all of the rest. */
	unsigned vault;		/* number of the channel to that which holds it */
	uint8_t ticket[BE_TICKET];	/* for the vault after that one */
	bool busy;
	bool yielding;		/* somebody waits to take the card */
	uint8_t outside;	/* be_watch_changed(); 0: never */
	struct be_atr atr;
	bool over;		/* no longer in the table */
	/* Its right is over, and it ends with the running command. Set with
	 * the lock; read also without, atomically. */
	bool lapsed;
	struct be_item check;	/* in the worker's `checks` */
	uint64_t check_at;	/* then its rights are asked anew */
	uint64_t last_use;
	struct be_reply waiting; /* for the body that is running */
	uint8_t running[CR_HASH];
	/* Of who is busy with it: */
	struct be_secrets *secrets;
	struct emu_env env;
	struct emu_card *emu;
	struct be_hosted *hosted;	/* the emulator's */
	const struct be_body *body;	/* whose command runs; NULL: none */
	struct be_book book;
	enum cb_err failed;	/* of the store, within a command */
	/* An act has changed the card, or may have: the number it had here is
	 * not told any more. */
	bool stale;
	const uint8_t *act;	/* a person's, which is done to it; or NULL */
	enum cb_err limited;	/* of the vault: no passcode was compared */
	uint64_t wait_ms;
	bool on_loop;		/* nothing may be waited for */
	uint16_t ahead[BE_AHEAD_MAX];	/* bytes of each that went along */
	size_t ahead_n;
	/* The last body, which is answered again with the same bytes. */
	uint64_t first, last;
	uint8_t hash[CR_HASH];
	struct cb_buf answers;
};

/* With the lock: may the card be taken from who has it? */
typedef bool be_may_fn(void *ctx, const struct be_session *has);

/* A card that is being opened, or worked on, by one at a time. */
struct be_claim {
	const uint8_t *card;	/* borrowed until the end */
	uint64_t until;		/* then nobody waits for it any more */
	be_may_fn *may;		/* NULL: from anybody */
	void *ctx;
	struct be_job *job;	/* runs (again) when it can go on */
	/* Out: the session that has it, which the claimer is busy with; NULL:
	 * none */
	struct be_session *before;
	struct be_link link;	/* in `claims` */
	struct be_item item;	/* in `waiting` */
};

struct be_peer {
	struct be_channel *ch;
	struct be_watched *watched;
	struct be_calls *calls;	/* not of the door */
	unsigned no;
};

struct be_worker {
	struct be_worker_settings set;
	struct be_loop *loop;
	struct be_pool *pool;
	pthread_mutex_t lock;
	pthread_cond_t idle;	/* be_worker_idle() */
	struct be_peer door, store, vault;
	struct be_session *sessions;
	struct be_index by_id, by_card;	/* the sessions */
	size_t sessions_n;	/* with those that are being opened */
	uint64_t due_at;	/* nothing is due before; be_worker_due() */
	struct be_job stale;	/* lease.c */
	uint64_t stale_at;	/* then leases of before are given back */
	bool none_stale;	/* that was done */
	struct be_job sweep;	/* rights.c */
	bool sweeping;
	struct be_queue checks;	/* sessions whose rights are to be asked */
	uint64_t rights_no;	/* grows whenever rows that grant change */
	struct be_index claims;	/* cards that are being opened */
	struct be_index turns;	/* subjects of acts that are being done */
	struct be_queue waiting;	/* claims of cards that somebody uses */
	unsigned waiters;	/* threads of the pool that wait for `idle` */
	struct be_offer *offers;
	struct be_watches watches;
	struct be_tally tally;
	struct {
		uint64_t at;	/* known since; 0: not */
		bool may, asked;
	} inspected;
	struct {
		struct be_reply asked;	/* id 0: nobody asks */
		uint8_t told;
		bool disk_fails;	/* as the store says */
	} state;
	struct {		/* clock.c */
		int set;	/* readable once it was set; -1: not ours */
		struct be_watched *watched;
		struct be_steps steps;
		int64_t begin;	/* ahead of the tick, when all began */
		struct be_job job;
		bool busy;	/* `job` runs, */
		uint64_t again_at;	/* or had no answer: then again */
		bool compared;	/* with what the books know */
		/* Of the job: what it enters (times 0: nothing), and the act
		 * that it has sent, if nobody told what became of that. */
		struct be_step step;
		uint8_t act[WIRE_ID];
		bool unknown;
	} clock;
	be_lost_fn *lost;	/* NULL: nobody wants to know */
	void *lost_ctx;
	/* Refused acts that were entered, and since when they are counted. */
	uint64_t refused_since;
	unsigned refused_n;
	uint8_t own[7];		/* random: in the ids of its acts */
	unsigned acts;		/* atomic: how many ids it has made */
	bool stopping;
	int ended;	/* atomic: nobody answers any more */
	struct be_worker_stats stats;
};

uint64_t be_worker_tick(void);	/* milliseconds that only grow */
uint64_t be_worker_time(void);	/* since 1970 */

/* With the lock: a session is no longer busy, or over, or an opening has ended. */
void be_worker_idle(struct be_worker *w, const uint8_t card[WIRE_ID]);
/* The number of the channel to the vault; without the lock. */
unsigned be_worker_vault(struct be_worker *w);
/* With the lock: something falls due then, or before. */
void be_worker_due(struct be_worker *w, uint64_t at);

/* ---- ask.c: threads of the pool ------------------------------------------ */

/* What may be asked twice: again while the other role is away. The code of
 * the answer, or why there is none. */
CB_MUST_USE enum cb_err be_ask_store(struct be_worker *w, enum be_ask type,
    struct cb_span body, struct cb_buf *answer);
CB_MUST_USE enum cb_err be_ask_vault(struct be_worker *w, enum be_ask type,
    struct cb_span body, struct cb_buf *answer);
/* The row of this key. CB_E_ABSENT: there is none. *out borrows from `kept`. */
CB_MUST_USE enum cb_err be_ask_row_of(struct be_worker *w,
    enum be_table table, const struct be_value *key, size_t keys,
    struct cb_buf *kept, struct be_ask_row *out);
/* All records of a card, appended one behind the other; and the number that
 * its books know. */
CB_MUST_USE enum cb_err be_ask_records(struct be_worker *w,
    const uint8_t card[WIRE_ID], struct cb_buf *out, uint64_t *number);
/* An act gets its id and time, and is done once or not at all: where its
 * outcome was lost it is looked up. act->unknown: even that failed. */
CB_MUST_USE enum cb_err be_ask_act(struct be_worker *w, struct be_act *act);
/* The same without waiting (be_call_later()), for one that is not about a lease. */
struct be_act_later {
	struct be_later call;
	uint8_t id[WIRE_ID];
};
CB_MUST_USE enum cb_err be_ask_act_later(struct be_worker *w,
    struct be_act *act, struct be_act_later *l, be_told_fn *told, void *ctx);
/* What became of it. *unknown: nobody has told; be_ask_outcome() does. */
CB_MUST_USE enum cb_err be_act_told(
    enum cb_err r, uint16_t code, struct cb_span answer, bool *unknown);
/* The same for one whose id was chosen, and which is tried once. CB_E_STORE: it
 * was not done, and never will be. */
CB_MUST_USE enum cb_err be_ask_act_named(
    struct be_worker *w, struct be_act *act);
/* Was an act of this id done? CB_E_DENIED: another one was, whose request is
 * another (zeros: no person's). */
CB_MUST_USE enum cb_err be_ask_outcome(struct be_worker *w,
    const uint8_t id[WIRE_ID], const uint8_t request[CR_HASH], bool *done);
/* The vault's part of a passcode's key, for a session or an act. CB_E_BUSY:
 * not before *wait_ms. */
CB_MUST_USE enum cb_err be_ask_passcode(struct be_worker *w,
    const uint8_t session[WIRE_ID], const uint8_t in[CR_KEY],
    uint8_t out[CR_KEY], uint64_t *wait_ms);
/* Any thread: a session, or an act, is over; the second with the lock. */
void be_ask_lock(struct be_worker *w, const uint8_t session[WIRE_ID]);
void be_ask_lock_locked(struct be_worker *w, const uint8_t session[WIRE_ID]);

/* Any thread; without the lock. */
void be_reply(struct be_worker *w, const struct be_reply *to,
    struct cb_span body);
void be_reply_fail(struct be_worker *w, const struct be_reply *to,
    enum cb_err code, enum wire_outcome outcome, const char *text);
/* The same with it. */
void be_reply_locked(struct be_worker *w, const struct be_reply *to,
    uint16_t code, struct cb_span body);

/* ---- requests of the door: the loop -------------------------------------- */

typedef enum cb_err be_request_fn(struct be_worker *w,
    const struct be_reply *reply, struct cb_span body);
be_request_fn be_on_offer, be_on_open, be_on_commands, be_on_watch,
    be_on_unwatch, be_on_enrol, be_on_state;

/* ---- state.c ------------------------------------------------------------- */

/* With the lock: store or vault have come or gone. */
void be_state_tell(struct be_worker *w);
/* DISK, of the store. */
CB_MUST_USE enum cb_err be_on_disk(struct be_worker *w, struct cb_span body);

/* ---- inspected.c --------------------------------------------------------- */

/* May a device come without its certificate? CB_E_DENIED; CB_E_PEER: it is
 * being looked up, later. */
enum cb_err be_inspected_may(struct be_worker *w);

/* ---- offer.c ------------------------------------------------------------- */

/* Takes the offer of this session out; NULL: there is none. */
struct be_offer *be_offer_take(
    struct be_worker *w, const uint8_t session[WIRE_ID]);
void be_offer_free(struct be_offer **offer);

/* ---- refuse.c ------------------------------------------------------------ */

/* In the pool: in the books, at once or later together with others. Its
 * `times` is 1 then. */
void be_refusal_enter(struct be_worker *w, struct be_refused *refused);
/* With the lock: what is due is entered; when there may be more. */
uint64_t be_refusals_due(struct be_worker *w, uint64_t now);

/* ---- clock.c ------------------------------------------------------------- */

/* The platform's worker: steps of the clock are noticed from now on. */
CB_MUST_USE enum cb_err be_clock_begin(struct be_worker *w);
void be_clock_end(struct be_worker *w);
/* With the lock: what is due is entered; when there may be more. */
uint64_t be_clock_due(struct be_worker *w, uint64_t now);
/* In the pool: what still waits is entered, as the worker ends. */
void be_clock_flush(struct be_worker *w);

/* ---- session.c ----------------------------------------------------------- */

/* With the lock. */
struct be_session *be_session_find(
    struct be_worker *w, const uint8_t session[WIRE_ID]);
struct be_session *be_session_of_card(
    struct be_worker *w, const uint8_t card[WIRE_ID]);
/* Into the table. Of two of one card the later lease counts: the other one is
 * handed out in *old, out of the table. */
void be_session_add(struct be_worker *w, struct be_session *s,
    struct be_session **old);

static inline bool
be_session_is_person(const struct be_session *s)
{
	return s->desk.role != 0;
}

/* A card's key in its place. */
void be_session_key(const struct be_worker *w, const uint8_t card[WIRE_ID],
    uint32_t version, const uint8_t key[CR_KEY], struct be_card_key *out);
/* Reads the card of a session that has its key and its lease. */
CB_MUST_USE enum cb_err be_session_load(
    struct be_session *s, struct cb_why *why);
/* Commits what was collected; `answer` may be NULL; `end`: and gives the
 * card back. */
CB_MUST_USE enum cb_err be_session_commit(
    struct be_session *s, const struct be_answer *answer, bool end);
/* The same without waiting, of a card; be_session_committed() ends it. */
CB_MUST_USE enum cb_err be_session_commit_later(struct be_session *s,
    const struct be_answer *answer, struct be_act_later *l, be_told_fn *told,
    void *ctx);
void be_session_committed(struct be_session *s, enum cb_err r);
/* Who is busy with it is not any more; with `answer`, who waits for the last
 * body is given its answers. One whose right is over ends. */
void be_session_idle(struct be_session *s, bool answer);
/* Out of the table, by who is busy with it; and freed. Returns who waits for
 * the body that was running. */
struct be_reply be_session_over(struct be_session **s);
/* The same; who waits is told so. */
void be_session_drop(struct be_session **s);
/* Frees one that is in no table; the vault gives up its keys. Without the
 * lock. */
void be_session_free(struct be_session **s);
/* With the lock: when something falls due with one that is not busy. */
uint64_t be_session_due(struct be_session *s);
/* Whoever is busy with it: the lease is given back by the pool, then it is
 * dropped. With or without the lock. */
void be_session_end(struct be_session *s, enum cb_err code, const char *what);

/* ---- lease.c ------------------------------------------------------------- */

#define BE_WORKER_GONE "worker-gone"	/* in the books */

/* Gives back a lease by itself: of a session that no process has any more, or
 * whose card cannot commit. */
CB_MUST_USE enum cb_err be_lease_free(struct be_worker *w,
    const uint8_t card[WIRE_ID], const struct be_lease *lease,
    enum cb_err code, const char *what);
/* Any thread: the same for a session that could not keep what it did, by the
 * pool, and again if the store fails. */
void be_lease_let_go(struct be_worker *w, const struct be_session *s);
/* With the lock: those that a worker of before has left are given back, once
 * their bridges had time to open their cards anew. */
void be_leases_due(struct be_worker *w, uint64_t now);
/* Without the lock: before that is done. */
bool be_leases_may_be_stale(struct be_worker *w);

/* ---- claim.c ------------------------------------------------------------- */

/* Once nobody else claims the card, and the command that is running is done,
 * nobody else opens it or uses the session that has it. CB_E_BUSY: it may not be
 * taken; CB_E_TIMEOUT: it goes on. *parked: claim->job runs later, and does this
 * again; the claim is not the caller's until then. */
CB_MUST_USE enum cb_err be_claim_park(
    struct be_worker *w, struct be_claim *claim, bool *parked);
/* The same by a thread of the pool that waits; job is NULL. CB_E_TIMEOUT also
 * where too many do. */
CB_MUST_USE enum cb_err be_claim_wait(
    struct be_worker *w, struct be_claim *claim);
/* The same for the subject of an act, whatever it is: no session is taken for
 * it, and only acts wait. */
CB_MUST_USE enum cb_err be_claim_turn(
    struct be_worker *w, struct be_claim *claim);
/* One that does not hold its card stays so. */
void be_claim_end(struct be_worker *w, struct be_claim *claim);
/* With the lock: the card's session is not busy any more, or nobody claims it. */
void be_claim_wake(struct be_worker *w, const uint8_t card[WIRE_ID]);
/* With the lock: the time of some may be over. */
void be_claim_due(struct be_worker *w, uint64_t now);

/* ---- body.c, run.c, lookup.c --------------------------------------------- */

struct be_body {
	struct be_job job;
	struct be_worker *w;
	struct be_session *s;
	struct be_reply reply;		/* of a look-up */
	uint8_t holder[WIRE_ID], session[WIRE_ID];
	struct cb_buf bytes;
	size_t n, at;
	uint8_t hash[CR_HASH];	/* of all of it, */
	bool hashed;		/* once it is known */
	struct wire_record records[WIRE_COMMANDS_MAX];
	struct cb_buf texts;
	size_t ends[WIRE_COMMANDS_MAX];	/* of the messages in `texts` */
	struct cb_buf answers;
	/* From answers.n of then on, no answer of this body is stored. */
	bool deciphered;
	size_t plain;
	bool to_commit;		/* the command before `at` left something */
	struct be_act_later act;	/* which commits it */
	enum cb_err told;	/* of that */
	bool unknown;
	bool end;		/* and then the session is over */
};

void be_body_free(struct be_body **b);
/* SHA-256 of the body up to and with record i. */
CB_MUST_USE enum cb_err be_body_hash(
    const struct be_body *b, size_t i, uint8_t out[CR_HASH]);
/* Within a command: what it has changed so far is committed, with a word that
 * it has begun. */
CB_MUST_USE enum cb_err be_body_begun(struct be_session *s);
/* On the loop as far as it is quick, then in the pool. */
void be_body_run(struct be_body *b);
/* In the pool: nobody knows this session. */
void be_body_lookup(struct be_body *b);

/* ---- desk.c: sessions of people ------------------------------------------ */

#define BE_DESK_MS 300000	/* one that is not used ends */
#define BE_DESKS_MAX 8		/* of a person */

/* With the lock: makes room for one more of this person's, by ending the one
 * that was not used for longest. CB_E_BUSY: all of them are running. */
CB_MUST_USE enum cb_err be_desk_room(
    struct be_worker *w, const uint8_t person[WIRE_ID]);
/* Is it a message that people may send? */
CB_MUST_USE enum cb_err be_desk_check(struct cb_span message);
/* In the pool: runs it. Appends the answer. *end: it was the last one. */
CB_MUST_USE enum cb_err be_desk_run(struct be_session *s, uint64_t number,
    struct cb_span message, struct cb_buf *answer, bool *end);
/* In the pool: what was read gets its entry, where it has none. */
CB_MUST_USE enum cb_err be_desk_end(struct be_session *s);

/* ---- rights.c ------------------------------------------------------------ */

#define BE_RIGHT_ENDED "right-ended"	/* in the books */

/* In a pool: the rows that let the holder use the card; with a card of zeros,
 * a person the organisation. They borrow from the answer. CB_E_ABSENT: one is
 * missing. `atr` may be NULL. */
CB_MUST_USE enum cb_err be_rights_ask(struct be_worker *w,
    const uint8_t holder[WIRE_ID], const uint8_t card[WIRE_ID],
    struct cb_buf *answer, struct be_rights *out, struct be_atr *atr);
/* With the lock. A session is in the table that was opened by rights as of
 * this w->rights_no. */
void be_rights_begin(
    struct be_worker *w, struct be_session *s, uint64_t as_of);
/* With the lock: the rights of a session are asked now. */
void be_rights_recheck(struct be_worker *w, struct be_session *s);
/* With the lock: there is something to be asked. */
void be_rights_sweep(struct be_worker *w);
/* Without the lock: whether the vault that is there now holds the session, and
 * (in a pool, by who is busy with it) that it takes it back. Not CB_OK: it does
 * not, or the session has no right any more. */
bool be_rights_held(struct be_session *s);
CB_MUST_USE enum cb_err be_rights_hold(struct be_session *s);

#endif
