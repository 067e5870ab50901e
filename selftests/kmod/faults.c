// SPDX-License-Identifier: GPL-2.0
/* faults.c - what fails in what agent and players ask for, of licenses that do not count. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <unistd.h>
#include <netlink/socket.h>
#include <openssl/evp.h>

#include "fail.h"
#include "harness.h"
#include "world.h"

#define SIZE		(3 * BLOCK + 77)

FIXTURE(faults) {
	struct world *w;
	int dev;
	int content;
	int fd;
	int pipes[2];
	char reopen_path[64];
	struct forge_distributor *fresh;
	unsigned int added;
	struct nl_sock *listener;
	struct agent_reply reply;
	uint8_t buf[SIZE];
};

FIXTURE_SETUP(faults)
{
	self->w = world_new();
	ASSERT_NE(NULL, self->w);
	ASSERT_EQ(0, fail_prepare(self->w));
	world_content(self->w, SIZE);
	self->dev = open("/dev/cask", O_RDONLY);
	ASSERT_LE(0, self->dev);
	self->content = open(self->w->path, O_RDONLY);
	ASSERT_LE(0, self->content);
	self->fd = world_open(self->w);
	ASSERT_LE(0, self->fd);
	snprintf(self->reopen_path, sizeof(self->reopen_path), "/proc/self/fd/%d", self->fd);
	ASSERT_EQ(0, pipe(self->pipes));
}

FIXTURE_TEARDOWN(faults)
{
	close(self->pipes[0]);
	close(self->pipes[1]);
	close(self->fd);
	close(self->content);
	close(self->dev);
	fail_end();
	world_free(self->w);
}

/* --- what the agent asks for --- */

static const struct operation asking = { .run = fail_exchange };

TEST_F_TIMEOUT(faults, hello, 600)
{
	const struct agent_attr attrs[] = {
		AGENT_U32(CASK_A_PROTOCOL, CASK_FAMILY_VERSION), { 0 },
	};

	fail_about(CASK_CMD_HELLO, 0, attrs);
	EXPECT_FAULTS(self, &asking);
}

static void about_anchor(struct forge_distributor *d)
{
	const struct forge_grant grant = forge_grant_default(d);
	const struct forge_scope scope = forge_scope_default(d);
	struct forge_bytes g, s;

	forge_grant(d, &grant, &g);
	forge_scope(d, &scope, &s);
	const struct agent_attr attrs[] = {
		{ CASK_A_PROVISIONING_KEY, d->provisioning.pub.bytes, d->provisioning.pub.size },
		{ CASK_A_GRANT, g.data, g.size },
		{ CASK_A_SCOPE, s.data, s.size }, { 0 },
	};
	fail_about(CASK_CMD_ANCHOR_ADD, 0, attrs);
	forge_free(&g);
	forge_free(&s);
}

static void make_fresh(faults *f)
{
	char name[16];

	if (f->fresh)
		forge_distributor_free(f->fresh);
	snprintf(name, sizeof(name), "fresh%u", f->added);
	f->fresh = world_distributor(name, COSE_ALG_ES256);
	about_anchor(f->fresh);
}

/* What was added stays: the next point needs another one. */
static void replace_added(faults *f, int ret)
{
	const struct agent_attr attrs[] = {
		{ CASK_A_ISSUER, f->fresh->root.pub.kid, CASK_KID_SIZE }, { 0 },
	};

	(void)ret;
	if (agent_call(f->w->agent, CASK_CMD_ANCHOR_GET, 0, attrs, NULL))
		return;
	f->added++;
	fail_used_up();
	make_fresh(f);
}

/* Up to where the 16 that there may be are used up by points that did no harm. */
TEST_F_TIMEOUT(faults, anchor_add, 600)
{
	static const struct operation adding = {
		.run = fail_exchange, .after = replace_added, .verifies = true, .most = 14,
	};

	make_fresh(self);
	EXPECT_FAULTS(self, &adding);
	forge_distributor_free(self->fresh);
}

TEST_F_TIMEOUT(faults, anchor_add_again, 600)
{
	static const struct operation adding = { .run = fail_exchange, .verifies = true };

	self->fresh = world_distributor("again", COSE_ALG_RS256);
	about_anchor(self->fresh);
	EXPECT_FAULTS(self, &adding);
	forge_distributor_free(self->fresh);
}

TEST_F_TIMEOUT(faults, anchor_get, 600)
{
	const struct agent_attr attrs[] = {
		{ CASK_A_ISSUER, self->w->a->root.pub.kid, CASK_KID_SIZE }, { 0 },
	};

	fail_about(CASK_CMD_ANCHOR_GET, 0, attrs);
	EXPECT_FAULTS(self, &asking);
}

TEST_F_TIMEOUT(faults, anchor_dump, 600)
{
	fail_about(CASK_CMD_ANCHOR_GET, NLM_F_DUMP, NULL);
	EXPECT_FAULTS(self, &asking);
}

TEST_F_TIMEOUT(faults, enrol, 600)
{
	uint8_t challenge[CASK_CHALLENGE_SIZE], sealed[CASK_SEALED_CHALLENGE_SIZE];
	const struct agent_attr attrs[] = {
		{ CASK_A_ISSUER, self->w->a->root.pub.kid, CASK_KID_SIZE },
		{ CASK_A_CHALLENGE, sealed, sizeof(sealed) }, { 0 },
	};

	forge_challenge(self->w->a, self->w->device_key, challenge, sealed);
	fail_about(CASK_CMD_ENROL, 0, attrs);
	EXPECT_FAULTS(self, &asking);
}

TEST_F_TIMEOUT(faults, sign, 600)
{
	const struct agent_attr attrs[] = {
		{ CASK_A_ISSUER, self->w->a->root.pub.kid, CASK_KID_SIZE },
		{ CASK_A_SIGN_DATA, "data", 4 }, { 0 },
	};

	fail_about(CASK_CMD_SIGN, 0, attrs);
	EXPECT_FAULTS(self, &asking);
}

static void remove_license(faults *f, int ret)
{
	(void)ret;
	/* It may be there although its answer was lost, or not. */
	agent_license_del(f->w->agent, f->w->a->root.pub.kid, f->w->license.fields.id);
}

TEST_F_TIMEOUT(faults, license_add, 600)
{
	static const struct operation adding = {
		.run = fail_exchange, .after = remove_license, .verifies = true,
	};
	struct forge_bytes l;

	remove_license(self, 0);
	forge_license(self->w->a, &self->w->license, self->w->device_key, self->w->content_key, &l);
	const struct agent_attr attrs[] = { { CASK_A_LICENSE, l.data, l.size }, { 0 } };

	fail_about(CASK_CMD_LICENSE_ADD, 0, attrs);
	EXPECT_FAULTS(self, &adding);
	forge_free(&l);
}

static void about_license(struct world *w, int cmd)
{
	const struct agent_attr attrs[] = {
		{ CASK_A_ISSUER, w->a->root.pub.kid, CASK_KID_SIZE },
		{ CASK_A_LICENSE_ID, w->license.fields.id, CASK_ID_SIZE }, { 0 },
	};

	fail_about(cmd, 0, attrs);
}

TEST_F_TIMEOUT(faults, license_get, 600)
{
	about_license(self->w, CASK_CMD_LICENSE_GET);
	EXPECT_FAULTS(self, &asking);
}

TEST_F_TIMEOUT(faults, license_dump, 600)
{
	fail_about(CASK_CMD_LICENSE_GET, NLM_F_DUMP, NULL);
	EXPECT_FAULTS(self, &asking);
}

static void install_license(faults *f)
{
	if (world_install(f->w, getuid()))
		abort();
}

TEST_F_TIMEOUT(faults, license_del, 600)
{
	static const struct operation removing = {
		.before = install_license, .run = fail_exchange, .after = remove_license,
	};

	remove_license(self, 0);
	about_license(self->w, CASK_CMD_LICENSE_DEL);
	EXPECT_FAULTS(self, &removing);
}

/* --- what a player does --- */

static int result(long ret)
{
	return ret < 0 ? -errno : ret;
}

static void close_it(faults *f, int ret)
{
	(void)f;
	if (ret >= 0)
		close(ret);
}

static int open_content(faults *f)
{
	struct cask_open arg = { .content_fd = f->content };

	return result(ioctl(f->dev, CASK_IOC_OPEN, &arg));
}

/* What failed in the end was not told to have been opened; an event itself may be lost. */
static void close_told(faults *f, int ret)
{
	unsigned int opened = 0;

	while (agent_next_event(f->listener, &f->reply))
		opened += nla_get_u32(f->reply.attrs[CASK_A_EVENT]) == CASK_EVENT_OPENED;
	if (opened > (ret >= 0))
		abort();
	close_it(f, ret);
}

TEST_F_TIMEOUT(faults, open, 600)
{
	static const struct operation opening = { .run = open_content, .after = close_told };

	self->listener = agent_listen();
	ASSERT_NE(NULL, self->listener);
	nl_socket_set_nonblocking(self->listener);
	EXPECT_FAULTS(self, &opening);
	nl_socket_free(self->listener);
}

static int reopen(faults *f)
{
	return result(open(f->reopen_path, O_RDONLY | O_CLOEXEC));
}

TEST_F_TIMEOUT(faults, reopen, 600)
{
	static const struct operation reopening = { .run = reopen, .after = close_it };

	EXPECT_FAULTS(self, &reopening);
}

static int get_info(faults *f)
{
	struct cask_info info = { 0 };

	return result(ioctl(f->fd, CASK_IOC_INFO, &info));
}

TEST_F_TIMEOUT(faults, info, 600)
{
	static const struct operation asking_info = { .run = get_info };

	EXPECT_FAULTS(self, &asking_info);
}

/* A file that was not read yet has no room for a block. */
static void open_anew(faults *f)
{
	close(f->fd);
	f->fd = open_path(f->w->path, NULL);
	memset(f->buf, 0xee, SIZE);
	if (f->fd < 0)
		abort();
}

static void check_bytes(faults *f, int ret)
{
	int i;

	for (i = 0; i < ret; i++)
		if (f->buf[i] != world_plain(i))
			abort();
}

static int read_all(faults *f)
{
	return result(pread(f->fd, f->buf, SIZE, 0));
}

TEST_F_TIMEOUT(faults, read, 600)
{
	static const struct operation reading = {
		.before = open_anew, .run = read_all, .after = check_bytes,
	};

	EXPECT_FAULTS(self, &reading);
}

static int splice_some(faults *f)
{
	return result(splice(f->fd, &(loff_t){ 0 }, f->pipes[1], NULL, 2 * BLOCK, 0));
}

static void empty_pipe(faults *f, int ret)
{
	if (ret > 0 && read(f->pipes[0], f->buf, ret) != ret)
		abort();
	check_bytes(f, ret);
}

TEST_F_TIMEOUT(faults, splice, 600)
{
	static const struct operation splicing = {
		.before = open_anew, .run = splice_some, .after = empty_pipe,
	};

	EXPECT_FAULTS(self, &splicing);
}

/* --- a key without a file --- */

#define JOBS		3
#define JOB_SIZE	(BLOCK + 16)	/* with the tag */

static struct cask_job jobs[JOBS];
static uint8_t sealed[JOB_SIZE];

/* A license of a raw suite instead of the file's, and world_plain() sealed under its key. */
static void become_raw(struct world *w)
{
	struct license_fields *fields = &w->license.fields;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t plain[BLOCK], iv[12] = { 1 };
	unsigned int i;
	int n;

	fields->suite = CASK_SUITE_RAW_AES_128_GCM;
	fields->operations = CASK_OPERATION_DECRYPT;
	fields->id[0] ^= 1;
	for (i = 0; i < BLOCK; i++)
		plain[i] = world_plain(i);
	if (EVP_EncryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, w->content_key, iv) != 1 ||
	    EVP_EncryptUpdate(ctx, NULL, &n, (const uint8_t *)"aad", 3) != 1 ||
	    EVP_EncryptUpdate(ctx, sealed, &n, plain, BLOCK) != 1 ||
	    EVP_EncryptFinal_ex(ctx, sealed + n, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, sealed + BLOCK) != 1 ||
	    world_install(w, getuid()))
		abort();
	EVP_CIPHER_CTX_free(ctx);
}

static int open_key(faults *f)
{
	struct cask_open arg = { .content_fd = -1 };

	memcpy(arg.content_id, f->w->content_id, CASK_ID_SIZE);
	memcpy(arg.issuer, f->w->a->root.pub.kid, CASK_KID_SIZE);
	return result(ioctl(f->dev, CASK_IOC_OPEN, &arg));
}

/* A file that has done no jobs yet has room for none. */
static void prepare_jobs(faults *f)
{
	unsigned int i;

	close(f->fd);
	f->fd = open_key(f);
	if (f->fd < 0)
		abort();
	memset(f->buf, 0xee, SIZE);
	for (i = 0; i < JOBS; i++)
		jobs[i] = (struct cask_job){
			.src = (uintptr_t)sealed, .dst = (uintptr_t)f->buf + i * BLOCK,
			.aad = (uintptr_t)"aad", .aad_len = 3, .len = JOB_SIZE, .iv = { 1 },
			.result = 1,
		};
}

static int decrypt(faults *f)
{
	struct cask_decrypt arg = { .jobs = (uintptr_t)jobs, .count = JOBS };

	return result(ioctl(f->fd, CASK_IOC_DECRYPT, &arg));
}

static void check_jobs(faults *f, int ret)
{
	int i, k, good = 0;

	for (i = 0; ret >= 0 && i < JOBS; i++) {
		if (jobs[i].result && jobs[i].result != -ENOMEM && jobs[i].result != -EFAULT)
			abort();
		for (k = 0; !jobs[i].result && k < (int)BLOCK; k++)
			if (f->buf[i * BLOCK + k] != world_plain(k))
				abort();
		good += !jobs[i].result;
	}
	if (ret >= 0 && good != ret)
		abort();
}

TEST_F_TIMEOUT(faults, open_without_a_file, 600)
{
	static const struct operation opening = { .run = open_key, .after = close_it };

	become_raw(self->w);
	EXPECT_FAULTS(self, &opening);
}

TEST_F_TIMEOUT(faults, decrypt, 600)
{
	static const struct operation decrypting = {
		.before = prepare_jobs, .run = decrypt, .after = check_jobs,
	};

	become_raw(self->w);
	EXPECT_FAULTS(self, &decrypting);
	prepare_jobs(self);
	EXPECT_EQ(JOBS, decrypt(self));
}

/* --- the end --- */

static int close_file(faults *f)
{
	return result(close(f->fd));
}

static void open_again(faults *f, int ret)
{
	(void)ret;
	f->fd = open_path(f->w->path, NULL);
	if (f->fd < 0 || read_all(f) != SIZE)
		abort();
}

TEST_F_TIMEOUT(faults, close, 600)
{
	static const struct operation closing = { .run = close_file, .after = open_again };

	EXPECT_FAULTS(self, &closing);
}

TEST_HARNESS_MAIN
