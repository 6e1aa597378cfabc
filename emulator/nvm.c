/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What all fillings of non-volatile memory share.
 */
#include "emulator/nvm.h"

#include <string.h>

#include "emulator/emu.h"

enum cb_err
emu_nvm_check(const char *name, struct cb_span value)
{
	size_t i, n = strnlen(name, EMU_NVM_NAME_MAX + 1);

	if (n == 0 || n > EMU_NVM_NAME_MAX)
		return CB_E_ARG;
	for (i = 0; i < n; i++)
		if (name[i] < 0x20 || name[i] > 0x7e)
			return CB_E_ARG;
	return value.n > EMU_NVM_VALUE_MAX ? CB_E_LIMIT : CB_OK;
}

void
emu_nvm_free(struct emu_nvm **nvm)
{
	if (nvm == NULL || *nvm == NULL)
		return;
	(*nvm)->ops->free(*nvm);
	*nvm = NULL;
}
