import { z } from 'zod';
import type { ApiError } from './errors.js';

/** Something that the client should know about a request that was taken. */
export interface Message {
  readonly code: number;
  readonly message: string;
}

/** The frame around every answer of the API. */
export interface Success<T> {
  readonly success: true;
  readonly errors: [];
  readonly messages: Message[];
  readonly result: T;
}

export interface ResultInfo {
  readonly page: number;
  readonly per_page: number;
  readonly count: number;
  readonly total_count: number;
  readonly total_pages: number;
}

export interface Listed<T> extends Success<T[]> {
  readonly result_info: ResultInfo;
}

export function ok<T>(result: T, messages: Message[] = []): Success<T> {
  return { success: true, errors: [], messages, result };
}

interface ErrorEntry {
  readonly code: number;
  readonly message: string;
  readonly error_chain?: readonly { readonly code: number; readonly message: string }[];
}

export interface Failure {
  readonly success: false;
  readonly errors: readonly ErrorEntry[];
  readonly messages: [];
  readonly result: null;
}

export function failure(error: ApiError): Failure {
  const { code, chain } = error.row;
  const entry = { code, message: error.message, ...(chain ? { error_chain: [chain] } : {}) };
  return { success: false, errors: [entry], messages: [], result: null };
}

const entry = z.object({
  code: z.int().min(1000),
  message: z.string(),
  error_chain: z.array(z.object({ code: z.int(), message: z.string() })).optional(),
});

const message = z.object({ code: z.int().min(1000), message: z.string() });

/** OpenAPI shapes of the envelope around `result`. */
export const successOf = <T extends z.ZodType>(result: T) =>
  z.object({
    success: z.literal(true),
    errors: z.array(entry).max(0),
    messages: z.array(message),
    result,
  });

export const listOf = <T extends z.ZodType>(item: T) =>
  successOf(z.array(item)).extend({
    result_info: z.object({
      page: z.int(),
      per_page: z.int(),
      count: z.int(),
      total_count: z.int(),
      total_pages: z.int(),
    }),
  });

export const failureSchema = z
  .object({
    success: z.literal(false),
    errors: z.array(entry),
    messages: z.array(message),
    result: z.null(),
  })
  .meta({ id: 'Failure', description: 'The request was refused; see `errors`.' });

/** The error answers that any operation can give, for the OpenAPI document. */
export const failures = {
  400: failureSchema,
  403: failureSchema,
  404: failureSchema,
  409: failureSchema,
  412: failureSchema,
  413: failureSchema,
  429: failureSchema,
  500: failureSchema,
  503: failureSchema,
};
