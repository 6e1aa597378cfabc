/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The root: the key that wraps all other keys of a backend, and that is kept
 * nowhere whole. It is cut into parts, all of which are needed, each in a
 * place of its own (backend/vault/place.h), and into recovery shares, some of
 * which are enough.
 */
#ifndef BE_VAULT_ROOT_H
#define BE_VAULT_ROOT_H

#include "backend/vault/piece.h"

struct be_root {	/* in secret memory */
	struct be_self self;
	uint8_t key[CR_KEY];
};

/* A new one, random. */
CB_MUST_USE enum cb_err be_root_new(
    struct be_root **out, const struct be_self *self);
void be_root_free(struct be_root **root);

/* Secret memory for n pieces. */
CB_MUST_USE enum cb_err be_pieces_new(struct be_piece **out, size_t n);
void be_pieces_free(struct be_piece **pieces, size_t n);

/* Fills `of` pieces; of parts all are needed. CB_E_ARG: there cannot be that
 * many, or a share would be the root by itself. */
CB_MUST_USE enum cb_err be_root_split(const struct be_root *root,
    enum be_piece_type type, unsigned needed, unsigned of,
    struct be_piece *pieces);
/* The root of these pieces. `names` says for each where it is from, for the
 * message. `self`: the backend that is wanted; NULL: whichever they are of.
 * CB_E_ABSENT: one is missing; CB_E_ARG: one comes twice; CB_E_DENIED: one is
 * of another backend, set or type; CB_E_CRYPTO: they do not make the root
 * that they were cut from. */
CB_MUST_USE enum cb_err be_root_join(struct be_root **out,
    const struct be_self *self, const struct be_piece *pieces,
    const char *const *names, size_t n, struct cb_why *why);

/* The same with parts in places: one of each, all written or none. */
CB_MUST_USE enum cb_err be_root_save(const struct be_root *root,
    const char *const *uris, size_t n, struct cb_why *why);
CB_MUST_USE enum cb_err be_root_load(struct be_root **out,
    const struct be_self *self, const char *const *uris, size_t n,
    struct cb_why *why);

#endif
