/* SPDX-License-Identifier: GPL-2.0 */
/*
 * log.h - levelled messages on stderr, with <N> prefixes for the journal.
 */
#ifndef CASK_LOG_H
#define CASK_LOG_H

/* The levels are syslog's. */
enum cask_log_level {
	CASK_LOG_ERR		= 3,
	CASK_LOG_WARNING	= 4,
	CASK_LOG_NOTICE		= 5,
	CASK_LOG_INFO		= 6,
	CASK_LOG_DEBUG		= 7,
};

void cask_log_init(const char *program, enum cask_log_level max);
int cask_log_level_parse(const char *name);
void cask_log(enum cask_log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#define cask_err(...)		cask_log(CASK_LOG_ERR, __VA_ARGS__)
#define cask_warn(...)		cask_log(CASK_LOG_WARNING, __VA_ARGS__)
#define cask_notice(...)	cask_log(CASK_LOG_NOTICE, __VA_ARGS__)
#define cask_info(...)		cask_log(CASK_LOG_INFO, __VA_ARGS__)
#define cask_debug(...)		cask_log(CASK_LOG_DEBUG, __VA_ARGS__)

#endif /* CASK_LOG_H */
