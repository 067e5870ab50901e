/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cleanup.h - attributes that free a local variable when its scope ends.
 *
 * A function uses either these or a goto ladder, never both.
 */
#ifndef CASK_CLEANUP_H
#define CASK_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(function) __attribute__((cleanup(function)))

static inline void cask_cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void cask_cleanup_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cask_cleanup_fclose(FILE **f)
{
	if (*f)
		fclose(*f);
}

#define _cleanup_free_		_cleanup_(cask_cleanup_free)
#define _cleanup_close_		_cleanup_(cask_cleanup_close)
#define _cleanup_fclose_	_cleanup_(cask_cleanup_fclose)

/* Hands the value out of a cleaned-up variable: return steal_ptr(&x). */
#define steal_ptr(pp) ({ __typeof__(*(pp)) _stolen = *(pp); *(pp) = NULL; _stolen; })

static inline int steal_fd(int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif /* CASK_CLEANUP_H */
