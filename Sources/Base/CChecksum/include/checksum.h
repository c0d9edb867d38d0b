#ifndef MARTLET_CHECKSUM_H
#define MARTLET_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32C of `count` bytes, going on from `seed` (0 to begin), by the processor's instruction where
   it has one and by tables where not. */
uint32_t martlet_crc32c(uint32_t seed, const void *bytes, size_t count);

/* The table version, for tests that compare the two. */
uint32_t martlet_crc32c_portable(uint32_t seed, const void *bytes, size_t count);

/* Adds whole blocks of 64 bytes to a SHA-256 (FIPS 180-4). */
void martlet_sha256_blocks(uint32_t state[8], const void *bytes, size_t blocks);

#endif
