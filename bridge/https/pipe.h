/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A connection to a backend, with TLS on it and a proxy before it where there
 * is one: bytes there and back. The only file that knows libcurl, which
 * resolves, connects, shakes hands and resumes sessions; what is said on the
 * connection passes by its engine of requests, which costs more than all the
 * rest of a request.
 */
#ifndef BR_HTTPS_PIPE_H
#define BR_HTTPS_PIPE_H

#include "bridge/https/tls.h"

/* What one read may give. */
#define BR_PIPE_READ 16384
#define BR_PIPE_NO_END UINT64_MAX	/* a deadline */

/* What is said of a backend that is not reached, before why. */
#define BR_UNREACHED "the backend cannot be reached (is it running, and at " \
	"this address?): "

struct br_pipe;

/* What else may end a wait: where `fd` is readable it is asked (on the waiting
 * thread; it takes what can be read), and true interrupts. */
struct br_heed {
	int fd;
	bool (*asks)(void *ctx);
	void *ctx;
};

/* `trust` is borrowed as long as the pipe lives. */
CB_MUST_USE enum cb_err br_pipe_new(
    struct br_pipe **out, const struct br_trust *trust);
void br_pipe_free(struct br_pipe **p);

/* Of all that wait, with deadlines as br_now_ms() counts: CB_E_PEER: the
 * connection is broken; CB_E_TIMEOUT: the deadline has come, or the other end
 * has fallen silent altogether; CB_E_BUSY: interrupted. *why says what is wrong
 * with the road. */

/* Another one, in place of what was there. CB_E_PEER: also where nothing is
 * reached in time; *distrust: this network is not trusted. */
CB_MUST_USE enum cb_err br_pipe_open(struct br_pipe *p, const char *origin,
    unsigned connect_ms, uint64_t deadline, bool *distrust,
    struct cb_why *why);
/* Is there one to this origin ("https://HOST:PORT")? */
bool br_pipe_stands(const struct br_pipe *p, const char *origin);
/* Does it seem to be alive, with nothing that came unasked? */
bool br_pipe_rests(struct br_pipe *p);
/* All of it. */
CB_MUST_USE enum cb_err br_pipe_send(struct br_pipe *p, struct cb_span bytes,
    uint64_t deadline, struct cb_why *why);
/* What there is, up to BR_PIPE_READ bytes; *n is 0 where the other end has said
 * that it says no more (and was not merely cut off). */
CB_MUST_USE enum cb_err br_pipe_recv(struct br_pipe *p,
    uint8_t out[BR_PIPE_READ], size_t *n, uint64_t deadline,
    struct cb_why *why);
/* The next one resumes by ticket. */
void br_pipe_close(struct br_pipe *p);
/* The same, and keeps no memory but the ticket's. */
void br_pipe_rest(struct br_pipe *p);

/* Is somebody else from its next connection on, which resumes none of before:
 * in place of br_pipe_new's. Closes. */
CB_MUST_USE enum cb_err br_pipe_trust(
    struct br_pipe *p, const struct br_trust *trust);
/* From now on. */
void br_pipe_heed(struct br_pipe *p, const struct br_heed *heed);
/* Until the deadline, or CB_E_BUSY. */
CB_MUST_USE enum cb_err br_pipe_pause(struct br_pipe *p, uint64_t deadline);

/* Ends what waits, or else what waits next (any thread). */
void br_pipe_interrupt(struct br_pipe *p);
/* Was it? Then what waits next does not end. */
bool br_pipe_interrupted(struct br_pipe *p);

/* From its next connection on it finds out sooner that nobody is there. */
void br_pipe_wary(struct br_pipe *p);
/* Does it go through a proxy? Known when one stood. */
bool br_pipe_proxied(const struct br_pipe *p);
/* How often one was made. */
unsigned br_pipe_made(const struct br_pipe *p);

#endif
