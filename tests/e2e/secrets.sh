#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Secrets of an AuthentIC v5 card: where lib-secrets.sh looks for them.
#
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-opensc.sh
. "$CB_SRC/tests/e2e/lib-opensc.sh"

secrets_family=authentic5
secrets_digits=14
secrets_keys=(s80 s81)
to_login=(00A4040C10A000000077010303000000F100000002 "$select_5011")
again=(00A40300)
to_sign=("$select_9002" 00A4000C023001 002241B603800111 002A9E9A017700)
verify_holder() { verify_user "$1"; } # PASSCODE

# shellcheck source=tests/e2e/lib-secrets.sh
. "$CB_SRC/tests/e2e/lib-secrets.sh"
