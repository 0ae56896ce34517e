/* An interpreter: bytecode for a machine with sixteen registers, one switch for all of its instructions. Its program sieves primes, then counts the steps of Collatz sequences. */
#include "kernel.h"

typedef enum { STOP, LOAD, MOVE, ADD, SUBTRACT, MULTIPLY, AND, SHIFT, READ, WRITE, JUMP, JUMP_LESS, JUMP_ZERO, ADD_CONSTANT } operation;

typedef struct {
  uint8_t operation, a, b;
  int16_t c;
} instruction;

static uint64_t run(const instruction *code, uint64_t *r, uint8_t *bytes) {
  for (const instruction *at = code;; at++) {
    switch ((operation)at->operation) {
      case STOP: return r[0];
      case LOAD: r[at->a] = (uint64_t)at->c; break;
      case MOVE: r[at->a] = r[at->b]; break;
      case ADD: r[at->a] = r[at->b] + r[at->c]; break;
      case SUBTRACT: r[at->a] = r[at->b] - r[at->c]; break;
      case MULTIPLY: r[at->a] = r[at->b] * r[at->c]; break;
      case AND: r[at->a] = r[at->b] & (uint64_t)at->c; break;
      case SHIFT: r[at->a] = r[at->b] >> at->c; break;
      case READ: r[at->a] = bytes[r[at->b]]; break;
      case WRITE: bytes[r[at->b]] = (uint8_t)r[at->a]; break;
      case JUMP: at = code + at->c - 1; break;
      case JUMP_LESS: if (r[at->a] < r[at->b]) at = code + at->c - 1; break;
      case JUMP_ZERO: if (r[at->a] == 0) at = code + at->c - 1; break;
      case ADD_CONSTANT: r[at->a] = r[at->b] + (uint64_t)at->c; break;
    }
  }
}

#define LIMIT 4096

enum { FILL = 3, SIEVE = 7, STRIKE = 12, NEXT = 15, COUNT = 17, EACH = 19, STEP = 22, EVEN = 29, SKIP = 31 };

static const instruction program[] = {
  {LOAD, 1, 0, LIMIT}, {LOAD, 2, 0, 0}, {LOAD, 3, 0, 1},
  [FILL] = {WRITE, 3, 2, 0}, {ADD_CONSTANT, 2, 2, 1}, {JUMP_LESS, 2, 1, FILL}, {LOAD, 2, 0, 2},
  [SIEVE] = {MULTIPLY, 4, 2, 2}, {JUMP_LESS, 4, 1, SIEVE + 3}, {JUMP, 0, 0, COUNT}, {READ, 5, 2, 0}, {JUMP_ZERO, 5, 0, NEXT},
  [STRIKE] = {WRITE, 6, 4, 0}, {ADD, 4, 4, 2}, {JUMP_LESS, 4, 1, STRIKE},
  [NEXT] = {ADD_CONSTANT, 2, 2, 1}, {JUMP, 0, 0, SIEVE},
  [COUNT] = {LOAD, 0, 0, 0}, {LOAD, 2, 0, 2},
  [EACH] = {READ, 5, 2, 0}, {JUMP_ZERO, 5, 0, SKIP}, {MOVE, 4, 2, 0},
  [STEP] = {ADD_CONSTANT, 0, 0, 1}, {AND, 5, 4, 1}, {JUMP_ZERO, 5, 0, EVEN}, {ADD, 5, 4, 4}, {ADD, 4, 5, 4}, {ADD_CONSTANT, 4, 4, 1}, {JUMP, 0, 0, STEP},
  [EVEN] = {SHIFT, 4, 4, 1}, {JUMP_LESS, 3, 4, STEP},
  [SKIP] = {ADD_CONSTANT, 2, 2, 1}, {JUMP_LESS, 2, 1, EACH}, {STOP, 0, 0, 0},
};

uint64_t work(uint64_t cpu, uint8_t *memory) {
  uint64_t sum = cpu;
  for (uint32_t round = 0; round < ITERATIONS; round++) sum = mix(sum, run(program, (uint64_t *)memory, memory + 16 * sizeof(uint64_t)));
  return sum;
}
