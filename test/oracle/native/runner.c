/*
 * Runs single A64 instructions on the processor it finds itself on and reports what they did.
 * stdin: the memory image (4096 bytes), then cases. stdout: for each case a result, followed by the whole state where FLAG_STATE asks for it.
 * The other side of the conversation is native.ts; hash and layouts are those of case.ts.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define WINDOW 0x100000000ul
#define CODE 0x100010000ul
#define BLOB 0x100020000ul
#define IMAGE_BYTES 4096
#define FLAG_SIMD 1
#define FLAG_STATE 2

struct state {
	uint32_t word, prefix, nzcv, fpcr, fpsr, flags;
	uint64_t sp, x[31], spare;
	uint64_t v[64];
};
_Static_assert(sizeof(struct state) == 800, "layout");

struct result {
	uint32_t outcome, spare, hash[2];
};

enum { COMPLETED, BRANCHED, UNDEFINED, FAULT, ALIGNMENT };

extern char blob[], blob_end[];
static struct state *const in = (void *)(BLOB + 0x1000), *const out = (void *)(BLOB + 0x2000);
static volatile uint32_t outcome;
static volatile uint64_t pc;

static void on_signal(int number, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	mcontext_t *m = &uc->uc_mcontext;
	pc = m->pc;
	if (pc == CODE + 0x804 || pc == CODE + 0x800)
		outcome = number == SIGILL ? UNDEFINED : number == SIGBUS ? ALIGNMENT : FAULT;
	else
		outcome = BRANCHED;
	memcpy(out->x, m->regs, sizeof out->x);
	out->sp = m->sp;
	out->nzcv = m->pstate & 0xf0000000;
	m->pc = BLOB + 0xc00;
}

static uint32_t h1, h2;
static inline void mix(uint32_t w)
{
	h1 = (h1 ^ w) * 0x9e3779b1u;
	h1 = h1 << 13 | h1 >> 19;
	h2 = (h2 + w) * 0x85ebca77u;
	h2 ^= h2 >> 15;
}
static inline void mix64(uint64_t d)
{
	mix(d);
	mix(d >> 32);
}

int main(void)
{
	static uint32_t image[IMAGE_BYTES / 4];
	static char stack[65536] __attribute__((aligned(16)));
	uint32_t *window = mmap((void *)WINDOW, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	uint32_t *code = mmap((void *)CODE, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	char *blob_at = mmap((void *)BLOB, 0x4000, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (window == MAP_FAILED || code == MAP_FAILED || blob_at == MAP_FAILED) return 2;
	memcpy(blob_at, blob, blob_end - blob);
	mprotect(blob_at, 4096, PROT_READ | PROT_EXEC);
	__builtin___clear_cache(blob_at, blob_at + 4096);
	code[0x808 / 4] = 0x14000000 | ((BLOB + 0x800 - CODE - 0x808) >> 2);

	stack_t alternative = { .ss_sp = stack, .ss_size = sizeof stack };
	sigaltstack(&alternative, 0);
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
	const int numbers[] = { SIGILL, SIGSEGV, SIGBUS, SIGTRAP };
	for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++) sigaction(numbers[i], &action, 0);

	void (*enter)(int, int) = (void *)blob_at;
	if (fread(image, sizeof image, 1, stdin) != 1) return 2;
	while (fread(in, sizeof *in, 1, stdin) == 1) {
		int simd = in->flags & FLAG_SIMD;
		memcpy(window, image, sizeof image);
		memcpy(out, in, sizeof *out);
		if (code[0x800 / 4] != in->prefix || code[0x804 / 4] != in->word) {
			code[0x800 / 4] = in->prefix;
			code[0x804 / 4] = in->word;
			__builtin___clear_cache((char *)code + 0x800, (char *)code + 0x80c);
		}
		outcome = COMPLETED;
		pc = CODE + 0x808;
		enter(simd, in->prefix != 0);

		h1 = 1, h2 = 2;
		mix(outcome);
		if (outcome <= BRANCHED) {
			mix64(pc);
			for (int i = 0; i < 31; i++) mix64(out->x[i]);
			mix64(out->sp);
			mix(out->nzcv >> 28);
			if (simd) {
				mix(out->fpsr);
				for (int i = 0; i < 64; i++) mix64(out->v[i]);
			}
			for (unsigned i = 0; i < IMAGE_BYTES / 4; i++)
				if (window[i] != image[i]) mix(i), mix(window[i]);
		}
		struct result result = { outcome, 0, { h1, h2 } };
		fwrite(&result, sizeof result, 1, stdout);
		if (in->flags & FLAG_STATE) {
			out->spare = pc;
			fwrite(out, sizeof *out, 1, stdout);
			fwrite(window, IMAGE_BYTES, 1, stdout);
		}
	}
	return fflush(stdout) ? 2 : 0;
}
