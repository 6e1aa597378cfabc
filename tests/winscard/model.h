/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What may come of calls that several programs make at the same time: a model
 * of PC/SC's rules of sharing in the plainest way. A call happens at one
 * moment, which nobody knows, between its beginning and its end; so the model
 * is a set of states, of which those remain that have led to what was seen.
 * Where none remains, something happened that may not.
 */
#ifndef WS_MODEL_H
#define WS_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#define ACTORS 8	/* each with one context and at most one handle */

enum what {
	OP_NONE, OP_ESTABLISH, OP_CONNECT, OP_RECONNECT, OP_DISCONNECT,
	OP_BEGIN, OP_END, OP_TRANSMIT, OP_STATUS,
	OP_CANCEL, OP_RELEASE,	/* of the context of actor `who` */
	OP_EJECT, OP_INSERT,
};

struct op {
	uint8_t what;
	uint8_t mode, protocols, disposition, protocol;
	uint8_t who;
};

/* It begins; nothing is known of it. */
void model_begin(unsigned actor, const struct op *op);
/* It has ended so; false: it may not. */
bool model_end(unsigned actor, unsigned long code);
/* The actor's process was killed. */
void model_kill(unsigned actor);
/* So much time has passed that the death of a handle was noticed; false: that
 * cannot be, with what was seen. */
bool model_settle(void);
/* May it be that of all the calls that are going on none can go on now? */
bool model_stuck(void);
unsigned model_states(void);
void model_reset(void);
/* One of the states, for who looks for the reason. */
void model_print(void);

#endif
