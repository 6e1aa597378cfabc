/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A backend for tests of the bridge's end of the road, in threads of the
 * test's own process: TLS and HTTP (door.c), and one card, the real emulator,
 * behind the real seal (worker.c). What may go wrong on a road can be ordered.
 */
#ifndef TESTS_BRIDGE_HTTPS_BACKEND_H
#define TESTS_BRIDGE_HTTPS_BACKEND_H

#include <pthread.h>
#include <stdatomic.h>

#include "emulator/emu.h"
#include "tests/bridge/harness.h"
#include "wire/identity.h"
#include "wire/open.h"
#include "wire/record.h"
#include "wire/road.h"
#include "wire/token.h"

/* Keys and certificates, made once for all tests. */
struct pki {
	struct wire_key *authority, *service, *door, *device, *stranger;
	struct cb_buf authority_cert, service_cert, door_cert, device_cert;
	struct cb_buf second_cert;	/* of the device, enrolled once more */
	struct cb_buf stranger_cert;	/* another authority */
	struct cb_buf replaced_cert;	/* of the door, by the stranger */
	struct cb_buf old_cert;		/* of the door, no longer valid */
	struct cb_buf named_cert;	/* of a door at another place */
	struct cb_buf other_service;	/* by the stranger */
	struct cb_buf old_service;
};
extern struct pki pki;
extern const uint8_t pki_backend[WIRE_ID], pki_organisation[WIRE_ID],
    pki_card[WIRE_ID], pki_device[WIRE_ID], pki_second[WIRE_ID];
void pki_make(void);	/* unchecked fixtures */
void pki_free(void);
/* One of the device that is good until then. */
void pki_device_until(int64_t until, struct cb_buf *out);

/* What happens to the n-th request for a session (from 1). */
enum mischief {
	FINE,
	CUT_BEFORE,	/* it never arrives */
	CUT_AFTER,	/* its answer is lost */
	TWICE,		/* it arrives twice */
	LATE,		/* its answer comes after a while */
	STUCK,		/* it is never answered */
	MUTE,		/* ... but it is run */
	BUSY,		/* 429 at first, and a second must pass */
	STARTING,	/* 503 at first, without a time */
	OLD_ANSWER,	/* the answer to the one before comes instead */
	FLIPPED,	/* a bit of its answer is another one */
};

enum flaw {
	NO_FLAW,
	OTHER_CARD,
	OTHER_ORGANISATION,
	OTHER_KIND,
	OTHER_SERVICE,
	OLD_SERVICE,
	SAME_OFFER,	/* as the last time */
	NO_OFFER,	/* other bytes */
	REFUSES,	/* in a sealed answer */
	WRONG_KEYS,	/* it has unwrapped nothing */
	NO_ANSWER,	/* one byte for an APDU */
	LONG_ANSWER,	/* more than there is */
	LONG_AHEAD,	/* likewise, and the right one before it */
};

struct backend {
	/* the test's to set */
	enum mischief (*plan)(unsigned n);
	enum flaw flaw;
	struct cb_span door;		/* certificate; empty: the usual */
	const struct cb_buf *certificate; /* of the device; NULL: the usual */
	bool refuses_device;		/* 403 */
	const uint8_t *unknown;		/* 401: a device, as one that is over */
	bool inspects;			/* who stands between has no certificate
					 * to show: a header is believed */
	bool tls12;			/* and nothing newer */
	bool no_ems;			/* its master secret is not extended */
	const char *ciphers;		/* of it; NULL: the usual */
	unsigned cut_opens;		/* so many answers to ACCEPT are lost */
	bool keeps_card;		/* 409: another device has it */
	bool gives_back;		/* ... until this one has asked */
	bool holds_nothing;		/* HOLD is answered at once */
	bool busy_holds;		/* 429, and a second must pass */
	bool stuck_offers;		/* are never answered */
	unsigned cut_holds_ms;		/* HOLD is cut after so long; 0: never */

	char dir[256], identity[300], uri[700], origin[64];
	unsigned port;
	int listen;
	pthread_t thread;
	atomic_bool stop;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct conn {
		struct conn *next;
		struct backend *b;
		int fd;
		pthread_t thread;
	} *conns;
	unsigned connections, resumed, holds, requests, offers, opens, closes;
	uint32_t hold_s;		/* of the last HOLD */
	unsigned shown;			/* certificates of devices */
	char device[128];		/* what the last header said */
	uint8_t holder[WIRE_ID];	/* whose certificate the last HOLD shows */
	uint8_t user[WIRE_ID];		/* likewise, of a session's requests */

	/* the worker's */
	struct emu_card *card;
	struct cb_buf offer, last_request, last_answer, before_last;
	uint8_t half[CR_KEY], session[WIRE_ID];
	struct wire_stream in, out;
	bool open, accepted;
	unsigned runs;			/* commands that the card was given */
	struct cb_buf ahead_command, ahead_answer;
	unsigned ahead_told;		/* `consumed` of all commands */
	uint32_t stamp;
	enum wire_card_state state;
	bool over, content, kept;	/* of the news */
	struct cb_span atr;		/* likewise; borrowed */
	struct wire_token token;
	bool token_used;
	unsigned enrols, cut_enrols;	/* so many of their answers are lost */
	struct cb_buf enrolled, enrolled_key; /* what came of it */
};

void backend_start(struct backend *b);
void backend_stop(struct backend *b);
/* The device's identity with this certificate, in a directory to be made. */
void backend_identity(const char *dir, const struct cb_buf *certificate);
/* Nobody listens for a while / again, at the same port. */
void backend_down(struct backend *b);
void backend_up(struct backend *b);
/* The cable is cut: connections that are there hear and say nothing, without
 * anybody being told. */
void backend_deafen(struct backend *b);
/* News for the held request. */
void backend_news(struct backend *b, enum wire_card_state state, bool over,
    bool content);

/* worker.c; with b->lock held. The status; *out is the body. */
unsigned worker_offer(struct backend *b, struct cb_buf *out);
unsigned worker_open(struct backend *b, struct cb_span in, struct cb_buf *out);
unsigned worker_commands(
    struct backend *b, struct cb_span in, struct cb_buf *out);
void worker_card(struct backend *b);
unsigned backend_enrol(
    struct backend *b, struct cb_span in, struct cb_buf *out);

#endif
