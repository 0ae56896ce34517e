import { byEncoding, systemRegisterSlot } from '../isa/registers/index.ts';
import type { SystemRegister } from '../isa/registers/register.ts';
import { CACHES } from './cache-ids.ts';
import { guestIdRegister } from './id-registers.ts';
import { injectUndefined } from './inject.ts';
import type { HandlerResult, Vcpu } from './vcpu.ts';
import { hasPointerAuthentication } from './vcpu-init.ts';
import { register } from './vcpu-registers.ts';
import { sendSgi } from './vgic/sgi.ts';

/** A trapped MRS or MSR (ESR_EL2.EC 0x18). */
interface Access {
  readonly vcpu: Vcpu;
  readonly register: SystemRegister | undefined;
  readonly read: boolean;
  /** Value written. */
  readonly value: bigint;
}

/** Value read, true for a write that is done, undefined: UNDEFINED. */
type Outcome = bigint | true | undefined;
type Emulation = (access: Access) => Outcome;

const readZeroWriteIgnored: Emulation = ({ read }) => (read ? 0n : true);
const undefinedAccess: Emulation = () => undefined;

/** Keeps a register in its own storage: KVM holds the guest's value there. */
const stored: Emulation = ({ vcpu, register: target, read, value }) => {
  if (!target) return undefined;
  const slot = systemRegisterSlot(target.name);
  if (read) return vcpu.state.system(slot);
  vcpu.state.setSystem(
    slot,
    target.writable === undefined ? value : (vcpu.state.system(slot) & ~target.writable) | (value & target.writable),
  );
  return true;
};

const readOnly: Emulation = (access) => (access.read ? stored(access) : undefined);
const writeIgnored: Emulation = (access) => (access.read ? stored(access) : true);

const CSSELR_EL1 = systemRegisterSlot('CSSELR_EL1');

/** `access_ccsidr`: a selector of no cache leaves the register that was to be read as it is. */
const cacheSize: Emulation = ({ vcpu, read }) => {
  if (!read) return undefined;
  const selector = vcpu.state.systemLow(CSSELR_EL1) & 0xf;
  return selector < CACHES ? vcpu.cacheSize(selector) : true;
};

const sgi =
  (group1: boolean): Emulation =>
  ({ vcpu, read, value }) => {
    if (read) return undefined;
    sendSgi(vcpu.vm.vgic, vcpu.vgic, value, group1);
    return true;
  };

const SCTLR_CACHES = 0b101n;
const HCR_TVM = 1n << 26n;

const cachesEnabled = (vcpu: Vcpu): boolean => (vcpu.state.system(register.SCTLR_EL1) & SCTLR_CACHES) === SCTLR_CACHES;

/** HCR_EL2.TVM: until the guest has its MMU and caches on, KVM watches the translation registers (`access_vm_reg`, `kvm_toggle_cache`). */
const virtualMemoryControl: Emulation = ({ vcpu, register: target, read, value }) => {
  if (!target || read) return undefined;
  const were = cachesEnabled(vcpu);
  vcpu.processor.writeSystemRegister(systemRegisterSlot(target.name), value);
  const are = cachesEnabled(vcpu);
  if (were !== are) vcpu.vm.memory.flushCaches();
  if (are) {
    vcpu.state.setSystem(register.HCR_EL2, vcpu.state.system(register.HCR_EL2) & ~HCR_TVM);
    vcpu.processor.invalidateDerivedState();
  }
  return true;
};

/** Set and way mean nothing to a guest: the first such operation cleans all of its memory, and its caches are watched again (`kvm_set_way_flush`). With FWB they matter to nobody. */
function cleanBySetAndWay(vcpu: Vcpu): void {
  const hcr = vcpu.state.system(register.HCR_EL2);
  if (vcpu.vm.features.fwb || hcr & HCR_TVM) return;
  vcpu.vm.memory.flushCaches();
  vcpu.state.setSystem(register.HCR_EL2, hcr | HCR_TVM);
  vcpu.processor.invalidateDerivedState();
}

const OSLSR_EL1 = systemRegisterSlot('OSLSR_EL1');
const OSLK = 1n << 1n;

const osLock: Emulation = ({ vcpu, read, value }) => {
  if (read) return undefined;
  const status = vcpu.state.system(OSLSR_EL1) & ~OSLK;
  vcpu.state.setSystem(OSLSR_EL1, value & 1n ? status | OSLK : status);
  return true;
};

/** Registers by name, as KVM's sys_reg_descs lists them. */
const byName: Readonly<Record<string, Emulation>> = {
  ICC_SGI1R_EL1: sgi(true),
  ICC_ASGI1R_EL1: sgi(false),
  ICC_SGI0R_EL1: sgi(false),
  ICC_SRE_EL1: ({ read }) => (read ? 7n : true),
  ACTLR_EL1: writeIgnored,
  ...Object.fromEntries(
    [
      'SCTLR_EL1',
      'SCTLR2_EL1',
      'TTBR0_EL1',
      'TTBR1_EL1',
      'TCR_EL1',
      'ESR_EL1',
      'FAR_EL1',
      'AFSR0_EL1',
      'AFSR1_EL1',
      'MAIR_EL1',
      'AMAIR_EL1',
      'CONTEXTIDR_EL1',
    ].map((name) => [name, virtualMemoryControl]),
  ),
  CTR_EL0: readOnly,
  CLIDR_EL1: readOnly,
  CCSIDR_EL1: cacheSize,
  CSSELR_EL1: stored,
  MDSCR_EL1: stored,
  OSLAR_EL1: osLock,
  OSLSR_EL1: readOnly,
  OSDLR_EL1: readZeroWriteIgnored,
  OSECCR_EL1: readZeroWriteIgnored,
  OSDTRRX_EL1: readZeroWriteIgnored,
  OSDTRTX_EL1: readZeroWriteIgnored,
  MDCCINT_EL1: readZeroWriteIgnored,
  MDCCSR_EL0: readZeroWriteIgnored,
  DBGDTR_EL0: readZeroWriteIgnored,
  DBGDTRRX_EL0: readZeroWriteIgnored,
  DBGPRCR_EL1: readZeroWriteIgnored,
  DBGCLAIMSET_EL1: readZeroWriteIgnored,
  DBGCLAIMCLR_EL1: readZeroWriteIgnored,
  DBGAUTHSTATUS_EL1: readOnly,
  MDRAR_EL1: readZeroWriteIgnored,
  DBGVCR32_EL2: undefinedAccess,
  LORID_EL1: ({ vcpu, read }) => (vcpu.vm.offersLimitedOrdering && read ? 0n : undefined),
};

const debugPair = /^DBG[BW][VC]R\d+_EL1$/;
const limitedOrdering = /^LOR(SA|EA|N|C)_EL1$/;
/** HCR_EL2.TERR: a guest is shown no error records. */
const errorRecord = /^(ERRIDR|ERRSELR|ERXFR|ERXCTLR|ERXSTATUS|ERXADDR|ERXMISC[01])_EL1$/;

function emulationOf(target: SystemRegister): Emulation {
  const exact = byName[target.name];
  if (exact) return exact;
  if (debugPair.test(target.name)) return stored;
  if (errorRecord.test(target.name)) return readZeroWriteIgnored;
  if (limitedOrdering.test(target.name))
    return (access) => (access.vcpu.vm.offersLimitedOrdering ? readZeroWriteIgnored(access) : undefined);
  return undefinedAccess;
}

/** Registers that KVM answers for the ID register trap (HCR_EL2.TID3): op0 3, op1 0, CRn 0, CRm 1 to 7. Encodings without a register read as zero. */
const isIdSpace = (op0: number, op1: number, CRn: number, CRm: number): boolean =>
  op0 === 3 && op1 === 0 && CRn === 0 && CRm >= 1 && CRm <= 7;

/**
 * A trapped system register access or system instruction (`kvm_handle_sys_reg`). What KVM does not emulate is UNDEFINED for the guest.
 * @param iss ESR_EL2.ISS: Op0 21:20, Op2 19:17, Op1 16:14, CRn 13:10, Rt 9:5, CRm 4:1, Direction 0 (1 read).
 */
export function handleSystemRegister(vcpu: Vcpu, iss: number): HandlerResult {
  const [op0, op2, op1, CRn] = [(iss >>> 20) & 3, (iss >>> 17) & 7, (iss >>> 14) & 7, (iss >>> 10) & 15];
  const [rt, CRm, read] = [(iss >>> 5) & 31, (iss >>> 1) & 15, (iss & 1) === 1];
  // DC ISW, CSW, CISW (HCR_EL2.TSW).
  if (op0 === 1 && op1 === 0 && CRn === 7 && op2 === 2 && (CRm === 6 || CRm === 10 || CRm === 14)) {
    cleanBySetAndWay(vcpu);
    vcpu.skipInstruction();
    return 'resume';
  }
  const target = byEncoding(op0, op1, CRn, CRm, op2);
  const access: Access = { vcpu, register: target, read, value: rt === 31 ? 0n : vcpu.state.get(rt) };
  const outcome = isIdSpace(op0, op1, CRn, CRm) ? idRegister(access) : target ? emulationOf(target)(access) : undefined;
  if (outcome === undefined) {
    injectUndefined(vcpu);
    return 'resume';
  }
  if (read && outcome !== true && rt !== 31) vcpu.state.set(rt, BigInt.asUintN(64, outcome));
  vcpu.skipInstruction();
  return 'resume';
}

function idRegister({ vcpu, register: target, read }: Access): Outcome {
  if (!read) return undefined;
  return target ? guestIdRegister(target.name, vcpu.state.system(systemRegisterSlot(target.name)), hasPointerAuthentication(vcpu)) : 0n;
}
