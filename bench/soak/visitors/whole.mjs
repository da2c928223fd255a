// Visitors who do everything right, over HTTP/1.1 and HTTP/2: whatever else goes on, their bytes must be theirs.
import http from 'node:http';
import http2 from 'node:http2';
import { check, newToken, payload } from '../payload.mjs';

/** Mostly small, now and then a few megabytes. */
const someBlocks = () => Math.ceil(Math.random() ** 8 * 200_000) + 1;

function read(stream) {
  return new Promise((resolve, reject) => {
    const pieces = [];
    stream.on('data', (piece) => pieces.push(piece));
    stream.on('end', () => resolve(Buffer.concat(pieces)));
    stream.on('error', reject);
    stream.on('aborted', () => reject(new Error('aborted')));
    stream.on('close', () => reject(new Error('closed before the end')));
  });
}

export function overHttp1(lab, note, host = 'good') {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
  return async () => {
    const token = newToken();
    const blocks = someBlocks();
    const posts = Math.random() < 0.4;
    const request = http.request({
      ...lab.address('http'),
      agent,
      method: posts ? 'POST' : 'GET',
      path: posts ? '/echo' : `/?token=${token}&blocks=${blocks}${Math.random() < 0.5 ? '&chunked=1' : ''}`,
      headers: {
        host: lab.host(host),
        ...(posts && Math.random() < 0.5 ? { 'content-length': blocks * 16 } : {}),
      },
      timeout: 30_000,
    });
    const response = await new Promise((resolve, reject) => {
      request.on('response', resolve);
      request.on('error', reject);
      request.on('timeout', () => request.destroy(new Error('timed out')));
      request.end(posts ? payload(token, blocks) : undefined);
    });
    const body = await read(response);
    if (response.statusCode !== 200) return note(`status ${response.statusCode}`);
    check(body, token, blocks);
    note('whole');
  };
}

export function overHttp2(lab, note) {
  let session = null;
  const connected = () => {
    if (session && !session.closed && !session.destroyed) return session;
    const { host, port } = lab.address('https');
    session = http2.connect(`https://${host}:${port}`, {
      rejectUnauthorized: false,
      servername: lab.host('good'),
    });
    session.on('error', () => {});
    return session;
  };
  return async () => {
    const token = newToken();
    const blocks = someBlocks();
    const posts = Math.random() < 0.4;
    const stream = connected().request({
      ':method': posts ? 'POST' : 'GET',
      ':path': posts ? '/echo' : `/?token=${token}&blocks=${blocks}`,
      ':authority': lab.host('good'),
    });
    stream.setTimeout(30_000, () => stream.close());
    stream.end(posts ? payload(token, blocks) : undefined);
    let status = 0;
    stream.on('response', (headers) => {
      status = headers[':status'];
    });
    const body = await read(stream);
    if (status !== 200) return note(`status ${status}`);
    check(body, token, blocks);
    note('whole');
  };
}
