/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See fuzz_card.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz_card.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/lsan_interface.h>
#define WITH_LSAN 1
#endif
#endif

uint64_t fuzz_now;
static uint64_t seed;

void
fuzz_env_reset(void)
{
	fuzz_now = 1000000;
	seed = 0x9E3779B97F4A7C15;
}

/* xorshift64* */
static enum cb_err
fuzz_random(void *ctx, uint8_t *p, size_t n)
{
	(void)ctx;
	for (size_t i = 0; i < n; i++) {
		seed ^= seed >> 12;
		seed ^= seed << 25;
		seed ^= seed >> 27;
		p[i] = (uint8_t)((seed * 0x2545F4914F6CDD1D) >> 56);
	}
	return CB_OK;
}

static uint64_t
fuzz_mono_ms(void *ctx)
{
	(void)ctx;
	return fuzz_now;
}

static int64_t
fuzz_utc(void *ctx)
{
	(void)ctx;
	return 1767225600;	/* 2026-01-01 */
}

const struct emu_env fuzz_env = {
	.random = fuzz_random,
	.mono_ms = fuzz_mono_ms,
	.utc = fuzz_utc,
};

static void
card_make(struct emu_nvm *nvm, const char *family)
{
	const char *top = getenv("CB_SRC");
	char profile[4096], keys[4096];
	struct emu_profile *p = NULL;
	struct cb_why why = { "" };
	struct emu_make wish = {
		.test = true,
		.serial = "1A2B3C4D",
		.keys_from = keys,
		.user_pin = cb_span_str(FUZZ_PIN),
		.so_pin = cb_span_str(FUZZ_SO_PIN),
		.scrypt_log2n = 10,
	};

	if (top == NULL)
		top = FUZZ_TOP;
	snprintf(profile, sizeof(profile), "%s/data/profiles/%s.profile", top,
	    family);
	snprintf(keys, sizeof(keys), "%s/tests/vectors/%s/test-keys.txt", top,
	    family);
	fuzz_env_reset();
	if (emu_profile_read(&p, profile, &why) != CB_OK ||
	    emu_card_make(nvm, p, &wish, &fuzz_env, &why) != CB_OK) {
		fprintf(stderr, "%s\n", why.text);
		exit(EXIT_FAILURE);
	}
	emu_profile_free(&p);
}

/* OpenSSL's generators live in its locked memory, where the leak detector
 * does not look for pointers by itself; and libFuzzer asks it in the midst. */
static void
locked_memory_show(void)
{
#ifdef WITH_LSAN
	void *p = cr_secret_new(32);
	const uintptr_t at = (uintptr_t)p;
	unsigned long from, to;
	char line[512];
	FILE *maps = fopen("/proc/self/maps", "r");

	while (maps != NULL && fgets(line, sizeof(line), maps) != NULL)
		if (sscanf(line, "%lx-%lx rw", &from, &to) == 2 &&
		    from <= at && at < to)
			__lsan_register_root_region(
			    (const void *)from, to - from);
	if (maps != NULL)
		fclose(maps);
	cr_secret_free(p, 32);
#endif
}

/* In place of the real ones (ld --wrap), which would take all the time. */
enum cb_err __real_emu_rsa_generate(
    struct emu_rsa **out, unsigned bits, struct cb_span e);
enum cb_err __wrap_emu_rsa_generate(
    struct emu_rsa **out, unsigned bits, struct cb_span e);
enum cb_err __wrap_emu_scrypt(const struct emu_scrypt *how,
    struct cb_span passcode, uint8_t out[EMU_KEY]);

/* One key for each length, generated once; no exponent but 65537. */
enum cb_err
__wrap_emu_rsa_generate(struct emu_rsa **out, unsigned bits, struct cb_span e)
{
	static const uint8_t f4[] = { 0x01, 0x00, 0x01 };
	static struct emu_rsa_parts made[9];
	struct emu_rsa_parts *parts = &made[bits / 256 % 9];
	enum cb_err r = CB_OK;

	*out = NULL;
	if (e.n > 0 && !cb_span_equal(e, CB_SPAN_OF(f4)))
		return CB_E_ARG;
	if (parts->n.n == 0 &&
	    (r = __real_emu_rsa_generate(out, bits, e)) == CB_OK) {
		r = emu_rsa_parts(*out, parts);
		emu_rsa_free(out);
	}
	return r == CB_OK ? emu_rsa_load(out, parts) : r;
}

enum cb_err
__wrap_emu_scrypt(const struct emu_scrypt *how, struct cb_span passcode,
    uint8_t out[EMU_KEY])
{
	struct cb_buf all = CB_BUF_INIT;
	enum cb_err r;

	if ((r = cb_buf_add(&all, CB_SPAN_OF(how->salt))) == CB_OK &&
	    (r = cb_buf_add(&all, passcode)) == CB_OK)
		r = cr_sha256(cb_buf_span(&all), out);
	cb_buf_free(&all);
	return r;
}

static enum cb_err
copy_record(void *ctx, const char *name, struct cb_span value)
{
	struct emu_nvm *to = ctx;

	return to->ops->put(to, name, value);
}

struct emu_nvm *
fuzz_records(const char *family)
{
	static struct {
		const char *family;
		struct emu_nvm *nvm;
	} cards[4];
	struct emu_nvm *made, *to = NULL;
	size_t i = 0;

	while (cards[i].family != NULL && strcmp(cards[i].family, family) != 0)
		fuzz_must(++i < sizeof(cards) / sizeof(cards[0]));
	if (cards[i].family == NULL) {
		locked_memory_show();
		fuzz_must(emu_mem_new(&cards[i].nvm) == CB_OK);
		card_make(cards[i].nvm, family);
		cards[i].family = family;
	}
	made = cards[i].nvm;
	fuzz_must(emu_mem_new(&to) == CB_OK &&
	    to->ops->begin(to) == CB_OK &&
	    made->ops->each(made, copy_record, to) == CB_OK &&
	    to->ops->commit(to, EMU_NVM_NOW) == CB_OK);
	return to;
}
