/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Cards that are open: what the vault keeps of each session until its worker
 * says that it is over, is gone itself, or has not had the session's rights
 * checked for a long time.
 */
#ifndef BE_VAULT_HELD_H
#define BE_VAULT_HELD_H

#include "backend/vault/ids.h"

#define BE_HELD_MAX 4096	/* cards that one worker has open */
/* A worker asks once a minute; one that has forgotten a session for so long
 * will not need it again. */
#define BE_HELD_MS (UINT64_C(4) * 3600 * 1000)

struct be_held {
	uint8_t session[WIRE_ID];
	uint64_t checked;		/* on the vault's clock */
	uint64_t ms;			/* so long it is held from then */
	uint8_t holder[WIRE_ID];	/* device or person */
	uint8_t card[WIRE_ID];		/* zeros: a person's, at the desk */
};

/* Of each organisation, which has one worker, its sessions. */
struct be_helds {
	struct be_ids organisations;
};

void be_helds_init(struct be_helds *all, size_t organisations);
void be_helds_clear(struct be_helds *all);
/* NULL: it has no such session, or it is stale. Borrowed until the next
 * change. */
struct be_held *be_held_find(const struct be_helds *all,
    const uint8_t organisation[WIRE_ID], uint64_t tick,
    const uint8_t session[WIRE_ID]);
/* Holds such a one; in the place of one of this session. CB_E_LIMIT: it has
 * too many. */
CB_MUST_USE enum cb_err be_held_add(struct be_helds *all,
    const uint8_t organisation[WIRE_ID], const struct be_held *like);
/* One session of it, or (NULL) all. */
void be_held_drop(struct be_helds *all, const uint8_t organisation[WIRE_ID],
    const uint8_t *session);
/* Those that nobody has had checked for as long as they are held. */
void be_held_drop_stale(struct be_helds *all, uint64_t tick);
bool be_held_none(const struct be_helds *all);

#endif
