#define _GNU_SOURCE
#include "posix.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>

int martlet_open(const char *path, int flags, mode_t mode) {
    return open(path, flags | O_CLOEXEC, mode);
}

void martlet_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

/* On Linux a thread has a priority of its own, and 0 means the calling one. Should the kernel
 * refuse, the thread is merely as important as the others. */
void martlet_lower_priority(int nice) { (void)setpriority(PRIO_PROCESS, 0, nice); }
