/* What a kernel of the benchmark is: work(), the same answer every time. ITERATIONS comes from the command line. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* @param cpu from 0; @param memory 16 MiB of this CPU's own, zero at first. Returns a checksum. */
uint64_t work(uint64_t cpu, uint8_t *memory);

/* xorshift64*: a different series for every CPU. */
static inline uint64_t next_random(uint64_t *state) {
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return *state * 0x2545f4914f6cdd1dull;
}

static inline uint64_t mix(uint64_t sum, uint64_t value) { return (sum ^ value) * 0x9e3779b97f4a7c15ull + (sum >> 29); }
