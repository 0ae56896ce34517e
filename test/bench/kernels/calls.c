/* Recursion with indirect calls: an expression tree evaluated through function pointers, and a sort by a comparison function. */
#include "kernel.h"

struct expression;
typedef uint64_t evaluator(const struct expression *e, uint64_t x);

struct expression {
  evaluator *evaluate;
  const struct expression *left, *right;
  uint64_t constant;
};

static uint64_t constant(const struct expression *e, uint64_t x) { return e->constant + (x & 0); }
static uint64_t variable(const struct expression *e, uint64_t x) { return x ^ e->constant; }
static uint64_t sum(const struct expression *e, uint64_t x) { return e->left->evaluate(e->left, x) + e->right->evaluate(e->right, x); }
static uint64_t product(const struct expression *e, uint64_t x) { return e->left->evaluate(e->left, x) * (e->right->evaluate(e->right, x) | 1); }
static uint64_t shift(const struct expression *e, uint64_t x) { return e->left->evaluate(e->left, x) >> (e->constant & 31); }
static uint64_t choice(const struct expression *e, uint64_t x) {
  const struct expression *taken = e->left->evaluate(e->left, x) & 1 ? e->left : e->right;
  return taken->evaluate(taken, x + 1);
}

static evaluator *const inner[] = {sum, product, shift, choice};

static const struct expression *build(struct expression **free, int depth, uint64_t *random) {
  struct expression *e = (*free)++;
  uint64_t r = next_random(random);
  e->constant = r >> 20;
  e->evaluate = depth == 0 ? (r & 1 ? constant : variable) : inner[r >> 62];
  if (depth > 0) {
    e->left = build(free, depth - 1, random);
    e->right = build(free, depth - 1, random);
  }
  return e;
}

typedef int comparison(uint64_t a, uint64_t b);
static int ascending(uint64_t a, uint64_t b) { return a < b ? -1 : a > b; }
static int by_low_bits(uint64_t a, uint64_t b) { return ascending(a & 0xffff, b & 0xffff); }

static void quicksort(uint64_t *low, uint64_t *high, comparison *compare) {
  if (high - low < 2) return;
  uint64_t pivot = low[(high - low) / 2];
  uint64_t *i = low, *j = high - 1;
  for (;;) {
    while (compare(*i, pivot) < 0) i++;
    while (compare(*j, pivot) > 0) j--;
    if (i >= j) break;
    uint64_t kept = *i;
    *i++ = *j;
    *j-- = kept;
  }
  quicksort(low, i, compare);
  quicksort(j + 1, high, compare);
}

#define COUNT 1024

uint64_t work(uint64_t cpu, uint8_t *memory) {
  struct expression *free = (struct expression *)memory;
  uint64_t random = cpu + 1, total = 0;
  const struct expression *roots[8];
  for (int i = 0; i < 8; i++) roots[i] = build(&free, 6, &random);
  uint64_t *values = (uint64_t *)free;
  for (uint32_t round = 0; round < ITERATIONS; round++) {
    for (int i = 0; i < COUNT; i++) values[i] = i % 8 == 0 ? roots[i / 8 % 8]->evaluate(roots[i / 8 % 8], i + round) : next_random(&random);
    quicksort(values, values + COUNT, round & 1 ? by_low_bits : ascending);
    total = mix(total, values[COUNT / 2] & 0xffff);
  }
  return total;
}
