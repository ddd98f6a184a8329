// The English words about engines and devices: what keeps one from running, what may be chosen instead, and
// what `auto` does. A part of the table in messages.ts.

export const ENGINE_MESSAGES: Readonly<Record<string, string>> = {
  'engine-unavailable':
    '{field} is {value}, but that engine does not load on this machine ({detail}). Install Fathom for this platform, or write engine.name tfjs, which runs everywhere, slowly.',
  'engine-not-installed':
    '{field} is {value}, but {detail}. Run the command "Fathom: Install CUDA Engine", or npm install @tensorflow/{value} beside the terminal tool, or write engine.name auto.',
  'engine-no-adapter':
    '{field} is {value}, but there is nothing here that it could compute on ({detail}). Install the driver of the graphics card (for WebGPU on Linux with the Vulkan loader, libvulkan1), or write engine.name auto for the processor.',
  'engine-no-software-adapter':
    '{field} is {value}, but this machine has no adapter of either kind ({detail}). Write engine.name auto for the processor, or install a software adapter: Chromium brings one, found where VK_DRIVER_FILES names its vk_swiftshader_icd.json and LD_LIBRARY_PATH that folder.',
  'engine-software-only':
    '{field} is {value}, but {detail}, and a software adapter is slower than the processor itself. Write engine.name auto for the processor, or webgpu-software where such an adapter is what you want.',
  'precision-engine': '{field} is {value}, but engine.name {engine} has no numbers of 16 bits. Use {suggestion}, or engine.name auto.',
  'precision-unavailable':
    '{field} is {value}, but {engine} cannot compute with numbers of 16 bits here ({detail}). Write {field} float32, or engine.name auto for the processor.',
  'workers-share-engine':
    '{field} is {value}, but engine.name {engine} is one for all threads, which would wait for one another. Write 0 or 1.',

  // What a list of devices says of each.
  'device-fastest-cpu': 'engine.name "auto" takes it: the fastest engine on a CPU.',
  'device-fallback': 'engine.name "auto" takes it, because the faster onnxruntime does not load on this machine.',
  'device-slower': 'engine.name "auto" takes a faster one; name it to use it.',
  'device-card-by-name': 'Computes on a graphics card, where engine.name asks for it.',
  'device-software-by-name':
    'WebGPU on whatever adapter there is, one that the processor pretends included: slow, and only where engine.name asks for it.',
  'device-by-name': 'Exact and slow, in 64-bit floats: only for tiny models, and only where engine.name asks for it.',
  'device-not-loading':
    '{engine} does not load on this machine ({detail}). Install the Fathom that is made for this platform; Intel Macs and Alpine Linux have no native engine.',
  'device-not-installed':
    'Optional: {detail}. The command "Fathom: Install CUDA Engine" installs tfjs-node-gpu; for the terminal tool, npm install @tensorflow/{engine} beside it.',
  'device-no-adapter':
    '{engine} finds nothing to compute on ({detail}). Install the driver of the graphics card, for WebGPU on Linux with the Vulkan loader (libvulkan1).',
  'device-no-software-adapter':
    '{engine} finds no adapter, software or not ({detail}). Chromium brings one: VK_DRIVER_FILES names its vk_swiftshader_icd.json, LD_LIBRARY_PATH that folder.',
  'device-software-only':
    'There is no card for {engine}: {detail}. A software adapter is slower than the processor itself; webgpu-software takes one where there is one.',
};
