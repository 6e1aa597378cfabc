/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Random calls, legal and illegal, from several threads of several processes
 * at the same time, over a real bridge, held against a model of PC/SC's rules
 * (model.h). Processes are killed and cards pulled meanwhile.
 *
 *	schedule SEED STEPS READER	the bridge calls the reader "both"
 *
 * Its card has T=0 and T=1. CARDBRIDGE is the command. Tells the seed and what
 * happened last where something happened that may not.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <winscard.h>

#include "tests/winscard/model.h"

/* Of each process: two that use the card, one that ends the calls of these.
 * One more actor moves the card. */
#define PROCESSES 2
#define USERS 2
#define PER_PROCESS (USERS + 1)
#define MOVER (PROCESSES * PER_PROCESS)
#define DEADLINE_S 20
#define TOLD 40

struct actor {
	sem_t go;
	struct op op;
	SCARDCONTEXT ctx;	/* of a user; its helper reads it */
	SCARDHANDLE card;
	LONG code;
	bool ended;
};

static struct shared {
	struct actor a[ACTORS];
	sem_t ended;
} *sh;
static const char *reader;
static pid_t pids[PROCESSES + 1];
static bool going[ACTORS];
static unsigned seed, started;
static char told[TOLD][100];
static unsigned told_n;

static const char *const names[] = { "none", "establish", "connect",
	"reconnect", "disconnect", "begin", "end", "transmit", "status",
	"cancel", "release", "eject", "insert" };

/* ---- those who call ---------------------------------------------------- */

static LONG
move_card(const char *verb)
{
	char *argv[] = { (char *)(uintptr_t)"cardbridge",
		(char *)(uintptr_t)"reader", (char *)(uintptr_t)verb,
		(char *)(uintptr_t)"both", NULL };
	posix_spawn_file_actions_t to;
	pid_t pid;
	int rc = -1;

	posix_spawn_file_actions_init(&to);
	posix_spawn_file_actions_addopen(&to, STDOUT_FILENO, "/dev/null", 1,
	    0);
	if (posix_spawn(&pid, getenv("CARDBRIDGE"), &to, NULL, argv,
		environ) != 0 || waitpid(pid, &rc, 0) != pid)
		rc = -1;
	posix_spawn_file_actions_destroy(&to);
	return rc;
}

static LONG
send_one(SCARDHANDLE card, DWORD protocol)
{
	static const BYTE cmd[] = { 0x00, 0xCA, 0x9F, 0x7F, 0x2D };
	const SCARD_IO_REQUEST pci = { protocol, sizeof(pci) };
	BYTE rsp[300];
	DWORD n = sizeof(rsp);

	return SCardTransmit(card, &pci, cmd, sizeof(cmd), NULL, rsp, &n);
}

/* Another process has ordered what these threads do. */
static SCARDCONTEXT
context_of(unsigned actor)
{
	return __atomic_load_n(&sh->a[actor].ctx, __ATOMIC_SEQ_CST);
}

static LONG
call(struct actor *a)
{
	struct op op = a->op;
	SCARDCONTEXT ctx = 0;
	SCARDHANDLE card = 0;
	DWORD p;
	LONG rv;

	switch (op.what) {
	case OP_ESTABLISH:
		rv = SCardEstablishContext(
		    SCARD_SCOPE_SYSTEM, NULL, NULL, &ctx);
		__atomic_store_n(&a->ctx, ctx, __ATOMIC_SEQ_CST);
		return rv;
	case OP_CONNECT:
		rv = SCardConnect(
		    a->ctx, reader, op.mode, op.protocols, &card, &p);
		if (rv == SCARD_S_SUCCESS)
			a->card = card;
		return rv;
	case OP_RECONNECT:
		return SCardReconnect(
		    a->card, op.mode, op.protocols, op.disposition, &p);
	case OP_DISCONNECT:
		return SCardDisconnect(a->card, op.disposition);
	case OP_BEGIN:
		return SCardBeginTransaction(a->card);
	case OP_END:
		return SCardEndTransaction(a->card, op.disposition);
	case OP_TRANSMIT:
		return send_one(a->card, op.protocol);
	case OP_STATUS:
		return SCardStatus(
		    a->card, NULL, NULL, NULL, NULL, NULL, NULL);
	case OP_CANCEL:
		return SCardCancel(context_of(op.who));
	case OP_RELEASE:
		return SCardReleaseContext(context_of(op.who));
	default:
		return move_card(names[op.what]);
	}
}

static void *
actor_main(void *arg)
{
	struct actor *a = arg;

	for (;;) {
		while (sem_wait(&a->go) != 0)
			;
		a->code = call(a);
		__atomic_store_n(&a->ended, true, __ATOMIC_SEQ_CST);
		sem_post(&sh->ended);
	}
	return NULL;
}

static void
actors_run(unsigned first, unsigned n)
{
	pthread_t t;
	unsigned i;

	for (i = 0; i < n; i++)
		if (pthread_create(&t, NULL, actor_main, &sh->a[first + i]))
			abort();
}

/* This process has no thread beside its first, so that it may fork again. */
static pid_t
process_start(unsigned first, unsigned n)
{
	unsigned i;
	pid_t pid;

	for (i = 0; i < n; i++) {
		memset(&sh->a[first + i], 0, sizeof(struct actor));
		sem_init(&sh->a[first + i].go, 1, 0);
	}
	fflush(stdout);
	if ((pid = fork()) != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	actors_run(first, n);
	for (;;)
		pause();
}

/* ---- what is told ------------------------------------------------------ */

static void
note(const char *what, unsigned actor, const struct op *op, LONG code)
{
	snprintf(told[told_n++ % TOLD], sizeof(told[0]),
	    "actor %u: %s %s mode %u, protocols %u, disposition %u, PCI %u, "
	    "of %u: %lX", actor, what, names[op->what], op->mode,
	    op->protocols, op->disposition, op->protocol, op->who,
	    (unsigned long)code);
}

static void
wrong(const char *why)
{
	unsigned i;

	printf("seed %u, call %u: %s\n", seed, started, why);
	for (i = told_n > TOLD ? told_n - TOLD : 0; i < told_n; i++)
		printf("  %s\n", told[i % TOLD]);
	for (i = 0; i < ACTORS; i++)
		if (going[i])
			printf("  actor %u has not ended\n", i);
	model_print();
	exit(1);
}

/* ---- choosing ---------------------------------------------------------- */

static unsigned
below(unsigned n)
{
	static unsigned state;
	static bool begun;

	if (!begun)
		state = seed;
	begun = true;
	return (unsigned)rand_r(&state) % n;
}

#define PICK(list) (list)[below(sizeof(list) / sizeof((list)[0]))]

static struct op
choose(const struct actor *a)
{
	static const uint8_t modes[] = { 2, 2, 2, 2, 2, 2, 1, 3, 9 };
	static const uint8_t protocols[] = { 3, 3, 3, 3, 3, 2, 1, 7, 0, 8 };
	static const uint8_t dispositions[] = { 0, 0, 0, 0, 0, 1, 2, 3, 4 };
	static const uint8_t pcis[] = { 2, 2, 2, 4, 1 };
	static const uint8_t calls[] = { OP_BEGIN, OP_BEGIN, OP_BEGIN, OP_END,
		OP_END, OP_END, OP_END, OP_TRANSMIT, OP_TRANSMIT, OP_TRANSMIT,
		OP_STATUS, OP_RECONNECT, OP_RECONNECT, OP_DISCONNECT };
	struct op op = { .what = PICK(calls) };

	if (a->ctx == 0)
		op.what = OP_ESTABLISH;
	else if (a->card == 0 && below(8) != 0)
		op.what = OP_CONNECT;
	if (op.what == OP_CONNECT || op.what == OP_RECONNECT) {
		op.mode = PICK(modes);
		op.protocols = PICK(protocols);
	}
	if (op.what == OP_RECONNECT || op.what == OP_DISCONNECT ||
	    op.what == OP_END)
		op.disposition = PICK(dispositions);
	if (op.what == OP_TRANSMIT)
		op.protocol = PICK(pcis);
	return op;
}

static void
start(unsigned i, const struct op *op)
{
	going[i] = true;
	started++;
	sh->a[i].op = *op;
	__atomic_store_n(&sh->a[i].ended, false, __ATOMIC_SEQ_CST);
	note("begins", i, op, 0);
	model_begin(i, op);
	sem_post(&sh->a[i].go);
}

/* ---- what came of it --------------------------------------------------- */

static void
forget(unsigned i)
{
	sh->a[i].ctx = 0;
	sh->a[i].card = 0;
}

static void
take(unsigned i)
{
	struct actor *a = &sh->a[i];

	going[i] = false;
	note("ends", i, &a->op, a->code);
	if (!model_end(i, (unsigned long)a->code))
		wrong("that call may not end so");
	if (a->op.what == OP_DISCONNECT && a->code == SCARD_S_SUCCESS)
		a->card = 0;
}

static bool
take_ended(void)
{
	bool any = false;
	unsigned i;

	for (i = 0; i < ACTORS; i++)
		if (going[i] && __atomic_load_n(&sh->a[i].ended,
			__ATOMIC_SEQ_CST)) {
			take(i);
			any = true;
		}
	return any;
}

static bool
wait_ended(unsigned ms)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec += (long)(ms % 1000) * 1000000;
	t.tv_sec += ms / 1000 + t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	while (sem_timedwait(&sh->ended, &t) != 0)
		if (errno == ETIMEDOUT)
			return false;
	return true;
}

static bool
all_idle(void)
{
	unsigned i;

	for (i = 0; i < ACTORS; i++)
		if (going[i])
			return false;
	return true;
}

/* Until nobody can go on, as far as is known. Where somebody must be able to,
 * he does in time. */
static void
gather(void)
{
	bool stuck;

	for (;;) {
		while (take_ended())
			;
		if (all_idle())
			return;
		stuck = model_stuck();
		if (!wait_ended(stuck ? 2 + below(8) : DEADLINE_S * 1000) &&
		    !take_ended()) {
			if (!stuck)
				wrong("nobody goes on, though one may");
			return;
		}
	}
}

/* What was left behind is found by the bridge in this time. */
static void
settle(void)
{
	const struct timespec t = { .tv_nsec = 300000000 };

	gather();
	nanosleep(&t, NULL);
	gather();
	if (!model_settle())
		wrong("the dead hold something still");
}

static void
kill_one(void)
{
	unsigned p = below(PROCESSES), i;

	take_ended();
	kill(pids[p], SIGKILL);
	waitpid(pids[p], NULL, 0);
	snprintf(told[told_n++ % TOLD], sizeof(told[0]), "process %u dies", p);
	for (i = p * PER_PROCESS; i < (p + 1) * PER_PROCESS; i++) {
		going[i] = false;
		model_kill(i);
	}
	pids[p] = process_start(p * PER_PROCESS, PER_PROCESS);
	settle();
}

static void
help(unsigned i)
{
	struct op op = { .what = below(12) == 0 ? OP_RELEASE : OP_CANCEL };

	op.who = (uint8_t)(i - i % PER_PROCESS + below(USERS));
	if (sh->a[op.who].ctx == 0 || going[i])
		return;
	start(i, &op);
	if (op.what == OP_CANCEL)
		return;
	settle();
	if (going[op.who])
		wrong("a call outlives its context");
	forget(op.who);
}

static void
one_round(void)
{
	struct op op;
	unsigned n = 1 + below(3), i;

	for (; n > 0; n--) {
		i = below(MOVER);
		if (i % PER_PROCESS == USERS) {
			if (below(3) == 0)
				help(i);
			continue;
		}
		if (going[i])
			continue;
		op = choose(&sh->a[i]);
		start(i, &op);
	}
	if (below(40) == 0 && !going[MOVER]) {
		op = (struct op){ .what = below(2) != 0 ? OP_EJECT : OP_INSERT };
		start(MOVER, &op);
	}
	if (below(100) == 0)
		kill_one();
	gather();
}

int
main(int argc, char **argv)
{
	unsigned steps, i, most = 0;

	if (argc != 4)
		return 2;
	seed = (unsigned)strtoul(argv[1], NULL, 10);
	steps = (unsigned)strtoul(argv[2], NULL, 10);
	reader = argv[3];
	sh = mmap(NULL, sizeof(*sh), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (sh == MAP_FAILED)
		return 2;
	sem_init(&sh->ended, 1, 0);
	for (i = 0; i < PROCESSES; i++)
		pids[i] = process_start(i * PER_PROCESS, PER_PROCESS);
	pids[PROCESSES] = process_start(MOVER, 1);
	model_reset();
	while (started < steps) {
		one_round();
		if (model_states() > most)
			most = model_states();
	}
	printf("seed %u: %u calls, %u states at most\n", seed, started, most);
	for (i = 0; i <= PROCESSES; i++)
		kill(pids[i], SIGKILL);
	return 0;
}
