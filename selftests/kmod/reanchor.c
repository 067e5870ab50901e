// SPDX-License-Identifier: GPL-2.0
/*
 * reanchor.c - a secure area that was lost, and distributors that say they know. Loads and unloads
 * the module by itself, with a root that it has again: the same device, in another boot.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <netlink/socket.h>

#include "harness.h"
#include "boots.h"
#include "counted.h"

#define DAY	86400

FIXTURE(reanchor) {
	struct world *w;
	struct forge_distributor *b;	/* another, installed as well */
};

/* What is on the disk is none of this device's. */
static void spoil(struct agent_disk *d)
{
	memset(d->slots, 0x5a, sizeof(d->slots));
	d->sizes[0] = d->sizes[1] = 4096;
}

FIXTURE_SETUP(reanchor)
{
	self->w = boots_new(&self->b);
	ASSERT_NE(NULL, self->w);
	spoil(self->w->disk);
}

FIXTURE_TEARDOWN(reanchor)
{
	boots_free(self->w, self->b);
}

/* --- asking and answering --- */

static int draw_of(struct world *w, const struct forge_distributor *d)
{
	const struct agent_attr attrs[] = {
		{ CASK_A_ISSUER, d->root.pub.kid, CASK_KID_SIZE }, { 0 },
	};

	return agent_call(w->agent, CASK_CMD_NONCE_NEW, 0, attrs, NULL);
}

static bool is_lost(struct world *w, const struct forge_distributor *d)
{
	const struct agent_attr attrs[] = {
		{ CASK_A_ISSUER, d->root.pub.kid, CASK_KID_SIZE }, { 0 },
	};
	struct agent_reply *r = malloc(sizeof(*r));
	bool lost = !agent_call(w->agent, CASK_CMD_ANCHOR_GET, 0, attrs, r) &&
		    r->attrs[CASK_A_LOST];

	free(r);
	return lost;
}

/* An area in order, from nothing. */
static void make_good(struct world *w)
{
	w->disk->sizes[0] = w->disk->sizes[1] = 0;
}

/* --- what it takes, and what it brings --- */

TEST_F(reanchor, S10_of_what_was_lost_nothing_counts_before_the_distributor_knows)
{
	struct world *w = self->w;
	struct forge_bytes l;

	EXPECT_EQ(CASK_AREA_STATE_CLOSED, area_state(w));
	EXPECT_FALSE(is_lost(w, w->a));
	EXPECT_EQ(-EUCLEAN, install(w, 3));
	EXPECT_EQ(CASK_AREA_STATE_REFUSED, area_state(w));
	EXPECT_TRUE(is_lost(w, w->a));
	EXPECT_EQ(-EUCLEAN, world_install(w, getuid()));
	EXPECT_EQ(-EUCLEAN, drop(w, w->license.fields.nonce));
	EXPECT_EQ(0, w->disk->writes);

	EXPECT_EQ(0, reanchor(w, w->a));
	EXPECT_EQ(CASK_AREA_STATE_OPEN, area_state(w));
	EXPECT_FALSE(is_lost(w, w->a));
	ASSERT_EQ(0, ask_for(w, 3));
	forge_license(w->a, &w->license, w->device_key, w->content_key, &l);
	ASSERT_EQ(0, agent_license_add(w->agent, l.data, l.size, getuid()));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(2, left(w));
	/* And it lasts. */
	w = self->w = boots_next(w, self->b);
	EXPECT_EQ(0, agent_license_add(w->agent, l.data, l.size, getuid()));
	EXPECT_EQ(2, left(w));
	EXPECT_EQ(-EALREADY, ask(w, w->a, w->license.fields.nonce));
	forge_free(&l);
}

TEST_F(reanchor, D8_what_was_installed_before_stays_gone)
{
	struct world *w = self->w;
	struct forge_bytes old;

	make_good(w);
	ASSERT_EQ(0, ask_for(w, 3));
	forge_license(w->a, &w->license, w->device_key, w->content_key, &old);
	ASSERT_EQ(0, agent_license_add(w->agent, old.data, old.size, getuid()));
	EXPECT_EQ(0, use(w));
	spoil(w->disk);
	w = self->w = boots_next(w, self->b);
	EXPECT_EQ(-EUCLEAN, agent_license_add(w->agent, old.data, old.size, getuid()));
	ASSERT_EQ(0, reanchor(w, w->a));
	EXPECT_EQ(-EKEYREVOKED, agent_license_add(w->agent, old.data, old.size, getuid()));
	EXPECT_EQ(-ENOKEY, open_path(w->path, NULL));
	w->license.fields.id[0]++;
	EXPECT_EQ(0, install(w, 3));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(-EKEYREVOKED, agent_license_add(w->agent, old.data, old.size, getuid()));
	forge_free(&old);
}

static struct nl_sock *listen_now(void)
{
	struct nl_sock *s = agent_listen();

	if (!s || nl_socket_set_nonblocking(s))
		abort();
	return s;
}

/* Whose loss the next event tells; NULL when there is none. */
static const struct forge_distributor *told(struct world *w, const struct forge_distributor *b,
					    struct nl_sock *s)
{
	struct agent_reply *r = malloc(sizeof(*r));
	const struct forge_distributor *whose = NULL;

	if (agent_next_event(s, r)) {
		const void *issuer = nla_data(r->attrs[CASK_A_ISSUER]);

		if (nla_get_u32(r->attrs[CASK_A_EVENT]) != CASK_EVENT_RECORDS_LOST ||
		    nla_get_u32(r->attrs[CASK_A_ERROR]) != EUCLEAN || r->attrs[CASK_A_OWNER] ||
		    r->attrs[CASK_A_LICENSE_ID] || r->attrs[CASK_A_CONTENT_ID])
			abort();
		whose = memcmp(issuer, b->root.pub.kid, CASK_KID_SIZE) ? w->a : b;
	}
	free(r);
	return whose;
}

/* The agent need not ask for it: on a device that plays from media it asks for nothing. */
TEST_F(reanchor, S10_a_loss_is_told_once_to_whoever_listens)
{
	struct nl_sock *s = listen_now();
	struct world *w = self->w;

	ASSERT_EQ(-EUCLEAN, draw_of(w, w->a));
	EXPECT_EQ(w->a, told(w, self->b, s));
	EXPECT_EQ(self->b, told(w, self->b, s));
	ASSERT_EQ(-EUCLEAN, draw_of(w, w->a));
	ASSERT_EQ(-EUCLEAN, draw_of(w, self->b));
	ASSERT_EQ(0, reanchor(w, self->b));
	EXPECT_EQ(NULL, told(w, self->b, s));
	nl_socket_free(s);
	/* In another boot A's are lost still, in an area that opens. */
	w = self->w = boots_next(w, self->b);
	s = listen_now();
	ASSERT_EQ(0, draw_of(w, self->b));
	EXPECT_EQ(w->a, told(w, self->b, s));
	EXPECT_EQ(NULL, told(w, self->b, s));
	ASSERT_EQ(0, reanchor(w, w->a));
	ASSERT_EQ(0, draw_of(w, w->a));
	EXPECT_EQ(NULL, told(w, self->b, s));
	nl_socket_free(s);
	/* Lost again, it is told again. */
	spoil(w->disk);
	w = self->w = boots_next(w, self->b);
	s = listen_now();
	ASSERT_EQ(-EUCLEAN, draw_of(w, w->a));
	EXPECT_EQ(w->a, told(w, self->b, s));
	EXPECT_EQ(self->b, told(w, self->b, s));
	EXPECT_EQ(NULL, told(w, self->b, s));
	nl_socket_free(s);
}

/* B is a distributor that this device believes, as far as it goes. */
TEST_F(reanchor, S10_a_distributor_does_not_speak_for_another)
{
	struct world *w = self->w;
	struct forge_reanchor r;

	ASSERT_EQ(-EUCLEAN, draw_of(w, w->a));
	/* In A's name, under its own key, and under A's name for its key. */
	r = right(w, w->a);
	EXPECT_EQ(-ENOKEY, bring(w, self->b, &r));
	r.tamper.kid = w->a->license.pub.kid;
	EXPECT_EQ(-EKEYREJECTED, bring(w, self->b, &r));
	EXPECT_EQ(CASK_AREA_STATE_REFUSED, area_state(w));

	EXPECT_EQ(0, reanchor(w, self->b));
	EXPECT_EQ(0, draw_of(w, self->b));
	EXPECT_EQ(CASK_AREA_STATE_OPEN, area_state(w));
	EXPECT_FALSE(is_lost(w, self->b));
	EXPECT_TRUE(is_lost(w, w->a));
	EXPECT_EQ(-EUCLEAN, install(w, 3));
	/* Nor does a boot help. */
	w = self->w = boots_next(w, self->b);
	EXPECT_EQ(-EUCLEAN, install(w, 3));
	EXPECT_EQ(CASK_AREA_STATE_OPEN, area_state(w));
	EXPECT_TRUE(is_lost(w, w->a));
	EXPECT_EQ(0, draw_of(w, self->b));

	EXPECT_EQ(0, reanchor(w, w->a));
	EXPECT_EQ(0, install(w, 3));
	EXPECT_EQ(0, draw_of(w, self->b));
	EXPECT_FALSE(is_lost(w, w->a));
	/* Lost again, it is lost for both. */
	spoil(w->disk);
	w = self->w = boots_next(w, self->b);
	EXPECT_EQ(-EUCLEAN, draw_of(w, w->a));
	EXPECT_EQ(-EUCLEAN, draw_of(w, self->b));
}

TEST_F(reanchor, S10_a_word_is_good_once)
{
	struct world *w = self->w;
	struct forge_reanchor r = right(w, w->a);
	uint8_t nonce[CASK_NONCE_SIZE];
	struct forge_bytes s;

	/* Asked again it is the same question, whoever asks. */
	EXPECT_EQ(0, ask(w, self->b, nonce));
	EXPECT_EQ(0, memcmp(nonce, r.fields.nonce, sizeof(nonce)));
	forge_reanchor(w->a, &r, &s);
	EXPECT_EQ(0, bring_bytes(w, s.data, s.size));
	EXPECT_EQ(-EALREADY, bring_bytes(w, s.data, s.size));
	spoil(w->disk);
	w = self->w = boots_next(w, self->b);
	EXPECT_EQ(-EKEYREVOKED, bring_bytes(w, s.data, s.size));
	EXPECT_EQ(0, ask(w, w->a, nonce));
	EXPECT_NE(0, memcmp(nonce, r.fields.nonce, sizeof(nonce)));
	EXPECT_EQ(-EKEYREVOKED, bring_bytes(w, s.data, s.size));
	EXPECT_EQ(CASK_AREA_STATE_REFUSED, area_state(w));
	/* One that nobody drew. */
	memset(r.fields.nonce, 0, sizeof(r.fields.nonce));
	EXPECT_EQ(-EKEYREVOKED, bring(w, w->a, &r));
	EXPECT_EQ(0, reanchor(w, w->a));
	forge_free(&s);
}

TEST_F(reanchor, S10_an_area_that_was_not_lost_takes_none)
{
	struct world *w = self->w;
	uint8_t nonce[CASK_NONCE_SIZE] = { 0 };
	struct forge_reanchor r = forge_reanchor_default(w->a, w->device_id, nonce);

	make_good(w);
	EXPECT_EQ(-EALREADY, ask(w, w->a, nonce));
	EXPECT_EQ(-EALREADY, bring(w, w->a, &r));
	/* Made before it was lost, of any nonce that there was. */
	ASSERT_EQ(0, draw(w, r.fields.nonce));
	EXPECT_EQ(-EALREADY, bring(w, w->a, &r));
	spoil(w->disk);
	w = self->w = boots_next(w, self->b);
	EXPECT_EQ(-EKEYREVOKED, bring(w, w->a, &r));
}

static void of_another_device(struct forge_reanchor *r) { r->fields.device_id[31] ^= 1; }
static void of_nobody(struct forge_reanchor *r) { r->fields.issuer[0] ^= 1; }
static void too_early(struct forge_reanchor *r) { r->fields.created -= 2 * DAY; }
static void too_late(struct forge_reanchor *r) { r->fields.created += 2 * DAY; }
static void altered(struct forge_reanchor *r) { r->tamper.flip_payload = true; r->tamper.flip_offset = 40; }
static void a_license(struct forge_reanchor *r) { r->tamper.object_type = CASK_TYPE_LICENSE; }
static void of_version_2(struct forge_reanchor *r) { r->tamper.object_version = 2; }
static void without_nonce(struct forge_reanchor *r) { r->tamper.omit_section = CASK_SEC_NONCE; }
static void without_device(struct forge_reanchor *r) { r->tamper.omit_section = CASK_SEC_DEVICE_ID; }
static void with_more(struct forge_reanchor *r)
{
	r->tamper.unknown_section = 0x0e00;
	r->tamper.unknown_flags = CASK_SECTION_CRITICAL;
}

TEST_F(reanchor, S10_a_word_with_anything_wrong_is_refused)
{
	static const struct {
		const char *name;
		void (*spoil)(struct forge_reanchor *r);
		int ret;
	} cases[] = {
		{ "another device's", of_another_device, -EXDEV },
		{ "nobody's", of_nobody, -ENOKEY },
		{ "before the scope", too_early, -EKEYREJECTED },
		{ "after the scope", too_late, -EKEYREJECTED },
		{ "altered", altered, -EKEYREJECTED },
		{ "of another type", a_license, -EINVAL },
		{ "of another version", of_version_2, -EOPNOTSUPP },
		{ "without nonce", without_nonce, -EINVAL },
		{ "without device", without_device, -EINVAL },
		{ "with more", with_more, -EOPNOTSUPP },
	};
	struct world *w = self->w;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct forge_reanchor r = right(w, w->a);

		cases[i].spoil(&r);
		EXPECT_EQ(cases[i].ret, bring(w, w->a, &r)) {
			TH_LOG("%s", cases[i].name);
		}
		EXPECT_EQ(CASK_AREA_STATE_REFUSED, area_state(w));
	}
	EXPECT_EQ(0, w->disk->writes);
	EXPECT_EQ(0, reanchor(w, w->a));
}

/* Its scope says what a signer may sign, and until when. */
TEST_F(reanchor, S10_a_signer_without_licenses_does_not_speak_of_them)
{
	struct forge_scope scope = forge_scope_default(self->b);
	struct world *w = self->w;
	struct forge_reanchor r = right(w, self->b);

	scope.fields.sequence = 2;
	scope.fields.purposes = CASK_PURPOSE_ALL & ~CASK_PURPOSE_LICENSE;
	ASSERT_EQ(0, world_install_anchor(w, self->b, &scope));
	EXPECT_EQ(-EKEYREJECTED, bring(w, self->b, &r));
	scope.fields.sequence = 3;
	scope.fields.purposes = CASK_PURPOSE_LICENSE;
	scope.fields.not_after = time(NULL) + 60;
	ASSERT_EQ(0, world_install_anchor(w, self->b, &scope));
	advance(120);
	EXPECT_EQ(-EKEYEXPIRED, bring(w, self->b, &r));
	advance(-120);
	EXPECT_EQ(0, bring(w, self->b, &r));
}

/* --- the disk --- */

static int64_t fail_writes(struct agent *a, const struct agent_reply *q, void *context)
{
	return q->attrs[CASK_A_DATA] ? ENOSPC : 0;
}

TEST_F(reanchor, S10_a_word_that_is_not_on_disk_is_none)
{
	struct world *w = self->w;
	const struct forge_reanchor r = right(w, w->a);

	w->disk->fault = fail_writes;
	EXPECT_EQ(-ENOSPC, bring(w, w->a, &r));
	w->disk->fault = NULL;
	EXPECT_EQ(CASK_AREA_STATE_REFUSED, area_state(w));
	EXPECT_EQ(-EUCLEAN, draw_of(w, w->a));
	EXPECT_EQ(0, bring(w, w->a, &r));
	EXPECT_EQ(0, draw_of(w, w->a));
}

TEST_F(reanchor, S10_a_new_beginning_costs_one_write)
{
	struct world *w = self->w;

	ASSERT_EQ(0, reanchor(w, w->a));
	EXPECT_EQ(1, w->disk->writes);
	EXPECT_EQ(1, w->disk->syncs);
}

TEST_HARNESS_MAIN
