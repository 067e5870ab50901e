// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * ekb.c - the keys of a tree, and the root key in an EKB.
 *
 * Freestanding: the server makes EKBs of what is here, and the module opens them. Each
 * brings its own AES. All bytes in buffers of the caller's, who wipes them.
 */
#include "ekb.h"

/**
 * cask_ekb_derive() - make a key or a label from another
 * @aes: to work with
 * @key: CASK_KEY_SIZE bytes
 * @use: what it is made for
 * @number: which of them
 * @out: CASK_KEY_SIZE bytes; may be @key
 *
 * Return: 0 or an error of the AES.
 */
int cask_ekb_derive(struct cask_aes *aes, const __u8 *key, enum cask_ekb_use use, __u64 number,
		    __u8 *out)
{
	__u8 block[CASK_KEY_SIZE];

	cask_put_le64(block, number);
	memcpy(block + 8, CASK_EKB_DOMAIN, 6);
	cask_put_le16(block + 14, use);
	return cask_aes_encrypt(aes, key, block, out);
}

/**
 * cask_ekb_descend() - from the label of a node to that of one below it
 * @aes: to work with
 * @label: CASK_KEY_SIZE bytes, changed in place
 * @hole: where to
 * @steps: how many levels above that it is
 *
 * Return: 0 or an error of the AES.
 */
int cask_ekb_descend(struct cask_aes *aes, __u8 *label, __u64 hole, unsigned int steps)
{
	int ret = 0;

	while (steps-- && !ret)
		ret = cask_ekb_derive(aes, label, hole >> steps & 1 ? CASK_EKB_RIGHT : CASK_EKB_LEFT,
				      0, label);
	return ret;
}

/**
 * cask_ekb_older() - from a root key to that of an older version
 * @aes: to work with
 * @root: CASK_KEY_SIZE bytes, changed in place
 * @versions: how many versions older, less than CASK_EKB_VERSIONS
 *
 * Return: 0 or an error of the AES.
 */
int cask_ekb_older(struct cask_aes *aes, __u8 *root, unsigned int versions)
{
	int ret = 0;

	while (versions-- && !ret)
		ret = cask_ekb_derive(aes, root, CASK_EKB_OLDER, 0, root);
	return ret;
}

/* Whether it is the root key that the issuer drew; as long for each that is not. */
static int check_root(struct cask_aes *aes, const struct cask_ekb *e, const __u8 *root)
{
	__u8 check[CASK_ROOT_CHECK_SIZE], differ = 0;
	unsigned int i;
	int ret = cask_ekb_derive(aes, root, CASK_EKB_CHECK, 0, check);

	for (i = 0; i < sizeof(check); i++)
		differ |= check[i] ^ e->check.data[i];
	return ret ? ret : differ ? -EBADMSG : 0;
}

/**
 * cask_ekb_open() - take the root key out of an EKB
 * @aes: to work with
 * @e: after cask_ekb_entries()
 * @leaf: whose labels they are
 * @labels: all of its labels, cask_ekb_leaf_labels() of them
 * @root: CASK_KEY_SIZE bytes; when an error is returned, nothing worth keeping
 *
 * Return: 0; -EKEYREVOKED when the leaf has no entry; -EBADMSG when its labels are not those of
 * the tree; -EINVAL when it is not in the tree; an error of the AES.
 */
int cask_ekb_open(struct cask_aes *aes, const struct cask_ekb *e, __u32 leaf, const __u8 *labels,
		  __u8 *root)
{
	struct cask_ekb_way way;
	int ret = cask_ekb_find(e, leaf, &way);

	if (ret)
		return ret;
	memcpy(root, labels + way.label * CASK_KEY_SIZE, CASK_KEY_SIZE);
	ret = cask_ekb_descend(aes, root, way.hole, way.steps);
	ret = ret ? ret : cask_ekb_derive(aes, root, CASK_EKB_KEY, 0, root);
	ret = ret ? ret : cask_aes_decrypt(aes, root, way.wrapped, root);
	return ret ? ret : check_root(aes, e, root);
}
