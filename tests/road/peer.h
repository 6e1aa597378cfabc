/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A device that speaks the road itself, with the keys that it was given, and
 * can thus send what no bridge sends.
 */
#ifndef TESTS_ROAD_PEER_H
#define TESTS_ROAD_PEER_H

#include "bridge/https/http_client.h"
#include "bridge/https/session.h"
#include "tests/road/talk.h"
#include "wire/road.h"

struct peer {
	const char *origin;		/* "https://HOST:PORT" */
	struct wire_identity identity;
	struct br_trust trust;
	struct br_http *http;
};
/* Ends the program in any trouble, as all of these do. */
void peer_open(struct peer *p, const char *origin, const char *identity);
void peer_close(struct peer *p);
/* A request; *answer is replaced. The status. */
unsigned peer_post(struct peer *p, const char *path, struct cb_span body,
    struct cb_buf *answer);

/* A session with a card. */
struct far {
	struct peer *peer;
	uint8_t card[WIRE_ID];
	struct br_remote remote;
	char path[64], open_path[64];
	struct cb_buf accept;		/* what opened it */
	struct cb_buf body;		/* what was sealed last */
	struct cb_buf answer;		/* what the card said last */
	void (*recorder)(const char *path, struct cb_span body);
};
/* Opens it and powers the card on. */
void far_open(struct far *f, struct peer *p, const uint8_t card[WIRE_ID],
    void (*recorder)(const char *path, struct cb_span body));
void far_close(struct far *f);	/* of ours: the backend hears nothing */
/* Seals a command into f->body. */
void far_seal(struct far *f, enum talk_step step);
/* Adds another one to it. */
void far_add(struct far *f, enum talk_step step);
/* Posts f->body; records of the answers in *out. The status; *outcome that of
 * a failure. */
unsigned far_post(struct far *f, struct cb_buf *out,
    enum wire_outcome *outcome);
/* What the card answered: its status word; 0: not sealed by the worker. */
unsigned far_read(struct far *f, struct cb_span records);
/* Seal, post, read. */
unsigned far_step(struct far *f, enum talk_step step);

#endif
