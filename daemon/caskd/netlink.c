// SPDX-License-Identifier: GPL-2.0
/*
 * netlink.c - the module's operations, one function each, and the state of the
 * connection: absent, refused, or the agent.
 *
 * The module being absent is a state: every call looks for it again (which lets
 * the kernel load it), and a thread listens for its coming and going, which loads
 * nothing. All of it is under one recursive mutex, held during the exchange and
 * during the ready() callback; the store's mutex may be taken inside it, never
 * around it.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <linux/cask_netlink.h>

#include "cleanup.h"
#include "family.h"
#include "log.h"
#include "netlink.h"

/* A dump that changes under us is asked for again so often. */
#define DUMP_TRIES	5
/* Looking for the module may start a modprobe, so callers cannot force it without end. */
#define LOOK_INTERVAL_MS	500

static struct {
	pthread_mutex_t lock;
	struct family family;		/* sock is NULL while not the agent */
	struct netlink_device device;
	struct problem why;		/* of the last failure to become the agent */
	int64_t looked;			/* ms, CLOCK_MONOTONIC */
	netlink_ready *ready;
	netlink_happened *happened;
	bool in_ready;			/* ready() does not bring about another ready() */
	struct nl_sock *watch;
	pthread_t watcher;
	int wake;			/* the watcher, to look at another socket or to end */
	atomic_bool ends;
} state = { .wake = -1 };

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void lock(void)
{
	pthread_mutex_lock(&state.lock);
}

static void unlock(void)
{
	pthread_mutex_unlock(&state.lock);
}

/**
 * struct question - an operation before it is a message
 * @what: for people: "installing a license"
 * @cmd: CASK_CMD_*
 * @dump: all of them
 * @attrs: of the request; ends with a zero type
 * @take: as in struct family_question
 * @context: for @take
 */
struct question {
	const char *what;
	uint8_t cmd;
	bool dump;
	struct question_attr {
		int type;
		const void *data;
		size_t size;
	} attrs[4];
	int (*take)(struct nlattr **attrs, void *context);
	void *context;
};

/* nla_len is 16 bits; whatever the module takes is far below. */
static int put(struct nl_msg *msg, const struct question_attr *attr)
{
	if (attr->size > CASK_STATEMENT_MAX)
		return -EMSGSIZE;
	return nla_put(msg, attr->type, attr->size, attr->data) ? -EMSGSIZE : 0;
}

static struct nl_msg *compose(const struct question *q)
{
	size_t size = NLMSG_HDRLEN + GENL_HDRLEN;
	struct nl_msg *msg;

	for (size_t i = 0; i < ARRAY_SIZE(q->attrs) && q->attrs[i].type; i++)
		size += nla_total_size(q->attrs[i].size);
	msg = nlmsg_alloc_size(size + NLMSG_ALIGNTO);
	if (!msg)
		return NULL;
	if (!genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, 0, 0, 0, q->cmd, CASK_FAMILY_VERSION))
		goto failed;
	for (size_t i = 0; i < ARRAY_SIZE(q->attrs) && q->attrs[i].type; i++)
		if (put(msg, &q->attrs[i]))
			goto failed;
	return msg;
failed:
	nlmsg_free(msg);
	return NULL;
}

/* One exchange with the family that is open. */
static int exchange(const struct question *q, char *message)
{
	struct family_question ask = {
		.cmd = q->cmd, .dump = q->dump, .take = q->take, .context = q->context,
	};
	int ret;

	ask.request = compose(q);
	if (!ask.request)
		return -EMSGSIZE;
	ret = family_ask(&state.family, &ask);
	nlmsg_free(ask.request);
	memcpy(message, ask.message, sizeof(ask.message));
	return ret;
}

static int take_device(struct nlattr **attrs, void *context)
{
	static const struct family_field fields[] = {
		FAMILY_FIELD(PROTOCOL, U32, true, netlink_device, protocol),
		FAMILY_FIELD(MODULE_VERSION, TEXT, true, netlink_device, module_version),
		FAMILY_FIELD(DEVICE_ID, BYTES, true, netlink_device, id),
		FAMILY_FIELD(DEVICE_KEY, BYTES, true, netlink_device, key),
		FAMILY_FIELD(ROOT, U32, true, netlink_device, root),
		FAMILY_FIELD(BOOT, U32, true, netlink_device, boot),
		FAMILY_FIELD(LEVEL, U32, true, netlink_device, level),
		FAMILY_FIELD(SIGNATURES, U32, true, netlink_device, signatures),
	};

	return family_decode(attrs, fields, ARRAY_SIZE(fields), context);
}

static int hello(char *message)
{
	uint32_t protocol = CASK_FAMILY_VERSION;
	struct netlink_device device = { 0 };
	struct question q = {
		.cmd = CASK_CMD_HELLO, .take = take_device, .context = &device,
		.attrs = { { CASK_A_PROTOCOL, &protocol, sizeof(protocol) } },
	};
	int ret = exchange(&q, message);

	if (!ret)
		state.device = device;
	return ret;
}

static void explain_open(int ret)
{
	if (ret == -ENOENT)
		problem_set(&state.why, 503, "module-absent",
			    "the kernel module cask is not loaded: modprobe cask");
	else
		problem_kernel(&state.why, -ret, "looking for the kernel module", "");
}

static void explain_version(void)
{
	uint32_t module = state.family.version;

	if (module == CASK_FAMILY_VERSION)
		problem_set(&state.why, 503, "module-version",
			    "the kernel module and caskd come from different versions: "
			    "install both from one release");
	else
		problem_set(&state.why, 503, "module-version",
			    "the kernel module speaks protocol %u, caskd %u: update %s",
			    module, CASK_FAMILY_VERSION,
			    module > CASK_FAMILY_VERSION ? "caskd" : "the kernel module");
}

static void explain_hello(int ret, const char *message)
{
	switch (ret) {
	case -EPROTONOSUPPORT:
		explain_version();
		break;
	case -EBUSY:
		problem_kernel(&state.why, EBUSY, "becoming the module's agent",
			       "another process is it already");
		break;
	case -EPERM:
		problem_kernel(&state.why, EPERM, "becoming the module's agent",
			       "caskd needs CAP_NET_ADMIN in the initial namespaces");
		break;
	default:
		problem_kernel(&state.why, -ret, "becoming the module's agent", message);
	}
}

static void take_event(struct nlattr **attrs)
{
	static const struct family_field fields[] = {
		FAMILY_FIELD(EVENT, U32, true, netlink_event, event),
		FAMILY_FIELD(EVENT_SEQUENCE, U64, true, netlink_event, sequence),
		FAMILY_FIELD(ISSUER, BYTES, false, netlink_event, issuer),
		FAMILY_FIELD(LICENSE_ID, BYTES, false, netlink_event, license_id),
		FAMILY_FIELD(CONTENT_ID, BYTES, false, netlink_event, content_id),
		FAMILY_FIELD(OWNER, U32, false, netlink_event, owner),
		FAMILY_FIELD(ERROR, U32, false, netlink_event, error),
	};
	struct netlink_event e = { .has_owner = attrs[CASK_A_OWNER] };

	if (!family_decode(attrs, fields, ARRAY_SIZE(fields), &e))
		state.happened(&e);
}

static int become_agent(void)
{
	char message[FAMILY_MESSAGE_MAX + 1] = "";
	int ret;

	ret = family_open(&state.family);
	if (ret) {
		explain_open(ret);
		return ret;
	}
	/* Each version of the family may give HELLO another shape. */
	ret = state.family.version == CASK_FAMILY_VERSION ? hello(message) : -EPROTONOSUPPORT;
	if (ret) {
		explain_hello(ret, message);
		family_close(&state.family);
	}
	return ret;
}

/* Under the mutex: on return we are the agent, or @state.why says why not. */
static int attach(bool force)
{
	char before[PROBLEM_DETAIL_MAX + 1];

	if (state.family.sock)
		return 0;
	if (state.in_ready)
		return -1;
	if (!force && state.looked && now_ms() - state.looked < LOOK_INTERVAL_MS)
		return -1;
	memcpy(before, state.why.detail, sizeof(before));
	if (become_agent()) {
		state.looked = now_ms();
		if (strcmp(before, state.why.detail))
			cask_warn("%s", state.why.detail);
		return -1;
	}
	cask_notice("agent of the kernel module %s", state.device.module_version);
	state.why = (struct problem){ 0 };
	state.looked = 0;
	eventfd_write(state.wake, 1);
	state.in_ready = true;
	state.ready();
	state.in_ready = false;
	return state.family.sock ? 0 : -1;
}

static void detach(int ret)
{
	family_close(&state.family);
	if (ret == -ENOENT)
		problem_set(&state.why, 503, "module-absent",
			    "the kernel module cask was unloaded");
	else
		problem_kernel(&state.why, -ret, "talking to the kernel module", "");
	cask_notice("%s", state.why.detail);
}

/* Whether an errno means that we are not the agent any more. */
static bool lost(int ret)
{
	return ret == -ENOTCONN || ret == -EIO || ret == -ETIMEDOUT || ret == -EPROTO ||
	       (ret == -ENOENT && family_gone(&state.family));
}

static int ask_locked(const struct question *q, struct problem *p)
{
	char message[FAMILY_MESSAGE_MAX + 1] = "";
	int ret = 0;

	for (int tries = 0; tries < 2; tries++) {
		if (attach(false)) {
			*p = state.why;
			return -1;
		}
		ret = exchange(q, message);
		if (!ret)
			return 0;
		if (!state.family.sock || !lost(ret))
			break;
		detach(ret);
		/* What a broken dump gave so far would stand there twice. */
		if (q->dump && ret != -ENOTCONN)
			break;
	}
	return problem_kernel(p, -ret, q->what, message);
}

static int ask(const struct question *q, struct problem *p)
{
	int ret;

	lock();
	ret = ask_locked(q, p);
	unlock();
	return ret;
}

/*
 * When the family came: be its agent at once, and let ready() run. When it went:
 * no more than notice it, since looking for it would load it again. Whoever
 * needs it next does that.
 */
static void hear(enum family_news news)
{
	lock();
	if (state.family.sock && family_gone(&state.family))
		detach(-ENOENT);
	if (news == FAMILY_CAME)
		attach(true);
	unlock();
}

/* What came to the agent unasked. */
static void drain(void)
{
	lock();
	if (state.family.sock)
		family_drain(&state.family);
	unlock();
}

/* The agent's socket, as it is now; poll() ignores -1. */
static int agent_fd(void)
{
	int fd;

	lock();
	fd = state.family.sock ? nl_socket_get_fd(state.family.sock) : -1;
	unlock();
	return fd;
}

static void hear_news(void)
{
	enum family_news news = family_watch_read(state.watch);

	if (news != FAMILY_NO_NEWS)
		hear(news);
}

static void *watch(void *unused)
{
	struct pollfd fds[3] = {
		{ .fd = nl_socket_get_fd(state.watch), .events = POLLIN },
		{ .fd = state.wake, .events = POLLIN },
		{ .events = POLLIN },
	};
	eventfd_t count;

	for (;;) {
		/* It may be closed meanwhile, or another's: drain() looks again. */
		fds[2].fd = agent_fd();
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			break;
		if (fds[1].revents) {
			eventfd_read(state.wake, &count);
			if (state.ends)
				break;
		}
		if (fds[0].revents)
			hear_news();
		if (fds[2].revents)
			drain();
	}
	return NULL;
}

static int start_watcher(void)
{
	int ret = family_watch_open(&state.watch);

	if (ret)
		return ret;
	ret = pthread_create(&state.watcher, NULL, watch, NULL);
	if (ret) {
		nl_socket_free(state.watch);
		state.watch = NULL;
	}
	return -ret;
}

/**
 * netlink_init() - look for the module and become its agent
 * @ready: called whenever that succeeds, now or later
 * @happened: called for each event
 *
 * Without the module this succeeds too. Return: 0 or a negative errno.
 */
int netlink_init(netlink_ready *ready, netlink_happened *happened)
{
	pthread_mutexattr_t attr;
	int ret;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&state.lock, &attr);
	pthread_mutexattr_destroy(&attr);
	state.ready = ready;
	state.happened = happened;
	state.family.event = take_event;
	state.wake = eventfd(0, EFD_CLOEXEC);
	if (state.wake < 0)
		return -errno;
	/* Listen first, so that no arrival falls between looking and listening. */
	ret = start_watcher();
	if (ret)
		return ret;
	lock();
	attach(true);
	unlock();
	return 0;
}

/**
 * netlink_exit() - stop listening and being the agent
 */
void netlink_exit(void)
{
	if (state.watch) {
		state.ends = true;
		eventfd_write(state.wake, 1);
		pthread_join(state.watcher, NULL);
		nl_socket_free(state.watch);
		state.watch = NULL;
	}
	family_close(&state.family);
	if (state.wake >= 0)
		close(state.wake);
	state.wake = -1;
}

/**
 * netlink_responds() - whether the module can be asked, be it there or not
 * @until: CLOCK_REALTIME, when to say no
 */
bool netlink_responds(const struct timespec *until)
{
	if (pthread_mutex_timedlock(&state.lock, until))
		return false;
	unlock();
	return true;
}

/**
 * netlink_device() - who the device is
 * @ret_device: as of the last HELLO
 * @p: why there is none: codes module-absent, module-version, kernel
 *
 * Return: 0 or -1.
 */
int netlink_device(struct netlink_device *ret_device, struct problem *p)
{
	int ret;

	lock();
	/* An idle socket does not notice by itself that its module is another one now. */
	if (state.family.sock && family_gone(&state.family))
		detach(-ENOENT);
	ret = attach(false);
	if (ret)
		*p = state.why;
	else
		*ret_device = state.device;
	unlock();
	return ret;
}

static int take_issuer(struct nlattr **attrs, void *context)
{
	static const struct family_field field = {
		CASK_A_ISSUER, FAMILY_BYTES, true, 0, CASK_KID_SIZE
	};

	return family_decode(attrs, &field, 1, context);
}

/**
 * netlink_anchor_add() - install a distributor, or its newer scope
 * @provisioning_key: COSE_Key
 * @grant: GRANT statement
 * @scope: SCOPE statement
 * @ret_issuer: who it is
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int netlink_anchor_add(const struct netlink_blob *provisioning_key,
		       const struct netlink_blob *grant, const struct netlink_blob *scope,
		       uint8_t ret_issuer[CASK_KID_SIZE], struct problem *p)
{
	struct question q = {
		.what = "installing the distributor", .cmd = CASK_CMD_ANCHOR_ADD,
		.take = take_issuer, .context = ret_issuer,
		.attrs = {
			{ CASK_A_PROVISIONING_KEY, provisioning_key->data, provisioning_key->size },
			{ CASK_A_GRANT, grant->data, grant->size },
			{ CASK_A_SCOPE, scope->data, scope->size },
		},
	};

	return ask(&q, p);
}

static int take_anchor(struct nlattr **attrs, void *context)
{
	static const struct family_field fields[] = {
		FAMILY_FIELD(ISSUER, BYTES, true, netlink_anchor, issuer),
		FAMILY_FIELD(NAME, TEXT, true, netlink_anchor, name),
		FAMILY_FIELD(SEQUENCE, U64, true, netlink_anchor, sequence),
		FAMILY_FIELD(NOT_BEFORE, U64, true, netlink_anchor, not_before),
		FAMILY_FIELD(NOT_AFTER, U64, true, netlink_anchor, not_after),
	};

	return family_decode(attrs, fields, ARRAY_SIZE(fields), context);
}

/**
 * netlink_anchor_get() - what the module knows of a distributor
 * @issuer: which
 * @ret_anchor: filled in
 * @p: ENOKEY when it is not installed
 *
 * Return: 0 or -1.
 */
int netlink_anchor_get(const uint8_t issuer[CASK_KID_SIZE],
		       struct netlink_anchor *ret_anchor, struct problem *p)
{
	struct netlink_anchor anchor = { 0 };
	struct question q = {
		.what = "looking up the distributor", .cmd = CASK_CMD_ANCHOR_GET,
		.take = take_anchor, .context = &anchor,
		.attrs = { { CASK_A_ISSUER, issuer, CASK_KID_SIZE } },
	};

	if (ask(&q, p))
		return -1;
	*ret_anchor = anchor;
	return 0;
}

/**
 * struct answer - an ENROLMENT object being received
 * @data: NETLINK_ANSWER_MAX bytes of the caller
 * @size: how many came
 */
struct answer {
	uint8_t *data;
	size_t size;
};

static int take_answer(struct nlattr **attrs, void *context)
{
	struct nlattr *attr = attrs[CASK_A_ANSWER];
	struct answer *answer = context;

	if (!attr || nla_len(attr) < 1 || nla_len(attr) > NETLINK_ANSWER_MAX)
		return -EPROTO;
	answer->size = nla_len(attr);
	memcpy(answer->data, nla_data(attr), answer->size);
	return 0;
}

/**
 * netlink_enrol() - open a distributor's challenge and answer it
 * @issuer: the distributor
 * @challenge: as its server sealed it
 * @ret_answer: ENROLMENT object
 * @ret_size: its bytes
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int netlink_enrol(const uint8_t issuer[CASK_KID_SIZE],
		  const uint8_t challenge[CASK_SEALED_CHALLENGE_SIZE],
		  uint8_t ret_answer[NETLINK_ANSWER_MAX], size_t *ret_size, struct problem *p)
{
	struct answer answer = { .data = ret_answer };
	struct question q = {
		.what = "answering the challenge", .cmd = CASK_CMD_ENROL,
		.take = take_answer, .context = &answer,
		.attrs = {
			{ CASK_A_ISSUER, issuer, CASK_KID_SIZE },
			{ CASK_A_CHALLENGE, challenge, CASK_SEALED_CHALLENGE_SIZE },
		},
	};

	if (ask(&q, p))
		return -1;
	*ret_size = answer.size;
	return 0;
}

static int take_mac(struct nlattr **attrs, void *context)
{
	static const struct family_field field = {
		CASK_A_MAC, FAMILY_BYTES, true, 0, CASK_MAC_SIZE
	};

	return family_decode(attrs, &field, 1, context);
}

/**
 * netlink_sign() - authenticate a request under the pairwise key
 * @issuer: the distributor
 * @base: RFC 9421 signature base
 * @size: its bytes, at most CASK_SIGN_DATA_MAX
 * @ret_mac: hmac-sha256
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int netlink_sign(const uint8_t issuer[CASK_KID_SIZE], const void *base, size_t size,
		 uint8_t ret_mac[CASK_MAC_SIZE], struct problem *p)
{
	struct question q = {
		.what = "signing the request", .cmd = CASK_CMD_SIGN,
		.take = take_mac, .context = ret_mac,
		.attrs = {
			{ CASK_A_ISSUER, issuer, CASK_KID_SIZE },
			{ CASK_A_SIGN_DATA, base, size },
		},
	};

	return ask(&q, p);
}

static int take_license_ids(struct nlattr **attrs, void *context)
{
	static const struct family_field fields[] = {
		FAMILY_FIELD(ISSUER, BYTES, true, netlink_license, issuer),
		FAMILY_FIELD(LICENSE_ID, BYTES, true, netlink_license, license_id),
		FAMILY_FIELD(CONTENT_ID, BYTES, true, netlink_license, content_id),
	};

	return family_decode(attrs, fields, ARRAY_SIZE(fields), context);
}

/**
 * netlink_license_add() - have a license checked and kept
 * @license: LICENSE statement
 * @owner: uid, or NULL for the machine
 * @ret_license: issuer, license and content id; the rest is zero
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int netlink_license_add(const struct netlink_blob *license, const uint32_t *owner,
			struct netlink_license *ret_license, struct problem *p)
{
	struct netlink_license added = { 0 };
	struct question q = {
		.what = "installing the license", .cmd = CASK_CMD_LICENSE_ADD,
		.take = take_license_ids, .context = &added,
		.attrs = {
			{ CASK_A_LICENSE, license->data, license->size },
			{ owner ? CASK_A_OWNER : 0, owner, sizeof(*owner) },
		},
	};

	if (ask(&q, p))
		return -1;
	*ret_license = added;
	return 0;
}

static int decode_license(struct nlattr **attrs, struct netlink_license *license)
{
	static const struct family_field fields[] = {
		FAMILY_FIELD(ISSUER, BYTES, true, netlink_license, issuer),
		FAMILY_FIELD(LICENSE_ID, BYTES, true, netlink_license, license_id),
		FAMILY_FIELD(CONTENT_ID, BYTES, true, netlink_license, content_id),
		FAMILY_FIELD(OWNER, U32, false, netlink_license, owner),
		FAMILY_FIELD(VERSION, U32, true, netlink_license, version),
		FAMILY_FIELD(CREATED, U64, true, netlink_license, created),
		FAMILY_FIELD(NOT_BEFORE, U64, false, netlink_license, not_before),
		FAMILY_FIELD(NOT_AFTER, U64, false, netlink_license, not_after),
		FAMILY_FIELD(OPERATIONS, U32, true, netlink_license, operations),
		FAMILY_FIELD(SUITE, U32, true, netlink_license, suite),
		FAMILY_FIELD(OPENS, U64, true, netlink_license, opens),
		FAMILY_FIELD(BYTES, U64, true, netlink_license, bytes),
		FAMILY_FIELD(PACKETS, U64, true, netlink_license, packets),
		FAMILY_FIELD(SECONDS, U64, true, netlink_license, seconds),
	};

	license->machine = !attrs[CASK_A_OWNER];
	return family_decode(attrs, fields, ARRAY_SIZE(fields), license);
}

static int take_license(struct nlattr **attrs, void *context)
{
	return decode_license(attrs, context);
}

/**
 * netlink_license_get() - what the module knows of a license
 * @issuer: whose
 * @id: which
 * @ret_license: filled in
 * @p: ENOENT when it is not installed
 *
 * Return: 0 or -1.
 */
int netlink_license_get(const uint8_t issuer[CASK_KID_SIZE], const uint8_t id[CASK_ID_SIZE],
			struct netlink_license *ret_license, struct problem *p)
{
	struct netlink_license license = { 0 };
	struct question q = {
		.what = "looking up the license", .cmd = CASK_CMD_LICENSE_GET,
		.take = take_license, .context = &license,
		.attrs = {
			{ CASK_A_ISSUER, issuer, CASK_KID_SIZE },
			{ CASK_A_LICENSE_ID, id, CASK_ID_SIZE },
		},
	};

	if (ask(&q, p))
		return -1;
	*ret_license = license;
	return 0;
}

/**
 * netlink_license_del() - have a license removed; what plays with it stops
 * @issuer: whose
 * @id: which
 * @p: ENOENT when it is not installed
 *
 * Return: 0 or -1.
 */
int netlink_license_del(const uint8_t issuer[CASK_KID_SIZE], const uint8_t id[CASK_ID_SIZE],
			struct problem *p)
{
	struct question q = {
		.what = "removing the license", .cmd = CASK_CMD_LICENSE_DEL,
		.attrs = {
			{ CASK_A_ISSUER, issuer, CASK_KID_SIZE },
			{ CASK_A_LICENSE_ID, id, CASK_ID_SIZE },
		},
	};

	return ask(&q, p);
}

/**
 * struct listing - a dump being received
 * @licenses: so far
 * @count: how many
 */
struct listing {
	struct netlink_license *licenses;
	size_t count;
};

static int take_listed(struct nlattr **attrs, void *context)
{
	struct listing *list = context;
	struct netlink_license *grown;

	/* More than the module can hold is not an answer of the module. */
	if (list->count >= NETLINK_LICENSES_MAX)
		return -EPROTO;
	grown = reallocarray(list->licenses, list->count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	list->licenses = grown;
	memset(&grown[list->count], 0, sizeof(*grown));
	return decode_license(attrs, &grown[list->count++]);
}

/**
 * netlink_licenses() - all licenses that the module holds
 * @ret_licenses: allocated array, which the caller frees
 * @ret_count: of it
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int netlink_licenses(struct netlink_license **ret_licenses, size_t *ret_count,
		     struct problem *p)
{
	struct listing list = { 0 };
	struct question q = {
		.what = "listing the licenses", .cmd = CASK_CMD_LICENSE_GET, .dump = true,
		.take = take_listed, .context = &list,
	};
	int tries = 0, ret;

	do {
		list.count = 0;
		ret = ask(&q, p);
	} while (ret && p->error == EAGAIN && ++tries < DUMP_TRIES);
	if (ret) {
		free(list.licenses);
		return ret;
	}
	*ret_licenses = list.licenses;
	*ret_count = list.count;
	return 0;
}
