/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Who the card is, as far as that is a kind and no single card.
 */
#include <stdio.h>
#include <string.h>

#include "cli/describe/draft.h"
#include "common/hex.h"

#define CPLC_SERIAL 12 /* of the 42 bytes, GlobalPlatform */
#define CPLC_SERIAL_N 4
#define CPLC_HEAD 3 /* 9F7F2A in front of them */

void
draft_name(struct draft *d)
{
	char name[REP_WORD_MAX];

	draft_note(d,
	    "label, size of the card, card manager, policy and what the card "
	    "answers to mistakes are those of the shipped profile %.20s",
	    draft_text(d->root, "name"));
	(void)snprintf(name, sizeof(name), "%.20s-copy",
	    draft_text(d->root, "name"));
	draft_set_text(d, d->root, "name", name);
}

void
draft_label(struct draft *d, size_t n)
{
	char label[64];

	if ((int)n > draft_number(d->root, "label_max"))
		return;
	(void)snprintf(label, sizeof(label), "%-*.*s", (int)n, (int)n,
	    draft_text(d->root, "label"));
	if (strcmp(label, draft_text(d->root, "label")) == 0)
		return;
	draft_set_text(d, d->root, "label", label);
	draft_note(d, "the label has %zu characters, as the card's has", n);
}

void
draft_atr(struct draft *d)
{
	config_setting_t *list = draft_emptied(d, "atrs");
	char hex[2 * CB_ATR_MAX + 1];

	if (list != NULL)
		draft_add_text(d, list,
		    cb_hex_encode(
			hex, sizeof(hex), cb_span(d->r->atr, d->r->atr_n)));
}

void
draft_cplc(struct draft *d)
{
	const struct rep_bytes *b = &d->r->cplc;
	config_setting_t *list;
	char hex[2 * 8 + 16];
	bool hidden = false;

	if (b->n != CPLC_HEAD + 42) {
		draft_note(d,
		    "the card did not tell its CPLC: it is the shipped "
		    "profile's");
		return;
	}
	if ((list = draft_emptied(d, "cplc")) == NULL)
		return;
	for (size_t at = CPLC_HEAD, n; at < b->n; at += n) {
		n = 1;
		if (at == CPLC_HEAD + CPLC_SERIAL &&
		    draft_number(d->root, "serial_bytes") == CPLC_SERIAL_N) {
			n = CPLC_SERIAL_N;
			draft_add_text(d, list, "card.serial");
			continue;
		}
		while (at + n < b->n && n < 8 &&
		       at + n != CPLC_HEAD + CPLC_SERIAL &&
		       b->hidden[at + n] == b->hidden[at])
			n++;
		hidden |= b->hidden[at] != 0;
		if (b->hidden[at])
			(void)snprintf(hex, sizeof(hex), "zeros(%zu)", n);
		else
			cb_hex_encode(hex, sizeof(hex), cb_span(b->p + at, n));
		draft_add_text(d, list, hex);
	}
	if (hidden)
		draft_note(d,
		    "dates, batch and machines in the CPLC are zeros; the "
		    "serial number is the new card's (card new --serial)");
	else
		draft_note(d,
		    "the serial number in the CPLC is the new card's (card "
		    "new --serial)");
}
