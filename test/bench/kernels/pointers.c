/* Pointer chasing: a list in shuffled order, and look-ups in a binary tree. */
#include "kernel.h"

#define NODES 16384

struct node {
  struct node *next, *less, *more;
  uint64_t key;
};

static struct node *insert(struct node *root, struct node *leaf) {
  if (!root) return leaf;
  for (struct node *at = root;;) {
    struct node **down = leaf->key < at->key ? &at->less : &at->more;
    if (!*down) {
      *down = leaf;
      return root;
    }
    at = *down;
  }
}

uint64_t work(uint64_t cpu, uint8_t *memory) {
  struct node *nodes = (struct node *)memory;
  uint32_t *order = (uint32_t *)(nodes + NODES);
  uint64_t random = cpu + 1, sum = 0;
  for (uint32_t i = 0; i < NODES; i++) order[i] = i;
  for (uint32_t i = NODES - 1; i > 0; i--) {
    uint32_t j = next_random(&random) % (i + 1), kept = order[i];
    order[i] = order[j];
    order[j] = kept;
  }
  struct node *root = NULL;
  for (uint32_t i = 0; i < NODES; i++) {
    struct node *node = &nodes[order[i]];
    node->next = &nodes[order[(i + 1) % NODES]];
    node->key = next_random(&random);
    root = insert(root, node);
  }
  struct node *at = nodes;
  for (uint32_t round = 0; round < ITERATIONS; round++) {
    for (uint32_t i = 0; i < NODES; i++) {
      sum += at->key ^ i;
      at = at->next;
    }
    for (uint32_t i = 0; i < NODES / 16; i++) {
      uint64_t wanted = next_random(&random);
      const struct node *best = NULL;
      for (const struct node *n = root; n;) {
        if (n->key < wanted) {
          n = n->more;
        } else {
          best = n;
          n = n->less;
        }
      }
      if (best) sum = mix(sum, best->key);
    }
  }
  return sum;
}
