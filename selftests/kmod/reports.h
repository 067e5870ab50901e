/* SPDX-License-Identifier: GPL-2.0 */
/* reports.h - what the module reports of a distributor's use log, and acknowledgements of it. */
#ifndef CASK_SELFTESTS_REPORTS_H
#define CASK_SELFTESTS_REPORTS_H

#include "report.h"
#include "world.h"

/**
 * struct reports - what the module reported last
 * @w: whose distributor's
 * @secret: that distributor and device share
 * @object: REPORT
 * @size: of @object
 * @view: of @object
 * @entries: its
 */
struct reports {
	struct world *w;
	uint8_t secret[32];
	uint8_t object[CASK_REPORT_MAX];
	size_t size;
	struct cask_report_view view;
	struct cask_log_entry entries[CASK_LOG_ENTRIES_MAX];
};

/* 0, or -1. */
int reports_begin(struct reports *r, struct world *w);
/* Have it reported; 0 or -errno. */
int report_get(struct reports *r);
/* The same: how many entries there are, or -errno. */
int report_count(struct reports *r);
/* Of the last entry that was reported. */
uint64_t last_number(const struct reports *r);

/* Of the log that was reported last, up to this number. */
struct report_word word_of(const struct reports *r, uint64_t number);
/* Bring an acknowledgement: these bytes, this word, or up to this number; 0 or -errno. */
int bring_object(struct reports *r, const struct forge_bytes *object);
int bring_word(struct reports *r, const struct report_word *word);
int acknowledge(struct reports *r, uint64_t number);
int acknowledge_all(struct reports *r);

/* Whether an entry says so; else it is on stderr. */
bool is_entry(const struct cask_log_entry *e, uint32_t event, uint32_t unit, uint64_t amount);
/* A read that may have to wait for the agent: bytes, or -errno. */
int read_at(struct world *w, int fd, uint64_t offset, size_t size);

#endif /* CASK_SELFTESTS_REPORTS_H */
