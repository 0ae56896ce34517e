import { armLdst64b, armNisv, armNisvAt } from './exits/arm-nisv.ts';
import { injectExternalAbort } from './inject.ts';
import { completeLoad, decodeAccess, exitMmio, storeData } from './mmio.ts';
import { abort } from './syndrome.ts';
import type { HandlerResult, Vcpu } from './vcpu.ts';

/**
 * An access to no memory, or a write to read-only memory: the guest's mistake, or a device (`io_mem_abort`).
 * @param absent There is no slot: a cache maintenance instruction is skipped, for nothing can be cached there. In read-only memory it is an access without syndrome.
 */
export function outsideMemory(vcpu: Vcpu, esr: number, instruction: boolean, ipa: number, absent: boolean): HandlerResult {
  if (instruction || esr & abort.S1PTW) {
    injectExternalAbort(vcpu, instruction);
    return 'resume';
  }
  if (absent && esr & abort.CM) {
    vcpu.skipInstruction();
    return 'resume';
  }
  if (!(esr & abort.ISV)) return withoutSyndrome(vcpu, esr, ipa);
  const access = decodeAccess(esr);
  const device = vcpu.vm.kernelDevice(ipa);
  if (device) {
    if (access.write) device.write(ipa - device.base, access.length, storeData(vcpu, access));
    else completeLoad(vcpu, access, device.read(ipa - device.base, access.length));
    vcpu.count('mmio_exit_kernel');
    vcpu.skipInstruction();
    return 'resume';
  }
  exitMmio(vcpu, access, ipa);
  vcpu.pendingMmio = access;
  vcpu.count('mmio_exit_user');
  return 'exit';
}

const FSC_WITH_LST = new Set([0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x2a, 0x2b]);

function withoutSyndrome(vcpu: Vcpu, esr: number, ipa: number): HandlerResult {
  const { run } = vcpu;
  if (esr & abort.LST && FSC_WITH_LST.has(esr & abort.FSC) && vcpu.vm.offersLs64 && vcpu.vm.kernel.ldst64bExit) {
    run.begin(armLdst64b.number);
    run.set(armNisvAt.esrIss, 8, BigInt(esr & 0x1ff_ffff & ~abort.FSC));
    run.set(armNisvAt.faultIpa, 8, BigInt(ipa));
    return 'exit';
  }
  if (!vcpu.vm.nisvToUser) return vcpu.fail('ENOSYS', `data abort without syndrome at IPA 0x${ipa.toString(16)}`);
  run.begin(armNisv.number);
  run.set(armNisvAt.esrIss, 8, BigInt(esr & (abort.CM | abort.WNR | abort.FSC)));
  run.set(armNisvAt.faultIpa, 8, BigInt(ipa));
  return 'exit';
}
