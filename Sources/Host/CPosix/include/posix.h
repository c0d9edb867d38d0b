#ifndef MARTLET_CPOSIX_H
#define MARTLET_CPOSIX_H

#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

/* The variadic calls that Swift cannot make. All return -1 and set errno on failure. */
int martlet_open(const char *path, int flags, mode_t mode);

/* Names the calling thread for `ps -L` and debuggers; at most 15 bytes. */
void martlet_name_thread(const char *name);

/* Makes the calling thread give way to the others; 0 to 19, as `nice`. */
void martlet_lower_priority(int nice);

#endif
