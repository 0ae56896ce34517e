/*
 * The whole user space of a Linux guest that has KVM: carries out /steps (steps.ts says what each step is) and prints one line a result.
 *
 * Everything that a step can point at lives at addresses that the steps know: the arena, and the mappings of file descriptors in it. So a structure with
 * pointers in it is plain bytes, the same here and where the steps are replayed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <termios.h>
#include <unistd.h>

#define ARENA 0x20000000ul
#define ARENA_BYTES 0x2000000ul
/** Where files are mapped, and where guests' memory is: script.ts. */
#define FILES (ARENA + 0x100000)
#define FILES_BYTES 0x100000ul
#define MEMORY (ARENA + 0x200000)
#define MEMORY_BYTES 0x100000ul
#define ATTIC 0x1000000000ul
#define SLOTS 16
#define KVM_RUN 0xae80
#define KVM_GET_ONE_REG 0x4010aeab
#define KVM_SET_ONE_REG 0x4010aeac
#define KVM_GET_REG_LIST 0xc008aeb0
#define REGISTERS 2048

enum { CASE, OPEN, IOCTL, RUN, WRITE, DUMP, MAP_SLOT, CLOSE, TAKE_FD, PUT_FD, UNMAP, SURVEY, XOR, END };

struct step {
	uint32_t op;
	uint32_t slot;
	uint64_t a, b, c;
	/** Bytes of payload that follow, padded to eight. */
	uint64_t length;
};

static int slots[SLOTS];

static void die(const char *what)
{
	printf("@fail %s: %s\n", what, strerror(errno));
	fflush(stdout);
	tcdrain(STDOUT_FILENO);
	reboot(RB_POWER_OFF);
}

static void new_arena(void)
{
	for (int n = 0; n < SLOTS; n++) {
		if (slots[n] >= 0)
			close(slots[n]);
		slots[n] = -1;
	}
	/*
	 * The pages of the last case go away from the arena, but stay: QEMU 7.2 has been seen to execute what it translated of a page before the page
	 * was freed and another guest's program came to be in it.
	 */
	static char *attic = (char *)ATTIC;
	munmap((void *)FILES, FILES_BYTES);
	mremap((void *)MEMORY, MEMORY_BYTES, MEMORY_BYTES, MREMAP_MAYMOVE | MREMAP_FIXED, attic);
	attic += MEMORY_BYTES;
	/* A fresh mapping in place of all that is left: zeroes, and no file descriptor's memory any more. */
	if (mmap((void *)ARENA, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		die("arena");
}

/** A result: what the call gave, or minus the error. */
static void result(long value)
{
	printf("@r %ld\n", value < 0 ? -(long)errno : value);
}

static void hexadecimal(const uint8_t *bytes, uint64_t length)
{
	printf("@d ");
	for (uint64_t n = 0; n < length; n++)
		printf("%02x", bytes[n]);
	printf("\n");
}

static void on_alarm(int signal)
{
	(void)signal;
}

/** KVM_RUN that ends with EINTR when the guest is not done after so many milliseconds. */
static void run(int fd, uint64_t milliseconds)
{
	struct itimerval timer = {
		.it_value = { .tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000 },
		.it_interval = { .tv_usec = 100000 },
	};
	struct itimerval off = { 0 };
	setitimer(ITIMER_REAL, &timer, NULL);
	int value = ioctl(fd, KVM_RUN, 0);
	int error = errno;
	setitimer(ITIMER_REAL, &off, NULL);
	errno = error;
	result(value);
}

static long one_reg(int fd, unsigned long request, uint64_t id, void *value)
{
	struct {
		uint64_t id, address;
	} argument = { id, (uint64_t)value };
	return ioctl(fd, request, &argument) < 0 ? -(long)errno : 0;
}

static void print_value(const uint8_t *bytes, uint64_t length)
{
	for (uint64_t n = 0; n < length; n++)
		printf("%02x", bytes[n]);
}

/** Every register of KVM_GET_REG_LIST: its value, what writing that value gives, what writing the complement gives, and the value after that. */
static void survey(int fd)
{
	static uint64_t list[1 + REGISTERS];
	uint8_t value[256], inverse[256], after[256];
	list[0] = REGISTERS;
	if (ioctl(fd, KVM_GET_REG_LIST, list) < 0) {
		result(-1);
		return;
	}
	for (uint64_t n = 1; n <= list[0]; n++) {
		uint64_t size = 1ul << (list[n] >> 52 & 15);
		memset(value, 0, sizeof(value));
		memset(after, 0, sizeof(after));
		long got = one_reg(fd, KVM_GET_ONE_REG, list[n], value);
		for (uint64_t m = 0; m < size; m++)
			inverse[m] = ~value[m];
		long same = one_reg(fd, KVM_SET_ONE_REG, list[n], value);
		long other = one_reg(fd, KVM_SET_ONE_REG, list[n], inverse);
		one_reg(fd, KVM_GET_ONE_REG, list[n], after);
		long back = one_reg(fd, KVM_SET_ONE_REG, list[n], value);
		printf("@s %lx %ld ", list[n], got);
		print_value(value, size);
		printf(" %ld %ld ", same, other);
		print_value(after, size);
		printf(" %ld\n", back);
	}
	result(list[0]);
}

static void perform(const struct step *step, const void *payload)
{
	int fd = slots[step->slot % SLOTS];
	switch (step->op) {
	case CASE:
		new_arena();
		printf("@c %.*s\n", (int)step->length, (const char *)payload);
		break;
	case OPEN:
		slots[step->slot] = open("/dev/kvm", O_RDWR | O_CLOEXEC);
		if (slots[step->slot] < 0)
			die("/dev/kvm");
		break;
	case IOCTL: {
		long value = ioctl(fd, step->a, step->b);
		/* The number of a descriptor says nothing about KVM: 0 is "one was made". */
		if (step->c && value >= 0) {
			slots[step->c] = value;
			value = 0;
		}
		result(value);
		break;
	}
	case RUN:
		run(fd, step->a);
		break;
	case WRITE:
		memcpy((void *)step->a, payload, step->length);
		break;
	case DUMP:
		hexadecimal((const uint8_t *)step->a, step->b);
		break;
	case MAP_SLOT:
		if (mmap((void *)step->a, step->b, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, step->c) == MAP_FAILED)
			result(-1);
		else
			result(0);
		break;
	case CLOSE:
		close(fd);
		slots[step->slot] = -1;
		break;
	case TAKE_FD:
		slots[step->slot] = *(int *)step->a;
		*(int *)step->a = 0;
		break;
	case PUT_FD:
		*(int *)step->a = fd;
		break;
	case UNMAP:
		munmap((void *)step->a, step->b);
		break;
	case XOR:
		*(uint64_t *)step->a ^= step->b;
		break;
	case SURVEY:
		survey(fd);
		break;
	default:
		die("unknown step");
	}
}

int main(void)
{
	struct sigaction action = { .sa_handler = on_alarm };
	sigaction(SIGALRM, &action, NULL);
	memset(slots, -1, sizeof(slots));
	int file = open("/steps", O_RDONLY);
	struct stat status;
	if (file < 0 || fstat(file, &status) < 0)
		die("/steps");
	const char *at = mmap(NULL, status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
	if (at == MAP_FAILED)
		die("/steps");
	printf("@begin\n");
	for (;;) {
		const struct step *step = (const struct step *)at;
		if (step->op == END)
			break;
		perform(step, step + 1);
		at += sizeof(*step) + (step->length + 7) / 8 * 8;
	}
	printf("@end\n");
	fflush(stdout);
	tcdrain(STDOUT_FILENO);
	reboot(RB_POWER_OFF);
	return 0;
}
