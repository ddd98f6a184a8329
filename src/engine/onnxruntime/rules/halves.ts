// What programs take and give in halves.

import { ELEMENT, type Element } from '../proto';
import type { Rule } from '../rule';

const cast =
  (to: Element): Rule =>
  (value) => ({ needs: value.inputs, write: (model, names) => model.node('Cast', names, { attributes: { to: ELEMENT[to] } }) });

export const HALVES_RULES: Readonly<Record<string, Rule>> = { narrow: cast('float16'), widen: cast('float') };
