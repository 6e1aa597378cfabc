/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What the tests of non-volatile memory share: a directory of their own,
 * records as text, and a print of all that a directory holds.
 */
#ifndef NVM_TEST_H
#define NVM_TEST_H

#include <check.h>

#include "emulator/emu.h"
#include "emulator/nvm.h"

Suite *nvm_suite(void);
Suite *nvm_file_suite(void);
Suite *nvm_journal_suite(void);
Suite *nvm_lock_suite(void);
Suite *nvm_fault_suite(void);

/* Checked fixtures: the directory, and what is left in it removed again. */
void nvm_dir_setup(void);
void nvm_dir_teardown(void);
/* A name in that directory; a ring of 32 results. */
const char *nvm_path(const char *base);

/* A card file with `records` records of 100 bytes, closed. */
void nvm_make_file(const char *path, unsigned records);
/* One transaction with one record. */
enum cb_err nvm_put1(struct emu_nvm *nvm, const char *name, const char *text);
/* All records as "name=value\n" (a static buffer). */
const char *nvm_text(struct emu_nvm *nvm);
/* Opens, reads, frees. What came of it in *r if it is not NULL. */
const char *nvm_file_text(const char *path, unsigned flags, enum cb_err *r);

/* A number over names, modes, times and contents of the directory. */
uint64_t nvm_dir_print(void);

/* Bytes of a file, whole; the caller frees the buffer. */
struct cb_buf nvm_load(const char *path);
void nvm_store(const char *path, struct cb_span s);

#endif
