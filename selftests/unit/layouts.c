// SPDX-License-Identifier: GPL-2.0
/* layouts.c - where things lie in .cask files and on media: layouts, first bytes, link parts. */
#include "unit.h"
#include <errno.h>
#include <endian.h>

#include "forge.h"
#include "sample.h"
#include "../../kmod/parse/parse.h"

/* What comes of a sample with a number in the place of another. */
static int read_with(int i, size_t at, uint64_t value, size_t size)
{
	static struct digest d;
	struct forge_bytes *b = &samples[i].bytes;
	uint64_t le = htole64(value);
	uint8_t kept[8];
	int ret;

	memcpy(kept, b->data + at, size);
	memcpy(b->data + at, &le, size);
	ret = sample_read(&samples[i], b->data, b->size, &d);
	memcpy(b->data + at, kept, size);
	return ret;
}

/* Layouts that the writer would not make. */
static int layout_with(size_t offset, uint64_t value, size_t size)
{
	return read_with(CONTENT, HEAD_SIZE + SECTION_SIZE + 16 + SECTION_SIZE + offset, value, size);
}

static void layouts(void **state)
{
	static const uint32_t bad_block_sizes[] = { 0, 1, 2048, 4095, 4097, 12288, 2097152,
		0x7fffffff, 0x80000000, 0xffffffff };
	static const uint64_t bad_data_offsets[] = { 0, 1, 4095, 4097, 8192, 1ULL << 31,
		1ULL << 32, (1ULL << 32) + 4096, 1ULL << 63, UINT64_MAX, UINT64_MAX - 4095 };
	size_t i;

#define AT(member) offsetof(struct cask_layout, member)
	assert_int_equal(layout_with(AT(suite), 0, 4), -EOPNOTSUPP);
	assert_int_equal(layout_with(AT(suite), 3, 4), -EOPNOTSUPP);
	for (i = 0; i < sizeof(bad_block_sizes) / sizeof(bad_block_sizes[0]); i++)
		assert_int_equal(layout_with(AT(block_size), bad_block_sizes[i], 4), -EINVAL);
	assert_int_equal(layout_with(AT(block_size), 4096, 4), 0);
	assert_int_equal(layout_with(AT(block_size), 1048576, 4), 0);
	assert_int_equal(layout_with(AT(plain_size), CASK_PLAIN_SIZE_MAX, 8), 0);
	assert_int_equal(layout_with(AT(plain_size), CASK_PLAIN_SIZE_MAX + 1, 8), -EINVAL);
	assert_int_equal(layout_with(AT(plain_size), 1ULL << 63, 8), -EINVAL);
	assert_int_equal(layout_with(AT(plain_size), UINT64_MAX, 8), -EINVAL);
	assert_int_equal(layout_with(AT(plain_size), 0, 8), 0);
	assert_int_equal(layout_with(AT(link_offset), samples[CONTENT].bytes.size - 1, 4), -EINVAL);
	assert_int_equal(layout_with(AT(link_offset), samples[CONTENT].bytes.size + 1, 4), -EINVAL);
	assert_int_equal(layout_with(AT(link_offset), 0xffffffff, 4), -EINVAL);
	assert_int_equal(layout_with(AT(link_capacity), 0xffffffff, 4), -EINVAL);
	assert_int_equal(layout_with(AT(link_capacity), CASK_LINK_MAX + 1, 4), -EINVAL);
	assert_int_equal(layout_with(AT(link_capacity), 0, 4), 0);
	for (i = 0; i < sizeof(bad_data_offsets) / sizeof(bad_data_offsets[0]); i++)
		assert_int_equal(layout_with(AT(data_offset), bad_data_offsets[i], 8), -EINVAL);
#undef AT
}

/* Layers that lie over one another, or beyond all media. */
static int medium_with(size_t offset, uint64_t value, size_t size)
{
	return read_with(MEDIUM, HEAD_SIZE + SECTION_SIZE + 32 + 2 * (SECTION_SIZE + 16) + SECTION_SIZE + offset,
			 value, size);
}

static void S1_layouts_of_media(void **state)
{
	static const uint32_t bad_slots[] = { 0, 1, 4096, 8191, 8193, 12287, CASK_LAYER_MAX + 4096,
		0x7ffff000, 0x80000000, 0xfffff000, 0xffffffff };
	static const uint64_t bad_offsets[] = { 0, 1, 4096, 16384, 20479, 20481, 32769,
		CASK_PLAIN_SIZE_MAX + 4096, 1ULL << 63, UINT64_MAX - 4095, UINT64_MAX };
	static const uint64_t bad_sizes[] = { 1, 4095, 4097, CASK_PLAIN_SIZE_MAX + 4096, 1ULL << 63,
		UINT64_MAX - 4095, UINT64_MAX };
	size_t i;

#define AT(member) offsetof(struct cask_medium_layout, member)
	for (i = 0; i < sizeof(bad_slots) / sizeof(bad_slots[0]); i++)
		assert_int_equal(medium_with(AT(slot_size), bad_slots[i], 4), -EINVAL);
	for (i = 0; i < sizeof(bad_offsets) / sizeof(bad_offsets[0]); i++)
		assert_int_equal(medium_with(AT(third_offset), bad_offsets[i], 8), -EINVAL);
	for (i = 0; i < sizeof(bad_sizes) / sizeof(bad_sizes[0]); i++)
		assert_int_equal(medium_with(AT(third_size), bad_sizes[i], 8), -EINVAL);
	assert_int_equal(medium_with(AT(reserved), 1, 4), -EINVAL);
	/* The slots end where the third layer begins. */
	assert_int_equal(medium_with(AT(third_offset), 20480, 8), 0);
	assert_int_equal(medium_with(AT(slot_size), 12288, 4), 0);
	assert_int_equal(medium_with(AT(slot_size), 16384, 4), -EINVAL);
	assert_int_equal(medium_with(AT(third_offset), CASK_PLAIN_SIZE_MAX, 8), 0);
	assert_int_equal(medium_with(AT(third_size), CASK_PLAIN_SIZE_MAX, 8), 0);
	assert_int_equal(medium_with(AT(third_size), 0, 8), 0);
#undef AT
}

/* A first layer in its page, and cut at the limit of its object. */
static void S1_first_layer_in_its_page(void **state)
{
	const struct forge_bytes *b = &samples[MEDIUM].bytes;
	uint8_t *page = calloc(1, CASK_MEDIUM_SECOND);
	struct cask_medium_view m;

	assert_int_equal(cask_medium_parse(&m, page, CASK_MEDIUM_SECOND), -EINVAL);
	memcpy(page, b->data, b->size);
	assert_int_equal(cask_medium_parse(&m, page, CASK_MEDIUM_SECOND), 0);
	assert_int_equal(m.maced.len + m.mac.len, b->size);
	cask_put_le32(page + 8, CASK_MEDIUM_HEAD_MAX + 1);
	assert_int_equal(cask_medium_parse(&m, page, CASK_MEDIUM_SECOND), -EINVAL);
	cask_put_le32(page + 8, b->size + 1);
	assert_int_equal(cask_medium_parse(&m, page, CASK_MEDIUM_SECOND), -EINVAL);
	free(page);
}

/* Each has sections of its own, and the locks say which. */
static void S4_layers_are_no_backups(void **state)
{
	static struct digest d;
	struct forge_bytes *b = &samples[BACKUP].bytes;

	b->data[4] = CASK_TYPE_LAYER;
	assert_int_equal(sample_read(&samples[LAYER], b->data, b->size, &d), -EINVAL);
	b->data[4] = CASK_TYPE_BACKUP;
	b = &samples[LAYER].bytes;
	b->data[4] = CASK_TYPE_BACKUP;
	assert_int_equal(sample_read(&samples[BACKUP], b->data, b->size, &d), -EINVAL);
	b->data[4] = CASK_TYPE_LAYER;
}

static void first_bytes(void **state)
{
	uint8_t head[HEAD_SIZE];

	memcpy(head, samples[CONTENT].bytes.data, sizeof(head));
	assert_int_equal(cask_content_length(head, sizeof(head)), samples[CONTENT].bytes.size);
	assert_int_equal(cask_content_length(head, sizeof(head) - 1), -EINVAL);
	cask_put_le32(head + 8, CASK_CONTENT_FIXED_MAX);
	assert_int_equal(cask_content_length(head, sizeof(head)), CASK_CONTENT_FIXED_MAX);
	cask_put_le32(head + 8, CASK_CONTENT_FIXED_MAX + 1);
	assert_int_equal(cask_content_length(head, sizeof(head)), -EINVAL);
	cask_put_le32(head + 8, HEAD_SIZE - 1);
	assert_int_equal(cask_content_length(head, sizeof(head)), -EINVAL);
	cask_put_le32(head + 8, 0x80000000);
	assert_int_equal(cask_content_length(head, sizeof(head)), -EINVAL);
	cask_put_le32(head + 8, 0xffffffff);
	assert_int_equal(cask_content_length(head, sizeof(head)), -EINVAL);
	memcpy(head, samples[LINK].bytes.data, sizeof(head));
	assert_int_equal(cask_content_length(head, sizeof(head)), -EINVAL);
}

static void empty_link(void **state)
{
	uint8_t *room = calloc(1, CASK_LINK_MAX);
	struct cask_link l;

	assert_int_equal(cask_link_parse(&l, room, CASK_LINK_MAX), 0);
	assert_null(l.license_id.data);
	assert_null(l.url.data);
	/* a link, then the zeros of the reserved room */
	memcpy(room, samples[LINK].bytes.data, samples[LINK].bytes.size);
	assert_int_equal(cask_link_parse(&l, room, CASK_LINK_MAX), 0);
	assert_int_equal(l.url.len, strlen("https://licenses.example"));
	free(room);
}

static int parse_link_key(const struct license_root *root, uint16_t method, size_t size)
{
	uint8_t slot[CASK_EKB_SLOT_SIZE + 1] = { 0 }, *data;
	struct cask_slot head;
	struct object o = OBJECT_INIT;
	struct cask_link l;
	size_t length;
	int ret;

	license_root_slot(method, root, &head);
	memcpy(slot, &head, sizeof(head));
	object_begin(&o, CASK_TYPE_LINK);
	object_add(&o, CASK_SEC_LINK_KEY, 0, slot, size);
	assert_int_equal(object_end(&o, &data, &length), 0);
	ret = cask_link_parse(&l, data, length);
	if (!ret)
		assert_int_equal(cask_slot_version(&l.key), root->version);
	free(data);
	return ret;
}

static void D5_keys_in_link_parts(void **state)
{
	struct license_root root = { .category = { 3 }, .version = 7 };

	assert_int_equal(parse_link_key(&root, CASK_METHOD_EKB, CASK_EKB_SLOT_SIZE), 0);
	assert_int_equal(parse_link_key(&root, CASK_METHOD_EKB, CASK_EKB_SLOT_SIZE - 1), -EINVAL);
	assert_int_equal(parse_link_key(&root, CASK_METHOD_EKB, CASK_EKB_SLOT_SIZE + 1), -EINVAL);
	assert_int_equal(parse_link_key(&root, CASK_METHOD_DEVICE, CASK_EKB_SLOT_SIZE), -EINVAL);
	assert_int_equal(parse_link_key(&root, CASK_METHOD_HEADER, CASK_EKB_SLOT_SIZE), -EINVAL);
	/* a way to the key that is yet to be */
	assert_int_equal(parse_link_key(&root, 99, CASK_EKB_SLOT_SIZE), -EOPNOTSUPP);
	root.version = 0;
	assert_int_equal(parse_link_key(&root, CASK_METHOD_EKB, CASK_EKB_SLOT_SIZE), -EINVAL);
	root.version = CASK_EKB_VERSIONS + 1;
	assert_int_equal(parse_link_key(&root, CASK_METHOD_EKB, CASK_EKB_SLOT_SIZE), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest layouts_[] = {
		cmocka_unit_test(layouts),
		cmocka_unit_test(S1_layouts_of_media),
		cmocka_unit_test(S1_first_layer_in_its_page),
		cmocka_unit_test(S4_layers_are_no_backups),
		cmocka_unit_test(first_bytes),
		cmocka_unit_test(empty_link),
		cmocka_unit_test(D5_keys_in_link_parts),
	};
	int ret;

	sample_all();
	ret = run_suite(layouts_);
	sample_free();
	return ret;
}
