/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Linked in place of the one it calls. Nearly all that the tests of cards take
 * is scrypt; valgrind would look at it for minutes, and it is not ours. There,
 * cards' passcodes cost next to nothing; scrypt's own tests see it as it is.
 */
#include "emulator/crypto/heavy.h"
#include "emulator/crypto/kdf.h"
#include "tests/emulator/leak.h"
#include "tests/emulator/rig.h"

enum cb_err __real_emu_scrypt(const struct emu_scrypt *how,
    struct cb_span passcode, uint8_t out[EMU_KEY]);
enum cb_err __wrap_emu_scrypt(const struct emu_scrypt *how,
    struct cb_span passcode, uint8_t out[EMU_KEY]);

static bool cheap;

void
rig_scrypt_cheap(void)
{
	cheap = leak_valgrind();
}

void
rig_scrypt_whole(void)
{
	cheap = false;
}

struct wanted {
	const struct emu_scrypt *how;
	struct cb_span passcode;
	uint8_t *out;
};

static enum cb_err
cheaply(void *arg)
{
	const struct wanted *w = arg;
	const struct scrypt_cost cost = { 2, w->how->r, w->how->p };

	return emu_scrypt_any(
	    &cost, CB_SPAN_OF(w->how->salt), w->passcode, w->out, EMU_KEY);
}

enum cb_err
__wrap_emu_scrypt(const struct emu_scrypt *how, struct cb_span passcode,
    uint8_t out[EMU_KEY])
{
	if (!cheap || how->log2n != 10)
		return __real_emu_scrypt(how, passcode, out);
	return emu_heavy(cheaply, &(struct wanted){ how, passcode, out });
}
