// The disk as a test wants it: every operation of this process that writes is told before it happens, and may be
// made to fail, to stop half-way or to wait. It takes the place of Node's own functions, so that nothing of what
// ships knows about it and nothing that ships can go around it.

import fs, { type MakeDirectoryOptions } from 'node:fs';
import fsp, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';

export interface DiskOperation {
  readonly name: 'create' | 'write' | 'sync' | 'truncate' | 'rename' | 'link' | 'unlink' | 'mkdir' | 'rm';
  /** Absolute. */
  readonly path: string;
  /** Of a rename or link. */
  readonly to?: string;
}

/** What becomes of an operation: undefined lets it happen. A write may be done up to some bytes first; `KILL` ends the process. */
export interface Fault {
  readonly code: string;
  readonly bytes?: number;
}

/** Called before each operation; may kill the process, and may wait where the operation is asynchronous. */
export type Watch = (operation: DiskOperation) => Fault | undefined | Promise<undefined>;

type PlainWrite = (bytes: Uint8Array, offset: number, length: number, position: number | null) => Promise<unknown>;

const CREATES = /[wa]/;

/** Puts `watch` between this process and its disk; gives what takes it away again. */
export function watchDisk(watch: Watch): () => void {
  const { open, writeFile, unlink, mkdir, rm, rename, link } = fsp;
  const { openSync, closeSync, writeSync, fsyncSync, ftruncateSync, unlinkSync, existsSync } = fs;
  const real = { open, writeFile, unlink, mkdir, rm, rename, link };
  const realSync = { openSync, closeSync, writeSync, fsyncSync, ftruncateSync, unlinkSync };
  const paths = new Map<number, string>();

  const before = async (operation: DiskOperation): Promise<Fault | undefined> => await watch(operation);
  const beforeSync = (operation: DiskOperation): Fault | undefined => {
    const fault = watch(operation);
    return fault instanceof Promise ? undefined : fault;
  };
  const refuse = (fault: Fault | undefined, operation: DiskOperation): void => {
    if (fault !== undefined) throw errorOf(fault, operation);
  };

  const watched = (handle: FileHandle, file: string): FileHandle => {
    const { write, writeFile, sync, truncate } = handle;
    const own: Record<string, unknown> = {
      write: async (...args: unknown[]) => {
        const operation = { name: 'write', path: file } as const;
        const fault = await before(operation);
        if (fault?.bytes !== undefined) {
          const [bytes, offset = 0, length = (bytes as Uint8Array).length, position = null] = args as [
            Uint8Array,
            number?,
            number?,
            number?,
          ];
          await (write as PlainWrite).call(handle, bytes, offset, Math.min(fault.bytes, length), position);
        }
        refuse(fault, operation);
        return await (write as (...rest: unknown[]) => Promise<unknown>).apply(handle, args);
      },
      writeFile: async (data: string | Uint8Array) => {
        const operation = { name: 'write', path: file } as const;
        const fault = await before(operation);
        if (fault?.bytes !== undefined) await writeFile.call(handle, Buffer.from(data).subarray(0, fault.bytes));
        refuse(fault, operation);
        await writeFile.call(handle, data);
      },
      sync: async () => {
        refuse(await before({ name: 'sync', path: file }), { name: 'sync', path: file });
        await sync.call(handle);
      },
      truncate: async (length?: number) => {
        refuse(await before({ name: 'truncate', path: file }), { name: 'truncate', path: file });
        await truncate.call(handle, length);
      },
    };
    return Object.assign(handle, own);
  };

  const one = (name: DiskOperation['name'], call: (...args: never[]) => Promise<unknown>) => {
    return async (first: string, ...rest: unknown[]) => {
      const operation = { name, path: path.resolve(first) };
      refuse(await before(operation), operation);
      return await (call as (...args: unknown[]) => Promise<unknown>)(first, ...rest);
    };
  };
  const two = (name: DiskOperation['name'], call: (from: string, to: string) => Promise<void>) => async (from: string, to: string) => {
    const operation = { name, path: path.resolve(from), to: path.resolve(to) };
    refuse(await before(operation), operation);
    await call(from, to);
  };

  Object.assign(fsp, {
    open: async (file: string, flags: string | number = 'r', mode?: number) => {
      const operation = { name: 'create', path: path.resolve(file) } as const;
      if (typeof flags === 'string' && CREATES.test(flags)) refuse(await before(operation), operation);
      return watched(await real.open(file, flags, mode), operation.path);
    },
    writeFile: one('write', real.writeFile),
    unlink: one('unlink', real.unlink),
    mkdir: async (folder: string, options?: MakeDirectoryOptions) => {
      const operation = { name: 'mkdir', path: path.resolve(folder) } as const;
      if (!existsSync(folder)) refuse(await before(operation), operation);
      return await real.mkdir(folder, options);
    },
    rm: one('rm', real.rm),
    rename: two('rename', real.rename as (from: string, to: string) => Promise<void>),
    link: two('link', real.link as (from: string, to: string) => Promise<void>),
  });
  Object.assign(fs, {
    openSync: (file: string, flags: string | number = 'r', mode?: number) => {
      const operation = { name: 'create', path: path.resolve(file) } as const;
      if (typeof flags === 'string' && CREATES.test(flags)) refuse(beforeSync(operation), operation);
      const descriptor = realSync.openSync(file, flags, mode);
      paths.set(descriptor, operation.path);
      return descriptor;
    },
    closeSync: (descriptor: number) => {
      paths.delete(descriptor);
      realSync.closeSync(descriptor);
    },
    writeSync: (descriptor: number, bytes: Uint8Array, offset = 0, length = bytes.length, position: number | null = null) => {
      const file = paths.get(descriptor);
      if (file !== undefined) {
        const operation = { name: 'write', path: file } as const;
        const fault = beforeSync(operation);
        if (fault?.bytes !== undefined) realSync.writeSync(descriptor, bytes, offset, Math.min(fault.bytes, length), position);
        refuse(fault, operation);
      }
      return realSync.writeSync(descriptor, bytes, offset, length, position);
    },
    fsyncSync: (descriptor: number) => {
      const operation = { name: 'sync', path: paths.get(descriptor) ?? '' } as const;
      refuse(beforeSync(operation), operation);
      realSync.fsyncSync(descriptor);
    },
    ftruncateSync: (descriptor: number, length?: number) => {
      const operation = { name: 'truncate', path: paths.get(descriptor) ?? '' } as const;
      refuse(beforeSync(operation), operation);
      realSync.ftruncateSync(descriptor, length);
    },
    unlinkSync: (file: string) => {
      const operation = { name: 'unlink', path: path.resolve(file) } as const;
      refuse(beforeSync(operation), operation);
      realSync.unlinkSync(file);
    },
  });
  syncBuiltinESMExports();
  return () => {
    Object.assign(fsp, real);
    Object.assign(fs, realSync);
    syncBuiltinESMExports();
  };
}

function errorOf({ code }: Fault, { name, path: file }: DiskOperation): Error {
  // Nothing of this process comes after that.
  if (code === 'KILL') for (;;) process.kill(process.pid, 'SIGKILL');
  return Object.assign(new Error(`${code}: a fault that a test made, ${name} '${file}'`), { code, syscall: name, path: file });
}
