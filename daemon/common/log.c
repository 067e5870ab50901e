// SPDX-License-Identifier: GPL-2.0
/*
 * log.c - levelled messages on stderr, with <N> prefixes for the journal.
 *
 * A message is one line and one write, so lines of several threads do not mix.
 * Never pass a secret: the journal keeps what it is given.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "log.h"

#define LINE_MAX_BYTES 2048

static const char *const names[] = {
	[CASK_LOG_ERR] = "error", [CASK_LOG_WARNING] = "warning",
	[CASK_LOG_NOTICE] = "notice", [CASK_LOG_INFO] = "info", [CASK_LOG_DEBUG] = "debug",
};

static const char *program_name = "cask";
static enum cask_log_level max_level = CASK_LOG_INFO;
static bool to_journal;

/* $JOURNAL_STREAM names the device and inode of the journal's socket. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	if (!stream || sscanf(stream, "%llu:%llu", &dev, &ino) != 2)
		return false;
	return !fstat(STDERR_FILENO, &st) && st.st_dev == dev && st.st_ino == ino;
}

/**
 * cask_log_init() - name the program and set what is shown
 * @program: kept, not copied; stands before each line outside the journal
 * @max: the least important level that is shown
 */
void cask_log_init(const char *program, enum cask_log_level max)
{
	program_name = program;
	max_level = max;
	to_journal = stderr_is_journal();
}

/**
 * cask_log_level_parse() - the level with a name
 * @name: "error", "warning", "notice", "info" or "debug"
 *
 * Return: enum cask_log_level, or -EINVAL.
 */
int cask_log_level_parse(const char *name)
{
	for (int level = CASK_LOG_ERR; level <= CASK_LOG_DEBUG; level++)
		if (!strcmp(names[level], name))
			return level;
	return -EINVAL;
}

/* Whatever a peer put into a message stays on its line. */
static void flatten(char *line, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
}

/**
 * cask_log() - write one line to stderr
 * @level: importance; lines above the level set by cask_log_init() are dropped
 * @format: printf format without newline; errno is preserved, so %m works
 */
void cask_log(enum cask_log_level level, const char *format, ...)
{
	char line[LINE_MAX_BYTES];
	int saved = errno, head, body;
	size_t length;
	va_list args;

	if (level > max_level)
		return;
	head = to_journal ? snprintf(line, sizeof(line), "<%d>", level) :
		snprintf(line, sizeof(line), "%s: %s%s", program_name,
			 level <= CASK_LOG_WARNING ? names[level] : "",
			 level <= CASK_LOG_WARNING ? ": " : "");
	va_start(args, format);
	errno = saved;
	body = vsnprintf(line + head, sizeof(line) - head - 1, format, args);
	va_end(args);
	length = head + (body < 0 ? 0 : body);
	if (length > sizeof(line) - 2)
		length = sizeof(line) - 2;
	flatten(line + head, length - head);
	line[length++] = '\n';
	if (write(STDERR_FILENO, line, length) < 0) {
		/* There is nowhere left to say so. */
	}
	errno = saved;
}
