import { readdirSync } from 'node:fs';
import { setPriority } from 'node:os';
import { isMainThread } from 'node:worker_threads';

/** Nice values: the thread that runs the guest keeps 0. Regions wait for both kinds: the one that makes them, and the one that optimises what runs often. */
const ENGINE_THREADS = 4;
const COMPILE_THREAD = 4;

/** On Linux a nice value is one thread's; elsewhere it would be the whole process's, and nothing is done. A number of 0 is the calling thread. */
function lower(thread: number, nice: number): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(thread, nice);
  } catch {
    // The thread has ended, or the host does not permit it: then it competes with the guest.
  }
}

/**
 * Where there are few processors, the threads in which the engine optimises and collects take a sixth of the guest's time: they get what it leaves.
 * To be called first thing in a process: every thread but this one is the engine's then, and later threads have the priority of the one that starts them.
 */
export function lowerEngineThreads(): void {
  if (process.platform !== 'linux' || !isMainThread) return;
  try {
    for (const thread of readdirSync('/proc/self/task')) if (Number(thread) !== process.pid) lower(Number(thread), ENGINE_THREADS);
  } catch {
    // No /proc: nothing is known of the threads.
  }
}

/** The calling thread translates: waking it should not take the processor from the guest, whose waiting code it makes. */
export function lowerCompileThread(): void {
  if (!isMainThread) lower(0, COMPILE_THREAD);
}
