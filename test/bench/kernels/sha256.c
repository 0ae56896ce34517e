/* SHA-256 (FIPS 180-4) without the cryptographic instructions. */
#include "kernel.h"

#define BLOCKS 256

/* The first 32 bits of the fractional parts of the roots of the first primes: cube roots, and square roots. */
static uint32_t constants[64];
static uint32_t initial[8];

/* The low 32 bits of the largest r with r^power <= prime * 2^(32 * power). */
static uint32_t fraction_of_root(uint32_t prime, int power) {
  uint64_t root = 0;
  for (int bit = 36; bit >= 0; bit--) {
    uint64_t candidate = root | 1ull << bit;
    __uint128_t raised = (__uint128_t)candidate * candidate;
    if (power == 3) raised *= candidate;
    if (raised <= (__uint128_t)prime << (32 * power)) root = candidate;
  }
  return (uint32_t)root;
}

static void make_constants(void) {
  int found = 0;
  for (uint32_t n = 2; found < 64; n++) {
    int prime = 1;
    for (uint32_t d = 2; d * d <= n; d++) prime &= n % d != 0;
    if (!prime) continue;
    if (found < 8) initial[found] = fraction_of_root(n, 2);
    constants[found++] = fraction_of_root(n, 3);
  }
}

static inline uint32_t ror(uint32_t x, int n) { return x >> n | x << (32 - n); }

static void compress(uint32_t h[8], const uint8_t *block) {
  uint32_t w[64];
  for (int i = 0; i < 16; i++) w[i] = __builtin_bswap32(((const uint32_t *)block)[i]);
  for (int i = 16; i < 64; i++) {
    uint32_t s0 = ror(w[i - 15], 7) ^ ror(w[i - 15], 18) ^ w[i - 15] >> 3, s1 = ror(w[i - 2], 17) ^ ror(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  uint32_t s[8];
  for (int i = 0; i < 8; i++) s[i] = h[i];
  for (int i = 0; i < 64; i++) {
    uint32_t t1 = s[7] + (ror(s[4], 6) ^ ror(s[4], 11) ^ ror(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) + constants[i] + w[i];
    uint32_t t2 = (ror(s[0], 2) ^ ror(s[0], 13) ^ ror(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
    s[7] = s[6], s[6] = s[5], s[5] = s[4], s[4] = s[3] + t1, s[3] = s[2], s[2] = s[1], s[1] = s[0], s[0] = t1 + t2;
  }
  for (int i = 0; i < 8; i++) h[i] += s[i];
}

uint64_t work(uint64_t cpu, uint8_t *memory) {
  uint64_t random = cpu + 1;
  uint32_t h[8];
  make_constants();
  for (int i = 0; i < 64 * BLOCKS; i++) memory[i] = (uint8_t)(next_random(&random) >> 32);
  for (int i = 0; i < 8; i++) h[i] = initial[i];
  for (uint32_t round = 0; round < ITERATIONS; round++)
    for (int block = 0; block < BLOCKS; block++) compress(h, memory + 64 * block);
  return (uint64_t)h[0] << 32 | h[7];
}
