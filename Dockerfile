# Spoor without the embedded engine: it uses the ClickHouse that CLICKHOUSE_URL names.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json ./
COPY src src
RUN npm run build

FROM node:22-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional --no-audit --no-fund

FROM node:22-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 SPOOR_DATA_DIR=/data
COPY package.json LICENSE ./
COPY clickhouse clickhouse
COPY --from=packages /app/node_modules node_modules
# Of the optional packages, those that send spans and metrics.
COPY --from=build /app/node_modules/@opentelemetry node_modules/@opentelemetry
COPY --from=build /app/dist dist
RUN ln -s /app/dist/cli.js /usr/local/bin/spoor && mkdir --mode=700 /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=40s \
  CMD ["node", "--eval", "fetch(`http://127.0.0.1:${process.env.PORT}/health`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["dist/cli.js", "serve"]
