/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * exchange ORIGIN DATABASE IDENTITY SEEDED OTHER-IDENTITY OTHER-SEEDED: what
 * nobody but a thief of the door or of the cable sends, by a device that has
 * its own keys: bodies twice, out of order, late, changed, and at the wrong
 * session, card and organisation. The others are those of another
 * organisation.
 *
 * A conversation of wrong passcode, key generation and signature is held
 * undisturbed first; what the backend has kept and entered must be that
 * afterwards. Says "good" or "bad" and what, in a line for each.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/road/ledger.h"
#include "tests/road/peer.h"
#include "tests/road/seeded.h"
#include "wire/road.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static struct {
	struct peer own, other;
	struct seeded seeded, other_seeded;
	struct ledger *ledger;
	struct cb_buf reference;
	unsigned next_card;
	char wrong[256];	/* of this try; "": nothing */
	unsigned bad;
} all;

static const enum talk_step conversation[] = { TALK_SELECT, TALK_WRONG,
	TALK_TRIES, TALK_VERIFY, TALK_CREATE_KEY, TALK_MAKE_KEY,
	TALK_CHOOSE_KEY, TALK_SIGN, TALK_DIRECTORY };
/* What is disturbed, each in a conversation of its own. */
static const enum talk_step disturbed[] = { TALK_WRONG, TALK_MAKE_KEY,
	TALK_SIGN };

static void
wrong(const char *what)
{
	if (all.wrong[0] == '\0')
		snprintf(all.wrong, sizeof(all.wrong), "%s", what);
}

/* Statuses, outcomes, status words. */
static void
expect(unsigned got, unsigned want, const char *what)
{
	char text[sizeof(all.wrong)];

	snprintf(text, sizeof(text), "%s: %u (%04X), not %u (%04X)", what,
	    got, got, want, want);
	if (got != want)
		wrong(text);
}

static const uint8_t *
fresh_card(void)
{
	if (all.next_card == all.seeded.cards_n) {
		fprintf(stderr, "exchange: too few cards\n");
		exit(2);
	}
	return all.seeded.cards[all.next_card++];
}

static void
step(struct far *f, enum talk_step s)
{
	expect(far_step(f, s), talk_expects(s), "a command");
}

/* Those before, or behind, this one. */
static void
steps(struct far *f, enum talk_step at, bool behind)
{
	bool now = !behind;

	for (size_t i = 0; i < COUNT(conversation); i++) {
		if (conversation[i] == at)
			now = !now;
		else if (now)
			step(f, conversation[i]);
		if (conversation[i] == at && !behind)
			return;
	}
}

/* The body that is sealed is answered so; one that is to be sent again is. */
static void
answered(struct far *f, struct cb_buf *records, unsigned status,
    enum wire_outcome outcome)
{
	enum wire_outcome got;
	unsigned is;

	for (int i = 0; (is = far_post(f, records, &got)) == 503 && i < 500;
	     i++)
		(void)usleep(10000);
	expect(is, status, "the status");
	expect(got, outcome, "the outcome");
}

/* It is what is due, and is run. */
static void
due(struct far *f, enum talk_step s, struct cb_buf *records)
{
	answered(f, records, 200, WIRE_NOT_KNOWN);
	expect(far_read(f, cb_buf_span(records)), talk_expects(s),
	    "what is due");
}

/* ---- and the conversation goes on ---------------------------------------- */

typedef void disturb_fn(struct far *f, enum talk_step s);

static void
twice(struct far *f, enum talk_step s)
{
	struct cb_buf once = CB_BUF_INIT, again = CB_BUF_INIT;

	far_seal(f, s);
	due(f, s, &once);
	for (int i = 0; i < 3; i++) {
		answered(f, &again, 200, WIRE_NOT_KNOWN);
		if (!cb_span_equal(cb_buf_span(&once), cb_buf_span(&again)))
			wrong("the same body has another answer");
	}
	cb_buf_free(&once);
	cb_buf_free(&again);
}

struct sender {
	struct far *f;
	struct peer peer;
	struct cb_buf answer;
	unsigned status;
	pthread_t thread;
};

static void *
send_it(void *arg)
{
	struct sender *s = arg;

	s->status = peer_post(
	    &s->peer, s->f->path, cb_buf_span(&s->f->body), &s->answer);
	return NULL;
}

/* By several connections: one has the answer, the others that or the word that
 * it was asked for again. */
static void
at_once(struct far *f, enum talk_step s)
{
	struct sender senders[4];
	struct cb_buf records = CB_BUF_INIT;

	far_seal(f, s);
	for (size_t i = 0; i < COUNT(senders); i++) {
		senders[i] = (struct sender){ .f = f, .peer = all.own };
		if (br_http_new(&senders[i].peer.http, &all.own.trust) !=
			CB_OK ||
		    pthread_create(&senders[i].thread, NULL, send_it,
			&senders[i]) != 0)
			exit(2);
	}
	for (size_t i = 0; i < COUNT(senders); i++)
		(void)pthread_join(senders[i].thread, NULL);
	due(f, s, &records);
	for (size_t i = 0; i < COUNT(senders); i++) {
		if (senders[i].status == 200 &&
		    !cb_span_equal(cb_buf_span(&records),
			cb_buf_span(&senders[i].answer)))
			wrong("one of several has another answer");
		if (senders[i].status != 200)
			expect(senders[i].status, 503, "one of several");
		br_http_free(&senders[i].peer.http);
		cb_buf_free(&senders[i].answer);
	}
	cb_buf_free(&records);
}

static void
late(struct far *f, enum talk_step s)
{
	struct cb_buf old = CB_BUF_INIT, records = CB_BUF_INIT;

	far_seal(f, s);
	due(f, s, &records);
	if (cb_buf_set(&old, cb_buf_span(&f->body)) != CB_OK)
		exit(2);
	expect(far_step(f, TALK_DIRECTORY), 0x9000, "the next one");
	cb_buf_move(&f->body, &old);
	for (int i = 0; i < 2; i++)
		answered(f, &records, 410, WIRE_NOT_KNOWN);
	cb_buf_free(&records);
}

static void
changed(struct far *f, enum talk_step s)
{
	struct cb_buf records = CB_BUF_INIT;

	far_seal(f, s);
	/* behind the number, which says what is due */
	for (size_t i = 8; i < f->body.n; i++) {
		f->body.p[i] ^= (uint8_t)(1 << i % 8);
		answered(f, &records, 400, WIRE_NOT_RUN);
		f->body.p[i] ^= (uint8_t)(1 << i % 8);
	}
	for (size_t n = 1; n < f->body.n; n += 7) {
		const size_t whole = f->body.n;

		f->body.n = n;
		answered(f, &records, 400, WIRE_NOT_RUN);
		f->body.n = whole;
	}
	due(f, s, &records);
	cb_buf_free(&records);
}

/* The body of one session, to another one. */
static void
astray(struct far *f, struct far *to, unsigned status)
{
	struct cb_buf own = CB_BUF_INIT, records = CB_BUF_INIT;

	cb_buf_move(&own, &to->body);
	if (cb_buf_set(&to->body, cb_buf_span(&f->body)) != CB_OK)
		exit(2);
	answered(to, &records, status, WIRE_NOT_RUN);
	cb_buf_free(&own);
	cb_buf_free(&records);
}

/* As many commands as `f` has had: the number is the one that is due. */
static void
follow(struct far *to, const struct far *f, enum talk_step s)
{
	while (to->remote.out.next < f->remote.number)
		expect(far_step(to, s), talk_expects(s), "elsewhere");
}

static void
other_card(struct far *f, enum talk_step s)
{
	const uint8_t *card = fresh_card();
	struct ledger_sessions sessions;
	struct cb_buf said = CB_BUF_INIT, records = CB_BUF_INIT;
	struct ledger_mark mark;
	struct far to;

	ledger_mark(all.ledger, all.seeded.organisation, card, &mark);
	far_seal(f, s);
	far_open(&to, &all.own, card, NULL);
	follow(&to, f, TALK_SELECT);
	astray(f, &to, 400);
	expect(far_step(&to, TALK_SELECT), 0x9000, "the other card");
	due(f, s, &records);
	ledger_tell(all.ledger, all.seeded.organisation, card, &mark, &said,
	    &sessions);
	if (said.n != 0)
		wrong("something happened to the other card");
	far_close(&to);
	cb_buf_free(&said);
	cb_buf_free(&records);
}

static void
other_organisation(struct far *f, enum talk_step s)
{
	struct cb_buf records = CB_BUF_INIT;
	struct peer *own = f->peer;
	struct far to;

	far_seal(f, s);
	far_open(&to, &all.other, all.other_seeded.cards[0], NULL);
	follow(&to, f, TALK_SELECT);
	/* in its own session, and by its own name in ours */
	astray(f, &to, 400);
	f->peer = &all.other;
	answered(f, &records, 410, WIRE_NOT_RUN);
	f->peer = own;
	due(f, s, &records);
	expect(far_step(&to, TALK_SELECT), 0x9000,
	    "the other organisation's card");
	far_close(&to);
	cb_buf_free(&records);
}

/* What opened it is good once. */
static void
opened_again(struct far *f, enum talk_step s)
{
	struct cb_buf answer = CB_BUF_INIT;

	for (int i = 0; i < 2; i++)
		expect(peer_post(f->peer, f->open_path,
			   cb_buf_span(&f->accept), &answer), 403,
		    "an ACCEPT that was used");
	step(f, s);
	cb_buf_free(&answer);
}

/* ---- and the session is over --------------------------------------------- */

static void
gap(struct far *f, enum talk_step s)
{
	struct cb_buf records = CB_BUF_INIT;

	far_seal(f, TALK_DIRECTORY);	/* this one is never sent */
	far_seal(f, s);
	answered(f, &records, 410, WIRE_NOT_RUN);
	cb_buf_free(&records);
}

/* The later one first. */
static void
reorder(struct far *f, enum talk_step s)
{
	struct cb_buf first = CB_BUF_INIT, records = CB_BUF_INIT;

	far_seal(f, s);
	cb_buf_move(&first, &f->body);
	far_seal(f, s);
	answered(f, &records, 410, WIRE_NOT_RUN);
	cb_buf_move(&f->body, &first);
	answered(f, &records, 410, WIRE_NOT_RUN);
	cb_buf_free(&records);
}

static void
overlap(struct far *f, enum talk_step s)
{
	struct cb_buf records = CB_BUF_INIT;

	far_seal(f, TALK_DIRECTORY);
	answered(f, &records, 200, WIRE_NOT_KNOWN);
	far_add(f, s);
	answered(f, &records, 410, WIRE_NOT_RUN);
	cb_buf_free(&records);
}

/* Each byte of the number, a bit of it. */
static void
renumbered(struct far *f, enum talk_step s)
{
	static unsigned at;
	struct cb_buf records = CB_BUF_INIT;

	far_seal(f, s);
	f->body.p[at++ % 8] ^= 0x40;
	answered(f, &records, 410, WIRE_NOT_RUN);
	cb_buf_free(&records);
}

/* Into the session that comes after it, of the same device with the same
 * card, under the very number. */
static void
other_session(struct far *f, enum talk_step s)
{
	struct cb_buf records = CB_BUF_INIT;
	struct far to;

	far_seal(f, s);
	far_open(&to, &all.own, f->card, NULL);
	follow(&to, f, TALK_SELECT);
	astray(f, &to, 400);
	expect(far_step(&to, TALK_SELECT), 0x9000, "the next session");
	far_close(&to);
	answered(f, &records, 410, WIRE_NOT_RUN);
	cb_buf_free(&records);
}

/* ---- all of it ----------------------------------------------------------- */

static const struct {
	const char *name;
	disturb_fn *disturb;
	bool ends;
} disturbances[] = {
	{ "a body that comes twice", twice, false },
	{ "a body by several connections at once", at_once, false },
	{ "a body that comes late", late, false },
	{ "a body with a bit changed, or cut", changed, false },
	{ "a body for another card", other_card, false },
	{ "a body in another organisation", other_organisation, false },
	{ "an ACCEPT that was used", opened_again, false },
	{ "a body that leaves a gap", gap, true },
	{ "bodies in another order", reorder, true },
	{ "a body that overlaps the last", overlap, true },
	{ "a body with another number", renumbered, true },
	{ "a body for the next session", other_session, true },
};

static void
kept(const uint8_t *card, const struct ledger_mark *mark, struct cb_span want)
{
	struct ledger_sessions sessions;
	struct cb_buf said = CB_BUF_INIT;

	ledger_tell(all.ledger, all.seeded.organisation, card, mark, &said,
	    &sessions);
	if (!cb_span_equal(cb_buf_span(&said), want)) {
		wrong("the backend has kept something else");
		printf("%.*s", (int)said.n, (const char *)said.p);
	}
	cb_buf_free(&said);
}

static void
goes_on(struct far *f, const uint8_t *card, size_t i, enum talk_step s)
{
	struct ledger_mark mark;

	ledger_mark(all.ledger, all.seeded.organisation, card, &mark);
	far_open(f, &all.own, card, NULL);
	steps(f, s, false);
	disturbances[i].disturb(f, s);
	steps(f, s, true);
	kept(card, &mark, cb_buf_span(&all.reference));
}

static void
ends(struct far *f, const uint8_t *card, size_t i, enum talk_step s)
{
	struct ledger_mark mark;
	struct far after;

	far_open(f, &all.own, card, NULL);
	steps(f, s, false);
	ledger_mark(all.ledger, all.seeded.organisation, card, &mark);
	disturbances[i].disturb(f, s);
	kept(card, &mark, CB_SPAN_EMPTY);
	/* the tries are what they were before it */
	far_open(&after, &all.own, card, NULL);
	step(&after, TALK_SELECT);
	expect(far_step(&after, TALK_TRIES), 0x63C3, "tries");
	far_close(&after);
}

static void
try_one(size_t i)
{
	all.wrong[0] = '\0';
	for (size_t k = 0; k < COUNT(disturbed); k++) {
		struct far f;

		(disturbances[i].ends ? ends : goes_on)(
		    &f, fresh_card(), i, disturbed[k]);
		far_close(&f);
	}
	printf("%s %s%s%s\n", all.wrong[0] == '\0' ? "good" : "bad",
	    disturbances[i].name, all.wrong[0] == '\0' ? "" : ": ",
	    all.wrong);
	all.bad += all.wrong[0] != '\0';
}

static void
learn(void)
{
	const uint8_t *card = fresh_card();
	struct ledger_sessions sessions;
	struct ledger_mark mark;
	struct far f;

	ledger_mark(all.ledger, all.seeded.organisation, card, &mark);
	far_open(&f, &all.own, card, NULL);
	for (size_t i = 0; i < COUNT(conversation); i++)
		step(&f, conversation[i]);
	far_close(&f);
	ledger_tell(all.ledger, all.seeded.organisation, card, &mark,
	    &all.reference, &sessions);
	printf("%s an undisturbed conversation\n%.*s",
	    all.wrong[0] == '\0' ? "good" : "bad", (int)all.reference.n,
	    (const char *)all.reference.p);
}

int
main(int argc, char **argv)
{
	if (argc != 7) {
		fprintf(stderr, "usage: exchange ORIGIN DATABASE IDENTITY "
		    "SEEDED OTHER-IDENTITY OTHER-SEEDED\n");
		return 2;
	}
	peer_open(&all.own, argv[1], argv[3]);
	seeded_read(&all.seeded, argv[4]);
	peer_open(&all.other, argv[1], argv[5]);
	seeded_read(&all.other_seeded, argv[6]);
	all.ledger = ledger_open(argv[2]);
	learn();
	for (size_t i = 0; i < COUNT(disturbances); i++)
		try_one(i);
	ledger_close(&all.ledger);
	peer_close(&all.own);
	peer_close(&all.other);
	seeded_clear(&all.seeded);
	seeded_clear(&all.other_seeded);
	cb_buf_free(&all.reference);
	return all.bad == 0 ? 0 : 1;
}
