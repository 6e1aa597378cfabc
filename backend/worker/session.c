/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Sessions: which there are, what they commit, and how they end. Who has set
 * `busy` may use a session without the lock; nobody else touches it, and
 * nobody frees it meanwhile.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/worker/internal.h"
#include "common/ct.h"

#define VAULTS 3	/* that may come and go while one passcode is tried */

/* ---- the table ----------------------------------------------------------- */

struct be_session *
be_session_find(struct be_worker *w, const uint8_t session[WIRE_ID])
{
	return be_index_get(&w->by_id, session);
}

struct be_session *
be_session_of_card(struct be_worker *w, const uint8_t card[WIRE_ID])
{
	return be_index_get(&w->by_card, card);
}

static void
take_out(struct be_worker *w, struct be_session *s)
{
	struct be_session **at = &w->sessions;

	if (s->over)
		return;
	while (*at != NULL && *at != s)
		at = &(*at)->next;
	if (*at != NULL)
		*at = s->next;
	be_index_remove(&s->of_id);
	be_index_remove(&s->of_card);
	be_queue_remove(&w->checks, &s->check);
	s->over = true;
	w->sessions_n--;
}

void
be_session_add(struct be_worker *w, struct be_session *s,
    struct be_session **old)
{
	struct be_session *other = be_session_is_person(s)
	    ? NULL
	    : be_session_of_card(w, s->card);

	*old = NULL;
	if (other != NULL && other->fence > s->fence) {
		*old = s;
		take_out(w, s);
		return;
	}
	if (other != NULL) {
		take_out(w, other);
		*old = other->busy ? NULL : other;
	}
	s->next = w->sessions;
	w->sessions = s;
	be_index_add(&w->by_id, &s->of_id, s->id, s);
	if (!be_session_is_person(s))
		be_index_add(&w->by_card, &s->of_card, s->card, s);
}

void
be_session_free(struct be_session **session)
{
	struct be_session *s = *session;

	if (s == NULL)
		return;
	/* it keeps a place for each that is not given up */
	be_ask_lock(s->w, s->id);
	emu_card_free(&s->emu);
	if (s->secrets != NULL) {
		wire_stream_clear(&s->secrets->in);
		wire_stream_clear(&s->secrets->out);
		cr_secret_free(s->secrets, sizeof(*s->secrets));
	}
	cb_buf_free(&s->answers);
	cb_buf_free(&s->certificate);
	free(s);
	*session = NULL;
}

uint64_t
be_session_due(struct be_session *s)
{
	uint64_t login, at = s->check_at;

	if (be_session_is_person(s)) {
		if (s->last_use + s->w->set.desk < at)
			at = s->last_use + s->w->set.desk;
		return at;
	}
	if ((login = emu_card_deadline(s->emu)) < at)
		at = login;
	if (!be_watch_holds(s->w, s->id) &&
	    s->last_use + s->w->set.silent < at)
		at = s->last_use + s->w->set.silent;
	return at;
}

void
be_session_idle(struct be_session *s, bool answer)
{
	struct be_worker *w = s->w;
	bool over, ends;

	(void)pthread_mutex_lock(&w->lock);
	s->last_use = be_worker_tick();
	over = s->over;
	ends = s->lapsed && !over;
	s->busy = ends;
	if (!over && !ends)
		be_worker_due(w, be_session_due(s));
	if (answer)
		be_reply_locked(
		    w, &s->waiting, 0, cb_buf_span(&s->answers));
	s->waiting.id = 0;
	be_worker_idle(w, s->card);
	(void)pthread_mutex_unlock(&w->lock);
	/* taken out of the table while it was busy: nobody else has it */
	if (over)
		be_session_free(&s);
	else if (ends)
		be_session_end(s, CB_E_DENIED, BE_RIGHT_ENDED);
}

struct be_reply
be_session_over(struct be_session **session)
{
	struct be_session *s = *session;
	struct be_worker *w = s->w;
	struct be_reply waiting;

	*session = NULL;
	(void)pthread_mutex_lock(&w->lock);
	take_out(w, s);
	/* with the same lock: who asks later finds no session to wait for */
	waiting = s->waiting;
	be_watch_news(w, s->card);
	be_worker_idle(w, s->card);
	(void)pthread_mutex_unlock(&w->lock);
	be_session_free(&s);
	return waiting;
}

void
be_session_drop(struct be_session **session)
{
	struct be_worker *w = (*session)->w;
	const struct be_reply waiting = be_session_over(session);

	be_reply_fail(w, &waiting, CB_E_ABSENT, WIRE_NOT_KNOWN,
	    "the session is over");
}

void
be_session_key(const struct be_worker *w, const uint8_t card[WIRE_ID],
    uint32_t version, const uint8_t key[CR_KEY], struct be_card_key *out)
{
	out->kind = w->set.kind;
	out->version = version;
	memcpy(out->backend, w->set.backend, WIRE_ID);
	memcpy(out->organisation, w->set.organisation, WIRE_ID);
	memcpy(out->card, card, WIRE_ID);
	memcpy(out->key, key, CR_KEY);
}

/* ---- the card's storage and books ---------------------------------------- */

static enum cb_err
on_records(void *ctx, struct cb_buf *out, uint64_t *number)
{
	struct be_session *s = ctx;
	enum cb_err r = CB_E_STORE;

	if (!s->on_loop)
		r = be_ask_records(s->w, s->card, out, number);
	if (r != CB_OK)
		s->failed = r;
	return r;
}

/* A try is spent. */
static enum cb_err
on_now(void *ctx)
{
	struct be_session *s = ctx;

	if (s->on_loop)
		return s->failed = CB_E_INTERNAL;
	return be_body_begun(s);
}

static void
on_event(void *ctx, const struct emu_event *event)
{
	struct be_session *s = ctx;

	be_book_event(&s->book, event);
}

/* By a vault that holds the session; one that was started anew takes it back
 * before. What was asked once can be asked again: it is the same passcode. */
static enum cb_err
ask_held(struct be_session *s, const uint8_t in[32], uint8_t out[32])
{
	const uint64_t until = be_worker_tick() + s->w->set.patience;
	enum cb_err r = CB_E_ABSENT;

	for (int i = 0; i < VAULTS && be_worker_tick() <= until; i++) {
		if (!be_rights_held(s) && (r = be_rights_hold(s)) != CB_OK)
			return r;
		r = be_ask_passcode(s->w, s->id, in, out, &s->wait_ms);
		if (r == CB_OK || be_rights_held(s))
			return r;
	}
	return r;
}

/* The vault's part of a passcode's key. */
static enum cb_err
on_pepper(void *ctx, const uint8_t in[32], uint8_t out[32])
{
	struct be_session *s = ctx;
	enum cb_err r = CB_E_INTERNAL;

	if (!s->on_loop)
		r = s->act == NULL ? ask_held(s, in, out)
				   : be_ask_passcode(s->w, s->act, in, out,
					 &s->wait_ms);
	if (r == CB_OK)
		return r;
	if (s->act == NULL && (r == CB_E_DENIED || !be_rights_held(s))) {
		/* no answer of it: the bridge opens the card anew, if it may */
		be_hosted_fail(s->hosted);
		if (r != CB_E_DENIED)
			r = CB_E_ABSENT;
		s->failed = r;
	} else {
		s->limited = r;
	}
	return r;
}

enum cb_err
be_session_load(struct be_session *s, struct cb_why *why)
{
	const struct be_hosted_ops ops = { on_records, on_now, s };
	const struct emu_info *info;
	struct emu_nvm *nvm;
	enum cb_err r;

	s->env = emu_env_system;
	s->env.event = on_event;
	s->env.pepper = on_pepper;
	s->env.ctx = s;
	if ((r = be_hosted_new(&s->hosted, &s->secrets->key, &ops, why)) !=
	    CB_OK)
		return r;
	nvm = be_hosted_nvm(s->hosted);
	if ((r = emu_card_open(&s->emu, &nvm, &s->env, why)) != CB_OK)
		return r;
	info = emu_card_info(s->emu);
	memcpy(s->atr.p, info->atr, info->atr_n);
	s->atr.n = info->atr_n;
	if (info->test != (s->w->set.kind == WIRE_TEST)) {
		cb_why_set(why, "a card for tests and a live one never mix");
		return CB_E_DENIED;
	}
	return CB_OK;
}

/* ---- committing ---------------------------------------------------------- */

/* What a commit of a session's card has, for as long as it is sent. */
struct commit {
	struct be_act act;
	struct be_lease_change release;
	struct cb_span entries[BE_NOTES_MAX];
	struct cb_buf bytes;	/* of the entries */
};

/* Free c->bytes in every case. */
static enum cb_err
collect(struct be_session *s, const struct be_answer *answer, bool end,
    struct commit *c)
{
	struct be_book_of of = { .card = s->card, .device = s->device,
		.session = s->id, .time = be_worker_time() };
	size_t ends[BE_NOTES_MAX], from = 0;
	enum cb_err r;

	c->bytes = (struct cb_buf)CB_BUF_INIT;
	c->release = (struct be_lease_change){ .what = BE_RELEASE };
	c->act = (struct be_act){ .kind = end ? BE_SESSION : BE_COMMAND,
		.card = s->card, .device = s->device, .session = s->id,
		.fence = s->fence, .lease = end ? &c->release : NULL,
		.answer = answer, .entries = c->entries,
		.entries_n = s->book.n };
	if ((r = be_hosted_changes(s->hosted, &c->act.records,
		 &c->act.records_n, &of.number)) != CB_OK)
		return r;
	/* else the books would go by it, and believe records put back */
	if (s->stale)
		of.number = 0;
	if ((r = be_book_put(&s->book, &of, &c->bytes, ends)) != CB_OK)
		return r;
	for (size_t i = 0; i < s->book.n; i++) {
		c->entries[i] = cb_span(c->bytes.p + from, ends[i] - from);
		from = ends[i];
	}
	return CB_OK;
}

void
be_session_committed(struct be_session *s, enum cb_err r)
{
	if (r == CB_OK)
		be_hosted_done(s->hosted);
	else
		be_hosted_fail(s->hosted);
	be_book_clear(&s->book);
	if (r != CB_OK && s->failed == CB_OK)
		s->failed = r;
}

enum cb_err
be_session_commit(
    struct be_session *s, const struct be_answer *answer, bool end)
{
	struct commit c;
	enum cb_err r;

	if (be_session_is_person(s))
		return end ? be_desk_end(s) : CB_OK;
	if ((r = collect(s, answer, end, &c)) == CB_OK)
		r = be_ask_act(s->w, &c.act);
	cb_buf_free(&c.bytes);
	be_session_committed(s, r);
	return r;
}

enum cb_err
be_session_commit_later(struct be_session *s, const struct be_answer *answer,
    struct be_act_later *l, be_told_fn *told, void *ctx)
{
	struct commit c;
	enum cb_err r;

	if ((r = collect(s, answer, false, &c)) == CB_OK)
		r = be_ask_act_later(s->w, &c.act, l, told, ctx);
	cb_buf_free(&c.bytes);
	return r;
}

/* ---- ending -------------------------------------------------------------- */

static void
end_in_pool(struct be_job *job)
{
	struct be_session *s = (struct be_session *)job;

	if (be_session_commit(s, NULL, true) != CB_OK)
		cb_log(CB_LOG_WARNING, "a card could not be given back; the "
				       "next session takes it");
	be_session_drop(&s);
}

void
be_session_end(struct be_session *s, enum cb_err code, const char *what)
{
	be_book_clear(&s->book);
	be_book_add(&s->book, WIRE_SESSION_END, (uint32_t)code, what);
	s->ending.run = end_in_pool;
	if (s->lapsed)
		be_pool_aside(s->w->pool, &s->ending);
	else
		be_pool_put(s->w->pool, &s->ending);
}
