/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Programs of others: curl and openssl speak with the door.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/backend/door/rig.h"
#include "tests/backend/door/suites.h"

static struct rig r;
static char dir[] = "/tmp/test_door.XXXXXX";
static const char *const files[] = { "ca.der", "cert.der", "key.pem",
	"body", "headers", "ticket", "ca.pem", "cert.pem" };

static void
store(const char *name, struct cb_span s)
{
	char path[64];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	ck_assert_ptr_nonnull(f = fopen(path, "w"));
	ck_assert_uint_eq(fwrite(s.p, 1, s.n, f), s.n);
	ck_assert_int_eq(fclose(f), 0);
}

/* Its standard output, and exit code; $D is the directory, $P the port. */
static int
run(char *out, size_t size, const char *script)
{
	char command[2048];
	size_t n;
	FILE *f;

	(void)snprintf(command, sizeof(command),
	    "cd %s || exit; P=%u; %s", dir, r.port, script);
	ck_assert_ptr_nonnull(f = popen(command, "r"));
	n = fread(out, 1, size - 1, f);
	out[n] = '\0';
	return pclose(f);
}

static void
start(void)
{
	struct cb_buf key = CB_BUF_INIT;
	char out[256];

	rig_init(&r);
	rig_start(&r);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(wire_key_put_pem(r.ids[DEVICE].key, &key), CB_OK);
	store("ca.der", cb_buf_span(&r.authority.cert));
	store("cert.der", cb_buf_span(&r.ids[DEVICE].cert));
	store("key.pem", cb_buf_span(&key));
	store("body", cb_span_str("records"));
	cb_buf_free(&key);
	ck_assert_int_eq(run(out, sizeof(out),
	    "openssl x509 -inform der -in ca.der -out ca.pem && "
	    "openssl x509 -inform der -in cert.der -out cert.pem"), 0);
}

static void
stop(void)
{
	char path[64];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		(void)unlink(path);
	}
	ck_assert_int_eq(rmdir(dir), 0);
	rig_clear(&r);
}

/* One after the other over one connection; and the body of a worker's. */
START_TEST(curl_is_served)
{
	char out[1024];

	ck_assert_int_eq(run(out, sizeof(out),
	    "curl -sS --cacert ca.pem --max-time 10 -o /dev/null "
	    "-w '%{http_code} %{num_connects} %{size_download} %{scheme}\\n' "
	    "https://localhost:$P/health https://localhost:$P/nothing "
	    "-o /dev/null"), 0);
	ck_assert_str_eq(out, "200 1 16 HTTPS\n404 0 41 HTTPS\n");
	/* by its address, with its own authority only */
	ck_assert_int_eq(run(out, sizeof(out),
	    "curl -sS --cacert ca.pem --max-time 10 "
	    "https://127.0.0.1:$P/health"), 0);
	ck_assert_str_eq(out, "{\"ready\": true}\n");
	ck_assert_int_ne(run(out, sizeof(out),
	    "curl -s --max-time 10 https://127.0.0.1:$P/health"), 0);
}
END_TEST

START_TEST(curl_brings_a_certificate)
{
	char out[1024];
	struct told told;
	FILE *f;
	size_t n;
	char command[1024];

	(void)snprintf(command, sizeof(command),
	    "cd %s && curl -sS --cacert ca.pem --cert cert.pem --key key.pem "
	    "--max-time 10 --data-binary @body -H 'Expect: 100-continue' "
	    "-H 'Content-Type: application/octet-stream' "
	    "https://localhost:%u/sessions/05010000000000000000000000000000",
	    dir, r.port);
	ck_assert_ptr_nonnull(f = popen(command, "r"));
	rig_told(&r, &told, 0x0103);
	ck_assert_uint_eq(told.body.n, 2 * WIRE_ID + 7);
	ck_assert_mem_eq(told.body.p, rig_id(DEVICE), WIRE_ID);
	ck_assert_mem_eq(told.body.p + 2 * WIRE_ID, "records", 7);
	rig_answer(&r, told.type, told.id, 0, cb_span_str("answers"));
	cb_buf_free(&told.body);
	n = fread(out, 1, sizeof(out), f);
	ck_assert_uint_eq(n, 7);
	ck_assert_mem_eq(out, "answers", 7);
	ck_assert_int_eq(pclose(f), 0);
}
END_TEST

START_TEST(openssl_resumes)
{
	char out[8192];

	ck_assert_int_eq(run(out, sizeof(out),
	    "printf 'GET /health HTTP/1.0\\r\\n\\r\\n' | "
	    "openssl s_client -connect localhost:$P -CAfile ca.pem "
	    "-verify_return_error -cert cert.pem -key key.pem "
	    "-sess_out ticket -ign_eof 2>&1"), 0);
	ck_assert_ptr_nonnull(strstr(out, "New, TLSv1.3"));
	ck_assert_ptr_nonnull(strstr(out, "Early data was not sent"));
	ck_assert_ptr_nonnull(strstr(out, "{\"ready\": true}"));
	ck_assert_int_eq(run(out, sizeof(out),
	    "printf 'GET /health HTTP/1.0\\r\\n\\r\\n' | "
	    "openssl s_client -connect localhost:$P -CAfile ca.pem "
	    "-sess_in ticket -ign_eof 2>&1"), 0);
	ck_assert_ptr_nonnull(strstr(out, "Reused, TLSv1.3"));
	ck_assert_ptr_nonnull(strstr(out, "{\"ready\": true}"));
}
END_TEST

static const char *const old[] = {
	"-tls1_2",
	"-tls1_1 -cipher ALL:@SECLEVEL=0",
	"-tls1 -cipher ALL:@SECLEVEL=0",
};

START_TEST(openssl_is_refused)
{
	char out[8192], script[256];

	(void)snprintf(script, sizeof(script),
	    "openssl s_client -connect localhost:$P -CAfile ca.pem %s 2>&1 "
	    "</dev/null", old[_i]);
	ck_assert_int_ne(run(out, sizeof(out), script), 0);
	ck_assert_ptr_nonnull(strstr(out, "alert protocol version"));
}
END_TEST

Suite *
programs_suite(void)
{
	Suite *s = suite_create("programs");
	TCase *tc = tcase_create("programs");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, start, stop);
	tcase_add_test(tc, curl_is_served);
	tcase_add_test(tc, curl_brings_a_certificate);
	tcase_add_test(tc, openssl_resumes);
	tcase_add_loop_test(
	    tc, openssl_is_refused, 0, sizeof(old) / sizeof(old[0]));
	suite_add_tcase(s, tc);
	return s;
}
