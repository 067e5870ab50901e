/* SPDX-License-Identifier: GPL-2.0 */
/* harness.h - the kernel's harness, with time for a machine that is emulated and busy. */
#ifndef CASK_SELFTESTS_HARNESS_H
#define CASK_SELFTESTS_HARNESS_H

#include "kselftest_harness.h"

/* Seconds of a test; the harness takes it where a test is defined. The suite has a limit as well. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	150

#endif /* CASK_SELFTESTS_HARNESS_H */
