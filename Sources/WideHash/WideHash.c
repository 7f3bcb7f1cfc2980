#include "WideHash.h"

#include <string.h>

#if defined(__x86_64__)

typedef uint32_t Lanes __attribute__((vector_size(32)));

#define WIDE __attribute__((target("avx2")))
#define INLINE static inline __attribute__((always_inline, target("avx2")))

enum { CHUNK = 1024, BLOCK = 64, CHUNK_START = 1, CHUNK_END = 2 };

static const uint32_t initial[8] = {
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
};

// Which word of the block each step of a round takes; each round permutes the one before.
static const uint8_t schedule[7][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8},
    {3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1}, {10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6},
    {12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4}, {9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7},
    {11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13},
};

int wide_hash_is_available(void) { return __builtin_cpu_supports("avx2") != 0; }

INLINE Lanes all(uint32_t word) { return (Lanes){word, word, word, word, word, word, word, word}; }
INLINE Lanes rotated(Lanes lanes, int count) { return (lanes >> count) | (lanes << (32 - count)); }

// Rotations by whole bytes are one shuffle.
typedef uint8_t Bytes __attribute__((vector_size(32)));
INLINE Lanes rotated16(Lanes lanes) {
    Bytes b = (Bytes)lanes;
    return (Lanes)__builtin_shufflevector(b, b, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13, 18, 19, 16, 17, 22,
                                          23, 20, 21, 26, 27, 24, 25, 30, 31, 28, 29);
}
INLINE Lanes rotated8(Lanes lanes) {
    Bytes b = (Bytes)lanes;
    return (Lanes)__builtin_shufflevector(b, b, 1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12, 17, 18, 19, 16, 21,
                                          22, 23, 20, 25, 26, 27, 24, 29, 30, 31, 28);
}

INLINE void mix(Lanes *a, Lanes *b, Lanes *c, Lanes *d, Lanes x, Lanes y) {
    *a = *a + *b + x;
    *d = rotated16(*d ^ *a);
    *c = *c + *d;
    *b = rotated(*b ^ *c, 12);
    *a = *a + *b + y;
    *d = rotated8(*d ^ *a);
    *c = *c + *d;
    *b = rotated(*b ^ *c, 7);
}

// Turns eight words of eight chunks into eight vectors of one word each.
INLINE void transpose(Lanes r[8]) {
    Lanes t[8], u[8];
    for (int i = 0; i < 8; i += 2) {
        t[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
        t[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
    }
    for (int i = 0; i < 8; i += 4) {
        for (int j = 0; j < 2; j++) {
            u[i + 2 * j] = __builtin_shufflevector(t[i + j], t[i + j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
            u[i + 2 * j + 1] = __builtin_shufflevector(t[i + j], t[i + j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
        }
    }
    for (int i = 0; i < 4; i++) {
        r[i] = __builtin_shufflevector(u[i], u[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        r[i + 4] = __builtin_shufflevector(u[i], u[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
}

// Lanes behind the last chunk do its work again.
INLINE void load(const uint8_t *from, int last, Lanes words[8]) {
    for (int lane = 0; lane < 8; lane++) memcpy(&words[lane], from + (lane < last ? lane : last) * CHUNK, sizeof(Lanes));
    transpose(words);
}

WIDE void wide_hash_chunks(const uint8_t *chunks, int count, uint64_t counter, uint32_t *results) {
    Lanes chaining[8], low, high;
    for (int i = 0; i < 8; i++) {
        chaining[i] = all(initial[i]);
        low[i] = (uint32_t)(counter + i);
        high[i] = (uint32_t)((counter + i) >> 32);
    }
    for (int block = 0; block < CHUNK / BLOCK; block++) {
        Lanes m[16];
        load(chunks + block * BLOCK, count - 1, m);
        load(chunks + block * BLOCK + BLOCK / 2, count - 1, m + 8);
        uint32_t flags = (block == 0 ? CHUNK_START : 0) | (block == CHUNK / BLOCK - 1 ? CHUNK_END : 0);
        Lanes s[16];
        for (int i = 0; i < 8; i++) s[i] = chaining[i];
        for (int i = 0; i < 4; i++) s[8 + i] = all(initial[i]);
        s[12] = low, s[13] = high, s[14] = all(BLOCK), s[15] = all(flags);
#pragma clang loop unroll(full)
        for (int round = 0; round < 7; round++) {
            const uint8_t *at = schedule[round];
            mix(&s[0], &s[4], &s[8], &s[12], m[at[0]], m[at[1]]);
            mix(&s[1], &s[5], &s[9], &s[13], m[at[2]], m[at[3]]);
            mix(&s[2], &s[6], &s[10], &s[14], m[at[4]], m[at[5]]);
            mix(&s[3], &s[7], &s[11], &s[15], m[at[6]], m[at[7]]);
            mix(&s[0], &s[5], &s[10], &s[15], m[at[8]], m[at[9]]);
            mix(&s[1], &s[6], &s[11], &s[12], m[at[10]], m[at[11]]);
            mix(&s[2], &s[7], &s[8], &s[13], m[at[12]], m[at[13]]);
            mix(&s[3], &s[4], &s[9], &s[14], m[at[14]], m[at[15]]);
        }
        for (int i = 0; i < 8; i++) chaining[i] = s[i] ^ s[i + 8];
    }
    transpose(chaining);
    memcpy(results, chaining, (size_t)count * sizeof(Lanes));
}

#else

int wide_hash_is_available(void) { return 0; }

void wide_hash_chunks(const uint8_t *chunks, int count, uint64_t counter, uint32_t *results) {
    (void)chunks, (void)counter;
    memset(results, 0, (size_t)count * 8 * sizeof(uint32_t));
}

#endif
