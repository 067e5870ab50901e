// SPDX-License-Identifier: GPL-2.0
/* reports.c - what the module reports of a distributor's use log, and acknowledgements of it. */
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pairwise.h"
#include "reports.h"

int reports_begin(struct reports *r, struct world *w)
{
	r->w = w;
	return pairwise_derive(w->a->server_private, w->device_key, r->secret) ? -1 : 0;
}

int report_get(struct reports *r)
{
	const struct agent_attr attrs[] = {
		{ CASK_A_ISSUER, r->w->a->root.pub.kid, CASK_KID_SIZE }, { 0 },
	};
	struct agent_reply *reply = malloc(sizeof(*reply));
	int ret = agent_call(r->w->agent, CASK_CMD_REPORT_GET, 0, attrs, reply);

	r->view = (struct cask_report_view){ 0 };
	memset(r->object, 0, sizeof(r->object));
	memset(r->entries, 0, sizeof(r->entries));
	if (!ret) {
		r->size = nla_len(reply->attrs[CASK_A_REPORT]);
		memcpy(r->object, nla_data(reply->attrs[CASK_A_REPORT]), r->size);
		ret = report_open(r->secret, r->object, r->size, &r->view);
	}
	if (!ret)
		memcpy(r->entries, r->view.entries.data, r->view.entries.len);
	free(reply);
	return ret;
}

int report_count(struct reports *r)
{
	int ret = report_get(r);

	if (ret == -ENODATA)
		return 0;
	return ret ? ret : (int)r->view.count;
}

int bring_object(struct reports *r, const struct forge_bytes *object)
{
	const struct agent_attr attrs[] = {
		{ CASK_A_ACKNOWLEDGEMENT, object->data, object->size }, { 0 },
	};

	return agent_call(r->w->agent, CASK_CMD_REPORT_ACK, 0, attrs, NULL);
}

struct report_word word_of(const struct reports *r, uint64_t number)
{
	struct report_word word = { .last.number = htole64(number) };

	memcpy(word.last.series, r->view.series, sizeof(word.last.series));
	return word;
}

int bring_word(struct reports *r, const struct report_word *word)
{
	struct forge_bytes object;
	int ret;

	forge_acknowledgement(r->w->a, r->w->device_key, word, &object);
	ret = bring_object(r, &object);
	forge_free(&object);
	return ret;
}

int acknowledge(struct reports *r, uint64_t number)
{
	const struct report_word word = word_of(r, number);

	return bring_word(r, &word);
}

uint64_t last_number(const struct reports *r)
{
	return r->view.number + r->view.count - 1;
}

int acknowledge_all(struct reports *r)
{
	int ret = report_count(r);

	return ret > 0 ? acknowledge(r, last_number(r)) : ret;
}

bool is_entry(const struct cask_log_entry *e, uint32_t event, uint32_t unit, uint64_t amount)
{
	if (le32toh(e->event) == event && le32toh(e->unit) == unit && le64toh(e->amount) == amount)
		return true;
	fprintf(stderr, "# event %u, unit %u, amount %llu\n", le32toh(e->event), le32toh(e->unit),
		(unsigned long long)le64toh(e->amount));
	return false;
}

/* A read that may have to wait for the agent. */
struct reading {
	int fd;
	size_t size;
	uint64_t offset;
};

static int do_read(void *arg)
{
	const struct reading *r = arg;
	void *bytes = malloc(r->size);
	ssize_t n = pread(r->fd, bytes, r->size, r->offset);
	int ret = n < 0 ? -errno : n;

	free(bytes);
	return ret;
}

int read_at(struct world *w, int fd, uint64_t offset, size_t size)
{
	struct reading r = { fd, size, offset };

	return served(w, do_read, &r);
}
