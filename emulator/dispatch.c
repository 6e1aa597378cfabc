/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The way of a command inside the card: class byte, GET RESPONSE, command
 * chaining, the row of the selected applet's table, and the form of the
 * answer in T=0 and T=1 (ISO 7816-4, 5.1.1, 5.3; 7816-3, 12.2).
 *
 * Order of checks: class, INS, P1-P2, length of data, then the command's own.
 */
#include "common/apdu.h"
#include "emulator/applets/applet.h"

#define CLA_CHAIN 0x10
#define CLA_SM 0x0C
#define CLA_CHANNEL 0x03
#define INS_GET_RESPONSE 0xC0
#define INS_SELECT 0xA4

static const struct emu_cmd *
table_find(const struct emu_cmd *cmds, size_t n, const struct emu_call *c,
    uint16_t *sw)
{
	bool ins = false, cla = false;

	for (size_t i = 0; i < n; i++) {
		const struct emu_cmd *cmd = &cmds[i];

		if (cmd->ins != c->ins)
			continue;
		ins = true;
		if (cmd->cla != (c->cla & ~CLA_CHAIN))
			continue;
		cla = true;
		if ((c->p1 & cmd->p1_mask) == cmd->p1 &&
		    (c->p2 & cmd->p2_mask) == cmd->p2)
			return cmd;
	}
	*sw = !ins ? SW_INS : !cla ? SW_CLA : SW_WRONG_P1P2;
	return NULL;
}

static const struct emu_cmd *
row_find(const struct emu_call *c, uint16_t *sw)
{
	const struct emu_cmd *cmd;

	if (c->app != NULL)
		return table_find(c->app->applet->cmds,
		    c->app->applet->cmds_n, c, sw);
	cmd = table_find(emu_cm_cmds, emu_cm_cmds_n, c, sw);
	if (cmd == NULL && *sw == SW_INS)
		*sw = emu_sw(c->card, EMU_ANS_CM_OTHER);
	return cmd;
}

/* ---- answers -------------------------------------------------------------------- */

static uint16_t
more_sw(size_t left)
{
	return (uint16_t)(SW_MORE | (left > 255 ? 0 : left));
}

/* Keeps what is beyond `n` bytes of *rsp for GET RESPONSE. */
static uint16_t
keep_rest(struct emu_card *card, struct cb_buf *rsp, size_t n)
{
	if (cb_buf_set(&card->pending,
		cb_span_tail(cb_buf_span(rsp), n)) != CB_OK ||
	    cb_buf_truncate(rsp, n) != CB_OK) {
		cb_buf_clear(rsp);
		cb_buf_free(&card->pending);
		return SW_UNKNOWN;
	}
	return more_sw(card->pending.n);
}

/* Gives data and SW the form that protocol and case ask for. */
static uint16_t
answer(struct emu_card *card, const struct cb_apdu *apdu, uint16_t sw,
    struct cb_buf *rsp)
{
	size_t room = apdu->ne != 0 ? apdu->ne : 256;
	size_t n;

	if (rsp->n == 0 || (sw != SW_OK && (sw & 0xFF00) != 0x6200))
		return sw;
	if (card->proto == EMU_T0 && apdu->data.n > 0)
		return keep_rest(card, rsp, 0);	/* case 4: 61xx */
	if (rsp->n <= room)
		return sw;
	n = rsp->n;
	if (apdu->data.n == 0 && apdu->ne != 0 && n <= 256) {
		/* Case 2 with an Le that is too small: not done. */
		cb_buf_clear(rsp);
		return (uint16_t)(SW_WRONG_LE | (n & 0xFF));
	}
	return keep_rest(card, rsp, room);
}

static uint16_t
get_response(struct emu_card *card, const struct cb_apdu *apdu,
    struct cb_buf *rsp)
{
	size_t n = apdu->ne != 0 ? apdu->ne : 256;

	if (apdu->p1 != 0 || apdu->p2 != 0)
		return SW_WRONG_P1P2;
	if (apdu->data.n > 0)
		return SW_WRONG_LENGTH;
	if (card->pending.n == 0)
		return SW_CONDITIONS;
	if (cb_buf_add(rsp, cb_span_head(cb_buf_span(&card->pending), n)) !=
	    CB_OK)
		return SW_UNKNOWN;
	cb_buf_consume(&card->pending, rsp->n);
	if (card->pending.n > 0)
		return more_sw(card->pending.n);
	cb_buf_free(&card->pending);
	return SW_OK;
}

enum cb_err
emu_card_ahead(const struct emu_card *card, size_t from, struct cb_buf *cmd,
    struct cb_buf *rsp)
{
	const struct cb_span rest =
	    cb_span_tail(cb_buf_span(&card->pending), from);
	const size_t n = rest.n > 256 ? 256 : rest.n;
	const uint8_t get[] = { 0x00, INS_GET_RESPONSE, 0x00, 0x00,
		(uint8_t)n };
	enum cb_err r;

	if (n == 0)
		return CB_E_ABSENT;
	if ((r = cb_buf_set(cmd, CB_SPAN_OF(get))) != CB_OK ||
	    (r = cb_buf_set(rsp, cb_span_head(rest, n))) != CB_OK)
		return r;
	return cb_put_u16(rsp, rest.n > n ? more_sw(rest.n - n) : SW_OK);
}

void
emu_card_fetched(struct emu_card *card, size_t n)
{
	if (n < card->pending.n)
		cb_buf_consume(&card->pending, n);
	else
		cb_buf_free(&card->pending);
}

/* ---- chaining ------------------------------------------------------------------- */

static void
chain_forget(struct emu_card *card)
{
	cb_buf_free(&card->chain);
	card->chaining = false;
}

/* Collects the data of a chain. SW_OK: *whole is all of it, run the command.
 * *done: this was not its last block. */
static uint16_t
chain_take(struct emu_card *card, const struct emu_cmd *cmd,
    const struct cb_apdu *apdu, struct cb_span *whole, bool *done)
{
	bool more = (apdu->cla & CLA_CHAIN) != 0;
	bool same = card->chaining && card->chain_ins == apdu->ins &&
	    card->chain_p1 == apdu->p1 && card->chain_p2 == apdu->p2 &&
	    card->chain_cla == (apdu->cla & ~CLA_CHAIN);

	*done = false;
	*whole = apdu->data;
	if (!same)
		chain_forget(card);
	if (!more && !card->chaining)
		return SW_OK;
	if ((cmd->flags & EMU_CHAIN) == 0)
		return SW_CHAINING_NOT_SUPPORTED;
	if (cb_buf_add(&card->chain, apdu->data) != CB_OK)
		return SW_WRONG_LENGTH;
	card->chaining = true;
	card->chain_cla = apdu->cla & (uint8_t)~CLA_CHAIN;
	card->chain_ins = apdu->ins;
	card->chain_p1 = apdu->p1;
	card->chain_p2 = apdu->p2;
	*done = more;
	*whole = cb_buf_span(&card->chain);
	return SW_OK;
}

/* ---- dispatch -------------------------------------------------------------------- */

static uint16_t
class_check(uint8_t cla)
{
	if (cla == 0xFF || (cla & 0x60) != 0)
		return SW_CLA;
	if ((cla & CLA_SM) != 0)
		return SW_SM_NOT_SUPPORTED;
	if ((cla & CLA_CHANNEL) != 0)
		return SW_CHANNEL_NOT_SUPPORTED;
	return SW_OK;
}

/* An extended APDU on a card that announces short ones only. */
static bool
too_wide(const struct emu_card *card, const struct cb_apdu *apdu,
    const struct emu_cmd *cmd)
{
	return apdu->extended && card->info.max_apdu <= 256 &&
	    (cmd == NULL || (cmd->flags & EMU_EXTENDED) == 0);
}

static uint16_t
run(struct emu_card *card, struct cb_apdu *apdu, struct emu_call *c)
{
	const struct emu_cmd *cmd;
	uint16_t sw;
	bool done;

	if ((sw = class_check(apdu->cla)) != SW_OK)
		return sw;
	if (apdu->ins == INS_SELECT && apdu->p1 == 0x04 &&
	    (apdu->cla & ~CLA_CHAIN) == 0) {
		if (too_wide(card, apdu, NULL))
			return SW_WRONG_LENGTH;
		if (apdu->cla != 0)
			return SW_CHAINING_NOT_SUPPORTED;
		chain_forget(card);
		return emu_cm_select(c);
	}
	cmd = row_find(c, &sw);
	if (too_wide(card, apdu, cmd))
		return SW_WRONG_LENGTH;
	if (cmd == NULL)
		return sw;
	if ((cmd->flags & EMU_NO_RESPONSE) != 0 && apdu->p3_zero)
		apdu->ne = c->ne = 0;
	if (((cmd->flags & EMU_NO_DATA) != 0 && apdu->data.n > 0) ||
	    ((cmd->flags & EMU_DATA) != 0 && apdu->data.n == 0))
		return SW_WRONG_LENGTH;
	if ((sw = chain_take(card, cmd, apdu, &c->data, &done)) != SW_OK ||
	    done)
		return sw;
	sw = cmd->run(c);
	chain_forget(card);
	return sw;
}

uint16_t
emu_dispatch(
    struct emu_card *card, const struct cb_apdu *in, struct cb_buf *rsp)
{
	struct cb_apdu apdu = *in;
	struct emu_call c = {
		.card = card, .app = card->app, .cla = in->cla,
		.ins = in->ins, .p1 = in->p1, .p2 = in->p2, .data = in->data,
		.ne = in->ne, .rsp = rsp,
	};
	struct emu_file *df = NULL, *ef = NULL;
	uint8_t hash_n = 0;
	uint16_t sw;

	if (in->ins == INS_GET_RESPONSE && (in->cla & 0x7F) == 0) {
		chain_forget(card);
		return get_response(card, in, rsp);
	}
	cb_buf_free(&card->pending);
	if (c.app != NULL) {
		df = c.app->df;
		ef = c.app->ef;
		hash_n = c.app->hash_n;
	}
	sw = run(card, &apdu, &c);
	if (sw != SW_OK && (sw & 0xFF00) != 0x6200) {
		/* Also one of a class that is refused ends a chain (5.3.3). */
		chain_forget(card);
		cb_buf_clear(rsp);
	}
	sw = answer(card, &apdu, sw, rsp);
	if ((sw & 0xFF00) == SW_WRONG_LE && c.app != NULL) {
		/* It will be sent again: a SELECT has not moved, and a hash
		 * is not signed yet. */
		c.app->df = df;
		c.app->ef = ef;
		c.app->hash_n = hash_n;
	}
	return sw;
}
