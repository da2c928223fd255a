import type { Operation, Parameter, Ref, Schema } from './document.js';

/** Parameters in one form each: what takes `true` and `false` is a boolean, and a list is a list. */
export function plainParameter(parameter: Parameter): Parameter {
  const { required, schema, ...rest } = parameter;
  const list = listOf(schema);
  return {
    ...rest,
    ...(required && { required }),
    schema: list ?? (isFlag(schema) ? { type: 'boolean' } : schema),
    ...(list && { style: 'form', explode: true }),
  };
}

const isFlag = ({ enum: values }: Schema) =>
  values?.length === 2 && values[0] === 'true' && values[1] === 'false';

/** One key with commas is taken as well, which a generated client has no need of. */
function listOf(schema: Schema): Schema | undefined {
  return schema.type === 'array' ? schema : schema.anyOf?.find(({ type }) => type === 'array');
}

/** The path parameters, which are the same wherever they stand, as components. */
export function shareParameters(operation: Operation, shared: Map<string, Parameter>): Operation {
  if (!operation.parameters) return operation;
  const parameters = operation.parameters.map((parameter): Parameter | Ref => {
    if ('$ref' in parameter || parameter.in !== 'path') return parameter;
    const known = shared.get(parameter.name) ?? parameter;
    if (JSON.stringify(known) !== JSON.stringify(parameter)) return parameter;
    shared.set(parameter.name, known);
    return { $ref: `#/components/parameters/${parameter.name}` };
  });
  return { ...operation, parameters };
}
