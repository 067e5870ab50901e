// SPDX-License-Identifier: GPL-2.0
/* leaves.c - a small category that this device is in: its leaf, EKBs and licenses for it. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "crypto.h"
#include "leaves.h"

#define HEIGHT	6
#define LEAF	3

struct category leaves_category(const struct forge_distributor *d)
{
	struct category c = { .scheme = CASK_SCHEME_DIFFERENCES, .height = HEIGHT };

	memcpy(c.issuer, d->root.pub.kid, sizeof(c.issuer));
	if (crypto_random(c.id, sizeof(c.id)) || crypto_random(c.master, sizeof(c.master)) ||
	    crypto_random(c.seed, sizeof(c.seed)))
		abort();
	return c;
}

struct category leaves_of_another(const struct category *c, const struct forge_distributor *d)
{
	struct category theirs = *c;

	memcpy(theirs.issuer, d->root.pub.kid, sizeof(theirs.issuer));
	return theirs;
}

/* --- making --- */

static struct cose_signer signer_of(const struct forge_distributor *d)
{
	struct cose_signer signer;

	if (cose_signer_init(&signer, d->license.pkey))
		abort();
	return signer;
}

void leaves_make_leaf(struct world *w, const struct forge_distributor *by, const struct category *c,
		      struct forge_bytes *ret)
{
	const struct cose_signer signer = signer_of(by);
	struct category_leaf leaf = { .created = time(NULL), .leaf = LEAF };

	memcpy(leaf.device_key, w->device_key, sizeof(leaf.device_key));
	if (category_leaf(c, &signer, &leaf, &ret->data, &ret->size))
		abort();
}

void leaves_make_ekb(const struct forge_distributor *by, const struct category *c, uint32_t version,
		     struct forge_bytes *ret_statement, struct forge_bytes *ret_entries)
{
	const struct category_ekb ekb = { .version = version, .created = time(NULL) };
	const struct cose_signer signer = signer_of(by);

	if (category_ekb(c, &signer, &ekb, &ret_statement->data, &ret_statement->size,
			 &ret_entries->data, &ret_entries->size))
		abort();
}

void leaves_make_license(struct world *w, const struct category *c, uint32_t version,
			 struct forge_bytes *ret)
{
	const struct cose_signer signer = signer_of(w->a);
	struct license_root root = { .version = version };
	struct cask_aes *aes = aes_new();

	memcpy(root.category, c->id, sizeof(root.category));
	if (!aes || category_root(c, aes, version, root.wrap) ||
	    cask_ekb_derive(aes, root.wrap, CASK_EKB_WRAP, 0, root.wrap) ||
	    license_make_category(&signer, &w->license.fields, &root, w->content_key, &ret->data,
				  &ret->size))
		abort();
	aes_free(aes);
}

/* --- bringing --- */

int leaves_bring(struct world *w, int cmd, int attr, const struct forge_bytes *b)
{
	const struct agent_attr attrs[] = { { attr, b->data, b->size }, { 0 } };

	return agent_call(w->agent, cmd, 0, attrs, NULL);
}

int leaves_bring_once(struct world *w, int cmd, int attr, struct forge_bytes b)
{
	int ret = leaves_bring(w, cmd, attr, &b);

	forge_free(&b);
	return ret;
}

int leaves_bring_entries(struct world *w, const struct forge_bytes *entries)
{
	const struct agent_attr attrs[] = {
		AGENT_U32(CASK_A_OFFSET, 0), { CASK_A_DATA, entries->data, entries->size }, { 0 },
	};

	return agent_call(w->agent, CASK_CMD_EKB_DATA, 0, attrs, NULL);
}

int leaves_add(struct world *w, const struct forge_distributor *by, const struct category *c)
{
	struct forge_bytes leaf;

	leaves_make_leaf(w, by, c, &leaf);
	return leaves_bring_once(w, CASK_CMD_LEAF_ADD, CASK_A_LEAF, leaf);
}

int leaves_add_ekb(struct world *w, const struct forge_distributor *by, const struct category *c,
		   uint32_t version)
{
	struct forge_bytes statement, entries;
	int ret;

	leaves_make_ekb(by, c, version, &statement, &entries);
	ret = leaves_bring_once(w, CASK_CMD_EKB_ADD, CASK_A_EKB, statement) ?:
	      leaves_bring_entries(w, &entries);
	forge_free(&entries);
	return ret;
}

int leaves_add_license(struct world *w, const struct category *c, uint32_t version)
{
	struct forge_bytes l;

	leaves_make_license(w, c, version, &l);
	return leaves_bring_once(w, CASK_CMD_LICENSE_ADD, CASK_A_LICENSE, l);
}
