/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Where the parts of a backend lie below its directory.
 */
#ifndef BE_LAYOUT_H
#define BE_LAYOUT_H

#include <stddef.h>

#define BE_DIR_VAULT "vault"
#define BE_DIR_STORE "store"
#define BE_DIR_HEADS "heads"
#define BE_DIR_DOOR "door"
#define BE_DIR_OPERATOR "operator"
#define BE_DIR_SHARES "shares"

#define BE_FILE_ROOT "vault/root-1.key"
#define BE_FILE_RECOVERY "vault/recovery.key"
#define BE_FILE_STORE "store/backend.db"
#define BE_FILE_HEADS "heads/heads"
#define BE_FILE_BOOKS "books.pub"	/* verifies the books: public */
#define BE_FILE_DOOR_KEY "door/key.pem"
#define BE_FILE_DOOR "door/certificate.der"
#define BE_FILE_AUTHORITY "door/authority.der"
#define BE_FILE_SERVICE "door/service.der"

/* What the door has, in the order of its START (PROTOCOL.md). */
#define BE_LAYOUT_DOOR 4
extern const char *const be_door_files[BE_LAYOUT_DOOR];

/* dir/name, the caller's to free; NULL: no memory. */
char *be_path(const char *dir, const char *name);

/* Where the profiles of new cards are: what CARDBRIDGE_PROFILES says, else
 * where they were installed. */
const char *be_profiles_dir(void);

#endif
