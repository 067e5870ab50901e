// SPDX-License-Identifier: GPL-2.0
/*
 * block.c - read one block of a content file and decrypt it.
 *
 * The ciphertext is copied into memory that only the module has, and decrypted
 * there in place; pages of the page cache are never written. Of an authenticated
 * suite nothing leaves before the tag is checked. A block has its own transform, so
 * readers of the same file do not wait for each other.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/vmalloc.h>

#include "private.h"
#include "trace.h"

/* A buffer of n bytes that begins anywhere touches at most this many pages. */
#define PAGES_OF(n)	(DIV_ROUND_UP(n, PAGE_SIZE) + 1)

/**
 * struct shape - what a block of a suite looks like
 * @iv: bytes of the IV; the seed follows
 * @tag: bytes at the end
 * @unit: the ciphertext is a multiple of this
 */
struct shape {
	u8 iv;
	u8 tag;
	u8 unit;
};

static const struct shape *shape_of(u32 suite)
{
	static const struct shape gcm = { CASK_GCM_IV_SIZE, CASK_GCM_TAG_SIZE, 1 };
	static const struct shape cbc = { CASK_CBC_IV_SIZE, 0, 16 };

	return suite == CASK_SUITE_AES_128_CBC ? &cbc : &gcm;
}

/**
 * struct cask_block - room for a block, and the one that is in it
 * @shape: of the suite
 * @cipher: keyed for the last block
 * @aad: additional data
 * @iv: handed to @cipher, which may change it
 * @size: plaintext bytes in @buf, 0 when no block is
 * @index: of the block
 * @user: whom @room is charged to
 * @room: bytes of @buf
 * @mem: what @buf is in
 * @buf: IV, seed, ciphertext that becomes plaintext, tag; the text begins a page,
 *	for ciphers go page by page and do what does not end with theirs apart
 * @mapped: bytes of text and tag that are in @sg
 * @sg: @aad, text, tag
 */
struct cask_block {
	const struct shape *shape;
	struct cask_cipher cipher;
	struct cask_block_aad aad;
	u8 iv[16];
	size_t size;
	u64 index;
	struct cask_user *user;
	size_t room;
	u8 *mem;
	u8 *buf;
	size_t mapped;
	struct scatterlist sg[];
};

static size_t text_offset(const struct cask_block *b)
{
	return b->shape->iv + CASK_SEED_SIZE;
}

/* Bytes that are not plaintext, around a block whose plaintext is not padded. */
static size_t overhead(const struct shape *shape)
{
	return shape->iv + CASK_SEED_SIZE + shape->tag;
}

/* Stored bytes of a block. */
static size_t stored(const struct shape *shape, size_t plain)
{
	return overhead(shape) + round_up(plain, shape->unit);
}

static void wipe(struct cask_block *b)
{
	memzero_explicit(b->buf, b->room);
	b->size = 0;
}

/**
 * cask_block_free() - wipe a block and free it
 * @block: NULL does nothing
 */
void cask_block_free(struct cask_block *block)
{
	if (!block)
		return;
	if (block->buf)
		wipe(block);
	vfree(block->mem);
	cask_cipher_exit(&block->cipher);
	if (block->user)
		cask_user_uncharge_bytes(block->user, block->room);
	kfree(block);
}

/**
 * cask_block_alloc() - room for one block of a session
 * @session: which
 * @user: whom it is charged to; outlives the block
 *
 * Return: the block, empty; -ENOBUFS at the user's limit; -ENOMEM; -ENOENT when
 * the kernel does not have the suite's algorithm.
 */
struct cask_block *cask_block_alloc(const struct cask_session *session, struct cask_user *user)
{
	const struct shape *shape = shape_of(session->suite);
	/* Of the largest block. */
	size_t room = stored(shape, min_t(u64, 1ULL << session->block_shift, session->plain_size));
	struct cask_block *b;
	int ret;

	b = kzalloc(struct_size(b, sg, 1 + PAGES_OF(room)), GFP_KERNEL_ACCOUNT);
	if (!b)
		return ERR_PTR(-ENOMEM);
	ret = cask_user_charge_bytes(user, room);
	if (ret)
		goto fail;
	b->user = user;
	b->room = room;
	b->shape = shape;
	ret = cask_cipher_init(&b->cipher, session->suite);
	if (ret)
		goto fail;
	/*
	 * Not kvmalloc(): of a power of two and a tag it would waste the half. Who is
	 * at the limit of his memory cgroup is told so; the log is not.
	 */
	b->mem = __vmalloc(PAGE_SIZE - text_offset(b) + room, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (b->mem)
		b->buf = b->mem + PAGE_SIZE - text_offset(b);
	if (b->buf)
		return b;
	ret = -ENOMEM;
fail:
	cask_block_free(b);
	return ERR_PTR(ret);
}

/* Bytes of plaintext in block @index; it exists. */
static size_t plain_bytes(const struct cask_session *s, u64 index)
{
	u64 left = s->plain_size - (index << s->block_shift);

	return min_t(u64, left, 1ULL << s->block_shift);
}

static bool is_last(const struct cask_session *s, u64 index)
{
	return index == (s->plain_size - 1) >> s->block_shift;
}

/* The content file may end early or fail: the caller gets that block's error. */
static int fetch(struct cask_block *b, const struct cask_session *s, u64 index, size_t len)
{
	loff_t pos = s->data_offset + index * ((1ULL << s->block_shift) + overhead(b->shape));
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = kernel_read(s->file, b->buf + done, len - done, &pos);
		if (n < 0)
			return n;
		if (!n)
			return -ENODATA;
		done += n;
	}
	return 0;
}

/* vmalloc memory: one entry a page. Additional data only where there is a tag. */
static void map(struct cask_block *b, size_t len)
{
	const u8 *p = b->buf + text_offset(b);
	struct scatterlist *sg = b->sg;

	/* All blocks but the last are alike. */
	if (b->mapped == len)
		return;
	b->mapped = len;
	sg_init_table(sg, 1 + PAGES_OF(b->room));
	if (b->shape->tag)
		sg_set_buf(sg++, &b->aad, sizeof(b->aad));
	while (len) {
		size_t n = min_t(size_t, len, PAGE_SIZE - offset_in_page(p));

		sg_set_page(sg++, vmalloc_to_page(p), n, offset_in_page(p));
		p += n;
		len -= n;
	}
	sg_mark_end(sg - 1);
}

static int decrypt(struct cask_block *b, struct cask_key *key, size_t len)
{
	int ret = cask_key_set_block(key, &b->cipher, b->buf + b->shape->iv);

	if (ret)
		return ret;
	memcpy(b->iv, b->buf, b->shape->iv);
	map(b, len);
	return cask_cipher_decrypt(&b->cipher, b->sg, sizeof(b->aad), len, b->iv);
}

static int load(struct cask_block *b, struct cask_session *s, struct cask_key *key, u64 index)
{
	size_t plain = plain_bytes(s, index);
	size_t len = stored(b->shape, plain);
	int ret;

	/* Again afterwards: the content's file system may be the caller's, and let him wait. */
	ret = fetch(b, s, index, len) ?: cask_license_check(s->license);
	if (ret)
		return ret;
	memcpy(b->aad.content_id, s->content_id, CASK_ID_SIZE);
	b->aad.index = cpu_to_le64(index);
	b->aad.last = cpu_to_le32(is_last(s, index));
	ret = decrypt(b, key, len - text_offset(b));
	if (ret)
		return ret;
	b->size = plain;
	b->index = index;
	return 0;
}

static int load_with_key(struct cask_block *b, struct cask_session *s, u64 index)
{
	struct cask_key *key = cask_license_key(s->license);
	int ret;

	if (IS_ERR(key))
		return PTR_ERR(key);
	b->size = 0;
	ret = load(b, s, key, index);
	cask_key_put(key);
	return ret;
}

/**
 * cask_block_load() - have a block's plaintext
 * @block: from cask_block_alloc(), used by one reader at a time
 * @session: that it was allocated for
 * @index: of a block that exists
 *
 * The license is checked also when the block is there already. Return: 0;
 * -EKEYREVOKED, -EKEYREJECTED, -EKEYEXPIRED, -ETIME from the license; cask_time_keep();
 * -ENODATA when the file ends before the block does; -EBADMSG when the block is not authentic; errors
 * of reading. On error @block holds no plaintext.
 */
int cask_block_load(struct cask_block *block, struct cask_session *session, u64 index)
{
	int ret = cask_session_check(session);

	if (!ret && block->size && block->index == index)
		return 0;
	ret = ret ?: load_with_key(block, session, index);
	trace_cask_block(session->content_id, index, ret);
	if (ret)
		wipe(block);
	return ret;
}

/**
 * cask_block_plain() - the plaintext of a loaded block
 * @block: after cask_block_load()
 * @offset: into the plaintext
 * @ret_data: where @offset is
 *
 * Return: bytes from there to the end of the block.
 */
size_t cask_block_plain(const struct cask_block *block, size_t offset, const u8 **ret_data)
{
	*ret_data = block->buf + text_offset(block) + offset;
	return block->size - offset;
}
