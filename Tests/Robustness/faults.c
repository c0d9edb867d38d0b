// Loaded into a node by LD_PRELOAD: syncs that fail, lie or take long, and a clock that is
// wrong.
//
// What it does is in a page that the rig shares with it, the file named by FAULTS_CONTROL; zeros mean
// nothing. Seen by whatever calls the C library dynamically, which Swift's static runtime does.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct control {
    _Atomic int64_t realtime_offset_ns;
    _Atomic int64_t sync_delay_ns;
    _Atomic int64_t failing_syncs; // how many of the next ones fail
    _Atomic int64_t failed_syncs;
    _Atomic int64_t slow_syncs;
    _Atomic int64_t wrong_times; // told by a clock that is wrong
    _Atomic int64_t lies; // not 0: syncs are said to succeed, and nothing is done
    _Atomic int64_t told_lies;
};

static struct control *control;

__attribute__((constructor)) static void open_control(void) {
    const char *path = getenv("FAULTS_CONTROL");
    int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0) _exit(97);
    void *page = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (page == MAP_FAILED) _exit(98);
    control = page;
}

// As a kernel does it: the error is told once, and the pages count as clean from then on.
static int fails(void) {
    int64_t left = atomic_load(&control->failing_syncs);
    while (left > 0) {
        if (atomic_compare_exchange_weak(&control->failing_syncs, &left, left - 1)) {
            atomic_fetch_add(&control->failed_syncs, 1);
            errno = EIO;
            return 1;
        }
    }
    return 0;
}

static void delay(void) {
    int64_t left = atomic_load(&control->sync_delay_ns);
    if (left <= 0) return;
    atomic_fetch_add(&control->slow_syncs, 1);
    struct timespec pause = {left / 1000000000, left % 1000000000};
    while (nanosleep(&pause, &pause) != 0 && errno == EINTR) {}
}

static int lies(void) {
    if (atomic_load(&control->lies) == 0) return 0;
    atomic_fetch_add(&control->told_lies, 1);
    return 1;
}

int fsync(int file) {
    static int (*real)(int);
    if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    delay();
    if (fails()) return -1;
    return lies() ? 0 : real(file);
}

int fdatasync(int file) {
    static int (*real)(int);
    if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    delay();
    if (fails()) return -1;
    return lies() ? 0 : real(file);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int code = real(clock, time);
    if (code != 0 || !control || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)) {
        return code;
    }
    int64_t offset = atomic_load(&control->realtime_offset_ns);
    if (offset != 0) atomic_fetch_add(&control->wrong_times, 1);
    time->tv_sec += offset / 1000000000;
    time->tv_nsec += offset % 1000000000;
    if (time->tv_nsec < 0) {
        time->tv_nsec += 1000000000;
        time->tv_sec -= 1;
    } else if (time->tv_nsec >= 1000000000) {
        time->tv_nsec -= 1000000000;
        time->tv_sec += 1;
    }
    return 0;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    struct timespec now;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *out) {
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
    if (out) *out = now.tv_sec;
    return now.tv_sec;
}
