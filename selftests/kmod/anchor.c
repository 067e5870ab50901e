// SPDX-License-Identifier: GPL-2.0
/* anchor.c - whom the kernel believes: provisioning key, grants, scopes, challenges. */
#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include <openssl/evp.h>

#include "harness.h"
#include "crypto.h"
#include "pairwise.h"
#include "parse.h"
#include "world.h"

FIXTURE(anchor) {
	struct world *w;
	struct forge_distributor *d;	/* installed only by the test */
	struct forge_scope scope;
};

FIXTURE_SETUP(anchor)
{
	self->w = world_new();
	ASSERT_NE(NULL, self->w);
	self->d = world_distributor(_metadata->name, COSE_ALG_RS256);
	ASSERT_NE(NULL, self->d);
	self->scope = forge_scope_default(self->d);
}

FIXTURE_TEARDOWN(anchor)
{
	forge_distributor_free(self->d);
	world_free(self->w);
}

static int install(struct world *w, struct forge_distributor *d, const struct forge_scope *s)
{
	return world_install_anchor(w, d, s);
}

/* A license of d for a content whose id begins with first; created NOW: the default. */
#define NOW	(~0ULL)
static int license_created(struct world *w, struct forge_distributor *d, uint8_t first,
			   uint64_t created)
{
	uint8_t content_id[CASK_ID_SIZE] = { first, 1 };
	struct forge_license license = forge_license_default(d, content_id);
	struct forge_bytes l;
	int ret;

	if (created != NOW)
		license.fields.created = created;
	forge_license(d, &license, w->device_key, w->content_key, &l);
	ret = agent_license_add(w->agent, l.data, l.size, 0);
	forge_free(&l);
	if (!ret)
		agent_license_del(w->agent, d->root.pub.kid, license.fields.id);
	return ret;
}

static int license_of(struct world *w, struct forge_distributor *d, uint8_t first)
{
	return license_created(w, d, first, NOW);
}

TEST_F(anchor, D8_a_distributor_is_believed_only_after_its_anchor_is_installed)
{
	EXPECT_EQ(-ENOKEY, license_of(self->w, self->d, 1));
	ASSERT_EQ(0, install(self->w, self->d, &self->scope));
	EXPECT_EQ(0, license_of(self->w, self->d, 1));
}

TEST_F(anchor, D8_a_scope_is_replaced_only_by_a_higher_sequence)
{
	self->scope.fields.sequence = 5;
	ASSERT_EQ(0, install(self->w, self->d, &self->scope));
	EXPECT_EQ(0, install(self->w, self->d, &self->scope));
	self->scope.fields.name = "renamed";
	EXPECT_EQ(-ESTALE, install(self->w, self->d, &self->scope));
	self->scope.fields.sequence = 4;
	EXPECT_EQ(-ESTALE, install(self->w, self->d, &self->scope));
	self->scope.fields.sequence = 6;
	EXPECT_EQ(0, install(self->w, self->d, &self->scope));
}

TEST_F(anchor, D8_a_replaced_signing_key_signs_no_more)
{
	struct forge_distributor *next = world_distributor("next", COSE_ALG_RS256);
	struct forge_key old = self->d->license;

	ASSERT_EQ(0, install(self->w, self->d, &self->scope));
	ASSERT_EQ(0, license_of(self->w, self->d, 1));
	self->scope.fields.sequence++;
	self->scope.fields.signer = &next->license.pub;
	ASSERT_EQ(0, install(self->w, self->d, &self->scope));
	EXPECT_EQ(-ENOKEY, license_of(self->w, self->d, 1));
	self->d->license = next->license;
	EXPECT_EQ(0, license_of(self->w, self->d, 1));
	self->d->license = old;
	forge_distributor_free(next);
}

TEST_F(anchor, D8_a_scope_bounds_purpose_namespace_and_time)
{
	struct statement_scope *s = &self->scope.fields;
	time_t now = time(NULL);

	s->purposes = CASK_PURPOSE_TIME;
	ASSERT_EQ(0, install(self->w, self->d, &self->scope));
	EXPECT_EQ(-EKEYREJECTED, license_of(self->w, self->d, 7));

	s->purposes = CASK_PURPOSE_LICENSE;
	s->prefix[0] = 7;
	s->prefix_size = 1;
	s->sequence++;
	ASSERT_EQ(0, install(self->w, self->d, &self->scope));
	EXPECT_EQ(0, license_of(self->w, self->d, 7));
	EXPECT_EQ(-EKEYREJECTED, license_of(self->w, self->d, 8));

	/* In its time the signer may have signed; now it is over. */
	s->not_before = 1;
	s->not_after = now - 10;
	s->sequence++;
	ASSERT_EQ(0, install(self->w, self->d, &self->scope));
	EXPECT_EQ(-EKEYEXPIRED, license_created(self->w, self->d, 7, now - 20));

	/* What is signed out of the scope's time does not tell the device the time, either. */
	EXPECT_EQ(-EKEYREJECTED, license_created(self->w, self->d, 7, now));
	EXPECT_EQ(-EKEYREJECTED, license_created(self->w, self->d, 7, 0));
	EXPECT_EQ(-EKEYREJECTED, license_created(self->w, self->d, 7, 1ULL << 63));
	s->not_after = now + 100000;
	s->sequence++;
	ASSERT_EQ(0, install(self->w, self->d, &self->scope));
	EXPECT_EQ(0, license_created(self->w, self->d, 7, now));

	s->not_after = 0;
	s->not_before = 0;
	s->sequence++;
	EXPECT_EQ(-EINVAL, install(self->w, self->d, &self->scope));
}

/* Licenses that are installed follow their distributor's scope. */
TEST_F(anchor, D8_a_later_scope_withdraws_what_it_does_not_cover)
{
	struct forge_distributor *next = world_distributor("next", COSE_ALG_RS256);
	struct world *w = self->w;
	struct forge_distributor *a = w->a;
	char byte;
	int fd;

	ASSERT_EQ(0, install(w, self->d, &self->scope));
	w->a = self->d;
	memcpy(w->license.fields.issuer, self->d->root.pub.kid, CASK_KID_SIZE);
	world_content(w, 100);
	fd = world_open(w);
	ASSERT_LE(0, fd);

	/* A scope that still covers it changes nothing. */
	self->scope.fields.sequence++;
	ASSERT_EQ(0, install(w, self->d, &self->scope));
	EXPECT_EQ(1, pread(fd, &byte, 1, 0));

	self->scope.fields.signer = &next->license.pub;
	self->scope.fields.sequence++;
	ASSERT_EQ(0, install(w, self->d, &self->scope));
	EXPECT_EQ(-1, pread(fd, &byte, 1, 0));
	EXPECT_EQ(EKEYREJECTED, errno);
	EXPECT_EQ(-EKEYREJECTED, open_path(w->path, NULL));
	close(fd);
	agent_license_del(w->agent, self->d->root.pub.kid, w->license.fields.id);
	w->a = a;
	forge_distributor_free(next);
}

TEST_F(anchor, D2_a_grant_of_a_lower_sequence_is_ESTALE)
{
	struct forge_grant grant = forge_grant_default(self->d);
	struct forge_bytes g, s;
	int ret[3], i;

	forge_scope(self->d, &self->scope, &s);
	for (i = 0; i < 3; i++) {
		grant.fields.sequence = 7 - i % 2;
		forge_grant(self->d, &grant, &g);
		const struct agent_attr attrs[] = {
			{ CASK_A_GRANT, g.data, g.size }, { CASK_A_SCOPE, s.data, s.size }, { 0 },
		};
		ret[i] = agent_anchor_add(self->w->agent, attrs, NULL);
		forge_free(&g);
	}
	EXPECT_EQ(0, ret[0]);
	EXPECT_EQ(-ESTALE, ret[1]);
	EXPECT_EQ(0, ret[2]);
	forge_free(&s);
}

/* With such a key anybody could compute the pairwise key. */
TEST_F(anchor, D2_a_server_key_of_small_order_is_EKEYREJECTED)
{
	const struct agent_attr attrs[] = {
		{ CASK_A_ISSUER, self->d->root.pub.kid, CASK_KID_SIZE },
		{ CASK_A_SIGN_DATA, "x", 1 }, { 0 },
	};

	memset(self->scope.fields.server_key, 0, CASK_X25519_SIZE);
	ASSERT_EQ(0, install(self->w, self->d, &self->scope));
	EXPECT_EQ(-EKEYREJECTED, agent_call(self->w->agent, CASK_CMD_SIGN, 0, attrs, NULL));
}

/* A second, certified and hostile distributor takes nothing of the first one's. */
TEST_F(anchor, D8_a_distributor_cannot_take_anothers_signing_key_or_licenses)
{
	struct world *w = self->w;

	self->scope.fields.signer = &w->a->license.pub;
	ASSERT_EQ(0, install(w, self->d, &self->scope));
	/* The first one's licenses are still its own. */
	EXPECT_EQ(0, license_of(w, w->a, 3));
	/* Signed by a root that is not its own, a scope is nothing. */
	self->scope.tamper.signer = &w->a->root;
	self->scope.fields.sequence++;
	EXPECT_EQ(-EKEYREJECTED, install(w, self->d, &self->scope));
}

TEST_F(anchor, D2_another_provisioning_key_is_refused)
{
	struct world *w = self->w;
	struct forge_distributor *thief = forge_distributor_new(COSE_ALG_RS256);

	EXPECT_EQ(-EKEYREJECTED, install(w, thief, NULL));
	forge_distributor_free(thief);
}

TEST_F_TIMEOUT(anchor, D2_every_byte_of_grant_and_scope_altered_is_refused, 300)
{
	struct world *w = self->w;
	struct forge_grant grant = forge_grant_default(self->d);
	struct forge_bytes b[2];
	unsigned int which, taken = 0;
	size_t i;
	int ret;

	forge_grant(self->d, &grant, &b[0]);
	forge_scope(self->d, &self->scope, &b[1]);
	const struct agent_attr attrs[] = {
		{ CASK_A_GRANT, b[0].data, b[0].size },
		{ CASK_A_SCOPE, b[1].data, b[1].size }, { 0 },
	};
	for (which = 0; which < 2; which++) {
		for (i = 0; i < b[which].size; i++) {
			b[which].data[i] ^= 1 << (i % 8);
			ret = agent_anchor_add(w->agent, attrs, NULL);
			if (ret != -EINVAL && ret != -EOPNOTSUPP && ret != -EKEYREJECTED) {
				TH_LOG("byte %zu of %u: %d", i, which, ret);
				taken++;
			}
			b[which].data[i] ^= 1 << (i % 8);
		}
		TH_LOG("counted: %zu bad inputs", i);
	}
	EXPECT_EQ(0, taken);
	EXPECT_EQ(-ENOKEY, license_of(w, self->d, 1));
	EXPECT_EQ(0, agent_anchor_add(w->agent, attrs, NULL));
	forge_free(&b[0]);
	forge_free(&b[1]);
}

/* --- the challenge --- */

static int enrol(struct world *w, const uint8_t *issuer, const uint8_t *sealed,
		 struct agent_reply *reply)
{
	const struct agent_attr attrs[] = {
		{ CASK_A_ISSUER, issuer, CASK_KID_SIZE },
		{ CASK_A_CHALLENGE, sealed, CASK_SEALED_CHALLENGE_SIZE }, { 0 },
	};

	return agent_call(w->agent, CASK_CMD_ENROL, 0, attrs, reply);
}

TEST_F(anchor, D2_the_device_answers_its_distributors_challenge)
{
	struct world *w = self->w;
	struct agent_reply *r = malloc(sizeof(*r));
	uint8_t challenge[CASK_CHALLENGE_SIZE], sealed[CASK_SEALED_CHALLENGE_SIZE];
	struct cask_enrolment e;
	struct nlattr *a;

	forge_challenge(w->a, w->device_key, challenge, sealed);
	ASSERT_EQ(0, enrol(w, w->a->root.pub.kid, sealed, r));
	a = r->attrs[CASK_A_ANSWER];
	ASSERT_NE(NULL, a);
	ASSERT_EQ(0, cask_enrolment_parse(&e, nla_data(a), nla_len(a)));
	EXPECT_EQ(0, memcmp(e.challenge.data, challenge, sizeof(challenge)));
	EXPECT_EQ(0, memcmp(e.device_key.data, w->device_key, CASK_X25519_SIZE));
	EXPECT_EQ(0, memcmp(e.device_id.data, w->device_id, CASK_KID_SIZE));
	EXPECT_EQ(0, memcmp(e.issuer.data, w->a->root.pub.kid, CASK_KID_SIZE));
	EXPECT_EQ(CASK_LEVEL_DEVELOPMENT, e.level);
	EXPECT_EQ(CASK_ROOT_EPHEMERAL, e.root);
	free(r);
}

TEST_F(anchor, D2_a_challenge_altered_or_of_another_distributor_is_EBADMSG)
{
	struct world *w = self->w;
	uint8_t challenge[CASK_CHALLENGE_SIZE], sealed[CASK_SEALED_CHALLENGE_SIZE];
	unsigned int i, opened = 0;

	forge_challenge(w->a, w->device_key, challenge, sealed);
	for (i = 0; i < sizeof(sealed); i++) {
		sealed[i] ^= 1;
		opened += enrol(w, w->a->root.pub.kid, sealed, NULL) != -EBADMSG;
		sealed[i] ^= 1;
	}
	EXPECT_EQ(0, opened);
	EXPECT_EQ(-ENOKEY, enrol(w, self->d->root.pub.kid, sealed, NULL));
	ASSERT_EQ(0, install(w, self->d, &self->scope));
	EXPECT_EQ(-EBADMSG, enrol(w, self->d->root.pub.kid, sealed, NULL));
	/* Made for another device. */
	forge_challenge(w->a, self->d->server_public, challenge, sealed);
	EXPECT_EQ(-EBADMSG, enrol(w, w->a->root.pub.kid, sealed, NULL));
}

TEST_F(anchor, D8_a_request_is_authenticated_as_the_server_expects)
{
	static const char base[] = "\"@method\": POST";
	struct world *w = self->w;
	struct agent_reply *r = malloc(sizeof(*r));
	uint8_t pairwise[32], key[32], mac[CASK_MAC_SIZE];
	const struct agent_attr attrs[] = {
		{ CASK_A_ISSUER, w->a->root.pub.kid, CASK_KID_SIZE },
		{ CASK_A_SIGN_DATA, base, sizeof(base) - 1 }, { 0 },
	};

	ASSERT_EQ(0, agent_call(w->agent, CASK_CMD_SIGN, 0, attrs, r));
	ASSERT_EQ(0, pairwise_derive(w->a->server_private, w->device_key, pairwise));
	ASSERT_EQ(0, pairwise_key(pairwise, CASK_INFO_HTTP, key));
	ASSERT_EQ(0, crypto_hmac_sha256(key, sizeof(key), base, sizeof(base) - 1, mac));
	EXPECT_EQ(0, memcmp(mac, nla_data(r->attrs[CASK_A_MAC]), sizeof(mac)));
	free(r);
}

TEST_F(anchor, the_table_of_distributors_has_a_limit)
{
	char name[16];
	int i, ret = 0;

	for (i = 0; !ret && i < 20; i++) {
		struct forge_distributor *d;

		snprintf(name, sizeof(name), "many%d", i);
		d = world_distributor(name, self->w->algs & 2 ? COSE_ALG_ES256 : COSE_ALG_RS256);
		ret = install(self->w, d, NULL);
		forge_distributor_free(d);
	}
	EXPECT_EQ(-ENOSPC, ret);
	EXPECT_GE(16, i);
}

TEST_HARNESS_MAIN
