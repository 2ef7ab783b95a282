// Latency counts in buckets of under one percent, from a nanosecond to a minute: exact below 256,
// then 128 buckets per doubling. Printed as [lowest nanosecond, count] pairs.
#pragma once
#include <stdint.h>
#include <stdio.h>

enum { SUB_BITS = 7, SUB_BUCKETS = 1 << SUB_BITS, DOUBLINGS = 36 - SUB_BITS };

static uint64_t histogram[(DOUBLINGS + 2) * SUB_BUCKETS];

static inline void record(uint64_t nanos) {
    if (nanos >> 36) nanos = (1ull << 36) - 1;
    int shift = nanos < 2 * SUB_BUCKETS ? 0 : 63 - __builtin_clzll(nanos) - SUB_BITS;
    histogram[((uint64_t)shift << SUB_BITS) + (nanos >> shift)]++;
}

static inline void print_histogram(void) {
    const char *comma = "";
    int last = (int)(sizeof histogram / sizeof *histogram);
    for (int index = 0; index < last; index++) {
        if (!histogram[index]) continue;
        int shift = index < 2 * SUB_BUCKETS ? 0 : (index >> SUB_BITS) - 1;
        uint64_t lowest = (uint64_t)(index - (shift << SUB_BITS)) << shift;
        printf("%s[%llu,%llu]", comma, (unsigned long long)lowest,
               (unsigned long long)histogram[index]);
        comma = ",";
    }
}
