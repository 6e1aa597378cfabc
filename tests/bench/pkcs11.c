/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * C_Sign of a PKCS#11 module's one token: prints "p50 MICROSECONDS" of
 * C_SignInit and C_Sign in a session that is logged in. The key is the first
 * that signs; where there is none, RSA-2048 made for the occasion.
 *
 *   pkcs11 MODULE PIN RSA-PKCS|SHA256-RSA-PKCS N
 *
 * Which token that is, is the affair of SOFTHSM2_CONF or OPENSC_CONF. What is
 * signed is always the same.
 *
 * The few PKCS#11 2.40 names that this takes are declared here: a header for
 * a benchmark would be one more thing to install.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef unsigned long ck;

struct ck_mechanism {
	ck mechanism;
	void *parameter;
	ck parameter_n;
};

struct ck_attribute {
	ck type;
	void *value;
	ck value_n;
};

#define CKF_SERIAL_RW 6UL
#define CKU_USER 1UL
#define CKM_RSA_PKCS_KEY_PAIR_GEN 0UL
#define CKM_RSA_PKCS 1UL
#define CKM_SHA256_RSA_PKCS 0x40UL
#define CKO_PRIVATE_KEY 3UL
#define CKA_CLASS 0UL
#define CKA_TOKEN 1UL
#define CKA_SIGN 0x108UL
#define CKA_MODULUS_BITS 0x121UL
#define CKA_PUBLIC_EXPONENT 0x122UL

#define ROUNDS_MAX 10000

static struct {
	ck (*initialize)(void *);
	ck (*slots)(unsigned char, ck *, ck *);
	ck (*open)(ck, ck, void *, void *, ck *);
	ck (*login)(ck, ck, unsigned char *, ck);
	ck (*find_init)(ck, struct ck_attribute *, ck);
	ck (*find)(ck, ck *, ck, ck *);
	ck (*find_final)(ck);
	ck (*generate)(ck, struct ck_mechanism *, struct ck_attribute *, ck,
	    struct ck_attribute *, ck, ck *, ck *);
	ck (*sign_init)(ck, struct ck_mechanism *, ck);
	ck (*sign)(ck, unsigned char *, ck, unsigned char *, ck *);
	ck (*finalize)(void *);
} p11;

static void
must(ck r, const char *what)
{
	if (r == 0)
		return;
	fprintf(stderr, "%s: 0x%lx\n", what, r);
	exit(EXIT_FAILURE);
}

static void
load(const char *path)
{
	const struct {
		const char *name;
		void *at;
	} names[] = {
		{ "C_Initialize", &p11.initialize },
		{ "C_GetSlotList", &p11.slots },
		{ "C_OpenSession", &p11.open },
		{ "C_Login", &p11.login },
		{ "C_FindObjectsInit", &p11.find_init },
		{ "C_FindObjects", &p11.find },
		{ "C_FindObjectsFinal", &p11.find_final },
		{ "C_GenerateKeyPair", &p11.generate },
		{ "C_SignInit", &p11.sign_init },
		{ "C_Sign", &p11.sign },
		{ "C_Finalize", &p11.finalize },
	};
	void *module = dlopen(path, RTLD_NOW), *f;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		f = module != NULL ? dlsym(module, names[i].name) : NULL;
		must(f == NULL, names[i].name);
		memcpy(names[i].at, &f, sizeof(f));
	}
}

static ck
make_key(ck session)
{
	static unsigned char yes = 1, no = 0, exponent[] = { 1, 0, 1 };
	static ck bits = 2048;
	struct ck_mechanism m = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 };
	struct ck_attribute public[] = {
		{ CKA_TOKEN, &no, 1 },
		{ CKA_MODULUS_BITS, &bits, sizeof(bits) },
		{ CKA_PUBLIC_EXPONENT, exponent, sizeof(exponent) },
	}, private[] = {
		{ CKA_TOKEN, &no, 1 },
		{ CKA_SIGN, &yes, 1 },
	};
	ck pub, key;

	must(p11.generate(session, &m, public, 3, private, 2, &pub, &key),
	    "C_GenerateKeyPair");
	return key;
}

static ck
find_key(ck session)
{
	static unsigned char yes = 1;
	static ck class = CKO_PRIVATE_KEY;
	struct ck_attribute wanted[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_SIGN, &yes, 1 },
	};
	ck key, n = 0;

	must(p11.find_init(session, wanted, 2), "C_FindObjectsInit");
	must(p11.find(session, &key, 1, &n), "C_FindObjects");
	must(p11.find_final(session), "C_FindObjectsFinal");
	return n == 1 ? key : make_key(session);
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static ck
mechanism_of(const char *name)
{
	must(strcmp(name, "RSA-PKCS") != 0 &&
	    strcmp(name, "SHA256-RSA-PKCS") != 0, "no such mechanism");
	return name[0] == 'R' ? CKM_RSA_PKCS : CKM_SHA256_RSA_PKCS;
}

int
main(int argc, char **argv)
{
	static double samples[ROUNDS_MAX];
	/* a DigestInfo for the one, any text for the other */
	static unsigned char data[51] = { 0x30, 0x31, 0x30, 0x0D, 0x06, 0x09,
		0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
		0x00, 0x04, 0x20, 0xAB };
	unsigned char out[256];
	struct ck_mechanism m = { 0, NULL, 0 };
	ck slots[16], n = 16, session, key, out_n;
	size_t rounds, i;
	double start;

	rounds = argc == 5 ? strtoul(argv[4], NULL, 10) : 0;
	must(rounds == 0 || rounds > ROUNDS_MAX,
	    "usage: pkcs11 MODULE PIN MECHANISM N");
	m.mechanism = mechanism_of(argv[3]);
	load(argv[1]);
	must(p11.initialize(NULL), "C_Initialize");
	must(p11.slots(1, slots, &n), "C_GetSlotList");
	must(n == 0, "no token");
	must(p11.open(slots[0], CKF_SERIAL_RW, NULL, NULL, &session),
	    "C_OpenSession");
	must(p11.login(session, CKU_USER, (unsigned char *)argv[2],
		 strlen(argv[2])), "C_Login");
	key = find_key(session);
	for (i = 0; i < rounds; i++) {
		start = now_us();
		must(p11.sign_init(session, &m, key), "C_SignInit");
		out_n = sizeof(out);
		must(p11.sign(session, data, sizeof(data), out, &out_n),
		    "C_Sign");
		samples[i] = now_us() - start;
	}
	must(p11.finalize(NULL), "C_Finalize");
	qsort(samples, rounds, sizeof(samples[0]), by_size);
	printf("p50 %.2f\n", samples[rounds / 2]);
	return EXIT_SUCCESS;
}
