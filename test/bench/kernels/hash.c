/* A hash table of strings: words made from a seed are counted, looked up, removed and put back. Open addressing modulo a prime, keys of 3 to 18 bytes compared byte by byte. */
#include "kernel.h"

#define SLOTS 8191
#define WORDS 5000
#define LONGEST 18

struct slot {
  const uint8_t *key;
  uint32_t hash, length, count;
};

static uint32_t hash_of(const uint8_t *key, uint32_t length) {
  uint32_t hash = 2166136261u;
  for (uint32_t i = 0; i < length; i++) hash = (hash ^ key[i]) * 16777619u;
  return hash;
}

static int equal(const uint8_t *a, const uint8_t *b, uint32_t length) {
  for (uint32_t i = 0; i < length; i++)
    if (a[i] != b[i]) return 0;
  return 1;
}

/* The slot of the key, or the free one where it would go. */
static struct slot *find(struct slot *table, const uint8_t *key, uint32_t length, uint32_t hash) {
  for (uint32_t at = hash % SLOTS, step = 1 + hash % (SLOTS - 2);; at = (at + step) % SLOTS) {
    struct slot *slot = &table[at];
    if (!slot->key || (slot->hash == hash && slot->length == length && equal(slot->key, key, length))) return slot;
  }
}

/* Writes a word that the seed decides; returns its length. */
static uint32_t make_word(uint8_t *word, uint64_t seed) {
  uint64_t random = seed * 0x9e3779b97f4a7c15ull + 1;
  uint32_t length = 3 + next_random(&random) % (LONGEST - 2);
  for (uint32_t i = 0; i < length; i++) word[i] = 'a' + (next_random(&random) >> 33) % 26;
  return length;
}

uint64_t work(uint64_t cpu, uint8_t *memory) {
  struct slot *table = (struct slot *)memory;
  uint8_t *free = (uint8_t *)(table + SLOTS), word[LONGEST + 1];
  uint64_t random = cpu + 1, sum = 0;
  for (uint32_t round = 0; round < ITERATIONS; round++) {
    for (uint32_t i = 0; i < WORDS; i++) {
      /* Low numbers are more frequent, as short words are in a text. */
      uint64_t r = next_random(&random);
      uint64_t number = (r & 0xffff) * (r >> 16 & 0xffff) * WORDS >> 32;
      uint32_t length = make_word(word, number), hash = hash_of(word, length);
      struct slot *slot = find(table, word, length, hash);
      if (!slot->key) {
        for (uint32_t j = 0; j < length; j++) free[j] = word[j];
        *slot = (struct slot){.key = free, .hash = hash, .length = length};
        free += length;
      }
      slot->count++;
      sum = mix(sum, slot->count);
    }
    for (uint32_t at = round % 7; at < SLOTS; at += 7)
      if (table[at].key && table[at].count) sum = mix(sum, --table[at].count);
  }
  return sum;
}
