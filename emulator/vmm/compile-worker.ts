import { workerData } from 'node:worker_threads';
import { Decoder } from '../isa/decoder.ts';
import { allInstructions } from '../isa/table.ts';
import { handlerTable } from '../translate/interpreter/interpreter.ts';
import { MACHINE_MEMORY } from '../translate/interpreter/memory.ts';
import { Predecoder } from '../translate/interpreter/predecoder.ts';
import { compileBatch, type TranslatableWords } from '../translate/region/batch.ts';
import { rehearse } from '../translate/region/rehearsal.ts';
import type { CompileReply, CompileRequest, CompileThreadStart } from './compile-messages.ts';
import { lowerCompileThread } from './thread-priority.ts';

/** Program of the compile thread: regions out of pages of code, for the thread that runs the guest. */
lowerCompileThread();
const { port, sent } = workerData as CompileThreadStart;
const count = new Int32Array(sent);
const decoder = new Decoder(allInstructions);
/** What regions are tried on. */
const stage = new WebAssembly.Memory({ initial: 1 });
let instructionOf: TranslatableWords = () => undefined;

function answer(request: CompileRequest): CompileReply | undefined {
  if ('features' in request) {
    const offered = new Set(request.features);
    const predecoder = new Predecoder(stage, handlerTable(), decoder, (feature) => offered.has(feature));
    instructionOf = (word) => predecoder.translatable(word);
    return undefined;
  }
  try {
    const compiled = compileBatch(request.batch, instructionOf, MACHINE_MEMORY);
    if (compiled) rehearse(compiled, stage);
    return { compiled };
  } catch (error) {
    return { failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

port.on('message', (request: CompileRequest) => {
  const reply = answer(request);
  if (!reply) return;
  port.postMessage(reply);
  Atomics.add(count, 0, 1);
});
