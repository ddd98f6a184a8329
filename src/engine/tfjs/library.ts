// Finds TensorFlow.js: its WebAssembly backend, which ships with Fathom, or the native packages that a
// person has installed. Packages are required where Fathom itself lies or in the folder that it installs
// into, never from the folder that is being worked in: what lies there is not ours to run.

import { createRequire } from 'node:module';
import path from 'node:path';

export type Tf = typeof import('@tensorflow/tfjs-core');

export type TfjsName = 'tfjs' | 'tfjs-node' | 'tfjs-node-gpu';

export interface Library {
  readonly tf: Tf;
  readonly version: string;
  /** Such as `CPU, WebAssembly`. */
  readonly device: string;
}

/** The folder that native engines are installed into, where the launcher says so. */
export const ENGINES_VARIABLE = 'FATHOM_ENGINES';

/** @throws Error of whatever does not load, or where TensorFlow finds no card to compute on. */
export async function loadLibrary(name: TfjsName): Promise<Library> {
  if (name === 'tfjs') return loadWebAssembly();
  return loadNative(name);
}

const beside = createRequire(import.meta.url);

async function loadWebAssembly(): Promise<Library> {
  const tf = beside('@tensorflow/tfjs-core') as Tf;
  beside('@tensorflow/tfjs-backend-wasm');
  if (!(await tf.setBackend('wasm'))) throw new Error('the WebAssembly backend of TensorFlow.js does not start');
  return { tf, version: tf.version_core, device: 'CPU, WebAssembly, 1 thread' };
}

/** What TensorFlow.js for Node adds to the library. */
interface NativeBackend {
  readonly isUsingGpuDevice: boolean;
}

async function loadNative(name: 'tfjs-node' | 'tfjs-node-gpu'): Promise<Library> {
  mendUtilities();
  const tf = requireNative(`@tensorflow/${name}`) as Tf & { readonly version: Readonly<Record<string, string>> };
  await tf.ready();
  const { isUsingGpuDevice } = tf.backend() as unknown as NativeBackend;
  if (name === 'tfjs-node-gpu' && !isUsingGpuDevice)
    throw new Error('TensorFlow found no CUDA device; it wants an NVIDIA card with CUDA 11.2 and cuDNN 8.1');
  return { tf, version: tf.version[name] ?? tf.version_core, device: isUsingGpuDevice ? 'GPU, CUDA' : 'CPU, TensorFlow' };
}

/** Whether somebody has installed the package where Fathom looks for it; that it loads is another matter. */
export function isInstalled(name: 'tfjs-node' | 'tfjs-node-gpu'): boolean {
  return places().some((place) => isThere(place, `@tensorflow/${name}`));
}

function places(): NodeJS.Require[] {
  const folder = process.env[ENGINES_VARIABLE];
  return [...(folder === undefined ? [] : [createRequire(path.join(folder, 'package.json'))]), beside];
}

function requireNative(name: string): unknown {
  const found = places().find((place) => isThere(place, name)) ?? beside;
  return found(name);
}

function isThere(place: NodeJS.Require, name: string): boolean {
  try {
    place.resolve(name);
    return true;
  } catch {
    return false;
  }
}

/** Node 23 has dropped what TensorFlow.js 4.22 for Node still asks for. */
function mendUtilities(): void {
  const utilities = beside('node:util') as { isNullOrUndefined?: (value: unknown) => boolean };
  utilities.isNullOrUndefined ??= (value) => value === null || value === undefined;
}
