/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * ekb.h - trees of devices, the covers of those that are not revoked, and enabling
 * key blocks, in which each finds the root key.
 *
 * Freestanding as parse.h. The module opens EKBs, the server makes them.
 */
#ifndef CASK_EKB_H
#define CASK_EKB_H

#include "parse.h"

/* --- nodes: 1 is the root, n has the children 2n and 2n + 1 --- */

static inline unsigned int cask_node_depth(__u64 node)
{
	return 63 - __builtin_clzll(node);
}

static inline __u64 cask_node_of_leaf(unsigned int height, __u32 leaf)
{
	return 1ULL << height | leaf;
}

/* The ancestor of @node in @depth, at most its own. */
static inline __u64 cask_node_at(__u64 node, unsigned int depth)
{
	return node >> (cask_node_depth(node) - depth);
}

/* Whether @node is in the subtree of @top. */
static inline bool cask_node_under(__u64 node, __u64 top)
{
	unsigned int depth = cask_node_depth(top);

	return depth <= cask_node_depth(node) && cask_node_at(node, depth) == top;
}

/* The lowest node that both are under. */
static inline __u64 cask_node_meet(__u64 a, __u64 b)
{
	unsigned int da = cask_node_depth(a), db = cask_node_depth(b);
	unsigned int depth = da < db ? da : db;

	a = cask_node_at(a, depth);
	b = cask_node_at(b, depth);
	return a == b ? a : a >> (64 - __builtin_clzll(a ^ b));
}

/**
 * struct cask_subset - leaves that share a key
 * @top: whose subtree they are
 * @hole: whose subtree is left out, or 0
 */
struct cask_subset {
	__u64 top;
	__u64 hole;
};

/* --- cover.c: all leaves but the revoked, in as few sets as the scheme can --- */

/**
 * struct cask_cover - a cover being made
 * @scheme: enum cask_scheme
 * @height: of the tree
 * @revoked: leaves, strictly ascending
 * @pending: subtrees that are not covered yet, the next one last
 * @count: how many of them
 */
struct cask_cover {
	__u32 scheme;
	unsigned int height;
	const __u32 *revoked;
	struct {
		__u64 node;
		size_t from, to;	/* of @revoked, those in the subtree */
	} pending[CASK_HEIGHT_MAX + 1];
	unsigned int count;
};

int cask_cover_begin(struct cask_cover *c, const __u32 *revoked, size_t count);
bool cask_cover_next(struct cask_cover *c, struct cask_subset *ret_subset);

/* --- ekb.c: an EKB, and a leaf's entry in it --- */

/**
 * struct cask_ekb - an EKB
 * @version: of its category, 1..CASK_EKB_VERSIONS
 * @created: seconds since 1970
 * @issuer: CASK_KID_SIZE bytes
 * @category: CASK_ID_SIZE bytes
 * @scheme: enum cask_scheme
 * @height: of the tree
 * @count: of entries
 * @hash: SHA-256 of the entries
 * @check: CASK_ROOT_CHECK_SIZE bytes
 * @labels: of the entries, after cask_ekb_entries()
 * @wrapped: the root key under the key of each
 */
struct cask_ekb {
	__u32 version;
	__u64 created;
	struct cask_bytes issuer;
	struct cask_bytes category;
	__u32 scheme;
	__u32 height;
	__u32 count;
	struct cask_bytes hash;
	struct cask_bytes check;
	const __u8 *labels;
	const __u8 *wrapped;
};

/**
 * struct cask_leaf_view - payload of a LEAF
 * @created: seconds since 1970
 * @issuer: CASK_KID_SIZE bytes
 * @device_id: CASK_KID_SIZE bytes
 * @category: CASK_ID_SIZE bytes
 * @scheme: enum cask_scheme
 * @height: of the tree
 * @leaf: the device's, in the tree
 * @sealed: enc, the labels and their tag, as many as the scheme and the height want
 * @labels: how many there are in it
 * @head: the object's first 8 bytes; with @sections, what @sealed is bound to
 * @sections: those before LEAF_LABELS, as they stand
 */
struct cask_leaf_view {
	__u64 created;
	struct cask_bytes issuer;
	struct cask_bytes device_id;
	struct cask_bytes category;
	__u32 scheme;
	__u32 height;
	__u32 leaf;
	struct cask_bytes sealed;
	unsigned int labels;
	struct cask_bytes head;
	struct cask_bytes sections;
};

/**
 * struct cask_ekb_way - how a leaf comes to the root key
 * @label: which of the leaf's labels to begin with
 * @hole: its last @steps bits say which way to go down from there
 * @steps: how many
 * @wrapped: the root key, under the key that this leads to
 */
struct cask_ekb_way {
	unsigned int label;
	__u64 hole;
	unsigned int steps;
	const __u8 *wrapped;
};

int cask_ekb_check_tree(__u32 scheme, __u32 height);
unsigned int cask_ekb_leaf_labels(__u32 scheme, unsigned int height);
int cask_ekb_parse(struct cask_ekb *e, const void *data, size_t len);
int cask_ekb_entries(struct cask_ekb *e, const void *data, size_t len);
int cask_leaf_parse(struct cask_leaf_view *l, const void *data, size_t len);
void cask_ekb_put_label(__u8 *out, const struct cask_subset *subset);
int cask_ekb_find(const struct cask_ekb *e, __u32 leaf, struct cask_ekb_way *ret_way);

/* --- secret/ekb.c, secret/keywrap.c: the keys --- */

#define CASK_KEYWRAP_KEY	8

/* What cask_aes_encrypt() and cask_aes_decrypt() work with; holds the last key. */
struct cask_aes;

int cask_aes_encrypt(struct cask_aes *aes, const __u8 *key, const __u8 *in, __u8 *out);
int cask_aes_decrypt(struct cask_aes *aes, const __u8 *key, const __u8 *in, __u8 *out);

int cask_keywrap(struct cask_aes *aes, const __u8 *kek, const __u8 *key, __u8 *out);
int cask_keyunwrap(struct cask_aes *aes, const __u8 *kek, const __u8 *wrapped, __u8 *work);

int cask_ekb_derive(struct cask_aes *aes, const __u8 *key, enum cask_ekb_use use, __u64 number,
		    __u8 *out);
int cask_ekb_descend(struct cask_aes *aes, __u8 *label, __u64 hole, unsigned int steps);
int cask_ekb_older(struct cask_aes *aes, __u8 *root, unsigned int versions);
int cask_ekb_open(struct cask_aes *aes, const struct cask_ekb *e, __u32 leaf, const __u8 *labels,
		  __u8 *root);

#endif /* CASK_EKB_H */
