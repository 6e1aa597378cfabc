/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Running the commands of a body. What a command changed is committed, with
 * its entries and the sealed answer, before the next one runs and before any
 * answer leaves. What changed nothing asks nobody.
 */
#include <stdio.h>
#include <string.h>

#include "backend/worker/internal.h"
#include "common/sw.h"

/* What may still be answered in one body. */
#define ANSWER_ROOM (WIRE_RECORD_MAX + WIRE_COMMANDS_MAX * (size_t)1024)
/* With what goes along, an answer stays a message. */
#define AHEAD_ROOM ((size_t)120000)

static struct cb_span
text_of(const struct be_body *b, size_t i)
{
	const size_t from = i > 0 ? b->ends[i - 1] : 0;

	return cb_span(b->texts.p + from, b->ends[i] - from);
}

/* ---- what is quick ------------------------------------------------------- */

/* Instructions of ISO 7816-4 that look and change nothing, and compute
 * nothing that takes long: the loop runs these itself. */
static bool
is_quick_apdu(struct cb_span apdu)
{
	static const uint8_t quick[] = { 0x84, 0xA4, 0xB0, 0xB2, 0xC0,
		0xCA };

	return apdu.n >= 4 && apdu.p[0] == 0x00 &&
	    memchr(quick, apdu.p[1], sizeof(quick)) != NULL;
}

static bool
is_quick(const struct be_body *b)
{
	struct wire_command c;

	return !be_session_is_person(b->s) &&
	    wire_command_get(text_of(b, b->at), &c) == CB_OK &&
	    c.type != WIRE_CLOSE &&
	    (c.type != WIRE_TRANSMIT || is_quick_apdu(c.apdu));
}

/* ---- one command --------------------------------------------------------- */

struct answer {
	struct wire_answer a;
	struct cb_buf rsp, exchanges;
};

static void
refuse(struct answer *n, enum cb_err code, const char *text)
{
	n->a.type = WIRE_REFUSED;
	n->a.code = (uint16_t)code;
	n->a.count = 0;
	snprintf(n->a.text, sizeof(n->a.text), "%s", text);
}

static enum cb_err
add_exchange(struct answer *n, struct cb_span command, struct cb_span answer)
{
	const struct wire_exchange e = { command, answer };
	enum cb_err r;

	if ((r = wire_exchange_put(&n->exchanges, &e)) == CB_OK)
		n->a.count++;
	return r;
}

/* What the card would answer to the GET RESPONSE that 61xx asks for. */
static enum cb_err
look_ahead(struct be_session *s, struct answer *n)
{
	struct cb_buf cmd = CB_BUF_INIT, rsp = CB_BUF_INIT;
	size_t from = 0;
	enum cb_err r = CB_OK;

	while (s->ahead_n < BE_AHEAD_MAX && n->exchanges.n < AHEAD_ROOM &&
	    (r = emu_card_ahead(s->emu, from, &cmd, &rsp)) == CB_OK &&
	    (r = add_exchange(
		 n, cb_buf_span(&cmd), cb_buf_span(&rsp))) == CB_OK) {
		s->ahead[s->ahead_n] = (uint16_t)(rsp.n - 2);
		from += s->ahead[s->ahead_n++];
	}
	cb_buf_free(&cmd);
	cb_buf_free(&rsp);
	return r == CB_E_ABSENT ? CB_OK : r;
}

/* What went along with the answer before and was given to the program. */
static enum cb_err
consume(struct be_session *s, uint16_t n)
{
	size_t bytes = 0;

	if (n > s->ahead_n)
		return CB_E_ARG;
	for (size_t i = 0; i < n; i++)
		bytes += s->ahead[i];
	if (bytes > 0)
		emu_card_fetched(s->emu, bytes);
	s->ahead_n = 0;
	return CB_OK;
}

/* The vault lets nobody try passcodes for now, or is away. The card asked it
 * before it spent a try, but has lost what it knew. */
static void
limited(struct be_body *b, struct answer *n)
{
	struct be_session *s = b->s;
	char text[96];

	snprintf(text, sizeof(text),
	    "too many passcodes were tried; wait %llu s",
	    (unsigned long long)((s->wait_ms + 999) / 1000));
	refuse(n, s->limited,
	    s->limited == CB_E_BUSY ? text : "no passcode can be tried now");
	be_book_add(&s->book, WIRE_SESSION_END, (uint32_t)s->limited,
	    "passcode-limit");
	b->end = true;
}

static enum cb_err
transmit(struct be_body *b, struct cb_span apdu, struct answer *n)
{
	struct be_session *s = b->s;
	enum cb_err r;

	s->limited = CB_OK;
	r = emu_card_transmit(s->emu, apdu, &n->rsp);
	if (s->failed != CB_OK)
		return s->failed;
	if (s->limited != CB_OK) {
		limited(b, n);
		return CB_OK;
	}
	if (r == CB_E_ARG) {
		refuse(n, r, "the card has no power");
		return CB_OK;
	}
	if (r != CB_OK ||
	    (r = add_exchange(n, CB_SPAN_EMPTY, cb_buf_span(&n->rsp))) !=
		CB_OK)
		return r;
	if (be_hosted_changed(s->hosted) && !be_book_tells_number(&s->book)) {
		char what[8];

		snprintf(what, sizeof(what), "ins-%02x", apdu.p[1]);
		be_book_add(&s->book, WIRE_CARD_WRITTEN, 0, what);
	}
	return n->rsp.p[n->rsp.n - 2] == SW_MORE >> 8 ? look_ahead(s, n)
						      : CB_OK;
}

static enum cb_err
power(struct be_session *s, uint8_t how, struct answer *n)
{
	const struct emu_info *info = emu_card_info(s->emu);

	if (how == 0)
		emu_card_power_off(s->emu);
	else
		emu_card_power_on(s->emu);
	return add_exchange(n, CB_SPAN_EMPTY,
	    how == 0 ? CB_SPAN_EMPTY : cb_span(info->atr, info->atr_n));
}

static enum cb_err
execute(struct be_body *b, const struct wire_command *c, struct answer *n)
{
	struct be_session *s = b->s;

	if (__atomic_load_n(&s->lapsed, __ATOMIC_RELAXED)) {
		refuse(n, CB_E_DENIED, "this device may not use the card "
				       "any more");
		be_book_add(&s->book, WIRE_SESSION_END, CB_E_DENIED,
		    BE_RIGHT_ENDED);
		b->end = true;
		return CB_OK;
	}
	if (b->answers.n + ANSWER_ROOM > WIRE_BODY_MAX) {
		refuse(n, CB_E_LIMIT, "too many answers for one body");
		return CB_OK;
	}
	if (consume(s, c->consumed) != CB_OK) {
		refuse(n, CB_E_ARG, "no so many exchanges went along");
		return CB_OK;
	}
	switch (c->type) {
	case WIRE_POWER:
		return power(s, c->argument, n);
	case WIRE_PROTOCOL:
		if (emu_card_set_protocol(s->emu,
			c->argument == 0 ? EMU_T0 : EMU_T1) != CB_OK) {
			refuse(n, CB_E_ARG, "not a protocol of this card");
			return CB_OK;
		}
		return add_exchange(n, CB_SPAN_EMPTY, CB_SPAN_EMPTY);
	case WIRE_TRANSMIT:
		return transmit(b, c->apdu, n);
	case WIRE_CLOSE:
		be_book_add(&s->book, WIRE_SESSION_END, 0, "closed");
		b->end = true;
		return add_exchange(n, CB_SPAN_EMPTY, CB_SPAN_EMPTY);
	}
	return CB_E_INTERNAL;
}

/* Runs a command to the card; appends its answer. */
static enum cb_err
answer_card(struct be_body *b, struct cb_buf *message)
{
	struct answer n = { .a = { .type = WIRE_DONE,
				.number = b->records[b->at].number } };
	struct wire_command c;
	enum cb_err r;

	if ((r = wire_command_get(text_of(b, b->at), &c)) == CB_OK &&
	    (r = execute(b, &c, &n)) == CB_OK) {
		n.a.exchanges = cb_buf_span(&n.exchanges);
		r = wire_answer_put(message, &n.a);
	}
	b->to_commit = be_hosted_changed(b->s->hosted) || b->s->book.n > 0 ||
	    b->end;
	b->deciphered = b->deciphered || b->s->book.deciphered;
	cb_buf_free(&n.rsp);
	cb_buf_free(&n.exchanges);
	return r;
}

static enum cb_err
answer_person(struct be_body *b, struct cb_buf *message)
{
	const uint64_t number = b->records[b->at].number;
	struct answer n = { .a = { .number = number } };

	if (__atomic_load_n(&b->s->lapsed, __ATOMIC_RELAXED)) {
		refuse(&n, CB_E_DENIED, "this person may not act here any "
					"more");
		b->end = b->to_commit = true;
		return wire_answer_put(message, &n.a);
	}
	if (b->answers.n + ANSWER_ROOM <= WIRE_BODY_MAX) {
		const enum cb_err r = be_desk_run(b->s, number,
		    text_of(b, b->at), message, &b->end);

		b->to_commit = b->end;
		return r;
	}
	refuse(&n, CB_E_LIMIT, "too many answers for one body");
	return wire_answer_put(message, &n.a);
}

/* Runs the command that is due and seals its answer. */
static enum cb_err
step(struct be_body *b)
{
	struct cb_buf message = CB_BUF_INIT;
	const size_t before = b->answers.n;
	const bool deciphered = b->deciphered;
	enum cb_err r;

	b->s->body = b;
	r = be_session_is_person(b->s) ? answer_person(b, &message)
				       : answer_card(b, &message);
	b->s->body = NULL;
	if (b->deciphered && !deciphered)
		b->plain = before;
	if (r == CB_OK)
		r = wire_seal(&b->s->secrets->out, cb_buf_span(&message),
		    &b->answers);
	if (r == CB_OK)
		b->at++;
	cb_buf_free(&message);
	return r;
}

/* With the answers of this body so far, of command `i` or of what was before
 * it. What was deciphered is written nowhere, not even sealed. */
static enum cb_err
answer_at(
    const struct be_body *b, size_t i, bool begun, struct be_answer *answer)
{
	*answer = (struct be_answer){
		.sequence = b->records[i].number,
		.begun = begun || b->deciphered,
		.sealed = b->deciphered ? cb_span(b->answers.p, b->plain)
					: cb_buf_span(&b->answers)
	};
	return be_body_hash(b, i, answer->request);
}

static enum cb_err
commit(struct be_body *b)
{
	struct be_answer answer;
	enum cb_err r;

	b->to_commit = false;
	if ((r = answer_at(b, b->at - 1, false, &answer)) != CB_OK)
		return r;
	return be_session_commit(b->s, &answer, b->end);
}

enum cb_err
be_body_begun(struct be_session *s)
{
	const struct be_body *b = s->body;
	struct be_answer answer;
	enum cb_err r;

	/* a card that is being opened has none */
	if (b == NULL)
		return be_session_commit(s, NULL, false);
	if ((r = answer_at(b, b->at, true, &answer)) != CB_OK)
		return r;
	return be_session_commit(s, &answer, false);
}

/* ---- the body ------------------------------------------------------------ */

static void
finish(struct be_body *b)
{
	struct be_session *s = b->s;
	const size_t n = b->at;

	s->first = b->records[0].number;
	s->last = b->records[n - 1].number;
	if (b->end) {
		const struct be_reply reply = be_session_over(&s);

		be_reply(b->w, &reply, cb_buf_span(&b->answers));
	} else {
		memcpy(s->hash, s->running, CR_HASH);
		cb_buf_move(&s->answers, &b->answers);
		be_session_idle(s, true);
	}
	be_body_free(&b);
}

/* The card was suspended, and its own act could not give it back. */
static void
suspended(struct be_session *s)
{
	struct be_lease lease = { .fence = s->fence };

	memcpy(lease.device, s->device, WIRE_ID);
	memcpy(lease.session, s->id, WIRE_ID);
	if (be_lease_free(s->w, s->card, &lease, CB_E_DENIED,
		BE_RIGHT_ENDED) != CB_OK)
		cb_log(CB_LOG_WARNING, "a card could not be given back");
}

/* What it means where a card's commit is refused; else it failed. */
static const char *
why_over(enum cb_err r)
{
	return r == CB_E_DENIED	 ? "card or device may not be used any more"
	    : r == CB_E_BUSY	 ? "the card is another session's by now"
	    : r == CB_E_ABSENT	 ? "there is no such card any more"
				 : cb_err_text(r);
}

/* Nothing of what the card has done since its last commit may be seen. The
 * bridge asks again, and is told what was kept. */
static void
give_up(struct be_body *b, enum cb_err r)
{
	struct be_session *s = b->s;
	const bool known =
	    r == CB_E_BUSY || r == CB_E_ABSENT || r == CB_E_DENIED;
	struct be_id_text card;
	struct be_reply reply;

	cb_log(CB_LOG_ERROR, "worker: a session of card %s is over: %s",
	    be_id_text(&card, s->card), why_over(r));
	if (r == CB_E_DENIED && !s->on_loop)
		suspended(s);
	else
		be_lease_let_go(b->w, s);
	reply = be_session_over(&s);
	be_reply_fail(b->w, &reply, known ? CB_E_ABSENT : CB_E_STORE,
	    WIRE_NOT_KNOWN, "the card could not keep what it did");
	be_body_free(&b);
}

/* ---- threads ------------------------------------------------------------- */

static void run_in_pool(struct be_job *job);

static void
in_pool(struct be_body *b, void (*run)(struct be_job *job))
{
	b->job.run = run;
	be_pool_put(b->w->pool, &b->job);
}

static void
over(struct be_body *b, enum cb_err r)
{
	if (r == CB_OK)
		finish(b);
	else
		give_up(b, r);
}

/* The store did not say that it is done. */
static void
commit_again(struct be_job *job)
{
	static const uint8_t of_nobody[CR_HASH];
	struct be_body *b = (struct be_body *)job;
	bool done = false;
	enum cb_err r = b->told;

	b->s->on_loop = false;
	if (b->unknown &&
	    (r = be_ask_outcome(b->w, b->act.id, of_nobody, &done)) ==
		CB_OK &&
	    !done)
		r = commit(b);
	else
		be_session_committed(b->s, r);
	if (r == CB_OK && b->at < b->n)
		run_in_pool(job);
	else
		over(b, r);
}

/* The loop: the act that commits a command has an answer, or gets none. */
static void
on_committed(void *ctx, enum cb_err r, uint16_t code, struct cb_span answer)
{
	struct be_body *b = ctx;

	b->to_commit = false;
	b->told = be_act_told(r, code, answer, &b->unknown);
	if (b->told != CB_OK || b->unknown) {
		in_pool(b, commit_again);
		return;
	}
	be_session_committed(b->s, CB_OK);
	if (b->at < b->n)
		in_pool(b, run_in_pool);
	else
		finish(b);
}

/* A thread that waited for the disk would compute nothing meanwhile. Once the
 * act is sent, the body is the loop's. */
static bool
commit_later(struct be_body *b)
{
	struct be_answer answer;

	return !b->end && !be_session_is_person(b->s) &&
	    answer_at(b, b->at - 1, false, &answer) == CB_OK &&
	    be_session_commit_later(b->s, &answer, &b->act, on_committed, b) ==
		CB_OK;
}

static void
run_in_pool(struct be_job *job)
{
	struct be_body *b = (struct be_body *)job;
	enum cb_err r = CB_OK;

	__atomic_add_fetch(&b->w->stats.pool_jobs, 1, __ATOMIC_RELAXED);
	b->s->on_loop = false;
	for (;;) {
		if (b->to_commit) {
			if (commit_later(b))
				return;
			r = commit(b);
		}
		if (r != CB_OK || b->at == b->n || b->end ||
		    (r = step(b)) != CB_OK)
			break;
	}
	over(b, r);
}

void
be_body_run(struct be_body *b)
{
	enum cb_err r = CB_OK;

	b->s->on_loop = true;
	while (r == CB_OK && b->at < b->n && !b->to_commit && is_quick(b))
		r = step(b);
	if (r != CB_OK) {
		give_up(b, r);
	} else if (b->at == b->n && !b->to_commit) {
		finish(b);
	} else {
		in_pool(b, run_in_pool);
	}
}
