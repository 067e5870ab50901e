// SPDX-License-Identifier: GPL-2.0
/* scratch.c - a directory of a test's own. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "scratch.h"

char *scratch_new(const char *parent)
{
	char *dir;

	if (asprintf(&dir, "%s/cask-test.XXXXXX", parent) < 0)
		return NULL;
	if (mkdtemp(dir))
		return dir;
	free(dir);
	return NULL;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

int scratch_free(char *dir)
{
	int ret = dir ? nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS) : 0;

	free(dir);
	return ret;
}
