// In C, since nothing else is sure to be safe in a signal handler: no allocation, no lock, no initialisation on first use.

#define _GNU_SOURCE
#include "FileFaults.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define PLACES 4096

// A place is taken while its end is not 0; 1 while it is being filled or emptied.
static struct {
    _Atomic(uintptr_t) start, end;
} places[PLACES];
static atomic_bool tolerated;
static struct sigaction previous;
static uintptr_t page;

static void pass_on(int number, siginfo_t *info, void *context) {
    if (previous.sa_flags & SA_SIGINFO) {
        previous.sa_sigaction(number, info, context);
    } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
        previous.sa_handler(number);
    } else {
        // The access is tried again, and ends the process as it would have.
        signal(number, SIG_DFL);
    }
}

static void fill(int number, siginfo_t *info, void *context) {
    int kept = errno;
    uintptr_t address = (uintptr_t)info->si_addr;
    for (int i = 0; i < PLACES; i++) {
        uintptr_t end = atomic_load(&places[i].end);
        if (end <= 1 || address < atomic_load(&places[i].start) || address >= end) continue;
        // Zeroes from here to the end: what stood there is gone.
        uintptr_t from = address & ~(page - 1);
        void *zeroes = mmap((void *)from, end - from, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        errno = kept;
        if (zeroes != MAP_FAILED) return;
        break;
    }
    pass_on(number, info, context);
}

bool file_faults_tolerate(void) {
    if (atomic_load(&tolerated)) return true;
    page = (uintptr_t)sysconf(_SC_PAGESIZE);
    struct sigaction action = {0};
    action.sa_sigaction = fill;
    action.sa_flags = SA_SIGINFO;
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGBUS, &action, &previous) != 0) return false;
    atomic_store(&tolerated, true);
    return true;
}

bool file_faults_are_tolerated(void) { return atomic_load(&tolerated); }

int file_faults_watch(void *start, size_t size) {
    for (int i = 0; i < PLACES; i++) {
        uintptr_t empty = 0;
        if (!atomic_compare_exchange_strong(&places[i].end, &empty, 1)) continue;
        atomic_store(&places[i].start, (uintptr_t)start);
        atomic_store(&places[i].end, (uintptr_t)start + size);
        return i;
    }
    return -1;
}

void file_faults_forget(int number) {
    if (number >= 0 && number < PLACES) atomic_store(&places[number].end, 0);
}

#if defined(__GLIBC__)
#include <malloc.h>

void file_memory_keep(void) {
    // Pieces that are read at once are smaller than the first.
    mallopt(M_MMAP_THRESHOLD, 4 << 20);
    mallopt(M_TRIM_THRESHOLD, 16 << 20);
}
#else
void file_memory_keep(void) {}
#endif
