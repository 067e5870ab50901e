/* SPDX-License-Identifier: GPL-2.0 */
/*
 * problem.h - why something could not be done, as the local API says it.
 */
#ifndef CASKD_PROBLEM_H
#define CASKD_PROBLEM_H

#include <stdbool.h>
#include <stdint.h>

struct cask_reply;

#define PROBLEM_CODE_MAX	63
#define PROBLEM_DETAIL_MAX	383
#define PROBLEM_CURRENCY_SIZE	4
#define PROBLEM_FIELD_MAX	32

/**
 * enum settled - whether a server may have done what it was asked for all the same
 * @SETTLED_NOT: it may, or nobody can tell
 * @SETTLED_CALL: not by this call; what calls before brought about is another matter
 * @SETTLED: it has refused the request, however often that went out
 */
enum settled {
	SETTLED_NOT,
	SETTLED_CALL,
	SETTLED,
};

/**
 * struct problem - one refusal or failure (RFC 9457)
 * @status: of HTTP; 0 while there is none
 * @error: errno of the kernel or of the store, else 0
 * @code: what programs look at
 * @detail: a sentence for people; may quote a server, so it is never trusted
 * @settled: of a request to a server
 * @price: what was asked for costs, in hundredths
 * @currency: of @price, three letters; "": it says nothing of a price
 * @field: which one of what a user said will not do, or ""
 */
struct problem {
	int status;
	int error;
	char code[PROBLEM_CODE_MAX + 1];
	char detail[PROBLEM_DETAIL_MAX + 1];
	enum settled settled;
	uint64_t price;
	char currency[PROBLEM_CURRENCY_SIZE];
	char field[PROBLEM_FIELD_MAX + 1];
};

int problem_set(struct problem *p, int status, const char *code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
int problem_kernel(struct problem *p, int error, const char *what, const char *message);
int problem_store(struct problem *p, int error, const char *what);
bool problem_may_pass(const struct problem *p);
struct cask_reply *problem_reply(const struct problem *p);

#endif /* CASKD_PROBLEM_H */
