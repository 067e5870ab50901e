/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * internal.h - what libcask's files share: the device, one request to the agent.
 */
#ifndef CASK_INTERNAL_H
#define CASK_INTERNAL_H

#include <curl/curl.h>

#include "cask.h"

#define ERROR_CODE_UNREACHABLE	"agent-unreachable"
#define ERROR_CODE_ANSWER	"agent-answer"
#define ERROR_CODE_INTERRUPTED	"transfer-interrupted"
#define ERROR_CODE_FILE		"file"

#define AGENT_PATH_MAX		320

int cask_device_open(void);
ssize_t cask_read_at(int fd, void *data, size_t size, off_t offset);

CURL *cask_agent_handle(struct cask_agent *agent);
CURL *cask_agent_easy(struct cask_agent *agent, const char *path);
int cask_agent_run(struct cask_agent *agent, CURL *easy, char **ret_data, size_t *ret_size,
		   struct cask_error *error);
int cask_agent_post(struct cask_agent *agent, const char *path, json_t *body, char **ret_data,
		    size_t *ret_size, struct cask_error *error);
int cask_agent_delete(struct cask_agent *agent, const char *path, struct cask_error *error);
int cask_agent_json(char *data, size_t size, json_t **ret, struct cask_error *error);
int cask_agent_transport(struct cask_agent *agent, CURLcode code, struct cask_error *error);
int cask_agent_refused(long status, const void *body, size_t size, struct cask_error *error);
int cask_error_set(struct cask_error *error, const char *code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int cask_error_file(struct cask_error *error, int number, const char *path);

#endif /* CASK_INTERNAL_H */
