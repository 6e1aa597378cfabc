/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The door: the role that strangers reach. It speaks TLS and HTTP, knows by
 * certificate who somebody is, and carries bodies, which it cannot read, to
 * the worker of the organisation that the certificate names. PROTOCOL.md,
 * "The road" and "Door and worker", is the description.
 */
#ifndef BE_DOOR_H
#define BE_DOOR_H

#include "backend/channel.h"
#include "backend/ends.h"
#include "wire/wire.h"

struct be_door_limits {
	unsigned connections; /* of devices and people, in all */
	unsigned strangers;   /* connections without a certificate */
	unsigned of_address;  /* of these, from one address */
	unsigned of_one;      /* connections of one device or person */
	unsigned holds;       /* of these, that hold */
	unsigned enrols;      /* under way, of one organisation */
	unsigned enrols_a_second; /* of all */
	unsigned enrols_of_address; /* of these, from one address */
	/* of those without a certificate, that say who they are */
	unsigned claims_a_second, claims_of_address, claims_of_one;
	/* cards that one device has looked for: in the long run, at once */
	unsigned watches_a_second, watches_at_once;
	size_t bodies;        /* bytes, of all requests and answers */
	/* milliseconds */
	unsigned handshake; /* from the connection on */
	unsigned patience;  /* of that, in which nobody else may end it */
	unsigned request;   /* head and body, from their first byte */
	unsigned idle;      /* between requests */
	unsigned answer;    /* of a worker */
	unsigned sending;   /* until an answer is taken */
};
extern const struct be_door_limits be_door_usual;

struct be_door_settings {
	enum wire_kind kind;
	uint8_t backend[WIRE_ID];
	/* DER, borrowed while the door is made; `key` is PEM */
	struct cb_span authority, service, certificate, key;
	bool tls12; /* where something old must be let in */
	struct be_door_limits limits;
};

struct be_door;

/* Takes no descriptor yet; all that has to be allocated or looked up outside
 * the walls is. CB_E_FORMAT: a key or certificate that is none. */
CB_MUST_USE enum cb_err be_door_new(struct be_door **out,
    const struct be_door_settings *settings, struct cb_why *why);
/* The same of files, which are read and closed; of `settings` the spans do not
 * count. CB_E_TIMEOUT: a certificate is over, or not valid yet. */
enum {
	BE_DOOR_AUTHORITY,
	BE_DOOR_SERVICE,
	BE_DOOR_CERTIFICATE,
	BE_DOOR_KEY,
	BE_DOOR_FILES
};
CB_MUST_USE enum cb_err be_door_new_of(struct be_door **out,
    const struct be_door_settings *settings, const int fds[BE_DOOR_FILES],
    struct cb_why *why);
void be_door_free(struct be_door **door);

/* When its certificates end; borrowed. */
const struct be_ends *be_door_ends(const struct be_door *door);
/* Logs those that end soon, now and every day that it runs. */
CB_MUST_USE enum cb_err be_door_watch_ends(struct be_door *door);

/* A socket that listens already; taken in every case. */
CB_MUST_USE enum cb_err be_door_listen(struct be_door *door, int fd);
/* The last of them is for people, and for them alone; the others for all
 * else. */
void be_door_desk(struct be_door *door);
/* The channel to an organisation's worker, and its number, in place of the one
 * before; taken in every case. */
CB_MUST_USE enum cb_err be_door_worker(struct be_door *door,
    const uint8_t organisation[WIRE_ID], uint64_t number, int fd);

/* The channel of this number has broken (it was not replaced): for the parent,
 * who may not have noticed. */
typedef void be_door_lost_fn(void *ctx, uint64_t number);
void be_door_on_lost(struct be_door *door, be_door_lost_fn *lost, void *ctx);

/* One whole message of the parent's; what is not CB_OK ends the door. */
typedef enum cb_err be_door_told_fn(
    void *ctx, struct be_channel *ch, const struct be_message *m);
/* The channel to the parent, borrowed: its end is the door's. */
CB_MUST_USE enum cb_err be_door_parent(struct be_door *door,
    struct be_channel *ch, be_door_told_fn *told, void *ctx);

/* Until be_door_stop(), or the parent is gone. */
CB_MUST_USE enum cb_err be_door_run(struct be_door *door);
/* Takes no more requests, ends what is held, and ends be_door_run() when what
 * was begun is answered. */
void be_door_stop(struct be_door *door);

/* The role: `fd` is the channel to the parent. An exit code. */
int be_door_main(int fd);

#endif
