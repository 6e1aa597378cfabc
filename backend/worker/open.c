/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * OPEN: what the vault opens against ACCEPT, the lease, the card, and the
 * first sealed answer. Everything in the pool.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/worker/internal.h"
#include "common/ct.h"

#define WRAP_VERSION_AT 6	/* PROTOCOL.md, "Wraps" */
#define REOPENED "reopened"	/* in the books */
#define TAKEN_OVER "taken-over"

struct opening {
	struct be_job job;
	struct be_worker *w;
	struct be_reply reply;
	uint8_t holder[WIRE_ID];
	bool person;		/* and no card */
	uint64_t until;		/* then nobody waits for it any more */
	struct cb_buf accept;
	struct wire_accept a;	/* borrowed from it */
	struct be_offer *offer;
	struct be_session *s;
	struct be_unlocked *unlocked;	/* secret */
	bool take_over;		/* the bridge wants it, and the card allows it */
	uint64_t rights_no;	/* before rights were asked */
	struct be_claim claim;	/* `before`: we are busy with it */
	struct be_book book;
};

/* ---- what the vault opens ------------------------------------------------ */

static enum cb_err
ask_vault(struct opening *o, struct be_unlock *u)
{
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT;
	struct cb_span wrap =
	    cb_span_tail(u->rights.card_key, WRAP_VERSION_AT);
	enum cb_err r;

	u->offer = cb_buf_span(&o->offer->bytes);
	u->accept = cb_buf_span(&o->accept);
	if ((r = be_unlock_put(&body, u)) != CB_OK ||
	    (r = be_ask_vault(o->w, BE_ASK_UNLOCK, cb_buf_span(&body),
		 &answer)) != CB_OK ||
	    (r = be_unlocked_get(cb_buf_span(&answer), o->unlocked)) !=
		CB_OK)
		goto out;
	if (o->unlocked->is_person != o->person ||
	    memcmp(o->unlocked->holder, o->holder, WIRE_ID) != 0 ||
	    (o->person && o->unlocked->role == 0))
		r = CB_E_DENIED;
	else if (o->person)
		o->s->desk.role = o->unlocked->role;
	else
		r = cb_get_u32(&wrap, &o->s->secrets->key.version);
out:
	cb_buf_free(&body);
	cb_buf_free(&answer);
	return r;
}

static enum cb_err
unlock(struct opening *o)
{
	struct be_unlock *u = calloc(1, sizeof(*u));
	const unsigned vault = be_worker_vault(o->w);
	struct be_card_key *key = &o->s->secrets->key;
	struct cb_buf rights = CB_BUF_INIT;
	enum cb_err r = CB_E_NOMEM;

	if (u != NULL &&
	    (r = be_rights_ask(o->w, o->holder, o->s->card, &rights,
		 &u->rights, NULL)) == CB_OK)
		r = ask_vault(o, u);
	/* another vault than the one that made the challenge: it cannot know
	 * it, and the bridge makes another offer */
	if (r == CB_E_DENIED && be_worker_vault(o->w) != o->offer->vault)
		r = CB_E_PEER;
	if (r == CB_OK) {
		o->take_over =
		    u->rights.take_over && o->unlocked->take_over;
		be_session_key(o->w, o->s->card, key->version,
		    o->unlocked->key, key);
		o->s->vault = vault;
		memcpy(o->s->ticket, o->unlocked->ticket, BE_TICKET);
	}
	free(u);
	cb_buf_free(&rights);
	return r;
}

static enum cb_err
derive(struct opening *o)
{
	struct be_secrets *sec = o->s->secrets;
	struct wire_keys keys;
	uint8_t shared[CR_KEY];
	enum cb_err r;

	if ((r = cr_x25519_shared(
		 o->offer->agreement, o->a.agreement, shared)) == CB_OK &&
	    (r = wire_keys_make(&keys, o->unlocked->secret, shared,
		 cb_buf_span(&o->offer->bytes), cb_buf_span(&o->accept))) ==
		CB_OK) {
		wire_stream_init(
		    &sec->in, keys.to_worker, o->s->id, WIRE_WORKER);
		wire_stream_init(
		    &sec->out, keys.to_bridge, o->s->id, WIRE_BRIDGE);
		if ((r = wire_stream_ready(&sec->in)) == CB_OK)
			r = wire_stream_ready(&sec->out);
	}
	cb_wipe(shared, sizeof(shared));
	cb_wipe(&keys, sizeof(keys));
	return r;
}

/* ---- the lease ----------------------------------------------------------- */

static bool
is_of(const struct be_session *s, const uint8_t device[WIRE_ID])
{
	return memcmp(s->device, device, WIRE_ID) == 0;
}

/* Another device's card is taken only where it may be. */
static bool
may_take(void *ctx, const struct be_session *has)
{
	const struct opening *o = ctx;

	return o->take_over || is_of(has, o->holder);
}

#define ENTRIES_MAX 3

/* Appends the entries, and says where each ends: of the session that has the
 * card the end, then of this one the opening, and from whom it was taken. The
 * end tells the card's number as every other does: who opens a card without end
 * would have the store go back over all of that to find the last that did. */
static enum cb_err
put_entries(
    struct opening *o, struct cb_buf *bytes, size_t ends[], size_t *n)
{
	struct be_session *s = o->s, *before = o->claim.before;
	struct be_book_of of = { .card = s->card, .time = be_worker_time() };
	const bool taken = before != NULL && !is_of(before, s->device);
	enum cb_err r;

	*n = 0;
	if (before != NULL) {
		of.device = before->device;
		of.session = before->id;
		of.number =
		    before->stale ? 0 : be_hosted_number(before->hosted);
		if ((r = be_book_one(&of, WIRE_SESSION_END, 0,
			 taken ? TAKEN_OVER : REOPENED, bytes)) != CB_OK)
			return r;
		ends[(*n)++] = bytes->n;
	}
	of.device = s->device;
	of.session = s->id;
	of.number = 0;
	be_book_clear(&o->book);
	be_book_add(&o->book, WIRE_SESSION_OPEN, 0, NULL);
	if (taken) {
		be_book_add(&o->book, WIRE_SESSION_TAKEOVER, 0, NULL);
		memcpy(o->book.notes[1].subject, before->device, WIRE_ID);
	}
	r = be_book_put(&o->book, &of, bytes, ends + *n);
	*n += o->book.n;
	return r;
}

static enum cb_err
take(struct opening *o, struct be_lease_change *l)
{
	struct be_session *s = o->s;
	struct be_act act = { .kind = BE_SESSION, .card = s->card,
		.device = s->device, .session = s->id, .lease = l };
	struct cb_buf bytes = CB_BUF_INIT;
	struct cb_span entries[ENTRIES_MAX];
	size_t ends[ENTRIES_MAX], from = 0;
	enum cb_err r;

	if ((r = put_entries(o, &bytes, ends, &act.entries_n)) != CB_OK)
		goto out;
	for (size_t i = 0; i < act.entries_n; i++) {
		entries[i] = cb_span(bytes.p + from, ends[i] - from);
		from = ends[i];
	}
	act.entries = entries;
	if ((r = be_ask_act(o->w, &act)) == CB_OK)
		s->fence = l->fence;
out:
	cb_buf_free(&bytes);
	return r;
}

/* A lease that no session here has is of a worker that died: it was the only
 * one of this organisation, and nobody else opens this card now. */
static enum cb_err
free_stale(struct opening *o)
{
	struct cb_buf answer = CB_BUF_INIT;
	struct be_lease lease;
	enum cb_err r;

	if ((r = be_ask_store(o->w, BE_ASK_LEASE, CB_SPAN_OF(o->s->card),
		 &answer)) == CB_OK &&
	    (r = be_ask_lease_get(cb_buf_span(&answer), &lease)) == CB_OK &&
	    lease.held)
		r = be_lease_free(o->w, o->s->card, &lease, CB_E_PEER,
		    BE_WORKER_GONE);
	cb_buf_free(&answer);
	return r;
}

static enum cb_err
take_card(struct opening *o, bool *parked)
{
	struct be_lease_change l = { .what = BE_TAKE,
		.take_over = o->take_over };
	enum cb_err r;

	if ((r = be_claim_park(o->w, &o->claim, parked)) != CB_OK || *parked)
		return r;
	/* its own device would take it as it is: the session of before has
	 * an end in the books as well */
	if (o->claim.before == NULL && be_leases_may_be_stale(o->w))
		r = free_stale(o);
	if (r == CB_OK && (r = take(o, &l)) == CB_E_BUSY &&
	    o->claim.before == NULL && (r = free_stale(o)) == CB_OK)
		r = take(o, &l);
	if (r != CB_OK && o->claim.before != NULL) {
		be_session_idle(o->claim.before, true);	/* goes on */
		o->claim.before = NULL;
	}
	return r;
}

/* ---- answering ----------------------------------------------------------- */

static enum cb_err
seal_first(struct opening *o, const struct wire_answer *answer,
    struct cb_buf *record)
{
	struct cb_buf message = CB_BUF_INIT;
	enum cb_err r;

	if ((r = wire_answer_put(&message, answer)) == CB_OK)
		r = wire_seal(
		    &o->s->secrets->out, cb_buf_span(&message), record);
	cb_buf_free(&message);
	return r;
}

static enum cb_err
opened(struct opening *o, struct cb_buf *record)
{
	const struct emu_info *info = emu_card_info(o->s->emu);
	struct wire_answer answer = { .type = WIRE_OPENED,
		.data_max = info->max_apdu,
		.kept_s = o->w->set.silent / 1000 };
	struct cb_atr atr;
	enum cb_err r;

	if ((r = cb_atr_parse(&atr, cb_span(info->atr, info->atr_n))) !=
	    CB_OK)
		return r;
	answer.protocols = atr.protocols & 3;
	return seal_first(o, &answer, record);
}

/* A person has no card: what is said of one means nothing. */
static enum cb_err
opened_desk(struct opening *o, struct cb_buf *record)
{
	const struct wire_answer answer = { .type = WIRE_OPENED,
		.protocols = 1,
		.kept_s = o->w->set.desk / 1000 };

	return seal_first(o, &answer, record);
}

/* Sealed: the reason is for the bridge alone. */
static enum cb_err
refused(struct opening *o, enum cb_err code, const char *text,
    struct cb_buf *record)
{
	struct wire_answer answer = { .type = WIRE_REFUSED,
		.code = (uint16_t)code };

	strncpy(answer.text, text, sizeof(answer.text) - 1);
	return seal_first(o, &answer, record);
}

static void
enter_refusal(struct opening *o, enum cb_err code)
{
	struct be_refused refused = { .code = (uint32_t)code };

	memcpy(refused.device, o->holder, WIRE_ID);
	memcpy(refused.card, o->a.card, WIRE_ID);
	memcpy(refused.session, o->a.session, WIRE_ID);
	be_refusal_enter(o->w, &refused);
}

/* The card is ours and readable, or the lease goes back. */
static enum cb_err
load(struct opening *o, struct cb_buf *record)
{
	struct cb_why why = { "" };
	struct be_id_text card;
	enum cb_err r, sealed;

	if ((r = be_session_load(o->s, &why)) == CB_OK)
		return opened(o, record);
	if (why.text[0] == '\0')
		cb_why_set(&why, "%s", cb_err_text(r));
	cb_log(CB_LOG_ERROR, "worker: card %s does not open: %s",
	    be_id_text(&card, o->a.card), why.text);
	sealed = refused(o, r, why.text, record);
	enter_refusal(o, r);
	{
		struct be_lease lease = { .fence = o->s->fence };

		memcpy(lease.device, o->s->device, WIRE_ID);
		memcpy(lease.session, o->s->id, WIRE_ID);
		if (be_lease_free(o->w, o->s->card, &lease, CB_E_STORE,
			"not-opened") != CB_OK)
			cb_log(CB_LOG_WARNING,
			    "a card could not be given back");
	}
	be_session_free(&o->s);
	return sealed;
}

/* ---- the whole ----------------------------------------------------------- */

static void
publish(struct opening *o)
{
	struct be_worker *w = o->w;
	struct be_session *s = o->s, *old;

	o->s = NULL;
	(void)pthread_mutex_lock(&w->lock);
	s->last_use = be_worker_tick();
	s->check_at = UINT64_MAX;
	be_session_add(w, s, &old);
	if (!s->over) {
		be_rights_begin(w, s, o->rights_no);
		be_worker_due(w, be_session_due(s));
	}
	be_watch_news(w, o->a.card);
	/* who stops the worker waits for it as well */
	be_worker_idle(w, o->a.card);
	(void)pthread_mutex_unlock(&w->lock);
	be_session_free(&old);
}

static enum cb_err
prepare(struct opening *o)
{
	struct be_worker *w = o->w;
	struct cb_span head, signature;
	struct be_session *s;
	enum cb_err r;

	if ((r = wire_accept_get(
		 cb_buf_span(&o->accept), &o->a, &head, &signature)) != CB_OK)
		return r;
	if ((o->offer = be_offer_take(w, o->a.session)) == NULL ||
	    memcmp(o->offer->holder, o->holder, WIRE_ID) != 0 ||
	    memcmp(o->a.device, o->holder, WIRE_ID) != 0 ||
	    memcmp(o->offer->card, o->a.card, WIRE_ID) != 0)
		return CB_E_DENIED;
	if ((o->unlocked = cr_secret_new(sizeof(*o->unlocked))) == NULL ||
	    (o->s = s = calloc(1, sizeof(*s))) == NULL)
		return CB_E_NOMEM;
	s->w = w;
	memcpy(s->id, o->a.session, WIRE_ID);
	if ((s->secrets = cr_secret_new(sizeof(*s->secrets))) == NULL)
		return CB_E_NOMEM;
	memcpy(s->device, o->holder, WIRE_ID);
	memcpy(s->card, o->a.card, WIRE_ID);
	o->person = be_is_zeros(o->a.card);
	if ((r = cb_buf_set(&s->certificate, o->a.certificate)) != CB_OK) {
		be_session_free(&o->s);
		return r;
	}
	(void)pthread_mutex_lock(&w->lock);
	o->rights_no = w->rights_no;
	if (w->sessions_n >= w->set.cards)
		r = CB_E_NOMEM;	/* busy: again later */
	else if (!o->person ||
	    (r = be_desk_room(w, o->holder)) == CB_OK)
		w->sessions_n++;
	(void)pthread_mutex_unlock(&w->lock);
	if (r != CB_OK)
		be_session_free(&o->s);
	return r;
}

static void
opening_free(struct opening *o)
{
	be_session_free(&o->s);
	be_offer_free(&o->offer);
	cr_secret_free(o->unlocked, sizeof(*o->unlocked));
	cb_buf_free(&o->accept);
	free(o);
}

static void
uncount(struct be_worker *w, const uint8_t card[WIRE_ID])
{
	(void)pthread_mutex_lock(&w->lock);
	w->sessions_n--;
	be_worker_idle(w, card);
	(void)pthread_mutex_unlock(&w->lock);
}

/* `counted`: it has a place among the sessions, as prepare() gave it. */
static void
end(struct opening *o, bool counted, enum cb_err r, struct cb_buf *record)
{
	if (r == CB_OK && o->s != NULL)
		publish(o);
	else if (counted)
		uncount(o->w, o->a.card);
	/* it has lost the card; who watches it sees who has it now */
	if (o->claim.before != NULL)
		be_session_drop(&o->claim.before);
	be_claim_end(o->w, &o->claim);
	if (r == CB_OK)
		be_reply(o->w, &o->reply, cb_buf_span(record));
	else
		be_reply_fail(o->w, &o->reply, r, WIRE_NOT_RUN, "");
	cb_buf_free(record);
	opening_free(o);
}

/* From here on again where somebody has the card. */
static void
take_in_pool(struct be_job *job)
{
	struct opening *o = (struct opening *)job;
	struct cb_buf record = CB_BUF_INIT;
	bool parked;
	enum cb_err r = take_card(o, &parked);

	if (parked)
		return;	/* it is not ours any more */
	if (r == CB_OK)
		r = load(o, &record);
	else
		enter_refusal(o, r);
	end(o, true, r, &record);
}

static void
run(struct be_job *job)
{
	struct opening *o = (struct opening *)job;
	struct cb_buf record = CB_BUF_INIT;
	enum cb_err r;

	if ((r = prepare(o)) != CB_OK) {
		end(o, false, r, &record);
	} else if ((r = unlock(o)) != CB_OK || (r = derive(o)) != CB_OK) {
		/* nobody refuses anything where the vault is not there */
		if (r != CB_E_PEER)
			enter_refusal(o, r);
		end(o, true, r, &record);
	} else if (o->person) {
		r = opened_desk(o, &record);
		end(o, true, r, &record);
	} else {
		o->job.run = take_in_pool;
		o->claim = (struct be_claim){ .card = o->a.card,
			.until = o->until, .may = may_take, .ctx = o,
			.job = &o->job };
		take_in_pool(&o->job);
	}
}

enum cb_err
be_on_open(struct be_worker *w, const struct be_reply *reply,
    struct cb_span body)
{
	uint8_t holder[WIRE_ID];
	struct opening *o;
	enum cb_err r;

	if ((r = be_bytes_get(&body, holder, WIRE_ID)) != CB_OK)
		return r;
	if ((o = calloc(1, sizeof(*o))) == NULL ||
	    cb_buf_set(&o->accept, body) != CB_OK) {
		free(o);
		be_reply_fail(w, reply, CB_E_NOMEM, WIRE_NOT_RUN, "");
		return CB_OK;
	}
	o->job.run = run;
	o->w = w;
	o->reply = *reply;
	o->until = be_worker_tick() + w->set.opening;
	memcpy(o->holder, holder, WIRE_ID);
	if (be_pool_add(w->pool, &o->job) != CB_OK) {
		be_reply_fail(w, reply, CB_E_NOMEM, WIRE_NOT_RUN, "");
		cb_buf_free(&o->accept);
		free(o);
	}
	return CB_OK;
}
