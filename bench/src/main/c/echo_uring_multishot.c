// The other limit: multishot recv out of one ring of provided buffers, a buffer for each message.
#include "multishot.h"

// A variant has fewer, which stay in the cache.
#ifndef BUFFERS
#define BUFFERS 1024
#endif

static char *memory;
static struct piece pieces[BUFFERS];

static void provide_buffer(int id) {
    provide(id, memory + (size_t)id * BUFFER_BYTES, BUFFER_BYTES);
}

static struct piece *new_piece(int id, unsigned length, unsigned flags) {
    (void)flags;
    usable--;
    pieces[id] = (struct piece){
        .bytes = memory + (size_t)id * BUFFER_BYTES, .length = length, .buffer = id};
    return &pieces[id];
}

static void release(struct piece *piece) { provide_buffer(piece->buffer); }

int main(int count, char **arguments) {
    open_ring(count, arguments);
    memory = map((size_t)BUFFERS * BUFFER_BYTES, MAP_POPULATE);
    open_provided(BUFFERS, 0);
    for (int id = 0; id < BUFFERS; id++) provide_buffer(id);
    serve();
}
