#define _GNU_SOURCE
#include "posix.h"

#include <fcntl.h>
#include <pthread.h>

int martlet_open(const char *path, int flags, mode_t mode) {
    return open(path, flags | O_CLOEXEC, mode);
}

void martlet_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }
