/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Asking store and vault, which may die and come back, and answering the
 * door.
 */
#include <string.h>
#include <time.h>

#include "backend/worker/internal.h"
#include "common/ct.h"

#define AWAY_MS 10	/* how long to wait for a role that is started anew */

uint64_t
be_worker_tick(void)
{
	struct timespec t = { 0, 0 };

	(void)clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t
be_worker_time(void)
{
	struct timespec t = { 0, 0 };

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static unsigned
left(uint64_t until)
{
	const uint64_t now = be_worker_tick();

	return now < until ? (unsigned)(until - now) : 0;
}

static void
pause_for(unsigned ms)
{
	const struct timespec t = { 0, (long)ms * 1000000 };

	be_pool_waits(true);
	(void)nanosleep(&t, NULL);
	be_pool_waits(false);
}

/* ---- questions ----------------------------------------------------------- */

static bool
is_ended(struct be_worker *w)
{
	return __atomic_load_n(&w->ended, __ATOMIC_RELAXED) != 0;
}

/* Where a role does not read, room is waited for like an answer. */
static enum cb_err
ask_once(struct be_worker *w, struct be_peer *peer, enum be_ask type,
    struct cb_span body, unsigned timeout_ms, struct cb_buf *answer)
{
	const uint64_t until = be_worker_tick() + timeout_ms;
	uint16_t code;
	enum cb_err r;

	for (;;) {
		cb_buf_clear(answer);
		be_pool_waits(true);
		r = be_call(peer->calls, (uint16_t)type, body, left(until),
		    &code, answer);
		be_pool_waits(false);
		if (r != CB_E_BUSY)
			break;
		if (left(until) == 0 || is_ended(w))
			return CB_E_TIMEOUT;
		pause_for(AWAY_MS);
	}
	if (r != CB_OK)
		return r;
	return code <= CB_E_INTERNAL ? (enum cb_err)code : CB_E_PEER;
}

static enum cb_err
ask(struct be_worker *w, struct be_peer *peer, enum be_ask type,
    struct cb_span body, struct cb_buf *answer)
{
	const uint64_t until = be_worker_tick() + w->set.patience;
	enum cb_err r;

	for (;;) {
		r = ask_once(w, peer, type, body, left(until), answer);
		if (r != CB_E_PEER || left(until) <= AWAY_MS || is_ended(w))
			return r;
		pause_for(AWAY_MS);
	}
}

enum cb_err
be_ask_store(struct be_worker *w, enum be_ask type, struct cb_span body,
    struct cb_buf *answer)
{
	__atomic_add_fetch(&w->stats.store_calls, 1, __ATOMIC_RELAXED);
	return ask(w, &w->store, type, body, answer);
}

/* One page; *last: the name of its last record, where there are more. */
static enum cb_err
ask_page(struct be_worker *w, struct be_ask_records *ask, struct cb_buf *last,
    struct cb_buf *out, struct be_records_head *head)
{
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT;
	struct be_ask_record record = { CB_SPAN_EMPTY, CB_SPAN_EMPTY };
	struct cb_span cur;
	enum cb_err r;

	ask->after = cb_buf_span(last);
	if ((r = be_ask_records_put(&body, ask)) != CB_OK ||
	    (r = be_ask_store(w, BE_ASK_RECORDS, cb_buf_span(&body),
		 &answer)) != CB_OK)
		goto out;
	cur = cb_buf_span(&answer);
	if ((r = be_records_head_get(&cur, head)) != CB_OK ||
	    (r = cb_buf_add(out, cur)) != CB_OK)
		goto out;
	if (head->more && cur.n == 0)
		r = CB_E_PEER;	/* for ever */
	while (r == CB_OK && cur.n > 0)
		r = be_ask_record_get(&cur, &record);
	if (r == CB_OK)
		r = cb_buf_set(last, record.name);
out:
	cb_buf_free(&body);
	cb_buf_free(&answer);
	return r;
}

enum cb_err
be_ask_row_of(struct be_worker *w, enum be_table table,
    const struct be_value *key, size_t keys, struct cb_buf *kept,
    struct be_ask_row *out)
{
	struct be_ask_rows ask = { .table = table, .limit = 1,
		.key = { .n = keys } };
	struct cb_buf body = CB_BUF_INIT;
	struct cb_span cur;
	size_t n;
	enum cb_err r;

	memcpy(ask.key.values, key, keys * sizeof(*key));
	if ((r = be_ask_rows_put(&body, BE_ASK_ROW, &ask)) == CB_OK &&
	    (r = be_ask_store(w, BE_ASK_ROW, cb_buf_span(&body), kept)) ==
		CB_OK) {
		cur = cb_buf_span(kept);
		if ((r = be_ask_row_get(&cur, out)) == CB_OK &&
		    out->n != be_table_columns(table, &n))
			r = CB_E_FORMAT;
	}
	cb_buf_free(&body);
	return r;
}

enum cb_err
be_ask_records(struct be_worker *w, const uint8_t card[WIRE_ID],
    struct cb_buf *out, uint64_t *number)
{
	struct be_ask_records ask;
	struct be_records_head head = { .number = 0 };
	struct cb_buf last = CB_BUF_INIT;
	enum cb_err r;

	*number = 0;
	memcpy(ask.card, card, WIRE_ID);
	do {
		r = ask_page(w, &ask, &last, out, &head);
		if (r == CB_OK && head.number > *number)
			*number = head.number;
	} while (r == CB_OK && head.more);
	cb_buf_free(&last);
	return r;
}

enum cb_err
be_ask_vault(struct be_worker *w, enum be_ask type, struct cb_span body,
    struct cb_buf *answer)
{
	__atomic_add_fetch(&w->stats.vault_calls, 1, __ATOMIC_RELAXED);
	return ask(w, &w->vault, type, body, answer);
}

void
be_ask_lock_locked(struct be_worker *w, const uint8_t session[WIRE_ID])
{
	const struct be_message m = { .type = BE_ASK_LOCK,
		.body = cb_span(session, WIRE_ID) };

	if (w->vault.ch != NULL && be_channel_send(w->vault.ch, &m) != CB_OK)
		cb_log(CB_LOG_WARNING, "the vault was not told of the end "
				       "of a session");
}

void
be_ask_lock(struct be_worker *w, const uint8_t session[WIRE_ID])
{
	(void)pthread_mutex_lock(&w->lock);
	be_ask_lock_locked(w, session);
	(void)pthread_mutex_unlock(&w->lock);
}

/* ---- acts ---------------------------------------------------------------- */

/* Whether an act was done whose answer was lost. A store that is silent has it
 * before it, and will do it: that is waited for, however long; one that is gone
 * has no channel any more. */
static enum cb_err
outcome(struct be_worker *w, const struct be_act *act, bool *done)
{
	struct be_ask_outcome ask;
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT;
	struct cb_span cur;
	enum cb_err r;

	memcpy(ask.act, act->id, WIRE_ID);
	memcpy(ask.request, act->request, CR_HASH);
	if ((r = be_ask_outcome_put(&body, &ask)) != CB_OK)
		goto out;
	do
		r = be_ask_store(
		    w, BE_ASK_OUTCOME, cb_buf_span(&body), &answer);
	while (r == CB_E_TIMEOUT && !is_ended(w));
	if (r != CB_OK)
		goto out;
	cur = cb_buf_span(&answer);
	if ((r = be_flag_get(&cur, done)) == CB_OK)
		r = cb_get_end(&cur);
out:
	cb_buf_free(&body);
	cb_buf_free(&answer);
	return r;
}

/* What the lost answer would have said of the lease. */
static enum cb_err
lease_again(struct be_worker *w, struct be_act *act)
{
	struct cb_buf answer = CB_BUF_INIT;
	struct be_lease l;
	enum cb_err r;

	if (act->lease == NULL)
		return CB_OK;
	if ((r = be_ask_store(w, BE_ASK_LEASE, cb_span(act->card, WIRE_ID),
		 &answer)) == CB_OK &&
	    (r = be_ask_lease_get(cb_buf_span(&answer), &l)) == CB_OK)
		act->lease->fence = l.fence;
	cb_buf_free(&answer);
	return r;
}

/* One try. CB_E_PEER with act->unknown: nobody told what became of it. */
static enum cb_err
act_once(struct be_worker *w, struct be_act *act, struct cb_buf *body,
    struct cb_buf *answer)
{
	struct be_acted acted;
	enum cb_err r;

	act->unknown = false;
	cb_buf_clear(body);
	if ((r = be_act_put(body, act)) != CB_OK)
		return r;
	__atomic_add_fetch(&w->stats.store_calls, 1, __ATOMIC_RELAXED);
	r = ask_once(w, &w->store, BE_ASK_ACT, cb_buf_span(body),
	    w->set.patience, answer);
	if (r == CB_E_LIMIT || r == CB_E_NOMEM)
		return r;	/* it was not sent */
	if (r != CB_OK ||
	    (r = be_acted_get(cb_buf_span(answer), &acted)) != CB_OK) {
		act->unknown = true;
		return CB_E_PEER;
	}
	act->unknown = acted.unknown;
	act->number = acted.number;
	act->why = acted.why;
	if (act->lease != NULL) {
		act->lease->fence = acted.fence;
		act->lease->had = acted.had;
		memcpy(act->lease->had_device, acted.had_device, WIRE_ID);
		memcpy(act->lease->had_session, acted.had_session, WIRE_ID);
	}
	return acted.err;
}

/* It begins with the time, so that acts of one commit lie side by side in the
 * store's index of them, which forgets them by it; nobody else knows this
 * worker's part. */
static void
make_id(struct be_worker *w, uint64_t now, uint8_t id[WIRE_ID])
{
	const unsigned n =
	    __atomic_add_fetch(&w->acts, 1, __ATOMIC_RELAXED);

	be_act_time(id, now);
	for (int i = 0; i < 3; i++)
		id[BE_ACT_TIME + i] = (uint8_t)(n >> (16 - 8 * i));
	memcpy(id + BE_ACT_TIME + 3, w->own, sizeof(w->own));
}

enum cb_err
be_ask_act(struct be_worker *w, struct be_act *act)
{
	const uint64_t until = be_worker_tick() + w->set.patience;
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT;
	unsigned late = 0;
	bool done = false;
	enum cb_err r;

	memcpy(act->organisation, w->set.organisation, WIRE_ID);
	act->now = be_worker_time();
	do {
		make_id(w, act->now, act->id);
		r = act_once(w, act, &body, &answer);
		if (!act->unknown)
			break;
		/* not done, and never to be: only then once more */
		if ((r = outcome(w, act, &done)) != CB_OK)
			break;
		act->unknown = false;
		r = done ? lease_again(w, act) : CB_E_STORE;
		if (!done)
			pause_for(AWAY_MS);
		/* once more in any case: it may have been silent till now */
	} while (
	    !done && (left(until) > 0 || late++ == 0) && !is_ended(w));
	/* who asked for it says that it failed */
	if (act->why.text[0] != '\0' && r != CB_OK)
		cb_log(CB_LOG_DEBUG, "the store: %s", act->why.text);
	cb_buf_free(&body);
	cb_buf_free(&answer);
	return act->err = r;
}

/* ---- acts that nobody waits for ------------------------------------------ */

enum cb_err
be_ask_act_later(struct be_worker *w, struct be_act *act,
    struct be_act_later *l, be_told_fn *told, void *ctx)
{
	const uint64_t until = be_worker_tick() + w->set.patience;
	struct cb_buf body = CB_BUF_INIT;
	size_t many;
	enum cb_err r;

	memcpy(act->organisation, w->set.organisation, WIRE_ID);
	act->now = be_worker_time();
	make_id(w, act->now, l->id);
	memcpy(act->id, l->id, WIRE_ID);
	many = be_pool_many(w->pool);
	act->more = many < UINT8_MAX ? (uint8_t)many : UINT8_MAX;
	if ((r = be_act_put(&body, act)) == CB_OK) {
		__atomic_add_fetch(
		    &w->stats.store_calls, 1, __ATOMIC_RELAXED);
		r = be_call_later(w->store.calls, &l->call, BE_ASK_ACT,
		    cb_buf_span(&body), until, told, ctx);
	}
	/* behind it, as due() looks in the other order: one of the two sees
	 * it. What it is about may be over by now. */
	if (r == CB_OK) {
		(void)pthread_mutex_lock(&w->lock);
		be_worker_due(w, until);
		(void)pthread_mutex_unlock(&w->lock);
	}
	cb_buf_free(&body);
	return r;
}

enum cb_err
be_act_told(enum cb_err r, uint16_t code, struct cb_span answer, bool *unknown)
{
	struct be_acted acted;

	*unknown = true;
	if (r != CB_OK)
		return r;
	if (code != CB_OK || be_acted_get(answer, &acted) != CB_OK)
		return CB_E_PEER;
	*unknown = acted.unknown;
	if (acted.err != CB_OK && acted.why.text[0] != '\0')
		cb_log(CB_LOG_DEBUG, "the store: %s", acted.why.text);
	return acted.err;
}

enum cb_err
be_ask_act_named(struct be_worker *w, struct be_act *act)
{
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT;
	bool done = false;
	enum cb_err r;

	memcpy(act->organisation, w->set.organisation, WIRE_ID);
	act->now = be_worker_time();
	r = act_once(w, act, &body, &answer);
	if (act->unknown && (r = outcome(w, act, &done)) == CB_OK) {
		act->unknown = false;
		r = done ? CB_OK : CB_E_STORE;
	}
	cb_buf_free(&body);
	cb_buf_free(&answer);
	return act->err = r;
}

enum cb_err
be_ask_outcome(struct be_worker *w, const uint8_t id[WIRE_ID],
    const uint8_t request[CR_HASH], bool *done)
{
	struct be_act act = { .kind = BE_ADMIN };

	memcpy(act.id, id, WIRE_ID);
	memcpy(act.request, request, CR_HASH);
	*done = false;
	return outcome(w, &act, done);
}

/* ---- passcodes ----------------------------------------------------------- */

enum cb_err
be_ask_passcode(struct be_worker *w, const uint8_t session[WIRE_ID],
    const uint8_t in[CR_KEY], uint8_t out[CR_KEY], uint64_t *wait_ms)
{
	struct be_passcode_ask ask;
	struct be_passcode_told told;
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT;
	enum cb_err r;

	*wait_ms = 0;
	memcpy(ask.session, session, WIRE_ID);
	memcpy(ask.scrypt, in, CR_KEY);
	if ((r = be_passcode_ask_put(&body, &ask)) == CB_OK &&
	    (r = be_ask_vault(w, BE_ASK_PASSCODE, cb_buf_span(&body),
		 &answer)) == CB_OK)
		r = be_passcode_told_get(cb_buf_span(&answer), &told);
	if (r == CB_OK && told.wait_ms > 0) {
		*wait_ms = told.wait_ms;
		r = CB_E_BUSY;
	}
	if (r == CB_OK)
		memcpy(out, told.key, CR_KEY);
	cb_wipe(&ask, sizeof(ask));
	cb_wipe(&told, sizeof(told));
	cb_buf_free(&body);
	cb_buf_free(&answer);
	return r;
}

/* ---- answers to the door ------------------------------------------------- */

void
be_reply_locked(struct be_worker *w, const struct be_reply *to, uint16_t code,
    struct cb_span body)
{
	const struct be_message m = { .type = to->type, .code = code,
		.answer = true, .id = to->id, .body = body };

	if (to->id == 0 || w->door.ch == NULL || w->door.no != to->door)
		return;
	if (be_channel_send(w->door.ch, &m) != CB_OK)
		cb_log(CB_LOG_WARNING, "an answer did not reach the door");
}

void
be_reply(struct be_worker *w, const struct be_reply *to, struct cb_span body)
{
	(void)pthread_mutex_lock(&w->lock);
	be_reply_locked(w, to, 0, body);
	(void)pthread_mutex_unlock(&w->lock);
}

void
be_reply_fail(struct be_worker *w, const struct be_reply *to,
    enum cb_err code, enum wire_outcome outcome, const char *text)
{
	struct cb_buf body = CB_BUF_INIT;

	if (cb_put_u8(&body, (uint8_t)outcome) != CB_OK ||
	    cb_put_lv16(&body, cb_span_str(text)) != CB_OK)
		cb_buf_clear(&body);
	(void)pthread_mutex_lock(&w->lock);
	be_reply_locked(w, to, (uint16_t)code, cb_buf_span(&body));
	(void)pthread_mutex_unlock(&w->lock);
	cb_buf_free(&body);
}
