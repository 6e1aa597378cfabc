/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * disturb HOW LANES SOCKET DOOR-PORT DATABASE IDENTITY SEEDED: one
 * conversation with a card in a backend again and again, each time over a
 * cable that is disturbed at another place, and each time with a card that
 * has had no such conversation. What the program sees, and what the backend
 * has kept and entered, must be what it is undisturbed.
 *
 * HOW:	boundaries	cut behind each record of TLS, a byte before and a
 *			byte after; what was sent arrives late
 *	delays		nothing passes for longer than the bridge waits
 *	outages		cut in the middle of each record of commands, and out
 *			for a moment
 *	bytes[:N[:M]]	cut before each byte (of N, the M-th, from 0)
 *
 * An undisturbed conversation tells the places. Lanes do this side by side,
 * with a reader each. IDENTITY-1 is that of the first device. SEEDED is what tests/backend/seed has said. Says in one line what
 * was done; exit code 1 where something was not as it must be, which it
 * describes.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge/client.h"
#include "bridge/sock.h"
#include "common/hex.h"
#include "tests/road/cable.h"
#include "tests/road/ledger.h"
#include "tests/road/seeded.h"
#include "tests/road/talk.h"

#define LANES_MAX 64
#define PLANS_MAX 65536
#define LATE_MS 8
#define DELAY_MS 17000	/* the bridge asks again after 15 s */
#define OUT_MS 400
#define SETTLE_MS 30000
#define WRONG_MAX 5

static struct {
	const char *socket, *database, *identity;
	unsigned door;
	struct seeded seeded;
	struct cable_plan *plans;
	unsigned plans_n;
	struct cb_buf reference;
	struct cable_seen seen;		/* undisturbed */
	atomic_uint next_card, next_plan, wrong, reached, repeated;
	pthread_mutex_t say;
} all = { .say = PTHREAD_MUTEX_INITIALIZER };

struct lane {
	char reader[32];
	unsigned device;
	pthread_t thread;
	struct cable *cable;
	struct ledger *ledger;
	struct br_client *admin;
};

static void
die(const char *what, const char *why)
{
	fprintf(stderr, "disturb: %s: %s\n", what, why);
	exit(2);
}

/* ---- one conversation ---------------------------------------------------- */

/* And the device that may use it: of the devices each in turn. */
static const uint8_t *
fresh_card(struct lane *l)
{
	const unsigned i = atomic_fetch_add(&all.next_card, 1);

	if (i >= all.seeded.cards_n)
		die("cards", "there are too few");
	l->device = i % all.seeded.devices_n;
	return all.seeded.cards[i];
}

static enum cb_err
add_reader(struct lane *l, const uint8_t card[WIRE_ID], struct cb_why *why)
{
	struct br_reader_info made;
	struct cb_buf id = CB_BUF_INIT;
	char uri[1024];
	enum cb_err r;

	if ((r = cb_hex_put(&id, cb_span(card, WIRE_ID))) == CB_OK) {
		snprintf(uri, sizeof(uri),
		    "https://127.0.0.1:%u/cards/%.*s?identity=%s-%u",
		    cable_port(l->cable), (int)id.n, (const char *)id.p,
		    all.identity, l->device + 1);
		r = br_reader_add(l->admin, l->reader, uri, &made, why);
	}
	cb_buf_free(&id);
	return r;
}

/* The card is there as soon as the backend has said so. */
static enum cb_err
begin(struct lane *l, struct talk *t, struct cb_why *why)
{
	const uint64_t until = br_now_ms() + SETTLE_MS;
	enum cb_err r;

	while ((r = talk_begin(t, all.socket, l->reader, why)) ==
	    CB_E_ABSENT && br_now_ms() < until)
		usleep(2000);
	return r;
}

/* What was planned may still be under way when the program is done. */
static bool
settled(struct lane *l, const struct cable_plan *plan,
    struct cable_seen *seen)
{
	const uint64_t until = br_now_ms() + SETTLE_MS;

	for (;;) {
		cable_seen(l->cable, seen);
		if (plan->how == CABLE_FINE || seen->done)
			return true;
		/* it may never be reached: hold requests come by chance */
		if (plan->how == CABLE_CUT || br_now_ms() > until)
			return false;
		usleep(2000);
	}
}

/* What the program saw and the backend has kept. */
static void
converse(struct lane *l, const struct cable_plan *plan, struct cb_buf *said,
    struct cable_seen *seen, struct ledger_sessions *sessions, bool *reached)
{
	const uint8_t *card = fresh_card(l);
	struct cb_why why = { "" };
	struct ledger_mark mark;
	struct talk t;
	enum cb_err r;

	ledger_mark(l->ledger, all.seeded.organisation, card, &mark);
	cable_begin(l->cable, plan);
	if ((r = add_reader(l, card, &why)) != CB_OK)
		die("reader add", why.text);
	if ((r = begin(l, &t, &why)) == CB_OK) {
		r = talk_all(&t, said);
		talk_end(&t);
	} else {
		talk_say(said, "  no card: %s: %s\n", cb_err_text(r),
		    why.text);
	}
	if (br_reader_remove(l->admin, l->reader, &why) != CB_OK)
		die("reader remove", why.text);
	*reached = settled(l, plan, seen);
	ledger_tell(l->ledger, all.seeded.organisation, card, &mark, said, sessions);
}

/* ---- plans --------------------------------------------------------------- */

static void
add_plan(enum cable_how how, unsigned conn, enum cable_way way,
    unsigned record, int offset, unsigned ms)
{
	if (all.plans_n == PLANS_MAX)
		die("plans", "too many");
	all.plans[all.plans_n++] = (struct cable_plan){ how, conn, way,
		record, offset, ms, NULL };
}

/* Every so many-th, from this one on. */
struct some {
	unsigned step, from;
};

typedef void plan_fn(unsigned conn, enum cable_way way, unsigned record,
    const struct some *some);

static void
plan_boundary(unsigned conn, enum cable_way way, unsigned record,
    const struct some *some)
{
	(void)some;
	add_plan(CABLE_CUT, conn, way, record, CABLE_LESS, 0);
	add_plan(CABLE_CUT, conn, way, record, CABLE_END, 0);
	if (record + 1 < all.seen.records[conn][way])
		add_plan(CABLE_CUT, conn, way, record + 1, 1, 0);
	if (way == CABLE_UP)
		add_plan(CABLE_LATE, conn, way, record, CABLE_END,
		    LATE_MS * (1 + record % 4));
}

/* Of the session's records: behind the handshake, before the end of TLS. */
static bool
is_command(enum cable_way way, unsigned record)
{
	return way == CABLE_UP
	    ? record >= 5 && record + 1 < all.seen.records[1][CABLE_UP]
	    : record >= 7;
}

static void
plan_delay(unsigned conn, enum cable_way way, unsigned record,
    const struct some *some)
{
	(void)some;
	if (conn == 1 && is_command(way, record))
		add_plan(CABLE_DELAY, conn, way, record, 0, DELAY_MS);
}

static void
plan_outage(unsigned conn, enum cable_way way, unsigned record,
    const struct some *some)
{
	(void)some;
	if (conn == 1 && is_command(way, record))
		add_plan(CABLE_OUT, conn, way, record,
		    (int)all.seen.length[conn][way][record] / 2, OUT_MS);
}

static void
plan_bytes(unsigned conn, enum cable_way way, unsigned record,
    const struct some *some)
{
	static unsigned n;

	for (unsigned i = 0; i < all.seen.length[conn][way][record]; i++)
		if (n++ % some->step == some->from)
			add_plan(CABLE_CUT, conn, way, record, (int)i, 0);
}

static const struct {
	const char *name;
	plan_fn *plan;
} hows[] = {
	{ "boundaries", plan_boundary },
	{ "delays", plan_delay },
	{ "outages", plan_outage },
	{ "bytes", plan_bytes },
};

static void
make_plans(const char *how)
{
	struct some some = { 1, 0 };
	plan_fn *plan = NULL;
	char name[16];

	if (sscanf(how, "%15[a-z]:%u:%u", name, &some.step, &some.from) < 1 ||
	    some.step == 0)
		die(how, "no such way");
	for (size_t i = 0; i < sizeof(hows) / sizeof(hows[0]); i++)
		if (strcmp(hows[i].name, name) == 0)
			plan = hows[i].plan;
	if (plan == NULL)
		die(how, "no such way");
	/* connection 0 holds, 1 has the commands */
	for (unsigned conn = 0; conn < 2; conn++)
		for (unsigned way = 0; way < 2; way++)
			for (unsigned i = 0;
			     i < all.seen.records[conn][way]; i++)
				plan(conn, (enum cable_way)way, i, &some);
}

/* ---- lanes --------------------------------------------------------------- */

static void
complain(const struct cable_plan *p, const struct cb_buf *said,
    const struct ledger_sessions *s)
{
	static const char *const words[] = { "fine", "cut", "late", "delay",
		"out" };

	(void)pthread_mutex_lock(&all.say);
	printf("%s on connection %u, %s, record %u, byte %d: sessions opened "
	    "%u, ended %u, refused %u\n%.*s", words[p->how], p->conn,
	    p->way == CABLE_UP ? "up" : "down", p->record, p->offset,
	    s->opened, s->ended, s->refused, (int)said->n,
	    (const char *)said->p);
	(void)pthread_mutex_unlock(&all.say);
	if (atomic_fetch_add(&all.wrong, 1) + 1 >= WRONG_MAX)
		atomic_store(&all.next_plan, PLANS_MAX);
}

/* A bridge does not insist on giving a card back: it is free anyhow when
 * nobody is heard for a while. (Now and then a conversation has a record less
 * than the one that was learnt.) */
static bool
hits_close(const struct cable_plan *p)
{
	return p->conn == 1 && p->record +
	    (p->way == CABLE_UP ? 3 : 2) >= all.seen.records[1][p->way];
}

static void
try_plan(struct lane *l, const struct cable_plan *plan)
{
	struct cb_buf said = CB_BUF_INIT;
	struct ledger_sessions sessions;
	struct cable_seen seen;
	bool reached;

	converse(l, plan, &said, &seen, &sessions, &reached);
	if (!cb_span_equal(cb_buf_span(&said), cb_buf_span(&all.reference)) ||
	    sessions.ended > sessions.opened ||
	    (sessions.ended == 0 && !hits_close(plan)))
		complain(plan, &said, &sessions);
	if (reached)
		atomic_fetch_add(&all.reached, 1);
	if (sessions.opened > 1)
		atomic_fetch_add(&all.repeated, 1);
	cb_buf_free(&said);
}

static void *
run_lane(void *arg)
{
	struct lane *l = arg;
	unsigned i;

	while ((i = atomic_fetch_add(&all.next_plan, 1)) < all.plans_n)
		try_plan(l, &all.plans[i]);
	return NULL;
}

static void
open_lane(struct lane *l, unsigned no)
{
	struct cb_why why = { "" };

	snprintf(l->reader, sizeof(l->reader), "lane-%d-%u", (int)getpid(),
	    no);
	if ((l->cable = cable_new(all.door)) == NULL)
		die("cable", "it cannot be made");
	l->ledger = ledger_open(all.database);
	if (br_connect(&l->admin, all.socket, 5000, &why) != CB_OK)
		die("bridge", why.text);
}

static void
close_lane(struct lane *l)
{
	br_close(&l->admin);
	ledger_close(&l->ledger);
	cable_free(l->cable);
}

/* Twice: what is not alike here would say nothing later. */
static void
learn(struct lane *l)
{
	static const struct cable_plan fine = { .how = CABLE_FINE };
	struct cb_buf again = CB_BUF_INIT;
	struct ledger_sessions sessions;
	bool reached;

	converse(l, &fine, &all.reference, &all.seen, &sessions, &reached);
	converse(l, &fine, &again, &all.seen, &sessions, &reached);
	if (!cb_span_equal(
		cb_buf_span(&again), cb_buf_span(&all.reference))) {
		complain(&fine, &all.reference, &sessions);
		complain(&fine, &again, &sessions);
		die("undisturbed", "twice is not alike");
	}
	cb_buf_free(&again);
}

/* ---- all of it ----------------------------------------------------------- */

int
main(int argc, char **argv)
{
	static struct lane lanes[LANES_MAX];
	unsigned n;

	if (argc != 8)
		die("usage", "disturb HOW LANES SOCKET PORT DATABASE "
		    "IDENTITY SEEDED");
	n = (unsigned)strtoul(argv[2], NULL, 10);
	all.socket = argv[3];
	all.door = (unsigned)strtoul(argv[4], NULL, 10);
	all.database = argv[5];
	all.identity = argv[6];
	seeded_read(&all.seeded, argv[7]);
	all.plans = calloc(PLANS_MAX, sizeof(*all.plans));
	if (n < 1 || n > LANES_MAX || all.plans == NULL ||
	    all.seeded.devices_n < 1)
		die("lanes, or devices", "too few or too many");
	for (unsigned i = 0; i < n; i++)
		open_lane(&lanes[i], i);
	learn(&lanes[0]);
	make_plans(argv[1]);
	for (unsigned i = 0; i < n; i++)
		if (pthread_create(&lanes[i].thread, NULL, run_lane,
			&lanes[i]) != 0)
			die("lanes", "no thread");
	for (unsigned i = 0; i < n; i++)
		(void)pthread_join(lanes[i].thread, NULL);
	for (unsigned i = 0; i < n; i++)
		close_lane(&lanes[i]);
	printf("%s: %u conversations, %u disturbed, %u opened the card anew, "
	    "%u wrong\n", argv[1], all.plans_n, atomic_load(&all.reached),
	    atomic_load(&all.repeated), atomic_load(&all.wrong));
	cb_buf_free(&all.reference);
	free(all.plans);
	seeded_clear(&all.seeded);
	return atomic_load(&all.wrong) == 0 ? 0 : 1;
}
