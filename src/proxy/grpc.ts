import type { EdgeError } from './errors.js';
import type { OwnResponse } from './requester.js';

/** UNAVAILABLE: nobody could serve the call. */
const UNAVAILABLE = 14;
const GRPC_TYPE = /^application\/grpc(?:[+;]|$)/i;

/** Whether a request with this method and content type is a gRPC call; gRPC-Web is none. */
export function isGrpc(method: string, contentType: string): boolean {
  return method === 'POST' && GRPC_TYPE.test(contentType);
}

/** An error as gRPC clients understand it: a response of a head alone, whose fields say how the call ended. */
export function grpcErrorResponse({ code, text }: EdgeError, ray: string): OwnResponse {
  const message = `error code: ${code}: ${text} (ray: ${ray})`;
  return {
    status: 200,
    fields: `Content-Type: application/grpc\r\ngrpc-status: ${UNAVAILABLE}\r\ngrpc-message: ${message.replaceAll('%', '%25')}\r\n`,
    body: '',
  };
}
