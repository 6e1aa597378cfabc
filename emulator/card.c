/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A card as a whole: opening, power, the life of a login, one command in and
 * one answer out.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/apdu.h"
#include "common/ct.h"
#include "emulator/applets/applet.h"
#include "emulator/domain.h"

uint16_t
emu_sw(const struct emu_card *card, enum emu_answer a)
{
	return card->answers[a];
}

void
emu_card_note(struct emu_card *card, const char *fmt, ...)
{
	char line[256], text[320];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	snprintf(text, sizeof(text), "card %s: %s", card->info.serial, line);
	if (card->env->note != NULL)
		card->env->note(card->env->ctx, CB_LOG_NOTICE, text);
}

/* ---- opening ------------------------------------------------------------------ */

void
emu_card_unload(struct emu_card *card)
{
	for (unsigned i = 0; i < card->apps_n; i++) {
		emu_pins_free(&card->apps[i]);
		emu_fs_free(&card->apps[i]);
	}
	memset(card->apps, 0, sizeof(card->apps));
	card->apps_n = 0;
	card->app = NULL;
}

enum cb_err
emu_card_open(struct emu_card **out, struct emu_nvm **nvm,
    const struct emu_env *env, struct cb_why *why)
{
	struct emu_card *card;
	enum cb_err r = CB_E_NOMEM;

	*out = NULL;
	if ((card = calloc(1, sizeof(*card))) == NULL) {
		emu_nvm_free(nvm);
		return r;
	}
	card->nvm = *nvm;
	*nvm = NULL;
	card->env = env;
	card->pending.max = CB_RESP_MAX;
	card->chain.max = EMU_CHAIN_MAX;
	if ((r = emu_store_load(card, why)) != CB_OK) {
		emu_card_free(&card);
		return r;
	}
	*out = card;
	return CB_OK;
}

void
emu_card_free(struct emu_card **card)
{
	struct emu_card *c = *card;

	if (c == NULL)
		return;
	emu_card_power_off(c);
	emu_card_unload(c);
	cb_buf_free(&c->pending);
	cb_buf_free(&c->chain);
	emu_nvm_free(&c->nvm);
	free(c);
	*card = NULL;
}

const struct emu_info *
emu_card_info(const struct emu_card *card)
{
	return &card->info;
}

/* ---- power --------------------------------------------------------------------- */

/* What one command leaves for the next. */
static void
exchange_clear(struct emu_card *card)
{
	cb_buf_free(&card->pending);
	cb_buf_free(&card->chain);
	card->chaining = false;
}

static void
volatile_clear(struct emu_card *card)
{
	exchange_clear(card);
	emu_card_logout(card);
	card->app = NULL;
	for (unsigned i = 0; i < card->apps_n; i++) {
		struct emu_app *app = &card->apps[i];

		if (app->from_reset)
			card->app = app;
		app->df = app->mf;
		app->ef = NULL;
		emu_app_forget(app);
		for (struct emu_file *f = app->mf; f != NULL;
		    f = emu_fs_next(f)) {
			emu_rsa_free(&f->rsa);
			emu_key_forget(f);
		}
	}
	cb_wipe_stack();
}

void
emu_app_forget(struct emu_app *app)
{
	app->mse = app->mse_key = 0;
	app->hash_n = 0;
}

void
emu_card_logout(struct emu_card *card)
{
	for (unsigned i = 0; i < card->apps_n; i++)
		emu_pins_logout(&card->apps[i]);
	card->login_since = 0;
}

void
emu_card_power_on(struct emu_card *card)
{
	volatile_clear(card);
	card->proto = card->info.proto;
	card->powered = true;
}

void
emu_card_power_off(struct emu_card *card)
{
	volatile_clear(card);
	card->powered = false;
}

enum cb_err
emu_card_set_protocol(struct emu_card *card, enum emu_proto proto)
{
	struct cb_atr atr;
	enum cb_err r;

	r = cb_atr_parse(&atr, cb_span(card->info.atr, card->info.atr_n));
	if (r != CB_OK)
		return r;
	if ((atr.protocols & (1u << proto)) == 0)
		return CB_E_ARG;
	card->proto = proto;
	return CB_OK;
}

/* ---- the life of a login ---------------------------------------------------------- */

static bool
card_logged_in(const struct emu_card *card)
{
	for (unsigned i = 0; i < card->apps_n; i++)
		if (emu_pins_any(&card->apps[i]))
			return true;
	return false;
}

uint64_t
emu_card_deadline(const struct emu_card *card)
{
	const struct emu_policy *p = &card->policy;
	uint64_t at = UINT64_MAX;

	if (!card_logged_in(card))
		return at;
	if (p->idle_s != 0)
		at = card->last_use + p->idle_s * UINT64_C(1000);
	if (p->total_s != 0 &&
	    card->login_since + p->total_s * UINT64_C(1000) < at)
		at = card->login_since + p->total_s * UINT64_C(1000);
	return at;
}

void
emu_card_tick(struct emu_card *card)
{
	if (card->env->mono_ms(card->env->ctx) < emu_card_deadline(card))
		return;
	emu_card_note(card, "login ended by the card's policy");
	emu_card_logout(card);
	/* What is waiting for GET RESPONSE was answered to that login. */
	exchange_clear(card);
	cb_wipe_stack();
}

/* ---- a command ---------------------------------------------------------------------- */

/* After storage failed, or a command half-way (memory, randomness): what is
 * in memory may not be what is on disk. The card is as after a reset, with
 * its state read anew. */
static void
card_recover(struct emu_card *card)
{
	emu_store_rollback(card);
	volatile_clear(card);
	emu_card_unload(card);
	if (emu_store_load(card, NULL) != CB_OK) {
		emu_card_unload(card);
		card->dead = true;
		emu_card_note(card, "storage failed; the card does not answer "
				    "until it is opened again");
		return;
	}
	volatile_clear(card);
	emu_card_note(card, "the last command failed and was undone");
}

enum cb_err
emu_card_transmit(
    struct emu_card *card, struct cb_span cmd, struct cb_buf *rsp)
{
	struct cb_apdu apdu;
	uint16_t sw;

	cb_buf_clear(rsp);
	if (!card->powered)
		return CB_E_ARG;
	if (card_logged_in(card))
		emu_card_tick(card);
	if (card->dead) {
		sw = SW_MEMORY_FAILURE;
	} else if (cb_apdu_parse(&apdu, cmd) != CB_OK) {
		exchange_clear(card);
		sw = SW_WRONG_LENGTH;
	} else {
		sw = emu_dispatch(card, &apdu, rsp);
	}
	if (!card->dead &&
	    (sw == SW_MEMORY_FAILURE ||
		emu_store_commit(card, EMU_NVM_ANSWER) != SW_OK)) {
		card_recover(card);
		cb_buf_clear(rsp);
		sw = SW_MEMORY_FAILURE;
	}
	if (card_logged_in(card))
		card->last_use = card->env->mono_ms(card->env->ctx);
	return cb_put_u16(rsp, sw);
}

/* ---- passcodes outside APDUs ------------------------------------------------------- */

static struct emu_pin *
holder_pin(struct emu_card *card, struct emu_app **app)
{
	struct emu_pin *pin;

	for (unsigned i = 0; i < card->apps_n; i++) {
		*app = &card->apps[i];
		if ((pin = emu_pin_by_role(*app, EMU_ROLE_USER)) != NULL)
			return pin;
	}
	return NULL;
}

/* Ends a passcode change: everything durable or nothing, nobody logged in. */
static enum cb_err
passwd_finish(struct emu_card *card, uint16_t sw, uint8_t counter,
    unsigned *tries_left, struct cb_why *why)
{
	*tries_left = counter;
	if (sw == SW_MEMORY_FAILURE ||
	    emu_store_commit(card, EMU_NVM_ANSWER) != SW_OK) {
		card_recover(card);
		cb_why_set(why, "the card file could not be written; "
				"nothing was changed");
		return CB_E_STORE;
	}
	if (sw == SW_OK) {
		emu_card_logout(card);
		return CB_OK;
	}
	if (sw == SW_BLOCKED || (sw & 0xFFF0) == SW_TRIES ||
	    sw == emu_sw(card, EMU_ANS_PIN_LAST_TRY))
		return CB_E_DENIED;
	if (sw == SW_DATA_NOT_USABLE) {
		cb_why_set(why, "this passcode has no unblock value");
		return CB_E_ABSENT;
	}
	if (sw == SW_SECURITY_STATUS) {
		cb_why_set(why, "the keys behind this passcode were never "
				"given into the keeping of the other one");
		return CB_E_ABSENT;
	}
	return sw == emu_sw(card, EMU_ANS_POLICY) ||
		sw == emu_sw(card, EMU_ANS_PIN_FORMAT)
	    ? CB_E_ARG
	    : CB_E_INTERNAL;
}

enum cb_err
emu_card_passwd(struct emu_card *card, struct cb_span old_pin,
    struct cb_span new_pin, unsigned *tries_left, struct cb_why *why)
{
	struct emu_app *app;
	struct emu_pin *pin = holder_pin(card, &app);
	uint16_t sw;

	*tries_left = 0;
	if (pin == NULL) {
		cb_why_set(why, "the card has no holder's passcode yet");
		return CB_E_ABSENT;
	}
	if (emu_pin_allowed(app, pin, EMU_OP_PIN_CHANGE) != SW_OK) {
		cb_why_set(why, "the card's access rules let nobody change "
				"this passcode who has only that; nothing was "
				"done");
		return CB_E_ARG;
	}
	sw = emu_pin_change(app, pin, old_pin, new_pin, why);
	return passwd_finish(card, sw, pin->tries, tries_left, why);
}

/* The PIN whose holder may set `pin` anew, where that is how this kind of card
 * unblocks; NULL: an unblock value does it. */
static struct emu_pin *
resetter(struct emu_app *app, const struct emu_pin *pin)
{
	struct emu_rule rule;

	if (app->applet->pin_rule == NULL)
		return NULL;
	emu_pin_rule(app, pin, EMU_OP_PIN_RESET, &rule);
	return rule.pins_n > 0 ? rule.pins[0] : NULL;
}

/* VERIFY of that PIN and RESET, with nothing spent for a new value that the
 * card would refuse. Both wraps anew: scrypt's costs may have been raised. */
static uint16_t
unblock_by(struct emu_app *app, struct emu_pin *by, struct cb_span value,
    struct emu_pin *pin, struct cb_span new_pin, struct cb_why *why)
{
	uint16_t sw;

	sw = emu_pin_fits(app->card, pin->min, pin->max, new_pin, why);
	if (sw != SW_OK || (sw = emu_pin_verify(app, by, value)) != SW_OK ||
	    (sw = emu_pin_change(app, by, value, value, NULL)) != SW_OK ||
	    (sw = emu_pin_replace(app, pin, new_pin, why)) != SW_OK)
		return sw;
	return emu_pin_refill(app, pin);
}

enum cb_err
emu_card_unblock(struct emu_card *card, struct cb_span unblock,
    struct cb_span new_pin, unsigned *tries_left, struct cb_why *why)
{
	struct emu_app *app;
	struct emu_pin *pin = holder_pin(card, &app), *by;
	uint16_t sw;

	*tries_left = 0;
	if (pin == NULL) {
		cb_why_set(why, "the card has no holder's passcode yet");
		return CB_E_ABSENT;
	}
	if ((by = resetter(app, pin)) != NULL) {
		sw = unblock_by(app, by, unblock, pin, new_pin, why);
		if (by->tries == 0)
			cb_why_set(why, "the PUK is blocked: this card cannot "
					"be unblocked any more");
		return passwd_finish(card, sw, by->tries, tries_left, why);
	}
	sw = emu_pin_unblock(app, pin, unblock, new_pin, why);
	return passwd_finish(card, sw, pin->unblock_tries, tries_left, why);
}

enum cb_err
emu_card_tries(struct emu_card *card, unsigned *tries_left)
{
	struct emu_app *app;
	const struct emu_pin *pin = holder_pin(card, &app);

	*tries_left = pin != NULL ? pin->tries : 0;
	return pin != NULL ? CB_OK : CB_E_ABSENT;
}

enum cb_err
emu_card_service_unblock(struct emu_card *card,
    const uint8_t service[EMU_SERVICE_N], struct cb_span new_pin,
    struct cb_why *why)
{
	struct emu_app *app;
	struct emu_pin *pin = holder_pin(card, &app);
	const struct emu_domain *d =
	    pin != NULL ? emu_domain_by_id(app, pin->domain) : NULL;
	uint8_t secret[EMU_KEY];
	unsigned tries_left;
	enum cb_err r;
	uint16_t sw;

	if (d == NULL) {
		cb_why_set(why, "the card has no holder's passcode yet");
		return CB_E_ABSENT;
	}
	if (emu_pin_fits(card, pin->min, pin->max, new_pin, why) != SW_OK)
		return CB_E_ARG;
	r = emu_domain_by_service(app, d, service, secret);
	if (r == CB_OK) {
		sw = emu_pin_reset(app, pin, secret, new_pin, why);
		/* what was read under a login that is over */
		if (sw == SW_OK)
			cb_buf_free(&card->pending);
		r = passwd_finish(card, sw, 0, &tries_left, why);
	} else if (r == CB_E_ABSENT) {
		cb_why_set(why, "no service keeps what this card's passcode "
				"guards");
	}
	cb_wipe(secret, sizeof(secret));
	return r;
}
