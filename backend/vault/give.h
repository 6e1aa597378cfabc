/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What an act gets when all of it was found right: MACs, and the keys that it
 * needs. Only act.c asks for this.
 */
#ifndef BE_VAULT_GIVE_H
#define BE_VAULT_GIVE_H

#include "backend/vault/act.h"

/* A policy of the organisation by its name; a wrong MAC on any is told.
 * *value: empty where there is none. */
enum be_refusal be_policy_get(
    const struct be_ordered *ask, const char *name, struct cb_span *value);

enum be_refusal be_give_macs(const struct be_ordered *ask,
    const struct be_ruling *ruling, struct be_granted *out,
    struct cb_buf *macs);
enum be_refusal be_give_keys(const struct be_ordered *ask,
    const struct be_ruling *ruling, struct be_granted *out);

#endif
