/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Non-volatile memory of a card: a set of named records changed in atomic
 * transactions. Fillings: nvm_mem.c (cards that end with the process),
 * nvm_file.c (a card file), a backend's (cards whose records are kept elsewhere,
 * and committed together with the answer to a command). Killing the process at any instruction, or losing all
 * that was not synced, leaves every record as before or after a commit.
 *
 * A name is 1 to 40 printable ASCII characters; a value up to 65535 bytes.
 * Records are read once, when a card is opened (`each`); the emulator keeps
 * what it needs in memory. Writes outside a transaction are CB_E_ARG.
 */
#ifndef EMU_NVM_H
#define EMU_NVM_H

#include "common/buf.h"

#define EMU_NVM_NAME_MAX 40
#define EMU_NVM_VALUE_MAX 65535

struct emu_nvm;

typedef enum cb_err emu_nvm_each_fn(
    void *ctx, const char *name, struct cb_span value);

/* By when a transaction must be durable. Whoever keeps records elsewhere than
 * in this process may commit the latter together with the answer; if that
 * fails he sends no answer, and opens the card anew: nobody has seen what was
 * not kept. What was put before is never durable after what was put later. */
enum emu_nvm_by {
	EMU_NVM_NOW,		/* a spent try: before anything is compared */
	EMU_NVM_ANSWER,		/* before the answer leaves; all else */
};

struct emu_nvm_ops {
	/* CB_E_STORE: nothing may be written from now on. */
	enum cb_err (*begin)(struct emu_nvm *nvm);
	enum cb_err (*put)(
	    struct emu_nvm *nvm, const char *name, struct cb_span value);
	/* CB_OK also when there was no such record. */
	enum cb_err (*del)(struct emu_nvm *nvm, const char *name);
	/* On CB_OK all is durable, or will be by then. On failure nothing is
	 * (transaction over). */
	enum cb_err (*commit)(struct emu_nvm *nvm, enum emu_nvm_by by);
	void (*rollback)(struct emu_nvm *nvm);
	/* Every committed record, also what awaits the answer, in order of name (byte-wise), until fn fails;
	 * returns that failure. Not inside a transaction. CB_E_FORMAT: a record
	 * is damaged. */
	enum cb_err (*each)(
	    struct emu_nvm *nvm, emu_nvm_each_fn *fn, void *ctx);
	void (*free)(struct emu_nvm *nvm);
};

/* First member of every filling's own struct. */
struct emu_nvm {
	const struct emu_nvm_ops *ops;
	bool readonly;		/* begin answers CB_E_DENIED */
};

/* For fillings: whether this may name a record, CB_E_ARG or CB_E_LIMIT. */
CB_MUST_USE enum cb_err emu_nvm_check(
    const char *name, struct cb_span value);

#endif
