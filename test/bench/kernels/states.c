/* A state machine: words, numbers, strings, comments and operators of a made-up program text. */
#include "kernel.h"

#define SIZE 16384

enum state { BETWEEN, WORD, NUMBER, HEX, STRING, ESCAPE, SLASH, COMMENT, STAR, OPERATOR };

uint64_t work(uint64_t cpu, uint8_t *memory) {
  static const char *const pieces[] = {"while ",  "x1 = 0x7fe0;", "\"a\\n b\" ", "/* note * */", "42 + 1000;", "if (y) ", "return z;\n", "a/b ",
                                       "p->next ", "  \t ",        "f(0, 1);",     "\"\\\\\"",      "0xdead ",    "{ }\n",   "// ",       "k++;"};
  uint64_t random = cpu + 1, sum = 0;
  size_t size = 0;
  while (size < SIZE) {
    const char *piece = pieces[next_random(&random) >> 60];
    while (*piece) memory[size++] = (uint8_t)*piece++;
  }
  for (uint32_t round = 0; round < ITERATIONS; round++) {
    uint32_t counts[10] = {0};
    uint64_t value = 0;
    enum state state = BETWEEN;
    for (size_t i = 0; i < size; i++) {
      uint8_t c = memory[i];
      switch (state) {
        case WORD:
          if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) break;
          goto between;
        case NUMBER:
          if (c >= '0' && c <= '9') {
            value = value * 10 + (c - '0');
            break;
          }
          if (c == 'x') {
            state = HEX;
            break;
          }
          goto between;
        case HEX:
          if (c >= '0' && c <= '9') {
            value = value << 4 | (c - '0');
            break;
          }
          if (c >= 'a' && c <= 'f') {
            value = value << 4 | (c - 'a' + 10);
            break;
          }
          goto between;
        case STRING:
          if (c == '\\') state = ESCAPE;
          if (c == '"') state = BETWEEN;
          break;
        case ESCAPE:
          state = STRING;
          break;
        case SLASH:
          if (c == '*') {
            state = COMMENT;
            break;
          }
          goto between;
        case COMMENT:
          if (c == '*') state = STAR;
          break;
        case STAR:
          if (c == '/') state = BETWEEN;
          else if (c != '*') state = COMMENT;
          break;
        default:
        between:
          if (c >= 'a' && c <= 'z') state = WORD;
          else if (c >= '0' && c <= '9') state = NUMBER, value = mix(value, c);
          else if (c == '"') state = STRING;
          else if (c == '/') state = SLASH;
          else if (c == '+' || c == '-' || c == '=' || c == '>') state = OPERATOR;
          else state = BETWEEN;
          counts[state]++;
      }
    }
    for (int s = 0; s < 10; s++) sum = mix(sum, counts[s]);
    sum = mix(sum, value);
    memory[round % SIZE] ^= 1;
  }
  return sum;
}
