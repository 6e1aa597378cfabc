/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Hashes, key derivation, sealing, DES check values, secret memory.
 */
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "emulator/crypto/kdf.h"
#include "tests/emulator/crypto_util.h"
#include "tests/emulator/rig.h"
#include "tests/emulator/suites.h"

/* ---- signatures ---------------------------------------------------------- */

/* 7.1, the second: a message of one byte. */
START_TEST(ed25519_matches_rfc_8032)
{
	struct cb_buf secret = util_hex("4CCD089B28FF96DA9DB6C346EC114E0F"
					"5B8A319F35ABA624DA8CF6ED4FB8A6FB");
	uint8_t public[CR_KEY], sig[CR_SIGNATURE];
	static const uint8_t message[] = { 0x72 };

	ck_assert_int_eq(cr_ed25519_public(secret.p, public), CB_OK);
	ck_assert(util_is(CB_SPAN_OF(public),
	    "3D4017C3E843895A92B70AA74D1B7EBC"
	    "9C982CCF2EC4968CC0CD55F12AF4660C"));
	ck_assert_int_eq(
	    cr_ed25519_sign(secret.p, CB_SPAN_OF(message), sig), CB_OK);
	ck_assert(util_is(CB_SPAN_OF(sig),
	    "92A009A9F0D4CAB8720E820B5F642540A2B27B5416503F8FB3762223EBDB69DA"
	    "085AC1E43E15996E458F3613D0F11D8C387B2EAEB4302AEEB00D291612BB0C"
	    "00"));
	ck_assert_int_eq(cr_ed25519_verify(public, CB_SPAN_OF(message),
			     CB_SPAN_OF(sig)),
	    CB_OK);
	ck_assert_int_eq(cr_ed25519_verify(public, CB_SPAN_EMPTY,
			     CB_SPAN_OF(sig)),
	    CB_E_CRYPTO);
	ck_assert_int_eq(cr_ed25519_verify(public, CB_SPAN_OF(message),
			     cb_span(sig, CR_SIGNATURE - 1)),
	    CB_E_CRYPTO);
	for (size_t bit = 0; bit < 8 * sizeof(sig); bit++) {
		sig[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_int_eq(cr_ed25519_verify(public,
				     CB_SPAN_OF(message), CB_SPAN_OF(sig)),
		    CB_E_CRYPTO);
		sig[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	cb_buf_free(&secret);
}
END_TEST

/* ---- hashes -------------------------------------------------------------- */

START_TEST(hashes_match_fips_180)
{
	uint8_t out[32];

	ck_assert_int_eq(cr_sha1(cb_span_str("abc"), out), CB_OK);
	ck_assert(util_is(
	    cb_span(out, 20), "A9993E364706816ABA3E25717850C26C9CD0D89D"));
	ck_assert_int_eq(cr_sha256(cb_span_str("abc"), out), CB_OK);
	ck_assert(util_is(CB_SPAN_OF(out), "BA7816BF8F01CFEA414140DE5DAE2223"
					   "B00361A396177A9CB410FF61F20015AD"));
	ck_assert_int_eq(cr_sha256_public(cb_span_str("abc"), out), CB_OK);
	ck_assert(util_is(CB_SPAN_OF(out), "BA7816BF8F01CFEA414140DE5DAE2223"
					   "B00361A396177A9CB410FF61F20015AD"));
	ck_assert_int_eq(cr_sha256(CB_SPAN_EMPTY, out), CB_OK);
	ck_assert(util_is(CB_SPAN_OF(out), "E3B0C44298FC1C149AFBF4C8996FB924"
					   "27AE41E4649B934CA495991B7852B855"));
}
END_TEST

/* RFC 4231; HMAC pads a short key with zeros, so ours of 32 bytes will do. */
/* clang-format off */
static const struct {
	const char *key, *data, *mac;
} hmacs[] = {
	{ "0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B" "000000000000000000000000",
	  "Hi There",
	  "B0344C61D8DB38535CA8AFCEAF0BF12B881DC200C9833DA726E9376C2E32CFF7" },
	{ "4A656665" "00000000000000000000000000000000000000000000000000000000",
	  "what do ya want for nothing?",
	  "5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843" },
};
/* clang-format on */

START_TEST(hmac_matches_rfc_4231)
{
	struct cb_buf key = util_hex(hmacs[_i].key);
	uint8_t out[32];

	ck_assert_int_eq(
	    cr_hmac_sha256(key.p, cb_span_str(hmacs[_i].data), out), CB_OK);
	ck_assert(util_is(CB_SPAN_OF(out), hmacs[_i].mac));
	cb_buf_free(&key);
}
END_TEST

/* ---- keys from secrets --------------------------------------------------- */

/* clang-format off */
static const struct {
	const char *secret, *salt, *info, *out;
} hkdfs[] = {
	{ "0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B",
	  "000102030405060708090A0B0C", "F0F1F2F3F4F5F6F7F8F9",
	  "3CB25F25FAACD57A90434F64D0362F2A2D2D0A90CF1A5A4C5DB02D56ECC4C5BF"
	  "34007208D5B887185865" },
	{ "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"
	  "202122232425262728292A2B2C2D2E2F303132333435363738393A3B3C3D3E3F"
	  "404142434445464748494A4B4C4D4E4F",
	  "606162636465666768696A6B6C6D6E6F707172737475767778797A7B7C7D7E7F"
	  "808182838485868788898A8B8C8D8E8F909192939495969798999A9B9C9D9E9F"
	  "A0A1A2A3A4A5A6A7A8A9AAABACADAEAF",
	  "B0B1B2B3B4B5B6B7B8B9BABBBCBDBEBFC0C1C2C3C4C5C6C7C8C9CACBCCCDCECF"
	  "D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDFE0E1E2E3E4E5E6E7E8E9EAEBECEDEEEF"
	  "F0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF",
	  "B11E398DC80327A1C8E7F78C596A49344F012EDA2D4EFAD8A050CC4C19AFA97C"
	  "59045A99CAC7827271CB41C65E590E09DA3275600C2F09B8367793A9ACA3DB71"
	  "CC30C58179EC3E87C14C01D5C1F3434F1D87" },
	{ "0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B", "", "",
	  "8DA4E775A563C18F715F802A063C5A31B8A11F5C5EE1879EC3454E5F3C738D2D"
	  "9D201395FAA4B61A96C8" },
};
/* clang-format on */

START_TEST(hkdf_matches_rfc_5869)
{
	struct cb_buf secret = util_hex(hkdfs[_i].secret);
	struct cb_buf salt = util_hex(hkdfs[_i].salt);
	struct cb_buf info = util_hex(hkdfs[_i].info);
	uint8_t out[128];
	char text[128] = "";

	memcpy(text, info.n == 0 ? (const uint8_t *)"" : info.p, info.n);
	ck_assert_int_eq(
	    cr_hkdf_sha256(cb_buf_span(&secret), cb_buf_span(&salt), text, out,
		strlen(hkdfs[_i].out) / 2),
	    CB_OK);
	ck_assert(
	    util_is(cb_span(out, strlen(hkdfs[_i].out) / 2), hkdfs[_i].out));
	cb_buf_free(&secret);
	cb_buf_free(&salt);
	cb_buf_free(&info);
}
END_TEST

/* RFC 7914, 12; the fourth wants 1 GiB. */
/* clang-format off */
static const struct {
	const char *passcode, *salt;
	struct scrypt_cost cost;
	const char *out;
} scrypts[] = {
	{ "", "", { 16, 1, 1 },
	  "77D6576238657B203B19CA42C18A0497F16B4844E3074AE8DFDFFA3FEDE21442"
	  "FCD0069DED0948F8326A753A0FC81F17E8D3E0FB2E0D3628CF35E20C38D18906" },
	{ "password", "NaCl", { 1024, 8, 16 },
	  "FDBABE1C9D3472007856E7190D01E9FE7C6AD7CBC8237830E77376634B373162"
	  "2EAF30D92E22A3886FF109279D9830DAC727AFB94A83EE6D8360CBDFA2CC0640" },
	{ "pleaseletmein", "SodiumChloride", { 16384, 8, 1 },
	  "7023BDCB3AFD7348461C06CD81FD38EBFDA8FBBA904F8E3EA9B543F6545DA1F2"
	  "D5432955613F0FCF62D49705242A9AF9E61E85DC0D651E40DFCF017B45575887" },
};
/* clang-format on */

START_TEST(scrypt_matches_rfc_7914)
{
	uint8_t out[64];

	ck_assert_int_eq(
	    emu_scrypt_any(&scrypts[_i].cost, cb_span_str(scrypts[_i].salt),
		cb_span_str(scrypts[_i].passcode), out, sizeof(out)),
	    CB_OK);
	ck_assert(util_is(CB_SPAN_OF(out), scrypts[_i].out));
}
END_TEST

/* Values from Python's hashlib. */
/* clang-format off */
static const struct {
	struct emu_scrypt how;
	const char *passcode;
	enum cb_err want;
	const char *out;
} card_scrypts[] = {
	{ { .log2n = 10, .r = 8, .p = 1 }, "123456", CB_OK,
	  "40F3938AA2FD9937211D1F49D6AD544A8C2404524D1AB591846ECB6360CFCB79" },
	{ { .log2n = 11, .r = 4, .p = 2 }, "", CB_OK,
	  "290CE475C3CEE39426ED5FAEE1AF032A6D1639F8064AE85EBD88420DE0155B6B" },
	{ { .log2n = 9, .r = 8, .p = 1 }, "123456", CB_E_ARG, "" },
	{ { .log2n = 21, .r = 1, .p = 1 }, "123456", CB_E_ARG, "" },
	{ { .log2n = 10, .r = 0, .p = 1 }, "123456", CB_E_ARG, "" },
	{ { .log2n = 10, .r = 8, .p = 0 }, "123456", CB_E_ARG, "" },
	{ { .log2n = 20, .r = 8, .p = 1 }, "123456", CB_E_LIMIT, "" },
	{ { .log2n = 18, .r = 8, .p = 1 }, "123456", CB_E_LIMIT, "" },
	{ { .log2n = 15, .r = 255, .p = 1 }, "123456", CB_E_LIMIT, "" },
};
/* clang-format on */

START_TEST(scrypt_of_a_card_has_bounds)
{
	struct emu_scrypt how = card_scrypts[_i].how;
	uint8_t out[EMU_KEY];
	size_t i;

	for (i = 0; i < sizeof(how.salt); i++)
		how.salt[i] = (uint8_t)i;
	ck_assert_int_eq(
	    emu_scrypt(&how, cb_span_str(card_scrypts[_i].passcode), out),
	    card_scrypts[_i].want);
	if (card_scrypts[_i].want == CB_OK)
		ck_assert(util_is(CB_SPAN_OF(out), card_scrypts[_i].out));
}
END_TEST

/* ---- sealing ------------------------------------------------------------- */

/* McGrew and Viega, test case 16 */
#define GCM_KEY                                                                \
	"FEFFE9928665731C6D6A8F9467308308"                                     \
	"FEFFE9928665731C6D6A8F9467308308"
#define GCM_NONCE "CAFEBABEFACEDBADDECAF888"
#define GCM_AAD "FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2"
#define GCM_PLAIN                                                              \
	"D9313225F88406E5A55909C5AFF5269A86A7A9531534F7DA"                     \
	"2E4C303D8A318A721C3C0C95956809532FCF0E2449A6B525B16AEDF5AA0DE657BA63" \
	"7B39"
#define GCM_TEXT                                                               \
	"522DC1F099567D07F47F37A32A84427D643A8CDCBFE5C0C9"                     \
	"7598A2BD2555D1AA8CB08E48590DBB3DA7B08B1056828838C5F61E6393BA7A0ABCC9" \
	"F662"
#define GCM_TAG "76FC6ECE0F4E1768CDDF8853BB2D551B"

START_TEST(gcm_matches_its_authors)
{
	struct util_env env;
	struct cb_buf key = util_hex(GCM_KEY), aad = util_hex(GCM_AAD);
	struct cb_buf plain = util_hex(GCM_PLAIN);
	struct cb_buf sealed = CB_BUF_INIT, opened = CB_BUF_INIT;

	util_env_init(&env, GCM_NONCE);
	ck_assert_int_eq(emu_gcm_seal(&env.env, key.p, cb_buf_span(&aad),
			     cb_buf_span(&plain), &sealed),
	    CB_OK);
	ck_assert(util_is(cb_buf_span(&sealed), GCM_NONCE GCM_TEXT GCM_TAG));
	ck_assert_int_eq(emu_gcm_open(key.p, cb_buf_span(&aad),
			     cb_buf_span(&sealed), &opened),
	    CB_OK);
	ck_assert(util_is(cb_buf_span(&opened), GCM_PLAIN));
	cb_buf_free(&key);
	cb_buf_free(&aad);
	cb_buf_free(&plain);
	cb_buf_free(&sealed);
	cb_buf_free(&opened);
	util_env_clear(&env);
}
END_TEST

/* Opening must fail and leave what the buffer held before. */
static void
assert_closed(
    const uint8_t key[EMU_KEY], struct cb_span aad, struct cb_span sealed)
{
	struct cb_buf out = util_hex("01");

	ck_assert_int_eq(emu_gcm_open(key, aad, sealed, &out), CB_E_CRYPTO);
	ck_assert(util_is(cb_buf_span(&out), "01"));
	cb_buf_free(&out);
}

START_TEST(gcm_notices_every_flipped_bit)
{
	struct cb_buf key = util_hex(GCM_KEY), aad = util_hex(GCM_AAD);
	struct cb_buf sealed = util_hex(GCM_NONCE GCM_TEXT GCM_TAG);
	struct cb_buf *const all[] = { &key, &aad, &sealed };
	size_t i, bit;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		for (bit = 0; bit < all[i]->n * 8; bit++) {
			all[i]->p[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_closed(
			    key.p, cb_buf_span(&aad), cb_buf_span(&sealed));
			all[i]->p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
	for (i = 0; i < sealed.n; i++)
		assert_closed(key.p, cb_buf_span(&aad),
		    cb_span_head(cb_buf_span(&sealed), i));
	assert_closed(key.p, CB_SPAN_EMPTY, cb_buf_span(&sealed));
	cb_buf_free(&key);
	cb_buf_free(&aad);
	cb_buf_free(&sealed);
}
END_TEST

START_TEST(gcm_seals_nothing_too)
{
	struct cb_buf key = util_hex(GCM_KEY);
	struct cb_buf sealed = CB_BUF_INIT, opened = CB_BUF_INIT;

	ck_assert_int_eq(emu_gcm_seal(&emu_env_system, key.p, CB_SPAN_EMPTY,
			     CB_SPAN_EMPTY, &sealed),
	    CB_OK);
	ck_assert_uint_eq(sealed.n, EMU_GCM_OVERHEAD);
	ck_assert_int_eq(
	    emu_gcm_open(key.p, CB_SPAN_EMPTY, cb_buf_span(&sealed), &opened),
	    CB_OK);
	ck_assert_uint_eq(opened.n, 0);
	cb_buf_free(&key);
	cb_buf_free(&sealed);
	cb_buf_free(&opened);
}
END_TEST

/* RFC 7748, 6.1 */
#define ALICE "77076D0A7318A57D3C16C17251B26645DF4C2F87EBC0992AB177FBA51DB92C2A"
#define ALICE_PUBLIC                                                           \
	"8520F0098930A754748B7DDCB43EF75A0DBF3A0D26381AF4EBA4A98EAA9B4E6A"
#define BOB "5DAB087E624A8A4B79E17F8B83800EE66F3BB1292618B6FD1C2F8B27FF88E0EB"
#define BOB_PUBLIC                                                             \
	"DE9EDB7D7B7DC1B4D35B61C2ECE435373F8343C85B78674DADFC7E146F882B4F"
#define SHARED                                                                 \
	"4A5D9D5BA4CE2DE1728E3BF480350F25E07E21C947D19E3376F09B3C1E161742"

START_TEST(box_pair_matches_rfc_7748)
{
	static const char *const pairs[][2] = {
		{ ALICE, ALICE_PUBLIC },
		{ BOB, BOB_PUBLIC },
	};
	struct util_env env;
	uint8_t secret[EMU_KEY], public[EMU_KEY];

	util_env_init(&env, pairs[_i][0]);
	ck_assert_int_eq(emu_box_keypair(&env.env, secret, public), CB_OK);
	ck_assert(util_is(CB_SPAN_OF(secret), pairs[_i][0]));
	ck_assert(util_is(CB_SPAN_OF(public), pairs[_i][1]));
	util_env_clear(&env);
}
END_TEST

START_TEST(box_is_made_as_its_comment_says)
{
	struct util_env env;
	struct cb_buf bob = util_hex(BOB), bob_public = util_hex(BOB_PUBLIC);
	struct cb_buf shared = util_hex(SHARED);
	struct cb_buf salt = util_hex(ALICE_PUBLIC BOB_PUBLIC);
	struct cb_buf sealed = CB_BUF_INIT, opened = CB_BUF_INIT;
	uint8_t key[EMU_KEY];

	util_env_init(&env, ALICE GCM_NONCE);
	ck_assert_int_eq(emu_box_seal(&env.env, bob_public.p, CB_SPAN_EMPTY,
			     cb_span_str("to Bob"), &sealed),
	    CB_OK);
	ck_assert_uint_eq(sealed.n, 6 + EMU_BOX_OVERHEAD);
	ck_assert(
	    util_is(cb_span(sealed.p, EMU_KEY + 12), ALICE_PUBLIC GCM_NONCE));
	ck_assert_int_eq(
	    cr_hkdf_sha256(cb_buf_span(&shared), cb_buf_span(&salt),
		"cardbridge box 1", key, EMU_KEY),
	    CB_OK);
	ck_assert_int_eq(
	    emu_gcm_open(key, CB_SPAN_EMPTY,
		cb_span_tail(cb_buf_span(&sealed), EMU_KEY), &opened),
	    CB_OK);
	ck_assert(cb_span_equal(cb_buf_span(&opened), cb_span_str("to Bob")));
	cb_buf_clear(&opened);
	ck_assert_int_eq(
	    emu_box_open(bob.p, CB_SPAN_EMPTY, cb_buf_span(&sealed), &opened),
	    CB_OK);
	ck_assert(cb_span_equal(cb_buf_span(&opened), cb_span_str("to Bob")));
	cb_buf_free(&bob);
	cb_buf_free(&bob_public);
	cb_buf_free(&shared);
	cb_buf_free(&salt);
	cb_buf_free(&sealed);
	cb_buf_free(&opened);
	util_env_clear(&env);
}
END_TEST

START_TEST(box_opens_for_its_owner_only)
{
	uint8_t secret[EMU_KEY], public[EMU_KEY], other[EMU_KEY], no[EMU_KEY];
	struct cb_buf sealed = CB_BUF_INIT, out = util_hex("01");
	size_t i;

	ck_assert_int_eq(
	    emu_box_keypair(&emu_env_system, secret, public), CB_OK);
	ck_assert_int_eq(emu_box_keypair(&emu_env_system, other, no), CB_OK);
	ck_assert_int_eq(
	    emu_box_seal(&emu_env_system, public, cb_span_str("part 1"),
		cb_span_str("text"), &sealed),
	    CB_OK);
	ck_assert_int_eq(emu_box_open(other, cb_span_str("part 1"),
			     cb_buf_span(&sealed), &out),
	    CB_E_CRYPTO);
	ck_assert_int_eq(emu_box_open(secret, cb_span_str("part 2"),
			     cb_buf_span(&sealed), &out),
	    CB_E_CRYPTO);
	/* X25519 ignores the top bit of a public key; the salt does not. */
	for (i = 0; i < sealed.n * 8; i++) {
		sealed.p[i / 8] ^= (uint8_t)(1 << i % 8);
		ck_assert_int_eq(emu_box_open(secret, cb_span_str("part 1"),
				     cb_buf_span(&sealed), &out),
		    CB_E_CRYPTO);
		sealed.p[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	for (i = 0; i < EMU_BOX_OVERHEAD; i++)
		ck_assert_int_eq(emu_box_open(secret, cb_span_str("part 1"),
				     cb_span(sealed.p, i), &out),
		    CB_E_CRYPTO);
	ck_assert(util_is(cb_buf_span(&out), "01"));
	cb_buf_free(&sealed);
	cb_buf_free(&out);
}
END_TEST

START_TEST(box_refuses_a_zero_point)
{
	static const uint8_t zero[EMU_KEY];
	struct cb_buf out = CB_BUF_INIT,
		      sealed =
			  util_hex("0000000000000000000000000000000000000000000"
	                           "000000000000000000000" GCM_NONCE GCM_TAG);

	ck_assert_int_eq(emu_box_seal(&emu_env_system, zero, CB_SPAN_EMPTY,
			     cb_span_str("text"), &out),
	    CB_E_CRYPTO);
	ck_assert_int_eq(emu_box_open(sealed.p + EMU_KEY, CB_SPAN_EMPTY,
			     cb_buf_span(&sealed), &out),
	    CB_E_CRYPTO);
	ck_assert_uint_eq(out.n, 0);
	cb_buf_free(&out);
	cb_buf_free(&sealed);
}
END_TEST

/* Random bytes run out at every place where some are wanted. */
static const char *const too_few[] = {
	"",
	ALICE,
	ALICE "CAFEBABEFACEDBADDECAF8",
};

START_TEST(seals_need_random_bytes)
{
	struct util_env env;
	struct cb_buf bob = util_hex(BOB_PUBLIC), out = util_hex("01");

	util_env_init(&env, too_few[_i]);
	ck_assert_int_eq(emu_box_seal(&env.env, bob.p, CB_SPAN_EMPTY,
			     cb_span_str("text"), &out),
	    CB_E_CRYPTO);
	ck_assert(util_is(cb_buf_span(&out), "01"));
	util_env_clear(&env);
	cb_buf_free(&bob);
	cb_buf_free(&out);
}
END_TEST

START_TEST(seals_respect_the_maximum)
{
	struct cb_buf key = util_hex(GCM_KEY), bob = util_hex(BOB_PUBLIC);
	struct cb_buf out = CB_BUF_INIT_MAX(EMU_BOX_OVERHEAD + 3);

	ck_assert_int_eq(emu_box_seal(&emu_env_system, bob.p, CB_SPAN_EMPTY,
			     cb_span_str("text"), &out),
	    CB_E_LIMIT);
	ck_assert_uint_eq(out.n, 0);
	ck_assert_int_eq(emu_box_seal(&emu_env_system, bob.p, CB_SPAN_EMPTY,
			     cb_span_str("tex"), &out),
	    CB_OK);
	cb_buf_free(&key);
	cb_buf_free(&bob);
	cb_buf_free(&out);
}
END_TEST

/* ---- DES ----------------------------------------------------------------- */

static const struct {
	const char *key;
	enum cb_err want;
	const char *kcv;
} kcvs[] = {
	{ "0123456789ABCDEF", CB_OK, "D5D44F" },
	{ "0123456789ABCDEFFEDCBA9876543210", CB_OK, "08D7B4" },
	{ "0123456789ABCDEFFEDCBA987654321089ABCDEF01234567", CB_OK, "3FD539" },
	{ "0123456789ABCDEF0123456789ABCDEF", CB_OK, "D5D44F" },
	{ "", CB_E_ARG, "" },
	{ "0123456789ABCD", CB_E_ARG, "" },
	{ "0123456789ABCDEF01", CB_E_ARG, "" },
	{ "0123456789ABCDEFFEDCBA987654321089ABCDEF0123456700", CB_E_ARG, "" },
};

START_TEST(des_check_values)
{
	struct cb_buf key = util_hex(kcvs[_i].key);
	uint8_t out[3];

	ck_assert_int_eq(emu_des_kcv(cb_buf_span(&key), out), kcvs[_i].want);
	if (kcvs[_i].want == CB_OK)
		ck_assert(util_is(CB_SPAN_OF(out), kcvs[_i].kcv));
	cb_buf_free(&key);
}
END_TEST

/* ---- the system's environment -------------------------------------------- */

START_TEST(system_environment_works)
{
	const struct emu_env *env = &emu_env_system;
	uint8_t a[32] = { 0 }, b[32] = { 0 };
	uint64_t t = env->mono_ms(env->ctx);

	ck_assert_int_eq(env->random(env->ctx, a, sizeof(a)), CB_OK);
	ck_assert_int_eq(env->random(env->ctx, b, sizeof(b)), CB_OK);
	ck_assert(memcmp(a, b, sizeof(a)) != 0);
	ck_assert_int_eq(env->random(env->ctx, a, 0), CB_OK);
	ck_assert_uint_ge(env->mono_ms(env->ctx), t);
	ck_assert_int_gt(env->utc(env->ctx), 1700000000);
}
END_TEST

/* ---- secret memory ------------------------------------------------------- */

START_TEST(secrets_start_as_zeros)
{
	static const uint8_t zero[64];
	uint8_t *p = cr_secret_new(sizeof(zero));

	ck_assert_ptr_nonnull(p);
	ck_assert_mem_eq(p, zero, sizeof(zero));
	memset(p, 0xFF, sizeof(zero));
	cr_secret_free(p, sizeof(zero));
	p = cr_secret_new(sizeof(zero));
	ck_assert_ptr_nonnull(p);
	ck_assert_mem_eq(p, zero, sizeof(zero));
	cr_secret_free(p, sizeof(zero));
	cr_secret_free(NULL, 1);
	p = cr_secret_new(0);
	ck_assert_ptr_nonnull(p);
	cr_secret_free(p, 0);
}
END_TEST

static void *
draw(void *arg)
{
	uint8_t b[8];
	enum cb_err *r = arg;

	*r = emu_env_system.random(NULL, b, sizeof(b));
	return NULL;
}

/* As with thousands of cards: everybody still gets memory, and a new thread
 * still gets a random generator. */
START_TEST(secrets_outgrow_the_locked_heap)
{
	enum { N = 4096, SIZE = 256 };
	static uint8_t *p[N];
	pthread_t thread;
	enum cb_err r = CB_E_INTERNAL;
	size_t i;

	for (i = 0; i < N; i++) {
		p[i] = cr_secret_new(SIZE);
		ck_assert_ptr_nonnull(p[i]);
		memset(p[i], (int)(i & 0xFF), SIZE);
	}
	ck_assert_int_eq(pthread_create(&thread, NULL, draw, &r), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_eq(r, CB_OK);
	for (i = 0; i < N; i++) {
		ck_assert_uint_eq(p[i][SIZE - 1], i & 0xFF);
		cr_secret_free(p[i], SIZE);
	}
}
END_TEST

/* In a child: without the right to lock, secrets still work, and the log says
 * so once. Exit status 77: the limit could not be taken away. */
static void
work_unlocked(void)
{
	const struct rlimit none = { 0, 0 };
	void *a, *b;

	if (setrlimit(RLIMIT_MEMLOCK, &none) != 0 ||
	    (geteuid() == 0 && setuid(65534) != 0))
		_exit(77);
	a = cr_secret_new(32);
	b = cr_secret_new(32);
	if (a == NULL || b == NULL)
		_exit(1);
	cr_secret_free(a, 32);
	cr_secret_free(b, 32);
	_exit(0);
}

START_TEST(memory_that_cannot_be_locked_is_a_warning)
{
	char text[4096];
	size_t n = 0, lines = 0, i;
	ssize_t got;
	int pipes[2], status;
	pid_t pid;

	if (getenv("CK_FORK") != NULL && strcmp(getenv("CK_FORK"), "no") == 0)
		return; /* OpenSSL has already locked its heap */
	ck_assert_int_eq(pipe(pipes), 0);
	ck_assert_int_ge(pid = fork(), 0);
	if (pid == 0) {
		if (dup2(pipes[1], STDERR_FILENO) < 0)
			_exit(2);
		work_unlocked();
	}
	(void)close(pipes[1]);
	while (n < sizeof(text) &&
	       (got = read(pipes[0], text + n, sizeof(text) - n)) > 0)
		n += (size_t)got;
	(void)close(pipes[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		return;
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	for (i = 0; i < n; i++)
		lines += text[i] == '\n';
	ck_assert_msg(lines == 1, "%zu lines: %.*s", lines, (int)n, text);
}
END_TEST

#define N_OF(table) ((int)(sizeof(table) / sizeof((table)[0])))

Suite *
crypto_suite(void)
{
	Suite *s = suite_create("crypto");
	TCase *t = tcase_create("all");

	tcase_add_unchecked_fixture(t, rig_scrypt_whole, NULL);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, memory_that_cannot_be_locked_is_a_warning);
	tcase_add_test(t, hashes_match_fips_180);
	tcase_add_test(t, ed25519_matches_rfc_8032);
	tcase_add_loop_test(t, hmac_matches_rfc_4231, 0, N_OF(hmacs));
	tcase_add_loop_test(t, hkdf_matches_rfc_5869, 0, N_OF(hkdfs));
	tcase_add_loop_test(t, scrypt_matches_rfc_7914, 0, N_OF(scrypts));
	tcase_add_loop_test(
	    t, scrypt_of_a_card_has_bounds, 0, N_OF(card_scrypts));
	tcase_add_test(t, gcm_matches_its_authors);
	tcase_add_test(t, gcm_notices_every_flipped_bit);
	tcase_add_test(t, gcm_seals_nothing_too);
	tcase_add_loop_test(t, box_pair_matches_rfc_7748, 0, 2);
	tcase_add_test(t, box_is_made_as_its_comment_says);
	tcase_add_test(t, box_opens_for_its_owner_only);
	tcase_add_test(t, box_refuses_a_zero_point);
	tcase_add_loop_test(t, seals_need_random_bytes, 0, N_OF(too_few));
	tcase_add_test(t, seals_respect_the_maximum);
	tcase_add_loop_test(t, des_check_values, 0, N_OF(kcvs));
	tcase_add_test(t, system_environment_works);
	tcase_add_test(t, secrets_start_as_zeros);
	tcase_add_test(t, secrets_outgrow_the_locked_heap);
	suite_add_tcase(s, t);
	return s;
}
