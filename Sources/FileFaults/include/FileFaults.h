// Mapped files that other programs cut, and memory that files are read into.
//
// Reading a mapping behind the end of a file that was shortened meanwhile ends the process with SIGBUS, on every system. A
// program may have the places that are registered here filled with zeroes instead. It is asked for by programs, never by
// libraries, since signal handlers belong to the whole process.

#ifndef FILE_FAULTS_H
#define FILE_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

/// Installs the handler; faults elsewhere go to the one that was there before. Returns whether that worked.
bool file_faults_tolerate(void);

/// Whether the handler is installed.
bool file_faults_are_tolerated(void);

/// Registers a mapping; returns its number, or -1 when there is no room.
int file_faults_watch(void *start, size_t size);

/// Forgets a mapping, before it is unmapped.
void file_faults_forget(int number);

/// Has the allocator keep memory that was given back, up to 16 MB a thread, where it is glibc's.
void file_memory_keep(void);

#endif
