/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fail.h - fail each allocation and each copy to or from user memory of an operation in
 * turn, in the thread that asks or in the kernel's workers, by /proc/PID/fail-nth of the
 * debug kernel.
 *
 * Each must end with an errno that says so, or in success where nothing depended on it;
 * leave nothing behind; and succeed when it is done again. The bench looks for leaks, and
 * for reports of the kernel's checkers, when all is done.
 */
#ifndef CASK_SELFTESTS_FAIL_H
#define CASK_SELFTESTS_FAIL_H

#include "world.h"

/* The fixture of each program that fails something: FIXTURE(faults). */
struct _test_data_faults;
typedef struct _test_data_faults faults;

/**
 * struct operation - something to fail at each point
 * @before: makes what it needs; NULL: nothing
 * @run: 0, bytes or a descriptor, or -errno; few system calls and no allocation
 * @finish: what it comes to, when it ends in another way than @run; gets what that
 *	returned, and fails nothing of its own
 * @after: undoes it, whether or not it succeeded; gets what it came to
 * @done: the errno that is success: a refusal that takes as much; 0: none
 * @verifies: it verifies signatures
 * @waits: @run waits for the agent's disk
 * @most: it cannot be undone, and there is room for this many; 0: it can
 */
struct operation {
	void (*before)(faults *f);
	int (*run)(faults *f);
	int (*finish)(faults *f, int ret);
	void (*after)(faults *f, int ret);
	int done;
	bool verifies;
	bool waits;
	unsigned int most;
};

/* Have the kernel's faults, and all of this program in memory; 0 or -errno. */
int fail_prepare(struct world *w);
void fail_end(void);
/* Called by @after: one of @most is used up. */
void fail_used_up(void);

/*
 * A request of the agent's, which some operations are: what it says is kept until it says something
 * else, and so is what it was answered last.
 */
void fail_about(int cmd, int flags, const struct agent_attr *attrs);
int fail_exchange(faults *f);
/* Its halves, of what a worker carries out: @run and @finish. */
int fail_send(faults *f);
int fail_await(faults *f, int ret);
/* An attribute of the answer. */
struct nlattr *fail_answer(int attr);

enum fail_where {
	FAIL_CALLER,	/* the thread that asks */
	FAIL_WORKERS,	/* those that work for it: whoever takes the module's work */
};

/* Returns at how many points it was failed, or -1 when one was not as it must be. */
int fail_each(faults *f, const struct operation *op, const char *name, enum fail_where where);

#define EXPECT_FAULTS_IN(_f, _op, _where)	\
	EXPECT_LT(0, fail_each(_f, _op, __func__ + sizeof("faults"), _where))
#define EXPECT_FAULTS(_f, _op)		EXPECT_FAULTS_IN(_f, _op, FAIL_CALLER)
#define EXPECT_WORKERS_FAULTS(_f, _op)	EXPECT_FAULTS_IN(_f, _op, FAIL_WORKERS)

#endif /* CASK_SELFTESTS_FAIL_H */
