// What the writer and the reader of event files agree on: TFRecord framing, the field numbers of
// TensorBoard's protobufs (tensorflow/core/util/event.proto and framework/{summary,tensor}.proto), and
// where Fathom keeps the names of a depth tensor's rows and columns.

export const FILE_VERSION = 'brain.Event:2';

/** `u64 length | u32 masked crc of the length` before a record's bytes, `u32 masked crc of the bytes` after. */
export const HEADER_BYTES = 12;
export const FOOTER_BYTES = 4;

/** 10 000 layers with 100 statistics are 12 MB; what claims to be larger than this is not ours. */
export const MAX_RECORD_BYTES = 64 * 1024 * 1024;

export const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5, sessionLog: 7 } as const;
export const SESSION_LOG = { status: 1 } as const;
export const SESSION_START = 1;
export const SUMMARY = { value: 1 } as const;
export const VALUE = { tag: 1, simpleValue: 2, tensor: 8, metadata: 9 } as const;
export const METADATA = { pluginData: 1 } as const;
export const PLUGIN_DATA = { name: 1, content: 2 } as const;
export const TENSOR = { dtype: 1, shape: 2, content: 4, floats: 5, strings: 8 } as const;
export const SHAPE = { dimension: 2 } as const;
export const DIMENSION = { size: 1 } as const;
export const DT_FLOAT = 1;
export const DT_STRING = 7;

/** Plugin of the depth tensors; its content is the `DepthLayout` as JSON. */
export const DEPTH_PLUGIN = 'fathom';
/** TensorBoard's own page for texts. */
export const TEXT_PLUGIN = 'text';
