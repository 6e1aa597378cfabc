/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The store as a process: it answers workers and the vault over their
 * channels, and keeps the signed heads of chains that grow. A worker's channel
 * is bound to its organisation: what it asks about any other is not there.
 */
#ifndef BE_STORE_ROLE_H
#define BE_STORE_ROLE_H

/* `fd`: the channel to the parent. An exit code. */
int be_store_main(int fd);

#endif
