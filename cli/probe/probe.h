/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A probe: asks a card what it tells everybody, and writes a report of it.
 *
 *	probe_run()      CPLC, then every application of kinds.c
 *	  probe_walk()   the files of an application that answered (walk.c)
 *	  probe_objects() its passcodes and data objects (objects.c)
 *	probe_guess()    what kind of card that is (guess.c)
 *
 * A card may be hostile: everything it can make longer is counted against
 * the limits, and when one is used up the report ends there and says so.
 */
#ifndef CLI_PROBE_PROBE_H
#define CLI_PROBE_PROBE_H

#include "cli/probe/gate.h"
#include "cli/report/report.h"

/* How a card is reached: one APDU, one answer of at least two bytes. */
struct probe_road {
	enum cb_err (*send)(void *ctx, struct cb_span cmd, struct cb_buf *rsp,
	    struct cb_why *why);
	void *ctx;
};

struct probe_limits {
	unsigned commands;	/* sent in all */
	size_t bytes;		/* answered in all */
	unsigned ms;		/* in all */
};
extern const struct probe_limits probe_limits;

struct probe {
	const struct probe_road *road;
	struct probe_limits left;
	uint64_t end_ms;	/* CLOCK_MONOTONIC */
	bool t0;
	struct report *report;
	struct rep_app *app;	/* the one being looked at */
	struct probe_queries queries;
	struct cb_why *why;
};

/* Fills a report whose reader, ATR and protocol are set. CB_OK also where a
 * limit ended it: a remark says so. Errors are the road's: no card answers
 * any more. */
CB_MUST_USE enum cb_err probe_run(const struct probe_road *road,
    const struct probe_limits *limits, struct report *report,
    struct cb_why *why);

/* ---- between the files of this folder ------------------------------------ */

#define PROBE_NO_LE (-1)

struct probe_cmd {
	uint8_t cla, ins, p1, p2;
	struct cb_span data;
	int le;			/* 0: 256; PROBE_NO_LE */
};

/* talk.c. *data is replaced by what was answered, GET RESPONSE included.
 * CB_E_LIMIT: a limit is used up. CB_E_DENIED: the gate refuses (a defect of
 * ours), nothing was sent. */
CB_MUST_USE enum cb_err probe_send(struct probe *p,
    const struct probe_cmd *cmd, struct cb_buf *data, uint16_t *sw);
uint64_t probe_now_ms(void);

struct probe_kind;
/* walk.c: the files of an application that was selected by name, from `path`
 * down; fci is what SELECT gave. */
CB_MUST_USE enum cb_err probe_walk(struct probe *p,
    const struct probe_kind *kind, const char *path, struct cb_span fci);
/* Selects the file in the current DF. */
CB_MUST_USE enum cb_err probe_select(struct probe *p,
    const struct probe_kind *kind, const char *path, struct cb_buf *fci,
    uint16_t *sw);
/* Makes a DF current, from the MF down. */
CB_MUST_USE enum cb_err probe_enter(
    struct probe *p, const struct probe_kind *kind, const char *path);
/* fci.c: what a FCI says into *f; what it does not say stays. *records: at most. */
void probe_fci(struct cb_span fci, struct rep_file *f, unsigned *fid,
    unsigned *records);

/* objects.c: passcodes and data objects; `path` is where the files are. */
CB_MUST_USE enum cb_err probe_objects(
    struct probe *p, const struct probe_kind *kind, const char *path);

/* guess.c: facts, guess and remarks from what the report holds. */
CB_MUST_USE enum cb_err probe_guess(struct report *r);

#endif
