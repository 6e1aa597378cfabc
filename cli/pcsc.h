/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The command's door to PC/SC: readers of pcscd and the card in one of them,
 * for `card probe`. The card is taken exclusively and reset before and after:
 * no other program talks to it meanwhile, and nobody's login is ridden on.
 *
 * Calls of libpcsclite have no deadline: a thread makes them, and who waits
 * for it gives up in time. After CB_E_TIMEOUT only cli_pcsc_close makes
 * sense; the thread is left behind and ends with the process, and pcscd, when
 * it sees that, resets the card.
 */
#ifndef CLI_PCSC_H
#define CLI_PCSC_H

#include "common/atr.h"
#include "common/buf.h"

struct cli_pcsc;

#define CLI_PCSC_READERS_MAX 32
#define CLI_PCSC_NAME_MAX 128

struct cli_pcsc_readers {
	char names[CLI_PCSC_READERS_MAX][CLI_PCSC_NAME_MAX];
	size_t n;
};

/* CB_E_PEER: no pcscd. CB_E_TIMEOUT. *why says what to do next, here and
 * below. */
CB_MUST_USE enum cb_err cli_pcsc_open(
    struct cli_pcsc **out, struct cb_why *why);
void cli_pcsc_close(struct cli_pcsc **p);

CB_MUST_USE enum cb_err cli_pcsc_list(struct cli_pcsc *p,
    struct cli_pcsc_readers *out, struct cb_why *why);
/* CB_E_ABSENT: no such reader, or no card in it; CB_E_BUSY: another program
 * has it; CB_E_DENIED: pcscd lets this user not. */
CB_MUST_USE enum cb_err cli_pcsc_connect(struct cli_pcsc *p,
    const char *reader, uint8_t atr[CB_ATR_MAX], size_t *atr_n,
    unsigned *protocol, struct cb_why *why);
/* CB_E_ABSENT: the card was taken out. *rsp is replaced. */
CB_MUST_USE enum cb_err cli_pcsc_transmit(struct cli_pcsc *p,
    struct cb_span cmd, struct cb_buf *rsp, struct cb_why *why);

#endif
