#include "WideText.h"

#include <string.h>

#if defined(__x86_64__)

#include <immintrin.h>

#define WIDE __attribute__((target("avx2,bmi")))
#define INLINE static inline __attribute__((always_inline, target("avx2,bmi")))

enum { BLOCK = 64 };

int wide_text_is_available(void) {
    return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("bmi") != 0;
}

INLINE __m256i load(const uint8_t *from) { return _mm256_loadu_si256((const __m256i *)from); }

// One bit for each of 64 bytes.
INLINE uint64_t mask(__m256i low, __m256i high) {
    return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

INLINE uint64_t equal(__m256i low, __m256i high, char byte) {
    __m256i all = _mm256_set1_epi8(byte);
    return mask(_mm256_cmpeq_epi8(low, all), _mm256_cmpeq_epi8(high, all));
}

// The bytes that are escaped: of a run of backslashes every other one, and what is behind a run of an odd number. `is_escaped` is whether the first byte is, and then whether the first of the next block is.
INLINE uint64_t escaped_bytes(uint64_t backslashes, uint64_t *is_escaped) {
    const uint64_t even = 0x5555555555555555;
    backslashes &= ~*is_escaped;
    uint64_t follows = backslashes << 1 | *is_escaped;
    uint64_t odd_starts = backslashes & ~even & ~follows;
    unsigned long long ends_of_runs;
    *is_escaped = __builtin_uaddll_overflow(odd_starts, backslashes, &ends_of_runs);
    return (even ^ ((uint64_t)ends_of_runs << 1)) & follows;
}

WIDE WideTextString wide_text_string(const uint8_t *base, size_t from, size_t to) {
    const __m256i below_space = _mm256_set1_epi8(0x1F);
    __m256i seen = _mm256_setzero_si256();
    uint64_t is_escaped = 0, passed_escapes = 0, passed_high = 0;
    size_t at = from;
    while (to - at >= BLOCK) {
        __m256i low = load(base + at), high = load(base + at + BLOCK / 2);
        uint64_t quotes = equal(low, high, '"'), backslashes = equal(low, high, '\\');
        uint64_t events = quotes | mask(_mm256_cmpeq_epi8(_mm256_min_epu8(low, below_space), low),
                                        _mm256_cmpeq_epi8(_mm256_min_epu8(high, below_space), high));
        uint64_t escaped = 0;
        if (backslashes | is_escaped) {
            escaped = escaped_bytes(backslashes, &is_escaped);
            uint64_t usual = quotes | backslashes | equal(low, high, 'n') | equal(low, high, 'r') | equal(low, high, 't');
            events = (events & ~escaped) | (escaped & ~usual);
        }
        if (events) {
            uint64_t passed = (events & -events) - 1;
            int place = __builtin_ctzll(events);
            passed_escapes |= backslashes & passed;
            passed_high |= mask(low, high) & passed;
            at += place;
            // Of an escape that is looked at again the backslash is the event.
            at -= escaped >> place & 1;
            is_escaped = 0;
            break;
        }
        passed_escapes |= backslashes;
        seen = _mm256_or_si256(seen, _mm256_or_si256(low, high));
        at += BLOCK;
    }
    // What is escaped behind the last block is left together with its backslash.
    return (WideTextString){at - is_escaped, passed_escapes != 0, passed_high != 0 || _mm256_movemask_epi8(seen) != 0};
}

// UTF-8 by three tables for each pair of bytes, after Keiser and Lemire, "Validating UTF-8 in less than one instruction per
// byte" (2021): each bit is an error, and one is found where the high and the low half of the first byte and the high half of
// the second all have it.

enum {
    TOO_SHORT = 1, // A first byte without what must follow.
    TOO_LONG = 2,  // ASCII followed by a later byte.
    OVERLONG_3 = 4,
    TOO_LARGE = 8,
    SURROGATE = 16,
    OVERLONG_2 = 32,
    TOO_LARGE_1000 = 64, // Also overlong with four bytes.
    OVERLONG_4 = 64,
    TWO_LATER = 128, // Two later bytes in a row, right only in characters of three bytes and more.
    CARRY = TOO_SHORT | TOO_LONG | TWO_LATER,
};

#define TABLE(...) _mm256_setr_epi8(__VA_ARGS__, __VA_ARGS__)

INLINE __m256i halves(__m256i bytes) { return _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(0x0F)); }

// The bytes that stand `count` before these.
#define BEFORE(count, before, bytes)                                                                                   \
    _mm256_alignr_epi8(bytes, _mm256_permute2x128_si256(before, bytes, 0x21), 16 - (count))

INLINE __m256i pair_errors(__m256i first, __m256i second) {
    const __m256i by_high = TABLE(TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG,
                                  (char)TWO_LATER, (char)TWO_LATER, (char)TWO_LATER, (char)TWO_LATER,
                                  TOO_SHORT | OVERLONG_2, TOO_SHORT, TOO_SHORT | OVERLONG_3 | SURROGATE,
                                  TOO_SHORT | TOO_LARGE | TOO_LARGE_1000 | OVERLONG_4);
    const __m256i by_low =
        TABLE((char)(CARRY | OVERLONG_3 | OVERLONG_2 | OVERLONG_4), (char)(CARRY | OVERLONG_2), (char)CARRY, (char)CARRY,
              (char)(CARRY | TOO_LARGE), (char)(CARRY | TOO_LARGE | TOO_LARGE_1000),
              (char)(CARRY | TOO_LARGE | TOO_LARGE_1000), (char)(CARRY | TOO_LARGE | TOO_LARGE_1000),
              (char)(CARRY | TOO_LARGE | TOO_LARGE_1000), (char)(CARRY | TOO_LARGE | TOO_LARGE_1000),
              (char)(CARRY | TOO_LARGE | TOO_LARGE_1000), (char)(CARRY | TOO_LARGE | TOO_LARGE_1000),
              (char)(CARRY | TOO_LARGE | TOO_LARGE_1000), (char)(CARRY | TOO_LARGE | TOO_LARGE_1000 | SURROGATE),
              (char)(CARRY | TOO_LARGE | TOO_LARGE_1000), (char)(CARRY | TOO_LARGE | TOO_LARGE_1000));
    const __m256i by_next =
        TABLE(TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
              (char)(TOO_LONG | OVERLONG_2 | TWO_LATER | OVERLONG_3 | TOO_LARGE_1000 | OVERLONG_4),
              (char)(TOO_LONG | OVERLONG_2 | TWO_LATER | OVERLONG_3 | TOO_LARGE),
              (char)(TOO_LONG | OVERLONG_2 | TWO_LATER | SURROGATE | TOO_LARGE),
              (char)(TOO_LONG | OVERLONG_2 | TWO_LATER | SURROGATE | TOO_LARGE), TOO_SHORT, TOO_SHORT, TOO_SHORT,
              TOO_SHORT);
    __m256i low = _mm256_and_si256(first, _mm256_set1_epi8(0x0F));
    return _mm256_and_si256(
        _mm256_and_si256(_mm256_shuffle_epi8(by_high, halves(first)), _mm256_shuffle_epi8(by_low, low)),
        _mm256_shuffle_epi8(by_next, halves(second)));
}

INLINE __m256i errors(__m256i before, __m256i bytes) {
    __m256i pairs = pair_errors(BEFORE(1, before, bytes), bytes);
    // Third and fourth bytes of characters, and no others, may follow a later byte.
    __m256i third = _mm256_subs_epu8(BEFORE(2, before, bytes), _mm256_set1_epi8((char)(0xE0 - 0x80)));
    __m256i fourth = _mm256_subs_epu8(BEFORE(3, before, bytes), _mm256_set1_epi8((char)(0xF0 - 0x80)));
    __m256i wanted = _mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8((char)0x80));
    return _mm256_xor_si256(wanted, pairs);
}

WIDE int wide_text_is_utf8(const uint8_t *base, size_t from, size_t to) {
    __m256i before = _mm256_setzero_si256(), found = before;
    size_t at = from;
    for (; to - at >= sizeof(__m256i); at += sizeof(__m256i)) {
        __m256i bytes = load(base + at);
        // ASCII after ASCII is most of it.
        if (_mm256_movemask_epi8(_mm256_or_si256(before, bytes))) found = _mm256_or_si256(found, errors(before, bytes));
        before = bytes;
    }
    // What is left, and zeroes behind it, before which no character may end too soon.
    uint8_t rest[sizeof(__m256i)] = {0};
    memcpy(rest, base + at, to - at);
    found = _mm256_or_si256(found, errors(before, load(rest)));
    return _mm256_testz_si256(found, found);
}

#else

int wide_text_is_available(void) { return 0; }

WideTextString wide_text_string(const uint8_t *base, size_t from, size_t to) {
    (void)base, (void)to;
    return (WideTextString){from, 0, 0};
}

int wide_text_is_utf8(const uint8_t *base, size_t from, size_t to) {
    (void)base, (void)from, (void)to;
    return 0;
}

#endif
