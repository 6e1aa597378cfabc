/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See model.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <winscard.h>

#include "tests/winscard/model.h"

#define STATES_MAX 60000
#define NOBODY 0xFF

enum phase { IDLE, GOING, ENDED };

struct state {
	struct {
		uint8_t phase;
		bool orphan;		/* nobody sees how it ends */
		bool context;
		bool queued;		/* it has begun to wait */
		struct op op;
		uint32_t code;
		/* its handle */
		bool connected, exclusive, dying;
		uint32_t pending;	/* what it is told, or success */
	} a[ACTORS];
	bool here, leaving;	/* leaving: nobody was told yet */
	bool powered;
	uint8_t protocol, owner, nesting;
};

static struct state set[STATES_MAX], next[STATES_MAX];
static unsigned set_n, next_n;
static unsigned table[1 << 17];	/* of `next`: index + 1 by hash */

/* ---- sets -------------------------------------------------------------- */

static unsigned
hash(const struct state *s)
{
	const uint8_t *p = (const uint8_t *)s;
	uint32_t h = 2166136261u;
	size_t i;

	for (i = 0; i < sizeof(*s); i++)
		h = (h ^ p[i]) * 16777619u;
	return h & ((1u << 17) - 1);
}

static void
next_clear(void)
{
	memset(table, 0, sizeof(table));
	next_n = 0;
}

static void
add(const struct state *s)
{
	unsigned h = hash(s);

	for (; table[h] != 0; h = (h + 1) & ((1u << 17) - 1))
		if (memcmp(&next[table[h] - 1], s, sizeof(*s)) == 0)
			return;
	if (next_n == STATES_MAX)
		abort();
	next[next_n++] = *s;
	table[h] = next_n;
}

static void
next_to_set(void)
{
	memcpy(set, next, next_n * sizeof(*set));
	set_n = next_n;
}

/* ---- rules ------------------------------------------------------------- */

static void
unlock(struct state *s)
{
	s->owner = NOBODY;
	s->nesting = 0;
}

static void
give_back(struct state *s, unsigned i)
{
	if (s->owner == i)
		unlock(s);
	s->a[i].connected = s->a[i].exclusive = s->a[i].dying = false;
	s->a[i].pending = 0;
}

static void
tell(struct state *s, unsigned but, uint32_t what)
{
	unsigned i;

	for (i = 0; i < ACTORS; i++)
		if (i != but && s->a[i].connected &&
		    (s->a[i].pending == 0 ||
			what == (uint32_t)SCARD_W_REMOVED_CARD))
			s->a[i].pending = what;
}

/* RESET or less; without a card it is nothing. */
static void
dispose(struct state *s, unsigned but, unsigned disposition)
{
	if (disposition == SCARD_LEAVE_CARD || !s->here)
		return;
	s->powered = disposition == SCARD_RESET_CARD;
	s->protocol = 0;
	tell(s, but, (uint32_t)SCARD_W_RESET_CARD);
}

static bool
admitted(const struct state *s, unsigned i, unsigned mode)
{
	unsigned k;

	for (k = 0; k < ACTORS; k++)
		if (k != i && s->a[k].connected && (s->a[k].exclusive ||
			mode == SCARD_SHARE_EXCLUSIVE))
			return false;
	return true;
}

/* The protocol in use where there is a choice; 0: none fits. */
static uint8_t
chosen(const struct state *s, unsigned protocols)
{
	if ((protocols & SCARD_PROTOCOL_RAW) != 0)
		return SCARD_PROTOCOL_RAW;
	if (s->protocol != 0)
		return (uint8_t)(s->protocol & protocols);
	if ((protocols & SCARD_PROTOCOL_T1) != 0)
		return SCARD_PROTOCOL_T1;
	return (uint8_t)(protocols & SCARD_PROTOCOL_T0);
}

static uint32_t
join(struct state *s, unsigned i, const struct op *op, bool was)
{
	bool direct = op->mode == SCARD_SHARE_DIRECT;
	bool exclusive = op->mode == SCARD_SHARE_EXCLUSIVE;
	uint8_t p;

	if (!direct && !s->here)
		return (uint32_t)SCARD_E_NO_SMARTCARD;
	if (was)
		dispose(s, i, op->disposition);
	p = chosen(s, op->protocols);
	if (!direct)
		s->powered = true;
	if (!direct && p == 0)
		return (uint32_t)SCARD_E_PROTO_MISMATCH;
	if (!direct || p == SCARD_PROTOCOL_RAW)
		s->protocol = p;
	s->a[i].connected = true;
	s->a[i].pending = 0;
	if (exclusive && (!s->a[i].exclusive || s->owner != i)) {
		s->nesting = s->owner == i ? s->nesting + 1 : 1;
		s->owner = (uint8_t)i;
	} else if (!exclusive && s->a[i].exclusive && s->owner == i &&
	    --s->nesting == 0) {
		unlock(s);
	}
	s->a[i].exclusive = exclusive;
	return 0;
}

/* What is wrong with the call itself. */
static uint32_t
refused(const struct state *s, unsigned i)
{
	const struct op *op = &s->a[i].op;
	bool joins = op->what == OP_CONNECT || op->what == OP_RECONNECT;

	if ((!s->a[i].context && !s->a[i].orphan) ||
	    (op->what != OP_CONNECT && !s->a[i].connected))
		return (uint32_t)SCARD_E_INVALID_HANDLE;
	if (op->what == OP_RECONNECT && op->disposition > SCARD_UNPOWER_CARD)
		return (uint32_t)SCARD_E_INVALID_VALUE;
	if (joins && op->mode != SCARD_SHARE_DIRECT &&
	    (op->protocols & 7) == 0)
		return (uint32_t)SCARD_E_PROTO_MISMATCH;
	if (joins && (op->mode < 1 || op->mode > 3))
		return (uint32_t)SCARD_E_INVALID_VALUE;
	if (joins && !admitted(s, i, op->mode))
		return (uint32_t)SCARD_E_SHARING_VIOLATION;
	if (op->disposition > SCARD_EJECT_CARD)
		return (uint32_t)SCARD_E_INVALID_VALUE;
	return 0;
}

static uint32_t
end(struct state *s, unsigned i)
{
	const struct op *op = &s->a[i].op;

	if (s->a[i].pending != 0)
		return s->a[i].pending;
	if (s->owner != i)
		return s->owner != NOBODY ?
		    (uint32_t)SCARD_E_SHARING_VIOLATION :
		    (uint32_t)SCARD_E_NOT_TRANSACTED;
	if (s->nesting == (s->a[i].exclusive ? 1 : 0))
		return (uint32_t)SCARD_E_NOT_TRANSACTED;
	dispose(s, ACTORS, op->disposition);
	if (--s->nesting == 0)
		unlock(s);
	return 0;
}

static uint32_t
transmit(const struct state *s, unsigned i)
{
	unsigned protocol = s->a[i].op.protocol;

	if (s->a[i].pending != 0)
		return s->a[i].pending;
	if (!s->here)
		return (uint32_t)SCARD_E_NO_SMARTCARD;
	if (protocol != SCARD_PROTOCOL_RAW && protocol != s->protocol)
		return (uint32_t)SCARD_E_PROTO_MISMATCH;
	return s->powered ? 0 : (uint32_t)SCARD_E_NOT_TRANSACTED;
}

/* What another handle's transaction keeps waiting. */
static bool
waits(const struct op *op)
{
	return op->what == OP_CONNECT || op->what == OP_RECONNECT ||
	    op->what == OP_BEGIN || op->what == OP_TRANSMIT ||
	    op->what == OP_STATUS || (op->what == OP_DISCONNECT &&
		op->disposition != SCARD_LEAVE_CARD);
}

/* The call happens; false: it cannot, now. */
static bool
happen(struct state *s, unsigned i, uint32_t *code)
{
	const struct op *op = &s->a[i].op;
	bool blocked = waits(op) && s->owner != NOBODY && s->owner != i;
	uint32_t r = refused(s, i);
	bool told = op->what == OP_BEGIN && s->a[i].pending != 0;

	*code = r;
	/* it is not refused because the owner becomes exclusive meanwhile */
	if (blocked && s->a[i].queued && !told)
		return false;
	if (r != 0)
		return true;
	if (blocked && !told)
		return false;
	switch (op->what) {
	case OP_CONNECT:
	case OP_RECONNECT:
		r = join(s, i, op, op->what == OP_RECONNECT);
		break;
	case OP_DISCONNECT:
		dispose(s, i, op->disposition);
		give_back(s, i);
		break;
	case OP_BEGIN:
		if ((r = s->a[i].pending) == 0) {
			s->owner = (uint8_t)i;
			s->nesting++;
		}
		break;
	case OP_END:
		r = end(s, i);
		break;
	case OP_TRANSMIT:
		r = transmit(s, i);
		break;
	default:
		r = s->a[i].pending;
	}
	*code = r;
	return true;
}

static void
ended(struct state *s, unsigned i, uint32_t code)
{
	s->a[i].phase = ENDED;
	s->a[i].code = code;
	s->a[i].queued = false;
	if (!s->a[i].orphan)
		return;
	s->a[i].phase = IDLE;
	s->a[i].code = 0;
	s->a[i].orphan = false;
	memset(&s->a[i].op, 0, sizeof(s->a[i].op));
}

/* ---- steps ------------------------------------------------------------- */

static void
add_ended(const struct state *from, unsigned i, uint32_t code)
{
	struct state s = *from;

	ended(&s, i, code);
	add(&s);
}

/* The call of `who` is given up, if it has not happened; by a release it may
 * also come too late for its context. */
static void
add_given_up(const struct state *from, unsigned who, bool released)
{
	if (from->a[who].phase != GOING)
		return;
	if (waits(&from->a[who].op))
		add_ended(from, who, (uint32_t)SCARD_E_CANCELLED);
	if (released)
		add_ended(from, who, (uint32_t)SCARD_E_INVALID_HANDLE);
}

/* Calls that are about other things than the actor's own handle. */
static bool
step_other(const struct state *from, unsigned i)
{
	struct state s = *from;
	unsigned who = s.a[i].op.who;

	switch (s.a[i].op.what) {
	case OP_ESTABLISH:
		s.a[i].context = true;
		break;
	case OP_CANCEL:
		ended(&s, i, s.a[who].context ? 0 :
		    (uint32_t)SCARD_E_INVALID_HANDLE);
		add_given_up(&s, who, false);
		add(&s);
		return true;
	case OP_RELEASE:
		if (!s.a[who].context) {
			add_ended(&s, i, (uint32_t)SCARD_E_INVALID_HANDLE);
			return true;
		}
		s.a[who].context = false;
		s.a[who].dying = s.a[who].connected;
		ended(&s, i, 0);
		add_given_up(&s, who, true);
		if (s.a[who].phase != GOING)
			add(&s);
		return true;
	case OP_EJECT:
		s.leaving = s.here;
		s.here = s.powered = false;
		break;
	case OP_INSERT:
		if (!s.here)
			s.protocol = 0;
		s.here = true;
		break;
	default:
		return false;
	}
	ended(&s, i, 0);
	add(&s);
	return true;
}

static void
step(const struct state *from, unsigned i)
{
	struct state s = *from;
	uint32_t code;

	if (s.a[i].phase == GOING && !step_other(from, i)) {
		if (happen(&s, i, &code)) {
			ended(&s, i, code);
			add(&s);
		} else if (!s.a[i].queued) {
			s.a[i].queued = true;
			add(&s);
		}
		if (from->a[i].orphan)	/* or it never came that far */
			add_ended(from, i, 0);
	}
	s = *from;
	if (s.a[i].dying && !s.a[i].orphan) {
		if (s.owner == i && s.a[i].pending == 0)
			dispose(&s, ACTORS, SCARD_RESET_CARD);
		give_back(&s, i);
		add(&s);
	}
}

/* A card that is taken out: whoever has it is told a moment later. */
static void
step_card(const struct state *from)
{
	struct state s = *from;

	if (!s.leaving)
		return;
	s.leaving = false;
	s.protocol = 0;
	tell(&s, ACTORS, (uint32_t)SCARD_W_REMOVED_CARD);
	unlock(&s);
	add(&s);
}

/* All that may have become of the states by now. */
static void
spread(void)
{
	unsigned i, k;

	next_clear();
	for (k = 0; k < set_n; k++)
		add(&set[k]);
	for (k = 0; k < next_n; k++) {
		for (i = 0; i < ACTORS; i++)
			step(&next[k], i);
		step_card(&next[k]);
	}
	next_to_set();
}

/* ---- the outside ------------------------------------------------------- */

void
model_reset(void)
{
	memset(set, 0, sizeof(set[0]));
	set[0].owner = NOBODY;
	set[0].here = true;
	set_n = 1;
}

void
model_begin(unsigned actor, const struct op *op)
{
	unsigned k;

	for (k = 0; k < set_n; k++) {
		set[k].a[actor].phase = GOING;
		set[k].a[actor].op = *op;
	}
	spread();
}

bool
model_end(unsigned actor, unsigned long code)
{
	struct state s;
	unsigned k, n = set_n;

	next_clear();
	for (k = 0; k < n; k++) {
		s = set[k];
		if (s.a[actor].phase != ENDED || s.a[actor].code != code ||
		    (s.a[actor].op.what == OP_EJECT && s.leaving))
			continue;
		s.a[actor].phase = IDLE;
		s.a[actor].code = 0;
		memset(&s.a[actor].op, 0, sizeof(s.a[actor].op));
		add(&s);
	}
	next_to_set();
	spread();
	return set_n > 0;
}

void
model_kill(unsigned actor)
{
	unsigned k;

	for (k = 0; k < set_n; k++) {
		set[k].a[actor].context = false;
		if (set[k].a[actor].phase == ENDED) {
			set[k].a[actor].phase = IDLE;
			set[k].a[actor].code = 0;
			memset(&set[k].a[actor].op, 0, sizeof(struct op));
		}
		set[k].a[actor].orphan = set[k].a[actor].phase == GOING;
		set[k].a[actor].dying = true;
	}
	spread();
}

bool
model_settle(void)
{
	unsigned i, k;
	bool over;

	next_clear();
	for (k = 0; k < set_n; k++) {
		over = true;
		for (i = 0; i < ACTORS; i++)
			over = over && !set[k].a[i].dying &&
			    !set[k].a[i].orphan;
		if (over)
			add(&set[k]);
	}
	next_to_set();
	return set_n > 0;
}

/* With nothing to happen but what others begin. */
static bool
is_stuck(const struct state *from)
{
	struct state s;
	unsigned i;
	uint32_t code;

	if (from->leaving)
		return false;
	for (i = 0; i < ACTORS; i++) {
		s = *from;
		if (s.a[i].phase == ENDED || s.a[i].dying || s.a[i].orphan ||
		    (s.a[i].phase == GOING && (!waits(&s.a[i].op) ||
			happen(&s, i, &code))))
			return false;
	}
	return true;
}

bool
model_stuck(void)
{
	unsigned k;

	for (k = 0; k < set_n; k++)
		if (is_stuck(&set[k]))
			return true;
	return false;
}

unsigned
model_states(void)
{
	return set_n;
}

void
model_print(void)
{
	const struct state *s = &set[0];
	unsigned i;

	if (set_n == 0)
		return;
	printf("  one of %u states: card %s, power %d, protocol %u, owner %d, "
	    "nesting %u\n", set_n, s->here ? "in" : "out", s->powered,
	    s->protocol, s->owner == NOBODY ? -1 : s->owner, s->nesting);
	for (i = 0; i < ACTORS; i++)
		if (s->a[i].connected || s->a[i].phase != IDLE)
			printf("  actor %u:%s%s told %X, phase %u, call %u\n",
			    i, s->a[i].connected ? " connected" : "",
			    s->a[i].exclusive ? " exclusive" : "",
			    s->a[i].pending, s->a[i].phase, s->a[i].op.what);
}
