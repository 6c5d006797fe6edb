/* The real init of all boots: it says that it runs, and waits. Without a C library,
   for nothing else is to be measured. */
#include <asm/unistd.h>

#if defined(__x86_64__)
static long call(long n, long a, long b, long c)
{
	long result;
	__asm__ volatile("syscall" : "=a"(result) : "a"(n), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return result;
}
#define START _start
#elif defined(__mips__)
static long call(long n, long a, long b, long c)
{
	register long v0 __asm__("$2") = n, a0 __asm__("$4") = a, a1 __asm__("$5") = b, a2 __asm__("$6") = c, a3 __asm__("$7");
	__asm__ volatile("syscall" : "+r"(v0), "=r"(a3) : "r"(a0), "r"(a1), "r"(a2) : "$1", "$3", "$8", "$9", "$10", "$11", "$12", "$13", "$14", "$15", "$24", "$25", "hi", "lo", "memory");
	return v0;
}
#define START __start
#endif

void START(void)
{
	static const char said[] = "<6>bench: the real init runs\n";
	call(__NR_write, call(__NR_open, (long)"/dev/kmsg", 1, 0), (long)said, sizeof said - 1);
	for (;;)
		call(__NR_pause, 0, 0, 0);
}
