/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A whole session, recorded where the door is and sent again later.
 *
 *	record make FILE ORIGIN DATABASE IDENTITY SEEDED CARD
 *	record send FILE ORIGIN DATABASE IDENTITY SEEDED CARD
 *
 * CARD counts from 1. What is sent again must run nothing: no entry but of
 * sessions comes, no record changes, and the passcode's tries are those that
 * the recorded session left. Says in one line how it was answered.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hex.h"
#include "tests/road/ledger.h"
#include "tests/road/peer.h"
#include "tests/road/seeded.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define LINE 16384

static FILE *file;

static int
die(const char *what)
{
	fprintf(stderr, "record: %s\n", what);
	exit(2);
}

/* A line for each request: path and body, "-" for none. */
static void
write_down(const char *path, struct cb_span body)
{
	struct cb_buf hex = CB_BUF_INIT;

	if (cb_hex_put(&hex, body) != CB_OK)
		die("no memory");
	fprintf(file, "%s %.*s\n", path, hex.n > 0 ? (int)hex.n : 1,
	    hex.n > 0 ? (const char *)hex.p : "-");
	cb_buf_free(&hex);
}

/* It ends with one try less; were any of it run again, the tries would be
 * others. */
static int
make(struct peer *p, const uint8_t card[WIRE_ID])
{
	static const enum talk_step conversation[] = { TALK_SELECT,
		TALK_WRONG, TALK_VERIFY, TALK_CREATE_KEY, TALK_MAKE_KEY,
		TALK_CHOOSE_KEY, TALK_SIGN, TALK_WRONG };
	struct far f;

	far_open(&f, p, card, write_down);
	for (size_t i = 0; i < COUNT(conversation); i++)
		if (far_step(&f, conversation[i]) !=
		    talk_expects(conversation[i]))
			die(talk_name(conversation[i]));
	far_close(&f);
	return 0;
}

static void
send_again(struct peer *p, unsigned *sent, unsigned *given)
{
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT;
	static char path[128], hex[LINE];

	while (fscanf(file, "%127s %16383s", path, hex) == 2) {
		cb_buf_clear(&body);
		if (hex[0] != '-' &&
		    cb_hex_decode(&body, hex, strlen(hex)) != CB_OK)
			die("no body");
		(*sent)++;
		/* an offer is nobody's secret */
		*given += peer_post(p, path, cb_buf_span(&body), &answer) ==
		    200 && strstr(path, "/offer") == NULL;
	}
	cb_buf_free(&body);
	cb_buf_free(&answer);
}

static int
again(struct peer *p, struct ledger *l, const struct seeded *s,
    const uint8_t card[WIRE_ID])
{
	struct ledger_sessions sessions;
	struct cb_buf said = CB_BUF_INIT;
	unsigned sent = 0, given = 0, tries;
	struct ledger_mark mark;
	bool good;
	struct far f;

	ledger_mark(l, s->organisation, card, &mark);
	send_again(p, &sent, &given);
	ledger_tell(l, s->organisation, card, &mark, &said, &sessions);
	good = said.n == 0 && sessions.opened == 0;
	far_open(&f, p, card, NULL);
	(void)far_step(&f, TALK_SELECT);
	tries = far_step(&f, TALK_TRIES);
	far_close(&f);
	printf("%u requests, %u answered as before, %u sessions opened, "
	    "tries %04X\n%.*s", sent, given, sessions.opened, tries,
	    (int)said.n, (const char *)said.p);
	cb_buf_free(&said);
	return good && sent > 10 && tries == talk_expects(TALK_TRIES) ? 0 : 1;
}

int
main(int argc, char **argv)
{
	const bool making = argc == 8 && strcmp(argv[1], "make") == 0;
	struct seeded seeded;
	struct ledger *ledger;
	struct peer peer;
	unsigned no;
	int rc;

	if (argc != 8 || (!making && strcmp(argv[1], "send") != 0))
		return die("usage: record make|send FILE ORIGIN DATABASE "
		    "IDENTITY SEEDED CARD");
	peer_open(&peer, argv[3], argv[5]);
	ledger = ledger_open(argv[4]);
	seeded_read(&seeded, argv[6]);
	no = (unsigned)strtoul(argv[7], NULL, 10);
	if (no < 1 || no > seeded.cards_n ||
	    (file = fopen(argv[2], making ? "we" : "re")) == NULL)
		return die("no such card or file");
	rc = making ? make(&peer, seeded.cards[no - 1])
		    : again(&peer, ledger, &seeded, seeded.cards[no - 1]);
	if (fclose(file) != 0)
		rc = die(argv[2]);
	peer_close(&peer);
	ledger_close(&ledger);
	seeded_clear(&seeded);
	return rc;
}
