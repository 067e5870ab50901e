// SPDX-License-Identifier: GPL-2.0
/* ekb.c - leaves, EKBs in parts, and licenses for all leaves of a category that are not revoked. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"
#include "category.h"
#include "counted.h"
#include "crypto.h"

#define HEIGHT	20
#define LEAF	12345

FIXTURE(ekb) {
	struct world *w;
	struct category c;
};

FIXTURE_VARIANT(ekb) {
	uint32_t scheme;
};

FIXTURE_VARIANT_ADD(ekb, subtrees) { .scheme = CASK_SCHEME_SUBTREES };
FIXTURE_VARIANT_ADD(ekb, differences) { .scheme = CASK_SCHEME_DIFFERENCES };

static struct category category_new(const struct forge_distributor *d, uint32_t scheme)
{
	struct category c = { .scheme = scheme, .height = HEIGHT };

	memcpy(c.issuer, d->root.pub.kid, sizeof(c.issuer));
	if (crypto_random(c.id, sizeof(c.id)) || crypto_random(c.master, sizeof(c.master)) ||
	    crypto_random(c.seed, sizeof(c.seed)))
		abort();
	return c;
}

FIXTURE_SETUP(ekb)
{
	self->w = world_new();
	ASSERT_NE(NULL, self->w);
	world_content(self->w, 10000);
	self->c = category_new(self->w->a, variant->scheme);
}

FIXTURE_TEARDOWN(ekb)
{
	world_free(self->w);
}

static struct cose_signer signer_of(const struct forge_distributor *d)
{
	struct cose_signer signer;

	if (cose_signer_init(&signer, d->license.pkey))
		abort();
	return signer;
}

/* --- what is brought --- */

static struct forge_bytes make_leaf(const struct forge_distributor *d, const struct category *c,
				    const struct category_leaf *leaf)
{
	const struct cose_signer signer = signer_of(d);
	struct forge_bytes b;

	if (category_leaf(c, &signer, leaf, &b.data, &b.size))
		abort();
	return b;
}

static int bring_statement(struct world *w, const struct forge_bytes *b)
{
	const struct agent_attr attrs[] = { { CASK_A_LEAF, b->data, b->size }, { 0 } };

	return agent_call(w->agent, CASK_CMD_LEAF_ADD, 0, attrs, NULL);
}

static int bring_leaf(struct world *w, const struct forge_distributor *d, const struct category *c,
		      const struct category_leaf *leaf)
{
	struct forge_bytes b = make_leaf(d, c, leaf);
	int ret = bring_statement(w, &b);

	forge_free(&b);
	return ret;
}

static struct category_leaf leaf_of(struct world *w, uint32_t number)
{
	struct category_leaf leaf = { .created = time(NULL), .leaf = number };

	memcpy(leaf.device_key, w->device_key, sizeof(leaf.device_key));
	return leaf;
}

static int add_leaf(struct world *w, const struct category *c)
{
	const struct category_leaf leaf = leaf_of(w, LEAF);

	return bring_leaf(w, w->a, c, &leaf);
}

/* An EKB as the agent has it. */
struct brought {
	uint8_t *statement, *entries;
	size_t size, entries_size;
};

static struct brought make(const struct forge_distributor *d, const struct category *c,
			   uint32_t version, const uint32_t *revoked, size_t n)
{
	const struct category_ekb ekb = { version, time(NULL), revoked, n };
	const struct cose_signer signer = signer_of(d);
	struct brought b;

	if (category_ekb(c, &signer, &ekb, &b.statement, &b.size, &b.entries, &b.entries_size))
		abort();
	return b;
}

static void unmake(struct brought *b)
{
	free(b->statement);
	free(b->entries);
}

static int begin(struct world *w, const struct brought *b)
{
	const struct agent_attr attrs[] = { { CASK_A_EKB, b->statement, b->size }, { 0 } };

	return agent_call(w->agent, CASK_CMD_EKB_ADD, 0, attrs, NULL);
}

static int part(struct world *w, const struct brought *b, size_t offset, size_t size)
{
	const struct agent_attr attrs[] = {
		AGENT_U32(CASK_A_OFFSET, offset), { CASK_A_DATA, b->entries + offset, size }, { 0 },
	};

	return agent_call(w->agent, CASK_CMD_EKB_DATA, 0, attrs, NULL);
}

static int bring_in_parts(struct world *w, const struct brought *b, size_t size)
{
	int ret = begin(w, b);

	for (size_t at = 0; at < b->entries_size && !ret; at += size)
		ret = part(w, b, at, b->entries_size - at < size ? b->entries_size - at : size);
	return ret;
}

static int add_ekb(struct world *w, const struct category *c, uint32_t version,
		   const uint32_t *revoked, size_t n)
{
	struct brought b = make(w->a, c, version, revoked, n);
	int ret = bring_in_parts(w, &b, CASK_STORE_DATA_MAX);

	unmake(&b);
	return ret;
}

static struct license_root root_of(const struct category *c, uint32_t version)
{
	struct license_root root = { .version = version };
	struct cask_aes *aes = aes_new();

	memcpy(root.category, c->id, sizeof(root.category));
	if (!aes || category_root(c, aes, version, root.wrap) ||
	    cask_ekb_derive(aes, root.wrap, CASK_EKB_WRAP, 0, root.wrap))
		abort();
	aes_free(aes);
	return root;
}

/* Rights that all leaves of the category have the key of. */
static int install_rights(struct world *w, const struct forge_distributor *d,
			  const struct category *c, uint32_t version, struct license_fields fields)
{
	const struct cose_signer signer = signer_of(d);
	const struct license_root root = root_of(c, version);
	uint8_t *statement;
	size_t size;
	int ret;

	memcpy(fields.issuer, d->root.pub.kid, sizeof(fields.issuer));
	if (license_make_category(&signer, &fields, &root, w->content_key, &statement, &size))
		abort();
	ret = agent_license_add(w->agent, statement, size, getuid());
	free(statement);
	return ret;
}

/* The world's license, for the category and no device. */
static int install_for(struct world *w, const struct forge_distributor *d, const struct category *c,
		       uint32_t version)
{
	return install_rights(w, d, c, version, w->license.fields);
}

/* Rights without a key: who is of the category has it from the content's header. */
static int install_in_header(struct world *w, const struct category *c, uint32_t version)
{
	const struct cose_signer signer = signer_of(w->a);
	struct license_root root = { .version = version };
	struct license_fields fields = w->license.fields;
	uint8_t *statement;
	size_t size;
	int ret;

	memcpy(root.category, c->id, sizeof(root.category));
	memcpy(fields.issuer, w->a->root.pub.kid, sizeof(fields.issuer));
	if (license_make_header(&signer, &fields, &root, &statement, &size))
		abort();
	ret = agent_license_add(w->agent, statement, size, getuid());
	free(statement);
	return ret;
}

/* A leaf, an EKB of version 5, and such rights. */
static int join(struct world *w, const struct category *c)
{
	return add_leaf(w, c) ?: add_ekb(w, c, 5, NULL, 0) ?: install_in_header(w, c, 5);
}

/* The world's content, with the key in its header for all leaves that are not revoked. */
static void pack_for(struct world *w, const struct category *c, uint32_t version)
{
	const struct license_root root = root_of(c, version);

	w->root = &root;
	world_content(w, 10000);
	w->root = NULL;
}

/* Where the key is in the file: the link part is what ends with it. */
static uint64_t link_of(struct world *w)
{
	struct cask_content content;
	uint8_t head[CASK_CONTENT_FIXED_MAX];
	int fd = open(w->path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || pread(fd, head, sizeof(head), 0) != sizeof(head) ||
	    cask_content_parse(&content, head, cask_content_length(head, sizeof(head))))
		abort();
	close(fd);
	return content.link_offset;
}

#define LINK_SLOT	(sizeof(struct cask_head) + sizeof(struct cask_section) + CASK_ID_SIZE + \
			 sizeof(struct cask_section))

static int plays(struct world *w)
{
	uint8_t byte = 0;
	int fd = open_path(w->path, NULL);

	if (fd < 0)
		return fd;
	if (pread(fd, &byte, 1, 9999) != 1)
		byte = world_plain(9999) + 1;
	close(fd);
	return byte == world_plain(9999) ? 0 : -EBADMSG;
}

/* --- what comes of it --- */

TEST_F(ekb, D6_a_leaf_that_is_not_revoked_plays)
{
	static const uint32_t others[] = { 3, LEAF - 1, LEAF + 1, 99999 };
	struct world *w = self->w;

	ASSERT_EQ(0, add_leaf(w, &self->c));
	EXPECT_EQ(-ENOKEY, install_for(w, w->a, &self->c, 5));
	ASSERT_EQ(0, add_ekb(w, &self->c, 5, others, ARRAY_SIZE(others)));
	ASSERT_EQ(0, install_for(w, w->a, &self->c, 5));
	EXPECT_EQ(0, plays(w));
	forget(w);
}

TEST_F(ekb, D6_a_distributor_that_has_as_many_categories_as_it_may_takes_none_from_another)
{
	/* Nothing takes its leaves away again. */
	const char *name = variant->scheme == CASK_SCHEME_SUBTREES ? "full-1" : "full-2";
	struct forge_distributor *b = world_distributor(name, COSE_ALG_RS256);
	struct world *w = self->w;
	struct category theirs = category_new(b, variant->scheme);
	const struct category_leaf leaf = leaf_of(w, LEAF);

	ASSERT_EQ(0, world_install_anchor(w, b, NULL));
	for (theirs.id[0] = 0; theirs.id[0] < 64; theirs.id[0]++)
		EXPECT_EQ(0, bring_leaf(w, b, &theirs, &leaf));
	EXPECT_EQ(-ENOSPC, bring_leaf(w, b, &theirs, &leaf));
	EXPECT_EQ(0, add_leaf(w, &self->c));
	forge_distributor_free(b);
}

TEST_F(ekb, D6_the_same_leaf_again_changes_nothing_and_only_a_later_one_takes_its_place)
{
	struct world *w = self->w;
	struct category_leaf leaf = leaf_of(w, LEAF);
	struct forge_bytes first = make_leaf(w->a, &self->c, &leaf);
	struct forge_bytes other = make_leaf(w->a, &self->c, &leaf);

	ASSERT_EQ(0, bring_statement(w, &first));
	ASSERT_EQ(0, add_ekb(w, &self->c, 5, NULL, 0));
	EXPECT_EQ(0, bring_statement(w, &first));
	/* It says the same, and was sealed anew. */
	EXPECT_EQ(-ESTALE, bring_statement(w, &other));
	/* The root key that the first one opened is still there. */
	ASSERT_EQ(0, install_for(w, w->a, &self->c, 5));
	EXPECT_EQ(0, plays(w));
	forget(w);
	forge_free(&first);
	forge_free(&other);
	leaf.created--;
	EXPECT_EQ(-ESTALE, bring_leaf(w, w->a, &self->c, &leaf));
	leaf.created += 2;
	EXPECT_EQ(0, bring_leaf(w, w->a, &self->c, &leaf));
}

TEST_F(ekb, D8_what_all_leaves_can_open_is_still_the_license_of_one_device)
{
	struct world *w = self->w;
	struct license_fields fields = w->license.fields;

	fields.for_device = true;
	ASSERT_EQ(0, add_leaf(w, &self->c));
	ASSERT_EQ(0, add_ekb(w, &self->c, 5, NULL, 0));
	EXPECT_EQ(-EXDEV, install_rights(w, w->a, &self->c, 5, fields));
	ASSERT_EQ(0, cose_device_id(w->device_key, fields.device_id));
	fields.device_id[CASK_KID_SIZE - 1] ^= 1;
	EXPECT_EQ(-EXDEV, install_rights(w, w->a, &self->c, 5, fields));
	fields.device_id[CASK_KID_SIZE - 1] ^= 1;
	ASSERT_EQ(0, install_rights(w, w->a, &self->c, 5, fields));
	EXPECT_EQ(0, plays(w));
	forget(w);
}

TEST_F(ekb, D6_a_revoked_leaf_opens_no_later_ekb)
{
	static const uint32_t revoked[] = { 3, LEAF, 99999 };
	struct world *w = self->w;

	ASSERT_EQ(0, add_leaf(w, &self->c));
	ASSERT_EQ(0, add_ekb(w, &self->c, 5, NULL, 0));
	EXPECT_EQ(-EKEYREVOKED, add_ekb(w, &self->c, 6, revoked, ARRAY_SIZE(revoked)));
	EXPECT_EQ(-ENOKEY, install_for(w, w->a, &self->c, 6));
	/* What was made before it was revoked plays on. */
	ASSERT_EQ(0, install_for(w, w->a, &self->c, 5));
	EXPECT_EQ(0, plays(w));
	forget(w);
}

TEST_F(ekb, D6_older_contents_stay_playable_from_the_first_version_to_the_last)
{
	static const uint32_t versions[] = { 1, 2, CASK_EKB_VERSIONS - 1, CASK_EKB_VERSIONS };
	struct world *w = self->w;
	unsigned int i;

	ASSERT_EQ(0, add_leaf(w, &self->c));
	ASSERT_EQ(0, add_ekb(w, &self->c, CASK_EKB_VERSIONS, NULL, 0));
	for (i = 0; i < ARRAY_SIZE(versions); i++) {
		ASSERT_EQ(0, install_for(w, w->a, &self->c, versions[i]));
		EXPECT_EQ(0, plays(w));
		forget(w);
	}
}

TEST_F(ekb, D6_below_the_floor_no_ekb_is_taken_in_another_life_of_the_agent_either)
{
	struct world *w = self->w;
	struct category_leaf later = leaf_of(w, LEAF);

	ASSERT_EQ(0, add_leaf(w, &self->c));
	ASSERT_EQ(0, add_ekb(w, &self->c, 7, NULL, 0));
	EXPECT_EQ(-ESTALE, add_ekb(w, &self->c, 6, NULL, 0));
	EXPECT_EQ(0, add_ekb(w, &self->c, 7, NULL, 0));
	/* A later LEAF begins without root keys; the floor is not its own. */
	later.created++;
	ASSERT_EQ(0, bring_leaf(w, w->a, &self->c, &later));
	EXPECT_EQ(-ENOKEY, install_for(w, w->a, &self->c, 6));
	EXPECT_EQ(-ESTALE, add_ekb(w, &self->c, 6, NULL, 0));
	EXPECT_EQ(0, add_ekb(w, &self->c, 8, NULL, 0));
	later.created -= 2;
	EXPECT_EQ(-ESTALE, bring_leaf(w, w->a, &self->c, &later));
}

TEST_F(ekb, D6_a_large_one_comes_in_parts_and_in_order)
{
	uint32_t *revoked = calloc(8192, sizeof(*revoked));
	struct world *w = self->w;
	struct brought b;
	unsigned int i;

	for (i = 0; i < 8192; i++)
		revoked[i] = 128 * i;
	b = make(w->a, &self->c, 9, revoked, 8192);
	ASSERT_LT(CASK_STATEMENT_MAX, b.entries_size);
	ASSERT_EQ(0, add_leaf(w, &self->c));
	EXPECT_EQ(-ENOENT, part(w, &b, 0, 1));
	ASSERT_EQ(0, begin(w, &b));
	EXPECT_EQ(-EINVAL, part(w, &b, 1, 1));
	EXPECT_EQ(-EINVAL, part(w, &b, 0, 0));
	EXPECT_EQ(-EINVAL, part(w, &b, 0, CASK_STORE_DATA_MAX + 1));
	EXPECT_EQ(0, part(w, &b, 0, 1000));
	EXPECT_EQ(-EINVAL, part(w, &b, 0, 1000));
	EXPECT_EQ(-EINVAL, part(w, &b, 2000, 1000));
	EXPECT_EQ(-ENOKEY, install_for(w, w->a, &self->c, 9));
	/* Begun anew, what came is given up. */
	EXPECT_EQ(0, bring_in_parts(w, &b, 30000));
	EXPECT_EQ(-ENOENT, part(w, &b, 0, 1));
	EXPECT_EQ(0, install_for(w, w->a, &self->c, 9));
	EXPECT_EQ(0, plays(w));
	forget(w);
	/* One byte of the entries: they are not those that were signed. */
	unmake(&b);
	b = make(w->a, &self->c, 10, revoked, 8192);
	b.entries[b.entries_size / 2] ^= 1;
	EXPECT_EQ(-EBADMSG, bring_in_parts(w, &b, CASK_STORE_DATA_MAX));
	EXPECT_EQ(-ENOKEY, install_for(w, w->a, &self->c, 10));
	unmake(&b);
	free(revoked);
}

TEST_F(ekb, D6_an_agent_that_goes_takes_what_was_under_way_along)
{
	static const uint32_t others[] = { 1, 2 };
	struct world *w = self->w;
	struct agent_disk *disk = w->disk;
	struct brought b = make(w->a, &self->c, 3, others, 2);

	ASSERT_EQ(0, add_leaf(w, &self->c));
	ASSERT_EQ(0, begin(w, &b));
	agent_free(w->agent);
	w->agent = agent_new();
	ASSERT_NE(NULL, w->agent);
	agent_disk(w->agent, disk);
	EXPECT_EQ(-ENOENT, part(w, &b, 0, 1));
	unmake(&b);
}

TEST_F(ekb, D6_nobody_is_among_the_leaves_of_an_ekb_without_entries)
{
	uint32_t *revoked = calloc(1 << 8, sizeof(*revoked));
	struct world *w = self->w;
	struct category_leaf leaf = leaf_of(w, 5);
	uint32_t i;

	self->c.height = 8;
	for (i = 0; i < 1 << 8; i++)
		revoked[i] = i;
	ASSERT_EQ(0, bring_leaf(w, w->a, &self->c, &leaf));
	EXPECT_EQ(-EKEYREVOKED, add_ekb(w, &self->c, 1, revoked, 1 << 8));
	free(revoked);
}

TEST_F(ekb, D6_a_leaf_is_of_this_device_and_in_the_tree)
{
	struct world *w = self->w;
	struct category_leaf leaf = leaf_of(w, LEAF);
	struct category other = self->c;
	uint8_t private[CASK_X25519_SIZE];

	/* without one */
	EXPECT_EQ(-ENOENT, add_ekb(w, &self->c, 1, NULL, 0));
	ASSERT_EQ(0, crypto_x25519_keypair(private, leaf.device_key));
	EXPECT_EQ(-EXDEV, bring_leaf(w, w->a, &self->c, &leaf));
	ASSERT_EQ(0, add_leaf(w, &self->c));
	/* an EKB of a tree of another height, and of one with other labels */
	other.height = HEIGHT - 1;
	EXPECT_EQ(-ENOENT, add_ekb(w, &other, 1, NULL, 0));
	other = self->c;
	other.master[0] ^= 1;
	EXPECT_EQ(-EBADMSG, add_ekb(w, &other, 1, NULL, 0));
}

/* Another distributor with a category of the same name is nobody's. */
TEST_F(ekb, D6_a_distributor_opens_no_license_of_another_and_raises_none_of_its_floors)
{
	struct forge_distributor *b = world_distributor("b", COSE_ALG_RS256);
	struct world *w = self->w;
	struct category theirs = self->c;
	struct category_leaf leaf = leaf_of(w, LEAF);
	struct brought ekb;

	memcpy(theirs.issuer, b->root.pub.kid, sizeof(theirs.issuer));
	ASSERT_EQ(0, world_install_anchor(w, b, NULL));
	ASSERT_EQ(0, add_leaf(w, &self->c));
	/* It says that it is the other. */
	EXPECT_EQ(-ENOKEY, bring_leaf(w, b, &self->c, &leaf));
	ekb = make(b, &self->c, 9, NULL, 0);
	EXPECT_EQ(-ENOKEY, bring_in_parts(w, &ekb, CASK_STORE_DATA_MAX));
	unmake(&ekb);
	/* It speaks for itself. */
	ekb = make(b, &theirs, 9, NULL, 0);
	EXPECT_EQ(-ENOENT, bring_in_parts(w, &ekb, CASK_STORE_DATA_MAX));
	ASSERT_EQ(0, bring_leaf(w, b, &theirs, &leaf));
	EXPECT_EQ(0, bring_in_parts(w, &ekb, CASK_STORE_DATA_MAX));
	unmake(&ekb);
	EXPECT_EQ(-ENOKEY, install_for(w, w->a, &self->c, 9));
	EXPECT_EQ(0, add_ekb(w, &self->c, 1, NULL, 0));
	forge_distributor_free(b);
}

/* --- keys in headers (Figs. 9, 21): the same for either scheme --- */

FIXTURE(header) {
	struct world *w;
	struct category c;
};

FIXTURE_SETUP(header)
{
	self->w = world_new();
	ASSERT_NE(NULL, self->w);
	self->c = category_new(self->w->a, CASK_SCHEME_DIFFERENCES);
}

FIXTURE_TEARDOWN(header)
{
	world_free(self->w);
}

TEST_F(header, D5_the_key_comes_from_the_header_and_the_permission_from_the_license)
{
	static const uint32_t others[] = { 3, LEAF - 1, LEAF + 1 };
	struct world *w = self->w;

	ASSERT_EQ(0, add_leaf(w, &self->c));
	pack_for(w, &self->c, 5);
	EXPECT_EQ(-ENOKEY, install_in_header(w, &self->c, 5));
	ASSERT_EQ(0, add_ekb(w, &self->c, 5, others, ARRAY_SIZE(others)));
	EXPECT_EQ(-ENOKEY, plays(w));
	ASSERT_EQ(0, install_in_header(w, &self->c, 5));
	EXPECT_EQ(0, plays(w));
	EXPECT_EQ(0, plays(w));
	forget(w);
	EXPECT_EQ(-ENOKEY, plays(w));
	/* A license with a key of its own does without the one in the header. */
	ASSERT_EQ(0, install_for(w, w->a, &self->c, 4));
	EXPECT_EQ(0, plays(w));
	forget(w);
}

TEST_F(header, D5_a_license_that_is_removed_takes_the_key_of_the_header_along)
{
	struct world *w = self->w;
	uint8_t byte;
	int fd;

	ASSERT_EQ(0, add_leaf(w, &self->c));
	ASSERT_EQ(0, add_ekb(w, &self->c, 5, NULL, 0));
	pack_for(w, &self->c, 5);
	ASSERT_EQ(0, install_in_header(w, &self->c, 5));
	fd = open_path(w->path, NULL);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1, pread(fd, &byte, 1, 0));
	forget(w);
	EXPECT_EQ(-1, pread(fd, &byte, 1, 5000));
	EXPECT_EQ(EKEYREVOKED, errno);
	close(fd);
}

TEST_F(header, D5_a_later_license_says_where_the_key_is)
{
	struct license_fields *fields = &self->w->license.fields;
	struct world *w = self->w;
	uint8_t byte;
	int fd;

	ASSERT_EQ(0, add_leaf(w, &self->c));
	ASSERT_EQ(0, add_ekb(w, &self->c, 5, NULL, 0));
	pack_for(w, &self->c, 5);
	ASSERT_EQ(0, install_for(w, w->a, &self->c, 5));
	fd = open_path(w->path, NULL);
	ASSERT_LE(0, fd);
	fields->version++;
	ASSERT_EQ(0, install_in_header(w, &self->c, 5));
	EXPECT_EQ(1, pread(fd, &byte, 1, 5000));
	close(fd);
	EXPECT_EQ(0, plays(w));
	world_content(w, 10000);
	EXPECT_EQ(-ENODATA, plays(w));
	fields->version++;
	ASSERT_EQ(0, install_for(w, w->a, &self->c, 5));
	EXPECT_EQ(0, plays(w));
	forget(w);
}

TEST_F(header, D6_who_is_revoked_gets_no_key_from_a_later_header)
{
	static const uint32_t revoked[] = { 3, LEAF };
	struct world *w = self->w;

	ASSERT_EQ(0, join(w, &self->c));
	pack_for(w, &self->c, 6);
	EXPECT_EQ(-EL2NSYNC, plays(w));
	EXPECT_EQ(-EKEYREVOKED, add_ekb(w, &self->c, 6, revoked, ARRAY_SIZE(revoked)));
	EXPECT_EQ(-EL2NSYNC, plays(w));
	/* What was packed before it was revoked plays on, with the license that it has. */
	pack_for(w, &self->c, 5);
	EXPECT_EQ(0, plays(w));
	forget(w);
	EXPECT_EQ(-ENOKEY, install_in_header(w, &self->c, 6));
}

TEST_F(header, D6_older_headers_stay_playable_and_no_older_ekb_comes_back_by_them)
{
	static const uint32_t versions[] = { 1, 6, 7 };
	struct world *w = self->w;
	unsigned int i;

	ASSERT_EQ(0, add_leaf(w, &self->c));
	ASSERT_EQ(0, add_ekb(w, &self->c, 7, NULL, 0));
	ASSERT_EQ(0, install_in_header(w, &self->c, 7));
	for (i = 0; i < ARRAY_SIZE(versions); i++) {
		pack_for(w, &self->c, versions[i]);
		EXPECT_EQ(0, plays(w));
	}
	EXPECT_EQ(-ESTALE, add_ekb(w, &self->c, 6, NULL, 0));
	pack_for(w, &self->c, 8);
	EXPECT_EQ(-EL2NSYNC, plays(w));
	ASSERT_EQ(0, add_ekb(w, &self->c, 8, NULL, 0));
	EXPECT_EQ(0, plays(w));
	forget(w);
}

/* What a bit of a byte of the slot says, when it is another than that of version 4. */
static int refusal_of(size_t i)
{
	const size_t category = offsetof(struct cask_slot, key_id), version = category + CASK_ID_SIZE;

	if (i == 1)
		return -EOPNOTSUPP;	/* a method that is not known */
	if (i < category || (i > version + 1 && i < sizeof(struct cask_slot)))
		return -EINVAL;
	if (i == version + 1)
		return -EL2NSYNC;	/* 260 is yet to come */
	return i < version ? -EXDEV : -EBADMSG;
}

TEST_F(header, D5_each_byte_of_the_slot_in_the_header_counts)
{
	struct world *w = self->w;
	uint64_t slot;
	size_t i;

	ASSERT_EQ(0, join(w, &self->c));
	pack_for(w, &self->c, 4);
	slot = link_of(w) + LINK_SLOT;
	for (i = 0; i < CASK_EKB_SLOT_SIZE; i++) {
		flip(w->path, slot + i, 1);
		EXPECT_EQ(refusal_of(i), plays(w)) TH_LOG("byte %zu", i);
		flip(w->path, slot + i, 1);
	}
	EXPECT_EQ(0, plays(w));
	forget(w);
}

/* A header that is right for another file, with this file's blocks behind it. */
static void take_link_of(struct world *w, const char *other)
{
	uint64_t at = link_of(w);
	uint8_t link[LINK_SLOT + CASK_EKB_SLOT_SIZE];
	int from = open(other, O_RDONLY | O_CLOEXEC), to = open(w->path, O_WRONLY | O_CLOEXEC);

	if (from < 0 || to < 0 || pread(from, link, sizeof(link), at) != sizeof(link) ||
	    pwrite(to, link, sizeof(link), at) != sizeof(link))
		abort();
	close(from);
	close(to);
}

TEST_F(header, D5_the_key_in_a_header_is_of_its_content_issuer_and_category)
{
	struct world *w = self->w;
	struct category other = category_new(w->a, self->c.scheme);
	char path[sizeof(w->path) + 8];

	ASSERT_EQ(0, join(w, &self->c));
	snprintf(path, sizeof(path), "%s.other", w->path);
	/* the same key, of another content */
	w->content_id[CASK_ID_SIZE - 1] ^= 1;
	pack_for(w, &self->c, 5);
	ASSERT_EQ(0, rename(w->path, path));
	w->content_id[CASK_ID_SIZE - 1] ^= 1;
	world_content(w, 10000);
	take_link_of(w, path);
	EXPECT_EQ(-EBADMSG, plays(w));
	/* another key, of this content: it opens, and the head is not authentic under it */
	w->content_key[0] ^= 1;
	pack_for(w, &self->c, 5);
	ASSERT_EQ(0, rename(w->path, path));
	w->content_key[0] ^= 1;
	world_content(w, 10000);
	take_link_of(w, path);
	EXPECT_EQ(-EBADMSG, plays(w));
	/* for another category, that this device is of, and for one that it is not of */
	pack_for(w, &other, 5);
	EXPECT_EQ(-EXDEV, plays(w));
	ASSERT_EQ(0, add_leaf(w, &other));
	ASSERT_EQ(0, add_ekb(w, &other, 5, NULL, 0));
	EXPECT_EQ(-EXDEV, plays(w));
	/* none at all, and none that can be read */
	world_content(w, 10000);
	EXPECT_EQ(-ENODATA, plays(w));
	flip(w->path, link_of(w), 1);
	EXPECT_EQ(-EINVAL, plays(w));
	pack_for(w, &self->c, 5);
	EXPECT_EQ(0, plays(w));
	forget(w);
	unlink(path);
}

/* The first byte of the id of the license that it is opened with, or -errno. */
static int opened_with(struct world *w)
{
	int fd = open_path(w->path, NULL);
	int id;

	if (fd < 0)
		return fd;
	id = info_of(fd).license_id[0];
	close(fd);
	return id;
}

TEST_F(header, D5_of_two_licenses_one_that_has_a_key_for_the_file_is_taken)
{
	struct world *w = self->w;
	struct category other = category_new(w->a, self->c.scheme);
	uint8_t *id = w->license.fields.id;

	ASSERT_EQ(0, add_leaf(w, &self->c));
	ASSERT_EQ(0, add_ekb(w, &self->c, 5, NULL, 0));
	id[0] = 1;
	ASSERT_EQ(0, install_in_header(w, &self->c, 5));
	id[0] = 2;
	ASSERT_EQ(0, world_install(w, getuid()));
	/* The file names the first, and has no key, one for another category, and one for it. */
	id[0] = 1;
	world_content(w, 10000);
	EXPECT_EQ(2, opened_with(w));
	EXPECT_EQ(0, plays(w));
	pack_for(w, &other, 5);
	EXPECT_EQ(2, opened_with(w));
	EXPECT_EQ(0, plays(w));
	pack_for(w, &self->c, 5);
	EXPECT_EQ(1, opened_with(w));
	EXPECT_EQ(0, plays(w));
	/* One for it that does not open is none: forged, and under an EKB that there is not, as for who is revoked. */
	flip(w->path, link_of(w) + LINK_SLOT + CASK_EKB_SLOT_SIZE - 1, 1);
	EXPECT_EQ(2, opened_with(w));
	EXPECT_EQ(0, plays(w));
	pack_for(w, &self->c, 6);
	EXPECT_EQ(2, opened_with(w));
	EXPECT_EQ(0, plays(w));
	/* Who names one has that one, and what it lacks. */
	EXPECT_EQ(-EL2NSYNC, open_path(w->path, id));
	world_content(w, 10000);
	EXPECT_EQ(-ENODATA, open_path(w->path, id));
	forget(w);
	id[0] = 2;
	forget(w);
}

TEST_F(header, D5_a_leaf_that_was_replaced_wants_its_ekb_again)
{
	struct world *w = self->w;
	struct category_leaf later = leaf_of(w, LEAF);

	later.created++;
	ASSERT_EQ(0, join(w, &self->c));
	pack_for(w, &self->c, 5);
	EXPECT_EQ(0, plays(w));
	ASSERT_EQ(0, bring_leaf(w, w->a, &self->c, &later));
	EXPECT_EQ(-EL2NSYNC, plays(w));
	ASSERT_EQ(0, add_ekb(w, &self->c, 5, NULL, 0));
	EXPECT_EQ(0, plays(w));
	forget(w);
}

TEST_HARNESS_MAIN
