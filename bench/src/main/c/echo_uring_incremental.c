// Multishot recv out of a ring of buffers that are used up bit by bit (IOU_PBUF_RING_INC, Linux
// 6.12): a message takes its own bytes of a buffer instead of all of it, so a few large buffers do
// where echo_uring_multishot.c needs one for each message. Pieces of many connections lie one
// behind the other in a buffer, and it goes back when the kernel is finished with it and no piece
// of it is left.
#include "multishot.h"

// Not in the headers of liburing 2.3.
#ifndef IOU_PBUF_RING_INC
#define IOU_PBUF_RING_INC 2
#endif
#ifndef IORING_CQE_F_BUF_MORE
#define IORING_CQE_F_BUF_MORE (1U << 4)
#endif

#ifndef BUFFERS
#define BUFFERS 64
#endif
#ifndef LARGE_BUFFER_BYTES
#define LARGE_BUFFER_BYTES (64 * 1024)
#endif

// A piece has a byte at least, so there are never more of them than bytes.
enum { PIECES = BUFFERS * LARGE_BUFFER_BYTES };

struct buffer {
    unsigned used, pieces;
    bool finished; // by the kernel
};

static char *memory;
static struct buffer buffers[BUFFERS];
static struct piece *pieces, *unused_pieces;
static unsigned pieces_ever;

static char *memory_of(int id) { return memory + (size_t)id * LARGE_BUFFER_BYTES; }

static void provide_buffer(int id) {
    buffers[id] = (struct buffer){0};
    provide(id, memory_of(id), LARGE_BUFFER_BYTES);
}

static struct piece *new_piece(int id, unsigned length, unsigned flags) {
    struct piece *piece = unused_pieces;
    if (piece) unused_pieces = piece->next;
    else piece = &pieces[pieces_ever++];
    struct buffer *buffer = &buffers[id];
    *piece = (struct piece){
        .bytes = memory_of(id) + buffer->used, .length = length, .buffer = id};
    buffer->used += length;
    buffer->pieces++;
    buffer->finished = !(flags & IORING_CQE_F_BUF_MORE);
    if (buffer->finished) usable--;
    return piece;
}

static void release(struct piece *piece) {
    struct buffer *buffer = &buffers[piece->buffer];
    buffer->pieces--;
    if (buffer->finished && !buffer->pieces) provide_buffer(piece->buffer);
    piece->next = unused_pieces;
    unused_pieces = piece;
}

int main(int count, char **arguments) {
    open_ring(count, arguments);
    memory = map((size_t)BUFFERS * LARGE_BUFFER_BYTES, MAP_POPULATE);
    pieces = map((size_t)PIECES * sizeof *pieces, MAP_NORESERVE);
    open_provided(BUFFERS, IOU_PBUF_RING_INC);
    for (int id = 0; id < BUFFERS; id++) provide_buffer(id);
    serve();
}
