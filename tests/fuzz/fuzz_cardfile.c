/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A card that somebody else has written. The first byte says how:
 *
 *	'f'	the rest is a card file
 *	'r'	records: name (length 1), value (length 2); put beside those of
 *		a personalised card, or in their place; a value FFFF: deleted
 *	't'	beside those of AuthentIC v3, 'u' of IAS ECC
 *	's'	the same, without any other records
 *
 * Then it is opened, shown and asked a bit of everything. It may be refused;
 * a file that is refused is left as it was.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/hex.h"
#include "tests/fuzz/fuzz_card.h"

static const char *const script[] = {
	"00A4040C10A000000077010303000000F100000002", "00A40000023F0000",
	"0020000400", "8034000040", "00A40000025011", "0020008100",
	"8034000000", "00A40000021000", "00B0000000", "00D600010155",
	"00A40000022000", "00B0000000", "00D60000020102", "00A40000023000",
	"00B2010400", "00B2020400", "00E200000101", "00DC01040101",
	"8032010400", "00A4000C025011", "00A40300", "00A4000C029002",
	"00A40000023001", "002241B603800111", "002A9E9A0177",
	"00A4030000", "00A4000C029001", "00A40000021001", "80B4010000",
	"80B4020000", "00E40200021001", "00A40300",
	"00E0000018621682020101830212348502000486080000000000000000",
	"00D600000155", "00E40100029001",
};

static void
ask(struct emu_card *card)
{
	struct cb_buf cmd = CB_BUF_INIT, rsp = CB_BUF_INIT;

	emu_card_power_on(card);
	for (size_t i = 0; i < sizeof(script) / sizeof(script[0]); i++) {
		cb_buf_clear(&cmd);
		fuzz_must(cb_hex_decode(&cmd, script[i],
			      strlen(script[i])) == CB_OK &&
		    emu_card_transmit(card, cb_buf_span(&cmd), &rsp) ==
			CB_OK &&
		    rsp.n >= 2 && rsp.n <= 258);
	}
	cb_buf_free(&cmd);
	cb_buf_free(&rsp);
}

static void
use(struct emu_nvm *nvm)
{
	struct cb_buf text = CB_BUF_INIT;
	struct emu_card *card;
	unsigned tries;
	enum cb_err r;

	if (emu_card_open(&card, &nvm, &fuzz_env, NULL) != CB_OK)
		return;
	ask(card);
	r = emu_card_passwd(card, cb_span_str(FUZZ_PIN),
	    cb_span_str("654321"), &tries, NULL);
	fuzz_must(r != CB_E_INTERNAL);
	r = emu_card_unblock(card, cb_span_str(FUZZ_SO_PIN),
	    cb_span_str("654321"), &tries, NULL);
	fuzz_must(r != CB_E_INTERNAL);
	(void)!emu_card_describe(card, &text);
	for (size_t i = 0; i < text.n; i++)
		fuzz_must(text.p[i] == '\n' || text.p[i] >= 0x20);
	cb_buf_free(&text);
	emu_card_free(&card);
}

static void
records(struct cb_span in, struct emu_nvm *nvm)
{
	struct cb_span name, value;
	char text[EMU_NVM_NAME_MAX + 1];
	uint16_t n;
	uint8_t name_n;

	fuzz_must(nvm->ops->begin(nvm) == CB_OK);
	while (cb_get_u8(&in, &name_n) == CB_OK &&
	    name_n <= EMU_NVM_NAME_MAX &&
	    cb_get_span(&in, name_n, &name) == CB_OK &&
	    cb_get_u16(&in, &n) == CB_OK) {
		memset(text, 0, sizeof(text));
		if (name.n > 0)
			memcpy(text, name.p, name.n);
		if (n == 0xFFFF) {
			if (emu_nvm_check(text, CB_SPAN_EMPTY) == CB_OK)
				(void)!nvm->ops->del(nvm, text);
			continue;
		}
		value = cb_span_head(in, n);
		in = cb_span_tail(in, n);
		if (emu_nvm_check(text, value) == CB_OK)
			(void)!nvm->ops->put(nvm, text, value);
	}
	fuzz_must(nvm->ops->commit(nvm, EMU_NVM_NOW) == CB_OK);
	use(nvm);
}

static void
file_put(const char *path, struct cb_span s)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	fuzz_must(fd >= 0 &&
	    (s.n == 0 || write(fd, s.p, s.n) == (ssize_t)s.n));
	close(fd);
}

static bool
file_is(const char *path, struct cb_span s)
{
	static uint8_t got[1 << 20];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	fuzz_must(fd >= 0 && (n = read(fd, got, sizeof(got))) >= 0);
	close(fd);
	return cb_span_equal(cb_span(got, (size_t)n), s);
}

/* In memory, where the system has it: /dev/shm. */
static void
file(struct cb_span in)
{
	static char path[64];
	struct emu_nvm *nvm = NULL;

	if (path[0] == '\0')
		snprintf(path, sizeof(path), "%s/fuzz-card.%ld",
		    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp",
		    (long)getpid());
	file_put(path, in);
	if (emu_file_open(&nvm, path, 0, NULL) == CB_OK)
		use(nvm);
	else
		fuzz_must(file_is(path, in));
	(void)unlink(path);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct emu_nvm *nvm = NULL;

	if (n == 0 || n > 1 << 20)
		return 0;
	fuzz_env_reset();
	switch (p[0]) {
	case 'f':
		file(cb_span(p + 1, n - 1));
		break;
	case 'r':
		records(cb_span(p + 1, n - 1), fuzz_records("authentic5"));
		break;
	case 't':
		records(cb_span(p + 1, n - 1), fuzz_records("authentic3"));
		break;
	case 'u':
		records(
		    cb_span(p + 1, n - 1), fuzz_records("iasecc-oberthur"));
		break;
	case 's':
		fuzz_must(emu_mem_new(&nvm) == CB_OK);
		records(cb_span(p + 1, n - 1), nvm);
		break;
	default:
		break;
	}
	return 0;
}
