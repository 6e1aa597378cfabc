/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * One program over libpcsclite.so.1, whoever's: what a WinSCard library has
 * to answer, row by row (PC/SC part 5 as pcsc-lite does it). Run with pcscd
 * it shows that the rows are true, with ours that they are kept.
 *
 *	conform pcscd|cardbridge READER READER
 *	conform readers|fork ...	the program itself, in a process of its own
 *
 * The readers of the bridge are "one", whose card knows T=1 only and is in
 * ./one.card, and "both".
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/winscard/conform.h"

bool upstream;
const char *reader, *reader_both;

/* ---- questions to a process of its own --------------------------------- */

static unsigned long
no_service(void)
{
	SCARDCONTEXT ctx = 0;

	setenv("CARDBRIDGE_SOCKET", "/nonexistent/socket", 1);
	setenv("PCSCLITE_CSOCK_NAME", "/nonexistent/socket", 1);
	return (unsigned long)SCardEstablishContext(
	    SCARD_SCOPE_SYSTEM, NULL, NULL, &ctx);
}

static unsigned long
no_readers(void)
{
	DWORD n = 0;

	return (unsigned long)SCardListReaders(establish(), NULL, NULL, &n);
}

/* ---- fork -------------------------------------------------------------- */

/* What the child of a fork finds; each bit is something wrong. */
static int
child(SCARDCONTEXT ctx, SCARDHANDLE card)
{
	SCARDCONTEXT own;
	SCARDHANDLE k;
	int bad = 0;

	bad |= SCardIsValidContext(ctx) == SCARD_E_INVALID_HANDLE ? 0 : 1;
	bad |= transmit(card) == SCARD_E_INVALID_HANDLE ? 0 : 2;
	bad |= SCardDisconnect(card, SCARD_RESET_CARD) ==
		SCARD_E_INVALID_HANDLE ? 0 : 4;
	bad |= SCardReleaseContext(ctx) == SCARD_E_INVALID_HANDLE ? 0 : 8;
	own = establish();
	bad |= connect_to(own, reader, SCARD_SHARE_SHARED,
	    SCARD_PROTOCOL_ANY, &k) == SCARD_S_SUCCESS ? 0 : 16;
	bad |= transmit(k) == SCARD_S_SUCCESS ? 0 : 32;
	SCardReleaseContext(own);
	return bad;
}

void
rows_fork(void)
{
	SCARDCONTEXT ctx, busy;
	SCARDHANDLE card;
	struct task t;
	pid_t pid;
	int rc = -1;

	if (!runs("fork: the child's handles"))
		return;
	ctx = establish();
	busy = establish();
	card = connected(ctx, SCARD_SHARE_SHARED);
	/* one thread is in a call while another forks */
	t = (struct task){ .ctx = busy, .timeout = INFINITE };
	t.state = (SCARD_READERSTATE){ .szReader = reader,
		.dwCurrentState = SCARD_STATE_PRESENT };
	task_start(&t, task_watch);
	ok("fork: a thread waits", task_waits(&t, 50));
	fflush(stdout);
	if ((pid = fork()) == 0)
		_exit(child(ctx, card));
	waitpid(pid, &rc, 0);
	is("fork: the child's handles", (unsigned long)rc, 0);
	is("fork: the parent's context lives", SCardIsValidContext(ctx),
	    SCARD_S_SUCCESS);
	is("fork: its card", transmit(card), SCARD_S_SUCCESS);
	is("fork: its wait", SCardCancel(busy), SCARD_S_SUCCESS);
	is("fork: its wait ends", task_end(&t), SCARD_E_CANCELLED);
	SCardReleaseContext(busy);
	SCardReleaseContext(ctx);
}

/* ---- a card that nobody uses ------------------------------------------- */

static uint64_t left_ms;

void
grace_begin(void)
{
	SCARDCONTEXT ctx = establish();
	SCARDHANDLE card;

	is("grace: connect", connect_to(ctx, reader_both, SCARD_SHARE_SHARED,
		SCARD_PROTOCOL_ANY, &card), SCARD_S_SUCCESS);
	SCardDisconnect(card, SCARD_LEAVE_CARD);
	is("grace: at once", connect_to(ctx, reader_both, SCARD_SHARE_DIRECT,
		0, &card), SCARD_S_SUCCESS);
	is("grace: it has power still", status_state(card),
	    SCARD_PRESENT | SCARD_POWERED | SCARD_NEGOTIABLE);
	SCardReleaseContext(ctx);
	left_ms = now_ms();
}

/* A look at it would begin the time anew. */
void
grace_end(void)
{
	SCARDCONTEXT ctx = establish();
	SCARDHANDLE card;
	SCARD_READERSTATE st = { .szReader = reader_both };

	while (now_ms() < left_ms + 11000)
		usleep(10000);
	is("grace: direct", connect_to(ctx, reader_both, SCARD_SHARE_DIRECT,
		0, &card), SCARD_S_SUCCESS);
	is("grace: without power", status_state(card), SCARD_PRESENT);
	(void)SCardGetStatusChange(ctx, 0, &st, 1);
	ok("grace: its ATR remains", st.cbAtr > 2);
	SCardReleaseContext(ctx);
}

/* ---- all of them ------------------------------------------------------- */

int
main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 3)
		return 2;
	reader = argv[2];
	if (strcmp(argv[1], "peer") == 0)
		return peer_main();
	if (strcmp(argv[1], "no-service") == 0)
		return printf("%lX\n", no_service()) > 0 ? 0 : 1;
	if (strcmp(argv[1], "no-readers") == 0)
		return printf("%lX\n", no_readers()) > 0 ? 0 : 1;
	if (argc != 4)
		return 2;
	reader_both = argv[3];
	upstream = strcmp(argv[1], "pcscd") == 0;
	signal(SIGPIPE, SIG_IGN);	/* of a process that was ended */
	alarm(100);

	rows_context();
	rows_lists();
	rows_connect();
	rows_protocol();
	grace_begin();
	rows_status();
	rows_transmit();
	rows_reader();
	rows_transactions();
	rows_events();
	rows_changes();
	rows_waiting();
	rows_coming();
	rows_fork();
	grace_end();
	return finish();
}
