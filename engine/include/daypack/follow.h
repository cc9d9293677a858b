/* SPDX-License-Identifier: MIT */
/*
 * <daypack/follow.h> keeps a whole book in your own memory: from the last image of it that the engine left in the
 * segment, and the deltas of the ring since. For readers of a segment whose slots are not as deep as they need; the
 * engine's hot threads pay nothing for it. It needs <daypack/shm.h> alone, in C (gnu99, C11 and later) and C++.
 *
 *     daypack_follower book;
 *     daypack_follow_begin(&book, &reader, "BTC-USDC", bids, asks, 8192);   // room for 8192 levels a side
 *     for (;;) {
 *         if (daypack_follow_poll(&book) == DAYPACK_OK && book.top.state == DAYPACK_STATE_LIVE) ...;
 *         daypack_wait(&reader, book.cursor, 100);
 *     }
 *
 * Images. An image is the venue's own snapshot by REST at one id, which an audit of the engine found equal to its book.
 * So there is none until the first audit has passed, and after a book was replaced (a gap, a restart, another tick,
 * another segment) the next one is needed: `snapshot_interval` is how often each book is audited. Until then the
 * follower has no book, and says so: daypack_follow_poll returns DAYPACK_EMPTY, waits_since_ns tells since when, and
 * daypack_follow_explain what it waits for. The ring must reach back to the image: ring_events has to hold the time
 * from an audit's request to its end, and the time that a late follower may come after it.
 *
 * Another engine. Where one takes over (`run --takeover`) and goes on with the book without a break, it says so by a
 * STATE record with a first_id, and the follower goes on too, with the image of the engine before. The first image of
 * the new engine is joined all the same, so what the engine before had wrong does not outlive the next audit.
 *
 * Threads. As for a daypack_reader, which a follower reads through: both belong to one thread.
 */
#ifndef DAYPACK_FOLLOW_H
#define DAYPACK_FOLLOW_H

#include <daypack/shm.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Lies before the levels of an image: `image_levels` bids, best first, then as many asks. */
typedef struct daypack_image {
    uint64_t sequence; /* odd while it is written, as of a slot */
    uint64_t u;        /* of the snapshot; 0: there is none */
    uint64_t epoch;    /* of the writer; what another one made of the book since, the ring tells, or it is none */
    uint64_t position; /* of the ring, when the snapshot had come and was not compared yet */
    int64_t known_to_bid;
    int64_t known_to_ask;
    uint64_t exponents;
    uint64_t counts;
} daypack_image;

/* What a follower without a book waits for.
 * NOTHING  it has a book
 * SYMBOL   the engine does not list the symbol, yet or any more
 * IMAGES   for ever: the engine makes no images. It has to be started with image_levels
 * AUDIT    the next audit of this book, which leaves an image
 * RING     likewise; the last image was not joined, since the ring did not reach back to it. (Where the book was
 *          replaced since that image, by another tick or a gap, it is AUDIT.) */
#define DAYPACK_FOLLOW_WAITS(X) X(NOTHING, 0) X(SYMBOL, 1) X(IMAGES, 2) X(AUDIT, 3) X(RING, 4)

typedef enum daypack_follow_wait {
#define DAYPACK_X(name, value) DAYPACK_FOLLOW_WAITS_##name = value,
    DAYPACK_FOLLOW_WAITS(DAYPACK_X)
#undef DAYPACK_X
} daypack_follow_wait;

typedef struct daypack_follower {
    daypack_reader* reader;
    char name[DAYPACK_NAME_BYTES];
    int symbol;              /* DAYPACK_NO_SYMBOL until the directory lists it */
    int joined;              /* 1: there is a book */
    daypack_level* sides[2]; /* by DAYPACK_SIDE_…, best last: updates are mostly near the best */
    uint32_t counts[2];   /* with what lies beyond known_to and has holes: daypack_follow_levels counts what is whole */
    uint32_t room;        /* levels that each side has memory for */
    int64_t known_to[2];  /* 0: the whole side is known */
    uint64_t exponents;   /* as in daypack_slot */
    uint64_t u;           /* of the book */
    uint64_t epoch;       /* of the writer whose book it is */
    uint64_t cursor;      /* of the ring */
    uint64_t image;       /* sequence of the image that was looked at last; 0 with a book: of a writer before */
    uint64_t inode;       /* of the segment that all of this is of */
    uint64_t joins, lost; /* how often it joined, and how many records were written over unread */
    int waits_for;        /* one of DAYPACK_FOLLOW_WAITS_… */
    int64_t waits_since_ns; /* CLOCK_MONOTONIC; 0: it has a book */
    daypack_top top;        /* state as it is worth now, and the best bid and offer of this book */
} daypack_follower;

static inline const daypack_image* daypack_image_of(const daypack_reader* reader, uint32_t symbol) {
    return (const daypack_image*)(const void*)(reader->base + reader->images_offset + symbol * reader->image_bytes);
}

/* Returns 1 where the segment has images, and they lie inside the mapping. */
static inline int daypack_has_images(const daypack_reader* reader) {
    if (reader->image_bytes == 0 || reader->image_bytes % 8 != 0 || reader->image_levels > (1u << 24)) return 0;
    return reader->image_bytes >= sizeof(daypack_image) + 2 * reader->image_levels * sizeof(daypack_level) &&
           daypack_fits(reader->bytes, reader->images_offset, reader->max_symbols, reader->image_bytes);
}

/* Begins to follow a symbol, by its normalised or native name, whether the engine lists it already or not. `bids` and
 * `asks` have room for `room` levels each, and are the follower's from now on. A side that outgrows it loses its worst,
 * and known_to says from where on. */
static inline void daypack_follow_begin(daypack_follower* book, daypack_reader* reader, const char* name,
                                        daypack_level* bids, daypack_level* asks, uint32_t room) {
    memset(book, 0, sizeof *book);
    book->reader = reader;
    snprintf(book->name, sizeof book->name, "%s", name);
    book->symbol = DAYPACK_NO_SYMBOL;
    book->sides[DAYPACK_SIDE_BID] = bids;
    book->sides[DAYPACK_SIDE_ASK] = asks;
    book->room = room;
    book->inode = reader->inode;
    book->cursor = daypack_cursor(reader);
    book->waits_for = DAYPACK_FOLLOW_WAITS_AUDIT;
    book->waits_since_ns = daypack_monotonic_ns();
}

/* Gives up the book: only another image makes another one. */
static inline void daypack_follow_lose(daypack_follower* book) {
    if (book->joined) {
        book->waits_for = DAYPACK_FOLLOW_WAITS_AUDIT;
        book->waits_since_ns = daypack_monotonic_ns();
    }
    book->joined = 0;
    book->counts[0] = book->counts[1] = 0;
}

/* Returns 1 where price `a` is worse than `b`. */
static inline int daypack_is_worse(unsigned side, int64_t a, int64_t b) {
    return side == DAYPACK_SIDE_BID ? a < b : a > b;
}

/* Narrows what is known of a side to `price` and better. */
static inline void daypack_know_to(daypack_follower* book, unsigned side, int64_t price) {
    if (book->known_to[side] == 0 || daypack_is_worse(side, book->known_to[side], price)) book->known_to[side] = price;
}

/* Sets the quantity at a price; 0 deletes the level, if there is one. */
static inline void daypack_follow_set(daypack_follower* book, unsigned side, int64_t price, int64_t quantity) {
    daypack_level* levels = book->sides[side];
    uint32_t count = book->counts[side], low = 0, high = count;
    while (low < high) { /* `low`: the first that is not worse */
        const uint32_t middle = low + (high - low) / 2;
        if (daypack_is_worse(side, levels[middle].price, price))
            low = middle + 1;
        else
            high = middle;
    }
    if (low < count && levels[low].price == price) {
        if (quantity != 0) {
            levels[low].quantity = quantity;
        } else {
            memmove(levels + low, levels + low + 1, (count - low - 1) * sizeof *levels);
            book->counts[side] = count - 1;
        }
        return;
    }
    if (quantity == 0) return;
    if (count == book->room) { /* the worst goes, or this one */
        if (count == 0 || low == 0) {
            if (count != 0) daypack_know_to(book, side, levels[0].price);
            return;
        }
        memmove(levels, levels + 1, (low - 1) * sizeof *levels);
        --low;
        daypack_know_to(book, side, low > 0 ? levels[0].price : price);
    } else {
        memmove(levels + low + 1, levels + low, (count - low) * sizeof *levels);
        book->counts[side] = count + 1;
    }
    levels[low].price = price;
    levels[low].quantity = quantity;
}

/* Takes a side of an image: best first there, best last here. */
static inline void daypack_take_side(daypack_follower* book, unsigned side, const daypack_level* from, uint32_t count,
                                     int64_t known_to) {
    const uint32_t kept = count < book->room ? count : book->room;
    uint32_t i;
    for (i = 0; i < kept; ++i) daypack_load_words(&book->sides[side][kept - 1 - i], from + i, sizeof *from);
    book->counts[side] = kept;
    book->known_to[side] = known_to;
    if (kept < count && kept > 0) daypack_know_to(book, side, book->sides[side][0].price);
}

/* Takes the image for the book, where there is one that may be joined. Returns 1 where there is, with its place in the
 * ring in *position. */
static inline int daypack_take_image(daypack_follower* book, uint64_t* position) {
    const daypack_reader* reader = book->reader;
    const daypack_image* image;
    const daypack_level* levels;
    daypack_image copy;
    uint32_t bids, asks;
    uint64_t sequence;
    if (!daypack_has_images(reader)) {
        book->waits_for = DAYPACK_FOLLOW_WAITS_IMAGES;
        return 0;
    }
    image = daypack_image_of(reader, (uint32_t)book->symbol);
    levels = (const daypack_level*)(const void*)(image + 1);
    sequence = daypack_load_acquire(&image->sequence); /* pairs with the release that ended the write */
    if ((sequence & 1) != 0 || sequence == book->image) return 0;
    daypack_load_words(&copy, image, sizeof copy);
    if (copy.u == 0) return 0;
    bids = daypack_bid_levels(copy.counts);
    asks = daypack_ask_levels(copy.counts);
    if (bids > reader->image_levels || asks > reader->image_levels) return 0;
    daypack_take_side(book, DAYPACK_SIDE_BID, levels, bids, copy.known_to_bid);
    daypack_take_side(book, DAYPACK_SIDE_ASK, levels + reader->image_levels, asks, copy.known_to_ask);
    __atomic_thread_fence(__ATOMIC_ACQUIRE); /* pairs with the release fence that began the next write */
    if (daypack_load(&image->sequence) != sequence) return 0;
    book->image = sequence; /* whatever becomes of it, it is not looked at again */
    book->u = copy.u;
    book->epoch = copy.epoch;
    book->exponents = copy.exponents;
    *position = copy.position;
    return 1;
}

/* Applies a record of this symbol by the venue's own rule. Returns 1 where the book goes on, 0 where it is lost. */
static inline int daypack_follow_apply(daypack_follower* book, const daypack_record* record) {
    const unsigned kind = daypack_record_kind(record);
    if (record->last_id <= book->u) return 1;
    if (record->exponents != book->exponents) return 0;
    if (record->first_id > book->u + 1) {
        book->waits_for = DAYPACK_FOLLOW_WAITS_RING;
        return 0;
    }
    if (kind == DAYPACK_KIND_DELTA) {
        daypack_follow_set(book, daypack_record_side(record) & 1, record->price, record->quantity);
        if (!daypack_record_last(record)) return 1;
    }
    book->u = record->last_id;
    return 1;
}

/* What the record of another writer, with which the ring goes on, means for the book: that writer has joined by itself,
 * perhaps another numbering, and need not say SNAPSHOT. Returns 1 where it says that it goes on with this very book; 2
 * where it says so and has not taken over yet, so it may die before it does; 0 else. */
static inline int daypack_follow_succeed(daypack_follower* book, const daypack_record* record) {
    const uint64_t epoch = daypack_load(&daypack_head(book->reader)->epoch);
    const int32_t ahead = (int32_t)((uint32_t)record->status - (uint32_t)epoch);
    const uint64_t next = epoch + (uint64_t)(int64_t)ahead;
    if (daypack_record_kind(record) != DAYPACK_KIND_STATE || record->first_id == 0 || next <= book->epoch) return 0;
    if (record->first_id != book->u || record->exponents != book->exponents) return 0;
    if (ahead > 0) return 2;
    book->epoch = next;
    book->image = 0;
    return 1;
}

/* Reads the ring up to `end`, or to where a writer begins that has not taken over yet. Returns 1 where the book goes
 * on, 0 where it is lost; -1 at a record before `position`, the place of the image in the ring, that says that the book
 * was replaced: what was applied so far is of the one before, and the image, asked for later, is of the one after.
 * Records of a writer before that of the image say nothing of this book. */
static inline int daypack_follow_ring(daypack_follower* book, uint64_t position, uint64_t end) {
    const uint64_t room = book->reader->ring_events;
    /* who is further behind is lapped, and told so below; unless the writer lies */
    if (end > book->cursor && end - book->cursor > room) end = book->cursor + room;
    while (book->cursor < end) {
        const uint64_t at = book->cursor;
        daypack_record record;
        uint64_t lost = 0;
        const int result = daypack_read_record(book->reader, &book->cursor, &record, &lost);
        unsigned kind;
        if (result == DAYPACK_EMPTY) break;
        book->lost += lost;
        if (result == DAYPACK_LOST) {
            book->waits_for = DAYPACK_FOLLOW_WAITS_RING;
            return 0;
        }
        kind = daypack_record_kind(&record);
        if (kind == DAYPACK_KIND_NONE) return at < position ? -1 : 0; /* of whatever symbol; its writer died */
        if (daypack_record_symbol(&record) != (uint32_t)book->symbol) continue;
        if ((uint32_t)record.status != (uint32_t)book->epoch) {
            int next;
            if (at < position) continue;
            next = daypack_follow_succeed(book, &record);
            if (next == 2) book->cursor = at;
            if (next != 1) return next != 0;
            continue;
        }
        if (kind == DAYPACK_KIND_SNAPSHOT) return at < position ? -1 : 0;
        if ((kind == DAYPACK_KIND_DELTA || kind == DAYPACK_KIND_ADVANCE) && !daypack_follow_apply(book, &record)) {
            if (at >= position) return 0;
            const uint64_t last = position < end ? position : end; /* `position` is what the writer says */
            while (book->cursor < last) { /* perhaps of a numbering before: then it ends with such a record */
                const int next = daypack_read_record(book->reader, &book->cursor, &record, &lost);
                if (next != DAYPACK_OK) return 0;
                kind = daypack_record_kind(&record);
                if (kind == DAYPACK_KIND_NONE) return -1;
                if (kind == DAYPACK_KIND_SNAPSHOT && daypack_record_symbol(&record) == (uint32_t)book->symbol)
                    return -1;
            }
            return 0;
        }
    }
    return 1;
}

/* Returns where the ring can be read from, at `begin` or soon after it: not within an update of this symbol. Its
 * records tell which is the last, but not which is the first, and the ids of one cut short look as those of a whole
 * one. */
static inline uint64_t daypack_follow_whole_from(const daypack_follower* book, uint64_t begin) {
    uint64_t cursor = begin == 0 ? 0 : begin - 1, left = book->reader->ring_events, lost;
    daypack_record record;
    int result;
    if (begin == 0) return 0;
    do {
        result = daypack_read_record(book->reader, &cursor, &record, &lost);
        if (result == DAYPACK_EMPTY) break;
    } while (left-- != 0 && (result == DAYPACK_LOST ||
                             (daypack_record_kind(&record) == DAYPACK_KIND_DELTA && !daypack_record_last(&record) &&
                              daypack_record_symbol(&record) == (uint32_t)book->symbol)));
    return cursor;
}

/* Returns where a join may begin to read a ring that ends at `end`: what is older may be lost while it is read. */
static inline uint64_t daypack_follow_reach(const daypack_reader* reader, uint64_t end) {
    const uint64_t room = reader->ring_events - reader->ring_events / 16;
    return end > room ? end - room : 0;
}

/* Joins image and ring, where there is an image that was not tried yet. */
static inline void daypack_follow_join(daypack_follower* book) {
    const daypack_reader* reader = book->reader;
    /* acquire: a writer that goes on with books says so in the ring before it raises the epoch */
    const uint64_t epoch = daypack_load_acquire(&daypack_head(reader)->epoch);
    const uint64_t end = daypack_cursor(reader);
    uint64_t begin = daypack_follow_whole_from(book, daypack_follow_reach(reader, end));
    uint64_t position, image = book->image;
    int goes_on = -1;
    if (begin < end && end - begin > reader->ring_events) begin = end; /* a writer that lies has led it away */
    while (goes_on < 0 && daypack_take_image(book, &position)) {
        const int is_old = book->epoch < epoch; /* then the ring is not to blame: nothing may lead on from it */
        image = book->image;
        /* of an image that is refused below, the next one is waited for; whether the ring is to blame is told there */
        book->waits_for = begin > position && !is_old ? DAYPACK_FOLLOW_WAITS_RING : DAYPACK_FOLLOW_WAITS_AUDIT;
        if (begin > position) break;
        book->cursor = begin;
        goes_on = daypack_follow_ring(book, position, end);
        if (is_old && goes_on == 0) book->waits_for = DAYPACK_FOLLOW_WAITS_AUDIT;
        if (goes_on >= 0) break;
        begin = book->cursor;
        book->image = 0;
    }
    if (goes_on == 1 && book->epoch >= epoch) {
        book->joined = 1;
        book->waits_for = DAYPACK_FOLLOW_WAITS_NOTHING;
        book->waits_since_ns = 0;
        ++book->joins;
        return;
    }
    daypack_follow_lose(book);
    if (goes_on >= 0) book->image = image; /* it is not looked at again */
    book->cursor = end;
}

/* Returns how many levels of a side are known. */
static inline uint32_t daypack_follow_levels(const daypack_follower* book, unsigned side) {
    const daypack_level* levels = book->sides[side & 1];
    uint32_t low = 0, high = book->counts[side & 1];
    if (book->known_to[side & 1] == 0) return high;
    while (low < high) { /* `low`: the first that is not worse than known_to */
        const uint32_t middle = low + (high - low) / 2;
        if (daypack_is_worse(side & 1, levels[middle].price, book->known_to[side & 1])) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return book->counts[side & 1] - low;
}

/* Returns a level by its rank, 0 the best. REQUIRES: rank < daypack_follow_levels(book, side). */
static inline daypack_level daypack_follow_level(const daypack_follower* book, unsigned side, uint32_t rank) {
    return book->sides[side & 1][book->counts[side & 1] - 1 - rank];
}

/* Returns the best level that is known of a side; of quantity 0 where there is none. */
static inline daypack_level daypack_follow_best(const daypack_follower* book, unsigned side) {
    const daypack_level none = {0, 0};
    return daypack_follow_levels(book, side) != 0 ? daypack_follow_level(book, side, 0) : none;
}

/* Fills in what the slot cannot say of this book. */
static inline void daypack_follow_fill_top(daypack_follower* book) {
    const daypack_level bid = daypack_follow_best(book, DAYPACK_SIDE_BID);
    const daypack_level ask = daypack_follow_best(book, DAYPACK_SIDE_ASK);
    book->top.u = book->joined ? book->u : 0;
    book->top.bid_price = bid.price;
    book->top.bid_quantity = bid.quantity;
    book->top.ask_price = ask.price;
    book->top.ask_quantity = ask.quantity;
    if (!book->joined) return;
    book->top.price_exponent = daypack_price_exponent(book->exponents);
    book->top.quantity_exponent = daypack_quantity_exponent(book->exponents);
}

/* Reads the slot into book->top. Where that led to another segment, everything of the old one is given up; its
 * directory has the same symbols in the same order, unless the file was removed by hand. */
static inline int daypack_follow_read_slot(daypack_follower* book) {
    daypack_reader* reader = book->reader;
    int result;
    for (;;) {
        if (book->symbol < 0) book->symbol = daypack_find(reader, book->name);
        result = daypack_read_top(reader, book->symbol, &book->top);
        if (book->inode == reader->inode) return result;
        book->inode = reader->inode;
        book->image = 0;
        book->symbol = DAYPACK_NO_SYMBOL;
        daypack_follow_lose(book);
        book->waits_for = DAYPACK_FOLLOW_WAITS_AUDIT;
    }
}

/* Reads the ring until the book is where the slot was, for a moment at most: the slot is written before its records. */
static inline void daypack_follow_catch_up(daypack_follower* book, uint64_t slot_u) {
    int attempt;
    for (attempt = 0; attempt < DAYPACK_READ_TRIES; ++attempt, daypack_pause()) {
        const uint64_t epoch = daypack_load_acquire(&daypack_head(book->reader)->epoch); /* as in daypack_follow_join */
        if (daypack_follow_ring(book, 0, daypack_cursor(book->reader)) != 1 || book->epoch < epoch) {
            daypack_follow_lose(book);
            return;
        }
        if (slot_u <= book->u) return;
    }
}

/* Returns 1 where the book is that of a writer before, and this one has left an image that can be joined in its place.
 */
static inline int daypack_follow_is_succeeded(const daypack_follower* book) {
    const daypack_reader* reader = book->reader;
    const daypack_image* image;
    if (book->image != 0 || !daypack_has_images(reader)) return 0;
    image = daypack_image_of(reader, (uint32_t)book->symbol);
    return (daypack_load(&image->sequence) & 1) == 0 && daypack_load(&image->epoch) == book->epoch &&
           daypack_load(&image->position) >= daypack_follow_reach(reader, daypack_cursor(reader));
}

/* Returns 1 where the ring has not said yet what the slot shows: an update beyond this book, or, since a slot is
 * written before its records and so never behind them, a book of another numbering. `slot_u`: as it was before the
 * ring. */
static inline int daypack_follow_is_between(const daypack_follower* book, uint64_t slot_u) {
    return slot_u > book->u || daypack_load(&daypack_slot_of(book->reader, (uint32_t)book->symbol)->u) < book->u;
}

/* Takes back a LIVE of the slot, where this reader has not the same book. */
static inline void daypack_follow_doubt(daypack_follower* book) {
    if (book->top.state != DAYPACK_STATE_LIVE) return;
    book->top.state = DAYPACK_STATE_SYNCING;
    book->top.reason = DAYPACK_REASON_start;
}

/*
 * Brings the book up to what the ring has now.
 * DAYPACK_OK         there is a book, and book->top says what it is worth: only DAYPACK_STATE_LIVE is tradable
 * DAYPACK_EMPTY      there is none yet, or none any more: waits_since_ns tells since when, waits_for what for. The next
 *                    image makes one
 * DAYPACK_BUSY       the writer was faster, or is half way through an update: try again
 * DAYPACK_NO_SYMBOL  the engine does not list the symbol yet
 */
static inline int daypack_follow_poll(daypack_follower* book) {
    const daypack_reader* reader = book->reader;
    uint64_t slot_u;
    const int result = daypack_follow_read_slot(book);
    if (result != DAYPACK_OK) {
        daypack_follow_doubt(book);
        if (result != DAYPACK_NO_SYMBOL) return result;
        book->waits_for = DAYPACK_FOLLOW_WAITS_SYMBOL;
        book->cursor = daypack_cursor(reader); /* a wait for what is new is not over at once */
        memset(&book->top, 0, sizeof book->top);
        return result;
    }
    if (book->waits_for == DAYPACK_FOLLOW_WAITS_SYMBOL) book->waits_for = DAYPACK_FOLLOW_WAITS_AUDIT;
    slot_u = book->top.u;
    if (book->joined) daypack_follow_catch_up(book, slot_u);
    if (!book->joined || daypack_follow_is_succeeded(book)) {
        daypack_follow_join(book);
        if (book->joined) daypack_follow_catch_up(book, slot_u);
    }
    if (!book->joined) daypack_follow_doubt(book); /* the engine has a book, this reader has not */
    daypack_follow_fill_top(book);
    if (!book->joined) return DAYPACK_EMPTY;
    if (book->top.state != DAYPACK_STATE_LIVE || !daypack_follow_is_between(book, slot_u)) return DAYPACK_OK;
    daypack_follow_doubt(book);
    return DAYPACK_BUSY;
}

/* Writes what a follower without a book waits for, and what to do about it, as one line with its final zero, into
 * `text`. Returns `text`. */
static inline const char* daypack_follow_explain(const daypack_follower* book, char* text, size_t bytes) {
    switch (book->waits_for) {
        case DAYPACK_FOLLOW_WAITS_NOTHING: snprintf(text, bytes, "%s: there is a book", book->name); break;
        case DAYPACK_FOLLOW_WAITS_SYMBOL:
            snprintf(text, bytes, "%s: the engine does not list it; `daypack markets` shows what the venue has",
                     book->name);
            break;
        case DAYPACK_FOLLOW_WAITS_IMAGES:
            snprintf(text, bytes,
                     "%s: the engine makes no images of whole books: set engine.image_levels in its configuration to "
                     "as many levels a side as you need, and start it anew",
                     book->name);
            break;
        case DAYPACK_FOLLOW_WAITS_RING:
            snprintf(text, bytes,
                     "%s: the last image is older than the ring reaches, so the next audit is waited for; where that "
                     "goes on, raise engine.ring_events, or audit more often (snapshot_interval)",
                     book->name);
            break;
        default:
            snprintf(text, bytes,
                     "%s: the next audit of the book is waited for, which leaves an image; snapshot_interval is how "
                     "often there is one",
                     book->name);
    }
    return text;
}

#ifdef __cplusplus
}
#endif
#endif /* DAYPACK_FOLLOW_H */
