/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Two cards used at once, by a thread each, beside one of them alone:
 *
 *   pair READER READER MS HEX BRIDGE
 *
 * sends the APDU again and again, in turns of MS, and prints of the median
 * turn "one APDUS_PER_SECOND" and "two APDUS_PER_SECOND", the latter of both
 * together. Where there are two cores, it prints "one-apart" and "two-apart"
 * as well: of turns in which each card has a core for itself, for the thread
 * that uses it and the one that serves it (in the process BRIDGE). Those do
 * not depend on how the kernel spreads the threads.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <winscard.h>

#include "common/hex.h"
#include "tests/bench/measure.h"
#include "tests/bench/thread.h"

#define TURNS 11
#define CARDS 2
#define WAKES 100
#define PAUSE_US 500

struct user {
	const char *reader;
	SCARDHANDLE card;
	DWORD protocol;
	unsigned long count;
	pthread_t thread;
	pid_t served_by;	/* the bridge's thread for this card */
	cpu_set_t cores;	/* for both threads */
};

static struct cb_buf cmd = CB_BUF_INIT;
static atomic_bool over;

static void
must(LONG r, const char *what)
{
	if (r != SCARD_S_SUCCESS)
		die("%s: %s", what, pcsc_stringify_error(r));
}

/* A context each: calls of one context take turns. */
static void
open_card(struct user *u)
{
	SCARDCONTEXT ctx;

	must(SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &ctx),
	    "SCardEstablishContext");
	must(SCardConnect(ctx, u->reader, SCARD_SHARE_SHARED,
		 SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &u->card,
		 &u->protocol), "SCardConnect");
}

static void
use_once(struct user *u)
{
	BYTE rsp[258];
	DWORD n = sizeof(rsp);

	must(SCardTransmit(u->card, u->protocol == SCARD_PROTOCOL_T0 ?
		 SCARD_PCI_T0 : SCARD_PCI_T1, cmd.p, cmd.n, NULL, rsp, &n),
	    "SCardTransmit");
	if (n < 2 || (rsp[n - 2] != 0x90 && rsp[n - 2] != 0x61))
		die("no success");
}

/* With pauses: who serves this card falls asleep in each. */
static void
use_often(void *arg)
{
	for (int i = 0; i < WAKES; i++) {
		usleep(PAUSE_US);
		use_once(arg);
	}
}

static void *
use(void *arg)
{
	struct user *u = arg;

	thread_keep_to(0, &u->cores);
	for (u->count = 0; !atomic_load(&over); u->count++)
		use_once(u);
	return NULL;
}

static double
turn(struct user *users, size_t n, size_t ms)
{
	double start = now_us();
	unsigned long count = 0;
	size_t i;

	atomic_store(&over, false);
	for (i = 0; i < n; i++)
		if (pthread_create(&users[i].thread, NULL, use, &users[i]) != 0)
			die("no thread");
	usleep((useconds_t)(ms * 1000));
	atomic_store(&over, true);
	for (i = 0; i < n; i++) {
		pthread_join(users[i].thread, NULL);
		count += users[i].count;
	}
	return (double)count * 1e6 / (now_us() - start);
}

static void
spread(struct user *users, const cpu_set_t cores[CARDS])
{
	for (size_t i = 0; i < CARDS; i++) {
		users[i].cores = cores[i];
		thread_keep_to(users[i].served_by, &cores[i]);
	}
}

/* The first of those that this process may use; false: there are too few. */
static bool
a_core_each(const cpu_set_t *ours, cpu_set_t cores[CARDS])
{
	size_t n = 0;

	for (size_t i = 0; i < CPU_SETSIZE && n < CARDS; i++)
		if (CPU_ISSET(i, ours)) {
			CPU_ZERO(&cores[n]);
			CPU_SET(i, &cores[n]);
			n++;
		}
	return n == CARDS;
}

/* One card and both, in turns. */
static void
measure(struct user *users, size_t ms, const char *how)
{
	double one[TURNS], two[TURNS];

	for (size_t i = 0; i < TURNS; i++) {
		one[i] = turn(users, 1, ms);
		two[i] = turn(users, CARDS, ms);
	}
	printf("one%s %.1f\n", how, percentile(one, TURNS, 0.5));
	printf("two%s %.1f\n", how, percentile(two, TURNS, 0.5));
}

int
main(int argc, char **argv)
{
	struct user users[CARDS] = { { .reader = NULL } };
	cpu_set_t all, each[CARDS];
	pid_t bridge;
	size_t ms;

	if (argc != 6)
		die("usage: pair READER READER MS HEX BRIDGE");
	if (cb_hex_decode(&cmd, argv[4], strlen(argv[4])) != CB_OK)
		die("%s: not hexadecimal", argv[4]);
	ms = count_of(argv[3]);
	if (sched_getaffinity(0, sizeof(all), &all) != 0)
		die("no cores are told");
	bridge = (pid_t)strtol(argv[5], NULL, 10);
	for (size_t i = 0; i < CARDS; i++) {
		users[i].reader = argv[1 + i];
		users[i].cores = all;
		open_card(&users[i]);
		users[i].served_by = thread_woken(bridge, use_often,
		    &users[i], WAKES / 2);
	}
	if (users[0].served_by == users[1].served_by)
		die("both cards are served by one thread");
	measure(users, ms, "");
	/* last: threads stay where they were put */
	if (a_core_each(&all, each)) {
		spread(users, each);
		measure(users, ms, "-apart");
	}
	cb_buf_free(&cmd);
	return EXIT_SUCCESS;
}
