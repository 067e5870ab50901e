// SPDX-License-Identifier: GPL-2.0
/* twokey.c - licenses that bring a second key: parameters that are drawn, and that were agreed on. */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"
#include "counted.h"
#include "crypto.h"

FIXTURE(twokey) {
	struct world *w;
	struct license_twokey to;	/* what the world's license is made with */
	struct cask_step step;		/* agreed on */
};

#define SELF FIXTURE_DATA(twokey)

static void set_series(SELF *self, uint64_t series)
{
	const uint64_t name = htobe64(series);

	memcpy(self->step.series, &name, sizeof(name));
}

static uint64_t series_of(const SELF *self)
{
	uint64_t name;

	memcpy(&name, self->step.series, sizeof(name));
	return be64toh(name);
}

FIXTURE_SETUP(twokey)
{
	struct timespec now;

	self->w = world_new();
	ASSERT_NE(NULL, self->w);
	world_content(self->w, 10000);
	self->w->license.twokey = &self->to;
	/* Later than that of the test before, which the module remembers. */
	clock_gettime(CLOCK_BOOTTIME, &now);
	set_series(self, now.tv_sec * 1000000000ULL + now.tv_nsec);
	self->step.number = htole64(1000);
}

FIXTURE_TEARDOWN(twokey)
{
	world_free(self->w);
}

/* --- mode terminal --- */

/* A license that answers a nonce of this kernel. */
static int ask_terminal(SELF *self, uint32_t opens)
{
	int ret = ask_for(self->w, opens);

	self->to = forge_twokey(self->w->a, self->w->device_key, CASK_TWOKEY_TERMINAL,
				self->w->license.fields.nonce);
	return ret;
}

static int plays(struct world *w)
{
	int fd = open_counted(w);
	uint8_t bytes[10000];
	size_t i;

	if (fd < 0)
		return fd;
	if (pread(fd, bytes, sizeof(bytes), 0) != sizeof(bytes)) {
		close(fd);
		return -EIO;
	}
	close(fd);
	for (i = 0; i < sizeof(bytes); i++)
		if (bytes[i] != world_plain(i))
			return -EBADMSG;
	return 0;
}

TEST_F(twokey, K3_K4_a_content_plays_by_its_second_key)
{
	ASSERT_EQ(0, ask_terminal(self, 0));
	ASSERT_EQ(0, world_install(self->w, getuid()));
	EXPECT_EQ(0, plays(self->w));
	EXPECT_EQ(0, plays(self->w));
}

TEST_F(twokey, K5_D9_a_second_key_may_count)
{
	ASSERT_EQ(0, ask_terminal(self, 1));
	ASSERT_EQ(0, world_install(self->w, getuid()));
	EXPECT_EQ(0, plays(self->w));
	EXPECT_EQ(-EDQUOT, plays(self->w));
}

/* The world's license once more, byte for byte. */
static int again(SELF *self, const struct forge_bytes *s)
{
	return agent_license_add(self->w->agent, s->data, s->size, getuid());
}

static void make(SELF *self, struct forge_bytes *ret)
{
	struct world *w = self->w;

	forge_license(w->a, &w->license, w->device_key, w->content_key, ret);
}

TEST_F(twokey, K5_a_parameter_is_good_once)
{
	struct forge_bytes s, other;

	ASSERT_EQ(0, ask_terminal(self, 0));
	make(self, &s);
	self->w->license.fields.id[0] ^= 1;
	make(self, &other);
	EXPECT_EQ(0, again(self, &s));
	/* It is there: the same again is no second use. */
	EXPECT_EQ(0, again(self, &s));
	EXPECT_EQ(-EKEYREVOKED, again(self, &other));
	self->w->license.fields.id[0] ^= 1;
	forget(self->w);
	EXPECT_EQ(-EKEYREVOKED, again(self, &s));
	EXPECT_EQ(-EKEYREVOKED, again(self, &other));
	forge_free(&s);
	forge_free(&other);
}

TEST_F(twokey, K3_wrong_parameter_wrong_hardware_and_altered_key_are_told_apart)
{
	struct world *w = self->w;
	uint8_t private_key[32], public_key[32];

	ASSERT_EQ(0, ask_terminal(self, 0));
	/* of another hardware key */
	ASSERT_EQ(0, crypto_x25519_keypair(private_key, public_key));
	self->to = forge_twokey(w->a, public_key, CASK_TWOKEY_TERMINAL, w->license.fields.nonce);
	EXPECT_EQ(-EXDEV, world_install(w, getuid()));
	/* a parameter that this kernel did not draw */
	w->license.fields.nonce[0] ^= 1;
	self->to = forge_twokey(w->a, w->device_key, CASK_TWOKEY_TERMINAL, w->license.fields.nonce);
	EXPECT_EQ(-EKEYREVOKED, world_install(w, getuid()));
	w->license.fields.nonce[0] ^= 1;
	/* made under another secret than that of the hardware key it names */
	self->to = forge_twokey(w->a, w->device_key, CASK_TWOKEY_TERMINAL, w->license.fields.nonce);
	self->to.secret[0] ^= 1;
	EXPECT_EQ(-EBADMSG, world_install(w, getuid()));
	/* and none of them has used the parameter up */
	self->to.secret[0] ^= 1;
	EXPECT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(0, plays(w));
}

/* Lifted out of its license into one with other rights, by one who can sign. */
TEST_F(twokey, K3_a_second_key_opens_in_its_own_license_only)
{
	struct forge_bytes s, slot;

	ASSERT_EQ(0, ask_terminal(self, 1));
	make(self, &s);
	forge_slot(&s, &slot);
	self->w->license.slot = slot.data;
	self->w->license.slot_size = slot.size;
	self->w->license.fields.max_opens = 2;
	EXPECT_EQ(-EBADMSG, world_install(self->w, getuid()));
	self->w->license.slot = NULL;
	forge_free(&slot);
	forge_free(&s);
}

TEST_F(twokey, K2_what_alters_the_statement_is_refused)
{
	struct forge_bytes s;
	size_t i;

	ASSERT_EQ(0, ask_terminal(self, 0));
	make(self, &s);
	/* The signature is at the end, the slot before it. */
	for (i = s.size - 256 - 3 - CASK_TWOKEY_SLOT_SIZE; i < s.size - 256 - 3; i += 7) {
		s.data[i] ^= 1;
		EXPECT_GT(0, again(self, &s));
		s.data[i] ^= 1;
	}
	EXPECT_EQ(0, again(self, &s));
	forge_free(&s);
}

/* --- mode synchronised --- */

static struct forge_synchronise word(SELF *self)
{
	struct forge_synchronise s = { .fields.step = self->step, .fields.created = time(NULL) };

	draw(self->w, s.fields.nonce);
	memcpy(s.fields.issuer, self->w->a->root.pub.kid, CASK_KID_SIZE);
	memcpy(s.fields.device_id, self->w->device_id, CASK_KID_SIZE);
	return s;
}

static int bring_bytes_of(SELF *self, const struct forge_bytes *object)
{
	const struct agent_attr attrs[] = {
		{ CASK_A_SYNCHRONISE, object->data, object->size }, { 0 },
	};

	return agent_call(self->w->agent, CASK_CMD_SYNCHRONISE, 0, attrs, NULL);
}

static int bring_word(SELF *self, const struct forge_synchronise *s)
{
	struct forge_bytes object;
	int ret;

	forge_synchronise(self->w->a, self->w->device_key, s, &object);
	ret = bring_bytes_of(self, &object);
	forge_free(&object);
	return ret;
}

static int agree(SELF *self)
{
	const struct forge_synchronise s = word(self);

	return bring_word(self, &s);
}

/* A license by the step, and its outcome; another license each time. */
static int take(SELF *self, uint64_t number)
{
	struct cask_step step = self->step;
	int ret;

	step.number = htole64(number);
	self->to = forge_twokey(self->w->a, self->w->device_key, CASK_TWOKEY_SYNCHRONISED, &step);
	crypto_random(self->w->license.fields.id, CASK_ID_SIZE);
	ret = world_install(self->w, getuid());
	if (!ret)
		forget(self->w);
	return ret;
}

/* The first of all that take steps: what is agreed on stays as long as the module. */
TEST_F(twokey, K6_nothing_was_agreed_on)
{
	EXPECT_EQ(-EL2NSYNC, take(self, 1001));
	ASSERT_EQ(0, agree(self));
	EXPECT_EQ(0, take(self, 1001));
	self->step.series[0] ^= 1;
	EXPECT_EQ(-EL2NSYNC, take(self, 1002));
	self->step.series[0] ^= 1;
	EXPECT_EQ(0, take(self, 1002));
}

TEST_F(twokey, K6_a_content_plays_by_a_step)
{
	struct cask_step step = self->step;

	ASSERT_EQ(0, agree(self));
	step.number = htole64(1001);
	self->to = forge_twokey(self->w->a, self->w->device_key, CASK_TWOKEY_SYNCHRONISED, &step);
	self->w->license.fields.max_opens = 2;
	ASSERT_EQ(0, world_install(self->w, getuid()));
	EXPECT_EQ(2, left(self->w));
	EXPECT_EQ(0, plays(self->w));
	EXPECT_EQ(0, plays(self->w));
	EXPECT_EQ(-EDQUOT, plays(self->w));
}

TEST_F(twokey, K6_lost_late_and_repeated_steps)
{
	ASSERT_EQ(0, agree(self));
	/* what is not after what was agreed on */
	EXPECT_EQ(-EKEYREVOKED, take(self, 1000));
	EXPECT_EQ(-ESTALE, take(self, 1000 - CASK_STEP_WINDOW));
	/* 63 were lost */
	EXPECT_EQ(0, take(self, 1000 + CASK_STEP_WINDOW));
	/* 64 more are too many */
	EXPECT_EQ(-EL2NSYNC, take(self, 1001 + 2 * CASK_STEP_WINDOW));
	/* they come late, each once */
	EXPECT_EQ(0, take(self, 1001));
	EXPECT_EQ(-EKEYREVOKED, take(self, 1001));
	EXPECT_EQ(0, take(self, 1040));
	EXPECT_EQ(-EKEYREVOKED, take(self, 1000 + CASK_STEP_WINDOW));
	/* the window goes on, and 1002 is behind it */
	EXPECT_EQ(0, take(self, 1002 + CASK_STEP_WINDOW));
	EXPECT_EQ(-ESTALE, take(self, 1002));
	EXPECT_EQ(0, take(self, 1003));
}

/* The license itself is no repetition: what was kept installs again, and once removed does not. */
TEST_F(twokey, K6_the_license_that_took_the_step)
{
	struct cask_step step = self->step;
	struct forge_bytes s;

	ASSERT_EQ(0, agree(self));
	step.number = htole64(1001);
	self->to = forge_twokey(self->w->a, self->w->device_key, CASK_TWOKEY_SYNCHRONISED, &step);
	make(self, &s);
	EXPECT_EQ(0, again(self, &s));
	EXPECT_EQ(0, again(self, &s));
	forget(self->w);
	EXPECT_EQ(-EKEYREVOKED, again(self, &s));
	forge_free(&s);
}

TEST_F(twokey, K6_what_was_agreed_on_is_replaced)
{
	ASSERT_EQ(0, agree(self));
	EXPECT_EQ(0, take(self, 1001));
	set_series(self, series_of(self) + 1);
	self->step.number = htole64(7);
	ASSERT_EQ(0, agree(self));
	EXPECT_EQ(0, take(self, 8));
	set_series(self, series_of(self) - 1);
	EXPECT_EQ(-EL2NSYNC, take(self, 1002));
}

/* A word that was kept back revives no step of a series that is over. */
TEST_F(twokey, K6_an_earlier_series_does_not_come_back)
{
	struct forge_synchronise kept = word(self);

	ASSERT_EQ(0, agree(self));
	EXPECT_EQ(0, take(self, 1001));
	set_series(self, series_of(self) + 1);
	ASSERT_EQ(0, agree(self));
	EXPECT_EQ(-ESTALE, bring_word(self, &kept));
	EXPECT_EQ(-ESTALE, bring_word(self, &kept));
	EXPECT_EQ(0, take(self, 1001));
	set_series(self, series_of(self) - 1);
	EXPECT_EQ(-EL2NSYNC, take(self, 1001));
	drop(self->w, kept.fields.nonce);
}

/* Too many were lost: agreed anew, what came is good, once, and what was used stays used. */
TEST_F(twokey, K6_a_series_goes_on)
{
	ASSERT_EQ(0, agree(self));
	EXPECT_EQ(0, take(self, 1002));
	EXPECT_EQ(-EL2NSYNC, take(self, 1003 + CASK_STEP_WINDOW));
	/* an earlier word, of the same series, changes nothing */
	ASSERT_EQ(0, agree(self));
	EXPECT_EQ(-EKEYREVOKED, take(self, 1002));
	EXPECT_EQ(0, take(self, 1001));
	self->step.number = htole64(1003);
	ASSERT_EQ(0, agree(self));
	EXPECT_EQ(-EKEYREVOKED, take(self, 1003));
	EXPECT_EQ(-EKEYREVOKED, take(self, 1002));
	EXPECT_EQ(0, take(self, 1003 + CASK_STEP_WINDOW));
	EXPECT_EQ(-EKEYREVOKED, take(self, 1003 + CASK_STEP_WINDOW));
	EXPECT_EQ(0, take(self, 1004));
}

TEST_F(twokey, K6_a_word_is_taken_once)
{
	struct forge_synchronise s = word(self);

	EXPECT_EQ(0, bring_word(self, &s));
	EXPECT_EQ(0, take(self, 1001));
	EXPECT_EQ(-EKEYREVOKED, bring_word(self, &s));
	EXPECT_EQ(-EKEYREVOKED, take(self, 1001));
	/* nor one that nobody asked for, or was given up */
	s = word(self);
	drop(self->w, s.fields.nonce);
	EXPECT_EQ(-EKEYREVOKED, bring_word(self, &s));
}

/* A nonce is for one thing: a license has used it up, or a word. */
TEST_F(twokey, K5_K6_a_nonce_is_no_step_too)
{
	struct forge_synchronise s;

	ASSERT_EQ(0, ask_terminal(self, 0));
	ASSERT_EQ(0, world_install(self->w, getuid()));
	s = word(self);
	memcpy(s.fields.nonce, self->w->license.fields.nonce, CASK_NONCE_SIZE);
	EXPECT_EQ(-EKEYREVOKED, bring_word(self, &s));
}

/* It tells the time, too: nothing else of the distributor's is there that did. */
TEST_F(twokey, K6_steps_may_be_agreed_on_before_all_else)
{
	struct forge_distributor *b = world_distributor("b", COSE_ALG_RS256), *a = self->w->a;
	struct forge_synchronise s;

	ASSERT_EQ(0, world_install_anchor(self->w, b, NULL));
	self->w->a = b;
	s = word(self);
	s.fields.created = time(NULL) - 2 * 24 * 60 * 60;
	EXPECT_EQ(-EKEYREJECTED, bring_word(self, &s));
	s.fields.created = time(NULL);
	EXPECT_EQ(0, bring_word(self, &s));
	self->w->a = a;
	forge_distributor_free(b);
}

TEST_F(twokey, K6_words_that_are_not_believed)
{
	struct forge_synchronise right = word(self), s = right;
	uint8_t private_key[32], public_key[32];
	struct forge_bytes object;
	size_t i;

	s.fields.device_id[0] ^= 1;
	EXPECT_EQ(-EXDEV, bring_word(self, &s));
	s = right;
	s.fields.issuer[0] ^= 1;
	EXPECT_EQ(-ENOKEY, bring_word(self, &s));
	s = right;
	s.tamper.unknown_section = 0x81;
	s.tamper.unknown_flags = CASK_SECTION_CRITICAL;
	EXPECT_EQ(-EOPNOTSUPP, bring_word(self, &s));
	s = right;
	s.tamper.omit_section = CASK_SEC_NONCE;
	EXPECT_EQ(-EINVAL, bring_word(self, &s));
	/* MACed for another device */
	ASSERT_EQ(0, crypto_x25519_keypair(private_key, public_key));
	forge_synchronise(self->w->a, public_key, &right, &object);
	EXPECT_EQ(-EKEYREJECTED, bring_bytes_of(self, &object));
	forge_free(&object);
	/* the values of each section, and the MAC */
	forge_synchronise(self->w->a, self->w->device_key, &right, &object);
	for (i = object.size - CASK_MAC_SIZE - 8 - sizeof(struct cask_step); i < object.size; i++) {
		object.data[i] ^= 1;
		EXPECT_GT(0, bring_bytes_of(self, &object));
		object.data[i] ^= 1;
	}
	object.data[sizeof(struct cask_head) + sizeof(struct cask_section)] ^= 1;
	EXPECT_EQ(-EKEYREJECTED, bring_bytes_of(self, &object));
	forge_free(&object);
	/* none has used the nonce up */
	EXPECT_EQ(0, bring_word(self, &right));
}

TEST_F(twokey, K6_a_step_of_another_device_takes_none)
{
	uint8_t private_key[32], public_key[32];
	struct cask_step step = self->step;

	ASSERT_EQ(0, agree(self));
	step.number = htole64(1001);
	ASSERT_EQ(0, crypto_x25519_keypair(private_key, public_key));
	self->to = forge_twokey(self->w->a, public_key, CASK_TWOKEY_SYNCHRONISED, &step);
	EXPECT_EQ(-EXDEV, world_install(self->w, getuid()));
	EXPECT_EQ(0, take(self, 1001));
}

TEST_HARNESS_MAIN
