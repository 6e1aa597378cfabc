/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * siege KILLS SEED KEEPER DATABASE SOCKETS SEEDED OTHER-SEEDED: kills the
 * processes of a backend, in turn parent, door, worker, store and vault, at
 * random moments, while a program uses each of its cards (client.h).
 *
 * KEEPER is the process that starts the backend again. The card "card" of the
 * bridge at SOCKETS/N/socket is the N-th, from 1, first all of SEEDED and then
 * those of the other organisation. After each kill all that died must come
 * again and every card must answer within two seconds; a dead door, store or
 * vault costs no session, a dead worker only those of its organisation; a dead
 * parent ends all. At the end the books are compared with what the programs
 * were told.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge/sock.h"
#include "tests/road/client.h"
#include "tests/road/roles.h"
#include "tests/road/seeded.h"

#define CLIENTS_MAX 64
#define BEFORE_MS 300		/* at most, until the next kill */
#define RETURN_MS 20000
#define ANSWER_MS 20000		/* until it is given up */
#define ANSWER_GOAL_MS 2000
#define ORGANISATIONS 2

enum role { PARENT, DOOR, WORKER, STORE, VAULT, ROLES };

static const char *const names[ROLES] = { "parent", "door", "worker", "store",
	"vault" };

static struct {
	pid_t keeper, parent;
	uint64_t random;
	struct client clients[CLIENTS_MAX];
	unsigned clients_n, own_n;	/* the first ones: of SEEDED */
	unsigned kills[ROLES];
	uint64_t back_ms[ROLES], answer_ms[ROLES];	/* the longest */
	unsigned wrong;
} all;

static void
wrong(const char *what, const char *who, unsigned long long n)
{
	printf("wrong: %s killed: %s (%llu)\n", who, what, n);
	all.wrong++;
}

static unsigned
draw(unsigned n)
{
	all.random = all.random * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(all.random >> 33) % n;
}

/* ---- killing ------------------------------------------------------------- */

/* All that a backend has, and how many: of roles that are there. */
static bool
is_whole(void)
{
	pid_t pids[ROLES_MAX];

	all.parent = roles_parent(all.keeper);
	return all.parent != 0 &&
	    roles_find(all.parent, "", pids) == 3 + ORGANISATIONS + 1;
}

static bool
wait_whole(void)
{
	const uint64_t until = br_now_ms() + RETURN_MS;

	while (!is_whole()) {
		if (br_now_ms() > until)
			return false;
		usleep(2000);
	}
	return true;
}

static bool
wait_gone(pid_t pid)
{
	const uint64_t until = br_now_ms() + 5000;

	while (!roles_gone(pid)) {
		if (br_now_ms() > until)
			return false;
		usleep(1000);
	}
	return true;
}

/* Of workers, that of an organisation in turn; the platform's is before. */
static pid_t
victim(enum role role)
{
	pid_t pids[ROLES_MAX];
	const unsigned n = role == PARENT ? 0
	    : roles_find(all.parent, names[role], pids);

	if (role == PARENT)
		return all.parent;
	if (n == 0)
		return 0;
	return role == WORKER && n > 1
	    ? pids[1 + all.kills[WORKER] % (n - 1)] : pids[0];
}

static void
kill_it(enum role role)
{
	pid_t roles[ROLES_MAX];
	const unsigned n = roles_find(all.parent, "", roles);
	const pid_t pid = victim(role);

	if (pid == 0 || kill(pid, SIGKILL) < 0) {
		wrong("it is not there", names[role], 0);
		return;
	}
	if (role == VAULT || role == PARENT)
		atomic_fetch_add(&client_vaults, 1);
	if (!wait_gone(pid))
		wrong("it lives", names[role], (unsigned long long)pid);
	for (unsigned i = 0; role == PARENT && i < n; i++)
		if (!wait_gone(roles[i]))
			wrong("a role lives", names[role],
			    (unsigned long long)roles[i]);
	all.kills[role]++;
}

/* ---- what it costs ------------------------------------------------------- */

static void
count_lost(unsigned lost[CLIENTS_MAX])
{
	for (unsigned i = 0; i < all.clients_n; i++)
		lost[i] = atomic_load(&all.clients[i].lost);
}

static void
check_lost(enum role role, const unsigned before[CLIENTS_MAX])
{
	unsigned now[CLIENTS_MAX], own = 0, other = 0;

	count_lost(now);
	for (unsigned i = 0; i < all.clients_n; i++)
		*(i < all.own_n ? &own : &other) += now[i] != before[i];
	if (role == WORKER && own > 0 && other > 0)
		wrong("sessions of both organisations are lost", names[role],
		    own + other);
	else if (role != WORKER && role != PARENT && own + other > 0)
		wrong("sessions are lost", names[role], own + other);
}

/* Until SELECT was answered by each card. */
static bool
wait_answers(enum role role, uint64_t since)
{
	const uint64_t until = since + ANSWER_MS;
	unsigned i = 0;

	while (i < all.clients_n) {
		const struct client *c = &all.clients[i];

		if (c->wrong[0] != '\0')
			return false;
		if (atomic_load(&c->selected) > since) {
			i++;
		} else if (br_now_ms() > until) {
			wrong("a card does not answer", names[role], i + 1);
			return false;
		} else {
			usleep(2000);
		}
	}
	return true;
}

static void
longest(uint64_t *most, uint64_t ms)
{
	if (ms > *most)
		*most = ms;
}

static bool
round_of(enum role role)
{
	unsigned lost[CLIENTS_MAX];
	uint64_t begun, back, took;

	usleep(1000 * draw(BEFORE_MS));
	count_lost(lost);
	begun = br_now_ms();
	kill_it(role);
	if (!wait_whole()) {
		wrong("it does not come again", names[role], 0);
		return false;
	}
	back = br_now_ms();
	longest(&all.back_ms[role], back - begun);
	if (!wait_answers(role, back))
		return false;
	took = br_now_ms() - back;
	longest(&all.answer_ms[role], took);
	if (took > ANSWER_GOAL_MS)
		wrong("milliseconds until each card answers", names[role],
		    took);
	check_lost(role, lost);
	return true;
}

/* ---- clients ------------------------------------------------------------- */

static void
add_clients(const struct seeded *s, const char *sockets)
{
	for (unsigned i = 0; i < s->cards_n && all.clients_n < CLIENTS_MAX;
	     i++) {
		struct client *c = &all.clients[all.clients_n++];

		c->no = all.clients_n;
		c->random = all.random + c->no;
		c->organisation = s->organisation;
		c->card = s->cards[i];
		snprintf(c->socket, sizeof(c->socket), "%s/%u/socket",
		    sockets, c->no);
	}
}

static void
end_clients(const char *database)
{
	struct ledger *l = ledger_open(database);

	for (unsigned i = 0; i < all.clients_n; i++)
		client_stop(&all.clients[i]);
	for (unsigned i = 0; i < all.clients_n; i++) {
		struct client *c = &all.clients[i];

		if (c->wrong[0] == '\0')
			client_check(c, l);
		if (c->wrong[0] != '\0') {
			printf("wrong: %s\n", c->wrong);
			all.wrong++;
		}
	}
	ledger_close(&l);
}

static void
tell(void)
{
	struct client t = { .signs_n = 0 };
	unsigned lost = 0, blocked = 0;

	for (unsigned i = 0; i < all.clients_n; i++) {
		struct client *c = &all.clients[i];

		t.signs_acked += c->signs_acked;
		t.signs_n += c->signs_n;
		t.makes.acked += c->makes.acked;
		t.makes.found += c->makes.found;
		t.writes.acked += c->writes.acked;
		t.writes.found += c->writes.found;
		t.wrongs.acked += c->wrongs.acked;
		t.wrongs_tried += c->wrongs_tried;
		t.rights.acked += c->rights.acked;
		t.rights_tried += c->rights_tried;
		lost += atomic_load(&c->lost);
		blocked += c->blocked;
		client_clear(c);
	}
	for (unsigned i = 0; i < ROLES; i++)
		printf("%s: %u kills, back after %llu ms at most, every card "
		    "answers %llu ms later at most\n", names[i], all.kills[i],
		    (unsigned long long)all.back_ms[i],
		    (unsigned long long)all.answer_ms[i]);
	printf("told, and in the books: %u signatures (of %u), %u keys (and "
	    "%u found later), %u written (and %u), %u wrong passcodes (of "
	    "%u), %u right ones (of %u); %u sessions lost, %u cards blocked; "
	    "%u wrong\n",
	    t.signs_acked, t.signs_n, t.makes.acked, t.makes.found,
	    t.writes.acked, t.writes.found, t.wrongs.acked, t.wrongs_tried,
	    t.rights.acked, t.rights_tried, lost, blocked, all.wrong);
}

int
main(int argc, char **argv)
{
	struct seeded own, other;
	unsigned kills;

	if (argc != 8) {
		fprintf(stderr, "usage: siege KILLS SEED KEEPER DATABASE "
		    "SOCKETS SEEDED OTHER-SEEDED\n");
		return 2;
	}
	kills = (unsigned)strtoul(argv[1], NULL, 10);
	all.random = strtoull(argv[2], NULL, 10);
	all.keeper = (pid_t)strtoul(argv[3], NULL, 10);
	seeded_read(&own, argv[6]);
	seeded_read(&other, argv[7]);
	add_clients(&own, argv[5]);
	all.own_n = all.clients_n;
	add_clients(&other, argv[5]);
	if (!wait_whole())
		wrong("there is no backend", "nobody", 0);
	for (unsigned i = 0; i < all.clients_n; i++)
		client_start(&all.clients[i]);
	if (wait_answers(PARENT, br_now_ms()))
		for (unsigned i = 0; i < kills && all.wrong < 5; i++)
			if (!round_of((enum role)(i % ROLES)))
				break;
	end_clients(argv[4]);
	tell();
	seeded_clear(&own);
	seeded_clear(&other);
	return all.wrong == 0 ? 0 : 1;
}
