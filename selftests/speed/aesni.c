// SPDX-License-Identifier: GPL-2.0
/*
 * aesni.c - lane "aesni": the processor's instructions and as little as possible
 * beside them; the floor under every other lane.
 *
 * GHASH is computed as POLYVAL (RFC 8452, appendix A): its Montgomery form needs
 * no shift of the product, and eight products share one reduction.
 */
#include <string.h>
#include <immintrin.h>

#include "speed.h"

#define WIDE	8	/* blocks in flight */
#define ROUNDS	10

/* The loops over blocks and rounds are to be straight code. */
#define UNROLLED	_Pragma("GCC unroll 10")

static __m128i enc[ROUNDS + 1], dec[ROUNDS + 1];
static __m128i powers[WIDE];	/* of the hash key: the first power comes last */

static __m128i swap(__m128i x)
{
	return _mm_shuffle_epi8(x, _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
						15));
}

static __m128i load(const void *p)
{
	return _mm_loadu_si128(p);
}

static void store(void *p, __m128i x)
{
	_mm_storeu_si128(p, x);
}

/* --- keys --- */

static __m128i expand(__m128i key, __m128i assist)
{
	assist = _mm_shuffle_epi32(assist, 0xff);
	key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
	key = _mm_xor_si128(key, _mm_slli_si128(key, 8));
	return _mm_xor_si128(key, assist);
}

#define EXPAND(n, rcon) \
	enc[n] = expand(enc[(n) - 1], _mm_aeskeygenassist_si128(enc[(n) - 1], rcon))

static void set_key(const uint8_t *key)
{
	int i;

	enc[0] = load(key);
	EXPAND(1, 0x01);
	EXPAND(2, 0x02);
	EXPAND(3, 0x04);
	EXPAND(4, 0x08);
	EXPAND(5, 0x10);
	EXPAND(6, 0x20);
	EXPAND(7, 0x40);
	EXPAND(8, 0x80);
	EXPAND(9, 0x1b);
	EXPAND(10, 0x36);
	dec[0] = enc[ROUNDS];
	UNROLLED
	for (i = 1; i < ROUNDS; i++)
		dec[i] = _mm_aesimc_si128(enc[ROUNDS - i]);
	dec[ROUNDS] = enc[0];
}

static inline __attribute__((always_inline)) void encrypt(__m128i *x, int n)
{
	int i, r;

	UNROLLED
	for (i = 0; i < n; i++)
		x[i] = _mm_xor_si128(x[i], enc[0]);
	UNROLLED
	for (r = 1; r < ROUNDS; r++)
		UNROLLED
		for (i = 0; i < n; i++)
			x[i] = _mm_aesenc_si128(x[i], enc[r]);
	UNROLLED
	for (i = 0; i < n; i++)
		x[i] = _mm_aesenclast_si128(x[i], enc[ROUNDS]);
}

static inline __attribute__((always_inline)) void decrypt(__m128i *x, int n)
{
	int i, r;

	UNROLLED
	for (i = 0; i < n; i++)
		x[i] = _mm_xor_si128(x[i], dec[0]);
	UNROLLED
	for (r = 1; r < ROUNDS; r++)
		UNROLLED
		for (i = 0; i < n; i++)
			x[i] = _mm_aesdec_si128(x[i], dec[r]);
	UNROLLED
	for (i = 0; i < n; i++)
		x[i] = _mm_aesdeclast_si128(x[i], dec[ROUNDS]);
}

/* --- CTR: a counter of 64 bits; the IVs of the benchmark do not reach its end --- */

static inline __attribute__((always_inline))
void ctr_blocks(__m128i *counter, const uint8_t *src, uint8_t *dst, int n)
{
	__m128i x[WIDE];
	int i;

	UNROLLED
	for (i = 0; i < n; i++) {
		x[i] = swap(*counter);
		*counter = _mm_add_epi64(*counter, _mm_set_epi64x(0, 1));
	}
	encrypt(x, n);
	UNROLLED
	for (i = 0; i < n; i++)
		store(dst + 16 * i, _mm_xor_si128(x[i], load(src + 16 * i)));
}

static void ctr(__m128i counter, const uint8_t *src, uint8_t *dst, size_t len)
{
	uint8_t tail[16] = { 0 };

	for (; len >= 16 * WIDE; len -= 16 * WIDE, src += 16 * WIDE, dst += 16 * WIDE)
		ctr_blocks(&counter, src, dst, WIDE);
	for (; len >= 16; len -= 16, src += 16, dst += 16)
		ctr_blocks(&counter, src, dst, 1);
	if (len) {
		memcpy(tail, src, len);
		ctr_blocks(&counter, tail, tail, 1);
		memcpy(dst, tail, len);
	}
}

/* --- CBC --- */

static inline __attribute__((always_inline))
void cbc_blocks(__m128i *before, const uint8_t *src, uint8_t *dst, int n)
{
	__m128i x[WIDE];
	int i;

	UNROLLED
	for (i = 0; i < n; i++)
		x[i] = load(src + 16 * i);
	decrypt(x, n);
	UNROLLED
	for (i = 0; i < n; i++) {
		x[i] = _mm_xor_si128(x[i], *before);
		*before = load(src + 16 * i);
		store(dst + 16 * i, x[i]);
	}
}

static void cbc(const uint8_t *iv, const uint8_t *src, uint8_t *dst, size_t len)
{
	__m128i before = load(iv);

	for (; len >= 16 * WIDE; len -= 16 * WIDE, src += 16 * WIDE, dst += 16 * WIDE)
		cbc_blocks(&before, src, dst, WIDE);
	for (; len >= 16; len -= 16, src += 16, dst += 16)
		cbc_blocks(&before, src, dst, 1);
}

/* --- GCM --- */

static __m128i reduce(__m128i low, __m128i middle, __m128i high)
{
	const __m128i poly = _mm_set_epi64x(0xc200000000000000, 1);

	low = _mm_xor_si128(low, _mm_slli_si128(middle, 8));
	high = _mm_xor_si128(high, _mm_srli_si128(middle, 8));
	low = _mm_xor_si128(_mm_shuffle_epi32(low, 0x4e), _mm_clmulepi64_si128(low, poly, 0x10));
	low = _mm_xor_si128(_mm_shuffle_epi32(low, 0x4e), _mm_clmulepi64_si128(low, poly, 0x10));
	return _mm_xor_si128(low, high);
}

/* x_0 * h^n + ... + x_(n-1) * h, one reduction. */
static inline __attribute__((always_inline)) __m128i dot(const __m128i *x, int n)
{
	__m128i low = { 0 }, middle = { 0 }, high = { 0 };
	const __m128i *h = powers + WIDE - n;
	int i;

	UNROLLED
	for (i = 0; i < n; i++) {
		low = _mm_xor_si128(low, _mm_clmulepi64_si128(x[i], h[i], 0x00));
		high = _mm_xor_si128(high, _mm_clmulepi64_si128(x[i], h[i], 0x11));
		middle = _mm_xor_si128(middle, _mm_clmulepi64_si128(x[i], h[i], 0x01));
		middle = _mm_xor_si128(middle, _mm_clmulepi64_si128(x[i], h[i], 0x10));
	}
	return reduce(low, middle, high);
}

/* mulX_POLYVAL of the hash key, then its powers. */
static void set_hash_key(void)
{
	__m128i h = { 0 }, carry;
	int i;

	encrypt(&h, 1);
	h = swap(h);
	carry = _mm_srli_epi64(h, 63);
	h = _mm_or_si128(_mm_slli_epi64(h, 1), _mm_slli_si128(carry, 8));
	if (_mm_extract_epi64(carry, 1))
		h = _mm_xor_si128(h, _mm_set_epi64x(0xc200000000000000, 1));
	powers[WIDE - 1] = h;
	for (i = WIDE - 2; i >= 0; i--)
		powers[i] = dot(&powers[i + 1], 1);
}

static inline __attribute__((always_inline))
__m128i hash_blocks(__m128i state, const uint8_t *src, int n)
{
	__m128i x[WIDE];
	int i;

	UNROLLED
	for (i = 0; i < n; i++)
		x[i] = swap(load(src + 16 * i));
	x[0] = _mm_xor_si128(x[0], state);
	return dot(x, n);
}

static __m128i hash(__m128i state, const uint8_t *src, size_t len)
{
	uint8_t tail[16] = { 0 };

	for (; len >= 16 * WIDE; len -= 16 * WIDE, src += 16 * WIDE)
		state = hash_blocks(state, src, WIDE);
	for (; len >= 16; len -= 16, src += 16)
		state = hash_blocks(state, src, 1);
	if (!len)
		return state;
	memcpy(tail, src, len);
	return hash_blocks(state, tail, 1);
}

static int gcm(const struct task *t, const struct job *j)
{
	uint8_t first[16] = { [15] = 1 }, lengths[16];
	__m128i counter, state = { 0 }, mask;

	memcpy(first, j->iv, 12);
	state = hash(state, j->src, t->bytes);
	store(lengths, swap(_mm_set_epi64x(0, 8 * t->bytes)));
	state = hash(state, lengths, 16);
	mask = load(first);
	encrypt(&mask, 1);
	state = _mm_xor_si128(swap(state), mask);
	if (_mm_movemask_epi8(_mm_cmpeq_epi8(state, load(j->src + t->bytes))) != 0xffff)
		return -1;
	counter = _mm_add_epi64(swap(load(first)), _mm_set_epi64x(0, 1));
	ctr(counter, j->src, j->dst, t->bytes);
	return 0;
}

/* --- the lane --- */

static void aesni_begin(const struct task *t)
{
	set_key(t->key);
	set_hash_key();
}

static uint64_t aesni_run(const struct task *t)
{
	uint64_t begin = ticks();
	unsigned int n;

	for (n = 0; n < t->count; n++) {
		const struct job *j = &t->jobs[n];

		if (t->op == SPEED_CTR)
			ctr(swap(load(j->iv)), j->src, j->dst, t->bytes);
		else if (t->op == SPEED_CBC_DEC)
			cbc(j->iv, j->src, j->dst, t->bytes);
		else if (gcm(t, j))
			fail("aesni: the tag is wrong");
	}
	return ticks() - begin;
}

static void aesni_end(const struct task *t)
{
}

const struct lane lane_aesni = {
	.name = "aesni", .ops = OPS_CRYPTO, .begin = aesni_begin, .run = aesni_run,
	.end = aesni_end,
};
