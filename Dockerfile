# Builds with BuildKit and with the classic builder of Docker Engine 20.10 alike, so it uses nothing newer than that.

# --- Compile and test -------------------------------------------------------------------------------------------------
FROM debian:trixie-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends gcc libc6-dev make pkg-config libpcre2-dev libjansson-dev libssl-dev check \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# The unit tests here are for this compiler and this C library; the test run outside has the sanitizers.
RUN make -j"$(nproc)" all check TESTED=build/obj SANITIZE=-O1 \
 && make DESTDIR=/out install \
 && strip /out/usr/local/bin/docker-socket-proxy \
 && rm -r /out/usr/local/share/man
# One small library in the place of two that Debian's HAProxy is linked with, and of what only these need (the C++ library
# and others, 3.6 MB). Without libjemalloc, HAProxy uses the C library's malloc. The functions are those it takes from
# libopentracing-c-wrapper, and calls for a filter that haproxy.cfg never has. If it needs another one, it does not start,
# and the next stage fails.
RUN mkdir /out/lib \
 && for f in ext_init file_read text_map_add text_map_destroy text_map_new tracer_load tracer_start; do \
        echo "void otc_$f(void) { __builtin_trap(); }"; \
    done | gcc -shared -nostdlib -s -Wl,-z,noseparate-code -o /out/lib/libjemalloc.so.2 -x c - \
 && ln -s libjemalloc.so.2 /out/lib/libopentracing-c-wrapper.so.0

# --- Collect exactly what runs ----------------------------------------------------------------------------------------
FROM debian:trixie-slim AS collect
RUN apt-get update \
 && apt-get upgrade -y --no-install-recommends \
 && apt-get install -y --no-install-recommends haproxy libpcre2-8-0 libjansson4 \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /out /out
# The libraries are those that ldd lists for the two programs, and libgcc_s, which the end of a thread loads (the C library
# itself resolves names from files and DNS). Each package keeps its licence, and its entry where scanners look for
# versions.
# sh, wget and curl are names of our program under which it only does its health check, for Compose files written for
# other images.
RUN set -e; \
    install -D /usr/sbin/haproxy /out/usr/sbin/haproxy; \
    libraries=$(LD_LIBRARY_PATH=/out/lib ldd /out/usr/sbin/haproxy /out/usr/local/bin/docker-socket-proxy | \
        grep -o '/[^ :]*\.so[^ ]*' | grep -v '^/out/' | sort -u; ls /lib/*/libgcc_s.so.1); \
    for f in $libraries; do install -D "$(readlink -f "$f")" "/out$f"; done; \
    packages=$(for f in /usr/sbin/haproxy $libraries; do dpkg -S "$(readlink -f "$f")"; done | cut -d: -f1 | sort -u); \
    mkdir -p /out/var/lib/dpkg/status.d /out/var/run /out/etc /out/tmp; \
    for p in $packages; do \
        dpkg-query -s "$p" > "/out/var/lib/dpkg/status.d/$p"; \
        install -D -m 0644 "/usr/share/doc/$p/copyright" "/out/usr/share/doc/$p/copyright"; \
    done; \
    chmod 1777 /out/tmp; \
    mkdir -p /out/bin /out/usr/bin; \
    for f in bin/sh usr/bin/wget usr/bin/curl; do ln -s /usr/local/bin/docker-socket-proxy "/out/$f"; done; \
    printf 'root:x:0:0:root:/:/nonexistent\nhaproxy:x:99:99:haproxy:/:/nonexistent\nnobody:x:65534:65534:nobody:/:/nonexistent\n' > /out/etc/passwd; \
    printf 'root:x:0:\nhaproxy:x:99:\nnogroup:x:65534:\n' > /out/etc/group; \
    printf 'passwd: files\ngroup: files\nhosts: files dns\n' > /out/etc/nsswitch.conf; \
    cp /etc/os-release /out/etc/os-release; \
    chroot /out /usr/sbin/haproxy -v

# --- The image --------------------------------------------------------------------------------------------------------
FROM scratch
LABEL org.opencontainers.image.title="docker-socket-proxy" \
      org.opencontainers.image.description="Guards the Docker socket: each API operation is denied until a variable allows it" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="0.1.0"
COPY --from=collect /out /
EXPOSE 2375
STOPSIGNAL SIGTERM
# In the start period newer Engines check more often, so that services that wait for "healthy" start sooner.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["/usr/local/bin/docker-socket-proxy", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/docker-socket-proxy"]
