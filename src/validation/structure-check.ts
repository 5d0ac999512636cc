// First pass: is this FHIR R4 at all? JSON types, names, cardinality, primitives, codes, references, extensions' places.
// https://hl7.org/fhir/R4/json.html
// Runs in one go over the instance; profiles and FHIRPath are put off until this pass has found the structure sound.
import type { ObjectNode, Property, Structures } from './structure.ts';
import type { TypeRules } from './type-rules.ts';
import type { Walk } from './walk.ts';
import { isElementName, isObject, noteElementId, quoteName, report } from './walk.ts';

export interface StructureCheck {
  /** Checks an object; the walk's path is that of the object. `usedAs` is the element's path. */
  readonly object: (walk: Walk, value: Readonly<Record<string, unknown>>, node: ObjectNode, usedAs: string) => void;
}

const jsonTypeOf = (value: unknown): string =>
  value === null
    ? 'null'
    : Array.isArray(value)
      ? 'an array'
      : typeof value === 'object'
        ? 'an object'
        : `a ${typeof value}`;

export function createStructureCheck(structures: Structures, rules: TypeRules): StructureCheck {
  const siblingNodes = new Map<string, ObjectNode>();
  const object: StructureCheck['object'] = (walk, value, node, usedAs) => {
    let count = 0;
    for (const key in value) {
      count += 1;
      const property = node.properties.get(key);
      if (property !== undefined) {
        walk.path.push(property.step);
        checkProperty(walk, { value, key, property, node, usedAs });
        walk.path.pop();
      } else if (!(key === 'resourceType' && walk.resource === value)) checkOtherKey(walk, { value, key, node });
    }
    if (count === 0 || (count === 1 && walk.resource === value)) {
      if (walk.resource !== value)
        report(walk, 'empty-element', { diagnostics: 'The object is empty. Fill it or leave it out.' });
    }
    if (typeof value['id'] === 'string' && walk.resource !== value) noteElementId(walk, value['id']);
    checkRequired(walk, value, node);
    if (node.hasChoices) checkChoices(walk, value, node);
    checkType(walk, value, node);
    for (const invariant of node.invariants) invariant.check(walk, value);
  };

  function checkType(walk: Walk, value: Readonly<Record<string, unknown>>, node: ObjectNode): void {
    if (node.type === 'Coding') rules.coding(walk, value);
    else if (node.type === 'Identifier') rules.identifier(walk, value);
  }

  function checkProperty(walk: Walk, at: PropertyAt): void {
    const { property } = at;
    const item = at.value[at.key];
    if (!property.isList) {
      if (Array.isArray(item))
        report(walk, 'wrong-type', {
          diagnostics: `${quoteName(at.key)} takes one value, not an array. Send the value itself.`,
        });
      else checkItem(walk, item, at);
      return;
    }
    if (!Array.isArray(item)) {
      report(walk, 'wrong-type', {
        diagnostics: `${quoteName(at.key)} takes an array, not ${jsonTypeOf(item)}. Put the value in an array.`,
      });
      return;
    }
    if (item.length === 0)
      report(walk, 'empty-element', { diagnostics: `The array ${quoteName(at.key)} is empty. Leave it out.` });
    const siblings = at.value[`_${at.key}`];
    for (let index = 0; index < item.length; index += 1) {
      walk.path.push(index);
      // In a list of primitives null holds the place of a value that only has extensions.
      if (
        item[index] !== null ||
        property.kind !== 'primitive' ||
        !Array.isArray(siblings) ||
        !isObject(siblings[index])
      )
        checkItem(walk, item[index], at);
      walk.path.pop();
    }
  }

  function checkItem(walk: Walk, item: unknown, at: PropertyAt): void {
    const { property } = at;
    if (property.kind === 'primitive' || property.kind === 'xhtml') checkPrimitive(walk, item, property);
    else if (!isObject(item)) {
      report(walk, 'wrong-type', {
        diagnostics: `Expected an object (${property.type}), found ${jsonTypeOf(item)}. Send an object.`,
      });
      return;
    } else if (property.kind === 'resource') {
      if (property.type !== 'Resource' && item['resourceType'] !== property.type)
        report(walk, 'type-not-allowed', {
          diagnostics: `Only the resource type ${property.type} may stand here. Send one, with its resourceType.`,
        });
      rules.resource(walk, item);
      return;
    } else {
      const node = property.node?.();
      if (node !== undefined) object(walk, item, node, property.element);
      if (property.type === 'Reference') rules.reference(walk, item, property.targets);
      if (property.kind === 'extension') {
        const outerUrl =
          at.node.type === 'Extension' && typeof at.value['url'] === 'string' ? at.value['url'] : undefined;
        rules.extension(walk, item, {
          node: at.node,
          usedAs: at.usedAs,
          isModifier: property.step === 'modifierExtension',
          outerUrl,
        });
      }
    }
    property.binding?.check(walk, item);
    if (property.typeProfiles.length > 0) rules.typeProfiles(walk, item, property);
    for (const invariant of property.invariants) invariant.check(walk, item);
  }

  function checkPrimitive(walk: Walk, item: unknown, property: Property): void {
    const expected = property.primitive?.json ?? 'string';
    if (typeof item !== expected) {
      report(walk, 'wrong-type', {
        diagnostics: `Expected a JSON ${expected} (${property.type}), found ${jsonTypeOf(item)}. Send a ${expected}.`,
      });
      return;
    }
    if (property.kind === 'xhtml') {
      rules.narrative(walk, item as string);
      return;
    }
    const fault = property.primitive?.fault(item as never);
    const doubt = fault === undefined ? property.primitive?.doubt?.(item as string) : undefined;
    if (fault !== undefined) report(walk, 'invalid-value', { diagnostics: `The ${property.type} ${fault}.` });
    else if (doubt !== undefined)
      report(walk, 'invalid-value', { severity: 'warning', diagnostics: `The ${property.type} ${doubt}.` });
  }

  /** A key that is no property by itself: `_birthDate`, or a mistake. */
  function checkOtherKey(
    walk: Walk,
    at: { readonly value: Readonly<Record<string, unknown>>; readonly key: string; readonly node: ObjectNode },
  ): void {
    const property = at.key.startsWith('_') ? at.node.properties.get(at.key.slice(1)) : undefined;
    if (property?.kind !== 'primitive') {
      report(walk, 'unknown-element', {
        at: isElementName(at.key) ? [at.key] : [],
        diagnostics: `${at.node.path} has no element ${quoteName(at.key)}. Correct its name or remove it.`,
      });
      return;
    }
    walk.path.push(property.step);
    const sibling = at.value[at.key];
    if (property.isList) checkSiblings(walk, sibling, { property, values: at.value[at.key.slice(1)] });
    else checkSibling(walk, sibling, property);
    walk.path.pop();
  }

  function checkSiblings(
    walk: Walk,
    siblings: unknown,
    at: { readonly property: Property; readonly values: unknown },
  ): void {
    if (!Array.isArray(siblings)) {
      report(walk, 'wrong-type', {
        diagnostics: `The extensions of a list of values stand in an array with null for values that have none, not in ${jsonTypeOf(siblings)}.`,
      });
      return;
    }
    if (siblings.length === 0) report(walk, 'empty-element', { diagnostics: 'The array is empty. Leave it out.' });
    if (Array.isArray(at.values) && at.values.length !== siblings.length) {
      report(walk, 'wrong-type', {
        diagnostics: `The values (${at.values.length}) and their extensions (${siblings.length}) must be arrays of the same length. Fill the shorter with null.`,
      });
    }
    for (const [index, sibling] of siblings.entries()) {
      walk.path.push(index);
      if (sibling !== null) checkSibling(walk, sibling, at.property);
      else if (!Array.isArray(at.values))
        report(walk, 'empty-element', {
          diagnostics: 'There is neither a value nor an extension here. Remove the item.',
        });
      walk.path.pop();
    }
  }

  function checkSibling(walk: Walk, sibling: unknown, property: Property): void {
    if (!isObject(sibling)) {
      report(walk, 'wrong-type', {
        diagnostics: `The id and extensions of a value stand in an object, not in ${jsonTypeOf(sibling)}.`,
      });
      return;
    }
    object(walk, sibling, siblingNode(property.type), property.element);
  }

  /** What stands in `_birthDate`: id and extensions, in the place of a `date`. */
  function siblingNode(type: string): ObjectNode {
    const known = siblingNodes.get(type);
    if (known !== undefined) return known;
    const made: ObjectNode = { ...structures.node('Element'), path: type, ancestors: structures.node(type).ancestors };
    siblingNodes.set(type, made);
    return made;
  }

  return { object };
}

interface PropertyAt {
  readonly value: Readonly<Record<string, unknown>>;
  readonly key: string;
  readonly property: Property;
  readonly node: ObjectNode;
  readonly usedAs: string;
}

function checkRequired(walk: Walk, value: Readonly<Record<string, unknown>>, node: ObjectNode): void {
  for (const { step, names } of node.required) {
    let isThere = false;
    for (const name of names) if (value[name] !== undefined || value[`_${name}`] !== undefined) isThere = true;
    if (!isThere)
      report(walk, 'element-required', { at: [step], diagnostics: `${node.path}.${step} is required. Add it.` });
  }
}

function checkChoices(walk: Walk, value: Readonly<Record<string, unknown>>, node: ObjectNode): void {
  const seen = new Map<string, string>();
  for (const key in value) {
    const name = key.startsWith('_') ? key.slice(1) : key;
    const property = node.properties.get(name);
    if (property?.isChoice !== true) continue;
    const other = seen.get(property.step);
    if (other !== undefined && other !== name) {
      report(walk, 'too-many', {
        at: [property.step],
        diagnostics: `Only one of ${property.step}[x] may be given; there are "${other}" and "${name}". Keep one.`,
      });
    }
    seen.set(property.step, name);
  }
}
