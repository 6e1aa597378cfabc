/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Any commands to a personalised card. The input is a row of pieces, length 2
 * and bytes: a command; length 0: a reset; FFnn: nn times ten seconds go by;
 * FEnn: the other protocol.
 *
 * Whatever comes: an answer has a status word and no more data than was asked
 * for; no counter of tries rises but by a passcode; nothing sealed is open,
 * and no key in use, without a login whose it is; no signature without one;
 * and what the card has stored it can read again.
 */
#include <string.h>

#include "common/apdu.h"
#include "emulator/applets/applet.h"
#include "emulator/domain.h"
#include "tests/fuzz/fuzz_card.h"

/* fuzz_apdu3 and fuzz_apdu_ias are this file, too, with other cards. */
#ifndef FUZZ_FAMILY
#define FUZZ_FAMILY "authentic5"
#endif
#define COMMANDS_MAX 200
#define PINS_MAX 32

/* The counters before a command. */
struct tries {
	uint32_t id;
	uint8_t tries, unblock;
};

static size_t
tries_take(const struct emu_card *card, struct tries out[PINS_MAX])
{
	size_t n = 0;

	for (const struct emu_pin *p = card->apps[0].pins;
	    p != NULL && n < PINS_MAX; p = p->next)
		out[n++] = (struct tries){ p->id, p->tries,
			p->unblock_tries };
	return n;
}

/* Which commands may fill a counter, when they succeed. */
static bool
may_fill(const struct cb_apdu *a)
{
	return a->ins == 0x20 || a->ins == 0x24 || a->ins == 0x2C;
}

static void
tries_check(const struct emu_card *card, const struct tries *before, size_t n,
    const struct cb_apdu *a, uint16_t sw)
{
	for (const struct emu_pin *p = card->apps[0].pins; p != NULL;
	    p = p->next) {
		fuzz_must(p->tries <= p->tries_max &&
		    p->tries_max <= card->policy.tries &&
		    p->unblock_tries <= p->unblock_max &&
		    p->unblock_max <= card->policy.tries);
		for (size_t i = 0; i < n; i++)
			if (before[i].id == p->id &&
			    (p->tries > before[i].tries ||
				p->unblock_tries > before[i].unblock))
				fuzz_must(
				    a != NULL && may_fill(a) && sw == SW_OK);
	}
}

static bool
domain_open(const struct emu_app *app, uint32_t id)
{
	const struct emu_domain *d = emu_domain_by_id(app, id);

	return d != NULL && d->secret != NULL;
}

/* True where one of those whom a stored part is sealed to is open. */
static bool
part_may_be_open(const struct emu_app *app, const struct emu_part *p)
{
	struct cb_span in = cb_buf_span(&p->stored), box;
	uint8_t form, n = 0;
	uint32_t id;

	if (in.n == 0)
		return true;
	fuzz_must(cb_get_u8(&in, &form) == CB_OK && form == 1 &&
	    cb_get_u8(&in, &n) == CB_OK);
	while (n-- > 0) {
		fuzz_must(cb_get_u32(&in, &id) == CB_OK &&
		    cb_get_span(&in, EMU_KEY + EMU_BOX_OVERHEAD, &box) ==
			CB_OK);
		if (domain_open(app, id))
			return true;
	}
	return false;
}

static void
sealed_check(const struct emu_app *app)
{
	for (const struct emu_domain *d = app->domains; d != NULL;
	    d = d->next) {
		bool login = false;

		for (const struct emu_pin *p = app->pins; p != NULL;
		    p = p->next)
			login = login ||
			    (p->domain == d->id && p->login != NULL);
		fuzz_must(login == (d->secret != NULL));
	}
	for (const struct emu_file *f = app->mf; f != NULL;
	    f = emu_fs_next(f)) {
		for (const struct emu_part *p = f->parts; p != NULL;
		    p = p->next)
			fuzz_must((!p->open && f->rsa == NULL) ||
			    part_may_be_open(app, p));
	}
}

/* A key that somebody's credential guards was not used by nobody. */
static void
use_check(struct emu_card *card, const struct cb_apdu *a, uint16_t sw)
{
	struct emu_domain *out[EMU_GUARDS_MAX];
	struct emu_app *app = card->app;

	if (app == NULL || (a->ins != 0x2A && a->ins != 0x88) ||
	    (a->cla & 0x10) != 0 || sw != SW_OK)
		return;
	if (a->ins == 0x2A && a->p1 == 0x90)	/* HASH: no key in it */
		return;
	if (emu_pins_any(app))
		return;
	/* The key is the current EF, or in the environment: it, or a number. */
	if ((app->applet->select & EMU_SELECT_NO_KEYS) == 0) {
		fuzz_must(
		    app->ef != NULL && emu_guards(app, app->ef, out) == 0);
		return;
	}
	for (const struct emu_file *f = app->mf; f != NULL;
	    f = emu_fs_next(f))
		if (f->type == EMU_KEY_RSA_PRIVATE &&
		    (app->mse_key != 0 ? f->id == app->mse_key
				       : f->fid == (app->mse & 0xFF)) &&
		    emu_guards(app, f, out) == 0)
			return;
	fuzz_must(false);
}

static void
transmit(struct emu_card *card, struct cb_span cmd, struct cb_buf *rsp)
{
	struct tries before[PINS_MAX];
	struct cb_apdu a;
	bool parsed = cb_apdu_parse(&a, cmd) == CB_OK;
	size_t n = tries_take(card, before), room = 256;
	uint16_t sw;

	fuzz_must(emu_card_transmit(card, cmd, rsp) == CB_OK && rsp->n >= 2);
	if (parsed && a.ne != 0)
		room = a.ne;
	fuzz_must(rsp->n <= room + 2 && rsp->n <= 258);
	sw = (uint16_t)(rsp->p[rsp->n - 2] << 8 | rsp->p[rsp->n - 1]);
	fuzz_must(sw == SW_OK || (sw >> 12) == 6);
	/* data goes with 9000, 61xx and 62xx only */
	fuzz_must(rsp->n == 2 || sw == SW_OK || (sw >> 8) == 0x61 ||
	    (sw >> 8) == 0x62);
	fuzz_must(sw != SW_MEMORY_FAILURE && sw != SW_UNKNOWN);
	tries_check(card, before, n, parsed ? &a : NULL, sw);
	sealed_check(&card->apps[0]);
	if (parsed)
		use_check(card, &a, sw);
}

/* One piece of the input; false at its end. */
static bool
piece(struct emu_card *card, struct cb_span *in, struct cb_buf *rsp)
{
	struct cb_span cmd;
	uint16_t n;

	if (cb_get_u16(in, &n) != CB_OK)
		return false;
	if (n == 0) {
		emu_card_power_on(card);
	} else if (n >= 0xFF00) {
		fuzz_now += (n & 0xFFu) * 10000u;
		if (emu_card_deadline(card) <= fuzz_now)
			emu_card_tick(card);
	} else if (n >= 0xFE00) {
		card->proto = card->proto == EMU_T0 ? EMU_T1 : EMU_T0;
	} else {
		cmd = cb_span_head(*in, n);
		*in = cb_span_tail(*in, n);
		transmit(card, cmd, rsp);
	}
	sealed_check(&card->apps[0]);
	return true;
}

static enum cb_err
copy_record(void *ctx, const char *name, struct cb_span value)
{
	struct emu_nvm *to = ctx;

	return to->ops->put(to, name, value);
}

/* What was stored is a card, and the same one. */
static void
again(struct emu_card *card)
{
	struct emu_nvm *copy;
	struct emu_card *other = NULL;

	fuzz_must(emu_mem_new(&copy) == CB_OK &&
	    copy->ops->begin(copy) == CB_OK &&
	    card->nvm->ops->each(card->nvm, copy_record, copy) == CB_OK &&
	    copy->ops->commit(copy, EMU_NVM_NOW) == CB_OK &&
	    emu_card_open(&other, &copy, &fuzz_env, NULL) == CB_OK);
	fuzz_must(card->used == other->used);
	emu_card_free(&other);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct emu_nvm *nvm = fuzz_records(FUZZ_FAMILY);
	struct cb_span in = cb_span(p, n);
	struct cb_buf rsp = CB_BUF_INIT;
	struct emu_card *card;

	fuzz_env_reset();
	fuzz_must(emu_card_open(&card, &nvm, &fuzz_env, NULL) == CB_OK);
	emu_card_power_on(card);
	for (unsigned i = 0; i < COMMANDS_MAX && piece(card, &in, &rsp); i++)
		continue;
	emu_card_power_off(card);
	sealed_check(&card->apps[0]);
	again(card);
	emu_card_free(&card);
	cb_buf_free(&rsp);
	return 0;
}
