/* Byte loops: CRC-32 by table, string length and comparison, case folding, run lengths. */
#include "kernel.h"

#define SIZE 32768

static uint32_t crc_table[256];

static uint32_t crc32(const uint8_t *p, size_t n) {
  uint32_t crc = ~0u;
  while (n--) crc = crc >> 8 ^ crc_table[(crc ^ *p++) & 0xff];
  return ~crc;
}

static size_t length(const uint8_t *s) {
  const uint8_t *p = s;
  while (*p) p++;
  return p - s;
}

static size_t same(const uint8_t *a, const uint8_t *b) {
  size_t n = 0;
  while (a[n] && a[n] == b[n]) n++;
  return n;
}

static void upper(uint8_t *s) {
  for (; *s; s++)
    if (*s >= 'a' && *s <= 'z') *s -= 32;
}

static size_t run_lengths(const uint8_t *from, size_t n, uint8_t *to) {
  uint8_t *start = to;
  for (size_t i = 0; i < n;) {
    uint8_t byte = from[i];
    size_t run = 1;
    while (i + run < n && from[i + run] == byte && run < 255) run++;
    *to++ = (uint8_t)run;
    *to++ = byte;
    i += run;
  }
  return to - start;
}

uint64_t work(uint64_t cpu, uint8_t *memory) {
  uint8_t *text = memory, *copy = memory + 2 * SIZE, *packed = memory + 4 * SIZE;
  uint64_t random = cpu + 1, sum = 0;
  /* Every CPU writes the same values. */
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t c = i;
    for (int bit = 0; bit < 8; bit++) c = c & 1 ? c >> 1 ^ 0xedb88320u : c >> 1;
    crc_table[i] = c;
  }
  for (uint32_t round = 0; round < ITERATIONS; round++) {
    for (size_t i = 0; i < SIZE; i += 4) {
      uint64_t r = next_random(&random);
      for (size_t j = 0; j < 4; j++) text[i + j] = "etaoinTN"[r >> (8 * (j & r >> 60)) & 7];
    }
    text[SIZE] = 0;
    for (size_t i = 0; i <= SIZE; i++) copy[i] = text[i];
    copy[SIZE - 1 - round % 64] = 'z';
    sum = mix(sum, length(text) + same(text, copy));
    upper(copy);
    sum = mix(sum, crc32(copy, SIZE));
    sum = mix(sum, run_lengths(text, SIZE, packed));
  }
  return sum;
}
