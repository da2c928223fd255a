/** As much of OpenAPI 3.0 as the routes give rise to. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object';
  readonly nullable?: boolean;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: boolean | Schema;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly not?: Schema;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly description?: string;
  readonly example?: unknown;
}

export type ComponentSchemas = Readonly<Record<string, Schema>>;

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: Schema;
  readonly style?: string;
  readonly explode?: boolean;
  readonly example?: unknown;
}

export interface Ref {
  readonly $ref: string;
}

export type Content = Readonly<Record<string, { readonly schema: Schema; readonly example?: unknown }>>;

export interface Response {
  readonly description: string;
  readonly content?: Content;
}

export interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly deprecated?: boolean;
  readonly security?: readonly object[];
  readonly parameters?: readonly (Parameter | Ref)[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, Response | Ref>>;
}

export type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

export interface OpenapiDocument {
  readonly openapi: string;
  readonly info: Readonly<Record<string, unknown>>;
  readonly tags?: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Paths;
  readonly components: {
    readonly schemas: ComponentSchemas;
    readonly parameters?: Readonly<Record<string, Parameter>>;
    readonly responses?: Readonly<Record<string, Response>>;
    readonly [other: string]: unknown;
  };
  readonly [other: string]: unknown;
}

const SCHEMAS = '#/components/schemas/';

export const refTo = (name: string): Schema => ({ $ref: SCHEMAS + name });

/** The component that a schema names, when it does nothing else. */
export const componentName = ({ $ref }: Schema): string | undefined => $ref?.slice(SCHEMAS.length);

/** Steps into a schema that no property has as its name: to each entry of a list, to each value of a map, and to what stands for the whole. */
export const ENTRY = '[]';
export const VALUE = '{}';
export const SAME = '';

/** The schema with each schema directly inside it replaced. `step` is the name of the property that leads there, or one of these. */
export function mapInside(schema: Schema, replace: (inside: Schema, step: string) => Schema): Schema {
  const each = (list: readonly Schema[]) => list.map((entry) => replace(entry, SAME));
  const { properties, items, additionalProperties, allOf, anyOf, oneOf } = schema;
  return {
    ...schema,
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, inside]) => [name, replace(inside, name)]),
      ),
    }),
    ...(items && { items: replace(items, ENTRY) }),
    ...(typeof additionalProperties === 'object' && {
      additionalProperties: replace(additionalProperties, VALUE),
    }),
    ...(allOf && { allOf: each(allOf) }),
    ...(anyOf && { anyOf: each(anyOf) }),
    ...(oneOf && { oneOf: each(oneOf) }),
  };
}

/** Each operation replaced; it is told which by `GET /path`. */
export function mapOperations(
  paths: Paths,
  replace: (operation: Operation, key: string) => Operation,
): Paths {
  return Object.fromEntries(
    Object.entries(paths).map(([path, methods]) => [
      path,
      Object.fromEntries(
        Object.entries(methods).map(([method, operation]) => [
          method,
          replace(operation, `${method.toUpperCase()} ${path}`),
        ]),
      ),
    ]),
  );
}

/** Each schema of an operation replaced: of its parameters, its body and its answers. */
export function mapSchemas(
  operation: Operation,
  replace: (schema: Schema, place: 'parameter' | 'body' | 'answer') => Schema,
): Operation {
  const inContent = (content: Content, place: 'body' | 'answer'): Content =>
    Object.fromEntries(
      Object.entries(content).map(([type, media]) => [
        type,
        { ...media, schema: replace(media.schema, place) },
      ]),
    );
  const { parameters, requestBody, responses } = operation;
  return {
    ...operation,
    ...(parameters && {
      parameters: parameters.map((parameter) =>
        '$ref' in parameter ? parameter : { ...parameter, schema: replace(parameter.schema, 'parameter') },
      ),
    }),
    ...(requestBody && {
      requestBody: { ...requestBody, content: inContent(requestBody.content, 'body') },
    }),
    responses: Object.fromEntries(
      Object.entries(responses).map(([status, response]) => [
        status,
        '$ref' in response || !response.content
          ? response
          : { ...response, content: inContent(response.content, 'answer') },
      ]),
    ),
  };
}
