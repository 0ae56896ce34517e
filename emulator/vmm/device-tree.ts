import { board, ppi } from './board.ts';
import { bytes, cells, type FdtNode, flag, flatten, node, strings, wideCells } from './fdt/writer.ts';

/** What the device tree tells a guest that depends on the launch. Addresses are guest physical. */
export interface DeviceTreeOptions {
  readonly memory: number;
  readonly cpus: number;
  /** `compatible` of the CPU nodes: `arm,cortex-a57` … */
  readonly cpuCompatible: string;
  readonly bootArguments?: string;
  readonly initrd?: { readonly start: number; readonly end: number };
  /** Eight bytes for address-space randomisation, 32 for the guest's entropy pool. */
  readonly kaslrSeed: Uint8Array;
  readonly rngSeed: Uint8Array;
}

const phandle = { clock: 0x8000, gpio: 0x8005, interruptController: 0x8003, firstCpu: 0x8006 } as const;

/** Interrupt specifier of an arm,gic-v3: type, number, trigger. */
const spi = (number: number): [number, number, number] => [0, number, LEVEL_HIGH];
const privateInterrupt = (number: number): [number, number, number] => [1, number, LEVEL_HIGH];
const LEVEL_HIGH = 4;

/** KEY_POWER of Linux's input layer. */
const KEY_POWER = 116;

/** MPIDR affinity of vCPU `index` as KVM numbers them: 16 to a cluster (`kvm_reset_mpidr`). */
export const affinityOf = (index: number): number => (index & 15) | ((index >> 4) << 8);

const primeCell = (
  name: string,
  at: { readonly base: number; readonly size: number; readonly spi: number },
  ...more: FdtNode['properties'][number][]
): FdtNode =>
  node(`${name}@${at.base.toString(16)}`, [
    strings('compatible', `arm,${name}`, 'arm,primecell'),
    wideCells('reg', at.base, at.size),
    cells('interrupts', ...spi(at.spi)),
    ...more,
  ]);

function chosen(options: DeviceTreeOptions): FdtNode {
  return node('chosen', [
    ...(options.bootArguments === undefined ? [] : [strings('bootargs', options.bootArguments)]),
    ...(options.initrd === undefined
      ? []
      : [wideCells('linux,initrd-start', options.initrd.start), wideCells('linux,initrd-end', options.initrd.end)]),
    strings('stdout-path', `/pl011@${board.uart.base.toString(16)}`),
    bytes('rng-seed', options.rngSeed),
    bytes('kaslr-seed', options.kaslrSeed),
  ]);
}

function cpus(options: DeviceTreeOptions): FdtNode {
  const all = Array.from({ length: options.cpus }, (_, index) => index);
  const cpu = (index: number): FdtNode =>
    node(`cpu@${index}`, [
      strings('device_type', 'cpu'),
      strings('compatible', options.cpuCompatible),
      ...(options.cpus > 1 ? [strings('enable-method', 'psci')] : []),
      cells('reg', affinityOf(index)),
      cells('phandle', phandle.firstCpu + index),
    ]);
  const cores = all.map((index) => node(`core${index}`, [cells('cpu', phandle.firstCpu + index)]));
  const topology = node('cpu-map', [], [node('socket0', [], [node('cluster0', [], cores)])]);
  return node('cpus', [cells('#size-cells', 0), cells('#address-cells', 1)], [topology, ...all.map(cpu)]);
}

/** The tree, in the order of QEMU's `virt`: guests number devices in the order they find them. Devices that this board lacks (PCI, virtio, flash, fw_cfg, PMU) are left out. */
export function deviceTree(options: DeviceTreeOptions): FdtNode {
  const apbClock = [cells('clocks', phandle.clock), strings('clock-names', 'apb_pclk')];
  return node(
    '',
    [
      cells('interrupt-parent', phandle.interruptController),
      strings('model', 'linux,dummy-virt'),
      cells('#size-cells', 2),
      cells('#address-cells', 2),
      strings('compatible', 'linux,dummy-virt'),
    ],
    [
      node('psci', [
        cells('migrate', 0xc400_0005),
        cells('cpu_on', 0xc400_0003),
        cells('cpu_off', 0x8400_0002),
        cells('cpu_suspend', 0xc400_0001),
        strings('method', 'hvc'),
        strings('compatible', 'arm,psci-1.0', 'arm,psci-0.2', 'arm,psci'),
      ]),
      node(`memory@${board.ram.base.toString(16)}`, [wideCells('reg', board.ram.base, options.memory), strings('device_type', 'memory')]),
      node(
        'gpio-keys',
        [strings('compatible', 'gpio-keys')],
        [node('poweroff', [cells('gpios', phandle.gpio, 3, 0), cells('linux,code', KEY_POWER), strings('label', 'GPIO Key Poweroff')])],
      ),
      primeCell('pl061', board.gpio, cells('phandle', phandle.gpio), flag('gpio-controller'), cells('#gpio-cells', 2), ...apbClock),
      primeCell('pl031', board.rtc, ...apbClock),
      primeCell('pl011', board.uart, cells('clocks', phandle.clock, phandle.clock), strings('clock-names', 'uartclk', 'apb_pclk')),
      node(`intc@${board.distributor.base.toString(16)}`, [
        cells('phandle', phandle.interruptController),
        wideCells('reg', board.distributor.base, board.distributor.size, board.redistributors.base, board.redistributors.size),
        cells('#redistributor-regions', 1),
        strings('compatible', 'arm,gic-v3'),
        flag('ranges'),
        cells('#size-cells', 2),
        cells('#address-cells', 2),
        flag('interrupt-controller'),
        cells('#interrupt-cells', 3),
      ]),
      cpus(options),
      node('timer', [
        cells(
          'interrupts',
          ...privateInterrupt(ppi.securePhysicalTimer),
          ...privateInterrupt(ppi.physicalTimer),
          ...privateInterrupt(ppi.virtualTimer),
          ...privateInterrupt(ppi.hypervisorTimer),
        ),
        flag('always-on'),
        strings('compatible', 'arm,armv8-timer', 'arm,armv7-timer'),
      ]),
      node('apb-pclk', [
        cells('phandle', phandle.clock),
        strings('clock-output-names', 'clk24mhz'),
        cells('clock-frequency', 24_000_000),
        cells('#clock-cells', 0),
        strings('compatible', 'fixed-clock'),
      ]),
      chosen(options),
    ],
  );
}

/** Bytes kept for the blob: as much as QEMU's boards hand over, so that a guest counts the same reserved memory. */
const BLOB_BYTES = 1 << 20;

/** The flattened tree as it is put into guest memory. */
export function deviceTreeBlob(options: DeviceTreeOptions): Uint8Array {
  const blob = flatten(deviceTree(options));
  const padded = new Uint8Array(Math.max(BLOB_BYTES, blob.length));
  padded.set(blob);
  new DataView(padded.buffer).setUint32(4, padded.length);
  return padded;
}
