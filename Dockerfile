# What is tagged here is exact, and a release has the digests besides: this prints the one to put behind the tag, as node:…@sha256:…
#   docker buildx imagetools inspect node:22.21.1-bookworm-slim --format '{{.Manifest.Digest}}'
#
# npm run dockerfile runs these steps where there is no Docker, and starts what comes out.
FROM node:22.21.1-bookworm-slim AS build
WORKDIR /build
# The packages are installed anew when the lock changes, and not with each change of a source.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json prisma.config.ts README.md LICENSE CHANGELOG.md ./
COPY scripts scripts
COPY prisma prisma
COPY openapi openapi
COPY deploy deploy
COPY src src
# What is packed, with the production packages of the lock beside it.
RUN npm run build && npm pack --ignore-scripts --silent && mkdir image && tar -xzf *.tgz -C image --strip-components=1 \
  && cp package-lock.json .npmrc image && cd image && npm ci --omit=dev --ignore-scripts && rm .npmrc && chmod 755 dist/main.js

FROM node:22.21.1-bookworm-slim
ENV NODE_ENV=production \
    OFFRAMP_HOST=0.0.0.0 \
    OFFRAMP_DATA_DIR=/data
WORKDIR /offramp
COPY --from=build /build/image ./
# /edge-ca is for a volume that connectors share (--edge-ca-out); nobody else may look into /data.
RUN mkdir -m 700 /data && mkdir /edge-ca && chown node:node /data /edge-ca && ln -s /offramp/dist/main.js /usr/local/bin/offramp
USER node
VOLUME /data
EXPOSE 7840 7844 7880 7883 7853/udp 7853/tcp
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "const end = (r) => process.exit(r.statusCode === 200 ? 0 : 1), at = '://127.0.0.1:7840/_offramp/ready'; require('http').get('http' + at, end).on('error', () => require('https').get('https' + at, { rejectUnauthorized: false }, end).on('error', () => process.exit(1)))"]
ENTRYPOINT ["offramp"]
CMD ["start"]
