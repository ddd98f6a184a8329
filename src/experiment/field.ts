// What a field's description is made of. The types at the end make the compiler hold the table of
// `fields.ts` and the configuration of `config.ts` together: a field missing in one does not compile.

import type { Catalogue } from './catalogue';
import type { ExperimentConfig } from './config';

/** The parts of a configuration that are objects of their own. */
export type SectionName = 'model' | 'data' | 'optimiser' | 'schedule' | 'training' | 'watchdog' | 'engine';

/** Dotted paths of all fields, such as `model.heads`. */
export type FieldPath =
  | Exclude<keyof ExperimentConfig, SectionName>
  | { [S in SectionName]: `${S}.${keyof ExperimentConfig[S] & string}` }[SectionName];

export type ValueAt<P extends FieldPath> = P extends keyof ExperimentConfig
  ? ExperimentConfig[P]
  : P extends `${infer S extends SectionName}.${infer K}`
    ? K extends keyof ExperimentConfig[S]
      ? ExperimentConfig[S][K]
      : never
    : never;

/** Looks up another field's value, written or default; undefined where it is missing or wrong. */
export type ReadField = <P extends FieldPath>(path: P) => ValueAt<P> | undefined;

/** A default that follows from other fields. */
export interface DerivedDefault<V> {
  /** How, in a few words: `4 · hidden`. */
  readonly words: string;
  /** Undefined where a field it follows from is missing or wrong. */
  readonly from: (read: ReadField, catalogue: Catalogue) => V | undefined;
}

export interface Choice {
  readonly name: string;
  readonly documentation: string;
}

interface Described<V> {
  readonly documentation: string;
  /** Constant or derived; a field without one has to be written. */
  readonly default?: V | DerivedDefault<V>;
  /** What a quick fix writes where a field without default is missing. */
  readonly example?: V;
  /** Names that other tools have for it; a quick fix knows them. */
  readonly aliases?: readonly string[];
  /** May be changed in a running trainer. */
  readonly live?: true;
}

export interface NumberField extends Described<number> {
  readonly type: 'number' | 'integer';
  readonly minimum: number;
  readonly maximum: number;
  readonly unit?: string;
}
export interface BooleanField extends Described<boolean> {
  readonly type: 'boolean';
}
export interface TextField extends Described<string> {
  readonly type: 'text';
}
export interface ChoiceField<V extends string = string> extends Described<V> {
  readonly type: 'choice';
  readonly choices: (catalogue: Catalogue) => readonly Choice[];
}
/** The options of the chosen scheme, each a number; its descriptor describes them. */
export interface OptionsField extends Described<Readonly<Record<string, number>>> {
  readonly type: 'options';
}

/** A list of at least one of the choices; their order and repetitions mean nothing. */
export interface NamesField extends Described<readonly string[]> {
  readonly type: 'names';
  readonly choices: (catalogue: Catalogue) => readonly Choice[];
}

export type Field = NumberField | BooleanField | TextField | ChoiceField | OptionsField | NamesField;

/** The kinds of field that can describe a value of type V. */
type FieldFor<V> = [V] extends [number]
  ? NumberField
  : [V] extends [boolean]
    ? BooleanField
    : [V] extends [string]
      ? ChoiceField<V> | TextField
      : [V] extends [readonly string[]]
        ? NamesField
        : OptionsField;

export type FieldTable = { readonly [P in FieldPath]: FieldFor<ValueAt<P>> };

/** For entries of the table. */
export const choice = (name: string, documentation: string): Choice => ({ name, documentation });

export const derived = <V>(words: string, from: DerivedDefault<V>['from']): DerivedDefault<V> => ({ words, from });

export const scaled = (value: number | undefined, factor: number) => (value === undefined ? undefined : Math.floor(value * factor));
