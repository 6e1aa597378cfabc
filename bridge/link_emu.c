/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * emu:FILE: a card in software. The file is kept locked from open to close;
 * the card in memory and its database come with power and go with rest, since
 * most cards of a bridge lie unused most of the time.
 *
 * memory:...: the same without a file (memory.h).
 */
#include <stdlib.h>
#include <string.h>

#include "bridge/link.h"
#include "bridge/memory.h"
#include "bridge/sock.h"
#include "emulator/emu.h"

struct link_emu {
	struct br_link base;
	struct emu_file_keep *keep; /* of a file, or */
	struct br_memory *memory;
	struct emu_card *card;	/* NULL at rest */
	char path[];
};

static enum cb_err
link_emu_check(const char *rest, struct cb_why *why)
{
	if (rest[0] == '/')
		return CB_OK;
	cb_why_set(why, "A card file is given by its absolute path: "
	    "emu:/path/to/file.");
	return CB_E_ARG;
}

/* Whoever opened the file has closed it again. */
static void
keep_again(struct link_emu *l)
{
	struct cb_why why;

	if (l->keep != NULL && emu_file_keep_again(l->keep, &why) != CB_OK)
		cb_log(CB_LOG_WARNING, "%s", why.text);
}

/* The card in memory, if it is not there. */
static enum cb_err
load(struct link_emu *l, struct cb_why *why)
{
	struct emu_nvm *nvm = NULL;
	enum cb_err r;

	if (l->card != NULL)
		return CB_OK;
	if (l->memory != NULL)
		r = br_memory_nvm(l->memory, &nvm, why);
	else
		r = emu_file_open(&nvm, l->path, 0, why);
	if (r == CB_OK)
		r = emu_card_open(&l->card, &nvm, &emu_env_system, why);
	if (r != CB_OK)
		keep_again(l);
	return r;
}

static enum cb_err
take_info(struct link_emu *l, struct br_link_info *info)
{
	const struct emu_info *card = emu_card_info(l->card);
	struct cb_atr atr;
	enum cb_err r;

	memset(info, 0, sizeof(*info));
	r = cb_atr_parse(&atr, cb_span(card->atr, card->atr_n));
	if (r != CB_OK)
		return r;
	memcpy(info->atr, card->atr, card->atr_n);
	info->atr_n = card->atr_n;
	info->max_apdu = card->max_apdu;
	info->protocols = atr.protocols & 3;
	info->test = card->test;
	memcpy(info->kind, card->profile, sizeof(info->kind));
	return CB_OK;
}

static void
link_emu_close(struct br_link *base)
{
	struct link_emu *l = (struct link_emu *)base;

	emu_card_free(&l->card);
	emu_file_keep_free(&l->keep);
	br_memory_give(&l->memory);
	free(l);
}

static enum cb_err
open_as(const struct br_link_ops *ops, struct br_link **out, const char *rest,
    struct br_link_info *info, struct cb_why *why)
{
	size_t n = strlen(rest) + 1;
	struct link_emu *l;
	enum cb_err r;

	*out = NULL;
	if ((l = calloc(1, sizeof(*l) + n)) == NULL)
		return CB_E_NOMEM;
	l->base.ops = ops;
	memcpy(l->path, rest, n);
	if (ops == &br_link_memory)
		r = br_memory_take(&l->memory, rest, why);
	else
		r = emu_file_keep_new(&l->keep, l->path, why);
	if (r != CB_OK || (r = load(l, why)) != CB_OK ||
	    (r = take_info(l, info)) != CB_OK)
		goto out;
	*out = &l->base;
	l = NULL;
out:
	if (l != NULL)
		link_emu_close(&l->base);
	return r;
}

static enum cb_err
link_emu_open(struct br_link **out, const char *rest,
    struct br_link_info *info, struct cb_why *why)
{
	return open_as(&br_link_emu, out, rest, info, why);
}

static enum cb_err
link_memory_open(struct br_link **out, const char *rest,
    struct br_link_info *info, struct cb_why *why)
{
	return open_as(&br_link_memory, out, rest, info, why);
}

static enum cb_err
link_emu_power(struct br_link *base, enum br_power what,
    struct br_link_info *info, struct cb_why *why)
{
	struct link_emu *l = (struct link_emu *)base;
	enum cb_err r;

	if (what == BR_POWER_OFF) {
		if (l->card != NULL)
			emu_card_power_off(l->card);
		return CB_OK;
	}
	if ((r = load(l, why)) != CB_OK)
		return r;
	emu_card_power_on(l->card);
	return take_info(l, info);
}

static enum cb_err
link_emu_protocol(struct br_link *base, unsigned t)
{
	struct link_emu *l = (struct link_emu *)base;

	if (l->card == NULL || t > 1)
		return CB_E_ARG;
	return emu_card_set_protocol(l->card, t == 0 ? EMU_T0 : EMU_T1);
}

static enum cb_err
link_emu_transmit(struct br_link *base, struct cb_span cmd, struct cb_buf *rsp)
{
	struct link_emu *l = (struct link_emu *)base;

	if (l->card == NULL)
		return CB_E_ARG;
	return emu_card_transmit(l->card, cmd, rsp);
}

static uint64_t
link_emu_deadline(const struct br_link *base)
{
	const struct link_emu *l = (const struct link_emu *)base;
	const struct emu_env *env = &emu_env_system;
	uint64_t at, now;

	if (l->card == NULL ||
	    (at = emu_card_deadline(l->card)) == UINT64_MAX)
		return UINT64_MAX;
	/* The card's clock goes on while the machine sleeps, poll's not. */
	now = env->mono_ms(env->ctx);
	return br_now_ms() + (at > now ? at - now : 0);
}

static void
link_emu_tick(struct br_link *base)
{
	struct link_emu *l = (struct link_emu *)base;

	if (l->card != NULL)
		emu_card_tick(l->card);
}

static void
link_emu_rest(struct br_link *base)
{
	struct link_emu *l = (struct link_emu *)base;

	if (l->card == NULL)
		return;
	emu_card_free(&l->card);
	keep_again(l);
}

/* What both have in common. */
#define CARD_OPS \
	.power = link_emu_power, \
	.protocol = link_emu_protocol, \
	.transmit = link_emu_transmit, \
	.deadline = link_emu_deadline, \
	.tick = link_emu_tick, \
	.rest = link_emu_rest, \
	.close = link_emu_close

const struct br_link_ops br_link_emu = {
	.scheme = "emu",
	.check = link_emu_check,
	.open = link_emu_open,
	CARD_OPS,
};

const struct br_link_ops br_link_memory = {
	.scheme = "memory",
	.check = br_memory_check,
	.open = link_memory_open,
	CARD_OPS,
};
