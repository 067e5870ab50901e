// SPDX-License-Identifier: GPL-2.0
/*
 * faults_words.c - what fails where distributors' words are taken: leaves, EKBs, times, steps,
 * renewals, acknowledgements; and where files are accepted, and openings logged: in who asks, and in
 * the workers that carry it out.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "counted.h"
#include "fail.h"
#include "harness.h"
#include "leaves.h"
#include "pairwise.h"
#include "report.h"

#define HOUR	3600
#define OPENS	5000	/* more than there are points */

FIXTURE(faults) {
	struct world *w;
	int dev;
	int content;
	struct category c;
	uint32_t count;			/* of what was made */
	struct forge_bytes made;	/* what is brought, or its entries */
	struct cask_step step;
	uint32_t left;
};

FIXTURE_SETUP(faults)
{
	self->w = world_new();
	ASSERT_NE(NULL, self->w);
	world_content(self->w, 1000);
	self->dev = open("/dev/cask", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, self->dev);
	self->content = open(self->w->path, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, self->content);
	ASSERT_EQ(0, fail_prepare(self->w));
}

FIXTURE_TEARDOWN(faults)
{
	fail_end();
	close(self->content);
	close(self->dev);
	forge_free(&self->made);
	world_free(self->w);
}

/* What was made is what is brought. */
static void about_made(faults *f, int cmd, int attr)
{
	const struct agent_attr attrs[] = { { attr, f->made.data, f->made.size }, { 0 } };

	fail_about(cmd, 0, attrs);
}

static void must(int ret)
{
	if (ret)
		abort();
}

/* --- categories --- */

/* In a category of its own, of which there may be so many; a later LEAF would have to be of another second. */
static void make_leaf(faults *f)
{
	forge_free(&f->made);
	leaves_make_leaf(f->w, f->w->a, &f->c, &f->made);
	about_made(f, CASK_CMD_LEAF_ADD, CASK_A_LEAF);
}

/* It is taken whole: then the EKB opens. */
static void use_leaf(faults *f, int ret)
{
	int there = leaves_add_ekb(f->w, f->w->a, &f->c, 1);

	if (ret < 0 && there == -ENOENT)
		return;
	must(there);
	fail_used_up();
	f->c = leaves_category(f->w->a);
	make_leaf(f);
}

TEST_F_TIMEOUT(faults, leaf_add, 600)
{
	static const struct operation adding = {
		.run = fail_exchange, .after = use_leaf, .verifies = true, .most = 60,
	};

	self->c = leaves_category(self->w->a);
	make_leaf(self);
	EXPECT_FAULTS(self, &adding);
}

static void begin_anew(faults *f, int ret)
{
	(void)ret;
	must(leaves_add_ekb(f->w, f->w->a, &f->c, 1));
}

static void have_leaf(faults *f)
{
	f->c = leaves_category(f->w->a);
	must(leaves_add(f->w, f->w->a, &f->c));
}

TEST_F_TIMEOUT(faults, ekb_add, 600)
{
	static const struct operation beginning = {
		.run = fail_exchange, .after = begin_anew, .verifies = true,
	};
	struct forge_bytes entries;

	have_leaf(self);
	leaves_make_ekb(self->w->a, &self->c, 1, &self->made, &entries);
	forge_free(&entries);
	about_made(self, CASK_CMD_EKB_ADD, CASK_A_EKB);
	EXPECT_FAULTS(self, &beginning);
}

/* Each is later than the one before. */
static void begin_ekb(faults *f)
{
	struct forge_bytes statement;

	forge_free(&f->made);
	leaves_make_ekb(f->w->a, &f->c, ++f->count, &statement, &f->made);
	must(leaves_bring_once(f->w, CASK_CMD_EKB_ADD, CASK_A_EKB, statement));
	const struct agent_attr attrs[] = {
		AGENT_U32(CASK_A_OFFSET, 0), { CASK_A_DATA, f->made.data, f->made.size }, { 0 },
	};

	fail_about(CASK_CMD_EKB_DATA, 0, attrs);
}

/* Whether or not the floor was raised: the same EKB can come again, and its root key is there then. */
static void bring_ekb_again(faults *f, int ret)
{
	if (!ret)
		must(leaves_add_license(f->w, &f->c, f->count));
	forget(f->w);
	must(leaves_add_ekb(f->w, f->w->a, &f->c, f->count));
	must(leaves_add_license(f->w, &f->c, f->count));
	forget(f->w);
}

TEST_F_TIMEOUT(faults, ekb_data, 600)
{
	static const struct operation bringing = {
		.before = begin_ekb, .run = fail_send, .finish = fail_await, .after = bring_ekb_again,
	};

	have_leaf(self);
	EXPECT_FAULTS(self, &bringing);
	EXPECT_WORKERS_FAULTS(self, &bringing);
}

/* --- time --- */

TEST_F_TIMEOUT(faults, time, 600)
{
	static const struct operation telling = { .run = fail_exchange, .verifies = true };

	forge_time(self->w->a, &self->w->a->license, time(NULL), &self->made);
	about_made(self, CASK_CMD_TIME, CASK_A_TIME);
	EXPECT_FAULTS(self, &telling);
}

/* --- steps --- */

static void make_word(faults *f)
{
	struct forge_synchronise s = { .fields.created = time(NULL) };

	f->step.number = htole64(++f->count);
	s.fields.step = f->step;
	must(draw(f->w, s.fields.nonce));
	memcpy(s.fields.issuer, f->w->a->root.pub.kid, CASK_KID_SIZE);
	memcpy(s.fields.device_id, f->w->device_id, CASK_KID_SIZE);
	forge_free(&f->made);
	forge_synchronise(f->w->a, f->w->device_key, &s, &f->made);
	about_made(f, CASK_CMD_SYNCHRONISE, CASK_A_SYNCHRONISE);
}

/* The nonce goes when the step is agreed on, and not before. */
static void bring_word_again(faults *f, int ret)
{
	int again = leaves_bring(f->w, CASK_CMD_SYNCHRONISE, CASK_A_SYNCHRONISE, &f->made);

	if (again != -EKEYREVOKED && (again || !ret))
		abort();
}

TEST_F_TIMEOUT(faults, synchronise, 600)
{
	static const struct operation agreeing = {
		.before = make_word, .run = fail_send, .finish = fail_await, .after = bring_word_again,
	};

	memset(self->step.series, 0xf0, sizeof(self->step.series));
	EXPECT_FAULTS(self, &agreeing);
	EXPECT_WORKERS_FAULTS(self, &agreeing);
}

/* --- renewals --- */

static void make_renewal(faults *f)
{
	struct world *w = f->w;

	w->license.fields.version++;
	if (w->license.fields.once)
		must(ask_for(w, OPENS + w->license.fields.version));
	forge_free(&f->made);
	forge_license(w->a, &w->license, w->device_key, w->content_key, &f->made);
	const struct agent_attr attrs[] = {
		{ CASK_A_LICENSE, f->made.data, f->made.size }, AGENT_U32(CASK_A_OWNER, getuid()), { 0 },
	};

	fail_about(CASK_CMD_LICENSE_ADD, 0, attrs);
}

/* The one or the other is there, all of it; and it can be brought again. */
static void renew_again(faults *f, int ret)
{
	struct world *w = f->w;
	uint32_t version = count_of(w, CASK_A_VERSION);

	if (version + 1 < w->license.fields.version || (!ret && version != w->license.fields.version))
		abort();
	must(agent_license_add(w->agent, f->made.data, f->made.size, getuid()));
	if (count_of(w, CASK_A_VERSION) != w->license.fields.version)
		abort();
	if (w->license.fields.once && left(w) != w->license.fields.max_opens)
		abort();
}

TEST_F_TIMEOUT(faults, renewal, 600)
{
	static const struct operation renewing = {
		.before = make_renewal, .run = fail_exchange, .after = renew_again, .verifies = true,
	};

	ASSERT_EQ(0, world_install(self->w, getuid()));
	EXPECT_FAULTS(self, &renewing);
}

TEST_F_TIMEOUT(faults, renewal_of_what_counts, 600)
{
	static const struct operation renewing = {
		.before = make_renewal, .run = fail_send, .finish = fail_await, .after = renew_again,
		.verifies = true,
	};

	ASSERT_EQ(0, install(self->w, OPENS));
	EXPECT_FAULTS(self, &renewing);
	EXPECT_WORKERS_FAULTS(self, &renewing);
}

/* --- files that are accepted --- */

static int result(int ret)
{
	return ret < 0 ? -errno : ret;
}

static int accept_file(faults *f)
{
	struct cask_open arg = { .content_fd = f->content };

	return result(ioctl(f->dev, CASK_IOC_ACCEPT, &arg));
}

static int open_file(faults *f)
{
	struct cask_open arg = { .content_fd = f->content };

	return result(ioctl(f->dev, CASK_IOC_OPEN, &arg));
}

struct call {
	faults *f;
	int (*fn)(faults *f);
};

static int call(void *arg)
{
	struct call *c = arg;

	return c->fn(c->f);
}

/* What was accepted stays so: another file each time. */
static void another_file(faults *f)
{
	static size_t n;

	close(f->content);
	world_content(f->w, 1000 + ++n);
	f->content = open(f->w->path, O_RDONLY);
	must(f->content < 0);
}

static void open_if_accepted(faults *f, int ret)
{
	struct call opening = { f, open_file };
	int fd = served(f->w, call, &opening);

	if (fd != -EREMOTE && fd < 0)
		abort();
	if (!ret && fd < 0)
		abort();
	if (fd >= 0)
		close(fd);
}

TEST_F_TIMEOUT(faults, accept, 600)
{
	static const struct operation accepting = {
		.before = another_file, .run = accept_file, .after = open_if_accepted, .waits = true,
	};

	self->w->license.fields.download_until = time(NULL) + HOUR;
	ASSERT_EQ(0, world_install(self->w, getuid()));
	EXPECT_FAULTS(self, &accepting);
	EXPECT_WORKERS_FAULTS(self, &accepting);
}

/* --- what is logged --- */

static void about_report(faults *f)
{
	const struct agent_attr attrs[] = {
		{ CASK_A_ISSUER, f->w->a->root.pub.kid, CASK_KID_SIZE }, { 0 },
	};

	fail_about(CASK_CMD_REPORT_GET, 0, attrs);
}

/* The word on all that is logged; what was there before is none of this test's. */
static unsigned int make_acknowledgement(faults *f)
{
	struct report_word word = { 0 };
	struct cask_report_view v;
	uint8_t secret[32];

	about_report(f);
	if (fail_exchange(f))
		return 0;
	must(pairwise_derive(f->w->a->server_private, f->w->device_key, secret) ?:
	     report_open(secret, nla_data(fail_answer(CASK_A_REPORT)),
			 nla_len(fail_answer(CASK_A_REPORT)), &v));
	memcpy(word.last.series, v.series, sizeof(word.last.series));
	word.last.number = htole64(v.number + v.count - 1);
	forge_free(&f->made);
	forge_acknowledgement(f->w->a, f->w->device_key, &word, &f->made);
	about_made(f, CASK_CMD_REPORT_ACK, CASK_A_ACKNOWLEDGEMENT);
	return v.count;
}

static unsigned int acknowledge(faults *f)
{
	unsigned int n = make_acknowledgement(f);

	if (n)
		must(fail_exchange(f));
	return n;
}

static void have_log(faults *f)
{
	f->w->license.fields.permissions = CASK_PERMISSION_LOG;
	f->w->license.fields.not_after = time(NULL) + HOUR;
	f->w->license.fields.max_offline_opens = OPENS;
	must(install(f->w, OPENS));
	f->left = OPENS;
	acknowledge(f);
}

/* Who got nothing was charged nothing; each charge is logged once. */
static void check_charged(faults *f, int ret)
{
	if (ret >= 0) {
		close(ret);
		f->left--;
	}
	if (left(f->w) != f->left || acknowledge(f) != (ret >= 0))
		abort();
}

TEST_F_TIMEOUT(faults, open_what_is_logged, 600)
{
	static const struct operation opening = {
		.run = open_file, .after = check_charged, .waits = true,
	};

	have_log(self);
	EXPECT_FAULTS(self, &opening);
	EXPECT_WORKERS_FAULTS(self, &opening);
}

TEST_F_TIMEOUT(faults, report_get, 600)
{
	static const struct operation reporting = { .run = fail_send, .finish = fail_await };

	have_log(self);
	ASSERT_EQ(0, use(self->w));
	about_report(self);
	EXPECT_FAULTS(self, &reporting);
	EXPECT_WORKERS_FAULTS(self, &reporting);
	EXPECT_EQ(1, acknowledge(self));
}

static void log_one(faults *f)
{
	must(use(f->w));
	if (make_acknowledgement(f) != 1)
		abort();
}

/* All of it is forgotten, or nothing. */
static void acknowledge_again(faults *f, int ret)
{
	unsigned int n = acknowledge(f);

	if (n > 1 || (n && !ret))
		abort();
}

TEST_F_TIMEOUT(faults, report_ack, 600)
{
	static const struct operation forgetting = {
		.before = log_one, .run = fail_send, .finish = fail_await, .after = acknowledge_again,
	};

	have_log(self);
	EXPECT_FAULTS(self, &forgetting);
	EXPECT_WORKERS_FAULTS(self, &forgetting);
}

TEST_HARNESS_MAIN
