// SPDX-License-Identifier: GPL-2.0
/* license.c - which licenses the kernel takes, and which it refuses with what. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"
#include "world.h"

FIXTURE(license) {
	struct world *w;
};

FIXTURE_SETUP(license)
{
	self->w = world_new();
	ASSERT_NE(NULL, self->w);
	world_content(self->w, 10000);
}

FIXTURE_TEARDOWN(license)
{
	world_free(self->w);
}

/* Make the world's license as tampered with and hand it in. */
static int add(struct world *w)
{
	return world_install(w, getuid());
}

TEST_F(license, D8_a_license_installs_and_opens_its_content)
{
	struct cask_info info;
	int fd;

	EXPECT_EQ(-ENOKEY, open_path(self->w->path, NULL));
	ASSERT_EQ(0, add(self->w));
	fd = open_path(self->w->path, NULL);
	ASSERT_LE(0, fd);
	info = info_of(fd);
	EXPECT_EQ(0, memcmp(info.license_id, self->w->license.fields.id, CASK_ID_SIZE));
	EXPECT_EQ(0, memcmp(info.content_id, self->w->content_id, CASK_ID_SIZE));
	EXPECT_EQ(0, memcmp(info.issuer, self->w->a->root.pub.kid, CASK_KID_SIZE));
	close(fd);
}

TEST_F(license, D8_the_same_license_again_is_the_same_and_anothers_is_EEXIST)
{
	struct world *w = self->w;
	struct forge_bytes l;

	forge_license(w->a, &w->license, w->device_key, w->content_key, &l);
	EXPECT_EQ(0, agent_license_add(w->agent, l.data, l.size, 0));
	EXPECT_EQ(0, agent_license_add(w->agent, l.data, l.size, 0));
	EXPECT_EQ(-EEXIST, agent_license_add(w->agent, l.data, l.size, 1));
	EXPECT_EQ(-EEXIST, agent_license_add(w->agent, l.data, l.size, -1));
	w->license.fields.version++;
	EXPECT_EQ(-EEXIST, world_install(w, 1));
	forge_free(&l);
}

TEST_F_TIMEOUT(license, D7_every_byte_of_a_license_altered_is_refused, 300)
{
	struct world *w = self->w;
	struct forge_bytes l;
	unsigned int taken = 0, reasons[5] = { 0 };
	size_t i;

	forge_license(w->a, &w->license, w->device_key, w->content_key, &l);
	for (i = 0; i < l.size; i++) {
		l.data[i] ^= 1 << (i % 8);
		switch (agent_license_add(w->agent, l.data, l.size, 0)) {
		case -EINVAL: reasons[0]++; break;
		case -EOPNOTSUPP: reasons[1]++; break;
		case -ENOKEY: reasons[2]++; break;
		case -EKEYREJECTED: reasons[3]++; break;
		default:
			TH_LOG("byte %zu was taken or gave another error", i);
			taken++;
		}
		l.data[i] ^= 1 << (i % 8);
	}
	TH_LOG("counted: %zu bad inputs, %u EINVAL, %u EOPNOTSUPP, %u ENOKEY, %u EKEYREJECTED", l.size,
	       reasons[0], reasons[1], reasons[2], reasons[3]);
	EXPECT_EQ(0, taken);
	/* The signature's bytes alone are 256. */
	EXPECT_LT(256, reasons[3]);
	EXPECT_EQ(-ENOKEY, open_path(w->path, NULL));
	EXPECT_EQ(0, agent_license_add(w->agent, l.data, l.size, 0));
	forge_free(&l);
}

/* Every prefix is refused: a length that the kernel believed would read past it. */
TEST_F(license, D7_a_license_cut_short_is_EINVAL)
{
	struct world *w = self->w;
	struct forge_bytes l;
	size_t n;

	forge_license(w->a, &w->license, w->device_key, w->content_key, &l);
	for (n = 0; n < l.size; n++)
		ASSERT_EQ(-EINVAL, agent_license_add(w->agent, l.data, n, 0)) {
			TH_LOG("%zu of %zu bytes", n, l.size);
		}
	TH_LOG("counted: %zu bad inputs", n);
	forge_free(&l);
}

/*
 * Keys of the same organisation that are not the license-signing key, of the kinds
 * that cask-server init makes: its TLS key and its client CA (P-256), an RSA client
 * key, the root's, the provisioning key's; and a stranger's. With its own kid nobody
 * knows it; with the license key's the signature is wrong.
 */
TEST_F(license, D7_a_signature_by_any_other_key_is_refused)
{
	struct forge_distributor *stranger = world_distributor("stranger", COSE_ALG_RS256);
	struct forge_key tls = forge_key_new(COSE_ALG_ES256);
	struct forge_key client_ca = forge_key_new(COSE_ALG_ES256);
	struct world *w = self->w;
	const struct forge_key *signers[] = {
		&tls, &client_ca, &stranger->license, &stranger->root, &w->a->root,
		&w->a->provisioning,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(signers); i++) {
		w->license.tamper.signer = signers[i];
		w->license.tamper.kid = NULL;
		EXPECT_EQ(-ENOKEY, add(w));
		w->license.tamper.kid = w->a->license.pub.kid;
		EXPECT_EQ(-EKEYREJECTED, add(w));
	}
	forge_key_free(&tls);
	forge_key_free(&client_ca);
	forge_distributor_free(stranger);
}

TEST_F(license, D7_a_signer_of_another_algorithm_is_refused)
{
	struct forge_distributor *ec = world_distributor("ec", COSE_ALG_ES256);

	self->w->license.tamper.signer = &ec->license;
	self->w->license.tamper.kid = self->w->a->license.pub.kid;
	EXPECT_EQ(-EKEYREJECTED, add(self->w));
	self->w->license.tamper.signer = NULL;
	self->w->license.tamper.kid = NULL;
	self->w->license.tamper.alg = -37;	/* PS256 */
	EXPECT_EQ(-EOPNOTSUPP, add(self->w));
	forge_distributor_free(ec);
}

TEST_F(license, D8_ES256_works_where_the_kernel_has_it_and_is_ENOPKG_elsewhere)
{
	struct world *w = self->w;
	struct forge_distributor *ec = world_distributor("ec", COSE_ALG_ES256);
	bool have = w->algs & 2;
	int ret;

	ret = world_install_anchor(w, ec, NULL);
	EXPECT_EQ(have ? 0 : -ENOPKG, ret);
	if (have) {
		memcpy(w->license.fields.issuer, ec->root.pub.kid, CASK_KID_SIZE);
		forge_distributor_free(w->a);
		w->a = ec;
		ec = NULL;
		EXPECT_EQ(0, add(w));
		world_content(w, 100);
		ret = open_path(w->path, NULL);
		EXPECT_LE(0, ret);
		close(ret);
	}
	if (ec)
		forge_distributor_free(ec);
}

TEST_F(license, D7_what_the_license_does_not_have_to_say_is_checked)
{
	static const uint16_t required[] = {
		CASK_SEC_LICENSE_ID, CASK_SEC_CONTENT_ID, CASK_SEC_VERSION, CASK_SEC_CREATED,
		CASK_SEC_OPERATIONS, CASK_SEC_SUITE, CASK_SEC_MIN_LEVEL, CASK_SEC_ISSUER,
		CASK_SEC_SLOT,
	};
	struct forge_tamper *t = &self->w->license.tamper;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(required); i++) {
		t->omit_section = required[i];
		EXPECT_EQ(-EINVAL, add(self->w)) {
			TH_LOG("section %#x left out", required[i]);
		}
	}
	*t = (struct forge_tamper){ .unknown_section = 0x0666, .unknown_flags = 1 };
	EXPECT_EQ(-EOPNOTSUPP, add(self->w));
	*t = (struct forge_tamper){ .unknown_section = 0x0666, .unknown_flags = 2 };
	EXPECT_EQ(-EINVAL, add(self->w));
	*t = (struct forge_tamper){ .trailing = 1 };
	EXPECT_EQ(-EINVAL, add(self->w));
	*t = (struct forge_tamper){ .slack = 1 };
	EXPECT_EQ(-EINVAL, add(self->w));
	*t = (struct forge_tamper){ .object_type = CASK_TYPE_SCOPE };
	EXPECT_EQ(-EINVAL, add(self->w));
	*t = (struct forge_tamper){ .object_version = 2 };
	EXPECT_EQ(-EOPNOTSUPP, add(self->w));
	*t = (struct forge_tamper){ .unknown_section = 0x0666 };
	EXPECT_EQ(0, add(self->w));
}

TEST_F(license, D8_rights_that_this_version_does_not_know_are_EOPNOTSUPP)
{
	struct license_fields *f = &self->w->license.fields;

	f->operations = CASK_OPERATION_FILE | 0x80000000;
	EXPECT_EQ(-EOPNOTSUPP, add(self->w));
	f->operations = 0;
	EXPECT_EQ(-EINVAL, add(self->w));
	f->operations = CASK_OPERATION_FILE;
	f->suite = 99;
	EXPECT_EQ(-EOPNOTSUPP, add(self->w));
	f->suite = CASK_SUITE_AES_128_GCM;
	f->min_level = 2;
	EXPECT_EQ(-EOPNOTSUPP, add(self->w));
	/* The ephemeral root is of level development. */
	f->min_level = CASK_LEVEL_PRODUCTION;
	EXPECT_EQ(-EACCES, add(self->w));
}

TEST_F(license, D8_a_license_for_another_device_is_EXDEV)
{
	struct world *w = self->w;
	uint8_t other[CASK_X25519_SIZE];
	struct forge_bytes l;

	memcpy(other, w->a->server_public, sizeof(other));
	forge_license(w->a, &w->license, other, w->content_key, &l);
	EXPECT_EQ(-EXDEV, agent_license_add(w->agent, l.data, l.size, 0));
	forge_free(&l);
	EXPECT_EQ(-ENOKEY, open_path(w->path, NULL));
}

TEST_F(license, D8_the_slot_of_this_device_is_found_among_others)
{
	self->w->license.decoys = CASK_SLOTS_MAX - 1;
	EXPECT_EQ(0, add(self->w));
}

TEST_F(license, D8_too_many_slots_and_unknown_ones_are_refused)
{
	self->w->license.decoys = CASK_SLOTS_MAX;
	EXPECT_EQ(-EINVAL, add(self->w));
	self->w->license.decoys = 0;
	self->w->license.slot_flags = 1;
	EXPECT_EQ(-EINVAL, add(self->w));
	self->w->license.slot_flags = 0;
	self->w->license.slot_method = 0x7777;
	EXPECT_EQ(-EOPNOTSUPP, add(self->w));
	self->w->license.slot_method = 0;
	/* Behind the slots a right would be bound to none of them. */
	self->w->license.tamper.unknown_section = CASK_SEC_SLOT + 1;
	EXPECT_EQ(-EINVAL, add(self->w));
}

/* A point of small order gives the same secret to everybody. */
TEST_F(license, D8_a_slot_sealed_to_a_point_of_small_order_is_EBADMSG)
{
	struct world *w = self->w;
	struct forge_bytes l, slot;

	forge_license(w->a, &w->license, w->device_key, w->content_key, &l);
	forge_slot(&l, &slot);
	memset(slot.data + sizeof(struct cask_slot), 0, CASK_HPKE_ENC_SIZE);
	w->license.slot = slot.data;
	w->license.slot_size = slot.size;
	EXPECT_EQ(-EBADMSG, add(w));
	forge_free(&slot);
	forge_free(&l);
}

/* Root holds every license and a signing key of its own making: the key stays bound. */
TEST_F(license, D8_a_wrapped_key_lifted_into_another_license_does_not_open)
{
	struct world *w = self->w;
	struct forge_distributor *b = world_distributor("b", COSE_ALG_RS256);
	struct forge_license lifted = w->license;
	struct forge_bytes l, slot, out;

	forge_license(w->a, &w->license, w->device_key, w->content_key, &l);
	forge_slot(&l, &slot);
	lifted.slot = slot.data;
	lifted.slot_size = slot.size;

	/* Untouched, the lifted slot is the original license. */
	forge_license(w->a, &lifted, w->device_key, w->content_key, &out);
	EXPECT_EQ(0, agent_license_add(w->agent, out.data, out.size, 0));
	EXPECT_EQ(0, agent_license_del(w->agent, w->a->root.pub.kid, lifted.fields.id));
	forge_free(&out);

	/* Other rights, the same signer. */
	lifted.fields.not_after = 4000000000;
	forge_license(w->a, &lifted, w->device_key, w->content_key, &out);
	EXPECT_EQ(-EBADMSG, agent_license_add(w->agent, out.data, out.size, 0));
	forge_free(&out);

	/* The same rights, another distributor. */
	ASSERT_EQ(0, world_install_anchor(w, b, NULL));
	lifted.fields = w->license.fields;
	memcpy(lifted.fields.issuer, b->root.pub.kid, CASK_KID_SIZE);
	forge_license(b, &lifted, w->device_key, w->content_key, &out);
	EXPECT_EQ(-EBADMSG, agent_license_add(w->agent, out.data, out.size, 0));
	forge_free(&out);

	/* A distributor that claims to be the first one. */
	lifted.fields = w->license.fields;
	forge_license(b, &lifted, w->device_key, w->content_key, &out);
	EXPECT_EQ(-ENOKEY, agent_license_add(w->agent, out.data, out.size, 0));
	forge_free(&out);
	forge_free(&slot);
	forge_free(&l);
	forge_distributor_free(b);
}

/* --- usage period --- */

TEST_F(license, D9_a_license_that_is_over_is_EKEYEXPIRED_and_one_to_come_ETIME)
{
	struct license_fields *f = &self->w->license.fields;
	time_t now = time(NULL);

	f->created = now - 100;
	f->not_after = now - 10;
	EXPECT_EQ(-EKEYEXPIRED, add(self->w));
	f->not_after = 0;
	f->not_before = now + 1000;
	EXPECT_EQ(0, add(self->w));
	EXPECT_EQ(-ETIME, world_play(self->w));
}

/* The clock of the machine does not begin a license; time that passes does. */
TEST_F(license, D9_a_license_begins_when_the_distributors_time_has_come)
{
	struct license_fields *f = &self->w->license.fields;
	int fd, tries;

	f->created = time(NULL);
	f->not_before = f->created + 3;
	ASSERT_EQ(0, add(self->w));
	advance(1000);
	EXPECT_EQ(-ETIME, world_play(self->w));
	advance(-1000);
	for (tries = 0; tries < 200; tries++) {
		fd = world_play(self->w);
		if (fd != -ETIME)
			break;
		usleep(50000);
	}
	EXPECT_LE(0, fd);
	EXPECT_LT(0, tries);
	close(fd);
}

TEST_F(license, D9_a_license_runs_out_at_open_and_during_play)
{
	struct world *w = self->w;
	char buf[100];
	int fd, again;

	w->license.fields.created = time(NULL);
	w->license.fields.not_after = time(NULL) + 3000;
	fd = world_open(w);
	ASSERT_LE(0, fd);
	EXPECT_EQ(sizeof(buf), pread(fd, buf, sizeof(buf), 0));
	advance(4000);
	errno = 0;
	EXPECT_EQ(-1, pread(fd, buf, sizeof(buf), 0));
	EXPECT_EQ(EKEYEXPIRED, errno);
	EXPECT_EQ(EKEYEXPIRED, info_of(fd).bad_errno);
	EXPECT_EQ(-EKEYEXPIRED, world_play(w));
	snprintf(buf, sizeof(buf), "/proc/self/fd/%d", fd);
	errno = 0;
	again = open(buf, O_RDONLY);
	EXPECT_EQ(-1, again);
	EXPECT_EQ(EKEYEXPIRED, errno);
	/* Back in time: the clock is root's, and within its period the license plays. */
	advance(-4000);
	EXPECT_EQ(sizeof(buf), pread(fd, buf, sizeof(buf), 0));
	close(fd);
}

TEST_F(license, D9_winding_the_clock_back_does_not_lengthen_a_license)
{
	struct world *w = self->w;
	uint8_t later[CASK_ID_SIZE] = { 0x77 };
	struct forge_license proof = forge_license_default(w->a, later);
	struct forge_bytes l;

	w->license.fields.created = time(NULL);
	w->license.fields.not_after = time(NULL) + 100;
	ASSERT_EQ(0, add(w));
	/* Another license of the same distributor shows that its time has gone on. */
	proof.fields.created = time(NULL) + 200;
	forge_license(w->a, &proof, w->device_key, w->content_key, &l);
	ASSERT_EQ(0, agent_license_add(w->agent, l.data, l.size, 0));
	EXPECT_EQ(-EKEYEXPIRED, world_play(w));
	advance(-5000);
	EXPECT_EQ(-EKEYEXPIRED, world_play(w));
	advance(5000);
	agent_license_del(w->agent, w->a->root.pub.kid, proof.fields.id);
	forge_free(&l);
}

/* --- ownership --- */

static int try_open(void *path)
{
	int fd = open_path(path, NULL);

	return fd < 0 ? -fd : 0;
}

TEST_F(license, D8_another_uid_is_EACCES_and_a_machine_license_is_everyones)
{
	struct world *w = self->w;

	ASSERT_EQ(0, chmod("/dev/cask", 0666));
	ASSERT_EQ(0, world_install(w, 1000));
	EXPECT_EQ(0, run_as(1000, try_open, w->path));
	EXPECT_EQ(EACCES, run_as(1001, try_open, w->path));
	EXPECT_EQ(-EACCES, open_path(w->path, NULL));
	ASSERT_EQ(0, agent_license_del(w->agent, w->a->root.pub.kid, w->license.fields.id));
	ASSERT_EQ(0, world_install(w, -1));
	EXPECT_EQ(0, run_as(1000, try_open, w->path));
	EXPECT_EQ(0, run_as(1001, try_open, w->path));
	ASSERT_EQ(0, chmod("/dev/cask", 0660));
}

/* --- choice and removal --- */

TEST_F(license, D7_the_license_that_the_caller_names_is_used_or_none)
{
	struct world *w = self->w;
	uint8_t first[CASK_ID_SIZE], none[CASK_ID_SIZE] = { 1 };
	int fd;

	ASSERT_EQ(0, add(w));
	memcpy(first, w->license.fields.id, CASK_ID_SIZE);
	w->license.fields.id[0] ^= 0xff;
	ASSERT_EQ(0, add(w));
	fd = open_path(w->path, w->license.fields.id);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, memcmp(info_of(fd).license_id, w->license.fields.id, CASK_ID_SIZE));
	close(fd);
	/* Without a name, the one that the file's link part names. */
	fd = open_path(w->path, NULL);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, memcmp(info_of(fd).license_id, first, CASK_ID_SIZE));
	close(fd);
	EXPECT_EQ(-ENOKEY, open_path(w->path, none));
	EXPECT_EQ(0, agent_license_del(w->agent, w->a->root.pub.kid, first));
}

TEST_F(license, D8_removal_stops_files_that_are_open)
{
	struct world *w = self->w;
	char buf[64];
	int fd = world_open(w);

	ASSERT_LE(0, fd);
	EXPECT_EQ(sizeof(buf), pread(fd, buf, sizeof(buf), 0));
	EXPECT_EQ(0, agent_license_del(w->agent, w->a->root.pub.kid, w->license.fields.id));
	errno = 0;
	EXPECT_EQ(-1, pread(fd, buf, sizeof(buf), 0));
	EXPECT_EQ(EKEYREVOKED, errno);
	EXPECT_EQ(-ENOKEY, open_path(w->path, NULL));
	EXPECT_EQ(-ENOENT, agent_license_del(w->agent, w->a->root.pub.kid, w->license.fields.id));
	close(fd);
}

/* The image would hold keys: without a license the device's own. */
TEST_F_TIMEOUT(license, hibernation_is_refused_while_the_module_is_loaded, 60)
{
	ASSERT_EQ(0, write_file("/sys/power/pm_test", "freezer"));
	EXPECT_EQ(-EBUSY, write_file("/sys/power/state", "disk"));
	ASSERT_EQ(0, add(self->w));
	EXPECT_EQ(-EBUSY, write_file("/sys/power/state", "disk"));
	ASSERT_EQ(0, write_file("/sys/power/pm_test", "none"));
}

TEST_F(license, the_table_has_a_limit)
{
	ASSERT_EQ(0, set_param("max_licenses", "0"));
	EXPECT_EQ(-ENOSPC, add(self->w));
	ASSERT_EQ(0, set_param("max_licenses", "4096"));
	EXPECT_EQ(0, add(self->w));
}

/* After a boot it may be the first to come. */
TEST_F(license, D8_a_distributor_that_has_as_many_licenses_as_it_may_takes_no_room_from_another)
{
	struct world *w = self->w, theirs = *w;
	int i;

	theirs.a = world_distributor("b", COSE_ALG_RS256);
	theirs.license = forge_license_default(theirs.a, w->content_id);
	ASSERT_EQ(0, world_install_anchor(w, theirs.a, NULL));
	ASSERT_EQ(0, set_param("max_licenses", "2"));
	for (i = 0; i < 2; i++) {
		theirs.license.fields.id[0] = i;
		EXPECT_EQ(0, add(&theirs));
	}
	theirs.license.fields.id[0] = i;
	EXPECT_EQ(-ENOSPC, add(&theirs));
	EXPECT_EQ(0, add(w));
	/* Room that is given back is its own again. */
	theirs.license.fields.id[0] = 0;
	forget(&theirs);
	theirs.license.fields.id[0] = i;
	EXPECT_EQ(0, add(&theirs));
	ASSERT_EQ(0, set_param("max_licenses", "4096"));
	for (i = 1; i < 3; i++) {
		theirs.license.fields.id[0] = i;
		forget(&theirs);
	}
	forge_distributor_free(theirs.a);
}

TEST_HARNESS_MAIN
