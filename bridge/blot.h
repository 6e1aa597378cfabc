/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What of an exchange with a card may be seen in a trace, and what it is in
 * words. Blotted out is whatever is not known to be harmless: bridge/blot.c
 * has the list of commands whose data or answers may be seen. It follows the
 * conversation, since some depend on what came before: which file is selected
 * (EF 2000 holds unblock values), whose answer GET RESPONSE fetches, whose
 * chain goes on.
 *
 * One for each card, told of all that the card is asked, by whomever, in the
 * card's order. No card, no lock, no clock.
 */
#ifndef BR_BLOT_H
#define BR_BLOT_H

#include "common/span.h"

enum br_ef {
	BR_EF_UNKNOWN,		/* to be taken for EF 2000 */
	BR_EF_SECRET,		/* EF 2000 */
	BR_EF_OPEN,		/* any other, or none */
};

struct br_blot {
	bool known;		/* one of ours: what writes to it has no keys
				 * or passcodes but where the table says so */
	enum br_ef ef;		/* selected */
	unsigned chain;		/* what may be seen of a chain that goes on */
	bool open_rest;		/* GET RESPONSE gets the rest of an answer
				 * that may be seen */

	/* of the command that is under way */
	enum br_ef next;	/* selected if it succeeds; the worse of both
				 * if not */
	bool hide_answer;
	bool asks_rest;		/* it is GET RESPONSE */
};

/* One line of a trace, without its end. */
#define BR_BLOT_WORDS 128
struct br_seen {
	char words[BR_BLOT_WORDS];
	size_t shown;		/* bytes from the front that may be seen */
	size_t hidden;		/* bytes behind them; any rest may be seen */
};

/* A card that has just got power; known: the emulator's. */
void br_blot_reset(struct br_blot *b, bool known);
/* Each command, before it is run. */
void br_blot_command(
    struct br_blot *b, struct cb_span cmd, struct br_seen *out);
/* Its answer; an empty one where it got none. */
void br_blot_answer(
    struct br_blot *b, struct cb_span rsp, struct br_seen *out);

#endif
