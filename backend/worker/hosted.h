/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Non-volatile memory of a card that lives in the store: fills emulator/nvm.h.
 * What a command changes is collected here, until whoever runs it commits it
 * together with the answer; only what must be durable at once is handed over
 * in the middle.
 */
#ifndef BE_HOSTED_H
#define BE_HOSTED_H

#include "backend/store/store.h"
#include "backend/worker/record.h"

struct be_hosted;

struct be_hosted_ops {
	/* All records, one behind the other (be_ask_record); appends. And
	 * the number that the books know of the card. */
	enum cb_err (*records)(
	    void *ctx, struct cb_buf *out, uint64_t *number);
	/* Commits what was collected (be_hosted_changes), now. */
	enum cb_err (*now)(void *ctx);
	void *ctx;
};

/* Reads all records once. CB_E_FORMAT: they are not what the root lists, or
 * are older than what is in the books; *why says which. `key` is borrowed. */
CB_MUST_USE enum cb_err be_hosted_new(struct be_hosted **out,
    const struct be_card_key *key, const struct be_hosted_ops *ops,
    struct cb_why *why);
/* As the emulator takes it, which frees it, too. */
struct emu_nvm *be_hosted_nvm(struct be_hosted *h);

/* Number of the root record that the store has. */
uint64_t be_hosted_number(const struct be_hosted *h);
bool be_hosted_changed(const struct be_hosted *h);

/* What was collected, as an act has it: sealed, with the root that follows
 * from it. Borrowed until one of the next two. *number: the root's then. */
CB_MUST_USE enum cb_err be_hosted_changes(struct be_hosted *h,
    const struct be_record_change **changes, size_t *n, uint64_t *number);
void be_hosted_done(struct be_hosted *h);	/* they are durable */
/* They are not, or nobody knows: nothing is read or written any more. */
void be_hosted_fail(struct be_hosted *h);

/* All that a new card needs: records of `from`, sealed, and the first root.
 * Free each value and the array. */
struct be_sealed_record {
	char name[EMU_NVM_NAME_MAX + 1];
	struct cb_buf value;
};
CB_MUST_USE enum cb_err be_hosted_make(const struct be_card_key *key,
    struct emu_nvm *from, struct be_sealed_record **records, size_t *n);
void be_sealed_records_free(struct be_sealed_record **records, size_t n);

#endif
