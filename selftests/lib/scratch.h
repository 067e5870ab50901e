/* SPDX-License-Identifier: GPL-2.0 */
/* scratch.h - a directory of a test's own. */
#ifndef CASK_SELFTESTS_SCRATCH_H
#define CASK_SELFTESTS_SCRATCH_H

/* Makes one in another directory, such as /tmp; NULL with errno. */
char *scratch_new(const char *parent);
/* Removes it with all that is in it; 0, or -1 with errno. */
int scratch_free(char *dir);

#endif /* CASK_SELFTESTS_SCRATCH_H */
