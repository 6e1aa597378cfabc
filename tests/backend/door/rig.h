/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A door in a process of its own, behind its walls, with the test at the other
 * end of everything: the parent, one worker, and clients.
 */
#ifndef TESTS_BACKEND_DOOR_RIG_H
#define TESTS_BACKEND_DOOR_RIG_H

#include <check.h>
#include <openssl/ssl.h>
#include <sys/types.h>

#include "backend/door/door.h"
#include "wire/cert.h"
#include "wire/road.h"

#define PATIENCE_MS 10000	/* of a busy machine; nothing waits so long */

struct identity {
	struct wire_key *key;
	struct cb_buf cert;
};

enum who {
	NOBODY,
	DEVICE,
	DEVICE2,	/* of the same organisation */
	STRAY,		/* of an organisation that has no worker */
	PERSON,
	NAMESAKE,	/* a device of another organisation, of PERSON's id */
	OPERATOR,	/* a person of the platform */
	EXPIRED,
	FOREIGN,	/* of another authority */
	LIVE,		/* the backend is a test one */
	DOOR,		/* the door's own certificate */
	WHO
};

struct rig {
	pid_t pid;
	unsigned port;
	int parent;		/* the test's end */
	struct be_channel *worker;
	struct identity authority, service, ids[WHO];
	SSL_CTX *ctx[WHO];
	struct be_door_settings settings;
	bool without_worker;
	uint64_t state;		/* number of STATE, which waits */
	bool with_desk;		/* people come to a port of their own */
	unsigned desk_port;
	int64_t short_until;	/* see rig_short() */
};

extern const uint8_t rig_org[WIRE_ID], rig_card[WIRE_ID], rig_card2[WIRE_ID],
    rig_session[WIRE_ID];
const uint8_t *rig_id(enum who who);	/* of its certificate */

/* Makes keys and usual settings; the door is started by rig_start(). */
void rig_init(struct rig *r);
/* Makes a certificate of the service, which only the role looks at. */
void rig_serve(struct rig *r);
void rig_start(struct rig *r);
/* A socket that listens at the port that clients will come to. */
int rig_listen(struct rig *r);
/* Its certificate is a new one now, for so many seconds. */
void rig_short(struct rig *r, enum who who, int seconds);
/* Until the clock (of seconds) shows that. */
void rig_wait_until(int64_t when);
/* The door ends by itself when its parent is gone, with exit code 0. */
void rig_clear(struct rig *r);
/* Tells it to stop, as START's parent would. */
void rig_stop(struct rig *r);

/* The worker's end. */
struct told {
	uint16_t type;
	uint64_t id;
	bool inspected;	/* of who says who it is */
	struct cb_buf body;
};
void rig_told(struct rig *r, struct told *out, uint16_t type);
/* The number of the next question, which is of this type. */
uint64_t rig_asked(struct rig *r, uint16_t type);
/* Nothing comes, for as long as it takes to be sure. */
void rig_untold(struct rig *r);
void rig_answer(struct rig *r, uint16_t type, uint64_t id, uint16_t code,
    struct cb_span body);
/* What the worker says that it lacks. */
void rig_lacks(struct rig *r, uint8_t what);
/* What the door tells its parent when a worker is lost: the number of the
 * channel, 1. */
#define RIG_LOST 0x0505
/* The worker is gone. */
void rig_lose(struct rig *r);

/* One client. */
struct client {
	int fd;
	SSL *ssl;
	struct cb_buf in;
};
struct reply {
	unsigned status;
	char head[1024];
	struct cb_buf body;
};
/* Connected, and nothing said; from this address of the machine, or any. */
void client_from(struct rig *r, struct client *c, const char *address);
void client_bare(struct rig *r, struct client *c);
/* The handshake of one that is connected. */
void client_shake(struct rig *r, struct client *c, enum who who);
/* false: no handshake. `resume` may be NULL. */
bool client_try(struct rig *r, struct client *c, SSL_CTX *ctx,
    SSL_SESSION *resume);
void client_open(struct rig *r, struct client *c, enum who who);
void client_send(struct client *c, struct cb_span s);
void client_text(struct client *c, const char *text);
/* A request with its body. */
void client_ask(struct client *c, const char *method, const char *path,
    struct cb_span body);
/* ENROL, as far as the door reads it. */
struct cb_span rig_enrol(void);
/* The next answer; false: the door has closed. */
bool client_reply(struct client *c, struct reply *out);
/* The next answer has this status. */
void client_expect(struct client *c, unsigned status);
void client_close(struct client *c);
/* What a device says that has no certificate: DEVICE. */
#define RIG_NAMED "Cardbridge-Device: 0a010000000000000000000000000000 " \
	"0d010000000000000000000000000000\r\n"

/* One request on a connection of its own; of a worker's nothing. */
void ask_once(struct rig *r, enum who who, const char *method,
    const char *path, struct cb_span body, struct reply *out);
/* FAILURE, with this code. */
void expect_failure(
    const struct reply *reply, unsigned status, enum cb_err code);
void reply_clear(struct reply *r);

#endif
