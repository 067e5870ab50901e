// SPDX-License-Identifier: GPL-2.0
/*
 * agent.c - being the module's agent: the one socket, its coming and going, and
 * what the module says unasked.
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
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>
#include <linux/cask_netlink.h>

#include "agent.h"
#include "area.h"
#include "cleanup.h"
#include "family.h"
#include "log.h"

/* Looking for the module may start a modprobe, so callers cannot force it without end. */
#define LOOK_INTERVAL_MS	500

static struct {
	pthread_mutex_t lock;
	struct family family;		/* sock is NULL while not the agent */
	struct agent_device device;
	struct problem why;		/* of the last failure to become the agent */
	int64_t looked;			/* ms, CLOCK_MONOTONIC */
	agent_ready *ready;
	agent_happened *happened;
	bool in_ready;			/* ready() does not bring about another ready() */
	atomic_uint exchanges;		/* that have ended; read without the mutex */
	struct nl_sock *watch;
	pthread_t watcher;
	/*
	 * What the watcher waits on. Unlike poll() it keeps no socket open that somebody closes
	 * meanwhile: to the module we would be the agent for as long, and HELLO by another EBUSY.
	 */
	int epoll;
	int ends;			/* eventfd */
} state = { .epoll = -1, .ends = -1 };

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

/* nla_len is 16 bits; whatever the module takes is far below. */
static int put(struct nl_msg *msg, const struct agent_attr *attr)
{
	if (attr->size > CASK_STATEMENT_MAX)
		return -EMSGSIZE;
	return nla_put(msg, attr->type, attr->size, attr->data) ? -EMSGSIZE : 0;
}

static struct nl_msg *compose(const struct agent_question *q)
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

/* One exchange with the family that is open; @ret_refused: the module said so itself. */
static int exchange(const struct agent_question *q, char *message, bool *ret_refused)
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
	atomic_fetch_add(&state.exchanges, 1);
	*ret_refused = ask.refused;
	memcpy(message, ask.message, sizeof(ask.message));
	return ret;
}

static int take_device(struct nlattr **attrs, void *context)
{
	static const struct family_field fields[] = {
		FAMILY_FIELD(PROTOCOL, U32, true, agent_device, protocol),
		FAMILY_FIELD(MODULE_VERSION, TEXT, true, agent_device, module_version),
		FAMILY_FIELD(DEVICE_ID, BYTES, true, agent_device, id),
		FAMILY_FIELD(DEVICE_KEY, BYTES, true, agent_device, key),
		FAMILY_FIELD(ROOT, U32, true, agent_device, root),
		FAMILY_FIELD(BOOT, U32, true, agent_device, boot),
		FAMILY_FIELD(LEVEL, U32, true, agent_device, level),
		FAMILY_FIELD(SIGNATURES, U32, true, agent_device, signatures),
		FAMILY_FIELD(AREA_STATE, U32, true, agent_device, area.state),
		FAMILY_FIELD(COUNTER, U64, true, agent_device, area.counter),
		FAMILY_FIELD(RECORDS, U32, true, agent_device, area.records),
		FAMILY_FIELD(SIZE, U32, true, agent_device, area.size),
	};

	return family_decode(attrs, fields, ARRAY_SIZE(fields), context);
}

static int hello(char *message)
{
	uint32_t protocol = CASK_FAMILY_VERSION;
	struct agent_device device = { 0 };
	struct agent_question q = {
		.cmd = CASK_CMD_HELLO, .take = take_device, .context = &device,
		.attrs = { { CASK_A_PROTOCOL, &protocol, sizeof(protocol) } },
	};
	bool refused;
	int ret = exchange(&q, message, &refused);

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
		FAMILY_FIELD(EVENT, U32, true, agent_event, event),
		FAMILY_FIELD(EVENT_SEQUENCE, U64, true, agent_event, sequence),
		FAMILY_FIELD(ISSUER, BYTES, false, agent_event, issuer),
		FAMILY_FIELD(LICENSE_ID, BYTES, false, agent_event, license_id),
		FAMILY_FIELD(CONTENT_ID, BYTES, false, agent_event, content_id),
		FAMILY_FIELD(OWNER, U32, false, agent_event, owner),
		FAMILY_FIELD(ERROR, U32, false, agent_event, error),
	};
	struct agent_event e = { .has_owner = attrs[CASK_A_OWNER] };

	if (!family_decode(attrs, fields, ARRAY_SIZE(fields), &e))
		state.happened(&e);
}

/* --- the module's disk --- */

struct store_question {
	struct area_place place;
	uint64_t id;
};

static void answer_store(uint64_t id, int error, const void *data, size_t size)
{
	uint32_t code = -error;
	const struct agent_question answer = {
		.cmd = CASK_CMD_STORE_ANSWER,
		.attrs = { { CASK_A_REQUEST, &id, sizeof(id) },
			   { CASK_A_ERROR, &code, sizeof(code) },
			   { size ? CASK_A_DATA : 0, data, size } },
	};
	struct nl_msg *msg = compose(&answer);

	/* The module waits for so long and no longer. */
	if (!msg || family_tell(&state.family, answer.cmd, msg))
		cask_warn("the module was not told what its secure area holds");
	nlmsg_free(msg);
}

static void take_store(struct nlattr **attrs)
{
	static const struct family_field fields[] = {
		FAMILY_FIELD(REQUEST, U64, true, store_question, id),
		FAMILY_FIELD(DEVICE_ID, BYTES, true, store_question, place.device_id),
		FAMILY_FIELD(ROOT, U32, true, store_question, place.root),
		FAMILY_FIELD(SLOT, U32, true, store_question, place.slot),
		FAMILY_FIELD(OFFSET, U32, true, store_question, place.offset),
		FAMILY_FIELD(SIZE, U32, false, store_question, place.size),
	};
	struct nlattr *data = attrs[CASK_A_DATA];
	uint8_t buffer[CASK_STORE_DATA_MAX];
	struct store_question q = { 0 };
	size_t size = 0;
	int ret;

	if (family_decode(attrs, fields, ARRAY_SIZE(fields), &q))
		return;
	if (data) {
		q.place.size = nla_len(data);
		ret = area_write(&q.place, nla_data(data), attrs[CASK_A_SYNC]);
	} else {
		ret = area_read(&q.place, buffer, &size);
	}
	if (ret)
		cask_err("the secure area: %s", strerror(-ret));
	answer_store(q.id, ret, buffer, size);
}

static void take_unasked(uint8_t cmd, struct nlattr **attrs)
{
	if (cmd == CASK_CMD_STORE)
		take_store(attrs);
	else
		take_event(attrs);
}

/* Have the watcher hear of what can be read there. */
static int listen_to(int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(state.epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static void close_family(void)
{
	/* First, so that not even a wakeup under way holds it when it is closed. */
	epoll_ctl(state.epoll, EPOLL_CTL_DEL, nl_socket_get_fd(state.family.sock), NULL);
	family_close(&state.family);
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
	if (!ret)
		ret = listen_to(nl_socket_get_fd(state.family.sock));
	if (ret) {
		explain_hello(ret, message);
		close_family();
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
	state.in_ready = true;
	state.ready();
	state.in_ready = false;
	return state.family.sock ? 0 : -1;
}

static void detach(int ret)
{
	close_family();
	if (ret == -ENOENT)
		problem_set(&state.why, 503, "module-absent",
			    "the kernel module cask was unloaded");
	else
		problem_kernel(&state.why, -ret, "talking to the kernel module", "");
	cask_notice("%s", state.why.detail);
}

/*
 * Whether an errno means that we are not the agent any more. The module's own may be
 * that of the disk which we are for it.
 */
static bool lost(int ret, bool refused)
{
	return ret == -ENOTCONN || (!refused && (ret == -EIO || ret == -ETIMEDOUT)) ||
	       ret == -EPROTO || (ret == -ENOENT && family_gone(&state.family));
}

static int ask_locked(const struct agent_question *q, struct problem *p)
{
	char message[FAMILY_MESSAGE_MAX + 1] = "";
	bool refused;
	int ret = 0;

	for (int tries = 0; tries < 2; tries++) {
		if (attach(false)) {
			*p = state.why;
			return -1;
		}
		ret = exchange(q, message, &refused);
		if (!ret)
			return 0;
		if (!state.family.sock || !lost(ret, refused))
			break;
		detach(ret);
		/* What a broken dump gave so far would stand there twice. */
		if (q->dump && ret != -ENOTCONN)
			break;
	}
	return problem_kernel(p, -ret, q->what, message);
}

/**
 * agent_ask() - ask the module for an operation
 * @q: which
 * @p: on failure; the errno is the module's
 *
 * Looks for the module if it is not there, and again once if it was lost on the way. Return: 0 or -1.
 */
int agent_ask(const struct agent_question *q, struct problem *p)
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

static void hear_news(void)
{
	enum family_news news = family_watch_read(state.watch);

	if (news != FAMILY_NO_NEWS)
		hear(news);
}

static void *watch(void *unused)
{
	struct epoll_event event;
	int n;

	while ((n = epoll_wait(state.epoll, &event, 1, -1)) >= 0 || errno == EINTR) {
		if (n < 1)
			continue;
		if (event.data.fd == state.ends)
			break;
		if (event.data.fd == nl_socket_get_fd(state.watch))
			hear_news();
		else
			drain();	/* it may be another's by now */
	}
	return NULL;
}

static int start_watcher(void)
{
	int ret = family_watch_open(&state.watch);

	if (ret)
		return ret;
	ret = listen_to(state.ends);
	if (!ret)
		ret = listen_to(nl_socket_get_fd(state.watch));
	if (!ret)
		ret = -pthread_create(&state.watcher, NULL, watch, NULL);
	if (ret) {
		nl_socket_free(state.watch);
		state.watch = NULL;
	}
	return ret;
}

/**
 * agent_init() - look for the module and become its agent
 * @ready: called whenever that succeeds, now or later
 * @happened: called for each event
 *
 * Without the module this succeeds too. Return: 0 or a negative errno.
 */
int agent_init(agent_ready *ready, agent_happened *happened)
{
	pthread_mutexattr_t attr;
	int ret;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&state.lock, &attr);
	pthread_mutexattr_destroy(&attr);
	state.ready = ready;
	state.happened = happened;
	state.family.unasked = take_unasked;
	state.epoll = epoll_create1(EPOLL_CLOEXEC);
	state.ends = eventfd(0, EFD_CLOEXEC);
	if (state.epoll < 0 || state.ends < 0)
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
 * agent_exit() - stop listening and being the agent
 */
void agent_exit(void)
{
	if (state.watch) {
		eventfd_write(state.ends, 1);
		pthread_join(state.watcher, NULL);
		nl_socket_free(state.watch);
		state.watch = NULL;
	}
	family_close(&state.family);
	if (state.ends >= 0)
		close(state.ends);
	if (state.epoll >= 0)
		close(state.epoll);
	state.ends = state.epoll = -1;
}

/**
 * agent_responds() - whether the module can be asked, be it there or not
 * @until: CLOCK_REALTIME, when to say no
 *
 * Thousands of licenses may be told to it in one go: then it is enough that there is
 * always a next one.
 */
bool agent_responds(const struct timespec *until)
{
	unsigned int before = atomic_load(&state.exchanges);

	if (pthread_mutex_timedlock(&state.lock, until))
		return atomic_load(&state.exchanges) != before;
	unlock();
	return true;
}

/**
 * agent_device() - who the device is
 * @ret_device: as it is now
 * @p: why there is none: codes module-absent, module-version, kernel
 *
 * Return: 0 or -1.
 */
int agent_device(struct agent_device *ret_device, struct problem *p)
{
	char message[FAMILY_MESSAGE_MAX + 1] = "";
	int ret;

	lock();
	/* An idle socket does not notice by itself that its module is another one now. */
	if (state.family.sock && family_gone(&state.family))
		detach(-ENOENT);
	ret = attach(false);
	/* The secure area is another one than at the first HELLO. */
	if (!ret && hello(message))
		cask_warn("the module does not say how it is: %s", message);
	if (ret)
		*p = state.why;
	else
		*ret_device = state.device;
	unlock();
	return ret;
}
