// SPDX-License-Identifier: GPL-2.0
/*
 * faults_area.c - what fails where records of the secure area are asked for, lost, and counted
 * down: in who asks, and in the workers that carry it out.
 *
 * The first loads the module anew and leaves it with records that were lost; the others go on
 * from there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "counted.h"
#include "fail.h"
#include "harness.h"

#define OPENS	5000	/* more than there are points */

FIXTURE(faults) {
	struct world *w;
	int dev;
	int content;
	struct forge_distributor *fresh;
	unsigned int count;
	struct forge_bytes license;
	uint32_t left;
	struct opener opener;
	uint64_t asked;
};

/* What the area is read from is none of this device's: its records are lost. */
static int begin(faults *f)
{
	f->w = world_new();
	if (!f->w)
		return -EIO;
	world_content(f->w, 1000);
	if (area_state(f->w) == CASK_AREA_STATE_CLOSED) {
		memset(f->w->disk->slots, 0x5a, sizeof(f->w->disk->slots));
		f->w->disk->sizes[0] = f->w->disk->sizes[1] = 4096;
	}
	f->dev = open("/dev/cask", O_RDONLY | O_CLOEXEC);
	f->content = open(f->w->path, O_RDONLY | O_CLOEXEC);
	return fail_prepare(f->w);
}

static void end(faults *f)
{
	fail_end();
	close(f->content);
	close(f->dev);
	world_free(f->w);
}

FIXTURE_SETUP(faults)
{
	ASSERT_EQ(0, begin(self));
}

FIXTURE_TEARDOWN(faults)
{
	end(self);
	forge_free(&self->license);
}

/* --- requests of the agent that are carried out by a worker --- */

static void about_issuer(faults *f, int cmd, const struct forge_distributor *d)
{
	const struct agent_attr attrs[] = {
		{ CASK_A_ISSUER, d->root.pub.kid, CASK_KID_SIZE }, { 0 },
	};

	fail_about(cmd, 0, attrs);
}

/* --- records that were lost --- */

/* What was read is there until the module goes. */
static void load_anew(faults *f, int ret)
{
	(void)ret;
	if (area_state(f->w) == CASK_AREA_STATE_CLOSED)
		return;
	fail_used_up();
	end(f);
	if (system("rmmod cask && modprobe cask") || begin(f))
		abort();
	about_issuer(f, CASK_CMD_NONCE_NEW, f->w->a);
}

/* Memory for the area, and its slots. After a point that does no harm the module is loaded anew. */
TEST_F_TIMEOUT(faults, reading_the_area, 600)
{
	static const struct operation opening = {
		.run = fail_send, .finish = fail_await, .after = load_anew, .done = -EUCLEAN,
		.most = 6,
	};

	about_issuer(self, CASK_CMD_NONCE_NEW, self->w->a);
	load_anew(self, 0);
	EXPECT_WORKERS_FAULTS(self, &opening);
	EXPECT_EQ(-EUCLEAN, fail_exchange(self));
	EXPECT_EQ(CASK_AREA_STATE_REFUSED, area_state(self->w));
	EXPECT_EQ(0, self->w->disk->writes);
}

TEST_F_TIMEOUT(faults, asking_about_a_loss, 600)
{
	static const struct operation asking = { .run = fail_send, .finish = fail_await };

	about_issuer(self, CASK_CMD_REANCHOR_NONCE, self->w->a);
	EXPECT_FAULTS(self, &asking);
	EXPECT_WORKERS_FAULTS(self, &asking);
}

/* Another distributor, of whom this device has lost something as well, and its word. */
static void make_fresh(faults *f)
{
	struct forge_reanchor r;
	struct forge_bytes s;
	char name[16];

	if (f->fresh)
		forge_distributor_free(f->fresh);
	snprintf(name, sizeof(name), "fresh%u", f->count++);
	f->fresh = world_distributor(name, COSE_ALG_ES256);
	if (world_install_anchor(f->w, f->fresh, NULL))
		abort();
	r = right(f->w, f->fresh);
	forge_reanchor(f->fresh, &r, &s);
	const struct agent_attr attrs[] = { { CASK_A_REANCHOR, s.data, s.size }, { 0 } };

	fail_about(CASK_CMD_REANCHOR, 0, attrs);
	forge_free(&s);
}

/* What was taken was taken whole: records of that distributor count from then on. */
static void replace_answered(faults *f, int ret)
{
	uint8_t nonce[CASK_NONCE_SIZE];
	int lost = ask(f->w, f->fresh, nonce);

	if ((lost && lost != -EALREADY) || (!ret && !lost))
		abort();
	if (!lost)
		return;
	fail_used_up();
	make_fresh(f);
}

/* Of the 16 that there may be, one is the world's, and one is left for the end. */
TEST_F_TIMEOUT(faults, a_word_on_a_loss, 600)
{
	struct operation answering = {
		.run = fail_send, .finish = fail_await, .after = replace_answered, .verifies = true,
		.most = 2,
	};

	make_fresh(self);
	EXPECT_FAULTS(self, &answering);
	answering.most = 11;
	EXPECT_WORKERS_FAULTS(self, &answering);
	forge_distributor_free(self->fresh);
	ASSERT_EQ(0, reanchor(self->w, self->w->a));
	ASSERT_EQ(0, install(self->w, 2));
	EXPECT_EQ(0, use(self->w));
	EXPECT_EQ(1, left(self->w));
}

/* --- requests for licenses that count --- */

/* The tests before have left it so; alone they find it lost. */
static void be_whole(faults *f)
{
	uint8_t nonce[CASK_NONCE_SIZE];
	int ret = draw(f->w, nonce);

	if (ret == -EUCLEAN)
		ret = reanchor(f->w, f->w->a) ?: draw(f->w, nonce);
	if (ret || drop(f->w, nonce))
		abort();
}

static void drop_drawn(faults *f, int ret)
{
	if (!ret && drop(f->w, nla_data(fail_answer(CASK_A_NONCE))))
		abort();
}

TEST_F_TIMEOUT(faults, nonce_new, 600)
{
	static const struct operation drawing = {
		.run = fail_send, .finish = fail_await, .after = drop_drawn,
	};

	be_whole(self);
	about_issuer(self, CASK_CMD_NONCE_NEW, self->w->a);
	EXPECT_FAULTS(self, &drawing);
	EXPECT_WORKERS_FAULTS(self, &drawing);
}

static void draw_one(faults *f)
{
	uint8_t *nonce = f->w->license.fields.nonce;

	if (draw(f->w, nonce))
		abort();
	const struct agent_attr attrs[] = {
		{ CASK_A_ISSUER, f->w->a->root.pub.kid, CASK_KID_SIZE },
		{ CASK_A_NONCE, nonce, CASK_NONCE_SIZE }, { 0 },
	};

	fail_about(CASK_CMD_NONCE_DEL, 0, attrs);
}

static void check_dropped(faults *f, int ret)
{
	int there = drop(f->w, f->w->license.fields.nonce);

	if (there != -ENOENT && (there || !ret))
		abort();
}

TEST_F_TIMEOUT(faults, nonce_del, 600)
{
	static const struct operation dropping = {
		.before = draw_one, .run = fail_send, .finish = fail_await, .after = check_dropped,
	};

	be_whole(self);
	EXPECT_FAULTS(self, &dropping);
	EXPECT_WORKERS_FAULTS(self, &dropping);
}

/* --- licenses that count --- */

/* Another license that was asked for, and may be opened often. */
static void forge_another(faults *f)
{
	struct world *w = f->w;

	w->license.fields.id[0]++;
	if (ask_for(w, OPENS))
		abort();
	forge_free(&f->license);
	forge_license(w->a, &w->license, w->device_key, w->content_key, &f->license);
}

static int add(faults *f)
{
	return agent_license_add(f->w->agent, f->license.data, f->license.size, getuid());
}

static void have_license(faults *f)
{
	if (f->left && left(f->w) == f->left)
		return;
	forge_another(f);
	if (add(f))
		abort();
	f->left = OPENS;
}

/* Gone is gone for good; and else all of it is there. */
static void check_whole(faults *f)
{
	uint32_t n = left(f->w);

	if (n == ~0U && add(f) == -EKEYREVOKED)
		f->left = 0;
	else if (left(f->w) != f->left)
		abort();
}

static void about_addition(faults *f)
{
	const struct agent_attr attrs[] = {
		{ CASK_A_LICENSE, f->license.data, f->license.size },
		AGENT_U32(CASK_A_OWNER, getuid()), { 0 },
	};

	fail_about(CASK_CMD_LICENSE_ADD, 0, attrs);
}

static void ask_for_another(faults *f)
{
	forge_another(f);
	about_addition(f);
}

/* It was asked for, so whatever failed it can be brought again, and then has all that it grants. */
static void bring_again(faults *f, int ret)
{
	if ((!ret && left(f->w) != OPENS) || add(f) || left(f->w) != OPENS)
		abort();
	forget(f->w);
	if (add(f) != -EKEYREVOKED)
		abort();
}

TEST_F_TIMEOUT(faults, license_that_counts_add, 600)
{
	static const struct operation adding = {
		.before = ask_for_another, .run = fail_send, .finish = fail_await, .after = bring_again,
		.verifies = true,
	};

	be_whole(self);
	EXPECT_FAULTS(self, &adding);
	EXPECT_WORKERS_FAULTS(self, &adding);
}

static void check_there(faults *f, int ret)
{
	(void)ret;
	if (left(f->w) != f->left)
		abort();
}

TEST_F_TIMEOUT(faults, license_that_counts_add_again, 600)
{
	static const struct operation adding = {
		.run = fail_send, .finish = fail_await, .after = check_there, .verifies = true,
	};

	be_whole(self);
	have_license(self);
	about_addition(self);
	EXPECT_FAULTS(self, &adding);
	EXPECT_WORKERS_FAULTS(self, &adding);
}

static void have_license_to_remove(faults *f)
{
	have_license(f);
	const struct agent_attr attrs[] = {
		{ CASK_A_ISSUER, f->w->a->root.pub.kid, CASK_KID_SIZE },
		{ CASK_A_LICENSE_ID, f->w->license.fields.id, CASK_ID_SIZE }, { 0 },
	};

	fail_about(CASK_CMD_LICENSE_DEL, 0, attrs);
}

static void check_removed(faults *f, int ret)
{
	check_whole(f);
	if (!ret && f->left)
		abort();
}

TEST_F_TIMEOUT(faults, license_that_counts_del, 600)
{
	static const struct operation removing = {
		.before = have_license_to_remove, .run = fail_send, .finish = fail_await,
		.after = check_removed,
	};

	be_whole(self);
	EXPECT_FAULTS(self, &removing);
	EXPECT_WORKERS_FAULTS(self, &removing);
}

/* --- openings that count --- */

static int open_content(faults *f)
{
	struct cask_open arg = { .content_fd = f->content };
	int ret = ioctl(f->dev, CASK_IOC_OPEN, &arg);

	return ret < 0 ? -errno : ret;
}

/* Who got nothing was charged nothing. */
static void check_charged(faults *f, int ret)
{
	f->left -= ret >= 0;
	if (left(f->w) != f->left)
		abort();
	if (ret >= 0)
		close(ret);
}

TEST_F_TIMEOUT(faults, open_what_counts, 600)
{
	static const struct operation opening = {
		.before = have_license, .run = open_content, .after = check_charged, .waits = true,
	};

	be_whole(self);
	EXPECT_FAULTS(self, &opening);
	EXPECT_WORKERS_FAULTS(self, &opening);
}

/* --- the agent's answers --- */

static int64_t leave(struct agent *a, const struct agent_reply *q, void *context)
{
	*(uint64_t *)context = nla_get_u64(q->attrs[CASK_A_REQUEST]);
	return AGENT_SILENT;
}

/* An opening that waits for its use to be written, which it is. */
static void await_question(faults *f)
{
	have_license(f);
	f->w->disk->context = &f->asked;
	f->w->disk->fault = leave;
	start(&f->opener, f->w);
	while (!agent_serve(f->w->agent, 1000))
		;
	f->w->disk->fault = NULL;
	const struct agent_attr attrs[] = {
		{ CASK_A_REQUEST, &f->asked, sizeof(f->asked) }, AGENT_U32(CASK_A_ERROR, 0), { 0 },
	};

	fail_about(CASK_CMD_STORE_ANSWER, 0, attrs);
}

/* It was taken, or can be given again. */
static void answer_again(faults *f, int ret)
{
	int again = agent_answer(f->w->agent, f->asked, 0, NULL, 0);
	int fd;

	if (again != -ENOENT && (again || !ret))
		abort();
	fd = finish(&f->opener);
	if (fd < 0)
		abort();
	check_charged(f, fd);
}

TEST_F_TIMEOUT(faults, store_answer, 600)
{
	static const struct operation answering = {
		.before = await_question, .run = fail_exchange, .after = answer_again,
	};

	be_whole(self);
	EXPECT_FAULTS(self, &answering);
}

TEST_HARNESS_MAIN
