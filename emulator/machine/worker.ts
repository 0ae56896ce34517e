import { parentPort, workerData } from 'node:worker_threads';
import { createMachine } from '../vmm/create.ts';
import type { MachineRequest } from './messages.ts';
import { serve } from './serve.ts';
import { VirtTarget } from './virt/virt-target.ts';

/** Program of the worker thread: one machine, driven by messages. */
const port = parentPort;
if (!port) throw new Error('this program runs in a worker thread');

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
    const machine = await createMachine({
      ...configuration,
      ...(timekeeping === 'realtime' ? { epoch: Math.floor(Date.now() / 1000) } : {}),
    });
    machine.pace = timekeeping === 'wait' || timekeeping === 'realtime';
    return new VirtTarget(machine);
  },
);
