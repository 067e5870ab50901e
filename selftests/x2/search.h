/* SPDX-License-Identifier: GPL-2.0 */
/* search.h - the searcher: scan.c knows forms, files.c and processes.c where to look. */
#ifndef CASK_SELFTESTS_SEARCH_H
#define CASK_SELFTESTS_SEARCH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* --- scan.c --- */

/* Up to @size bytes: how many, 0 at the end, negative errno. */
typedef ssize_t (*fill_fn)(void *arg, uint8_t *to, size_t size);

void scan_load(const char *path);
int scan_run(fill_fn fill, void *arg, uint64_t offset);
void scan_report(const char *place);
unsigned long scan_hits(void);
uint64_t scan_total(void);

/* --- files.c --- */

void search_fd(const char *place, int fd);
void search_file(const char *path);
void search_tree(const char *directory);

/* --- processes.c --- */

void search_processes(const char *names);

/* --- search.c --- */

void __attribute__((noreturn, format(printf, 1, 2))) die(const char *format, ...);

#endif /* CASK_SELFTESTS_SEARCH_H */
