// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * events.c - what happened to licenses, from the agent, as it happens.
 *
 * A line of JSON for each; an empty line says that the agent is still there.
 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define LINE_LENGTH_MAX	4096
/* The agent says something every 15 s. */
#define SILENT_SECONDS	60L

/**
 * struct listening - events being received
 * @events: the caller's
 * @agent: from whom
 * @error: the caller's
 * @line: what of a line has come
 * @size: bytes of it
 * @ended: the caller wants no more
 * @failed: @error says what is wrong with what came
 */
struct listening {
	const struct cask_events *events;
	struct cask_agent *agent;
	struct cask_error *error;
	char line[LINE_LENGTH_MAX];
	size_t size;
	bool ended;
	bool failed;
};

static int take_line(struct listening *l)
{
	json_t *event;
	int ret;

	if (!l->size)
		return l->events->take(l->events->context, NULL);
	event = json_loadb(l->line, l->size, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_string(json_object_get(event, "event"))) {
		json_decref(event);
		l->failed = true;
		return cask_error_set(l->error, ERROR_CODE_ANSWER, "caskd's answer is not understood");
	}
	ret = l->events->take(l->events->context, event);
	json_decref(event);
	return ret;
}

static size_t take(char *data, size_t one, size_t size, void *context)
{
	struct listening *l = context;
	long status = 0;

	curl_easy_getinfo(cask_agent_handle(l->agent), CURLINFO_RESPONSE_CODE, &status);
	for (size_t i = 0; i < size; i++) {
		if (data[i] != '\n' || status != 200) {
			if (l->size == sizeof(l->line)) {
				l->failed = true;
				cask_error_set(l->error, ERROR_CODE_ANSWER,
					       "caskd's answer is too long");
				return 0;
			}
			l->line[l->size++] = data[i];
			continue;
		}
		if (take_line(l)) {
			l->ended = !l->failed;
			return 0;
		}
		l->size = 0;
	}
	return size;
}

static int judge(struct listening *l, CURLcode code)
{
	long status = 0;

	if (l->ended || l->failed)
		return l->failed ? -1 : 0;
	if (code)
		return cask_agent_transport(l->agent, code, l->error);
	curl_easy_getinfo(cask_agent_handle(l->agent), CURLINFO_RESPONSE_CODE, &status);
	if (status != 200)
		return cask_agent_refused(status, l->line, l->size, l->error);
	/* Only an end that was asked for is one. */
	if (l->size || l->events->follow)
		return cask_error_set(l->error, ERROR_CODE_INTERRUPTED, "caskd ended");
	return 0;
}

/**
 * cask_agent_events() - what happened to the caller's and the machine's licenses
 * @agent: whom to ask; it is busy until this returns
 * @events: what is wished for, and who takes it
 * @error: on failure; transfer-interrupted when the agent ended or fell silent
 *
 * An event "lost" says that "count" others never came: whoever keeps a picture of
 * the licenses asks for them anew.
 *
 * Return: 0 when there are no more, or @events->take wants no more; -1.
 */
int cask_agent_events(struct cask_agent *agent, const struct cask_events *events,
		      struct cask_error *error)
{
	struct listening *l = calloc(1, sizeof(*l));
	CURL *easy;
	int ret;

	easy = cask_agent_easy(agent, events->follow ? "/v1/events?follow=true" : "/v1/events");
	if (!l || !easy || curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take) ||
	    curl_easy_setopt(easy, CURLOPT_WRITEDATA, l) ||
	    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L) ||
	    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, SILENT_SECONDS)) {
		free(l);
		return cask_error_set(error, ERROR_CODE_ANSWER, "out of memory");
	}
	l->events = events;
	l->agent = agent;
	l->error = error;
	ret = judge(l, curl_easy_perform(easy));
	free(l);
	return ret;
}
