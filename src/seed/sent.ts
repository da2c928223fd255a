import { isDeepStrictEqual } from 'node:util';
import { columnsOf, type Declaration } from '../resources/_kit/fields.js';
import { inCamelCase } from '../resources/_kit/stored.js';

type Values = Readonly<Record<string, unknown>>;

/** Of the values of the fields those that are not what a new object has: what the API would have to be told. */
export function sentOf(declaration: Declaration, values: Values, initial: Values): Record<string, unknown> {
  const told = Object.keys(declaration).filter(
    (name) => values[name] !== null && !isDeepStrictEqual(values[name], initial[name]),
  );
  return Object.fromEntries(told.map((name) => [name, values[name]]));
}

/** The same of a row whose members are columns, in camel case. */
export const valuesOfRow = (declaration: Declaration, row: object): Values =>
  Object.fromEntries(
    [...columnsOf(declaration)].map(([name, column]) => [name, (row as Values)[inCamelCase(column)]]),
  );
