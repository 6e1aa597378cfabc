/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * C_Sign of a PKCS#11 module with an RSA-2048 key made for the occasion:
 * prints "p50 MICROSECONDS" of C_SignInit and C_Sign (CKM_RSA_PKCS).
 *
 *   softhsm MODULE N      the token is initialised with PIN 1234; its place
 *                         is SOFTHSM2_CONF's affair
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
	ck (*generate)(ck, struct ck_mechanism *, struct ck_attribute *, ck,
	    struct ck_attribute *, ck, ck *, ck *);
	ck (*sign_init)(ck, struct ck_mechanism *, ck);
	ck (*sign)(ck, unsigned char *, ck, unsigned char *, ck *);
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
		{ "C_GenerateKeyPair", &p11.generate },
		{ "C_SignInit", &p11.sign_init },
		{ "C_Sign", &p11.sign },
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

int
main(int argc, char **argv)
{
	static double samples[ROUNDS_MAX];
	unsigned char pin[] = "1234", data[51] = { 0x30, 0x31 }, out[256];
	struct ck_mechanism m = { CKM_RSA_PKCS, NULL, 0 };
	ck slots[16], n = 16, session, key, out_n;
	size_t rounds, i;
	double start;

	rounds = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	must(rounds == 0 || rounds > ROUNDS_MAX, "usage: softhsm MODULE N");
	load(argv[1]);
	must(p11.initialize(NULL), "C_Initialize");
	must(p11.slots(1, slots, &n), "C_GetSlotList");
	must(n == 0, "no token");
	must(p11.open(slots[0], CKF_SERIAL_RW, NULL, NULL, &session),
	    "C_OpenSession");
	must(p11.login(session, CKU_USER, pin, 4), "C_Login");
	key = make_key(session);
	for (i = 0; i < rounds; i++) {
		start = now_us();
		must(p11.sign_init(session, &m, key), "C_SignInit");
		out_n = sizeof(out);
		must(p11.sign(session, data, sizeof(data), out, &out_n),
		    "C_Sign");
		samples[i] = now_us() - start;
	}
	qsort(samples, rounds, sizeof(samples[0]), by_size);
	printf("p50 %.2f\n", samples[rounds / 2]);
	return EXIT_SUCCESS;
}
