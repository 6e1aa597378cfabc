/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The vault as a process: it answers workers and the store over their
 * channels. A worker's channel is bound to its organisation, whose keys alone
 * are used for what it asks.
 */
#ifndef BE_VAULT_ROLE_H
#define BE_VAULT_ROLE_H

/* `fd`: the channel to the parent. An exit code. */
int be_vault_main(int fd);

#endif
