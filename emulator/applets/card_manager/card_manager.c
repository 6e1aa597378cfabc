/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The card manager (GlobalPlatform Card Specification 2.1.1): it is selected
 * after a reset, finds applications by AID, and gives out the CPLC data. It
 * has no files and sees none of an application's.
 */
#include <string.h>

#include "common/tlv.h"
#include "emulator/applets/applet.h"

const struct emu_cmd emu_cm_cmds[] = {
	{ 0x80, 0xCA, 0x9F, 0xFF, 0x7F, 0xFF, EMU_NO_DATA, emu_cm_get_cplc,
	    "GET DATA (CPLC)" },
	{ 0x00, 0xCA, 0x9F, 0xFF, 0x7F, 0xFF, EMU_NO_DATA, emu_cm_get_cplc,
	    "GET DATA (CPLC)" },
};
const size_t emu_cm_cmds_n = sizeof(emu_cm_cmds) / sizeof(emu_cm_cmds[0]);

/* 9F7F and the 42 bytes of production data. */
uint16_t
emu_cm_get_cplc(struct emu_call *c)
{
	const uint8_t head[] = { 0x9F, 0x7F, EMU_CPLC_N };

	if (cb_buf_add(c->rsp, CB_SPAN_OF(head)) != CB_OK ||
	    cb_buf_add(c->rsp, CB_SPAN_OF(c->card->cplc)) != CB_OK)
		return SW_UNKNOWN;
	return SW_OK;
}

/* FCI of the card manager: 6F (84 AID, A5 (9F65 maximum block length)). */
static uint16_t
cm_fci(struct emu_call *c)
{
	const uint8_t limits[] = { 0x9F, 0x65, 0x01, 0xFF };
	size_t mark;

	if (cb_buf_reserve(c->rsp, 64) != CB_OK ||
	    cb_tlv_open(c->rsp, 0x6F, &mark) != CB_OK ||
	    cb_tlv_put(c->rsp, 0x84,
		cb_span(c->card->cm_aid, c->card->cm_aid_n)) != CB_OK ||
	    cb_tlv_put(c->rsp, 0xA5, CB_SPAN_OF(limits)) != CB_OK ||
	    cb_tlv_close(c->rsp, mark) != CB_OK)
		return SW_UNKNOWN;
	return SW_OK;
}

/* A name given in part selects too (7816-4, 11.2.2), from 5 bytes (a RID). */
static bool
aid_matches(struct cb_span wanted, const uint8_t *aid, size_t n)
{
	return wanted.n >= 5 && wanted.n <= n &&
	    memcmp(wanted.p, aid, wanted.n) == 0;
}

/* P2 = 04 asks for control parameters: only where a card has them to give. */
static bool
p2_good(const struct emu_card *card, uint8_t p2)
{
	bool fcp = false;

	for (unsigned i = 0; i < card->apps_n; i++)
		fcp = fcp || (card->apps[i].applet->select &
				 EMU_SELECT_NAME_FCP) != 0;
	return p2 == 0x00 || p2 == 0x0C || (p2 == 0x04 && fcp);
}

/* The DF of an application that a name selects: its MF, which has the
 * application's own, or one that has a name besides. */
static struct emu_file *
named_df(const struct emu_app *app, struct cb_span name)
{
	if (aid_matches(name, app->aid, app->aid_n))
		return app->mf;
	if (name.n < 5 || (app->applet->select & EMU_SELECT_NAME_FCP) == 0)
		return NULL;
	return emu_fs_named(app, name);
}

static uint16_t
select_app(struct emu_call *c, struct emu_app *app, struct emu_file *df)
{
	struct emu_card *card = c->card;

	/* The others' logins end. Its own: every new host process selects the
	 * application, and what an earlier one has verified should not be
	 * found by it; but some hosts never verify a second time, and must
	 * find it. */
	for (unsigned k = 0; k < card->apps_n; k++)
		if (&card->apps[k] != app || !app->keep_verified)
			emu_pins_logout(&card->apps[k]);
	card->app = c->app = app;
	app->df = df;
	app->ef = NULL;
	emu_app_forget(app);
	if ((app->applet->select & EMU_SELECT_NAME_FCP) == 0 ||
	    app->silent_names)
		return SW_OK;
	return emu_select_file(c, df);
}

uint16_t
emu_cm_select(struct emu_call *c)
{
	struct emu_card *card = c->card;
	struct emu_file *df;

	if (!p2_good(card, c->p2))
		return SW_WRONG_P1P2;
	if (c->data.n == 0 ||
	    aid_matches(c->data, card->cm_aid, card->cm_aid_n)) {
		/* Whatever was verified belongs to the selection that ends. */
		emu_card_logout(card);
		card->app = NULL;
		return c->p2 == 0x00 ? cm_fci(c) : SW_OK;
	}
	for (unsigned i = 0; i < card->apps_n; i++)
		if ((df = named_df(&card->apps[i], c->data)) != NULL)
			return select_app(c, &card->apps[i], df);
	return SW_FILE_NOT_FOUND;
}
