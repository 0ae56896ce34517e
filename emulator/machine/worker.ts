import { parentPort, workerData } from 'node:worker_threads';
import { compileInterpreter } from '../translate/interpreter/compiled.ts';
import { CompileThread } from '../vmm/compile-thread.ts';
import { createMachine } from '../vmm/create.ts';
import type { MachineRequest } from './messages.ts';
import { serve } from './serve.ts';
import { VirtTarget } from './virt/virt-target.ts';

/** Program of the worker thread: one machine, driven by messages. */
const port = parentPort;
if (!port) throw new Error('this program runs in a worker thread');

const compileThread = new CompileThread();
// Every machine needs it: it is compiled while the launch is still being asked for.
void compileInterpreter();

serve(
  {
    postMessage: (message) => port.postMessage(message),
    onMessage: (listener) => port.on('message', (message: MachineRequest) => listener(message)),
  },
  workerData,
  async (configuration, progress) => {
    progress('Building the machine', 50);
    const { timekeeping } = configuration;
    // A guest that follows the clock on the wall has its date too.
    const epoch = timekeeping === 'realtime' ? { epoch: Math.floor(Date.now() / 1000) } : {};
    const machine = await createMachine({ ...configuration, ...epoch }, compileThread);
    machine.pace = timekeeping === 'wait' || timekeeping === 'realtime';
    return new VirtTarget(machine);
  },
);
