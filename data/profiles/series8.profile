# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# The card that "Series 8" stands for, for now.
alias = "authentic5";
