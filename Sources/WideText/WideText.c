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

INLINE uint8_t byte_of(uint64_t word, int place) { return (uint8_t)(word >> 8 * place); }

INLINE int is_word(const uint8_t *at, uint64_t word) {
    uint64_t found;
    memcpy(&found, at, sizeof(found));
    return found == word;
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

// The bytes that are escaped: of a run of backslashes every other one, and what is behind a run of an odd number.
// `is_escaped` is whether the first byte is, and then whether the first of the next block is.
INLINE uint64_t escaped_bytes(uint64_t backslashes, uint64_t *is_escaped) {
    const uint64_t even = 0x5555555555555555;
    backslashes &= ~*is_escaped;
    uint64_t follows = backslashes << 1 | *is_escaped;
    uint64_t odd_starts = backslashes & ~even & ~follows;
    unsigned long long ends_of_runs;
    *is_escaped = __builtin_uaddll_overflow(odd_starts, backslashes, &ends_of_runs);
    return (even ^ ((uint64_t)ends_of_runs << 1)) & follows;
}

WIDE ptrdiff_t wide_text_last_word(const uint8_t *base, size_t end, uint64_t word) {
    const char first = (char)byte_of(word, 0), last = (char)byte_of(word, 7);
    while (end >= BLOCK) {
        const uint8_t *at = base + end - BLOCK;
        uint64_t found = equal(load(at), load(at + BLOCK / 2), first) & equal(load(at + 7), load(at + 7 + BLOCK / 2), last);
        for (; found; found &= ~(1ULL << (63 - __builtin_clzll(found)))) {
            size_t place = end - BLOCK + (63 - (size_t)__builtin_clzll(found));
            if (is_word(base + place, word)) return (ptrdiff_t)place;
        }
        end -= BLOCK;
    }
    while (end > 0) {
        if (is_word(base + --end, word)) return (ptrdiff_t)end;
    }
    return -1;
}

WIDE ptrdiff_t wide_text_last_zeroes(const uint8_t *base, size_t end) {
    // One bit for each zero of the 64 bytes behind those that are looked at; what is behind `end + 6` is taken for none.
    uint64_t behind = 0;
    for (int i = 0; i < 6; i++) behind |= (uint64_t)(base[end + i] == 0) << i;
    while (end >= BLOCK) {
        const uint8_t *at = base + end - BLOCK;
        uint64_t zeroes = equal(load(at), load(at + BLOCK / 2), 0), run = zeroes;
        for (int i = 1; i < 7; i++) run &= zeroes >> i | behind << (64 - i);
        if (run) return (ptrdiff_t)(end - 1 - (size_t)__builtin_clzll(run));
        behind = zeroes;
        end -= BLOCK;
    }
    while (end > 0) {
        behind = behind << 1 | (base[--end] == 0);
        if ((behind & 0x7F) == 0x7F) return (ptrdiff_t)end;
    }
    return -1;
}

INLINE WideTextString string_event(const uint8_t *base, size_t from, size_t to) {
    const __m256i below_space = _mm256_set1_epi8(0x1F);
    __m256i seen = _mm256_setzero_si256();
    uint64_t is_escaped = 0, passed_escapes = 0, passed_high = 0;
    size_t at = from;
    while (to - at >= BLOCK) {
        __m256i low = load(base + at), high = load(base + at + BLOCK / 2);
        uint64_t quotes = equal(low, high, '"'), backslashes = equal(low, high, '\\');
        uint64_t events = quotes | mask(_mm256_cmpeq_epi8(_mm256_min_epu8(low, below_space), low),
                                        _mm256_cmpeq_epi8(_mm256_min_epu8(high, below_space), high));
        // Which blocks hold escapes cannot be foretold, so there is no branch for those that hold none.
        uint64_t escaped = escaped_bytes(backslashes, &is_escaped);
        uint64_t usual = quotes | backslashes | equal(low, high, 'n') | equal(low, high, 'r') | equal(low, high, 't');
        events = (events & ~escaped) | (escaped & ~usual);
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

// All ones where U+2028 or U+2029 ends.
INLINE __m256i line_separators(__m256i before, __m256i bytes) {
    __m256i first = _mm256_cmpeq_epi8(BEFORE(2, before, bytes), _mm256_set1_epi8((char)0xE2));
    __m256i second = _mm256_cmpeq_epi8(BEFORE(1, before, bytes), _mm256_set1_epi8((char)0x80));
    __m256i third = _mm256_cmpeq_epi8(_mm256_or_si256(bytes, _mm256_set1_epi8(1)), _mm256_set1_epi8((char)0xA9));
    return _mm256_and_si256(_mm256_and_si256(first, second), third);
}

WIDE static int is_utf8(const uint8_t *base, size_t from, size_t to, uint8_t *has_line_separator) {
    __m256i before = _mm256_setzero_si256(), found = before, separators = before;
    size_t at = from;
    for (; to - at >= sizeof(__m256i); at += sizeof(__m256i)) {
        __m256i bytes = load(base + at);
        // ASCII after ASCII is most of it.
        if (_mm256_movemask_epi8(_mm256_or_si256(before, bytes))) {
            found = _mm256_or_si256(found, errors(before, bytes));
            separators = _mm256_or_si256(separators, line_separators(before, bytes));
        }
        before = bytes;
    }
    // What is left, and zeroes behind it, before which no character may end too soon.
    uint8_t rest[sizeof(__m256i)] = {0};
    memcpy(rest, base + at, to - at);
    found = _mm256_or_si256(found, errors(before, load(rest)));
    separators = _mm256_or_si256(separators, line_separators(before, load(rest)));
    if (!_mm256_testz_si256(separators, separators)) *has_line_separator = 1;
    return _mm256_testz_si256(found, found);
}

// Where each value stands.

enum { NULL_KIND, TRUE_KIND, FALSE_KIND, NUMBER, STRING, ARRAY, OBJECT };
enum { LONGEST_NUMBER = 64 };

typedef struct {
    const uint8_t *base;
    size_t end, loadable;
    WideTextNode *nodes;
    size_t capacity;
    WideTextOutline seen;
} Reader;

INLINE int add(Reader *r, uint8_t kind, size_t start, size_t end, uint8_t has_escapes) {
    if (r->seen.count == r->capacity) return 0;
    uint32_t number = r->seen.count++;
    r->nodes[number] = (WideTextNode){(uint32_t)start, (uint32_t)end, number + 1, kind, has_escapes};
    return 1;
}

INLINE size_t skip_space(Reader *r, size_t at) {
    while (__builtin_expect(at < r->end && r->base[at] <= ' ', 0)) {
        if (r->base[at] != ' ' && r->base[at] != '\t' && r->base[at] != '\r') return at;
        r->seen.is_unusual = 1;
        at++;
    }
    return at;
}

// Four hexadecimal digits; more than 16 bits when they are none.
static uint32_t unit(const Reader *r, size_t at) {
    if (at + 4 > r->end) return UINT32_MAX;
    uint32_t value = 0;
    for (size_t i = at; i < at + 4; i++) {
        uint8_t digit = r->base[i], letter = digit | 0x20;
        if (digit >= '0' && digit <= '9') value = value << 4 | (digit - '0');
        else if (letter >= 'a' && letter <= 'f') value = value << 4 | (letter - 'a' + 10);
        else return UINT32_MAX;
    }
    return value;
}

// Whether a writer escapes a character by its number: control characters that have no letter, in small digits.
static int needs_number(uint32_t unit, uint8_t last_digit) {
    if (unit >= 0x20 || unit == '\b' || unit == '\t' || unit == '\n' || unit == '\f' || unit == '\r') return 0;
    return last_digit < 'A' || last_digit > 'F';
}

// Goes behind an escape; 0 when it is none.
static size_t skip_escape(Reader *r, size_t at) {
    if (at + 1 >= r->end) return 0;
    switch (r->base[at + 1]) {
    case '/': r->seen.is_unusual = 1; return at + 2;
    case '"': case '\\': case 'b': case 'f': case 'n': case 'r': case 't': return at + 2;
    case 'u': break;
    default: return 0;
    }
    uint32_t first = unit(r, at + 2);
    if (first > UINT16_MAX) return 0;
    if (!needs_number(first, r->base[at + 5])) r->seen.is_unusual = 1;
    at += 6;
    if ((first & 0xF800) != 0xD800) return at;
    int is_pair = (first & 0xFC00) == 0xD800 && at + 1 < r->end && r->base[at] == '\\' && r->base[at + 1] == 'u'
        && (unit(r, at + 2) & 0xFFFFFC00) == 0xDC00;
    return is_pair ? at + 6 : 0;
}

// Of 32 bytes the quotes, and those that want a closer look.
typedef struct {
    uint32_t quotes, others;
} Ends;

INLINE Ends ends_among(const uint8_t *from) {
    __m256i bytes = load(from), quotes = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('"'));
    __m256i backslashes = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\\'));
    // As signed numbers, bytes beyond ASCII are less than a space too.
    __m256i others = _mm256_or_si256(backslashes, _mm256_cmpgt_epi8(_mm256_set1_epi8(' '), bytes));
    return (Ends){(uint32_t)_mm256_movemask_epi8(quotes), (uint32_t)_mm256_movemask_epi8(others)};
}

// Goes behind the string whose opening quote stands at a place; 0 when it is none.
INLINE size_t read_string(Reader *r, size_t at) {
    size_t start = ++at;
    uint8_t has_escapes = 0, has_more_than_ascii = 0;
    // Most strings are keys, names and identifiers, of ASCII without escapes, and end among the next bytes.
    if (r->loadable - at >= BLOCK) {
        Ends ends = ends_among(r->base + at);
        if (!(ends.quotes | ends.others)) ends = ends_among(r->base + (at += BLOCK / 2));
        if (ends.quotes & (ends.others - 1) & ~ends.others) {
            at += __builtin_ctz(ends.quotes);
            return at < r->end && add(r, STRING, start, at, 0) ? at + 1 : 0;
        }
        at = start;
    }
    for (;;) {
        WideTextString passed = string_event(r->base, at, r->loadable);
        has_escapes |= passed.has_escapes;
        has_more_than_ascii |= passed.has_more_than_ascii;
        at = passed.at;
        // Near the end of what may be loaded one byte is looked at after the other.
        while (at < r->end && r->base[at] != '"' && r->base[at] != '\\' && r->base[at] >= ' ') {
            has_more_than_ascii |= r->base[at] >> 7;
            at++;
        }
        if (at >= r->end || r->base[at] < ' ') return 0;
        if (r->base[at] == '"') break;
        has_escapes = 1;
        if ((at = skip_escape(r, at)) == 0) return 0;
    }
    if (has_more_than_ascii && !is_utf8(r->base, start, at, &r->seen.has_line_separator)) return 0;
    return add(r, STRING, start, at, has_escapes) ? at + 1 : 0;
}

INLINE size_t skip_digits(const Reader *r, size_t at) {
    while (at < r->end && (uint8_t)(r->base[at] - '0') < 10) at++;
    return at;
}

// Goes behind the number at a place; 0 when it is none.
INLINE size_t read_number(Reader *r, size_t start) {
    size_t at = start + (r->base[start] == '-');
    size_t digits = skip_digits(r, at);
    if (digits == at || (digits > at + 1 && r->base[at] == '0')) return 0;
    at = digits;
    if (at < r->end && r->base[at] == '.') {
        if ((digits = skip_digits(r, at + 1)) == at + 1) return 0;
        at = digits;
    }
    if (at < r->end && (r->base[at] | 0x20) == 'e') {
        at++;
        if (at < r->end && (r->base[at] == '+' || r->base[at] == '-')) at++;
        if ((digits = skip_digits(r, at)) == at) return 0;
        at = digits;
    }
    return at - start <= LONGEST_NUMBER && add(r, NUMBER, start, at, 0) ? at : 0;
}

INLINE size_t read_literal(Reader *r, size_t at, const char *text, size_t length, uint8_t kind) {
    if (length > r->end - at || memcmp(r->base + at, text, length) != 0) return 0;
    return add(r, kind, at, at + length, 0) ? at + length : 0;
}

INLINE size_t read_scalar(Reader *r, size_t at) {
    switch (r->base[at]) {
    case '"': return read_string(r, at);
    case 't': return read_literal(r, at, "true", 4, TRUE_KIND);
    case 'f': return read_literal(r, at, "false", 5, FALSE_KIND);
    case 'n': return read_literal(r, at, "null", 4, NULL_KIND);
    default: return read_number(r, at);
    }
}

// Goes behind a key and its colon; 0 when there is none.
INLINE size_t read_key(Reader *r, size_t at) {
    at = skip_space(r, at);
    if (at >= r->end || r->base[at] != '"' || (at = read_string(r, at)) == 0) return 0;
    at = skip_space(r, at);
    return at < r->end && r->base[at] == ':' ? at + 1 : 0;
}

INLINE int read_text(Reader *r) {
    uint32_t open[WIDE_TEXT_DEPTH];
    int depth = 0;
    size_t at = 0;
    for (;;) {
        at = skip_space(r, at);
        if (at >= r->end) return 0;
        uint8_t byte = r->base[at];
        if (byte == '{' || byte == '[') {
            if (depth == WIDE_TEXT_DEPTH || !add(r, byte == '{' ? OBJECT : ARRAY, at, at, 0)) return 0;
            open[depth++] = r->seen.count - 1;
            at = skip_space(r, at + 1);
            if (at >= r->end) return 0;
            if (r->base[at] != byte + 2) {
                if (byte == '{' && (at = read_key(r, at)) == 0) return 0;
                continue;
            }
        } else if ((at = read_scalar(r, at)) == 0) {
            return 0;
        }
        // Behind a value: commas go on, brackets close.
        for (;;) {
            at = skip_space(r, at);
            if (depth == 0) {
                r->seen.end = (uint32_t)at;
                return 1;
            }
            if (at >= r->end) return 0;
            WideTextNode *container = r->nodes + open[depth - 1];
            if (r->base[at] == ',') {
                at++;
                if (container->kind_number == OBJECT && (at = read_key(r, at)) == 0) return 0;
                break;
            }
            if (r->base[at++] != (container->kind_number == OBJECT ? '}' : ']')) return 0;
            container->next = r->seen.count;
            container->end = (uint32_t)at;
            depth--;
        }
    }
}

WIDE WideTextOutline wide_text_outline(const uint8_t *base, size_t count, size_t loadable, WideTextNode *nodes,
                                       size_t capacity) {
    Reader reader = {base, count, loadable, nodes, capacity, {0}};
    if (!read_text(&reader)) reader.seen.count = 0;
    return reader.seen;
}

WIDE WideTextString wide_text_string(const uint8_t *base, size_t from, size_t to) { return string_event(base, from, to); }

WIDE int wide_text_is_utf8(const uint8_t *base, size_t from, size_t to) {
    uint8_t has_line_separator;
    return is_utf8(base, from, to, &has_line_separator);
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

ptrdiff_t wide_text_last_word(const uint8_t *base, size_t end, uint64_t word) {
    (void)base, (void)end, (void)word;
    return -1;
}

ptrdiff_t wide_text_last_zeroes(const uint8_t *base, size_t end) {
    (void)base, (void)end;
    return -1;
}

WideTextOutline wide_text_outline(const uint8_t *base, size_t count, size_t loadable, WideTextNode *nodes,
                                  size_t capacity) {
    (void)base, (void)count, (void)loadable, (void)nodes, (void)capacity;
    return (WideTextOutline){0};
}

#endif
