#!/bin/sh
# Regenerates src/main/java/dev/corio/generated from C headers. The output is committed, so a build needs neither
# jextract nor C headers; run this only to take in newer headers or more symbols, and review the difference.
#
#   LIBURING_INCLUDE=/path/to/liburing/src/include ./jextract.sh
#
# jextract          on the PATH; https://github.com/openjdk/jextract, release 25 or the tip of its master branch
# LIBURING_INCLUDE  src/include of a liburing checkout after its ./configure; 2.15 made the committed output
# libc headers      glibc's, where the compiler finds them
#
# What is taken is listed in src/main/jextract/*.args. Only functions that liburing 2.3 exports may be listed there:
# that is the oldest release we run with. Run it on x86-64; LayoutTest proves the layouts on the machine it runs on.
set -eu
cd "$(dirname "$0")"
: "${LIBURING_INCLUDE:?set it to the include directory of liburing, see the head of this script}"
headers=src/main/jextract
output=src/main/java
rm -rf "$output/dev/corio/generated"
jextract --output "$output" @"$headers/libc.args" "$headers/libc.h"
jextract --output "$output" -I "$LIBURING_INCLUDE" @"$headers/liburing.args" "$headers/liburing.h"

# What nobody here uses and each start would pay for: handles of functions, which LibcCalls and RingCalls link in their
# own way, and of array elements. They are made as soon as the type of a function, or a field, is asked for.
for source in "$output"/dev/corio/generated/*.java; do
  awk '/^ *\/\*\*$/ { printf "%s", block; block = ""; held = 1; end = $0; sub(/\/\*\*/, "}", end) }
    /Handle [a-zA-Z0-9_$]*HANDLE = / { next }
    held { block = block $0 "\n" }
    held && $0 == end { if (block !~ /\.HANDLE;|index0/) printf "%s", block; block = ""; held = 0; next }
    !held' "$source" >"$source.kept"
  mv "$source.kept" "$source"
done
