# Any role of Micro-CDN in a container. First: deno task bundle. Then: docker build -t microcdn .
#
#   docker run -p 5050:5050 microcdn index --monitor-host monitor
#   docker run -p 7001:7001 -v /srv/files:/files:ro microcdn content --server-id CS1 --index-host index
#
# The edge family, on PostgreSQL, Redis and an S3 store: compose.yaml.

# What goes in is compared with the sum that was written down when it was made.
FROM debian:12-slim AS checked
WORKDIR /bundle
COPY dist/microcdn.mjs dist/SHA256SUMS ./
RUN sha256sum --check --ignore-missing SHA256SUMS && chmod 444 microcdn.mjs && mkdir /data

# Node and nothing else: no shell, no package manager.
FROM gcr.io/distroless/nodejs22-debian12
COPY --from=checked /bundle/microcdn.mjs /app/microcdn.mjs
# What an edge role keeps goes below the folder where it runs: mount a volume there.
COPY --from=checked --chown=65532:65532 /data /data
WORKDIR /data
# Flags for whatever role is run. A container's network is its own; its management port is for the health check alone.
ENV MICROCDN_HOST=0.0.0.0 MICROCDN_ADMIN=127.0.0.1:15050 MICROCDN_FILES=/files
USER 65532:65532
EXPOSE 5050/tcp 6000/udp 6001/tcp 7001/tcp 7002/udp 4000/tcp 8001/tcp 8002/tcp
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s \
  CMD ["/nodejs/bin/node", "/app/microcdn.mjs", "health", "127.0.0.1:15050", "--timeout", "4"]
ENTRYPOINT ["/nodejs/bin/node", "/app/microcdn.mjs"]
CMD ["index"]
