// SPDX-License-Identifier: GPL-2.0
/* netlink.c - who may speak to the module, and what malformed messages get. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <netlink/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>

#include "harness.h"
#include "world.h"

FIXTURE(netlink) {
	struct world *w;
};

FIXTURE_SETUP(netlink)
{
	self->w = world_new();
	ASSERT_NE(NULL, self->w);
}

FIXTURE_TEARDOWN(netlink)
{
	world_free(self->w);
}

static const int commands[] = {
	CASK_CMD_ANCHOR_ADD, CASK_CMD_ANCHOR_GET, CASK_CMD_ENROL, CASK_CMD_SIGN,
	CASK_CMD_LICENSE_ADD, CASK_CMD_LICENSE_GET, CASK_CMD_LICENSE_DEL,
	CASK_CMD_NONCE_NEW, CASK_CMD_NONCE_DEL, CASK_CMD_STORE_ANSWER, CASK_CMD_REANCHOR_NONCE,
	CASK_CMD_REANCHOR, CASK_CMD_LEAF_ADD, CASK_CMD_EKB_ADD, CASK_CMD_EKB_DATA, CASK_CMD_SYNCHRONISE,
	CASK_CMD_REPORT_GET, CASK_CMD_REPORT_ACK, CASK_CMD_TIME,
};

TEST_F(netlink, a_second_agent_is_EBUSY_until_the_first_is_gone)
{
	struct agent *second = agent_socket();

	ASSERT_NE(NULL, second);
	EXPECT_EQ(-EBUSY, agent_hello(second, NULL));
	EXPECT_EQ(0, agent_hello(self->w->agent, NULL));
	agent_free(self->w->agent);
	EXPECT_EQ(0, agent_hello(second, NULL));
	self->w->agent = second;
}

TEST_F(netlink, who_has_not_said_HELLO_is_ENOTCONN)
{
	struct agent *other = agent_socket();
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		EXPECT_EQ(-ENOTCONN, agent_call(other, commands[i], 0, NULL, NULL));
	EXPECT_EQ(-ENOTCONN, agent_call(other, CASK_CMD_ANCHOR_GET, NLM_F_DUMP, NULL, NULL));
	EXPECT_EQ(-ENOTCONN, agent_call(other, CASK_CMD_LICENSE_GET, NLM_F_DUMP, NULL, NULL));
	agent_free(other);
}

TEST_F(netlink, another_protocol_version_is_EPROTONOSUPPORT)
{
	const struct agent_attr attrs[] = { AGENT_U32(CASK_A_PROTOCOL, 2), { 0 } };

	EXPECT_EQ(-EPROTONOSUPPORT, agent_call(self->w->agent, CASK_CMD_HELLO, 0, attrs, NULL));
	EXPECT_EQ(-EINVAL, agent_call(self->w->agent, CASK_CMD_HELLO, 0, NULL, NULL));
}

/* Each command from a socket of a process without the capability. */
static int all_refused(void *unused)
{
	struct agent *a = agent_socket();
	unsigned int i;

	if (!a || agent_hello(a, NULL) != -EPERM)
		return 1;
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (agent_call(a, commands[i], 0, NULL, NULL) != -EPERM)
			return 2 + i;
	if (agent_call(a, CASK_CMD_LICENSE_GET, NLM_F_DUMP, NULL, NULL) != -EPERM)
		return 20;
	agent_free(a);
	return 0;
}

TEST_F(netlink, without_the_capability_every_command_is_EPERM)
{
	EXPECT_EQ(0, run_as(1000, all_refused, NULL));
}

/* Root of a user namespace, without and with a network namespace of its own. */
static int as_user_namespace_root(void *flags)
{
	if (unshare(CLONE_NEWUSER | *(int *)flags))
		return 100 + errno;
	if (*(int *)flags) {
		/* The family lives in the first network namespace only. */
		struct agent *a = agent_socket();

		return a ? 101 : errno == ENOENT ? 0 : 102;
	}
	return all_refused(NULL);
}

TEST_F(netlink, root_of_another_namespace_is_nobody)
{
	int flags = 0;

	EXPECT_EQ(0, run_as(0, as_user_namespace_root, &flags));
	flags = CLONE_NEWNET;
	EXPECT_EQ(0, run_as(0, as_user_namespace_root, &flags));
}

static int open_in_user_namespace(void *path)
{
	if (unshare(CLONE_NEWUSER))
		return 100;
	return -open_path(path, NULL);
}

TEST_F(netlink, the_device_is_not_for_other_user_namespaces)
{
	world_content(self->w, 10);
	ASSERT_EQ(0, world_install(self->w, 0));
	EXPECT_EQ(EPERM, run_as(0, open_in_user_namespace, self->w->path));
}

/*
 * Lengths of an attribute that must have one: empty, one less, one more, the most
 * that fits; and absent. The others of the command are as they should be.
 */
static void try_lengths(struct __test_metadata *_metadata, struct world *w, int cmd,
			const struct agent_attr *good, int which, int expected)
{
	struct agent_attr attrs[5];
	const size_t len = good[which].len, lens[] = { 0, 1, len - 1, len + 1, 4096, 65531 };
	static uint8_t zeros[65536];
	size_t n, i;

	for (n = 0; good[n].type; n++)
		attrs[n] = good[n];
	attrs[n] = (struct agent_attr){ 0 };

	attrs[which].data = zeros;
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		attrs[which].len = lens[i];
		EXPECT_EQ(-ERANGE, agent_call(w->agent, cmd, 0, attrs, NULL));
	}
	attrs[which] = attrs[n - 1];
	attrs[n - 1] = (struct agent_attr){ 0 };
	EXPECT_EQ(-EINVAL, agent_call(w->agent, cmd, 0, attrs, NULL));
	EXPECT_EQ(expected, agent_call(w->agent, cmd, 0, good, NULL));
}

TEST_F(netlink, attributes_of_a_wrong_length_are_ERANGE_and_absent_ones_EINVAL)
{
	static const uint8_t zeros[CASK_STATEMENT_MAX + 1];
	struct world *w = self->w;
	const uint8_t *issuer = w->a->root.pub.kid;
	const struct agent_attr enrol[] = {
		{ CASK_A_ISSUER, issuer, CASK_KID_SIZE },
		{ CASK_A_CHALLENGE, zeros, CASK_SEALED_CHALLENGE_SIZE }, { 0 },
	};
	const struct agent_attr license[] = {
		{ CASK_A_ISSUER, issuer, CASK_KID_SIZE },
		{ CASK_A_LICENSE_ID, zeros, CASK_ID_SIZE }, { 0 },
	};
	const struct agent_attr nonce[] = {
		{ CASK_A_ISSUER, issuer, CASK_KID_SIZE },
		{ CASK_A_NONCE, zeros, CASK_NONCE_SIZE }, { 0 },
	};
	const struct agent_attr anchor[] = { { CASK_A_ISSUER, issuer, CASK_KID_SIZE }, { 0 } };
	int i;

	for (i = 0; i < 2; i++) {
		try_lengths(_metadata, w, CASK_CMD_ENROL, enrol, i, -EBADMSG);
		try_lengths(_metadata, w, CASK_CMD_LICENSE_GET, license, i, -ENOENT);
		try_lengths(_metadata, w, CASK_CMD_LICENSE_DEL, license, i, -ENOENT);
		try_lengths(_metadata, w, CASK_CMD_NONCE_DEL, nonce, i, -ENOENT);
	}
	try_lengths(_metadata, w, CASK_CMD_ANCHOR_GET, anchor, 0, 0);
	try_lengths(_metadata, w, CASK_CMD_REANCHOR_NONCE, anchor, 0, -EALREADY);
}

TEST_F(netlink, blobs_have_named_limits)
{
	static const size_t lengths[] = { 0, 1, CASK_STATEMENT_MAX, CASK_STATEMENT_MAX + 1 };
	static uint8_t zeros[CASK_STATEMENT_MAX + 1];
	struct world *w = self->w;
	struct agent_attr sign[] = {
		{ CASK_A_ISSUER, w->a->root.pub.kid, CASK_KID_SIZE },
		{ CASK_A_SIGN_DATA, zeros, CASK_SIGN_DATA_MAX }, { 0 },
	};
	struct agent_attr anchor[] = {
		{ CASK_A_PROVISIONING_KEY, w->a->provisioning.pub.bytes,
		  w->a->provisioning.pub.size },
		{ CASK_A_GRANT, zeros, 1 }, { CASK_A_SCOPE, zeros, 1 }, { 0 },
	};
	int i;

	EXPECT_EQ(0, agent_call(w->agent, CASK_CMD_SIGN, 0, sign, NULL));
	sign[1].len++;
	EXPECT_EQ(-EINVAL, agent_call(w->agent, CASK_CMD_SIGN, 0, sign, NULL));
	sign[1].len = 0;
	EXPECT_EQ(-EINVAL, agent_call(w->agent, CASK_CMD_SIGN, 0, sign, NULL));
	sign[1].len = 1;
	sign[0].len--;
	EXPECT_EQ(-ERANGE, agent_call(w->agent, CASK_CMD_SIGN, 0, sign, NULL));
	sign[0].type = CASK_A_PAD;
	EXPECT_EQ(-EINVAL, agent_call(w->agent, CASK_CMD_SIGN, 0, sign, NULL));
	EXPECT_EQ(-EINVAL, agent_license_add(w->agent, zeros, CASK_STATEMENT_MAX + 1, 0));
	EXPECT_EQ(-EINVAL, agent_license_add(w->agent, zeros, CASK_STATEMENT_MAX, 0));
	EXPECT_EQ(-EINVAL, agent_license_add(w->agent, zeros, 0, 0));
	EXPECT_EQ(-EINVAL, agent_license_add(w->agent, zeros, 1, 0));
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct agent_attr reanchor[] = { { CASK_A_REANCHOR, zeros, lengths[i] }, { 0 } };

		EXPECT_EQ(-EINVAL, agent_call(w->agent, CASK_CMD_REANCHOR, 0, reanchor, NULL));
		reanchor[0].type = CASK_A_SYNCHRONISE;
		EXPECT_EQ(-EINVAL, agent_call(w->agent, CASK_CMD_SYNCHRONISE, 0, reanchor, NULL));
		reanchor[0].type = CASK_A_TIME;
		EXPECT_EQ(-EINVAL, agent_call(w->agent, CASK_CMD_TIME, 0, reanchor, NULL));
		reanchor[0].type = CASK_A_LEAF;
		EXPECT_EQ(-EINVAL, agent_call(w->agent, CASK_CMD_LEAF_ADD, 0, reanchor, NULL));
		reanchor[0].type = CASK_A_ACKNOWLEDGEMENT;
		EXPECT_EQ(-EINVAL, agent_call(w->agent, CASK_CMD_REPORT_ACK, 0, reanchor, NULL));
		reanchor[0].type = CASK_A_EKB;
		EXPECT_EQ(-EINVAL, agent_call(w->agent, CASK_CMD_EKB_ADD, 0, reanchor, NULL));
	}
	EXPECT_EQ(-EINVAL, agent_call(w->agent, CASK_CMD_REANCHOR, 0, NULL, NULL));
	EXPECT_EQ(-EINVAL, agent_call(w->agent, CASK_CMD_SYNCHRONISE, 0, NULL, NULL));
	EXPECT_EQ(-EINVAL, agent_call(w->agent, CASK_CMD_REPORT_GET, 0, NULL, NULL));
	EXPECT_EQ(-EINVAL, agent_call(w->agent, CASK_CMD_REPORT_ACK, 0, NULL, NULL));
	EXPECT_EQ(-EINVAL, agent_call(w->agent, CASK_CMD_TIME, 0, NULL, NULL));
	for (i = 1; i < 3; i++) {
		anchor[i].len = 0;
		EXPECT_EQ(-EINVAL, agent_anchor_add(w->agent, anchor, NULL));
		anchor[i].len = CASK_STATEMENT_MAX + 1;
		EXPECT_EQ(-EINVAL, agent_anchor_add(w->agent, anchor, NULL));
		anchor[i].len = 1;
	}
	anchor[0].len = CASK_COSE_KEY_MAX + 1;
	EXPECT_EQ(-EINVAL, agent_anchor_add(w->agent, anchor, NULL));
	anchor[0].len = 1;
	EXPECT_EQ(-EINVAL, agent_anchor_add(w->agent, anchor, NULL));
}

TEST_F(netlink, numbers_of_a_wrong_length_or_value_are_EINVAL)
{
	static const uint8_t zeros[8];
	struct agent_attr protocol[] = { { CASK_A_PROTOCOL, zeros, 3 }, { 0 } };
	struct agent_attr owner[] = {
		{ CASK_A_LICENSE, zeros, 8 }, { CASK_A_OWNER, zeros, 5 }, { 0 },
	};
	struct world *w = self->w;

	EXPECT_EQ(-EINVAL, agent_call(w->agent, CASK_CMD_HELLO, 0, protocol, NULL));
	protocol[0].len = 8;
	EXPECT_EQ(-EINVAL, agent_call(w->agent, CASK_CMD_HELLO, 0, protocol, NULL));
	EXPECT_EQ(-EINVAL, agent_call(w->agent, CASK_CMD_LICENSE_ADD, 0, owner, NULL));
	/* (uid_t)-1 is nobody's. */
	EXPECT_EQ(-EINVAL, world_install(w, 0xffffffff));
}

TEST_F(netlink, unknown_attributes_and_commands_are_refused)
{
	const struct agent_attr attrs[] = { AGENT_U32(CASK_A_MAX + 1, 0), { 0 } };

	EXPECT_EQ(-EINVAL, agent_call(self->w->agent, CASK_CMD_LICENSE_ADD, 0, attrs, NULL));
	EXPECT_EQ(-EOPNOTSUPP, agent_call(self->w->agent, CASK_CMD_MAX + 1, 0, NULL, NULL));
}

TEST_F(netlink, licenses_and_distributors_are_listed_without_keys)
{
	struct world *w = self->w;
	struct agent_reply *r = malloc(sizeof(*r));
	const struct agent_attr license[] = {
		{ CASK_A_ISSUER, w->a->root.pub.kid, CASK_KID_SIZE },
		{ CASK_A_LICENSE_ID, w->license.fields.id, CASK_ID_SIZE }, { 0 },
	};

	ASSERT_EQ(0, world_install(w, 1234));
	ASSERT_EQ(0, agent_call(w->agent, CASK_CMD_LICENSE_GET, 0, license, r));
	EXPECT_EQ(1234, nla_get_u32(r->attrs[CASK_A_OWNER]));
	EXPECT_EQ(0, memcmp(nla_data(r->attrs[CASK_A_CONTENT_ID]), w->content_id, CASK_ID_SIZE));
	EXPECT_EQ(w->license.fields.created, nla_get_u64(r->attrs[CASK_A_CREATED]));
	EXPECT_EQ(NULL, memmem(r->buf, sizeof(r->buf), w->content_key, CASK_KEY_SIZE));
	ASSERT_EQ(0, agent_call(w->agent, CASK_CMD_LICENSE_GET, NLM_F_DUMP, NULL, r));
	EXPECT_LE(1, r->messages);
	ASSERT_EQ(0, agent_call(w->agent, CASK_CMD_ANCHOR_GET, NLM_F_DUMP, NULL, r));
	EXPECT_LE(1, r->messages);
	EXPECT_STREQ(forge_scope_default(w->a).fields.name,
		     nla_get_string(r->attrs[CASK_A_NAME]));
	free(r);
}

/* More licenses than one message holds: all are listed, each once. */
TEST_F(netlink, a_long_list_comes_whole)
{
	struct world *w = self->w;
	struct agent_reply *r = malloc(sizeof(*r));
	uint8_t ids[100][CASK_ID_SIZE];
	int i;

	for (i = 0; i < 100; i++) {
		w->license.fields.id[0] = i;
		w->license.fields.id[1] = 0x5a;
		memcpy(ids[i], w->license.fields.id, CASK_ID_SIZE);
		ASSERT_EQ(0, world_install(w, 0));
	}
	EXPECT_EQ(0, agent_call(w->agent, CASK_CMD_LICENSE_GET, NLM_F_DUMP, NULL, r));
	EXPECT_EQ(100, r->messages);
	for (i = 0; i < 100; i++)
		EXPECT_EQ(0, agent_license_del(w->agent, w->a->root.pub.kid, ids[i]));
	free(r);
}

/* --- events --- */

TEST_F(netlink, events_tell_of_opens_refusals_and_removals)
{
	struct nl_sock *s = agent_listen();
	struct agent_reply *r = malloc(sizeof(*r));
	struct world *w = self->w;
	uint64_t sequence;
	int fd;

	ASSERT_NE(NULL, s);
	world_content(w, 100);
	EXPECT_EQ(-ENOKEY, open_path(w->path, NULL));
	agent_next_event(s, r);
	EXPECT_EQ(CASK_EVENT_REFUSED, nla_get_u32(r->attrs[CASK_A_EVENT]));
	EXPECT_EQ(ENOKEY, nla_get_u32(r->attrs[CASK_A_ERROR]));
	EXPECT_EQ(NULL, r->attrs[CASK_A_LICENSE_ID]);
	EXPECT_EQ(0, memcmp(nla_data(r->attrs[CASK_A_CONTENT_ID]), w->content_id, CASK_ID_SIZE));
	EXPECT_EQ(0, memcmp(nla_data(r->attrs[CASK_A_ISSUER]), w->a->root.pub.kid, CASK_KID_SIZE));
	sequence = nla_get_u64(r->attrs[CASK_A_EVENT_SEQUENCE]);

	fd = world_open(w);
	ASSERT_LE(0, fd);
	agent_next_event(s, r);
	EXPECT_EQ(CASK_EVENT_OPENED, nla_get_u32(r->attrs[CASK_A_EVENT]));
	EXPECT_EQ(0, nla_get_u32(r->attrs[CASK_A_ERROR]));
	EXPECT_EQ(getuid(), nla_get_u32(r->attrs[CASK_A_OWNER]));
	EXPECT_EQ(0, memcmp(nla_data(r->attrs[CASK_A_LICENSE_ID]), w->license.fields.id,
			    CASK_ID_SIZE));
	EXPECT_EQ(sequence + 1, nla_get_u64(r->attrs[CASK_A_EVENT_SEQUENCE]));

	agent_license_del(w->agent, w->a->root.pub.kid, w->license.fields.id);
	agent_next_event(s, r);
	EXPECT_EQ(CASK_EVENT_REMOVED, nla_get_u32(r->attrs[CASK_A_EVENT]));
	EXPECT_EQ(0, memcmp(nla_data(r->attrs[CASK_A_LICENSE_ID]), w->license.fields.id,
			    CASK_ID_SIZE));
	EXPECT_EQ(sequence + 2, nla_get_u64(r->attrs[CASK_A_EVENT_SEQUENCE]));
	close(fd);
	nl_socket_free(s);
	free(r);
}

/* The road of ffmpeg: a descriptor that it was given, opened anew by its name. It plays once. */
TEST_F(netlink, D8_opening_anew_is_no_other_use_and_told_when_refused)
{
	struct nl_sock *s = agent_listen();
	struct agent_reply *r = malloc(sizeof(*r));
	struct world *w = self->w;
	char path[64];
	int content, fd, again;

	ASSERT_NE(NULL, s);
	world_content(w, 100);
	content = open(w->path, O_RDONLY);
	ASSERT_EQ(0, world_install(w, 1000));
	/* Who opens files as that user has the license, and root has not. */
	ASSERT_EQ(0, chmod("/dev/cask", 0666));
	setfsuid(1000);
	fd = open_fd(content, NULL);
	ASSERT_LE(0, fd);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDONLY);
	setfsuid(0);
	ASSERT_LE(0, again);
	EXPECT_EQ(-1, open(path, O_RDONLY));
	EXPECT_EQ(EACCES, errno);
	ASSERT_EQ(0, chmod("/dev/cask", 0660));
	agent_next_event(s, r);
	EXPECT_EQ(CASK_EVENT_OPENED, nla_get_u32(r->attrs[CASK_A_EVENT]));
	EXPECT_EQ(1000, nla_get_u32(r->attrs[CASK_A_OWNER]));
	EXPECT_EQ(0, memcmp(nla_data(r->attrs[CASK_A_CONTENT_ID]), w->content_id, CASK_ID_SIZE));
	EXPECT_EQ(1, number_of(w, CASK_A_OPENS));
	agent_next_event(s, r);
	EXPECT_EQ(CASK_EVENT_REFUSED, nla_get_u32(r->attrs[CASK_A_EVENT]));
	EXPECT_EQ(EACCES, nla_get_u32(r->attrs[CASK_A_ERROR]));
	EXPECT_EQ(0, nla_get_u32(r->attrs[CASK_A_OWNER]));
	EXPECT_EQ(0, memcmp(nla_data(r->attrs[CASK_A_LICENSE_ID]), w->license.fields.id,
			    CASK_ID_SIZE));
	close(again);
	close(fd);
	close(content);
	nl_socket_free(s);
	free(r);
}

/* A removal concerns whose license it was, whoever removed it. */
TEST_F(netlink, a_removal_names_the_owner)
{
	struct nl_sock *s = agent_listen();
	struct agent_reply *r = malloc(sizeof(*r));

	ASSERT_NE(NULL, s);
	ASSERT_EQ(0, world_install(self->w, 1234));
	forget(self->w);
	agent_next_event(s, r);
	EXPECT_EQ(CASK_EVENT_REMOVED, nla_get_u32(r->attrs[CASK_A_EVENT]));
	EXPECT_EQ(1234, nla_get_u32(r->attrs[CASK_A_OWNER]));
	ASSERT_EQ(0, world_install(self->w, -1));
	forget(self->w);
	agent_next_event(s, r);
	EXPECT_EQ(CASK_EVENT_REMOVED, nla_get_u32(r->attrs[CASK_A_EVENT]));
	EXPECT_EQ(NULL, r->attrs[CASK_A_OWNER]);
	nl_socket_free(s);
	free(r);
}

#define THREADS		8
#define IN_VAIN		250

static void *open_in_vain(void *path)
{
	long wrong = 0;
	int i;

	for (i = 0; i < IN_VAIN; i++)
		wrong += open_path(path, NULL) != -ENOKEY;
	return (void *)wrong;
}

/* A number that comes late would look like one that was lost. */
TEST_F(netlink, events_come_in_the_order_of_their_numbers)
{
	struct nl_sock *s = agent_listen();
	struct agent_reply *r = malloc(sizeof(*r));
	uint64_t last = 0, n, late = 0;
	int size = 64 << 20, i;
	pthread_t threads[THREADS];
	void *wrong;

	ASSERT_NE(NULL, s);
	ASSERT_EQ(0, setsockopt(nl_socket_get_fd(s), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)));
	world_content(self->w, 100);
	for (i = 0; i < THREADS; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, open_in_vain, self->w->path));
	for (i = 0; i < THREADS * IN_VAIN; i++) {
		agent_next_event(s, r);
		n = nla_get_u64(r->attrs[CASK_A_EVENT_SEQUENCE]);
		late += i && n != last + 1;
		last = n;
	}
	EXPECT_EQ(0, late);
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &wrong);
		EXPECT_EQ(NULL, wrong);
	}
	nl_socket_free(s);
	free(r);
}

/* A listener that does not read holds nobody up, and sees afterwards that it missed some. */
TEST_F(netlink, events_that_do_not_fit_are_lost_and_missed)
{
	struct nl_sock *s = agent_listen();
	struct agent_reply *r = malloc(sizeof(*r));
	struct sockaddr_nl from;
	unsigned char *data;
	uint64_t first, last;
	int i;

	ASSERT_NE(NULL, s);
	ASSERT_EQ(0, nl_socket_set_buffer_size(s, 4096, 4096));
	world_content(self->w, 100);
	for (i = 0; i < 100; i++)
		EXPECT_EQ(-ENOKEY, open_path(self->w->path, NULL));
	/* First it is told that it was too slow. */
	EXPECT_EQ(-NLE_NOMEM, nl_recv(s, &from, &data, NULL));
	agent_next_event(s, r);
	first = nla_get_u64(r->attrs[CASK_A_EVENT_SEQUENCE]);
	nl_socket_free(s);
	s = agent_listen();
	EXPECT_EQ(-ENOKEY, open_path(self->w->path, NULL));
	agent_next_event(s, r);
	last = nla_get_u64(r->attrs[CASK_A_EVENT_SEQUENCE]);
	EXPECT_EQ(first + 100, last);
	nl_socket_free(s);
	free(r);
}

static int listen_as_user(void *arg)
{
	struct nl_sock *s = agent_listen();

	return s ? 0 : errno;
}

TEST_F(netlink, events_are_for_the_administrator)
{
	EXPECT_EQ(EPERM, run_as(1000, listen_as_user, NULL));
}

TEST_F(netlink, an_event_cannot_be_asked_for)
{
	EXPECT_EQ(-EOPNOTSUPP, agent_call(self->w->agent, CASK_CMD_EVENT, 0, NULL, NULL));
	EXPECT_EQ(-EOPNOTSUPP, agent_call(self->w->agent, CASK_CMD_STORE, 0, NULL, NULL));
}

TEST_HARNESS_MAIN
