/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The configuration: what init writes is read, and what is wrong is named
 * with its line and what to write instead.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/conf.h"
#include "tests/backend/service/suites.h"

#define START \
	"kind = \"test\";\n" \
	"backend = \"00112233445566778899aabbccddeeff\";\n" \
	"node = \"ffeeddccbbaa99887766554433221100\";\n"
#define STORE "store = \"sqlite:/a/b\";\n"
#define ROOT "root = [ \"file:/a/1\" ];\n"

static enum cb_err
read_text(const char *text, struct be_conf *conf, struct cb_why *why)
{
	char path[] = "/tmp/test_conf.XXXXXX";
	int fd = mkstemp(path);
	enum cb_err r;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(
	    write(fd, text, strlen(text)), (ssize_t)strlen(text));
	(void)close(fd);
	r = be_conf_read(conf, path, why);
	(void)unlink(path);
	return r;
}

static const struct {
	const char *text, *says;
} wrong[] = {
	{ START STORE, "root is missing; write root = [" },
	{ STORE ROOT, "kind is missing" },
	{ START STORE ROOT "colour = 1;\n", "line 6: there is no such" },
	{ START STORE "root = \"file:/a\";\n", "line 5: write it like this" },
	{ START STORE "root = [];\n", "line 5: a root has 1 to 32" },
	{ START STORE "root = [ 1 ];\n", "line 5: a part of the root" },
	{ START STORE ROOT "recovery = [];\n", "recovery = \"file:/abs" },
	{ START ROOT "store = \"/a/b\";\n", "line 5: a store is sqlite:" },
	{ START ROOT "store = \"sqlite:a\";\n", "line 5: sqlite: needs" },
	{ START ROOT "store = \"sqlite:/a?key=geheim\";\n",
	    "line 5: sqlite: has the path" },
	{ START STORE ROOT "first-user = 0;\n", "line 6: a number" },
	{ START STORE ROOT "first-user = 65100;\n", "such as 60800;" },
	{ START STORE ROOT "first-user = 2147483647;\n", "such as 60800;" },
	{ START STORE ROOT "first-user = \"me\";\n",
	    "write it like this: first-user = 60800;" },
	{ START STORE "root = [ \"/a\" ];\n", "line 5: a part of the root" },
	{ START STORE "root = [ \"file:a\" ];\n",
	    "line 5: a part of the root" },
	{ START STORE ROOT "listen = \"localhost:7443\";\n",
	    "line 6: localhost:7443 is no address and port; write" },
	{ START STORE ROOT "listen = \"127.0.0.1:70000\";\n",
	    "line 6: 127.0.0.1:70000 is no" },
	{ START STORE ROOT "listen = 7443;\n",
	    "line 6: write it like this: listen = \"0.0.0.0:7443\";" },
	{ START STORE ROOT "admin-listen = \"::1:7443:\";\n",
	    "line 6: ::1:7443: is no" },
	{ START STORE ROOT STORE, "line 6: duplicate setting name" },
	{ START STORE ROOT "log = 3;\n",
	    "line 6: write it like this: log = \"notice\";" },
	{ START STORE ROOT "log = \"loud\";\n", "line 6: \"error\"" },
	{ START STORE ROOT "allow-swap = 1;\n", "allow-swap = true;" },
	{ START STORE ROOT "tls12 = \"yes\";\n", "line 6: write it like this: "
	    "tls12 = true;" },
	{ START STORE ROOT "log-format = \"xml\";\n",
	    "line 6: \"text\" or \"json\"" },
	{ START STORE ROOT "connections = 0;\n",
	    "line 6: a number from 1 to 1000000 is wanted here, such as "
	    "connections = 16384;" },
	{ START STORE ROOT "bodies-mib = 65537;\n", "line 6: a number from" },
	{ START STORE ROOT "passcodes-at-once = 0;\n",
	    "line 6: a number from 1 to 1000 is wanted here, such as "
	    "passcodes-at-once = 10;" },
	{ START STORE ROOT "unblock-every-s = 86401;\n",
	    "line 6: a number from" },
	{ START STORE ROOT "strangers = \"many\";\n",
	    "line 6: write it like this: strangers = 256;" },
	{ "kind = \"tset\";\n", "line 1: \"live\" or \"test\"" },
	{ "kind = \"test\";\nnode = \"12\";\n", "line 2: 32 hexadecimal" },
	{ "kind = ;\n", "line 1: " },
};

START_TEST(what_is_wrong_is_named)
{
	struct be_conf conf;
	struct cb_why why = { "" };

	ck_assert_int_eq(
	    read_text(wrong[_i].text, &conf, &why), CB_E_FORMAT);
	ck_assert_msg(strstr(why.text, wrong[_i].says) != NULL, "%s",
	    why.text);
	ck_assert_ptr_null(strstr(why.text, "geheim"));
	be_conf_clear(&conf);
}
END_TEST

START_TEST(what_others_may_write_is_refused)
{
	char file[] = "/tmp/test_conf.XXXXXX";
	int fd = mkstemp(file);
	struct be_conf conf;
	struct cb_why why = { "" };

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fchmod(fd, _i == 0 ? 0620 : 0602), 0);
	(void)close(fd);
	ck_assert_int_eq(be_conf_read(&conf, file, &why), CB_E_DENIED);
	ck_assert_ptr_nonnull(strstr(why.text, "chmod 600"));
	(void)unlink(file);
	be_conf_clear(&conf);
}
END_TEST

START_TEST(what_is_written_is_read)
{
	struct be_conf in = { .kind = WIRE_LIVE, .store = strdup("/a/\"b\\"),
		.roots = { strdup("file:/1"), strdup("file:/2") },
		.roots_n = 2, .recovery = strdup("file:/3"),
		.first_user = 60800 }, out;
	struct cb_buf text = CB_BUF_INIT;
	struct cb_why why = { "" };

	memset(in.backend, 0xAB, WIRE_ID);
	memset(in.node, 0xCD, WIRE_ID);
	ck_assert_int_eq(be_conf_put(&text, &in), CB_OK);
	ck_assert_int_eq(cb_put_u8(&text, 0), CB_OK);
	ck_assert_msg(
	    read_text((const char *)text.p, &out, &why) == CB_OK, "%s",
	    why.text);
	ck_assert_int_eq(out.kind, WIRE_LIVE);
	ck_assert_mem_eq(out.backend, in.backend, WIRE_ID);
	ck_assert_mem_eq(out.node, in.node, WIRE_ID);
	ck_assert_str_eq(out.store, in.store);
	ck_assert_uint_eq(out.roots_n, 2);
	ck_assert_str_eq(out.roots[1], "file:/2");
	ck_assert_str_eq(out.recovery, "file:/3");
	ck_assert_uint_eq(out.first_user, 60800);
	/* no two roles have one user */
	for (size_t w = 0; w < BE_WORKERS_MAX; w++)
		for (int r = BE_DOOR; r < BE_ROLES; r++)
			ck_assert(r == BE_WORKER ||
			    be_conf_user(&out, BE_WORKER, w) !=
				be_conf_user(&out, (enum be_role)r, 0));
	be_conf_clear(&in);
	be_conf_clear(&out);
	cb_buf_free(&text);
}
END_TEST

START_TEST(what_a_door_may_have_is_read)
{
	struct be_conf conf;
	struct cb_why why = { "" };

	ck_assert_msg(read_text(START STORE ROOT
	    "tls12 = true;\nlog-format = \"json\";\nconnections = 7;\n"
	    "connections-of-device = 6;\nstrangers = 5;\n"
	    "strangers-of-address = 4;\nbodies-mib = 3;\n"
	    "passcodes-at-once = 11;\npasscode-every-s = 12;\n"
	    "passcode-cards = 17;\nunblocks-at-once = 13;\n"
	    "unblock-every-s = 14;\n",
	    &conf, &why) == CB_OK, "%s", why.text);
	ck_assert(conf.tls12 && conf.log_json && !conf.allow_swap);
	ck_assert_uint_eq(conf.bounds.connections, 7);
	ck_assert_uint_eq(conf.bounds.of_device, 6);
	ck_assert_uint_eq(conf.bounds.strangers, 5);
	ck_assert_uint_eq(conf.bounds.of_address, 4);
	ck_assert_uint_eq(conf.bounds.bodies_mib, 3);
	ck_assert_uint_eq(conf.pace.passcodes, 11);
	ck_assert_uint_eq(conf.pace.passcode_s, 12);
	ck_assert_uint_eq(conf.pace.passcode_cards, 17);
	ck_assert_uint_eq(conf.pace.unblocks, 13);
	ck_assert_uint_eq(conf.pace.unblock_s, 14);
	be_conf_clear(&conf);
}
END_TEST

Suite *
conf_suite(void)
{
	Suite *s = suite_create("conf");
	TCase *c = tcase_create("conf");

	tcase_add_loop_test(c, what_is_wrong_is_named, 0,
	    (int)(sizeof(wrong) / sizeof(wrong[0])));
	tcase_add_loop_test(c, what_others_may_write_is_refused, 0, 2);
	tcase_add_test(c, what_is_written_is_read);
	tcase_add_test(c, what_a_door_may_have_is_read);
	suite_add_tcase(s, c);
	return s;
}
