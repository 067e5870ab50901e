// SPDX-License-Identifier: GPL-2.0
/*
 * rival.c - a second distributor, certified and hostile: all that can be brought in its name, under its
 * own good keys and by the first one's ids, and what the first one has stays and is of use.
 *
 * What the first one has: a license that counts, is logged, has a usage and a download period and may
 * be opened so often without word; one that is checked out to a medium; one for a category; a step
 * that was taken; a nonce. After each move of the rival's the first of these is used and nothing else
 * may have changed (hurt()); in the end all the rest is used, too.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"
#include "counted.h"
#include "crypto.h"
#include "leaves.h"
#include "media.h"
#include "pairwise.h"
#include "report.h"

#define HOUR	3600
#define OPENS	1000
#define VERSION	5
#define STEP	1000

FIXTURE(rival) {
	struct media *m;
	struct world *w;		/* the first one's, and its license that counts */
	struct world lent;		/* the same, and what is checked out */
	struct world all;		/* the same, and what is for a category */
	struct world b;			/* the rival's */
	struct category c;
	struct cask_step step;
	uint8_t nonce[CASK_NONCE_SIZE];
	int fd;				/* of the medium */
	struct cask_report_view log;	/* when it was last looked at */
	uint8_t object[CASK_REPORT_MAX];
};

#define SELF FIXTURE_DATA(rival)

/* --- what is brought, in the name of whom a world says --- */

/* Its license, under a key that may be another's. */
static int add_by(struct world *w, const struct forge_distributor *d)
{
	struct forge_bytes l;

	forge_license(d, &w->license, w->device_key, w->content_key, &l);
	return leaves_bring_once(w, CASK_CMD_LICENSE_ADD, CASK_A_LICENSE, l);
}

/* @issuer: whose it says that it is */
static int synchronise(struct world *w, const uint8_t *issuer, const struct cask_step *step,
		       const uint8_t *nonce)
{
	struct forge_synchronise s = { .fields.step = *step, .fields.created = time(NULL) };
	struct forge_bytes object;

	memcpy(s.fields.nonce, nonce, CASK_NONCE_SIZE);
	memcpy(s.fields.issuer, issuer, CASK_KID_SIZE);
	memcpy(s.fields.device_id, w->device_id, CASK_KID_SIZE);
	forge_synchronise(w->a, w->device_key, &s, &object);
	return leaves_bring_once(w, CASK_CMD_SYNCHRONISE, CASK_A_SYNCHRONISE, object);
}

/* A license by a step; what is installed is removed. */
static int take(struct world *w, const struct cask_step *step)
{
	struct world one = *w;
	struct license_twokey to = forge_twokey(w->a, w->device_key, CASK_TWOKEY_SYNCHRONISED, step);
	int ret;

	one.license = forge_license_default(w->a, w->content_id);
	one.license.twokey = &to;
	ret = world_install(&one, getuid());
	forget(&one);
	return ret;
}

static struct cask_step step_at(const SELF *self, uint64_t number)
{
	struct cask_step step = self->step;

	step.number = htole64(number);
	return step;
}

/* --- the first one's --- */

static int call_accept(void *path)
{
	int dev = open("/dev/cask", O_RDONLY | O_CLOEXEC), ret;
	struct cask_open arg = { .content_fd = open(path, O_RDONLY | O_CLOEXEC) };

	ret = ioctl(dev, CASK_IOC_ACCEPT, &arg) < 0 ? -errno : 0;
	close(arg.content_fd);
	close(dev);
	return ret;
}

static void set_conditions(struct license_fields *f)
{
	f->permissions = CASK_PERMISSION_LOG;
	f->not_after = f->download_until = time(NULL) + HOUR;
	f->max_offline_opens = OPENS;
}

static int checkout(SELF *self, unsigned long cmd)
{
	struct media m = *self->m;

	m.w = &self->lent;
	return media_lend(&m, self->fd, cmd);
}

static int have_category(SELF *self)
{
	self->c = leaves_category(self->w->a);
	return leaves_add(self->w, self->w->a, &self->c) ?:
	       leaves_add_ekb(self->w, self->w->a, &self->c, VERSION) ?:
	       leaves_add_license(&self->all, &self->c, VERSION);
}

static int have_step(SELF *self)
{
	struct timespec now;
	uint64_t series;
	struct cask_step first;

	/* Later than that of the test before. */
	clock_gettime(CLOCK_BOOTTIME, &now);
	series = htobe64(now.tv_sec * 1000000000ULL + now.tv_nsec);
	memcpy(self->step.series, &series, sizeof(series));
	self->step.number = htole64(STEP);
	first = step_at(self, STEP + 1);
	return draw(self->w, self->nonce) ?:
	       synchronise(self->w, self->w->a->root.pub.kid, &self->step, self->nonce) ?:
	       take(self->w, &first) ?: draw(self->w, self->nonce);
}

/* A log as its distributor gets it; the view points into the object. */
static int report_of(struct world *w, uint8_t *object, struct cask_report_view *v)
{
	const struct agent_attr attrs[] = {
		{ CASK_A_ISSUER, w->a->root.pub.kid, CASK_KID_SIZE }, { 0 },
	};
	struct agent_reply *reply = malloc(sizeof(*reply));
	uint8_t secret[32];
	size_t size;
	int ret = agent_call(w->agent, CASK_CMD_REPORT_GET, 0, attrs, reply);

	if (!ret) {
		size = nla_len(reply->attrs[CASK_A_REPORT]);
		memcpy(object, nla_data(reply->attrs[CASK_A_REPORT]), size);
		ret = pairwise_derive(w->a->server_private, w->device_key, secret) ?:
		      report_open(secret, object, size, v);
	}
	free(reply);
	return ret;
}

static int acknowledge(struct world *w, const uint8_t *series, uint64_t number)
{
	struct report_word word = { .last.number = htole64(number) };
	struct forge_bytes object;

	memcpy(word.last.series, series, sizeof(word.last.series));
	forge_acknowledgement(w->a, w->device_key, &word, &object);
	return leaves_bring_once(w, CASK_CMD_REPORT_ACK, CASK_A_ACKNOWLEDGEMENT, object);
}

static int acknowledge_all(struct world *w)
{
	static uint8_t object[CASK_REPORT_MAX];
	struct cask_report_view v;
	int ret = report_of(w, object, &v);

	if (ret == -ENODATA)
		return 0;
	return ret ?: acknowledge(w, v.series, v.number + v.count - 1);
}

/* One more use, of which the count, the log, the time and the acceptance all have a part; NULL, or what was hurt. */
static const char *hurt(SELF *self)
{
	uint32_t before = left(self->w), count = self->log.count;
	uint64_t number = self->log.number;

	if (use(self->w))
		return "it does not open";
	if (left(self->w) != before - 1)
		return "it is counted otherwise";
	if (report_of(self->w, self->object, &self->log))
		return "it is not reported";
	if (self->log.count != count + 1 || self->log.number != number)
		return "it is logged otherwise";
	if (count_of(&self->lent, CASK_A_LENT) != 1 || count_of(&self->lent, CASK_A_CHECKOUTS_LEFT) != 1)
		return "it is checked out otherwise";
	return NULL;
}

#define EXPECT_UNHURT(self) do {				\
	const char *how_ = hurt(self);				\
	EXPECT_EQ(NULL, how_) TH_LOG("%s", how_);		\
} while (0)

FIXTURE_SETUP(rival)
{
	self->m = media_new();
	ASSERT_NE(NULL, self->m);
	self->w = self->m->w;
	self->lent = self->all = self->b = *self->w;
	self->lent.license = forge_license_default(self->w->a, self->w->content_id);
	self->all.license = self->lent.license;
	self->all.license.fields.id[0] ^= 1;
	set_conditions(&self->w->license.fields);
	ASSERT_EQ(0, install(self->w, OPENS));
	ASSERT_EQ(0, served(self->w, call_accept, self->w->path));
	self->fd = media_open(self->m, self->m->path, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->lent.license.fields.max_checkouts = 2;
	self->lent.license.fields.at_once = 1;
	ASSERT_EQ(0, install(&self->lent, 0));
	ASSERT_EQ(0, checkout(self, CASK_IOC_MEDIUM_CHECKOUT));
	ASSERT_EQ(0, have_category(self));
	ASSERT_EQ(0, have_step(self));
	ASSERT_EQ(0, acknowledge_all(self->w));
	ASSERT_EQ(0, use(self->w));
	ASSERT_EQ(0, report_of(self->w, self->object, &self->log));
	self->b.a = world_distributor("rival", COSE_ALG_RS256);
	self->b.license = forge_license_default(self->b.a, self->w->content_id);
	memcpy(self->b.license.fields.id, self->w->license.fields.id, CASK_ID_SIZE);
	snprintf(self->b.path, sizeof(self->b.path), "%s/theirs.cask", self->w->dir);
	ASSERT_EQ(0, world_install_anchor(self->w, self->b.a, NULL));
}

/* What is not used by hurt() is as it was, and of use. */
FIXTURE_TEARDOWN(rival)
{
	const struct cask_step first = step_at(self, STEP + 1), next = step_at(self, STEP + 2);
	struct world again = *self->w;

	EXPECT_UNHURT(self);
	EXPECT_EQ(-EKEYREVOKED, take(self->w, &first));
	EXPECT_EQ(0, take(self->w, &next));
	EXPECT_EQ(-ESTALE, leaves_add_ekb(self->w, self->w->a, &self->c, VERSION - 1));
	EXPECT_EQ(0, leaves_add_license(&self->all, &self->c, VERSION));
	EXPECT_EQ(0, leaves_add_ekb(self->w, self->w->a, &self->c, VERSION + 1));
	EXPECT_EQ(0, checkout(self, CASK_IOC_MEDIUM_CHECKIN));
	again.license = self->lent.license;
	again.license.fields.id[0] ^= 2;
	memcpy(again.license.fields.nonce, self->nonce, CASK_NONCE_SIZE);
	EXPECT_EQ(0, world_install(&again, getuid()));
	EXPECT_EQ(0, acknowledge_all(self->w));
	EXPECT_EQ(-ENODATA, report_of(self->w, self->object, &self->log));
	forget(&again);
	forget(&self->all);
	forget(&self->lent);
	forget(&self->b);
	close(self->fd);
	forge_distributor_free(self->b.a);
	media_free(self->m);
}

/* --- who believes whom --- */

TEST_F(rival, D8_a_scope_takes_no_name_key_or_place_of_another)
{
	/* What it says stays: it is no other test's. */
	struct forge_distributor *b = world_distributor("rival-scope", COSE_ALG_RS256), *a = self->w->a;
	struct forge_scope scope = forge_scope_default(b);
	struct forge_grant grant = forge_grant_default(a);
	struct forge_bytes g, s;

	scope.fields.sequence = 1000;
	scope.fields.name = "a";
	scope.fields.signer = &a->license.pub;
	memcpy(scope.fields.server_key, a->server_public, CASK_X25519_SIZE);
	EXPECT_EQ(0, world_install_anchor(self->w, b, &scope));
	EXPECT_UNHURT(self);
	/* The first one's scope, by another's root. */
	scope = forge_scope_default(a);
	scope.fields.sequence = 1000;
	scope.fields.not_after = time(NULL) - 1;
	scope.tamper.signer = &b->root;
	EXPECT_EQ(-EKEYREJECTED, world_install_anchor(self->w, a, &scope));
	scope.tamper.kid = a->root.pub.kid;
	EXPECT_EQ(-EKEYREJECTED, world_install_anchor(self->w, a, &scope));
	/* The first one's root, granted by another's. */
	grant.fields.sequence = 1000;
	grant.tamper.signer = &b->root;
	forge_grant(a, &grant, &g);
	forge_scope(a, &scope, &s);
	const struct agent_attr attrs[] = {
		{ CASK_A_GRANT, g.data, g.size }, { CASK_A_SCOPE, s.data, s.size }, { 0 },
	};
	EXPECT_EQ(-EKEYREJECTED, agent_anchor_add(self->w->agent, attrs, NULL));
	forge_free(&g);
	forge_free(&s);
	forge_distributor_free(b);
}

TEST_F(rival, D8_D10_a_license_replaces_renews_and_removes_none_of_another)
{
	struct world named = *self->w;

	/* By the same ids: its own. */
	EXPECT_EQ(0, world_install(&self->b, getuid()));
	EXPECT_UNHURT(self);
	self->b.license.fields.version = 9;
	EXPECT_EQ(0, world_install(&self->b, getuid()));
	EXPECT_UNHURT(self);
	forget(&self->b);
	EXPECT_UNHURT(self);
	EXPECT_EQ(-ENOENT, agent_license_del(self->w->agent, self->b.a->root.pub.kid,
					     self->lent.license.fields.id));
	/* In the first one's name. */
	named.license.fields.version = 9;
	EXPECT_EQ(-ENOKEY, add_by(&named, self->b.a));
	named.license.tamper.kid = self->w->a->license.pub.kid;
	EXPECT_EQ(-EKEYREJECTED, add_by(&named, self->b.a));
}

/* --- questions and steps --- */

TEST_F(rival, D8_K5_K6_a_nonce_or_a_step_of_anothers_is_not_taken_or_given_up)
{
	const struct cask_step next = step_at(self, STEP + 2);
	struct cask_step last = { .number = htole64(~0ULL >> 1) };
	uint8_t nonce[CASK_NONCE_SIZE];
	int i;

	self->b.license.fields.once = true;
	memcpy(self->b.license.fields.nonce, self->nonce, CASK_NONCE_SIZE);
	EXPECT_EQ(-EKEYREVOKED, world_install(&self->b, getuid()));
	EXPECT_EQ(-ENOENT, drop(&self->b, self->nonce));
	EXPECT_EQ(-EKEYREVOKED, synchronise(&self->b, self->b.a->root.pub.kid, &last, self->nonce));
	EXPECT_EQ(-EKEYREJECTED, synchronise(&self->b, self->w->a->root.pub.kid, &last, self->nonce));
	/* More than it may have. */
	for (i = 0; i < 65; i++)
		EXPECT_EQ(0, draw(&self->b, nonce));
	memset(last.series, 0xff, sizeof(last.series));
	EXPECT_EQ(0, synchronise(&self->b, self->b.a->root.pub.kid, &last, nonce));
	EXPECT_EQ(-EL2NSYNC, take(&self->b, &next));
}

/* --- time --- */

/* A TIME of a distributor's, by a key that may be another's. */
static int hear(struct world *w, const struct forge_distributor *d, const struct forge_key *signer,
		time_t when)
{
	struct forge_bytes s;

	forge_time(d, signer, when, &s);
	return leaves_bring_once(w, CASK_CMD_TIME, CASK_A_TIME, s);
}

TEST_F(rival, D9_how_late_one_says_it_is_ends_nothing_of_another)
{
	time_t later = time(NULL) + 2 * HOUR;

	EXPECT_EQ(-ENOKEY, hear(self->w, self->w->a, &self->b.a->license, later));
	EXPECT_EQ(0, hear(self->w, self->b.a, &self->b.a->license, later));
	EXPECT_UNHURT(self);
	/* Nor does the time that is kept. */
	self->b.license.fields.not_after = later + HOUR;
	world_content(&self->b, 100);
	ASSERT_EQ(0, install(&self->b, 2));
	EXPECT_EQ(0, use(&self->b));
}

/* --- categories --- */

TEST_F(rival, D6_leaves_and_ekbs_by_the_name_of_anothers_category_are_its_own)
{
	struct category theirs = leaves_of_another(&self->c, self->b.a);

	theirs.height = 7;
	theirs.seed[0] ^= 1;
	EXPECT_EQ(-ENOKEY, leaves_add(self->w, self->b.a, &self->c));
	EXPECT_EQ(-ENOKEY, leaves_add_ekb(self->w, self->b.a, &self->c, VERSION + 9));
	EXPECT_EQ(-ENOENT, leaves_add_ekb(self->w, self->b.a, &theirs, VERSION + 9));
	EXPECT_EQ(0, leaves_add(self->w, self->b.a, &theirs));
	EXPECT_EQ(0, leaves_add_ekb(self->w, self->b.a, &theirs, VERSION + 9));
	EXPECT_UNHURT(self);
}

/* There is one at a time: whose was given up has to come again, and no more than that. */
TEST_F(rival, D6_an_ekb_that_comes_between_spoils_none)
{
	struct forge_bytes statement, entries;
	const struct category theirs = leaves_category(self->b.a);

	ASSERT_EQ(0, leaves_add(self->w, self->b.a, &theirs));
	leaves_make_ekb(self->w->a, &self->c, VERSION, &statement, &entries);
	EXPECT_EQ(0, leaves_bring(self->w, CASK_CMD_EKB_ADD, CASK_A_EKB, &statement));
	EXPECT_EQ(0, leaves_add_ekb(self->w, self->b.a, &theirs, VERSION));
	EXPECT_EQ(-ENOENT, leaves_bring_entries(self->w, &entries));
	EXPECT_EQ(0, leaves_bring(self->w, CASK_CMD_EKB_ADD, CASK_A_EKB, &statement));
	EXPECT_EQ(0, leaves_bring_entries(self->w, &entries));
	forge_free(&statement);
	forge_free(&entries);
}

/* --- logs --- */

TEST_F(rival, X4_a_word_on_anothers_log_drops_nothing_and_a_full_log_stops_its_own)
{
	static uint8_t object[CASK_REPORT_MAX];
	uint64_t last = self->log.number + self->log.count - 1;
	uint8_t issuer[CASK_KID_SIZE];
	struct cask_report_view v;
	unsigned int i;

	EXPECT_EQ(-ENODATA, report_of(&self->b, object, &v));
	EXPECT_EQ(-EL2NSYNC, acknowledge(&self->b, self->log.series, last));
	/* In the first one's name. */
	memcpy(issuer, self->b.a->root.pub.kid, sizeof(issuer));
	memcpy(self->b.a->root.pub.kid, self->w->a->root.pub.kid, sizeof(issuer));
	EXPECT_EQ(-EKEYREJECTED, acknowledge(&self->b, self->log.series, last));
	memcpy(self->b.a->root.pub.kid, issuer, sizeof(issuer));
	self->b.license.fields.permissions = CASK_PERMISSION_LOG;
	world_content(&self->b, 100);
	ASSERT_EQ(0, world_install(&self->b, getuid()));
	for (i = 0; i < CASK_LOG_USES_MAX; i++)
		ASSERT_EQ(0, use(&self->b));
	EXPECT_EQ(-EDQUOT, use(&self->b));
	EXPECT_UNHURT(self);
	EXPECT_EQ(-EL2NSYNC, acknowledge(&self->b, self->log.series, last));
	EXPECT_EQ(0, acknowledge_all(&self->b));
	EXPECT_UNHURT(self);
}

/* --- what was not lost --- */

TEST_F(rival, S10_a_word_on_a_loss_that_there_was_not_is_none)
{
	uint8_t nonce[CASK_NONCE_SIZE] = { 0 };
	struct forge_reanchor r;

	EXPECT_EQ(-EALREADY, ask(self->w, self->b.a, nonce));
	r = forge_reanchor_default(self->b.a, self->w->device_id, nonce);
	EXPECT_EQ(-EALREADY, bring(self->w, self->b.a, &r));
	r = forge_reanchor_default(self->w->a, self->w->device_id, nonce);
	EXPECT_EQ(-ENOKEY, bring(self->w, self->b.a, &r));
}

/* --- media --- */

TEST_F(rival, S1_S3_a_class_and_a_medium_by_anothers_names_are_its_own)
{
	struct media theirs = *self->m;
	struct license_medium target;
	struct forge_bytes l;
	int fd;

	theirs.w = &self->b;
	theirs.class_license = forge_license_default(self->b.a, theirs.class_id);
	theirs.class_license.fields.operations = CASK_OPERATION_MEDIUM;
	theirs.class_license.fields.suite = CASK_SUITE_MEDIUM_CLASS;
	crypto_random(theirs.class_key, sizeof(theirs.class_key));
	EXPECT_EQ(0, media_install_class(&theirs));
	fd = media_open(self->m, self->m->path, O_RDWR);
	EXPECT_LE(0, fd);
	close(fd);
	/* A license for the first one's medium, by a class key of its own. */
	target = media_target(&theirs, self->m->number, NULL);
	self->b.license.medium = &target;
	forge_license(self->b.a, &self->b.license, self->w->device_key, self->w->content_key, &l);
	EXPECT_EQ(-EBADMSG, media_install(self->m, self->fd, l.data, l.size));
	forge_free(&l);
	self->b.license.medium = NULL;
	memcpy(self->b.license.fields.id, self->lent.license.fields.id, CASK_ID_SIZE);
	EXPECT_EQ(-EXDEV, media_lend(&theirs, self->fd, CASK_IOC_MEDIUM_CHECKIN));
	media_forget_class(&theirs);
}

/* --- files that are accepted, openings without word --- */

TEST_F(rival, D9_what_is_accepted_and_opened_without_word_is_each_distributors_own)
{
	struct license_fields *f = &self->b.license.fields;

	world_content(&self->b, 100);
	set_conditions(f);
	f->permissions = 0;
	f->max_offline_opens = 1;
	f->not_after += 3 * HOUR;
	f->download_until += 3 * HOUR;
	ASSERT_EQ(0, world_install(&self->b, getuid()));
	/* The first one's file has another issuer. */
	EXPECT_EQ(-EREMOTE, use(&self->b));
	EXPECT_EQ(0, served(&self->b, call_accept, self->b.path));
	EXPECT_EQ(0, use(&self->b));
	EXPECT_EQ(-ENONET, use(&self->b));
	EXPECT_UNHURT(self);
	/* What was accepted stays so. */
	forget(&self->b);
	EXPECT_UNHURT(self);
	f->max_offline_opens = 0;
	ASSERT_EQ(0, world_install(&self->b, getuid()));
	EXPECT_EQ(0, use(&self->b));
}

TEST_HARNESS_MAIN
