// What an alert says: a code of the messages with its arguments, recorded as a text event. Where it is
// about a layer, `place` is the name of its row in the depth picture.

import type { MessageArgs } from '../../experiment/messages';

export type Alert = { readonly code: string } & MessageArgs;
