import type { DebugProtocol } from '@vscode/debugprotocol';
import { guestExceptionClasses } from '../../emulator/machine/exception-classes.ts';
import { debuggableExits } from '../../emulator/machine/exits.ts';
import type { Wish } from './book.ts';
import { parseConditions } from './conditions.ts';

const exitPrefix = 'exit:';
const exceptionPrefix = 'exception:';
const conditionDescription = 'Expression, for example: fault_ipa >= 0x9000000 && esr.WnR';

/** What a client offers to stop at: every exit reason of KVM, every class of guest exception. */
export const exceptionBreakpointFilters: DebugProtocol.ExceptionBreakpointsFilter[] = [
  ...debuggableExits.map(({ name, title }) => ({
    filter: `${exitPrefix}${name}`,
    label: name,
    description: `KVM exit: ${title}`,
    supportsCondition: true,
    conditionDescription,
  })),
  ...guestExceptionClasses.map(({ key, label, description }) => ({
    filter: `${exceptionPrefix}${key}`,
    label: `Guest: ${label}`,
    description,
    supportsCondition: true,
    conditionDescription,
  })),
];

const known = new Set(exceptionBreakpointFilters.map((f) => f.filter));

/** A filter the client switched on. */
export function filterWish(filter: string, condition: string | undefined): Wish {
  return {
    key: JSON.stringify([filter, condition]),
    resolve(id, guest) {
      if (!known.has(filter)) return { shown: { verified: false, message: `there is no exception filter "${filter}"`, reason: 'failed' } };
      try {
        const conditions = parseConditions(condition === undefined ? {} : { condition }, guest.names);
        const shown = { verified: true };
        if (filter.startsWith(exitPrefix)) return { shown, exit: { id, exit: filter.slice(exitPrefix.length), ...conditions } };
        return { shown, exception: { id, class: filter.slice(exceptionPrefix.length), ...conditions } };
      } catch (error) {
        return { shown: { verified: false, message: (error as Error).message, reason: 'failed' } };
      }
    },
  };
}
