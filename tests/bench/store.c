/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What group commit is worth: audited signatures, each an act with its entry
 * and answer, committed one by one and many at once, side by side.
 *
 * usage: store DIRECTORY [ACTS [AT-ONCE]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "backend/store/store.h"
#include "wire/entry.h"

enum { AT_ONCE_MAX = 256 };

static const uint8_t organisation[WIRE_ID] = { 1 };
static uint8_t ids[AT_ONCE_MAX][WIRE_ID];	/* cards and sessions */
static const uint8_t device[WIRE_ID] = { 9 };

static void
must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "store: %s\n", what);
	exit(2);
}

static void
entry(struct cb_buf *b, uint16_t type, const uint8_t *card)
{
	static const uint8_t hash[CR_HASH];
	struct wire_entry e;

	wire_entry_init(&e, (enum wire_entry_type)type, 1);
	if (type == WIRE_ACT) {
		wire_entry_set(&e, WIRE_F_ACT, CB_SPAN_OF(device));
		wire_entry_set(&e, WIRE_F_PERSON, CB_SPAN_OF(device));
		wire_entry_set(&e, WIRE_F_WHAT, cb_span_str("made"));
		wire_entry_set(&e, WIRE_F_REQUEST, CB_SPAN_OF(hash));
		wire_entry_set_number(&e, WIRE_F_OUTCOME, WIRE_OUTCOME_DONE);
	} else {
		wire_entry_set(&e, WIRE_F_CARD, cb_span(card, WIRE_ID));
		wire_entry_set(&e, WIRE_F_DEVICE, CB_SPAN_OF(device));
		wire_entry_set(&e, WIRE_F_SESSION, cb_span(card, WIRE_ID));
	}
	if (type == WIRE_SIGNED) {
		wire_entry_set_number(&e, WIRE_F_REFERENCE, 1);
		wire_entry_set(&e, WIRE_F_MECHANISM, cb_span_str("rsa-pkcs1"));
		wire_entry_set(&e, WIRE_F_DIGEST, CB_SPAN_OF(hash));
	}
	cb_buf_clear(b);
	must(wire_entry_put(b, &e) == CB_OK, "no entry");
}

/* One a millisecond, with ids that begin with the time, as a worker's do. */
static struct be_act
act(enum be_act_kind kind, const struct cb_span *e)
{
	static uint64_t time = UINT64_C(1760000000000);
	struct be_act a = { .kind = kind, .now = ++time, .entries = e,
		.entries_n = 1 };

	be_act_time(a.id, time);
	return a;
}

static void
do_act(struct be_store *st, struct be_act *a)
{
	must(be_store_act(st, a) == CB_OK, a->why.text);
}

static void
set_up(struct be_store *st, unsigned cards)
{
	const struct be_value o[] = { BE_B(CB_SPAN_OF(organisation)),
		BE_I(1), BE_B(cb_span_str("")), BE_I(1) };
	struct be_row_change c = { BE_ORGANISATION, false, o };
	struct cb_buf b = CB_BUF_INIT;
	struct cb_span e;
	struct be_act a;

	entry(&b, WIRE_ACT, NULL);
	e = cb_buf_span(&b);
	a = act(BE_ADMIN, &e);
	a.rows = &c;
	a.rows_n = 1;
	do_act(st, &a);
	for (unsigned i = 0; i < cards; i++) {
		struct be_lease_change l = { .what = BE_TAKE };

		ids[i][0] = 7;
		ids[i][1] = (uint8_t)i;
		const struct be_value v[] = { BE_ID(ids[i]), BE_I(1), BE_I(0),
			BE_I(0), BE_T(cb_span_str("p")),
			BE_B(cb_span_str("")), BE_I(0), BE_I(1), BE_I(1),
			BE_B(cb_span_str("")), BE_B(cb_span_str("")) };

		c = (struct be_row_change){ BE_CARD, false, v };
		entry(&b, WIRE_ACT, NULL);
		e = cb_buf_span(&b);
		a = act(BE_ADMIN, &e);
		memcpy(a.organisation, organisation, WIRE_ID);
		a.rows = &c;
		a.rows_n = 1;
		do_act(st, &a);
		entry(&b, WIRE_SESSION_OPEN, ids[i]);
		e = cb_buf_span(&b);
		a = act(BE_SESSION, &e);
		memcpy(a.organisation, organisation, WIRE_ID);
		a.card = a.session = ids[i];
		a.device = device;
		a.lease = &l;
		do_act(st, &a);
	}
	cb_buf_free(&b);
}

static double
now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Microseconds for an act, by the clock; *cpu those of the processor. */
static double
sign(struct be_store *st, unsigned count, unsigned at_once, double *cpu)
{
	static const uint8_t sealed[272];
	static struct be_act acts[AT_ONCE_MAX];
	static struct be_answer answers[AT_ONCE_MAX];
	static struct cb_buf bytes[AT_ONCE_MAX];
	static struct cb_span entries[AT_ONCE_MAX];
	static uint64_t sequence;
	const double begin = now(CLOCK_MONOTONIC);
	const double begin_cpu = now(CLOCK_PROCESS_CPUTIME_ID);

	for (unsigned n = 0; n < count; n += at_once) {
		sequence++;
		for (unsigned i = 0; i < at_once; i++) {
			entry(&bytes[i], WIRE_SIGNED, ids[i]);
			entries[i] = cb_buf_span(&bytes[i]);
			acts[i] = act(BE_COMMAND, &entries[i]);
			memcpy(acts[i].organisation, organisation, WIRE_ID);
			acts[i].card = acts[i].session = ids[i];
			acts[i].device = device;
			acts[i].fence = 1;
			answers[i] = (struct be_answer){ .sequence = sequence,
				.sealed = CB_SPAN_OF(sealed) };
			acts[i].answer = &answers[i];
		}
		must(be_store_commit_batch(st, acts, at_once, NULL) == CB_OK,
		    "no commit");
		for (unsigned i = 0; i < at_once; i++)
			must(acts[i].err == CB_OK, acts[i].why.text);
	}
	*cpu = (now(CLOCK_PROCESS_CPUTIME_ID) - begin_cpu) * 1e6 / count;
	return (now(CLOCK_MONOTONIC) - begin) * 1e6 / count;
}

int
main(int argc, char **argv)
{
	unsigned count = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 2048;
	unsigned at_once = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 64;
	struct cb_why why = { "" };
	struct be_store *st = NULL;
	char path[4096];
	double one, many, one_cpu, many_cpu;

	must(argc > 1 && count > 0 && at_once > 0 && at_once <= AT_ONCE_MAX,
	    "usage: store DIRECTORY [ACTS [AT-ONCE]]");
	snprintf(path, sizeof(path), "%s/bench-store.%ld", argv[1],
	    (long)getpid());
	must(be_store_create(path, WIRE_TEST, device, 1, &why) == CB_OK &&
		be_store_open(&st, path, &why) == CB_OK,
	    why.text);
	set_up(st, at_once);
	(void)sign(st, at_once * 4, at_once, &many_cpu);
	one = sign(st, count, 1, &one_cpu);
	many = sign(st, count, at_once, &many_cpu);
	printf("store: %u audited acts: one commit each %.0f us (%.0f of the "
	       "processor), %u in a commit %.0f us (%.0f); %.1f times\n",
	    count, one, one_cpu, at_once, many, many_cpu, one / many);
	be_store_close(&st);
	unlink(path);
	return 0;
}
