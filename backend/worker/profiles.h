/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What new cards look like: the profiles of a directory, which are read before
 * the walls go up and kept. A person names one and can point at no file.
 */
#ifndef BE_PROFILES_H
#define BE_PROFILES_H

#include "emulator/emu.h"

struct be_profiles;

/* All files NAME.profile of a directory. CB_E_ABSENT: there is no such
 * directory. One that cannot be read is passed over, which the log says. */
CB_MUST_USE enum cb_err be_profiles_read(
    struct be_profiles **out, const char *dir, struct cb_why *why);
void be_profiles_free(struct be_profiles **profiles);
/* NULL: there is none of that name (or no profiles at all). */
const struct emu_profile *be_profiles_find(
    const struct be_profiles *profiles, struct cb_span name);

#endif
