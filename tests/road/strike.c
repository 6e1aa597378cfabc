/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * strike KEEPER SOCKET DOOR-PORT DATABASE IDENTITY SEEDED: kills a role of a
 * backend at each boundary of messages: door, worker, store and vault, just as
 * a record of TLS has passed from or to a bridge, in a conversation of wrong
 * and right passcode, key generation, signature and writing, each with a card
 * of its own (client.h). Only a dead worker costs the session.
 * KEEPER is the process that starts the backend again, which is all killed now
 * and then: a role that dies again and again is started ever later.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bridge/client.h"
#include "bridge/sock.h"
#include "common/hex.h"
#include "tests/road/cable.h"
#include "tests/road/client.h"
#include "tests/road/roles.h"
#include "tests/road/seeded.h"

#define RETURN_MS 20000
#define WRONG_MAX 5
#define ANEW 16
#define ALL_ROLES 5	/* with a worker of the platform */

enum { DOOR, WORKER, STORE, VAULT, ROLES };
static const char *const names[ROLES] = { "door", "worker", "store",
	"vault" };

static struct {
	pid_t keeper, parent;
	const char *socket, *identity;
	struct seeded seeded;
	struct ledger *ledger;
	struct cable *cable;
	struct br_client *admin;
	unsigned next_card, wrong, tried, struck, lost, found;
	pid_t victim;
} all;

static void
die(const char *what, const char *why)
{
	fprintf(stderr, "strike: %s: %s\n", what, why);
	exit(2);
}

static void
kill_victim(void)
{
	(void)kill(all.victim, SIGKILL);
}

/* Of workers the last one: the platform's is before. */
static pid_t
find(const char *role)
{
	pid_t pids[ROLES_MAX];
	const unsigned n = roles_find(all.parent, role, pids);

	return n > 0 ? pids[n - 1] : 0;
}

static void
wait_whole(void)
{
	const uint64_t until = br_now_ms() + RETURN_MS;
	pid_t pids[ROLES_MAX];

	while (!roles_gone(all.victim) ||
	    (all.parent = roles_parent(all.keeper)) == 0 ||
	    roles_find(all.parent, "", pids) != ALL_ROLES) {
		if (br_now_ms() > until)
			die("a role", "it does not come again");
		usleep(1000);
	}
}

static void
begin_anew(void)
{
	all.victim = all.parent;
	kill_victim();
	wait_whole();
	atomic_fetch_add(&client_vaults, 1);
}

static void
add_reader(const uint8_t card[WIRE_ID])
{
	struct br_reader_info made;
	struct cb_why why = { "" };
	struct cb_buf id = CB_BUF_INIT;
	char uri[1024];

	if (cb_hex_put(&id, cb_span(card, WIRE_ID)) != CB_OK)
		die("id", "no memory");
	snprintf(uri, sizeof(uri),
	    "https://127.0.0.1:%u/cards/%.*s?identity=%s",
	    cable_port(all.cable), (int)id.n, (const char *)id.p,
	    all.identity);
	if (br_reader_add(all.admin, "card", uri, &made, &why) != CB_OK)
		die("reader add", why.text);
	cb_buf_free(&id);
}

static void
converse(struct client *c, const struct cable_plan *plan)
{
	static const enum client_op conversation[] = { CLIENT_WRONG,
		CLIENT_VERIFY, CLIENT_MAKE, CLIENT_SIGN, CLIENT_WRITE };
	struct cb_why why = { "" };

	if (all.next_card == all.seeded.cards_n)
		die("cards", "there are too few");
	*c = (struct client){ .no = all.next_card,
		.organisation = all.seeded.organisation,
		.card = all.seeded.cards[all.next_card++],
		.key = CB_BUF_INIT };
	snprintf(c->socket, sizeof(c->socket), "%s", all.socket);
	client_begin(c);
	cable_begin(all.cable, plan);
	add_reader(c->card);
	for (size_t i = 0; i < sizeof(conversation) / sizeof(conversation[0]) &&
	     client_do(c, conversation[i]); i++)
		;
	client_settle(c);
	if (br_reader_remove(all.admin, "card", &why) != CB_OK)
		die("reader remove", why.text);
}

static void
complain(const char *role, const struct cable_plan *p, const char *what)
{
	printf("wrong: %s killed behind record %u %s: %s\n", role, p->record,
	    p->way == CABLE_UP ? "up" : "down", what);
	all.wrong++;
}

static void
strike(const char *role, enum cable_way way, unsigned record)
{
	const struct cable_plan plan = { CABLE_CALL, 1, way, record,
		CABLE_END, 0, kill_victim };
	struct cable_seen seen;
	struct client c;

	if ((all.victim = find(role)) == 0)
		die(role, "it is not there");
	if (role == names[VAULT])
		atomic_fetch_add(&client_vaults, 1);
	converse(&c, &plan);
	cable_seen(all.cable, &seen);
	if (seen.done) {
		all.struck++;
		wait_whole();
	}
	if (c.wrong[0] == '\0')
		client_check(&c, all.ledger);
	if (c.wrong[0] != '\0')
		complain(role, &plan, c.wrong);
	else if (atomic_load(&c.lost) > (role == names[WORKER] ? 1 : 0))
		complain(role, &plan, "the session is lost");
	all.lost += atomic_load(&c.lost);
	all.found += c.makes.found + c.writes.found;
	client_clear(&c);
}

/* Undisturbed: how many records there are. */
static void
learn(struct cable_seen *seen)
{
	static const struct cable_plan fine = { .how = CABLE_FINE };
	struct client c;

	converse(&c, &fine);
	cable_seen(all.cable, seen);
	client_check(&c, all.ledger);
	if (c.wrong[0] != '\0')
		die("undisturbed", c.wrong);
	client_clear(&c);
}

int
main(int argc, char **argv)
{
	struct cb_why why = { "" };
	struct cable_seen seen;

	if (argc != 7)
		die("usage", "strike KEEPER SOCKET PORT DATABASE IDENTITY "
		    "SEEDED");
	all.keeper = (pid_t)strtoul(argv[1], NULL, 10);
	all.socket = argv[2];
	all.identity = argv[5];
	all.cable = cable_new((unsigned)strtoul(argv[3], NULL, 10));
	if (all.cable == NULL)
		die("cable", "it cannot be made");
	all.ledger = ledger_open(argv[4]);
	seeded_read(&all.seeded, argv[6]);
	if (br_connect(&all.admin, all.socket, 5000, &why) != CB_OK)
		die("bridge", why.text);
	all.parent = roles_parent(all.keeper);
	learn(&seen);
	/* in turn: one that dies again and again is not started at once */
	for (unsigned i = 0; i < ROLES * (seen.records[1][0] +
	     seen.records[1][1]) && all.wrong < WRONG_MAX; i++) {
		const unsigned at = i / ROLES;
		const bool up = at < seen.records[1][0];

		if (all.tried++ % ANEW == ANEW - 1)
			begin_anew();
		strike(names[i % ROLES], up ? CABLE_UP : CABLE_DOWN,
		    up ? at : at - seen.records[1][0]);
	}
	printf("%u kills at %u boundaries, %u sessions lost, %u changes found "
	    "later, %u wrong\n", all.struck, all.tried, all.lost, all.found,
	    all.wrong);
	br_close(&all.admin);
	ledger_close(&all.ledger);
	cable_free(all.cable);
	seeded_clear(&all.seeded);
	/* the last ones need not come again */
	return all.wrong == 0 && all.struck * 10 > all.tried * 9 ? 0 : 1;
}
