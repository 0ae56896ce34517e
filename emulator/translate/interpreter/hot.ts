import type { Instruction } from '../../isa/instruction.ts';

/**
 * Instructions whose handlers are inlined into the interpreter's loop: those that make up 99.9 % of what Linux and its user space execute.
 * The others are functions of their own, so that V8 compiles the loop well and soon.
 */
const hotNames = new RegExp(
  [
    /(ADD|ADDS|SUB|SUBS|AND|ANDS|ORR|EOR) \((immediate|shifted register)\)/,
    /(ADD|SUB|SUBS) \(extended register\)/,
    /(BIC|BICS|ORN) \(shifted register\)/,
    /(ADC|ADRP?|MOVZ|MOVN|MOVK|UBFM|SBFM|BFM|EXTR)( |$)/,
    /(CSEL|CSINC|CSINV|CSNEG|CCMP|CCMN)( |$)/,
    /(MADD|MSUB|UMADDL|SMADDL|UDIV|LSLV|LSRV|RORV|ASRV|CLZ|RBIT|REV|REV32|REV16)( |$)/,
    /(B|BL|B\.cond|CBZ|CBNZ|TBZ|TBNZ|RET|BR|BLR)( |$)/,
    /(LDR|STR|LDRB|STRB|LDRH|STRH|LDRSW|LDUR|STUR|LDP|STP)( \((immediate|register|.*offset|.*index)|$)/,
    /(LDURB|STURB|LDTR|STTR)( |$)/,
    /(HINT|NOP|PRFM|DSB|DMB|ISB)( |$)/,
    /MRS( (SP_EL0|CNTVCT_EL0|NZCV|DAIF|CurrentEL)$|$)/,
  ]
    .map(({ source }) => `^${source}`)
    .join('|'),
);

export function isHot(instruction: Instruction): boolean {
  return !instruction.simd && hotNames.test(instruction.name);
}
