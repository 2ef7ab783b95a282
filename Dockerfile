# The proxy in an image of its own: a cut-down Java, one jar, liburing, and nobody's rights.
#
#   docker build -t corio .
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges --security-opt seccomp=deploy/seccomp.json \
#     --ulimit memlock=-1 --ulimit nofile=65536 -p 6380:6380 corio proxy --listen :6380 --to upstream:6379
#
# docs/containers.md says what each of these options is for, and what happens without it.

FROM maven:3-eclipse-temurin-25 AS build
WORKDIR /source
COPY . .
RUN mvn -q -B -Dquick -Dmaven.test.skip=true package -pl proxy -am
RUN deploy/layout proxy/target/corio.jar /opt/corio -XX:+UseSerialGC -XX:-UsePerfData

FROM debian:trixie-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends liburing2 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/corio /opt/corio
USER 65532:65532
# The options are those that the cache was made with.
ENTRYPOINT ["/opt/corio/jre/bin/java", "-XX:+UseSerialGC", "-XX:-UsePerfData", \
    "-XX:AOTCache=/opt/corio/corio.aot", "-jar", "/opt/corio/corio.jar"]
CMD ["doctor"]
