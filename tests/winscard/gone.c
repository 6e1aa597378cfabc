/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What the library answers when its bridge is killed, stopped, or started
 * anew, from whatever a program is doing then. Starts the bridge itself, on
 * CARDBRIDGE_SOCKET:
 *
 *	gone READER EXCHANGE-MS CARDBRIDGED [OPTION]...
 *
 * SIGPIPE stays as it is, which would end this program.
 */
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/winscard/conform.h"

#define NO_SERVICE SCARD_E_NO_SERVICE
#define GONE SCARD_E_READER_UNAVAILABLE
#define PRESENT SCARD_STATE_PRESENT
#define PNP "\\\\?PnP?\\Notification"

bool upstream;
const char *reader, *reader_both;
const struct difference differences[] = { { NULL, NOT_RUN, 0, NULL } };
const size_t differences_n = 0;

/* "At once", on a machine that has much to do; clearly less than a deadline. */
#define AT_ONCE_MS 700

static char **bridge_argv;
static pid_t bridge_pid;
static unsigned exchange_ms;

/* ---- the bridge -------------------------------------------------------- */

static void
bridge_up(void)
{
	uint64_t end = now_ms() + 10000;
	SCARDCONTEXT ctx;
	LONG rv;

	if (posix_spawnp(&bridge_pid, bridge_argv[0], NULL, NULL, bridge_argv,
		environ) != 0)
		bail("no bridge");
	while ((rv = SCardEstablishContext(0, NULL, NULL, &ctx)) !=
	    SCARD_S_SUCCESS) {
		if (now_ms() > end)
			bail("the bridge does not answer");
		usleep(5000);
	}
	SCardReleaseContext(ctx);
}

/* A signal that has done its work. */
static void
bridge_is(int sig, int how)
{
	int rc;

	if (kill(bridge_pid, sig) != 0 || waitpid(bridge_pid, &rc, how) < 0)
		bail("the bridge is gone already");
}

static void
bridge_die(void)
{
	bridge_is(SIGKILL, 0);
	bridge_pid = 0;
}

static void
bridge_down(void)
{
	if (bridge_pid != 0)
		kill(bridge_pid, SIGKILL);
}

/* ---- every function ---------------------------------------------------- */

struct place {
	SCARDCONTEXT ctx;
	SCARDHANDLE card;
};

static LONG
do_establish(const struct place *p)
{
	SCARDCONTEXT ctx = 1;
	LONG rv = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &ctx);

	(void)p;
	ok("establish: there is no context", ctx == 0);
	return rv;
}

static LONG
do_list(const struct place *p)
{
	DWORD n = 0;

	return SCardListReaders(p->ctx, NULL, NULL, &n);
}

static LONG
do_groups(const struct place *p)
{
	DWORD n = 0;

	return SCardListReaderGroups(p->ctx, NULL, &n);
}

static LONG
look_at(SCARDCONTEXT ctx, const char *name)
{
	SCARD_READERSTATE st = { .szReader = name };

	return SCardGetStatusChange(ctx, 0, &st, 1);
}

static LONG
do_change(const struct place *p)
{
	return look_at(p->ctx, reader);
}

static LONG
do_change_pnp(const struct place *p)
{
	return look_at(p->ctx, PNP);
}

static LONG
do_connect(const struct place *p)
{
	SCARDHANDLE card = 1;
	LONG rv = connect_to(
	    p->ctx, reader, SCARD_SHARE_SHARED, SCARD_PROTOCOL_ANY, &card);

	ok("connect: there is no card", card == 0);
	return rv;
}

static LONG
do_reconnect(const struct place *p)
{
	return reconnect(p->card, SCARD_SHARE_SHARED, SCARD_RESET_CARD);
}

static LONG
do_status(const struct place *p)
{
	return status(p->card);
}

static LONG
do_begin(const struct place *p)
{
	return SCardBeginTransaction(p->card);
}

static LONG
do_transmit(const struct place *p)
{
	return transmit(p->card);
}

static LONG
do_end(const struct place *p)
{
	return SCardEndTransaction(p->card, SCARD_RESET_CARD);
}

static LONG
do_control(const struct place *p)
{
	BYTE rsp[64];

	return SCardControl(p->card, CM_IOCTL_GET_FEATURE_REQUEST, NULL, 0,
	    rsp, sizeof(rsp), NULL);
}

static LONG
do_get(const struct place *p)
{
	DWORD n = 0;

	return SCardGetAttrib(p->card, SCARD_ATTR_ATR_STRING, NULL, &n);
}

static LONG
do_set(const struct place *p)
{
	return SCardSetAttrib(p->card, SCARD_ATTR_ATR_STRING,
	    (const BYTE *)"", 1);
}

static LONG
do_valid(const struct place *p)
{
	return SCardIsValidContext(p->ctx);
}

static LONG
do_cancel(const struct place *p)
{
	return SCardCancel(p->ctx);
}

static LONG
do_free(const struct place *p)
{
	return SCardFreeMemory(p->ctx, calloc(1, 1));
}

static LONG
do_disconnect(const struct place *p)
{
	return SCardDisconnect(p->card, SCARD_RESET_CARD);
}

static LONG
do_release(const struct place *p)
{
	return SCardReleaseContext(p->ctx);
}

/* All of them. The last ones are answered without a bridge: what a program
 * has it can give back. */
static const struct {
	const char *name;
	LONG (*call)(const struct place *p);
	LONG want;
} functions[] = {
	{ "establish", do_establish, NO_SERVICE },
	{ "list", do_list, NO_SERVICE },
	{ "change", do_change, NO_SERVICE },
	{ "change, PnP", do_change_pnp, NO_SERVICE },
	{ "connect", do_connect, NO_SERVICE },
	{ "reconnect", do_reconnect, GONE },
	{ "status", do_status, GONE },
	{ "begin", do_begin, GONE },
	{ "transmit", do_transmit, GONE },
	{ "end", do_end, GONE },
	{ "control", do_control, GONE },
	{ "get", do_get, GONE },
	{ "set", do_set, SCARD_E_UNSUPPORTED_FEATURE },
	{ "groups", do_groups, SCARD_S_SUCCESS },
	{ "valid", do_valid, SCARD_S_SUCCESS },
	{ "cancel", do_cancel, SCARD_S_SUCCESS },
	{ "free", do_free, SCARD_S_SUCCESS },
	{ "disconnect", do_disconnect, SCARD_S_SUCCESS },
	{ "release", do_release, SCARD_S_SUCCESS },
};

static struct place
place(void)
{
	struct place p = { .ctx = establish() };

	p.card = connected(p.ctx, SCARD_SHARE_SHARED);
	return p;
}

static void
row(const char *when, const char *what, LONG got, LONG want)
{
	char name[96];

	snprintf(name, sizeof(name), "%s: %s", when, what);
	is(name, got, want);
}

static void
soon(const char *when, const char *what, uint64_t since, uint64_t until,
    uint64_t limit)
{
	char name[96];

	snprintf(name, sizeof(name), "%s: %s, soon", when, what);
	ok(name, until - since < limit);
	if (until - since >= limit)
		printf("# %llu ms\n", (unsigned long long)(until - since));
}

/* Each of them on a place of its own, as if it were the first that finds out;
 * then once more on one place, in this order. */
static void
rows_every(const char *when, struct place *own, struct place *one)
{
	char again[64];
	uint64_t from;
	size_t i;
	LONG rv;

	snprintf(again, sizeof(again), "%s, again", when);
	for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		if (own != NULL) {
			from = now_ms();
			rv = functions[i].call(&own[i]);
			row(when, functions[i].name, rv, functions[i].want);
			soon(when, functions[i].name, from, now_ms(),
			    AT_ONCE_MS);
		}
		from = now_ms();
		rv = functions[i].call(one);
		row(again, functions[i].name, rv, functions[i].want);
		soon(again, functions[i].name, from, now_ms(), AT_ONCE_MS);
	}
}

/* ---- what waits -------------------------------------------------------- */

/* One owner of a transaction, and who waits for it, or for changes. */
static struct place owner;
static struct task changes, readers, begin, command;

static void
all_wait(void)
{
	owner = place();
	changes = (struct task){ .ctx = establish(), .timeout = INFINITE };
	changes.state = (SCARD_READERSTATE){ .szReader = reader,
		.dwCurrentState = PRESENT };
	readers = (struct task){ .ctx = establish(), .timeout = INFINITE };
	readers.state = (SCARD_READERSTATE){ .szReader = PNP };
	begin = (struct task){ .ctx = establish() };
	begin.card = connected(begin.ctx, SCARD_SHARE_SHARED);
	command = (struct task){ .ctx = establish() };
	command.card = connected(command.ctx, SCARD_SHARE_SHARED);
}

static void
all_start(void)
{
	if (SCardBeginTransaction(owner.card) != SCARD_S_SUCCESS)
		bail("no transaction");
	task_start(&changes, task_watch);
	task_start(&readers, task_watch);
	task_start(&begin, task_begin);
	task_start(&command, task_transmit);
	ok("they wait", task_waits(&command, 100) && task_waits(&begin, 1) &&
		task_waits(&readers, 1) && task_waits(&changes, 1));
}

static void
all_release(void)
{
	SCardReleaseContext(owner.ctx);
	SCardReleaseContext(changes.ctx);
	SCardReleaseContext(readers.ctx);
	SCardReleaseContext(begin.ctx);
	SCardReleaseContext(command.ctx);
}

static void
ends(const char *when, const char *what, struct task *t, LONG want,
    uint64_t since, uint64_t limit)
{
	row(when, what, task_end(t), want);
	soon(when, what, since, t->ended_ms, limit);
}

static void
works(const char *when)
{
	struct place p = place();

	row(when, "a new context works", transmit(p.card), SCARD_S_SUCCESS);
	SCardReleaseContext(p.ctx);
}

/* ---- killed ------------------------------------------------------------ */

#define FUNCTIONS (sizeof(functions) / sizeof(functions[0]))

/* Places for all. */
static void
places(struct place *own, struct place *one)
{
	size_t i;

	for (i = 0; i < FUNCTIONS; i++)
		own[i] = place();
	*one = place();
}

static void
rows_killed(void)
{
	struct place own[FUNCTIONS], one;
	uint64_t from;
	size_t i;

	places(own, &one);
	all_wait();
	all_start();
	from = now_ms();
	bridge_die();
	ends("killed", "a wait for changes", &changes, NO_SERVICE, from,
	    AT_ONCE_MS);
	ends("killed", "a wait for readers", &readers, NO_SERVICE, from,
	    AT_ONCE_MS);
	ends("killed", "a waiting begin", &begin, GONE, from, AT_ONCE_MS);
	ends("killed", "a waiting command", &command, GONE, from, AT_ONCE_MS);
	row("killed", "the owner's command", transmit(owner.card), GONE);
	rows_every("killed", own, &one);

	/* another one: what was the old one's is not its */
	bridge_up();
	row("anew", "a card of the old one", transmit(own[0].card), GONE);
	row("anew", "a context of the old one", do_list(&own[0]),
	    NO_SERVICE);
	row("anew", "connect in it", do_connect(&own[0]), NO_SERVICE);
	works("anew");
	for (i = 0; i + 1 < FUNCTIONS; i++)
		SCardReleaseContext(own[i].ctx);
	all_release();
}

/* Killed and back before anybody asks. */
static void
rows_replaced(void)
{
	struct place p = place();

	bridge_die();
	bridge_up();
	row("replaced", "a card of the old one", transmit(p.card), GONE);
	row("replaced", "a context of the old one", do_list(&p), NO_SERVICE);
	row("replaced", "disconnect", do_disconnect(&p), SCARD_S_SUCCESS);
	row("replaced", "release", do_release(&p), SCARD_S_SUCCESS);
	works("replaced");
}

/* ---- stopped ----------------------------------------------------------- */

static LONG
task_establish(struct task *t)
{
	return SCardEstablishContext(0, NULL, NULL, &t->ctx);
}

static LONG
task_release(struct task *t)
{
	return SCardReleaseContext(t->ctx);
}

/* Two handles in a context that is released cost one deadline, not two. */
static void
rows_stopped(void)
{
	/* the kernel's timers may be early by an eighth, the machine late */
	const uint64_t early = exchange_ms - exchange_ms / 8;
	const uint64_t late = exchange_ms + AT_ONCE_MS;
	struct task t = { .ctx = 0 }, lasting, timed, dial = { .ctx = 0 };
	struct task release = { .ctx = establish() };
	struct place one = place(), quiet = place();
	uint64_t from;

	t.ctx = establish();
	t.card = connected(t.ctx, SCARD_SHARE_SHARED);
	(void)connected(release.ctx, SCARD_SHARE_SHARED);
	(void)connected(release.ctx, SCARD_SHARE_SHARED);
	all_wait();
	timed = lasting = (struct task){ .timeout = INFINITE };
	lasting.ctx = establish();
	timed.ctx = establish();
	lasting.state = timed.state = changes.state;
	timed.timeout = exchange_ms / 2;
	all_start();
	task_start(&lasting, task_watch);
	ok("stopped: one more waits", task_waits(&lasting, 50));
	bridge_is(SIGSTOP, WUNTRACED);
	from = now_ms();
	task_start(&timed, task_watch);
	task_start(&t, task_transmit);
	task_start(&dial, task_establish);
	task_start(&release, task_release);

	/* nothing happens, so who waits for it notices nothing */
	is("stopped: cancel", SCardCancel(changes.ctx), SCARD_S_SUCCESS);
	ends("stopped", "a wait that is cancelled", &changes,
	    SCARD_E_CANCELLED, from, AT_ONCE_MS);
	is("stopped: release", SCardReleaseContext(readers.ctx),
	    SCARD_S_SUCCESS);
	ends("stopped", "a wait that is released", &readers,
	    SCARD_E_CANCELLED, from, AT_ONCE_MS);
	ends("stopped", "a command on its way", &t, GONE, from, late);
	ok("stopped: it has its deadline", t.ended_ms - from >= early);
	ends("stopped", "a waiting begin", &begin, GONE, from, late);
	ends("stopped", "a waiting command", &command, GONE, from, late);
	ends("stopped", "a release with two cards", &release,
	    SCARD_S_SUCCESS, from, late + AT_ONCE_MS);
	ends("stopped", "a look with a time of its own", &timed, NO_SERVICE,
	    from, late);
	/* those that have found out do not wait again */
	(void)transmit(one.card);
	(void)do_list(&one);
	row("stopped", "establish", task_end(&dial), NO_SERVICE);
	ok("stopped: it is not waited for longer than that",
	    dial.ended_ms - from < 5000 + AT_ONCE_MS);

	ok("stopped: one waits on", task_waits(&lasting, 1));
	bridge_is(SIGCONT, WCONTINUED);
	row("continued", "a transaction goes on",
	    SCardEndTransaction(owner.card, SCARD_LEAVE_CARD),
	    SCARD_S_SUCCESS);
	row("continued", "who has not asked meanwhile", transmit(quiet.card),
	    SCARD_S_SUCCESS);
	row("continued", "and its context", do_list(&quiet),
	    SCARD_S_SUCCESS);
	row("continued", "who has", transmit(one.card), GONE);
	bridge("eject", "one", NULL);
	row("continued", "who has waited", task_end(&lasting),
	    SCARD_S_SUCCESS);
	ok("continued: it sees the card go",
	    (lasting.state.dwEventState & SCARD_STATE_EMPTY) != 0);
	bridge("insert", "one", NULL);
	works("continued");
	SCardReleaseContext(one.ctx);
	SCardReleaseContext(quiet.ctx);
	SCardReleaseContext(t.ctx);
	SCardReleaseContext(lasting.ctx);
	SCardReleaseContext(timed.ctx);
	all_release();
}

/* A command was sent, and there will be no answer. */
static void
rows_on_its_way(void)
{
	struct place p = place();
	struct task t = { .ctx = p.ctx, .card = p.card };
	uint64_t from;

	bridge_is(SIGSTOP, WUNTRACED);
	task_start(&t, task_transmit);
	ok("on its way: it waits", task_waits(&t, 100));
	from = now_ms();
	bridge_die();
	ends("on its way", "it is over", &t, GONE, from, AT_ONCE_MS);
	bridge_up();
	works("on its way");
	SCardReleaseContext(p.ctx);
}

int
main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 4)
		return 2;
	reader = argv[1];
	exchange_ms = (unsigned)strtoul(argv[2], NULL, 10);
	bridge_argv = argv + 3;
	atexit(bridge_down);
	alarm(60);
	bridge_up();
	rows_killed();
	rows_replaced();
	rows_stopped();
	rows_on_its_way();
	return finish();
}
