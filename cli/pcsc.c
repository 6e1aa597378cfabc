/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * PC/SC, and the one place where its codes are translated. One thread owns
 * the context and the card; a call is handed to it and waited for.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <winscard.h>

#include "cli/pcsc.h"
#include "common/until.h"

#define CALL_MS 5000		/* pcscd answers by itself */
#define CARD_MS 30000		/* a card may take its time over a command */
#define RSP_MAX 65538
#define PROTOCOLS (SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1)

typedef LONG call(struct cli_pcsc *p);

struct cli_pcsc {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;	/* CLOCK_MONOTONIC */
	call *todo;		/* NULL: the thread waits, or has ended */
	bool quit, lost;
	LONG result;

	/* What a call takes and gives: the thread's while todo is set. */
	SCARDCONTEXT context;
	SCARDHANDLE card;
	bool has_context, has_card;
	DWORD protocol;
	char reader[CLI_PCSC_NAME_MAX];
	char names[CLI_PCSC_READERS_MAX * CLI_PCSC_NAME_MAX];
	DWORD names_n;
	uint8_t atr[MAX_ATR_SIZE];
	DWORD atr_n;
	uint8_t cmd[262];
	size_t cmd_n;
	uint8_t rsp[RSP_MAX];
	DWORD rsp_n;
};

/* Foreign code, ours, and the next step. */
static const struct {
	LONG code;
	enum cb_err r;
	const char *text;
} codes[] = {
	{ SCARD_E_NO_SERVICE, CB_E_PEER,
	    "pcscd is not running: start it (systemctl start pcscd.socket)" },
	{ SCARD_E_SERVICE_STOPPED, CB_E_PEER,
	    "pcscd ended in the middle of this; start it and try again" },
	{ SCARD_F_COMM_ERROR, CB_E_PEER,
	    "pcscd ended in the middle of this; start it and try again" },
	{ SCARD_E_NO_READERS_AVAILABLE, CB_E_ABSENT,
	    "pcscd has no reader: plug one in, or make one with cardbridge "
	    "reader add and reader conf" },
	{ SCARD_E_UNKNOWN_READER, CB_E_ABSENT,
	    "the reader is gone; plug it in again" },
	{ SCARD_E_READER_UNAVAILABLE, CB_E_ABSENT,
	    "the reader is gone; plug it in again" },
	{ SCARD_E_NO_SMARTCARD, CB_E_ABSENT,
	    "there is no card in the reader: put it in and try again" },
	{ SCARD_W_REMOVED_CARD, CB_E_ABSENT,
	    "the card was taken out; put it in and try again" },
	{ SCARD_W_RESET_CARD, CB_E_PEER,
	    "the card was reset in the middle of this; try again" },
	{ SCARD_W_UNRESPONSIVE_CARD, CB_E_PEER,
	    "the card does not answer its reset: is it in the right way "
	    "round?" },
	{ SCARD_W_UNPOWERED_CARD, CB_E_PEER,
	    "the card has no power; take it out and put it in again" },
	{ SCARD_E_PROTO_MISMATCH, CB_E_PEER,
	    "the card speaks neither T=0 nor T=1" },
	{ SCARD_E_SHARING_VIOLATION, CB_E_BUSY,
	    "another program uses the card: end it (an identity agent, a "
	    "browser, ssh-agent, gpg's scdaemon) and try again" },
	{ SCARD_E_NO_ACCESS, CB_E_DENIED,
	    "pcscd does not let this user at the card (polkit): try as root, "
	    "or from a session at the machine" },
	{ SCARD_W_SECURITY_VIOLATION, CB_E_DENIED,
	    "pcscd does not let this user at the card (polkit): try as root, "
	    "or from a session at the machine" },
	{ SCARD_E_NO_MEMORY, CB_E_NOMEM, "out of memory" },
};

static enum cb_err
translate(LONG code, struct cb_why *why)
{
	if (code == SCARD_S_SUCCESS)
		return CB_OK;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (codes[i].code == code) {
			cb_why_set(why, "%s", codes[i].text);
			return codes[i].r;
		}
	}
	cb_why_set(why, "PC/SC failed: %s", pcsc_stringify_error(code));
	return CB_E_PEER;
}

/* ---- the calls, on the thread -------------------------------------------- */

static LONG
call_open(struct cli_pcsc *p)
{
	LONG r = SCardEstablishContext(
	    SCARD_SCOPE_SYSTEM, NULL, NULL, &p->context);

	p->has_context = r == SCARD_S_SUCCESS;
	return r;
}

static LONG
call_list(struct cli_pcsc *p)
{
	p->names_n = sizeof(p->names);
	return SCardListReaders(p->context, NULL, p->names, &p->names_n);
}

static LONG
call_connect(struct cli_pcsc *p)
{
	DWORD state = 0, n = 0;
	LONG r;

	r = SCardConnect(p->context, p->reader, SCARD_SHARE_EXCLUSIVE,
	    PROTOCOLS, &p->card, &p->protocol);
	if (r != SCARD_S_SUCCESS)
		return r;
	p->has_card = true;
	/* What was verified or selected before is over. */
	r = SCardReconnect(p->card, SCARD_SHARE_EXCLUSIVE, PROTOCOLS,
	    SCARD_RESET_CARD, &p->protocol);
	p->atr_n = sizeof(p->atr);
	return r != SCARD_S_SUCCESS ? r
				    : SCardStatus(p->card, NULL, &n, &state,
					  NULL, p->atr, &p->atr_n);
}

static LONG
call_transmit(struct cli_pcsc *p)
{
	const SCARD_IO_REQUEST *pci = p->protocol == SCARD_PROTOCOL_T0
	    ? SCARD_PCI_T0 : SCARD_PCI_T1;

	p->rsp_n = sizeof(p->rsp);
	return SCardTransmit(
	    p->card, pci, p->cmd, p->cmd_n, NULL, p->rsp, &p->rsp_n);
}

static LONG
call_close(struct cli_pcsc *p)
{
	if (p->has_card)
		(void)SCardDisconnect(p->card, SCARD_RESET_CARD);
	if (p->has_context)
		(void)SCardReleaseContext(p->context);
	return SCARD_S_SUCCESS;
}

static void *
run(void *arg)
{
	struct cli_pcsc *p = arg;
	LONG result;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (p->todo == NULL && !p->quit)
			pthread_cond_wait(&p->wake, &p->lock);
		if (p->todo == NULL)
			break;
		pthread_mutex_unlock(&p->lock);
		result = p->todo(p);
		pthread_mutex_lock(&p->lock);
		p->result = result;
		p->todo = NULL;
		pthread_cond_broadcast(&p->wake);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* Has the thread make a call; gives up after so long. */
static enum cb_err
await(struct cli_pcsc *p, call *what, unsigned ms, struct cb_why *why)
{
	const struct timespec end = cb_until(ms);
	int late = 0;

	if (p->lost)
		return CB_E_TIMEOUT;
	pthread_mutex_lock(&p->lock);
	p->todo = what;
	pthread_cond_broadcast(&p->wake);
	while (p->todo != NULL && late == 0)
		late = pthread_cond_timedwait(&p->wake, &p->lock, &end);
	p->lost = p->todo != NULL;
	pthread_mutex_unlock(&p->lock);
	if (!p->lost)
		return translate(p->result, why);
	cb_why_set(why, "no answer from %s within %u s; %s",
	    what == call_transmit ? "the card" : "pcscd", ms / 1000,
	    what == call_transmit
		? "take the card out and put it in again"
		: "restart it (systemctl restart pcscd)");
	return CB_E_TIMEOUT;
}

/* ---- the door ------------------------------------------------------------ */

static bool
start_thread(struct cli_pcsc *p)
{
	if (cb_until_init(&p->wake) != 0)
		return false;
	(void)pthread_mutex_init(&p->lock, NULL);
	return pthread_create(&p->thread, NULL, run, p) == 0;
}

enum cb_err
cli_pcsc_open(struct cli_pcsc **out, struct cb_why *why)
{
	struct cli_pcsc *p = calloc(1, sizeof(*p));

	*out = NULL;
	if (p == NULL)
		return CB_E_NOMEM;
	if (!start_thread(p)) {
		free(p);
		return CB_E_NOMEM;
	}
	*out = p;
	return await(p, call_open, CALL_MS, why);
}

void
cli_pcsc_close(struct cli_pcsc **pp)
{
	struct cli_pcsc *p = *pp;
	struct cb_why why;

	*pp = NULL;
	if (p == NULL || p->lost)
		return;		/* the thread has it still */
	if (await(p, call_close, CALL_MS, &why) != CB_OK)
		return;
	/* The thread is at its wait: it looks at *p once more. */
	pthread_mutex_lock(&p->lock);
	p->quit = true;
	pthread_cond_broadcast(&p->wake);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
	(void)pthread_cond_destroy(&p->wake);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}

enum cb_err
cli_pcsc_list(struct cli_pcsc *p, struct cli_pcsc_readers *out,
    struct cb_why *why)
{
	enum cb_err r = await(p, call_list, CALL_MS, why);
	size_t n;

	out->n = 0;
	if (r != CB_OK)
		return r;
	/* Names one after another, each with its NUL, then an empty one. */
	for (const char *at = p->names; at < p->names + p->names_n &&
	    out->n < CLI_PCSC_READERS_MAX; at += n + 1) {
		n = strnlen(at, (size_t)(p->names + p->names_n - at));
		if (n == 0)
			break;
		if (n >= CLI_PCSC_NAME_MAX)
			continue;
		memcpy(out->names[out->n], at, n);
		out->names[out->n++][n] = '\0';
	}
	return CB_OK;
}

enum cb_err
cli_pcsc_connect(struct cli_pcsc *p, const char *reader,
    uint8_t atr[CB_ATR_MAX], size_t *atr_n, unsigned *protocol,
    struct cb_why *why)
{
	enum cb_err r;

	*atr_n = 0;
	if (strlen(reader) >= sizeof(p->reader))
		return CB_E_ARG;
	memcpy(p->reader, reader, strlen(reader) + 1);
	if ((r = await(p, call_connect, CARD_MS, why)) != CB_OK)
		return r;
	if (p->atr_n > CB_ATR_MAX)
		return CB_E_LIMIT;
	memcpy(atr, p->atr, p->atr_n);
	*atr_n = p->atr_n;
	*protocol = p->protocol == SCARD_PROTOCOL_T0 ? 0 : 1;
	return CB_OK;
}

enum cb_err
cli_pcsc_transmit(struct cli_pcsc *p, struct cb_span cmd, struct cb_buf *rsp,
    struct cb_why *why)
{
	enum cb_err r;

	cb_buf_clear(rsp);
	if (cmd.n > sizeof(p->cmd))
		return CB_E_ARG;
	memcpy(p->cmd, cmd.p, cmd.n);
	p->cmd_n = cmd.n;
	if ((r = await(p, call_transmit, CARD_MS, why)) != CB_OK)
		return r;
	return cb_buf_set(rsp, cb_span(p->rsp, p->rsp_n));
}
