FROM node:22-bookworm-slim AS build
WORKDIR /offramp
COPY package.json package-lock.json .npmrc tsconfig.json tsconfig.build.json prisma.config.ts ./
COPY scripts scripts
COPY prisma prisma
COPY src src
RUN npm ci && npm prune --omit=dev --ignore-scripts

FROM node:22-bookworm-slim
ENV NODE_ENV=production \
    OFFRAMP_DATA_DIR=/data
WORKDIR /offramp
COPY --from=build /offramp/package.json ./
COPY --from=build /offramp/node_modules node_modules
COPY --from=build /offramp/dist dist
COPY --from=build /offramp/prisma/migrations prisma/migrations
# /edge-ca is for a volume that connectors share (--edge-ca-out); nobody else may look into /data.
RUN mkdir -m 700 /data && mkdir /edge-ca && chown node:node /data /edge-ca
USER node
VOLUME /data
EXPOSE 7840 7844 7880 7883 7853/udp 7853/tcp
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "const end = (r) => process.exit(r.statusCode === 200 ? 0 : 1), at = '://127.0.0.1:7840/_offramp/ready'; require('http').get('http' + at, end).on('error', () => require('https').get('https' + at, { rejectUnauthorized: false }, end).on('error', () => process.exit(1)))"]
ENTRYPOINT ["node", "dist/main.js"]
CMD ["start"]
