// SPDX-License-Identifier: GPL-2.0
/* counted.c - licenses that count: asked for, installed, opened while the agent is served. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "counted.h"

int draw(struct world *w, uint8_t *nonce)
{
	const struct agent_attr attrs[] = {
		{ CASK_A_ISSUER, w->a->root.pub.kid, CASK_KID_SIZE }, { 0 },
	};
	struct agent_reply *r = malloc(sizeof(*r));
	int ret = agent_call(w->agent, CASK_CMD_NONCE_NEW, 0, attrs, r);

	if (!ret)
		memcpy(nonce, nla_data(r->attrs[CASK_A_NONCE]), CASK_NONCE_SIZE);
	free(r);
	return ret;
}

int drop(struct world *w, const uint8_t *nonce)
{
	const struct agent_attr attrs[] = {
		{ CASK_A_ISSUER, w->a->root.pub.kid, CASK_KID_SIZE },
		{ CASK_A_NONCE, nonce, CASK_NONCE_SIZE }, { 0 },
	};

	return agent_call(w->agent, CASK_CMD_NONCE_DEL, 0, attrs, NULL);
}

int ask_for(struct world *w, uint32_t opens)
{
	w->license.fields.once = true;
	w->license.fields.max_opens = opens;
	return draw(w, w->license.fields.nonce);
}

int install(struct world *w, uint32_t opens)
{
	int ret = ask_for(w, opens);

	return ret ? ret : world_install(w, getuid());
}

struct forge_bytes signed_license(struct world *w)
{
	struct forge_bytes s;

	forge_license(w->a, &w->license, w->device_key, w->content_key, &s);
	return s;
}

int bring_license(struct world *w, const struct forge_bytes *license)
{
	return agent_license_add(w->agent, license->data, license->size, getuid());
}

int install_kept(struct world *w, uint32_t opens, struct forge_bytes *ret)
{
	int err = ask_for(w, opens);

	*ret = signed_license(w);
	return err ? err : bring_license(w, ret);
}

void put_back(struct world *w, const struct agent_disk *kept)
{
	agent_free(w->agent);
	memcpy(w->disk, kept, sizeof(*kept));
	w->agent = agent_new();
	if (!w->agent)
		abort();
	agent_disk(w->agent, w->disk);
}

/* --- opening, which has to be served meanwhile --- */

static void *call_open(void *arg)
{
	struct opener *o = arg;

	atomic_store(&o->tid, gettid());
	o->ret = open_path(o->w->path, NULL);
	atomic_store(&o->done, true);
	return NULL;
}

void start(struct opener *o, struct world *w)
{
	*o = (struct opener){ .w = w };
	if (pthread_create(&o->thread, NULL, call_open, o))
		abort();
}

void await_thread(atomic_int *tid)
{
	char path[64], line[256], state = 0;
	FILE *f;

	while (state != 'D') {
		sched_yield();
		snprintf(path, sizeof(path), "/proc/self/task/%d/stat", atomic_load(tid));
		f = fopen(path, "r");
		if (!f)
			continue;
		if (fgets(line, sizeof(line), f) && strrchr(line, ')'))
			state = strrchr(line, ')')[2];
		fclose(f);
	}
}

void await_waiting(struct opener *o)
{
	await_thread(&o->tid);
}

int finish(struct opener *o)
{
	while (!atomic_load(&o->done))
		agent_serve(o->w->agent, 20);
	pthread_join(o->thread, NULL);
	return o->ret;
}

int open_counted(struct world *w)
{
	struct opener o;

	start(&o, w);
	return finish(&o);
}

int use(struct world *w)
{
	int fd = open_counted(w);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

uint32_t count_of(struct world *w, int attr)
{
	struct agent_reply *r = malloc(sizeof(*r));
	const struct agent_attr attrs[] = {
		{ CASK_A_ISSUER, w->a->root.pub.kid, CASK_KID_SIZE },
		{ CASK_A_LICENSE_ID, w->license.fields.id, CASK_ID_SIZE }, { 0 },
	};
	uint32_t n = ~0U;

	if (!agent_call(w->agent, CASK_CMD_LICENSE_GET, 0, attrs, r) && r->attrs[attr])
		n = nla_get_u32(r->attrs[attr]);
	free(r);
	return n;
}

uint32_t left(struct world *w)
{
	return count_of(w, CASK_A_OPENS_LEFT);
}

/* --- records that were lost --- */

int ask(struct world *w, const struct forge_distributor *d, uint8_t *nonce)
{
	const struct agent_attr attrs[] = {
		{ CASK_A_ISSUER, d->root.pub.kid, CASK_KID_SIZE }, { 0 },
	};
	struct agent_reply *r = malloc(sizeof(*r));
	int ret = agent_call(w->agent, CASK_CMD_REANCHOR_NONCE, 0, attrs, r);

	if (!ret)
		memcpy(nonce, nla_data(r->attrs[CASK_A_NONCE]), CASK_NONCE_SIZE);
	free(r);
	return ret;
}

int bring_bytes(struct world *w, const void *statement, size_t size)
{
	const struct agent_attr attrs[] = { { CASK_A_REANCHOR, statement, size }, { 0 } };

	return agent_call(w->agent, CASK_CMD_REANCHOR, 0, attrs, NULL);
}

int bring(struct world *w, const struct forge_distributor *d, const struct forge_reanchor *r)
{
	struct forge_bytes s;
	int ret;

	forge_reanchor(d, r, &s);
	ret = bring_bytes(w, s.data, s.size);
	forge_free(&s);
	return ret;
}

/* What it ought to say. */
struct forge_reanchor right(struct world *w, const struct forge_distributor *d)
{
	uint8_t nonce[CASK_NONCE_SIZE] = { 0 };

	if (ask(w, d, nonce))
		fprintf(stderr, "no nonce\n");
	return forge_reanchor_default(d, w->device_id, nonce);
}

int reanchor(struct world *w, const struct forge_distributor *d)
{
	const struct forge_reanchor r = right(w, d);

	return bring(w, d, &r);
}

uint32_t area_state(struct world *w)
{
	struct agent_reply *r = malloc(sizeof(*r));
	uint32_t state = ~0U;

	if (!agent_hello(w->agent, r))
		state = nla_get_u32(r->attrs[CASK_A_AREA_STATE]);
	free(r);
	return state;
}
