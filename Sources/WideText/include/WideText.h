// The ends of JSON strings, whether bytes are UTF-8, and where a word or zeroes stand, with the processor's 256-bit vectors,
// where it has them.
//
// Nearly all of a session is the inside of strings, so what the first of these do is most of the reading of one. The package
// is compiled for any x86-64 processor, on which vectors are 128 bits wide; these are behind a check at run time.
// JSONScanner.swift, UTF8Validation.swift and BytePattern.swift do the same without them.

#ifndef WIDE_TEXT_H
#define WIDE_TEXT_H

#include <stddef.h>
#include <stdint.h>

/// Whether this processor has what the functions here need. They must not be called where this is 0.
int wide_text_is_available(void);

/// Where the inside of a string was gone over to, and what was passed on the way.
typedef struct {
    size_t at;
    /// Also where the one that wants a closer look is the first.
    uint8_t has_escapes;
    uint8_t has_more_than_ascii;
} WideTextString;

/// Goes over the inside of a JSON string from `from`, a byte that is not escaped, up to the first that needs a closer look: a
/// quote, a control character, or the backslash before anything but `"`, `\`, `n`, `r` and `t`.
///
/// No byte from `to` on is looked at. Where fewer than 64 bytes are left and nothing was found, the place from which to look on
/// is given, a byte that is not escaped.
WideTextString wide_text_string(const uint8_t *base, size_t from, size_t to);

/// How deep containers may nest in what `wide_text_outline` takes.
#define WIDE_TEXT_DEPTH 64

/// One value of a JSON text, or one key.
typedef struct {
    /// From the beginning of the text; of a string without its quotes.
    uint32_t start;
    uint32_t end;
    /// The node behind this one and all that is inside it.
    uint32_t next;
    /// Null, true, false, a number, a string, an array, an object, from 0.
    uint8_t kind_number;
    /// Whether a string has escapes.
    uint8_t has_escapes;
} WideTextNode;

/// What was seen of a JSON text beside its values.
typedef struct {
    /// How many nodes there are; 0 where the text wants a closer look, whatever the reason.
    uint32_t count;
    /// Behind the value and the white space that follows it.
    uint32_t end;
    /// Whether white space stands between tokens, or something is escaped that needs no escape, or not in this way.
    uint8_t is_unusual;
    /// Whether U+2028 or U+2029 stands in a string.
    uint8_t has_line_separator;
} WideTextOutline;

/// Notes where each value of a text stands that begins with one JSON value (RFC 8259, but that no LF is white space).
///
/// What is unusual is left to others, who know what is wrong with it and whether it is: anything that is no such text, more
/// nodes than `capacity`, containers that nest deeper than `WIDE_TEXT_DEPTH`, numbers of more than 64 bytes,
/// escapes of half a surrogate pair. `count` is less than 2^31;
/// `loadable` is how many bytes from `base` on may be loaded, at least `count`.
WideTextOutline wide_text_outline(const uint8_t *base, size_t count, size_t loadable, WideTextNode *nodes,
                                  size_t capacity);

/// The last place before `end` at which eight bytes begin that read as this number on the machine; -1 where there is none.
///
/// `base` holds at least `end + 7` bytes.
ptrdiff_t wide_text_last_word(const uint8_t *base, size_t end, uint64_t word);

/// The last place before `end` at which seven zeroes begin; -1 where there is none. `base` holds at least `end + 6` bytes.
ptrdiff_t wide_text_last_zeroes(const uint8_t *base, size_t end);

/// Whether the bytes from `from` to `to` are well-formed UTF-8 (The Unicode Standard, table 3-7).
int wide_text_is_utf8(const uint8_t *base, size_t from, size_t to);

#endif
