#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# The recorded conversations, straight into the emulator.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/replay/plan.sh
. "$CB_SRC/tests/replay/plan.sh"

need_cardbridge

plan_insert() { where=$1; } # FILE
plan_remove() { :; }

plan_play emu
