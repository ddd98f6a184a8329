// One control for each kind of field. All are named by a label and described by an element of the row, and
// tell what a person made of them; what they show is set from outside.

import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import type { VscodeSingleSelect } from '@vscode-elements/elements/dist/vscode-single-select/vscode-single-select.js';
import type { Catalogue, OptionDescriptor } from '../../src/experiment/catalogue';
import { isSame } from '../../src/experiment/change';
import type { Field } from '../../src/experiment/field';
import { html, setAttributes, setText } from '../dom';
import { brief, typed } from './shown';

export interface Control {
  readonly element: HTMLElement;
  /** @param value in force, `undefined` for none. @param otherwise the default that counts where nothing is given */
  show(value: unknown, otherwise: unknown): void;
  setInvalid(invalid: boolean): void;
  /** The scheme whose options are shown; nothing to most controls. */
  setOptions?(options: readonly OptionDescriptor[]): void;
}

/** What a row gives its control. */
export interface ControlParts {
  /** Of the control, for labels. */
  readonly id: string;
  readonly label: string;
  /** Of the element that describes it. */
  readonly describedBy: string;
  /** `undefined`: back to the default. */
  changed(value: unknown): void;
}

export function controlFor(field: Field, parts: ControlParts, catalogue: Catalogue): Control {
  switch (field.type) {
    case 'boolean':
      return checkbox(parts);
    case 'choice':
      return select(field.choices(catalogue), parts);
    case 'names':
      return names(
        field.choices(catalogue).map(({ name }) => name),
        parts,
      );
    case 'options':
      return options(parts);
    default:
      return line(field, parts);
  }
}

function line(field: Pick<Field, 'type'>, { id, describedBy, changed }: ControlParts): Control {
  const isNumber = field.type === 'number' || field.type === 'integer';
  const element = html('input', {
    id,
    class: isNumber ? 'entry number' : 'entry',
    type: 'text',
    inputmode: isNumber ? 'decimal' : undefined,
    spellcheck: 'false',
    autocomplete: 'off',
    'aria-describedby': describedBy,
  });
  element.addEventListener('input', () => changed(typed(field, element.value)));
  return {
    element,
    show(value, otherwise) {
      element.placeholder = brief(otherwise, '');
      // What is being typed stays as it is: 1e-3 is not turned into 0.001 under the cursor.
      if (document.activeElement === element && isSame(typed(field, element.value) ?? otherwise, value)) return;
      const text = value === undefined ? '' : String(value);
      if (element.value !== text) element.value = text;
    },
    setInvalid: (invalid) => setAttributes(element, { 'aria-invalid': invalid && 'true' }),
  };
}

function checkbox({ id, describedBy, changed }: ControlParts): Control {
  const element = html('input', { id, class: 'check', type: 'checkbox', 'aria-describedby': describedBy });
  element.addEventListener('change', () => changed(element.checked));
  return {
    element,
    show: (value) => {
      element.checked = value === true;
    },
    setInvalid: (invalid) => setAttributes(element, { 'aria-invalid': invalid && 'true' }),
  };
}

function select(
  choices: readonly { readonly name: string; readonly documentation: string }[],
  { id, label, changed }: ControlParts,
): Control {
  const element: VscodeSingleSelect = document.createElement('vscode-single-select');
  element.id = id;
  element.label = label;
  element.options = choices.map(({ name, documentation }) => ({ value: name, label: name, description: documentation }));
  element.addEventListener('change', () => changed(element.value));
  return {
    element,
    show: (value) => {
      if (typeof value === 'string' && element.value !== value) element.value = value;
    },
    setInvalid: (invalid) => {
      element.invalid = invalid;
    },
  };
}

function names(all: readonly string[], { id, label, describedBy, changed }: ControlParts): Control {
  const element = html('div', { id, class: 'names', role: 'group', 'aria-label': label, 'aria-describedby': describedBy });
  const boxes = all.map((name) => {
    const box = html('input', { type: 'checkbox', class: 'check', value: name });
    box.addEventListener('change', () => changed(boxes.filter(({ checked }) => checked).map(({ value }) => value)));
    element.append(html('label', { class: 'named' }, box, name));
    return box;
  });
  return {
    element,
    show: (value) => {
      const chosen: readonly unknown[] = Array.isArray(value) ? value : [];
      for (const box of boxes) box.checked = chosen.includes(box.value);
    },
    setInvalid: (invalid) => setAttributes(element, { 'data-invalid': invalid }),
  };
}

/** The scheme's own numbers; what is left as it comes is not said. */
function options({ id, label, describedBy, changed }: ControlParts): Control {
  const element = html('div', { id, class: 'options', role: 'group', 'aria-label': label, 'aria-describedby': describedBy });
  let known: readonly OptionDescriptor[] = [];
  let inputs = new Map<string, HTMLInputElement>();
  const read = (): void => {
    const values = known.flatMap((option): [string, unknown][] => {
      const value = typed({ type: 'number' }, inputs.get(option.name)?.value ?? '');
      return value === undefined || value === option.default ? [] : [[option.name, value]];
    });
    changed(values.length === 0 ? undefined : Object.fromEntries(values));
  };
  return {
    element,
    setOptions(descriptors) {
      if (descriptors === known) return;
      known = descriptors;
      inputs = new Map();
      element.replaceChildren();
      for (const option of descriptors) {
        const input = html('input', { class: 'entry number', type: 'text', inputmode: 'decimal', placeholder: option.default });
        input.addEventListener('input', read);
        inputs.set(option.name, input);
        element.append(html('label', { class: 'named', title: option.documentation }, html('span', {}, option.name), input));
      }
    },
    show(value) {
      const values = new Map<string, unknown>(typeof value === 'object' && value !== null ? Object.entries(value) : []);
      for (const { name, default: usual } of known) {
        const input = inputs.get(name);
        if (!input || document.activeElement === input) continue;
        const text = String(values.get(name) ?? usual);
        if (input.value !== text) input.value = text;
      }
    },
    setInvalid: (invalid) => setAttributes(element, { 'data-invalid': invalid }),
  };
}

/** Text whose `backticks` become code. */
export function setDocumentation(element: HTMLElement, text: string): void {
  if (!text.includes('`')) {
    setText(element, text);
    return;
  }
  element.replaceChildren(...text.split('`').map((part, index) => (index % 2 === 0 ? part : html('code', {}, part))));
}
