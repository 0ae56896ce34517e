/** A user space that makes a running kernel change its own code in every way it has: modules, static keys, tracepoints, probes, function tracing. */
import { readFileSync } from 'node:fs';
import { directory, program } from './cpio.ts';
import { guestFiles, type KernelVersion, moduleNames } from './guests.ts';
import { initramfs } from './initramfs.ts';

/** Last line before power-off. */
export const PATCHING_DONE = 'PATCHING-DONE';

const init = `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tracefs tracefs /sys/kernel/tracing

work() { for n in 1 2 3; do cat /proc/version /proc/meminfo > /dev/null; ls -R /proc/sys > /dev/null; done; }

for n in 1 2 3; do
  insmod /modules/dummy.ko && ls /sys/class/net && rmmod dummy
  insmod /modules/crc32_generic.ko && rmmod crc32_generic
done
insmod /modules/brd.ko rd_nr=1 rd_size=4096
cat /bin/busybox > /dev/ram0
echo "ram disk $(head -c $(stat -c %s /bin/busybox) /dev/ram0 | sha256sum)"
echo "ram file $(sha256sum < /bin/busybox)"
rmmod brd
echo modules left: $(wc -l < /proc/modules)

echo 1 > /proc/sys/kernel/sched_schedstats
work
echo schedstats: $(cat /proc/sys/kernel/sched_schedstats)
echo 0 > /proc/sys/kernel/sched_schedstats

cd /sys/kernel/tracing
echo 1 > events/sched/sched_switch/enable
work
echo 0 > events/sched/sched_switch/enable
echo tracepoint hits: $(grep -c sched_switch: trace)
echo > trace

echo 'p:opened do_sys_openat2' > kprobe_events
echo 'r:returned do_sys_openat2 $retval' >> kprobe_events
echo 'p:inside vfs_open+16' >> kprobe_events
echo 1 > events/kprobes/enable
work
echo 0 > events/kprobes/enable
echo probe hits: $(grep -c opened: trace) $(grep -c returned: trace) $(grep -c inside: trace)
echo > kprobe_events
echo > trace

echo 'vfs_*' > set_ftrace_filter
echo function > current_tracer
work
echo 0 > tracing_on
echo function hits: $(grep -c 'vfs_.* <-' trace)
echo nop > current_tracer
echo > set_ftrace_filter
echo 1 > tracing_on
echo function > current_tracer
cat /proc/version > /dev/null
echo 0 > tracing_on
echo all functions: $(wc -l < trace)
echo nop > current_tracer
work
echo ${PATCHING_DONE}
poweroff -f
`;

/** The initramfs, gzipped. */
export function livePatchingInitramfs(version: KernelVersion): Buffer {
  const { busybox, kernels } = guestFiles();
  const modules = moduleNames.map((name) => program(`modules/${name}.ko`, readFileSync(kernels[version].modules[name])));
  return initramfs(readFileSync(busybox), init, [directory('modules'), ...modules]);
}
