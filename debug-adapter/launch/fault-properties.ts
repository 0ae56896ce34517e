import { type AnswerableExit, answerTitles, exitAnswers } from '../../emulator/vmm/exits/answer.ts';
import { policiesOf } from '../../emulator/vmm/exits/policy.ts';
import type { PropertySchema } from './schema.ts';

const exits = Object.keys(exitAnswers) as AnswerableExit[];

/** What is done about every KVM_EXIT_… of a kind. */
function policy(exit: AnswerableExit): PropertySchema {
  const policies = policiesOf(exit);
  return {
    type: 'string',
    description: `What user space does at KVM_EXIT_${exit}.`,
    enum: policies,
    enumDescriptions: policies.map((name) => (name === 'stop' ? 'stop, for you to choose an answer' : answerTitles[name])),
    default: policies[0]!,
  };
}

/** Properties of a launch configuration about memory errors and exits. */
export const faultProperties = {
  onExit: {
    type: 'object',
    description: 'What user space does about exits by itself.',
    additionalProperties: false,
    properties: Object.fromEntries(exits.map((exit) => [exit, policy(exit)])) as Readonly<Record<AnswerableExit, PropertySchema>>,
  },
  poison: {
    type: 'array',
    description:
      'Memory that is bad from the start, in the words of the Debug Console\'s "poison": "ipa:0x48000000+64 data once UER", a symbol. Virtual addresses are translated before the first instruction.',
    items: { type: 'string' },
  },
  script: {
    type: ['string', 'array'],
    description:
      'What is done to the machine and when: a list of steps, or a file with one step a line. Example: {"at": {"exit": "ARM_SEA"}, "do": "inject dabt"}.',
    items: {
      type: 'object',
      additionalProperties: false,
      properties: {
        at: {
          type: 'object',
          description: 'One of instructions, symbol (or an address) and exit.',
          additionalProperties: false,
          properties: {
            instructions: { type: 'integer', description: 'When all vCPUs together have executed this many.' },
            symbol: {
              type: 'string',
              description: 'Before the instruction there is executed: a symbol, symbol + offset, va:0x…, ipa:0x… or pa:0x….',
            },
            exit: { type: 'string', description: 'At this exit to user space.', enum: exits },
            if: { type: 'string', description: 'Only if this expression is not 0; of a symbol or an exit.' },
            count: { type: 'integer', description: 'The how-manieth time, 1 where it is left out; of a symbol or an exit.' },
          },
        },
        do: { type: ['string', 'array'], items: { type: 'string' }, description: 'Commands of the Debug Console, and "stop".' },
        vcpu: { type: 'integer', description: 'Which vCPU it is about; where it is left out, the one it happened to, or 0.' },
      },
    },
  },
} as const satisfies Readonly<Record<string, PropertySchema>>;
