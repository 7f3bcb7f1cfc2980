// Up to eight BLAKE3 chunks side by side with the processor's 256-bit vectors, where it has them.
//
// The package is compiled for any x86-64 processor, on which Swift's vectors are 128 bits wide. This is the one function
// that is worth a check at run time. BLAKE3.swift does the same without it and is what it is tested against.

#ifndef WIDE_HASH_H
#define WIDE_HASH_H

#include <stdint.h>

/// Whether this processor has what `wide_hash_chunks` needs.
int wide_hash_is_available(void);

/// Hashes 1 to 8 whole chunks of 1,024 bytes, none of them a root, in the time of eight.
///
/// `chunks` holds their bytes; `counter` is the number of the first one; `results` gets eight words for each. Must not be
/// called where `wide_hash_is_available` is 0.
void wide_hash_chunks(const uint8_t *chunks, int count, uint64_t counter, uint32_t *results);

#endif
