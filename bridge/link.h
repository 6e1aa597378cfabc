/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A link: how the bridge reaches one card. The URI's scheme chooses the ops
 * table (link.c); link_emu.c is the emulator, others follow. A link is used
 * by one thread at a time; different links share nothing.
 */
#ifndef BR_LINK_H
#define BR_LINK_H

#include "bridge/client_status.h"

/* What a reader tells of its card without powering it. */
struct br_link_info {
	uint8_t atr[CB_ATR_MAX];
	size_t atr_n;
	uint32_t max_apdu;
	uint8_t protocols;	/* bit 0 T=0, bit 1 T=1 */
	bool test;
	char kind[32];		/* its profile; "": not one of ours */
};

/* What a link hears of its card while nobody uses it. */
struct br_link_news {
	bool present;
	/* What was known of the card counts no more: whoever has it must see
	 * that it was taken out, even if it is there again. */
	bool lost;
	/* For a person: why it is not there, or did not open; "": neither. */
	const char *words;
	struct cb_span atr;	/* empty: as it was */
};
/* Any thread, also one that is inside an op of this link; must not wait. */
typedef void br_link_tell(void *ctx, const struct br_link_news *news);

/* First member of every link's own struct. */
struct br_link {
	const struct br_link_ops *ops;
};

struct br_link_ops {
	const char *scheme;
	/* Is what follows "scheme:" well-formed? Touches nothing. CB_E_ARG. */
	enum cb_err (*check)(const char *rest, struct cb_why *why);
	/* Makes the card ours until close. Errors say in *why why it cannot be
	 * used (absent, in use, damaged). */
	enum cb_err (*open)(struct br_link **out, const char *rest,
	    struct br_link_info *info, struct cb_why *why);
	/* ON, RESET: *info is refreshed. OFF always succeeds. */
	enum cb_err (*power)(struct br_link *l, enum br_power what,
	    struct br_link_info *info, struct cb_why *why);
	enum cb_err (*protocol)(struct br_link *l, unsigned t);
	/* *rsp is replaced by answer and status word. */
	enum cb_err (*transmit)(
	    struct br_link *l, struct cb_span cmd, struct cb_buf *rsp);
	/* When the card wants tick (monotonic ms; UINT64_MAX: never). */
	uint64_t (*deadline)(const struct br_link *l);
	void (*tick)(struct br_link *l);
	/* Unpowered for a while: gives back what can be had again, but the
	 * card stays ours. */
	void (*rest)(struct br_link *l);
	void (*close)(struct br_link *l);
	/* The bridge ends: what runs comes back soon, and what follows takes
	 * no more than two seconds in all (any thread, also while an op runs).
	 * NULL: everything does. */
	void (*give_up)(struct br_link *l);
	/* How it is, of a card that is somewhere else; NULL: it is here (any
	 * thread, also while an op runs; must not wait, nor tell). */
	void (*status)(struct br_link *l, struct br_road_status *out);
	/* What is to be done soon, or there will be no card (as status). False:
	 * nothing; NULL: never. */
	bool (*warn)(struct br_link *l, struct cb_why *out);

	/* The rest is for cards that come and go by themselves; else NULL.
	 * From now until close `tell` is called with all news, and at once
	 * with what is known. Such a card is not spoiled by a power-on that
	 * fails: there will be news of it. */
	void (*watch)(struct br_link *l, br_link_tell *tell, void *ctx);
};

extern const struct br_link_ops br_link_emu, br_link_memory, br_link_https;

/* The ops for a URI, and where its rest begins. CB_E_ARG: an unknown scheme,
 * or a rest that it refuses. */
CB_MUST_USE enum cb_err br_link_find(const struct br_link_ops **ops,
    const char **rest, const char *uri, struct cb_why *why);
/* One more scheme, for tests; before any server starts. */
void br_link_register(const struct br_link_ops *ops);

#endif
