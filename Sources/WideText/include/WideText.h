// The ends of JSON strings and whether bytes are UTF-8, with the processor's 256-bit vectors, where it has them.
//
// Nearly all of a session is the inside of strings, so what these two functions do is most of the reading of one. The package
// is compiled for any x86-64 processor, on which vectors are 128 bits wide; these are behind a check at run time.
// JSONScanner.swift and UTF8Validation.swift do the same without them.

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

/// Whether the bytes from `from` to `to` are well-formed UTF-8 (The Unicode Standard, table 3-7).
int wide_text_is_utf8(const uint8_t *base, size_t from, size_t to);

#endif
