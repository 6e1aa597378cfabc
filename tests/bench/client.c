/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The PC/SC client of the benchmark. Prints "NAME VALUE" lines, times in
 * microseconds:
 *
 *   select READER N HEX      one APDU again and again: p50, p99
 *   cycles READER MS HEX     connect, one APDU, disconnect: per_second
 *   visits READER MS HEX     the same with a context of its own each time, as
 *                            a program that comes and goes: per_second
 *   power READER N           reset and cold power-up by reconnecting
 *   insert READER N KIND:X   a card put in until SCardGetStatusChange tells;
 *                            KIND null: X is the socket of the null handler;
 *                            KIND bridge: X is the name of a reader
 *   script READER N FILE     "once", "after", "loop" and "last HEX" lines; of
 *                            N rounds of loop and last, each followed by what
 *                            is "after" and not measured: all, last
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <winscard.h>

#include "bridge/client.h"
#include "common/hex.h"
#include "tests/bench/measure.h"

#define WARM_UP 20
#define LINES_MAX 32

static SCARDCONTEXT ctx;
static SCARDHANDLE card;
static DWORD protocol;
static double samples[COUNT_MAX];

static void
must(LONG r, const char *what)
{
	if (r != SCARD_S_SUCCESS)
		die("%s: %s", what, pcsc_stringify_error(r));
}

static void
must_cb(enum cb_err r, const char *what)
{
	if (r != CB_OK)
		die("%s: %s", what, cb_err_text(r));
}

/* ---- PC/SC ------------------------------------------------------------- */

static void
open_card(const char *reader)
{
	must(SCardConnect(ctx, reader, SCARD_SHARE_SHARED,
		 SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &card, &protocol),
	    "SCardConnect");
}

static void
send_apdu(const struct cb_buf *cmd)
{
	static BYTE rsp[65538];
	DWORD n = sizeof(rsp);

	must(SCardTransmit(card, protocol == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 :
		 SCARD_PCI_T1, cmd->p, cmd->n, NULL, rsp, &n), "SCardTransmit");
	if (n < 2 || (rsp[n - 2] != 0x90 && rsp[n - 2] != 0x61))
		die("%02X%02X: status %02X%02X", cmd->p[0], cmd->p[1],
		    n < 2 ? 0 : rsp[n - 2], n < 2 ? 0 : rsp[n - 1]);
}

static void
read_hex(struct cb_buf *b, const char *text)
{
	if (cb_hex_decode(b, text, strlen(text)) != CB_OK)
		die("%s: not hexadecimal", text);
}

static void
run_select(char **argv)
{
	struct cb_buf cmd = CB_BUF_INIT;
	size_t n = count_of(argv[1]), i;
	double start;

	read_hex(&cmd, argv[2]);
	open_card(argv[0]);
	for (i = 0; i < WARM_UP; i++)
		send_apdu(&cmd);
	for (i = 0; i < n; i++) {
		start = now_us();
		send_apdu(&cmd);
		samples[i] = now_us() - start;
	}
	printf("p50 %.2f\n", percentile(samples, n, 0.50));
	printf("p99 %.2f\n", percentile(samples, n, 0.99));
	SCardDisconnect(card, SCARD_LEAVE_CARD);
	cb_buf_free(&cmd);
}

static void
one_cycle(const char *reader, const struct cb_buf *cmd)
{
	open_card(reader);
	send_apdu(cmd);
	must(SCardDisconnect(card, SCARD_LEAVE_CARD), "SCardDisconnect");
}

static void
one_visit(const char *reader, const struct cb_buf *cmd)
{
	must(SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &ctx),
	    "SCardEstablishContext");
	one_cycle(reader, cmd);
	must(SCardReleaseContext(ctx), "SCardReleaseContext");
}

static void
again_and_again(
    char **argv, void (*once)(const char *reader, const struct cb_buf *cmd))
{
	double start, end, span = (double)count_of(argv[1]) * 1e3;
	struct cb_buf cmd = CB_BUF_INIT;
	size_t n = 0;

	read_hex(&cmd, argv[2]);
	start = now_us();
	do {
		once(argv[0], &cmd);
		n++;
		end = now_us();
	} while (end - start < span);
	printf("per_second %.1f\n", (double)n * 1e6 / (end - start));
	cb_buf_free(&cmd);
}

static void
run_cycles(char **argv)
{
	again_and_again(argv, one_cycle);
}

static void
run_visits(char **argv)
{
	again_and_again(argv, one_visit);
}

static void
run_power(char **argv)
{
	static const struct {
		const char *name;
		DWORD how;
	} kinds[] = {
		{ "reset", SCARD_RESET_CARD },
		{ "power_up", SCARD_UNPOWER_CARD },
	};
	size_t n = count_of(argv[1]), i, k;
	double start;

	open_card(argv[0]);
	for (k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		for (i = 0; i < n; i++) {
			start = now_us();
			must(SCardReconnect(card, SCARD_SHARE_SHARED,
				 SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1,
				 kinds[k].how, &protocol), "SCardReconnect");
			samples[i] = now_us() - start;
		}
		printf("%s %.2f\n", kinds[k].name,
		    percentile(samples, n, 0.50));
	}
	SCardDisconnect(card, SCARD_LEAVE_CARD);
}

/* ---- insertion --------------------------------------------------------- */

struct waiter {
	const char *reader;
	bool want_present;
	double seen_us;
};

/* A thread with a context of its own, as any program that waits. */
static void *
wait_for_card(void *arg)
{
	struct waiter *w = arg;
	SCARD_READERSTATE state = { .szReader = w->reader };
	SCARDCONTEXT own;
	bool present;

	must(SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &own),
	    "SCardEstablishContext");
	do {
		must(SCardGetStatusChange(own, 5000, &state, 1),
		    "SCardGetStatusChange");
		w->seen_us = now_us();
		state.dwCurrentState =
		    state.dwEventState & ~(DWORD)SCARD_STATE_CHANGED;
		present = (state.dwEventState & SCARD_STATE_PRESENT) != 0;
	} while (present != w->want_present);
	SCardReleaseContext(own);
	return NULL;
}

static pthread_t
start_waiting(struct waiter *w)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, wait_for_card, w) != 0)
		die("no thread");
	usleep(20000);	/* it is asleep by then */
	return thread;
}

/* Puts the card of the null handler in or out; says when. */
static double
null_move(const char *path, char what)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	double start;

	if (strlen(path) >= sizeof(un.sun_path))
		die("%s: too long", path);
	memcpy(un.sun_path, path, strlen(path));
	start = now_us();
	if (sendto(fd, &what, 1, 0, (struct sockaddr *)&un, sizeof(un)) != 1)
		die("%s: %s", path, strerror(errno));
	close(fd);
	return start;
}

static struct br_client *
bridge_dial(void)
{
	struct br_client *c = NULL;
	struct cb_why why = { "" };
	char path[4096];

	must_cb(br_socket_path(NULL, path, sizeof(path)), "socket");
	must_cb(br_connect(&c, path, 5000, &why), why.text);
	return c;
}

/* A connection that is told when the card of a reader came and went; nobody
 * reads it before the measurement is over. */
static struct br_client *
bridge_watch(const char *name)
{
	struct br_target target = { name, 0 };
	struct br_client *c = bridge_dial();
	struct br_state state;

	must_cb(br_watch(c, &target, BR_ROAD_PCSC, &state), "watch");
	return c;
}

static void
bridge_move(const char *name, char what)
{
	struct br_client *c = bridge_dial();
	struct cb_why why = { "" };

	must_cb(what == '+' ? br_reader_insert(c, name, &why) :
		br_reader_eject(c, name, &why), why.text);
	br_close(&c);
}

/* The bridge's own time stamp of the last one. */
static double
bridge_stamp(struct br_client *watcher)
{
	struct br_state state;
	bool changed;

	must_cb(br_watch_take(watcher, &state, &changed), "state");
	return (double)state.stamp_ns / 1e3;
}

static void
run_insert(char **argv)
{
	bool null = strncmp(argv[2], "null:", 5) == 0;
	const char *whom = strchr(argv[2], ':');
	struct waiter w = { .reader = argv[0] };
	struct br_client *watcher = NULL;
	size_t n = count_of(argv[1]), i;
	pthread_t thread;
	double start = 0;

	if (whom++ == NULL)
		die("%s: neither null:PATH nor bridge:NAME", argv[2]);
	if (!null)
		watcher = bridge_watch(whom);
	for (i = 0; i < 2 * n; i++) {
		w.want_present = i % 2 != 0;
		thread = start_waiting(&w);
		if (null)
			start = null_move(whom, w.want_present ? '+' : '-');
		else
			bridge_move(whom, w.want_present ? '+' : '-');
		pthread_join(thread, NULL);
		if (!null)
			start = bridge_stamp(watcher);
		samples[i / 2] = w.seen_us - start;
	}
	br_close(&watcher);
	printf("p50 %.2f\n", percentile(samples, n, 0.50));
}

/* ---- a script ---------------------------------------------------------- */

struct script {
	struct cb_buf loop[LINES_MAX];	/* the last one is "last" */
	size_t loop_n;
	struct cb_buf after;
	bool has_last;
};

/* Of one line; takes what is in *cmd or sends it. */
static void
script_line(struct script *s, const char *verb, struct cb_buf *cmd)
{
	if (strcmp(verb, "once") == 0) {
		send_apdu(cmd);
	} else if (strcmp(verb, "after") == 0) {
		cb_buf_move(&s->after, cmd);
	} else {
		if (s->loop_n == LINES_MAX || s->has_last)
			die("too many lines in a script");
		s->has_last = strcmp(verb, "last") == 0;
		cb_buf_move(&s->loop[s->loop_n++], cmd);
	}
}

static void
script_read(struct script *s, const char *path)
{
	FILE *f = fopen(path, "re");
	struct cb_buf cmd = CB_BUF_INIT;
	char line[2048], *hex;

	if (f == NULL)
		die("%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if ((hex = strchr(line, ' ')) == NULL)
			continue;
		*hex++ = '\0';
		read_hex(&cmd, hex);
		script_line(s, line, &cmd);
		cb_buf_free(&cmd);
	}
	fclose(f);
	if (!s->has_last)
		die("%s: no last line", path);
}

static void
run_script(char **argv)
{
	static double last[COUNT_MAX];
	struct script s = { .loop_n = 0 };
	size_t n = count_of(argv[1]), i, k;
	double start, mid = 0, end;

	open_card(argv[0]);
	script_read(&s, argv[2]);
	for (i = 0; i < n; i++) {
		start = now_us();
		for (k = 0; k < s.loop_n; k++) {
			mid = k + 1 == s.loop_n ? now_us() : 0;
			send_apdu(&s.loop[k]);
		}
		end = now_us();
		samples[i] = end - start;
		last[i] = end - mid;
		if (s.after.n != 0)
			send_apdu(&s.after);
	}
	printf("all %.2f\n", percentile(samples, n, 0.50));
	printf("last %.2f\n", percentile(last, n, 0.50));
	SCardDisconnect(card, SCARD_RESET_CARD);
	for (k = 0; k < s.loop_n; k++)
		cb_buf_free(&s.loop[k]);
	cb_buf_free(&s.after);
}

static const struct {
	const char *name;
	int args;		/* at least */
	bool pcsc;
	void (*run)(char **argv);
} commands[] = {
	{ "select", 3, true,  run_select },
	{ "cycles", 3, true,  run_cycles },
	{ "visits", 3, false, run_visits },
	{ "power",  2, true,  run_power },
	{ "insert", 3, true,  run_insert },
	{ "script", 3, true,  run_script },
};

int
main(int argc, char **argv)
{
	size_t i, n = sizeof(commands) / sizeof(commands[0]);

	for (i = 0; i < n; i++)
		if (argc > 1 && strcmp(argv[1], commands[i].name) == 0 &&
		    argc >= commands[i].args + 2)
			break;
	if (i == n)
		die("usage: client "
		    "select|cycles|visits|power|insert|script "
		    "READER ...; see the head of its source");
	if (commands[i].pcsc)
		must(SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL,
			 &ctx), "SCardEstablishContext");
	commands[i].run(argv + 2);
	if (commands[i].pcsc)
		SCardReleaseContext(ctx);
	return EXIT_SUCCESS;
}
