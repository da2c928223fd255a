import { fieldValues } from './carriers.js';
import { type EdgeError, errorResponse } from './errors.js';
import { grpcErrorResponse } from './grpc.js';
import type { RequestHead } from './head/request-head.js';
import type { OwnResponse } from './requester.js';

/** What the client of a request is told, in the form that it understands best. */
export function errorAnswer(error: EdgeError, ray: string, request: RequestHead): OwnResponse {
  if (request.grpc) return grpcErrorResponse(error, ray);
  return errorResponse(error, ray, fieldValues(request.passedOn, 'accept').join());
}
