# SPDX-License-Identifier: GPL-2.0-only
# What the forwarding path must leave alone, or must notice: it is the same with it and without
# it, and what is to happen happens.
# shellcheck shell=bash

"$TOP/tests/same/same.py" --set slow --test "$TEST" || fail "whatever goes the slow way is right"
