// What can be known of graphics cards without any library: what the operating system shows of them. An
// adapter that only the processor pretends to have is no card, and onnxruntime cannot tell them apart.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface Card {
  /** Such as `NVIDIA 0x2684`: vendor and device as the bus numbers them, unless the driver has a name for it. */
  readonly name: string;
  readonly driver?: string;
  /** Bytes of its own memory, where the driver tells. */
  readonly memory?: number;
}

const VENDORS: Readonly<Record<string, string>> = {
  '0x10de': 'NVIDIA',
  '0x1002': 'AMD',
  '0x8086': 'Intel',
  '0x1af4': 'virtio',
  '0x106b': 'Apple',
};
const DRM = '/sys/class/drm';
/** Drivers that pretend, as their manifests are called. */
const SOFTWARE_DRIVERS = /swiftshader|lvp|lavapipe|llvmpipe/i;

/** Cards that Linux shows; undefined on systems where only a graphics library could tell. @param root of the file system. */
export function graphicsCards(platform: NodeJS.Platform = process.platform, root = '/'): readonly Card[] | undefined {
  if (platform !== 'linux') return undefined;
  const folder = path.join(root, DRM);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /^card\d+$/.test(name))
    .flatMap((name) => {
      const device = path.join(folder, name, 'device');
      const vendor = textOf(path.join(device, 'vendor'));
      if (vendor === undefined) return [];
      const memory = Number(textOf(path.join(device, 'mem_info_vram_total')));
      const driver = /^DRIVER=(.*)$/m.exec(textOf(path.join(device, 'uevent')) ?? '')?.[1];
      const card = { name: `${VENDORS[vendor] ?? vendor} ${textOf(path.join(device, 'device')) ?? ''}`.trim() };
      return [{ ...card, ...(driver !== undefined && { driver }), ...(memory > 0 && { memory }) }];
    });
}

/**
 * Why whatever adapter WebGPU finds here could only be a software one; undefined where it may be a card.
 * @param root of the file system.
 */
export function onlySoftwareAdapters(
  platform: NodeJS.Platform = process.platform,
  environment: NodeJS.ProcessEnv = process.env,
  root = '/',
): string | undefined {
  const drivers = environment.VK_DRIVER_FILES ?? environment.VK_ICD_FILENAMES;
  if (drivers?.split(path.delimiter).every((file) => SOFTWARE_DRIVERS.test(file)))
    return `VK_DRIVER_FILES names a software adapter alone (${drivers})`;
  if (platform !== 'linux') return undefined;
  const has = (file: string): boolean => existsSync(path.join(root, file));
  const renders = has('dev/dri') && readdirSync(path.join(root, 'dev/dri')).some((name) => name.startsWith('renderD'));
  return renders || has('dev/nvidia0') || has('dev/dxg') ? undefined : 'the system shows no graphics card';
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}
